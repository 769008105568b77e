package ecs

import (
	"slices"

	"ecsim/sim"
)

// Optimistic release. ECS counts a task out of its instance when it goes to
// STOPPING; its containers run on until they exit. A successor may so be placed
// on an instance that is still full. The agent keeps what was placed in a
// queue, first in, first out, and starts the head once the host really has its
// CPU, memory, ports and GPUs; a head that cannot start holds up those behind
// it, even if they would fit.
// Source: https://github.com/aws/amazon-ecs-agent/blob/master/agent/engine/host_resource_manager.go
// and docker_task_engine.go (monitorQueuedTasks)
//
// An instance on which nothing lingers, and nothing is queued, has the room
// that the control plane counts. So only instances with a task between STOPPING
// and exit come here, and all others pay one comparison.
//
// Assumed: the queue is in order of placement. Network interfaces, which an
// awsvpc task waits for before it reaches the agent, could change that order.

// queueAt puts a task that has just been placed in its agent's queue, and starts
// it if it may start now.
func (c *Cluster) queueAt(id TaskID, inst int32, now sim.Time) {
	in := &c.instances[inst]
	t := &c.tasks[id]
	c.seq++
	t.seq = c.seq // after all that were told to stop so far
	t.blocked = true
	in.queue = append(in.queue, id)
	c.startQueued(inst, now)
}

// startQueued starts queued tasks in order as far as the host has room. Called
// when containers have exited, and when a task has gone that was queued or had
// none yet.
func (c *Cluster) startQueued(inst int32, now sim.Time) {
	// Starting one may end others, which may come back here.
	for {
		in := &c.instances[inst]
		if len(in.queue) == 0 || !c.hostHas(in, in.queue[0]) {
			return
		}
		id := in.queue[0]
		in.queue = slices.Delete(in.queue, 0, 1)
		c.tasks[id].blocked = false
		c.startOn(id, now)
	}
}

// hostHas tells whether the host really has room for a queued task. Agents
// before 1.73.0 do not count: a task waits until every task that was told to
// stop before it came has stopped.
// Source: https://github.com/aws/amazon-ecs-agent/blob/v1.72.0/agent/engine/task_manager.go (waitForHostResources)
func (c *Cluster) hostHas(in *instance, id TaskID) bool {
	t := &c.tasks[id]
	n := &c.needs[t.need]
	w := &c.workloads[n.w]
	queues := c.pools[in.provider].agent.queues
	cpu, memory, gpu := int64(in.machine.cpu), int64(in.machine.memory), int64(in.machine.gpu)
	for other := in.first; other != none; other = c.tasks[other].next {
		o := &c.tasks[other]
		if !queues {
			if o.lingering && o.seq < t.seq {
				return false
			}
			continue
		}
		if !o.holdsHost() {
			continue
		}
		m := &c.needs[o.need]
		cpu -= int64(m.shape.CPU)
		memory -= int64(m.shape.Memory)
		gpu -= int64(m.shape.GPU)
		if len(w.cfg.Ports) == 0 || w.cfg.NetworkMode == "awsvpc" {
			continue
		}
		if v := &c.workloads[m.w]; v.cfg.NetworkMode != "awsvpc" {
			for _, port := range v.cfg.Ports {
				if slices.Contains(w.cfg.Ports, port) {
					return false
				}
			}
		}
	}
	return !queues || int64(n.shape.CPU) <= cpu && int64(n.shape.Memory) <= memory && int64(n.shape.GPU) <= gpu
}

// holdsHost tells tasks that the agent has started and whose containers have
// not all exited.
func (t *task) holdsHost() bool {
	return !t.blocked && (t.state >= stateStarting && t.state <= stateDeactivating || t.lingering)
}

// linger notes that a task on an instance goes to STOPPING with its containers
// running.
func (c *Cluster) linger(t *task) {
	if t.inst >= 0 {
		c.seq++
		t.seq = c.seq
		t.lingering = true
		c.instances[t.inst].lingering++
	}
}

// unqueue takes a task that must stop out of its agent's queue. Assumed: at
// once; the agent itself does so when it reaches the head, and it holds nothing
// meanwhile.
func (c *Cluster) unqueue(id TaskID, now sim.Time) {
	t := &c.tasks[id]
	in := &c.instances[t.inst]
	i := slices.Index(in.queue, id)
	in.queue = slices.Delete(in.queue, i, i+1)
	t.blocked = false
	if i == 0 {
		c.startQueued(t.inst, now)
	}
}
