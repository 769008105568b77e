package simulate

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

func TestSmoke(t *testing.T) {
	name := os.Getenv("SC")
	if name == "" {
		t.Skip()
	}
	sc, err := Load(name, append([]string{"runs.replications=1"}, strings.Fields(os.Getenv("SETS"))...))
	if err != nil {
		t.Fatal(err)
	}
	all := make([]int, len(sc.Platforms))
	for i := range all {
		all[i] = i
	}
	start := time.Now()
	c, err := Compare(context.Background(), sc, all, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(time.Since(start))
	for _, o := range c.Outcomes {
		fmt.Println(o.Platform, o.Runs, o.Refused)
		if o.First == nil {
			continue
		}
		r := o.First
		fmt.Println("  events", r.Events, "placements", r.Placements, "total", r.Bill.Total, "list", r.Bill.List, "drain", r.Bill.Drain, "plan", r.Bill.BestPlan, r.MonthlyOK, r.NeedDuration, r.Duration, r.End)
		for i := range r.Workloads {
			w := &r.Workloads[i]
			p50, _ := w.TimeToRunning.Quantile(.5)
			p95, _ := w.TimeToRunning.Quantile(.95)
			fmt.Println("  ", w.Name, w.Submitted, "=", w.Finished, w.Running, w.Waiting, w.Rejected, "|", w.OnTime, w.Late, p50/1e9, p95/1e9, w.Cost, w.InSystem == w.Sojourn, w.LeftOut, w.Records, w.Drained)
		}
		for _, p := range r.Providers {
			fmt.Println("   ", p.Name, p.MeanInstances, p.MaxInstances, p.Launched, p.Terminated, p.Tasks, p.PeakVCPU, p.InstanceTypes)
		}
		fmt.Println(r.Refusals, len(r.Activities))
	}
}
