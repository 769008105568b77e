package result

import (
	"math"

	"ecsim/sim/experiment"
)

// Measured is what one platform came to in every replication, as a result
// folder keeps it: enough to compare it with a platform of another scenario.
type Measured struct {
	Platform string
	Standing Standing
	Runs     int
	Each     map[string][]float64 // by metric path, per replication or batch; NaN where there is no figure
}

// Mean is the mean of a figure over the replications that have it, NaN without
// any.
func (m *Measured) Mean(path string) float64 {
	e := Estimate{Each: m.Each[path]}
	return e.mean()
}

// CompareMeasured sets b's figure against a's: b minus a, so that what rises
// from a to b is positive. paired takes the difference replication by
// replication, which both must have met with the same work; else the interval
// is Welch's, of independent samples.
func CompareMeasured(a, b *Measured, path string, paired bool) Difference {
	how := experiment.Welch
	if paired {
		how = experiment.Paired
	}
	v, half := how(b.Each[path], a.Each[path], Confidence)
	if math.IsNaN(v) {
		return Difference{V: v, Half: half, Meaning: NoFigure}
	}
	return difference(v, half, a.Mean(path))
}
