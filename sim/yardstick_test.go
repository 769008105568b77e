package sim

import "container/heap"

// yardstick is what the engine's speed is measured against: container/heap
// on event values, as a program without an engine would have it, HOLD with
// the handler called and nothing cancelled.
type yardstick struct {
	events yardEvents
	seq    uint64
	gaps   *increments
	turn   int
}

type yardEvent struct {
	at  int64
	seq uint64
	h   Handler
	arg uint64
}

type yardEvents []yardEvent

func (y yardEvents) Len() int { return len(y) }
func (y yardEvents) Less(i, j int) bool {
	return y[i].at < y[j].at || y[i].at == y[j].at && y[i].seq < y[j].seq
}
func (y yardEvents) Swap(i, j int) { y[i], y[j] = y[j], y[i] }
func (y *yardEvents) Push(x any)   { *y = append(*y, x.(yardEvent)) }
func (y *yardEvents) Pop() any {
	n := len(*y) - 1
	e := (*y)[n]
	*y = (*y)[:n]
	return e
}

func newYardstick(n int, kind string) *yardstick {
	y := &yardstick{gaps: gaps(kind)}
	for i, t := range firsts(n) {
		y.seq++
		heap.Push(&y.events, yardEvent{t, y.seq, y, uint64(i)})
	}
	return y
}

func (y *yardstick) Handle(now Time, arg uint64) {
	y.seq++
	heap.Push(&y.events, yardEvent{int64(now) + y.gaps[y.turn%len(y.gaps)], y.seq, y, arg})
	y.turn++
}

func (y *yardstick) run(n int) (holds int) {
	for range n {
		e := heap.Pop(&y.events).(yardEvent)
		e.h.Handle(Time(e.at), e.arg)
	}
	return n
}
