package workloads

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"ecsim/sim"
)

// Setting is where a pattern is unrolled: chance, calendar and end.
type Setting struct {
	Seed, Replication uint64
	Workload          string         // names the streams: "<workload>/arrivals"
	Start             time.Time      // the calendar's reading at time zero; zero is Monday, 2024-01-01 UTC
	Location          *time.Location // of clock times and weekdays; nil is UTC
	Horizon           sim.Time       // nothing arrives at or after it; over 0
}

func (s Setting) check() error {
	if s.Horizon <= 0 {
		return fmt.Errorf("workload %s: got a horizon of %v, want over 0", s.Workload, s.Horizon)
	}
	if y := s.start().Year(); y < 1970 || y > 2150 {
		return fmt.Errorf("workload %s: got a start in the year %d, want 1970 to 2150", s.Workload, y)
	}
	return nil
}

// start is time zero on the local calendar.
func (s Setting) start() time.Time {
	loc := s.Location
	if loc == nil {
		loc = time.UTC
	}
	if s.Start.IsZero() {
		return time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).In(loc)
	}
	return s.Start.In(loc)
}

// Arrivals is a sequence of arrival times that never decreases.
type Arrivals interface {
	// Next returns the next arrival, or false at the end.
	Next() (sim.Time, bool)
}

// Never is the Cycle of a process that does not repeat.
const Never = sim.MaxTime

// Process is a pattern with checked parameters. It is immutable: replications
// and platforms share it, each with arrivals of its own.
type Process interface {
	// Arrivals unrolls the process as single arrivals, for batch work.
	Arrivals(Setting) (Arrivals, error)
	// Rates unrolls it as steps of constant rate that cover [0, Horizon), for
	// the request load of a service. Both forms of one Setting see the same
	// bursts.
	Rates(Setting) (Rates, error)
	// Cycle is the time after which the calendar part of the process repeats;
	// 0 when it has none, Never when what it brings comes once. Money is told
	// per month only over whole cycles.
	Cycle() sim.Time
	// Scale returns the process at f times the rate; f is finite and 0 or
	// more, or Scale panics. Unlike ScaleRate, which copies tasks, it keeps the
	// kind of process: Poisson stays Poisson.
	Scale(f float64) Process
}

// Pattern is a kind of arrival process that scenarios name in "pattern".
type Pattern struct {
	Name   string
	Doc    string
	Source string // paper or documentation the process comes from
	// Params returns a pointer to a new parameter struct holding the defaults.
	// Its fields carry the tags toml (key), doc, default (as text), source and
	// required ("true").
	Params func() any
	// New checks params, which Params returned and a decoder filled.
	New func(params any) (Process, error)
}

var patterns []Pattern // in order of name

// RegisterPattern makes a pattern known to scenarios. It is called while
// packages initialise and panics on an incomplete pattern or a name taken
// twice.
func RegisterPattern(p Pattern) Pattern {
	if p.Name == "" || p.Doc == "" || p.Params == nil || p.New == nil {
		panic(fmt.Sprintf("workloads: pattern %q needs a name, a doc, Params and New", p.Name))
	}
	i, found := slices.BinarySearchFunc(patterns, p.Name, func(q Pattern, n string) int { return strings.Compare(q.Name, n) })
	if found {
		panic(fmt.Sprintf("workloads: pattern %q registered twice", p.Name))
	}
	patterns = slices.Insert(patterns, i, p)
	return p
}

// Patterns returns the registered patterns in order of name.
func Patterns() []Pattern { return slices.Clone(patterns) }

// LookUpPattern returns the pattern of that name. The error lists the names
// there are.
func LookUpPattern(name string) (Pattern, error) {
	names := make([]string, len(patterns))
	for i, p := range patterns {
		if p.Name == name {
			return p, nil
		}
		names[i] = p.Name
	}
	return Pattern{}, fmt.Errorf("got %q%s; want one of %s", name, didYouMean(name, names), quoted(names))
}

func checkScale(f float64) {
	if !(f >= 0) || math.IsInf(f, 1) {
		panic(fmt.Sprintf("workloads: Process.Scale(%v): factor must be finite and 0 or more", f))
	}
}

// checked wraps a constructor over a parameter type into Pattern.New.
func checked[P any](build func(*P) (Process, error)) func(any) (Process, error) {
	return func(params any) (Process, error) {
		p, ok := params.(*P)
		if !ok || p == nil {
			panic(fmt.Sprintf("workloads: pattern got parameters of type %T, want %T from Params", params, p))
		}
		return build(p)
	}
}
