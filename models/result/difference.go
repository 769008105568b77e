package result

import (
	"math"

	"ecsim/sim/experiment"
)

// Meaning is what a difference between two platforms comes to, in words.
type Meaning string

// The meanings. A difference that chance explains is told apart from one that
// is known to be small: of the first, more runs may yet make something.
const (
	Same        Meaning = "none"                      // exactly zero in every replication, or in the only one
	Chance      Meaning = "no significant difference" // its interval holds zero
	Negligible  Meaning = "equal"                     // beyond chance, if that is known, and below EqualShare
	Significant Meaning = "significant"               // beyond chance
	Unknown     Meaning = "unknown"                   // one replication: it may be chance
	NoFigure    Meaning = ""                          // either has no figure
)

// Difference is how a figure of one platform differs from that of another that
// met the same work.
type Difference struct {
	V, Half float64 // see Paired; NaN where unknown
	Meaning Meaning
}

// Compare sets a's figure against b's, paired by replication.
func Compare(a, b *Outcome, path string) Difference {
	v, half := Paired(a, b, path)
	of, _ := b.Estimate(path)
	return difference(v, half, of.V)
}

// difference says what v ± half means against a figure of the size of.
func difference(v, half, of float64) Difference {
	d := Difference{V: v, Half: half, Meaning: NoFigure}
	size := math.Abs(d.V)
	switch {
	case math.IsNaN(d.V):
	case d.V == 0 && !(d.Half > 0):
		d.Meaning = Same
	case !math.IsNaN(d.Half) && !experiment.Significant(d.V, d.Half):
		d.Meaning = Chance
	case size < EqualShare*math.Abs(of):
		d.Meaning = Negligible
	case math.IsNaN(d.Half):
		d.Meaning = Unknown
	default:
		d.Meaning = Significant
	}
	return d
}

// Counts tells whether the difference is one to act on: none that is nothing,
// negligible or explained by chance. Whether one run's is chance is not known;
// it counts.
func (d Difference) Counts() bool { return d.Meaning == Significant || d.Meaning == Unknown }
