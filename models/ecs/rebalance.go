package ecs

import (
	"ecsim/models/ecs/placement"
	"ecsim/models/result"
	"ecsim/sim"
)

// Availability Zone rebalancing: after a steady state, one task at a time
// moves from the fullest zone to the emptiest. The new one starts first, on
// room that exists (no instance is launched for it); when it is healthy one of
// the fullest zone stops.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html

// balance looks whether the zones need it and sets the time. Assumed: AWS
// publishes no reaction time.
func (s *service) balance(now sim.Time) {
	if !s.cfg.Rebalancing || s.balanceSet || !s.steady || s.primary.state != setCompleted {
		return
	}
	if _, most, least := s.zones(); most-least > 1 {
		s.balanceSet = true
		s.at(now+s.c.cfg.Services.RebalanceAfter, evRebalance, 0)
	}
}

// zones counts the service's tasks by zone, over zones in which instances that
// it may use are ACTIVE. Balanced is at most one apart.
func (s *service) zones() (by []int64, most, least int64) {
	c := s.c
	by = make([]int64, c.cfg.Zones)
	open := make([]bool, c.cfg.Zones)
	for i := range s.w.strategy {
		p := c.pools[s.w.strategy[i].provider]
		if p == nil {
			return nil, 0, 0 // Fargate spreads by itself
		}
		for _, inst := range p.live {
			if in := &c.instances[inst]; in.state == instanceActive {
				open[in.zone] = true
			}
		}
	}
	for _, id := range s.primary.tasks {
		if t := &c.tasks[id]; t.inst >= 0 {
			by[c.instances[t.inst].zone]++
		}
	}
	least = -1
	for z, n := range by {
		most = max(most, n)
		if open[z] && (least < 0 || n < least) {
			least = n
		}
	}
	return by, most, max(least, 0)
}

// rebalance starts a task in an emptier zone, if an instance there has room.
func (s *service) rebalance(now sim.Time) {
	c := s.c
	s.balanceSet = false
	if !s.steady || s.moving || s.primary.state != setCompleted || c.closed {
		return
	}
	by, most, least := s.zones()
	_, allowed := s.cfg.Bounds(s.desired)
	tasks, _ := s.total()
	if most-least <= 1 || tasks+1 > allowed {
		return
	}
	n := &c.needs[s.primary.need]
	for i := range s.w.strategy {
		p := s.w.strategy[i].provider
		h, why := c.fleet.Find(n.plans[p], s.stopped, s.w.entity)
		if why != placement.ReasonNone || by[c.instances[c.byHost[h]].zone] > most-2 {
			continue
		}
		s.moving, s.steady = true, false
		s.event(now, result.ServiceRebalancing, 1)
		id := s.create(s.primary, now)
		t := &c.tasks[id]
		t.provider, t.attempts = p, 1
		s.primary.assigned[i]++
		c.fleet.Commit(n.plans[p], h)
		c.settle(id, c.byHost[h], now)
		s.balanceTries = 0
		return
	}
	// No emptier zone has room, perhaps because targets that drain hold it: it
	// is looked at again, less and less often.
	s.balanceSet = true
	s.at(now+s.c.cfg.Services.RebalanceAfter<<s.balanceTries, evRebalance, 0)
	s.balanceTries = min(s.balanceTries+1, maxBalanceTries)
}

// maxBalanceTries bounds the pause between two looks for room, in doublings: at
// a minute for the first about an hour. Assumed: AWS publishes no pace.
const maxBalanceTries = 6
