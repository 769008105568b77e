package ecs

import (
	"fmt"
	"testing"
	"time"

	"ecsim/models/elb"
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"
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
		if t.healthy && x.healthy != 1<<x.in-1 {
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
