package ecs

import (
	"fmt"
	"slices"

	"ecsim/models/ecs/placement"
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// setState is where a deployment is in its life.
type setState uint8

const (
	setInProgress setState = iota
	setBaking              // all its tasks are healthy; its bake time runs
	setShifted             // blue/green: all traffic is on it, the old set goes
	setCompleted
	setFailed // the circuit breaker: no launches any more
	setOver   // rolled back, superseded: its tasks go
)

// deployment is a set of a service's tasks with one task definition.
type deployment struct {
	service *service
	index   int32 // in Cluster.sets
	need    int32
	state   setState
	name    string    // EXTERNAL: the task set's
	scale   units.PPM // EXTERNAL: share of the desired count

	tasks    []TaskID // RUNNING and PENDING, in order of creation
	running  int64
	healthy  int64
	unwanted int64   // of an instance that drains, or unhealthy
	assigned []int64 // to each item of the capacity provider strategy

	failure  units.PPM // share of its tasks that fail
	onHealth bool      // they fail health checks, rather than fail to start
	failures int64     // as the circuit breaker counts
	failed   int64
	started  int64
	progress sim.Time // when a task of it last ran or was healthy
	record   int      // in Cluster.deployments, -1 for what runs from time 0
	back     *deployment
}

const noSet int32 = -1

// kept counts the tasks that are to stay.
func (d *deployment) kept() int64 { return int64(len(d.tasks)) - d.unwanted }

func (s *service) newSet(need int32) *deployment {
	c := s.c
	d := &deployment{service: s, index: int32(len(c.sets)), need: need, record: -1, progress: c.sim.Now(), assigned: make([]int64, len(s.w.strategy))}
	c.sets = append(c.sets, d)
	return d
}

// needFor is the need of a workload's tasks of one size and with these images.
func (c *Cluster) needFor(w int, shape workloads.Shape, images imageSet) int32 {
	for i := range c.needs {
		if n := &c.needs[i]; n.w == int32(w) && n.shape == shape && slices.Equal(n.images.list, images.list) {
			return int32(i)
		}
	}
	return c.newNeed(w, shape, images)
}

// imagesFor are the images of a deployment's task definition.
func (s *service) imagesFor(cfg *DeploymentConfig) imageSet {
	if cfg.Images == nil {
		return s.c.needs[s.primary.need].images
	}
	return s.c.imageSet(cfg.Images, true)
}

// rolling tells whether minimumHealthyPercent and maximumPercent rule: always
// but while two full sets run side by side.
func (s *service) rolling() bool {
	switch {
	case s.cfg.Controller == "EXTERNAL":
		return false
	case s.cfg.Strategy == "" || s.cfg.Strategy == "ROLLING":
		return true
	}
	return s.primary.state == setCompleted
}

// want is how many tasks a deployment should have.
func (s *service) want(d *deployment) int64 {
	switch {
	case s.cfg.Controller == "EXTERNAL":
		// computedDesiredCount is rounded up.
		// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskSet.html
		return ceilDiv(s.desired*int64(d.scale), int64(units.One))
	case s.primary.state == setFailed:
		return d.kept() // as it stands, until the next deployment
	case d == s.primary:
		n := s.desired - s.w.rejected
		if s.moving {
			n++
		}
		return max(0, n)
	case d == s.completed && !s.rolling() && s.primary.state < setShifted:
		return s.desired // the blue set
	}
	return 0
}

// deploy begins a deployment.
func (s *service) deploy(cfg *DeploymentConfig, now sim.Time) {
	c := s.c
	if c.closed {
		return
	}
	// An update resets the pause after tasks that failed to start.
	// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html
	s.failures, s.notBefore, s.roundAt = 0, now, now
	s.moving = false
	var d *deployment
	if s.cfg.Controller == "EXTERNAL" {
		for _, o := range s.sets {
			if o.name == cfg.TaskSet {
				d = o
			}
		}
	}
	if d == nil {
		d = s.newSet(c.needFor(int(s.w.index), cfg.Shape, s.imagesFor(cfg)))
		d.name = cfg.TaskSet
		s.sets = append(s.sets, d)
	}
	if p := s.primary; p != d && p.record >= 0 && p.state < setCompleted && s.cfg.Controller != "EXTERNAL" {
		s.finish(p, deploySuperseded, now)
		p.state = setOver
	}
	if b := s.primary.back; b != nil {
		s.finish(b, deployRolledBack, now)
		s.primary.back = nil
	}
	s.revisions++
	d.scale = cfg.Scale
	d.failure, d.onHealth = cfg.TaskFailure, cfg.FailureMode == "health_check"
	d.state, d.progress, d.failures = setInProgress, now, 0
	d.started, d.failed = 0, 0
	desired := s.desired
	if s.w.cfg.Kind == Daemon {
		desired, _ = s.total()
	}
	d.record = len(c.deployments)
	c.deployments = append(c.deployments, result.Deployment{Service: s.w.cfg.Name, Revision: s.revisions, Desired: desired,
		Started: now - c.cfg.Services.Reaction, Steady: -1, Finished: -1, Outcome: deployRunning, Instances: s.instances()})
	s.primary = d
	s.steady = false
	s.event(now, result.DeploymentStarted, s.revisions)
	s.wake(now)
}

// instances counts the instances of the providers the service may use.
func (s *service) instances() (n int64) {
	for i := range s.w.strategy {
		if p := s.c.pools[s.w.strategy[i].provider]; p != nil {
			n += int64(len(p.live))
		}
	}
	return n
}

// fail counts a failure of the deployment's circuit breaker.
//
// Stage 1 counts tasks that fail to start, stage 2, once a task runs, failed
// health checks; a healthy task sets the count to 0 unless resetOnHealthyTask
// is false. (Older texts ignore tasks that fail to start in stage 2.)
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
func (d *deployment) fail(now sim.Time) {
	s := d.service
	b := &s.cfg.Breaker
	d.failures++
	if !b.Enable || d.state != setInProgress || d != s.primary || d.failures < b.Threshold(s.desired) {
		return
	}
	s.event(now, result.DeploymentFailedEvent, d.failures)
	r := &s.c.deployments[d.record]
	r.Why = fmt.Sprintf("tasks failed to start: %d failures in a row, the circuit breaker's threshold", d.failures)
	if d.onHealth {
		r.Why = fmt.Sprintf("tasks failed their health checks: %d failures in a row, the circuit breaker's threshold", d.failures)
	}
	s.wake(now)
	if !b.Rollback || s.completed == nil || s.completed == d {
		d.state = setFailed
		s.finish(d, deployFailed, now)
		return
	}
	// The last COMPLETED deployment is deployed again; what runs of it stays.
	d.state = setOver
	s.failures, s.notBefore, s.roundAt = 0, now, now
	s.primary = s.completed
	s.primary.back = d
	if s.primary.record < 0 || len(s.primary.tasks) == 0 {
		s.keep(s.primary)
	}
}

// keep lists a set that was empty among the service's again.
func (s *service) keep(d *deployment) {
	for _, o := range s.sets {
		if o == d {
			return
		}
	}
	s.sets = append(s.sets, d)
}

// finish closes the record of a deployment.
func (s *service) finish(d *deployment, outcome string, now sim.Time) {
	if d.record < 0 || s.c.closed {
		return
	}
	r := &s.c.deployments[d.record]
	r.Outcome, r.Finished, r.Never = outcome, now, false
	if outcome == deployCompleted {
		r.Why = ""
	}
	r.TasksStarted, r.TasksFailed = d.started, d.failed
}

// judge sees what the last pass has come to: peaks, a steady state, a
// completed or a stuck deployment.
func (s *service) judge(now sim.Time) {
	p := s.primary
	s.measure()
	s.drop()
	quiet := p.healthy == int64(len(p.tasks)) && p.unwanted == 0 && p.kept() == s.want(p)
	alone := s.alone()
	if s.w.cfg.Kind == Daemon {
		quiet = p.healthy == int64(len(p.tasks)) && !s.lacks()
	}
	if s.moving && quiet {
		s.moving = false // the new task is healthy: one of the fullest zone may go
		s.wake(now)
		return
	}
	switch {
	case p.state == setInProgress && s.cfg.Controller == "EXTERNAL":
		if quiet {
			s.complete(p, now)
		}
	case p.state == setInProgress && s.rolling():
		if quiet && alone {
			s.settled(p, now)
			s.bake(p, s.cfg.Bake, now)
		}
	case p.state == setInProgress:
		if quiet {
			s.bake(p, s.shifting()+s.cfg.Bake, now)
		}
	case p.state == setShifted:
		if quiet && alone {
			s.settled(p, now)
			s.complete(p, now)
		}
	}
	if quiet && (alone || s.cfg.Controller == "EXTERNAL") && p.state == setCompleted && !s.steady {
		s.steady, s.everSteady, s.steadyAt = true, true, now
		s.event(now, result.ServiceSteady, 0)
		if b := p.back; b != nil {
			p.back = nil
			s.settled(b, now)
			s.finish(b, deployRolledBack, now)
			s.event(now, result.DeploymentRolledBackEvent, 0)
		}
		s.balance(now)
	}
	if p.state == setInProgress && !quiet {
		s.stuck(now)
	}
}

// alone tells whether no set but the primary has tasks.
func (s *service) alone() bool {
	for _, d := range s.sets {
		if d != s.primary && len(d.tasks) > 0 && !(s.w.cfg.Kind == Daemon && s.draining(d)) {
			return false
		}
	}
	return true
}

// measure keeps a deployment's peaks, draining and stopping tasks included.
func (s *service) measure() {
	d := s.primary
	if d.back != nil {
		d = d.back
	}
	if d.record < 0 || d.state == setCompleted || s.c.closed {
		return
	}
	r := &s.c.deployments[d.record]
	tasks, _ := s.total()
	r.ExtraTasks = max(r.ExtraTasks, tasks+s.down-r.Desired)
	r.ExtraInstances = max(r.ExtraInstances, s.instances()-r.Instances)
}

// drop forgets sets without tasks that nobody needs.
func (s *service) drop() {
	kept := s.sets[:0]
	for _, d := range s.sets {
		if len(d.tasks) > 0 || d == s.primary || d == s.completed && s.want(d) > 0 {
			kept = append(kept, d)
		}
	}
	clear(s.sets[len(kept):])
	s.sets = kept
}

// settled notes when a deployment's tasks, and no others, were healthy.
func (s *service) settled(d *deployment, now sim.Time) {
	if d.record >= 0 && !s.c.closed {
		s.c.deployments[d.record].Steady = now
	}
}

// bake watches a deployment for a time before it is over.
func (s *service) bake(d *deployment, span, now sim.Time) {
	d.state = setBaking
	if span == 0 {
		s.baked(now)
		return
	}
	s.at(now+span, evBaked, uint64(s.revisions))
}

// baked ends the bake time. One of an earlier deployment is none any more.
func (s *service) baked(now sim.Time) {
	d := s.primary
	if d.state != setBaking || s.c.closed {
		return
	}
	if s.cfg.Strategy == "" || s.cfg.Strategy == "ROLLING" {
		s.complete(d, now)
	} else {
		d.state = setShifted
	}
	s.wake(now)
}

// shifting is how long traffic takes to move to the new set: at once, in two
// steps (CANARY) or in equal ones (LINEAR), each but the last with its bake
// time. Both sets are full all the while.
// Sources: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CanaryConfiguration.html,
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinearConfiguration.html
func (s *service) shifting() sim.Time {
	switch s.cfg.Strategy {
	case "CANARY":
		return s.cfg.StepBake
	case "LINEAR":
		steps := ceilDiv(int64(units.One), max(1, int64(s.cfg.StepPercent)))
		return sim.Time(steps-1) * s.cfg.StepBake
	}
	return 0
}

// complete ends a deployment that succeeded.
func (s *service) complete(d *deployment, now sim.Time) {
	d.state = setCompleted
	s.completed = d
	if s.cfg.Controller == "EXTERNAL" {
		s.settled(d, now)
	}
	s.finish(d, deployCompleted, now)
	s.event(now, result.DeploymentCompletedEvent, 0)
}

// stuck finds a deployment that its own bounds keep from ever going on: every
// task is healthy, none may stop and none may start.
func (s *service) stuck(now sim.Time) {
	p := s.primary
	tasks, healthy := s.total()
	r := &s.c.deployments[p.record]
	if tasks != healthy || r.Never || s.c.closed || s.c.sim.Scheduled(s.alarm) || s.woken || s.w.cfg.Kind == Daemon {
		return
	}
	least, most := s.cfg.Bounds(s.desired)
	if !s.rolling() || tasks < most {
		return
	}
	r.Outcome, r.Never = deployStalled, true
	r.Why = fmt.Sprintf("minimumHealthyPercent %d keeps %d of %d tasks healthy and maximumPercent %d allows %d: none may stop and none may start; lower the first or raise the second",
		s.cfg.MinimumHealthyPercent, least, s.desired, s.cfg.MaximumPercent, most)
	s.event(now, result.ServiceStuck, 0)
}

// closeDeployments says of deployments under way how they stand at the end.
func (c *Cluster) closeDeployments(now sim.Time) []result.Deployment {
	for _, d := range c.sets {
		if d.record < 0 || c.deployments[d.record].Finished >= 0 {
			continue
		}
		r := &c.deployments[d.record]
		r.TasksStarted, r.TasksFailed = d.started, d.failed
		switch {
		case r.Never:
			r.Outcome = deployStalled
		case now-d.progress >= c.cfg.Services.StalledAfter && d.state == setInProgress:
			r.Outcome, r.Never = deployStalled, true
			r.Why = d.waits()
		}
	}
	return c.deployments
}

// waits says what the deployment's tasks wait for.
func (d *deployment) waits() string {
	s := d.service
	c := s.c
	n := &c.needs[d.need]
	if s.w.cfg.Kind == Daemon {
		for i := range c.gaps {
			if g := &c.gaps[i]; g.s == s && g.there(c) {
				in := &c.instances[g.inst]
				return fmt.Sprintf("%s-%d has no room for the daemon: %s", c.cfg.Providers[in.provider].Name, in.ordinal, c.fleet.Why(n.plans[in.provider], in.host))
			}
		}
	}
	waiting := int64(0)
	text := ""
	for _, id := range d.tasks {
		t := &c.tasks[id]
		if t.state != stateWaiting {
			continue
		}
		waiting++
		if text == "" {
			text = c.explain(n, t.provider)
		}
	}
	switch {
	case waiting > 0:
		return fmt.Sprintf("%d of %d tasks find no room: %s", waiting, s.desired, text)
	case d.failed > 0:
		return fmt.Sprintf("%d tasks failed to start or to become healthy", d.failed)
	}
	for _, o := range s.sets {
		for _, id := range o.tasks {
			if s.protectedUntil(&c.tasks[id]) > c.sim.Now() {
				return "tasks with scale-in protection may not be stopped"
			}
		}
	}
	return "its tasks do not become healthy"
}

// explain says in words what the closest instance of a provider lacks.
func (c *Cluster) explain(n *need, provider int32) string {
	p := n.plans[provider]
	name := c.cfg.Providers[provider].Name
	if p == nil {
		return name
	}
	e := c.fleet.Explain(p)
	if e.Closest == placement.NoHost {
		return fmt.Sprintf("%s has no instance (%s)", name, e.Reason)
	}
	text := fmt.Sprintf("the closest matching container instance %s-%d lacks %s", name, c.instances[c.byHost[e.Closest]].ordinal, e.Reason)
	if e.Need > 0 {
		text += fmt.Sprintf(" (needs %d, has %d)", e.Need, e.Left)
	}
	return text
}
