package result_test

import (
	"testing"

	"ecsim/models/result"
	"ecsim/workloads/units"
)

// What a difference means follows from its interval first, for a small one that
// may be nothing is not known to be small, and from its size after that.
func TestMeaningOfADifference(t *testing.T) {
	fold := func(dollars ...float64) *result.Outcome {
		return change(t, "ec2", len(dollars), func(r *result.Run) { r.Bill.Total = units.USD(dollars[r.Replication] * 1e9) })
	}
	base := []float64{100, 120, 90, 110}
	for _, c := range []struct {
		what   string
		a, b   []float64
		want   result.Meaning
		counts bool
	}{
		{"the same to the cent", base, base, result.Same, false},
		{"the same in one run", base[:1], base[:1], result.Same, false},
		{"2 % more in every replication", []float64{102, 122, 92, 112}, base, result.Significant, true},
		{"half a per cent more in every replication", []float64{100.5, 120.5, 90.5, 110.5}, base, result.Negligible, false},
		{"more and less, 5 % more in the mean", []float64{140, 110, 120, 71}, base, result.Chance, false},
		{"more and less, nothing in the mean", []float64{120, 100, 110, 90}, base, result.Chance, false},
		{"5 % more in one run", []float64{105}, base[:1], result.Unknown, true},
		{"half a per cent more in one run", []float64{100.5}, base[:1], result.Negligible, false},
	} {
		d := result.Compare(fold(c.a...), fold(c.b...), "cost")
		if d.Meaning != c.want || d.Counts() != c.counts {
			t.Errorf("%s: %v ± %v is %q, counts %t; want %q, %t", c.what, d.V, d.Half, d.Meaning, d.Counts(), c.want, c.counts)
		}
	}
	if d := result.Compare(fold(1, 2), result.Refuse("b", nil), "cost"); d.Meaning != result.NoFigure || d.Counts() {
		t.Errorf("against a platform without a run: %+v", d)
	}
}
