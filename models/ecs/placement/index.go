package placement

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// order is how an index arranges its members: spread attributes part them into
// leaves, keys sort each leaf.
type order struct {
	keys       []Rule
	group      *group // whose tasks the keys count; nil when none does
	attributes []int32
	// stable breaks ties by ordinal, whatever the fleet's Tie: the order of a
	// random pick need not change when a task starts.
	stable bool
	// sampled keeps the members of each leaf in an array to draw from.
	sampled bool
}

// attribute returns the place of a spread attribute, and whether it is new.
func (o *order) attribute(s int32) (int8, bool) {
	for i, a := range o.attributes {
		if a == s {
			return int8(i), false
		}
	}
	o.attributes = append(o.attributes, s)
	return int8(len(o.attributes) - 1), true
}

// key returns the place of a key, and whether it is new.
func (o *order) key(r Rule) (int8, bool) {
	for i, k := range o.keys {
		if k.String() == r.String() {
			return int8(i), false
		}
	}
	o.keys = append(o.keys, r)
	return int8(len(o.keys) - 1), true
}

func (o *order) signature() string {
	var b strings.Builder
	for _, k := range o.keys {
		b.WriteString(k.String() + "\n")
	}
	fmt.Fprintf(&b, "leaves %v %v %v", o.attributes, o.stable, o.sampled)
	if o.group != nil {
		fmt.Fprintf(&b, " %q", o.group.name)
	}
	return b.String()
}

// index is the instances that pass a gate, in the order some plans want.
type index struct {
	id int
	order
	gate gate
	view view // scratch for queries

	leaves []leaf
	leafOf map[[MaxRules]int32]int32
	tree
	least  room // of every resource, the least that any plan needs
	parked parked

	queue   []Host // touched since the last refresh; each once
	entries []entry
	rests   []rest          // of the members' keys; lo of those in the tree
	count   [NumReasons]int // slots by stage
}

// leaf is the members with equal values of the spread attributes.
type leaf struct {
	values  [MaxRules]int32
	root    root
	n       int
	members []member // by id, when the index is sampled
}

// member is an instance as it joined; its slot may hold another one by the
// time it leaves.
type member struct {
	id uint64
	h  Host
}

// entry is what an index knows of a host slot.
type entry struct {
	hi      uint64 // of its key in the tree
	end     int32  // its end node in the tree, -1 when it is parked or no member
	leaf    int32  // that it is a member of, -1 for none
	edition uint32 // of the two below
	home    int32  // the leaf of its attributes, -1 for none
	static  Reason // the gate's static answer
	stage   Reason // at the last refresh
	fresh   bool   // the slot may have another instance than when it joined
}

// index returns the index of a gate and an order, new or known.
func (f *Fleet) index(g gate, o order) *index {
	name := g.signature() + o.signature()
	if ix, ok := f.bySignature[name]; ok {
		return ix
	}
	ix := &index{id: len(f.indexes), order: o, gate: g, least: room{1<<32 - 1, 1<<32 - 1, 1<<32 - 1, 1<<32 - 1}, leafOf: map[[MaxRules]int32]int32{}}
	ix.view.f = f
	f.bySignature[name] = ix
	f.indexes = append(f.indexes, ix)
	if ix.id%64 == 0 {
		if words := len(f.all); words > 0 { // a word more for each slot
			far := make([]uint64, len(f.hot)*words)
			for h := range f.hot {
				copy(far[h*words:], f.far[h*(words-1):(h+1)*(words-1)])
			}
			f.far = far
		}
		f.all = append(f.all, 0)
	}
	f.all[ix.id/64] |= 1 << (ix.id % 64)
	ix.grow(len(f.hot))
	for h := range f.hot {
		ix.queue = append(ix.queue, Host(h))
		*f.dirty(Host(h), ix.id/64) |= 1 << (ix.id % 64)
	}
	return ix
}

// grow makes place for n slots.
func (ix *index) grow(n int) {
	for len(ix.entries) < n {
		ix.entries = append(ix.entries, entry{stage: ReasonEmptyProvider, end: -1, leaf: -1, home: -1})
		ix.rests = append(ix.rests, rest{})
		ix.count[ReasonEmptyProvider]++
	}
	ix.parked.grow(n)
}

// refresh brings the index up to date.
func (ix *index) refresh(f *Fleet) {
	if len(ix.queue) == 0 {
		return
	}
	word, bit := ix.id/64, uint64(1)<<(ix.id%64)
	for _, h := range ix.queue {
		*f.dirty(h, word) &^= bit
		ix.update(f, h)
	}
	ix.queue = ix.queue[:0]
}

func (ix *index) update(f *Fleet, h Host) {
	e, x := &ix.entries[h], &f.hot[h]
	if ix.gate.steady && e.leaf >= 0 && !e.fresh && e.edition == x.edition && x.state == ready {
		ix.settle(f, h, &ix.leaves[e.leaf].root) // by far the most frequent case
		return
	}
	now := ReasonEmptyProvider
	if x.state&alive != 0 {
		static := ix.fixed(f, h)
		ix.view.h = h
		now = ix.gate.stage(f, &ix.view, static)
	}
	if now != e.stage {
		ix.count[e.stage]--
		ix.count[now]++
		e.stage = now
	}
	from, to := e.leaf, int32(-1)
	if now == ReasonNone {
		to = e.home
	}
	if from != to || e.fresh {
		if from >= 0 {
			ix.leaves[from].leave(ix, ix.rests[h].id)
			if e.end >= 0 {
				ix.remove(&ix.leaves[from].root, h)
			} else {
				ix.parked.drop(h)
			}
		}
		e.leaf, e.fresh = to, false
		if to >= 0 {
			ix.rests[h].id = x.id
			ix.leaves[to].join(ix, member{x.id, h})
		}
	}
	if to >= 0 {
		ix.settle(f, h, &ix.leaves[to].root)
	}
}

// settle brings a member to its place in its leaf's tree, or parks it.
func (ix *index) settle(f *Fleet, h Host, r *root) {
	in := ix.entries[h].end >= 0
	switch {
	case !f.hot[h].left.holds(&ix.least):
		if in {
			ix.remove(r, h)
		}
		ix.parked.add(h, &f.hot[h].left)
	case in:
		ix.move(r, ix.keyOf(f, h), h, f.hot)
	default:
		ix.parked.drop(h)
		ix.insert(r, ix.keyOf(f, h), h, f.hot)
	}
}

// serve lets the index know of a plan's need. The parked hosts that may have
// room for it are looked at again.
func (ix *index) serve(f *Fleet, need *room) {
	if need.holds(&ix.least) {
		return
	}
	l := &ix.least
	*l = room{min(l.cpu, need.cpu), min(l.memory, need.memory), min(l.gpu, need.gpu), min(l.eni, need.eni)}
	word, bit := ix.id/64, uint64(1)<<(ix.id%64)
	ix.parked.each(func(h Host) {
		if d := f.dirty(h, word); *d&bit == 0 {
			*d |= bit
			ix.queue = append(ix.queue, h)
		}
	})
}

// fixed is the gate's static answer for h, and sees to its home leaf; both are
// worked out anew only when attributes changed.
func (ix *index) fixed(f *Fleet, h Host) Reason {
	e, x := &ix.entries[h], &f.hot[h]
	if e.edition != x.edition {
		ix.view.h = h
		e.edition, e.home, e.static, e.fresh = x.edition, -1, ix.gate.fixed(f, &ix.view), true
		if e.static == ReasonNone && (ix.gate.provider < 0 || ix.gate.provider == x.provider()) {
			e.home = ix.leafFor(f, h)
		}
	}
	return e.static
}

// leafFor is the leaf of an instance's values, new or known.
func (ix *index) leafFor(f *Fleet, h Host) int32 {
	var values [MaxRules]int32
	for i, a := range ix.attributes {
		values[i] = f.spreads[a].of[h]
	}
	l, ok := ix.leafOf[values]
	if !ok {
		l = int32(len(ix.leaves))
		ix.leafOf[values] = l
		ix.leaves = append(ix.leaves, leaf{values: values, root: root{node: -1}})
	}
	return l
}

func (l *leaf) join(ix *index, m member) {
	l.n++
	if ix.sampled {
		l.members = slices.Insert(l.members, l.place(m.id), m)
	}
}

func (l *leaf) leave(ix *index, id uint64) {
	l.n--
	if ix.sampled {
		at := l.place(id)
		l.members = slices.Delete(l.members, at, at+1)
	}
}

func (l *leaf) place(id uint64) int {
	return sort.Search(len(l.members), func(i int) bool { return l.members[i].id >= id })
}

// key places an instance in its leaf: 32 bits for each figure in the order of
// the rules, 32 of the tie right behind them, then the id, which makes it
// unique. With one figure hi alone nearly always decides.
type key struct{ hi, lo, id uint64 }

func (k *key) less(o *key) bool {
	if k.hi != o.hi {
		return k.hi < o.hi
	}
	if k.lo != o.lo {
		return k.lo < o.lo
	}
	return k.id < o.id
}

// part is the i-th figure, or the tie behind the last.
func (k *key) part(i int) uint32 {
	switch i {
	case 0:
		return uint32(k.hi >> 32)
	case 1:
		return uint32(k.hi)
	case 2:
		return uint32(k.lo >> 32)
	}
	return uint32(k.lo)
}

// span is the first and the last key with k's first n figures.
func (k *key) span(n int) (first, last key) {
	const all, upper = 1<<64 - 1, 1<<64 - 1<<32
	hi, lo := uint64(0), uint64(0) // the bits that are kept
	switch n {
	case 1:
		hi = upper
	case 2:
		hi = all
	case 3:
		hi, lo = all, upper
	}
	return key{k.hi & hi, k.lo & lo, 0}, key{k.hi | ^hi, k.lo | ^lo, all}
}

func (ix *index) keyOf(f *Fleet, h Host) key {
	x := &f.hot[h]
	tie := x.tie
	if ix.stable {
		tie = uint32(x.id >> 32)
	}
	if len(ix.keys) == 1 {
		return key{uint64(ix.figure(f, 0, h))<<32 | uint64(tie), 0, x.id}
	}
	var part [maxKeys + 1]uint64
	for i := range ix.keys {
		part[i] = uint64(ix.figure(f, i, h))
	}
	part[len(ix.keys)] = uint64(tie)
	return key{part[0]<<32 | part[1], part[2]<<32 | part[3], x.id}
}

// figure is the i-th figure of an instance.
func (ix *index) figure(f *Fleet, i int, h Host) uint32 {
	o := &ix.keys[i].order
	switch o.Measure {
	case MeasureCPU:
		return f.hot[h].left.cpu
	case MeasureMemory:
		return f.hot[h].left.memory
	}
	return f.measure(o, ix.group, h, f.hot[h].left)
}

// measure is a figure of an instance with left remaining.
func (f *Fleet) measure(o *Order, g *group, h Host, left room) uint32 {
	switch o.Measure {
	case MeasureCPU:
		return left.cpu
	case MeasureMemory:
		return left.memory
	case MeasureGPU:
		return left.gpu
	case MeasureENI:
		return left.eni
	case MeasureGroupTasks:
		return g.on(h)
	case MeasureOrdinal:
		return uint32(f.hot[h].id >> 32)
	case MeasureKey:
		n := 0
		if g != nil {
			n = int(g.on(h))
		}
		return o.Key(left.resources(), f.hot[h].total.resources(), n)
	}
	panic(fmt.Sprintf("placement: measure %d has no figure", o.Measure))
}

// floor is the least key an instance with room for need can have.
func (ix *index) floor(need *room) key {
	if len(ix.keys) == 0 {
		return key{}
	}
	least := uint32(0)
	switch ix.keys[0].order.Measure {
	case MeasureCPU:
		least = need.cpu
	case MeasureMemory:
		least = need.memory
	case MeasureGPU:
		least = need.gpu
	case MeasureENI:
		least = need.eni
	}
	return key{hi: uint64(least) << 32}
}
