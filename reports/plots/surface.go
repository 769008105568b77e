package plots

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"ecsim/models/result"
	"ecsim/workloads/units"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// noPoints is why there is nothing to draw of a surface without any point.
const noPoints = "no data: no point of the sweep was run"

// isSample tells whether the points were drawn, so that they lie on no grid.
func isSample(s *result.Surface) bool { return s.Design != "" && s.Design != "grid" }

// bandAt is a platform's estimate of a metric at a point, NaN where there is
// none.
func bandAt(p *result.SurfacePoint, platform, metric int) result.Band {
	if platform < 0 || platform >= len(p.Platforms) || metric >= len(p.Platforms[platform].Estimates) {
		return result.Band{Mean: math.NaN(), Half: math.NaN()}
	}
	return p.Platforms[platform].Estimates[metric]
}

// metricUnit is how a metric's values are drawn: their factor, unit and ticks.
type metricUnit struct {
	scale  float64
	label  string // of the axis, with its unit
	short  string // of the metric, for a headline
	ticks  plot.Ticker
	format func(float64) string // of a value already scaled
	sign   float64              // times a value: the better, the lower
}

// best names the better end of the metric.
func (u metricUnit) best() string {
	if u.sign < 0 {
		return "highest"
	}
	return "lowest"
}

func unitOf(path string) metricUnit {
	m, workload, err := result.Find(path)
	if err != nil {
		return metricUnit{1, path, path, niceTicks{}, compact, 1}
	}
	name := strings.TrimPrefix(m.Path, "workload.NAME.")
	words := strings.NewReplacer("_", " ", ".", " ").Replace(name)
	if workload != "" {
		words = workload + ": " + words
	}
	u := metricUnit{1, words, words, niceTicks{}, m.Unit.Format, 1}
	if m.Better == result.Higher {
		u.sign = -1
	}
	switch m.Unit {
	case result.UnitUSD:
		u.label += " ($)"
		u.ticks = niceTicks{Prefix: "$"}
	case result.UnitSeconds:
		u.ticks = spanTicks{}
	case result.UnitShare:
		u.scale, u.label, u.ticks = 100, words+" (%)", niceTicks{Suffix: " %"}
		u.format = func(v float64) string { return result.FormatShare(v / 100) }
	case result.UnitCount:
	default:
		u.label += " (" + strings.ReplaceAll(string(m.Unit), "_", " ") + ")"
	}
	return u
}

// compact prints three significant digits, and whole numbers beyond them.
func compact(v float64) string {
	if math.Abs(v) >= 999.5 {
		return units.Thousands(int64(math.Round(v)))
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// axisFormat prints a value between those of an axis.
func axisFormat(a *result.Axis, v float64) string {
	switch a.Unit {
	case "s":
		return result.FormatSeconds(v)
	case "$":
		return result.FormatUSD(v)
	case "":
		return compact(v)
	}
	return compact(v) + " " + a.Unit
}

// axisValue is where a value stands on its axis: by number, or by order.
func axisValue(a *result.Axis, i int) float64 {
	if a.Numbers == nil {
		return float64(i)
	}
	return a.Numbers[i]
}

// categoryAxis labels an x axis with values in their order, upright where they
// do not fit beside each other.
func categoryAxis(p *plot.Plot, a *result.Axis) {
	n := len(a.Values)
	p.X.Min, p.X.Max = -0.5, float64(n)-0.5
	every := 1
	style := textStyle(tickSize, ink)
	if slices.ContainsFunc(a.Values, func(v string) bool { return style.Width(v) > vg.Length(1000/n)-10 }) {
		every = 1 + (n-1)/50 // as many as stand beside each other upright
		p.X.Tick.Label.Rotation = math.Pi / 2
		p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = text.XRight, text.YCenter
	}
	var ticks []plot.Tick
	for i := 0; i < n; i += every {
		label := shorten(a.Values[i], tickSize, 220)
		if p.X.Tick.Label.Rotation != 0 {
			label += "  " // clear of the axis, from which upright text has no distance
		}
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: label})
	}
	p.X.Tick.Marker = plot.ConstantTicks(ticks)
}

// axisLabel is the axis's path, shortened, and its unit.
func axisLabel(a *result.Axis) string {
	label := shorten(a.Path, labelSize, 800)
	if a.Unit != "" && a.Numbers != nil {
		label += " (" + a.Unit + ")"
	}
	return label
}

// shorten cuts the middle out of text that is wider than there is room.
func shorten(s string, size, room vg.Length) string {
	style := textStyle(size, ink)
	if style.Width(s) <= room {
		return s
	}
	runes := []rune(s)
	for keep := len(runes) - 1; keep > 2; keep-- {
		cut := string(runes[:(keep+1)/2]) + "…" + string(runes[len(runes)-keep/2:])
		if style.Width(cut) <= room {
			return cut
		}
	}
	return "…"
}

// valueTicks labels an axis at its own values, as written, leaving out those
// that would touch the one before.
type valueTicks struct {
	at     []float64
	labels []string
	log    bool
	room   vg.Length // length of the axis, about
}

func (v valueTicks) Ticks(low, high float64) []plot.Tick {
	style := textStyle(tickSize, ink)
	place := func(x float64) vg.Length {
		if v.log {
			return v.room * vg.Length((math.Log(x)-math.Log(low))/(math.Log(high)-math.Log(low)))
		}
		return v.room * vg.Length((x-low)/(high-low))
	}
	var ticks []plot.Tick
	end := -v.room
	for i, x := range v.at {
		label := shorten(v.labels[i], tickSize, 140)
		half := style.Width(label) / 2
		tick := plot.Tick{Value: x}
		if place(x)-half >= end+12 {
			tick.Label = label
			end = place(x) + half
		}
		if tick.Label != "" || len(v.at) <= 25 {
			ticks = append(ticks, tick)
		}
	}
	return ticks
}

// slice are the points in which all axes but those of free have one value:
// the middle of those that points were run with. The text names these values,
// "" when nothing is held.
func slice(s *result.Surface, free ...int) (points []*result.SurfacePoint, held string) {
	middle := make([]int, len(s.Axes))
	var texts []string
	for a := range s.Axes {
		if slices.Contains(free, a) {
			continue
		}
		var present []int
		for i := range s.Points {
			if !slices.Contains(present, s.Points[i].At[a]) {
				present = append(present, s.Points[i].At[a])
			}
		}
		slices.Sort(present)
		if len(present) > 0 {
			middle[a] = present[(len(present)-1)/2]
			texts = append(texts, s.Axes[a].Path+" = "+s.Axes[a].Values[middle[a]])
		}
	}
	for i := range s.Points {
		p := &s.Points[i]
		if !slices.ContainsFunc(middleAxes(len(s.Axes), free), func(a int) bool { return p.At[a] != middle[a] }) {
			points = append(points, p)
		}
	}
	return points, strings.Join(texts, ", ")
}

// middleAxes are the axes that are not free.
func middleAxes(n int, free []int) (held []int) {
	for a := range n {
		if !slices.Contains(free, a) {
			held = append(held, a)
		}
	}
	return held
}

// surfaceNote says how many runs a point has, and what is not shown.
func surfaceNote(s *result.Surface) string {
	least, most := math.MaxInt, 0
	for i := range s.Points {
		for _, p := range s.Points[i].Platforms {
			if p.Runs > 0 {
				least, most = min(least, p.Runs), max(most, p.Runs)
			}
		}
	}
	note := "one run a point, so no intervals"
	switch {
	case most == 0:
		note = "no run finished"
	case least < most:
		note = fmt.Sprintf("means of %d to %d runs a point with their 95 %% intervals", least, most)
	case most > 1:
		note = fmt.Sprintf("means of %d runs a point with their 95 %% intervals", most)
	}
	if s.Left > 0 {
		note += fmt.Sprintf("; the first %s of %s", units.Thousands(int64(len(s.Points))), plural(int64(len(s.Points)+s.Left), "point"))
	}
	return note
}
