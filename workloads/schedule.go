package workloads

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// Schedule is an AWS schedule expression: cron(minutes hours day-of-month
// month day-of-week year), rate(value unit) or at(yyyy-mm-ddThh:mm:ss).
// Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
type Schedule struct {
	text  string
	cron  *cronFields
	every time.Duration // of rate()
	at    time.Time     // of at(), as a wall clock kept in UTC
}

// ParseSchedule reads a schedule expression.
func ParseSchedule(s string) (*Schedule, error) {
	text := strings.TrimSpace(s)
	kind, body, ok := strings.Cut(text, "(")
	body, closed := strings.CutSuffix(body, ")")
	if ok && closed {
		switch kind {
		case "cron":
			c, err := parseCron(body)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", text, err)
			}
			return &Schedule{text: text, cron: c}, nil
		case "rate":
			every, err := parseEvery(body)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", text, err)
			}
			return &Schedule{text: text, every: every}, nil
		case "at":
			at, err := time.Parse("2006-01-02T15:04:05", strings.TrimSpace(body))
			if err != nil {
				return nil, fmt.Errorf("got %q, want a local date and time such as at(2026-11-27T09:00:00)", s)
			}
			return &Schedule{text: text, at: at}, nil
		}
	}
	return nil, fmt.Errorf("got %q, want cron(minutes hours day-of-month month day-of-week year), such as cron(0 2 * * ? *), rate(15 minutes) or at(2026-11-27T09:00:00)", s)
}

func parseEvery(body string) (time.Duration, error) {
	f := strings.Fields(body)
	if len(f) == 2 {
		unit := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[strings.TrimSuffix(f[1], "s")]
		n, err := strconv.Atoi(f[0])
		if err == nil && unit > 0 && n > 0 && n <= int(units.MaxDuration)/int(unit) {
			return time.Duration(n) * unit, nil
		}
	}
	return 0, errors.New("want a whole number over 0 and minutes, hours or days, such as rate(15 minutes)")
}

// String returns the expression as it was written.
func (s *Schedule) String() string { return s.text }

// Next returns the first firing after a moment, or false when there is none.
// Calendar fields are read in after's location. A rate fires when it is
// created and every period from then on; a day is 24 hours.
//
// A cron time that a clock set forward leaves out is skipped; one that a clock
// set back brings twice fires the first time only.
// Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
func (s *Schedule) Next(after, created time.Time) (time.Time, bool) {
	switch {
	case s.every > 0:
		if after.Before(created) {
			return created, true
		}
		// Durations end at 292 years; a schedule that long has other problems.
		k := after.Sub(created)/s.every + 1
		return created.Add(k * s.every), true
	case s.cron == nil:
		t, exists := s.atIn(after.Location())
		return t, exists && t.After(after)
	}
	w := wall{after.Year(), after.Month(), after.Day(), after.Hour(), after.Minute()}
	for {
		// After may be in the second pass of a repeated hour, whose firings
		// all came in the first.
		var ok bool
		if w, ok = s.cron.next(w); !ok {
			return time.Time{}, false
		}
		if at, exists := instant(w, 0, after.Location()); exists && at.After(after) {
			return at, true
		}
	}
}

// atIn returns the moment of an at() expression. An at() that falls into the
// hour a clock skips never fires, as with cron.
func (s *Schedule) atIn(loc *time.Location) (time.Time, bool) {
	w := wall{s.at.Year(), s.at.Month(), s.at.Day(), s.at.Hour(), s.at.Minute()}
	return instant(w, s.at.Second(), loc)
}

// instant returns the first moment at which a clock in loc reads w, or false
// when none does.
func instant(w wall, second int, loc *time.Location) (time.Time, bool) {
	guess := time.Date(w.year, w.month, w.day, w.hour, w.minute, second, 0, loc)
	naive := time.Date(w.year, w.month, w.day, w.hour, w.minute, second, 0, time.UTC)
	// The offset in force before a change gives the first of two equal readings.
	for _, near := range []time.Duration{-6 * time.Hour, 6 * time.Hour} {
		_, offset := guess.Add(near).Zone()
		t := naive.Add(-time.Duration(offset) * time.Second).In(loc)
		if _, got := t.Zone(); got == offset {
			return t, true
		}
	}
	return time.Time{}, false
}

// Cycle is the time after which the schedule repeats: an hour, a day, a week,
// 365 days for one that names days of the month or months, the period of a
// rate; Never for at() and for one bound to certain years.
func (s *Schedule) Cycle() sim.Time {
	c := s.cron
	all := func(set uint64, least, most int) bool { return set>>least == 1<<(most-least+1)-1 }
	switch {
	case s.every > 0:
		return sim.Time(s.every)
	case c == nil:
		return Never
	}
	for y := firstYear; y <= lastYear; y++ {
		if !c.hasYear(y) {
			return Never
		}
	}
	switch {
	case !all(c.months, 1, 12) || !c.anyDay && c.weekdays == 0 || c.lastWeekday != 0:
		return 365 * sim.Day
	case !c.anyDay && !all(c.weekdays, 0, 6):
		return 7 * sim.Day
	case !all(c.hours, 0, 23):
		return sim.Day
	}
	return sim.Hour
}

// ScheduleParams are the parameters of pattern "schedule", which arrivals may
// also write without naming it: { schedule = "cron(0 2 * * ? *)", count = 20 }.
type ScheduleParams struct {
	Schedule string         `toml:"schedule" doc:"cron(...), rate(...) or at(...), in the scenario's time zone" required:"true"`
	Count    CountDist      `toml:"count" doc:"tasks per firing" default:"1"`
	Spread   units.Duration `toml:"spread" doc:"time over which a firing's tasks arrive at equal gaps; 0 is all at once" default:"0s"`
}

var _ = RegisterPattern(Pattern{
	Name: "schedule",
	// Assumed: at second 0; AWS promises only the minute.
	Doc:    "So many tasks each time an AWS schedule fires, at second 0 of the minute.",
	Source: "https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html",
	Params: func() any { return &ScheduleParams{Count: CountDist{Constant(1)}} },
	New: checked(func(p *ScheduleParams) (Process, error) {
		s, err := ParseSchedule(p.Schedule)
		if err != nil {
			return nil, fmt.Errorf("schedule: %w", err)
		}
		if p.Count.Dist == nil {
			return nil, errors.New("count: not given")
		}
		if n, constant := p.Count.IsConstant(); constant && n == 0 {
			return nil, errors.New("count: got 0, want 1 or more")
		}
		if p.Spread < 0 {
			return nil, fmt.Errorf("spread: got %v, want 0 or more", p.Spread)
		}
		return &scheduleProcess{s, p.Count.Dist, sim.Time(p.Spread)}, nil
	}),
})

type scheduleProcess struct {
	schedule *Schedule
	count    *Dist
	spread   sim.Time
}

func (p *scheduleProcess) Cycle() sim.Time { return p.schedule.Cycle() }

// Scale multiplies the count per firing. A constant that becomes a fraction is
// drawn as one of its neighbours, so that the mean is exact.
func (p *scheduleProcess) Scale(f float64) Process {
	checkScale(f)
	scaled := *p
	n, constant := p.count.IsConstant()
	x := float64(n) * f
	if down := math.Floor(x); constant && down != x {
		law, err := newValues([]float64{down, down + 1}, []float64{down + 1 - x, x - down})
		if err != nil {
			panic(fmt.Sprintf("workloads: %d tasks x %v: %v", n, f, err))
		}
		scaled.count = FromLaw(law, fmt.Sprintf("%v x %.6g", p.count, f))
	} else {
		scaled.count = p.count.Scale(f)
	}
	return &scaled
}

func (p *scheduleProcess) Arrivals(s Setting) (Arrivals, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	return &scheduleArrivals{firings: p.firings(s), spread: p.spread}, nil
}

func (p *scheduleProcess) Rates(s Setting) (Rates, error) {
	if p.spread == 0 {
		return nil, errors.New(`a schedule whose tasks arrive all at once has no rate; give spread, such as "10m", or another pattern`)
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	return &scheduleRates{firings: p.firings(s), spread: p.spread}, nil
}

func (p *scheduleProcess) firings(s Setting) firings {
	f := firings{schedule: p.schedule, count: p.count, start: s.start(), horizon: s.Horizon,
		r: sim.Stream(s.Seed, s.Replication, s.Workload+"/count")}
	f.last = f.start.Add(-1)
	f.advance()
	return f
}

// firings walks a schedule, one firing ahead.
type firings struct {
	schedule    *Schedule
	count       *Dist
	start, last time.Time
	horizon     sim.Time
	r           *rand.Rand

	at sim.Time // the next firing; the horizon when there is none
	n  int64    // its tasks
}

func (f *firings) advance() {
	for {
		t, ok := f.schedule.Next(f.last, f.start)
		if !ok || t.Sub(f.start) >= time.Duration(f.horizon) {
			f.at, f.n = f.horizon, 0
			return
		}
		f.last = t
		if f.n = f.count.Draw(f.r); f.n > 0 {
			f.at = sim.Time(t.Sub(f.start))
			return
		}
	}
}

// volley is a firing under way: n tasks at equal gaps over the spread.
type volley struct {
	at     sim.Time
	n, out int64
}

func (v volley) next(spread sim.Time) sim.Time {
	return v.at + sim.Time(float64(spread)*(float64(v.out)/float64(v.n)))
}

type scheduleArrivals struct {
	firings
	spread sim.Time
	open   []volley // in order of at; more than one when firings overlap
}

func (a *scheduleArrivals) Next() (sim.Time, bool) {
	for {
		first, at := -1, a.horizon
		for i, v := range a.open {
			if t := v.next(a.spread); t < at {
				first, at = i, t
			}
		}
		if a.at < at {
			a.open = append(a.open, volley{at: a.at, n: a.n})
			a.advance()
			continue
		}
		if first < 0 {
			return 0, false
		}
		v := &a.open[first]
		if v.out++; v.out == v.n {
			a.open = append(a.open[:first], a.open[first+1:]...)
		}
		return at, true
	}
}

type scheduleRates struct {
	firings
	spread sim.Time
	t      sim.Time
	open   []volley
}

func (r *scheduleRates) Next(s *Step) (bool, error) {
	if r.t >= r.horizon {
		return false, nil
	}
	for r.at <= r.t {
		r.open = append(r.open, volley{at: r.at, n: r.n})
		r.advance()
	}
	for len(r.open) > 0 && r.open[0].at+r.spread <= r.t {
		r.open = append(r.open[:0], r.open[1:]...)
	}
	until, rate := r.at, 0.0
	for _, v := range r.open {
		until = min(until, v.at+r.spread)
		rate += float64(v.n) / r.spread.Seconds()
	}
	*s = Step{From: r.t, Until: until, PerSecond: rate}
	r.t = until
	return true, nil
}
