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

// change folds n replications of a made-up platform after changing each.
func change(t *testing.T, name string, n int, f func(r *result.Run)) *result.Outcome {
	t.Helper()
	runs := resulttest.Runs(find(name), n)
	for _, r := range runs {
		f(r)
	}
	return fold(t, runs)
}

func TestUnequalWorkIsNotRanked(t *testing.T) {
	full := change(t, "ec2", 3, func(*result.Run) {})
	less := change(t, "fargate", 3, func(r *result.Run) {
		w := &r.Workloads[2]
		w.DoneWork = w.TotalWork.DivRound(2)
	})
	rejects := change(t, "mixed", 3, func(r *result.Run) {
		w := &r.Workloads[1]
		w.Finished -= 64
		w.Rejected += 64 // 1 %
	})
	v := result.Judge([]*result.Outcome{full, less, rejects}, nil, "fargate", true)
	if v.Winner == nil || v.Winner.Platform != "ec2" {
		t.Fatalf("winner %v, want ec2, which did all the work", v.Winner)
	}
	for _, row := range v.Others {
		if row.Standing() != result.LessWork {
			t.Errorf("%s: %s, want less work", row.Platform, row.Standing())
		}
	}
	if v.Saving.OK || !strings.Contains(v.NoSaving, "less of the work") {
		t.Errorf("saving %v quoted against a platform that did half the work (%q)", v.Saving, v.NoSaving)
	}
}

func TestNoWinnerWhenAllMiss(t *testing.T) {
	gate, err := result.ParseGate("workload.jobs.time_to_running.p95", "< 1s")
	if err != nil {
		t.Fatal(err)
	}
	v := result.Judge(resulttest.Outcomes(resulttest.Specs(), 2), []result.Gate{gate}, "ec2", true)
	if v.Winner != nil || v.Saving.OK || len(v.Ranked) != 0 || len(v.Others) != 5 || v.Flips != nil {
		t.Errorf("winner %v, saving %v: want none", v.Winner, v.Saving)
	}
}

func TestSpotWithoutInterruptionsNeverWins(t *testing.T) {
	v := result.Judge(resulttest.Outcomes(resulttest.Specs(), 2), nil, "ec2", true)
	for _, row := range v.Ranked {
		if strings.Contains(row.Platform, "spot") {
			t.Errorf("%s is ranked", row.Platform)
		}
	}
	for _, row := range v.Others {
		if row.Standing() != result.Risk || !strings.Contains(row.Faults[0].Text, "price only") {
			t.Errorf("%s: %v", row.Platform, row.Faults)
		}
	}
}

func TestNoSavingAgainstFleetBoughtForThePeak(t *testing.T) {
	peak := find("ec2")
	peak.Label = result.FixedAtPeak
	outcomes := resulttest.Outcomes([]resulttest.Spec{peak, find("fargate")}, 3)
	if v := result.Judge(outcomes, nil, "ec2", false); v.Saving.OK || v.NoSaving == "" || v.Ranked[0].VsBaseline.OK {
		t.Errorf("saving %v quoted against %s", v.Saving, result.FixedAtPeak)
	}
	if v := result.Judge(outcomes, nil, "ec2", true); !v.Saving.OK || v.Saving.V <= 0 {
		t.Errorf("no saving quoted against the user's own baseline: %q", v.NoSaving)
	}
}

func TestSmallDifferencesAreEqual(t *testing.T) {
	a := find("fargate")
	near, far := a, a
	near.Platform, near.Weekly = "near", a.Weekly*1.009
	far.Platform, far.Weekly = "far", a.Weekly*1.011
	v := result.Judge(resulttest.Outcomes([]resulttest.Spec{a, near, far}, 5), nil, "fargate", true)
	if v.Winner.Platform != "fargate" || !v.Ranked[1].EqualWinner || v.Ranked[2].EqualWinner {
		t.Errorf("equal to the winner: %s %v, %s %v; want the one below 1 %% only",
			v.Ranked[1].Platform, v.Ranked[1].EqualWinner, v.Ranked[2].Platform, v.Ranked[2].EqualWinner)
	}
}

// A difference larger than 1 % that chance explains reads equal too.
func TestDifferencesWithinChanceAreEqual(t *testing.T) {
	noisy := change(t, "fargate", 4, func(r *result.Run) {
		r.Bill.Total = r.Bill.Total * units.USD(90+10*r.Replication) / 100 // 90 to 120 %
		r.Platform = "noisy"
	})
	plain := change(t, "fargate", 4, func(*result.Run) {})
	v := result.Judge([]*result.Outcome{plain, noisy}, nil, "fargate", true)
	diff, half := result.Paired(v.Ranked[0].Outcome, v.Ranked[1].Outcome, "cost_per_month")
	if math.Abs(diff) > half || !v.Ranked[1].EqualWinner {
		t.Errorf("difference %v ± %v: equal %v", diff, half, v.Ranked[1].EqualWinner)
	}
}

func TestShortWindowHasNoMonth(t *testing.T) {
	short := func(r *result.Run) { r.MonthlyOK, r.NeedDuration = false, 7*sim.Day }
	a, b := change(t, "ec2", 2, short), change(t, "fargate", 2, short)
	v := result.Judge([]*result.Outcome{a, b}, nil, "ec2", true)
	if e, _ := a.Estimate("cost_per_month"); e.OK {
		t.Error("a window that is not whole cycles has a cost a month")
	}
	if v.CostPath != "cost" || v.Winner == nil || v.Winner.Platform != "fargate" {
		t.Errorf("by %s: %v", v.CostPath, v.Winner)
	}
	whole := change(t, "mixed", 2, func(*result.Run) {})
	v = result.Judge([]*result.Outcome{a, whole}, nil, "ec2", true)
	if v.Others[0].Standing() != result.NoMonthly || !strings.Contains(v.Others[0].Faults[0].Text, `"7d"`) {
		t.Errorf("%s beside one with a month: %v", v.Others[0].Platform, v.Others[0].Faults)
	}
}

func TestRefusedPlatformStandsBelow(t *testing.T) {
	cannot := result.Refuse("lambda", []result.Reason{{About: "nightly", Text: "runs over 15 min"}})
	v := result.Judge([]*result.Outcome{cannot, change(t, "ec2", 2, func(*result.Run) {})}, resulttest.Gates(), "lambda", true)
	if len(v.Others) != 2 || v.Others[0].Standing() != result.Cannot || v.Others[0].Faults[0].Text != "nightly: runs over 15 min" {
		t.Errorf("others %v", v.Others)
	}
	if v.Saving.OK {
		t.Error("saving quoted against a platform that cannot run the work")
	}
}

// The worst wait is that nearest its own limit, not the longest.
func TestWorstWaitIsRelative(t *testing.T) {
	var gates []result.Gate
	for _, g := range [][2]string{{"workload.jobs.time_to_running.p95", "< 90s"}, {"workload.nightly.completion.max", "< 100h"}} {
		gate, err := result.ParseGate(g[0], g[1])
		if err != nil {
			t.Fatal(err)
		}
		gates = append(gates, gate)
	}
	v := result.Judge(resulttest.Outcomes([]resulttest.Spec{find("fargate")}, 2), gates, "fargate", true)
	if w := v.Ranked[0].WorstWait(); w.Workload != "jobs" || w.Limit != 90 {
		t.Errorf("worst wait %+v, want that of jobs against 90 s", w)
	}
	v = result.Judge(resulttest.Outcomes([]resulttest.Spec{find("fargate")}, 2), nil, "fargate", true)
	if w := v.Ranked[0].WorstWait(); w.Workload != "nightly" || w.Limit != 0 {
		t.Errorf("without limits %+v, want the longest p95, nightly", w)
	}
}

// Repricing the bills at a flip makes both platforms cost the same, and a
// little beyond it the flip's winner is the cheapest.
func TestFlipsAreExact(t *testing.T) {
	outcomes := resulttest.Outcomes([]resulttest.Spec{find("mixed"), find("fargate"), find("ec2")}, 3)
	v := result.Judge(outcomes, nil, "ec2", true)
	if len(v.Flips) < 2 {
		t.Fatalf("flips %v, want some", v.Flips)
	}
	prefix := map[string]string{"Fargate prices": "fargate.", "EC2 on-demand prices": "ec2."}
	for _, f := range v.Flips {
		sku, ok := prefix[f.Prices]
		if !ok {
			continue
		}
		cost := func(o *result.Outcome, change float64) (sum float64) {
			for _, l := range o.Bill.Lines {
				paid := l.Paid.Float()
				if strings.HasPrefix(l.SKU, sku) {
					paid *= 1 + change
				}
				sum += paid
			}
			return sum
		}
		beyond := f.Change * 1.01
		cheapest := outcomes[0]
		for _, o := range outcomes[1:] {
			if cost(o, beyond) < cost(cheapest, beyond) {
				cheapest = o
			}
		}
		if cheapest.Platform != f.Winner {
			t.Errorf("%s %+.1f %%: %s is cheapest, not %s", f.Prices, 100*beyond, cheapest.Platform, f.Winner)
		}
		if before := cost(v.Winner.Outcome, f.Change*0.99); before > cost(cheapest, f.Change*0.99) {
			t.Errorf("%s: %s has lost before the flip", f.Prices, v.Winner.Platform)
		}
	}
}

// A run that is one piece of work, finished after its window, is judged by
// what all of it cost, and the work done late is not missing.
func TestDrainedWorkCountsWithItsCost(t *testing.T) {
	drained := func(late int64, drain units.USD) func(r *result.Run) {
		return func(r *result.Run) {
			r.MonthlyOK, r.Drained = false, true
			w := &r.Workloads[1]
			w.Finished, w.Drained, w.Running = w.Submitted-late, late, late
			w.DoneWork = w.DoneWork.DivRound(2)
			r.Bill.Drain = drain
		}
	}
	dear := change(t, "ec2", 3, drained(10, units.Dollar))
	late := change(t, "fargate", 3, drained(3000, 1000*units.Dollar))
	v := result.Judge([]*result.Outcome{dear, late}, nil, "ec2", true)
	if v.CostPath != "cost_with_drain" || len(v.Ranked) != 2 || v.Winner.Platform != "ec2" {
		t.Errorf("by %s: winner %v of %d ranked; want ec2, which is cheaper once all is done", v.CostPath, v.Winner.Platform, len(v.Ranked))
	}
}
