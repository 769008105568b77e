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
		Headline: fmt.Sprintf("%s: CPU demand up to %s vCPU, capacity up to %s; %s vCPU-h held", o.Platform,
			peak(&c.DemandCPU), peak(&c.CapacityCPU), units.Thousands(int64(c.CapacityCPU.Integral(r.WarmUp, r.Duration)/float64(units.VCPU)/sim.Hour.Seconds()+0.5))),
		Note: runNote(r),
		Legend: []Key{{Label: "capacity", Fill: spare}, {Label: "demand: reservations of all tasks that run or wait", Line: lineStyle(0)},
			{Label: "tasks waiting for room", Line: lineStyle(1)}},
	}
	if len(c.DemandCPU.Mean) == 0 || len(c.CapacityCPU.Mean) == 0 {
		f.Empty = "no data: the run has no CPU series"
		return f
	}
	end := shown(r)
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

// peak prints the highest value of a series of CPU units, in vCPU.
func peak(s *result.Series) string {
	var most int64
	for _, v := range s.Max {
		most = max(most, v)
	}
	return units.Thousands(int64(units.CPU(most).VCPUs() + 0.5))
}
