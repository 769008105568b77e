package result_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"ecsim/models/result"
	"ecsim/models/result/resulttest"
	"ecsim/sim"
	"ecsim/workloads/units"

	"pgregory.net/rapid"
)

func ExampleJudge() {
	outcomes := resulttest.Outcomes(resulttest.Specs(), 5)
	verdict := result.Judge(outcomes, resulttest.Gates(), "ec2", true)
	for _, row := range verdict.Rows() {
		fmt.Println(row.Platform, row.Standing())
	}
	fmt.Println("winner:", verdict.Winner.Platform)
	// Output:
	// mixed ok
	// fargate ok
	// ec2 MISS
	// ec2-spot MISS
	// fargate-spot RISK
	// winner: mixed
}

func spec(name string) result.Run { return *resulttest.Run(find(name), 0) }

func find(name string) resulttest.Spec {
	specs := resulttest.Specs()
	return specs[slices.IndexFunc(specs, func(s resulttest.Spec) bool { return s.Platform == name })]
}

func fold(t *testing.T, runs []*result.Run) *result.Outcome {
	t.Helper()
	o, err := result.Fold(runs)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// Every row of the table reads an empty and a full run, is found by its own
// path, and has one column.
func TestMetricsTable(t *testing.T) {
	full := spec("mixed")
	columns := map[string]bool{}
	for _, m := range result.Metrics() {
		empty := &result.Run{Workloads: []result.Workload{{}}}
		if v := m.Read(empty, &empty.Workloads[0]); v.OK && (v.V != 0 || math.IsNaN(v.V)) {
			t.Errorf("%s of an empty run: %v, want 0 or none", m.Path, v.V)
		}
		if v := m.Read(&full, &full.Workloads[1]); math.IsNaN(v.V) || math.IsInf(v.V, 0) {
			t.Errorf("%s: %v", m.Path, v.V)
		}
		for _, name := range []string{"jobs", "a.b"} {
			found, workload, err := result.Find(m.For(name))
			if err != nil || found.Path != m.Path || m.PerWorkload() && workload != name {
				t.Errorf("Find(%q): %v %q %v", m.For(name), found, workload, err)
			}
		}
		column := m.Column("jobs")
		if columns[column] || strings.ToLower(column) != column || strings.ContainsAny(column, ". -\"") {
			t.Errorf("column %q is taken or not snake_case", column)
		}
		columns[column] = true
		if m.Doc == "" || !strings.Contains(result.MetricsDoc(), "`"+m.Path+"`") {
			t.Errorf("%s is not documented", m.Path)
		}
	}
}

func TestNearestPath(t *testing.T) {
	for path, want := range map[string]string{
		"cost_per_mont":                     `"cost_per_month"`,
		"workload.jobs.time_to_runing.p95":  `"workload.jobs.time_to_running.p95"`,
		"workload.jobs.time_to_running.p96": `"workload.jobs.time_to_running.p9`,
		"cost_per_mont.upper95":             `"cost_per_month"`,
		"instances.max.upper95":             "no interval",
	} {
		if err := result.CheckPath(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
	if err := result.CheckPath("workload.job.done", "jobs", "nightly"); err == nil || !strings.Contains(err.Error(), `nearest is "jobs"`) {
		t.Errorf("unknown workload: %v", err)
	}
}

func TestMonth(t *testing.T) {
	if got := result.PerMonth(units.Dollar, sim.Hour); got != 730*units.Dollar {
		t.Errorf("$1/h is %v a month, want $730", got)
	}
	if got := result.PerMonth(7*units.Dollar, 7*sim.Day).Decimal(); got != "30.416666667" {
		t.Errorf("$7 a week is %s a month, want 7/168 x 730", got)
	}
}

// A quantile over replications is that of all values together, not the mean of
// the replications' quantiles.
func TestQuantilesArePooled(t *testing.T) {
	quick, slow := spec("ec2"), spec("ec2")
	slow.Replication = 1
	quick.Workloads[1].TimeToRunning, slow.Workloads[1].TimeToRunning = sim.Tally{}, sim.Tally{}
	for range 95 {
		quick.Workloads[1].TimeToRunning.Add(int64(sim.Second))
		slow.Workloads[1].TimeToRunning.Add(int64(sim.Second))
	}
	for range 5 {
		quick.Workloads[1].TimeToRunning.Add(int64(sim.Second))
	}
	for range 105 {
		slow.Workloads[1].TimeToRunning.Add(int64(100 * sim.Second))
	}
	o := fold(t, []*result.Run{&quick, &slow})
	// 195 of 300 values are 1 s: the median is 1 s; the medians' mean is 50 s.
	if e, _ := o.Estimate("workload.jobs.time_to_running.p50"); math.Abs(e.V-1) > 0.01 {
		t.Errorf("median %v s, want 1 s", e.V)
	}
}

// The mean bill is the sum of its mean lines and splits, to the nanodollar.
func TestMeanBillAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var runs []*result.Run
		for i := range rapid.IntRange(1, 7).Draw(t, "runs") {
			r := &result.Run{Replication: uint64(i), Duration: sim.Hour}
			for j := range rapid.IntRange(1, 5).Draw(t, "lines") {
				paid := units.USD(rapid.Int64Range(-1000, 1e12).Draw(t, "paid"))
				r.Bill.Lines = append(r.Bill.Lines, result.Line{SKU: fmt.Sprint(j), Paid: paid, List: 2 * paid})
				r.Bill.Splits = append(r.Bill.Splits, result.Split{Workload: fmt.Sprint(j), Paid: paid})
				r.Bill.Total += paid
				r.Bill.List += 2 * paid
			}
			runs = append(runs, r)
		}
		o, err := result.Fold(runs)
		if err != nil {
			t.Fatal(err)
		}
		var lines, list, splits units.USD
		for _, l := range o.Bill.Lines {
			lines, list = lines+l.Paid, list+l.List
		}
		for _, s := range o.Bill.Splits {
			splits += s.Paid
		}
		if lines != o.Bill.Total || splits != o.Bill.Total || list != o.Bill.List {
			t.Fatalf("lines %d, splits %d, total %d; list %d of %d", lines, splits, o.Bill.Total, list, o.Bill.List)
		}
	})
}

func TestFoldRefusesUnlikeRuns(t *testing.T) {
	for name, change := range map[string]func(r *result.Run){
		"platform":    func(r *result.Run) { r.Platform = "other" },
		"seed":        func(r *result.Run) { r.Seed = 9 },
		"window":      func(r *result.Run) { r.WarmUp = 1 },
		"replication": func(r *result.Run) { r.Replication = 0 },
		"workload":    func(r *result.Run) { r.Workloads = r.Workloads[:2] },
	} {
		a, b := spec("ec2"), spec("ec2")
		b.Replication = 1
		if _, err := result.Fold([]*result.Run{&a, &b}); err != nil {
			t.Fatal(err)
		}
		change(&b)
		if _, err := result.Fold([]*result.Run{&a, &b}); err == nil {
			t.Errorf("runs that differ in %s fold", name)
		}
	}
	if _, err := result.Fold(nil); err == nil {
		t.Error("no runs fold")
	}
}

// Two platforms that differ only in name differ by exactly zero.
func TestPairedOfEqualRuns(t *testing.T) {
	a := find("fargate")
	b := a
	b.Platform = "twin"
	outcomes := resulttest.Outcomes([]resulttest.Spec{a, b}, 4)
	for _, m := range result.Metrics() {
		diff, half := result.Paired(outcomes[0], outcomes[1], m.For("jobs"))
		if e, _ := outcomes[0].Estimate(m.For("jobs")); e.OK && (diff != 0 || half != 0) {
			t.Errorf("%s: %v ± %v, want 0 ± 0", m.Path, diff, half)
		}
	}
	v := result.Judge(outcomes, nil, "twin", true)
	if !v.Ranked[1].EqualWinner {
		t.Error("equal platforms do not read equal")
	}
	diff, half := result.Paired(outcomes[0], resulttest.Outcomes([]resulttest.Spec{find("ec2")}, 4)[0], "cost")
	if diff >= 0 || !(half > 0) {
		t.Errorf("unequal platforms differ by %v ± %v", diff, half)
	}
}

func TestFormats(t *testing.T) {
	for _, c := range []struct {
		unit result.Unit
		v    float64
		want string
	}{
		{result.UnitUSD, 1308.4, "$1,308"}, {result.UnitUSD, -12.5, "-$12.50"}, {result.UnitUSD, 0.00123, "$0.0012"},
		{result.UnitSeconds, 0.25, "0.25 s"}, {result.UnitSeconds, 191.2, "191 s"}, {result.UnitSeconds, 14400, "4.0 h"},
		{result.UnitShare, 0.995, "99.5 %"}, {result.UnitShare, 1, "100.0 %"}, {result.UnitShare, 0.99996, "99.996 %"},
		{result.UnitTasks, 28, "28"}, {result.UnitTasks, 280209, "280,209"}, {result.UnitInstances, 6.856, "6.86"},
	} {
		if got := c.unit.Format(c.v); got != c.want {
			t.Errorf("%v %s: %q, want %q", c.v, c.unit, got, c.want)
		}
	}
}

// A batch's tasks RUNNING come from its series: how long each number ran is
// kept of services alone, whatever else a model leaves there.
func TestRunningOfABatchIsItsMean(t *testing.T) {
	runs := resulttest.Runs(find("fargate"), 2)
	for _, r := range runs {
		for i := range r.Workloads {
			if w := &r.Workloads[i]; w.Name == "jobs" {
				w.RunningTime = make([]sim.Time, 8)
				w.RunningTime[7] = r.Duration // what ran at the end
				w.RunningS = result.Series{Width: r.Duration / 2, Mean: []float64{2, 3}, Max: []int64{9, 9}}
			}
		}
	}
	o, err := result.Fold(runs)
	if err != nil {
		t.Fatal(err)
	}
	if e, _ := o.Estimate("workload.jobs.running"); !e.OK || e.V != 2.5 {
		t.Errorf("jobs running %v, want 2.5", e.Value)
	}
	gate, err := result.ParseGate("workload.jobs.running", ">= 7 for 99%")
	if err != nil {
		t.Fatal(err)
	}
	if r := gate.Hold(o); r.OK {
		t.Error("a share of the time holds for a batch, of which nobody knows it")
	}
}
