package placement

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"ecsim/sim"
)

// instance is a quick HostSpec.
func instance(ordinal int, zone string, cpu, memory int64) HostSpec {
	return HostSpec{Ordinal: uint64(ordinal), Entity: sim.NewEntity("asg").With(uint64(ordinal)),
		Total: Resources{CPU: cpu, Memory: memory}, Attributes: []Attribute{{AttributeZone, zone}}}
}

func rules(tb testing.TB, texts ...string) []Rule {
	tb.Helper()
	r, err := ParseRules(texts)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func compile(tb testing.TB, f *Fleet, r Requirement) *Plan {
	tb.Helper()
	p, err := f.Compile(r)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func keyed() Config   { return Config{Bits: sim.New(5, 0).Bits} }
func byIndex() Config { return Config{Bits: sim.New(5, 0).Bits, Tie: TieIndex} }

func Example() {
	f := NewFleet(Config{Bits: sim.New(1, 0).Bits, Tie: TieIndex})
	for i := range 4 {
		f.Add(instance(i, []string{"us-east-1a", "us-east-1b"}[i%2], 2048, 3768))
	}
	spread, _ := ParseRules([]string{"spread(attribute:ecs.availability-zone)", "binpack(memory)"})
	web, err := f.Compile(Requirement{
		Resources: Resources{CPU: 1024, Memory: 1024}, Group: "service:web", Provider: AnyProvider, Rules: spread,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var hosts []Host
	for k := range uint64(9) {
		h, why := f.Place(web, k, sim.NewEntity("web").With(k))
		if h == NoHost {
			fmt.Println(why)
			break
		}
		hosts = append(hosts, h)
	}
	fmt.Println(hosts)
	fmt.Println(f.Explain(web))
	// Output:
	// RESOURCE:CPU
	// [0 1 0 1 2 3 2 3]
	// no container instance met all of its requirements: the closest matching container instance has insufficient CPU units available (1024 needed, 0 left)
}

// TestReservation is AWS's worked example of a cluster's reservation.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster_reservation.html
func TestReservation(t *testing.T) {
	f := NewFleet(keyed())
	hosts := []Host{f.Add(instance(0, "a", 16_384, 30_158)), f.Add(instance(1, "a", 2048, 3768))}
	p := compile(t, f, Requirement{Resources: Resources{CPU: 1024, Memory: 2048}, Group: "family:x"})
	for k := range uint64(10) {
		if h, why := f.Place(p, k, 1); h == NoHost {
			t.Fatalf("task %d: %s", k, why)
		}
	}
	var left, total Resources
	for _, h := range hosts {
		left.CPU, left.Memory = left.CPU+f.Left(h).CPU, left.Memory+f.Left(h).Memory
		total.CPU, total.Memory = total.CPU+f.Total(h).CPU, total.Memory+f.Total(h).Memory
	}
	cpu, memory := 100*float64(total.CPU-left.CPU)/float64(total.CPU), 100*float64(total.Memory-left.Memory)/float64(total.Memory)
	if got := fmt.Sprintf("%.1f %.1f", cpu, memory); got != "55.6 60.4" {
		t.Errorf("reserved %s %%, want 55.6 60.4", got)
	}
}

// copies places until nothing fits.
func copies(f *Fleet, p *Plan) (n int, why Reason) {
	for {
		h, r := f.Place(p, uint64(n), 3)
		if h == NoHost {
			return n, r
		}
		n++
	}
}

// TestCopies counts how many copies of a task one instance holds, and why no
// more: AWS's event messages, port rules and ENI limits.
// Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html,
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-eni.html
func TestCopies(t *testing.T) {
	for _, c := range []struct {
		name string
		spec Resources
		req  Requirement
		n    int
		why  Reason
	}{
		{"memory", Resources{CPU: 4096, Memory: 1024}, Requirement{Resources: Resources{CPU: 1, Memory: 1000}}, 1, ReasonMemory},
		{"cpu", Resources{CPU: 1024, Memory: 9999}, Requirement{Resources: Resources{CPU: 1000, Memory: 1}}, 1, ReasonCPU},
		{"fixed port 80", Resources{CPU: 4096, Memory: 9999}, Requirement{Ports: []Port{{80, TCP}}}, 1, ReasonPorts},
		{"the agent's port", Resources{CPU: 4096, Memory: 9999}, Requirement{Ports: []Port{{2375, TCP}}}, 0, ReasonPorts},
		{"its UDP twin", Resources{CPU: 4096, Memory: 9999}, Requirement{Ports: []Port{{2375, UDP}}}, 1, ReasonPorts},
		{"c5.large awsvpc", Resources{CPU: 2048, Memory: 3704, ENI: 2}, Requirement{Resources: Resources{CPU: 1, Memory: 1, ENI: 1}}, 2, ReasonENI},
		{"c5.large trunk", Resources{CPU: 2048, Memory: 3704, ENI: 10}, Requirement{Resources: Resources{CPU: 1, Memory: 1, ENI: 1}}, 10, ReasonENI},
		{"gpu", Resources{CPU: 2048, Memory: 3704, GPU: 4}, Requirement{Resources: Resources{GPU: 3}}, 1, ReasonGPU},
		{"distinct", Resources{CPU: 2048, Memory: 3704}, Requirement{Group: "service:a", Constraints: []Constraint{{}}}, 1, ReasonDistinct},
	} {
		f := NewFleet(keyed())
		spec := instance(0, "a", 0, 0)
		spec.Total = c.spec
		f.Add(spec)
		if n, why := copies(f, compile(t, f, c.req)); n != c.n || why != c.why {
			t.Errorf("%s: %d copies, then %q; want %d, %q", c.name, n, why, c.n, c.why)
		}
	}
}

// TestPortLimit: 95 fixed TCP ports fit beside Linux's 5, and no more.
func TestPortLimit(t *testing.T) {
	f := NewFleet(keyed())
	h := f.Add(instance(0, "a", 4096, 4096))
	var first *Plan
	for i := range uint16(96) {
		p := compile(t, f, Requirement{Ports: []Port{{1000 + i, TCP}}})
		if first == nil {
			first = p
		}
		if got, why := f.Place(p, 0, 1); (got == h) != (i < 95) {
			t.Fatalf("port %d: host %d, %q", i, got, why)
		}
		if i == 95 {
			f.Release(first, h, PartRoom)
			if got, why := f.Place(p, 0, 1); got != h {
				t.Fatalf("after a release: host %d, %q", got, why)
			}
		}
	}
}

// TestZones: zone A has one task of the service, B and C none: the next goes
// to B or C; A has one, B and C two: a task of B or C stops.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
func TestZones(t *testing.T) {
	for seed := range uint64(20) {
		f := NewFleet(Config{Bits: sim.New(seed, 0).Bits})
		var hosts []Host
		for i := range 6 {
			hosts = append(hosts, f.Add(instance(i, string(rune('A'+i%3)), 8192, 8192)))
		}
		p := compile(t, f, Requirement{Resources: Resources{CPU: 256, Memory: 256}, Group: "service:web", Service: true})
		f.Commit(p, hosts[0])
		placed := []Host{hosts[0]}
		for k := range uint64(2) {
			h, _ := f.Place(p, k, 1)
			if h == hosts[0] || h == hosts[3] {
				t.Fatalf("task %d goes to zone A, which has the most", k+2)
			}
			placed = append(placed, h)
		}
		// The second task in B and in C goes to the instance without one.
		f.Commit(p, hosts[3])
		for k := range uint64(2) {
			h, _ := f.Place(p, 2+k, 1)
			if slices.Contains(placed, h) || h == hosts[3] {
				t.Fatalf("task %d shares host %d, and its zone has an empty one", k+5, h)
			}
			placed = append(placed, h)
		}
		f.Release(p, hosts[3], PartAll)
		if h := placed[f.PickStop(p, placed, 0, 1)]; h == hosts[0] {
			t.Fatal("a task of zone A stops, which has the fewest")
		}
	}
}

// TestPickStop checks the mirror image of each strategy.
func TestPickStop(t *testing.T) {
	f := NewFleet(keyed())
	a, b, c := f.Add(instance(0, "a", 4096, 4096)), f.Add(instance(1, "a", 4096, 4096)), f.Add(instance(2, "b", 4096, 4096))
	req := Requirement{Resources: Resources{CPU: 512, Memory: 512}, Group: "service:x"}
	plan := func(texts ...string) *Plan {
		r := req
		r.Rules = rules(t, texts...)
		return compile(t, f, r)
	}
	bin := plan("binpack(cpu)")
	candidates := []Host{a, a, a, b, b, c, c, c, c}
	for _, h := range candidates {
		f.Commit(bin, h)
	}
	for _, w := range []struct {
		rules []string
		want  []Host
	}{
		{[]string{"binpack(cpu)"}, []Host{b}}, // left with the most
		{[]string{"spread(instanceId)"}, []Host{c}},
		{[]string{"spread(attribute:ecs.availability-zone)"}, []Host{a}}, // 5 in zone a; 3 of them on a
		{[]string{"spread(attribute:ecs.availability-zone)", "binpack(cpu)"}, []Host{b}},
		{[]string{"random"}, []Host{a, b, c}},
	} {
		p, seen := plan(w.rules...), map[Host]int{}
		for k := range uint64(200) {
			seen[candidates[f.PickStop(p, candidates, k, 9)]]++
		}
		for _, h := range w.want {
			if seen[h] == 0 {
				t.Errorf("%v: never stops on host %d: %v", w.rules, h, seen)
			}
		}
		if len(seen) != len(w.want) {
			t.Errorf("%v: stops on %v, want %v", w.rules, seen, w.want)
		}
	}
	if got := f.PickStop(bin, nil, 0, 1); got != -1 {
		t.Errorf("no candidates: got %d, want -1", got)
	}
}

// TestRandomUniform: chi-square over the instances that may be picked, at a
// fleet with room everywhere and at one where few have it, which takes the
// counting path.
func TestRandomUniform(t *testing.T) {
	for _, c := range []struct {
		rules []string
		free  int // every free-th instance has room
		want  int // how many may be picked
	}{
		{[]string{"random"}, 1, 60}, {[]string{"random"}, 20, 3},
		{[]string{"spread(attribute:ecs.availability-zone)", "random"}, 1, 60},
		{[]string{"spread(attribute:ecs.availability-zone)", "random"}, 30, 2},
		{[]string{"binpack(cpu)", "random"}, 1, 60}, {[]string{"binpack(cpu)", "random"}, 4, 15},
	} {
		f := NewFleet(keyed())
		for i := range 60 {
			cpu := int64(1024)
			if i%c.free != 0 {
				cpu = 128
			}
			f.Add(instance(i, string(rune('a'+i%3)), cpu, 1024))
		}
		p := compile(t, f, Requirement{Resources: Resources{CPU: 512}, Group: "family:x", Rules: rules(t, c.rules...)})
		const each = 200
		n, counts := each*c.want, map[Host]int{}
		for k := range n {
			h, why := f.Find(p, uint64(k), 7)
			if h == NoHost || f.Left(h).CPU < 512 {
				t.Fatalf("%v: host %d, %q", c.rules, h, why)
			}
			counts[h]++
		}
		chi := 0.0
		for _, got := range counts {
			chi += float64((got-each)*(got-each)) / each
		}
		// Five standard deviations of a chi-square with want - 1 degrees.
		limit := float64(c.want-1) + 5*1.5*float64(c.want)/2
		if c.want > 20 {
			limit = float64(c.want-1) + 5*11
		}
		if len(counts) != c.want || chi > limit {
			t.Errorf("%v, 1 in %d free: %d instances picked, want %d; chi-square %.1f, want at most %.1f", c.rules, c.free, len(counts), c.want, chi, limit)
		}
	}
}

// TestDeep compares a fleet whose index is several nodes deep with a search
// through all instances, while tasks come and go.
func TestDeep(t *testing.T) {
	const hosts = 3000
	for _, tie := range []Tie{TieKeyed, TieIndex} {
		f := NewFleet(Config{Bits: sim.New(3, 0).Bits, Tie: tie})
		rng := rand.New(rand.NewPCG(1, uint64(tie)))
		for i := range hosts {
			spec := instance(i, string(rune('a'+i%3)), int64(8+rng.IntN(9))*1024, int64(1+rng.IntN(16))*2048)
			spec.Provider, spec.Ordinal = i%2, uint64(i/2) // pairs that the last tie-break must tell apart
			f.Add(spec)
		}
		type held struct {
			p *Plan
			h Host
		}
		var tasks []held
		var plans []*Plan
		for _, r := range []string{"binpack(cpu)", "binpack(memory)", "spread(instanceId)", "first-fit"} {
			for i := range int64(4) {
				plans = append(plans, compile(t, f, Requirement{Resources: Resources{CPU: 1024 << i, Memory: 1024 << (3 - i)}, Group: "family:x", Rules: rules(t, r), Provider: AnyProvider}))
			}
		}
		for step := range 12_000 {
			if len(tasks) > 0 && (step > 8000 || rng.IntN(3) == 0) {
				i := rng.IntN(len(tasks))
				f.Release(tasks[i].p, tasks[i].h, PartAll)
				tasks = slices.Delete(tasks, i, i+1)
				if step%8 != 0 {
					continue
				}
			}
			p := plans[rng.IntN(len(plans))]
			best := NoHost
			better := func(a, b Host) bool {
				if x, y := f.measure(&p.req.Rules[0].order, p.group, a, f.hot[a].left), f.measure(&p.req.Rules[0].order, p.group, b, f.hot[b].left); x != y {
					return x < y
				}
				if f.hot[a].tie != f.hot[b].tie {
					return f.hot[a].tie < f.hot[b].tie
				}
				return a < b
			}
			for h := range Host(hosts) {
				if l := f.Left(h); l.CPU >= p.req.Resources.CPU && l.Memory >= p.req.Resources.Memory && (best == NoHost || better(h, best)) {
					best = h
				}
			}
			got, _ := f.Place(p, 0, 1)
			if got != best {
				t.Fatalf("step %d, %s: host %d, the scan says %d", step, p, got, best)
			}
			if got != NoHost {
				tasks = append(tasks, held{p, got})
			}
		}
		for _, x := range tasks {
			f.Release(x.p, x.h, PartAll)
		}
		for h := range Host(hosts) {
			if f.Left(h) != f.Total(h) || f.Tasks(h) != 0 {
				t.Fatalf("host %d: %+v of %+v left, %d tasks when all are gone", h, f.Left(h), f.Total(h), f.Tasks(h))
			}
			f.Remove(h)
		}
		if h, why := f.Place(plans[0], 0, 1); h != NoHost || why != ReasonNoActive {
			t.Errorf("empty fleet: host %d, %q", h, why)
		}
	}
}

// TestNoAllocations: a placement and a release allocate nothing, whatever the
// strategy, and neither does a refusal.
func TestNoAllocations(t *testing.T) {
	for _, chain := range chains {
		f := NewFleet(keyed())
		for i := range 500 {
			f.Add(instance(i, string(rune('a'+i%3)), 4096, 8192))
		}
		r := Requirement{Resources: Resources{CPU: 512, Memory: 512}, Group: "service:x", Rules: rules(t, chain...), Ports: []Port{{80, TCP}}}
		p := compile(t, f, r)
		r.Resources.CPU = 5000
		tooBig := compile(t, f, r)
		for k := range uint64(300) {
			f.Place(p, k, 1)
		}
		k := uint64(0)
		n := testing.AllocsPerRun(300, func() {
			k++
			h, _ := f.Place(p, k, 1)
			f.Release(p, h, PartAll)
			f.Place(tooBig, k, 1)
		})
		if n != 0 {
			t.Errorf("%v: %.1f allocations", chain, n)
		}
	}
}

// TestUnrelated: a plan and an index of another kind, and placements asked of
// them in vain, change no other's choice.
func TestUnrelated(t *testing.T) {
	run := func(other bool) (list []Host) {
		f := NewFleet(keyed())
		for i := range 50 {
			f.Add(instance(i, string(rune('a'+i%3)), 4096, 8192))
		}
		if other {
			compile(t, f, Requirement{Group: "service:other", Service: true})
		}
		p := compile(t, f, Requirement{Resources: Resources{CPU: 512, Memory: 512}, Group: "service:x", Service: true})
		q := compile(t, f, Requirement{Resources: Resources{CPU: 8192}, Group: "service:y"})
		for k := range uint64(100) {
			if other {
				f.Find(q, k, 1)
			}
			h, _ := f.Place(p, k, 1)
			list = append(list, h)
		}
		return list
	}
	if a, b := run(false), run(true); !slices.Equal(a, b) {
		t.Errorf("choices differ:\n%v\n%v", a, b)
	}
}

// TestWaitsForTask: a refusal is remembered only while nothing can end it; for
// a constraint that asks for a running task, a placement can.
func TestWaitsForTask(t *testing.T) {
	f := NewFleet(keyed())
	h := f.Add(instance(0, "a", 4096, 4096))
	near, err := ParseConstraints([]string{"memberOf(task:group == service:cache)"})
	if err != nil {
		t.Fatal(err)
	}
	web := compile(t, f, Requirement{Group: "service:web", Constraints: near})
	cache := compile(t, f, Requirement{Group: "service:cache"})
	for range 2 {
		if got, why := f.Place(web, 0, 1); got != NoHost || why != ReasonMemberOf {
			t.Fatalf("host %d, %q before there is a cache", got, why)
		}
	}
	f.Commit(cache, h)
	if got, why := f.Place(web, 0, 1); got != h {
		t.Errorf("host %d, %q beside the cache", got, why)
	}
}

// TestScheduler: a custom scheduler picks, and ECS still refuses what does not
// fit.
func TestScheduler(t *testing.T) {
	f := NewFleet(byIndex())
	for i := range 3 {
		f.Add(instance(i, "a", int64(1+i)*1024, 8192))
	}
	kind := Schedulers()[slices.IndexFunc(Schedulers(), func(k SchedulerKind) bool { return k.Name == "least-loaded" })]
	p := compile(t, f, Requirement{Resources: Resources{CPU: 1024}, Scheduler: kind.New()})
	var got []Host
	for k := range uint64(7) {
		h, _ := f.Place(p, k, 1)
		got = append(got, h)
	}
	if want := []Host{2, 1, 2, 0, 1, 2, NoHost}; !slices.Equal(got, want) {
		t.Errorf("placed on %v, want %v", got, want)
	}
	stubborn := compile(t, f, Requirement{Resources: Resources{Memory: 9000}, Scheduler: always(1)})
	if h, why := f.Place(stubborn, 0, 1); h != NoHost || why != ReasonMemory {
		t.Errorf("a pick without room: host %d, %q", h, why)
	}
}

type always Host

func (a always) Pick(View, *Plan, uint64) (Host, bool) { return Host(a), true }

// TestTexts: every registered strategy parses in the form it prints, and
// mistakes name what is allowed.
func TestTexts(t *testing.T) {
	for _, text := range []string{"binpack(cpu)", "spread(attribute:stack)", "spread(instanceId)", "random", "first-fit"} {
		if r, err := ParseRule(text); err != nil || r.String() != text {
			t.Errorf("%s: parsed as %v, %v", text, r, err)
		}
	}
	for _, s := range Strategies() {
		if s.Doc == "" {
			t.Errorf("strategy %s has no Doc", s.Type)
		}
	}
	for text, want := range map[string]string{
		"pack(cpu)":          "want one of binpack(cpu|memory), first-fit, random, spread(instanceId|host|attribute:NAME)",
		"binpack":            "the field is missing; want binpack(cpu|memory)",
		"binpack(disk)":      `unknown field "disk"`,
		"spread":             "the field is missing",
		"spread(attribute:)": "name is missing",
		"spread(zone)":       "want spread(instanceId|host|attribute:NAME)",
		"random(x)":          "takes no field",
		"binpack(cpu":        "not closed",
		"binpack()":          "empty",
	} {
		if _, err := ParseRule(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
	if _, err := ParseRules(slices.Repeat([]string{"random"}, 6)); err == nil || !strings.Contains(err.Error(), "at most 5") {
		t.Errorf("6 rules: %v", err)
	}
	for text, want := range map[string]string{
		"distinct":                   "want distinctInstance or memberOf(expression)",
		"distinctInstance(x)":        "takes no expression",
		"memberOf":                   "needs an expression",
		"memberOf(attribute:x like)": "offset 12",
	} {
		if _, err := ParseConstraint(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
	if _, err := ParseConstraints(slices.Repeat([]string{"distinctInstance"}, 11)); err == nil || !strings.Contains(err.Error(), "at most 10") {
		t.Errorf("11 constraints: %v", err)
	}
	f := NewFleet(keyed())
	for want, r := range map[string]Requirement{
		"dynamic range 32768-60999": {Ports: []Port{{40_000, TCP}}},
		"appears twice":             {Ports: []Port{{80, TCP}, {80, TCP}}},
		"want 1 to 65535":           {Ports: []Port{{0, TCP}}},
		"each must be 0 to":         {Resources: Resources{CPU: -1}},
		"counts the tasks":          {Rules: rules(t, "spread(instanceId)")},
		"needs a task group":        {Constraints: []Constraint{{}}},
		"want 0 or more, or -1":     {Provider: -2},
	} {
		if _, err := f.Compile(r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want %q", r, err, want)
		}
	}
}

// TestAccount: what would break the account panics with figures.
func TestAccount(t *testing.T) {
	f := NewFleet(keyed())
	h := f.Add(instance(0, "a", 1024, 1024))
	p := compile(t, f, Requirement{Resources: Resources{CPU: 600, Memory: 1}, Group: "family:x"})
	f.Commit(p, h)
	for name, broken := range map[string]func(){
		"commit without room": func() { f.Commit(p, h) },
		"remove in use":       func() { f.Remove(h) },
		"same instance twice": func() { f.Add(instance(0, "a", 1, 1)) },
		"unknown host":        func() { f.Left(7) },
	} {
		func() {
			defer func() {
				if r := recover(); r == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			broken()
		}()
	}
	f.Release(p, h, PartAll)
	defer func() {
		if recover() == nil {
			t.Error("released twice: no panic")
		}
	}()
	f.Release(p, h, PartAll)
}
