package traces

import (
	"bytes"
	"time"
)

// stampKind says what clock a time stamp is on.
type stampKind int

const (
	stampRelative stampKind = iota // seconds after the trace's own zero
	stampEpoch                     // Unix time
	stampNaive                     // date-time without a zone
	stampZoned                     // date-time with a zone
)

// epochFloor is the first plain number read as Unix seconds, 1990-01-01: no
// log counts 20 years from its own start, and no log we read is older.
const epochFloor = 631_152_000

// parseStamp reads a time stamp as nanoseconds: date-times in ISO 8601 order
// with "-" or "/", blank or "T", with or without seconds, fraction and zone
// ("Z", "UTC", "+01:00", "+0100"); or a number: seconds below 1990 count from
// the trace's zero; above, Unix seconds, milli-, micro- or nanoseconds by
// size. Naive date-times are in loc.
func parseStamp(b []byte, loc *time.Location) (ns int64, kind stampKind, ok bool) {
	b = bytes.TrimSpace(b)
	if len(b) >= 10 && (b[4] == '-' || b[4] == '/') {
		return parseDateTime(b, loc)
	}
	if whole, isInt := parseInt(b); isInt {
		switch {
		case whole < epochFloor:
			if whole < -longest/second {
				return 0, 0, false
			}
			return whole * second, stampRelative, true
		case whole <= longest/second:
			return whole * second, stampEpoch, true
		case whole >= epochFloor*1e3 && whole <= longest/1e6:
			return whole * 1e6, stampEpoch, true
		case whole >= epochFloor*1e6 && whole <= longest/1e3:
			return whole * 1e3, stampEpoch, true
		case whole >= epochFloor*1e9:
			return whole, stampEpoch, true
		}
		return 0, 0, false
	}
	if len(b) == 19 { // nanoseconds since 1970 have 19 digits, one too many for parseInt
		if n, isInt := parseInt(b[:18]); isInt && b[18] >= '0' && b[18] <= '9' && n > 0 && n < longest/10 {
			return n*10 + int64(b[18]-'0'), stampEpoch, true
		}
	}
	ns, ok = parseNano(b)
	if ok && ns >= epochFloor*second {
		return ns, stampEpoch, true
	}
	return ns, stampRelative, ok
}

// digits reads exactly n digits at b[i:].
func digits(b []byte, i, n int) (int, bool) {
	if i+n > len(b) {
		return 0, false
	}
	v := 0
	for _, c := range b[i : i+n] {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + int(c-'0')
	}
	return v, true
}

func parseDateTime(b []byte, loc *time.Location) (int64, stampKind, bool) {
	year, ok1 := digits(b, 0, 4)
	month, ok2 := digits(b, 5, 2)
	day, ok3 := digits(b, 8, 2)
	if !ok1 || !ok2 || !ok3 || b[7] != b[4] || year < 1850 || year > 2105 || month < 1 || month > 12 || day < 1 || day > 31 {
		return 0, 0, false
	}
	var hour, minute, sec int
	var nano int64
	rest := b[10:]
	if len(rest) > 0 && (rest[0] == 'T' || rest[0] == 't' || rest[0] == ' ') && len(rest) >= 6 {
		var ok bool
		if hour, ok = digits(rest, 1, 2); !ok || hour > 23 || rest[3] != ':' {
			return 0, 0, false
		}
		if minute, ok = digits(rest, 4, 2); !ok || minute > 59 {
			return 0, 0, false
		}
		rest = rest[6:]
		if len(rest) >= 3 && rest[0] == ':' {
			if sec, ok = digits(rest, 1, 2); !ok || sec > 60 {
				return 0, 0, false
			}
			rest = rest[3:]
			if len(rest) > 1 && (rest[0] == '.' || rest[0] == ',') {
				i, scale := 1, second/10
				for i < len(rest) && rest[i] >= '0' && rest[i] <= '9' {
					nano += int64(rest[i]-'0') * scale
					scale /= 10
					i++
				}
				rest = rest[i:]
			}
		}
	}
	rest = bytes.TrimLeft(rest, " ")
	if len(rest) == 0 {
		if loc == time.UTC {
			return utc(year, month, day, hour, minute, sec) + nano, stampNaive, validDay(year, month, day)
		}
		return time.Date(year, time.Month(month), day, hour, minute, sec, int(nano), loc).UnixNano(), stampNaive, validDay(year, month, day)
	}
	offset := 0
	switch {
	case len(rest) == 1 && (rest[0] == 'Z' || rest[0] == 'z'), string(rest) == "UTC", string(rest) == "GMT":
	case rest[0] == '+' || rest[0] == '-':
		h, ok := digits(rest, 1, 2)
		tail := rest[min(3, len(rest)):]
		if len(tail) > 0 && tail[0] == ':' {
			tail = tail[1:]
		}
		m := 0
		if ok && len(tail) > 0 {
			m, ok = digits(tail, 0, 2)
			ok = ok && len(tail) == 2
		}
		if !ok || h > 15 || m > 59 {
			return 0, 0, false
		}
		if offset = h*3600 + m*60; rest[0] == '-' {
			offset = -offset
		}
	default:
		return 0, 0, false
	}
	return utc(year, month, day, hour, minute, sec) + nano - int64(offset)*second, stampZoned, validDay(year, month, day)
}

func validDay(year, month, day int) bool {
	if day <= 28 {
		return true
	}
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() == day
}

// utc returns Unix nanoseconds of a civil time, by counting days in the
// Gregorian calendar from 1 March of year 0, so that leap days fall last.
func utc(year, month, day, hour, minute, sec int) int64 {
	y, m := year, month-3
	if m < 0 {
		y, m = y-1, m+12
	}
	days := y*365 + y/4 - y/100 + y/400 + (m*153+2)/5 + day - 1 - 719468
	return int64(days*86400+hour*3600+minute*60+sec) * second
}
