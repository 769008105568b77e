package scenarios

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"ecsim/workloads/units"
)

// scalarType is how one of the shared quantities is read and written.
type scalarType struct {
	want string // what is allowed, for errors
	// parse reads the text form.
	parse func(string) (int64, error)
	// integer reads a TOML integer; nil if a unit must be written.
	integer func(int64) (int64, error)
	// print writes canonical TOML that reads back as the same value.
	print func(int64) string
}

// maxBareUnits bounds CPU units and MiB written as integers, as the parsers of
// package units bound their text.
const maxBareUnits = 1_000_000_000

var scalars = map[reflect.Type]scalarType{
	reflect.TypeFor[units.CPU](): {
		want: `CPU units such as 512, or vCPUs such as "0.5 vCPU"`, parse: parsing(units.ParseCPU),
		integer: bareUnits, print: printInt,
	},
	reflect.TypeFor[units.MiB](): {
		want: `MiB such as 512, or text such as "1 GB"`, parse: parsing(units.ParseMiB),
		integer: bareUnits, print: printInt,
	},
	reflect.TypeFor[units.Bytes](): {
		want: `a size such as "350 MB"`, parse: parsing(units.ParseBytes), integer: zeroOnly,
		print: func(n int64) string {
			return exact(n, units.ParseBytes, units.Bytes(n).String(), fmt.Sprintf("%d B", n), fmt.Sprintf("%d.%06d MB", n/1e6, n%1e6))
		},
	},
	reflect.TypeFor[units.Duration](): {
		want: `a duration such as "90s"`, parse: parsing(units.ParseDuration), integer: zeroOnly,
		print: func(n int64) string {
			return exact(n, units.ParseDuration, units.Duration(n).String(), fmt.Sprintf("%ds%dns", n/1e9, n%1e9))
		},
	},
	reflect.TypeFor[WarmUp](): {
		want: `a duration such as "12h", or "auto"`, integer: zeroOnly,
		parse: func(s string) (int64, error) {
			if s == "auto" {
				return int64(AutoWarmUp), nil
			}
			n, err := units.ParseDuration(s)
			return int64(n), err
		},
		print: func(n int64) string {
			if WarmUp(n) == AutoWarmUp {
				return quote("auto")
			}
			return exact(n, units.ParseDuration, units.Duration(n).String(), fmt.Sprintf("%ds%dns", n/1e9, n%1e9))
		},
	},
	reflect.TypeFor[units.PPM](): {
		want: `a percentage such as "60%"`, parse: parsing(units.ParsePPM),
		print: func(n int64) string {
			return exact(n, units.ParsePPM, units.PPM(n).String(), fmt.Sprintf("%d.%04d%%", n/1e4, n%1e4))
		},
	},
	reflect.TypeFor[units.Rate](): {
		want: `a rate such as "400/s" or "2/min"`, parse: parsing(units.ParseRate),
		print: func(n int64) string {
			return exact(n, units.ParseRate, rateForms(n)...)
		},
	},
	reflect.TypeFor[units.Work](): {
		want: `work such as "12 vCPU-h"`, parse: parsing(units.ParseWork),
		print: func(n int64) string {
			// ParseWork reads six decimals: some unit holds every value it returned
			forms := []string{units.Work(n).String()}
			for _, u := range []struct {
				name string
				ns   int64
			}{{"h", 3600e9}, {"min", 60e9}, {"s", 1e9}} {
				forms = append(forms, fmt.Sprintf("%d.%06d vCPU-%s", n/u.ns, n%u.ns/(u.ns/1e6), u.name))
			}
			return exact(n, units.ParseWork, forms...)
		},
	},
	reflect.TypeFor[units.USD](): {
		want: `dollars such as "1308.25"`, parse: parsing(units.ParseUSD), integer: func(n int64) (int64, error) {
			if n < 0 || n > math.MaxInt64/int64(units.Dollar) {
				return 0, fmt.Errorf("got %d, want 0 to 9,000,000,000 dollars", n)
			}
			return n * int64(units.Dollar), nil
		},
		print: func(n int64) string {
			return exact(n, units.ParseUSD, fmt.Sprintf("%d.%09d", n/1e9, n%1e9))
		},
	},
}

func parsing[Q ~int64](parse func(string) (Q, error)) func(string) (int64, error) {
	return func(s string) (int64, error) {
		q, err := parse(s)
		return int64(q), err
	}
}

func bareUnits(n int64) (int64, error) {
	if n < 0 || n > maxBareUnits {
		return 0, rangeError(fmt.Sprintf("got %d, want 0 to %d", n, maxBareUnits))
	}
	return n, nil
}

// rangeError is a number out of its type's range; a field's own bounds say
// more.
type rangeError string

func (e rangeError) Error() string { return string(e) }

func zeroOnly(n int64) (int64, error) {
	if n != 0 {
		return 0, errUnit
	}
	return 0, nil
}

var errUnit = errors.New("no unit")

func printInt(n int64) string { return strconv.FormatInt(n, 10) }

// exact returns the first form that reads back as n, quoted. The last one is
// the fallback: every value that text can give has a form.
func exact[Q ~int64](n int64, parse func(string) (Q, error), forms ...string) string {
	for _, f := range forms {
		if q, err := parse(f); err == nil && int64(q) == n {
			return quote(f)
		}
	}
	return quote(forms[len(forms)-1])
}

// rateForms writes a rate with ever more decimals, each with every unit of
// time; nine decimals a second hold every rate.
func rateForms(n int64) []string {
	var forms []string
	for places := range 7 {
		for _, u := range []struct {
			name string
			secs float64
		}{{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}} {
			forms = append(forms, strconv.FormatFloat(units.Rate(n).Float()*u.secs, 'f', places, 64)+"/"+u.name)
		}
	}
	return append(forms, fmt.Sprintf("%d.%09d/s", n/1e9, n%1e9))
}

func isInteger(t reflect.Type) bool {
	return t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64
}

// scalar decodes one value and returns it as canonical TOML.
func (d *decoder) scalar(n *node, f field, v reflect.Value) (text string, ok bool) {
	if bad, fine := n.finite(); !fine {
		d.l.errs.add(bad, "got %s, want a finite number", bad.describe())
		return "", false
	}
	text, err := readScalar(n, v)
	if _, ok := err.(rangeError); ok && f.max != "" {
		d.l.errs.add(n, "got %s, want %s", n.describe(), bounds(f))
		return "", false
	}
	if _, isString := n.value.(string); err != nil && (len(f.allowed) == 0 || isString) {
		d.blame(n, err)
		return "", false
	}
	if len(f.allowed) > 0 && v.Kind() == reflect.String && !slices.Contains(f.allowed, v.String()) {
		hint := ""
		if near, ok := nearest(v.String(), f.allowed); ok {
			hint = fmt.Sprintf("; did you mean %s?", quote(near))
		}
		d.l.errs.add(n, "got %s, want %s%s", n.describe(), list(quoted(f.allowed), "or"), hint)
		return "", false
	}
	if (f.min != "" || f.max != "") && (number(v) < f.low || number(v) > f.high) {
		d.l.errs.add(n, "got %s, want %s", n.describe(), bounds(f))
		return "", false
	}
	return text, true
}

// blame notes err at n, or at the key of n that err names first.
func (d *decoder) blame(n *node, err error) {
	lines := strings.Split(err.Error(), "\n")
	for _, line := range lines {
		at, msg := n, line
		if key, rest, ok := strings.Cut(line, ": "); ok && n.get(key) != nil {
			at, msg = n.get(key), rest
		}
		d.l.errs.add(at, "%s", msg)
	}
}

// number returns an integer's value; beyond int64 it is cut there, which
// compares rightly with every bound.
func number(v reflect.Value) int64 {
	if v.CanUint() {
		return int64(min(v.Uint(), math.MaxInt64))
	}
	return v.Int()
}

func bounds(f field) string {
	switch {
	case f.max == "":
		return f.min + " or more"
	case f.min == "":
		return "at most " + f.max
	}
	return f.min + " to " + f.max
}

// readScalar reads n into v by v's type and returns canonical TOML.
func readScalar(n *node, v reflect.Value) (string, error) {
	t := v.Type()
	if s, ok := scalars[t]; ok {
		x, err := s.read(n)
		if err != nil {
			return "", err
		}
		v.SetInt(x)
		return s.print(x), nil
	}
	if t == reflect.TypeFor[time.Time]() {
		at, err := readTime(n)
		if err != nil {
			return "", err
		}
		v.Set(reflect.ValueOf(at))
		return at.Format(time.RFC3339Nano), nil
	}
	switch r := v.Addr().Interface().(type) {
	case *units.Price:
		if err := r.UnmarshalTOML(decimalOf(n)); err != nil {
			return "", fmt.Errorf("got %s, want dollars such as 0.3456", n.describe())
		}
		return quote(r.String()), nil
	case *units.Speed:
		if err := r.UnmarshalTOML(decimalOf(n)); err != nil {
			return "", fmt.Errorf("got %s, want a factor over 0 and at most 100, such as 1.15", n.describe())
		}
		return r.String(), nil
	case tomlReader:
		if err := r.UnmarshalTOML(n.plain()); err != nil {
			return "", err
		}
		return n.text(), nil
	case encoding.TextUnmarshaler:
		s, ok := n.value.(string)
		if !ok {
			return "", fmt.Errorf("got %s, want a string", n.describe())
		}
		return n.text(), r.UnmarshalText([]byte(s))
	}
	switch {
	case t.Kind() == reflect.String:
		s, ok := n.value.(string)
		if !ok {
			hint := "; put quotes around it"
			if n.table() != nil || n.isList() {
				hint = ""
			}
			return "", fmt.Errorf("got %s, want a string%s", n.describe(), hint)
		}
		v.SetString(s)
		return quote(s), nil
	case t.Kind() == reflect.Bool:
		b, ok := n.value.(bool)
		if !ok {
			return "", fmt.Errorf("got %s, want true or false, without quotes", n.describe())
		}
		v.SetBool(b)
		return strconv.FormatBool(b), nil
	case isInteger(t):
		return readInteger(n, v)
	case t.Kind() == reflect.Float64:
		switch x := n.value.(type) {
		case decimal:
			v.SetFloat(x.value)
		case int64:
			v.SetFloat(float64(x))
		default:
			return "", fmt.Errorf("got %s, want a number, without quotes", n.describe())
		}
		return n.text(), nil
	}
	panic(fmt.Sprintf("scenarios: no way to decode a %v", t))
}

// decimalOf gives a float as its text, so that every digit written counts.
func decimalOf(n *node) any {
	if d, ok := n.value.(decimal); ok {
		return d.text
	}
	return n.value
}

func readInteger(n *node, v reflect.Value) (string, error) {
	x, ok := n.value.(int64)
	switch s, isString := n.value.(string); {
	case isString:
		hint := ""
		if _, err := strconv.ParseInt(s, 10, 64); err == nil {
			hint = "; drop the quotes"
		}
		return "", fmt.Errorf("got %s, want a whole number%s", n.describe(), hint)
	case !ok:
		return "", fmt.Errorf("got %s, want a whole number", n.describe())
	case v.CanUint() && v.Type().Bits() == 64 && x < 0:
		return "", fmt.Errorf("got %d, want 0 or more", x)
	case v.CanUint():
		if x < 0 || v.OverflowUint(uint64(x)) {
			return "", fmt.Errorf("got %d, want 0 to %d", x, uint64(math.MaxUint64)>>(64-v.Type().Bits()))
		}
		v.SetUint(uint64(x))
	default:
		if v.OverflowInt(x) {
			return "", fmt.Errorf("got %d, which is too large", x)
		}
		v.SetInt(x)
	}
	return strconv.FormatInt(x, 10), nil
}

func (s scalarType) read(n *node) (int64, error) {
	hint := ""
	switch x := n.value.(type) {
	case string:
		got, err := s.parse(x)
		if err == nil || strings.HasPrefix(err.Error(), "got ") {
			return got, err
		}
		hint = ": " + err.Error()
	case int64:
		if s.integer != nil {
			if got, err := s.integer(x); err != errUnit {
				return got, err
			}
		}
		hint = "; write the unit"
	case decimal:
		hint = "; a bare decimal has no unit"
	}
	return 0, fmt.Errorf("got %s, want %s%s", n.describe(), s.want, hint)
}

// readTime reads a date-time or date, with 1970 to 2199 as years: simulated
// clocks count nanoseconds, which end in 2262.
func readTime(n *node) (time.Time, error) {
	wrong := fmt.Errorf("got %s, want a date-time such as 2026-11-23T00:00:00Z, or a date", n.describe())
	var t time.Time
	switch x := n.value.(type) {
	case time.Time:
		t = x
	case string:
		var err error
		for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
			if t, err = time.Parse(layout, strings.TrimSpace(x)); err == nil {
				break
			}
		}
		if err != nil {
			return t, wrong
		}
	default:
		return t, wrong
	}
	t = t.UTC()
	if t.Year() < 1970 || t.Year() > 2199 {
		return t, fmt.Errorf("got %s, want a year from 1970 to 2199", n.describe())
	}
	return t, nil
}
