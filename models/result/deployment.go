package result

import (
	"math"
	"slices"

	"ecsim/sim"
)

// Deployment is one deployment of one service, from the moment its new task
// definition was asked for.
type Deployment struct {
	Service  string
	Revision int64 // 2 is the first after what ran at time 0
	Desired  int64 // tasks wanted when it began
	Started  sim.Time
	// Steady is when all tasks wanted were healthy and no other ran, Finished
	// when nothing was left to do, the bake time included; -1 before that.
	Steady, Finished sim.Time
	// ExtraTasks are the most tasks beyond those wanted at once, those that
	// drain and stop included; ExtraInstances the most instances beyond those
	// at its start.
	ExtraTasks, ExtraInstances int64
	Instances                  int64 // there at its start
	TasksStarted, TasksFailed  int64
	Outcome                    string // one of the constants below
	Why                        string // why it stalled or failed; "" else
	// Never tells that no event of the run could let it go on.
	Never bool
}

// The outcomes of a deployment: ECS's rollout states, and ours for one that
// another replaced, that stands still, and that the end of the run cut off.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html
const (
	DeploymentCompleted  = "COMPLETED"
	DeploymentFailed     = "FAILED"
	DeploymentRolledBack = "ROLLED_BACK"
	DeploymentStalled    = "stalled"
	DeploymentSuperseded = "superseded"
	DeploymentInProgress = "IN_PROGRESS"
)

// Took is from its start to the moment its tasks were steady; false while they
// are not.
func (d *Deployment) Took() (sim.Time, bool) { return d.Steady - d.Started, d.Steady >= 0 }

// DeploymentSummary is one deployment of one service over the replications of
// a platform. Deployments are scheduled, so each happens in every one.
type DeploymentSummary struct {
	Service    string
	Revision   int64
	Started    sim.Time
	Desired    int64
	Runs       int
	Outcome    string // the worst: stalled, FAILED, ROLLED_BACK, superseded, IN_PROGRESS, COMPLETED
	Counts     map[string]int
	Steady     int // replications in which it became steady
	TookMean   sim.Time
	TookMax    sim.Time
	Duration   sim.Time // longest from start to finish, the bake time included
	ExtraTasks int64    // most over replications, as ExtraInstances
	ExtraInstances,
	TasksStarted, TasksFailed int64 // sums over replications
	Why   string // of the first replication with the worst outcome
	Never int    // replications in which it could never finish
}

var worst = []string{DeploymentStalled, DeploymentFailed, DeploymentRolledBack, DeploymentSuperseded, DeploymentInProgress, DeploymentCompleted}

// poolDeployments folds the deployments of all replications, in order of start.
func poolDeployments(runs []*Run) (list []DeploymentSummary) {
	type key struct {
		service  string
		revision int64
	}
	at := map[key]int{}
	for _, r := range runs {
		for i := range r.Deployments {
			d := &r.Deployments[i]
			k := key{d.Service, d.Revision}
			n, ok := at[k]
			if !ok {
				n = len(list)
				at[k] = n
				list = append(list, DeploymentSummary{Service: d.Service, Revision: d.Revision, Started: d.Started, Desired: d.Desired, Outcome: DeploymentCompleted, Counts: map[string]int{}})
			}
			list[n].add(d)
		}
	}
	for i := range list {
		if s := &list[i]; s.Steady > 0 {
			s.TookMean /= sim.Time(s.Steady)
		}
	}
	return list
}

func (s *DeploymentSummary) add(d *Deployment) {
	s.Runs++
	s.Counts[d.Outcome]++
	if slices.Index(worst, d.Outcome) < slices.Index(worst, s.Outcome) {
		s.Outcome, s.Why = d.Outcome, d.Why
	}
	if took, ok := d.Took(); ok {
		s.Steady++
		s.TookMean += took
		s.TookMax = max(s.TookMax, took)
	}
	if d.Finished >= 0 {
		s.Duration = max(s.Duration, d.Finished-d.Started)
	}
	s.ExtraTasks = max(s.ExtraTasks, d.ExtraTasks)
	s.ExtraInstances = max(s.ExtraInstances, d.ExtraInstances)
	s.TasksStarted += d.TasksStarted
	s.TasksFailed += d.TasksFailed
	if d.Never {
		s.Never++
	}
}

// deploymentMetric reads a figure from the deployments of a workload; there is
// none without any.
func deploymentMetric(name string, unit Unit, kind Kind, doc string, read func(d *Deployment, so float64, end sim.Time) (float64, bool)) Metric {
	return Metric{Path: "workload.NAME.deployment." + name, Unit: unit, Better: Lower, Kind: kind, Doc: doc,
		Read: func(r *Run, w *Workload) (v Value) {
			for i := range r.Deployments {
				if d := &r.Deployments[i]; d.Service == w.Name {
					x, bound := read(d, v.V, r.Duration)
					v.V, v.OK = x, true
					if bound {
						v.LowerBound, v.Upper = true, math.Inf(1)
					}
				}
			}
			return v
		}}
}

func most(so float64, n int64) (float64, bool) { return max(so, float64(n)), false }

func counted(so float64, yes bool) (float64, bool) {
	if yes {
		so++
	}
	return so, false
}

var deploymentMetrics = []Metric{
	deploymentMetric("time_to_steady.max", UnitSeconds, KindPeak, "longest time from the start of a deployment until its tasks are healthy and no others run", func(d *Deployment, so float64, end sim.Time) (float64, bool) {
		if took, ok := d.Took(); ok {
			return max(so, took.Seconds()), false
		}
		if d.Outcome == DeploymentInProgress || d.Outcome == DeploymentStalled {
			return max(so, (end-d.Started).Seconds()/60), true
		}
		return so, false
	}),
	deploymentMetric("extra_tasks.max", UnitTasks, KindPeak, "most tasks beyond the desired count during a deployment, those that drain and stop included", func(d *Deployment, so float64, _ sim.Time) (float64, bool) { return most(so, d.ExtraTasks) }),
	deploymentMetric("extra_instances.max", UnitInstances, KindPeak, "most instances of its capacity providers beyond those at a deployment's start", func(d *Deployment, so float64, _ sim.Time) (float64, bool) { return most(so, d.ExtraInstances) }),
	deploymentMetric("tasks_failed", UnitTasks, KindCount, "tasks of deployments that failed to start or to become healthy", func(d *Deployment, so float64, _ sim.Time) (float64, bool) { return so + float64(d.TasksFailed), false }),
	deploymentMetric("failed", UnitCount, KindCount, "deployments that failed or were rolled back", func(d *Deployment, so float64, _ sim.Time) (float64, bool) {
		return counted(so, d.Outcome == DeploymentFailed || d.Outcome == DeploymentRolledBack)
	}),
	deploymentMetric("stalled", UnitCount, KindCount, "deployments that could not go on", func(d *Deployment, so float64, _ sim.Time) (float64, bool) {
		return counted(so, d.Outcome == DeploymentStalled)
	}),
}
