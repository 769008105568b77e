package ecs

import (
	"cmp"
	"slices"

	"ecsim/models/ecs/placement"
	"ecsim/models/result"
	"ecsim/sim"
)

// provisioningQuota is the most tasks a cluster holds in PROVISIONING for Auto
// Scaling group capacity providers; RunTask beyond it is refused.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-auto-scaling.html
const provisioningQuota = 500

// class is a first-in first-out line of tasks that wait for the same room:
// same need, same provider. What frees room on one instance then costs as much
// as there are different needs waiting, not as many tasks as wait.
type class struct {
	need, provider int32
	leaf           int32 // in its provider's line
	at             int32 // in Cluster.active, while any waits
	head, tail     TaskID
	count          int64
	counted        bool // PROVISIONING: seen by managed scaling, bound by the quota
}

// refused is called by a provider that has no room now for a task that it
// could hold at another time.
func (c *Cluster) refused(id TaskID, now sim.Time, why placement.Reason) {
	t := &c.tasks[id]
	n := &c.needs[t.need]
	w := &c.workloads[n.w]
	if t.attempts == 1 || w.cfg.Retry.Mode == RetryEvery {
		c.countRefusal(w, why)
		c.observe(now, result.TaskRefused, id, int64(why))
	}
	mode := w.cfg.Retry.Mode
	if w.cfg.Kind != Batch {
		// A service tries until it finds room; only managed scaling holds its
		// tasks in PROVISIONING meanwhile.
		if w.service != nil && t.set != noSet {
			w.service.unplaced(t, why, now)
		}
		mode = RetryFIFO
		if c.queues[t.provider] {
			mode = RetryQueue
		}
	}
	if mode != RetryNever {
		c.hold(t, now)
	}
	switch mode {
	case RetryNever:
		c.reject(id, now, why)
	case RetryEvery:
		if int64(t.attempts) > w.cfg.Retry.Times {
			c.reject(id, now, why)
			return
		}
		t.state = stateOutside
		c.schedule(id, now+w.cfg.Retry.Every, sim.ClassArrival, evRetry)
	case RetryFIFO:
		c.wait(id, false)
	case RetryQueue:
		if c.provisioning >= provisioningQuota {
			t.state = stateOutside
			c.outside = append(c.outside, id)
			return
		}
		c.wait(id, true)
	}
}

// full reports whether a new queued task must stay outside because PROVISIONING
// is at its quota; RunTask is then refused even if the task would fit.
func (c *Cluster) full(w *workload) bool {
	return c.provisioning >= provisioningQuota && w.cfg.Kind == Batch && w.cfg.Retry.Mode == RetryQueue
}

func (c *Cluster) wait(id TaskID, counted bool) {
	t := &c.tasks[id]
	n := &c.needs[t.need]
	if n.class[t.provider] < 0 {
		ci := int32(len(c.classes))
		n.class[t.provider] = ci
		c.classes = append(c.classes, class{need: t.need, provider: t.provider, leaf: c.lines[t.provider].add(ci), head: none, tail: none, counted: counted})
	}
	ci := n.class[t.provider]
	k := &c.classes[ci]
	c.seq++
	t.seq = c.seq
	t.state = stateWaiting
	t.next, t.prev = none, k.tail
	if k.tail == none {
		k.head = id
		k.at = int32(len(c.active))
		c.active = append(c.active, ci)
		c.headed(ci)
	} else {
		c.tasks[k.tail].next = id
	}
	k.tail = id
	k.count++
	c.waiting++
	if counted {
		c.provisioning++
	}
}

// unwait takes a waiting task out of its line.
func (c *Cluster) unwait(id TaskID) {
	t := &c.tasks[id]
	ci := c.needs[t.need].class[t.provider]
	k := &c.classes[ci]
	if t.prev == none {
		k.head = t.next
		c.headed(ci)
	} else {
		c.tasks[t.prev].next = t.next
	}
	if t.next == none {
		k.tail = t.prev
	} else {
		c.tasks[t.next].prev = t.prev
	}
	t.next, t.prev = none, none
	k.count--
	if k.count == 0 {
		last := c.active[len(c.active)-1]
		c.active[k.at], c.classes[last].at = last, k.at
		c.active = c.active[:len(c.active)-1]
	}
	c.waiting--
	if k.counted {
		c.provisioning--
		if len(c.outside) > c.outsideHead && !c.admitting {
			c.admit()
		}
	}
}

// admit lets tasks outside into PROVISIONING in arrival order while the quota
// has room.
func (c *Cluster) admit() {
	c.admitting = true
	for c.outsideHead < len(c.outside) && c.provisioning < provisioningQuota {
		id := c.outside[c.outsideHead]
		c.outsideHead++
		if t := &c.tasks[id]; t.state == stateOutside {
			now := c.sim.Now()
			t.queued = now
			c.providers[t.provider].Place(id, now)
		}
	}
	if c.outsideHead > 1024 && c.outsideHead*2 > len(c.outside) {
		c.outside = append(c.outside[:0], c.outside[c.outsideHead:]...)
		c.outsideHead = 0
	}
	c.admitting = false
}

// retryDynamic tries, earliest first, the needs whose constraints read what
// runs where, and all needs under a custom scheduler, after something started
// or stopped.
func (c *Cluster) retryDynamic(now sim.Time) {
	if !c.dynamic || c.retrying {
		return
	}
	c.retrying = true
	for again := true; again && c.waiting > 0; {
		again = false
		c.retries = c.retries[:0]
		for _, ci := range c.active {
			k := &c.classes[ci]
			if n := &c.needs[k.need]; n.plans[k.provider] != nil && c.workloads[n.w].dynamic {
				c.retries = append(c.retries, ci)
			}
		}
		slices.SortFunc(c.retries, func(a, b int32) int {
			return cmp.Compare(c.tasks[c.classes[a].head].seq, c.tasks[c.classes[b].head].seq)
		})
		for _, ci := range c.retries {
			k := &c.classes[ci]
			id := k.head
			if h, why := c.fleet.Place(c.needs[k.need].plans[k.provider], uint64(c.tasks[id].attempts), c.tasks[id].entity); why == placement.ReasonNone {
				inst := c.byHost[h]
				c.unwait(id)
				c.settle(id, inst, now)
				again = true
				break
			}
		}
	}
	c.retrying = false
}

func (c *Cluster) countRefusal(w *workload, why placement.Reason) {
	if c.closed || c.opening {
		return
	}
	w.refusals[why]++
}
