package placement

import "ecsim/sim"

// PickStop chooses which of a service's tasks stops when it shrinks: the index
// of one of candidates, the instances that run the tasks that may stop (an
// instance once per task; tasks with scale-in protection are left out by the
// caller, unhealthy ones stopped before it asks). k and e key its draws.
//
// It mirrors placement, rule by rule: of the spread groups the one with the
// most tasks of the service; for binpack the instance left with the most after
// the stop, so that instances empty out; for random any. A service that only
// spreads takes a task at random from the instances with the most tasks of it:
// AWS's pages say "a random task" and "favour the instance with the most
// tasks", which this reading satisfies both.
//
// Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-strategies.html,
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
//
// With no candidates it returns -1. With TieIndex the last of equal candidates
// stops rather than a random one.
func (f *Fleet) PickStop(p *Plan, candidates []Host, k uint64, e sim.Entity) int {
	best, ties := -1, 0
	for i, h := range candidates {
		f.at(h)
		c := 1
		if best >= 0 {
			c = p.compareStop(h, candidates[best])
		}
		switch {
		case c > 0:
			best, ties = i, 1
		case c == 0:
			ties++
			if f.cfg.Tie == TieIndex {
				best = i
			}
		}
	}
	if ties <= 1 || f.cfg.Tie == TieIndex {
		return best
	}
	d := draws{f.cfg.Bits, e.With(k) ^ sim.Entity(purposeStop), 0}
	skip := d.below(uint64(ties))
	for i, h := range candidates {
		if p.compareStop(h, candidates[best]) != 0 {
			continue
		}
		if skip == 0 {
			return i
		}
		skip--
	}
	panic("placement: PickStop lost a candidate")
}

// compareStop is positive when a task stops on a rather than on b.
func (p *Plan) compareStop(a, b Host) int {
	spreadOnly := true
	for _, r := range p.req.Rules {
		var c int
		switch {
		case r.order.Random:
			return 0
		case r.order.Attribute != "":
			s := p.f.attributes[r.order.Attribute]
			c = compare(p.stopCount(s, a), p.stopCount(s, b))
		default:
			if r.order.Measure != MeasureGroupTasks {
				spreadOnly = false
			}
			c = compare(p.stopKey(r, a), p.stopKey(r, b))
		}
		if c != 0 {
			return c
		}
	}
	if spreadOnly && p.group != nil {
		return compare(p.group.on(a), p.group.on(b))
	}
	return 0
}

// stopCount is the tasks of the group in h's value of a spread attribute;
// instances without it come last here too, so their tasks stop first.
func (p *Plan) stopCount(s int32, h Host) uint32 {
	return p.group.counted(s, p.f.spreads[s].of[h])
}

// stopKey is the measure of h with one task of the plan taken away.
func (p *Plan) stopKey(r Rule, h Host) uint32 {
	left := p.f.hot[h].left
	if r.order.Measure != MeasureGroupTasks {
		left.cpu += p.need.cpu
		left.memory += p.need.memory
		left.gpu += p.need.gpu
		left.eni += p.need.eni
	}
	return p.f.measure(&r.order, p.group, h, left)
}

func compare(a, b uint32) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
