package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"ecsim/models/result"
	"ecsim/scenarios"
	"ecsim/scenarios/library"
	"ecsim/sim"
	"ecsim/sim/experiment"
	"ecsim/workloads/units"
)

// all runs every platform of a scenario.
func all(t *testing.T, sc *scenarios.Scenario, workers int) *Comparison {
	t.Helper()
	var platforms []int
	for i := range sc.Platforms {
		platforms = append(platforms, i)
	}
	c, err := Compare(context.Background(), sc, platforms, workers, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func parse(t *testing.T, text string, sets ...string) *scenarios.Scenario {
	t.Helper()
	sc, err := scenarios.Parse("test", []byte(text), sets, scenarios.Options{Library: library.FS, Checks: Checks()})
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

// Every library scenario keeps the laws: each task is accounted for, L =
// lambda W holds to the nanosecond, the bill is the sum of its lines and of its
// splits with idle, and nothing reserves more than is there.
func TestLibraryKeepsTheLaws(t *testing.T) {
	for _, name := range library.Names() {
		t.Run(name, func(t *testing.T) {
			sets := []string{"runs.replications=1"}
			if testing.Short() {
				sets = append(sets, "duration=\"3h\"")
			}
			sc, err := Load(name, sets)
			if err != nil && testing.Short() { // its deployment comes later than that
				sc, err = Load(name, sets[:1])
			}
			if err != nil {
				t.Fatal(err)
			}
			if sc.Question == "" {
				t.Error("a library scenario asks a question")
			}
			c := all(t, sc, 2)
			for _, o := range c.Outcomes {
				if o.First == nil {
					t.Errorf("%s: refused: %v", o.Platform, o.Refused)
					continue
				}
				checkLaws(t, o.Platform, o.First)
			}
		})
	}
}

func checkLaws(t *testing.T, platform string, r *result.Run) {
	t.Helper()
	for i := range r.Workloads {
		w := &r.Workloads[i]
		if w.Kind == "batch" && w.Submitted != w.Finished+w.Running+w.Waiting+w.Rejected {
			t.Errorf("%s, %s: %d submitted = %d finished + %d running + %d waiting + %d rejected does not add up", platform, w.Name,
				w.Submitted, w.Finished, w.Running, w.Waiting, w.Rejected)
		}
		if w.InSystem != w.Sojourn {
			t.Errorf("%s, %s: integral of N is %v task-ns, sum of sojourns %v", platform, w.Name, w.InSystem, w.Sojourn)
		}
		if w.UsedCPU.Cmp(w.ReservedCPU) > 0 && w.Kind == "service" {
			t.Errorf("%s, %s: used %v of %v reserved", platform, w.Name, w.UsedCPU, w.ReservedCPU)
		}
	}
	for i := range r.Providers {
		p := &r.Providers[i]
		if p.MeanInstances < float64(p.MinInstances) || p.MeanInstances > float64(p.MaxInstances) {
			t.Errorf("%s, %s: %v instances on average, %d to %d", platform, p.Name, p.MeanInstances, p.MinInstances, p.MaxInstances)
		}
	}
	var lines, splits units.USD
	for _, l := range r.Bill.Lines {
		lines += l.Paid
	}
	for _, s := range r.Bill.Splits {
		splits += s.Paid
	}
	if lines != r.Bill.Total || splits != r.Bill.Total {
		t.Errorf("%s: total %v, lines %v, splits and idle %v", platform, r.Bill.Total.Decimal(), lines.Decimal(), splits.Decimal())
	}
	var hours units.USD
	for _, h := range r.Bill.Hourly {
		for _, p := range h.Class {
			hours += p
		}
	}
	if hours != r.Bill.Total {
		t.Errorf("%s: hours add up to %v of %v", platform, hours.Decimal(), r.Bill.Total.Decimal())
	}
	k := &r.Cluster
	for i := range k.ReservedCPU.Mean {
		if k.ReservedCPU.Mean[i] > k.CapacityCPU.Mean[i]*(1+1e-9) || k.ReservedMemory.Mean[i] > k.CapacityMemory.Mean[i]*(1+1e-9) {
			t.Errorf("%s: bucket %d reserves %v of %v CPU, %v of %v memory", platform, i,
				k.ReservedCPU.Mean[i], k.CapacityCPU.Mean[i], k.ReservedMemory.Mean[i], k.CapacityMemory.Mean[i])
			break
		}
	}
	if len(k.ReservedCPU.Mean) == 0 {
		t.Errorf("%s: no series", platform)
	}
}

// text is everything a run says, for comparison byte by byte.
func text(t *testing.T, c *Comparison) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, o := range c.Outcomes {
		j, err := json.Marshal(struct {
			A, B any
		}{o.First.Bill, o.First.Cluster})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s\n%016x %d %d %v\n", j, o.First.Fingerprint, o.First.Events, o.First.Placements, o.First.Activities)
		for _, m := range result.Metrics() {
			if e, ok := o.Estimate(m.Path); ok {
				fmt.Fprintf(&b, "%s %v %v\n", m.Path, e.Value, e.Each)
			}
		}
	}
	return b.Bytes()
}

const short = "duration=\"1d\""

// The same scenario and seed give the same bytes, on one core or two, twice in
// a row; another seed gives others.
func TestSameSeedSameBytes(t *testing.T) {
	load := func(sets ...string) *scenarios.Scenario {
		sc, err := Load("launch-types-daemon", append(sets, "runs.replications=2", short))
		if err != nil {
			t.Fatal(err)
		}
		return sc
	}
	one := text(t, all(t, load(), 1))
	was := runtime.GOMAXPROCS(1)
	same := text(t, all(t, load(), 4))
	runtime.GOMAXPROCS(was)
	if !bytes.Equal(one, same) || !bytes.Equal(one, text(t, all(t, load(), 2))) {
		t.Error("results depend on the number of cores or workers")
	}
	if bytes.Equal(one, text(t, all(t, load("runs.seed=2"), 2))) {
		t.Error("another seed gives the same bytes")
	}
}

// Two platforms that differ only in name differ by exactly nothing, whatever
// capacity they have; and so does one after its provider or a workload is
// renamed without changing the order.
func TestNamesDoNotMatter(t *testing.T) {
	base := `
duration = "2d"
runs = { replications = 3 }
[workload.encode]
kind = "service"
desired_count = 6
cpu = 2048
memory = "4 GB"
[workload.jobs]
kind = "batch"
arrivals = { pattern = "bursty", quiet = "2/min", burst = "40/min", quiet_for = "80m", burst_for = "10m" }
run_time = { dist = "lognormal", mean = "180s", p50 = "150s" }
cpu = 512
memory = "1 GB"
[platform.a.capacity_provider.asg]
instance_types = ["m6a.2xlarge"]
auto_scaling_group = { min = 3, max = 60 }
[platform.other]
extends = "a"
[platform.mi.capacity_provider.x]
kind = "managed-instances"
[platform.mi.workload]
encode.network_mode = "awsvpc"
jobs.network_mode = "awsvpc"
[platform.mi2]
extends = "mi"
[platform.f]
default_capacity_provider_strategy = ["FARGATE"]
[platform.f2]
extends = "f"
`
	c := all(t, parse(t, base), 2)
	for i := 0; i < len(c.Outcomes); i += 2 {
		a, b := c.Outcomes[i], c.Outcomes[i+1]
		for _, m := range result.Metrics() {
			for _, path := range append([]string{m.Path}, m.For("jobs"), m.For("encode")) {
				if diff, half := result.Paired(a, b, path); diff != 0 && !math.IsNaN(diff) || half != 0 && !math.IsNaN(half) {
					t.Errorf("%s and %s: %s differs by %v +- %v", a.Platform, b.Platform, path, diff, half)
				}
			}
		}
		if a.First.Fingerprint != b.First.Fingerprint {
			t.Errorf("%s and %s took different ways", a.Platform, b.Platform)
		}
	}
	renamed := all(t, parse(t, strings.ReplaceAll(base, "capacity_provider.asg", "capacity_provider.zzz")), 2)
	if a, b := c.Outcomes[0].First, renamed.Outcomes[0].First; a.Fingerprint != b.Fingerprint || a.Bill.Total != b.Bill.Total {
		t.Errorf("renaming a capacity provider changes the bill from %v to %v", a.Bill.Total, b.Bill.Total)
	}
}

// A service of no tasks, and reordering the file, change nothing for others.
func TestEmptyServiceChangesNothing(t *testing.T) {
	jobs := `
[workload.jobs]
kind = "batch"
arrivals = { pattern = "poisson", rate = "20/min" }
run_time = { dist = "exponential", mean = "5m" }
cpu = 512
memory = "1 GB"
`
	service := `
[workload.api]
kind = "service"
desired_count = 5
cpu = 1024
memory = "2 GB"
`
	platform := `
[platform.a.capacity_provider.asg]
instance_types = ["m6a.2xlarge"]
auto_scaling_group = { min = 3, max = 60 }
`
	head := "duration = \"1d\"\nruns = { replications = 1 }\n"
	one := all(t, parse(t, head+jobs+service+platform), 1)
	two := all(t, parse(t, head+platform+service+jobs), 1)
	if !bytes.Equal(text(t, one), text(t, two)) {
		t.Error("the order of tables in the file changes the result")
	}
	empty := all(t, parse(t, head+jobs+service+platform+"[workload.nothing]\nkind = \"service\"\ndesired_count = 0\ncpu = 256\nmemory = 512\n"), 1)
	a, b := one.Outcomes[0].First, empty.Outcomes[0].First
	if a.Fingerprint != b.Fingerprint || a.Bill.Total != b.Bill.Total || a.Events != b.Events {
		t.Errorf("an empty service changes the bill from %v to %v", a.Bill.Total, b.Bill.Total)
	}
}

// M/M/c: tasks that exactly fill a machine, drawn arrivals and run times, first
// come first served. The mean wait agrees with Erlang's C formula within the
// 95 % interval.
func TestErlangC(t *testing.T) {
	if testing.Short() {
		t.Skip("long runs, for a narrow interval")
	}
	for _, k := range []struct {
		servers int
		rho     float64
		wait    float64 // mean wait in service times, Erlang C / (c (1 - rho))
	}{
		{1, 0.7, 0.7 / 0.3},
		{5, 0.8, erlangC(5, 4) / (5 - 4)},
		{20, 0.9, erlangC(20, 18) / (20 - 18)},
	} {
		const mean = 100.0 // seconds
		sc := parse(t, fmt.Sprintf(`
duration = "40d"
drain = false
runs = { replications = 12, warm_up = "2d" }
[workload.jobs]
kind = "batch"
arrivals = { pattern = "poisson", rate = "%.6f/s" }
run_time = { dist = "exponential", mean = "100s" }
cpu = 1024
memory = 1024
image.size = "0 MB"
on_no_capacity = "retry fifo"
[platform.a.stages]
ec2_start = "0s"
[platform.a.capacity_provider.hosts]
kind = "external"
machines = [{ cpu = 1024, memory = 1024, count = %d }]
`, k.rho*float64(k.servers)/mean, k.servers))
		var waits []float64
		c := all(t, sc, 2)
		e, ok := c.Outcomes[0].Estimate("workload.jobs.time_to_running.mean")
		if !ok {
			t.Fatal("no mean wait")
		}
		waits = e.Each
		got, half := experiment.Interval(waits, 0.95)
		want := k.wait * mean
		if math.Abs(got-want) > half*1.2 || half > 0.15*want {
			t.Errorf("M/M/%d at %.0f %%: mean wait %.1f +- %.1f s, Erlang C says %.1f s", k.servers, 100*k.rho, got, half, want)
		}
		checkLaws(t, "hosts", c.Outcomes[0].First)
	}
}

// erlangC is the probability of waiting with c servers and a erlangs.
func erlangC(c int, a float64) float64 {
	sum, term := 0.0, 1.0
	for i := 0; i < c; i++ {
		sum += term
		term *= a / float64(i+1)
	}
	last := term * float64(c) / (float64(c) - a)
	return last / (sum + last)
}

// Squeezed arrivals still come to the end of the duration, stretched ones too.
func TestStretchFillsTheDuration(t *testing.T) {
	for _, k := range []string{"50%", "100%", "300%"} {
		sc, err := Load("launch-types", []string{`workload.jobs.arrivals.stretch="` + k + `"`})
		if err != nil {
			t.Fatal(err)
		}
		for i := range sc.Workloads {
			if w := &sc.Workloads[i]; w.Name == "jobs" {
				src, err := openSource(sc, w, 0, nil)
				if err != nil {
					t.Fatal(err)
				}
				last, err := lastArrival(src.tasks)
				if end := sim.Time(sc.Duration); err != nil || last < end*9/10 {
					t.Errorf("stretch %s: last arrival at %v of %v, error %v", k, last, end, err)
				}
			}
		}
	}
}
