package workloads

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Law is a distribution of non-negative values in floating point, in whatever
// unit its parameters were given (nanoseconds, CPU units, MiB).
type Law interface {
	// Quantile is the inverse distribution function at u, 0 < u < 1.
	Quantile(u float64) float64
	Mean() float64
	Std() float64 // +Inf where the variance does not exist
}

// maxDraw bounds every draw, so that an arrival time plus a drawn span of a
// heavy-tailed law stays inside int64 nanoseconds (2^62 ns is 146 years).
const maxDraw = 1 << 62

// Dist is a distribution of whole, non-negative quantities as a scenario
// writes it: a plain value or a table with a family and its parameters. It is
// immutable and safe for concurrent use.
type Dist struct {
	law     Law
	scale   float64 // factor on every quantile
	fixed   int64   // the value, when constant
	isConst bool
	text    string // the parameters in words
}

// Quantile is the inverse distribution function at u, 0 < u < 1, rounded to
// the nearest whole unit and never negative. Values beyond 2^62 are cut there.
// It is pure, so keyed draws pass it a hashed u.
func (d *Dist) Quantile(u float64) int64 {
	if d.isConst {
		return d.fixed
	}
	x := d.law.Quantile(u)*d.scale + 0.5
	if !(x >= 1) {
		return 0
	}
	if x >= maxDraw {
		return maxDraw
	}
	return int64(x)
}

// Draw takes exactly one number from r and passes it through Quantile, so two
// simulations that differ in a distribution only stay in step. A constant
// takes none: give each attribute a stream of its own.
func (d *Dist) Draw(r *rand.Rand) int64 {
	if d.isConst {
		return d.fixed
	}
	return d.Quantile(uniform(r))
}

// uniform returns one of the 2^52 midpoints (k + 1/2) / 2^52: never 0 or 1,
// where inverse distribution functions may be infinite.
func uniform(r *rand.Rand) float64 {
	return (float64(r.Uint64()>>12) + 0.5) * 0x1p-52
}

// Mean is the mean before rounding to whole units.
func (d *Dist) Mean() float64 {
	if d.isConst {
		return float64(d.fixed)
	}
	return d.law.Mean() * d.scale
}

// Std is the standard deviation before rounding, +Inf where it does not exist.
func (d *Dist) Std() float64 {
	if d.isConst {
		return 0
	}
	return d.law.Std() * d.scale
}

// IsConstant reports whether d has one value only, and that value.
func (d *Dist) IsConstant() (int64, bool) { return d.fixed, d.isConst }

// Scale returns d with every value multiplied by f, which must be finite and 0
// or more, or Scale panics.
func (d *Dist) Scale(f float64) *Dist {
	if !(f >= 0) || math.IsInf(f, 1) {
		panic(fmt.Sprintf("workloads: Dist.Scale(%v): factor must be finite and 0 or more", f))
	}
	if f == 1 {
		return d
	}
	s := *d
	s.text = fmt.Sprintf("%s x %.6g", d.text, f)
	if d.isConst {
		s.fixed = int64(math.Min(math.Round(float64(d.fixed)*f), maxDraw))
		return &s
	}
	s.scale *= f
	return &s
}

// String prints the distribution in words, with quantities as they were
// written: "lognormal (mean 180s, p50 150s)", or the value of a constant.
func (d *Dist) String() string { return d.text }

// Quantity is a type in which constructors take values. The typed quantities
// of package units print themselves in Dist.String.
type Quantity interface{ ~int | ~int64 }

// Constant returns the distribution of the one value v, 0 or more.
func Constant[Q Quantity](v Q) *Dist {
	if v < 0 {
		panic(fmt.Sprintf("workloads: Constant(%d): want 0 or more", int64(v)))
	}
	return &Dist{fixed: int64(v), isConst: true, scale: 1, text: fmt.Sprint(v)}
}

// Exponential returns the exponential distribution of the given mean, which
// must be 0 or more; 0 is the constant 0.
func Exponential[Q Quantity](mean Q) *Dist {
	if mean == 0 {
		return Constant(mean)
	}
	return mustLaw("exponential", fmt.Sprintf("mean %v", mean), map[string]float64{"mean": float64(mean)})
}

// Uniform returns the uniform distribution over [least, most].
func Uniform[Q Quantity](least, most Q) *Dist {
	return mustLaw("uniform", fmt.Sprintf("min %v, max %v", least, most),
		map[string]float64{"min": float64(least), "max": float64(most)})
}

// LognormalMeanP50 returns the lognormal distribution of a mean and a median;
// the mean may not be below the median.
func LognormalMeanP50[Q Quantity](mean, p50 Q) *Dist {
	return mustLaw("lognormal", fmt.Sprintf("mean %v, p50 %v", mean, p50),
		map[string]float64{"mean": float64(mean), "p50": float64(p50)})
}

// LognormalP50P95 returns the lognormal distribution of a median and a 95th
// percentile, which may not be below the median.
func LognormalP50P95[Q Quantity](p50, p95 Q) *Dist {
	return mustLaw("lognormal", fmt.Sprintf("p50 %v, p95 %v", p50, p95),
		map[string]float64{"p50": float64(p50), "p95": float64(p95)})
}

// LognormalMeanP95 returns the lognormal distribution of a mean and a 95th
// percentile, which may not be below the mean.
func LognormalMeanP95[Q Quantity](mean, p95 Q) *Dist {
	return mustLaw("lognormal", fmt.Sprintf("mean %v, p95 %v", mean, p95),
		map[string]float64{"mean": float64(mean), "p95": float64(p95)})
}

// mustLaw builds a distribution from parameters written in a program, where an
// infeasible set is a programming error: it panics.
func mustLaw(family, text string, params map[string]float64) *Dist {
	law, err := lookUpDist(family).New(DistArgs{numbers: params})
	if err != nil {
		panic(fmt.Sprintf("workloads: %s (%s): %v", family, text, err))
	}
	return FromLaw(law, fmt.Sprintf("%s (%s)", family, text))
}

// FromLaw returns the distribution of a law of one's own; text is what String
// prints.
func FromLaw(l Law, text string) *Dist {
	if c, ok := l.(constantLaw); ok {
		return &Dist{fixed: int64(math.Round(math.Min(float64(c), maxDraw))), isConst: true, scale: 1, text: text}
	}
	return &Dist{law: l, scale: 1, text: text}
}
