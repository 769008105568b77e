package simulate

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"ecsim/scenarios"
	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/traces"
	"ecsim/workloads/units"
)

// source is one batch workload's tasks in one simulation.
type source struct {
	tasks  workloads.Tasks
	shapes *workloads.Shapes
	trace  traces.Source // nil for drawn work
	cycle  sim.Time      // of the calendar part, 0 if none
	once   bool          // a replay, or a burst that comes once: no cycle makes a month of it
}

// Close closes the trace, if there is one.
func (s *source) Close() error {
	if s.trace != nil {
		return s.trace.Close()
	}
	return nil
}

// openSource opens the tasks of w. The streams are named by the workload, so
// every platform meets the same work. Traces come from held, which may be nil.
func openSource(sc *scenarios.Scenario, w *scenarios.Workload, replication uint64, held *Replays) (*source, error) {
	loc, err := time.LoadLocation(sc.TimeZone)
	if err != nil {
		return nil, err
	}
	set := workloads.Setting{Seed: uint64(sc.Runs.Seed), Replication: replication, Workload: w.Name,
		Start: sc.Start, Location: loc, Horizon: sim.Time(sc.Duration)}
	a := w.Arrivals
	if k := a.Transforms.Stretch; k != 0 && a.Trace == "" {
		// What is stretched to the end of the duration is drawn on a horizon
		// of its own.
		set.Horizon = sim.Time(min(math.Ceil(float64(set.Horizon)/k.Float()), float64(sim.MaxTime/2)))
	}
	src := &source{}
	if a.Trace != "" {
		src.once = true
		open := func() (workloads.Tasks, error) {
			o, _ := a.Options.(*traces.Options)
			if o == nil {
				o = new(traces.Options)
			}
			r, err := held.open(sc, a.Trace, *o)
			if err != nil {
				return nil, err
			}
			if src.trace != nil {
				src.trace.Close()
			}
			src.trace = r
			return r, nil
		}
		if src.tasks, err = open(); err != nil {
			return nil, err
		}
		if n := a.Transforms.Repeat; n > 1 {
			period, err := lastArrival(src.tasks)
			if err != nil {
				return nil, err
			}
			// Rounds follow each other a second after the last arrival.
			if src.tasks, err = workloads.Repeat(open, int(n), period+sim.Second); err != nil {
				return nil, err
			}
		}
		src.shapes = src.tasks.Shapes()
		src.tasks = &dress{Tasks: src.tasks, deadline: sim.Time(w.Deadline), use: w.CPUUse.Dist,
			rng: sim.Stream(set.Seed, replication, w.Name+"/use")}
	} else {
		name := a.Pattern
		if a.Schedule != "" {
			name = "schedule"
		}
		p, err := workloads.LookUpPattern(name)
		if err != nil {
			return nil, err
		}
		proc, err := p.New(a.Params)
		if err != nil {
			return nil, err
		}
		if k := a.Transforms.Scale; k != 0 && k != units.One {
			proc = proc.Scale(k.Float()) // a scaled process stays of its kind
		}
		if src.cycle = proc.Cycle(); src.cycle == workloads.Never {
			src.cycle, src.once = 0, true
		}
		b, err := workloads.NewBatch(workloads.BatchConfig{
			Setting: set, Arrivals: proc,
			CPU: w.CPU.Dist, Memory: w.Memory.Dist, GPU: int(w.GPU),
			Run: w.RunTime.Dist, Work: w.Work.Dist, Parallel: w.Parallel, Use: w.CPUUse.Dist, Deadline: w.Deadline,
		})
		if err != nil {
			return nil, err
		}
		src.tasks, src.shapes = b, b.Shapes()
	}
	return src, src.transform(a, set)
}

// transform bends the source as its arrivals table says.
func (s *source) transform(a *scenarios.Arrivals, set workloads.Setting) error {
	t := a.Transforms
	if t.RunTime != 0 && t.RunTime != units.One {
		s.tasks = workloads.ScaleRun(s.tasks, t.RunTime.Float())
	}
	if t.Stretch != 0 && t.Stretch != units.One {
		s.tasks = workloads.StretchArrivals(s.tasks, t.Stretch.Float())
		s.cycle = sim.Time(float64(s.cycle) * t.Stretch.Float())
	}
	if a.Trace != "" && t.Scale != 0 && t.Scale != units.One {
		// Copies beyond the original come within a minute of it.
		s.tasks = workloads.ScaleRate(s.tasks, t.Scale.Float(), sim.Minute, sim.Stream(set.Seed, set.Replication, set.Workload+"/scale"))
	}
	return nil
}

// lastArrival reads a source to its end.
func lastArrival(src workloads.Tasks) (last sim.Time, err error) {
	var t workloads.Task
	for {
		ok, err := src.Next(&t)
		if err != nil || !ok {
			return last, err
		}
		last = t.At
	}
}

// opener opens a file the scenario names, which may lie in the library.
func opener(sc *scenarios.Scenario, path string) traces.Opener {
	return traces.Opener{Name: strings.TrimPrefix(path, "library:"), Open: func() (io.ReadCloser, error) { return sc.Open(path) }}
}

// dress gives replayed tasks what the scenario adds: a deadline and the share
// of their reservation they use, where the trace has none.
type dress struct {
	workloads.Tasks
	deadline sim.Time
	use      *workloads.Dist
	rng      *rand.Rand
}

// Next dresses the next task.
func (d *dress) Next(t *workloads.Task) (bool, error) {
	ok, err := d.Tasks.Next(t)
	if !ok || err != nil {
		return ok, err
	}
	if d.deadline > 0 && t.Deadline == 0 {
		t.Deadline = t.At + d.deadline
	}
	if d.use != nil && t.Work == 0 && (t.UsePPM == 0 || t.UsePPM == units.One) {
		t.UsePPM = units.PPM(d.use.Draw(d.rng))
	}
	return true, nil
}

// Span is how long a scenario's replays last: the last arrival of the longest,
// plus a second. It is the duration of a scenario that gives none.
func Span(sc *scenarios.Scenario) (sim.Time, error) { return span(sc, nil) }

func span(sc *scenarios.Scenario, held *Replays) (sim.Time, error) {
	var longest sim.Time
	for i := range sc.Workloads {
		w := &sc.Workloads[i]
		if w.Arrivals == nil || w.Arrivals.Trace == "" {
			continue
		}
		src, err := openSource(sc, w, 0, held)
		if err != nil {
			return 0, fmt.Errorf("workload %s: %w", w.Name, err)
		}
		last, err := lastArrival(src.tasks)
		src.Close()
		if err != nil {
			return 0, err
		}
		longest = max(longest, last+sim.Second)
	}
	return longest, nil
}
