package plots

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// gridLines draws the ticks' lines behind the data.
type gridLines struct{ x, y bool }

func (g gridLines) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	if g.y {
		for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
			c.StrokeLine2(thin(grid, 1), c.Min.X, ty(t.Value), c.Max.X, ty(t.Value))
		}
	}
	if g.x {
		for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
			c.StrokeLine2(thin(grid, 1), tx(t.Value), c.Min.Y, tx(t.Value), c.Max.Y)
		}
	}
}

// chunk is how many points are drawn at once: the rasteriser's time grows with
// the square of the edges in a path that cross one row of pixels.
const chunk = 64

// chunks calls f for pieces of n points that overlap by one step, so that
// opaque pieces show no seam.
func chunks(n int, f func(from, until int)) {
	for from := 0; from < n; from += chunk {
		f(max(from-2, 0), min(from+chunk, n))
	}
}

// area fills between zero and a line, in an opaque colour.
type area struct {
	xs, ys []float64
	fill   color.Color
}

func (a area) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	chunks(len(a.xs), func(from, until int) {
		points := []vg.Point{{X: tx(a.xs[from]), Y: ty(0)}}
		for i := from; i < until; i++ {
			points = append(points, vg.Point{X: tx(a.xs[i]), Y: ty(a.ys[i])})
		}
		points = append(points, vg.Point{X: tx(a.xs[until-1]), Y: ty(0)})
		c.FillPolygon(a.fill, c.ClipPolygonXY(points))
	})
}

// curve joins points.
type curve struct {
	xs, ys []float64
	style  draw.LineStyle
}

func (l curve) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	points := make([]vg.Point, len(l.xs))
	walked := make([]vg.Length, len(l.xs)) // along the curve, for dashes that run on from piece to piece
	for i := range points {
		points[i] = vg.Point{X: tx(l.xs[i]), Y: ty(l.ys[i])}
		if i > 0 {
			step := points[i].Sub(points[i-1])
			walked[i] = walked[i-1] + vg.Length(math.Hypot(float64(step.X), float64(step.Y)))
		}
	}
	chunks(len(points), func(from, until int) {
		style := l.style
		style.DashOffs += walked[from]
		c.StrokeLines(style, c.ClipLinesXY(points[from:until])...)
	})
}

// boxes are filled rectangles in data coordinates.
type boxes struct {
	rects []rect
	edge  draw.LineStyle
}

type rect struct {
	x0, x1, y0, y1 float64
	fill           color.Color
}

func (b boxes) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	for _, r := range b.rects {
		corners := []vg.Point{{X: tx(r.x0), Y: ty(r.y0)}, {X: tx(r.x1), Y: ty(r.y0)}, {X: tx(r.x1), Y: ty(r.y1)}, {X: tx(r.x0), Y: ty(r.y1)}}
		c.FillPolygon(r.fill, c.ClipPolygonXY(corners))
		if b.edge.Width > 0 {
			c.StrokeLines(b.edge, c.ClipLinesXY(append(corners, corners[0]))...)
		}
	}
}

// highest is the largest of the values, and 0 for none.
func highest(lists ...[]float64) float64 {
	var most float64
	for _, list := range lists {
		for _, v := range list {
			most = max(most, v)
		}
	}
	return most
}

// headroom sets the y axis from zero to a little above the data, so that the
// top line does not lie on the edge.
func headroom(p *plot.Plot, most float64) {
	if most <= 0 {
		most = 1
	}
	p.Y.Min, p.Y.Max = 0, most*1.06
}
