package ecs

import (
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads/units"
)

// serviceLaunchInterval spaces the launches of one service: 500 tasks a
// minute.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
const serviceLaunchInterval = sim.Minute / 500

// service keeps a fixed number of a workload's tasks running.
type service struct {
	w        *workload
	need     int32
	nextSlot sim.Time // earliest next launch
	up       int64    // tasks that are RUNNING
	// Tasks to stop once as many replacements run, in order.
	leaving []TaskID
}

// startServices brings services to their desired count: at once in a steady
// start, growing groups as needed; else through the ordinary way, 500 a minute.
func (c *Cluster) startServices(now sim.Time) {
	for i := range c.workloads {
		w := &c.workloads[i]
		if w.cfg.Kind != Service {
			continue
		}
		s := &service{w: w, need: c.newNeed(i, w.cfg.Shape)}
		w.service = s
		for k := int64(0); k < w.cfg.DesiredCount; k++ {
			if c.opening {
				s.launch(c, now, now)
			} else {
				s.launch(c, now, max(now, s.nextSlot))
			}
		}
	}
}

// launch creates the service's next task and starts it at the given time.
func (s *service) launch(c *Cluster, now, at sim.Time) TaskID {
	w := s.w
	id := c.newTask(s.need, w.ordinals, now)
	w.ordinals++
	n := &c.needs[s.need]
	t := &c.tasks[id]
	// What a task uses is a property of the work: drawn by its ordinal, the
	// same on every platform.
	use := units.PPM(w.cfg.Use.Quantile(c.sim.Uniform(purposeUse, t.entity, 0)))
	t.cap = use.Of(int64(n.shape.CPU) * rateScale)
	if !c.closed {
		w.submitted++
	}
	w.arrive(now, n)
	c.demand(now, n, 1)
	c.observe(now, result.TaskSubmitted, id, 0)
	s.nextSlot = at + serviceLaunchInterval
	if at > now {
		c.hold(t, now)
		c.schedule(id, at, sim.ClassArrival, evSubmit)
		return id
	}
	c.attempt(id, now)
	return id
}

// replace starts another task for one that must leave its instance. One that
// does not run yet stops at once; one that runs stops when a new one runs
// (minimumHealthyPercent 100, maximumPercent 200).
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-draining.html
func (s *service) replace(c *Cluster, id TaskID, now sim.Time) {
	t := &c.tasks[id]
	switch t.state {
	case stateStarting:
		s.w.assigned[s.w.slot(t.provider)]--
		c.stop(id, now)
	case stateRunning:
		s.w.assigned[s.w.slot(t.provider)]--
		s.leaving = append(s.leaving, id)
	default:
		return
	}
	s.w.stops++
	s.launch(c, now, max(now, s.nextSlot))
}

// running stops the earliest leaving tasks as far as more than the desired
// count run without them.
func (s *service) running(c *Cluster, now sim.Time) {
	s.up++
	for len(s.leaving) > 0 && s.up > s.w.cfg.DesiredCount {
		old := s.leaving[0]
		s.leaving = append(s.leaving[:0], s.leaving[1:]...)
		s.up--
		c.stop(old, now)
	}
}

// startDaemons puts one task of each daemon on a newly registered instance,
// before any other task.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html
func (c *Cluster) startDaemons(inst int32, now sim.Time) {
	for _, d := range c.daemons {
		w := &c.workloads[d.w]
		in := &c.instances[inst]
		n := &c.needs[d.need]
		p := n.plans[in.provider]
		if p == nil || n.never[in.provider] != "" || !c.fleet.Fits(p, in.host) {
			c.daemonGaps++
			continue
		}
		id := c.newTask(d.need, w.ordinals, now)
		w.ordinals++
		t := &c.tasks[id]
		t.provider = in.provider
		t.attempts = 1
		t.cap = units.PPM(w.cfg.Use.Quantile(c.sim.Uniform(purposeUse, t.entity, 0))).Of(int64(n.shape.CPU) * rateScale)
		if !c.closed {
			w.submitted++
		}
		w.arrive(now, n)
		c.demand(now, n, 1)
		c.observe(now, result.TaskSubmitted, id, 0)
		c.fleet.Commit(p, in.host)
		c.settle(id, inst, now)
	}
}

// daemonSet is a daemon workload and its need.
type daemonSet struct {
	w    int32
	need int32
}
