package ecs

import (
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads"
)

// An agent that loses its connection to ECS gets no new tasks (reason AGENT).
// Its tasks run on, and those it has queued start; ECS hears of what happens
// only when it is connected again, and what ECS tells it to stop stops then.
// Assumed: a task placed before the loss has reached its agent, and a task that
// ECS tells to stop meanwhile keeps its room until the agent hears of it.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html

// What ECS has not heard of a task.
const (
	seen          uint8 = iota
	unseenRunning       // it is RUNNING
	unseenExit          // it has exited by itself: ECS counts its room as taken
	unseenStopped       // it has exited after ECS had stopped it
	unseenPull          // its image could not be pulled
)

var purposeDisconnect = sim.NewPurpose("ecs/agent-disconnect")

// linkEvents handles agents that lose their connection or have it again.
type linkEvents Cluster

// Handle turns the connection of instance arg's agent over.
func (h *linkEvents) Handle(now sim.Time, arg uint64) {
	c := (*Cluster)(h)
	inst := int32(arg)
	in := &c.instances[inst]
	p := c.pools[in.provider]
	if in.offline {
		c.reconnect(inst, now)
		if c.instances[inst].state != instanceGone {
			c.watchLink(inst, now)
		}
		return
	}
	in.offline = true
	p.disconnects++
	c.fleet.SetAgentConnected(in.host, false)
	c.observeInstance(now, result.AgentDisconnected, inst)
	in.link = c.sim.At(now+sim.Time(p.agent.outOf.Quantile(c.linkDraw(in))), sim.ClassState, h, arg)
}

// watchLink draws when the agent of a connected instance loses its connection.
func (c *Cluster) watchLink(inst int32, now sim.Time) {
	in := &c.instances[inst]
	mtbf := c.pools[in.provider].agent.mtbf
	if mtbf == 0 {
		return
	}
	after := sim.Time(workloads.Exponential(mtbf).Quantile(c.linkDraw(in)))
	in.link = c.sim.At(now+min(after, sim.MaxTime-now), sim.ClassState, (*linkEvents)(c), uint64(inst))
}

func (c *Cluster) linkDraw(in *instance) float64 {
	in.links++
	return c.sim.Uniform(purposeDisconnect, c.pools[in.provider].entity(in.ordinal), in.links)
}

// reconnect tells ECS what has happened on an instance, task by task in order
// of placement, then offers its room.
func (c *Cluster) reconnect(inst int32, now sim.Time) {
	in := &c.instances[inst]
	in.offline = false
	c.fleet.SetAgentConnected(in.host, true)
	c.observeInstance(now, result.AgentConnected, inst)
	var changed []TaskID
	for id := in.first; id != none; id = c.tasks[id].next {
		if t := &c.tasks[id]; t.unseen != seen || t.leaving {
			changed = append(changed, id)
		}
	}
	for _, id := range changed {
		t := &c.tasks[id]
		if t.inst != inst || t.state == stateFree {
			continue // another's news ended it
		}
		news, leaving := t.unseen, t.leaving
		t.unseen, t.leaving = seen, false
		switch news {
		case unseenRunning:
			c.heardRunning(id, now)
		case unseenExit:
			if t.set != noSet {
				c.leave(id, now)
			}
			c.releaseRoom(id, now)
			c.deprovision(id, now)
			continue
		case unseenStopped:
			c.deprovision(id, now)
			continue
		case unseenPull:
			c.cannotPull(id, now)
			continue
		}
		switch t = &c.tasks[id]; {
		case !leaving:
		case t.state == stateDeactivating:
			c.terminateTask(id, now)
		default:
			c.stop(id, now)
		}
	}
	if in := &c.instances[inst]; in.state == instanceActive {
		c.roomOn(inst, now)
		c.retryDynamic(now)
	}
}

// heardRunning tells a service of a task that ECS now knows to be RUNNING.
func (c *Cluster) heardRunning(id TaskID, now sim.Time) {
	if t := &c.tasks[id]; t.set != noSet {
		c.workloads[c.needs[t.need].w].service.started(id, now)
	}
}

// offline tells tasks whose agent is not connected.
func (c *Cluster) offline(t *task) bool { return t.inst >= 0 && c.instances[t.inst].offline }
