package plots

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"ecsim/models/result"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

var _ = RegisterPlot(Plot{
	Name:    "response",
	Title:   "Response over one axis",
	Doc:     "How cost, and each further figure, follows one axis of the sweep on each platform; the others are held at their middle. The band or bracket is the 95 % interval. Where two lines cross, the better one changes; the value is marked. A hollow marker is a point at which the platform is not ranked: it misses a service level, or did less work.",
	OfSweep: true,
	Draw: func(in Input) ([]Figure, error) {
		s := in.Surface
		if isSample(s) {
			return nil, nil // no two points lie on a line: see samples
		}
		var figures []Figure
		for metric := range s.Metrics {
			for axis := range s.Axes {
				figures = append(figures, response(s, axis, metric))
			}
		}
		if figures == nil {
			figures = []Figure{{Name: "response", Headline: "Response over one axis", Empty: "no data: the sweep has no axis or no figure"}}
		}
		return withData(figures), nil
	},
})

// response draws one metric over one axis, the others at their middle.
func response(s *result.Surface, axis, metric int) Figure {
	a, u := &s.Axes[axis], unitOf(s.Metrics[metric])
	f := Figure{Name: fileName("response", s.Metrics[metric]), Headline: u.short + " over " + a.Path, Note: surfaceNote(s)}
	if len(s.Axes) > 1 {
		f.Name = fileName("response", s.Metrics[metric], a.Path)
	}
	points, held := slice(s, axis)
	if held != "" {
		f.Headline += ", at " + held
	}
	if len(points) == 0 {
		f.Empty = noPoints
		return f
	}
	order := func(p *result.SurfacePoint) float64 { return axisValue(a, p.At[axis]) }
	slices.SortStableFunc(points, func(p, q *result.SurfacePoint) int { return cmp.Compare(order(p), order(q)) })
	lines := make([]responseLine, len(s.Platforms))
	some := false
	for i := range lines {
		lines[i] = responseLine{name: s.Platforms[i], index: i}
		for _, p := range points {
			b := bandAt(p, i, metric)
			lines[i].add(order(p), b.Mean*u.scale, b.Half*u.scale, i < len(p.Platforms) && p.Platforms[i].Standing != result.Ranked)
			some = some || !math.IsNaN(b.Mean)
		}
	}
	if !some {
		f.Empty = "no data: no platform has " + s.Metrics[metric] + " at any of these points"
		return f
	}
	lines = slices.DeleteFunc(lines, func(l responseLine) bool {
		if !l.any() {
			f.Note += "; " + l.name + " has no figure here"
		}
		return !l.any()
	})
	if slices.ContainsFunc(lines, func(l responseLine) bool { return slices.Contains(l.faulty, true) }) {
		f.Note += "; hollow: not ranked there, for a missed level or less work"
	}
	if a.Numbers == nil {
		responseByCategory(&f, a, u, lines)
	} else {
		responseByNumber(&f, a, u, lines)
	}
	return f
}

// responseLine is one platform's figures along an axis, NaN where it has none.
type responseLine struct {
	name            string
	index           int
	xs, means, half []float64
	faulty          []bool
	log             bool // drawn over a logarithmic axis, on which it is straight between points
}

func (l *responseLine) add(x, mean, half float64, faulty bool) {
	l.xs, l.means, l.half = append(l.xs, x), append(l.means, mean), append(l.half, half)
	l.faulty = append(l.faulty, faulty)
}

func (l *responseLine) any() bool {
	return slices.ContainsFunc(l.means, func(v float64) bool { return !math.IsNaN(v) })
}

// responseByNumber draws lines with bands over a scale.
func responseByNumber(f *Figure, a *result.Axis, u metricUnit, lines []responseLine) {
	p := newPlot(u.label)
	p.Y.Tick.Marker = u.ticks
	p.X.Label.Text = axisLabel(a)
	numberAxis(p, a, lines[0].xs)
	_, log := p.X.Scale.(plot.LogScale)
	for i := range lines {
		lines[i].log = log
	}
	most := 0.0
	for _, l := range lines {
		for i, v := range l.means {
			if !math.IsNaN(v) {
				most = max(most, v+nonNaN(l.half[i]))
			}
		}
	}
	headroom(p, most)
	p.Add(gridLines{x: true, y: true})
	for _, l := range lines { // the paler the more: they lie on one another
		p.Add(bandOf(l, uint8(0x38*min(5, len(lines))/len(lines))))
	}
	var marks glyphs
	var labels callouts
	for _, l := range lines {
		style := lineStyle(l.index)
		f.Legend = append(f.Legend, Key{Label: l.name, Line: style, Glyph: lineMarker(l.index, false)})
		for _, part := range l.parts() {
			p.Add(curve{xs: l.xs[part[0]:part[1]], ys: l.means[part[0]:part[1]], style: style})
			for i := part[0] + 1; i < part[1]; i++ {
				for _, side := range []float64{-1, 0, 1} {
					labels.lines = append(labels.lines, [2]callout{{x: l.xs[i-1], y: l.means[i-1] + side*nonNaN(l.half[i-1])}, {x: l.xs[i], y: l.means[i] + side*nonNaN(l.half[i])}})
				}
			}
		}
		for i, v := range l.means {
			if math.IsNaN(v) {
				continue
			}
			g := lineMarker(l.index, l.faulty[i])
			if len(l.means) > 40 {
				g.Radius = 3
			}
			marks.xs, marks.ys, marks.styles = append(marks.xs, l.xs[i]), append(marks.ys, v), append(marks.styles, g)
			labels.avoid = append(labels.avoid, callout{x: l.xs[i], y: v})
		}
	}
	crossings, note := crossingsOf(a, u, lines)
	if note != "" {
		f.Note += "; " + note
	}
	for _, k := range crossings {
		p.Add(ringAt(k.x, k.y))
	}
	labels.list = crossings
	p.Add(marks, labels)
	f.Panels = []*plot.Plot{p}
}

// numberAxis sets the x axis to a sweep's axis, logarithmic where positive
// values span more than a factor of 30 and most of them are small.
func numberAxis(p *plot.Plot, a *result.Axis, xs []float64) {
	low, high := slices.Min(xs), slices.Max(xs)
	v := valueTicks{room: 1050}
	byNumber := make([]int, len(a.Numbers))
	for i := range byNumber {
		byNumber[i] = i
	}
	slices.SortStableFunc(byNumber, func(i, j int) int { return cmp.Compare(a.Numbers[i], a.Numbers[j]) })
	for _, k := range byNumber {
		v.at, v.labels = append(v.at, a.Numbers[k]), append(v.labels, a.Values[k])
	}
	switch {
	case low == high:
		p.X.Min, p.X.Max = low-1, high+1
	case low > 0 && high/low > 30 && v.at[len(v.at)/2]-low < 0.25*(high-low): // not for even steps
		p.X.Scale, v.log = plot.LogScale{}, true
		edge := math.Pow(high/low, 0.03)
		p.X.Min, p.X.Max = low/edge, high*edge
		p.X.Label.Text += ", logarithmic"
	default:
		p.X.Min, p.X.Max = low-0.03*(high-low), high+0.03*(high-low)
	}
	p.X.Tick.Marker = v
}

// parts are the runs of points that have a figure, as [from, until).
func (l *responseLine) parts() (list [][2]int) {
	from := -1
	for i := 0; i <= len(l.means); i++ {
		has := i < len(l.means) && !math.IsNaN(l.means[i])
		switch {
		case has && from < 0:
			from = i
		case !has && from >= 0:
			list = append(list, [2]int{from, i})
			from = -1
		}
	}
	return list
}

// band is the interval around a line.
type band struct {
	xs, low, high []float64
	fill          color.Color
	edge          draw.LineStyle
}

// bandOf puts the intervals of a line's points together; a point alone has a
// bracket, for a band of no width would not be seen.
func bandOf(l responseLine, alpha uint8) plot.Plotter {
	var list plotters
	c := color.NRGBAModel.Convert(lineColors[l.index%len(lineColors)]).(color.NRGBA)
	for _, part := range l.parts() {
		b := band{fill: withAlpha(c, alpha), edge: thin(withAlpha(c, 0x90), 0.8)}
		w := whiskers{upright: true, cap: 6}
		for i := part[0]; i < part[1]; i++ {
			half := nonNaN(l.half[i])
			b.xs, b.low, b.high = append(b.xs, l.xs[i]), append(b.low, l.means[i]-half), append(b.high, l.means[i]+half)
			w.xs, w.ys, w.halves = append(w.xs, l.xs[i]), append(w.ys, l.means[i]), append(w.halves, half)
		}
		if len(b.xs) == 1 {
			list = append(list, w)
		} else if slices.Max(w.halves) > 0 {
			list = append(list, b)
		}
	}
	return list
}

type plotters []plot.Plotter

func (l plotters) Plot(c draw.Canvas, p *plot.Plot) {
	for _, one := range l {
		one.Plot(c, p)
	}
}

func (b band) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	for from := 0; from+1 < len(b.xs); from += chunk { // pieces that share an edge only: the fill is translucent
		until := min(from+chunk+1, len(b.xs))
		var points []vg.Point
		for i := from; i < until; i++ {
			points = append(points, vg.Point{X: tx(b.xs[i]), Y: ty(b.high[i])})
		}
		for i := until - 1; i >= from; i-- {
			points = append(points, vg.Point{X: tx(b.xs[i]), Y: ty(b.low[i])})
		}
		c.FillPolygon(b.fill, c.ClipPolygonXY(points))
	}
	curve{b.xs, b.low, b.edge}.Plot(c, p)
	curve{b.xs, b.high, b.edge}.Plot(c, p)
}

// pairwise is up to how many lines each two are compared; beyond, only the
// changes of the best line are marked.
const pairwise = 3

// crossingsOf finds where lines cross, between neighbouring points by a
// straight line, and says so in words.
func crossingsOf(a *result.Axis, u metricUnit, lines []responseLine) (marks []callout, note string) {
	if len(lines) < 2 {
		return nil, ""
	}
	var said []string
	if len(lines) <= pairwise {
		for i := range lines {
			for j := range i {
				found, both := cross(lines[j], lines[i])
				pair := lines[j].name + " and " + lines[i].name
				switch {
				case both < 2:
					said = append(said, pair+" have no two points in common")
				case len(found) == 0:
					said = append(said, pair+" never cross")
				default:
					var values []string
					for _, k := range found {
						if k.gap {
							values = append(values, "between "+axisFormat(a, k.from)+" and "+axisFormat(a, k.to))
							continue
						}
						values = append(values, "at "+axisFormat(a, k.x))
						marks = append(marks, callout{k.x, k.y, axisFormat(a, k.x)})
					}
					said = append(said, pair+" cross "+strings.Join(values, ", "))
				}
			}
		}
		return marks, strings.Join(said, "; ")
	}
	last := -1
	for i := range lines[0].xs {
		best := -1
		for k, l := range lines {
			if v := l.means[i]; !math.IsNaN(v) && (best < 0 || v*u.sign < lines[best].means[i]*u.sign) {
				best = k
			}
		}
		if best < 0 {
			continue
		}
		if last < 0 {
			said = append(said, u.best()+": "+lines[best].name)
		} else if best != last {
			at := lines[0].xs[i]
			found, _ := cross(lines[last].from(i-1, i+1), lines[best].from(i-1, i+1))
			if len(found) > 0 {
				at = found[0].x
				marks = append(marks, callout{at, found[0].y, axisFormat(a, at)})
			}
			said = append(said, fmt.Sprintf("from %s on %s", axisFormat(a, at), lines[best].name))
		}
		last = best
	}
	if len(said) == 1 {
		said = append(said, "never crossed by another")
	}
	const most = 8
	if len(said) > most {
		said = append(said[:most], fmt.Sprintf("and %d more changes", len(said)-most))
	}
	return marks, strings.Join(said, ", ")
}

// from is the part of a line from one point until another.
func (l responseLine) from(from, until int) responseLine {
	from = max(from, 0)
	l.xs, l.means = l.xs[from:until], l.means[from:until]
	return l
}

// crossing is where two lines cross. Across a gap, between from and to, where
// one has no figure, nobody knows where: x and y are then a guess.
type crossing struct {
	x, y     float64
	gap      bool
	from, to float64
}

// cross are the points at which two lines over the same xs change order, and
// how many xs both have a figure at. Lines that meet and part again on the same
// side, or are equal over a stretch, have not crossed until they change order.
func cross(a, b responseLine) (found []crossing, both int) {
	last, side := -1, 0.0
	equal := -1 // first point of a stretch where both are equal
	for i := range a.xs {
		d := a.means[i] - b.means[i]
		if math.IsNaN(d) {
			continue
		}
		both++
		if d == 0 {
			if equal < 0 {
				equal = i
			}
			continue
		}
		if side != 0 && d > 0 != (side > 0) {
			if equal >= 0 {
				found = append(found, crossing{x: a.xs[equal], y: a.means[equal]})
			} else {
				t := side / (side - d)
				x := a.xs[last] + t*(a.xs[i]-a.xs[last])
				if a.log {
					x = a.xs[last] * math.Pow(a.xs[i]/a.xs[last], t)
				}
				found = append(found, crossing{x: x, y: a.means[last] + t*(a.means[i]-a.means[last]),
					gap: i-last > 1, from: a.xs[last], to: a.xs[i]})
			}
		}
		last, side, equal = i, d, -1
	}
	return found, both
}

// responseByCategory draws points with whiskers, one row a value from the top
// down in the axis's order; the best of all is marked.
func responseByCategory(f *Figure, a *result.Axis, u metricUnit, lines []responseLine) {
	p := newPlot(axisLabel(a))
	p.X.Label.Text = u.label
	p.X.Tick.Marker = u.ticks
	n := len(a.Values)
	var rows []plot.Tick
	for _, x := range lines[0].xs {
		rows = append(rows, plot.Tick{Value: float64(n-1) - x, Label: shorten(a.Values[int(x)], tickSize, 380)})
	}
	p.Y.Tick.Marker = plot.ConstantTicks(rows)
	p.Y.Tick.Length = 0
	p.Y.Min, p.Y.Max = -0.6, float64(n)-0.4
	spread := 0.7 / float64(len(lines))
	var marks glyphs
	var best callout
	bestValue := ""
	w := whiskers{cap: min(6, vg.Length(220/(n*len(lines))))}
	most, bestMean := 0.0, math.Inf(1)
	for k, l := range lines {
		if len(lines) > 1 {
			f.Legend = append(f.Legend, Key{Label: l.name, Glyph: lineMarker(l.index, false)})
		}
		for i, v := range l.means {
			if math.IsNaN(v) {
				continue
			}
			y := float64(n-1) - l.xs[i] + (float64(len(lines)-1)/2-float64(k))*spread
			g := lineMarker(l.index, l.faulty[i])
			g.Radius = min(g.Radius, max(2.5, vg.Length(250/(n*len(lines)))))
			marks.xs, marks.ys, marks.styles = append(marks.xs, v), append(marks.ys, y), append(marks.styles, g)
			half := nonNaN(l.half[i])
			w.xs, w.ys, w.halves = append(w.xs, v), append(w.ys, y), append(w.halves, half)
			most = max(most, v+half)
			if v*u.sign < bestMean && !l.faulty[i] {
				bestMean = v * u.sign
				bestValue = a.Values[int(l.xs[i])]
				best = callout{v, y, u.best() + ": " + u.format(v)}
				if len(lines) > 1 {
					best.text += " on " + l.name
				}
				best.text = shorten(best.text, tickSize, 420)
			}
		}
	}
	if most <= 0 {
		most = 1
	}
	p.X.Min, p.X.Max = 0, most*1.08
	p.Add(gridLines{x: true, y: true}, w, marks)
	if best.text != "" {
		labels := callouts{list: []callout{best}}
		for i := range marks.xs {
			labels.avoid = append(labels.avoid, callout{x: marks.xs[i], y: marks.ys[i]})
		}
		p.Add(ringAt(best.x, best.y), labels)
		f.Note += "; ring: the " + u.best() + " that is ranked, " + strings.TrimPrefix(best.text, u.best()+": ") + " with " + bestValue
	}
	f.Panels = []*plot.Plot{p}
}
