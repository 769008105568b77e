// Package units holds the quantities every part of ecsim shares: CPU units,
// memory, durations, money, rates and shares, each with its one text form.
//
// A quantity has a type so that a memory cannot be passed for a CPU figure.
// All are integers: no float reaches a sum.
package units

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// CPU is a number of ECS CPU units: 1,024 units are one vCPU.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
type CPU int64

// VCPU is one vCPU in CPU units.
const VCPU CPU = 1024

// VCPUs returns c in vCPUs.
func (c CPU) VCPUs() float64 { return float64(c) / float64(VCPU) }

// String prints units below one vCPU ("512 units") and vCPUs above ("2 vCPU"),
// unless those would need more than three decimals.
func (c CPU) String() string {
	if c >= VCPU && c%(VCPU/8) == 0 {
		return strconv.FormatFloat(c.VCPUs(), 'f', -1, 64) + " vCPU"
	}
	return strconv.FormatInt(int64(c), 10) + " units"
}

// MiB is a memory size in mebibytes, the unit in which ECS places tasks.
type MiB int64

// GiB is one gibibyte in MiB.
const GiB MiB = 1024

// String prints GiB when whole ("4 GiB"), MiB otherwise ("768 MiB").
func (m MiB) String() string {
	if m != 0 && m%GiB == 0 {
		return strconv.FormatInt(int64(m/GiB), 10) + " GiB"
	}
	return strconv.FormatInt(int64(m), 10) + " MiB"
}

// Bytes is a transfer or image size in bytes; 1 MB is 1,000,000 bytes and 1 GB
// 1,000,000,000, as registries and network prices count.
type Bytes int64

// Decimal multiples of a byte.
const (
	KB Bytes = 1_000
	MB Bytes = 1_000_000
	GB Bytes = 1_000_000_000
)

// String prints the largest decimal unit that leaves at least 1: "350 MB".
func (b Bytes) String() string {
	for _, u := range []struct {
		n    Bytes
		name string
	}{{GB * 1000, "TB"}, {GB, "GB"}, {MB, "MB"}, {KB, "kB"}} {
		if b >= u.n {
			return strconv.FormatFloat(math.Round(float64(b)/float64(u.n)*1000)/1000, 'f', -1, 64) + " " + u.name
		}
	}
	return strconv.FormatInt(int64(b), 10) + " B"
}

// PPM is a share in millionths: 1,000,000 is 100 %.
type PPM int64

// One is the whole, 100 %.
const One PPM = 1_000_000

// Float returns the share as a fraction, 1 for the whole.
func (p PPM) Float() float64 { return float64(p) / float64(One) }

// String prints a percentage: "60%", "99.9%".
func (p PPM) String() string {
	return strconv.FormatFloat(float64(p)/10_000, 'f', -1, 64) + "%"
}

// Of returns p x n rounded half up; n must be 0 or more.
func (p PPM) Of(n int64) int64 {
	if p < 0 || n < 0 {
		panic(fmt.Sprintf("units: PPM.Of(%d) of share %d: both must be 0 or more", n, int64(p)))
	}
	hi, lo := bits.Mul64(uint64(p), uint64(n))
	lo, c := bits.Add64(lo, uint64(One)/2, 0)
	q, _ := bits.Div64(hi+c, lo, uint64(One))
	return int64(q)
}

// Duration is a span in nanoseconds, read from text such as "90s", "1h30m",
// "7d", "2w".
type Duration int64

// Std returns d as a time.Duration.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// Seconds returns d in seconds.
func (d Duration) Seconds() float64 { return float64(d) / 1e9 }

// String prints the shortest exact form: "7d", "1h30m", "90s" as "1m30s".
func (d Duration) String() string {
	if d == 0 {
		return "0s"
	}
	if d < 0 {
		return "-" + (-d).String()
	}
	const day = Duration(24 * time.Hour)
	var b strings.Builder
	if days := d / day; days > 0 {
		fmt.Fprintf(&b, "%dd", days)
		d %= day
	}
	if h := d / Duration(time.Hour); h > 0 {
		fmt.Fprintf(&b, "%dh", h)
		d %= Duration(time.Hour)
	}
	if m := d / Duration(time.Minute); m > 0 {
		fmt.Fprintf(&b, "%dm", m)
		d %= Duration(time.Minute)
	}
	switch {
	case d == 0:
	case d >= Duration(time.Second):
		b.WriteString(strconv.FormatFloat(float64(d)/1e9, 'f', -1, 64) + "s")
	case d >= Duration(time.Millisecond):
		b.WriteString(strconv.FormatFloat(float64(d)/1e6, 'f', -1, 64) + "ms")
	case d >= Duration(time.Microsecond):
		b.WriteString(strconv.FormatFloat(float64(d)/1e3, 'f', -1, 64) + "us")
	default:
		b.WriteString(strconv.FormatInt(int64(d), 10) + "ns")
	}
	return b.String()
}

// Rate is events per 10^9 seconds, an integer so that "2/min" and "400/s"
// are exact to nine digits.
type Rate int64

// PerSecond is the rate of one event a second.
const PerSecond Rate = 1_000_000_000

// Float returns events per second.
func (r Rate) Float() float64 { return float64(r) / float64(PerSecond) }

// String prints the largest unit of time that gives at least 1: "40/min".
func (r Rate) String() string {
	f := r.Float()
	for _, u := range []struct {
		n    string
		secs float64
	}{{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}} {
		if v := f * u.secs; v >= 1 || u.n == "d" {
			return strconv.FormatFloat(math.Round(v*1e6)/1e6, 'f', -1, 64) + "/" + u.n
		}
	}
	return ""
}

// Work is an amount of computation in vCPU-nanoseconds at speed 1.0.
type Work int64

// VCPUHour is one vCPU-hour of work.
const VCPUHour = Work(time.Hour)

// VCPUHours returns w in vCPU-hours.
func (w Work) VCPUHours() float64 { return float64(w) / float64(VCPUHour) }

// String prints vCPU-hours ("12 vCPU-h") or, below 0.1, vCPU-seconds.
func (w Work) String() string {
	if h := w.VCPUHours(); h >= 0.1 || w == 0 {
		return strconv.FormatFloat(math.Round(h*1e6)/1e6, 'f', -1, 64) + " vCPU-h"
	}
	return strconv.FormatFloat(float64(w)/1e9, 'f', -1, 64) + " vCPU-s"
}

// Speed is work done per vCPU-second relative to Fargate x86, in millionths:
// 1,000,000 is 1.0.
type Speed int64

// Float returns the speed as a factor.
func (s Speed) Float() float64 { return float64(s) / 1e6 }

// String prints the factor: "1", "1.15".
func (s Speed) String() string { return strconv.FormatFloat(s.Float(), 'f', -1, 64) }

// UnmarshalTOML reads a factor over 0 up to 100, as a number or its text.
func (s *Speed) UnmarshalTOML(v any) error {
	n, err := parseDecimal(decimalText(v), 6)
	if err != nil || n <= 0 || n > 100e6 {
		return fmt.Errorf("got %v, want a factor over 0 and at most 100, such as 1.15", v)
	}
	*s = Speed(n)
	return nil
}

// decimalText prints a TOML value as the decimal text it was written as; the
// shortest text that reads back as the same float is that text.
func decimalText(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

// UnmarshalTOML reads dollars per unit, as a number or its text: 0.3456,
// "0.3456", "$3.20/h".
func (p *Price) UnmarshalTOML(v any) error {
	n, err := ParsePrice(strings.TrimSuffix(decimalText(v), "/h"))
	if err != nil {
		return fmt.Errorf("got %v, want dollars such as 0.3456 or \"$3.20/h\"", v)
	}
	*p = n
	return nil
}
