package ecs

import (
	"slices"

	"ecsim/models/result"
	"ecsim/sim"
)

// stop asks a task to stop. Behind a load balancer it is DEACTIVATING first,
// until its targets are unused; then its room is free in the control plane at once (it
// goes to STOPPING), the containers exit after the workload's stop time.
// Source: https://aws.amazon.com/about-aws/whats-new/2023/06/amazon-ecs-tasks-faster-prolonged-shutdown/
func (c *Cluster) stop(id TaskID, now sim.Time) {
	t := &c.tasks[id]
	// Targets are deregistered without the agent; it is the agent that stops.
	if c.offline(t) && (t.state == stateStarting || t.state == stateRunning && c.workloads[c.needs[t.need].w].targets == nil) {
		t.leaving = true
		return
	}
	c.sim.Cancel(t.timer)
	switch t.state {
	case stateWaiting:
		c.unwait(id)
		c.abandon(id, now)
	case stateOutside:
		if i := slices.Index(c.outside[c.outsideHead:], id); i >= 0 {
			c.outside = slices.Delete(c.outside, c.outsideHead+i, c.outsideHead+i+1)
		}
		c.abandon(id, now)
	case stateStarting:
		t.state = stateDeprovisioning // its containers never ran: no CPU to share out
		t.ended = now
		c.unstart(id, now)
		c.releaseRoom(id, now)
		c.deprovision(id, now)
	case stateRunning:
		if g := c.workloads[c.needs[t.need].w].targets; g != nil {
			if at := g.Deregister(id, now); at > now {
				t.state = stateDeactivating
				c.observe(now, result.TaskDraining, id, 0)
				c.schedule(id, at, sim.ClassRelease, evDrained)
				return
			}
		}
		c.terminateTask(id, now)
	}
}

// terminateTask sends SIGTERM: the task is STOPPING.
func (c *Cluster) terminateTask(id TaskID, now sim.Time) {
	t := &c.tasks[id]
	if c.offline(t) {
		t.leaving = true
		return
	}
	if g := c.workloads[c.needs[t.need].w].targets; g != nil {
		g.Gone(id)
	}
	t.state = stateStopping
	c.linger(t)
	c.observe(now, result.TaskStopping, id, 0)
	c.releaseRoom(id, now)
	c.schedule(id, now+c.workloads[c.needs[t.need].w].cfg.StopTimeout, sim.ClassRelease, evExit)
}

// abandon ends a task that never found room.
func (c *Cluster) abandon(id TaskID, now sim.Time) {
	t := &c.tasks[id]
	n := &c.needs[t.need]
	c.letGo(t, now)
	c.workloads[n.w].leave(now, n, t.submitted, c)
	c.demand(now, n, -1)
	c.freeTask(id)
}

// exited handles the exit of the last essential container.
func (c *Cluster) exited(id TaskID, now sim.Time) {
	t := &c.tasks[id]
	n := &c.needs[t.need]
	w := &c.workloads[n.w]
	natural := t.state == stateRunning
	if t.set != noSet && !(natural && c.offline(t)) {
		c.leave(id, now)
	}
	inst := t.inst
	if inst >= 0 {
		c.leaveCPU(id, now)
		c.leaveImages(&c.instances[inst], n, now)
	} else {
		c.setRate(id, 0, now)
	}
	t.ended = now
	w.setRunning(now, -1)
	w.setZone(c, t, now, -1)
	t.state = stateStopping
	if natural {
		w.finish(c, t, now)
		c.observe(now, result.TaskStopping, id, 0)
		unheard := c.offline(t)
		if unheard {
			t.state, t.unseen = stateDeprovisioning, unseenExit
		}
		if inst >= 0 {
			c.startQueued(inst, now)
		}
		if unheard {
			return
		}
		c.releaseRoom(id, now)
	} else if inst >= 0 {
		t.lingering = false
		c.instances[inst].lingering--
		c.startQueued(inst, now)
		if t = &c.tasks[id]; c.offline(t) {
			t.state, t.unseen = stateDeprovisioning, unseenStopped
			return
		}
	}
	c.deprovision(id, now)
}

// unstart undoes what an agent has begun for a task that must stop before it
// runs.
func (c *Cluster) unstart(id TaskID, now sim.Time) {
	t := &c.tasks[id]
	switch {
	case t.inst < 0:
	case t.blocked:
		c.unqueue(id, now)
	default:
		if t.fetching > 0 {
			c.dropFetch(id)
		}
		c.leaveImages(&c.instances[t.inst], &c.needs[t.need], now)
		c.startQueued(t.inst, now)
	}
}

// deprovision detaches the network interface, if the task has one of its own,
// and ends the task.
func (c *Cluster) deprovision(id TaskID, now sim.Time) {
	t := &c.tasks[id]
	p := c.providers[t.provider]
	if d := p.Deprovisioning(&c.needs[t.need]); d > 0 {
		t.state = stateDeprovisioning
		c.schedule(id, now+d, sim.ClassRelease, evStopped)
		return
	}
	c.stopped(id, now)
}

// releaseRoom gives back CPU, memory, ports and GPUs, and lets waiting tasks
// have them.
func (c *Cluster) releaseRoom(id TaskID, now sim.Time) {
	t := &c.tasks[id]
	n := &c.needs[t.need]
	c.workloads[n.w].reserve(now, n, -1)
	c.reservedCPU.Add(now, -int64(n.shape.CPU))
	c.reservedMemory.Add(now, -int64(n.shape.Memory))
	c.providers[t.provider].Release(id, now)
}

// stopped ends a task for good.
func (c *Cluster) stopped(id TaskID, now sim.Time) {
	t := &c.tasks[id]
	n := &c.needs[t.need]
	if s := c.workloads[n.w].service; s != nil {
		if t.set != noSet {
			c.leave(id, now) // its instance went without warning
		} else {
			s.down--
		}
	}
	if g := c.workloads[n.w].targets; g != nil {
		g.Gone(id)
	}
	if c.cfg.Observe != nil {
		c.observe(now, result.TaskStopped, id, c.metered(t, now))
	}
	c.providers[t.provider].Stopped(id, now)
	if c.comesAgain(t) {
		c.again(id, now)
		return
	}
	c.workloads[n.w].leave(now, n, t.submitted, c)
	c.demand(now, n, -1)
	c.freeTask(id)
}
