package workloads

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// cronFields are the six fields of an AWS cron expression.
// Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
//
// Sets are bit masks: bit n is value n. Matching is done here rather than by a
// library because AWS counts weekdays from 1 = Sunday, and because parsing an
// expression anew at each firing costs more than simulating the task.
type cronFields struct {
	minutes, hours, days, months, weekdays uint64 // weekdays: bit 0 is Sunday
	years                                  [4]uint64
	anyDay                                 bool   // neither day field restricts
	lastDay                                bool   // L: last day of the month
	nearest                                uint64 // nW: the weekday nearest to day n
	lastWeekday                            uint64 // nL: last such weekday of the month
	nth                                    int    // n#k: the k-th nthWeekday of the month; 0 is unset
	nthWeekday                             time.Weekday
}

const (
	firstYear = 1970
	lastYear  = 2199
)

var (
	monthNames   = []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	weekdayNames = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
)

// parseCron reads the six fields between "cron(" and ")".
func parseCron(body string) (*cronFields, error) {
	f := strings.Fields(strings.ToUpper(body))
	if len(f) != 6 {
		return nil, fmt.Errorf("got %d fields, want 6: minutes hours day-of-month month day-of-week year", len(f))
	}
	if (f[2] == "?") == (f[4] == "?") {
		return nil, fmt.Errorf(`got day-of-month %q and day-of-week %q, want "?" in exactly one of them`, f[2], f[4])
	}
	c := &cronFields{}
	var err error
	if c.minutes, err = cronSet("minutes", f[0], 0, 59, nil); err != nil {
		return nil, err
	}
	if c.hours, err = cronSet("hours", f[1], 0, 23, nil); err != nil {
		return nil, err
	}
	if c.months, err = cronSet("month", f[3], 1, 12, monthNames); err != nil {
		return nil, err
	}
	if f[4] == "?" {
		err = c.dayOfMonth(f[2])
	} else {
		err = c.dayOfWeek(f[4])
	}
	if err != nil {
		return nil, err
	}
	if err := c.yearField(f[5]); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *cronFields) dayOfMonth(field string) (err error) {
	var plain []string
	for _, part := range strings.Split(field, ",") {
		num, isNearest := strings.CutSuffix(part, "W")
		switch {
		case part == "L":
			c.lastDay = true
		case isNearest:
			n, err := strconv.Atoi(num)
			if err != nil || n < 1 || n > 31 {
				return fmt.Errorf(`day-of-month: got %q, want a day before W, such as "15W"`, part)
			}
			c.nearest |= 1 << n
		default:
			plain = append(plain, part)
		}
	}
	if len(plain) > 0 {
		c.days, err = cronSet("day-of-month", strings.Join(plain, ","), 1, 31, nil)
	}
	c.anyDay = field == "*"
	return err
}

func (c *cronFields) dayOfWeek(field string) error {
	if day, k, ok := strings.Cut(field, "#"); ok {
		n, err := cronNumber(day, 1, 7, weekdayNames)
		nth, err2 := strconv.Atoi(k)
		if err != nil || err2 != nil || nth < 1 || nth > 5 {
			return fmt.Errorf(`day-of-week: got %q, want one weekday and which of the month, such as "3#2" for the second Tuesday`, field)
		}
		c.nth, c.nthWeekday = nth, time.Weekday(n-1)
		return nil
	}
	var plain []string
	for _, part := range strings.Split(field, ",") {
		day, isLast := strings.CutSuffix(part, "L")
		switch {
		case part == "L":
			c.weekdays |= 1 << time.Saturday // the last day of the week
		case isLast:
			n, err := cronNumber(day, 1, 7, weekdayNames)
			if err != nil {
				return fmt.Errorf(`day-of-week: got %q, want a weekday before L, such as "6L" for the last Friday`, part)
			}
			c.lastWeekday |= 1 << (n - 1)
		default:
			plain = append(plain, part)
		}
	}
	if len(plain) > 0 {
		set, err := cronSet("day-of-week", strings.Join(plain, ","), 1, 7, weekdayNames)
		if err != nil {
			return err
		}
		c.weekdays |= set >> 1 // AWS counts from 1, package time from 0
	}
	c.anyDay = field == "*"
	return nil
}

func (c *cronFields) yearField(field string) error {
	for _, part := range strings.Split(field, ",") {
		from, to, step, err := cronRange(part, firstYear, lastYear, nil)
		if err != nil {
			return fmt.Errorf("year: %w", err)
		}
		for y := from; y <= to; y += step {
			c.years[(y-firstYear)/64] |= 1 << ((y - firstYear) % 64)
		}
	}
	return nil
}

// cronSet reads a list of values, ranges and steps as a bit mask.
func cronSet(what, field string, least, most int, names []string) (uint64, error) {
	var set uint64
	for _, part := range strings.Split(field, ",") {
		from, to, step, err := cronRange(part, least, most, names)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", what, err)
		}
		for v := from; v <= to; v += step {
			set |= 1 << v
		}
	}
	return set, nil
}

// cronRange reads "*", "5", "MON-FRI", "0/15", "*/15", "10-20/2".
func cronRange(part string, least, most int, names []string) (from, to, step int, err error) {
	span, by, stepped := strings.Cut(part, "/")
	step = 1
	if stepped {
		if step, err = strconv.Atoi(by); err != nil || step < 1 || step > most {
			return 0, 0, 0, fmt.Errorf("got %q, want a step from 1 to %d after the slash", part, most)
		}
	}
	if span == "*" {
		return least, most, step, nil
	}
	lo, hi, isRange := strings.Cut(span, "-")
	if from, err = cronNumber(lo, least, most, names); err != nil {
		return 0, 0, 0, err
	}
	switch {
	case isRange:
		if to, err = cronNumber(hi, least, most, names); err != nil {
			return 0, 0, 0, err
		}
		if to < from {
			return 0, 0, 0, fmt.Errorf("got %q, want a range that rises; write two, separated by a comma", part)
		}
	case stepped:
		to = most
	default:
		to = from
	}
	return from, to, step, nil
}

func cronNumber(s string, least, most int, names []string) (int, error) {
	for i, n := range names {
		if s == n {
			return least + i, nil
		}
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most || s[0] == '+' {
		want := fmt.Sprintf("%d to %d", least, most)
		if len(names) > 0 {
			want += fmt.Sprintf(" or %s to %s", names[0], names[len(names)-1])
		}
		return 0, fmt.Errorf("got %q, want %s", s, want)
	}
	return n, nil
}

// wall is a minute on a wall clock without a zone.
type wall struct {
	year   int
	month  time.Month
	day    int
	hour   int
	minute int
}

// next returns the first match after w, or false when there is none by the
// last year AWS knows, 2199.
func (c *cronFields) next(w wall) (wall, bool) {
	if m, ok := nextBit(c.minutes, w.minute+1); ok && c.matchesDay(w) && c.hours>>w.hour&1 == 1 {
		w.minute = m
		return w, true
	}
	if h, ok := nextBit(c.hours, w.hour+1); ok && c.matchesDay(w) {
		w.hour, w.minute = h, bits.TrailingZeros64(c.minutes)
		return w, true
	}
	w.hour, w.minute = bits.TrailingZeros64(c.hours), bits.TrailingZeros64(c.minutes)
	for w.year <= lastYear {
		switch {
		case !c.hasYear(w.year):
			w.year, w.month, w.day = w.year+1, time.January, 1
			if c.hasYear(w.year) && c.matchesDay(w) {
				return w, true
			}
			continue
		case c.months>>w.month&1 == 0 || w.day >= daysIn(w.year, w.month):
			w.day = 1
			if w.month++; w.month > time.December {
				w.year, w.month = w.year+1, time.January
			}
		default:
			w.day++
		}
		if c.matchesDay(w) {
			return w, true
		}
	}
	return wall{}, false
}

func (c *cronFields) hasYear(y int) bool {
	return y >= firstYear && y <= lastYear && c.years[(y-firstYear)/64]>>((y-firstYear)%64)&1 == 1
}

// matchesDay reports whether the date of w is one of the expression's.
func (c *cronFields) matchesDay(w wall) bool {
	if !c.hasYear(w.year) || c.months>>w.month&1 == 0 {
		return false
	}
	if c.anyDay || c.days>>w.day&1 == 1 {
		return true
	}
	last := daysIn(w.year, w.month)
	if c.lastDay && w.day == last {
		return true
	}
	weekday := time.Date(w.year, w.month, w.day, 0, 0, 0, 0, time.UTC).Weekday()
	switch {
	case c.weekdays>>weekday&1 == 1:
		return true
	case c.lastWeekday>>weekday&1 == 1 && w.day > last-7:
		return true
	case c.nth > 0 && weekday == c.nthWeekday && (w.day-1)/7+1 == c.nth:
		return true
	}
	return c.nearest != 0 && c.isNearest(w.day, last, weekday)
}

// isNearest reports whether the day is the weekday nearest to a day marked W.
// The nearest weekday never leaves the month, as in Quartz, whose syntax AWS
// follows: Saturday the 1st gives Monday the 3rd.
func (c *cronFields) isNearest(day, last int, weekday time.Weekday) bool {
	if weekday == time.Saturday || weekday == time.Sunday {
		return false
	}
	marked := func(n int) bool { return n >= 1 && n <= last && c.nearest>>n&1 == 1 }
	switch {
	case marked(day):
		return true
	case weekday == time.Friday && marked(day+1): // Saturday, to the day before
		return true
	case weekday == time.Friday && day+2 == last && marked(last): // Sunday the last, back to Friday
		return true
	case weekday == time.Monday && marked(day-1): // Sunday, to the day after
		return true
	}
	return weekday == time.Monday && day == 3 && marked(1) // Saturday the 1st
}

// nextBit returns the lowest member of set that is at least from.
func nextBit(set uint64, from int) (int, bool) {
	if from > 63 {
		return 0, false
	}
	set = set >> from << from
	return bits.TrailingZeros64(set), set != 0
}

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
