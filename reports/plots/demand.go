package plots

import (
	"fmt"

	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads/units"

	"gonum.org/v1/plot"
)

var _ = RegisterPlot(Plot{
	Name:  "demand",
	Title: "Demand and capacity over time",
	Doc:   "CPU that tasks ask for against CPU on hand, and the tasks that wait for the difference. Grey above the line is paid for and free; a line above the grey waits.",
	Draw: func(in Input) ([]Figure, error) {
		return eachRun(in, "demand", func(o *result.Outcome) Figure { return demand(in, o) }), nil
	},
})

func demand(in Input, o *result.Outcome) Figure {
	r := o.First
	c := &r.Cluster
	f := Figure{
		Headline: fmt.Sprintf("%s: CPU demand and capacity, %s vCPU-h asked for, %s held", o.Platform,
			hours(&c.DemandCPU, r, float64(units.VCPU)), hours(&c.CapacityCPU, r, float64(units.VCPU))),
		Note: runNote(r),
		Legend: []Key{{Label: "capacity", Fill: spare}, {Label: "demand: reservations of all tasks that run or wait", Line: lineStyle(0)},
			{Label: "tasks waiting for room", Line: lineStyle(1)}},
	}
	if len(c.DemandCPU.Mean) == 0 || len(c.CapacityCPU.Mean) == 0 {
		f.Empty = "no data: the run has no CPU series"
		return f
	}
	end := max(r.Duration, r.End)
	top := newPlot("vCPU")
	timeAxis(top, r, in.Location, false)
	xs, have := steps(&c.CapacityCPU, float64(units.VCPU), end)
	dx, want := steps(&c.DemandCPU, float64(units.VCPU), end)
	headroom(top, highest(have, want))
	top.Add(gridLines{x: true, y: true}, area{xs, have, spare}, curve{xs, have, thin(outline, 1)},
		curve{dx, want, lineStyle(0)}, windowEdges{r})

	low := newPlot("tasks waiting")
	low.Y.Tick.Marker = niceTicks{Whole: true}
	timeAxis(low, r, in.Location, true)
	wx, waiting := steps(&c.Waiting, 1, end)
	headroom(low, max(1, highest(waiting)))
	low.Add(gridLines{x: true, y: true}, area{wx, waiting, blush}, curve{wx, waiting, thin(vermillion, 1.6)}, windowEdges{r})
	f.Legend[2].Line = thin(vermillion, 1.6)
	f.Panels = []*plot.Plot{top, low}
	return f
}

// runNote says which run the picture shows.
func runNote(r *result.Run) string {
	note := fmt.Sprintf("replication %d of seed %d", r.Replication, r.Seed)
	if r.Partial {
		note += ", interrupted"
	}
	return note
}

// hours is a series' integral over the window in units of scale, printed.
func hours(s *result.Series, r *result.Run, scale float64) string {
	return units.Thousands(int64(s.Integral(r.WarmUp, r.Duration)/scale/sim.Hour.Seconds() + 0.5))
}
