package sim

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"sort"
)

// ladder orders events: a ladder queue (Tang, Goh and Thng, ACM TOMACS 15(3),
// 2005) with widths that are powers of two, on pooled blocks.
//
// Events below bound lie sorted in run, from head on, and are taken there.
// Those from bound on lie unsorted in the buckets of the rungs: rung 0 is one
// bucket without end, and each further rung divides the first bucket in use
// of the rung outside it, as far as the events in that reach. When the run is
// used up, the next bucket becomes the run if it is small, else a new rung.
// So an event is moved a few times in all, mostly to the end of a block, and
// compared with a few others only.
//
// New events come with the highest sequence number yet, so their place is
// decided by the high word alone.
type ladder struct {
	run   []event
	head  int
	bound uint64 // no event in the rungs is lower, none in the run as high

	rungs []rung
	depth int // the innermost rung in use
	far   int // entries in the rungs, stale ones included
	pool  *block
}

// rung covers [base, end) in buckets of 1<<shift; those before cur are empty.
type rung struct {
	base, end uint64
	shift     uint
	cur, used int
	buckets   []bucket
}

// bucket is a circular list of blocks, in order of filling.
type bucket struct {
	last *block // its next is the first
	n, k int32  // events in all, in the last block
}

// block is 512 bytes.
type block struct {
	next   *block
	events [blockEvents]event
	_      uint64
}

// Block and bucket sizes were chosen by measuring HOLD at 100 to 1,000,000
// events; farInsert and headroom are judgement. The number of buckets matters
// most: at 1,000,000 events both 256 and 4096 cost half as much time again.
const (
	blockEvents = 31
	slabBlocks  = 16   // allocated together
	smallBucket = 32   // at most so many events become a run
	perBucket   = 2    // events aimed at when a rung is made
	maxBuckets  = 1024 // of a rung
	farInsert   = 32   // from either end of the run
	headroom    = 16   // free places before the run, for insertion at its head
)

func newLadder() ladder {
	return ladder{
		bound: math.MaxUint64,
		run:   make([]event, headroom, headroom+2*farInsert),
		head:  headroom,
		rungs: []rung{{end: math.MaxUint64, shift: 63, used: 1, buckets: make([]bucket, 1)}},
	}
}

// reset empties the ladder and keeps its memory.
func (l *ladder) reset() {
	for d := range l.rungs[:l.depth+1] {
		r := &l.rungs[d]
		for i := range r.buckets[:r.used] {
			if r.buckets[i].n > 0 {
				l.empty(&r.buckets[i], func([]event) {})
			}
		}
	}
	l.run, l.head, l.bound = l.run[:headroom], headroom, math.MaxUint64
	l.rungs[0].cur, l.depth, l.far = 0, 0, 0
}

// entries counts the events in run and rungs, stale ones included.
func (l *ladder) entries() int { return len(l.run) - l.head + l.far }

// insert puts an event below bound in its place in the run.
func (l *ladder) insert(e event) {
	n := len(l.run)
	if n-l.head > farInsert && e.hi < l.run[n-farInsert].hi {
		l.insertEarly(e)
		return
	}
	if n == cap(l.run) {
		l.makeRoom()
		n = len(l.run)
	}
	run := l.run[:n+1]
	l.run = run
	i := n
	for i > l.head && e.hi < run[i-1].hi {
		run[i] = run[i-1]
		i--
	}
	run[i] = e
}

// makeRoom moves the run back to the start of its memory, or, if most of that
// is in use, to twice as much.
func (l *ladder) makeRoom() {
	to := l.run
	pending := len(l.run) - l.head
	if pending+headroom > cap(l.run)/2 {
		to = make([]event, 2*cap(l.run))
	}
	copy(to[headroom:cap(to)], l.run[l.head:])
	l.run, l.head = to[:headroom+pending], headroom
}

// insertEarly is insert far from the end of the run. If that is far from the
// head too, the rest of the run goes to the rungs. How far is far grows with
// the rest, so that moving it pays off however many events fall on an instant.
func (l *ladder) insertEarly(e event) {
	run, head := l.run, l.head
	p := head + sort.Search(len(run)-head, func(i int) bool { return run[head+i].hi > e.hi })
	if head > 0 && p-head <= farInsert+(len(run)-p)/64 {
		copy(run[head-1:], run[head:p])
		run[p-1] = e
		l.head--
		return
	}
	l.bound = run[p].hi
	r := &l.rungs[l.depth]
	r.cur = int(r.index(l.bound))
	for _, later := range run[p:] {
		l.drop(later)
	}
	run[p] = e
	l.run = run[:p+1]
}

// index is the bucket of an event before end. The first bucket also takes
// events before base, which come while the clock has yet to reach the rung.
func (r *rung) index(hi uint64) uint64 {
	if hi < r.base {
		return 0
	}
	return (hi - r.base) >> (r.shift & 63)
}

// drop puts an event from bound on into the innermost rung that reaches it.
func (l *ladder) drop(e event) {
	d := l.depth
	r := &l.rungs[d]
	for e.hi >= r.end {
		d--
		r = &l.rungs[d]
	}
	l.put(&r.buckets[r.index(e.hi)], e)
	l.far++
}

func (l *ladder) put(b *bucket, e event) {
	if b.n == 0 || b.k == blockEvents {
		l.addBlock(b)
	}
	b.last.events[b.k] = e
	b.k++
	b.n++
}

func (l *ladder) addBlock(b *bucket) {
	p := l.pool
	if p == nil {
		slab := make([]block, slabBlocks)
		for i := range slab[1:] {
			slab[i].next = &slab[i+1]
		}
		p = &slab[0]
	}
	l.pool = p.next
	if b.last == nil {
		p.next = p
	} else {
		p.next, b.last.next = b.last.next, p
	}
	b.last, b.k = p, 0
}

// empty unlinks the bucket's events and calls f with them, block by block, in
// order of entry. A block is free again when f returns.
func (l *ladder) empty(b *bucket, f func([]event)) {
	p, left := b.last.next, int(b.n)
	*b = bucket{}
	for left > 0 {
		n := min(left, blockEvents)
		f(p.events[:n])
		left -= n
		next := p.next
		p.next, l.pool = l.pool, p
		p = next
	}
}

// refill makes a run of the lowest events in the rungs that are still
// pending; false if there are none. The run must be used up.
func (l *ladder) refill(slots []slot) bool {
	for {
		r := &l.rungs[l.depth]
		for r.cur < r.used && r.buckets[r.cur].n == 0 {
			r.cur++
		}
		if r.cur == r.used {
			if l.depth == 0 {
				r.cur = 0
				return false
			}
			l.depth--
			continue
		}
		b := &r.buckets[r.cur]
		end := r.end
		if r.cur+1 < r.used {
			end = r.base + uint64(r.cur+1)<<(r.shift&63)
		}
		if b.n > smallBucket {
			lo, hi := b.span()
			if lo < hi {
				l.divide(b, lo, hi, end)
				continue
			}
			end = lo + 1 // one time and class: any number of events, sorted already
		} else if l.depth > 0 {
			r.cur++
		}
		l.sortOut(b, slots)
		l.bound = end
		if l.head < len(l.run) {
			return true
		}
	}
}

// span is the lowest and highest high word in b.
func (b *bucket) span() (lo, hi uint64) {
	lo = math.MaxUint64
	p, left := b.last.next, int(b.n)
	for left > 0 {
		n := min(left, blockEvents)
		for i := range p.events[:n] {
			t := p.events[i].hi
			lo, hi = min(lo, t), max(hi, t)
		}
		left -= n
		p = p.next
	}
	return lo, hi
}

// divide makes a rung of the bucket, whose events lie in [lo, hi] and which
// itself ends at end. What comes later, beyond the rung but before end, goes
// to the bucket again: an outlier does not spread the rung thin.
func (l *ladder) divide(b *bucket, lo, hi, end uint64) {
	l.depth++
	if l.depth == len(l.rungs) {
		l.rungs = append(l.rungs, rung{})
	}
	c := &l.rungs[l.depth]
	want := min(bits.Len32(uint32(b.n)/perBucket), bits.Len(maxBuckets-1))
	c.base = lo
	c.shift = uint(bits.Len64((hi - lo) >> want))
	c.cur = 0
	c.used = int((hi-lo)>>c.shift) + 1
	c.end = min(lo+uint64(c.used)<<c.shift, end)
	if len(c.buckets) < c.used {
		c.buckets = make([]bucket, 1<<want)
	}
	l.empty(b, func(es []event) {
		for _, e := range es {
			l.put(&c.buckets[(e.hi-lo)>>(c.shift&63)], e)
		}
	})
}

// sortOut empties the bucket into the run. Asking each event's slot whether
// it is pending also brings the slots into the cache, many at a time, before
// they are needed one by one.
func (l *ladder) sortOut(b *bucket, slots []slot) {
	n := int(b.n)
	if cap(l.run) < headroom+n {
		l.run = make([]event, 0, headroom+n+n/2)
	}
	run := l.run[:headroom+n]
	to := headroom
	l.empty(b, func(es []event) {
		to += copyPending(run[to:], es, slots)
	})
	l.far -= n
	l.run, l.head = run[:to], headroom
	sortEvents(run[headroom:to])
}

// copyPending copies the pending events to the front of to, which holds as
// many or is es itself, and returns their number. It has no branch on what the
// slots say, so the processor fetches many of them at once.
func copyPending(to, es []event, slots []slot) int {
	n := 0
	for _, e := range es {
		to[n] = e
		differs := slots[e.lo&slotMask].key ^ e.lo
		n += 1 - int((differs|-differs)>>63)
	}
	return n
}

// sortEvents sorts by insertion: few events, or many in order already.
func sortEvents(es []event) {
	if len(es) > 2*smallBucket {
		if !slices.IsSortedFunc(es, compareEvents) {
			slices.SortFunc(es, compareEvents)
		}
		return
	}
	for i := 1; i < len(es); i++ {
		e := es[i]
		j := i
		for j > 0 && before(e, es[j-1]) {
			es[j] = es[j-1]
			j--
		}
		es[j] = e
	}
}

// before compares two events without a branch.
func before(a, b event) bool {
	_, borrow := bits.Sub64(a.lo, b.lo, 0)
	_, borrow = bits.Sub64(a.hi, b.hi, borrow)
	return borrow != 0
}

func compareEvents(a, b event) int {
	if c := cmp.Compare(a.hi, b.hi); c != 0 {
		return c
	}
	return cmp.Compare(a.lo, b.lo)
}

// compact removes all stale entries.
func (l *ladder) compact(slots []slot) {
	l.run = l.run[:l.head+copyPending(l.run[l.head:], l.run[l.head:], slots)]
	l.far = 0
	for d := range l.rungs[:l.depth+1] {
		r := &l.rungs[d]
		for i := r.cur; i < r.used; i++ {
			b := &r.buckets[i]
			if b.n == 0 {
				continue
			}
			var kept [blockEvents]event
			l.empty(b, func(es []event) {
				n := copyPending(kept[:], es, slots)
				for _, e := range kept[:n] {
					l.put(b, e)
				}
				l.far += n
			})
		}
	}
}
