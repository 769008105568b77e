package traces

import (
	"bytes"
	"errors"
	"math"
	"math/bits"
	"strconv"
)

const (
	second = int64(1e9)
	// longest bounds every time and span of a trace: 140 years in ns, so that
	// the difference of any two fits in 64 bits. Unix times reach the year 2109.
	longest = 140 * 365 * 24 * 3600 * second
)

// addSat adds, staying within int64.
func addSat(a, b int64) int64 {
	s := a + b
	switch {
	case a > 0 && b > 0 && s < 0:
		return math.MaxInt64
	case a < 0 && b < 0 && s >= 0:
		return math.MinInt64
	}
	return s
}

// mulDivUp returns a x b / c rounded up, staying within int64; a and b are 0
// or more and c is positive.
func mulDivUp(a, b, c int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	if hi >= uint64(c) {
		return math.MaxInt64
	}
	q, r := bits.Div64(hi, lo, uint64(c))
	if r > 0 {
		q++
	}
	return int64(min(q, math.MaxInt64))
}

// parseInt reads a whole number of at most 18 digits.
func parseInt(b []byte) (int64, bool) {
	neg := len(b) > 0 && b[0] == '-'
	if neg || len(b) > 0 && b[0] == '+' {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	var n int64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if neg {
		n = -n
	}
	return n, true
}

// parseNano reads decimal seconds as nanoseconds, rounded to zero beyond the
// ninth decimal, within +-longest.
func parseNano(b []byte) (int64, bool) {
	neg := len(b) > 0 && b[0] == '-'
	if neg || len(b) > 0 && b[0] == '+' {
		b = b[1:]
	}
	var n, scale int64 = 0, second
	digits, point := 0, false
	for _, c := range b {
		switch {
		case c == '.' && !point:
			point = true
		case c < '0' || c > '9':
			return 0, false
		case !point:
			digits++
			if n = n*10 + int64(c-'0'); n > longest/second {
				return 0, false
			}
		default:
			digits++
			if scale > 1 {
				n, scale = n*10+int64(c-'0'), scale/10
			}
		}
	}
	if digits == 0 {
		return 0, false
	}
	if n *= scale; neg {
		n = -n
	}
	return n, n >= -longest && n <= longest
}

var pow10 = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// parseFloat reads a finite decimal number, correctly rounded. Up to 15 digits
// it does not allocate.
func parseFloat(b []byte) (float64, bool) {
	s := b
	neg := len(s) > 0 && s[0] == '-'
	if neg {
		s = s[1:]
	}
	if len(s) > 0 && len(s) <= 16 {
		var n int64
		decimals, digits := -1, 0
		for _, c := range s {
			if c >= '0' && c <= '9' {
				n = n*10 + int64(c-'0')
				digits++
				if decimals >= 0 {
					decimals++
				}
			} else if c == '.' && decimals < 0 {
				decimals = 0
			} else {
				digits = 99
				break
			}
		}
		if digits > 0 && digits <= 15 {
			// Both are exact in a float64, so the quotient is rounded once.
			f := float64(n) / pow10[max(decimals, 0)]
			if neg {
				f = -f
			}
			return f, true
		}
	}
	f, err := strconv.ParseFloat(string(b), 64)
	return f, err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
}

// blankFields splits a line at blanks and tabs into dst, reusing it. When dst
// is full the rest of the line is left alone.
func blankFields(line []byte, dst [][]byte) [][]byte {
	dst = dst[:0]
	for i := 0; len(dst) < cap(dst); {
		for i < len(line) && (line[i] == ' ' || line[i] == '\t') {
			i++
		}
		if i == len(line) {
			break
		}
		j := i
		for j < len(line) && line[j] != ' ' && line[j] != '\t' {
			j++
		}
		dst = append(dst, line[i:j])
		i = j
	}
	return dst
}

var errQuote = errors.New("a quoted field does not end on its line; close the quote or write the row on one line")

// csvFields splits one CSV line at sep into dst, reusing it. Blanks around a
// field are dropped; a quoted field is unquoted in place, so line is altered.
func csvFields(line []byte, sep byte, dst [][]byte) ([][]byte, error) {
	dst = dst[:0]
	for {
		for len(line) > 0 && line[0] == ' ' {
			line = line[1:]
		}
		if len(line) == 0 || line[0] != '"' {
			i := bytes.IndexByte(line, sep)
			if i < 0 {
				return append(dst, bytes.TrimSpace(line)), nil
			}
			dst = append(dst, bytes.TrimSpace(line[:i]))
			line = line[i+1:]
			continue
		}
		line = line[1:]
		w, r, closed := 0, 0, false
		for r < len(line) {
			if line[r] == '"' {
				if r+1 >= len(line) || line[r+1] != '"' {
					closed = true
					break
				}
				r++
			}
			line[w] = line[r]
			w++
			r++
		}
		if !closed {
			return dst, errQuote
		}
		dst = append(dst, line[:w])
		rest := bytes.TrimLeft(line[r+1:], " ")
		if len(rest) == 0 {
			return dst, nil
		}
		if rest[0] != sep {
			return dst, errors.New("text follows a closing quote; double the quotes inside a quoted field")
		}
		line = rest[1:]
	}
}

// separator guesses the separator of a header line: the one of comma,
// semicolon and tab that occurs most, comma when none does.
func separator(header []byte) byte {
	best, most := byte(','), 0
	for _, c := range []byte(",;\t") {
		if n := bytes.Count(header, []byte{c}); n > most {
			best, most = c, n
		}
	}
	return best
}

// clip shortens a field for a message.
func clip(b []byte) string {
	if len(b) > 40 {
		return string(b[:37]) + "..."
	}
	return string(b)
}
