package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"ecsim/models/result"
	"ecsim/workloads/units"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

var _ = RegisterPlot(Plot{
	Name:  "free-room",
	Title: "Free CPU and memory of each instance at the worst moment",
	Doc:   "Each disc is the instances with that much room left. A task fits where a disc lies above and to the right of its cross; discs left of or below every cross are room that no task can use.",
	Draw: func(in Input) ([]Figure, error) {
		return eachRun(in, "free-room", func(o *result.Outcome) Figure { return freeRoom(in, o) }), nil
	},
})

func freeRoom(in Input, o *result.Outcome) Figure {
	r := o.First
	worst := &r.Cluster.Worst
	f := Figure{Headline: o.Platform + ": free room of each instance", Note: runNote(r)}
	if len(worst.Points) == 0 {
		f.Empty = "no data: no instance was there to have room"
		return f
	}
	var freeCPU, allCPU units.CPU
	var freeMemory, allMemory units.MiB
	spots := map[[2]int64]int{}
	maxX, maxY := 0.0, 0.0
	for _, p := range worst.Points {
		freeCPU, allCPU = freeCPU+p.FreeCPU, allCPU+p.CPU
		freeMemory, allMemory = freeMemory+p.FreeMemory, allMemory+p.Memory
		spots[[2]int64{int64(p.FreeCPU), int64(p.FreeMemory)}]++
		maxX, maxY = max(maxX, p.CPU.VCPUs()), max(maxY, gib(p.Memory))
	}
	f.Headline = fmt.Sprintf("%s: %.0f %% of CPU and %.0f %% of memory free on %s", o.Platform,
		100*float64(freeCPU)/max(float64(allCPU), 1), 100*float64(freeMemory)/max(float64(allMemory), 1), plural(int64(len(worst.Points)), "instance"))
	f.Note = clock(in, r, worst.At) + ", " + worst.Why + "; " + runNote(r)
	p := newPlot("free memory (GiB)")
	p.X.Label.Text = "free CPU (vCPU)"
	p.X.Tick.Marker = niceTicks{}
	p.X.Min, p.X.Max = -0.05*maxX, 1.05*maxX // room for the largest disc
	p.Y.Min, p.Y.Max = -0.1*maxY, 1.1*maxY
	discs := discs{}
	for spot, n := range spots {
		discs = append(discs, disc{units.CPU(spot[0]).VCPUs(), gib(units.MiB(spot[1])), n})
	}
	slices.SortFunc(discs, func(a, b disc) int { return cmp.Or(b.n-a.n, cmp.Compare(a.x, b.x), cmp.Compare(a.y, b.y)) })
	p.Add(gridLines{x: true, y: true}, discs)
	f.Legend = []Key{{Label: "instances with that room (a number: how many)", Glyph: draw.GlyphStyle{Color: withAlpha(blue, 0xb0), Radius: 8, Shape: draw.CircleGlyph{}}}}
	n := 0
	for i := range r.Workloads {
		w := &r.Workloads[i]
		if w.CPU == 0 && w.Memory == 0 || len(w.Fits) == 0 {
			continue
		}
		style := needStyle(n)
		label := fmt.Sprintf("room a task of %s needs", w.Name)
		if w.CPU.VCPUs() > maxX || gib(w.Memory) > maxY {
			label += " (no instance here has it)"
		} else {
			p.Add(need{w.CPU.VCPUs(), gib(w.Memory), n})
		}
		f.Legend = append(f.Legend, Key{Label: label, Line: style, Glyph: draw.GlyphStyle{Color: style.Color, Radius: 6, Shape: draw.CrossGlyph{}}})
		n++
	}
	f.Panels = []*plot.Plot{p}
	return f
}

func gib(m units.MiB) float64 { return float64(m) / float64(units.GiB) }

// maxRadius keeps the largest disc inside the panel.
const maxRadius = 26

type disc struct {
	x, y float64
	n    int
}

type discs []disc

func (d discs) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	label := textStyle(tickSize, black)
	label.XAlign, label.YAlign = text.XCenter, text.YCenter
	for _, s := range d {
		radius := min(7*vg.Length(math.Sqrt(float64(s.n))), maxRadius)
		at := vg.Point{X: tx(s.x), Y: ty(s.y)}
		c.DrawGlyph(draw.GlyphStyle{Color: withAlpha(sky, 0xd0), Radius: radius, Shape: draw.CircleGlyph{}}, at)
		c.DrawGlyph(draw.GlyphStyle{Color: blue, Radius: radius, Shape: draw.RingGlyph{}}, at)
		if s.n > 2 {
			c.FillText(label, at, fmt.Sprint(s.n))
		}
	}
}

// need marks the room one task needs, and what lies above and right of it.
type need struct {
	x, y float64
	i    int
}

func needStyle(i int) draw.LineStyle {
	s := lineStyle(i + 1)
	s.Width = 1.6
	return s
}

func (n need) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	style := needStyle(n.i)
	c.StrokeLine2(style, tx(n.x), ty(n.y), tx(n.x), c.Max.Y)
	c.StrokeLine2(style, tx(n.x), ty(n.y), c.Max.X, ty(n.y))
	c.DrawGlyph(draw.GlyphStyle{Color: style.Color, Radius: 6, Shape: draw.CrossGlyph{}}, vg.Point{X: tx(n.x), Y: ty(n.y)})
}
