package ecs

import (
	"testing"
	"time"

	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// group is an Auto Scaling group of m5.large without managed scaling.
func group(least, most int64) ProviderConfig {
	return ProviderConfig{Name: "asg", Kind: "asg", Params: &ASGParams{InstanceTypes: []string{"m5.large"}, Speed: 1e6, RootVolume: "none",
		Boot:  workloads.DurationDist{Dist: workloads.Constant(sim.Minute)},
		Group: GroupParams{Min: least, Max: most}, Distribution: DistributionParams{OnDemandPercent: 100}, Scaling: ManagedScalingParams{Status: "DISABLED", TargetCapacity: 100}}}
}

// A steady start has every service task RUNNING at once, whatever the account's
// launch rate.
func TestSteadyStartRunsAtOnce(t *testing.T) {
	w := batch("api", FargateName)
	w.Kind, w.DesiredCount, w.Shape = Service, 400, workloads.Shape{CPU: 256, Memory: 512}
	r := newRig(t, Config{Steady: true, Providers: []ProviderConfig{{Name: FargateName, Kind: FargateName}}, Workloads: []WorkloadConfig{w}})
	if got := r.c.workloads[0].running; got != 400 {
		t.Errorf("%d of 400 tasks run at the start", got)
	}
}

// Tasks that want an instance each follow one another on one instance.
func TestDistinctInstanceFollows(t *testing.T) {
	w := batch("w", "hosts")
	w.Constraints = []string{"distinctInstance"}
	r := newRig(t, Config{Providers: []ProviderConfig{machines(1, 4096, 4096)}, Workloads: []WorkloadConfig{w}})
	for range 3 {
		r.run(0, 128, 128, sim.Minute)
	}
	r.until(3*sim.Minute + 1)
	if got := r.c.workloads[0].finished; got != 3 {
		t.Errorf("%d of 3 tasks finished", got)
	}
}

// The fewest instances of a window are those that were there all the time, not
// those of the warm-up.
func TestFewestInstances(t *testing.T) {
	for warmUp, fewest := range map[sim.Time]int64{0: 2, 2 * sim.Hour: 3} {
		r := newRig(t, Config{Steady: true, WarmUp: warmUp, Providers: []ProviderConfig{group(2, 3)}, Workloads: []WorkloadConfig{batch("w", "asg")}})
		r.until(sim.Hour)
		r.c.providers[0].(*asg).add(sim.Hour, true)
		p := r.close(4 * sim.Hour).Providers[0]
		if p.MinInstances != fewest || p.MaxInstances != 3 {
			t.Errorf("after a warm-up of %v: %d to %d instances, want %d to 3", warmUp, p.MinInstances, p.MaxInstances, fewest)
		}
	}
}

// A task that must stand beside another's is placed when that one starts.
func TestAffinityFollowsAStart(t *testing.T) {
	near, w := batch("near", "hosts"), batch("w", "hosts")
	near.Constraints = []string{"memberOf(task:group == family:w)"}
	r := newRig(t, Config{Providers: []ProviderConfig{machines(2, 4096, 4096)}, Workloads: []WorkloadConfig{near, w}})
	r.run(0, 128, 128, sim.Minute)
	r.until(sim.Minute)
	r.run(1, 128, 128, sim.Hour)
	if got := r.c.workloads[0].running; got != 1 {
		t.Errorf("%d tasks run beside the one that has started, want 1", got)
	}
}

// A replacement whose own instance drains before it runs is replaced again, and
// the service ends with what it wants.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-draining.html
func TestDrainedReplacementIsReplaced(t *testing.T) {
	w := batch("api", "asg")
	w.Kind, w.DesiredCount, w.Shape = Service, 1, workloads.Shape{CPU: 512, Memory: 512}
	st := noStages()
	st.EC2Start = workloads.Constant(10 * sim.Second)
	r := newRig(t, Config{Steady: true, Stages: st, Providers: []ProviderConfig{group(3, 3)}, Workloads: []WorkloadConfig{w}})
	pl := r.c.pools[0]
	for range 2 {
		for i := range r.c.tasks {
			if k := &r.c.tasks[i]; k.state != stateFree && r.c.instances[k.inst].state == instanceActive {
				pl.drain(k.inst, r.s.Now())
				break
			}
		}
		r.until(r.s.Now() + 5*sim.Second)
	}
	r.until(sim.Hour)
	if got := r.c.workloads[0].running; got != 1 || len(pl.live) != 1 {
		t.Errorf("%d tasks run on %d instances, want 1 on the one that is left", got, len(pl.live))
	}
}

// An instance that ends with its daemon tells how long the daemon held it.
func TestDaemonEndsWithItsInstance(t *testing.T) {
	w := batch("agent", "")
	w.Kind, w.Shape, w.Strategy = Daemon, workloads.Shape{CPU: 64, Memory: 64}, nil
	var held int64 = -1
	r := newRig(t, Config{Steady: true, Providers: []ProviderConfig{group(1, 1)}, Workloads: []WorkloadConfig{w}, Observe: func(e result.Event) {
		if e.Kind == result.TaskStopped {
			held = e.Value
		}
	}})
	r.until(sim.Hour)
	r.c.pools[0].drain(0, sim.Hour)
	if held != 3600 {
		t.Errorf("the daemon held its instance for %d s, want 3600", held)
	}
}

// What a caller of RunTask waits between attempts is a wait for capacity, not
// for a quota.
func TestRetriesWaitForCapacity(t *testing.T) {
	w := batch("w", "hosts")
	w.Retry = Retry{Mode: RetryEvery, Every: 30 * sim.Second, Times: 10}
	r := newRig(t, Config{Providers: []ProviderConfig{machines(1, 1024, 1024)}, Workloads: []WorkloadConfig{w}})
	r.run(0, 1024, 128, sim.Minute)
	r.run(0, 1024, 128, sim.Minute)
	st := r.close(sim.Hour).Workloads[0].Stages
	if q, k := st[result.StageQueued].Max(), st[result.StageCapacity].Max(); q != 0 || k != int64(sim.Minute) {
		t.Errorf("queued %v, waited for capacity %v, want 0 and 1 min", sim.Time(q), sim.Time(k))
	}
}

// Services on a fleet without managed scaling take none of the cluster's
// PROVISIONING quota from those that wait for another provider.
func TestQuotaIsOfManagedScaling(t *testing.T) {
	w := batch("api", "hosts")
	w.Kind, w.DesiredCount, w.Shape = Service, 900, workloads.Shape{CPU: 1024, Memory: 512}
	r := newRig(t, Config{Providers: []ProviderConfig{machines(1, 1024, 1024)}, Workloads: []WorkloadConfig{w}})
	r.until(sim.Hour)
	if r.c.provisioning != 0 || r.c.waiting != 899 {
		t.Errorf("%d in PROVISIONING, %d wait, want 0 and 899", r.c.provisioning, r.c.waiting)
	}
}

// Work of more than 2,500 vCPU-hours is done in its own time, and a run longer
// than the calendar never ends.
func TestHugeWork(t *testing.T) {
	const work = 8000 * units.Work(sim.Hour)
	r := newRig(t, Config{SharedCPU: true, Providers: []ProviderConfig{machines(2, 8192, 1024)}, Workloads: []WorkloadConfig{batch("w", "hosts")}})
	r.work(0, 8192, 128, work)
	r.run(0, 8192, 128, sim.MaxTime-1)
	r.until(1000*sim.Hour - sim.Second)
	if got := r.c.workloads[0].finished; got != 0 {
		t.Errorf("8,000 vCPU-hours are done on 8 vCPU within 1,000 h")
	}
	r.until(1000*sim.Hour + sim.Second)
	if got := r.c.workloads[0].finished; got != 1 {
		t.Errorf("8,000 vCPU-hours are not done on 8 vCPU after 1,000 h")
	}
}

// managedInstances is a provider of kind managed-instances.
func managedInstances(boot *workloads.Dist, types ...string) ProviderConfig {
	return ProviderConfig{Name: "mi", Kind: "managed-instances", Params: &ManagedInstancesParams{AllowedInstanceTypes: types, Speed: 1e6, Max: 50,
		Boot: workloads.DurationDist{Dist: boot}, Reaction: units.Duration(5 * time.Second), ScaleInAfter: units.Duration(5 * time.Minute), FirstSpread: 1, DataVolume: "none"}}
}

// A task whose Managed Instance another took is bought another, and instances
// that nobody uses end.
func TestManagedInstancesServeAllAndEnd(t *testing.T) {
	w := batch("w", "mi")
	w.NetworkMode, w.Retry.Mode = "host", RetryQueue
	for seed := range uint64(20) {
		r := newRigSeed(t, Config{Providers: []ProviderConfig{managedInstances(workloads.Uniform(20*sim.Second, 300*sim.Second), "m5.large", "m5.2xlarge")}, Workloads: []WorkloadConfig{w}}, seed)
		r.run(0, 2048, 128, 10*sim.Minute)
		r.until(10 * sim.Second)
		r.run(0, 8192, 128, 10*sim.Minute)
		r.until(sim.Hour)
		if got := r.c.workloads[0].finished; got != 2 || len(r.c.pools[0].live) != 0 {
			t.Errorf("seed %d: %d of 2 tasks finished, %d instances are left of %d", seed, got, len(r.c.pools[0].live), r.c.pools[0].launches)
		}
	}
}

// What no new instance can satisfy is not bought again and again.
func TestManagedInstancesDoNotBuyInVain(t *testing.T) {
	w := batch("w", "mi")
	w.NetworkMode, w.Retry.Mode = "host", RetryQueue
	w.Constraints = []string{"memberOf(attribute:stack == prod)"}
	r := newRig(t, Config{Providers: []ProviderConfig{managedInstances(workloads.Constant(sim.Minute), "m5.large")}, Workloads: []WorkloadConfig{w}})
	for range 40 {
		r.run(0, 1024, 128, sim.Minute)
		r.until(r.s.Now() + sim.Hour)
	}
	if got := r.c.pools[0].launches; got > 60 || len(r.c.pools[0].live) != 0 {
		t.Errorf("%d instances were launched for a constraint that none can meet, %d are left", got, len(r.c.pools[0].live))
	}
	zone := batch("w", "mi")
	zone.NetworkMode, zone.Retry.Mode = "host", RetryQueue
	zone.Constraints = []string{"memberOf(attribute:ecs.availability-zone == us-east-1c)"}
	r = newRig(t, Config{Providers: []ProviderConfig{managedInstances(workloads.Constant(sim.Minute), "m5.large")}, Workloads: []WorkloadConfig{zone}})
	r.run(0, 1024, 128, sim.Minute)
	r.until(sim.Hour)
	if got := r.c.workloads[0].finished; got != 1 {
		t.Error("a task that wants the third zone finds no instance there")
	}
}

// An On-Demand group launches the first type it lists: a task that only fits
// another can never run, and is not left to wait for ever.
func TestOnlyWhatIsLaunchedCounts(t *testing.T) {
	p := group(0, 3)
	p.Params.(*ASGParams).InstanceTypes = []string{"m5.large", "m5.2xlarge"}
	r := newRig(t, Config{Providers: []ProviderConfig{p}, Workloads: []WorkloadConfig{batch("w", "asg")}})
	r.run(0, 4096, 512, sim.Minute)
	r.run(0, 1024, 512, sim.Minute)
	if w := &r.c.workloads[0]; w.rejected != 1 || r.c.waiting != 1 {
		t.Errorf("%d rejected, %d wait, want 1 and 1", w.rejected, r.c.waiting)
	}
}
