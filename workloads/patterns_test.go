package workloads

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// monday is a Monday, the start of the tests' calendars.
var monday = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// patternExamples has at least one set of parameters of each registered
// pattern; mean is events per second over ten weeks from monday.
var patternExamples = []struct {
	toml table
	mean float64
}{
	{table{"pattern": "steady", "rate": "7/min"}, 7.0 / 60},
	{table{"pattern": "poisson", "rate": "400/h"}, 400.0 / 3600},
	{table{"pattern": "bursty", "quiet": "2/min", "burst": "40/min"}, (2.0*80 + 40*10) / 90 / 60},
	{table{"pattern": "bursty", "quiet": "0/s", "burst": "1/s", "quiet_for": table{"dist": "pareto", "alpha": 1.8, "mean": "30s"},
		"burst_for": table{"dist": "uniform", "min": "5s", "max": "15s"}}, 0.25},
	{table{"pattern": "diurnal", "mean": "300/h", "peak": "900/h", "peak_at": "14:00", "weekend": "40%"}, 300.0 / 3600},
	{table{"pattern": "diurnal", "mean": "300/h", "peak": "300/h"}, 300.0 / 3600},
	{table{"pattern": "weekly", "mean": "0.1/s", "days": []any{int64(3), 2.5, "250%", int64(3), int64(3), "40%", int64(0)}}, 0.1},
	{table{"pattern": "ramp", "to": "0.2/s", "over": "10w"}, 0.1},
	{table{"pattern": "ramp", "from": "0.2/s", "to": "0/s", "at": "5w", "over": "0s"}, 0.1},
	{table{"pattern": "flash-crowd", "base": "0.01/s", "peak": "10/s", "at": "3d", "rise": "10m", "hold": "5m", "decay": "1h"},
		0.01 + 9.99*(300+300+3600)/(70*86400)},
	{table{"pattern": "schedule", "schedule": "cron(0 2 * * ? *)", "count": int64(20)}, 20.0 / 86400},
	{table{"pattern": "schedule", "schedule": "rate(5 minutes)", "count": table{"dist": "uniform", "min": int64(0), "max": int64(8)}, "spread": "12m"}, 4.0 / 300},
}

// decodePattern stands in for the scenario reader.
func decodePattern(t testing.TB, v table) Process {
	t.Helper()
	p, err := LookUpPattern(v["pattern"].(string))
	if err != nil {
		t.Fatal(err)
	}
	params := p.Params()
	fields := reflect.ValueOf(params).Elem()
	known := 1
	for i := range fields.NumField() {
		tag := fields.Type().Field(i).Tag
		if given, ok := v[tag.Get("toml")]; ok {
			known++
			if err := decodeField(fields.Field(i), given); err != nil {
				t.Fatalf("%s: %v", tag.Get("toml"), err)
			}
		}
	}
	if known != len(v) {
		t.Fatalf("unknown parameter among %v", v)
	}
	process, err := p.New(params)
	if err != nil {
		t.Fatalf("%v: %v", v, err)
	}
	return process
}

func decodeField(f reflect.Value, v any) (err error) {
	switch x := f.Addr().Interface().(type) {
	case interface{ UnmarshalTOML(any) error }:
		return x.UnmarshalTOML(v)
	case *units.Rate:
		*x, err = units.ParseRate(v.(string))
	case *units.Duration:
		*x, err = units.ParseDuration(v.(string))
	case *units.PPM:
		*x, err = units.ParsePPM(v.(string))
	case *string:
		*x = v.(string)
	default:
		return fmt.Errorf("no way to read a %T", x)
	}
	return err
}

func setting(horizon sim.Time) Setting {
	return Setting{Seed: 1, Workload: "w", Start: monday, Location: time.UTC, Horizon: horizon}
}

func unroll(t testing.TB, p Process, s Setting) []sim.Time {
	t.Helper()
	a, err := p.Arrivals(s)
	if err != nil {
		t.Fatal(err)
	}
	var times []sim.Time
	for {
		at, ok := a.Next()
		if !ok {
			break
		}
		times = append(times, at)
	}
	if at, ok := a.Next(); ok {
		t.Fatalf("arrival at %v after the end", at)
	}
	return times
}

// rateIntegral checks that steps cover [0, horizon) without gaps and returns
// the number of events they expect.
func rateIntegral(t testing.TB, p Process, s Setting) float64 {
	t.Helper()
	r, err := p.Rates(s)
	if err != nil {
		t.Fatal(err)
	}
	var step Step
	at, sum := sim.Time(0), 0.0
	for {
		ok, err := r.Next(&step)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		if step.From != at || step.Until <= step.From || !(step.PerSecond >= 0) {
			t.Fatalf("step %+v follows one that ends at %v", step, at)
		}
		at = step.Until
		sum += (step.Until - step.From).Seconds() * step.PerSecond
	}
	if at != s.Horizon {
		t.Fatalf("steps end at %v, want the horizon, %v", at, s.Horizon)
	}
	return sum
}

func TestPatternsConform(t *testing.T) {
	const horizon = 70 * sim.Day
	seen := map[string]bool{}
	for _, ex := range patternExamples {
		name := ex.toml["pattern"].(string)
		seen[name] = true
		t.Run(fmt.Sprint(ex.toml), func(t *testing.T) {
			p := decodePattern(t, ex.toml)
			s := setting(horizon)
			times := unroll(t, p, s)
			last := sim.Time(0)
			for _, at := range times {
				if at < last || at >= horizon {
					t.Fatalf("arrival at %v after %v, horizon %v", at, last, horizon)
				}
				last = at
			}
			again := unroll(t, p, s)
			if !reflect.DeepEqual(times, again) {
				t.Error("the same seed gave different arrivals")
			}
			s.Replication = 1
			other := unroll(t, p, s)
			s.Replication = 0
			fixed := name == "steady" || ex.toml["schedule"] == "cron(0 2 * * ? *)"
			if reflect.DeepEqual(times, other) != fixed {
				t.Errorf("another replication gave the same arrivals: %v, want %v", !fixed, fixed)
			}
			n, want := float64(len(times)), ex.mean*horizon.Seconds()
			if math.Abs(n-want) > 0.06*want {
				t.Errorf("got %v arrivals, want about %v", n, want)
			}
			scaled := float64(len(unroll(t, p.Scale(1.3), s)))
			if math.Abs(scaled-1.3*n) > 0.02*n+5*math.Sqrt(n)*1.3 {
				t.Errorf("scaled by 1.3: %v arrivals, want about 1.3 x %v", scaled, n)
			}
			if _, scheduled := ex.toml["spread"]; name == "schedule" && !scheduled {
				if _, err := p.Rates(s); err == nil || !strings.Contains(err.Error(), "spread") {
					t.Errorf("rates of tasks that arrive at once: error %v, want advice to spread them", err)
				}
				return
			}
			if scaled := unroll(t, p.Scale(0), s); len(scaled) != 0 {
				t.Errorf("scaled by 0: %d arrivals", len(scaled))
			}
			// Both forms see the same rate, so only Poisson noise parts them.
			integral := rateIntegral(t, p, s)
			if math.Abs(n-integral) > 5*math.Sqrt(integral)+20 {
				t.Errorf("got %v arrivals where the rates add up to %v", n, integral)
			}
			if got := rateIntegral(t, p.Scale(1.3), s); !near(got, 1.3*integral, 0.02) {
				t.Errorf("scaled by 1.3 the rates add up to %v, want 1.3 x %v", got, integral)
			}
			if s.Horizon = 0; s.check() == nil {
				t.Error("a horizon of 0 was accepted")
			}
			if _, err := p.Arrivals(s); err == nil {
				t.Error("arrivals with a horizon of 0 were accepted")
			}
		})
	}
	for _, p := range Patterns() {
		if !seen[p.Name] {
			t.Errorf("pattern %q has no example here", p.Name)
		}
	}
}

// Parameter structs say what each key is, and the default they print is the
// default they hold.
func TestPatternParams(t *testing.T) {
	for _, p := range Patterns() {
		if p.Source == "" {
			t.Errorf("%s: no source", p.Name)
		}
		v := reflect.ValueOf(p.Params()).Elem()
		for i := range v.NumField() {
			f := v.Type().Field(i)
			key, text := f.Tag.Get("toml"), f.Tag.Get("default")
			required := f.Tag.Get("required") == "true"
			if key == "" || f.Tag.Get("doc") == "" || required == (text != "") {
				t.Errorf("%s.%s: want a key, a doc, and either required or a default; got %q", p.Name, f.Name, f.Tag)
			}
			if required {
				continue
			}
			given := any(text)
			if strings.HasPrefix(text, "[") {
				var list []any
				for _, e := range strings.Split(strings.Trim(text, "[]"), ",") {
					list = append(list, strings.TrimSpace(e))
				}
				given = list
			}
			read := reflect.New(f.Type)
			if err := decodeField(read.Elem(), given); err != nil {
				t.Errorf("%s.%s: default %q: %v", p.Name, key, text, err)
			}
			held, want := v.Field(i).Interface(), read.Elem().Interface()
			if a, ok := held.(interface{ Mean() float64 }); ok {
				if b := want.(interface{ Mean() float64 }); a.Mean() != b.Mean() {
					t.Errorf("%s.%s: holds %v, prints default %q", p.Name, key, held, text)
				}
			} else if !reflect.DeepEqual(held, want) {
				t.Errorf("%s.%s: holds %v, prints default %q", p.Name, key, held, text)
			}
		}
	}
}

func TestPatternErrors(t *testing.T) {
	if _, err := LookUpPattern("poison"); err == nil || !strings.Contains(err.Error(), `did you mean "poisson"`) {
		t.Errorf("poison: error %v", err)
	}
	for _, c := range []struct {
		name   string
		params any
		want   string
	}{
		{"poisson", &PoissonParams{}, "rate"},
		{"steady", &SteadyParams{}, "rate"},
		{"bursty", &BurstyParams{Quiet: 2, Burst: 1}, "burst: got"},
		{"bursty", &BurstyParams{Burst: 1}, "quiet_for: not given"},
		{"bursty", &BurstyParams{Burst: 1, QuietFor: DwellDist{Constant(0)}, BurstFor: DwellDist{Constant(0)}}, "at least 1ms"},
		{"diurnal", &DiurnalParams{Mean: 2e9, Peak: 1e9, Weekend: units.One}, "peak: got 1/s, want from 2/s"},
		{"diurnal", &DiurnalParams{Mean: 1e9, Peak: 100e9, Weekend: units.One}, "50 times"},
		{"weekly", &WeeklyParams{Mean: 1, Days: Weights{1}, Hours: evenWeights(24)}, "days: got 1 weights, want 7"},
		{"weekly", &WeeklyParams{Mean: 1, Days: evenWeights(7), Hours: make(Weights, 24)}, "add up to 0"},
		{"ramp", &RampParams{}, "some load"},
		{"flash-crowd", &FlashCrowdParams{Base: 2, Peak: 2}, "over base"},
		{"schedule", &ScheduleParams{Schedule: "hourly", Count: CountDist{Constant(1)}}, "want cron("},
		{"schedule", &ScheduleParams{Schedule: "rate(1 hour)", Count: CountDist{Constant(0)}}, "count: got 0"},
	} {
		p, err := LookUpPattern(c.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.New(c.params); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %+v: error %v, want one that says %q", c.name, c.params, err, c.want)
		}
	}
}

// dispersion returns variance over mean of the counts in windows.
func dispersion(times []sim.Time, window, horizon sim.Time) float64 {
	counts := make([]float64, horizon/window)
	for _, at := range times {
		if i := at / window; int(i) < len(counts) {
			counts[i]++
		}
	}
	var sum, square float64
	for _, c := range counts {
		sum += c
		square += c * c
	}
	mean := sum / float64(len(counts))
	return (square/float64(len(counts)) - mean*mean) / mean
}

// Index of dispersion for counts: 0 for equal gaps, 1 for Poisson, and for an
// MMPP of two states with rates l1, l2 left at rates r1, r2 after a time t
//
//	1 + 2 (l1-l2)^2 r1 r2 / ((r1+r2)^2 (l1 r2 + l2 r1)) (1 - (1 - e^-(r1+r2)t) / ((r1+r2) t))
//
// (Fischer and Meier-Hellstern 1993, section 2.3).
func TestDispersion(t *testing.T) {
	const horizon = 4000 * sim.Hour
	const window = sim.Hour
	l1, l2, r1, r2 := 2.0/60, 40.0/60, 1.0/4800, 1.0/600
	r := r1 + r2
	mmpp := 1 + 2*(l1-l2)*(l1-l2)*r1*r2/(r*r*(l1*r2+l2*r1))*(1-(1-math.Exp(-r*window.Seconds()))/(r*window.Seconds()))
	for _, c := range []struct {
		toml      table
		want, tol float64
	}{
		{table{"pattern": "steady", "rate": "101/h"}, 0, 0.001},
		{table{"pattern": "poisson", "rate": "100/h"}, 1, 0.1},
		{table{"pattern": "bursty", "quiet": "2/min", "burst": "40/min"}, mmpp, 0.06 * mmpp},
	} {
		got := dispersion(unroll(t, decodePattern(t, c.toml), setting(horizon)), window, horizon)
		if math.Abs(got-c.want) > c.tol {
			t.Errorf("%v: index of dispersion %v over an hour, want %v within %v", c.toml, got, c.want, c.tol)
		}
	}
}

// On-off sources with heavy-tailed dwell times stay bursty at every scale: over
// ten times the window the index of dispersion keeps growing, where that of an
// MMPP has levelled off.
func TestHeavyTailsStayBursty(t *testing.T) {
	const horizon = 4000 * sim.Hour
	growth := func(v table) float64 {
		times := unroll(t, decodePattern(t, v), setting(horizon))
		return dispersion(times, 10*sim.Hour, horizon) / dispersion(times, sim.Hour, horizon)
	}
	heavy := table{"dist": "pareto", "alpha": 1.3, "mean": "1m"}
	if g := growth(table{"pattern": "bursty", "quiet": "0/s", "burst": "40/min", "quiet_for": heavy, "burst_for": heavy}); g < 1.5 {
		t.Errorf("heavy tails: dispersion grows by %v over ten times the window, want over 1.5", g)
	}
	if g := growth(table{"pattern": "bursty", "quiet": "0/s", "burst": "40/min", "quiet_for": "1m", "burst_for": "1m"}); g > 1.3 {
		t.Errorf("exponential: dispersion grows by %v over ten times the window, want about 1", g)
	}
}

// Equilibrium from the first second: over many replications the mean count in
// a first window is the long-run mean, whatever the dwell times.
func TestBurstyStartsInEquilibrium(t *testing.T) {
	const window, replications = 30 * sim.Minute, 20_000
	for _, dwell := range [][2]any{
		{"55m", "5m"},
		{table{"dist": "constant", "value": "55m"}, table{"dist": "constant", "value": "5m"}},
		{table{"dist": "uniform", "min": "10m", "max": "100m"}, table{"dist": "pareto", "alpha": 2.5, "mean": "5m"}},
	} {
		p := decodePattern(t, table{"pattern": "bursty", "quiet": "0/s", "burst": "2/min", "quiet_for": dwell[0], "burst_for": dwell[1]})
		var sum float64
		for r := range replications {
			s := setting(window)
			s.Replication = uint64(r)
			sum += float64(len(unroll(t, p, s)))
		}
		// One part in twelve of 30 minutes at 2/min is 5. The variance is at
		// most 5 + 4 x that of the minutes in bursts, which is under 30.
		if mean := sum / replications; math.Abs(mean-5) > 4*math.Sqrt(125.0/replications) {
			t.Errorf("dwell %v: %v arrivals in the first half hour, want 5", dwell, mean)
		}
	}
}

func TestDiurnalShape(t *testing.T) {
	v := table{"pattern": "diurnal", "mean": "400/s", "peak": "1200/s", "peak_at": "14:00", "weekend": "40%"}
	p := decodePattern(t, v)
	s := setting(7 * sim.Day)
	if got, want := rateIntegral(t, p, s), 400.0*7*86400; !near(got, want, 1e-9) {
		t.Errorf("a week adds up to %v, want exactly %v", got, want)
	}
	if p.Cycle() != 7*sim.Day {
		t.Errorf("cycle %v, want a week", p.Cycle())
	}
	// In New York, five hours behind in winter, the peak comes at 19:00 UTC.
	york, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Skip(err)
	}
	for _, c := range []struct {
		start time.Time
		loc   *time.Location
		want  sim.Time
		peak  float64
	}{
		{monday, time.UTC, 14 * sim.Hour, 1200},
		{monday, york, 19 * sim.Hour, 1200},
		{time.Date(2027, 3, 15, 0, 0, 0, 0, time.UTC), york, 18 * sim.Hour, 1200}, // the day after the clocks went forward
		{time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC), time.UTC, 14 * sim.Hour, 480},
	} {
		s := setting(sim.Day)
		s.Start, s.Location = c.start, c.loc
		r, err := p.Rates(s)
		if err != nil {
			t.Fatal(err)
		}
		var best, step Step
		for {
			if ok, _ := r.Next(&step); !ok {
				break
			}
			if step.PerSecond > best.PerSecond {
				best = step
			}
		}
		if best.Until != c.want && best.From != c.want || !near(best.PerSecond, c.peak, 1e-3) {
			t.Errorf("from %v in %v: peak of %v in [%v, %v), want %v at %v", c.start, c.loc, best.PerSecond, best.From, best.Until, c.peak, c.want)
		}
	}
}

func TestWeeklyTable(t *testing.T) {
	hours := make([]any, 24)
	for i := range hours {
		hours[i] = int64(i)
	}
	v := table{"pattern": "weekly", "mean": "100/s", "hours": hours}
	v["days"] = []any{int64(2), int64(1), int64(1), int64(1), int64(1), int64(1), int64(0)}
	p := decodePattern(t, v)
	if got, want := rateIntegral(t, p, setting(7*sim.Day)), 100.0*7*86400; !near(got, want, 1e-12) {
		t.Errorf("a week adds up to %v, want %v", got, want)
	}
	r, _ := p.Rates(setting(sim.Day))
	var step Step
	for h := range 24 {
		r.Next(&step)
		// Monday has twice the mean day, hour h has h / 11.5 of the mean hour.
		if want := 100 * 2 * float64(h) / 11.5; !near(step.PerSecond, want, 1e-12) || step.From != sim.Time(h)*sim.Hour {
			t.Errorf("Monday %d:00: got %+v, want a rate of %v", h, step, want)
		}
	}
}

func TestCycles(t *testing.T) {
	for _, c := range []struct {
		toml table
		want sim.Time
	}{
		{table{"pattern": "poisson", "rate": "1/s"}, 0},
		{table{"pattern": "diurnal", "mean": "1/s", "peak": "2/s"}, sim.Day},
		{table{"pattern": "weekly", "mean": "1/s"}, sim.Day},
		{table{"pattern": "schedule", "schedule": "cron(0/5 * * * ? *)"}, sim.Hour},
		{table{"pattern": "schedule", "schedule": "cron(0 2 * * ? *)"}, sim.Day},
		{table{"pattern": "schedule", "schedule": "cron(0 2 ? * MON-FRI *)"}, 7 * sim.Day},
		{table{"pattern": "schedule", "schedule": "cron(0 2 1 * ? *)"}, 365 * sim.Day},
		{table{"pattern": "schedule", "schedule": "cron(0 2 ? * 6L *)"}, 365 * sim.Day},
		{table{"pattern": "schedule", "schedule": "cron(0 2 * 1 ? *)"}, 365 * sim.Day},
		{table{"pattern": "schedule", "schedule": "cron(0 2 * * ? 2027)"}, Never},
		{table{"pattern": "schedule", "schedule": "rate(3 hours)"}, 3 * sim.Hour},
		{table{"pattern": "schedule", "schedule": "at(2026-11-27T09:00:00)"}, Never},
		{table{"pattern": "ramp", "from": "1/s", "to": "2/s"}, Never},
	} {
		if got := decodePattern(t, c.toml).Cycle(); got != c.want {
			t.Errorf("%v: cycle %v, want %v", c.toml, got, c.want)
		}
	}
}

func TestArrivalsDoNotAllocate(t *testing.T) {
	for _, ex := range patternExamples {
		if ex.toml["pattern"] == "schedule" || ex.toml["pattern"] == "flash-crowd" {
			continue // a firing reads a calendar; a crowd passes
		}
		a, err := decodePattern(t, ex.toml).Arrivals(setting(100 * 365 * sim.Day))
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(1000, func() { a.Next() }); n != 0 {
			t.Errorf("%v: %v allocations an arrival", ex.toml, n)
		}
	}
}

func BenchmarkArrivals(b *testing.B) {
	for _, ex := range patternExamples {
		b.Run(fmt.Sprint(ex.toml["pattern"]), func(b *testing.B) {
			b.ReportAllocs()
			p := decodePattern(b, ex.toml)
			a, err := p.Arrivals(setting(70 * sim.Day))
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, ok := a.Next(); !ok {
					a, _ = p.Arrivals(setting(70 * sim.Day))
				}
			}
		})
	}
}
