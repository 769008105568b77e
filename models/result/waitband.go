package result

import (
	"ecsim/sim"
	"ecsim/sim/experiment"
)

// WaitQuantiles is how many quantiles of a workload's wait have an interval,
// those at shares (k + 1/2)/WaitQuantiles. It is a fixed grid, so that what is
// kept of a replication does not grow with its tasks.
const WaitQuantiles = 100

// WaitBand is a quantile of time to running over all replications with the
// pointwise 95 % interval over the replications' own.
type WaitBand struct {
	Share   float64
	Seconds Band
}

// WaitBands are the quantiles of a workload's time to running, in ascending
// order; nil with fewer than two replications that had tasks, or for a workload
// unknown.
func (o *Outcome) WaitBands(workload string) []WaitBand {
	halves := o.waitHalves[workload]
	w := o.Pooled.Workload(workload)
	if halves == nil || w == nil {
		return nil
	}
	bands := make([]WaitBand, WaitQuantiles)
	for k, v := range waitQuantiles(&w.TimeToRunning) {
		bands[k] = WaitBand{waitShare(k), Band{v, halves[k]}}
	}
	return bands
}

func waitShare(k int) float64 { return (float64(k) + 0.5) / WaitQuantiles }

// waitQuantiles reads the grid of quantiles in one pass, in seconds.
func waitQuantiles(t *sim.Tally) []float64 {
	values := make([]float64, 0, WaitQuantiles)
	for _, p := range t.CDF() {
		for len(values) < WaitQuantiles && p.Share >= waitShare(len(values)) {
			values = append(values, p.Value/1e9)
		}
	}
	return values
}

// waitHalves are half-widths of the intervals of each workload's quantiles.
func waitHalves(runs []*Run) map[string][]float64 {
	all := map[string][]float64{}
	for w := range runs[0].Workloads {
		each := make([][]float64, 0, len(runs))
		for _, r := range runs {
			if t := &r.Workloads[w].TimeToRunning; t.Count() > 0 {
				each = append(each, waitQuantiles(t))
			}
		}
		if len(each) < 2 {
			continue
		}
		halves, values := make([]float64, WaitQuantiles), make([]float64, len(each))
		for k := range halves {
			for i := range each {
				values[i] = each[i][k]
			}
			_, halves[k] = experiment.Interval(values, Confidence)
		}
		all[runs[0].Workloads[w].Name] = halves
	}
	return all
}
