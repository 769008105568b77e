package workloads

import (
	"fmt"
	"math"
)

// paretoLaw has P(X > x) = (min/x)^alpha, cut to [min, max] by conditioning
// when max is finite.
type paretoLaw struct {
	min, max, alpha float64
	kept            float64 // 1 - (min/max)^alpha; 1 without a max
}

func newParetoLaw(min, max, alpha float64) paretoLaw {
	return paretoLaw{min, max, alpha, -math.Expm1(-alpha * math.Log1p((max-min)/min))}
}

func (l paretoLaw) Quantile(u float64) float64 {
	return l.min * math.Exp(-math.Log1p(-u*l.kept)/l.alpha)
}

// moment returns E[X^r]: alpha min^alpha / kept times the integral of
// x^(r-alpha-1) over [min, max].
func (l paretoLaw) moment(r float64) float64 {
	d := r - l.alpha
	if math.IsInf(l.max, 1) {
		if d >= 0 {
			return math.Inf(1)
		}
		return -l.alpha / d * math.Pow(l.min, r)
	}
	// (max/min)^d - 1 over d, without cancellation near d = 0.
	span := math.Log1p((l.max - l.min) / l.min)
	integral := span
	if d != 0 {
		integral = math.Expm1(d*span) / d
	}
	return l.alpha / l.kept * math.Pow(l.min, r) * integral
}

func (l paretoLaw) Mean() float64 { return l.moment(1) }

func (l paretoLaw) Std() float64 {
	m := l.moment(1)
	return math.Sqrt(math.Max(l.moment(2)-m*m, 0))
}

var _ = RegisterDist(DistFamily{
	Name: "pareto",
	Doc: "A heavy tail: few values make most of the sum; by alpha and min, or alpha and mean. The lower alpha, the heavier; " +
		"under 2 the variance does not exist, and 1 or less needs max, which bounds the values (bounded Pareto).",
	Source: "Harchol-Balter: Performance Modeling and Design of Computer Systems, Cambridge 2013, ch. 20",
	Params: []DistParam{
		{"min", QuantityParam, "the least value"},
		{"mean", QuantityParam, "the mean, after bounding by max"},
		{"alpha", NumberParam, "the exponent of the tail, 0.1 to 100"},
		{"max", QuantityParam, "the greatest value; none if left out"},
	},
	New: func(a DistArgs) (Law, error) {
		if err := shapeAndOne(a, "alpha", "min", "mean"); err != nil {
			return nil, err
		}
		alpha, max := a.Float("alpha"), math.Inf(1)
		if !(alpha >= 0.1 && alpha <= 100) {
			return nil, fmt.Errorf("got alpha %s, want 0.1 to 100", a.Text("alpha"))
		}
		if a.Has("max") {
			max = a.Float("max")
		} else if alpha <= 1 {
			return nil, fmt.Errorf("got alpha %s without max: such a tail has no mean; give max or an alpha over 1", a.Text("alpha"))
		}
		if a.Has("min") {
			if max <= a.Float("min") {
				return nil, fmt.Errorf("got max %s, want over min %s", a.Text("max"), a.Text("min"))
			}
			return newParetoLaw(a.Float("min"), max, alpha), nil
		}
		mean := a.Float("mean")
		if math.IsInf(max, 1) {
			return newParetoLaw(mean*(alpha-1)/alpha, max, alpha), nil
		}
		if max <= mean {
			return nil, fmt.Errorf("got max %s, want over mean %s", a.Text("max"), a.Text("mean"))
		}
		return paretoOfMean(mean, max, alpha)
	},
})

// paretoOfMean finds the min with the given mean, by bisection on its
// logarithm: the mean rises with min.
func paretoOfMean(mean, max, alpha float64) (Law, error) {
	lo, hi := math.Log(mean)-700, math.Log(mean)
	if m := newParetoLaw(math.Exp(lo), max, alpha).Mean(); !(m < mean) {
		return nil, fmt.Errorf("no bounded Pareto of alpha %.6g has a mean so far below max; raise alpha", alpha)
	}
	for range 200 {
		mid := (lo + hi) / 2
		if newParetoLaw(math.Exp(mid), max, alpha).Mean() < mean {
			lo = mid
		} else {
			hi = mid
		}
	}
	return newParetoLaw(math.Exp(lo), max, alpha), nil
}
