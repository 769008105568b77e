package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const sweptBase = `duration = "1h"
[workload.jobs]
kind = "batch"
arrivals = { pattern = "poisson", rate = "6/min" }
run_time = "30s"
cpu = 512
memory = "1 GB"
[workload.more]
kind = "batch"
arrivals = { pattern = "poisson", rate = "6/min" }
run_time = "30s"
cpu = 512
memory = "1 GB"
[platform.fargate]
default_capacity_provider_strategy = ["FARGATE"]
`

func sweptValues(t *testing.T, sweep string) string {
	t.Helper()
	s, err := Parse("s", []byte(sweptBase+"[sweep]\n"+sweep), nil, Options{})
	if err != nil {
		return err.Error()
	}
	var axes []string
	for i := range s.Sweep.Axes {
		a := &s.Sweep.Axes[i]
		var texts []string
		for v := range a.Values {
			texts = append(texts, a.Text(v))
		}
		axes = append(axes, fmt.Sprintf("%s [%s]", strings.Join(texts, ", "), a.Unit))
	}
	return strings.Join(axes, "; ")
}

// TestSweepValues: values stand in the unit they were written in; ranges count
// in decimals.
func TestSweepValues(t *testing.T) {
	for _, c := range []struct{ sweep, want string }{
		{`"workload.jobs.cpu" = [256, 512]`, "256, 512 [CPU units]"},
		{`"workload.jobs.memory" = { from = "512 MiB", to = "2048 MiB", step = "512 MiB" }`, "512 MiB, 1024 MiB, 1536 MiB, 2048 MiB [MiB]"},
		{`"workload.jobs.memory" = { from = 1024, to = 3072, step = 1024 }`, "1024, 2048, 3072 [MiB]"},
		{`"workload.jobs.run_time" = { from = "30s", to = "2m", step = "30s" }`, "30s, 60s, 90s, 120s [s]"},
		{`"workload.jobs.cpu_use" = { from = "10%", to = "40%", step = "15%" }`, "10%, 25%, 40% [%]"},
		{`"workload.jobs.arrivals.rate" = { from = "0.1/s", to = "0.35/s", step = "0.1/s" }`, "0.1/s, 0.2/s, 0.3/s [/s]"},
		{`"platform.fargate.fargate.speed" = { from = 0.8, to = 1.1, step = 0.1 }`, "0.8, 0.9, 1, 1.1 []"},
		{`"workload.*.image.size" = ["100 MB", "1 GB"]`, "100 MB, 1 GB [MB]"},
		{`"workload.jobs.network_mode" = ["bridge", "awsvpc"]`, "bridge, awsvpc []"},
		{"zip = [[\"workload.jobs.cpu\", \"workload.jobs.memory\"]]\n\"workload.jobs.cpu\" = [256, 512]\n\"workload.jobs.memory\" = [1024, 2048]\n\"workload.more.cpu\" = [1024]",
			"256 + 1024, 512 + 2048 [CPU units]; 1024 [CPU units]"},
		{`"workload.jobs.run_time" = { from = "30s", to = 60, step = "1s" }`, `s.toml:17: sweep."workload.jobs.run_time": write from, to and step in one unit`},
		{`"workload.jobs.memory" = { from = "512 MiB", to = "1 GB", step = "1 MiB" }`, `s.toml:17: sweep."workload.jobs.memory": write from, to and step in one unit`},
		{`"workload.jobs.cpu" = [256, "a lot"]`, `s.toml:17: workload.jobs.cpu: got "a lot"`},
		{`"workload.jobs.cpu" = [256, 256]`, `s.toml:17: sweep."workload.jobs.cpu"[1]: got 256 twice`},
		{"zip = [[\"workload.jobs.cpu\", \"workload.more.cpu\"]]\n\"workload.jobs.cpu\" = [256, 512]\n\"workload.more.cpu\" = [1024]", `has 1 values, and workload.jobs.cpu has 2: want as many`},
		{`zip = [["workload.jobs.cpu", "workload.jobs.memory"]]`, `got "workload.jobs.cpu", which is no path of [sweep]`},
		{``, "got no path, want at least one"},
	} {
		if got := sweptValues(t, c.sweep); !strings.Contains(got, c.want) {
			t.Errorf("%s\ngot  %s\nwant %s", c.sweep, got, c.want)
		}
	}
}

// TestSweepAt: a point is the scenario as --set would make it, and a grid is
// every combination once.
func TestSweepAt(t *testing.T) {
	s, err := Parse("s", []byte(sweptBase+"[sweep]\n\"workload.*.cpu\" = [256, 1024]\n\"workload.jobs.run_time\" = [\"10s\", \"20s\", \"30s\"]\n"), nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Sweep.Points != 6 {
		t.Fatalf("%d points, want 6", s.Sweep.Points)
	}
	var seen [][]int
	for p := range s.Sweep.Points {
		at := s.Sweep.Index(p)
		if slices.ContainsFunc(seen, func(x []int) bool { return slices.Equal(x, at) }) {
			t.Errorf("point %d repeats %v", p, at)
		}
		seen = append(seen, at)
		got, err := s.Sweep.At(p)
		if err != nil {
			t.Fatal(err)
		}
		sets := []string{"workload.*.cpu=" + s.Sweep.Axes[0].Values[at[0]][0], "workload.jobs.run_time=" + s.Sweep.Axes[1].Values[at[1]][0]}
		want, err := Parse("s", []byte(sweptBase), sets, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if string(got.Resolved()) != string(want.Resolved()) {
			t.Errorf("point %d differs from --set %v", p, sets)
		}
	}
	again, err := Parse("s", s.Resolved(), nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if again.Sweep.Axes[0].Name() != s.Sweep.Axes[0].Name() || string(again.Resolved()) != string(s.Resolved()) {
		t.Error("a resolved sweep reads back as another")
	}
}

// TestSweepValuesTogether: a value that suits no base value of the other axes
// is fine when some point holds it, and a wrong one is told once.
func TestSweepValuesTogether(t *testing.T) {
	const group = `"platform.ec2.capacity_provider.asg.auto_scaling_group.`
	parse := func(sweep string) error {
		_, err := Parse("s", []byte(sweptBase+`[platform.ec2.capacity_provider.asg]
instance_types = ["m5.large"]
auto_scaling_group = { min = 1, max = 20 }
[sweep]
`+sweep), nil, testOptions())
		return err
	}
	if err := parse(group + `min" = [1, 30]` + "\n" + group + `max" = [10, 40]`); err != nil {
		t.Error(err)
	}
	for _, sweep := range []string{group + `min" = [1, 30]`, group + `min" = [1, 50]` + "\n" + group + `max" = [10, 40]`, `"workload.jobs.nope" = [1, 2]`} {
		err := parse(sweep)
		if errs, ok := err.(Errors); !ok || len(errs) != 1 {
			t.Errorf("%s: got %v, want one fault", sweep, err)
		}
	}
}
