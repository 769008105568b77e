package plots

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// marker is a glyph that is told from the others by its shape, without colour.
type marker struct {
	corners int // 0 is a circle
	star    bool
	turn    float64 // of the first corner, in turns from the right
	hollow  bool
	ring    bool // around another marker: nothing inside
}

var markers = []marker{
	{}, {corners: 4, turn: 1. / 8}, {corners: 3, turn: 1. / 4}, {corners: 4}, {corners: 3, turn: 3. / 4},
	{corners: 4, star: true}, {corners: 6}, {corners: 5, star: true, turn: 1. / 4},
}

// lineMarker is the marker of the i-th of several lines; together with its
// style no two of 64 are alike.
func lineMarker(i int, hollow bool) draw.GlyphStyle {
	m := markers[(i+3*(i/len(markers)))%len(markers)]
	m.hollow = hollow
	return draw.GlyphStyle{Color: lineColors[i%len(lineColors)], Radius: 6, Shape: m}
}

func (m marker) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	n := m.corners
	if n == 0 {
		n = 24
	}
	var points []vg.Point
	add := func(turn float64, r vg.Length) {
		sin, cos := math.Sincos(2 * math.Pi * turn)
		points = append(points, vg.Point{X: at.X + r*vg.Length(cos), Y: at.Y + r*vg.Length(sin)})
	}
	radius := style.Radius
	if n < 5 || m.star {
		radius *= 1.25 // about the area of the circle
	}
	for i := range n {
		add(m.turn+float64(i)/float64(n), radius)
		if m.star {
			add(m.turn+(float64(i)+0.5)/float64(n), radius*0.42)
		}
	}
	fill := style.Color
	if m.hollow {
		fill = color.White
	}
	if !m.ring {
		c.FillPolygon(fill, points)
	}
	c.StrokeLines(draw.LineStyle{Color: style.Color, Width: 1.8}, append(points, points[0]))
}

// ringAt marks a point that the text speaks of.
func ringAt(x, y float64) glyphs {
	return glyphs{xs: []float64{x}, ys: []float64{y}, styles: []draw.GlyphStyle{{Color: black, Radius: 11, Shape: marker{ring: true}}}}
}

// glyphs are markers at points in data coordinates.
type glyphs struct {
	xs, ys []float64
	styles []draw.GlyphStyle
	sparse bool // leave out a marker within a point and a half of another alike: tens of thousands take seconds
}

func (g glyphs) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	type place struct {
		x, y  int
		shape draw.GlyphDrawer
	}
	drawn := map[place]bool{}
	for i := range g.xs {
		at := vg.Point{X: tx(g.xs[i]), Y: ty(g.ys[i])}
		if g.sparse {
			cell := place{int(at.X / 1.5), int(at.Y / 1.5), g.styles[i].Shape}
			if drawn[cell] {
				continue
			}
			drawn[cell] = true
		}
		c.DrawGlyph(g.styles[i], at)
	}
}

// callouts are labels of points. Each goes where it covers no other label, no
// marker that must stay seen and no edge; one without such a place near its
// point is left out, so what it says must stand elsewhere too.
type callouts struct {
	list  []callout
	avoid []callout    // points without text
	lines [][2]callout // and stretches, which labels cross only for want of room
}

type callout struct {
	x, y float64
	text string
}

func (l callouts) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	style := textStyle(tickSize, ink)
	style.YAlign = text.YCenter
	var taken []vg.Rectangle
	for _, list := range [][]callout{l.list, l.avoid} {
		for _, k := range list {
			at := vg.Point{X: tx(k.x), Y: ty(k.y)}
			taken = append(taken, vg.Rectangle{Min: at.Sub(vg.Point{X: 7, Y: 7}), Max: at.Add(vg.Point{X: 7, Y: 7})})
		}
	}
	crossed := slices.Clone(taken)
	for _, stretch := range l.lines {
		from, to := vg.Point{X: tx(stretch[0].x), Y: ty(stretch[0].y)}, vg.Point{X: tx(stretch[1].x), Y: ty(stretch[1].y)}
		n := max(1, min(200, int(math.Hypot(float64(to.X-from.X), float64(to.Y-from.Y))/6)))
		for i := range n {
			at := from.Add(to.Sub(from).Scale(vg.Length(i) / vg.Length(n)))
			crossed = append(crossed, vg.Rectangle{Min: at.Sub(vg.Point{X: 3, Y: 3}), Max: at.Add(vg.Point{X: 3, Y: 3})})
		}
	}
	for _, k := range l.list {
		at := vg.Point{X: tx(k.x), Y: ty(k.y)}
		width := style.Width(k.text) + 8
		box, ok := place(c, at, width, crossed)
		if !ok {
			box, ok = place(c, at, width, taken)
		}
		if !ok {
			continue
		}
		taken, crossed = append(taken, box), append(crossed, box)
		near := vg.Point{X: min(max(at.X, box.Min.X), box.Max.X), Y: min(max(at.Y, box.Min.Y), box.Max.Y)}
		if math.Hypot(float64(near.X-at.X), float64(near.Y-at.Y)) > 14 {
			c.StrokeLine2(thin(outline, 1), at.X, at.Y, near.X, near.Y)
		}
		c.FillPolygon(color.NRGBA{0xff, 0xff, 0xff, 0xe0}, []vg.Point{box.Min, {X: box.Max.X, Y: box.Min.Y}, box.Max, {X: box.Min.X, Y: box.Max.Y}})
		c.FillText(style, vg.Point{X: box.Min.X + 4, Y: (box.Min.Y + box.Max.Y) / 2}, k.text)
	}
}

// place finds room for a label of that width near a point, the nearest first.
func place(c draw.Canvas, at vg.Point, width vg.Length, taken []vg.Rectangle) (vg.Rectangle, bool) {
	const height = 19
	for _, far := range []vg.Length{14, 24, 40, 62, 90, 125, 170, 225} {
		for _, d := range [][2]vg.Length{{0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}} {
			middle := vg.Point{X: at.X + d[0]*(far+width/2), Y: at.Y + d[1]*(far+height/2)}
			box := vg.Rectangle{Min: vg.Point{X: middle.X - width/2, Y: middle.Y - height/2}, Max: vg.Point{X: middle.X + width/2, Y: middle.Y + height/2}}
			free := box.Min.X >= c.Min.X && box.Max.X <= c.Max.X && box.Min.Y >= c.Min.Y && box.Max.Y <= c.Max.Y
			for i := 0; free && i < len(taken); i++ {
				t := taken[i]
				free = box.Max.X <= t.Min.X || box.Min.X >= t.Max.X || box.Max.Y <= t.Min.Y || box.Min.Y >= t.Max.Y
			}
			if free {
				return box, true
			}
		}
	}
	return vg.Rectangle{}, false
}

// whiskers are intervals in data coordinates, black on a white halo so that
// they stand out on any fill. Upright ones span y, others x.
type whiskers struct {
	xs, ys, halves []float64
	upright        bool
	cap            vg.Length // half the length of the ends
}

func (w whiskers) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	for i := range w.xs {
		if !(w.halves[i] > 0) {
			continue
		}
		if w.upright {
			whisker(c, vg.Point{X: tx(w.xs[i]), Y: ty(w.ys[i] - w.halves[i])}, vg.Point{X: tx(w.xs[i]), Y: ty(w.ys[i] + w.halves[i])}, w.cap)
		} else {
			whisker(c, vg.Point{X: tx(w.xs[i] - w.halves[i]), Y: ty(w.ys[i])}, vg.Point{X: tx(w.xs[i] + w.halves[i]), Y: ty(w.ys[i])}, w.cap)
		}
	}
}

// whisker is an error bar from one end to the other.
func whisker(c draw.Canvas, from, to vg.Point, size vg.Length) {
	across := vg.Point{Y: 1}
	if from.X == to.X {
		across = vg.Point{X: 1}
	}
	const halo = 1.6 // beyond the line on all sides
	for _, style := range []draw.LineStyle{thin(color.White, 1.8+2*halo), thin(black, 1.8)} {
		more := vg.Length(0)
		if style.Color == color.White {
			more = halo
		}
		c.StrokeLine2(style, from.X, from.Y, to.X, to.Y)
		for _, end := range []vg.Point{from, to} {
			a, b := end.Sub(across.Scale(size+more)), end.Add(across.Scale(size+more))
			c.StrokeLine2(style, a.X, a.Y, b.X, b.Y)
		}
	}
}
