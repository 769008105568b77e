package result_test

import (
	"math"
	"testing"

	"ecsim/models/result"
)

// By hand: the differences 1, 2, 3 have mean 2 and, with t(2) = 4.303, half-width
// 4.303/√3 = 2.484, which holds 0. Apart, both samples have variance 100 or so
// and the interval is some ten times as wide.
func TestMeasuredPairedAndNot(t *testing.T) {
	m := func(v ...float64) *result.Measured {
		return &result.Measured{Platform: "x", Runs: len(v), Each: map[string][]float64{"cost": v}}
	}
	a, b := m(10, 20, 30), m(11, 22, 33)
	d := result.CompareMeasured(a, b, "cost", true)
	if d.V != 2 || math.Abs(d.Half-2.484) > 0.001 || d.Meaning != result.Chance {
		t.Errorf("paired %+v, want 2 ± 2.484, which chance explains", d)
	}
	if w := result.CompareMeasured(a, b, "cost", false); w.V != 2 || w.Half < 20 {
		t.Errorf("not paired %+v, want 2 ± much more", w)
	}
	if d := result.CompareMeasured(a, m(15, 25, 35), "cost", true); d.V != 5 || d.Half != 0 || d.Meaning != result.Significant {
		t.Errorf("5 more in every replication: %+v", d)
	}
	if d := result.CompareMeasured(a, a, "cost", true); d.Meaning != result.Same {
		t.Errorf("the same: %+v", d)
	}
	if d := result.CompareMeasured(a, m(), "cost", false); d.Meaning != result.NoFigure {
		t.Errorf("no figure: %+v", d)
	}
}
