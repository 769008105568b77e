package plots

import (
	"fmt"
	"image/color"
	"slices"

	"ecsim/models/result"
	"ecsim/workloads/units"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// mostServices is how many services a platform gets a picture of.
const mostServices = 6

var _ = RegisterPlot(Plot{
	Name:  "services",
	Title: "Services over time",
	Doc: "Tasks wanted, running and on their way to RUNNING, of each service; grey bands are deployments, from their start until the new tasks " +
		"were steady, and a dark band one that failed, was rolled back or stalled. Below, running tasks by Availability Zone: lines that part are a service out of balance. " +
		"Of many services those with deployments come first.",
	Draw: func(in Input) ([]Figure, error) {
		var figures []Figure
		for _, o := range in.Outcomes {
			if o.First == nil {
				continue
			}
			for _, w := range drawnServices(o.First) {
				f := serviceFigure(in, o, w)
				f.Name = fileName("services", o.Platform, w.Name)
				figures = append(figures, f)
			}
		}
		if figures == nil {
			figures = []Figure{{Name: "services", Headline: "Services over time", Empty: "no data: no platform that ran has a service with tasks"}}
		}
		return figures, nil
	},
})

// drawnServices are the services worth a picture: those whose count of running
// tasks ever changes or that have deployments, the latter first, by name.
func drawnServices(r *result.Run) []*result.Workload {
	var deployed, others []*result.Workload
	for i := range r.Workloads {
		w := &r.Workloads[i]
		if w.Kind != "service" || len(w.RunningS.Mean) == 0 {
			continue
		}
		switch {
		case slices.ContainsFunc(r.Deployments, func(d result.Deployment) bool { return d.Service == w.Name }):
			deployed = append(deployed, w)
		case w.DesiredCount > 0 && changes(&w.RunningS):
			others = append(others, w)
		}
	}
	list := slices.Concat(deployed, others)
	return list[:min(len(list), mostServices)]
}

func changes(s *result.Series) bool {
	return len(s.Mean) > 0 && slices.ContainsFunc(s.Mean, func(v float64) bool { return v != s.Mean[0] })
}

func serviceFigure(in Input, o *result.Outcome, w *result.Workload) Figure {
	r := o.First
	f := Figure{Note: runNote(r)}
	top := newPlot("tasks")
	top.Y.Tick.Marker = niceTicks{Whole: true}
	until := shown(r)
	var most float64
	line := func(p *plot.Plot, s *result.Series, style draw.LineStyle, label string) {
		if len(s.Mean) == 0 {
			return
		}
		xs, ys := steps(s, 1, until)
		p.Add(curve{xs, ys, style})
		most = max(most, highest(ys))
		f.Legend = append(f.Legend, Key{Label: label, Line: style})
	}
	bands, counts, good, bad := deploymentBands(r, w.Name)
	top.Add(bands, gridLines{x: true, y: true})
	line(top, &w.RunningS, lineStyle(0), "running")
	line(top, &w.Pending, lineStyle(2), "on the way to RUNNING")
	wanted := thin(black, 1.6, 6, 3)
	top.Add(level{float64(w.DesiredCount), wanted})
	f.Legend = append(f.Legend, Key{Label: fmt.Sprintf("wanted: %s", units.Thousands(w.DesiredCount)), Line: wanted})
	if good > 0 {
		f.Legend = append(f.Legend, Key{Label: "deployment", Fill: spare})
	}
	if bad > 0 {
		f.Legend = append(f.Legend, Key{Label: "not completed", Fill: blush})
	}
	headroom(top, max(most, float64(w.DesiredCount)))
	top.Add(windowEdges{r})
	f.Headline = fmt.Sprintf("%s: service %s%s", o.Platform, w.Name, counts)

	zones := slices.ContainsFunc(w.Zones, func(s result.Series) bool { return slices.ContainsFunc(s.Max, func(n int64) bool { return n > 0 }) })
	timeAxis(top, r, in.Location, !zones)
	f.Panels = []*plot.Plot{top}
	if !zones {
		return f
	}
	low := newPlot("running by zone")
	low.Y.Tick.Marker = niceTicks{Whole: true}
	low.Add(bands, gridLines{x: true, y: true})
	most = 0
	for z := range w.Zones {
		line(low, &w.Zones[z], lineStyle(z+3), fmt.Sprintf("zone %d", z+1))
	}
	headroom(low, most)
	low.Add(windowEdges{r})
	timeAxis(low, r, in.Location, true)
	f.Panels = append(f.Panels, low)
	return f
}

// deploymentBands are the deployments of a service as spans, what to say of
// them, and how many completed (or may yet) and did not.
func deploymentBands(r *result.Run, service string) (b spans, text string, good, bad int) {
	for i := range r.Deployments {
		d := &r.Deployments[i]
		if d.Service != service {
			continue
		}
		good++
		end := d.Steady
		if end < 0 {
			end = d.Finished
		}
		if end < 0 {
			end = r.Duration
		}
		fill := color.Color(withAlpha(spare, 0x90))
		if d.Outcome != result.DeploymentCompleted && d.Outcome != result.DeploymentInProgress {
			good, bad = good-1, bad+1
			fill = blush
		}
		b.list = append(b.list, spanOf{d.Started.Seconds(), end.Seconds(), fill})
	}
	if good+bad > 0 {
		text = ", " + plural(int64(good+bad), "deployment")
	}
	if bad > 0 {
		text += fmt.Sprintf(", %d not completed", bad)
	}
	return b, text, good, bad
}

// spans are bands over the whole height, with a line where each begins.
type spans struct{ list []spanOf }

type spanOf struct {
	from, until float64
	fill        color.Color
}

func (s spans) Plot(c draw.Canvas, p *plot.Plot) {
	tx, _ := p.Transforms(&c)
	for _, b := range s.list {
		x0, x1 := tx(b.from), max(tx(b.until), tx(b.from)+2)
		c.FillPolygon(b.fill, c.ClipPolygonXY([]vg.Point{{X: x0, Y: c.Min.Y}, {X: x1, Y: c.Min.Y}, {X: x1, Y: c.Max.Y}, {X: x0, Y: c.Max.Y}}))
		c.StrokeLine2(thin(outline, 1), x0, c.Min.Y, x0, c.Max.Y)
	}
}

// level is a line at one height.
type level struct {
	at    float64
	style draw.LineStyle
}

func (l level) Plot(c draw.Canvas, p *plot.Plot) {
	_, ty := p.Transforms(&c)
	c.StrokeLine2(l.style, c.Min.X, ty(l.at), c.Max.X, ty(l.at))
}
