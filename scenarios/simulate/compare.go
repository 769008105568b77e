package simulate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

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
	Wanted  int // more than Runs if it was interrupted: with a precision those to the next look
	Notes   []result.Note
	Search  *result.FlipSearch // of Flips; nil until then

	runs    [][]*result.Run // per outcome; nil for one refused
	replays *Replays        // nil of a single run: it keeps nothing of a trace in memory
}

// cell is one platform over the replications folded into it so far; it is an
// experiment.Result.
type cell struct {
	runs    []*result.Run
	metrics []float64     // of the first, those that decide when to stop
	failure error         // why there is no run, of the first that failed
	reason  result.Reason // likewise
}

// Metrics are the figures of the cell's first run that must become precise.
func (c *cell) Metrics() []float64 { return c.metrics }

// Merge takes up the next replication. Runs are kept for Fold, slimmed.
func (c *cell) Merge(later *cell) {
	c.runs = append(c.runs, later.runs...)
	if c.failure == nil {
		c.failure, c.reason = later.failure, later.reason
	}
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
	refused := make([][]result.Reason, len(platforms))
	var able []int // platform indexes
	for i, p := range platforms {
		if refused[i] = Admit(sc, p); refused[i] == nil {
			able = append(able, p)
		}
	}
	var replays *Replays
	if len(able)*sequential(sc).First() > 1 {
		replays = new(Replays)
		defer replays.Close()
	}
	sc, warmed, err := settle(ctx, sc, able, workers, t, replays)
	if err != nil {
		return nil, err
	}
	if err := checkBatches(sc); err != nil {
		return nil, err
	}
	c := &Comparison{Scenario: sc, Gates: g, replays: replays}
	cells, err := c.replicate(ctx, able, workers, t)
	if partial := (*experiment.PartialError)(nil); errors.As(err, &partial) {
		c.Partial, c.Wanted = true, partial.Wanted
		if c.Runs = partial.Finished; c.Runs == 0 {
			return nil, fmt.Errorf("nothing finished: %w", context.Cause(ctx))
		}
		c.Notes = append(c.Notes, result.Note{Kind: result.Warning,
			Text: fmt.Sprintf("partial: interrupted after %d of %d runs of each platform; figures are of those", c.Runs, partial.Wanted)})
	} else if err != nil {
		return nil, plain(err)
	}
	k := 0
	for i, p := range platforms {
		name := sc.Platforms[p].Name
		c.runs = append(c.runs, nil)
		if refused[i] != nil {
			c.Outcomes = append(c.Outcomes, result.Refuse(name, refused[i]))
			continue
		}
		x := cells[k].Merged
		k++
		if x.failure != nil {
			c.Infeasible = append(c.Infeasible, x.failure)
			c.Outcomes = append(c.Outcomes, result.Refuse(name, []result.Reason{x.reason}))
			continue
		}
		o, err := c.fold(ctx, x.runs, p, workers, t)
		if err != nil {
			return nil, err
		}
		c.Outcomes = append(c.Outcomes, o)
		c.runs[i] = x.runs
	}
	c.Notes = append(c.Notes, warmed...)
	c.Notes = append(c.Notes, c.remarks()...)
	baseline := sc.Baseline
	if baseline == "" {
		baseline = c.Outcomes[0].Platform
	}
	c.Verdict = result.Judge(c.Outcomes, g, baseline, sc.IsSet("baseline"))
	return c, nil
}

// replicate runs the platforms as often as the scenario asks for.
func (c *Comparison) replicate(ctx context.Context, able []int, workers int, t *Tracker) ([]experiment.Replicated[*cell], error) {
	sc := c.Scenario
	r := experiment.Replication{Sequential: sequential(sc), Systems: len(able), Workers: workers}
	r.Look = func(done int, widest float64, wanted int) {
		t.look(widest, wanted*len(able), r.Expect(done, widest)*len(able))
		c.Wanted = wanted
		if c.Runs = done; done == wanted && widest > r.Precision && r.Precision > 0 {
			c.Notes = append(c.Notes, result.Note{Kind: result.Warning,
				Text: fmt.Sprintf("after %d runs, the most allowed, the widest half-width is %.2g %%, not the %.2g %% asked for; raise runs.max_replications", done, 100*widest, 100*r.Precision)})
		}
	}
	c.Wanted = r.First()
	t.begin("runs", r.First()*len(able), sim.Time(sc.Duration), r.Precision)
	read := watched(sc)
	return experiment.Replicate(ctx, r, func(ctx context.Context, system int, replication uint64) (*cell, error) {
		progress := t.start()
		defer t.end(progress)
		run, err := Run(ctx, sc, able[system], replication, Options{Progress: progress, Replays: c.replays})
		x := new(cell)
		if reason, is := cannot(err); is {
			x.failure, x.reason = err, reason
			x.metrics = read(nil)
			return x, nil
		}
		if err != nil {
			return nil, err
		}
		x.metrics = read(run)
		if replication > 0 {
			run.Slim() // pictures show replication 0
		}
		x.runs = []*result.Run{run}
		return x, nil
	})
}

// sequential says how many replications sc asks for.
func sequential(sc *scenarios.Scenario) experiment.Sequential {
	s := experiment.Sequential{Replications: int(sc.Runs.Replications), Precision: sc.Runs.Precision.Float(), Max: int(sc.Runs.MaxReplications)}
	if s.Precision > 0 && !sc.IsSet("runs.replications") {
		s.Replications = 1 // the default is no wish for a least number
	}
	return s
}

// watched reads from a run the figures that must become precise: those of
// runs.precision_of, else the cost by which platforms are ranked. Of no run it
// reads NaNs.
func watched(sc *scenarios.Scenario) func(*result.Run) []float64 {
	paths := sc.Runs.PrecisionOf
	read := func(run *result.Run, path string) float64 {
		if run != nil {
			if e, ok := result.Single(run).Estimate(path); ok && e.OK {
				return e.V
			}
		}
		return math.NaN()
	}
	return func(run *result.Run) []float64 {
		if len(paths) == 0 {
			v := read(run, "cost_per_month")
			if math.IsNaN(v) {
				v = read(run, "cost_with_drain")
			}
			if math.IsNaN(v) {
				v = read(run, "cost")
			}
			return []float64{v}
		}
		list := make([]float64, len(paths))
		for i, p := range paths {
			list[i] = read(run, p)
		}
		return list
	}
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
	mu       sync.Mutex
	now      Status
	began    time.Time // of the stage
	expected int       // cells, foreseen at the last look
	span     sim.Time  // of a cell
	running  []*sim.Progress
}

// Status is how far a stage of a comparison has come: the search for a warm-up,
// the replications, the batches of one platform.
type Status struct {
	Stage              int           // from 1; 0 before the first
	What               string        // what its cells are: "pilot runs", "runs", "batches of ec2"
	Passed             time.Duration // since the stage began
	Cells, Done        int           // wanted until the next look, and done; one cell is one replication of one platform
	Share              float64       // of the simulated time that the stage is expected to take, 0 to 1
	Simulated          sim.Time
	Events, Placements uint64
	// Precision is the relative half-width asked for, 0 for none; Widest the
	// widest at the last look, and Looks how many there were.
	Precision, Widest float64
	Looks             int
}

// begin starts a stage. What earlier ones did counts no more.
func (t *Tracker) begin(what string, total int, span sim.Time, precision float64) {
	if t != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.now = Status{Stage: t.now.Stage + 1, What: what, Cells: total, Precision: precision}
		t.expected, t.span, t.began = total, span, time.Now()
	}
}

// look notes a look at the intervals: how many cells are wanted until the next,
// and how many are expected in the end.
func (t *Tracker) look(widest float64, total, expected int) {
	if t != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.now.Widest, t.now.Cells, t.expected = widest, total, expected
		t.now.Looks++
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
	if i := slices.Index(t.running, p); i >= 0 {
		t.running = slices.Delete(t.running, i, i+1)
	}
	t.now.Done++
	t.now.Events += p.Events()
	t.now.Placements += p.Placements()
}

// Status is the state now.
func (t *Tracker) Status() Status {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.now
	if s.Stage == 0 {
		return s
	}
	s.Passed = time.Since(t.began)
	s.Simulated = sim.Time(s.Done) * t.span
	for _, p := range t.running {
		s.Simulated += min(p.Now(), t.span)
		s.Events += p.Events()
		s.Placements += p.Placements()
	}
	if t.expected > 0 && t.span > 0 {
		s.Share = s.Simulated.Seconds() / (float64(t.expected) * t.span.Seconds())
	}
	return s
}
