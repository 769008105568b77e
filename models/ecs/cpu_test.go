package ecs

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// AWS's own example of CPU shares: one container of 512 units alone on a
// 1-vCPU instance may use all of it; with a second, each is sure of half.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
func TestIdleCPUIsFreeToTake(t *testing.T) {
	r := newRig(t, Config{SharedCPU: true, Providers: []ProviderConfig{machines(1, 1024, 4096)}, Workloads: []WorkloadConfig{batch("w", "hosts")}})
	r.work(0, 512, 512, units.VCPUHour)
	if got := r.rates(); !slices.Equal(got, []float64{1024}) {
		t.Fatalf("one 512-unit task alone on 1 vCPU runs at %v units, want 1024", got)
	}
	r.until(30 * sim.Minute)
	r.work(0, 512, 512, units.VCPUHour)
	if got := r.rates(); !slices.Equal(got, []float64{512, 512}) {
		t.Fatalf("two 512-unit tasks on 1 vCPU run at %v units, want 512 each", got)
	}
	// Half a vCPU-hour is left of the first: one hour at half speed. Then the
	// second, with half done, has the vCPU to itself for half an hour.
	var ends []sim.Time
	for at := 30*sim.Minute + sim.Second; len(r.c.tasks) > 0 && at < 4*sim.Hour; at += sim.Second {
		before := r.c.workloads[0].finished
		r.until(at)
		if r.c.workloads[0].finished > before {
			ends = append(ends, r.s.Now())
		}
	}
	if want := []sim.Time{90*sim.Minute + sim.Second, 2*sim.Hour + sim.Second}; !slices.Equal(ends, want) {
		t.Errorf("tasks end by %v, want by %v", ends, want)
	}
}

// A hard limit, the reserved model and Fargate keep a task at its reservation.
func TestHardLimits(t *testing.T) {
	hard := batch("w", "hosts")
	hard.HardLimit = true
	cases := map[string]struct {
		cfg  Config
		want float64
	}{
		"task-level cpu": {Config{SharedCPU: true, Providers: []ProviderConfig{machines(1, 4096, 8192)}, Workloads: []WorkloadConfig{hard}}, 512},
		"reserved model": {Config{Providers: []ProviderConfig{machines(1, 4096, 8192)}, Workloads: []WorkloadConfig{batch("w", "hosts")}}, 512},
		"shared":         {Config{SharedCPU: true, Providers: []ProviderConfig{machines(1, 4096, 8192)}, Workloads: []WorkloadConfig{batch("w", "hosts")}}, 4096},
		// 384 units and 1 GB become Fargate's 512 units.
		"fargate": {Config{SharedCPU: true, Providers: []ProviderConfig{{Name: FargateName, Kind: FargateName}}, Workloads: []WorkloadConfig{batch("w", FargateName)}}, 512},
	}
	for name, k := range cases {
		r := newRig(t, k.cfg)
		cpu := units.CPU(512)
		if name == "fargate" {
			cpu = 384
		}
		r.work(0, cpu, 1024, 100*units.VCPUHour)
		r.until(sim.Second)
		if got := r.rates(); !slices.Equal(got, []float64{k.want}) {
			t.Errorf("%s: a 512-unit task runs at %v units, want %v", name, got, k.want)
		}
	}
}

// Sharing CPU is work-conserving, fair by weight and gives nobody more than
// its cap; and work is neither lost nor made: what all tasks were given adds
// up to what they asked for.
func TestSharedCPULaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cores := rapid.IntRange(1, 8).Draw(t, "cores")
		cfg := batch("w", "hosts")
		cfg.Retry.Mode = RetryNever
		r := newRig(t, Config{SharedCPU: true, Providers: []ProviderConfig{machines(1, units.CPU(cores)*1024, 1<<20)}, Workloads: []WorkloadConfig{cfg}})
		var asked units.Work
		for range rapid.IntRange(1, 30).Draw(t, "tasks") {
			cpu := units.CPU(rapid.IntRange(0, 1024).Draw(t, "cpu"))
			if rapid.Bool().Draw(t, "elastic") {
				work := units.Work(rapid.Int64Range(1, int64(units.VCPUHour)).Draw(t, "work"))
				parallel := units.CPU(rapid.IntRange(0, 2048).Draw(t, "parallel"))
				before := r.c.workloads[0].rejected
				r.submit(0, workloads.Task{Shape: r.shapes.Intern(workloads.Shape{CPU: cpu, Memory: 16}), Work: work, Parallel: parallel})
				if r.c.workloads[0].rejected == before {
					asked += work
				}
			} else {
				r.submit(0, workloads.Task{Shape: r.shapes.Intern(workloads.Shape{CPU: cpu, Memory: 16}),
					Run: sim.Time(rapid.Int64Range(1, int64(sim.Hour)).Draw(t, "run")), UsePPM: units.PPM(rapid.IntRange(0, 2_000_000).Draw(t, "use"))})
			}
			in := &r.c.instances[0]
			var given, wanted int64
			worst, best := math.Inf(1), 0.0
			for id := in.first; id != none; id = r.c.tasks[id].next {
				k := &r.c.tasks[id]
				given += k.rate
				wanted += k.cap
				weight := float64(max(int64(r.c.needs[k.need].shape.CPU), minShares))
				if k.rate > k.cap {
					t.Fatalf("a task gets %d, over its cap %d", k.rate, k.cap)
				}
				if k.rate < k.cap {
					worst = min(worst, (float64(k.rate)+1)/weight)
				}
				best = max(best, float64(k.rate-1)/weight)
			}
			if want := min(wanted, in.cpu); given != want {
				t.Fatalf("%d given of %d there and %d wanted", given, in.cpu, wanted)
			}
			if worst < best {
				t.Fatalf("a task short of its cap gets %.3f a share while another gets %.3f", worst, best)
			}
			r.until(r.s.Now() + sim.Time(rapid.Int64Range(0, int64(10*sim.Minute)).Draw(t, "pause")))
		}
		r.until(r.s.Now() + 100_000*sim.Hour) // 1 vCPU-hour at one unit takes 1,024 hours
		w := &r.c.workloads[0]
		if w.inSystem.Value() != 0 {
			t.Fatalf("%d tasks never ended", w.inSystem.Value())
		}
		if r.c.usedCPU.Value() != 0 || w.used.Value() != 0 || r.c.instances[0].demand != 0 {
			t.Fatalf("CPU is still in use after the last task: %d, %d, %d", r.c.usedCPU.Value(), w.used.Value(), r.c.instances[0].demand)
		}
	})
}
