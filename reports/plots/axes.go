package plots

import (
	"math"
	"strconv"
	"time"

	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads/units"

	"gonum.org/v1/plot"
)

// niceTicks puts labels at 1, 2 or 5 times a power of ten.
type niceTicks struct {
	Prefix, Suffix string
	Whole          bool // counts: no fractions
}

func (n niceTicks) Ticks(low, high float64) []plot.Tick {
	span := high - low
	if !(span > 0) || math.IsInf(span, 0) {
		return []plot.Tick{{Value: low, Label: n.label(low, 1)}}
	}
	step := math.Pow(10, math.Floor(math.Log10(span/4)))
	for _, m := range []float64{1, 2, 5, 10} {
		if span/(step*m) <= 6 {
			step *= m
			break
		}
	}
	if n.Whole {
		step = max(step, 1)
	}
	var ticks []plot.Tick
	for i := math.Ceil(low/step - 1e-9); i*step <= high*(1+1e-9); i++ {
		v := i*step + 0 // never the negative zero that Ceil may give
		ticks = append(ticks, plot.Tick{Value: v, Label: n.label(v, step)})
	}
	return ticks
}

func (n niceTicks) label(v, step float64) string {
	if step >= 1 {
		sign := ""
		if v < 0 {
			sign, v = "-", -v
		}
		return sign + n.Prefix + units.Thousands(int64(math.Round(v))) + n.Suffix
	}
	digits := int(math.Ceil(-math.Log10(step) - 1e-9))
	return n.Prefix + strconv.FormatFloat(v, 'f', digits, 64) + n.Suffix
}

// timeTicks labels seconds since start with the calendar: weekday and hour in
// runs of days, dates in longer ones.
type timeTicks struct {
	start    time.Time
	location *time.Location
}

// timeSteps are the distances of labels, the finest first, and the layout of
// each. A step of 0 is a calendar month.
var timeSteps = []struct {
	step   time.Duration
	layout string
}{
	{time.Minute, "Mon 15:04"}, {5 * time.Minute, "Mon 15:04"}, {15 * time.Minute, "Mon 15:04"}, {time.Hour, "Mon 15:04"},
	{3 * time.Hour, "Mon 15:04"}, {6 * time.Hour, "Mon 15:04"}, {12 * time.Hour, "Mon 15:04"},
	{24 * time.Hour, "Mon 15:04"}, {7 * 24 * time.Hour, "Mon 2 Jan"}, {0, "Jan 2006"},
}

// maxTimeLabels is how many fit beside each other.
const maxTimeLabels = 10

func (t timeTicks) Ticks(low, high float64) []plot.Tick {
	from := t.start.Add(time.Duration(low * 1e9)).In(t.location)
	until := t.start.Add(time.Duration(high * 1e9)).In(t.location)
	var ticks []plot.Tick
	for _, s := range timeSteps {
		if s.step > 0 && until.Sub(from)/s.step > maxTimeLabels {
			continue
		}
		at := firstTick(from, s.step)
		months := 1
		for ; s.step == 0 && until.Sub(from).Hours()/24/30/float64(months) > maxTimeLabels; months++ {
		}
		for !at.After(until) {
			if !at.Before(from) {
				ticks = append(ticks, plot.Tick{Value: at.Sub(t.start).Seconds(), Label: at.Format(s.layout)})
			}
			switch {
			case s.step == 0:
				at = at.AddDate(0, months, 0)
			case s.step >= 24*time.Hour: // by the calendar, whatever the clock does
				at = at.AddDate(0, 0, int(s.step/(24*time.Hour)))
			default:
				at = at.Add(s.step)
			}
		}
		break
	}
	return ticks
}

// firstTick is the last round moment at or before t: of the day for hours,
// midnight for days, Monday for weeks, the first for months.
func firstTick(t time.Time, step time.Duration) time.Time {
	midnight := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
	switch {
	case step == 0:
		return midnight.AddDate(0, 0, 1-t.Day())
	case step == 7*24*time.Hour:
		return midnight.AddDate(0, 0, -(int(t.Weekday())+6)%7)
	case step == 24*time.Hour:
		return midnight
	}
	return midnight.Add(t.Sub(midnight) / step * step)
}

// shown is the time a run's pictures cover: its duration, and the drain after
// it where the series go on.
func shown(r *result.Run) sim.Time {
	s := &r.Cluster.CapacityCPU
	recorded := sim.Time(len(s.Mean)) * s.Width
	if recorded < r.Duration+s.Width { // the last bucket of the window, cut short
		return r.Duration
	}
	return min(r.End, recorded)
}

// timeAxis sets a panel's x axis to the run's time; only the lowest panel of
// a figure carries the label.
func timeAxis(p *plot.Plot, r *result.Run, location *time.Location, labelled bool) {
	p.X.Min, p.X.Max = 0, shown(r).Seconds()
	p.X.Tick.Marker = timeTicks{r.Start, location}
	if labelled {
		p.X.Label.Text = "time from " + r.Start.In(location).Format("Mon 2 January 2006 15:04 MST")
	}
}

// logTicks labels powers of ten seconds and what lies well between.
type logTicks struct{}

func (logTicks) Ticks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	dense := high/low < 2000
	for _, s := range []float64{0.001, 0.01, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 2 * 3600, 6 * 3600, 12 * 3600, 86400, 2 * 86400, 7 * 86400} {
		main := s <= 0.1 || s == 1 || s == 10 || s == 60 || s == 600 || s == 3600 || s == 6*3600 || s == 86400 || s == 7*86400
		if s < low || s > high || !main && !dense {
			continue
		}
		ticks = append(ticks, plot.Tick{Value: s, Label: spanLabel(s)})
	}
	return ticks
}

// spanLabel is a round span in its natural unit.
func spanLabel(s float64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{86400, " d"}, {3600, " h"}, {60, " min"}, {1, " s"}} {
		if s >= u.size {
			return strconv.FormatFloat(s/u.size, 'f', -1, 64) + u.name
		}
	}
	return strconv.FormatFloat(s*1000, 'f', -1, 64) + " ms"
}

// spanTicks labels linear seconds in round spans.
type spanTicks struct{}

func (spanTicks) Ticks(low, high float64) []plot.Tick {
	steps := []float64{0.001, 0.01, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 2 * 3600, 6 * 3600, 12 * 3600, 86400, 7 * 86400}
	step := steps[len(steps)-1]
	for _, s := range steps {
		if (high-low)/s <= 8 {
			step = s
			break
		}
	}
	var ticks []plot.Tick
	for i := math.Ceil(low/step - 1e-9); i*step <= high*(1+1e-9); i++ {
		label := "0"
		if v := math.Round(i*step*1000) / 1000; v != 0 {
			label = spanLabel(v)
			if step < 60 && v >= 60 {
				label = strconv.FormatFloat(v, 'f', -1, 64) + " s" // one unit along the axis
			}
		}
		ticks = append(ticks, plot.Tick{Value: i * step, Label: label})
	}
	return ticks
}

// steps are a series as a staircase of at most maxPoints steps: neighbours
// are averaged beyond that, which is what a screen would do.
func steps(s *result.Series, scale float64, end sim.Time) (xs, ys []float64) {
	n := len(s.Mean)
	group := 1 + (n-1)/maxPoints
	for i := 0; i < n; i += group {
		var sum float64
		last := min(i+group, n)
		for _, v := range s.Mean[i:last] {
			sum += v
		}
		from := (sim.Time(i) * s.Width).Seconds()
		until := min(sim.Time(last)*s.Width, end).Seconds()
		y := sum / float64(last-i) / scale
		xs, ys = append(xs, from, until), append(ys, y, y)
	}
	return xs, ys
}

const maxPoints = 2100 // a week of 5-minute buckets stays whole
