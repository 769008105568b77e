package ecs

import (
	"math"
	"testing"

	"ecsim/models/ecs/placement"
	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// Fargate's size table, row by row: every size stands for itself, one MiB more
// is the next memory size, and one more CPU unit the next CPU size.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
func TestFargateSizes(t *testing.T) {
	sizes := map[units.CPU][]units.MiB{256: {512, 1024, 2048}}
	steps := func(cpu units.CPU, from, to, step units.MiB) {
		for m := from; m <= to; m += step {
			sizes[cpu] = append(sizes[cpu], m)
		}
	}
	steps(512, 1024, 4096, 1024)
	steps(1024, 2048, 8192, 1024)
	steps(2048, 4096, 16384, 1024)
	steps(4096, 8192, 30720, 1024)
	steps(8192, 16384, 61440, 4096)
	steps(16384, 32768, 122880, 8192)
	sizes[32768] = []units.MiB{61440, 122880, 249856}
	order := []units.CPU{256, 512, 1024, 2048, 4096, 8192, 16384, 32768}
	total := 0
	for i, cpu := range order {
		list := sizes[cpu]
		total += len(list)
		for k, m := range list {
			if !OnFargateGrid(cpu, m) {
				t.Errorf("%v with %v is a Fargate size", cpu, m)
			}
			if gotCPU, got, err := FargateSize(cpu-1, m); err != nil || gotCPU != cpu && got < m {
				t.Errorf("%d units with %v: got %v, %v, %v", cpu-1, m, gotCPU, got, err)
			}
			gotCPU, got, err := FargateSize(cpu, m+1)
			switch {
			case k+1 < len(list):
				if gotCPU != cpu || got != list[k+1] {
					t.Errorf("%v with %d MiB: got %v, %v, want %v, %v", cpu, m+1, gotCPU, got, cpu, list[k+1])
				}
			case i+1 < len(order):
				if gotCPU <= cpu || got <= m {
					t.Errorf("%v with %d MiB: got %v, %v, want a larger CPU size", cpu, m+1, gotCPU, got)
				}
			default:
				if err == nil {
					t.Errorf("%v with %d MiB: got %v, %v, want an error", cpu, m+1, gotCPU, got)
				}
			}
		}
	}
	if total != 3+4+7+13+23+12+12+3 {
		t.Errorf("%d sizes", total)
	}
	for _, k := range []struct {
		cpu        units.CPU
		memory     units.MiB
		wantCPU    units.CPU
		wantMemory units.MiB
	}{
		{0, 0, 256, 512}, {100, 3000, 512, 3072}, {300, 512, 512, 1024}, {4096, 15360, 4096, 15360},
		{4096, 31000, 8192, 32768}, {20000, 1024, 32768, 61440}, {1024, 16385, 4096, 17408},
	} {
		if cpu, memory, err := FargateSize(k.cpu, k.memory); err != nil || cpu != k.wantCPU || memory != k.wantMemory {
			t.Errorf("FargateSize(%d, %d) = %v, %v, %v, want %v, %v", k.cpu, k.memory, cpu, memory, err, k.wantCPU, k.wantMemory)
		}
	}
}

// Capacity provider strategies: base first, then weights.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
func TestCapacityProviderStrategy(t *testing.T) {
	for _, k := range []struct {
		base, w1, w2 int64
		tasks        int
		want1, want2 int64
	}{
		{2, 1, 3, 6, 3, 3}, // AWS's: base 2 and weight 1 beside weight 3
		{0, 1, 1, 10, 5, 5},
		{0, 1, 4, 10, 2, 8},
		{3, 0, 1, 8, 3, 5},
		{0, 1, 0, 4, 4, 0},
	} {
		w := batch("w", FargateName)
		w.Strategy = []StrategyItem{{Provider: FargateName, Base: k.base, Weight: k.w1}, {Provider: FargateSpotName, Weight: k.w2}}
		r := newRig(t, Config{Providers: []ProviderConfig{{Name: FargateName, Kind: FargateName}, {Name: FargateSpotName, Kind: FargateSpotName}}, Workloads: []WorkloadConfig{w}})
		for range k.tasks {
			r.run(0, 256, 512, sim.Hour)
		}
		got := r.c.workloads[0].assigned
		if got[0] != k.want1 || got[1] != k.want2 {
			t.Errorf("base %d, weights %d and %d, %d tasks: got %v, want %d and %d", k.base, k.w1, k.w2, k.tasks, got, k.want1, k.want2)
		}
	}
}

// AWS's example of reservation metrics: ten tasks of 1,024 units and 2,048 MiB
// on a c4.4xlarge and a c4.large reserve 55.6 % of CPU and 60.4 % of memory.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster_reservation.html
func TestReservationExample(t *testing.T) {
	fleet := ProviderConfig{Name: "hosts", Kind: "external", Params: &ExternalParams{Speed: 1e6, Nodes: []ExternalNode{
		{Name: "c4.4xlarge", CPU: 16384, Memory: 30158, Count: 1}, {Name: "c4.large", CPU: 2048, Memory: 3768, Count: 1}}}}
	r := newRig(t, Config{Providers: []ProviderConfig{fleet}, Workloads: []WorkloadConfig{batch("w", "hosts")}})
	for range 10 {
		r.run(0, 1024, 2048, 100*sim.Hour)
	}
	k := r.close(sim.Hour).Cluster
	cpu, memory := 100*k.ReservedCPU.Mean[0]/k.CapacityCPU.Mean[0], 100*k.ReservedMemory.Mean[0]/k.CapacityMemory.Mean[0]
	if math.Abs(cpu-55.6) > 0.05 || math.Abs(memory-60.4) > 0.05 {
		t.Errorf("CPUReservation %.2f, MemoryReservation %.2f, want 55.6 and 60.4", cpu, memory)
	}
}

// One copy each of what fills an instance, of what holds a fixed host port;
// awsvpc tasks by network interfaces, more with trunking.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-eni.html
func TestCopiesPerInstance(t *testing.T) {
	asgOf := func(typ string) ProviderConfig {
		p := &ASGParams{InstanceTypes: []string{typ}, Speed: 1e6, RootVolume: "none", Group: GroupParams{Min: 1, Max: 1},
			Distribution: DistributionParams{OnDemandPercent: 100}, Scaling: ManagedScalingParams{Status: "DISABLED", TargetCapacity: 100}}
		return ProviderConfig{Name: "hosts", Kind: "asg", Params: p}
	}
	port := batch("w", "hosts")
	port.Ports = append(port.Ports, placement.Port{Number: 80})
	eni := batch("w", "hosts")
	eni.NetworkMode = "awsvpc"
	for name, k := range map[string]struct {
		provider ProviderConfig
		workload WorkloadConfig
		trunking bool
		cpu      units.CPU
		memory   units.MiB
		want     int64
	}{
		"memory fills the instance": {machines(1, 4096, 1024), batch("w", "hosts"), false, 0, 1000, 1},
		"cpu fills the instance":    {machines(1, 1024, 4096), batch("w", "hosts"), false, 1000, 0, 1},
		"fixed host port 80":        {machines(1, 4096, 4096), port, false, 128, 128, 1},
		"c5.large awsvpc":           {asgOf("c5.large"), eni, false, 10, 10, 2},
		"c5.large awsvpc, trunking": {asgOf("c5.large"), eni, true, 10, 10, 10},
		"c5.large bridge":           {asgOf("c5.large"), batch("w", "hosts"), false, 100, 100, 20},
	} {
		r := newRig(t, Config{Trunking: k.trunking, Steady: true, Providers: []ProviderConfig{k.provider}, Workloads: []WorkloadConfig{k.workload}})
		for range 30 {
			r.run(0, k.cpu, k.memory, 100*sim.Hour)
		}
		r.until(sim.Minute)
		if got := r.c.workloads[0].running; got != k.want {
			t.Errorf("%s: %d copies run, want %d", name, got, k.want)
		}
	}
}

// A burst of Fargate launches starts 100 tasks at once and 20 a second after.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/throttling.html
func TestFargateLaunchRate(t *testing.T) {
	r := newRig(t, Config{Providers: []ProviderConfig{{Name: FargateName, Kind: FargateName}}, Workloads: []WorkloadConfig{batch("w", FargateName)}})
	for range 300 {
		r.run(0, 256, 512, sim.Hour)
	}
	for _, k := range []struct {
		at   sim.Time
		want int64
	}{{0, 100}, {sim.Second, 120}, {5 * sim.Second, 200}, {10 * sim.Second, 300}} {
		r.until(k.at + 1)
		if got := r.c.workloads[0].running; got != k.want {
			t.Errorf("%v: %d tasks run, want %d", k.at, got, k.want)
		}
	}
	run := r.close(sim.Minute)
	if got := run.Workloads[0].Stages[0].Max(); got != int64(10*sim.Second) {
		t.Errorf("the last task was queued for %v, want 10 s", sim.Time(got))
	}
}

// An image is fetched once per instance and once per Fargate task.
func TestImagePulls(t *testing.T) {
	on := func(p ProviderConfig, name string) *rig {
		w := batch("w", name)
		w.Images = []ImageConfig{{Name: "app", Size: 200 * units.MB}}
		st := noStages()
		st.EC2Pull, st.EC2PullPerMB = sim.Second, 30*sim.Millisecond
		st.FargatePull, st.FargatePullPerMB = 5*sim.Second, 100*sim.Millisecond
		return newRig(t, Config{Stages: st, Providers: []ProviderConfig{p}, Workloads: []WorkloadConfig{w}})
	}
	r := on(machines(1, 65536, 65536), "hosts")
	for range 5 {
		r.run(0, 256, 512, sim.Hour)
	}
	r.until(7*sim.Second - 1)
	if r.c.workloads[0].running != 0 {
		t.Errorf("%d tasks run before the image is there", r.c.workloads[0].running)
	}
	r.until(7*sim.Second + 1)
	if r.c.workloads[0].running != 5 {
		t.Errorf("%d tasks run when the image is there, want all 5", r.c.workloads[0].running)
	}
	r.run(0, 256, 512, sim.Hour)
	if r.c.workloads[0].running != 6 {
		t.Error("a task on an instance with the image does not start at once")
	}
	if run := r.close(sim.Minute); run.Workloads[0].PulledBytes != 200*units.MB {
		t.Errorf("an instance fetched %v, want one image of 200 MB", run.Workloads[0].PulledBytes)
	}
	f := on(ProviderConfig{Name: FargateName, Kind: FargateName}, FargateName)
	for range 5 {
		f.run(0, 256, 512, sim.Hour)
	}
	f.until(25*sim.Second + 1)
	if f.c.workloads[0].running != 5 {
		t.Errorf("%d Fargate tasks run after 5 s + 200 x 0.1 s, want 5", f.c.workloads[0].running)
	}
	if run := f.close(sim.Minute); run.Workloads[0].PulledBytes != 1000*units.MB {
		t.Errorf("5 Fargate tasks fetched %v, want 5 images of 200 MB", run.Workloads[0].PulledBytes)
	}
}

// A daemon takes room on every instance, and on Fargate rides in every task.
func TestDaemons(t *testing.T) {
	agent := WorkloadConfig{Name: "agent", Kind: Daemon, Shape: workloads.Shape{CPU: 256, Memory: 256}, NetworkMode: "host",
		Use: workloads.Constant(units.One), Sidecar: workloads.Shape{CPU: 128, Memory: 256}}
	r := newRig(t, Config{Steady: true, Providers: []ProviderConfig{machines(3, 2048, 4096)}, Workloads: []WorkloadConfig{agent, batch("w", "hosts")}})
	for range 10 {
		r.run(1, 1024, 1024, sim.Hour)
	}
	if a, w := r.c.workloads[0].running, r.c.workloads[1].running; a != 3 || w != 3 {
		t.Errorf("%d daemons and %d tasks run on 3 instances of 2 vCPU, want 3 and 3", a, w)
	}
	f := newRig(t, Config{Steady: true, Providers: []ProviderConfig{{Name: FargateName, Kind: FargateName}}, Workloads: []WorkloadConfig{agent, batch("w", FargateName)}})
	f.run(1, 1024, 2048, sim.Hour)
	n := &f.c.needs[f.c.tasks[0].need]
	if s := n.size[0]; s.cpu != 2048 || s.memory != 4096 {
		t.Errorf("1 vCPU and 2 GB with a sidecar of 128 units and 256 MiB is Fargate size %v, %v, want 2 vCPU, 4 GiB", s.cpu, s.memory)
	}
	if f.c.workloads[0].running != 0 {
		t.Error("a daemon runs by itself on Fargate")
	}
}
