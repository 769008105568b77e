// Package simtest holds what benchmarks and tests of several packages share:
// the yardstick that speeds are told against, a way to measure two things in
// turn, and W-CHURN, a law of work whose right decisions are known. It imports
// nothing of ecsim.
package simtest

import (
	"container/heap"
	"math"
)

// Yardstick is HOLD(n): n events pending in a container/heap of values, as a
// program without an engine would have them. Each hold takes the earliest,
// calls its handler through an interface, and schedules one event at now plus
// an Exp(1) increment.
type Yardstick struct {
	events events
	seq    uint64
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

// increments are Exp(1) in nanoseconds of a unit of 10^9.
var increments = func() (t [16384]int64) {
	r := splitmix(7)
	for i := range t {
		t[i] = int64(r.exp() * 1e9)
	}
	return t
}()

// NewYardstick returns HOLD(n).
func NewYardstick(n int) *Yardstick {
	y := &Yardstick{}
	r := splitmix(8)
	for i := range n {
		y.seq++
		heap.Push(&y.events, event{int64(r.exp() * 1e9), y.seq, y, uint64(i)})
	}
	return y
}

func (y *Yardstick) handle(now int64, arg uint64) {
	y.seq++
	heap.Push(&y.events, event{now + increments[y.turn%len(increments)], y.seq, y, arg})
	y.turn++
}

// Run does n holds.
func (y *Yardstick) Run(n int) {
	for range n {
		e := heap.Pop(&y.events).(event)
		e.h.handle(e.at, e.arg)
	}
}

// splitmix is the SplitMix64 generator (Steele, Lea and Flood, OOPSLA 2014).
type splitmix uint64

func (s *splitmix) next() uint64 {
	*s += 0x9E3779B97F4A7C15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// exp draws from Exp(1).
func (s *splitmix) exp() float64 { return -math.Log((float64(s.next()>>11) + 0.5) / (1 << 53)) }
