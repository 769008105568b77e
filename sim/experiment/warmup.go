package experiment

import "math"

// MSER5 returns how many leading values of a series to leave out so that the
// mean of the rest is known best: the truncation d that is least in
//
//	MSER(d) = Σ(y_i - ȳ(d))² / (n - d)²   over the y_i from d on
//
// where the y_i are means of five values each. A truncation in the second half
// means that the series is too short to tell, and ok is false: run longer. The
// result is a multiple of five values. Fewer than ten values, NaNs and
// infinities are never ok.
//
// Source: White, Cobb and Spratt, "A comparison of five steady-state
// truncation heuristics for simulation", WSC 2000; Hoad, Robinson and Davies,
// "Automating warm-up length estimation", JORS 61 (2010), for the rule of the
// second half.
func MSER5(values []float64) (truncate int, ok bool) {
	const batch = 5
	n := len(values) / batch
	if n < 2 {
		return 0, false
	}
	means := make([]float64, n)
	for i := range means {
		for _, v := range values[i*batch : (i+1)*batch] {
			means[i] += v / batch
		}
		if math.IsNaN(means[i]) || math.IsInf(means[i], 0) {
			return 0, false
		}
	}
	// From the end on, mean and sum of squares grow by Welford's update. The
	// last truncations rest on so few values, which hang together besides, that
	// a chance agreement would win: a tenth must be left, and five at least.
	left := max(float64(n)/10, min(batch, float64(n)/2))
	best, least := 0, math.Inf(1)
	var count, mean, squares float64
	for d := n - 1; d >= 0; d-- {
		count++
		delta := means[d] - mean
		mean += delta / count
		squares += delta * (means[d] - mean)
		if count < left {
			continue
		}
		// Of equal ones the earliest: nothing is left out without need.
		if stat := squares / (count * count); stat <= least {
			best, least = d, stat
		}
	}
	return best * batch, best <= n/2
}
