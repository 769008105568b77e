package workloads

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// normalLaw is a normal cut to [min, max] by conditioning, in standard units
// a = (min - mu) / sigma and b = (max - mu) / sigma.
type normalLaw struct {
	mu, sigma float64
	below     float64 // probability that the uncut normal is below min
	kept      float64 // and between min and max
	mean, std float64
}

// newNormalLaw computes the moments of the cut normal: with phi the density,
// Z = Phi(b) - Phi(a), m = (phi(a) - phi(b)) / Z, the mean is mu + sigma m and
// the variance sigma^2 (1 + (a phi(a) - b phi(b)) / Z - m^2).
func newNormalLaw(mu, sigma, min, max float64) normalLaw {
	n := distuv.UnitNormal
	a, b := (min-mu)/sigma, (max-mu)/sigma
	weighted := func(x float64) float64 {
		if math.IsInf(x, 0) {
			return 0
		}
		return x * n.Prob(x)
	}
	l := normalLaw{mu: mu, sigma: sigma, below: n.CDF(a)}
	l.kept = n.CDF(b) - l.below
	m := (n.Prob(a) - n.Prob(b)) / l.kept
	l.mean = mu + sigma*m
	l.std = sigma * math.Sqrt(math.Max(1+(weighted(a)-weighted(b))/l.kept-m*m, 0))
	return l
}

func (l normalLaw) Quantile(u float64) float64 {
	return l.mu + l.sigma*distuv.UnitNormal.Quantile(l.below+u*l.kept)
}
func (l normalLaw) Mean() float64 { return l.mean }
func (l normalLaw) Std() float64  { return l.std }

var _ = RegisterDist(DistFamily{
	Name:   "normal",
	Doc:    "A bell about mean, cut at min (0 if left out) and max; mean and std are those before cutting.",
	Source: "Johnson, Kotz, Balakrishnan: Continuous Univariate Distributions, vol. 1, section 13.10.1",
	Params: []DistParam{
		{"mean", QuantityParam, "the centre of the bell"},
		{"std", QuantityParam, "the standard deviation, over 0"},
		{"cv", NumberParam, "std over mean, in place of std"},
		{"min", QuantityParam, "the least value; 0 if left out"},
		{"max", QuantityParam, "the greatest value; none if left out"},
	},
	New: func(a DistArgs) (Law, error) {
		if err := shapeAndOne(a, "mean", "std", "cv"); err != nil {
			return nil, err
		}
		mean, std := a.Float("mean"), a.Float("std")
		if a.Has("cv") {
			if err := positive(a, "mean"); err != nil {
				return nil, err
			}
			std = a.Float("cv") * mean
		}
		max := math.Inf(1)
		if a.Has("max") {
			max = a.Float("max")
		}
		if max <= a.Float("min") {
			return nil, fmt.Errorf("got max %s, want over min %s", a.Text("max"), a.Text("min"))
		}
		l := newNormalLaw(mean, std, a.Float("min"), max)
		if !(l.kept > 1e-6) {
			return nil, fmt.Errorf("got a mean of %s with hardly any of the bell between min and max; move them", a.Text("mean"))
		}
		return l, nil
	},
})
