package workloads

import (
	"fmt"
	"math"
	"time"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// FlashCrowdParams are the parameters of pattern "flash-crowd".
type FlashCrowdParams struct {
	Base  units.Rate     `toml:"base" doc:"rate before and long after" required:"true"`
	Peak  units.Rate     `toml:"peak" doc:"rate at the top" required:"true"`
	At    units.Duration `toml:"at" doc:"when the crowd begins to come, from the start" required:"true"`
	Rise  units.Duration `toml:"rise" doc:"time from base to peak, in a straight line" default:"5m" source:"Assumed: measured flash crowds rise within minutes"`
	Hold  units.Duration `toml:"hold" doc:"time at the peak" default:"0s"`
	Decay units.Duration `toml:"decay" doc:"after this long 37 % of the excess is left" default:"30m" source:"Assumed: interest fades much more slowly than it comes"`
}

var _ = RegisterPattern(Pattern{
	Name:   "flash-crowd",
	Doc:    "A sudden crowd on top of a base rate: a linear rise, a plateau, an exponential decay.",
	Source: "Ari, Hong, Miller, Brandt, Long: Managing flash crowds on the Internet, MASCOTS 2003 (the three phases); exponential decay Assumed",
	Params: func() any {
		return &FlashCrowdParams{Rise: units.Duration(5 * time.Minute), Decay: units.Duration(30 * time.Minute)}
	},
	New: checked(func(p *FlashCrowdParams) (Process, error) {
		switch {
		case p.Base < 0:
			return nil, fmt.Errorf("base: got %v, want 0 or more", p.Base)
		case p.Peak <= p.Base:
			return nil, fmt.Errorf("peak: got %v, want over base, %v", p.Peak, p.Base)
		case p.At < 0 || p.Rise < 0 || p.Hold < 0 || p.Decay < 0:
			return nil, fmt.Errorf("at, rise, hold, decay: got %v, %v, %v, %v, want 0 or more", p.At, p.Rise, p.Hold, p.Decay)
		}
		c := flashCurve{rise: rampCurve{p.Base.Float(), p.Peak.Float(), sim.Time(p.At), sim.Time(p.Rise)},
			fade: sim.Time(p.At + p.Rise + p.Hold), decay: sim.Time(p.Decay)}
		return curveProcess{cycle: Never, start: func(Setting) curve { return c }}, nil
	}),
})

type flashCurve struct {
	rise  rampCurve
	fade  sim.Time // when the decay begins
	decay sim.Time // its time constant
}

// fadeSpans is how many time constants the decay is followed; e^-30 of the
// excess, 1e-13, is then left out.
const (
	fadeSpans  = 30
	fadePieces = 20 // per time constant: steps of 5 %
)

func (c flashCurve) excess(t sim.Time) float64 {
	return (c.rise.to - c.rise.from) * math.Exp(-float64(t-c.fade)/float64(c.decay))
}

func (c flashCurve) at(t sim.Time) float64 {
	if t < c.fade {
		return c.rise.at(t)
	}
	return c.rise.from + c.excess(t)
}

func (c flashCurve) piece(t sim.Time) piece {
	if t < c.fade {
		p := c.rise.piece(t)
		p.until = min(p.until, c.fade)
		return p
	}
	if (t-c.fade)/fadeSpans >= c.decay {
		return flatPiece(sim.MaxTime, c.rise.from)
	}
	until := t + c.decay/fadePieces + 1
	a, b := c.excess(t), c.excess(until)
	return piece{until: until, most: c.rise.from + a,
		mean: c.rise.from + (a-b)*float64(c.decay)/float64(until-t)}
}
