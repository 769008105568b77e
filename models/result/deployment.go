package result

import "ecsim/sim"

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
