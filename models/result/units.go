package result

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"ecsim/workloads/units"
)

// Unit is the unit of a metric's values.
type Unit string

// The units. A share is a fraction: 1 is 100 %.
const (
	UnitUSD       Unit = "usd"
	UnitSeconds   Unit = "s"
	UnitShare     Unit = "share"
	UnitCount     Unit = "count"
	UnitTasks     Unit = "tasks"
	UnitInstances Unit = "instances"
	UnitVCPU      Unit = "vcpu"
	UnitVCPUHours Unit = "vcpu_hours"
	UnitGB        Unit = "gb" // 10^9 bytes
)

// suffix ends a CSV column; a count, whose name says of what, needs none.
func (u Unit) suffix() string {
	switch u {
	case UnitCount, UnitTasks, UnitInstances:
		return ""
	}
	return string(u)
}

// Format prints v for people: "$1,308", "65 s", "99.5 %", "28".
func (u Unit) Format(v float64) string {
	switch u {
	case UnitUSD:
		return FormatUSD(v)
	case UnitSeconds:
		return FormatSeconds(v)
	case UnitShare:
		return FormatShare(v)
	case UnitVCPU:
		return number(v) + " vCPU"
	case UnitVCPUHours:
		return number(v) + " vCPU-h"
	case UnitGB:
		return number(v) + " GB"
	}
	return number(v)
}

// FormatUSD prints dollars: whole from $100 on, cents from a cent on, and
// below it two significant digits.
func FormatUSD(v float64) string {
	sign, a := "", math.Abs(v)
	if v < 0 {
		sign = "-"
	}
	switch {
	case a >= 99.995:
		return sign + "$" + units.Thousands(int64(math.Round(a)))
	case a >= 0.01 || a == 0:
		return sign + "$" + strconv.FormatFloat(a, 'f', 2, 64)
	}
	digits := 1 - int(math.Floor(math.Log10(a)))
	return sign + "$" + strconv.FormatFloat(a, 'f', digits, 64)
}

// FormatSeconds prints a span: "0.25 s", "65 s", "12.5 min", "3.2 h". Up to
// 10 minutes it stays in seconds, in which service levels are written.
func FormatSeconds(v float64) string {
	switch {
	case v == 0:
		return "0 s"
	case v < 9.95:
		return strconv.FormatFloat(v, 'g', 2, 64) + " s"
	case v < 600:
		return strconv.FormatFloat(math.Round(v), 'f', 0, 64) + " s"
	case v < 2*3600:
		return strconv.FormatFloat(v/60, 'f', 1, 64) + " min"
	case v < 72*3600:
		return strconv.FormatFloat(v/3600, 'f', 1, 64) + " h"
	}
	return strconv.FormatFloat(v/86400, 'f', 1, 64) + " d"
}

// FormatShare prints a percentage with one decimal, and with as many as show
// that a share just below 100 % is not 100 %.
func FormatShare(v float64) string {
	p := v * 100
	digits := 1
	for p < 100 && digits < 6 && strings.HasPrefix(strconv.FormatFloat(p, 'f', digits, 64), "100") {
		digits++
	}
	return strconv.FormatFloat(p, 'f', digits, 64) + " %"
}

// number prints at most three significant digits below 100, and thousands
// separators above.
func number(v float64) string {
	if a := math.Abs(v); a >= 99.5 || v == math.Trunc(v) {
		return units.Thousands(int64(math.Round(v)))
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// parse reads a limit in this unit: "90s", "99%", "$5,500", "5500", "12".
func (u Unit) parse(text string) (float64, error) {
	switch u {
	case UnitSeconds:
		d, err := units.ParseDuration(text)
		return d.Seconds(), err
	case UnitShare:
		p, err := units.ParsePPM(text)
		return p.Float(), err
	case UnitUSD:
		usd, err := units.ParseUSD(text)
		if err != nil {
			return 0, fmt.Errorf("got %q, want dollars such as \"5500\" or \"$5,500\"", text)
		}
		return usd.Float(), nil
	}
	bare := strings.ReplaceAll(strings.TrimSpace(text), ",", "")
	for _, name := range u.names() {
		if cut, ok := strings.CutSuffix(bare, name); ok {
			bare = strings.TrimSpace(cut)
			break
		}
	}
	v, err := strconv.ParseFloat(bare, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		return 0, fmt.Errorf("got %q, want a number of 0 or more%s", text, u.hint())
	}
	return v, nil
}

// names are the ways to write the unit behind a number.
func (u Unit) names() []string {
	switch u {
	case UnitTasks, UnitInstances:
		return []string{string(u)}
	case UnitVCPU:
		return []string{"vCPUs", "vCPU"}
	case UnitVCPUHours:
		return []string{"vCPU-h"}
	case UnitGB:
		return []string{"GB"}
	}
	return nil
}

func (u Unit) hint() string {
	if n := u.names(); n != nil {
		return fmt.Sprintf(", such as \"12\" or \"12 %s\"", n[len(n)-1])
	}
	return ""
}
