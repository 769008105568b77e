package ecs

import (
	"fmt"
	"testing"
	"time"

	"ecsim/models/ecs/placement"
	"ecsim/models/elb"
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"

	"pgregory.net/rapid"
)

// balanced is a service behind one load balancer.
func balanced(name, provider string, desired int64, delay sim.Time, groups int) WorkloadConfig {
	w := batch(name, provider)
	w.Kind, w.DesiredCount, w.StopTimeout = Service, desired, 30*sim.Second
	w.Shape = workloads.Shape{CPU: 1024, Memory: 1024}
	w.Service = DefaultService(Service)
	for range groups {
		w.TargetGroups = append(w.TargetGroups, elb.TargetGroup{Balancer: elb.Application, DeregistrationDelay: delay})
	}
	return w
}

// checkTargets is the law of registrations: a RUNNING or DEACTIVATING task has
// one target in each of its service's groups, any other none.
func checkTargets(tb fataler, c *Cluster) {
	want := map[int32]int64{}
	for i := range c.tasks {
		t := &c.tasks[i]
		if t.state == stateFree {
			if i < len(c.targets) && c.targets[i].in != 0 {
				tb.Fatal(fmt.Sprintf("task slot %d is free and has targets", i))
			}
			continue
		}
		w := c.needs[t.need].w
		g, _ := c.workloads[w].targets.(*targets)
		if g == nil {
			continue
		}
		x := g.of(TaskID(i))
		if on := t.state == stateRunning || t.state == stateDeactivating; on != (int(x.in) == len(g.groups)) || !on && x.in != 0 {
			tb.Fatal(fmt.Sprintf("task %d in state %d has %d targets of %d", i, t.state, x.in, len(g.groups)))
		} else if on {
			want[w]++
		}
		for k := range int(x.in) {
			if s := g.groups[k].State(x.ids[k]); (s == elb.Draining) != (t.state == stateDeactivating) {
				tb.Fatal(fmt.Sprintf("task %d in state %d has a target %v", i, t.state, s))
			}
		}
		// Inside the grace period the service does not hear of failures.
		grace := t.running + c.workloads[w].service.cfg.HealthCheckGrace
		if t.healthy && x.healthy != 1<<x.in-1 && c.sim.Now() > grace {
			tb.Fatal(fmt.Sprintf("task %d is healthy with targets %b of %d", i, x.healthy, x.in))
		}
	}
	for i := range c.workloads {
		if g, _ := c.workloads[i].targets.(*targets); g != nil {
			for k, group := range g.groups {
				if group.Targets() != want[int32(i)] {
					tb.Fatal(fmt.Sprintf("group %d of workload %d has %d targets, %d tasks are RUNNING or DEACTIVATING", k, i, group.Targets(), want[int32(i)]))
				}
			}
		}
	}
}

// A deployment of four tasks on machines that hold four: the new ones start
// beside the old only once those are gone, after delay and stop time-out. What
// the delay costs is one product.
func TestDeregistrationDelayIsPaidFor(t *testing.T) {
	run := func(provider string, delay sim.Time) (seconds int64, stopped []sim.Time) {
		w := balanced("api", provider, 4, delay, 1)
		w.Service.Deployments = []DeploymentConfig{{At: sim.Hour, Shape: w.Shape}}
		if provider == FargateName {
			w.NetworkMode = "awsvpc"
		}
		cfg := Config{Steady: true, Workloads: []WorkloadConfig{w}, Duration: 3 * sim.Hour,
			Providers: []ProviderConfig{machines(2, 8192, 16384)}}
		cfg.Observe = func(e result.Event) {
			if e.Kind == result.TaskStopped {
				seconds += e.Value
				stopped = append(stopped, e.At)
			}
		}
		if provider == FargateName {
			cfg.Providers = []ProviderConfig{{Name: FargateName, Kind: FargateName}}
		}
		r := newRig(t, cfg)
		for at := sim.Time(0); at < 2*sim.Hour; at += 7 * sim.Second {
			r.until(at)
			checkTargets(t, r.c)
		}
		r.close(2 * sim.Hour)
		return
	}
	for _, provider := range []string{"hosts", FargateName} {
		long, at := run(provider, 300*sim.Second)
		short, early := run(provider, 30*sim.Second)
		// Each of the four stopped tasks holds its room 270 s longer: 1,080
		// task-seconds, 0.3 vCPU-hours of 1 vCPU each.
		if d := long - short; d != 4*270 {
			t.Errorf("%s: four tasks held their room %d s longer with 300 s than with 30 s, want 1,080", provider, d)
		}
		for i := range at {
			if at[i]-early[i] != 270*sim.Second {
				t.Errorf("%s: task %d stopped %v later, want 270 s", provider, i, time.Duration(at[i]-early[i]))
			}
			// Vector 17: at least 300 s from the decision to STOPPED.
			if provider == "hosts" && at[i] < sim.Hour+330*sim.Second {
				t.Errorf("task %d stopped at %v, want 330 s after the deployment at the earliest", i, at[i])
			}
		}
		if len(at) != 4 {
			t.Errorf("%s: %d tasks stopped, want 4", provider, len(at))
		}
	}
}

// Registrations are conserved whatever happens to the service.
func TestTargetsAreConserved(t *testing.T) {
	w := balanced("api", "hosts", 5, 60*sim.Second, 3)
	w.Service.HealthCheckGrace = 90 * sim.Second
	w.Service.Deployments = []DeploymentConfig{{At: sim.Hour, Shape: w.Shape, TaskFailure: units.One / 2, FailureMode: "health_check"}}
	failed := 0
	cfg := Config{Workloads: []WorkloadConfig{w}, Duration: 3 * sim.Hour, Providers: []ProviderConfig{machines(8, 2048, 4096)},
		Observe: func(e result.Event) {
			if e.Kind == result.TaskStopped {
				failed++
			}
		}}
	r := newRig(t, cfg)
	g := r.c.workloads[0].targets.(*targets)
	for at := sim.Time(0); at < 3*sim.Hour; at += 5 * sim.Second {
		r.until(at)
		checkTargets(t, r.c)
		if at == 30*sim.Minute {
			for id := range r.c.tasks {
				if r.c.tasks[id].state == stateRunning {
					g.Health(TaskID(id), false, at)
					break
				}
			}
		}
		if at == 40*sim.Minute && failed != 1 {
			t.Errorf("a task whose target fails is replaced: %d stopped, want 1", failed)
		}
	}
	if failed < 3 {
		t.Errorf("half of a deployment's tasks fail their checks, and %d stopped in all", failed)
	}
	r.close(3 * sim.Hour)
}

// Whatever happens to small services of every shape, registrations are
// conserved at each step.
func TestTargetsOfRandomClusters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := balanced("api", "hosts", rapid.Int64Range(0, 6).Draw(t, "desired"), sim.Time(rapid.IntRange(0, 400).Draw(t, "delay"))*sim.Second, rapid.IntRange(1, 5).Draw(t, "groups"))
		w.StopTimeout = sim.Time(rapid.IntRange(0, 120).Draw(t, "stop")) * sim.Second
		w.Service.HealthCheckGrace = sim.Time(rapid.IntRange(0, 300).Draw(t, "grace")) * sim.Second
		w.Service.MinimumHealthyPercent = rapid.SampledFrom([]int64{0, 50, 100}).Draw(t, "min")
		w.Service.MaximumPercent = rapid.SampledFrom([]int64{150, 200}).Draw(t, "max")
		w.Service.Deployments = []DeploymentConfig{{At: sim.Hour, Shape: w.Shape, TaskFailure: units.PPM(rapid.IntRange(0, 2).Draw(t, "failing")) * units.One / 2, FailureMode: "health_check"}}
		other := balanced("web", "hosts", 2, 30*sim.Second, 1)
		r := newRigSeed(t, Config{Steady: rapid.Bool().Draw(t, "steady"), Workloads: []WorkloadConfig{w, other}, Duration: 3 * sim.Hour,
			Providers: []ProviderConfig{machines(rapid.Int64Range(8, 10).Draw(t, "hosts"), 2048, 4096)}}, rapid.Uint64Range(1, 1000).Draw(t, "seed"))
		g := r.c.workloads[0].targets.(*targets)
		for now := sim.Time(0); now < 2*sim.Hour; now += sim.Time(rapid.IntRange(1, 300).Draw(t, "step")) * sim.Second {
			r.until(now)
			checkTargets(t, r.c)
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				r.c.SetDesired(0, rapid.Int64Range(0, 6).Draw(t, "to"), now)
			case 1:
				id := TaskID(rapid.IntRange(0, len(r.c.tasks)-1).Draw(t, "task"))
				if n := r.c.tasks[id].need; n >= 0 && r.c.needs[n].w == 0 && r.c.tasks[id].state == stateRunning {
					g.Health(id, rapid.Bool().Draw(t, "passing"), now)
				}
			}
		}
		r.close(2 * sim.Hour)
	})
}

// A task is healthy only when it is in every group.
func TestSeveralGroupsAllCount(t *testing.T) {
	w := balanced("api", "hosts", 1, 0, 5)
	cfg := Config{Workloads: []WorkloadConfig{w}, Duration: sim.Hour, Providers: []ProviderConfig{machines(1, 2048, 4096)}}
	r := newRig(t, cfg)
	g := r.c.workloads[0].targets.(*targets)
	for at := sim.Time(0); at <= 40*sim.Second; at += 100 * sim.Millisecond {
		r.until(at)
		n := 0
		for _, group := range g.groups {
			n += int(group.Count(elb.Healthy))
		}
		if r.c.tasks[0].healthy != (n == 5) {
			t.Fatalf("at %v the task is healthy: %v, with %d of 5 targets healthy", at, r.c.tasks[0].healthy, n)
		}
	}
	if !r.c.tasks[0].healthy {
		t.Error("the task is not healthy after its checks")
	}
}

// The same deployment of one task on a group of instances that hold one each:
// the delay costs the second instance the time by which its scale-in comes
// later. Scale-in waits for 15 points below target, one a minute, so 270 s
// count as the whole minutes between the first points that see the room free.
func TestDeregistrationDelayInInstanceHours(t *testing.T) {
	const end = 3 * sim.Hour
	run := func(delay sim.Time) (hours float64, stopped sim.Time) {
		w := balanced("api", "asg", 1, delay, 1)
		w.Ports = []placement.Port{{Number: 8080}} // one a host
		w.Service.Deployments = []DeploymentConfig{{At: sim.Hour, Shape: w.Shape}}
		p := &ASGParams{InstanceTypes: []string{"m6a.large"}, Speed: 1e6, RootVolume: "none",
			Group: GroupParams{Min: 0, Max: 8}, Distribution: DistributionParams{OnDemandPercent: 100},
			Scaling: ManagedScalingParams{TargetCapacity: 100, MinimumStep: 1, MaximumStep: 10000, WarmUp: units.Duration(300 * time.Second),
				TerminationProtection: true, AlarmDelay: units.Duration(time.Minute)},
			Boot: workloads.DurationDist{Dist: workloads.Constant(75 * sim.Second)}}
		cfg := Config{Steady: true, Workloads: []WorkloadConfig{w}, Duration: end, Providers: []ProviderConfig{{Name: "asg", Kind: "asg", Params: p}}}
		cfg.Observe = func(e result.Event) {
			if e.Kind == result.TaskStopped {
				stopped = e.At
			}
		}
		r := newRig(t, cfg)
		out := r.close(end)
		if n := out.Providers[0].MaxInstances; n != 2 {
			t.Errorf("at most %d instances, want 2: twice the desired count, one task on each", n)
		}
		return out.Providers[0].MeanInstances * end.Seconds() / 3600, stopped
	}
	long, at := run(300 * sim.Second)
	short, early := run(30 * sim.Second)
	if at-early != 270*sim.Second {
		t.Errorf("the last old task stops %v later, want 270 s", time.Duration(at-early))
	}
	point := func(at sim.Time) sim.Time { return (at + sim.Minute - 1) / sim.Minute * sim.Minute }
	want := (point(at) - point(early)).Seconds() / 3600
	if d := long - short - want; d > 1e-9 || d < -1e-9 {
		t.Errorf("300 s cost %.4f instance-hours more than 30 s, want %v - %v = %.4f", long-short, point(at), point(early), want)
	}
	t.Logf("%.4f instance-hours more: an instance from %v to %v", long-short, point(early), point(at))
}

// Copies behind dynamic ports share a host, fixed ports take one each; TCP and
// UDP ports are apart; interfaces bind in awsvpc mode, with trunking later.
func TestNetworkModesOnOneInstance(t *testing.T) {
	for _, c := range []struct {
		what     string
		mode     string
		trunking bool
		ports    []placement.Port
		want     int
	}{
		{"dynamic ports", "bridge", false, nil, 2},
		{"a fixed port", "bridge", false, []placement.Port{{Number: 80}}, 1},
		{"host mode", "host", false, []placement.Port{{Number: 8080}}, 1},
		{"none", "none", false, nil, 2},
		{"awsvpc", "awsvpc", false, []placement.Port{{Number: 80}}, 2},
	} {
		w := balanced("api", "asg", 2, 0, 1)
		w.Shape = workloads.Shape{CPU: 64, Memory: 64}
		w.NetworkMode, w.Ports = c.mode, c.ports
		p := &ASGParams{InstanceTypes: []string{"c5.large"}, Speed: 1e6, RootVolume: "none", Group: GroupParams{Min: 1, Max: 1},
			Distribution: DistributionParams{OnDemandPercent: 100}, Scaling: ManagedScalingParams{Status: "DISABLED", TargetCapacity: 100},
			Boot: workloads.DurationDist{Dist: workloads.Constant(75 * sim.Second)}}
		r := newRig(t, Config{Workloads: []WorkloadConfig{w}, Trunking: c.trunking, Duration: sim.Hour, Providers: []ProviderConfig{{Name: "asg", Kind: "asg", Params: p}}})
		r.until(10 * sim.Minute)
		if got := len(r.rates()); got != c.want {
			t.Errorf("%s: %d of 2 copies run on one instance, want %d", c.what, got, c.want)
		}
	}
	// Vector 4 of the facts: a c5.large holds 2 awsvpc tasks, 10 with trunking.
	for trunking, want := range map[bool]int{false: 2, true: 10} {
		w := balanced("api", "asg", 12, 0, 1)
		w.Shape, w.NetworkMode = workloads.Shape{CPU: 64, Memory: 64}, "awsvpc"
		p := &ASGParams{InstanceTypes: []string{"c5.large"}, Speed: 1e6, RootVolume: "none", Group: GroupParams{Min: 1, Max: 1},
			Distribution: DistributionParams{OnDemandPercent: 100}, Scaling: ManagedScalingParams{Status: "DISABLED", TargetCapacity: 100},
			Boot: workloads.DurationDist{Dist: workloads.Constant(75 * sim.Second)}}
		r := newRig(t, Config{Workloads: []WorkloadConfig{w}, Trunking: trunking, Duration: sim.Hour, Providers: []ProviderConfig{{Name: "asg", Kind: "asg", Params: p}}})
		r.until(10 * sim.Minute)
		if got := len(r.rates()); got != want {
			t.Errorf("trunking %v: %d awsvpc tasks on a c5.large, want %d", trunking, got, want)
		}
	}
}

// Subnets keep awsvpc tasks to their zones; without an instance there the
// refusal says LOCATION.
func TestSubnetsRestrictZones(t *testing.T) {
	w := balanced("api", "asg", 2, 0, 1)
	w.Shape, w.NetworkMode, w.Zones = workloads.Shape{CPU: 64, Memory: 64}, "awsvpc", []string{"us-east-1c"}
	p := &ASGParams{InstanceTypes: []string{"c5.large"}, Speed: 1e6, RootVolume: "none", Group: GroupParams{Min: 2, Max: 3},
		Distribution: DistributionParams{OnDemandPercent: 100}, Scaling: ManagedScalingParams{Status: "DISABLED", TargetCapacity: 100},
		Boot: workloads.DurationDist{Dist: workloads.Constant(75 * sim.Second)}}
	for min, want := range map[int64]int{2: 0, 3: 2} {
		p.Group.Min = min
		r := newRig(t, Config{Workloads: []WorkloadConfig{w}, Duration: sim.Hour, Providers: []ProviderConfig{{Name: "asg", Kind: "asg", Params: p}}})
		r.until(10 * sim.Minute)
		if got := len(r.rates()); got != want {
			t.Errorf("%d zones with an instance: %d tasks run, want %d", min, got, want)
		}
		if want > 0 {
			continue
		}
		if _, why := r.c.fleet.Find(r.c.needs[0].plans[0], 0, 0); why != placement.ReasonLocation {
			t.Errorf("no instance in the subnet's zone: refused for %q, want LOCATION", why)
		}
	}
}

// BenchmarkTaskWithoutBalancer and BenchmarkTaskBehindBalancer are a task's
// life in a service, from launch to STOPPED: what stands behind no load
// balancer pays nothing for those that do.
func BenchmarkTaskWithoutBalancer(b *testing.B) { benchmarkTasks(b, 0) }
func BenchmarkTaskBehindBalancer(b *testing.B)  { benchmarkTasks(b, 1) }

func benchmarkTasks(b *testing.B, groups int) {
	w := balanced("api", "hosts", 100, 0, groups)
	r := newRig(b, Config{Workloads: []WorkloadConfig{w}, Providers: []ProviderConfig{machines(400, 1024, 1024)}})
	r.until(sim.Hour)
	s := r.c.workloads[0].service
	b.ReportAllocs()
	b.ResetTimer()
	now := r.s.Now()
	for range b.N {
		for k := range r.c.tasks {
			if r.c.tasks[k].state == stateRunning {
				s.stop(TaskID(k), now)
				break
			}
		}
		now += sim.Minute
		r.until(now)
	}
}
