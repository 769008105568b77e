// Package simtest holds what benchmarks and tests of several packages share:
// the yardstick that speeds are told against, a way to measure two things in
// turn, and W-CHURN, a law of work whose right decisions are known. It imports
// nothing of ecsim.
package simtest

import (
	"container/heap"
	"fmt"
	"math"
)

// Gaps are the increments of HOLD(n), nanoseconds, taken in turn.
type Gaps [16384]int64

// NewGaps draws increments of a mean of a second: "exp" is Exp(1), "mix" the
// same with one in ten a thousand times as long, "uniform" 0.9 to 1.1.
func NewGaps(kind string) *Gaps {
	r := SplitMix(7)
	var t Gaps
	for i := range t {
		x := r.Exp()
		switch {
		case kind == "uniform":
			x = 0.9 + 0.2*r.Float64()
		case kind == "mix" && i%10 == 0:
			x *= 1000
		case kind != "exp" && kind != "mix":
			panic(fmt.Sprintf("simtest: gaps %q, want exp, mix or uniform", kind))
		}
		t[i] = int64(x * 1e9)
	}
	return &t
}

// Firsts are the times of HOLD(n)'s first events, Exp(1) seconds.
func Firsts(n int) []int64 {
	r := SplitMix(8)
	t := make([]int64, n)
	for i := range t {
		t[i] = int64(r.Exp() * 1e9)
	}
	return t
}

// Yardstick is HOLD(n), the usual measure of an event queue (Vaucher and
// Duval, CACM 18(4), 1975), on a container/heap of values, as a program without
// an engine would have it: n events pending; each hold takes the earliest,
// calls its handler through an interface, and schedules one event at now plus
// the next increment. Nothing is cancelled.
type Yardstick struct {
	events events
	seq    uint64
	gaps   *Gaps
	turn   int
}

type handler interface{ handle(now int64, arg uint64) }

type event struct {
	at  int64
	seq uint64
	h   handler
	arg uint64
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].seq < e[j].seq
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	n := len(*e) - 1
	x := (*e)[n]
	*e = (*e)[:n]
	return x
}

// NewYardstick returns HOLD(n) with increments of a kind.
func NewYardstick(n int, kind string) *Yardstick {
	y := &Yardstick{gaps: NewGaps(kind)}
	for i, t := range Firsts(n) {
		y.seq++
		heap.Push(&y.events, event{t, y.seq, y, uint64(i)})
	}
	return y
}

func (y *Yardstick) handle(now int64, arg uint64) {
	y.seq++
	heap.Push(&y.events, event{now + y.gaps[y.turn%len(y.gaps)], y.seq, y, arg})
	y.turn++
}

// Run does n holds and returns n.
func (y *Yardstick) Run(n int) int {
	for range n {
		e := heap.Pop(&y.events).(event)
		e.h.handle(e.at, e.arg)
	}
	return n
}

// SplitMix is the SplitMix64 generator (Steele, Lea and Flood, OOPSLA 2014);
// its value is the state.
type SplitMix uint64

// Next draws 64 bits.
func (s *SplitMix) Next() uint64 {
	*s += 0x9E3779B97F4A7C15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// Float64 draws from the open interval (0, 1).
func (s *SplitMix) Float64() float64 { return (float64(s.Next()>>11) + 0.5) / (1 << 53) }

// Exp draws from Exp(1).
func (s *SplitMix) Exp() float64 { return -math.Log(s.Float64()) }
