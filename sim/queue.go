package sim

import "fmt"

// event is what the queue orders, as one 128-bit integer.
type event struct {
	hi uint64 // time (60 bits) | class (3); the top bit is 0
	lo uint64 // sequence (38 bits) | slot (26); the slot never decides
}

const (
	classBits = 3
	slotBits  = 26
	slotMask  = 1<<slotBits - 1
	maxSeq    = 1<<(64-slotBits) - 1

	// horizon, 36 years from the start, is the first instant that does not
	// fit: never.
	horizon = 1<<(63-classBits) - 1
)

// slot keeps what an event does while the queue moves its 16 bytes about.
type slot struct {
	h   Handler
	arg uint64 // of a free slot: the next free one
	key uint64 // the event's low word; 0 if free
}

// queue is the event list: slots with what events do, and a ladder with their
// order. Cancelling frees the slot; the ladder drops the entry when it meets
// it and sees that the slot's key is another, or when it compacts.
type queue struct {
	ladder
	slots []slot // slot 0 is never used
	spare uint64 // the first free slot; 0 if none
	seq   uint64
	live  int // events pending
}

// staleAllowed is how many stale entries are never worth a compaction.
const staleAllowed = 512

func newQueue() queue {
	return queue{ladder: newLadder(), slots: make([]slot, 1, 32)}
}

// reset empties the queue and keeps its memory. What it held is let go.
func (q *queue) reset() {
	q.ladder.reset()
	clear(q.slots)
	q.slots, q.spare, q.seq, q.live = q.slots[:1], 0, 0, 0
}

// push schedules an event and returns its low word.
func (q *queue) push(hi uint64, h Handler, arg uint64) uint64 {
	i := q.spare
	if i == 0 {
		i = q.newSlot()
	} else {
		q.spare = q.slots[i].arg
	}
	if q.seq == maxSeq {
		panic(fmt.Sprintf("sim: more than %d events scheduled in one simulation", uint64(maxSeq)))
	}
	q.seq++
	lo := q.seq<<slotBits | i
	s := &q.slots[i]
	s.h, s.arg, s.key = h, arg, lo
	q.live++
	if hi < q.bound {
		q.insert(event{hi, lo})
	} else {
		q.drop(event{hi, lo})
	}
	return lo
}

// newSlot grows the table by an eighth, since it is most of the memory held.
func (q *queue) newSlot() uint64 {
	n := len(q.slots)
	if n > slotMask {
		panic(fmt.Sprintf("sim: more than %d events pending", slotMask))
	}
	if n == cap(q.slots) {
		grown := make([]slot, n, n+max(n/8, 32))
		copy(grown, q.slots)
		q.slots = grown
	}
	q.slots = q.slots[:n+1]
	return uint64(n)
}

// take frees the slot of the event with that low word and returns what it
// held; false if the event ran or was cancelled.
func (q *queue) take(key uint64) (h Handler, arg uint64, ok bool) {
	i := key & slotMask
	s := &q.slots[i]
	if s.key != key {
		return nil, 0, false
	}
	h, arg = s.h, s.arg
	s.h, s.arg, s.key = nil, q.spare, 0
	q.spare = i
	q.live--
	return h, arg, true
}

// scheduled reports whether the event with that low word is pending.
func (q *queue) scheduled(key uint64) bool {
	return key != 0 && q.slots[key&slotMask].key == key
}

// cancel takes an event off the list, false if it is not on it.
func (q *queue) cancel(key uint64) bool {
	if key == 0 {
		return false
	}
	if _, _, ok := q.take(key); !ok {
		return false
	}
	if stale := q.entries() - q.live; stale > staleAllowed && stale > q.live/2 {
		q.compact(q.slots)
	}
	return true
}

// peek is the high word of the earliest pending event, and false if there is
// none.
func (q *queue) peek() (uint64, bool) {
	for q.head < len(q.run) || q.refill(q.slots) {
		if e := q.run[q.head]; q.scheduled(e.lo) {
			return e.hi, true
		}
		q.head++
	}
	return 0, false
}
