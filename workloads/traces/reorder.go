package traces

import "slices"

// reorder holds up to limit records and gives back the earliest, equal times
// in file order. In sorted input adding and taking cost a few nanoseconds:
// the queue of (time, slot) pairs is only shifted for a row out of order.
type reorder struct {
	limit int
	queue []queued // sorted from head on
	head  int
	slab  []Record
	free  []int32
}

type queued struct {
	at   int64
	slot int32
}

func (b *reorder) len() int { return len(b.queue) - b.head }

// add inserts r; there must be room.
func (b *reorder) add(r *Record) {
	var slot int32
	if n := len(b.free); n > 0 {
		slot, b.free = b.free[n-1], b.free[:n-1]
		b.slab[slot] = *r
	} else {
		slot = int32(len(b.slab))
		b.slab = append(b.slab, *r)
	}
	if len(b.queue) == cap(b.queue) && b.head > 0 {
		n := copy(b.queue, b.queue[b.head:])
		b.queue, b.head = b.queue[:n], 0
		if b.queue = slices.Grow(b.queue, 1); cap(b.queue) < 2*n {
			// Room to spare keeps this copy rare.
			b.queue = slices.Grow(b.queue, n)
		}
	}
	q := queued{r.At, slot}
	if n := len(b.queue); n == b.head || b.queue[n-1].at <= q.at {
		b.queue = append(b.queue, q)
		return
	}
	live := b.queue[b.head:]
	// After every record of the same time, so that file order stands.
	i, _ := slices.BinarySearchFunc(live, q.at, func(e queued, at int64) int {
		if e.at <= at {
			return -1
		}
		return 1
	})
	b.queue = slices.Insert(b.queue, b.head+i, q)
}

// take removes the earliest record into r.
func (b *reorder) take(r *Record) {
	q := b.queue[b.head]
	b.head++
	if b.head == len(b.queue) {
		b.queue, b.head = b.queue[:0], 0
	}
	*r = b.slab[q.slot]
	b.free = append(b.free, q.slot)
}
