package simulate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"ecsim/models/result"
	"ecsim/scenarios"
	"ecsim/sim"
	"ecsim/sim/experiment"
)

// oneHost is an M/M/8 queue on one host, and what else a test adds.
const oneHost = `
drain = false
[workload.jobs]
kind = "batch"
arrivals = { pattern = "poisson", rate = "1/min" }
run_time = { dist = "exponential", mean = "5m" }
cpu = 1024
memory = 1024
on_no_capacity = "retry fifo"
[platform.fargate]
default_capacity_provider_strategy = ["FARGATE"]
`

// A platform 2 % dearer is found at 10 replications when both meet the same
// work, and not when each meets work of its own.
func TestCommonRandomNumbersFindTwoPercent(t *testing.T) {
	load := func(seed int, discount string) *result.Outcome {
		sc := parse(t, fmt.Sprintf("duration = \"6h\"\nruns = { replications = 10, seed = %d }\nprices.discount = %q\n%s", seed, discount, oneHost))
		return all(t, sc, 2).Outcomes[0]
	}
	cheap, dear, elsewhere := load(1, "2%"), load(1, "0%"), load(2, "0%")
	each := func(o *result.Outcome) []float64 { e, _ := o.Estimate("cost_per_month"); return e.Each }
	diff, half := result.Paired(dear, cheap, "cost_per_month")
	away, wide := experiment.Welch(each(elsewhere), each(cheap), result.Confidence)
	t.Logf("2 %% dearer, 10 replications: $%.2f ± %.2f on common random numbers, $%.2f ± %.2f without", diff, half, away, wide)
	if !experiment.Significant(diff, half) || experiment.Significant(away, wide) {
		t.Errorf("%.2f ± %.2f want significant, %.2f ± %.2f want not", diff, half, away, wide)
	}
}

// A wanted precision stops at a checkpoint with intervals that narrow, at the
// same runs whatever the workers, and says so when the most is not enough.
func TestPrecision(t *testing.T) {
	compare := func(keys string, workers int) *Comparison {
		return all(t, parse(t, "duration = \"1d\"\nruns = { "+keys+" }\n"+oneHost), workers)
	}
	one, two := compare(`precision = "2%"`, 1), compare(`precision = "2%"`, 2)
	e, _ := one.Outcomes[0].Estimate("cost_per_month")
	if n := one.Runs; n != two.Runs || n != len(e.Each) || n != 5 && n != 8 && n != 12 && n != 18 && n != 27 {
		t.Errorf("stopped after %d and %d runs", one.Runs, two.Runs)
	}
	if e.Half > 0.02*e.V {
		t.Errorf("%v ± %v is not within 2 %%", e.V, e.Half)
	}
	if f, _ := two.Outcomes[0].Estimate("cost_per_month"); f.V != e.V || f.Half != e.Half {
		t.Errorf("one worker %v ± %v, two %v ± %v", e.V, e.Half, f.V, f.Half)
	}
	c := compare(`precision = "0.01%", max_replications = 6, precision_of = ["workload.jobs.time_to_running.p95"]`, 2)
	if c.Runs != 6 || len(c.Notes) == 0 || !strings.Contains(c.Notes[0].Text, "after 6 runs, the most allowed") {
		t.Errorf("%d runs, notes %v", c.Runs, c.Notes)
	}
}

// A queue that starts empty warms up; the warm-up found is the same for all
// platforms and leaves whole cycles; one that never settles is refused.
func TestAutomaticWarmUp(t *testing.T) {
	slow := strings.ReplaceAll(oneHost, `mean = "5m"`, `mean = "8h"`) // fills over a day
	c := all(t, parse(t, "duration = \"20d\"\nruns = { replications = 2, warm_up = \"auto\" }\n"+slow), 2)
	warm := c.Outcomes[0].First.WarmUp
	if warm < 8*sim.Hour || warm > 5*sim.Day || warm%sim.Hour != 0 || !c.Outcomes[0].First.MonthlyOK {
		t.Errorf("warm-up %v, want about one to four times 8 h, in whole hours", warm)
	}
	grows := parse(t, "duration = \"10d\"\nruns = { replications = 2, warm_up = \"auto\" }\n"+strings.ReplaceAll(oneHost, `mean = "5m"`, `mean = "90d"`))
	_, err := Compare(context.Background(), grows, []int{0}, 2, nil)
	var faults scenarios.Errors
	if !errors.As(err, &faults) || !strings.Contains(err.Error(), "runs.warm_up") {
		t.Errorf("a load that only grows: %v", err)
	}
}

// Batch means of one run: its parts are parts of the same way, so levels and
// money of the parts add up to the run's exactly.
func TestBatchesAreTheRun(t *testing.T) {
	c := all(t, parse(t, "duration = \"5d\"\nruns = { replications = 1, batches = 20 }\n"+oneHost), 2)
	o := c.Outcomes[0]
	if o.Runs != 1 || o.Batches != 20 {
		t.Fatalf("%d runs in %d batches", o.Runs, o.Batches)
	}
	for _, path := range []string{"cost", "cost_per_month", "workload.jobs.in_system", "workload.jobs.running"} {
		e, _ := o.Estimate(path)
		sum := 0.0
		for _, v := range e.Each {
			sum += v / float64(len(e.Each))
		}
		if len(e.Each) != 20 || math.Abs(sum/e.V-1) > 1e-6 || !(e.Half > 0) {
			t.Errorf("%s: mean of %d parts %v, of the run %v ± %v", path, len(e.Each), sum, e.V, e.Half)
		}
	}
	if e, _ := o.Estimate("workload.jobs.submitted"); !math.IsNaN(e.Half) {
		t.Errorf("a count from time 0 has an interval: ± %v", e.Half)
	}
	if _, err := Compare(context.Background(), parse(t, "duration = \"5d\"\nruns = { replications = 1, batches = 9 }\n"+oneHost), []int{0}, 1, nil); err == nil || !strings.Contains(err.Error(), "runs.batches: got 9") {
		t.Errorf("parts of no whole hours: %v", err)
	}
}
