package ecs

import (
	"slices"

	"ecsim/models/ecs/placement"
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads/units"
)

var (
	purposeProtect = sim.NewPurpose("ecs/scale-in-protection")
	purposeFail    = sim.NewPurpose("ecs/task-failure")
)

// service keeps a workload's desired number of tasks running, of one
// deployment or, while one follows another, of several. What happens to its
// tasks wakes its loop once at the same instant; it never polls.
//
// Assumed: AWS publishes neither the period of the loop nor how much one pass
// does. Here a pass does all that its bounds allow, at once.
type service struct {
	c       *Cluster
	w       *workload
	cfg     *ServiceConfig
	desired int64
	sets    []*deployment // those with tasks or to be kept, oldest first
	primary *deployment
	// completed is the last deployment that succeeded: what a failed one falls
	// back to, and the blue set while the green is tried.
	completed *deployment
	revisions int64

	nextSlot sim.Time // earliest next launch
	woken    bool
	alarm    sim.Timer
	alarmAt  sim.Time

	failures     int      // rounds of tasks that failed to start, without one that ran
	roundAt      sim.Time // tasks submitted before belong to an earlier round
	notBefore    sim.Time // no launch until then
	down         int64    // tasks that stop: out of the service, still on their machine
	steady       bool
	steadyAt     sim.Time
	everSteady   bool   // it was steady since its desired count changed or a task failed
	batch        int64  // tasks stopped in this pass
	stopped      uint64 // tasks stopped by choice, keys of draws
	moving       bool   // a task started to balance the zones is not yet healthy
	balanceSet   bool   // a look at the zones is set
	balanceTries int    // looks for room in a row that found none
	unable       bool   // it was said that a task finds no room
}

// The events of services; the argument packs workload and kind.
const (
	evPass = iota
	evAlarm
	evDeploy
	evBaked
	evRebalance
	serviceKinds = 8
)

type serviceEvents Cluster

// Handle dispatches a service's event.
func (h *serviceEvents) Handle(now sim.Time, arg uint64) {
	c := (*Cluster)(h)
	s := c.workloads[arg/serviceKinds%(1<<32)].service
	switch arg % serviceKinds {
	case evPass:
		s.woken = false
		s.pass(now)
	case evAlarm:
		s.pass(now)
	case evDeploy:
		s.deploy(&s.cfg.Deployments[arg/serviceKinds>>32], now)
	case evBaked:
		s.baked(now)
	case evRebalance:
		s.rebalance(now)
	}
}

func (s *service) at(at sim.Time, kind, k uint64) sim.Timer {
	return s.c.sim.At(at, sim.ClassArrival, (*serviceEvents)(s.c), (k<<32|uint64(s.w.index))*serviceKinds+kind)
}

// wake has the loop look once after all that happens at this instant.
func (s *service) wake(now sim.Time) {
	if !s.woken {
		s.woken = true
		s.at(now, evPass, 0)
	}
}

// wakeAt has it look at a later time, or at an earlier one if that was set.
func (s *service) wakeAt(at sim.Time) {
	if s.c.sim.Scheduled(s.alarm) {
		if s.alarmAt <= at {
			return
		}
		s.c.sim.Cancel(s.alarm)
	}
	s.alarm, s.alarmAt = s.at(at, evAlarm, 0), at
}

// primarySet is the task set that runs from time 0 under controller EXTERNAL.
const primarySet = "primary"

// addService makes the service of workload i and its first deployment.
func (c *Cluster) addService(i int) *service {
	w := &c.workloads[i]
	s := &service{c: c, w: w, cfg: w.cfg.Service, desired: w.cfg.DesiredCount, revisions: 1}
	w.service = s
	s.primary = s.newSet(c.newNeed(i, w.cfg.Shape, w.images))
	s.primary.state, s.completed = setCompleted, s.primary
	s.sets = append(s.sets, s.primary)
	if s.cfg.Rebalancing {
		c.balancing = append(c.balancing, s)
	}
	if s.cfg.Controller == "EXTERNAL" {
		s.primary.name, s.primary.scale = primarySet, units.One
	}
	for k := range s.cfg.Deployments {
		d := &s.cfg.Deployments[k]
		// What can never run, whatever its images, is known before anything does.
		if n := &c.needs[c.needFor(i, d.Shape, w.images)]; w.cfg.Kind == Service && c.choose(n, make([]int64, len(w.strategy))) < 0 && c.err == nil {
			c.err = c.infeasible(n)
		}
		s.at(d.At+c.cfg.Services.Reaction, evDeploy, uint64(k))
	}
	return s
}

// startServices brings services to their desired count: at once in a steady
// start, growing groups as needed; else through the ordinary way, 500 a minute.
func (c *Cluster) startServices(now sim.Time) {
	for i := range c.workloads {
		w := &c.workloads[i]
		if w.cfg.Kind != Service {
			continue
		}
		s := c.addService(i)
		s.steady, s.everSteady = c.opening, c.opening // what ran before is no news
		for k := int64(0); k < s.desired; k++ {
			s.launch(s.primary, now)
		}
	}
}

// SetDesired changes how many tasks service w wants.
func (c *Cluster) SetDesired(w int, n int64, now sim.Time) {
	s := c.workloads[w].service
	if s == nil || s.desired == n {
		return
	}
	s.desired, s.steady, s.everSteady = n, false, false
	s.wake(now)
}

// launchInterval spaces the launches of one service: 500 tasks a minute.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
func (s *service) launchInterval() sim.Time {
	if s.cfg.PerMinute > 0 {
		return sim.Minute / sim.Time(s.cfg.PerMinute)
	}
	return sim.Minute / defaultPerMinute
}

// launch creates the next task of a deployment; it asks for room when the
// launch rate lets it.
func (s *service) launch(d *deployment, now sim.Time) TaskID {
	c := s.c
	at := now
	if !c.opening {
		at = max(now, s.nextSlot)
	}
	id := s.create(d, now)
	s.nextSlot = at + s.launchInterval()
	if at > now {
		c.hold(&c.tasks[id], now)
		c.schedule(id, at, sim.ClassArrival, evSubmit)
		return id
	}
	c.attempt(id, now)
	return id
}

// create makes a task of a deployment that has asked for nothing yet.
func (s *service) create(d *deployment, now sim.Time) TaskID {
	c, w := s.c, s.w
	id := c.newTask(d.need, w.ordinals, now)
	w.ordinals++
	n := &c.needs[d.need]
	t := &c.tasks[id]
	t.set = d.index
	d.tasks = append(d.tasks, id)
	d.started++
	// What a task uses is a property of the work: drawn by its ordinal, the
	// same on every platform.
	use := units.PPM(w.cfg.Use.Quantile(c.sim.Uniform(purposeUse, t.entity, 0)))
	t.cap = use.Of(int64(n.shape.CPU) * rateScale)
	t.failing = d.failure > 0 && c.sim.Uniform(purposeFail, t.entity, 0) < d.failure.Float()
	if !c.closed {
		w.submitted++
	}
	w.arrive(now, n)
	w.pending(now, 1)
	c.demand(now, n, 1)
	c.observe(now, result.TaskSubmitted, id, 0)
	return id
}

// leave takes a task that stops, or has stopped, out of its service's counts.
func (c *Cluster) leave(id TaskID, now sim.Time) {
	t := &c.tasks[id]
	d := c.sets[t.set]
	s := d.service
	i := slices.Index(d.tasks, id)
	d.tasks = slices.Delete(d.tasks, i, i+1)
	if t.up {
		t.up = false
		d.running--
	} else {
		s.w.pending(now, -1)
	}
	if t.healthy {
		d.healthy--
	}
	if t.unwanted {
		d.unwanted--
	}
	if t.provider >= 0 && len(d.assigned) > 0 {
		d.assigned[s.w.slot(t.provider)]--
	}
	t.set, t.healthy, t.unwanted = noSet, false, false
	s.moving = false
	s.wake(now)
}

// stop ends one of the service's tasks.
func (s *service) stop(id TaskID, now sim.Time) {
	c := s.c
	t := &c.tasks[id]
	placed := t.state >= stateStarting
	inst, daemon := t.inst, s.w.cfg.Kind == Daemon
	c.leave(id, now)
	s.stopped++
	if placed {
		s.down++
	}
	if daemon && inst >= 0 {
		c.gaps = append(c.gaps, s.gapOn(inst))
	}
	c.stop(id, now)
}

// replace has a task leave its instance, which drains. One that does not run
// yet stops at once; one that runs stops as the bounds of a deployment allow.
// Daemons stay to the last.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-draining.html
func (s *service) replace(c *Cluster, id TaskID, now sim.Time) {
	t := &c.tasks[id]
	if s.w.cfg.Kind == Daemon || t.set == noSet {
		return
	}
	switch {
	case t.state == stateStarting:
		s.w.stops++
		s.stop(id, now)
	case t.state == stateRunning && !t.unwanted:
		s.w.stops++
		t.unwanted = true
		c.sets[t.set].unwanted++
		s.wake(now)
	}
}

// pass does all that the bounds allow now.
func (s *service) pass(now sim.Time) {
	if s.c.err != nil {
		return
	}
	for s.step(now) {
	}
	s.judge(now)
}

// total counts the RUNNING and PENDING tasks of all deployments, and the
// healthy among them.
func (s *service) total() (tasks, healthy int64) {
	for _, d := range s.sets {
		tasks += int64(len(d.tasks))
		healthy += d.healthy
	}
	return
}

// step starts and stops what is allowed and tells whether it did anything.
func (s *service) step(now sim.Time) bool {
	if s.w.cfg.Kind == Daemon {
		return s.stopDaemon(now)
	}
	did := false
	for _, d := range s.sets {
		did = s.stopPending(d, now) || did
	}
	for _, d := range s.sets {
		did = s.start(d, now) || did
	}
	for i := len(s.sets) - 1; i >= 0; i-- { // unwanted tasks may be of any
		did = s.stopUnwanted(s.sets[i], now) || did
	}
	for _, d := range s.sets { // the oldest first
		did = s.stopSurplus(d, now) || did
	}
	return did
}

// stopPending stops tasks that do not run yet and that nobody wants: they do
// no good. Newest first.
func (s *service) stopPending(d *deployment, now sim.Time) (did bool) {
	surplus := d.kept() - s.want(d)
	for i := len(d.tasks) - 1; i >= 0 && surplus > 0 && d.running < int64(len(d.tasks)); i-- {
		if id := d.tasks[i]; s.c.tasks[id].state < stateRunning {
			s.stop(id, now)
			surplus--
			did = true
		}
	}
	return did
}

// start launches what a deployment lacks, as far as maximumPercent allows.
func (s *service) start(d *deployment, now sim.Time) bool {
	n := s.want(d) - d.kept()
	if s.rolling() {
		_, most := s.cfg.Bounds(s.desired)
		tasks, _ := s.total()
		n = min(n, most-tasks)
	}
	if n <= 0 || d.state == setFailed {
		return false
	}
	if now < s.notBefore {
		s.wakeAt(s.notBefore)
		return false
	}
	s.steady = false
	s.event(now, result.ServiceTasksStarted, n)
	for range n {
		s.launch(d, now)
	}
	return true
}

// stopUnwanted stops tasks whose instance drains or which are unhealthy.
//
// Unhealthy tasks: a replacement starts first if maximumPercent leaves room,
// and the task stops when it is healthy; if there is no room, they stop one at
// a time, never below minimumHealthyPercent.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html
func (s *service) stopUnwanted(d *deployment, now sim.Time) (did bool) {
	if d.unwanted == 0 {
		return false
	}
	least, most := s.cfg.Bounds(s.desired)
	for i := 0; i < len(d.tasks); i++ {
		t := &s.c.tasks[d.tasks[i]]
		if !t.unwanted {
			continue
		}
		tasks, healthy := s.total()
		lacking := max(0, s.want(d)-d.kept())
		room := !s.rolling() || tasks < most
		allowed := healthy-1 >= least
		if !t.healthy {
			running := int64(0)
			for _, o := range s.sets {
				running += o.running
			}
			allowed = healthy >= min(s.desired, s.want(d)) && lacking == 0 || lacking > 0 && !room && running-1 >= least
		}
		if allowed {
			s.stop(d.tasks[i], now)
			i--
			did = true
			if lacking > 0 && !room {
				return true // one at a time: what it frees is for its replacement
			}
		}
	}
	return did
}

// stopSurplus stops RUNNING tasks beyond those wanted, while enough others are
// healthy.
func (s *service) stopSurplus(d *deployment, now sim.Time) (did bool) {
	s.batch = 0
	defer func() {
		if s.batch > 0 {
			s.event(now, result.ServiceTasksStopped, s.batch)
		}
	}()
	least, _ := s.cfg.Bounds(s.desired)
	for surplus := d.kept() - s.want(d); surplus > 0; surplus-- {
		_, healthy := s.total()
		id, free := s.victim(d, now)
		if id == none || !free && healthy-1 < least {
			break
		}
		s.stop(id, now)
		s.batch++
		did = true
	}
	return did
}

// victim chooses which RUNNING task stops when a deployment has too many: one
// that is not healthy first (free: it counts for nothing), none with scale-in
// protection, else by the placement strategy. none if there is none.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-strategies.html
func (s *service) victim(d *deployment, now sim.Time) (id TaskID, free bool) {
	c := s.c
	c.victims, c.hosts = c.victims[:0], c.hosts[:0]
	wake := sim.MaxTime
	for _, id := range d.tasks {
		t := &c.tasks[id]
		if t.state != stateRunning || t.unwanted {
			continue
		}
		if until := s.protectedUntil(t); until > now {
			wake = min(wake, until)
			continue
		}
		if !t.healthy {
			return id, true
		}
		c.victims = append(c.victims, id)
		if t.inst >= 0 {
			c.hosts = append(c.hosts, c.instances[t.inst].host)
		}
	}
	switch {
	case len(c.victims) == 0:
		if wake < sim.MaxTime {
			s.wakeAt(wake)
		}
		return none, false
	case len(c.hosts) == len(c.victims):
		n := &c.needs[d.need]
		p := n.plans[c.tasks[c.victims[0]].provider]
		return c.victims[c.fleet.PickStop(p, c.hosts, s.stopped, s.w.entity)], false
	}
	// On Fargate every task has a machine of its own: any.
	k := int(c.sim.Uniform(purposeStopTask, s.w.entity, s.stopped) * float64(len(c.victims)))
	return c.victims[min(k, len(c.victims)-1)], false
}

var purposeStopTask = sim.NewPurpose("ecs/stop-task")

// protectedUntil is how long a task's scale-in protection lasts; 0 without.
// It holds against deployments and scale-in, not against draining.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
func (s *service) protectedUntil(t *task) sim.Time {
	if s.cfg.Protected == 0 || s.c.sim.Uniform(purposeProtect, t.entity, 0) >= s.cfg.Protected.Float() {
		return 0
	}
	return t.running + s.cfg.ProtectedFor
}

// started counts a task of the service that is RUNNING and has its health
// told: by its load balancer, else by the time it runs.
func (s *service) started(id TaskID, now sim.Time) {
	c := s.c
	t := &c.tasks[id]
	d := c.sets[t.set]
	t.up = true
	d.running++
	d.progress = now
	s.unable = false
	s.w.pending(now, -1)
	s.failures = 0
	switch {
	case s.w.targets != nil:
		s.w.targets.Register(id, now)
		if c.opening {
			c.becameHealthy(id, now)
		}
	case c.opening || s.w.cfg.Kind == Daemon && s.revisions == 1:
		c.becameHealthy(id, now)
	default:
		// 40 s after RUNNING a task without health check and load balancer is
		// healthy.
		// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
		c.schedule(id, now+c.cfg.Services.HealthyAfter, sim.ClassState, evHealthy)
	}
	if !c.opening {
		s.wake(now)
	}
}

// becameHealthy is told that a RUNNING task is healthy.
func (c *Cluster) becameHealthy(id TaskID, now sim.Time) {
	t := &c.tasks[id]
	if t.set == noSet || t.healthy {
		return
	}
	d := c.sets[t.set]
	if t.failing {
		if until := t.running + d.service.cfg.HealthCheckGrace; now < until {
			c.schedule(id, until, sim.ClassState, evHealthy)
			return
		}
		c.becameUnhealthy(id, now)
		return
	}
	t.healthy = true
	d.healthy++
	if !d.service.cfg.Breaker.Cumulative {
		d.failures = 0
	}
	if !c.opening {
		d.progress = now
		d.service.wake(now)
	}
}

// becameUnhealthy is told that a RUNNING task failed its health checks. Inside
// the grace period that changes nothing.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-load-balancing.html
func (c *Cluster) becameUnhealthy(id TaskID, now sim.Time) {
	t := &c.tasks[id]
	if t.set == noSet || t.unwanted && !t.healthy {
		return
	}
	d := c.sets[t.set]
	s := d.service
	if now < t.running+s.cfg.HealthCheckGrace {
		return
	}
	if t.healthy {
		t.healthy = false
		d.healthy--
	}
	if !t.unwanted {
		t.unwanted = true
		d.unwanted++
		s.w.stops++
	}
	s.steady, s.everSteady = false, false
	s.event(now, result.ServiceTaskUnhealthy, int64(t.index))
	d.failed++
	d.fail(now)
	s.wake(now)
}

// failedToStart ends a task that would be RUNNING now and is not: its
// containers exited, or its image could not be pulled.
func (c *Cluster) failedToStart(id TaskID, now sim.Time) {
	d := c.sets[c.tasks[id].set]
	s := d.service
	if c.tasks[id].submitted >= s.roundAt {
		// The pause before the next launches grows step by step; AWS publishes
		// the cap alone. Assumed: it doubles from 10 s, once a round.
		// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html
		pause := c.backOff(int64(s.failures))
		s.failures++
		s.roundAt = now
		s.notBefore = now + pause
		if s.failures == 2 {
			s.event(now, result.ServiceThrottled, int64(s.failures))
		}
	}
	d.failed++
	s.stop(id, now)
	d.fail(now)
}

// event tells an observer what the service would say.
func (s *service) event(now sim.Time, kind result.EventKind, value int64) {
	if s.c.cfg.Observe != nil {
		s.c.cfg.Observe(result.Event{At: now, Kind: kind, Workload: s.w.index, Entity: uint64(s.revisions), Place: -1, Value: value})
	}
}

// unplaced tells once that a task finds no room, and what the closest instance
// lacks.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
func (s *service) unplaced(t *task, why placement.Reason, now sim.Time) {
	c := s.c
	if s.unable || c.cfg.Observe == nil {
		return
	}
	s.unable = true
	place := t.provider<<placeBits | noInstance
	if p := c.needs[t.need].plans[t.provider]; p != nil {
		if e := c.fleet.Explain(p); e.Closest != placement.NoHost {
			place, why = c.instances[c.byHost[e.Closest]].place(), e.Reason
		}
	}
	c.cfg.Observe(result.Event{At: now, Kind: result.ServiceUnableToPlace, Workload: s.w.index, Entity: t.index, Place: place, Reason: int32(why)})
}
