package ecs

import (
	"slices"

	"ecsim/models/result"
	"ecsim/sim"
)

// gap is an instance that should run a daemon's task and does not.
type gap struct {
	s        *service
	inst     int32
	provider int32 // with ordinal: the slot of an instance that is gone may be another provider's now
	ordinal  uint64
}

// gapOn is the gap of a daemon on an instance.
func (s *service) gapOn(inst int32) gap {
	in := &s.c.instances[inst]
	return gap{s, inst, in.provider, in.ordinal}
}

// there tells whether the instance still is, and takes tasks.
func (g *gap) there(c *Cluster) bool {
	in := &c.instances[g.inst]
	return in.state == instanceActive && in.provider == g.provider && in.ordinal == g.ordinal
}

// startDaemons puts one task of each daemon on a newly registered instance,
// before any other task.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html
func (c *Cluster) startDaemons(inst int32, now sim.Time) {
	for i := range c.workloads {
		w := &c.workloads[i]
		if w.cfg.Kind != Daemon {
			continue
		}
		s := w.service
		n := &c.needs[s.primary.need]
		in := &c.instances[inst]
		p := n.plans[in.provider]
		g := s.gapOn(inst)
		if p == nil || n.never[in.provider] != "" {
			c.daemonGaps++ // of another kind, or never
			continue
		}
		if !s.fill(g, now) {
			// One that its constraints keep off wants no room there.
			if len(w.constraints) == 0 || in.freeCPU < int64(n.shape.CPU) || in.freeMemory < int64(n.shape.Memory) {
				c.daemonGaps++
			}
			c.gaps = append(c.gaps, g)
		}
	}
	for _, s := range c.balancing {
		s.balance(now)
	}
}

// fill starts a daemon's task on an instance that lacks one; false without
// room, or while nothing may start.
func (s *service) fill(g gap, now sim.Time) bool {
	c := s.c
	d := s.primary
	n := &c.needs[d.need]
	in := &c.instances[g.inst]
	p := n.plans[in.provider]
	switch {
	case d.state == setFailed:
		return false
	case now < s.notBefore:
		s.wakeAt(s.notBefore)
		return false
	case !c.fleet.Fits(p, in.host):
		return false
	}
	if !c.opening { // what runs already was not started now
		s.event(now, result.ServiceTasksStarted, 1)
	}
	id := s.create(d, now)
	t := &c.tasks[id]
	t.provider, t.attempts = in.provider, 1
	c.fleet.Commit(p, in.host)
	c.settle(id, g.inst, now)
	return true
}

// fillGaps starts the daemons that an instance lacks and has room for, before
// anything else gets that room. A daemon is looked at again whenever room
// appears.
func (c *Cluster) fillGaps(inst int32, now sim.Time) {
	for i := 0; i < len(c.gaps); i++ {
		g := c.gaps[i]
		if g.inst != inst {
			continue
		}
		// Filling may free and fill others: the gap goes first.
		c.gaps = slices.Delete(c.gaps, i, i+1)
		i--
		if g.there(c) && !g.s.fill(g, now) {
			i++
			c.gaps = slices.Insert(c.gaps, i, g)
		}
	}
}

// lacks tells whether an instance should run the daemon and does not.
func (s *service) lacks() bool {
	for i := range s.c.gaps {
		if g := &s.c.gaps[i]; g.s == s && g.there(s.c) {
			return true
		}
	}
	return false
}

// draining tells whether all tasks of a daemon's set are on instances that
// drain: they stop last, with the instance.
func (s *service) draining(d *deployment) bool {
	for _, id := range d.tasks {
		if t := &s.c.tasks[id]; t.inst < 0 || s.c.instances[t.inst].state == instanceActive {
			return false
		}
	}
	return true
}

// stopDaemon replaces daemon tasks of older deployments, instance by instance,
// as far as minimumHealthyPercent lets it (by the API 0: all at once).
// maximumPercent is 100: the old task goes before the new one comes.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
func (s *service) stopDaemon(now sim.Time) (did bool) {
	c := s.c
	lacking := make([]int32, 0, len(c.gaps)) // filling changes the list
	for i := range c.gaps {
		if g := &c.gaps[i]; g.s == s && g.there(c) {
			lacking = append(lacking, g.inst)
		}
	}
	for _, inst := range lacking {
		c.fillGaps(inst, now)
	}
	want := int64(0)
	for _, d := range s.sets {
		want += int64(len(d.tasks))
	}
	for i := range c.gaps {
		if g := &c.gaps[i]; g.s == s && g.there(c) {
			want++
		}
	}
	least, _ := s.cfg.Bounds(want)
	for _, d := range s.sets {
		for i := 0; i < len(d.tasks); i++ {
			id := d.tasks[i]
			t := &c.tasks[id]
			if d == s.primary && !t.unwanted || c.instances[t.inst].state != instanceActive || s.primary.state == setFailed {
				continue
			}
			if _, healthy := s.total(); t.healthy && healthy-1 < least {
				return did
			}
			s.event(now, result.ServiceTasksStopped, 1)
			s.stop(id, now)
			i--
			did = true
		}
	}
	return did
}
