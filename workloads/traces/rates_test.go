package traces

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ecsim/sim"
	"ecsim/workloads"
)

// step is a step in minutes and events a minute, for short tables.
type step struct {
	from, until, perMinute float64
}

func steps(all outcome) []step {
	var list []step
	for _, s := range all.steps {
		list = append(list, step{s.From.Seconds() / 60, s.Until.Seconds() / 60, s.PerSecond * 60})
	}
	return list
}

// TestRateRules: what a series becomes, step by step.
func TestRateRules(t *testing.T) {
	for _, c := range []struct {
		name, text string
		o          Options
		want       []step
		rule       string
	}{
		{"counts are spread over their step", "period,count\n2026-11-23 08:00,300\n2026-11-23 08:05,50\n", Options{},
			[]step{{0, 5, 60}, {5, 10, 10}}, ""},
		{"a missing step is zero", "period,count\n2026-11-23 08:00,2\n2026-11-23 08:01,4\n2026-11-23 08:04,6\n2026-11-23 08:05,8\n", Options{},
			[]step{{0, 1, 2}, {1, 2, 4}, {2, 4, 0}, {4, 5, 6}, {5, 6, 8}}, "missing step: zero taken"},
		{"or the value before", "period,count\n2026-11-23 08:00,2\n2026-11-23 08:01,4\n2026-11-23 08:04,6\n2026-11-23 08:05,8\n", Options{Fill: "hold"},
			[]step{{0, 1, 2}, {1, 2, 4}, {2, 4, 4}, {4, 5, 6}, {5, 6, 8}}, "missing step: the value before taken"},
		{"a row without a value is missing", "period,count\n0,2\n60,\n120,6\n180,NaN\n240,1\n", Options{Step: 60e9},
			[]step{{0, 1, 2}, {1, 2, 0}, {2, 3, 6}, {3, 4, 0}, {4, 5, 1}}, "row without a value: left out, its step is missing"},
		{"rates per second stay", "timestamp,value\n1767225600,2\n1767225660,4\n", Options{Unit: "per_second"},
			[]step{{0, 1, 120}, {1, 2, 240}}, ""},
		{"percent is a share and holds", "timestamp,value\n1767225600000,50\n1767225660000,120\n1767225780000,60\n", Options{Unit: "percent", Step: 60e9},
			[]step{{0, 1, 30}, {1, 2, 72}, {2, 3, 72}, {3, 4, 36}}, "missing step: the value before taken"},
		{"newest first", "timestamp,value\n2026-11-23T08:02:00Z,3\n2026-11-23T08:01:00Z,2\n2026-11-23T08:00:00Z,1\n", Options{},
			[]step{{0, 1, 1}, {1, 2, 2}, {2, 3, 3}}, "rows newest first: reversed"},
		{"swapped rows keep their order", "timestamp,value\n0,1\n60,2\n180,3\n120,4\n240,5\n300,6\n", Options{},
			[]step{{0, 1, 1}, {1, 2, 2}, {2, 3, 3}, {3, 4, 4}, {4, 5, 5}, {5, 6, 6}}, "repeated time stamp: spread over the gap, order kept"},
		{"a window inside steps", "timestamp,value\n0,60\n600,30\n1200,10\n", Options{From: "5m", Until: "12m"},
			[]step{{0, 5, 6}, {5, 7, 3}}, ""},
		{"a window from before", "timestamp,value\n2026-11-23T08:00:00Z,60\n2026-11-23T08:10:00Z,30\n", Options{From: "2026-11-23T07:50:00Z"},
			[]step{{0, 10, 0}, {10, 20, 6}, {20, 30, 3}}, ""},
		{"a zone's spring change is no gap", "timestamp,value\n2026-03-08 01:30,30\n2026-03-08 03:00,60\n2026-03-08 03:30,90\n", Options{TimeZone: "America/New_York"},
			[]step{{0, 30, 1}, {30, 60, 2}, {60, 90, 3}}, ""},
		{"leading lines of a console download", "Label,RequestCount\nStatistic,Sum\nPeriod,60\nTime,RequestCount\n2026/11/23 08:00:00,60\n2026/11/23 08:01:00,120\n", Options{},
			[]step{{0, 1, 60}, {1, 2, 120}}, ""},
		{"no header", "2026-11-23 08:00:00,60\n2026-11-23 08:01:00,120\n", Options{},
			[]step{{0, 1, 60}, {1, 2, 120}}, ""},
		{"a column by name", "Time;Get;Post\n2026-11-23 08:00;1;2\n2026-11-23 08:01;3;4\n", Options{Column: "post"},
			[]step{{0, 1, 2}, {1, 2, 4}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			all := mustRead(t, "rate-csv", c.text, c.o)
			got := steps(all)
			same := len(got) == len(c.want)
			for i := range got {
				same = same && got[i].from == c.want[i].from && got[i].until == c.want[i].until && math.Abs(got[i].perMinute-c.want[i].perMinute) < 1e-9
			}
			if !same {
				t.Errorf("got %v, want %v", got, c.want)
			}
			rule := ""
			if len(all.odd) > 0 {
				rule = all.odd[0].Rule
			}
			if rule != c.rule {
				t.Errorf("got rule %q, want %q", rule, c.rule)
			}
		})
	}
}

// TestClockChanges: naive stamps of a day on which clocks change. In spring the
// hour that does not exist is stamped alike and gets its steps back; in autumn
// the hour that comes twice runs on.
func TestClockChanges(t *testing.T) {
	spring := time.Date(2014, 3, 9, 1, 36, 0, 0, time.UTC)
	autumn := time.Date(2014, 11, 2, 0, 36, 0, 0, time.UTC)
	var s, a strings.Builder
	s.WriteString("timestamp,value\n")
	a.WriteString("timestamp,value\n")
	for i := range 40 {
		at := spring.Add(time.Duration(i) * 5 * time.Minute)
		if at.Hour() == 2 {
			at = time.Date(2014, 3, 9, 3, 0, 0, 0, time.UTC)
		}
		fmt.Fprintf(&s, "%s,%d\n", at.Format("2006-01-02 15:04:05"), i+1)
		at = autumn.Add(time.Duration(i) * 5 * time.Minute)
		if !at.Before(time.Date(2014, 11, 2, 2, 0, 0, 0, time.UTC)) {
			at = at.Add(-time.Hour)
		}
		fmt.Fprintf(&a, "%s,%d\n", at.Format("2006-01-02 15:04:05"), i+1)
	}
	for _, c := range []struct {
		text, rule string
		count      int64
	}{{s.String(), "repeated time stamp: spread over the gap, order kept", 11}, {a.String(), "clock set back: time runs on", 1}} {
		all := mustRead(t, "rate-csv", c.text, Options{})
		if len(all.odd) != 1 || all.odd[0] != (workloads.Oddity{Rule: c.rule, Count: c.count}) {
			t.Errorf("got %v, want %q %d times", all.odd, c.rule, c.count)
		}
		for i, got := range all.steps {
			if got.From != sim.Time(i)*5*sim.Minute || math.Abs(got.PerSecond*300-float64(i+1)) > 1e-9 {
				t.Errorf("step %d is %+v, want it every 5 minutes with count %d", i, got, i+1)
			}
		}
	}
}

// TestCountsAreKept: whatever gaps, repeats and small disorder a count series
// has, the events of the steps add up to the sum of the rows.
func TestCountsAreKept(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		length := rapid.Int64Range(1, 900).Draw(rt, "step")
		gaps := rapid.SliceOfN(rapid.SampledFrom([]int64{1, 1, 1, 1, 1, 2, 7, 0, -1}), 1, 60).Draw(rt, "gaps")
		var text strings.Builder
		text.WriteString("timestamp,value\n")
		at, sum := int64(0), 0.0
		for _, g := range gaps {
			v := rapid.IntRange(0, 1000).Draw(rt, "count")
			fmt.Fprintf(&text, "%d,%d\n", at, v)
			at = max(at+g*length, 0)
			sum += float64(v)
		}
		all := mustRead(t, "rate-csv", text.String(), Options{Step: 1e9 * 1, Fill: "zero"})
		got := 0.0
		for _, s := range all.steps {
			got += s.PerSecond * (s.Until - s.From).Seconds()
		}
		if math.Abs(got-sum) > 1e-6*max(sum, 1) {
			rt.Fatalf("the steps hold %v events, the rows %v:\n%s", got, sum, text.String())
		}
	})
}

// TestOutOfOrderRates: a file without any order is refused, with the remedy.
func TestOutOfOrderRates(t *testing.T) {
	f, _ := Lookup("rate-csv")
	_, err := read(t, Bytes("x", []byte("timestamp,value\n0,1\n60,1\n36000,1\n36060,1\n120,1\n180,1\n")), f, Options{})
	if err == nil || !strings.HasPrefix(err.Error(), "x:6: time: got a row 9h59m before the row above it") || !strings.Contains(err.Error(), "sort the file by time") {
		t.Errorf("got %v", err)
	}
}

// TestRateLineIsLong: a single line of megabytes, and numbers between lines.
func TestRateLineIsLong(t *testing.T) {
	const n = 1_000_000
	text := strings.Repeat("7 ", n)
	all := mustRead(t, "rate-line", text, Options{})
	if len(all.steps) != n || all.steps[n-1] != (workloads.Step{From: (n - 1) * sim.Second, Until: n * sim.Second, PerSecond: 7}) {
		t.Errorf("got %d steps, the last %+v", len(all.steps), all.steps[len(all.steps)-1])
	}
	all = mustRead(t, "rate-line", "1\r\n2\t3\n\n4", Options{Step: 60e9})
	if got := steps(all); !slices.Equal(got, []step{{0, 1, 1}, {1, 2, 2}, {2, 3, 3}, {3, 4, 4}}) {
		t.Errorf("got %v", got)
	}
}

// TestLongLines: a CSV field of megabytes does not end the trace.
func TestLongLines(t *testing.T) {
	all := mustRead(t, "task-csv", "at,run_time,note\n0,9,\""+strings.Repeat("x", 5<<20)+"\"\n5,9,y\n", Options{})
	if len(all.tasks) != 2 {
		t.Errorf("got %d tasks, want 2", len(all.tasks))
	}
}

// TestCloudWatchStatistics: both answers of the command line, in any order.
func TestCloudWatchStatistics(t *testing.T) {
	for _, c := range []struct {
		text, column string
		first        float64 // events a second
	}{
		{`{"Label":"RequestCount","Datapoints":[{"Timestamp":"2026-11-23T08:01:00Z","Sum":120.0,"Average":2,"Unit":"Count"},{"Timestamp":"2026-11-23T08:00:00Z","Sum":60,"Average":1.5,"Unit":"Count"}]}`, "", 1},
		{`{"Label":"RequestCount","Datapoints":[{"Timestamp":"2026-11-23T08:01:00Z","Sum":120.0,"Average":6},{"Timestamp":"2026-11-23T08:00:00Z","Sum":60,"Average":3}]}`, "average", 0.05},
		{`{"MetricDataResults":[{"Id":"a","Timestamps":[],"Values":[]},{"Id":"b","Label":"x","Timestamps":["2026-11-23T08:01:00+00:00",1795420800],"Values":[120,60]}]}`, "b", 1},
		{`{"MetricDataResults":[{"Id":"a","Timestamps":[1795420860,1795420920,1795420800,1795420980],"Values":[120,240,60,480]}]}`, "", 1},
	} {
		all := mustRead(t, "cloudwatch-json", c.text, Options{Column: c.column})
		want := c.first
		for i, s := range all.steps {
			if s.From != sim.Time(i)*sim.Minute || math.Abs(s.PerSecond-want) > 1e-12 {
				t.Errorf("%s: step %d is %+v, want %g a second", c.text, i, s, want)
			}
			want *= 2
		}
		if len(all.steps) < 2 || len(all.odd) > 0 {
			t.Errorf("%s: got %v, %v", c.text, all.steps, all.odd)
		}
	}
}

// TestStamps: each form of time stamp against package time.
func TestStamps(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 8, 5, 7, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2026-11-23 08:05:07":           at,
		"2026-11-23T08:05:07.25":        at.Add(250 * time.Millisecond),
		"2026/11/23 08:05":              at.Add(-7 * time.Second),
		"2026-11-23":                    at.Truncate(24 * time.Hour),
		"2026-11-23T08:05:07Z":          at,
		"2026-11-23 08:05:07 UTC":       at,
		"2026-11-23T09:05:07.000+01:00": at,
		"2026-11-23T03:05:07-0500":      at,
		"1795421107":                    at,
		"1795421107000":                 at,
		"1795421107000000":              at,
		"1795421107000000000":           at,
		"1795421107.5":                  at.Add(500 * time.Millisecond),
	} {
		ns, kind, ok := parseStamp([]byte(text), time.UTC)
		if !ok || kind == stampRelative || ns != want.UnixNano() {
			t.Errorf("%s: got %v, want %v", text, time.Unix(0, ns).UTC(), want)
		}
	}
	if ns, _, ok := parseStamp([]byte("2026-07-01 08:00"), berlin); !ok || ns != time.Date(2026, 7, 1, 6, 0, 0, 0, time.UTC).UnixNano() {
		t.Error("a stamp without a zone is not in the given one")
	}
	for _, text := range []string{"", "-", ".", "2026-13-01", "2026-02-29", "2026-11-23T24:00", "2026-11-23 08:05:07 CET", "2026-11-23 08:05:07 +", "1e9", "99999999999", "11/23/2026", "2026-11-23T"} {
		if ns, _, ok := parseStamp([]byte(text), time.UTC); ok {
			t.Errorf("%q was read as %d", text, ns)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		sec := rapid.Int64Range(-3_000_000_000, 4_200_000_000).Draw(rt, "unix")
		want := time.Unix(sec, 0).UTC()
		if ns, _, ok := parseStamp([]byte(want.Format(time.RFC3339)), time.UTC); !ok || ns != want.UnixNano() {
			rt.Fatalf("%v read as %d, %v", want, ns, ok)
		}
	})
}

// TestSketchedQuantiles: beyond the limit the quantiles come from a sketch, say
// so, and stay within its accuracy; mean and maximum stay exact.
func TestSketchedQuantiles(t *testing.T) {
	exact, sketched := newSample(), newSample()
	sketched.limit = 100
	for i := range 10_000 {
		v := math.Exp(float64(i%1000) / 100)
		for _, s := range []*sample{exact, sketched} {
			if err := s.add(v); err != nil {
				t.Fatal(err)
			}
		}
	}
	a, err := exact.quantiles()
	if err != nil {
		t.Fatal(err)
	}
	b, err := sketched.quantiles()
	if err != nil {
		t.Fatal(err)
	}
	if a.Sketched || !b.Sketched || a.Mean != b.Mean || a.Max != b.Max || a.Count != b.Count {
		t.Errorf("got %+v and %+v", a, b)
	}
	for _, p := range [][2]float64{{a.P5, b.P5}, {a.P50, b.P50}, {a.P99, b.P99}} {
		// One rank further is 1 % in these values, the sketch adds 0.5 %.
		if math.Abs(p[0]-p[1]) > 0.016*p[0] {
			t.Errorf("sketched %v, exact %v", p[1], p[0])
		}
	}
}
