package ecs

import (
	"fmt"
	"math/bits"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// CPU is shared out in 1/1024 CPU units (2^20 to a vCPU) and elastic work is
// kept in vCPU-ns times 2^10, so that every figure is an integer and work is
// neither lost nor made: rate (2^20 per vCPU) x ns = vCPU-ns x 2^20. Work that
// would overflow that, of 2,501 vCPU-hours and more, is kept in vCPU-ns.
const (
	rateScale = 1024
	workShift = 10
)

// shift is the power of two that t's work is kept times.
func (t *task) shift() uint {
	if t.run >= 1<<(63-workShift) {
		return 0
	}
	return workShift
}

// minShares is the least weight of a task: a container of 0, 1 or unset cpu
// gets two shares.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
const minShares = 2

// usesCPU tells tasks whose containers run, until they have exited.
func (t *task) usesCPU() bool { return t.state >= stateRunning && t.state <= stateStopping }

// joinCPU starts a RUNNING task's use of its instance's CPU.
func (c *Cluster) joinCPU(id TaskID, now sim.Time) {
	t := &c.tasks[id]
	in := &c.instances[t.inst]
	n := &c.needs[t.need]
	w := &c.workloads[n.w]
	own := int64(n.shape.CPU) * rateScale
	if t.elastic {
		if t.cap == 0 || t.cap > in.cpu {
			t.cap = in.cpu
		}
		if !c.cfg.SharedCPU || w.cfg.HardLimit {
			t.cap = min(t.cap, own)
		}
	} else if w.cfg.HardLimit || !c.cfg.SharedCPU {
		t.cap = min(t.cap, own)
	}
	t.since = now
	t.rate = 0
	if t.elastic {
		in.elastic++
	}
	in.demand += t.cap
	if in.crowded || in.demand > in.cpu {
		c.shareCPU(in, now)
		return
	}
	c.setRate(id, t.cap, now)
}

// leaveCPU ends a task's use of its instance's CPU.
func (c *Cluster) leaveCPU(id TaskID, now sim.Time) {
	t := &c.tasks[id]
	in := &c.instances[t.inst]
	c.setRate(id, 0, now)
	if t.elastic {
		in.elastic--
	}
	in.demand -= t.cap
	t.cap = 0
	if in.crowded {
		c.shareCPU(in, now)
	}
}

// setRate gives a task this much CPU from now on and moves its exit.
func (c *Cluster) setRate(id TaskID, rate int64, now sim.Time) {
	t := &c.tasks[id]
	old := t.rate
	if t.elastic && old > 0 && now > t.since {
		t.work -= c.progress(t, now-t.since)
		if t.work < 0 {
			t.work = 0
		}
	}
	t.since = now
	t.rate = rate
	if d := rate - old; d != 0 {
		if t.inst >= 0 {
			in := &c.instances[t.inst]
			if in.machine.burst != nil {
				c.accrue(in, now)
			}
			in.used += d
		}
		c.usedCPU.Add(now, d)
		c.workloads[c.needs[t.need].w].used.Add(now, d)
	}
	if !t.elastic || t.state != stateRunning {
		return
	}
	if c.sim.Scheduled(t.timer) {
		c.sim.Cancel(t.timer)
	}
	if rate > 0 {
		c.schedule(id, now+c.timeLeft(t), sim.ClassRelease, evExit)
	}
}

// speedOf is the work done per vCPU-second where t runs, in millionths.
func (c *Cluster) speedOf(t *task) int64 {
	if t.inst >= 0 {
		return c.instances[t.inst].speed
	}
	return int64(c.cfg.Fargate.Speed)
}

// progress is the work done in span at t's rate, in vCPU-ns x 2^shift, rounded
// down: rate x span x speed / 10^6 / 2^(20-shift).
func (c *Cluster) progress(t *task, span sim.Time) int64 {
	hi, lo := bits.Mul64(uint64(t.rate), uint64(c.speedOf(t)))
	if hi != 0 {
		panic(fmt.Sprintf("ecs: CPU rate %d at speed %d overflows", t.rate, c.speedOf(t)))
	}
	hi, lo = bits.Mul64(lo, uint64(span))
	q, _ := bits.Div64(hi, lo, uint64(units.One)<<(2*workShift-t.shift()))
	return int64(q)
}

// timeLeft is how long t's remaining work takes at its rate, rounded up.
func (c *Cluster) timeLeft(t *task) sim.Time {
	hi, lo := bits.Mul64(uint64(t.work), uint64(units.One)<<(2*workShift-t.shift()))
	d := uint64(t.rate) * uint64(c.speedOf(t))
	if hi >= d {
		return sim.MaxTime/2 - c.sim.Now()
	}
	q, r := bits.Div64(hi, lo, d)
	if r > 0 {
		q++
	}
	return min(sim.Time(q), sim.MaxTime/2-c.sim.Now())
}

// shareCPU divides an instance's CPU among its RUNNING tasks by weighted
// water-filling: each may take its cap; where that is more than there is,
// everyone gets its share by weight (its CPU reservation), and what someone
// does not use is shared again among the rest. It is work-conserving: the sum
// is the lesser of capacity and demand, to the last 1/1024 unit.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (cpu)
func (c *Cluster) shareCPU(in *instance, now sim.Time) {
	in.crowded = in.demand > in.cpu
	if !in.crowded {
		for id := in.first; id != none; id = c.tasks[id].next {
			if t := &c.tasks[id]; t.usesCPU() && t.rate != t.cap {
				c.setRate(id, t.cap, now)
			}
		}
		return
	}
	// Shares are settled in rounds: whoever wants no more than its share gets
	// what it wants and leaves; when nobody does, the rest get their shares.
	c.share = c.share[:0]
	var weights int64
	for id := in.first; id != none; id = c.tasks[id].next {
		t := &c.tasks[id]
		if !t.usesCPU() {
			continue
		}
		weight := max(int64(c.needs[t.need].shape.CPU), minShares)
		c.share = append(c.share, sharer{id: id, weight: weight, want: t.cap})
		weights += weight
	}
	left := in.cpu
	for open := len(c.share); open > 0; {
		before, round, total := open, left, weights
		for i := 0; i < open; {
			s := &c.share[i]
			if fair := mulDiv(round, s.weight, total); s.want <= fair {
				s.got = s.want
				left -= s.want
				weights -= s.weight
				open--
				c.share[i], c.share[open] = c.share[open], c.share[i]
				continue
			}
			i++
		}
		if open == before {
			given := int64(0)
			for i := 0; i < open; i++ {
				s := &c.share[i]
				s.got = mulDiv(round, s.weight, total)
				given += s.got
			}
			// Rounding leaves less than one 1/1024 unit per task: the first get it.
			for i := 0; given < round; i = (i + 1) % open {
				if c.share[i].got < c.share[i].want {
					c.share[i].got++
					given++
				}
			}
			break
		}
	}
	for i := range c.share {
		if s := &c.share[i]; c.tasks[s.id].rate != s.got {
			c.setRate(s.id, s.got, now)
		}
	}
}

// sharer is one task while CPU is shared out.
type sharer struct {
	id                TaskID
	weight, want, got int64
}

func mulDiv(a, b, d int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	q, _ := bits.Div64(hi, lo, uint64(d))
	return int64(q)
}
