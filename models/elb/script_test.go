package elb

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"ecsim/sim"
	"ecsim/sim/simtest"
	"ecsim/workloads/units"
)

var update = flag.Bool("update", false, "rewrite expected output in testdata")

// TestTargetScripts plays each testdata/*.txt: a story of commands, each
// followed by ---- and what a reader should see.
//
//	group type=application interval=30s delay=300s ...   begins
//	register a b      targets register now
//	ready a           likewise, healthy since before time 0
//	fail a, pass a    its checks fail or pass from now on
//	deregister a      it drains; the story ends it when its time is over
//	step 30s          time passes; prints what becomes of targets
//	status            prints each target's state and share
func TestTargetScripts(t *testing.T) {
	simtest.Stories(t, "testdata/*.txt", *update, func(t *testing.T) func([]string) string {
		var s *story
		return func(words []string) string {
			if words[0] == "group" {
				s = newStory(t, words[1:])
			} else {
				s.do(words[0], words[1:])
			}
			defer s.out.Reset()
			return s.out.String()
		}
	})
}

type story struct {
	t     *testing.T
	s     *sim.Simulation
	g     *Group
	names []string
	ids   map[string]TargetID
	out   strings.Builder
}

func newStory(t *testing.T, args []string) *story {
	st := &story{t: t, s: sim.New(1, 0), ids: map[string]TargetID{}}
	g := TargetGroup{Balancer: Application, DeregistrationDelay: 300 * sim.Second}
	for _, a := range args {
		k, v, _ := strings.Cut(a, "=")
		d, _ := units.ParseDuration(v)
		n, _ := strconv.Atoi(v)
		switch k {
		case "type":
			g.Balancer = Type(v)
		case "interval":
			g.HealthCheck.Interval = sim.Time(d)
		case "passes":
			g.HealthCheck.InitialPasses = n
		case "delay":
			g.DeregistrationDelay = sim.Time(d)
		case "slow_start":
			g.SlowStart = sim.Time(d)
		case "sticky":
			g.Stickiness = Stickiness{Enabled: true, Kept: units.One / 2, Duration: sim.Time(d)}
		case "registration":
			g.Registration = sim.Time(d)
		default:
			t.Fatalf("unknown setting %q", k)
		}
	}
	g = g.Filled()
	if faults := g.Check(); faults != nil {
		t.Fatal(faults)
	}
	st.g = NewGroup(st.s, g, 0, st)
	return st
}

func (st *story) TargetHealth(_ int, key uint64, healthy bool, now sim.Time) {
	word := "unhealthy"
	if healthy {
		word = "healthy"
	}
	fmt.Fprintf(&st.out, "%v %s %s\n", now, st.names[key], word)
}

// Handle ends a drained target.
func (st *story) Handle(now sim.Time, arg uint64) {
	name := st.names[arg]
	st.g.Drained(st.ids[name])
	delete(st.ids, name)
	fmt.Fprintf(&st.out, "%v %s unused\n", now, name)
}

func (st *story) do(verb string, args []string) {
	now := st.s.Now()
	switch verb {
	case "step":
		d, err := units.ParseDuration(args[0])
		if err != nil {
			st.t.Fatal(err)
		}
		if err := st.s.RunUntil(context.Background(), now+sim.Time(d)); err != nil {
			st.t.Fatal(err)
		}
		return
	case "status":
		for _, name := range st.names {
			id, ok := st.ids[name]
			if !ok {
				continue
			}
			fmt.Fprintf(&st.out, "%s %v %.1f %%\n", name, st.g.State(id), 100*st.g.Share(id, now).Float())
		}
		return
	}
	for _, name := range args {
		switch verb {
		case "register", "ready":
			key := uint64(len(st.names))
			st.names = append(st.names, name)
			st.ids[name] = st.g.Register(key, sim.NewEntity("story", name), verb == "ready", now)
		case "fail", "pass":
			st.g.SetPassing(st.ids[name], verb == "pass", now)
		case "deregister":
			for key, n := range st.names {
				if n == name {
					st.s.At(st.g.Deregister(st.ids[name], now), sim.ClassRelease, st, uint64(key))
				}
			}
		default:
			st.t.Fatalf("unknown command %q", verb)
		}
	}
}
