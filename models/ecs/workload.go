package ecs

import (
	"fmt"

	"ecsim/models/ecs/placement"
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// workload is one workload's part of the cluster: its tasks' counts, times and
// levels. Levels are in the units of result.Workload.
type workload struct {
	cfg      WorkloadConfig
	index    int32
	entity   sim.Entity
	images   imageSet // until a deployment brings others
	strategy []strategyItem
	assigned []int64 // tasks given to each strategy item

	rules       []placement.Rule
	constraints []placement.Constraint
	dynamic     bool // constraints read what runs where
	distinct    bool // distinctInstance

	submitted, finished, rejected, drained int64
	onTime, late, stops                    int64
	running                                int64
	waitingAtClose, runningAtClose         int64

	toRunning, completion, runTime tally
	stages                         [result.NumStages]tally

	inSystem             sim.Level
	sojourn              sim.Uint128
	reservedCPU          sim.Level
	reservedMemory       sim.Level
	used                 sim.Level   // 1/1024 CPU units
	offered, total, done sim.Uint128 // asked for in the window, in all; finished
	occupancy            []sim.Time  // time in the window with i tasks RUNNING
	occupiedSince        sim.Time
	desiredSeries        *sim.Series
	runningSeries        *sim.Series
	pendingSeries        *sim.Series   // services
	zoneSeries           []*sim.Series // services: tasks RUNNING on instances, by zone; nil when nobody looks
	refusals             [placement.NumReasons]int64
	pulls                int64
	pullFaults           [numPullFaults]int64
	cacheHits            int64
	pulled               units.Bytes

	service  *service
	targets  Targets // nil without load balancer
	ordinals uint64  // next ordinal of a service or daemon task
}

type strategyItem struct {
	provider     int32
	base, weight int64
}

// inherit takes the tallies' memory of a workload that is done.
func (w *workload) inherit(old *workload) {
	w.toRunning, w.completion, w.runTime, w.stages = old.toRunning, old.completion, old.runTime, old.stages
	w.toRunning.Reset()
	w.completion.Reset()
	w.runTime.Reset()
	for i := range w.stages {
		w.stages[i].Reset()
	}
}

// group is the task group whose tasks spread and distinctInstance count.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
func (w *workload) group() string {
	if w.cfg.Kind == Batch {
		return "family:" + w.cfg.Name
	}
	return "service:" + w.cfg.Name
}

// pull counts an image pull that begins at at.
func (w *workload) pull(c *Cluster, at sim.Time, size units.Bytes) {
	if size == 0 {
		return
	}
	if !c.closed {
		w.pulls++
		w.pulled += size
	}
	c.ledger.Point(c.pullMeter, int(w.index), at, int64(size))
}

// slot returns which strategy item names the provider.
func (w *workload) slot(provider int32) int {
	for i := range w.strategy {
		if w.strategy[i].provider == provider {
			return i
		}
	}
	panic(fmt.Sprintf("ecs: workload %s was given provider %d, which its strategy does not name", w.cfg.Name, provider))
}

// tally is a sim.Tally that heeds the window.
type tally struct{ sim.Tally }

func (t *tally) note(c *Cluster, now, v sim.Time) {
	if now >= c.cfg.WarmUp && !c.closed {
		t.Add(int64(v))
	}
}

// offer counts work that was asked for: amount x scale in CPU unit-ns.
func (w *workload) offer(c *Cluster, now sim.Time, amount, scale uint64) {
	if c.closed {
		return
	}
	w.total = w.total.AddMul(amount, scale)
	if now >= c.cfg.WarmUp {
		w.offered = w.offered.AddMul(amount, scale)
	}
}

// arrive counts a task into the system.
func (w *workload) arrive(now sim.Time, n *need) {
	w.inSystem.Add(now, 1)
	w.desiredSeries.Add(now, 1)
}

// leave counts a task out of the system and its time in it, as far as that
// lies in the window.
func (w *workload) leave(now sim.Time, n *need, submitted sim.Time, c *Cluster) {
	w.inSystem.Add(now, -1)
	w.desiredSeries.Add(now, -1)
	if !c.closed {
		w.stay(submitted, now, c.cfg.WarmUp)
	}
}

func (w *workload) stay(from, until, warmUp sim.Time) {
	from = max(from, warmUp)
	if until > from {
		w.sojourn = w.sojourn.AddMul(uint64(until-from), 1)
	}
}

func (w *workload) reserve(now sim.Time, n *need, sign int64) {
	w.reservedCPU.Add(now, sign*int64(n.shape.CPU))
	w.reservedMemory.Add(now, sign*int64(n.shape.Memory))
}

// setRunning changes the number of RUNNING tasks by d.
func (w *workload) setRunning(now sim.Time, d int64) {
	if w.cfg.Kind == Service {
		w.occupy(now)
	}
	w.running += d
	w.runningSeries.Set(now, w.running)
}

// setZone counts a task that begins or ends RUNNING in its zone.
func (w *workload) setZone(c *Cluster, t *task, now sim.Time, d int64) {
	if w.zoneSeries != nil && t.inst >= 0 {
		w.zoneSeries[c.instances[t.inst].zone].Add(now, d)
	}
}

// occupy adds the time since the last change to the current count's share.
func (w *workload) occupy(now sim.Time) {
	for int64(len(w.occupancy)) <= w.running {
		w.occupancy = append(w.occupancy, 0)
	}
	w.occupancy[w.running] += now - w.occupiedSince
	w.occupiedSince = now
}

// resetWindow begins the window: levels and times so far do not count.
func (w *workload) resetWindow(now sim.Time) {
	w.inSystem.Reset(now)
	w.reservedCPU.Reset(now)
	w.reservedMemory.Reset(now)
	w.used.Reset(now)
	w.occupy(now)
	clear(w.occupancy)
}

// finish counts a batch task that ran to its end.
func (w *workload) finish(c *Cluster, t *task, now sim.Time) {
	n := &c.needs[t.need]
	if c.closed {
		w.drained++
		return
	}
	w.finished++
	w.completion.note(c, now, now-t.submitted)
	w.runTime.note(c, now, now-t.running)
	if t.deadline > 0 {
		if now <= t.deadline {
			w.onTime++
		} else {
			w.late++
		}
	}
	if t.elastic {
		w.done = w.done.AddMul(uint64(t.run), uint64(units.VCPU))
	} else {
		w.done = w.done.AddMul(uint64(t.run), uint64(n.shape.CPU))
	}
}

// pending changes the number of a service's tasks on their way to RUNNING.
func (w *workload) pending(now sim.Time, d int64) {
	if w.cfg.Kind == Service {
		w.pendingSeries.Add(now, d)
	}
}

// needOf resolves shape of workload w once.
func (c *Cluster) needOf(w int, shape int32) int32 {
	byShape := c.needIndex[w]
	for int(shape) >= len(byShape) {
		byShape = append(byShape, -1)
	}
	c.needIndex[w] = byShape
	if byShape[shape] < 0 {
		byShape[shape] = c.newNeed(w, c.workloads[w].cfg.Shapes.At(shape), c.workloads[w].images)
	}
	return byShape[shape]
}

// newNeed resolves what tasks of workload w of one size and with these images
// ask of each provider.
func (c *Cluster) newNeed(w int, s workloads.Shape, images imageSet) int32 {
	np := len(c.providers)
	n := need{w: int32(w), shape: s, images: images, weight: 9*int64(s.CPU) + int64(s.Memory),
		plans: make([]*placement.Plan, np), size: make([]fargateSize, np), never: make([]string, np), class: make([]int32, np)}
	for i := range n.class {
		n.class[i] = -1
	}
	wl := &c.workloads[w]
	for i, p := range c.providers {
		if wl.cfg.Kind == Daemon || wl.uses(int32(i)) {
			n.never[i] = p.Resolve(&n, wl)
		} else {
			n.never[i] = "not in its capacity provider strategy"
		}
	}
	c.needs = append(c.needs, n)
	return int32(len(c.needs) - 1)
}

func (w *workload) uses(provider int32) bool {
	for i := range w.strategy {
		if w.strategy[i].provider == provider {
			return true
		}
	}
	return false
}

// infeasible explains why no capacity of n's strategy can ever hold it.
func (c *Cluster) infeasible(n *need) error {
	w := &c.workloads[n.w]
	e := &InfeasibleError{Workload: w.cfg.Name, Shape: n.shape}
	for i := range w.strategy {
		p := w.strategy[i].provider
		e.Reasons = append(e.Reasons, c.cfg.Providers[p].Name+": "+n.never[p])
	}
	return e
}
