// Package workloads says what work arrives and when, before anyone knows
// where it runs: drawn by a generator (one file each) or replayed from a trace
// (workloads/traces), bent by transforms.
//
// Sources are pulled one task at a time, so ten million tasks need no more
// memory than ten thousand. Everything about a task (arrival, shape, run time
// or work, use, deadline) is decided inside Next, in arrival order, from named
// streams; no platform can change it, so every platform meets the same work.
package workloads

import (
	"ecsim/sim"
	"ecsim/workloads/units"
)

// Shape is a size of task. Tasks refer to shapes by index, so that placement
// resolves each size once.
type Shape struct {
	CPU    units.CPU // reservation in CPU units, 0 or more
	Memory units.MiB // reservation in MiB, 0 or more
	GPU    int       // whole GPUs; shares are rounded up by the reader
}

// Shapes interns shapes in order of first use. It is not safe for concurrent
// use: each source of each simulation has its own.
type Shapes struct {
	list  []Shape
	index map[Shape]int32
}

// Intern returns the index of s, adding it if new.
func (t *Shapes) Intern(s Shape) int32 {
	if i, ok := t.index[s]; ok {
		return i
	}
	if t.index == nil {
		t.index = make(map[Shape]int32)
		for i, known := range t.list { // a snapshot's
			t.index[known] = int32(i)
		}
		if i, ok := t.index[s]; ok {
			return i
		}
	}
	i := int32(len(t.list))
	t.list = append(t.list, s)
	t.index[s] = i
	return i
}

// Snapshot is the table as it stands now. It may be read while t grows.
func (t *Shapes) Snapshot() Shapes { return Shapes{list: t.list[:len(t.list):len(t.list)]} }

// At returns shape i; i must come from Intern.
func (t *Shapes) At(i int32) Shape { return t.list[i] }

// Len returns how many shapes are known so far; a source may add more as it is
// read.
func (t *Shapes) Len() int { return len(t.list) }

// Task is one unit of batch work as it arrives.
type Task struct {
	At       sim.Time // arrival
	Index    uint64   // 0, 1, 2, ... in arrival order within its source
	Shape    int32    // index into the source's Shapes
	Priority int32    // higher first where a queue has priorities; 0 is usual
	Run      sim.Time // run time at any CPU rate; 0 when Work is set
	Work     units.Work
	// Parallel caps the CPU a Work task can use at once, in CPU units; 0 is
	// no cap but the capacity's own.
	Parallel units.CPU
	// UsePPM is the CPU a Run task uses while it runs, as a share of its
	// reservation in millionths; Work tasks use what they are given.
	UsePPM   units.PPM
	Deadline sim.Time // latest finish as an absolute time; 0 is none
}

// Tasks is a source of batch work in order of At.
type Tasks interface {
	// Next fills t with the next task. It returns false at the end, and an
	// error (with file:line for traces) when the source is malformed.
	Next(t *Task) (bool, error)
	// Shapes returns the table that Task.Shape refers to.
	Shapes() *Shapes
}

// Step is a span of constant request rate.
type Step struct {
	From, Until sim.Time // [From, Until)
	PerSecond   float64  // events per second
}

// Rates is a source of consecutive steps: each From is the Until before it.
type Rates interface {
	Next(s *Step) (bool, error)
}

// Oddity counts how often a rule for irregular input was applied, for
// example "negative run time: left out".
type Oddity struct {
	Rule  string // what was found and what was done about it
	Count int64
}

// Reporter is implemented by sources that read recorded traces: what was left
// out and which rules were applied so far.
type Reporter interface {
	// LeftOut is the number of submitted records that produced no task.
	LeftOut() int64
	// Oddities lists the rules applied, in a fixed order, with counts over 0.
	Oddities() []Oddity
}
