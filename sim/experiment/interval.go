package experiment

import (
	"fmt"
	"math"
	"sync/atomic"

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
		half = studentT(len(values)-1, confidence) * deviation / math.Sqrt(n)
	}
	if len(values) == 1 {
		half = math.NaN()
	}
	return mean, half
}

// studentT is t(1-(1-confidence)/2, freedom).
func studentT(freedom int, confidence float64) float64 {
	known := confidence == 0.95 && freedom < len(student95)
	if known {
		if bits := student95[freedom].Load(); bits != 0 {
			return math.Float64frombits(bits)
		}
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(freedom)}
	q := t.Quantile(1 - (1-confidence)/2)
	if known {
		student95[freedom].Store(math.Float64bits(q))
	}
	return q
}

// student95 are the quantiles of the usual confidence, by degrees of freedom,
// as far as they were asked for: a sweep asks for one of them per figure and
// point, and it costs more than the rest of the interval.
var student95 [1024]atomic.Uint64

func equal(values []float64) bool {
	for _, v := range values {
		if v != values[0] {
			return false
		}
	}
	return true
}

// Paired is the mean difference a - b of replications with the same number,
// and the half-width of its interval. Chance common to both cancels: equal
// values differ by exactly zero. Pairs without a figure on either side are left
// out, and so are replications that only one has.
func Paired(a, b []float64, confidence float64) (diff, half float64) {
	d := make([]float64, 0, min(len(a), len(b)))
	for i := range min(len(a), len(b)) {
		if v := a[i] - b[i]; !math.IsNaN(v) {
			d = append(d, v)
		}
	}
	return Interval(d, confidence)
}

// Welch is the difference of the means of two independent samples, which need
// not be of one size or variance, and the half-width of its interval. Values
// that are no number are left out; a sample of fewer than two has half-width
// NaN, an empty one difference NaN.
// Source: Law, Simulation Modeling and Analysis, 5th ed., section 10.2.2.
func Welch(a, b []float64, confidence float64) (diff, half float64) {
	ma, va, na := moments(a)
	mb, vb, nb := moments(b)
	if na == 0 || nb == 0 {
		return math.NaN(), math.NaN()
	}
	if na < 2 || nb < 2 {
		return ma - mb, math.NaN()
	}
	qa, qb := va/na, vb/nb
	if qa+qb == 0 {
		return ma - mb, 0
	}
	freedom := (qa + qb) * (qa + qb) / (qa*qa/(na-1) + qb*qb/(nb-1))
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}
	return ma - mb, t.Quantile(1-(1-confidence)/2) * math.Sqrt(qa+qb)
}

func moments(values []float64) (mean, variance, n float64) {
	have := make([]float64, 0, len(values))
	for _, v := range values {
		if !math.IsNaN(v) {
			have = append(have, v)
		}
	}
	switch {
	case len(have) == 0:
		return 0, 0, 0
	case equal(have):
		return have[0], 0, float64(len(have))
	}
	mean, variance = stat.MeanVariance(have, nil)
	return mean, variance, float64(len(have))
}

// Significant tells whether chance does not explain a difference: its interval
// leaves out zero. One whose half-width is unknown is not significant.
func Significant(diff, half float64) bool { return math.Abs(diff) > half }
