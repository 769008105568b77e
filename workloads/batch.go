package workloads

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// BatchConfig describes drawn batch work: when tasks arrive and what each is.
type BatchConfig struct {
	Setting
	Arrivals Process // required

	CPU    *Dist // CPU units; required
	Memory *Dist // MiB; required
	GPU    int   // whole GPUs each

	// CPUStep and MemoryStep are what drawn sizes are rounded up to a multiple
	// of, so that a run has few sizes; constants stay as they are. 0 is 64 CPU
	// units and 64 MiB.
	// Assumed: task definitions come in round sizes.
	CPUStep    units.CPU
	MemoryStep units.MiB

	// Exactly one of Run (nanoseconds) and Work (vCPU-nanoseconds) is set.
	Run, Work *Dist

	Parallel units.CPU      // cap on the CPU a Work task uses at once; 0 is none
	Use      *Dist          // share of the reservation a Run task uses, in millionths; nil is 100 %
	Deadline units.Duration // after arrival; 0 is none
	Priority int32
}

// Batch draws batch work. Each attribute has a stream of its own, named
// "<workload>/arrivals", "/run", "/work", "/cpu", "/memory" and "/use", so a
// change to one leaves the others' numbers as they were.
type Batch struct {
	c        BatchConfig
	arrivals Arrivals
	shapes   Shapes
	shape    int32 // the one shape, or -1 when sizes are drawn
	index    uint64

	run, work, cpu, memory, use *rand.Rand
}

// NewBatch checks c and returns its tasks from the first one on.
func NewBatch(c BatchConfig) (*Batch, error) {
	switch {
	case c.Arrivals == nil:
		return nil, errors.New("arrivals: not given")
	case c.CPU == nil:
		return nil, errors.New("cpu: not given")
	case c.Memory == nil:
		return nil, errors.New("memory: not given")
	case (c.Run == nil) == (c.Work == nil):
		return nil, errors.New("run_time, work: want exactly one of them")
	case c.GPU < 0 || c.Parallel < 0 || c.Deadline < 0 || c.CPUStep < 0 || c.MemoryStep < 0:
		return nil, fmt.Errorf("gpu %d, parallel %v, deadline %v, rounding %v and %v: want 0 or more",
			c.GPU, c.Parallel, c.Deadline, c.CPUStep, c.MemoryStep)
	case c.Parallel > 0 && c.Work == nil:
		return nil, errors.New("parallel: want work with it; run_time does not depend on CPU")
	}
	if c.CPUStep == 0 {
		c.CPUStep = 64
	}
	if c.MemoryStep == 0 {
		c.MemoryStep = 64
	}
	if c.Use == nil {
		c.Use = Constant(units.One)
	}
	a, err := c.Arrivals.Arrivals(c.Setting)
	if err != nil {
		return nil, err
	}
	stream := func(attribute string) *rand.Rand {
		return sim.Stream(c.Seed, c.Replication, c.Workload+"/"+attribute)
	}
	b := &Batch{c: c, arrivals: a, shape: -1, run: stream("run"), work: stream("work"),
		cpu: stream("cpu"), memory: stream("memory"), use: stream("use")}
	_, fixedCPU := c.CPU.IsConstant()
	_, fixedMemory := c.Memory.IsConstant()
	if fixedCPU && fixedMemory {
		b.shape = b.drawShape()
	}
	return b, nil
}

// Shapes returns the sizes met so far.
func (b *Batch) Shapes() *Shapes { return &b.shapes }

// Next fills t with the next task; it never fails. Drawn run times and works
// are at least 1 ns.
func (b *Batch) Next(t *Task) (bool, error) {
	at, ok := b.arrivals.Next()
	if !ok {
		return false, nil
	}
	*t = Task{At: at, Index: b.index, Shape: b.shape, Priority: b.c.Priority, Parallel: b.c.Parallel}
	b.index++
	if b.shape < 0 {
		t.Shape = b.drawShape()
	}
	if b.c.Run != nil {
		t.Run = sim.Time(max(b.c.Run.Draw(b.run), 1))
		t.UsePPM = units.PPM(b.c.Use.Draw(b.use))
	} else {
		t.Work = units.Work(max(b.c.Work.Draw(b.work), 1))
	}
	if b.c.Deadline > 0 {
		t.Deadline = at + sim.Time(b.c.Deadline)
	}
	return true, nil
}

func (b *Batch) drawShape() int32 {
	return b.shapes.Intern(Shape{
		CPU:    units.CPU(rounded(b.c.CPU, b.cpu, int64(b.c.CPUStep))),
		Memory: units.MiB(rounded(b.c.Memory, b.memory, int64(b.c.MemoryStep))),
		GPU:    b.c.GPU,
	})
}

// rounded draws a size, rounded up to a positive multiple of step unless it is
// constant.
func rounded(d *Dist, r *rand.Rand, step int64) int64 {
	if v, constant := d.IsConstant(); constant {
		return v
	}
	return max((d.Draw(r)+step-1)/step, 1) * step
}
