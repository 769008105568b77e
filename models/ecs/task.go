package ecs

import (
	"ecsim/models/ecs/placement"
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// TaskID is a task's slot in its cluster; slots are reused after STOPPED.
type TaskID int32

const none TaskID = -1

// state is where a task is in its life. ECS's PENDING and ACTIVATING lie
// between placement and RUNNING and are read from the stage offsets; nothing
// acts on them.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
type state uint8

const (
	stateFree     state = iota
	stateOutside        // RunTask refused: too many PROVISIONING tasks, or launch throttle
	stateWaiting        // PROVISIONING, or held by a scheduler outside ECS until room appears
	stateStarting       // placed; on its way to RUNNING
	stateRunning
	stateDeactivating // its targets drain; its room is held
	stateStopping     // SIGTERM sent; its room is free in the control plane
	stateDeprovisioning
)

// task is one slot. 17 words.
type task struct {
	need      int32 // index into Cluster.needs, -1 while free
	provider  int32
	inst      int32 // index into Cluster.instances, -1 on Fargate or unplaced
	state     state
	elastic   bool // has work that CPU shortens
	held      bool // counted among those without room
	up        bool // counted RUNNING by its service
	healthy   bool
	unwanted  bool      // its service replaces it: its instance drains, or it is unhealthy
	failing   bool      // its deployment's failure hits it
	blocked   bool      // placed, and in its agent's queue
	lingering bool      // STOPPING, and its containers still run
	unseen    uint8     // what ECS has not heard of it while its agent is not connected
	leaving   bool      // told to stop meanwhile
	fetching  uint8     // images it waits for
	fault     pullFault // its image could not be pulled
	set       int32     // index into Cluster.sets, noSet outside a service
	attempts  int32
	index     uint64 // task number within its workload
	seq       uint64 // order of waiting
	entity    sim.Entity

	submitted, queued, placed sim.Time // queued: when quota or throttle let it through
	pull, running, ended      sim.Time // pull: start of the image pull; ended: exit
	deadline                  sim.Time

	run   sim.Time // span from RUNNING to exit; elastic tasks: all their work, vCPU-ns
	work  int64    // elastic tasks: vCPU-ns left at `since`, times 2^shift
	cap   int64    // most CPU it can use, 1/1024 units
	rate  int64    // CPU it uses now, 1/1024 units
	since sim.Time

	timer      sim.Timer
	next, prev TaskID // waiting list, or the instance's task list
}

// need is what tasks of one shape of one workload ask for, resolved once.
type need struct {
	w      int32
	shape  workloads.Shape
	images imageSet
	weight int64 // split weight: 9 x CPU units + MiB
	// Per provider index: the compiled placement plan (nil off instances),
	// the Fargate size, why it can never run there ("" if it can), and its
	// class of waiting tasks (-1 until one waits).
	plans []*placement.Plan
	size  []fargateSize
	never []string
	class []int32
}

// Events of a task; the argument packs slot and kind.
const (
	evRunning = iota
	evExit
	evStopped
	evRetry
	evSubmit // a service task of an empty start
	evLaunch // a throttled Fargate launch
	evHealthy
	evDrained // DEACTIVATING is over
	evAtAgent // its network interface is there, its images are not
	evPull    // a Fargate task's pull begins, and may fail
	evCannotPull
	evKinds = 16
)

// schedule sets a task's next event. A time beyond the calendar, as after a
// run time of centuries, is its end.
func (c *Cluster) schedule(id TaskID, at sim.Time, class sim.Class, kind uint64) {
	if at < c.sim.Now() {
		at = sim.MaxTime
	}
	c.tasks[id].timer = c.sim.At(at, class, (*taskEvents)(c), uint64(id)*evKinds+kind)
}

// taskEvents handles events of tasks.
type taskEvents Cluster

// Handle dispatches a task's event.
func (h *taskEvents) Handle(now sim.Time, arg uint64) {
	c := (*Cluster)(h)
	id := TaskID(arg / evKinds)
	switch arg % evKinds {
	case evRunning:
		c.started(id, now)
	case evExit:
		c.exited(id, now)
	case evStopped:
		c.stopped(id, now)
	case evRetry:
		c.attempt(id, now)
	case evSubmit:
		c.attempt(id, now)
	case evHealthy:
		c.becameHealthy(id, now)
	case evDrained:
		c.terminateTask(id, now)
	case evAtAgent:
		c.fetchImages(id, now)
	case evPull:
		c.providers[c.tasks[id].provider].(*fargate).pull(id, now)
	case evCannotPull:
		c.cannotPull(id, now)
	case evLaunch:
		c.providers[c.tasks[id].provider].(*fargate).launch(id, now)
	}
}

func (c *Cluster) newTask(n int32, index uint64, now sim.Time) TaskID {
	var id TaskID
	if len(c.free) > 0 {
		id = c.free[len(c.free)-1]
		c.free = c.free[:len(c.free)-1]
	} else {
		id = TaskID(len(c.tasks))
		c.tasks = append(c.tasks, task{})
	}
	c.tasks[id] = task{need: n, provider: -1, inst: -1, state: stateOutside, set: noSet, index: index,
		entity: c.workloads[c.needs[n].w].entity.With(index), submitted: now, queued: now, next: none, prev: none}
	return id
}

// Submit takes a batch task of workload w that arrives now.
func (c *Cluster) Submit(w int, t *workloads.Task) {
	now := c.sim.Now()
	n := c.needOf(w, t.Shape)
	wl := &c.workloads[w]
	nd := &c.needs[n]
	id := c.newTask(n, t.Index, now)
	k := &c.tasks[id]
	k.deadline = t.Deadline
	cpu := int64(nd.shape.CPU)
	if t.Work > 0 {
		k.elastic = true
		k.run = sim.Time(t.Work)
		k.work = int64(t.Work) << k.shift()
		k.cap = int64(t.Parallel) * rateScale
		wl.offer(c, now, uint64(t.Work), uint64(units.VCPU))
	} else {
		k.run = t.Run
		k.cap = t.UsePPM.Of(cpu * rateScale)
		wl.offer(c, now, uint64(t.Run), uint64(cpu))
	}
	if !c.closed {
		wl.submitted++
	}
	wl.arrive(now, nd)
	c.demand(now, nd, 1)
	c.observe(now, result.TaskSubmitted, id, 0)
	c.attempt(id, now)
}

// attempt asks a provider for room.
func (c *Cluster) attempt(id TaskID, now sim.Time) {
	t := &c.tasks[id]
	n := &c.needs[t.need]
	if t.provider < 0 {
		assigned := c.workloads[n.w].assigned
		if t.set != noSet {
			assigned = c.sets[t.set].assigned // base and weight hold for each deployment
		}
		p := c.choose(n, assigned)
		if p < 0 {
			c.reject(id, now, placement.ReasonNone)
			return
		}
		t.provider = p
		assigned[c.workloads[n.w].slot(p)]++
	}
	if t.attempts == 0 {
		t.queued = now
	}
	t.attempts++
	c.providers[t.provider].Place(id, now)
}

// hold counts a task among those that wait for a place, wherever they wait.
func (c *Cluster) hold(t *task, now sim.Time) {
	if !t.held {
		t.held = true
		c.waitingSeries.Add(now, 1)
	}
}

// letGo counts it out again.
func (c *Cluster) letGo(t *task, now sim.Time) {
	if t.held {
		t.held = false
		c.waitingSeries.Add(now, -1)
	}
}

// choose picks the provider of a new task by its workload's strategy: the base
// first, then the provider furthest below its share by weight.
// Assumed: AWS publishes neither rounding nor order; ties go by array order,
// and providers that can never hold the task are passed over only if none can.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
func (c *Cluster) choose(n *need, assigned []int64) int32 {
	w := &c.workloads[n.w]
	if len(w.strategy) == 1 {
		if p := w.strategy[0].provider; n.never[p] == "" {
			return p
		}
		return -1
	}
	var total, placed int64
	for i := range w.strategy {
		s := &w.strategy[i]
		if s.base > 0 && assigned[i] < s.base && n.never[s.provider] == "" {
			return s.provider
		}
		if s.weight > 0 {
			total += s.weight
			placed += assigned[i] - min(assigned[i], s.base)
		}
	}
	best, deficit := int32(-1), int64(0)
	for i := range w.strategy {
		s := &w.strategy[i]
		if s.weight == 0 || n.never[s.provider] != "" {
			continue
		}
		d := s.weight*(placed+1) - total*(assigned[i]-min(assigned[i], s.base))
		if best < 0 || d > deficit {
			best, deficit = s.provider, d
		}
	}
	return best
}

// reject ends a task that will never run: for why it found no room last, or
// because nothing can ever hold it.
func (c *Cluster) reject(id TaskID, now sim.Time, why placement.Reason) {
	t := &c.tasks[id]
	n := &c.needs[t.need]
	w := &c.workloads[n.w]
	if !w.cfg.RejectOversize && t.provider < 0 && c.err == nil {
		c.err = c.infeasible(n)
	}
	if t.set != noSet {
		c.leave(id, now)
	}
	c.letGo(t, now)
	if !c.closed || w.service != nil {
		w.rejected++
	}
	c.observe(now, result.TaskRejected, id, int64(why))
	w.leave(now, n, t.submitted, c)
	c.demand(now, n, -1)
	c.freeTask(id)
}

func (c *Cluster) freeTask(id TaskID) {
	c.tasks[id] = task{need: -1, state: stateFree}
	c.free = append(c.free, id)
}

// offsets are a placed task's stage lengths from its placement on.
type offsets struct{ provision, pull, start sim.Time }

// begin takes up a task for which room has been committed and whose stages are
// all known: it will run when they are over.
func (c *Cluster) begin(id TaskID, now sim.Time, o offsets) {
	c.take(id, now)
	t := &c.tasks[id]
	w := &c.workloads[c.needs[t.need].w]
	t.pull = now + o.provision
	w.stages[result.StageENI].note(c, now, o.provision)
	w.stages[result.StagePull].note(c, now, o.pull)
	w.stages[result.StageStart].note(c, now, o.start)
	if total := o.provision + o.pull + o.start; total > 0 {
		c.schedule(id, now+total, sim.ClassState, evRunning)
		return
	}
	c.started(id, now)
}

// take makes a task for which room has been committed PENDING: its reservation
// counts from now.
func (c *Cluster) take(id TaskID, now sim.Time) {
	t := &c.tasks[id]
	n := &c.needs[t.need]
	w := &c.workloads[n.w]
	c.letGo(t, now)
	t.state = stateStarting
	t.placed = now
	c.placements++
	c.fingerprint.Add(uint64(now))
	c.fingerprint.Add(uint64(uint32(t.inst)))
	w.reserve(now, n, 1)
	c.reservedCPU.Add(now, int64(n.shape.CPU))
	c.reservedMemory.Add(now, int64(n.shape.Memory))
	c.observe(now, result.TaskPlaced, id, 0)
}

// started moves a task to RUNNING.
func (c *Cluster) started(id TaskID, now sim.Time) {
	t := &c.tasks[id]
	n := &c.needs[t.need]
	w := &c.workloads[n.w]
	if t.failing && !c.sets[t.set].onHealth {
		c.failedToStart(id, now)
		return
	}
	t.state = stateRunning
	t.running = now
	w.stages[result.StageQueued].note(c, now, t.queued-t.submitted)
	w.stages[result.StageCapacity].note(c, now, t.placed-t.queued)
	w.toRunning.note(c, now, now-t.submitted)
	w.setRunning(now, 1)
	w.setZone(c, t, now, 1)
	c.observe(now, result.TaskRunning, id, int64(now-t.submitted))
	if t.inst >= 0 {
		c.joinCPU(id, now)
	} else {
		c.providers[t.provider].(*fargate).running(id, now)
	}
	if !t.elastic && w.cfg.Kind == Batch {
		c.schedule(id, now+t.run, sim.ClassRelease, evExit)
	}
	if c.offline(t) {
		t.unseen = unseenRunning
		return
	}
	c.heardRunning(id, now)
}
