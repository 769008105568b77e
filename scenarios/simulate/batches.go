package simulate

import (
	"context"
	"fmt"
	"strings"

	"ecsim/models/result"
	"ecsim/scenarios"
	"ecsim/sim"
	"ecsim/sim/experiment"
	"ecsim/workloads/units"
)

// fold folds the replications of platform p; the only one of a scenario that
// asks for batches is cut into them.
func (c *Comparison) fold(ctx context.Context, runs []*result.Run, p, workers int, t *Tracker) (*result.Outcome, error) {
	if c.Scenario.Runs.Batches == 0 {
		return result.Fold(runs)
	}
	parts, err := batches(ctx, c.Scenario, runs[0], p, workers, t)
	if err != nil {
		return nil, plain(err)
	}
	return result.FoldBatches(runs[0], parts)
}

// batches measures equal parts of the window of replication 0, one after the
// other. Each is the same simulation from its start, which takes the same way,
// with another window: so every figure of a part is measured as that of a run
// is, at the price of simulating on average half the run for each.
func batches(ctx context.Context, sc *scenarios.Scenario, whole *result.Run, p, workers int, t *Tracker) ([]*result.Run, error) {
	n := sc.Runs.Batches
	from := sim.Time(sc.Runs.WarmUp)
	length := (sim.Time(sc.Duration) - from) / sim.Time(n)
	// On average a part ends in the middle of the window.
	t.begin("batches of "+sc.Platforms[p].Name, int(n), from+length*sim.Time(n+1)/2, 0)
	return experiment.Run(ctx, int(n), workers, func(ctx context.Context, k uint64) (*result.Run, error) {
		start := from + sim.Time(k)*length
		progress := t.start()
		defer t.end(progress)
		run, err := Run(ctx, sc, p, 0, Options{From: start, Until: start + length, Progress: progress})
		if err != nil {
			return nil, err
		}
		// A part's cost stands for a month when that of the whole does.
		run.MonthlyOK, run.NeedDuration = whole.MonthlyOK, whole.NeedDuration
		run.Slim()
		return run, nil
	})
}

// checkBatches refuses parts that are no whole hours: bills are by the hour.
func checkBatches(sc *scenarios.Scenario) error {
	n := sim.Time(sc.Runs.Batches)
	if n == 0 || sc.Runs.WarmUp < 0 {
		return nil
	}
	window := sim.Time(sc.Duration) - sim.Time(sc.Runs.WarmUp)
	if window%(n*sim.Hour) == 0 {
		return nil
	}
	var fits []int64
	for k := int64(8); k <= 1000 && len(fits) < 5; k++ {
		if window%(sim.Time(k)*sim.Hour) == 0 {
			fits = append(fits, k)
		}
	}
	hint := "a duration of more whole hours"
	if len(fits) > 0 {
		hint = "one of " + strings.Trim(strings.ReplaceAll(fmt.Sprint(fits), " ", ", "), "[]")
	}
	return scenarios.Errors{at(sc, "runs.batches", fmt.Sprintf("got %d, which cuts %s into parts that are no whole hours, and bills are by the hour; want %s", n, units.Duration(window), hint))}
}
