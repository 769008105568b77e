package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"ecsim/models/result"
	"ecsim/workloads/units"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
)

var _ = RegisterPlot(Plot{
	Name:    "pareto",
	Title:   "Cost against wait",
	Doc:     "Cost against the 95th percentile of time to running, for every point of the sweep and every platform. The front joins those for which no other is as good in both and better in one; the others are grey. A platform that did less work than the others is never on the front. A hollow marker misses a service level.",
	OfSweep: true,
	Draw: func(in Input) ([]Figure, error) {
		s := in.Surface
		cost := slices.IndexFunc(s.Metrics, func(path string) bool {
			m, _, err := result.Find(path)
			return err == nil && m.Unit == result.UnitUSD
		})
		var figures []Figure
		for wait, path := range s.Metrics {
			m, workload, err := result.Find(path)
			if cost >= 0 && err == nil && strings.HasSuffix(m.Path, "time_to_running.p95") {
				f := pareto(s, cost, wait, workload)
				f.Name = fileName("pareto", workload)
				figures = append(figures, f)
			}
		}
		if figures == nil {
			f := Figure{Name: "pareto", Headline: "Cost against p95 wait", Empty: "no data: the sweep has no time_to_running.p95"}
			if cost < 0 {
				f.Empty = "no data: the sweep has no cost"
			}
			figures = append(figures, f)
		}
		return withData(figures), nil
	},
})

// paretoPoint is one platform at one point of the sweep.
type paretoPoint struct {
	wait, cost, waitHalf, costHalf float64
	platform                       int
	hollow, out                    bool // not ranked; cannot be on the front
	name                           string
}

// frontLabels is how many points of a front are named.
const frontLabels = 12

func pareto(s *result.Surface, cost, wait int, workload string) Figure {
	c := unitOf(s.Metrics[cost])
	f := Figure{Headline: fmt.Sprintf("%s against p95 wait of %s", c.short, workload), Note: surfaceNote(s)}
	points := paretoPoints(s, cost, wait)
	if len(points) == 0 {
		f.Empty = fmt.Sprintf("no data: no platform has both %s and %s at any point", s.Metrics[cost], s.Metrics[wait])
		return f
	}
	front := frontOf(points)
	onFront := map[int]bool{}
	for _, i := range front {
		onFront[i] = true
	}
	f.Note += fmt.Sprintf("; %d of %s points are on the front, each grey one has another no worse in both", len(front), units.Thousands(int64(len(points))))

	p := newPlot(c.label)
	p.Y.Tick.Marker = c.ticks
	low, high, most := math.Inf(1), 0.0, 0.0
	for _, k := range points {
		low, high, most = min(low, max(k.wait, 1e-3)), max(high, k.wait), max(most, k.cost)
	}
	waitAxis(p, low, max(high, 1e-3))
	p.X.Label.Text = workload + ": p95 of " + p.X.Label.Text
	headroom(p, most)
	p.Add(gridLines{x: true, y: true})

	beaten := glyphs{sparse: true}
	var best glyphs
	var labels callouts
	seen := map[int]bool{}
	var line curve
	add := func(g *glyphs, k paretoPoint, style draw.GlyphStyle) {
		g.xs, g.ys, g.styles = append(g.xs, max(k.wait, p.X.Min)), append(g.ys, k.cost), append(g.styles, style)
	}
	for i, k := range points {
		if !onFront[i] {
			style := lineMarker(k.platform, k.hollow)
			style.Color, style.Radius = faded, 4
			add(&beaten, k, style)
			at := callout{x: max(k.wait, p.X.Min), y: k.cost}
			labels.lines = append(labels.lines, [2]callout{at, at})
			continue
		}
		seen[k.platform] = true
	}
	wx, wy := whiskers{cap: 4}, whiskers{cap: 4, upright: true}
	for _, i := range front {
		k := points[i]
		x := max(k.wait, p.X.Min)
		add(&best, k, lineMarker(k.platform, k.hollow))
		wx.xs, wx.ys, wx.halves = append(wx.xs, x), append(wx.ys, k.cost), append(wx.halves, min(k.waitHalf, x-p.X.Min))
		wy.xs, wy.ys, wy.halves = append(wy.xs, x), append(wy.ys, k.cost), append(wy.halves, min(k.costHalf, k.cost))
		if n := len(line.xs); n > 0 { // a staircase: between two of the front lies no third
			line.xs, line.ys = append(line.xs, x), append(line.ys, line.ys[n-1])
		}
		line.xs, line.ys = append(line.xs, x), append(line.ys, k.cost)
	}
	line.style = thin(black, 1.6)
	for i := range wx.xs {
		x, y := wx.xs[i], wx.ys[i]
		labels.lines = append(labels.lines, [2]callout{{x: x - wx.halves[i], y: y}, {x: x + wx.halves[i], y: y}},
			[2]callout{{x: x, y: y - wy.halves[i]}, {x: x, y: y + wy.halves[i]}})
	}
	for i := 1; i < len(line.xs); i++ {
		labels.lines = append(labels.lines, [2]callout{{x: line.xs[i-1], y: line.ys[i-1]}, {x: line.xs[i], y: line.ys[i]}})
	}
	for n := range min(frontLabels, len(front)) {
		at := n
		if len(front) > frontLabels {
			at = n * (len(front) - 1) / (frontLabels - 1)
		}
		k := points[front[at]]
		labels.list = append(labels.list, callout{max(k.wait, p.X.Min), k.cost, shorten(k.name, tickSize, 420)})
	}
	if len(front) > frontLabels {
		f.Note += fmt.Sprintf(", %d of them named", frontLabels)
	}
	for i := range best.xs {
		labels.avoid = append(labels.avoid, callout{x: best.xs[i], y: best.ys[i]})
	}
	f.Legend = []Key{{Label: "front", Line: line.style}}
	for i, name := range s.Platforms {
		switch {
		case seen[i]:
			f.Legend = append(f.Legend, Key{Label: name, Glyph: lineMarker(i, false)})
		case slices.ContainsFunc(points, func(k paretoPoint) bool { return k.platform == i }):
			style := lineMarker(i, false)
			style.Color = faded
			f.Legend = append(f.Legend, Key{Label: name + " (beaten everywhere)", Glyph: style})
		}
	}
	if slices.ContainsFunc(points, func(k paretoPoint) bool { return k.hollow }) {
		f.Note += "; hollow: not ranked, for a missed level or less work"
	}
	p.Add(beaten, line, wx, wy, best, labels)
	f.Panels = []*plot.Plot{p}
	return f
}

// paretoPoints are all platforms at all points that have both figures.
func paretoPoints(s *result.Surface, cost, wait int) (list []paretoPoint) {
	for i := range s.Points {
		p := &s.Points[i]
		for k := range p.Platforms {
			c, w := bandAt(p, k, cost), bandAt(p, k, wait)
			if math.IsNaN(c.Mean) || math.IsNaN(w.Mean) {
				continue
			}
			var at []string
			for a, v := range p.At {
				path := s.Axes[a].Path
				if cut := strings.LastIndex(path, "."); cut >= 0 && !strings.ContainsAny(path, `"+`) {
					path = path[cut+1:]
				}
				if len(s.Axes[a].Values) > 1 {
					at = append(at, path+" "+s.Axes[a].Values[v])
				}
			}
			name := strings.Join(append([]string{s.Platforms[k]}, at...), ", ")
			if len(s.Platforms) == 1 && len(at) > 0 {
				name = strings.Join(at, ", ")
			}
			st := p.Platforms[k].Standing
			list = append(list, paretoPoint{w.Mean, c.Mean, nonNaN(w.Half), nonNaN(c.Half), k, st != result.Ranked,
				st == result.LessWork || st == result.Unfolded || st == result.Cannot, name})
		}
	}
	return list
}

// frontOf are the indexes of those that none beats, from the shortest wait to
// the lowest cost: none has a wait and a cost at most as high and one lower.
// Of equals the first stands for all.
func frontOf(points []paretoPoint) (front []int) {
	var order []int
	for i := range points {
		if !points[i].out {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(points[i].wait, points[j].wait), cmp.Compare(points[i].cost, points[j].cost))
	})
	least := math.Inf(1)
	for _, i := range order {
		if points[i].cost < least {
			least = points[i].cost
			front = append(front, i)
		}
	}
	return front
}
