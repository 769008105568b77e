package workloads

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

type weibullLaw struct{ distuv.Weibull }

// Std returns the standard deviation.
func (l weibullLaw) Std() float64 { return l.Weibull.StdDev() }

var _ = RegisterDist(DistFamily{
	Name:   "weibull",
	Doc:    "Life times: shape under 1 gives many short and few long, 1 is exponential, over 1 gathers about the mean; by shape and mean, or shape and scale.",
	Source: "Johnson, Kotz, Balakrishnan: Continuous Univariate Distributions, vol. 1, ch. 21",
	Params: []DistParam{
		{"shape", NumberParam, "the exponent k, 0.1 to 1,000"},
		{"mean", QuantityParam, "the mean"},
		{"scale", QuantityParam, "63 % of values are at or below it"},
	},
	New: func(a DistArgs) (Law, error) {
		if err := shapeAndOne(a, "shape", "mean", "scale"); err != nil {
			return nil, err
		}
		k := a.Float("shape")
		if !(k >= 0.1 && k <= 1000) {
			return nil, fmt.Errorf("got shape %s, want 0.1 to 1000", a.Text("shape"))
		}
		scale := a.Float("scale")
		if a.Has("mean") {
			scale = a.Float("mean") / math.Gamma(1+1/k)
		}
		return weibullLaw{distuv.Weibull{K: k, Lambda: scale}}, nil
	},
})

// shapeAndOne requires one parameter and exactly one of two others over 0.
func shapeAndOne(a DistArgs, shape, either, or string) error {
	if err := needs(a, shape); err != nil {
		return err
	}
	if a.Has(either) == a.Has(or) {
		return fmt.Errorf("got %s, want %s and one of %s and %s", joinAnd(a.given()), shape, either, or)
	}
	if a.Has(either) {
		return positive(a, either)
	}
	return positive(a, or)
}
