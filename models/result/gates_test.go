package result_test

import (
	"math"
	"strings"
	"testing"

	"ecsim/models/result"
	"ecsim/models/result/resulttest"
	"ecsim/sim"
	"ecsim/workloads/units"
)

func TestParseGate(t *testing.T) {
	for _, c := range []struct {
		path, text string
		limit      float64
		share      float64
		err        string // part of it; "" parses
	}{
		{"workload.jobs.time_to_running.p95", "< 90s", 90, 0, ""},
		{"workload.jobs.time_to_running.p95", "<=1m30s", 90, 0, ""},
		{"workload.nightly.on_time", ">= 99%", 0.99, 0, ""},
		{"workload.encode.running", ">= 12 for 99.9%", 12, 0.999, ""},
		{"workload.encode.running", "> 11.5", 11.5, 0, ""},
		{"cost_per_month", "< 5500", 5500, 0, ""},
		{"cost_per_month", "< $5,500.50", 5500.5, 0, ""},
		{"instances.max", "<= 40 instances", 40, 0, ""},
		{"fargate_peak_vcpu", "< 4,000 vCPU", 4000, 0, ""},
		{"cost_per_month", "5500", 0, 0, "want a comparison"},
		{"cost_per_month", "== 5500", 0, 0, "want a comparison"},
		{"cost_per_month", "< 90s", 0, 0, "want dollars"},
		{"workload.jobs.time_to_running.p95", "< 90", 0, 0, "want a duration"},
		{"workload.nightly.on_time", ">= 0.99", 0, 0, "want a percentage"},
		{"workload.jobs.time_to_running.p95", "< 90s for 99%", 0, 0, "cannot be bound"},
		{"workload.encode.running", "<= 12 for 99%", 0, 0, `want ">="`},
		{"workload.encode.running", ">= 12 for 101%", 0, 0, "at most 100%"},
		{"workload.encode.running", ">= 1.5 for 99%", 0, 0, "whole number"},
		{"instances.max", "< -1", 0, 0, "0 or more"},
		{"instances.max", "< NaN", 0, 0, "0 or more"},
		{"cost_per_month.upper95", "< 5500", 5500, 0, ""},
		{"workload.jobs.time_to_running.p95.mean", "< 90s", 90, 0, ""},
		{"instances.mean.lower95", "> 3", 3, 0, ""},
		{"instances.max.mean", "< 40", 40, 0, ""},
		{"instances.max.upper95", "< 40", 0, 0, "no interval"},
		{"cost_per_mont.upper95", "< 5500", 0, 0, `nearest is "cost_per_month"`},
		{"workload.encode.running.mean", ">= 12 for 99.9%", 0, 0, "cannot be bound"},
		{"cost", "<", 0, 0, "want dollars"},
	} {
		g, err := result.ParseGate(c.path, c.text)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s %q: %v, want %q", c.path, c.text, err, c.err)
			}
			continue
		}
		if err != nil || g.Limit != c.limit || g.ForShare != c.share {
			t.Errorf("%s %q: limit %v for %v, %v; want %v for %v", c.path, c.text, g.Limit, g.ForShare, err, c.limit, c.share)
		}
	}
}

func hold(t *testing.T, o *result.Outcome, path, text string) result.GateResult {
	t.Helper()
	g, err := result.ParseGate(path, text)
	if err != nil {
		t.Fatal(err)
	}
	return g.Hold(o)
}

// Bounds are those of the replications' own values: of costs 90, 100 and 110 the
// mean is 100 and the 95 % interval t(2) 10/sqrt(3) = 24.84 to either side.
func TestGateBindsInterval(t *testing.T) {
	var runs []*result.Run
	for i, usd := range []int64{90, 100, 110} {
		r := spec("fargate")
		r.Replication = uint64(i)
		r.Bill.Total = units.USD(usd) * units.Dollar
		runs = append(runs, &r)
	}
	o := fold(t, runs)
	for _, c := range []struct {
		path, text string
		ok, unsure bool
	}{
		{"cost", "< 101", true, true},
		{"cost.mean", "< 101", true, true},
		{"cost.upper95", "< 101", false, true},
		{"cost.upper95", "< 124.8", false, true},
		{"cost.upper95", "< 124.9", true, false},
		{"cost.lower95", "> 75.1", true, false},
		{"cost.lower95", "> 75.2", false, true},
		{"cost.lower95", "< 76", true, true},
	} {
		r := hold(t, o, c.path, c.text)
		if r.OK != c.ok || r.Unsure != c.unsure {
			t.Errorf("%s %s: OK %v, not sure %v (%v to %v), want %v, %v", c.path, c.text, r.OK, r.Unsure, r.Lower, r.Upper, c.ok, c.unsure)
		}
	}
	if r := hold(t, fold(t, runs[:1]), "cost.upper95", "< 1000"); r.OK || !strings.Contains(r.Reason, "one run has no interval") {
		t.Errorf("kept without an interval: %+v", r)
	}
	if r := hold(t, fold(t, runs[:1]), "cost.mean", "< 1000"); !r.OK || r.Unsure {
		t.Errorf("the mean of one run is that run: %+v", r)
	}
}

func TestGateForAShareOfTheTime(t *testing.T) {
	o := resulttest.Outcomes([]resulttest.Spec{find("ec2")}, 3)[0] // 11 of 12 run for 20 s of the week
	if r := hold(t, o, "workload.encode.running", ">= 12 for 99.9%"); !r.OK {
		t.Errorf("missed: %s", r.Reason)
	}
	r := hold(t, o, "workload.encode.running", ">= 12 for 100%")
	if r.OK || !strings.Contains(r.Reason, "99.997 %") {
		t.Errorf("20 s of a week below 12: OK %v, %q", r.OK, r.Reason)
	}
	if r := hold(t, o, "workload.encode.running", ">= 11 for 100%"); !r.OK {
		t.Errorf("missed: %s", r.Reason)
	}
}

// A figure of which only a lower bound is known cannot keep a limit it must
// stay under, whether the bound lies beyond it or not; it can keep one it must
// exceed.
func TestCensoredFigureMisses(t *testing.T) {
	r := spec("ec2")
	w := &r.Workloads[1]
	w.TimeToRunning = sim.Tally{}
	for range 90 {
		w.TimeToRunning.Add(int64(10 * sim.Second))
	}
	for range 10 {
		w.TimeToRunning.AddAtLeast(int64(60 * sim.Second))
	}
	o := fold(t, []*result.Run{&r})
	const p95, p50 = "workload.jobs.time_to_running.p95", "workload.jobs.time_to_running.p50"
	if g := hold(t, o, p95, "< 90s"); g.OK || !g.Censored || !strings.Contains(g.Reason, "unknown, at least 60 s") {
		t.Errorf("bound 60 s under limit 90 s: %+v", g)
	}
	if g := hold(t, o, p95, "< 30s"); g.OK || !g.Censored || !strings.Contains(g.Reason, ">60 s > 30 s") {
		t.Errorf("bound 60 s over limit 30 s: %+v", g)
	}
	if g := hold(t, o, p95, ">= 30s"); !g.OK {
		t.Errorf("at least 60 s is at least 30 s: %+v", g)
	}
	if g := hold(t, o, p50, "< 90s"); !g.OK || g.Censored {
		t.Errorf("the median is known: %+v", g)
	}
}

func TestGateWithoutFigureMisses(t *testing.T) {
	r := spec("fargate")
	r.MonthlyOK, r.NeedDuration = false, 7*sim.Day
	o := fold(t, []*result.Run{&r})
	for path, want := range map[string]string{
		"instances.mean":        "no value",
		"workload.jobs.on_time": "no value",
		"cost_per_month":        `use duration = "7d"`,
	} {
		g := hold(t, o, path, map[bool]string{true: "< 10", false: ">= 1%"}[path != "workload.jobs.on_time"])
		if g.OK || !strings.Contains(g.Reason, want) {
			t.Errorf("%s: OK %v, %q, want %q", path, g.OK, g.Reason, want)
		}
	}
}

// A few tasks under way at the end of many do not make a quantile unknown: it
// is known as soon as it stays put even if they waited for ever.
func TestFewUnderWayDoNotCensor(t *testing.T) {
	r := spec("fargate")
	w := &r.Workloads[1]
	w.TimeToRunning = sim.Tally{}
	for i := range 10000 {
		w.TimeToRunning.Add(int64(50*sim.Second) + int64(i)*int64(sim.Millisecond))
	}
	for range 5 {
		w.TimeToRunning.AddAtLeast(int64(sim.Second))
	}
	o := fold(t, []*result.Run{&r})
	if e, _ := o.Estimate("workload.jobs.time_to_running.p95"); e.LowerBound {
		t.Errorf("p95 %v s is a lower bound for 5 tasks of 10,005", e.V)
	}
	if e, _ := o.Estimate("workload.jobs.time_to_running.max"); !e.LowerBound || !math.IsInf(e.Upper, 1) {
		t.Error("the longest wait is not a lower bound")
	}
	// 600 under way of 10,600 move the p95 within the slower known values.
	for range 595 {
		w.TimeToRunning.AddAtLeast(int64(sim.Second))
	}
	o = fold(t, []*result.Run{&r})
	if g := hold(t, o, "workload.jobs.time_to_running.p50", "< 60s"); !g.OK {
		t.Errorf("kept whatever those under way do, but missed: %s", g.Reason)
	}
	if g := hold(t, o, "workload.jobs.time_to_running.p95", "< 90s"); g.OK {
		t.Error("p95 cannot be known: 5.7 % are under way")
	}
}

func TestNotesAlikeAreOne(t *testing.T) {
	list := result.UniteNotes([]result.Note{{Text: "peak of 98 vCPU on m6a.2xlarge"}, {Text: "images of ec2: 9 GB"}},
		[]result.Note{{Text: "peak of 1,204 vCPU on m6a.2xlarge"}, {Text: "peak of 98 vCPU on m6i.2xlarge"}, {Text: "images of ec3: 9 GB"}})
	var texts []string
	for _, n := range list {
		texts = append(texts, n.Text)
	}
	if got := strings.Join(texts, "; "); got != "peak of 1,204 vCPU on m6a.2xlarge; images of ec2: 9 GB; peak of 98 vCPU on m6i.2xlarge; images of ec3: 9 GB" {
		t.Error(got)
	}
}

// Whatever is written, a gate is refused or holds a limit that makes sense.
func FuzzParseGate(f *testing.F) {
	for _, text := range []string{"< 90s", ">= 99%", ">= 12 for 99.9%", "< $5,500", "<= 1e9", "> for", "<", ">= 1 for 1% for 2%"} {
		f.Add("workload.encode.running", text)
		f.Add("cost_per_month", text)
	}
	f.Add(`workload."a.b".on_time`, ">= 99%")
	f.Fuzz(func(t *testing.T, path, text string) {
		g, err := result.ParseGate(path, text)
		if err != nil {
			return
		}
		if g.Op == "" || !(g.Limit >= 0) || math.IsInf(g.Limit, 0) || g.ForShare < 0 || g.ForShare > 1 {
			t.Errorf("%q %q: %+v", path, text, g)
		}
		if again, err := result.ParseGate(g.Metric.For(g.Workload), g.Text); err != nil || again.Limit != g.Limit {
			t.Errorf("%q does not read back: %v", g.Metric.For(g.Workload), err)
		}
	})
}
