package workloads

import (
	"fmt"
	"math"
	"strings"
	"time"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// DiurnalParams are the parameters of pattern "diurnal".
type DiurnalParams struct {
	Mean    units.Rate `toml:"mean" doc:"mean rate over a whole week" required:"true"`
	Peak    units.Rate `toml:"peak" doc:"rate at the top of a working day" required:"true"`
	PeakAt  ClockTime  `toml:"peak_at" doc:"local time of the top" default:"14:00" source:"Assumed: early afternoon, when office load tops out"`
	Weekend units.PPM  `toml:"weekend" doc:"rate of Saturday and Sunday as a share of a working day's" default:"100%"`
}

var _ = RegisterPattern(Pattern{
	Name: "diurnal",
	Doc: "A day's rise and fall in the scenario's time zone: the logarithm of the rate is a cosine, so the rate " +
		"is never negative and any peak over the mean is possible; small swings look like a sine.",
	Source: "the exponential of a trigonometric rate: Lewis, Shedler: IBM Journal of Research and Development 20(5), 1976; " +
		"Kuhl, Wilson, Johnson: IIE Transactions 29(3), 1997; thinning: Lewis, Shedler: Naval Research Logistics Quarterly 26(3), 1979",
	Params: func() any { return &DiurnalParams{PeakAt: ClockTime(14 * time.Hour), Weekend: units.One} },
	New:    checked(newDiurnal),
})

// maxPeak bounds peak over mean; a sharper top lasts minutes and is a flash
// crowd.
const maxPeak = 50

func newDiurnal(p *DiurnalParams) (Process, error) {
	if p.Mean <= 0 {
		return nil, errRate("mean", p.Mean)
	}
	if p.Weekend < 0 {
		return nil, fmt.Errorf("weekend: got %v, want 0%% or more", p.Weekend)
	}
	d := &dayShape{peakAt: p.PeakAt}
	w := p.Weekend.Float()
	working := p.Mean.Float() * 7 / (5 + 2*w)
	ratio := p.Peak.Float() / working
	if ratio < 1 || ratio > maxPeak {
		return nil, fmt.Errorf("peak: got %v, want from %v, the mean of a working day, to %d times that",
			p.Peak, units.Rate(math.Ceil(working*1e9)), maxPeak)
	}
	d.kappa = sharpness(ratio)
	top := working / meanOfShape(d.kappa) // Peak, but for rounding; so the mean is exact
	for i := range d.days {
		d.days[i] = top
		if day := time.Weekday(i); day == time.Saturday || day == time.Sunday {
			d.days[i] *= w
		}
	}
	cycle := sim.Day
	if w != 1 {
		cycle = 7 * sim.Day
	}
	return curveProcess{cycle: cycle, start: func(s Setting) curve { return &dayCurve{dayShape: d, clock: newClock(s)} }}, nil
}

// dayShape is days[weekday] x exp(kappa (cos(2 pi (hour - peakAt) / 24h) - 1)).
type dayShape struct {
	days   [7]float64 // rate at the top of each day
	kappa  float64
	peakAt ClockTime
}

// value returns the shape at a local time of day, 1 at the top.
func (d *dayShape) value(ofDay float64) float64 {
	angle := 2 * math.Pi * (ofDay - float64(d.peakAt)) / float64(sim.Day)
	return math.Exp(d.kappa * (math.Cos(angle) - 1))
}

// meanOfShape is the mean of exp(kappa (cos x - 1)) over a circle, by the
// trapezium rule, which converges faster than any power for periodic
// functions.
func meanOfShape(kappa float64) float64 {
	const n = 4096
	sum := 0.0
	for i := range n {
		sum += math.Exp(kappa * (math.Cos(2*math.Pi*float64(i)/n) - 1))
	}
	return sum / n
}

// sharpness finds the kappa whose shape has a top of ratio times its mean.
func sharpness(ratio float64) float64 {
	lo, hi := 0.0, 1e5
	for range 200 {
		mid := (lo + hi) / 2
		if 1/meanOfShape(mid) < ratio {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// dayPieces is the length of a piece: the rate changes by a few per cent
// within one.
const dayPieces = 5 * sim.Minute

type dayCurve struct {
	*dayShape
	clock clock
	day   float64 // rate at the top of the day of the last piece
}

func (c *dayCurve) piece(t sim.Time) piece {
	day, ofDay := c.clock.read(t)
	until := t + dayPieces - ofDay%dayPieces
	c.day = c.days[day]
	a, b := float64(ofDay), float64(ofDay+until-t)
	p := piece{until: until}
	va, vb := c.value(a), c.value(b)
	// Simpson's rule; over a whole day its errors cancel.
	p.mean = c.day * (va + 4*c.value((a+b)/2) + vb) / 6
	p.most = c.day * math.Max(va, vb)
	if top := float64(c.peakAt); a <= top && top <= b {
		p.most = c.day
	}
	return p
}

func (c *dayCurve) at(t sim.Time) float64 {
	_, ofDay := c.clock.readNear(t)
	return c.day * c.value(float64(ofDay))
}

// ClockTime is a local time of day as nanoseconds after midnight: "14:00".
type ClockTime sim.Time

// UnmarshalTOML reads "14:00" or "14:00:30".
func (c *ClockTime) UnmarshalTOML(v any) error {
	s, ok := v.(string)
	if ok {
		for _, layout := range []string{"15:04", "15:04:05"} {
			if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
				h, m, sec := t.Clock()
				*c = ClockTime(sim.Time(h)*sim.Hour + sim.Time(m)*sim.Minute + sim.Time(sec)*sim.Second)
				return nil
			}
		}
	}
	return fmt.Errorf("got %s, want a time of day such as \"14:00\"", describe(v))
}

// String prints the time of day, "14:00" or with seconds when they matter.
func (c ClockTime) String() string {
	t := time.Time{}.Add(time.Duration(c))
	if t.Second() != 0 {
		return t.Format("15:04:05")
	}
	return t.Format("15:04")
}

// clock reads simulated time as a local calendar.
type clock struct {
	start  int64 // Unix nanoseconds of time zero
	loc    *time.Location
	offset int64 // nanoseconds east of UTC at the last read
}

func newClock(s Setting) clock {
	start := s.start()
	return clock{start: start.UnixNano(), loc: start.Location()}
}

// read returns the local weekday and time of day at t.
func (c *clock) read(t sim.Time) (time.Weekday, sim.Time) {
	_, seconds := time.Unix(0, c.start+int64(t)).In(c.loc).Zone()
	c.offset = int64(seconds) * int64(sim.Second)
	return c.readNear(t)
}

// readNear is read for a t between which and the last read no clock changed.
func (c *clock) readNear(t sim.Time) (time.Weekday, sim.Time) {
	local := c.start + int64(t) + c.offset
	day := local / int64(sim.Day)
	ofDay := local % int64(sim.Day)
	if ofDay < 0 {
		day, ofDay = day-1, ofDay+int64(sim.Day)
	}
	// 1970-01-01 was a Thursday.
	return time.Weekday(((day+4)%7 + 7) % 7), sim.Time(ofDay)
}
