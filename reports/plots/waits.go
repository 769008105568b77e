package plots

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"ecsim/models/result"
	"ecsim/workloads/units"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

var _ = RegisterPlot(Plot{
	Name:  "wait",
	Title: "Time to running, by workload",
	Doc:   "The share of a workload's tasks that were RUNNING within a time of being asked for, on each platform, over all replications; the band is the 95 % interval of each quantile, widened where its edges would fall back. A curve that passes left of and above the mark keeps the service level.",
	Draw: func(in Input) ([]Figure, error) {
		var figures []Figure
		for _, name := range workloadNames(in) {
			figures = append(figures, waits(in, name))
		}
		if figures == nil {
			figures = []Figure{{Name: "wait", Headline: "Time to running", Empty: "no data: no platform was run"}}
		}
		return withData(figures), nil
	},
})

// workloadNames are those of the first platform that ran: all run the same.
func workloadNames(in Input) []string {
	for _, o := range in.Outcomes {
		var names []string
		for i := range o.Pooled.Workloads {
			names = append(names, o.Pooled.Workloads[i].Name)
		}
		if names != nil {
			return names
		}
	}
	return nil
}

func waits(in Input, workload string) Figure {
	f := Figure{Name: fileName("wait", workload), Headline: workload + ": time from submission to RUNNING"}
	p := newPlot("tasks running by then (%)")
	p.Y.Tick.Marker = niceTicks{Suffix: " %"}
	p.Y.Min, p.Y.Max = 0, 100.5
	low, high := math.Inf(1), 0.0
	var lines []curve
	var bands []waitBand
	var marks glyphs   // on lines, which are so told apart without colour
	var names []string // the platforms of each line
	var tasks, censored uint64
	for i, o := range in.Outcomes {
		w := o.Pooled.Workload(workload)
		if w == nil || w.TimeToRunning.Count() == 0 {
			continue
		}
		t := &w.TimeToRunning
		tasks, censored = max(tasks, t.Count()), censored+t.Censored()
		label := ""
		if e, ok := o.Estimate(metricPath("time_to_running.p95", workload)); ok && e.OK {
			mark := ""
			if e.LowerBound {
				mark = ">"
			}
			label += ", p95 " + mark + result.FormatSeconds(e.V)
		}
		l := curve{style: lineStyle(i)}
		share := 0.0
		for _, point := range t.CDF() {
			s := point.Value / 1e9
			if point.Share >= 0.001 { // the first task in a thousand opens the axis
				low = min(low, max(s, 1e-3))
			}
			high = max(high, s)
			l.xs, l.ys = append(l.xs, s, s), append(l.ys, 100*share, 100*point.Share)
			share = point.Share
		}
		// Curves that coincide would hide one another: they share a line.
		same := slices.IndexFunc(lines, func(o curve) bool { return slices.Equal(o.xs, l.xs) && slices.Equal(o.ys, l.ys) })
		if same >= 0 {
			names[same] += " = " + o.Platform
			continue
		}
		names = append(names, o.Platform)
		mark := lineMarker(i, false)
		f.Legend = append(f.Legend, Key{Label: label, Line: l.style, Glyph: mark})
		for _, share := range []float64{10, 30, 50, 70, 90} {
			k, _ := slices.BinarySearch(l.ys, share)
			marks.xs, marks.ys, marks.styles = append(marks.xs, l.xs[k]), append(marks.ys, l.ys[k]), append(marks.styles, mark)
		}
		lines = append(lines, l)
		bands = append(bands, waitBandOf(o.WaitBands(workload), l.style.Color))
	}
	if lines == nil {
		f.Empty = "no data: none of its tasks was submitted in the window"
		return f
	}
	if high == 0 {
		f.Empty = "no data: every task was RUNNING when the run began, none was started in it"
		return f
	}
	for i := range names {
		f.Legend[i].Label = names[i] + f.Legend[i].Label
	}
	f.Note = fmt.Sprintf("all replications together, %s tasks a platform", units.Thousands(int64(tasks)))
	if slices.ContainsFunc(bands, func(b waitBand) bool { return len(b.shares) > 0 }) {
		f.Note += "; the band is the 95 % interval of each quantile over replications"
	}
	if censored > 0 {
		f.Note += fmt.Sprintf("; on all platforms together %s still waited at the end and enter with the wait so far", units.Thousands(int64(censored)))
	}
	limits := slos(in, workload)
	for _, l := range limits {
		low, high = min(low, l.seconds), max(high, l.seconds)
	}
	waitAxis(p, low, high)
	for _, l := range lines { // on a logarithmic axis nothing lies left of its start
		for i := range l.xs {
			l.xs[i] = max(l.xs[i], p.X.Min)
		}
	}
	for i := range marks.xs {
		marks.xs[i] = max(marks.xs[i], p.X.Min)
	}
	p.Add(gridLines{x: true, y: true})
	for _, b := range bands {
		p.Add(b)
	}
	for _, l := range limits {
		p.Add(l)
		f.Legend = append(f.Legend, Key{Label: "SLO: " + l.text, Line: thin(ink, 1.2, 4, 3), Glyph: l.glyph()})
	}
	for _, l := range lines {
		p.Add(l, tail{l, p.X.Max})
	}
	p.Add(marks)
	f.Panels = []*plot.Plot{p}
	return f
}

// waitBand is the interval of each quantile of a wait, read across. It is
// widened, never narrowed, to where both of its edges rise: between few
// replications the spread of one quantile may be small by chance.
type waitBand struct {
	shares, low, high []float64 // percent; seconds
	color             color.NRGBA
}

func waitBandOf(quantiles []result.WaitBand, c color.Color) waitBand {
	b := waitBand{color: color.NRGBAModel.Convert(c).(color.NRGBA)}
	for _, q := range quantiles {
		b.shares = append(b.shares, 100*q.Share)
		b.low, b.high = append(b.low, q.Seconds.Mean-q.Seconds.Half), append(b.high, q.Seconds.Mean+q.Seconds.Half)
	}
	for i := 1; i < len(b.shares); i++ {
		b.high[i] = max(b.high[i], b.high[i-1])
	}
	for i := len(b.shares) - 2; i >= 0; i-- {
		b.low[i] = min(b.low[i], b.low[i+1])
	}
	return b
}

func (b waitBand) Plot(c draw.Canvas, p *plot.Plot) {
	if len(b.shares) == 0 {
		return
	}
	tx, ty := p.Transforms(&c)
	x := func(s float64) vg.Length { return tx(min(max(s, p.X.Min), p.X.Max)) }
	var points, low, high []vg.Point
	for i, share := range b.shares {
		low, high = append(low, vg.Point{X: x(b.low[i]), Y: ty(share)}), append(high, vg.Point{X: x(b.high[i]), Y: ty(share)})
	}
	points = append(points, low...)
	for i := range high {
		points = append(points, high[len(high)-1-i])
	}
	c.FillPolygon(withAlpha(b.color, 0x38), points)
	edge := thin(withAlpha(b.color, 0x90), 0.8)
	c.StrokeLines(edge, low, high)
}

// metricPath is the path of a workload's metric.
func metricPath(rest, workload string) string {
	m := result.Metric{Path: "workload.NAME." + rest}
	return m.For(workload)
}

// waitAxis is logarithmic where waits span more than a factor of 30.
func waitAxis(p *plot.Plot, low, high float64) {
	p.X.Label.Text = "time to running"
	if high/low > 30 {
		p.X.Scale = plot.LogScale{}
		p.X.Tick.Marker = logTicks{}
		p.X.Min, p.X.Max = low*0.9, high*1.1
		p.X.Label.Text += " (logarithmic)"
		return
	}
	p.X.Tick.Marker = spanTicks{}
	p.X.Min, p.X.Max = 0, high*1.05
}

// tail draws a finished curve on to the right edge.
type tail struct {
	c   curve
	end float64
}

func (t tail) Plot(c draw.Canvas, p *plot.Plot) {
	n := len(t.c.xs) - 1
	curve{xs: []float64{t.c.xs[n], t.end}, ys: []float64{t.c.ys[n], t.c.ys[n]}, style: t.c.style}.Plot(c, p)
}

// sloMark is a service level on a wait: at most so many seconds for a share.
type sloMark struct {
	seconds, percent float64 // percent 0: the level binds no quantile
	text             string
}

// slos are the service levels on a workload's time to running.
func slos(in Input, workload string) []sloMark {
	percents := map[string]float64{"time_to_running.p50": 50, "time_to_running.p95": 95, "time_to_running.p99": 99,
		"time_to_running.max": 100, "time_to_running.mean": 0}
	var marks []sloMark
	for _, g := range in.Gates {
		percent, ok := percents[strings.TrimPrefix(g.Metric.Path, "workload.NAME.")]
		if ok && g.Workload == workload && g.Limit > 0 && (g.Op == "<" || g.Op == "<=") {
			marks = append(marks, sloMark{g.Limit, percent, g.Short()[len("time_to_running."):] + " " + g.Text})
		}
	}
	return marks
}

func (s sloMark) glyph() draw.GlyphStyle {
	if s.percent == 0 {
		return draw.GlyphStyle{}
	}
	return draw.GlyphStyle{Color: ink, Radius: 6, Shape: draw.CrossGlyph{}}
}

func (s sloMark) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	x := tx(s.seconds)
	c.StrokeLine2(thin(ink, 1.2, 4, 3), x, c.Min.Y, x, c.Max.Y)
	if s.percent == 0 {
		return
	}
	y := ty(s.percent)
	c.StrokeLine2(thin(ink, 1.2, 4, 3), c.Min.X, y, x, y)
	c.DrawGlyph(s.glyph(), vg.Point{X: x, Y: y})
	style := textStyle(tickSize, ink)
	style.XAlign, style.YAlign = text.XLeft, text.YTop
	c.FillText(style, vg.Point{X: c.Min.X + 6, Y: y - 4}, fmt.Sprintf("%.0f %%", s.percent))
}
