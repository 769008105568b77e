package files

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"

	"ecsim/models/result"
)

// hasDeployments tells whether there is anything to write.
func hasDeployments(outcomes []*result.Outcome) bool {
	return slices.ContainsFunc(outcomes, func(o *result.Outcome) bool { return len(o.Deployments) > 0 })
}

// deployments writes one row a deployment of a platform, over all
// replications.
func deployments(w io.Writer, outcomes []*result.Outcome) error {
	out := csv.NewWriter(w)
	records := [][]string{{"platform", "service", "revision", "started_utc", "desired_tasks", "outcome", "replications", "replications_with_outcome", "time_to_steady_mean_s", "time_to_steady_max_s", "duration_max_s",
		"extra_tasks_max", "extra_instances_max", "tasks_started_mean", "tasks_failed_mean", "why"}}
	for _, o := range outcomes {
		for i := range o.Deployments {
			d := &o.Deployments[i]
			mean, longest := "", ""
			if d.Steady > 0 {
				mean, longest = decimal(d.TookMean.Seconds()), decimal(d.TookMax.Seconds())
			}
			records = append(records, []string{o.Platform, d.Service, strconv.FormatInt(d.Revision, 10), utc(o.First.Start, d.Started), strconv.FormatInt(d.Desired, 10), d.Outcome,
				strconv.Itoa(d.Runs), strconv.Itoa(d.Counts[d.Outcome]), mean, longest, decimal(d.Duration.Seconds()),
				strconv.FormatInt(d.ExtraTasks, 10), strconv.FormatInt(d.ExtraInstances, 10),
				decimal(float64(d.TasksStarted) / float64(d.Runs)), decimal(float64(d.TasksFailed) / float64(d.Runs)), d.Why})
		}
	}
	return out.WriteAll(records)
}
