package result

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
)

// SweepTable is what all points of a sweep have in common.
type SweepTable struct {
	Scenario, Question string
	Design             string // how the points were chosen, as Surface.Design
	Seed               uint64
	Axes               []Axis
	Platforms          []string // in the scenario's order
	Columns            []Column
	Gates              []string // each gate's path and text
	GateColumns        []string // and its column
}

// SweepPoint is what one point of a sweep came to.
type SweepPoint struct {
	Index      int
	At         []int // index into the values of each axis
	Runs       int   // replications of each platform
	Placements uint64
	CostPath   string // what the platforms were ranked by
	Winner     int    // index into the table's platforms, -1 none
	Equal      bool   // the runner-up differs by less than 1 % or than chance
	Met        bool   // some platform keeps every gate, or there is none
	Failed     bool   // some platform could not run, or the point is no scenario
	Imprecise  bool   // the most replications allowed are done, and the precision wanted is not reached
	Platforms  []SweepPlatform
}

// SweepPlatform is one platform at one point.
type SweepPlatform struct {
	Standing  Standing
	Reason    string // why it is not ranked, "" if it is
	Estimates []Band // as the table's columns; NaN where there is none
	Cells     []SweepCell
}

// SweepCell is one platform in one replication.
type SweepCell struct {
	Replication uint64
	Standing    Standing
	Reason      string
	Gates       []GateState
	Values      []float64 // as the table's columns; NaN where there is none
}

// GateState is whether a gate was kept.
type GateState byte

// The states; a gate of a platform that did not run has none.
const (
	GateNone GateState = iota
	GateKept
	GateMissed
)

// standings in the order of their codes in a journal.
var standings = []Standing{Ranked, Cannot, Unfolded, LessWork, Miss, Risk, NoMonthly}

// Append writes the point behind b, as Decode reads it: AppendHead, AppendRun
// of each replication, AppendTail.
func (p *SweepPoint) Append(b []byte) []byte {
	b = p.AppendHead(b)
	for k := 0; len(p.Platforms) > 0 && k < len(p.Platforms[0].Cells); k++ {
		b = p.AppendRun(b, k)
	}
	return p.AppendTail(b)
}

// AppendHead writes which point it is.
func (p *SweepPoint) AppendHead(b []byte) []byte {
	u := binary.AppendUvarint
	b = u(b, uint64(p.Index))
	b = u(b, uint64(len(p.At)))
	for _, i := range p.At {
		b = u(b, uint64(i))
	}
	return u(b, uint64(len(p.Platforms)))
}

// AppendRun writes cell k of every platform: one replication, whose cells need
// not be kept until the point is done.
func (p *SweepPoint) AppendRun(b []byte, k int) []byte {
	b = append(b, 1)
	for i := range p.Platforms {
		b = p.Platforms[i].Cells[k].append(b)
	}
	return b
}

// AppendTail writes what all replications came to.
func (p *SweepPoint) AppendTail(b []byte) []byte {
	u := binary.AppendUvarint
	b = append(b, 0)
	b = u(b, uint64(p.Runs))
	b = u(b, p.Placements)
	b = appendText(b, p.CostPath)
	b = u(b, uint64(p.Winner+1))
	b = append(b, flags(p.Equal, p.Met, p.Failed, p.Imprecise))
	for i := range p.Platforms {
		b = p.Platforms[i].append(b)
	}
	return b
}

func (p *SweepPlatform) append(b []byte) []byte {
	b = append(b, byte(slices.Index(standings, p.Standing)))
	b = appendText(b, p.Reason)
	b = binary.AppendUvarint(b, uint64(len(p.Estimates)))
	for _, e := range p.Estimates {
		b = appendFloat(appendFloat(b, e.Mean), e.Half)
	}
	return b
}

func (c *SweepCell) append(b []byte) []byte {
	b = binary.AppendUvarint(b, c.Replication)
	b = append(b, byte(slices.Index(standings, c.Standing)))
	b = appendText(b, c.Reason)
	b = binary.AppendUvarint(b, uint64(len(c.Gates)))
	for _, g := range c.Gates {
		b = append(b, byte(g))
	}
	b = binary.AppendUvarint(b, uint64(len(c.Values)))
	for _, v := range c.Values {
		b = appendFloat(b, v)
	}
	return b
}

// Next makes room for one more cell, in what the slice held before, and
// returns it.
func (p *SweepPlatform) Next() *SweepCell {
	if n := len(p.Cells); n < cap(p.Cells) {
		p.Cells = p.Cells[:n+1]
	} else {
		p.Cells = append(p.Cells, SweepCell{})
	}
	return &p.Cells[len(p.Cells)-1]
}

func flags(list ...bool) (b byte) {
	for i, f := range list {
		if f {
			b |= 1 << i
		}
	}
	return b
}

func appendFloat(b []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// ErrSweepPoint says that bytes are no point.
var ErrSweepPoint = errors.New("result: damaged point of a sweep")

// Decode reads a point from the front of b into p, whose slices it reuses, and
// returns the rest.
func (p *SweepPoint) Decode(b []byte) (rest []byte, err error) {
	d := &pointReader{b: b}
	p.Index = int(d.uint())
	p.At = resize(p.At, d.count(1))
	for i := range p.At {
		p.At[i] = int(d.uint())
	}
	p.Platforms = resize(p.Platforms, d.count(3))
	for i := range p.Platforms {
		p.Platforms[i].Cells = p.Platforms[i].Cells[:0]
	}
	for d.byte() == 1 {
		for i := range p.Platforms {
			d.cell(p.Platforms[i].Next())
		}
	}
	p.Runs, p.Placements, p.CostPath = int(d.uint()), d.uint(), d.text()
	p.Winner = int(d.uint()) - 1
	f := d.byte()
	p.Equal, p.Met, p.Failed, p.Imprecise = f&1 != 0, f&2 != 0, f&4 != 0, f&8 != 0
	for i := range p.Platforms {
		d.platform(&p.Platforms[i])
	}
	if d.bad {
		return nil, ErrSweepPoint
	}
	return d.b, nil
}

type pointReader struct {
	b   []byte
	bad bool
}

func (d *pointReader) platform(p *SweepPlatform) {
	p.Standing, p.Reason = d.standing(), d.text()
	p.Estimates = resize(p.Estimates, d.count(16))
	for i := range p.Estimates {
		p.Estimates[i] = Band{d.float(), d.float()}
	}
}

func (d *pointReader) cell(c *SweepCell) {
	c.Replication, c.Standing, c.Reason = d.uint(), d.standing(), d.text()
	c.Gates = resize(c.Gates, d.count(1))
	for k := range c.Gates {
		c.Gates[k] = GateState(d.byte())
	}
	c.Values = resize(c.Values, d.count(8))
	for k := range c.Values {
		c.Values[k] = d.float()
	}
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

func (d *pointReader) take(n int) []byte {
	if n < 0 || n > len(d.b) {
		d.bad, d.b = true, nil
		return nil
	}
	out := d.b[:n]
	d.b = d.b[n:]
	return out
}

func (d *pointReader) byte() byte {
	if b := d.take(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

func (d *pointReader) uint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

// count reads how many elements of at least size bytes follow.
func (d *pointReader) count(size int) int {
	n := d.uint()
	if n > uint64(len(d.b)/size) {
		d.bad, d.b = true, nil
		return 0
	}
	return int(n)
}

func (d *pointReader) float() float64 {
	if b := d.take(8); len(b) == 8 {
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	}
	return 0
}

func (d *pointReader) text() string { return string(d.take(d.count(1))) }

func (d *pointReader) standing() Standing {
	i := int(d.byte())
	if i >= len(standings) {
		d.bad = true
		return Cannot
	}
	return standings[i]
}
