package workloads

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// lognormalLaw is exp(Mu + Sigma Z) for a standard normal Z.
type lognormalLaw struct{ distuv.LogNormal }

// Std returns the standard deviation.
func (l lognormalLaw) Std() float64 { return l.LogNormal.StdDev() }

var _ = RegisterDist(DistFamily{
	Name:   "lognormal",
	Doc:    "The product of many small effects, skewed to the right; by any two of mean, p50, p90, p95, p99 and cv.",
	Source: "Johnson, Kotz, Balakrishnan: Continuous Univariate Distributions, vol. 1, ch. 14",
	Params: []DistParam{
		{"mean", QuantityParam, "the mean"},
		{"p50", QuantityParam, "the median"},
		{"p90", QuantityParam, "nine in ten values are at or below it"},
		{"p95", QuantityParam, "95 in a hundred values are at or below it"},
		{"p99", QuantityParam, "99 in a hundred values are at or below it"},
		{"cv", NumberParam, "standard deviation over mean"},
	},
	New: newLognormal,
})

// maxSigma keeps exp(Mu + 8.2 Sigma), the largest draw, finite.
const maxSigma = 40

// newLognormal finds Mu and Sigma from two properties. With z the standard
// normal quantile: a percentile is exp(Mu + z Sigma), the mean
// exp(Mu + Sigma^2/2), and cv^2 = exp(Sigma^2) - 1.
func newLognormal(a DistArgs) (Law, error) {
	names := a.given()
	if len(names) != 2 {
		return nil, fmt.Errorf("got %d parameters, want two of mean, p50, p90, p95, p99, cv", len(names))
	}
	for _, n := range names {
		if n != "cv" && !(a.Float(n) > 0) {
			return nil, fmt.Errorf("got %s %s, want over 0", n, a.Text(n))
		}
	}
	var mu, sigma float64
	ps := a.Percentiles()
	switch {
	case a.Has("cv"):
		cv := a.Float("cv")
		if !(cv >= 0 && cv <= 1e6) {
			return nil, fmt.Errorf("got cv %s, want 0 to 1,000,000", a.Text("cv"))
		}
		sigma = math.Sqrt(math.Log1p(cv * cv))
		if a.Has("mean") {
			mu = math.Log(a.Float("mean")) - sigma*sigma/2
		} else {
			mu = math.Log(ps[0].Value) - ps[0].z()*sigma
		}
	case len(ps) == 2:
		lo, hi := ps[0], ps[1]
		if hi.Value < lo.Value {
			return nil, fmt.Errorf("got %s %s below %s %s, want it at or above", hi.Name, a.Text(hi.Name), lo.Name, a.Text(lo.Name))
		}
		sigma = math.Log(hi.Value/lo.Value) / (hi.z() - lo.z())
		mu = math.Log(lo.Value) - lo.z()*sigma
	default: // mean and one percentile
		p, m := ps[0], a.Float("mean")
		switch {
		case p.P == 50 && m < p.Value:
			return nil, fmt.Errorf("got mean %s below p50 %s: a lognormal's mean is at or above its median", a.Text("mean"), a.Text("p50"))
		case p.P != 50 && p.Value < m:
			return nil, fmt.Errorf("got %s %s below mean %s, want it at or above; for a tail that heavy give p50 and %s", p.Name, a.Text(p.Name), a.Text("mean"), p.Name)
		}
		// Sigma^2/2 - z Sigma + ln(p/m) = 0; of two roots the smaller, which
		// has the lighter tail.
		z, ratio := p.z(), math.Log(p.Value/m)
		square := z*z - 2*ratio
		if square < 0 {
			return nil, fmt.Errorf("got %s %s over %.3g times the mean %s: no lognormal reaches that; give p50 and %s",
				p.Name, a.Text(p.Name), math.Exp(z*z/2), a.Text("mean"), p.Name)
		}
		sigma = math.Sqrt(square) - z
		if p.P != 50 {
			sigma = z - math.Sqrt(square)
		}
		mu = math.Log(m) - sigma*sigma/2
	}
	if sigma > maxSigma {
		return nil, fmt.Errorf("got %s %s and %s %s, which lie too far apart for a lognormal (sigma %.3g, want up to %d)",
			names[0], a.Text(names[0]), names[1], a.Text(names[1]), sigma, maxSigma)
	}
	if sigma < 1e-12 {
		return constantLaw(math.Exp(mu)), nil
	}
	return lognormalLaw{distuv.LogNormal{Mu: mu, Sigma: sigma}}, nil
}

// z is the standard normal quantile of the percentile.
func (p Percentile) z() float64 { return distuv.UnitNormal.Quantile(p.P / 100) }
