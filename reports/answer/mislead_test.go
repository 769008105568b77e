package answer_test

import (
	"strings"
	"testing"

	"ecsim/models/result"
	"ecsim/models/result/resulttest"
	"ecsim/reports/answer"
	"ecsim/sim"
	"ecsim/workloads/units"
)

// Each test is named after a way in which an answer would mislead.

func mustHold(t *testing.T, text string, want ...string) {
	t.Helper()
	flat := strings.Join(strings.Fields(text), " ")
	for _, w := range want {
		if !strings.Contains(flat, w) {
			t.Errorf("the answer does not say %q:\n%s", w, text)
		}
	}
}

func mustNotHold(t *testing.T, text string, bad ...string) {
	t.Helper()
	flat := strings.Join(strings.Fields(text), " ")
	for _, b := range bad {
		if strings.Contains(flat, b) {
			t.Errorf("the answer says %q:\n%s", b, text)
		}
	}
}

func TestMisleadFleetBoughtForThePeak(t *testing.T) {
	fleet := specs("ec2", "fargate")
	fleet[0].Label = result.FixedAtPeak
	in := input(fleet, 3)
	in.Gates, in.BaselineChosen = nil, false
	text := answer.Build(in).Text()
	mustHold(t, text, "no saving is quoted", "bought for the peak")
	mustNotHold(t, text, "saves", "-10 %")
	in.BaselineChosen = true
	mustHold(t, answer.Build(in).Text(), "saves")
}

func TestMisleadUnequalWork(t *testing.T) {
	in := changed(t, input(specs("ec2", "fargate", "mixed"), 5), "mixed", func(r *result.Run) {
		r.Workloads[2].DoneWork = r.Workloads[2].TotalWork.DivRound(2)
	})
	in.Gates = nil
	text := answer.Build(in).Text()
	mustHold(t, text, "not ranked", "LESS WORK mixed: nightly did 50.0 % of its work", "=> fargate saves")
	in = changed(t, input(specs("ec2", "fargate"), 2), "ec2", func(r *result.Run) {
		r.Workloads[1].Submitted--
		r.Workloads[1].Finished--
	})
	mustHold(t, answer.Build(in).Text(), "did not meet the same work of jobs")
	mustNotHold(t, answer.Build(input(specs("ec2", "fargate"), 2)).Text(), "did not meet the same work")
}

func TestMisleadCheapestOfTheFailed(t *testing.T) {
	gate, err := result.ParseGate("workload.jobs.time_to_running.p95", "< 1s")
	if err != nil {
		t.Fatal(err)
	}
	in := input(resulttest.Specs(), 2)
	in.Gates = []result.Gate{gate}
	text := answer.Build(in).Text()
	mustHold(t, text, "=> none:")
	mustNotHold(t, text, "saves", "To apply")
}

func TestMisleadSpotAsFreeMoney(t *testing.T) {
	in := input(resulttest.Specs(), 2)
	in.Gates = nil
	a := answer.Build(in)
	mustHold(t, a.Text(), "=> mixed saves", "RISK fargate-spot: price only", "RISK ec2-spot: price only")
	for _, row := range a.Verdict.Ranked {
		if row.Bill.PriceOnly {
			t.Errorf("%s is ranked", row.Platform)
		}
	}
}

func TestMisleadPooledStatistics(t *testing.T) {
	text := answer.Build(input(specs("ec2", "fargate"), 2)).Text()
	mustHold(t, text, "jobs wait", "nightly wait", "on time")
}

func TestMisleadMonthFromAShortWindow(t *testing.T) {
	in := changed(t, input(specs("ec2", "fargate"), 2), "*", func(r *result.Run) { r.MonthlyOK, r.NeedDuration = false, 14*sim.Day })
	text := answer.Build(in).Text()
	mustHold(t, text, "$/month is n/a", `duration = "14d"`, "$ in 7 days")
	mustNotHold(t, text, " a month")
}

func TestMisleadWorkLeftAtTheEnd(t *testing.T) {
	in := changed(t, input(specs("ec2", "fargate"), 2), "ec2", func(r *result.Run) {
		r.Workloads[1].Waiting, r.Workloads[1].Finished = 20, r.Workloads[1].Finished-20
		r.Bill.Drain = 3 * units.Dollar
	})
	mustHold(t, answer.Build(in).Text(), "Unfinished at the end: ec2 23 jobs ($3.00 more to finish); fargate 3 jobs")
}

// A batch that never comes costs nothing, which is no saving.
func TestMisleadWorkThatNeverComes(t *testing.T) {
	in := changed(t, input(specs("ec2", "fargate"), 2), "*", func(r *result.Run) {
		w := &r.Workloads[1]
		w.Submitted, w.Finished, w.Running, w.Waiting = 0, 0, 0, 0
	})
	mustHold(t, answer.Build(in).Text(), "Warning: no task of jobs comes in this run")
	mustNotHold(t, answer.Build(input(specs("ec2", "fargate"), 2)).Text(), "no task of")
}

func TestMisleadListPriceOnly(t *testing.T) {
	mustHold(t, answer.Build(input(specs("ec2", "fargate"), 2)).Text(), "1-y SP", "(best)")
}

func TestMisleadFreeImagePulls(t *testing.T) {
	mustHold(t, answer.Build(input(specs("ec2", "fargate"), 2)).Text(), "Images pulled a month: 8.6 TB on each platform")
}

func TestMisleadTotalWithoutWhatItLeavesOut(t *testing.T) {
	mustHold(t, answer.Build(input(specs("ec2"), 2)).Text(), "Not included: load balancers, NAT gateways.", "Assumed: image 300 MB, host boot 75 s.")
}

func TestMisleadIntervalTakenForCertainty(t *testing.T) {
	text := answer.Build(input(specs("ec2", "fargate", "mixed"), 4)).Text()
	mustHold(t, text, "± is the 95 % interval of chance only", "Flips: fargate wins if Fargate prices fall")
	mustHold(t, answer.Build(input(specs("fargate"), 1)).Text(), "one run shows no chance")
	near := specs("fargate", "fargate")
	near[1].Platform, near[1].Weekly = "twin", near[0].Weekly*1.005
	in := input(near, 4)
	in.Baseline = "twin"
	text = answer.Build(in).Text()
	mustHold(t, text, "equal", "cost the same")
	mustNotHold(t, text, "saves")
}

func TestMisleadSizesThatDoNotTile(t *testing.T) {
	text := answer.Build(input(specs("ec2"), 2)).Text()
	mustHold(t, text, "1 nightly on m6a.2xlarge (memory binds)", "nightly leaves over a quarter unusable of m6a.2xlarge: up to 27.0 %")
	mustNotHold(t, text, "jobs leaves", "encode leaves")
}

// What still waits at the end makes a quantile a lower bound, and it says so.
func TestMisleadWaitsCutOffByTheEnd(t *testing.T) {
	in := changed(t, input(specs("ec2"), 2), "ec2", func(r *result.Run) {
		for range 1000 {
			r.Workloads[1].TimeToRunning.AddAtLeast(int64(300 * sim.Second))
		}
	})
	mustHold(t, answer.Build(in).Text(), ">300s", "some still waited at the end")
}

// A replay that is run to its end is compared by the cost of all of it.
func TestMisleadWorkPutOffBeyondTheWindow(t *testing.T) {
	in := changed(t, input(specs("ec2", "fargate"), 3), "*", func(r *result.Run) {
		r.MonthlyOK, r.Drained = false, true
		r.Bill.Drain = units.Dollar
		if r.Platform == "fargate" {
			r.Bill.Drain = 1000 * units.Dollar
		}
	})
	in.Gates = nil
	text := answer.Build(in).Text()
	mustHold(t, text, "keep ec2: it is the cheapest", "$ for all the work", "$/month is n/a", "Flips: not known")
	mustNotHold(t, text, "1-y SP")
}

// Without an SLO the cheapest platform may be the one that lets work wait.
func TestMisleadCheapBecauseItWaits(t *testing.T) {
	in := input(specs("ec2", "mixed"), 5)
	in.Gates = nil
	mustHold(t, answer.Build(in).Text(), "No SLO limits waiting: on mixed 95 % of nightly run within 254 s of being asked for, on ec2 within 254 s.")
	mustNotHold(t, answer.Build(input(specs("ec2", "mixed"), 5)).Text(), "No SLO limits")
}
