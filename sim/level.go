package sim

import "fmt"

// Level is a figure held over time, such as tasks running or memory
// reserved: a non-negative integer, integrated exactly between its changes.
// The zero value is ready and stands at 0 since time 0. Going back in time or
// below zero is a broken model, and panics with the figures.
type Level struct {
	value, max  int64
	last, start Time
	sum         Uint128 // value x ns in [start, last)
}

// Set makes v the value from now on.
func (l *Level) Set(now Time, v int64) {
	if now != l.last {
		l.advance(now)
	}
	if v < 0 {
		panic(fmt.Sprintf("sim: level set to %d at %v; it stood at %d", v, now, l.value))
	}
	l.value = v
}

// Add changes the value by d from now on.
func (l *Level) Add(now Time, d int64) {
	if now != l.last {
		l.advance(now)
	}
	v := l.value + d
	if v < 0 {
		panic(fmt.Sprintf("sim: level at %d changed by %d at %v", l.value, d, now))
	}
	l.value = v
}

// advance brings the integral up to now, a time other than last.
func (l *Level) advance(now Time) {
	if now < l.last {
		panic(fmt.Sprintf("sim: level changed at %v (%d ns), before its last change at %v (%d ns)", now, int64(now), l.last, int64(l.last)))
	}
	l.max = max(l.max, l.value)
	l.sum = l.sum.AddMul(uint64(l.value), uint64(now-l.last))
	l.last = now
}

// Value is the current value.
func (l *Level) Value() int64 { return l.value }

// Max is the highest value since Reset: of those that held for some time, and
// the current one. A value left at the instant it was reached does not count.
func (l *Level) Max() int64 { return max(l.max, l.value) }

// Reset opens the window of measurement at now: the integral starts from
// zero and the maximum from the current value, if that holds.
func (l *Level) Reset(now Time) {
	if now != l.last {
		l.advance(now)
	}
	l.start, l.max, l.sum = now, 0, Uint128{}
}

// Integral is the sum of value x nanoseconds from Reset to now, which must
// not lie before the last change.
func (l *Level) Integral(now Time) Uint128 {
	if now < l.last {
		panic(fmt.Sprintf("sim: integral of a level at %v (%d ns), before its last change at %v (%d ns)", now, int64(now), l.last, int64(l.last)))
	}
	return l.sum.AddMul(uint64(l.value), uint64(now-l.last))
}

// Mean is the average value from Reset to now, and the current value if no
// time has passed.
func (l *Level) Mean(now Time) float64 {
	integral := l.Integral(now)
	if now == l.start {
		return float64(l.value)
	}
	return integral.Float64() / float64(now-l.start)
}
