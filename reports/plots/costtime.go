package plots

import (
	"fmt"
	"image/color"
	"maps"
	"slices"

	"ecsim/models/result"
	"ecsim/sim"

	"gonum.org/v1/plot"
)

var _ = RegisterPlot(Plot{
	Name:  "cost-time",
	Title: "Cost per hour and in total",
	Doc:   "What each clock hour cost by class of charge, and the sum so far.",
	Draw: func(in Input) ([]Figure, error) {
		return eachRun(in, "cost-time", func(o *result.Outcome) Figure { return costTime(in, o) }), nil
	},
})

// classOrder is how classes stack, the usual bulk first; others follow by
// name.
var classOrder = []string{"ec2", "fargate", "lambda", "storage", "load-balancer", "network", "transfer", "fee", "unused-commitment", "other"}

// maxBars is how many bars a panel shows; beyond it hours are put together.
const maxBars = 400

// classes are those that cost something, in stacking order.
func classes(hourly []result.HourlyCost) []string {
	some := map[string]bool{}
	for _, h := range hourly {
		for class, usd := range h.Class {
			if usd != 0 {
				some[class] = true
			}
		}
	}
	rank := func(s string) int {
		if i := slices.Index(classOrder, s); i >= 0 {
			return i
		}
		return len(classOrder)
	}
	return slices.SortedStableFunc(slices.Values(slices.Sorted(maps.Keys(some))), func(a, b string) int { return rank(a) - rank(b) })
}

// classFill keeps a class's colour the same on every platform.
func classFill(class string) color.Color {
	i := slices.Index(classOrder, class)
	if i < 0 || i >= len(fills) {
		return fills[len(fills)-1]
	}
	return fills[i]
}

func costTime(in Input, o *result.Outcome) Figure {
	r := o.First
	f := Figure{
		Headline: fmt.Sprintf("%s: %s in %s, %s an hour on average", o.Platform, r.Bill.Total, span(r.Bill.Hours),
			result.FormatUSD(r.Bill.Total.Float()/max(r.Bill.Hours.Seconds()/3600, 1e-9))),
		Note: runNote(r) + "; paid, after discount and commitments",
	}
	names := classes(r.Bill.Hourly)
	if len(names) == 0 {
		f.Empty = "no data: nothing was charged"
		return f
	}
	group := 1 + (len(r.Bill.Hourly)-1)/maxBars
	low := make([]float64, len(r.Bill.Hourly))
	bars := boxes{}
	for _, class := range names {
		f.Legend = append(f.Legend, Key{Label: class, Fill: classFill(class)})
		for i := 0; i < len(r.Bill.Hourly); i += group {
			hours := r.Bill.Hourly[i:min(i+group, len(r.Bill.Hourly))]
			from := max(hours[0].From, r.WarmUp)
			until := min(hours[len(hours)-1].From+sim.Hour, r.Duration)
			var usd float64
			for _, h := range hours {
				usd += h.Class[class].Float()
			}
			if usd == 0 || until <= from {
				continue
			}
			// A cut hour is drawn at its rate, so that height means $/h everywhere.
			rate := usd / (until - from).Seconds() * 3600
			bars.rects = append(bars.rects, rect{from.Seconds(), until.Seconds(), low[i], low[i] + rate, classFill(class)})
			low[i] += rate
		}
	}
	if group > 1 {
		f.Note += fmt.Sprintf("; a bar is the mean of %d hours", group)
	}
	top := newPlot("$ per hour")
	top.Y.Tick.Marker = niceTicks{Prefix: "$"}
	timeAxis(top, r, in.Location, false)
	headroom(top, highest(low))
	top.Add(gridLines{x: true, y: true}, bars, windowEdges{r})

	var xs, ys []float64
	sum := 0.0
	for i, h := range r.Bill.Hourly {
		if i == 0 {
			xs, ys = append(xs, max(h.From, r.WarmUp).Seconds()), append(ys, 0)
		}
		for _, class := range names {
			sum += h.Class[class].Float()
		}
		xs, ys = append(xs, min(h.From+sim.Hour, r.Duration).Seconds()), append(ys, sum)
	}
	total := newPlot("$ so far")
	total.Y.Tick.Marker = niceTicks{Prefix: "$"}
	timeAxis(total, r, in.Location, true)
	headroom(total, highest(ys))
	total.Add(gridLines{x: true, y: true}, curve{xs, ys, thin(black, 2.2)}, windowEdges{r})
	f.Legend = append(f.Legend, Key{Label: "sum so far (lower panel)", Line: thin(black, 2.2)})
	f.Panels = []*plot.Plot{top, total}
	return f
}

// span prints a length of time in whole days or hours where it is one.
func span(t sim.Time) string {
	switch {
	case t > 0 && t%sim.Day == 0:
		return plural(int64(t/sim.Day), "day")
	case t > 0 && t%sim.Hour == 0:
		return plural(int64(t/sim.Hour), "hour")
	}
	return t.String()
}

func plural(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
