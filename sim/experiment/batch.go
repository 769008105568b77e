package experiment

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Batches is what the means of consecutive batches of one long run tell.
type Batches struct {
	Mean, Half float64 // of the 95 % interval by Student's t over the batch means
	// Correlation is the lag-1 autocorrelation of the batch means, and Long
	// says that it does not differ from zero: batches are long enough to be
	// taken as independent. Where it is false the interval is too narrow, for
	// the batches hang together: run longer, or take fewer.
	Correlation float64
	Long        bool
}

// BatchMeans makes an interval of the batch means of one run, as if each were
// a replication, and tests by von Neumann's ratio whether they may be.
//
// Under independence 1 - Σ(y_i - y_{i-1})² / 2Σ(y_i - ȳ)² is nearly normal with
// mean 0 and variance (n-2)/(n²-1); Long is the one-sided test at 5 %.
// Fewer than eight batches cannot be tested and are never Long.
// Sources: Law, Simulation Modeling and Analysis, 5th ed., section 9.5.3;
// Fishman, "Grouping observations in digital simulation", Management Science
// 24(5), 1978; Steiger et al., "ASAP3", ACM TOMACS 15(1), 2005.
func BatchMeans(means []float64) Batches {
	b := Batches{Correlation: math.NaN()}
	b.Mean, b.Half = Interval(means, 0.95)
	n := float64(len(means))
	if n < 3 || equal(means) {
		b.Long = n >= 8 // equal values hang together in no way that matters
		return b
	}
	squares := stat.Variance(means, nil) * (n - 1)
	var steps float64
	for i := 1; i < len(means); i++ {
		d := means[i] - means[i-1]
		steps += d * d
	}
	b.Correlation = 1 - steps/(2*squares) // von Neumann's ratio, halved and turned round
	limit := distuv.UnitNormal.Quantile(0.95) * math.Sqrt((n-2)/(n*n-1))
	b.Long = n >= 8 && b.Correlation <= limit
	return b
}
