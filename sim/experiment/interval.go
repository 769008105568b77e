package experiment

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Interval returns the mean of independent values and the half-width of its
// two-sided confidence interval by Student's t with n-1 degrees of freedom:
//
//	mean ± t(1-(1-confidence)/2, n-1) · s/√n
//
// Equal values have half-width 0. One value has half-width NaN, for nothing
// is known of its spread; none has mean NaN as well. confidence lies in (0, 1),
// 0.95 by custom; anything else panics.
// Source: Law, Simulation Modeling and Analysis, 5th ed., eq. 4.12.
func Interval(values []float64, confidence float64) (mean, half float64) {
	if !(confidence > 0 && confidence < 1) {
		panic(fmt.Sprintf("experiment: confidence %v, want more than 0 and less than 1", confidence))
	}
	if len(values) == 0 {
		return math.NaN(), math.NaN()
	}
	if equal(values) {
		// A sum of equal floats divided by their count need not be that float.
		mean, half = values[0], 0
	} else {
		var deviation float64
		mean, deviation = stat.MeanStdDev(values, nil)
		n := float64(len(values))
		t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}
		half = t.Quantile(1-(1-confidence)/2) * deviation / math.Sqrt(n)
	}
	if len(values) == 1 {
		half = math.NaN()
	}
	return mean, half
}

func equal(values []float64) bool {
	for _, v := range values {
		if v != values[0] {
			return false
		}
	}
	return true
}
