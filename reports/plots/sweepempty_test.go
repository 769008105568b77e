package plots_test

import (
	"testing"

	"ecsim/models/result"
	"ecsim/reports/plots"
)

// TestSweepWithoutFigures: where no point is a scenario there is nothing to
// draw, and nothing fails.
func TestSweepWithoutFigures(t *testing.T) {
	s := &result.Surface{Platforms: []string{"fleet"}, Axes: []result.Axis{
		{Path: "a", Values: []string{"7", "8"}, Numbers: []float64{7, 8}},
		{Path: "b", Values: []string{"5", "6"}, Numbers: []float64{5, 6}}}}
	for i := range 4 {
		s.Points = append(s.Points, result.SurfacePoint{At: []int{i / 2, i % 2}, Winner: -1,
			Platforms: []result.PlatformPoint{{Standing: result.Cannot, Reason: "min above max"}}})
	}
	if _, err := plots.Render(plots.Input{Surface: s}); err != nil {
		t.Error(err)
	}
}
