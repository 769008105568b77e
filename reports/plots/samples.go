package plots

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"ecsim/models/result"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
)

var _ = RegisterPlot(Plot{
	Name:    "samples",
	Title:   "Samples over each axis",
	Doc:     "Each point of a sampled sweep (Latin hypercube or Halton) against one axis, all other axes varying too: the cloud's height is their effect. The line joins the means of bins along the axis. A hollow marker is a point at which the platform is not ranked.",
	OfSweep: true,
	Draw: func(in Input) ([]Figure, error) {
		s := in.Surface
		if !isSample(s) {
			return nil, nil // a grid has lines and maps
		}
		var figures []Figure
		for metric := range s.Metrics {
			for axis := range s.Axes {
				figures = append(figures, sampled(s, axis, metric))
			}
		}
		if figures == nil {
			figures = []Figure{{Name: "samples", Headline: "Samples", Empty: "no data: the sweep has no axis or no figure"}}
		}
		return withData(figures), nil
	},
})

// meanBins is how many bins a mean over samples has at most; each holds at
// least leastInBin samples.
const (
	meanBins   = 10
	leastInBin = 4
)

// sampled draws one metric of all samples against one axis.
func sampled(s *result.Surface, axis, metric int) Figure {
	a, u := &s.Axes[axis], unitOf(s.Metrics[metric])
	f := Figure{Name: fileName("samples", s.Metrics[metric], a.Path),
		Headline: fmt.Sprintf("%s over %s, %s of a %s design", u.short, a.Path, plural(int64(len(s.Points)), "sample"), strings.ReplaceAll(s.Design, "-", " "))}
	if len(s.Points) == 0 {
		f.Empty = noPoints
		return f
	}
	var xs []float64
	for i := range s.Points {
		xs = append(xs, axisValue(a, s.Points[i].At[axis]))
	}
	p := newPlot(u.label)
	p.Y.Tick.Marker = u.ticks
	p.X.Label.Text = axisLabel(a)
	if a.Numbers == nil {
		categoryAxis(p, a)
	} else {
		numberAxis(p, a, xs)
		if _, log := p.X.Scale.(plot.LogScale); !log {
			p.X.Tick.Marker = niceTicks{} // samples are drawn: their values say nothing
		}
	}
	bins := binsOf(p, xs)
	f.Note = fmt.Sprintf("a small marker is one sample; lines: means of %s along the axis, at the mean of their samples", plural(int64(bins.n), "bin"))
	if a.Numbers == nil {
		f.Note = "a small marker is one sample, a large one the mean of those with that value"
	}
	if s.Left > 0 {
		f.Note += fmt.Sprintf("; %s more are not in the picture", plural(int64(s.Left), "sample"))
	}
	cloud := glyphs{sparse: true}
	var lines plotters
	most, hollow := 0.0, false
	for k, name := range s.Platforms {
		sums := make([]struct{ x, y, n float64 }, bins.n)
		some := false
		for i := range s.Points {
			v := bandAt(&s.Points[i], k, metric).Mean * u.scale
			if math.IsNaN(v) {
				continue
			}
			faulty := s.Points[i].Platforms[k].Standing != result.Ranked
			some, hollow, most = true, hollow || faulty, max(most, v)
			g := lineMarker(k, faulty)
			g.Color, g.Radius = paler(g.Color), 3.5
			cloud.xs, cloud.ys, cloud.styles = append(cloud.xs, xs[i]), append(cloud.ys, v), append(cloud.styles, g)
			b := &sums[bins.of(xs[i])]
			b.x, b.y, b.n = b.x+xs[i], b.y+v, b.n+1
		}
		if !some {
			f.Note += "; " + name + " has no figure here"
			continue
		}
		l := curve{style: lineStyle(k)}
		l.style.Width = 3
		var marks glyphs
		for _, b := range sums {
			if b.n > 0 {
				l.xs, l.ys = append(l.xs, b.x/b.n), append(l.ys, b.y/b.n)
				marks.xs, marks.ys, marks.styles = append(marks.xs, b.x/b.n), append(marks.ys, b.y/b.n), append(marks.styles, lineMarker(k, false))
			}
		}
		if a.Numbers == nil {
			lines = append(lines, marks) // between categories lies nothing
			l.style = draw.LineStyle{}
		} else {
			lines = append(lines, l, marks)
		}
		f.Legend = append(f.Legend, Key{Label: name, Line: l.style, Glyph: lineMarker(k, false)})
	}
	if len(cloud.xs) == 0 {
		f.Empty = "no data: no platform has " + s.Metrics[metric] + " at any sample"
		return f
	}
	if hollow {
		f.Note += "; hollow: not ranked there, for a missed level or less work"
	}
	headroom(p, most)
	p.Add(gridLines{x: true, y: true}, cloud, lines)
	f.Panels = []*plot.Plot{p}
	return f
}

// binning divides an axis.
type binning struct {
	edges []float64 // upper ones, all but the last
	n     int
}

func (b binning) of(x float64) int {
	i, found := slices.BinarySearch(b.edges, x)
	if found {
		i++ // an edge belongs to the bin it opens
	}
	return i
}

// binsOf divides an axis into bins of equal width as drawn, fewer for few
// samples; one of few values or of categories gets a bin for each.
func binsOf(p *plot.Plot, xs []float64) binning {
	values := slices.Clone(xs)
	slices.Sort(values)
	low, high := values[0], values[len(values)-1]
	values = slices.Compact(values)
	_, category := p.X.Tick.Marker.(plot.ConstantTicks)
	if category || len(values) <= meanBins {
		return binning{values[1:], len(values)}
	}
	b := binning{n: max(1, min(meanBins, len(xs)/leastInBin))}
	for i := 1; i < b.n; i++ {
		t := float64(i) / float64(b.n)
		if _, log := p.X.Scale.(plot.LogScale); log {
			b.edges = append(b.edges, low*math.Pow(high/low, t))
		} else {
			b.edges = append(b.edges, low+t*(high-low))
		}
	}
	return b
}
