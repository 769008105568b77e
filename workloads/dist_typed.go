package workloads

import (
	"fmt"
	"strconv"

	"ecsim/workloads/units"
)

// DurationDist is a distribution of spans in nanoseconds: "90s" or a table.
// Its Dist is nil until read.
type DurationDist struct{ *Dist }

// UnmarshalTOML reads a value as ParseDist does.
func (d *DurationDist) UnmarshalTOML(v any) (err error) {
	d.Dist, err = ParseDist(v, DurationValue)
	return err
}

// CPUDist is a distribution of CPU units: 512, "0.5 vCPU" or a table. Its Dist
// is nil until read.
type CPUDist struct{ *Dist }

// UnmarshalTOML reads a value as ParseDist does.
func (d *CPUDist) UnmarshalTOML(v any) (err error) {
	d.Dist, err = ParseDist(v, CPUValue)
	return err
}

// MemoryDist is a distribution of MiB: 1024, "1 GB" or a table. Its Dist is nil
// until read.
type MemoryDist struct{ *Dist }

// UnmarshalTOML reads a value as ParseDist does.
func (d *MemoryDist) UnmarshalTOML(v any) (err error) {
	d.Dist, err = ParseDist(v, MemoryValue)
	return err
}

// ShareDist is a distribution of shares in millionths: "60%" or a table. Its
// Dist is nil until read.
type ShareDist struct{ *Dist }

// UnmarshalTOML reads a value as ParseDist does.
func (d *ShareDist) UnmarshalTOML(v any) (err error) {
	d.Dist, err = ParseDist(v, ShareValue)
	return err
}

// WorkDist is a distribution of work in vCPU-nanoseconds: "12 vCPU-h" or a
// table. Its Dist is nil until read.
type WorkDist struct{ *Dist }

// UnmarshalTOML reads a value as ParseDist does.
func (d *WorkDist) UnmarshalTOML(v any) (err error) {
	d.Dist, err = ParseDist(v, WorkValue)
	return err
}

// CountDist is a distribution of whole numbers: 20 or a table. Its Dist is nil
// until read.
type CountDist struct{ *Dist }

// UnmarshalTOML reads a value as ParseDist does.
func (d *CountDist) UnmarshalTOML(v any) (err error) {
	d.Dist, err = ParseDist(v, CountValue)
	return err
}

// DurationValue reads one span for ParseDist: a string, or the integer 0.
func DurationValue(v any) (int64, error) {
	d, err := units.ParseDuration(text(v))
	return int64(d), err
}

// CPUValue reads one number of CPU units for ParseDist.
func CPUValue(v any) (int64, error) {
	c, err := units.ParseCPU(text(v))
	return int64(c), err
}

// MemoryValue reads one number of MiB for ParseDist.
func MemoryValue(v any) (int64, error) {
	m, err := units.ParseMiB(text(v))
	return int64(m), err
}

// ShareValue reads one share for ParseDist.
func ShareValue(v any) (int64, error) {
	p, err := units.ParsePPM(text(v))
	return int64(p), err
}

// WorkValue reads one amount of work for ParseDist.
func WorkValue(v any) (int64, error) {
	w, err := units.ParseWork(text(v))
	return int64(w), err
}

// CountValue reads one whole number for ParseDist.
func CountValue(v any) (int64, error) {
	n, err := strconv.ParseInt(text(v), 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("got %s, want a whole number of 0 or more", describe(v))
	}
	return n, nil
}

// text prints what parse functions get, a string or an int64, for the parsers
// of units.
func text(v any) string {
	if n, ok := v.(int64); ok {
		return strconv.FormatInt(n, 10)
	}
	s, _ := v.(string)
	return s
}
