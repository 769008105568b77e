package placement

import (
	"container/heap"
	"math"
)

// hold is the yardstick HOLD(N): container/heap over events by value, Less on
// (at, seq), each event's handler called, nothing cancelled.
type hold struct {
	queue holdQueue
	seq   uint64
	table [16_384]int64
	next  int
	calls uint64
}

type holdEvent struct {
	at  int64
	seq uint64
	h   interface{ handle(arg uint64) }
	arg uint64
}

type holdQueue []holdEvent

func (q holdQueue) Len() int { return len(q) }
func (q holdQueue) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].seq < q[j].seq
}
func (q holdQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *holdQueue) Push(x any)   { *q = append(*q, x.(holdEvent)) }
func (q *holdQueue) Pop() any {
	old := *q
	e := old[len(old)-1]
	*q = old[:len(old)-1]
	return e
}

func newHold(n int) *hold {
	h := &hold{}
	draw := splitMix(7)
	for i := range h.table {
		h.table[i] = int64(draw.exp() * math.Pow(10, 9))
	}
	for range n {
		h.schedule(0)
	}
	return h
}

func (h *hold) schedule(now int64) {
	heap.Push(&h.queue, holdEvent{now + h.table[h.next], h.seq, h, 0})
	h.next = (h.next + 1) % len(h.table)
	h.seq++
}

func (h *hold) handle(arg uint64) { h.calls += arg + 1 }

func (h *hold) run(n int) {
	for range n {
		e := heap.Pop(&h.queue).(holdEvent)
		e.h.handle(e.arg)
		h.schedule(e.at)
	}
}
