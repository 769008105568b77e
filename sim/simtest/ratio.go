package simtest

import (
	"runtime"
	"slices"
	"testing"
	"time"
)

// Rounds is how often Ratio measures each side.
const Rounds = 9

// Ratio measures two things in turn, A B A B, and reports the median, least
// and greatest of the rounds' ratios of their speeds, work's over yard's, so
// that the machine's own drift cancels. Each function does its work once and
// returns how many operations that was. It also reports work's operations a
// second (the best round) and its allocations per operation.
func Ratio(b *testing.B, yard, work func() int) {
	b.Helper()
	for b.Loop() {
		var ratios []float64
		best, allocs, ops := 0.0, uint64(0), 0
		for range Rounds {
			y := speed(yard)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			n := work()
			w := float64(n) / time.Since(start).Seconds()
			runtime.ReadMemStats(&after)
			ratios = append(ratios, w/y)
			best = max(best, w)
			allocs += after.Mallocs - before.Mallocs
			ops += n
		}
		slices.Sort(ratios)
		b.ReportMetric(ratios[len(ratios)/2], "ratio")
		b.ReportMetric(ratios[0], "ratio-min")
		b.ReportMetric(ratios[len(ratios)-1], "ratio-max")
		b.ReportMetric(best, "ops/s")
		b.ReportMetric(float64(allocs)/float64(ops), "allocs/op")
	}
	b.ReportMetric(0, "ns/op") // a round's length says nothing
}

func speed(f func() int) float64 {
	start := time.Now()
	n := f()
	return float64(n) / time.Since(start).Seconds()
}

// Hold100 is a yardstick for Ratio: a million holds of HOLD(100).
func Hold100() func() int {
	y := NewYardstick(100, "exp")
	y.Run(100_000)
	return func() int { return y.Run(1_000_000) }
}
