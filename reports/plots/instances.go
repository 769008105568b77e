package plots

import (
	"fmt"
	"math"

	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads/units"

	"gonum.org/v1/plot"
)

var _ = RegisterPlot(Plot{
	Name:  "instances",
	Title: "Instances and scaling activities",
	Doc:   "Container instances of each group, booting ones included, and by how many scaling activities changed the desired capacity; those of about the same time are one bar a direction.",
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
	var most float64
	var launched, terminated int64
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
		launched, terminated = launched+p.Launched, terminated+p.Terminated
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
	f.Headline = fmt.Sprintf("%s: %s instances launched, %s terminated; scaling activities: %s", o.Platform,
		units.Thousands(launched), units.Thousands(terminated), units.Thousands(int64(len(r.Activities))))

	low := newPlot("change of desired")
	low.Y.Tick.Marker = niceTicks{Whole: true}
	timeAxis(low, r, in.Location, true)
	low.Y.Min, low.Y.Max = -1, 1
	// Activities closer than a bar is wide add up, each direction by itself.
	marks := boxes{}
	width := low.X.Max / 700
	var at, up, down float64
	flush := func() {
		if up > 0 {
			marks.rects = append(marks.rects, rect{at, at + width, 0, up, blue})
		}
		if down < 0 {
			marks.rects = append(marks.rects, rect{at, at + width, down, 0, orange})
		}
		low.Y.Min, low.Y.Max = min(low.Y.Min, down*1.1), max(low.Y.Max, up*1.1)
		up, down = 0, 0
	}
	for _, a := range r.Activities {
		if begin := math.Floor(a.At.Seconds()/width) * width; begin != at {
			flush()
			at = begin
		}
		up += float64(max(a.To-a.From, 0))
		down += float64(min(a.To-a.From, 0))
	}
	flush()
	low.Add(gridLines{x: true, y: true}, marks, curve{[]float64{0, low.X.Max}, []float64{0, 0}, thin(outline, 1)}, windowEdges{r})
	f.Legend = append(f.Legend, Key{Label: "scaling out", Fill: blue}, Key{Label: "scaling in", Fill: orange})
	f.Panels = []*plot.Plot{top, low}
	return f
}

// clock prints a moment of the run on the calendar.
func clock(in Input, r *result.Run, at sim.Time) string {
	return r.Start.Add(at.Std()).In(in.Location).Format("Mon 2 Jan 15:04 MST")
}
