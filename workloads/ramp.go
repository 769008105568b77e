package workloads

import (
	"fmt"
	"math"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// RampParams are the parameters of pattern "ramp".
type RampParams struct {
	From units.Rate     `toml:"from" doc:"rate before the ramp" default:"0/s" source:"Assumed: a launch starts from nothing"`
	To   units.Rate     `toml:"to" doc:"rate after the ramp" required:"true"`
	At   units.Duration `toml:"at" doc:"when the ramp begins, from the start" default:"0s"`
	Over units.Duration `toml:"over" doc:"how long the ramp takes; 0 is a step" required:"true"`
}

var _ = RegisterPattern(Pattern{
	Name:   "ramp",
	Doc:    "A rate that rises or falls in a straight line and then stays: a launch, a migration, a load test.",
	Source: "thinning of a linear rate: Lewis, Shedler: Naval Research Logistics Quarterly 26(3), 1979",
	Params: func() any { return &RampParams{} },
	New: checked(func(p *RampParams) (Process, error) {
		switch {
		case p.From < 0:
			return nil, fmt.Errorf("from: got %v, want 0 or more", p.From)
		case p.To < 0 || p.From == 0 && p.To == 0:
			return nil, fmt.Errorf("to: got %v from %v, want some load", p.To, p.From)
		case p.At < 0 || p.Over < 0:
			return nil, fmt.Errorf("at, over: got %v and %v, want 0 or more", p.At, p.Over)
		}
		r := rampCurve{p.From.Float(), p.To.Float(), sim.Time(p.At), sim.Time(p.Over)}
		return curveProcess{cycle: Never, start: func(Setting) curve { return r }}, nil
	}),
})

// rampPieces is how many pieces a slope is cut into; as steps of a rate each
// is 1 % of the climb.
const rampPieces = 100

type rampCurve struct {
	from, to float64
	start    sim.Time
	over     sim.Time
}

func (c rampCurve) at(t sim.Time) float64 {
	switch {
	case t < c.start:
		return c.from
	case t >= c.start+c.over:
		return c.to
	}
	return c.from + (c.to-c.from)*float64(t-c.start)/float64(c.over)
}

func (c rampCurve) piece(t sim.Time) piece {
	switch {
	case t < c.start:
		return flatPiece(c.start, c.from)
	case t >= c.start+c.over:
		return flatPiece(sim.MaxTime, c.to)
	}
	until := min(t+c.over/rampPieces+1, c.start+c.over)
	a, b := c.at(t), c.at(until)
	return piece{until: until, most: math.Max(a, b), mean: (a + b) / 2}
}
