package workloads

import (
	"math"
	"math/rand/v2"

	"ecsim/sim"
)

// curve is a rate over time, walked forwards piece by piece. A curve that
// draws its own pieces (bursty) holds a stream; each walk has its own curve.
type curve interface {
	// piece describes the rate from t on, where t is 0 or the end of the piece
	// before.
	piece(t sim.Time) piece
	// at returns the rate at t, within the last piece; not called when it is
	// flat.
	at(t sim.Time) float64
}

// piece is a stretch of a curve.
type piece struct {
	until sim.Time // past its start; sim.MaxTime is for ever
	most  float64  // a bound on the rate within it, events per second
	mean  float64  // the exact mean rate over it
	flat  bool     // the rate is most throughout
}

func flatPiece(until sim.Time, rate float64) piece { return piece{until, rate, rate, true} }

// curveProcess makes a Process of a way to start curves. Arrivals are Poisson
// given the curve.
type curveProcess struct {
	cycle sim.Time
	start func(Setting) curve
}

func (p curveProcess) Cycle() sim.Time { return p.cycle }

func (p curveProcess) Scale(f float64) Process {
	checkScale(f)
	return curveProcess{p.cycle, func(s Setting) curve { return scaledCurve{p.start(s), f} }}
}

type scaledCurve struct {
	curve
	f float64
}

func (c scaledCurve) piece(t sim.Time) piece {
	p := c.curve.piece(t)
	p.most *= c.f
	p.mean *= c.f
	return p
}

func (c scaledCurve) at(t sim.Time) float64 { return c.curve.at(t) * c.f }

func (p curveProcess) Arrivals(s Setting) (Arrivals, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	a := &thinned{c: p.start(s), r: sim.Stream(s.Seed, s.Replication, s.Workload+"/arrivals"), horizon: s.Horizon}
	a.p = a.c.piece(0)
	return a, nil
}

func (p curveProcess) Rates(s Setting) (Rates, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	return &curveRates{c: p.start(s), horizon: s.Horizon}, nil
}

// thinned draws a Poisson process of varying rate: candidates come at the
// piece's bound, and one at t is kept with probability rate(t) / bound. The
// bound changes from piece to piece, so few candidates are lost even at the
// foot of a steep peak.
// Source: Lewis and Shedler, "Simulation of nonhomogeneous Poisson processes by
// thinning", Naval Research Logistics Quarterly 26(3), 1979, 403-413.
type thinned struct {
	c       curve
	r       *rand.Rand
	p       piece
	t       sim.Time // the last candidate
	frac    float64  // and the part of a nanosecond beyond it
	horizon sim.Time
}

func (a *thinned) Next() (sim.Time, bool) {
	for {
		// e is what the rate must integrate to until the next candidate; what
		// one piece does not use up carries into the next.
		e := -math.Log(uniform(a.r))
		for {
			if a.t >= a.horizon {
				return 0, false
			}
			ns := math.Inf(1)
			if a.p.most > 0 {
				ns = a.frac + e/a.p.most*1e9
			}
			if ns < float64(a.p.until-a.t) {
				whole := math.Floor(ns)
				a.t += sim.Time(whole)
				a.frac = ns - whole
				break
			}
			if a.p.until >= a.horizon {
				a.t = a.horizon
				return 0, false
			}
			if a.p.most > 0 {
				e -= a.p.most * (float64(a.p.until-a.t) - a.frac) / 1e9
				e = max(e, 0)
			}
			a.t, a.frac = a.p.until, 0
			a.p = a.c.piece(a.t)
		}
		if a.t >= a.horizon {
			return 0, false
		}
		if a.p.flat || uniform(a.r)*a.p.most < a.c.at(a.t) {
			return a.t, true
		}
	}
}

// curveRates turns pieces into steps of their mean rate.
type curveRates struct {
	c       curve
	t       sim.Time
	horizon sim.Time
}

func (r *curveRates) Next(s *Step) (bool, error) {
	if r.t >= r.horizon {
		return false, nil
	}
	p := r.c.piece(r.t)
	// A piece cut by the horizon keeps the mean of the whole piece; pieces are
	// minutes long.
	*s = Step{From: r.t, Until: min(p.until, r.horizon), PerSecond: p.mean}
	r.t = s.Until
	return true, nil
}
