package experiment

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distmv"
	"gonum.org/v1/gonum/stat/samplemv"
)

// Designs are the names that Sample takes.
var Designs = []string{"latin-hypercube", "halton"}

// Sample draws n points of the unit cube of so many dimensions, spread evenly.
// The same source gives the same points. An unknown design panics, as more than
// 1,000 dimensions of "halton" do.
//
// latin-hypercube: each of n equal slices of each axis holds one point (McKay,
// Beckman and Conover, Technometrics 21(2), 1979). halton: a scrambled Halton
// sequence (Owen, arXiv:1706.02808).
func Sample(design string, n, dimensions int, src rand.Source) [][]float64 {
	batch := mat.NewDense(n, dimensions, nil)
	// The cube's quantiles are the identity; its own source is never asked.
	cube := distmv.NewUnitUniform(dimensions, src)
	switch design {
	case "latin-hypercube":
		samplemv.LatinHypercube{Q: cube, Src: src}.Sample(batch)
	case "halton":
		samplemv.Halton{Kind: samplemv.Owen, Q: cube, Src: src}.Sample(batch)
	default:
		panic(fmt.Sprintf("experiment: no design %q, want one of %v", design, Designs))
	}
	points := make([][]float64, n)
	for i := range points {
		points[i] = batch.RawRowView(i)
	}
	return points
}
