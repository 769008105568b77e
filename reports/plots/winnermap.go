package plots

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"ecsim/models/result"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

var _ = RegisterPlot(Plot{
	Name:    "map",
	Title:   "Response over two axes",
	Doc:     "The cost of the best platform at each pair of values of two axes; further axes are held at their middle. The heavy line is where the best platform changes; each region bears its name, or its number in the legend. Hatched: none is advised. A dot: the next best is equal, within 1 % or chance.",
	OfSweep: true,
	Draw: func(in Input) ([]Figure, error) {
		s := in.Surface
		if isSample(s) || len(s.Axes) < 2 || len(s.Metrics) == 0 {
			return nil, nil // samples lie on no grid; one axis is a response; no point is a scenario
		}
		var figures []Figure
		for a := range s.Axes {
			for b := range a {
				figures = append(figures, winnerMap(s, b, a))
			}
		}
		for i := range figures {
			if len(figures) > maxMaps {
				figures[i].Note += fmt.Sprintf("; %d further pairs of axes have no picture", len(figures)-maxMaps)
			}
		}
		return withData(figures[:min(len(figures), maxMaps)]), nil
	},
})

// maxMaps is how many pairs of axes are drawn: all of four axes.
const maxMaps = 6

// heat are the steps of cost, from pale to dark, so that grey keeps their
// order. After YlGnBu of https://colorbrewer2.org.
var heat = []color.Color{
	color.NRGBA{0xff, 0xff, 0xe0, 0xff}, color.NRGBA{0xf4, 0xfa, 0xc0, 0xff}, color.NRGBA{0xdd, 0xf2, 0xb2, 0xff},
	color.NRGBA{0xb9, 0xe4, 0xb5, 0xff}, color.NRGBA{0x8a, 0xd2, 0xba, 0xff}, color.NRGBA{0x5e, 0xc0, 0xc1, 0xff},
	color.NRGBA{0x3b, 0xa7, 0xc4, 0xff}, color.NRGBA{0x22, 0x89, 0xbd, 0xff}, color.NRGBA{0x22, 0x67, 0xad, 0xff},
	color.NRGBA{0x25, 0x47, 0x97, 0xff}, color.NRGBA{0x1c, 0x30, 0x78, 0xff}, color.NRGBA{0x0c, 0x1c, 0x54, 0xff},
}

// costSteps are the lower edges of 8 to 12 round steps from low to high (7 where they lie ill),
// and the width of one.
func costSteps(low, high float64) (edges []float64, width float64) {
	if !(high > low) {
		return []float64{low}, 0
	}
	width = math.Pow(10, math.Floor(math.Log10((high-low)/12)))
	for _, m := range []float64{1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12.5, 15, 20} {
		if from := math.Floor(low / (width * m)); math.Floor(high/(width*m))-from < float64(len(heat)) {
			width *= m
			for i := from; i*width <= high; i++ {
				edges = append(edges, i*width)
			}
			return edges, width
		}
	}
	panic(fmt.Sprintf("plots: no step from %v to %v", low, high))
}

// What a cell without a winner's cost holds in place of it.
const (
	noWinner = -1 // no platform is advised
	noPoint  = -2 // the point was not run, or is beyond those kept
)

// winnerCells is a grid of cells, [row][column].
type winnerCells struct {
	winner [][]int
	cost   [][]float64
	equal  [][]bool
}

func winnerMap(s *result.Surface, x, y int) Figure {
	if s.Axes[x].Numbers == nil && s.Axes[y].Numbers != nil {
		x, y = y, x // long names have room on the left
	}
	ax, ay, u := &s.Axes[x], &s.Axes[y], unitOf(s.Metrics[0])
	f := Figure{Name: "map", Note: surfaceNote(s)}
	if len(s.Axes) > 2 {
		f.Name = fileName("map", ax.Path, ay.Path)
	}
	points, held := slice(s, x, y)
	f.Headline = fmt.Sprintf("%s of the best platform over %s and %s", u.short, ax.Path, ay.Path)
	if held != "" {
		f.Headline += ", at " + held
	}
	if len(points) == 0 {
		f.Empty = noPoints
		return f
	}
	g, low, high := cellsOf(points, x, y, len(ax.Values), len(ay.Values), u.scale)
	var edges []float64
	var width float64
	if low <= high {
		edges, width = costSteps(low, high)
	}
	for i, e := range edges {
		label := u.format(e)
		if i == len(edges)-1 && width > 0 {
			label += " to " + u.format(e+width)
		}
		f.Legend = append(f.Legend, Key{Label: label, Fill: heat[heatOf(i, len(edges))]})
	}
	p := newPlot(axisLabel(ay))
	p.X.Label.Text = axisLabel(ax)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -0.5, float64(len(ax.Values))-0.5, -0.5, float64(len(ay.Values))-0.5
	if ax.Numbers == nil {
		categoryAxis(p, ax)
	} else {
		ticks := valueTicks{labels: ax.Values, room: 900}
		for i := range ax.Values {
			ticks.at = append(ticks.at, float64(i))
		}
		p.X.Tick.Marker = ticks
	}
	var rows []plot.Tick
	every := 1 + len(ay.Values)/25
	for i := 0; i < len(ay.Values); i += every {
		rows = append(rows, plot.Tick{Value: float64(i), Label: shorten(ay.Values[i], tickSize, 260)})
	}
	p.Y.Tick.Marker = plot.ConstantTicks(rows)
	m := heatMap{cells: g, edges: edges}
	m.labels, f.Legend = regionLabels(s, g, f.Legend)
	p.Add(m)
	f.Note += "; heavy line: where the best platform changes"
	for _, row := range g.equal {
		if slices.Contains(row, true) {
			f.Note += "; dot: the next best is equal, within 1 % or chance"
			break
		}
	}
	some := map[int]bool{}
	for _, row := range g.winner {
		for _, w := range row {
			some[w] = true
		}
	}
	if some[noWinner] {
		f.Note += "; hatched: none is advised"
	}
	if some[noPoint] {
		f.Note += "; blank: no point here"
	}
	f.Panels = []*plot.Plot{p}
	return f
}

// heatOf spreads n steps over the colours.
func heatOf(i, n int) int {
	if n <= 1 {
		return 0
	}
	return i * (len(heat) - 1) / (n - 1)
}

func cellsOf(points []*result.SurfacePoint, x, y, columns, rows int, scale float64) (g winnerCells, low, high float64) {
	for range rows {
		row := make([]int, columns)
		for i := range row {
			row[i] = noPoint
		}
		g.winner = append(g.winner, row)
		g.cost = append(g.cost, make([]float64, columns))
		g.equal = append(g.equal, make([]bool, columns))
	}
	low, high = math.Inf(1), math.Inf(-1)
	for _, p := range points {
		i, j := p.At[y], p.At[x]
		g.winner[i][j] = noWinner
		if v := bandAt(p, p.Winner, 0).Mean * scale; !math.IsNaN(v) {
			g.winner[i][j], g.cost[i][j], g.equal[i][j] = p.Winner, v, p.Equal
			low, high = min(low, v), max(high, v)
		}
	}
	return g, low, high
}

// heatMap draws the cells, the line between winners and the regions' labels.
type heatMap struct {
	cells  winnerCells
	edges  []float64
	labels []regionLabel
}

func (m heatMap) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	corner := func(i, j int) vg.Point { return vg.Point{X: tx(float64(j) - 0.5), Y: ty(float64(i) - 0.5)} }
	for i, row := range m.cells.winner {
		for j, w := range row {
			from, to := corner(i, j), corner(i+1, j+1)
			switch w {
			case noPoint:
			case noWinner:
				hatch(c, from, to, thin(outline, 1))
			default:
				step, _ := slices.BinarySearchFunc(m.edges, m.cells.cost[i][j], func(e, v float64) int {
					if e <= v {
						return -1
					}
					return 1
				})
				fill := heat[heatOf(max(step-1, 0), len(m.edges))]
				c.FillPolygon(fill, []vg.Point{from, {X: to.X, Y: from.Y}, to, {X: from.X, Y: to.Y}})
				if m.cells.equal[i][j] {
					middle := from.Add(to).Scale(0.5)
					radius := min(4, (to.X-from.X)/4, (to.Y-from.Y)/4)
					c.DrawGlyph(draw.GlyphStyle{Color: black, Radius: radius, Shape: marker{hollow: true}}, middle)
				}
			}
		}
	}
	for _, style := range []draw.LineStyle{thin(color.White, 6), thin(black, 3)} {
		for i, row := range m.cells.winner {
			for j, w := range row {
				if j > 0 && row[j-1] != w {
					a, b := corner(i, j), corner(i+1, j)
					c.StrokeLine2(style, a.X, a.Y, b.X, b.Y)
				}
				if i > 0 && m.cells.winner[i-1][j] != w {
					a, b := corner(i, j), corner(i, j+1)
					c.StrokeLine2(style, a.X, a.Y, b.X, b.Y)
				}
			}
		}
	}
	style := textStyle(labelSize, ink)
	style.XAlign, style.YAlign = text.XCenter, text.YCenter
	for _, l := range m.labels {
		at := vg.Point{X: tx(l.x), Y: ty(l.y)}
		half := vg.Point{X: style.Width(l.text)/2 + 5, Y: regionHeight / 2}
		a, b := at.Sub(half), at.Add(half)
		c.FillPolygon(color.NRGBA{0xff, 0xff, 0xff, 0xe8}, []vg.Point{a, {X: b.X, Y: a.Y}, b, {X: a.X, Y: b.Y}})
		c.FillText(style, at, l.text)
	}
}

// regionLabel is text at the middle of a free place of its region.
type regionLabel struct {
	x, y float64
	text string
}

const (
	regionHeight = 22
	mapWidth     = 820 // of the panel at least, in points
	mapHeight    = 330
)

// regionLabels names each connected region of one winner where the name has
// room, gives it a number of the legend where only that has, and leaves very
// small regions to the heavy line around them.
func regionLabels(s *result.Surface, g winnerCells, legend []Key) (labels []regionLabel, keys []Key) {
	rows, columns := len(g.winner), len(g.winner[0])
	style := textStyle(labelSize, ink)
	cellWidth, cellHeight := vg.Length(mapWidth)/vg.Length(columns), vg.Length(mapHeight)/vg.Length(rows)
	tall := int(math.Ceil(float64((regionHeight + 4) / cellHeight)))
	region := regionsOf(g.winner)
	numbered := map[int]bool{}
	done := map[int]bool{}
	for i := range rows {
		for j := range columns {
			w := g.winner[i][j]
			if w == noPoint || done[region[i][j]] {
				continue
			}
			done[region[i][j]] = true
			x, y, wide := widest(region, region[i][j], tall)
			room := vg.Length(wide)*cellWidth - 16
			name := "none"
			if w >= 0 {
				name = s.Platforms[w]
			}
			switch number := fmt.Sprint(w + 1); {
			case style.Width(name) <= room:
				labels = append(labels, regionLabel{x, y, name})
			case w >= 0 && style.Width(number) <= room:
				labels = append(labels, regionLabel{x, y, number})
				numbered[w] = true
			case w >= 0:
				numbered[w] = true // at least the legend tells that it wins somewhere
			}
		}
	}
	for w, name := range s.Platforms {
		if numbered[w] {
			legend = append(legend, Key{Label: fmt.Sprintf("%d = %s", w+1, name)})
		}
	}
	return labels, legend
}

// regionsOf gives cells that touch by an edge and have one winner one number.
func regionsOf(winner [][]int) [][]int {
	region := make([][]int, len(winner))
	for i := range region {
		region[i] = make([]int, len(winner[i]))
	}
	n := 0
	for i := range winner {
		for j := range winner[i] {
			if region[i][j] > 0 {
				continue
			}
			n++
			region[i][j] = n
			for todo := [][2]int{{i, j}}; len(todo) > 0; {
				at := todo[len(todo)-1]
				todo = todo[:len(todo)-1]
				for _, d := range [][2]int{{0, 1}, {1, 0}, {0, -1}, {-1, 0}} {
					y, x := at[0]+d[0], at[1]+d[1]
					if y >= 0 && y < len(winner) && x >= 0 && x < len(winner[y]) && region[y][x] == 0 && winner[y][x] == winner[i][j] {
						region[y][x] = n
						todo = append(todo, [2]int{y, x})
					}
				}
			}
		}
	}
	return region
}

// widest finds the middle of the widest place of a region that is so many rows
// tall, the one nearest to the middle of the region's rows among equals, and
// how many columns it has; 0 when there is none.
func widest(region [][]int, n, tall int) (x, y float64, wide int) {
	sum, count := 0.0, 0.0
	for i, row := range region {
		for _, r := range row {
			if r == n {
				sum, count = sum+float64(i), count+1
			}
		}
	}
	middle, off := sum/count, math.Inf(1)
	for i := 0; i+tall <= len(region); i++ {
		from := -1
		for j := 0; j <= len(region[i]); j++ {
			inside := j < len(region[i])
			for k := 0; inside && k < tall; k++ {
				inside = region[i+k][j] == n
			}
			if inside {
				if from < 0 {
					from = j
				}
				continue
			}
			if from >= 0 {
				at := float64(i) + float64(tall-1)/2
				if d := math.Abs(at - middle); j-from > wide || j-from == wide && d < off {
					x, y, wide, off = float64(from+j-1)/2, at, j-from, d
				}
			}
			from = -1
		}
	}
	return x, y, wide
}
