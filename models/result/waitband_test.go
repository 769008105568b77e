package result_test

import (
	"math"
	"testing"

	"ecsim/models/result"
	"ecsim/models/result/resulttest"
)

// The band of a wait's median and tail agrees with what the metrics say of
// p50, whole runs and slim ones alike; one replication has none.
func TestWaitBandsAgreeWithMetrics(t *testing.T) {
	spec := resulttest.Specs()[0]
	runs := resulttest.Runs(spec, 6)
	for _, r := range runs[1:] {
		r.Slim()
	}
	o, err := result.Fold(runs)
	if err != nil {
		t.Fatal(err)
	}
	bands := o.WaitBands("jobs")
	if len(bands) != result.WaitQuantiles {
		t.Fatalf("%d quantiles, want %d", len(bands), result.WaitQuantiles)
	}
	for i, b := range bands {
		if i > 0 && b.Seconds.Mean < bands[i-1].Seconds.Mean || math.IsNaN(b.Seconds.Half) || b.Seconds.Half < 0 {
			t.Errorf("quantile %v is %v ± %v after %v", b.Share, b.Seconds.Mean, b.Seconds.Half, bands[max(i-1, 0)].Seconds.Mean)
		}
	}
	e, ok := o.Estimate("workload.jobs.time_to_running.p50")
	if low, high := bands[49].Seconds.Mean, bands[50].Seconds.Mean; !ok || e.V < low*0.99 || e.V > high*1.01 {
		t.Errorf("p50 is %v, the quantiles around it %v and %v", e.V, low, high)
	}
	if low, high := bands[49].Seconds.Half, bands[50].Seconds.Half; e.Half < 0.5*min(low, high) || e.Half > 2*max(low, high) {
		t.Errorf("p50 has half-width %v, the quantiles around it %v and %v", e.Half, low, high)
	}
	if one, err := result.Fold(runs[:1]); err != nil || one.WaitBands("jobs") != nil {
		t.Errorf("one replication has a band (%v)", err)
	}
	if o.WaitBands("unknown") != nil {
		t.Error("an unknown workload has a band")
	}
}
