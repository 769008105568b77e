package ecs

import (
	"math/bits"
	"slices"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// bytesFor is what must be fetched of an image: layers that another image of
// its repository brought are there already. Assumed: so are those on their way.
func (c *Cluster) bytesFor(in *instance, i int32) units.Bytes {
	m := &c.images[i]
	var have units.Bytes
	for j := range c.images {
		if o := &c.images[j]; int32(j) != i && o.repository == m.repository && in.disk.images[j].state != imageAbsent {
			have = max(have, o.shared)
		}
	}
	return m.size - min(have, m.shared)
}

// fetchImages begins the pulls of a task that has reached its agent, or joins
// those under way: layers are fetched once.
func (c *Cluster) fetchImages(id TaskID, now sim.Time) {
	t := &c.tasks[id]
	in := &c.instances[t.inst]
	n := &c.needs[t.need]
	w := &c.workloads[n.w]
	a := c.pools[in.provider].agent
	d := &in.disk
	c.flow(in, now)
	for k, i := range n.images.list {
		o := &d.images[i]
		fault := pullFine
		switch {
		case o.state == imagePresent:
			if len(c.pullFailures) == 0 || !a.asksAbout(o) || !c.injected(t, k, c.images[i].registry, now) {
				o.asked = o.asked || a.asksAbout(o)
				continue
			}
			fault = pullInjected
		case o.state == imageAbsent:
			bytes := c.bytesFor(in, i)
			if fault = c.ask(t, k, i, now); fault == pullFine && !c.diskHolds(in, bytes) {
				fault = pullNoSpace
			}
			if fault == pullFine {
				o.state = imageFetching
				d.fetches = append(d.fetches, fetch{image: i, end: flowing, flow: perMB(c.cfg.Stages.EC2PullPerMB, bytes)})
				w.pull(c, now, bytes)
			}
		}
		t.fetching++
		if fault != pullFine {
			// Others who want the image ask for themselves.
			d.fetches = append(d.fetches, fetch{image: i, end: now + c.cfg.Stages.PullFailure, fault: fault, tasks: []TaskID{id}})
			continue
		}
		f := slices.IndexFunc(d.fetches, func(f fetch) bool { return f.image == i && f.fault == pullFine })
		d.fetches[f].tasks = append(d.fetches[f].tasks, id)
	}
	if t.fetching == 0 {
		c.pulled(id, now)
		return
	}
	c.landed(t.inst, now)
}

// flow brings the fetches of an instance up to now. Each runs at its own full
// speed, and all together no faster than the instance's share of the network.
func (c *Cluster) flow(in *instance, now sim.Time) {
	d := &in.disk
	span := now - d.at
	d.at = now
	if span <= 0 || len(d.fetches) == 0 {
		return
	}
	num, den := c.pullSpeed(in)
	span = sim.Time(mulDiv(int64(span), num, den))
	for i := range d.fetches {
		if f := &d.fetches[i]; f.end == flowing {
			f.flow = max(0, f.flow-span)
		}
	}
}

// pullSpeed is the speed of each flowing fetch as a share of its full speed.
func (c *Cluster) pullSpeed(in *instance) (num, den int64) {
	k := int64(0)
	for i := range in.disk.fetches {
		if in.disk.fetches[i].end == flowing {
			k++
		}
	}
	limit := int64(in.machine.pull) // bytes a second
	// One fetch at full speed takes 1e6 bytes x 1e9 ns / perMB a second.
	hi, most := bits.Mul64(uint64(limit), uint64(c.cfg.Stages.EC2PullPerMB))
	if limit == 0 || k == 0 || hi > 0 || most >= uint64(k)*1e15 {
		return 1, 1
	}
	return int64(most), k * 1e15
}

// pullEvents handles the ends of fetches.
type pullEvents Cluster

// Handle looks at the fetches of instance arg.
func (h *pullEvents) Handle(now sim.Time, arg uint64) {
	c := (*Cluster)(h)
	c.flow(&c.instances[arg], now)
	c.landed(int32(arg), now)
}

// landed takes up fetches that are done and waits for the next.
func (c *Cluster) landed(inst int32, now sim.Time) {
	in := &c.instances[inst]
	d := &in.disk
	var ready []TaskID
	var failed []TaskID
	kept := d.fetches[:0]
	for _, f := range d.fetches {
		if f.end == flowing && f.flow == 0 {
			f.end = now + c.cfg.Stages.EC2Pull
		}
		switch {
		case f.end == flowing || f.end > now:
			kept = append(kept, f)
		case f.fault != pullFine:
			// The agent goes on with the image that is there, unless it must not.
			// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-config.html (ECS_IMAGE_PULL_BEHAVIOR)
			c.failedPull(f.tasks, f.fault, now)
			if a := c.pools[in.provider].agent; d.images[f.image].state == imagePresent && !a.always {
				ready = append(ready, f.tasks...)
				continue
			}
			for _, id := range f.tasks {
				c.tasks[id].fault = f.fault
			}
			failed = append(failed, f.tasks...)
		default:
			o := &d.images[f.image]
			o.state, o.pulled, o.asked = imagePresent, now, true
			ready = append(ready, f.tasks...)
		}
	}
	clear(d.fetches[len(kept):])
	d.fetches = kept
	c.sim.Cancel(d.timer)
	if len(kept) > 0 {
		num, den := c.pullSpeed(in)
		next := sim.MaxTime
		for i := range kept {
			f := &kept[i]
			at := f.end
			if at == flowing {
				hi, lo := bits.Mul64(uint64(f.flow), uint64(den))
				q, r := bits.Div64(hi, lo, uint64(num))
				at = now + sim.Time(q)
				if r > 0 {
					at++
				}
			}
			next = min(next, at)
		}
		d.timer = c.sim.At(next, sim.ClassState, (*pullEvents)(c), uint64(inst))
	}
	for _, id := range failed {
		if t := &c.tasks[id]; t.fault != pullFine && t.fetching > 0 {
			c.cannotPull(id, now)
		}
	}
	for _, id := range ready {
		if t := &c.tasks[id]; t.fetching > 0 {
			if t.fetching--; t.fetching == 0 {
				c.pulled(id, now)
			}
		}
	}
}

// dropFetch takes a task that must stop off the fetches it waits for; they go
// on. Assumed: Docker finishes what it has begun.
func (c *Cluster) dropFetch(id TaskID) {
	t := &c.tasks[id]
	d := &c.instances[t.inst].disk
	for i := range d.fetches {
		f := &d.fetches[i]
		f.tasks = slices.DeleteFunc(f.tasks, func(o TaskID) bool { return o == id })
	}
	t.fetching = 0
}
