package simulate

import (
	"context"
	"fmt"
	"testing"
)

func TestSmoke(t *testing.T) {
	sc, err := Load("launch-types", []string{"runs.replications=2"})
	if err != nil {
		t.Fatal(err)
	}
	all := make([]int, len(sc.Platforms))
	for i := range all {
		all[i] = i
	}
	c, err := Compare(context.Background(), sc, all, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range c.Outcomes {
		fmt.Println(o.Platform, o.Runs, o.Refused)
		if o.First == nil {
			continue
		}
		r := o.First
		fmt.Println("  events", r.Events, "placements", r.Placements, "total", r.Bill.Total, "list", r.Bill.List, "drain", r.Bill.Drain, "plan", r.Bill.BestPlan, r.MonthlyOK, r.NeedDuration)
		for i := range r.Workloads {
			w := &r.Workloads[i]
			p50, _ := w.TimeToRunning.Quantile(.5)
			p95, _ := w.TimeToRunning.Quantile(.95)
			fmt.Println("  ", w.Name, w.Submitted, w.Finished, w.Running, w.Waiting, w.Rejected, w.OnTime, w.Late, p50/1e9, p95/1e9, w.Cost, w.InSystem == w.Sojourn, w.Fits)
		}
		for _, l := range r.Bill.Lines {
			fmt.Println("   ", l.SKU, l.Option, l.Workload, l.Quantity, l.Unit, l.Paid)
		}
		for _, p := range r.Providers {
			fmt.Println("   ", p.Name, p.MeanInstances, p.MaxInstances, p.Launched, p.Terminated, p.Tasks, p.PeakVCPU)
		}
		fmt.Println(r.Refusals, len(r.Activities))
		if o.Platform == "ec2" {
			for _, a := range r.Activities[:min(30, len(r.Activities))] {
				fmt.Println(a.At, a.From, a.To, a.Cause)
			}
		}
	}
}
