package result_test

import (
	"testing"

	"ecsim/models/result"
	"ecsim/models/result/resulttest"
)

// Folding slim runs gives every figure that folding whole runs gives.
func TestSlimRunsFoldAlike(t *testing.T) {
	spec := resulttest.Specs()[0]
	whole, err := result.Fold(resulttest.Runs(spec, 4))
	if err != nil {
		t.Fatal(err)
	}
	runs := resulttest.Runs(spec, 4)
	for _, r := range runs[1:] {
		r.Slim()
	}
	if len(runs[1].Cluster.CapacityCPU.Mean) > 0 {
		t.Error("a slim run keeps its series")
	}
	slim, err := result.Fold(runs)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range result.Metrics() {
		for _, w := range whole.First.Workloads {
			path := m.For(w.Name)
			a, _ := whole.Estimate(path)
			b, _ := slim.Estimate(path)
			if a.Value != b.Value && a.OK || a.OK != b.OK || a.Half != b.Half && a.Half == a.Half {
				t.Errorf("%s: whole %v ± %v, slim %v ± %v", path, a.Value, a.Half, b.Value, b.Half)
			}
		}
	}
}
