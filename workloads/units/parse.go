package units

import (
	"errors"
	"fmt"
	"math/bits"
	"strings"
	"time"
)

// splitUnit cuts "0.25 vCPU" into "0.25" and "vCPU".
func splitUnit(s string) (number, unit string) {
	s = strings.TrimSpace(s)
	i := 0
	for i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] == '.') {
		i++
	}
	return s[:i], strings.TrimSpace(s[i:])
}

// ParseCPU reads CPU units as ECS does: "512", "0.5 vCPU", ".25 vcpu".
// A value that is not a whole number of units is refused.
func ParseCPU(s string) (CPU, error) {
	num, unit := splitUnit(s)
	want := func() error {
		return fmt.Errorf("got %q, want CPU units such as \"512\" or vCPUs such as \"0.5 vCPU\" (1 vCPU = 1024 units)", s)
	}
	switch strings.ToLower(unit) {
	case "", "units":
		n, err := parseDecimal(num, 0)
		if err != nil || strings.Contains(num, ".") {
			return 0, want()
		}
		return CPU(n), nil
	case "vcpu", "vcpus":
		n, err := parseDecimal(num, 6)
		if err != nil || n > 1e12 {
			return 0, want()
		}
		if n*int64(VCPU)%1e6 != 0 {
			return 0, fmt.Errorf("got %q, which is not a whole number of CPU units (1/1024 vCPU)", s)
		}
		return CPU(n * int64(VCPU) / 1e6), nil
	}
	return 0, want()
}

// ParseMiB reads a task memory as ECS does: "512" (MiB), "0.5 GB", "2 GiB",
// "768 MiB"; GB means 1,024 MiB here. Not a whole number of MiB is refused.
func ParseMiB(s string) (MiB, error) {
	num, unit := splitUnit(s)
	want := func() error {
		return fmt.Errorf("got %q, want MiB such as \"512\" or \"768 MiB\", or GB such as \"2 GB\" (1 GB = 1024 MiB here, as ECS reads it)", s)
	}
	switch strings.ToLower(unit) {
	case "", "mib", "mb":
		n, err := parseDecimal(num, 0)
		if err != nil || strings.Contains(num, ".") {
			return 0, want()
		}
		return MiB(n), nil
	case "gb", "gib":
		n, err := parseDecimal(num, 6)
		if err != nil || n > 1e12 {
			return 0, want()
		}
		if n*int64(GiB)%1e6 != 0 {
			return 0, fmt.Errorf("got %q, which is not a whole number of MiB", s)
		}
		return MiB(n * int64(GiB) / 1e6), nil
	}
	return 0, want()
}

// ParseBytes reads a transfer or image size: "350 MB", "1.2 GB", "300 MiB".
// MB and GB are decimal, MiB and GiB binary.
func ParseBytes(s string) (Bytes, error) {
	num, unit := splitUnit(s)
	scale, ok := map[string]int64{"b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
		"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40}[strings.ToLower(unit)]
	n, err := parseDecimal(num, 6)
	if !ok || err != nil || n > 1e13/scale*1e6 && scale > 1 && n > 0 && n/1e6 > 9e18/scale {
		return 0, fmt.Errorf("got %q, want a size such as \"350 MB\" or \"1.2 GB\"", s)
	}
	hi := n / 1e6 * scale
	return Bytes(hi + n%1e6*scale/1e6), nil
}

// ParsePPM reads a share: "60%", "99.9%".
func ParsePPM(s string) (PPM, error) {
	num, unit := splitUnit(s)
	n, err := parseDecimal(num, 4)
	if unit != "%" || err != nil {
		return 0, fmt.Errorf("got %q, want a percentage such as \"60%%\"", s)
	}
	return PPM(n), nil
}

// spans are the units a duration may be written in.
var spans = map[string]time.Duration{
	"ns": time.Nanosecond, "us": time.Microsecond, "ms": time.Millisecond, "s": time.Second,
	"m": time.Minute, "min": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour,
}

// MaxDuration is the longest span read from text, 100 years.
const MaxDuration = Duration(100 * 365 * 24 * time.Hour)

// ParseDuration reads "90s", "1h30m", "7d", "2w", "250ms"; negative spans and
// bare numbers other than 0 are refused, as are spans over 100 years.
func ParseDuration(s string) (Duration, error) {
	want := fmt.Errorf("got %q, want a duration such as \"90s\", \"1h30m\" or \"7d\"", s)
	rest := strings.TrimSpace(s)
	if rest == "0" {
		return 0, nil
	}
	if rest == "" {
		return 0, want
	}
	var total int64
	for rest != "" {
		num, tail := splitUnit(rest)
		i := 0
		for i < len(tail) && tail[i] >= 'a' && tail[i] <= 'z' {
			i++
		}
		unit, ok := spans[tail[:i]]
		before, after, _ := strings.Cut(num, ".")
		whole, err := parseDecimal("0"+before, 0)
		frac, err2 := parseDecimal("0."+after, 9)
		if !ok || before+after == "" || strings.Contains(after, ".") {
			return 0, want
		}
		if errors.Join(err, err2) != nil || whole > int64(MaxDuration)/int64(unit) {
			return 0, fmt.Errorf("got %q, which is longer than 100 years", s)
		}
		hi, lo := bits.Mul64(uint64(frac), uint64(unit))
		part, _ := bits.Div64(hi, lo, 1e9)
		total += whole*int64(unit) + int64(part)
		if total > int64(MaxDuration) {
			return 0, fmt.Errorf("got %q, which is longer than 100 years", s)
		}
		rest = strings.TrimSpace(tail[i:])
	}
	return Duration(total), nil
}

// ParseRate reads events per time: "400/s", "2/min", "0.5/h", "10/d".
func ParseRate(s string) (Rate, error) {
	want := fmt.Errorf("got %q, want a rate such as \"400/s\" or \"2/min\"", s)
	num, unit, ok := strings.Cut(strings.TrimSpace(s), "/")
	span, known := spans[strings.TrimSpace(unit)]
	if !ok || !known || span < time.Second {
		return 0, want
	}
	n, err := parseDecimal(strings.TrimSpace(num), 9)
	if err != nil {
		return 0, want
	}
	if n > 1e18 {
		return 0, errors.New("rate " + s + " is over 1,000,000,000 a second")
	}
	secs := int64(span / time.Second)
	return Rate((n + secs/2) / secs), nil
}

// ParseWork reads computation: "12 vCPU-h", "90 vCPU-s", "30 vCPU-min".
func ParseWork(s string) (Work, error) {
	num, unit := splitUnit(s)
	span, ok := map[string]time.Duration{"vcpu-h": time.Hour, "vcpu-hours": time.Hour, "vcpu-hour": time.Hour,
		"vcpu-min": time.Minute, "vcpu-s": time.Second, "vcpu-seconds": time.Second}[strings.ToLower(unit)]
	n, err := parseDecimal(num, 6)
	if !ok || err != nil || n/1e6 > 2_500_000 {
		return 0, fmt.Errorf("got %q, want work such as \"12 vCPU-h\" or \"90 vCPU-s\"", s)
	}
	return Work(n/1e6*int64(span) + n%1e6*(int64(span)/1000)/1000), nil
}
