package workloads

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ecsim/sim"
	"ecsim/workloads/units"
)

func poissonBatch(t testing.TB, change func(*BatchConfig)) *Batch {
	t.Helper()
	c := BatchConfig{
		Setting:  setting(1000 * sim.Hour),
		Arrivals: decodePattern(t, table{"pattern": "poisson", "rate": "2/min"}),
		CPU:      Constant(units.CPU(512)),
		Memory:   Constant(units.GiB),
		Run:      LognormalMeanP50(units.Duration(180*time.Second), units.Duration(150*time.Second)),
	}
	if change != nil {
		change(&c)
	}
	b, err := NewBatch(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBatchTasks(t *testing.T) {
	b := poissonBatch(t, func(c *BatchConfig) {
		c.Deadline, c.Use, c.Priority = units.Duration(time.Hour), Constant(units.PPM(600_000)), 3
	})
	var sum float64
	tasks := collect(t, b)
	for i, f := range tasks {
		if f.Index != uint64(i) || f.Deadline != f.At+sim.Hour || f.UsePPM != 600_000 || f.Priority != 3 || f.Work != 0 {
			t.Fatalf("task %d: %+v", i, f)
		}
		if f.Size != (Shape{CPU: 512, Memory: 1024}) {
			t.Fatalf("task %d has size %+v", i, f.Size)
		}
		sum += f.Run.Seconds()
	}
	if mean := sum / float64(len(tasks)); !near(mean, 180, 0.02) {
		t.Errorf("mean run time %v s, want 180", mean)
	}
	if b.Shapes().Len() != 1 {
		t.Errorf("%d shapes, want 1", b.Shapes().Len())
	}
}

// One attribute's distribution does not touch the others' numbers: common
// random numbers, attribute by attribute.
func TestBatchAttributesApart(t *testing.T) {
	base := collect(t, poissonBatch(t, nil))
	other := collect(t, poissonBatch(t, func(c *BatchConfig) {
		c.CPU, c.Memory, c.Use = Uniform(256, 4096), Uniform(100, 9000), Uniform(100_000, 900_000)
	}))
	if len(base) != len(other) {
		t.Fatalf("%d and %d tasks", len(base), len(other))
	}
	sizes := map[Shape]bool{}
	for i := range base {
		if base[i].At != other[i].At || base[i].Run != other[i].Run {
			t.Fatalf("task %d: %+v with one size, %+v with many", i, base[i], other[i])
		}
		s := other[i].Size
		if s.CPU%64 != 0 || s.Memory%64 != 0 || s.CPU < 256 || s.CPU > 4096 || s.Memory > 9024 {
			t.Fatalf("drew size %+v, want multiples of 64 in range", s)
		}
		sizes[s] = true
	}
	if len(sizes) < 100 {
		t.Errorf("%d sizes, want many", len(sizes))
	}
	work := collect(t, poissonBatch(t, func(c *BatchConfig) {
		c.Run, c.Work, c.Parallel = nil, Exponential(units.VCPUHour), 2048
	}))
	for i, f := range work {
		if f.At != base[i].At || f.Run != 0 || f.Work <= 0 || f.Parallel != 2048 || f.UsePPM != 0 {
			t.Fatalf("work task %d: %+v", i, f)
		}
	}
}

func TestBatchErrors(t *testing.T) {
	good := BatchConfig{Setting: setting(sim.Hour), Arrivals: decodePattern(t, table{"pattern": "poisson", "rate": "2/min"}),
		CPU: Constant(1), Memory: Constant(1), Run: Constant(1)}
	for want, change := range map[string]func(*BatchConfig){
		"arrivals":       func(c *BatchConfig) { c.Arrivals = nil },
		"cpu":            func(c *BatchConfig) { c.CPU = nil },
		"memory":         func(c *BatchConfig) { c.Memory = nil },
		"run_time, work": func(c *BatchConfig) { c.Work = Constant(1) },
		"exactly one":    func(c *BatchConfig) { c.Run = nil },
		"parallel":       func(c *BatchConfig) { c.Parallel = 1024 },
		"gpu -1":         func(c *BatchConfig) { c.GPU = -1 },
		"horizon":        func(c *BatchConfig) { c.Horizon = 0 },
	} {
		c := good
		change(&c)
		if _, err := NewBatch(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}

// A fingerprint of drawn work: a change here changes every scenario's figures
// and must be meant.
func TestBatchGolden(t *testing.T) {
	b := poissonBatch(t, nil)
	var got []string
	var task Task
	for range 3 {
		b.Next(&task)
		got = append(got, fmt.Sprintf("%d %d", task.At/sim.Millisecond, task.Run/sim.Millisecond))
	}
	const want = "106199 91521, 111026 176892, 115289 125300"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("got arrivals and run times in ms %s, want %s", s, want)
	}
}

// BenchmarkBatch is the whole cost of a drawn task: a Poisson gap, a lognormal
// run time.
func BenchmarkBatch(b *testing.B) {
	for name, change := range map[string]func(*BatchConfig){
		"poisson,lognormal": func(c *BatchConfig) { c.Horizon = 800_000 * sim.Hour },
		"poisson,lognormal,sizes": func(c *BatchConfig) {
			c.Horizon = 800_000 * sim.Hour
			c.CPU, c.Memory = Uniform(256, 4096), Uniform(500, 8000)
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			src := poissonBatch(b, change)
			var task Task
			for b.Loop() {
				if ok, _ := src.Next(&task); !ok {
					b.StopTimer()
					src = poissonBatch(b, change)
					b.StartTimer()
				}
			}
		})
	}
}

// Example shows a bursty source of batch tasks drawn from parameters as a
// scenario gives them.
func ExampleNewBatch() {
	pattern, err := LookUpPattern("bursty")
	if err != nil {
		fmt.Println(err)
		return
	}
	params := pattern.Params().(*BurstyParams)
	params.Quiet, params.Burst = 2*units.PerSecond/60, 40*units.PerSecond/60
	arrivals, err := pattern.New(params)
	if err != nil {
		fmt.Println(err)
		return
	}
	run, err := ParseDist(map[string]any{"dist": "lognormal", "mean": "180s", "p50": "150s"}, DurationValue)
	if err != nil {
		fmt.Println(err)
		return
	}
	tasks, err := NewBatch(BatchConfig{
		Setting:  Setting{Seed: 1, Workload: "jobs", Horizon: 7 * sim.Day},
		Arrivals: arrivals,
		CPU:      Constant(units.CPU(512)),
		Memory:   Constant(units.GiB),
		Run:      run,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	n := 0
	var t Task
	for {
		ok, err := tasks.Next(&t)
		if err != nil || !ok {
			break
		}
		n++
	}
	fmt.Printf("run time: %v\nabout %d00 tasks in a week\n", run, (n+50)/100)
	// Output:
	// run time: lognormal (mean 180s, p50 150s)
	// about 72900 tasks in a week
}
