package workloads

import (
	"fmt"
	"math"
	"sort"
)

// constantLaw is one value; FromLaw turns it into a constant Dist.
type constantLaw float64

func (c constantLaw) Quantile(float64) float64 { return float64(c) }
func (c constantLaw) Mean() float64            { return float64(c) }
func (c constantLaw) Std() float64             { return 0 }

var _ = RegisterDist(DistFamily{
	Name:   "constant",
	Doc:    "The same value every time, as a plain value is.",
	Params: []DistParam{{"value", QuantityParam, "the value"}},
	New: func(a DistArgs) (Law, error) {
		if !a.Has("value") {
			return nil, missing("value")
		}
		return constantLaw(a.Float("value")), nil
	},
})

type uniformLaw struct{ min, width float64 }

func (l uniformLaw) Quantile(u float64) float64 { return l.min + u*l.width }
func (l uniformLaw) Mean() float64              { return l.min + l.width/2 }
func (l uniformLaw) Std() float64               { return l.width / math.Sqrt(12) }

var _ = RegisterDist(DistFamily{
	Name: "uniform",
	Doc:  "Every value from min to max is equally likely.",
	Params: []DistParam{
		{"min", QuantityParam, "the least value"},
		{"max", QuantityParam, "the greatest value"},
	},
	New: func(a DistArgs) (Law, error) {
		if err := needs(a, "min", "max"); err != nil {
			return nil, err
		}
		lo, hi := a.Float("min"), a.Float("max")
		if hi < lo {
			return nil, fmt.Errorf("got max %s below min %s", a.Text("max"), a.Text("min"))
		}
		return uniformLaw{lo, hi - lo}, nil
	},
})

type exponentialLaw float64 // the mean

func (l exponentialLaw) Quantile(u float64) float64 { return -math.Log1p(-u) * float64(l) }
func (l exponentialLaw) Mean() float64              { return float64(l) }
func (l exponentialLaw) Std() float64               { return float64(l) }

var _ = RegisterDist(DistFamily{
	Name:   "exponential",
	Doc:    "Memoryless: what is left is always as long as the mean.",
	Params: []DistParam{{"mean", QuantityParam, "the mean, over 0"}},
	New: func(a DistArgs) (Law, error) {
		if err := positive(a, "mean"); err != nil {
			return nil, err
		}
		return exponentialLaw(a.Float("mean")), nil
	},
})

// hyperexponentialLaw is exponential with mean1 in a share p of cases, with
// mean2 in the rest.
type hyperexponentialLaw struct {
	p, mean1, mean2 float64
	log1, log2      float64 // of p and 1-p
}

func newHyperexponential(p, mean1, mean2 float64) hyperexponentialLaw {
	return hyperexponentialLaw{p, mean1, mean2, math.Log(p), math.Log1p(-p)}
}

// Quantile solves p e^(-x/m1) + (1-p) e^(-x/m2) = 1-u by Newton's method on
// the logarithm of the left side, which is convex and falling: from the left
// of the root the steps never overshoot. It begins where one of the two terms
// alone would have the whole value, or both the shorter mean.
func (l hyperexponentialLaw) Quantile(u float64) float64 {
	goal := math.Log1p(-u)
	x := max(-goal*min(l.mean1, l.mean2), l.mean1*(l.log1-goal), l.mean2*(l.log2-goal))
	for range 64 {
		a, b := l.p*math.Exp(-x/l.mean1), (1-l.p)*math.Exp(-x/l.mean2)
		step := (math.Log(a+b) - goal) * (a + b) / (a/l.mean1 + b/l.mean2)
		x += step
		if math.Abs(step) <= 1e-12*x {
			break
		}
	}
	return x
}

func (l hyperexponentialLaw) Mean() float64 { return l.p*l.mean1 + (1-l.p)*l.mean2 }

func (l hyperexponentialLaw) Std() float64 {
	m := l.Mean()
	return math.Sqrt(2*(l.p*l.mean1*l.mean1+(1-l.p)*l.mean2*l.mean2) - m*m)
}

var _ = RegisterDist(DistFamily{
	Name:   "hyperexponential",
	Doc:    "A mix of two exponentials, such as many short jobs and few long ones; by p, mean1, mean2, or by mean and cv (1 or more) with balanced means.",
	Source: "Gross, Shortle, Thompson, Harris: Fundamentals of Queueing Theory, 4th ed., section 4.3; balanced means: Whitt, Operations Research 30(1), 1982, section 3",
	Params: []DistParam{
		{"p", ShareParam, "the share of values with mean1"},
		{"mean1", QuantityParam, "the mean of the first kind"},
		{"mean2", QuantityParam, "the mean of the second kind"},
		{"mean", QuantityParam, "the mean of all values, with cv"},
		{"cv", NumberParam, "standard deviation over mean, 1 or more"},
	},
	New: func(a DistArgs) (Law, error) {
		if a.Has("mean") || a.Has("cv") {
			if err := only(a, "mean", "cv"); err != nil {
				return nil, err
			}
			if err := positive(a, "mean"); err != nil {
				return nil, err
			}
			m, c2 := a.Float("mean"), a.Float("cv")*a.Float("cv")
			if a.Float("cv") < 1 || c2 > 1e12 {
				return nil, fmt.Errorf("got cv %s, want 1 or more and under 1,000,000; below 1 use gamma", a.Text("cv"))
			}
			p := (1 + math.Sqrt((c2-1)/(c2+1))) / 2
			return newHyperexponential(p, m/(2*p), m/(2*(1-p))), nil
		}
		if err := needs(a, "p", "mean1", "mean2"); err != nil {
			return nil, err
		}
		if err := positive(a, "mean1", "mean2"); err != nil {
			return nil, err
		}
		p := a.Float("p")
		switch p {
		case 0:
			return exponentialLaw(a.Float("mean2")), nil
		case 1:
			return exponentialLaw(a.Float("mean1")), nil
		}
		return newHyperexponential(p, a.Float("mean1"), a.Float("mean2")), nil
	},
})

func missing(names ...string) error {
	return fmt.Errorf("%s not given", joinAnd(names))
}

func joinAnd(names []string) string {
	s := ""
	for i, n := range names {
		switch {
		case i == 0:
		case i == len(names)-1:
			s += " and "
		default:
			s += ", "
		}
		s += n
	}
	return s
}

// needs returns an error naming the parameters that were not given.
func needs(a DistArgs, names ...string) error {
	var absent []string
	for _, n := range names {
		if !a.Has(n) {
			absent = append(absent, n)
		}
	}
	if len(absent) > 0 {
		return missing(absent...)
	}
	return nil
}

// only requires exactly the named parameters.
func only(a DistArgs, names ...string) error {
	if err := needs(a, names...); err != nil {
		return err
	}
	if n := len(a.numbers) + len(a.lists); n > len(names) {
		return fmt.Errorf("got %s, want %s and nothing else", joinAnd(a.given()), joinAnd(names))
	}
	return nil
}

// given lists the names of the parameters given, sorted.
func (a DistArgs) given() []string {
	var names []string
	for n := range a.numbers {
		names = append(names, n)
	}
	for n := range a.lists {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// positive requires the named parameters to be given and over 0.
func positive(a DistArgs, names ...string) error {
	if err := needs(a, names...); err != nil {
		return err
	}
	for _, n := range names {
		if !(a.Float(n) > 0) {
			return fmt.Errorf("got %s %s, want over 0", n, a.Text(n))
		}
	}
	return nil
}
