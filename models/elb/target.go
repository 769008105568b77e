package elb

import (
	"fmt"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// State is where a target is in its life.
// Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
type State uint8

// The states, in AWS's words.
const (
	Unused    State = iota // not registered
	Initial                // registering, or not yet through its first checks
	Healthy                // gets requests
	Unhealthy              // gets requests only if all are (fail-open)
	Draining               // gets no new requests
	numStates
)

var stateNames = [numStates]string{"unused", "initial", "healthy", "unhealthy", "draining"}

func (s State) String() string { return stateNames[s] }

// Owner is told what becomes of its targets.
type Owner interface {
	// TargetHealth is called when a target of group becomes Healthy or
	// Unhealthy. key is the owner's, from Register.
	TargetHealth(group int, key uint64, healthy bool, now sim.Time)
}

// TargetID is a target's slot in its group; slots are reused.
type TargetID int32

// Group is a target group at work. It belongs to one simulation.
type Group struct {
	cfg     TargetGroup
	index   int
	s       *sim.Simulation
	owner   Owner
	targets []target
	free    []TargetID
	ramping []TargetID // healthy, and not yet at their full share
	count   [numStates]int64
	// Registered is how many targets were registered so far.
	Registered int64
}

type target struct {
	key     uint64
	state   State
	failing bool     // fails its checks from now on
	checked sim.Time // its first check; others follow every interval
	since   sim.Time // of the present state
	timer   sim.Timer
	ramp    int32 // index in ramping, -1
}

// NewGroup makes a group with no target. cfg must be Filled and checked; index
// is what the owner calls it.
func NewGroup(s *sim.Simulation, cfg TargetGroup, index int, owner Owner) *Group {
	return &Group{cfg: cfg, index: index, s: s, owner: owner}
}

var purposePhase = sim.NewPurpose("elb/health-check-phase")

// Register adds a target. It is Healthy when it has passed its first checks:
// the first comes at any moment of an interval after the registration, by a
// keyed draw of entity e. A new target is up after one pass, whatever the
// threshold. ready has it Healthy at once, for what runs since before time 0.
// Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
func (g *Group) Register(key uint64, e sim.Entity, ready bool, now sim.Time) TargetID {
	var id TargetID
	if n := len(g.free); n > 0 {
		id, g.free = g.free[n-1], g.free[:n-1]
	} else {
		id = TargetID(len(g.targets))
		g.targets = append(g.targets, target{})
	}
	phase := g.s.Uniform(purposePhase, e, uint64(g.index))
	first := now + sim.Time(phase*float64(g.cfg.HealthCheck.Interval))
	if !ready {
		first += g.cfg.Registration
	}
	g.targets[id] = target{key: key, checked: first, since: now, ramp: -1}
	g.Registered++
	t := &g.targets[id]
	if ready {
		t.state = Healthy
		g.count[Healthy]++
		return id
	}
	t.state = Initial
	g.count[Initial]++
	g.await(id, first+sim.Time(g.cfg.HealthCheck.InitialPasses-1)*g.cfg.HealthCheck.Interval)
	return id
}

func (g *Group) await(id TargetID, at sim.Time) {
	g.targets[id].timer = g.s.At(at, sim.ClassState, g, uint64(id))
}

// Handle changes the health of target arg: its checks have said the same
// often enough.
func (g *Group) Handle(now sim.Time, arg uint64) {
	id := TargetID(arg)
	t := &g.targets[id]
	if t.failing {
		g.enter(id, Unhealthy, now)
	} else {
		g.enter(id, Healthy, now)
	}
	g.owner.TargetHealth(g.index, g.targets[id].key, !t.failing, now)
}

func (g *Group) enter(id TargetID, s State, now sim.Time) {
	t := &g.targets[id]
	g.count[t.state]--
	g.count[s]++
	if t.ramp >= 0 {
		g.unramp(id)
	}
	t.state, t.since = s, now
	if s != Healthy || !g.ramps() {
		return
	}
	if g.mature(now); g.full() > 1 {
		t.ramp = int32(len(g.ramping))
		g.ramping = append(g.ramping, id)
	}
}

// SetPassing tells that a target passes or fails its checks from now on. A
// check that fails is known when its time-out is over; Assumed: one that
// passes is known at once.
func (g *Group) SetPassing(id TargetID, ok bool, now sim.Time) {
	t := &g.targets[id]
	if t.failing == !ok || t.state == Unused || t.state == Draining {
		return
	}
	t.failing = !ok
	g.s.Cancel(t.timer)
	h := &g.cfg.HealthCheck
	next := t.checked // the first check that sees it
	if now > next {
		next += (now - next + h.Interval - 1) / h.Interval * h.Interval
	}
	switch {
	case !ok && t.state != Unhealthy:
		g.await(id, next+sim.Time(h.UnhealthyThreshold-1)*h.Interval+h.Timeout)
	case ok && t.state == Unhealthy:
		g.await(id, next+sim.Time(h.HealthyThreshold-1)*h.Interval)
	case ok && t.state == Initial:
		g.await(id, next+sim.Time(h.InitialPasses-1)*h.Interval)
	}
}

// Deregister begins to drain a target and returns when it is Unused: after the
// whole deregistration delay, even with no request in flight. Drained must
// follow then.
// Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay
func (g *Group) Deregister(id TargetID, now sim.Time) sim.Time {
	t := &g.targets[id]
	if t.state == Unused || t.state == Draining {
		panic(fmt.Sprintf("elb: target %d of group %d is deregistered while %v", id, g.index, t.state))
	}
	g.s.Cancel(t.timer)
	g.enter(id, Draining, now)
	return now + g.cfg.DeregistrationDelay
}

// Drained ends a target that was deregistered, or whose machine is gone.
func (g *Group) Drained(id TargetID) {
	t := &g.targets[id]
	if t.state == Unused {
		panic(fmt.Sprintf("elb: target %d of group %d ends twice", id, g.index))
	}
	g.s.Cancel(t.timer)
	if t.ramp >= 0 {
		g.unramp(id)
	}
	g.count[t.state]--
	*t = target{ramp: -1}
	g.free = append(g.free, id)
}

// State is the target's.
func (g *Group) State(id TargetID) State { return g.targets[id].state }

// Count is how many targets are in a state.
func (g *Group) Count(s State) int64 { return g.count[s] }

// Targets is how many are registered, draining ones included.
func (g *Group) Targets() (n int64) {
	for s := Initial; s < numStates; s++ {
		n += g.count[s]
	}
	return n
}

// ramps tells whether new targets begin with less than their share.
func (g *Group) ramps() bool {
	return g.cfg.SlowStart > 0 || g.cfg.Stickiness.Enabled && g.cfg.Stickiness.Kept > 0
}

// full is how many healthy targets have their full share, the one that enters
// included. A target enters slow start only if another is not in it: the first
// of an empty group take all there is.
// Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#slow-start-mode
func (g *Group) full() int64 { return g.count[Healthy] - int64(len(g.ramping)) }

func (g *Group) unramp(id TargetID) {
	t := &g.targets[id]
	last := g.ramping[len(g.ramping)-1]
	g.ramping[t.ramp], g.targets[last].ramp = last, t.ramp
	g.ramping = g.ramping[:len(g.ramping)-1]
	t.ramp = -1
}

// weight is what a healthy target gets beside others with their full share:
// rising evenly over the slow start, and as the clients bound to others come
// free.
func (g *Group) weight(t *target, now sim.Time) units.PPM {
	w := units.One
	if t.ramp < 0 {
		return w
	}
	age := now - t.since
	if d := g.cfg.SlowStart; age < d {
		w = units.PPM(float64(w) * float64(age) / float64(d))
	}
	if st := g.cfg.Stickiness; st.Enabled && age < st.Duration {
		bound := float64(st.Kept) * (1 - float64(age)/float64(st.Duration))
		w = units.PPM(float64(w) * (1 - bound/float64(units.One)))
	}
	return w
}

// Share is a target's part of the group's requests now, in millionths. With no
// healthy target, requests go to all unhealthy ones (fail-open); with neither,
// to none.
// Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
func (g *Group) Share(id TargetID, now sim.Time) units.PPM {
	t := &g.targets[id]
	if g.count[Healthy] == 0 {
		if t.state == Unhealthy {
			return units.One / units.PPM(g.count[Unhealthy])
		}
		return 0
	}
	if t.state != Healthy {
		return 0
	}
	g.mature(now)
	total := g.full() * int64(units.One)
	for _, r := range g.ramping {
		total += int64(g.weight(&g.targets[r], now))
	}
	if total == 0 {
		return units.One / units.PPM(g.count[Healthy])
	}
	return units.PPM(int64(units.One) * int64(g.weight(t, now)) / total)
}

// mature takes targets whose ramp is over off the list.
func (g *Group) mature(now sim.Time) {
	for i := len(g.ramping) - 1; i >= 0; i-- {
		t := &g.targets[g.ramping[i]]
		over := now-t.since >= g.cfg.SlowStart
		if st := g.cfg.Stickiness; st.Enabled {
			over = over && now-t.since >= st.Duration
		}
		if over {
			g.unramp(g.ramping[i])
		}
	}
}
