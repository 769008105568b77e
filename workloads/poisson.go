package workloads

import (
	"fmt"
	"math"
	"math/bits"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// PoissonParams are the parameters of pattern "poisson".
type PoissonParams struct {
	Rate units.Rate `toml:"rate" doc:"mean arrivals per time" required:"true"`
}

var _ = RegisterPattern(Pattern{
	Name:   "poisson",
	Doc:    "Independent arrivals at a constant mean rate, as many users acting apart from each other make.",
	Source: "Kingman: Poisson Processes, Oxford 1993, ch. 4",
	Params: func() any { return &PoissonParams{} },
	New: checked(func(p *PoissonParams) (Process, error) {
		if p.Rate <= 0 {
			return nil, errRate("rate", p.Rate)
		}
		return curveProcess{start: func(Setting) curve { return constantCurve(p.Rate.Float()) }}, nil
	}),
})

type constantCurve float64

func (c constantCurve) piece(sim.Time) piece { return flatPiece(sim.MaxTime, float64(c)) }
func (c constantCurve) at(sim.Time) float64  { return float64(c) }

// SteadyParams are the parameters of pattern "steady".
type SteadyParams struct {
	Rate units.Rate `toml:"rate" doc:"arrivals per time, at equal gaps" required:"true"`
}

var _ = RegisterPattern(Pattern{
	Name:   "steady",
	Doc:    "Arrivals at equal gaps, the first after half a gap: load without chance, for baselines.",
	Source: "the D of D/M/1: Gross, Shortle, Thompson, Harris: Fundamentals of Queueing Theory, 4th ed., section 1.3",
	Params: func() any { return &SteadyParams{} },
	New: checked(func(p *SteadyParams) (Process, error) {
		if p.Rate <= 0 {
			return nil, errRate("rate", p.Rate)
		}
		return steadyProcess(p.Rate), nil
	}),
})

type steadyProcess units.Rate

func (p steadyProcess) Cycle() sim.Time { return 0 }

func (p steadyProcess) Scale(f float64) Process {
	checkScale(f)
	return steadyProcess(math.Round(math.Min(float64(p)*f, maxDraw)))
}

func (p steadyProcess) Arrivals(s Setting) (Arrivals, error) {
	return &steady{rate: uint64(p), horizon: s.Horizon}, s.check()
}

func (p steadyProcess) Rates(s Setting) (Rates, error) {
	return &curveRates{c: constantCurve(units.Rate(p).Float()), horizon: s.Horizon}, s.check()
}

// steady places arrival k at (2k + 1) / (2 rate) exactly, rounded down to a
// nanosecond, so gaps do not drift.
type steady struct {
	rate    uint64 // events per 10^9 s
	k       uint64
	horizon sim.Time
}

func (a *steady) Next() (sim.Time, bool) {
	hi, lo := bits.Mul64(2*a.k+1, 5e17) // x 10^18 ns / 2
	if hi >= a.rate {
		return 0, false // beyond 2^64 ns
	}
	q, _ := bits.Div64(hi, lo, a.rate)
	if q >= uint64(a.horizon) {
		return 0, false
	}
	a.k++
	return sim.Time(q), true
}

func errRate(key string, r units.Rate) error {
	return fmt.Errorf(`%s: got %v, want over 0, such as "2/min"`, key, r)
}
