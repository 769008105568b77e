package plots

import (
	"image/color"

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

// area fills between two lines over the same xs.
type area struct {
	xs, low, high []float64 // low nil is zero
	fill          color.Color
}

func (a area) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	if len(a.xs) == 0 {
		return
	}
	points := make([]vg.Point, 0, 2*len(a.xs))
	for i, x := range a.xs {
		points = append(points, vg.Point{X: tx(x), Y: ty(a.high[i])})
	}
	for i := len(a.xs) - 1; i >= 0; i-- {
		var low float64
		if a.low != nil {
			low = a.low[i]
		}
		points = append(points, vg.Point{X: tx(a.xs[i]), Y: ty(low)})
	}
	c.FillPolygon(a.fill, c.ClipPolygonXY(points))
}

// curve joins points.
type curve struct {
	xs, ys []float64
	style  draw.LineStyle
}

func (l curve) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	points := make([]vg.Point, len(l.xs))
	for i := range l.xs {
		points[i] = vg.Point{X: tx(l.xs[i]), Y: ty(l.ys[i])}
	}
	c.StrokeLines(l.style, c.ClipLinesXY(points)...)
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
