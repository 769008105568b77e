package ecs

import (
	"ecsim/models/ecs/placement"
	"ecsim/models/result"
	"ecsim/sim"
)

// failedPull counts a pull that failed, whatever became of the tasks that
// waited for it.
func (c *Cluster) failedPull(tasks []TaskID, why pullFault, now sim.Time) {
	for _, id := range tasks {
		w := &c.workloads[c.needs[c.tasks[id].need].w]
		if !c.closed {
			w.pullFaults[why]++
		}
		c.observe(now, result.ImagePullFailed, id, int64(why))
	}
}

// cannotPull ends a task whose image could not be pulled: ECS stops it with
// CannotPullContainerError. A service launches another, with its back-off and
// circuit breaker; what becomes of a batch task says again.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
func (c *Cluster) cannotPull(id TaskID, now sim.Time) {
	t := &c.tasks[id]
	if t.inst < 0 {
		c.failedPull([]TaskID{id}, t.fault, now)
	}
	if c.offline(t) {
		// ECS hears of it later. Assumed: the agent keeps its room until then.
		c.dropFetch(id)
		t.unseen = unseenPull
		return
	}
	if t.set != noSet {
		c.failedToStart(id, now)
		return
	}
	c.stop(id, now)
}

// comesAgain tells batch tasks that stop because of a failed pull.
func (c *Cluster) comesAgain(t *task) bool {
	return t.fault != pullFine && t.state >= stateStopping && c.workloads[c.needs[t.need].w].cfg.Kind == Batch
}

// again is what whoever ran a batch task does when it STOPPED because of a
// failed pull: ECS itself does nothing. Assumed: the same as when there was no
// room: with on_no_capacity "retry 30s x 10" it runs the task again after the
// span and so often at most, with "fail" it gives up, and a caller who waits in
// line for room runs it again after the pauses that a service makes.
func (c *Cluster) again(id TaskID, now sim.Time) {
	t := &c.tasks[id]
	w := &c.workloads[c.needs[t.need].w]
	t.fault, t.inst, t.state, t.ended = pullFine, -1, stateOutside, 0
	pause := c.backOff(int64(t.attempts - 1))
	switch w.cfg.Retry.Mode {
	case RetryNever:
		c.reject(id, now, placement.ReasonNone)
		return
	case RetryEvery:
		if int64(t.attempts) > w.cfg.Retry.Times {
			c.reject(id, now, placement.ReasonNone)
			return
		}
		pause = w.cfg.Retry.Every
	}
	c.hold(t, now)
	c.schedule(id, now+pause, sim.ClassArrival, evRetry)
}

// backOff is the pause after so many failures before.
func (c *Cluster) backOff(failures int64) sim.Time {
	return min(c.cfg.Services.RetryBase<<min(failures, 20), c.cfg.Services.RetryCap)
}
