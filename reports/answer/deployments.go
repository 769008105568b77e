package answer

import (
	"cmp"
	"fmt"
	"slices"

	"ecsim/models/result"
	"ecsim/sim"
)

// deploymentRow is a deployment on one platform.
type deploymentRow struct {
	o *result.Outcome
	d *result.DeploymentSummary
}

// deploymentsShown are the rows of the table; deployments.csv has them all.
const deploymentsShown = 12

// deployments adds the table of deployments, those that did not end well first,
// then the slowest, and a warning for each that can never finish.
func (a *Answer) deployments() {
	var rows []deploymentRow
	for _, o := range a.Outcomes {
		for i := range o.Deployments {
			rows = append(rows, deploymentRow{o, &o.Deployments[i]})
		}
	}
	if rows == nil {
		return
	}
	all := len(rows)
	rank := func(r deploymentRow) int {
		if r.d.Outcome == result.DeploymentCompleted {
			return 1
		}
		return 0
	}
	if all > deploymentsShown {
		slices.SortStableFunc(rows, func(x, y deploymentRow) int {
			return cmp.Or(rank(x)-rank(y), cmp.Compare(y.d.TookMax, x.d.TookMax))
		})
		rows = rows[:deploymentsShown]
	}
	t := Table{Title: "Deployments", Ranked: len(rows)}
	if all > len(rows) {
		t.Title = fmt.Sprintf("Deployments: %d of %d, the worst and slowest; all are in deployments.csv", len(rows), all)
	}
	column := func(top, bottom string, left bool, cell func(r deploymentRow) string) {
		c := Column{Head: [2]string{top, bottom}, Left: left}
		for _, r := range rows {
			c.Cells = append(c.Cells, cell(r))
		}
		t.Columns = append(t.Columns, c)
	}
	column("", "platform", true, func(r deploymentRow) string { return clip(r.o.Platform, 14) })
	column("", "service", true, func(r deploymentRow) string { return clip(r.d.Service, 14) })
	column("", "began", false, func(r deploymentRow) string {
		return r.o.First.Start.Add(r.d.Started.Std()).UTC().Format("Mon 15:04")
	})
	column("min to", "steady", false, func(r deploymentRow) string { return minutes(r.d) })
	column("extra", "tasks", false, func(r deploymentRow) string { return number(float64(r.d.ExtraTasks)) })
	column("extra", "hosts", false, func(r deploymentRow) string { return number(float64(r.d.ExtraInstances)) })
	column("tasks", "failed", false, func(r deploymentRow) string { return number(float64(r.d.TasksFailed) / float64(r.d.Runs)) })
	column("", "outcome", true, func(r deploymentRow) string {
		if n := r.d.Counts[r.d.Outcome]; n < r.d.Runs {
			return fmt.Sprintf("%s %d/%d", r.d.Outcome, n, r.d.Runs)
		}
		return r.d.Outcome
	})
	a.Tables = append(a.Tables, t)
	for _, r := range rows {
		if r.d.Why != "" {
			a.Warnings = append(a.Warnings, Line{"Warning:", sentence(fmt.Sprintf("%s: deployment %d of %s %s: %s", r.o.Platform, r.d.Revision, r.d.Service, verb(r.d.Outcome), r.d.Why))})
		}
	}
}

func verb(outcome string) string {
	switch outcome {
	case result.DeploymentStalled:
		return "never finishes"
	case result.DeploymentFailed:
		return "failed"
	case result.DeploymentRolledBack:
		return "was rolled back"
	}
	return "is " + outcome
}

// minutes are the mean until steady, and the longest where they differ.
func minutes(d *result.DeploymentSummary) string {
	if d.Steady == 0 {
		return "-"
	}
	in := func(t sim.Time) string { return fmt.Sprintf("%.1f", t.Seconds()/60) }
	if mean, longest := in(d.TookMean), in(d.TookMax); mean != longest {
		return mean + " to " + longest
	}
	return in(d.TookMax)
}

// Stalled tells whether a deployment on any platform could never finish.
func Stalled(outcomes []*result.Outcome) bool {
	return slices.ContainsFunc(outcomes, func(o *result.Outcome) bool {
		return slices.ContainsFunc(o.Deployments, func(d result.DeploymentSummary) bool { return d.Never > 0 })
	})
}

type jsonDeployment struct {
	Service        string         `json:"service"`
	Revision       int64          `json:"revision"`
	StartedS       float64        `json:"started_s"`
	Outcome        string         `json:"outcome"`
	Outcomes       map[string]int `json:"outcomes"`
	SteadyMeanS    *float64       `json:"time_to_steady_mean_s,omitempty"`
	SteadyMaxS     *float64       `json:"time_to_steady_max_s,omitempty"`
	DurationMaxS   float64        `json:"duration_max_s"`
	ExtraTasks     int64          `json:"extra_tasks"`
	ExtraInstances int64          `json:"extra_instances"`
	TasksStarted   int64          `json:"tasks_started"`
	TasksFailed    int64          `json:"tasks_failed"`
	Stalled        int            `json:"stalled"`
	Why            string         `json:"why,omitempty"`
}

func jsonDeployments(o *result.Outcome) (list []jsonDeployment) {
	for i := range o.Deployments {
		d := &o.Deployments[i]
		j := jsonDeployment{Service: d.Service, Revision: d.Revision, StartedS: d.Started.Seconds(), Outcome: d.Outcome, Outcomes: d.Counts, DurationMaxS: d.Duration.Seconds(),
			ExtraTasks: d.ExtraTasks, ExtraInstances: d.ExtraInstances, TasksStarted: d.TasksStarted, TasksFailed: d.TasksFailed, Stalled: d.Never, Why: d.Why}
		if d.Steady > 0 {
			j.SteadyMeanS, j.SteadyMaxS = figure(d.TookMean.Seconds()), figure(d.TookMax.Seconds())
		}
		list = append(list, j)
	}
	return list
}
