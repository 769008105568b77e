package experiment

import (
	"fmt"
	"math"
)

// FirstCheckpoint is the fewest replications after which a sequential
// experiment may stop: with fewer the half-width itself is too uncertain.
const FirstCheckpoint = 5

// NextCheckpoint is the number of replications after n at which a sequential
// experiment looks whether it is precise enough: 5, 8, 12, 18, 27, 41 and so
// on, each half as many again, rounded up. Looking less often as n grows keeps
// the interval's coverage near its nominal level: an experiment that looks
// after each replication stops when the half-width happens to be small.
// Source: Law, Simulation Modeling and Analysis, 5th ed., section 9.4.1, for
// the procedure; the factor is ours.
func NextCheckpoint(n int) int {
	if n < FirstCheckpoint {
		return FirstCheckpoint
	}
	return n + (n+1)/2
}

// RelativeHalfWidth is the half-width of the 95 % interval over the values
// that are numbers, over their mean's magnitude. It is 0 for equal values, NaN
// for none, and +Inf for a single one or where the mean is 0 and the values
// are not.
func RelativeHalfWidth(values []float64) float64 {
	have := make([]float64, 0, len(values))
	for _, v := range values {
		if !math.IsNaN(v) {
			have = append(have, v)
		}
	}
	mean, half := Interval(have, 0.95)
	switch {
	case len(have) == 0:
		return math.NaN()
	case half == 0:
		return 0
	case len(have) == 1 || mean == 0:
		return math.Inf(1)
	}
	return half / math.Abs(mean)
}

// Widest is the largest relative half-width of several series of values, one
// value a replication each; series without a number do not count. It is 0 when
// none counts: then nothing can become more precise.
func Widest(series [][]float64) float64 {
	widest := 0.0
	for _, values := range series {
		if w := RelativeHalfWidth(values); w > widest { // false of NaN
			widest = w
		}
	}
	return widest
}

// Sequential says when an experiment has enough replications.
type Sequential struct {
	// Replications is how many there are without a wanted precision; with one
	// it is the least.
	Replications int
	// Precision is the relative half-width wanted, 0.01 for 1 %; 0 asks for
	// none.
	Precision float64
	// Max is the most replications with a wanted precision.
	Max int
}

// First is how many replications to do before the first look: with a wanted
// precision the first checkpoint that is at least the least.
func (s Sequential) First() int {
	if s.Precision <= 0 {
		return s.Replications
	}
	n := FirstCheckpoint
	for n < s.Replications {
		n = NextCheckpoint(n)
	}
	return min(n, s.Max)
}

// Next is how many replications to have done before the next look, after n
// whose widest relative half-width is widest; n itself when that is enough.
func (s Sequential) Next(n int, widest float64) int {
	if s.Precision <= 0 || n >= s.Max || widest <= s.Precision {
		return n
	}
	return min(NextCheckpoint(n), s.Max)
}

// Expect is how many replications it will take, foreseen after n whose widest
// relative half-width is widest: the half-width shrinks as 1/√n, and an
// experiment ends at its checkpoints only.
func (s Sequential) Expect(n int, widest float64) int {
	next := s.Next(n, widest)
	if next == n {
		return n
	}
	part := widest / s.Precision
	for need := float64(n) * part * part; float64(next) < need && next < s.Max; {
		next = min(NextCheckpoint(next), s.Max)
	}
	return next
}

// Check returns what is wrong with s, nil if nothing is.
func (s Sequential) Check() error {
	switch {
	case s.Replications < 1:
		return fmt.Errorf("got %d replications, want 1 or more", s.Replications)
	case s.Precision < 0 || s.Precision >= 1 || math.IsNaN(s.Precision):
		return fmt.Errorf("got a precision of %v, want a share of the mean from 0 to less than 1", s.Precision)
	case s.Precision > 0 && s.Max < 2:
		return fmt.Errorf("got at most %d replications, want 2 or more: one has no interval", s.Max)
	}
	return nil
}
