package sim

import (
	"math"
	"strconv"
	"time"
)

// Time counts nanoseconds since the start of the simulation. The same type
// holds an instant and a span; instants are never negative.
type Time int64

// Units of Time. MaxTime stands for "never": no simulation reaches it.
const (
	Nanosecond  Time = 1
	Microsecond      = 1000 * Nanosecond
	Millisecond      = 1000 * Microsecond
	Second           = 1000 * Millisecond
	Minute           = 60 * Second
	Hour             = 60 * Minute
	Day              = 24 * Hour
	MaxTime     Time = math.MaxInt64
)

// Seconds converts s seconds to a Time, rounding half away from zero. Values
// beyond the range of Time, infinities included, saturate at MaxTime and
// -MaxTime; NaN, which only a broken model can produce, panics.
func Seconds(s float64) Time {
	if math.IsNaN(s) {
		panic("sim: Seconds(NaN)")
	}
	ns := math.Round(s * 1e9)
	if ns >= math.MaxInt64 {
		return MaxTime
	}
	if ns <= -math.MaxInt64 {
		return -MaxTime
	}
	return Time(ns)
}

// Seconds is t as a floating-point number of seconds.
func (t Time) Seconds() float64 { return float64(t/Second) + float64(t%Second)/1e9 }

// Std is t as the standard library's duration, which has the same range.
func (t Time) Std() time.Duration { return time.Duration(t) }

// String prints t for people: days, hours, minutes and seconds from a minute
// on ("1d02h03m04s", "1m30.5s"), and below it the largest unit that fits
// ("1.5s", "120ms", "250us", "7ns"). MaxTime prints as "never".
func (t Time) String() string {
	switch {
	case t == 0:
		return "0s"
	case t == MaxTime:
		return "never"
	case t < 0:
		if t == math.MinInt64 {
			t++ // a nanosecond in 292 years; -MinInt64 does not exist
		}
		return "-" + (-t).String()
	case t < Microsecond:
		return strconv.FormatInt(int64(t), 10) + "ns"
	case t < Millisecond:
		return decimal(t, Microsecond) + "us"
	case t < Second:
		return decimal(t, Millisecond) + "ms"
	case t < Minute:
		return decimal(t, Second) + "s"
	}
	var b []byte
	started := false
	for _, u := range [...]struct {
		size Time
		name byte
	}{{Day, 'd'}, {Hour, 'h'}, {Minute, 'm'}} {
		n := t / u.size
		t %= u.size
		if n == 0 && !started {
			continue
		}
		if started && n < 10 {
			b = append(b, '0')
		}
		b = append(strconv.AppendInt(b, int64(n), 10), u.name)
		started = true
	}
	if t < 10*Second {
		b = append(b, '0')
	}
	return string(b) + decimal(t, Second) + "s"
}

// decimal prints t in the given unit, without trailing zeros.
func decimal(t, unit Time) string {
	b := strconv.AppendInt(nil, int64(t/unit), 10)
	rest := t % unit
	if rest == 0 {
		return string(b)
	}
	b = append(b, '.')
	for rest > 0 {
		unit /= 10
		b = append(b, byte('0'+rest/unit))
		rest %= unit
	}
	return string(b)
}
