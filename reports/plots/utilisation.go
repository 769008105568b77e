package plots

import (
	"fmt"

	"ecsim/models/result"
	"ecsim/workloads/units"
)

var _ = RegisterPlot(Plot{
	Name:  "utilisation",
	Title: "CPU and memory reserved and used",
	Doc:   "What tasks reserve and use of the capacity on hand. The resource nearer to its capacity binds; the white above the other is bought for nothing.",
	Draw: func(in Input) ([]Figure, error) {
		return eachRun(in, "utilisation", func(o *result.Outcome) Figure { return utilisation(in, o) }), nil
	},
})

func utilisation(in Input, o *result.Outcome) Figure {
	r := o.First
	c := &r.Cluster
	f := Figure{
		Headline: fmt.Sprintf("%s: reserved %s of CPU and %s of memory, used %s of CPU", o.Platform,
			share(o, "cpu_reservation"), share(o, "memory_reservation"), share(o, "cpu_utilization")),
		Note:   runNote(r) + "; figures above are means over all replications",
		Legend: []Key{{Label: "capacity", Fill: spare}, {Label: "reserved", Line: lineStyle(0)}, {Label: "CPU used", Line: lineStyle(1)}},
	}
	if len(c.CapacityCPU.Mean) == 0 {
		f.Empty = "no data: the run has no capacity series"
		return f
	}
	end := shown(r)
	panel := func(label string, scale float64, capacity, reserved, used *result.Series, last bool) {
		p := newPlot(label)
		timeAxis(p, r, in.Location, last)
		xs, have := steps(capacity, scale, end)
		rx, res := steps(reserved, scale, end)
		headroom(p, highest(have, res))
		p.Add(gridLines{x: true, y: true}, area{xs, have, spare}, curve{xs, have, thin(outline, 1)}, curve{rx, res, lineStyle(0)})
		if used != nil {
			ux, use := steps(used, scale, end)
			p.Add(curve{ux, use, lineStyle(1)})
		}
		p.Add(windowEdges{r})
		f.Panels = append(f.Panels, p)
	}
	panel("vCPU", float64(units.VCPU), &c.CapacityCPU, &c.ReservedCPU, &c.UsedCPU, false)
	panel("memory (GiB)", float64(units.GiB), &c.CapacityMemory, &c.ReservedMemory, nil, true)
	return f
}

// share prints a metric of the platform, or "n/a".
func share(o *result.Outcome, path string) string {
	e, ok := o.Estimate(path)
	if !ok || !e.OK {
		return "n/a"
	}
	return fmt.Sprintf("%.0f %%", 100*e.V)
}
