package ecs

import (
	"fmt"

	"ecsim/models/billing"
	"ecsim/models/elb"
	"ecsim/sim"
)

// targets registers the tasks of one workload in its target groups: each task
// once in each. A task is healthy when all of its targets are.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/register-multiple-targetgroups.html
type targets struct {
	c      *Cluster
	w      int32
	groups []*elb.Group
}

// taskTargets are the targets of one task. Slots go with those of tasks.
type taskTargets struct {
	ids     [elb.MaxTargetGroups]elb.TargetID
	in      int8  // groups it is registered in
	healthy uint8 // those in which it is healthy, a bit each
	grace   sim.Timer
}

// newTargets makes the target groups of workload w, all empty.
func (c *Cluster) newTargets(w int32, groups []elb.TargetGroup) (*targets, error) {
	if len(groups) > elb.MaxTargetGroups {
		return nil, fmt.Errorf("load balancers: got %d target groups, want at most %d", len(groups), elb.MaxTargetGroups)
	}
	g := &targets{c: c, w: w}
	for i := range groups {
		cfg := groups[i].Filled()
		if faults := cfg.Check(); len(faults) > 0 {
			return nil, fmt.Errorf("target group %d: %s: %w", i, faults[0].Key, faults[0])
		}
		g.groups = append(g.groups, elb.NewGroup(c.sim, cfg, i, g))
	}
	return g, nil
}

// of returns the targets of a task's slot.
func (g *targets) of(id TaskID) *taskTargets {
	for int(id) >= len(g.c.targets) {
		g.c.targets = append(g.c.targets, taskTargets{})
	}
	return &g.c.targets[id]
}

// Register puts a task that is RUNNING into every target group. What runs
// since before a steady start is healthy already.
func (g *targets) Register(id TaskID, now sim.Time) {
	t := &g.c.tasks[id]
	x := g.of(id)
	if x.in != 0 {
		panic(fmt.Sprintf("ecs: task %d of workload %d registers twice", id, g.w))
	}
	for i, group := range g.groups {
		x.ids[i] = group.Register(uint64(id), t.entity, g.c.opening, now)
		if t.failing {
			group.SetPassing(x.ids[i], false, now)
		}
	}
	x.in = int8(len(g.groups))
	if g.c.opening {
		x.healthy = 1<<x.in - 1
	}
}

// Deregister takes a task out of every group. It is done when the last group
// shows it unused.
func (g *targets) Deregister(id TaskID, now sim.Time) (done sim.Time) {
	x := g.of(id)
	g.c.sim.Cancel(x.grace)
	done = now
	for i := range int(x.in) {
		done = max(done, g.groups[i].Deregister(x.ids[i], now))
	}
	return done
}

// Gone ends a task's targets: they are unused, or it went without warning.
func (g *targets) Gone(id TaskID) {
	x := g.of(id)
	g.c.sim.Cancel(x.grace)
	for i := range int(x.in) {
		g.groups[i].Drained(x.ids[i])
	}
	*x = taskTargets{}
}

// TargetHealth hears from a target group.
func (g *targets) TargetHealth(group int, key uint64, healthy bool, now sim.Time) {
	id := TaskID(key)
	x := g.of(id)
	if !healthy {
		x.healthy &^= 1 << group
		g.unhealthy(id, now)
		return
	}
	if x.healthy |= 1 << group; x.healthy == 1<<x.in-1 {
		g.c.sim.Cancel(x.grace)
		g.c.becameHealthy(id, now)
	}
}

// unhealthy tells the service of a task whose target fails, or tells it when
// the grace period is over, within which it would not listen.
func (g *targets) unhealthy(id TaskID, now sim.Time) {
	t := &g.c.tasks[id]
	s := g.c.workloads[g.w].service
	if until := t.running + s.cfg.HealthCheckGrace; now < until {
		x := g.of(id)
		g.c.sim.Cancel(x.grace)
		x.grace = g.c.sim.At(until, sim.ClassState, g, uint64(id))
		return
	}
	g.c.becameUnhealthy(id, now)
}

// Handle is the end of a task's grace period, its target still failing.
func (g *targets) Handle(now sim.Time, arg uint64) { g.c.becameUnhealthy(TaskID(arg), now) }

// Health makes the target of a task fail or pass its checks from now on; an
// injected failure calls it.
func (g *targets) Health(id TaskID, passing bool, now sim.Time) {
	x := g.of(id)
	for i := range int(x.in) {
		g.groups[i].SetPassing(x.ids[i], passing, now)
	}
}

// BalancerConfig is a load balancer that the cluster's services pay for.
type BalancerConfig struct {
	Name     string
	Type     elb.Type
	Internal bool  // no public IPv4 addresses
	Sharers  []int // workloads, in order; their parts are equal
}

// balancer is one at work: it is there from time 0 to the end.
type balancer struct {
	cfg         *BalancerConfig
	hours, ipv4 billing.MeterID
}

// addBalancers makes the meters of the cluster's load balancers.
func (c *Cluster) addBalancers() {
	for i := range c.cfg.Balancers {
		b := balancer{cfg: &c.cfg.Balancers[i]}
		b.hours = c.ledger.Meter(billing.LoadBalancerHours(b.cfg.Type.Short(), c.cfg.Region))
		if !b.cfg.Internal {
			b.ipv4 = c.ledger.Meter(billing.PublicIPv4(c.cfg.Region, 0))
		}
		c.balancers = append(c.balancers, b)
	}
}

// billBalancers charges load balancers, and the public address that each has
// in every zone, up to now. The services behind one share it evenly: AWS's
// bill names none. A load balancer lives on after the run, so a last hour that
// has begun is not rounded up.
// Sources: https://aws.amazon.com/elasticloadbalancing/pricing/, https://aws.amazon.com/vpc/pricing/
func (c *Cluster) billBalancers(now sim.Time) {
	for i := range c.balancers {
		b := &c.balancers[i]
		n := int64(len(b.cfg.Sharers))
		for from := sim.Time(0); from < now; from += sim.Hour {
			seconds := int64((min(now, from+sim.Hour) - from + sim.Second - 1) / sim.Second)
			for k, w := range b.cfg.Sharers {
				first, last := seconds*int64(k)/n, seconds*int64(k+1)/n
				at := from + sim.Time(first)*sim.Second
				c.ledger.Span(b.hours, w, at, last-first, 1)
				if b.ipv4 != 0 {
					c.ledger.Span(b.ipv4, w, at, last-first, int64(c.cfg.Zones))
				}
			}
		}
	}
}
