package ecs

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"ecsim/models/billing"
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/sim/simtest"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

var update = flag.Bool("update", false, "rewrite expected output in testdata")

// TestScalingScripts plays each testdata/scaling/*.txt: a story of commands,
// each followed by ---- and what a reader should see.
//
//	group type=m6a.2xlarge min=0 max=10 target=100 warmup=300s boot=75s protect=true instances=3
//	run N cpu=2048 memory=4096 for=10h   submit tasks now
//	stop N                               the N earliest running tasks end
//	step 5m                              let time pass; prints scaling activities and registrations
//	status                               prints the group and its tasks
func TestScalingScripts(t *testing.T) {
	simtest.Stories(t, "testdata/scaling/*.txt", *update, func(t *testing.T) func([]string) string {
		var s *story
		return func(words []string) string {
			if words[0] == "group" {
				s = newStory(t, words[1:])
			} else {
				s.do(words)
			}
			return s.take()
		}
	})
}

// story is one small cluster under a script.
type story struct {
	t      *testing.T
	s      *sim.Simulation
	c      *Cluster
	g      *asg
	shapes workloads.Shapes
	out    strings.Builder
	index  uint64
	seen   int
}

func newStory(t *testing.T, args []string) *story {
	st := &story{t: t, s: sim.New(1, 0)}
	p := &ASGParams{InstanceTypes: []string{"m6a.2xlarge"}, Speed: 1e6, RootVolume: "none",
		Group: GroupParams{Max: 10}, Distribution: DistributionParams{OnDemandPercent: 100},
		Scaling: ManagedScalingParams{TargetCapacity: 100, MinimumStep: 1, MaximumStep: 10000, WarmUp: units.Duration(300 * time.Second),
			TerminationProtection: true, AlarmDelay: units.Duration(time.Minute)},
		Boot: workloads.DurationDist{Dist: workloads.Constant(75 * sim.Second)}}
	instances := int64(-1)
	daemon := workloads.Shape{}
	for _, a := range args {
		k, v, _ := strings.Cut(a, "=")
		n, _ := strconv.ParseInt(v, 10, 64)
		d, _ := units.ParseDuration(v)
		switch k {
		case "type":
			p.InstanceTypes = strings.Split(v, ",")
		case "min":
			p.Group.Min = n
		case "max":
			p.Group.Max = n
		case "target":
			p.Scaling.TargetCapacity = n
		case "step":
			lo, hi, _ := strings.Cut(v, "..")
			p.Scaling.MinimumStep, _ = strconv.ParseInt(lo, 10, 64)
			p.Scaling.MaximumStep, _ = strconv.ParseInt(hi, 10, 64)
		case "warmup":
			p.Scaling.WarmUp = d
		case "boot":
			p.Boot.Dist = workloads.Constant(d)
		case "protect":
			p.Scaling.TerminationProtection = v == "true"
		case "instances":
			instances = n
		case "daemon":
			daemon = workloads.Shape{CPU: units.CPU(n), Memory: 128}
		default:
			t.Fatalf("unknown setting %q", a)
		}
	}
	max, min := p.Group.Max, p.Group.Min
	if instances >= 0 {
		p.Group.Min = instances // brought up at time 0; the real minimum holds from then on
	}
	end := 365 * sim.Day
	zero := workloads.Constant(sim.Time(0))
	cfg := Config{Region: "us-east-1", Zones: 3, Start: time.Unix(0, 0).UTC(), Duration: end, Steady: true, TieIndex: true,
		Stages:    StageConfig{FargateProvisioning: zero, EC2Start: zero, EC2Awsvpc: zero},
		Providers: []ProviderConfig{{Name: "asg", Kind: "asg", Params: p}},
		Workloads: []WorkloadConfig{{Name: "job", Kind: Batch, Shapes: &st.shapes, Use: workloads.Constant(units.One), NetworkMode: "bridge",
			RejectOversize: true, Strategy: []StrategyItem{{Provider: "asg", Weight: 1}}, Placement: []string{"binpack(memory)"}}},
		Observe: st.observe,
	}
	if daemon.CPU > 0 {
		cfg.Workloads = append([]WorkloadConfig{{Name: "agent", Kind: Daemon, Shape: daemon, Use: workloads.Constant(units.One), NetworkMode: "host"}}, cfg.Workloads...)
	}
	names := make([]string, len(cfg.Workloads))
	for i, w := range cfg.Workloads {
		names[i] = w.Name
	}
	var err error
	if st.c, err = New(st.s, billing.NewLedger(time.Unix(0, 0), 0, end, names), cfg); err != nil {
		t.Fatal(err)
	}
	if err := st.c.Start(); err != nil {
		t.Fatal(err)
	}
	st.g = st.c.providers[0].(*asg)
	p.Group.Min, st.g.scaler.min, st.g.scaler.max = min, min, max
	return st
}

func (st *story) observe(e result.Event) {
	switch e.Kind {
	case result.InstanceRegistered:
		if e.At > 0 {
			fmt.Fprintf(&st.out, "%v instance %d registers\n", e.At, e.Place)
		}
	case result.InstanceTerminated:
		fmt.Fprintf(&st.out, "%v instance %d terminates\n", e.At, e.Place)
	case result.InstanceDraining:
		fmt.Fprintf(&st.out, "%v instance %d drains\n", e.At, e.Place)
	case result.ScalingActivity:
		a := st.c.activities[st.seen]
		st.seen++
		fmt.Fprintf(&st.out, "%v %s: desired %d -> %d\n", e.At, a.Cause, a.From, a.To)
	case result.TaskRejected:
		fmt.Fprintf(&st.out, "%v task %d rejected\n", e.At, e.Entity)
	}
}

func (st *story) do(words []string) {
	n := int64(1)
	if len(words) > 1 {
		if v, err := strconv.ParseInt(words[1], 10, 64); err == nil {
			n = v
		}
	}
	switch words[0] {
	case "run":
		shape := workloads.Shape{CPU: 2048, Memory: 4096}
		span := 1000 * sim.Hour
		for _, a := range words[2:] {
			k, v, _ := strings.Cut(a, "=")
			switch k {
			case "cpu":
				shape.CPU, _ = units.ParseCPU(v)
			case "memory":
				shape.Memory, _ = units.ParseMiB(v)
			case "for":
				d, _ := units.ParseDuration(v)
				span = sim.Time(d)
			default:
				st.t.Fatalf("unknown %q", a)
			}
		}
		for range n {
			st.c.Submit(len(st.c.workloads)-1, &workloads.Task{At: st.s.Now(), Index: st.index, Shape: st.shapes.Intern(shape), Run: span, UsePPM: units.One})
			st.index++
		}
	case "stop":
		for id := range st.c.tasks {
			t := &st.c.tasks[id]
			if n > 0 && t.state == stateRunning && st.c.workloads[st.c.needs[t.need].w].cfg.Kind == Batch {
				st.c.stop(TaskID(id), st.s.Now())
				n--
			}
		}
		if n > 0 {
			st.t.Fatalf("%d tasks too few to stop", n)
		}
	case "step":
		d, err := units.ParseDuration(words[1])
		if err != nil {
			st.t.Fatal(err)
		}
		// Events at the very end of a step belong to it.
		if err := st.s.RunUntil(context.Background(), st.s.Now()+sim.Time(d)+1); err != nil {
			st.t.Fatal(err)
		}
	case "status":
		r := st.g.measure()
		fmt.Fprintf(&st.out, "desired %d, instances %d (%d registered, %d busy); tasks %d running, %d PROVISIONING; CapacityProviderReservation %.1f\n",
			st.g.desired, len(st.g.live), st.g.active, st.g.busy(), st.c.workloads[len(st.c.workloads)-1].running, st.c.provisioning, r.percent(st.g.scaler.target))
	default:
		st.t.Fatalf("unknown command %q", words[0])
	}
}

func (st *story) take() string {
	s := st.out.String()
	st.out.Reset()
	return s
}
