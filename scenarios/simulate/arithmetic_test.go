package simulate

import (
	"math"
	"testing"

	"ecsim/models/result"
)

// The money of launch-types, done by hand from AWS's price pages; the same
// sums stand in ARCHITECTURE.md. What has no chance in it agrees to the cent;
// what has agrees per task.
func TestHandArithmetic(t *testing.T) {
	if testing.Short() {
		t.Skip("whole weeks")
	}
	sc, err := Load("launch-types", []string{"runs.replications=3"})
	if err != nil {
		t.Fatal(err)
	}
	c := all(t, sc, 2)
	first := map[string]*result.Run{}
	for _, o := range c.Outcomes {
		first[o.Platform] = o.First
	}
	const hours = 168.0
	cents := func(what string, got interface{ Cents() int64 }, want float64) {
		t.Helper()
		if g := got.Cents(); g != int64(math.Round(want*100)) {
			t.Errorf("%s: got %.2f, want %.4f", what, float64(g)/100, want)
		}
	}
	// encode on Fargate: 12 tasks of 2 vCPU and 4 GB, all week.
	cents("encode on Fargate", first["fargate"].Workload("encode").Cost, 12*hours*(2*0.04048+4*0.004445))
	// encode alone on EC2: 12 tasks fill 3 m6a.2xlarge of 8 vCPU, with 30 GB of
	// gp3 each.
	cents("mixed's hosts", line(first["mixed"], "ec2.m6a.2xlarge.on_demand"), 3*hours*0.3456)
	cents("mixed's disks", line(first["mixed"], "ebs.gp3.gb_month"), 3*30*0.08*hours/730)
	// jobs on Fargate: each pays from the start of its pull to the end of its
	// deprovisioning: 5 + 300 x 0.1 s, 180 s on average, 5 s; half a second of
	// rounding up. 0.5 vCPU and 1 GB.
	jobs := first["fargate"].Workload("jobs")
	perJob := (35 + jobs.RunTime.Mean()/1e9 + 5 + 0.5) / 3600 * (0.5*0.04048 + 1*0.004445)
	if got := jobs.Cost.Float() / float64(jobs.Finished); math.Abs(got/perJob-1) > 0.002 {
		t.Errorf("a job on Fargate: got $%.6f, want $%.6f", got, perJob)
	}
	if mean := jobs.RunTime.Mean() / 1e9; math.Abs(mean-180) > 2 {
		t.Errorf("jobs run for %.1f s on average, want 180", mean)
	}
	// nightly on Fargate: 12 vCPU-hours on 4 vCPU are 3 hours, after a pull of
	// 5 + 350 x 0.1 s; 15 GB.
	nightly := first["fargate"].Workload("nightly")
	cents("nightly on Fargate", nightly.Cost, 7*20*(3*3600+40+5)/3600.0*(4*0.04048+15*0.004445))
	// The load: (80 min x 2 + 10 min x 40) / 90 min = 6.22 jobs a minute.
	e, _ := c.Outcomes[0].Estimate("workload.jobs.submitted")
	if want := 6.0 + 2.0/9; math.Abs(e.V/(hours*60)-want) > max(1, e.Half/(hours*60)) {
		t.Errorf("%.2f jobs a minute, want %.2f", e.V/(hours*60), want)
	}
}

// line is what one SKU cost.
func line(r *result.Run, sku string) (l struct{ cents }) {
	for i := range r.Bill.Lines {
		if r.Bill.Lines[i].SKU == sku {
			l.cents += cents(r.Bill.Lines[i].Paid.Cents())
		}
	}
	return l
}

type cents int64

func (c cents) Cents() int64 { return int64(c) }
