package plots

import (
	"fmt"

	"ecsim/models/result"
	"ecsim/sim"

	"gonum.org/v1/plot"
)

var _ = RegisterPlot(Plot{
	Name:  "instances",
	Title: "Instances and scaling activities",
	Doc:   "Container instances of each group, booting ones included, and by how many each scaling activity changed the desired capacity.",
	Draw: func(in Input) ([]Figure, error) {
		return eachRun(in, "instances", func(o *result.Outcome) Figure { return instances(in, o) }), nil
	},
})

func instances(in Input, o *result.Outcome) Figure {
	r := o.First
	f := Figure{Headline: o.Platform + ": no instances", Note: runNote(r), Empty: "no data: the platform runs on Fargate alone"}
	top := newPlot("instances")
	top.Y.Tick.Marker = niceTicks{Whole: true}
	top.Add(gridLines{x: true, y: true})
	timeAxis(top, r, in.Location, false)
	var most, launched, terminated float64
	groups := 0
	for i := range r.Providers {
		p := &r.Providers[i]
		if !p.HasInstances() || len(p.Instances.Mean) == 0 {
			continue
		}
		xs, ys := steps(&p.Instances, 1, shown(r))
		top.Add(curve{xs, ys, lineStyle(groups)})
		most = max(most, highest(ys))
		f.Legend = append(f.Legend, Key{Label: fmt.Sprintf("%s: mean %.1f, max %d", p.Name, p.MeanInstances, p.MaxInstances), Line: lineStyle(groups)})
		launched, terminated = launched+float64(p.Launched), terminated+float64(p.Terminated)
		groups++
	}
	if groups == 0 {
		return f
	}
	f.Empty = ""
	headroom(top, most)
	top.Add(windowEdges{r})
	if len(r.Activities) == 0 {
		f.Headline = o.Platform + ": instances, no scaling activity"
		timeAxis(top, r, in.Location, true)
		f.Panels = []*plot.Plot{top}
		return f
	}
	f.Headline = fmt.Sprintf("%s: %.0f instances launched, %.0f terminated; scaling activities: %d", o.Platform, launched, terminated, len(r.Activities))

	low := newPlot("change of desired")
	low.Y.Tick.Marker = niceTicks{Whole: true}
	timeAxis(low, r, in.Location, true)
	low.Y.Min, low.Y.Max = -1, 1
	marks := boxes{}
	width := low.X.Max / 700
	for _, a := range r.Activities {
		change := float64(a.To - a.From)
		fill := blue
		if change < 0 {
			fill = orange
		}
		at := a.At.Seconds()
		marks.rects = append(marks.rects, rect{at, at + width, min(change, 0), max(change, 0), fill})
		low.Y.Min, low.Y.Max = min(low.Y.Min, change*1.1), max(low.Y.Max, change*1.1)
	}
	low.Add(gridLines{x: true, y: true}, marks, curve{[]float64{0, low.X.Max}, []float64{0, 0}, thin(outline, 1)}, windowEdges{r})
	f.Legend = append(f.Legend, Key{Label: "scaling out", Fill: blue}, Key{Label: "scaling in", Fill: orange})
	f.Panels = []*plot.Plot{top, low}
	return f
}

// clock prints a moment of the run on the calendar.
func clock(in Input, r *result.Run, at sim.Time) string {
	return r.Start.Add(at.Std()).In(in.Location).Format("Mon 2 Jan 15:04 MST")
}
