package workloads

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/adhocore/gronx"

	"ecsim/sim"
)

func mustSchedule(t testing.TB, s string) *Schedule {
	t.Helper()
	x, err := ParseSchedule(s)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// firingsOf lists the first n firings after a moment, as local times.
func firingsOf(t testing.TB, s string, after time.Time, n int) string {
	t.Helper()
	x := mustSchedule(t, s)
	created := after
	var out []string
	for range n {
		next, ok := x.Next(after, created)
		if !ok {
			out = append(out, "end")
			break
		}
		if !next.After(after) {
			t.Fatalf("%s: %v after %v", s, next, after)
		}
		out = append(out, next.Format("Mon 2006-01-02 15:04"))
		after = next
	}
	return strings.Join(out, ", ")
}

// Each feature of the syntax, read off a calendar. 2026-11-23 is a Monday.
func TestScheduleFeatures(t *testing.T) {
	for _, c := range []struct{ expr, want string }{
		{"cron(0 2 * * ? *)", "Mon 2026-11-23 02:00, Tue 2026-11-24 02:00"},
		{"cron(30 8 ? * MON-FRI *)", "Mon 2026-11-23 08:30, Tue 2026-11-24 08:30"},
		{"cron(0 0 ? * 1 *)", "Sun 2026-11-29 00:00, Sun 2026-12-06 00:00"}, // 1 is Sunday
		{"cron(0 0 ? * 7 *)", "Sat 2026-11-28 00:00, Sat 2026-12-05 00:00"},
		{"cron(0 0 ? * 2-6 *)", "Tue 2026-11-24 00:00, Wed 2026-11-25 00:00, Thu 2026-11-26 00:00, Fri 2026-11-27 00:00, Mon 2026-11-30 00:00"},
		{"cron(0 0 ? * 6L *)", "Fri 2026-11-27 00:00, Fri 2026-12-25 00:00, Fri 2027-01-29 00:00"},
		{"cron(0 0 ? * FRIL *)", "Fri 2026-11-27 00:00, Fri 2026-12-25 00:00"},
		{"cron(0 0 ? * 2#1 *)", "Mon 2026-12-07 00:00, Mon 2027-01-04 00:00, Mon 2027-02-01 00:00"},
		{"cron(0 0 ? * FRI#5 *)", "Fri 2027-01-29 00:00, Fri 2027-04-30 00:00"},
		{"cron(0 0 ? * L *)", "Sat 2026-11-28 00:00, Sat 2026-12-05 00:00"},
		{"cron(0 0 L * ? *)", "Mon 2026-11-30 00:00, Thu 2026-12-31 00:00, Sun 2027-01-31 00:00, Sun 2027-02-28 00:00"},
		{"cron(0 0 3W * ? *)", "Thu 2026-12-03 00:00, Mon 2027-01-04 00:00, Wed 2027-02-03 00:00"}, // 3 January is a Sunday
		{"cron(0 0 1W * ? *)", "Tue 2026-12-01 00:00, Fri 2027-01-01 00:00, Mon 2027-02-01 00:00, Mon 2027-03-01 00:00, Thu 2027-04-01 00:00, Mon 2027-05-03 00:00"},
		{"cron(0 0 31W JAN ? 2027)", "Fri 2027-01-29 00:00, end"}, // a Sunday that ends the month
		{"cron(0/20 9-10 * * ? *)", "Mon 2026-11-23 09:00, Mon 2026-11-23 09:20, Mon 2026-11-23 09:40, Mon 2026-11-23 10:00"},
		{"cron(*/30 0 * * ? *)", "Mon 2026-11-23 00:30, Tue 2026-11-24 00:00"}, // strictly after midnight
		{"cron(15 10,12 29 FEB ? *)", "Tue 2028-02-29 10:15, Tue 2028-02-29 12:15, Sun 2032-02-29 10:15"},
		{"cron(0 0 1 1 ? 2027-2029/2)", "Fri 2027-01-01 00:00, Mon 2029-01-01 00:00, end"},
		{"cron(0 0 30 2 ? *)", "end"},
		{"rate(90 minutes)", "Mon 2026-11-23 01:30, Mon 2026-11-23 03:00"},
		{"rate(1 day)", "Tue 2026-11-24 00:00, Wed 2026-11-25 00:00"},
		{"at(2026-11-27T09:00:00)", "Fri 2026-11-27 09:00, end"},
		{"at(2026-11-20T09:00:00)", "end"},
	} {
		if got := firingsOf(t, c.expr, monday, strings.Count(c.want, ",")+1); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.expr, got, c.want)
		}
	}
}

// Clocks in New York go forward on 2027-03-14 at 02:00 and back on 2027-11-07
// at 02:00; in Lord Howe by half an hour.
func TestScheduleDaylightSaving(t *testing.T) {
	zone := func(name string) *time.Location {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Skip(err)
		}
		return loc
	}
	york := zone("America/New_York")
	spring := time.Date(2027, 3, 13, 12, 0, 0, 0, york)
	fall := time.Date(2027, 11, 6, 12, 0, 0, 0, york)
	for _, c := range []struct {
		expr string
		from time.Time
		want string
	}{
		// 02:30 on the 14th does not exist.
		{"cron(30 2 * * ? *)", spring, "2027-03-15 02:30 -0400, 2027-03-16 02:30 -0400"},
		{"cron(0 12 * * ? *)", spring, "2027-03-14 12:00 -0400, 2027-03-15 12:00 -0400"},
		{"cron(0/30 1-3 * * ? *)", spring, "2027-03-14 01:00 -0500, 2027-03-14 01:30 -0500, 2027-03-14 03:00 -0400"},
		{"at(2027-03-14T02:30:00)", spring, "end"},
		// 01:30 on the 7th comes twice and fires the first time.
		{"cron(30 1 * * ? *)", fall, "2027-11-07 01:30 -0400, 2027-11-08 01:30 -0500"},
		{"cron(0/30 1-2 * * ? *)", fall, "2027-11-07 01:00 -0400, 2027-11-07 01:30 -0400, 2027-11-07 02:00 -0500"},
		{"at(2027-11-07T01:30:00)", fall, "2027-11-07 01:30 -0400, end"},
		// A rate counts hours, not the clock.
		{"rate(1 day)", spring, "2027-03-14 13:00 -0400, 2027-03-15 13:00 -0400"},
		// From within the repeated hour, the first pass is over.
		{"cron(45 1 * * ? *)", time.Date(2027, 11, 7, 6, 10, 0, 0, time.UTC).In(york), "2027-11-08 01:45 -0500"},
		{"cron(0/10 * * * ? *)", time.Date(2027, 11, 7, 5, 45, 0, 0, time.UTC).In(york), "2027-11-07 01:50 -0400, 2027-11-07 02:00 -0500"},
		{"cron(45 1 * * ? *)", time.Date(2027, 4, 3, 12, 0, 0, 0, zone("Australia/Lord_Howe")), "2027-04-04 01:45 +1100, 2027-04-05 01:45 +1030"},
	} {
		s := mustSchedule(t, c.expr)
		var got []string
		at := c.from
		for range strings.Count(c.want, ",") + 1 {
			next, ok := s.Next(at, c.from)
			if !ok {
				got = append(got, "end")
				break
			}
			got = append(got, next.Format("2006-01-02 15:04 -0700"))
			at = next
		}
		if text := strings.Join(got, ", "); text != c.want {
			t.Errorf("%s from %v\n got %s\nwant %s", c.expr, c.from, text, c.want)
		}
	}
}

func TestScheduleErrors(t *testing.T) {
	for _, c := range []struct{ expr, want string }{
		{"", "want cron("},
		{"cron(0 2 * * ? *", "want cron("},
		{"0 2 * * *", "want cron("},
		{"cron(0 2 * * *)", "got 5 fields, want 6"},
		{"cron(0 2 * * * *)", `"?" in exactly one`},
		{"cron(0 2 ? * ? *)", `"?" in exactly one`},
		{"cron(60 2 * * ? *)", `minutes: got "60", want 0 to 59`},
		{"cron(0 24 * * ? *)", `hours: got "24"`},
		{"cron(0 0 0 * ? *)", `day-of-month: got "0"`},
		{"cron(0 0 0W * ? *)", `day-of-month: got "0W"`},
		{"cron(0 0 ? * 0 *)", `day-of-week: got "0", want 1 to 7 or SUN to SAT`},
		{"cron(0 0 ? * MON-FRY *)", `got "FRY"`},
		{"cron(0 0 ? * FRI-MON *)", "a range that rises"},
		{"cron(0 0 ? * 3#6 *)", `got "3#6"`},
		{"cron(0 0 ? * 3#1,6#3 *)", `got "3#1,6#3"`},
		{"cron(0 0 ? * 9L *)", `got "9L"`},
		{"cron(0 0 * 13 ? *)", "month: got"},
		{"cron(0 0 * * ? 1969)", "year: got"},
		{"cron(0/0 0 * * ? *)", "a step from 1 to 59"},
		{"cron(, 0 * * ? *)", `minutes: got ""`},
		{"rate(0 minutes)", "over 0"},
		{"rate(5 seconds)", "minutes, hours or days"},
		{"rate(five minutes)", "minutes, hours or days"},
		{"at(tomorrow)", "at(2026-11-27T09:00:00)"},
	} {
		if s, err := ParseSchedule(c.expr); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, error %v, want an error that says %q", c.expr, s, err, c.want)
		}
	}
}

// gronxOf rewrites an AWS expression for gronx, which puts seconds first and
// counts weekdays from 0.
func gronxOf(f [6]string) string {
	dow := []byte(f[4])
	for i, b := range dow {
		if b >= '1' && b <= '7' && (i == 0 || dow[i-1] == '-' || dow[i-1] == ',') {
			dow[i] = b - 1
		}
	}
	return strings.Join([]string{"0", f[0], f[1], f[2], f[3], string(dow), f[5]}, " ")
}

// Random expressions against an independent library.
func TestCronAgainstGronx(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 9))
	pick := func(options ...string) string { return options[r.IntN(len(options))] }
	n := func(lo, hi int) int { return lo + r.IntN(hi-lo+1) }
	span := func(lo, hi int) string {
		a := n(lo, hi)
		return fmt.Sprintf("%d-%d", a, n(a, hi))
	}
	for range 400 {
		f := [6]string{
			pick("*", fmt.Sprint(n(0, 59)), span(0, 59), fmt.Sprintf("%d/%d", n(0, 30), n(2, 30)), fmt.Sprintf("%d,%d", n(0, 59), n(0, 59))),
			pick("*", fmt.Sprint(n(0, 23)), span(0, 23), fmt.Sprintf("%d/%d", n(0, 12), n(2, 12))),
			"?",
			pick("*", "*", fmt.Sprint(n(1, 12)), span(1, 12)),
			"?",
			pick("*", "2026-2030", "2027"),
		}
		if r.IntN(2) == 0 {
			f[2] = pick("*", fmt.Sprint(n(1, 28)), span(1, 31), "L", fmt.Sprintf("%dW", n(2, 26)))
		} else {
			f[4] = pick(fmt.Sprint(n(1, 7)), span(1, 7), fmt.Sprintf("%d#%d", n(1, 7), n(1, 4)), fmt.Sprintf("%dL", n(1, 7)))
		}
		expr := "cron(" + strings.Join(f[:], " ") + ")"
		s, other := mustSchedule(t, expr), gronxOf(f)
		at := monday.Add(time.Duration(r.Int64N(int64(365 * 24 * time.Hour)))).Truncate(time.Second)
		for range 4 {
			got, ok := s.Next(at, monday)
			want, err := gronx.NextTickAfter(other, at, false)
			if !ok && (err != nil || !want.After(at)) {
				break // past its last year gronx fails or stands still
			}
			if !ok || err != nil || !got.Equal(want) {
				t.Fatalf("%s after %v: got %v %v; gronx, as %q, %v %v", expr, at, got, ok, other, want, err)
			}
			at = got
		}
	}
}

func TestScheduleArrivals(t *testing.T) {
	p := decodePattern(t, table{"pattern": "schedule", "schedule": "cron(0 0,2 * * ? *)", "count": int64(3)})
	got := unroll(t, p, setting(26*sim.Hour))
	want := []sim.Time{0, 0, 0, 2 * sim.Hour, 2 * sim.Hour, 2 * sim.Hour, sim.Day, sim.Day, sim.Day}
	if fmt.Sprint(got) != fmt.Sprint(want) { // a firing at time zero counts, one at the horizon does not
		t.Errorf("got %v, want %v", got, want)
	}
	p = decodePattern(t, table{"pattern": "schedule", "schedule": "rate(1 hour)", "count": int64(4), "spread": "2h"})
	got = unroll(t, p, setting(2*sim.Hour))
	want = []sim.Time{0, sim.Hour / 2, sim.Hour, sim.Hour, 3 * sim.Hour / 2, 3 * sim.Hour / 2}
	if fmt.Sprint(got) != fmt.Sprint(want) { // firings overlap
		t.Errorf("got %v, want %v", got, want)
	}
}

// FuzzSchedule: no panic, firings strictly rise and fall on the minutes of the
// expression.
func FuzzSchedule(f *testing.F) {
	f.Add("cron(0 2 * * ? *)", int64(0))
	f.Add("cron(0/15 8-18 ? JAN,MAR MON#1 2027-2030)", int64(1e15))
	f.Add("cron(59 23 31W,L 2 ? *)", int64(1<<58))
	f.Add("cron(0 0 ? * 6L,2 1970-2199/7)", int64(-1))
	f.Add("rate(5 minutes)", int64(77))
	f.Add("at(2026-11-27T09:00:00)", int64(5))
	york, err := time.LoadLocation("America/New_York")
	if err != nil {
		york = time.UTC
	}
	f.Fuzz(func(t *testing.T, expr string, start int64) {
		s, err := ParseSchedule(expr)
		if err != nil {
			return
		}
		at := time.Unix(start%(1<<33), 0).In(york)
		created := at
		for range 20 {
			next, ok := s.Next(at, created)
			if !ok {
				return
			}
			if !next.After(at) {
				t.Fatalf("%s: %v is not after %v", s, next, at)
			}
			if s.cron != nil && (next.Second() != 0 || s.cron.minutes>>next.Minute()&1 == 0 || s.cron.hours>>next.Hour()&1 == 0) {
				t.Fatalf("%s: fires at %v", s, next)
			}
			at = next
		}
		if s.Cycle() < 0 {
			t.Fatalf("%s: cycle %v", s, s.Cycle())
		}
	})
}

func BenchmarkScheduleNext(b *testing.B) {
	for _, expr := range []string{"cron(0/5 * * * ? *)", "cron(0 2 ? * MON-FRI *)", "cron(0 2 L * ? *)"} {
		b.Run(expr, func(b *testing.B) {
			b.ReportAllocs()
			s := mustSchedule(b, expr)
			at := monday
			for b.Loop() {
				var ok bool
				if at, ok = s.Next(at, monday); !ok {
					at = monday
				}
			}
		})
	}
}
