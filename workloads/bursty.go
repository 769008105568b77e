package workloads

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"time"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// DwellDist is how long a state lasts: a plain span ("80m") is the mean of an
// exponential, as in a Markov-modulated process; a table is any distribution.
// { dist = "constant", value = "80m" } is a fixed span. Its Dist is nil until
// read.
type DwellDist struct{ *Dist }

// UnmarshalTOML reads a value as ParseDist does, a plain span as a mean.
func (d *DwellDist) UnmarshalTOML(v any) (err error) {
	if _, table := v.(map[string]any); !table {
		v = map[string]any{"dist": "exponential", "mean": v}
	}
	d.Dist, err = ParseDist(v, DurationValue)
	return err
}

// BurstyParams are the parameters of pattern "bursty".
type BurstyParams struct {
	Quiet    units.Rate `toml:"quiet" doc:"rate between bursts; \"0/s\" makes an on-off source" required:"true"`
	Burst    units.Rate `toml:"burst" doc:"rate in a burst" required:"true"`
	QuietFor DwellDist  `toml:"quiet_for" doc:"time between bursts: a mean, or a distribution" default:"80m" source:"Assumed: nine parts quiet to one part burst"`
	BurstFor DwellDist  `toml:"burst_for" doc:"length of a burst: a mean, or a distribution" default:"10m" source:"Assumed: longer than an instance takes to boot"`
}

var _ = RegisterPattern(Pattern{
	Name: "bursty",
	Doc: "Poisson arrivals whose rate switches between quiet and burst (MMPP of two states). " +
		"With quiet = \"0/s\" and pareto dwell times of alpha under 2 it is an on-off source with long memory.",
	Source: "Fischer, Meier-Hellstern: The Markov-modulated Poisson process (MMPP) cookbook, Performance Evaluation 18(2), 1993; " +
		"on-off: Willinger, Taqqu, Sherman, Wilson: Self-similarity through high-variability, IEEE/ACM Transactions on Networking 5(1), 1997",
	Params: func() any {
		return &BurstyParams{
			QuietFor: DwellDist{Exponential(units.Duration(80 * time.Minute))},
			BurstFor: DwellDist{Exponential(units.Duration(10 * time.Minute))},
		}
	},
	New: checked(newBursty),
})

func newBursty(p *BurstyParams) (Process, error) {
	switch {
	case p.Quiet < 0:
		return nil, fmt.Errorf("quiet: got %v, want 0 or more", p.Quiet)
	case p.Burst <= p.Quiet:
		return nil, fmt.Errorf("burst: got %v, want over quiet, %v", p.Burst, p.Quiet)
	}
	var rates = [2]float64{p.Quiet.Float(), p.Burst.Float()}
	dwell := [2]*Dist{p.QuietFor.Dist, p.BurstFor.Dist}
	var rest [2]residual
	for i, key := range []string{"quiet_for", "burst_for"} {
		d := dwell[i]
		if d == nil {
			return nil, fmt.Errorf("%s: not given", key)
		}
		if m := d.Mean(); !(m >= 1e6) || math.IsInf(m, 1) {
			return nil, fmt.Errorf("%s: got %v with a mean of %v, want a finite mean of at least 1ms", key, d, units.Duration(m))
		}
		rest[i] = newResidual(d)
	}
	return curveProcess{start: func(s Setting) curve {
		return &burstyCurve{rates: rates, dwell: dwell, rest: &rest,
			r: sim.Stream(s.Seed, s.Replication, s.Workload+"/bursts")}
	}}, nil
}

// burstyCurve switches between two rates. It starts in equilibrium: in a burst
// with the long-run share of time in bursts, and with what remains of a dwell
// time that time zero falls into; so the mean rate holds from the first
// second.
type burstyCurve struct {
	rates [2]float64
	dwell [2]*Dist
	rest  *[2]residual
	r     *rand.Rand
	state int
}

func (c *burstyCurve) piece(t sim.Time) piece {
	var span sim.Time
	if t == 0 {
		quiet, burst := c.dwell[0].Mean(), c.dwell[1].Mean()
		if uniform(c.r)*(quiet+burst) < burst {
			c.state = 1
		}
		span = c.rest[c.state].draw(c.r)
	} else {
		c.state = 1 - c.state
		span = sim.Time(c.dwell[c.state].Draw(c.r))
	}
	until := sim.MaxTime
	if span < sim.MaxTime-t {
		until = t + max(span, 1)
	}
	return flatPiece(until, c.rates[c.state])
}

func (c *burstyCurve) at(sim.Time) float64 { return c.rates[c.state] }

// residual is what remains of a renewal interval that a fixed moment falls
// into: an interval chosen with probability in proportion to its length, cut
// at a uniform point.
// Source: Cox: Renewal Theory, Methuen 1962, section 5.4
type residual struct {
	d *Dist
	// cumulated[i] is the share of all time in intervals up to quantile
	// (i+1)/len; nil for an exponential, whose residual is itself.
	cumulated []float64
}

const residualCells = 4096

func newResidual(d *Dist) residual {
	if _, memoryless := d.law.(exponentialLaw); memoryless {
		return residual{d: d}
	}
	c := make([]float64, residualCells)
	sum := 0.0
	for i := range c {
		sum += float64(d.Quantile((float64(i) + 0.5) / residualCells))
		c[i] = sum
	}
	return residual{d, c}
}

// draw takes two numbers from r, or one for an exponential.
func (x residual) draw(r *rand.Rand) sim.Time {
	if x.cumulated == nil {
		return sim.Time(x.d.Draw(r))
	}
	n := len(x.cumulated)
	goal := uniform(r) * x.cumulated[n-1]
	i := sort.SearchFloat64s(x.cumulated, goal)
	length := x.d.Quantile((float64(i) + 0.5) / float64(n))
	return sim.Time(uniform(r) * float64(length))
}
