package plots

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"

	"ecsim/models/result"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

var _ = RegisterPlot(Plot{
	Name:  "cost",
	Title: "Cost by platform and workload",
	Doc:   "The bill of each platform, cheapest first, split by what workloads reserved; grey is capacity nobody reserved. The bracket is the 95 % interval of chance. Cheapest is not best: see the ranking for missed service levels.",
	Draw:  func(in Input) ([]Figure, error) { return []Figure{costBars(in)}, nil },
})

func costBars(in Input) Figure {
	f := Figure{Name: "cost", Headline: "Cost by platform"}
	rows := slices.DeleteFunc(slices.Clone(in.Outcomes), func(o *result.Outcome) bool { return o.Runs == 0 })
	if len(rows) == 0 {
		f.Empty = "no data: no platform was run"
		return f
	}
	path, period := "cost_per_month", "per month of 730 h"
	if !slices.ContainsFunc(rows, func(o *result.Outcome) bool { e, _ := o.Estimate(path); return e.OK }) {
		path, period = "cost", "for "+span(rows[0].Bill.Hours)
		if slices.ContainsFunc(rows, func(o *result.Outcome) bool { return o.Bill.Drain > 0 }) {
			path, period = "cost_with_drain", "for all the work"
		}
	}
	cost := func(o *result.Outcome) result.Estimate { e, _ := o.Estimate(path); return e }
	slices.SortStableFunc(rows, func(a, b *result.Outcome) int { return cmp.Compare(cost(a).V, cost(b).V) })
	f.Headline = fmt.Sprintf("Cost %s: %s on %s", period, result.FormatUSD(cost(rows[0]).V), rows[0].Platform)
	if last := rows[len(rows)-1]; len(rows) > 1 {
		f.Headline += fmt.Sprintf(" to %s on %s", result.FormatUSD(cost(last).V), last.Platform)
	}
	f.Note = "one run, so no interval; paid, after discount and commitments"
	if n := rows[0].Runs; n > 1 {
		f.Note = fmt.Sprintf("mean of %d runs; paid, after discount and commitments; the bracket is the 95 %% interval", n)
	}

	colors, patterns := workloadFills(rows)
	bars := costStack{rows: rows, cost: cost, fills: colors, hatches: patterns, drain: path == "cost_with_drain"}
	for _, name := range bars.order() {
		label := name
		if name == "" {
			label = "idle"
		}
		f.Legend = append(f.Legend, Key{Label: label, Fill: colors[name], Hatch: patterns[name]})
	}
	if bars.drain {
		f.Legend = append(f.Legend, Key{Label: "finishing it after the window", Fill: muted})
	}
	p := newPlot("")
	p.X.Label.Text = "$ " + period
	p.X.Tick.Marker = niceTicks{Prefix: "$"}
	p.X.Min, p.X.Max = 0, 1
	names := make([]plot.Tick, len(rows))
	for i, o := range rows {
		names[i] = plot.Tick{Value: float64(len(rows) - 1 - i), Label: o.Platform}
		e := cost(o)
		p.X.Max = max(p.X.Max, e.V+nonNaN(e.Half))
	}
	p.X.Max *= 1.16 // room for the totals behind the bars
	p.Y.Min, p.Y.Max = -0.6, float64(len(rows))-0.4
	p.Y.Tick.Marker = plot.ConstantTicks(names)
	p.Y.Tick.Length = 0
	p.Y.Tick.Label.Font = sans(labelSize, false)
	p.Add(gridLines{x: true}, bars)
	f.Panels = []*plot.Plot{p}
	return f
}

func nonNaN(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return v
}

// workloadFills gives each workload the same colour and pattern on every
// platform, and plain grey to idle capacity ("").
func workloadFills(rows []*result.Outcome) (map[string]color.Color, map[string]hatching) {
	colors, patterns := map[string]color.Color{"": spare}, map[string]hatching{}
	for _, o := range rows {
		for i := range o.Pooled.Workloads {
			name := o.Pooled.Workloads[i].Name
			if _, ok := colors[name]; !ok {
				// Pattern and colour come round at different times, so that 24 differ.
				patterns[name] = hatching(len(colors)-1) % hatchings
				colors[name] = fills[(len(colors)-1)%len(fills)]
			}
		}
	}
	return colors, patterns
}

// costStack draws horizontal bars, one a platform, from the top down.
type costStack struct {
	rows    []*result.Outcome
	cost    func(*result.Outcome) result.Estimate
	fills   map[string]color.Color
	hatches map[string]hatching
	drain   bool // cost includes what was paid after the window
}

// order is that of the workloads, idle last.
func (s costStack) order() []string {
	var names []string
	for _, o := range s.rows {
		for _, split := range o.Bill.Splits {
			if split.Workload != "" && !slices.Contains(names, split.Workload) {
				names = append(names, split.Workload)
			}
		}
	}
	slices.Sort(names)
	return append(names, "")
}

func (s costStack) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	height := min(0.62, 60/float64(ty(1)-ty(0)))
	label := textStyle(tickSize, ink)
	label.YAlign = text.YCenter
	for i, o := range s.rows {
		y := float64(len(s.rows) - 1 - i)
		e := s.cost(o)
		if !e.OK {
			c.FillText(label, vg.Point{X: tx(0) + 6, Y: ty(y)}, "no cost a month: the window is not whole cycles")
			continue
		}
		x := 0.0
		segment := func(width float64, fill color.Color, pattern hatching) {
			c.FillPolygon(fill, []vg.Point{{X: tx(x), Y: ty(y - height/2)}, {X: tx(x + width), Y: ty(y - height/2)},
				{X: tx(x + width), Y: ty(y + height/2)}, {X: tx(x), Y: ty(y + height/2)}})
			pattern.on(c, vg.Point{X: tx(x), Y: ty(y - height/2)}, vg.Point{X: tx(x + width), Y: ty(y + height/2)}, fill)
			c.StrokeLine2(thin(color.White, 1), tx(x+width), ty(y-height/2), tx(x+width), ty(y+height/2))
			x += width
		}
		split := e.V // by workload
		if s.drain {
			split -= o.Bill.Drain.Float()
		}
		for _, name := range s.order() {
			for _, part := range o.Bill.Splits {
				if part.Workload == name && part.Paid > 0 && o.Bill.Total > 0 {
					segment(split*part.Paid.Float()/o.Bill.Total.Float(), s.fills[name], s.hatches[name])
				}
			}
		}
		if s.drain && o.Bill.Drain > 0 {
			segment(o.Bill.Drain.Float(), muted, plain)
		}
		half := nonNaN(e.Half)
		if low, high := tx(e.V-half), tx(e.V+half); high-low >= 1 {
			whisker(c, vg.Point{X: low, Y: ty(y)}, vg.Point{X: high, Y: ty(y)}, 6)
		}
		figure := result.FormatUSD(e.V)
		switch {
		case math.IsNaN(e.Half): // one run
		case e.V >= 100:
			figure += fmt.Sprintf(" ± %.0f", e.Half)
		default:
			figure += fmt.Sprintf(" ± %.2f", e.Half)
		}
		c.FillText(label, vg.Point{X: tx(e.V+half) + 10, Y: ty(y)}, figure)
	}
}
