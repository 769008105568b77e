package simulate

import (
	"context"
	"fmt"

	"ecsim/models/result"
	"ecsim/scenarios"
	"ecsim/sim"
	"ecsim/sim/experiment"
	"ecsim/workloads/units"
)

const (
	// pilots is how many replications a warm-up is found on. Their mean is
	// smoother than any, so the truncation depends less on luck.
	// Assumed: Welch's rule of thumb asks for at least five (Law, 5th ed.,
	// section 9.5.1).
	pilots = 5
	// pilotReplication numbers the first of them, beyond all others, so that
	// what decides the warm-up does not enter the figures.
	pilotReplication = 1 << 40
)

// settle returns sc with its warm-up found, if it asks for that: MSER-5 on the
// mean over pilot replications of what each platform's tasks ask for, hold and
// wait for, in equal buckets of the duration. The longest over platforms and
// figures becomes that of all, in full cycles of schedules and patterns, so
// that the window still stands for a month. notes say what was found.
func settle(ctx context.Context, sc *scenarios.Scenario, platforms []int, workers int, t *Tracker, held *Replays) (*scenarios.Scenario, []result.Note, error) {
	if sc.Runs.WarmUp != scenarios.AutoWarmUp {
		return sc, nil, nil
	}
	pilot := *sc
	pilot.Runs.WarmUp = 0
	drain := false
	pilot.Drain = &drain
	t.begin("pilot runs", pilots*len(platforms), sim.Time(sc.Duration), 0)
	sums := make([]levels, len(platforms))
	var cycle sim.Time
	err := experiment.Ordered(ctx, pilots*len(platforms), workers, func(ctx context.Context, k uint64) (*result.Run, error) {
		progress := t.start()
		defer t.end(progress)
		run, err := Run(ctx, &pilot, platforms[int(k)%len(platforms)], pilotReplication+k/uint64(len(platforms)), Options{Progress: progress, Replays: held})
		if _, is := cannot(err); is {
			return nil, nil // the comparison itself says so
		}
		return run, err
	}, func(k int, run *result.Run) {
		if run != nil {
			sums[k%len(platforms)].add(run)
			cycle = max(cycle, run.Cycle)
		}
	})
	if err != nil {
		return nil, nil, plain(err)
	}
	var found sim.Time
	for i := range sums {
		warm, ok := sums[i].warmUp()
		if !ok {
			return nil, nil, scenarios.Errors{at(sc, "runs.warm_up", fmt.Sprintf("got \"auto\", and platform %s does not settle in the first half of %v; give a longer duration, or warm_up as a span", sc.Platforms[platforms[i]].Name, sc.Duration))}
		}
		found = max(found, warm)
	}
	if cycle > 0 {
		found = (found + cycle - 1) / cycle * cycle
	}
	if found > sim.Time(sc.Duration)/2 {
		return nil, nil, scenarios.Errors{at(sc, "runs.warm_up", fmt.Sprintf("got \"auto\", which comes to %v of a duration of %v, in full cycles of its schedules and patterns; give a duration of %v or more, or warm_up as a span",
			units.Duration(found), sc.Duration, units.Duration(2*found)))}
	}
	settled := *sc
	settled.Runs.WarmUp = scenarios.WarmUp(found)
	return &settled, []result.Note{{Kind: result.Rule,
		Text: fmt.Sprintf("warm-up of %v by MSER-5 on %d pilot replications, the longest over the platforms", units.Duration(found), pilots)}}, nil
}

// levels are sums over pilots of series that a warm-up shows in.
type levels struct {
	width sim.Time
	sums  [3][]float64 // asked for, held, waiting
}

func (l *levels) add(r *result.Run) {
	for i, s := range []*result.Series{&r.Cluster.DemandCPU, &r.Cluster.CapacityCPU, &r.Cluster.Waiting} {
		l.width = s.Width
		for len(l.sums[i]) < len(s.Mean) {
			l.sums[i] = append(l.sums[i], 0)
		}
		for k, v := range s.Mean {
			l.sums[i][k] += v
		}
	}
}

// warmUp is the longest truncation of the series; false when one says that it
// never settles.
func (l *levels) warmUp() (sim.Time, bool) {
	longest := 0
	for _, s := range l.sums {
		zeros := 0
		for _, v := range s {
			if v == 0 {
				zeros++
			}
		}
		if 2*zeros >= len(s) {
			continue // what is mostly nothing has rare events, and no state to warm up to
		}
		n, ok := experiment.MSER5(s)
		if !ok {
			return 0, false
		}
		longest = max(longest, n)
	}
	return sim.Time(longest) * l.width, true
}
