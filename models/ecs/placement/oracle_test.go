package placement

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ecsim/sim"
)

// slowHost and slowFleet are the scheduler as AWS's pages tell it, by scanning
// lists: nothing is shared with the fleet but the keyed draw of a tie.
type slowHost struct {
	provider   int
	ordinal    uint64
	entity     sim.Entity
	left       Resources
	total      Resources
	attributes map[string]string
	draining   bool
	offline    bool
	changes    uint64 // at the last change, its priority was drawn with changes-1
	tasks      []*slowTask
	reserved   map[Port]bool
}

type slowTask struct {
	plan          *slowPlan
	h             *slowHost
	host          Host
	room, eni, on bool
}

type slowPlan struct {
	plan       *Plan
	req        Requirement
	rules      []string
	distinct   bool
	memberOf   []func(*slowHost) bool
	definition string
}

type slowFleet struct {
	hosts map[Host]*slowHost
	bits  func(sim.Purpose, sim.Entity, uint64) uint64
	tie   Tie
}

func (s *slowFleet) groupOn(h *slowHost, group string) (n int) {
	for _, t := range h.tasks {
		if t.on && t.plan.req.Group == group {
			n++
		}
	}
	return n
}

func (s *slowFleet) groupIn(attribute, value, group string) (n int) {
	for _, h := range s.hosts {
		if v, ok := h.attributes[attribute]; ok && v == value {
			n += s.groupOn(h, group)
		}
	}
	return n
}

// why is the first reason in stage order by which h cannot take the plan.
func (s *slowFleet) why(p *slowPlan, h *slowHost) Reason {
	switch {
	case p.req.Provider >= 0 && p.req.Provider != h.provider:
		return ReasonEmptyProvider
	case h.draining:
		return ReasonNoActive
	case h.offline:
		return ReasonAgent
	}
	for _, a := range p.req.Attributes {
		if v, ok := h.attributes[a.Name]; !ok || a.Value != "" && a.Value != v {
			return ReasonAttribute
		}
	}
	if z, ok := h.attributes[AttributeZone]; len(p.req.Zones) > 0 && (!ok || !slices.Contains(p.req.Zones, z)) {
		return ReasonLocation
	}
	for _, ok := range p.memberOf {
		if !ok(h) {
			return ReasonMemberOf
		}
	}
	if p.distinct && s.groupOn(h, p.req.Group) > 0 {
		return ReasonDistinct
	}
	used := len(h.reserved)
	for _, t := range h.tasks {
		if t.room {
			used += len(t.plan.req.Ports)
		}
	}
	if len(p.req.Ports) > 0 && used+len(p.req.Ports) > 100 {
		return ReasonPorts
	}
	for _, port := range p.req.Ports {
		if h.reserved[port] {
			return ReasonPorts
		}
		for _, t := range h.tasks {
			if t.room && slices.Contains(t.plan.req.Ports, port) {
				return ReasonPorts
			}
		}
	}
	need := p.req.Resources
	switch {
	case h.left.CPU < need.CPU:
		return ReasonCPU
	case h.left.Memory < need.Memory:
		return ReasonMemory
	case h.left.GPU < need.GPU:
		return ReasonGPU
	case h.left.ENI < need.ENI:
		return ReasonENI
	}
	return ReasonNone
}

// candidates narrows rule by rule; single is false when the last rule is random
// and any of those left will do.
func (s *slowFleet) candidates(p *slowPlan) (left []Host, single bool) {
	for h, x := range s.hosts {
		if s.why(p, x) == ReasonNone {
			left = append(left, h)
		}
	}
	keep := func(figure func(*slowHost) int64) {
		least := int64(1 << 62)
		for _, h := range left {
			least = min(least, figure(s.hosts[h]))
		}
		left = slices.DeleteFunc(left, func(h Host) bool { return figure(s.hosts[h]) != least })
	}
	for _, r := range p.rules {
		attribute, isSpread := strings.CutPrefix(strings.TrimSuffix(r, ")"), "spread(attribute:")
		switch {
		case r == "random":
			return left, false
		case isSpread:
			keep(func(h *slowHost) int64 {
				v, ok := h.attributes[attribute]
				if !ok {
					return 1 << 40
				}
				return int64(s.groupIn(attribute, v, p.req.Group))
			})
		case r == "spread(instanceId)", r == "spread(host)":
			keep(func(h *slowHost) int64 { return int64(s.groupOn(h, p.req.Group)) })
		case r == "binpack(cpu)":
			keep(func(h *slowHost) int64 { return h.left.CPU })
		case r == "binpack(MEMORY)":
			keep(func(h *slowHost) int64 { return h.left.Memory })
		case r == "first-fit":
			keep(func(h *slowHost) int64 { return int64(h.ordinal) })
		default:
			panic(r)
		}
	}
	if s.tie == TieKeyed {
		keep(func(h *slowHost) int64 { return int64(s.bits(purposeTie, h.entity, h.changes-1) >> 32) })
	}
	keep(func(h *slowHost) int64 { return int64(h.ordinal) })
	keep(func(h *slowHost) int64 { return int64(h.provider) })
	return left, true
}

func (s *slowFleet) reason(p *slowPlan) Reason {
	most := ReasonEmptyProvider
	for _, h := range s.hosts {
		w := s.why(p, h)
		if w == ReasonNone {
			return w
		}
		most = max(most, w)
	}
	if most == ReasonEmptyProvider && p.req.Provider < 0 {
		return ReasonNoActive
	}
	return most
}

var chains = [][]string{
	{"binpack(cpu)"}, {"binpack(MEMORY)"}, {"binpack(cpu)", "binpack(MEMORY)"}, {"random"},
	{"spread(attribute:ecs.availability-zone)"},
	{"spread(attribute:ecs.availability-zone)", "spread(instanceId)"},
	{"spread(attribute:ecs.availability-zone)", "binpack(MEMORY)"},
	{"spread(attribute:ecs.availability-zone)", "random"},
	{"spread(attribute:rack)", "spread(attribute:ecs.availability-zone)", "binpack(cpu)"},
	{"spread(host)"}, {"spread(instanceId)", "binpack(cpu)", "binpack(MEMORY)"},
	{"binpack(cpu)", "spread(attribute:ecs.availability-zone)"},
	{"binpack(cpu)", "spread(attribute:rack)", "binpack(MEMORY)", "spread(attribute:ecs.availability-zone)"},
	{"spread(instanceId)", "spread(attribute:rack)"}, {"binpack(cpu)", "random"},
	{"binpack(MEMORY)", "spread(attribute:rack)", "random"},
	{"binpack(cpu)", "binpack(cpu)"}, {"first-fit"}, {"spread(attribute:rack)", "first-fit"},
}

var memberOfs = []struct {
	text string
	ok   func(*slowFleet, *slowHost) bool
}{
	{"memberOf(attribute:ecs.instance-type =~ m6a.*)", func(_ *slowFleet, h *slowHost) bool {
		return strings.HasPrefix(h.attributes[AttributeInstanceType], "m6a")
	}},
	{"memberOf(attribute:ecs.availability-zone in [a, b])", func(_ *slowFleet, h *slowHost) bool {
		z := h.attributes[AttributeZone]
		return z == "a" || z == "b"
	}},
	{"memberOf(attribute:rack exists)", func(_ *slowFleet, h *slowHost) bool {
		_, ok := h.attributes["rack"]
		return ok
	}},
	{"memberOf(not(task:group == service:g1))", func(s *slowFleet, h *slowHost) bool { return s.groupOn(h, "service:g1") == 0 }},
	{"memberOf(runningTasksCount < 3 or task:group =~ .*g2)", func(s *slowFleet, h *slowHost) bool {
		n := 0
		for _, t := range h.tasks {
			if t.on {
				n++
			}
		}
		return n < 3 || s.groupOn(h, "service:g2") > 0
	}},
	{"memberOf(task:group == service:g3 or runningTasksCount == 0)", func(s *slowFleet, h *slowHost) bool {
		n := 0
		for _, t := range h.tasks {
			if t.on {
				n++
			}
		}
		return n == 0 || s.groupOn(h, "service:g3") > 0
	}},
}

// randomPlan draws a requirement and compiles it.
func randomPlan(t *testing.T, rng *rand.Rand, f *Fleet, s *slowFleet) *slowPlan {
	p := &slowPlan{rules: chains[rng.IntN(len(chains))]}
	r := &p.req
	r.Resources = Resources{CPU: int64(rng.IntN(9)) * 128, Memory: int64(rng.IntN(9)) * 256}
	r.Group = fmt.Sprintf("service:g%d", rng.IntN(4))
	r.Provider = rng.IntN(5) - 1
	if r.Provider > 1 {
		r.Provider = AnyProvider
	}
	if rng.IntN(5) == 0 {
		r.Resources.GPU = int32(1 + rng.IntN(2))
	}
	if rng.IntN(4) == 0 {
		r.Resources.ENI = 1
		if rng.IntN(2) == 0 {
			r.Zones = []string{"b", "c"}[:1+rng.IntN(2)]
		}
	}
	for range rng.IntN(8) - 5 {
		port := Port{uint16(80 + rng.IntN(3)), Protocol(rng.IntN(2))}
		if !slices.Contains(r.Ports, port) {
			r.Ports = append(r.Ports, port)
		}
	}
	if rng.IntN(30) == 0 {
		r.Ports = []Port{{2375, TCP}}
	}
	if rng.IntN(5) == 0 {
		r.Attributes = []Attribute{{AttributeArchitecture, "arm64"}}
	}
	texts := []string{}
	if rng.IntN(5) == 0 {
		texts, p.distinct = append(texts, "distinctInstance"), true
	}
	for range rng.IntN(5) - 2 {
		m := memberOfs[rng.IntN(len(memberOfs))]
		texts = append(texts, m.text)
		p.memberOf = append(p.memberOf, func(h *slowHost) bool { return m.ok(s, h) })
	}
	var err error
	if r.Rules, err = ParseRules(p.rules); err != nil {
		t.Fatal(err)
	}
	if r.Constraints, err = ParseConstraints(texts); err != nil {
		t.Fatal(err)
	}
	switch rng.IntN(10) {
	case 0:
		r.Rules, r.Service, p.rules = nil, true, []string{"spread(attribute:ecs.availability-zone)", "spread(instanceId)"}
	case 1:
		r.Rules, p.rules = nil, []string{"random"}
	}
	if p.plan, err = f.Compile(*r); err != nil {
		t.Fatal(err)
	}
	p.definition = fmt.Sprintf("%+v %v %v", r.Resources, p.plan, r.Ports)
	return p
}

// TestIndexEqualsScan drives a fleet and the slow scheduler with the same
// random calls and asks both where each task goes.
func TestIndexEqualsScan(t *testing.T) {
	sequences, steps := 300, 400
	if testing.Short() {
		sequences = 40
	}
	placed, refused := 0, 0
	for seed := range sequences {
		p, r := runSequence(t, uint64(seed), steps)
		placed, refused = placed+p, refused+r
	}
	t.Logf("%d placed, %d refused", placed, refused)
	if !testing.Short() && (placed < 10_000 || refused < 5_000) {
		t.Errorf("%d placed and %d refused: the cases are too one-sided to show anything", placed, refused)
	}
}

func runSequence(t *testing.T, seed uint64, steps int) (placed, refused int) {
	rng := rand.New(rand.NewPCG(seed, 1))
	s := &slowFleet{hosts: map[Host]*slowHost{}, bits: sim.New(seed, 0).Bits, tie: Tie(seed % 2)}
	f := NewFleet(Config{Bits: s.bits, Tie: s.tie})
	var plans []*slowPlan
	var tasks []*slowTask
	next := [2]uint64{}
	most := 3 + rng.IntN(120)
	pickHost := func() (Host, *slowHost) {
		list := make([]Host, 0, len(s.hosts))
		for h := range s.hosts {
			list = append(list, h)
		}
		slices.Sort(list)
		h := list[rng.IntN(len(list))]
		return h, s.hosts[h]
	}
	giveBack := func(x *slowTask, room, eni, on bool) {
		var what Part
		if room && x.room {
			x.room, what = false, what|PartRoom
			x.h.left.CPU += x.plan.req.Resources.CPU
			x.h.left.Memory += x.plan.req.Resources.Memory
			x.h.left.GPU += x.plan.req.Resources.GPU
		}
		if eni && x.eni {
			x.eni, what = false, what|PartENI
			x.h.left.ENI += x.plan.req.Resources.ENI
		}
		if on && x.on {
			x.on, what = false, what|PartTask
		}
		if what != 0 {
			f.Release(x.plan.plan, x.host, what)
			x.h.changes++
		}
	}
	forget := func(x *slowTask) {
		giveBack(x, true, true, true)
		tasks = slices.DeleteFunc(tasks, func(y *slowTask) bool { return y == x })
		x.h.tasks = slices.DeleteFunc(x.h.tasks, func(y *slowTask) bool { return y == x })
	}
	for step := range steps {
		at := fmt.Sprintf("seed %d step %d", seed, step)
		switch op := rng.IntN(40); {
		case len(s.hosts) == 0 && step > 5 || op < 4 && len(s.hosts) < most || step < most/2 && op < 30:
			x := &slowHost{provider: rng.IntN(2), attributes: map[string]string{}, reserved: map[Port]bool{}, changes: 1}
			x.ordinal = next[x.provider]
			next[x.provider]++
			x.entity = sim.NewEntity("asg", fmt.Sprint(x.provider)).With(x.ordinal)
			x.total = Resources{int64(1+rng.IntN(8)) * 512, int64(1+rng.IntN(8)) * 1024, int32(rng.IntN(8) / 5), int32(rng.IntN(5))}
			x.left = x.total
			if z := rng.IntN(8); z > 0 {
				x.attributes[AttributeZone] = string(rune('a' + z%3))
			}
			if rack := rng.IntN(6); rack > 0 {
				x.attributes["rack"] = fmt.Sprint(rack)
			}
			x.attributes[AttributeInstanceType] = []string{"m6a.large", "c5.large"}[rng.IntN(2)]
			x.attributes[AttributeArchitecture] = []string{"x86_64", "arm64"}[rng.IntN(2)]
			spec := HostSpec{Provider: x.provider, Ordinal: x.ordinal, Entity: x.entity, Total: x.total, RegisteredAt: time.Unix(0, 0)}
			for k, v := range x.attributes {
				spec.Attributes = append(spec.Attributes, Attribute{k, v})
			}
			for _, port := range ReservedPortsLinux {
				x.reserved[port] = true
			}
			if rng.IntN(10) == 0 {
				for i := range uint16(93) {
					spec.Reserved = append(spec.Reserved, Port{1000 + i, TCP})
				}
				x.reserved = map[Port]bool{}
				for _, port := range spec.Reserved {
					x.reserved[port] = true
				}
			}
			s.hosts[f.Add(spec)] = x
		case len(s.hosts) == 0:
		case op == 4 && rng.IntN(2) == 0:
			h, x := pickHost()
			for len(x.tasks) > 0 {
				forget(x.tasks[0])
			}
			f.Remove(h)
			delete(s.hosts, h)
		case op == 5:
			h, x := pickHost()
			x.draining = !x.draining && rng.IntN(3) > 0
			if f.Active(h) == x.draining {
				x.changes++
			}
			f.SetActive(h, !x.draining)
		case op == 6:
			h, x := pickHost()
			x.offline = !x.offline && rng.IntN(3) > 0
			if f.AgentConnected(h) == x.offline {
				x.changes++
			}
			f.SetAgentConnected(h, !x.offline)
		case op == 7:
			h, x := pickHost()
			rack := fmt.Sprint(rng.IntN(6))
			if x.attributes["rack"] != rack {
				x.changes++
			}
			x.attributes["rack"] = rack
			f.SetAttribute(h, Attribute{"rack", rack})
		case len(plans) < 90 && (op == 8 || op > 28 && seed%8 == 0) || len(plans) == 0 || step < 30 && op > 35: // an eighth with over 64 indexes
			plans = append(plans, randomPlan(t, rng, f, s))
		case op < 18 && len(tasks) > 0:
			x := tasks[rng.IntN(len(tasks))]
			if rng.IntN(2) == 0 {
				forget(x)
			} else {
				giveBack(x, rng.IntN(2) == 0, rng.IntN(2) == 0, rng.IntN(2) == 0)
			}
		default:
			p := plans[rng.IntN(len(plans))]
			want, single := s.candidates(p)
			why := s.reason(p)
			if got := f.Explain(p.plan); got.Reason != why {
				t.Fatalf("%s: %s: Explain says %q, the scan %q", at, p.definition, got.Reason, why)
			}
			if rng.IntN(2) == 0 {
				p.plan.refusedAt = 0 // ask anew: the reason kept may be of before
			}
			kept := p.plan.refusedAt != 0
			h, got := f.Place(p.plan, uint64(step), sim.NewEntity("task"))
			if len(want) == 0 {
				refused++
				if h != NoHost || got == ReasonNone || !kept && got != why {
					t.Fatalf("%s: %s: got host %d, reason %q; the scan finds none for %q", at, p.definition, h, got, why)
				}
				continue
			}
			placed++
			if !slices.Contains(want, h) || single && len(want) != 1 {
				t.Fatalf("%s: %s: got host %d, reason %q, want one of %v", at, p.definition, h, got, want)
			}
			x := s.hosts[h]
			need := p.req.Resources
			x.left.CPU -= need.CPU
			x.left.Memory -= need.Memory
			x.left.GPU -= need.GPU
			x.left.ENI -= need.ENI
			x.changes++
			y := &slowTask{plan: p, h: x, host: h, room: true, eni: true, on: true}
			x.tasks, tasks = append(x.tasks, y), append(tasks, y)
		}
		for h, x := range s.hosts {
			if f.Left(h) != x.left {
				t.Fatalf("%s: host %d has %+v left, want %+v", at, h, f.Left(h), x.left)
			}
		}
	}
	if seed%8 == 0 && len(f.indexes) <= 64 {
		t.Errorf("seed %d: only %d indexes; more than a word of them are wanted", seed, len(f.indexes))
	}
	return placed, refused
}
