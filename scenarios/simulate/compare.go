package simulate

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"ecsim/models/ecs"
	"ecsim/models/result"
	"ecsim/scenarios"
	"ecsim/sim"
	"ecsim/sim/experiment"
)

// Comparison is a scenario run on its platforms.
type Comparison struct {
	Scenario *scenarios.Scenario
	Outcomes []*result.Outcome // one per platform asked for, in that order
	Verdict  *result.Verdict
	Gates    []result.Gate
	// Infeasible says of platforms that began and could not go on why: some
	// task can never run though the scenario does not say to reject such tasks,
	// or finds no room at the start. Each is an *ecs.InfeasibleError or an
	// *ecs.StartError.
	Infeasible []error
	// Partial is set when the comparison was interrupted: every platform has
	// the same replications, fewer than asked for.
	Partial bool
	Runs    int // replications of each platform
	Notes   []result.Note
}

// cell is one platform in one replication.
type cell struct {
	run     *result.Run
	failure error // why there is no run
	reason  result.Reason
}

// Compare runs the given platforms (by index) of sc, every replication of one
// before the next, on at most workers goroutines. Results do not depend on
// workers. When ctx ends first, the replications that all platforms finished
// are kept and the comparison is marked partial; the error is then ctx's if
// there is none.
func Compare(ctx context.Context, sc *scenarios.Scenario, platforms []int, workers int, t *Tracker) (*Comparison, error) {
	g, err := gates(sc)
	if err != nil {
		return nil, err
	}
	c := &Comparison{Scenario: sc, Gates: g}
	refused := make([][]result.Reason, len(platforms))
	var able []int // indexes into platforms
	for i, p := range platforms {
		if refused[i] = Admit(sc, p); refused[i] == nil {
			able = append(able, i)
		}
	}
	reps := int(sc.Runs.Replications)
	t.begin(len(able)*reps, sim.Time(sc.Duration))
	cells, err := experiment.Run(ctx, len(able)*reps, workers, func(ctx context.Context, k uint64) (cell, error) {
		progress := t.start()
		defer t.end(progress)
		run, err := Run(ctx, sc, platforms[able[int(k)%len(able)]], k/uint64(len(able)), Options{Progress: progress})
		var inf *ecs.InfeasibleError
		if errors.As(err, &inf) {
			return cell{failure: inf, reason: result.Reason{About: inf.Workload, Text: inf.Error()}}, nil
		}
		var start *ecs.StartError
		if errors.As(err, &start) {
			return cell{failure: start, reason: result.Reason{About: start.Workload, Text: start.Text}}, nil
		}
		if err == nil && k >= uint64(len(able)) {
			run.Slim() // pictures show replication 0
		}
		return cell{run: run}, err
	})
	var partial *experiment.PartialError
	if errors.As(err, &partial) {
		c.Partial = true
	} else if err != nil {
		return nil, plain(err)
	}
	if len(able) > 0 {
		c.Runs = len(cells) / len(able)
		if c.Runs == 0 {
			return nil, fmt.Errorf("nothing finished: %w", context.Cause(ctx))
		}
	}
	k := 0
	for i, p := range platforms {
		name := sc.Platforms[p].Name
		if refused[i] != nil {
			c.Outcomes = append(c.Outcomes, result.Refuse(name, refused[i]))
			continue
		}
		var runs []*result.Run
		for r := 0; r < c.Runs; r++ {
			x := cells[r*len(able)+k]
			if x.failure != nil {
				runs = nil
				c.Infeasible = append(c.Infeasible, x.failure)
				c.Outcomes = append(c.Outcomes, result.Refuse(name, []result.Reason{x.reason}))
				break
			}
			runs = append(runs, x.run)
		}
		k++
		if runs == nil {
			continue
		}
		o, err := result.Fold(runs)
		if err != nil {
			return nil, err
		}
		c.Outcomes = append(c.Outcomes, o)
	}
	if c.Partial {
		c.Notes = append(c.Notes, result.Note{Kind: result.Warning,
			Text: fmt.Sprintf("partial: interrupted after %d of %d runs of each platform; figures are of those", c.Runs, reps)})
	}
	c.Notes = append(c.Notes, c.remarks()...)
	baseline := sc.Baseline
	if baseline == "" {
		baseline = c.Outcomes[0].Platform
	}
	c.Verdict = result.Judge(c.Outcomes, g, baseline, sc.IsSet("baseline"))
	return c, nil
}

// plain takes the replication's number off an error that does not depend on
// chance.
func plain(err error) error {
	if u := errors.Unwrap(err); u != nil {
		return u
	}
	return err
}

// Tracker follows a comparison from another goroutine. The zero Tracker is
// ready; a nil one follows nothing.
type Tracker struct {
	mu                 sync.Mutex
	total, done        int
	span               sim.Time
	running            []*sim.Progress
	events, placements uint64
}

// Status is how far a comparison has come.
type Status struct {
	Cells, Done        int     // one cell is one replication of one platform
	Share              float64 // of all simulated time, 0 to 1
	Simulated          sim.Time
	Events, Placements uint64
}

func (t *Tracker) begin(total int, span sim.Time) {
	if t != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.total, t.span = total, span
	}
}

func (t *Tracker) start() *sim.Progress {
	if t == nil {
		return nil
	}
	p := new(sim.Progress)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running = append(t.running, p)
	return p
}

func (t *Tracker) end(p *sim.Progress) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, q := range t.running {
		if q == p {
			t.running = append(t.running[:i], t.running[i+1:]...)
			break
		}
	}
	t.done++
	t.events += p.Events()
	t.placements += p.Placements()
}

// Status is the state now.
func (t *Tracker) Status() Status {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := Status{Cells: t.total, Done: t.done, Simulated: sim.Time(t.done) * t.span, Events: t.events, Placements: t.placements}
	for _, p := range t.running {
		s.Simulated += min(p.Now(), t.span)
		s.Events += p.Events()
		s.Placements += p.Placements()
	}
	if t.total > 0 && t.span > 0 {
		s.Share = s.Simulated.Seconds() / (float64(t.total) * t.span.Seconds())
	}
	return s
}
