package simulate_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"ecsim/models/result"
	"ecsim/scenarios/simulate"
)

func searched(t *testing.T, text string, workers int) *simulate.Comparison {
	t.Helper()
	path := filepath.Join(t.TempDir(), "flips.toml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	sc, err := simulate.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	var platforms []int
	for i := range sc.Platforms {
		platforms = append(platforms, i)
	}
	c, err := simulate.Compare(context.Background(), sc, platforms, workers, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Flips(context.Background(), platforms, workers, nil); err != nil {
		t.Fatal(err)
	}
	return c
}

// fixed is a service on Fargate, or on hosts that are paid whatever they hold.
const fixed = `
duration = "6h"
runs.replications = 2
[workload.api]
kind = "service"
desired_count = 8
cpu = 512
memory = "1 GB"
[platform.fargate]
default_capacity_provider_strategy = ["FARGATE"]
[platform.hosts.capacity_provider.asg]
instance_types = ["m6a.2xlarge"]
auto_scaling_group = { min = %d, max = %d }
`

// One host costs the same for any load and Fargate as much as it has tasks, so
// the crossing is that of two straight lines.
func TestLoadFlipIsWhereCostsCross(t *testing.T) {
	c := searched(t, fmt.Sprintf(fixed, 1, 1), 2)
	cost := func(i int) float64 { e, _ := c.Outcomes[i].Estimate(c.Verdict.CostPath); return e.V }
	if c.Verdict.Winner.Platform != "fargate" || cost(0) >= cost(1) {
		t.Fatalf("fargate %v, hosts %v: the test wants fargate to win", cost(0), cost(1))
	}
	// The least n with n/8 of Fargate's cost above the host's by more than 1 %.
	n := 8.0
	for cost(0)*n/8-cost(1) <= result.EqualShare*cost(0)*n/8 {
		n++
	}
	want := (n - 0.5) / 8 // from there on the count rounds to n
	s := c.Search
	if len(s.Flips) != 1 {
		t.Fatalf("%+v, want the load's flip at %v alone", s, want)
	}
	f := s.Flips[0]
	if f.Factor != "load" || f.Winner != "hosts" || f.Open || !(f.Held < want && want <= f.Flip) || math.Log(f.Flip/f.Held) > 0.031 {
		t.Errorf("%+v, want hosts from a load of %v on", f, want)
	}
	if i := slices.IndexFunc(s.Kept, func(r result.FactorRange) bool { return r.Factor == "load" }); i < 0 || s.Kept[i] != (result.FactorRange{Factor: "load", From: 0.5, To: 1}) {
		t.Errorf("no flip at %+v, want load down to half among it", s.Kept)
	}
	for _, r := range s.Kept {
		if strings.Contains(r.Factor, "run time") || strings.Contains(r.Factor, "speed") {
			t.Errorf("%s is searched, and a service has none", r.Factor)
		}
	}
}

func TestNothingFlips(t *testing.T) {
	s := searched(t, fmt.Sprintf(fixed, 9, 9), 1).Search
	if len(s.Flips) > 0 || s.Open != nil || s.None != "" || len(s.Kept) != 3 {
		t.Errorf("%+v, want no flip of load, start time and image size", s)
	}
}

// Tasks that must start within 100 s cannot wait four times as long for Fargate,
// and what is found is the same on one goroutine and on two.
func TestFlipsDoNotDependOnWorkers(t *testing.T) {
	const text = `
duration = "6h"
runs.replications = 3
[workload.jobs]
kind = "batch"
arrivals = { pattern = "poisson", rate = "1/min" }
run_time = "5m"
cpu = 512
memory = "1 GB"
[slo]
workload.jobs.time_to_running.p95 = "< 100s"
[platform.fargate]
default_capacity_provider_strategy = ["FARGATE"]
[platform.hosts.capacity_provider.asg]
instance_types = ["m6a.2xlarge"]
auto_scaling_group = { min = 2, max = 2 }
`
	one := searched(t, text, 1).Search
	if two := searched(t, text, 2).Search; !reflect.DeepEqual(one, two) {
		t.Errorf("with one worker %+v, with two %+v", one, two)
	}
	i := slices.IndexFunc(one.Flips, func(f result.FactorFlip) bool { return f.Factor == "start time" })
	if i < 0 || one.Flips[i].Flip < 1 || one.Flips[i].Winner != "hosts" || !strings.Contains(one.Flips[i].Why, "time to running p95") {
		t.Errorf("%+v, want fargate to miss its SLO as start time rises", one.Flips)
	}
}
