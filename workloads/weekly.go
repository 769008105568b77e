package workloads

import (
	"fmt"
	"strconv"
	"strings"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// WeeklyParams are the parameters of pattern "weekly".
type WeeklyParams struct {
	Mean  units.Rate `toml:"mean" doc:"mean rate over a whole week" required:"true"`
	Days  Weights    `toml:"days" doc:"seven weights, Monday first" default:"[1, 1, 1, 1, 1, 1, 1]"`
	Hours Weights    `toml:"hours" doc:"24 weights, midnight first, local time" default:"[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"`
}

var _ = RegisterPattern(Pattern{
	Name:   "weekly",
	Doc:    "A table of the week: the rate in an hour is in proportion to its day's weight times its hour's, as a dashboard or a log gives them.",
	Source: "piecewise constant rates: Law: Simulation Modeling and Analysis, 5th ed., section 6.12.2",
	Params: func() any { return &WeeklyParams{Days: evenWeights(7), Hours: evenWeights(24)} },
	New:    checked(newWeekly),
})

// Weights are relative sizes: whole numbers, decimals or percentages. Only
// their proportions count.
type Weights []float64

// UnmarshalTOML reads a list such as [3, 2.5, "40%"].
func (w *Weights) UnmarshalTOML(v any) error {
	list, ok := v.([]any)
	if !ok {
		return fmt.Errorf("got %s, want a list of weights such as [1, 2, \"40%%\"]", describe(v))
	}
	*w = make(Weights, len(list))
	for i, e := range list {
		unit := 1.0
		if text, isText := e.(string); isText {
			if number, isPercent := strings.CutSuffix(text, "%"); isPercent {
				e, unit = number, 0.01
			}
		}
		x, err := parseNumber(e)
		x *= unit
		if err != nil || x < 0 || x > 1e12 {
			return fmt.Errorf("weight %d: got %s, want a number or percentage of 0 or more", i+1, describe(list[i]))
		}
		(*w)[i] = x
	}
	return nil
}

// String prints the list as TOML: "[1, 0.4]".
func (w Weights) String() string {
	s := "["
	for i, x := range w {
		if i > 0 {
			s += ", "
		}
		s += strconv.FormatFloat(x, 'g', -1, 64)
	}
	return s + "]"
}

func evenWeights(n int) Weights {
	w := make(Weights, n)
	for i := range w {
		w[i] = 1
	}
	return w
}

// shares returns the weights divided by their mean.
func (w Weights) shares(key string, n int) ([]float64, error) {
	if len(w) != n {
		return nil, fmt.Errorf("%s: got %d weights, want %d", key, len(w), n)
	}
	sum := 0.0
	for _, x := range w {
		sum += x
	}
	if !(sum > 0) {
		return nil, fmt.Errorf("%s: got weights that add up to 0, want some over 0", key)
	}
	out := make([]float64, n)
	for i, x := range w {
		out[i] = x * float64(n) / sum
	}
	return out, nil
}

func newWeekly(p *WeeklyParams) (Process, error) {
	if p.Mean <= 0 {
		return nil, errRate("mean", p.Mean)
	}
	days, err := p.Days.shares("days", 7)
	if err != nil {
		return nil, err
	}
	hours, err := p.Hours.shares("hours", 24)
	if err != nil {
		return nil, err
	}
	var table [7][24]float64
	cycle := sim.Day
	for i := range table {
		day := (i + 6) % 7 // time.Sunday is 0; the list starts on Monday
		if days[day] != days[0] {
			cycle = 7 * sim.Day
		}
		for h := range table[i] {
			table[i][h] = p.Mean.Float() * days[day] * hours[h]
		}
	}
	return curveProcess{cycle: cycle, start: func(s Setting) curve { return &weekCurve{&table, newClock(s), 0} }}, nil
}

type weekCurve struct {
	table *[7][24]float64 // [time.Weekday][hour]
	clock clock
	rate  float64
}

func (c *weekCurve) piece(t sim.Time) piece {
	day, ofDay := c.clock.read(t)
	c.rate = c.table[day][ofDay/sim.Hour]
	return flatPiece(t+sim.Hour-ofDay%sim.Hour, c.rate)
}

func (c *weekCurve) at(sim.Time) float64 { return c.rate }
