package ecs

import (
	"ecsim/models/result"
	"ecsim/sim"
)

// settle takes up a task for which room on an instance has been committed.
func (c *Cluster) settle(id TaskID, inst int32, now sim.Time) {
	t := &c.tasks[id]
	in := &c.instances[inst]
	n := &c.needs[t.need]
	w := &c.workloads[n.w]
	t.inst = inst
	t.next, t.prev = none, in.last
	if in.last == none {
		in.first = id
	} else {
		c.tasks[in.last].next = id
	}
	in.last = id
	in.tasks++
	if w.cfg.Kind != Daemon {
		in.nonDaemon++
	}
	in.freeCPU -= int64(n.shape.CPU)
	in.freeMemory -= int64(n.shape.Memory)
	p := c.poolOf(t.provider)
	p.placed++
	c.ledger.Reserve(p.meter(in.machine, in.option, in.zone).instance, int(n.w), now, n.weight)
	if c.opening {
		for _, i := range n.images.list {
			in.disk.images[i].state, in.disk.images[i].asked = imagePresent, true
		}
		c.useImages(in, n)
		c.begin(id, now, offsets{})
		return
	}
	c.take(id, now)
	if in.lingering > 0 {
		c.queueAt(id, inst, now)
		return
	}
	c.startOn(id, now)
}

// startOn starts a placed task on an instance that has room for it: its network
// interface, which comes meanwhile if it waited for that room, then its images,
// then its containers. Only one event follows when the images are on disk.
func (c *Cluster) startOn(id TaskID, now sim.Time) {
	t := &c.tasks[id]
	in := &c.instances[t.inst]
	n := &c.needs[t.need]
	w := &c.workloads[n.w]
	eni := c.eniOf(t, w)
	at := max(now, t.placed+eni)
	t.pull = at
	if len(n.images.list) > 0 {
		c.useImages(in, n)
		hit := c.hasImages(in, n, now)
		if hit && !c.closed {
			w.cacheHits++
		}
		if !hit || len(c.pullFailures) > 0 {
			if at > now {
				c.schedule(id, at, sim.ClassState, evAtAgent)
			} else {
				c.fetchImages(id, now)
			}
			return
		}
	}
	c.startContainers(id, now, at, eni)
}

// eniOf is how long a task's network interface takes.
func (c *Cluster) eniOf(t *task, w *workload) sim.Time {
	if w.cfg.NetworkMode != "awsvpc" {
		return 0
	}
	return sim.Time(c.cfg.Stages.EC2Awsvpc.Quantile(c.sim.Uniform(purposeENI, t.entity, uint64(t.attempts))))
}

// pulled starts the containers of a task that waited for its images.
func (c *Cluster) pulled(id TaskID, now sim.Time) {
	t := &c.tasks[id]
	t.fault = pullFine
	c.startContainers(id, now, now, c.eniOf(t, &c.workloads[c.needs[t.need].w]))
}

// startContainers creates and starts a task's containers once its images are
// there, at at. What its stages took is noted only now: one that cannot pull
// its images has none.
func (c *Cluster) startContainers(id TaskID, now, at, eni sim.Time) {
	t := &c.tasks[id]
	w := &c.workloads[c.needs[t.need].w]
	start := sim.Time(c.cfg.Stages.EC2Start.Quantile(c.sim.Uniform(purposeStart, t.entity, uint64(t.attempts))))
	w.stages[result.StageENI].note(c, now, eni)
	if wait := t.pull - t.placed - eni; wait > 0 {
		w.stages[result.StageAgent].note(c, now, wait)
	}
	w.stages[result.StagePull].note(c, now, at-t.pull)
	w.stages[result.StageStart].note(c, now, start)
	if at+start > now {
		c.schedule(id, at+start, sim.ClassState, evRunning)
		return
	}
	c.started(id, now)
}
