package placement

import "math/bits"

// How many entries a node has at most, powers of two. Twice or half as many
// serve about as well.
const (
	endWidth   = 32
	innerWidth = 64
)

// tree is a B+ tree of hosts by key, with the most room of any host below
// beside each child, so that a search passes by what cannot hold the task. One
// tree's nodes serve all leaves of an index, each with a root of its own.
//
// The maxima are upper bounds: they rise at once and sink only when a search
// went down in vain and found them too high. Nodes are given up when empty and
// never merged (Johnson and Shasha, "B-trees with inserts and deletes: why
// free-at-empty is better than merge-at-half", 1993).
type tree struct {
	ends       []endNode
	inners     []innerNode
	freeEnds   []int32
	freeInners []int32
}

// root is the top of one leaf's tree; node is -1 when it is empty, an end node
// when height is 0.
type root struct {
	node   int32
	height int8
}

// endNode holds hosts in key order.
type endNode struct {
	parent int32
	n      int32
	loose  bool // the maximum its parent knows may be too high
	items  [endWidth]item
}

// item is a host with what a search asks first; the rest of its key is in the
// index's rests.
type item struct {
	hi     uint64 // of its key
	host   Host
	memory uint32 // of its room
}

// innerNode holds children; the keys below child i > 0 are at least from[i] and
// less than from[i+1]. from[0] binds nothing.
type innerNode struct {
	parent int32
	n      int32
	child  [innerWidth]int32
	max    [innerWidth]room
	hi     [innerWidth]uint64 // of from
	from   [innerWidth]rest
}

// rest is a key without hi.
type rest struct{ lo, id uint64 }

// search is one question to a tree.
type search struct {
	need  room
	from  key // least key of interest
	to    key // nth: last key of interest
	hot   []hot
	check func(Host) bool
	skip  uint64 // nth: how many to pass by
	seen  uint64 // nth: how many were met
}

func (s *search) takes(x *item) bool {
	return x.memory >= s.need.memory && s.hot[x.host].left.holds(&s.need) && (s.check == nil || s.check(x.host))
}

// first is the host with the least key, from s.from on, that has room.
func (ix *index) first(r *root, s *search) Host {
	if r.node < 0 {
		return NoHost
	}
	return ix.find(r.node, r.height, s, s.from != key{})
}

func (ix *index) find(node int32, level int8, s *search, bounded bool) Host {
	if level == 0 {
		n := &ix.ends[node]
		i := int32(0)
		if bounded {
			i = n.seek(s.from.hi) // a bound of first has no lo
		}
		for ; i < n.n; i++ {
			if x := &n.items[i]; s.takes(x) {
				return x.host
			}
		}
		return NoHost
	}
	in := &ix.inners[node]
	i := int32(0)
	if bounded {
		i = in.route(&s.from)
	}
	for ; i < in.n; i++ {
		if in.max[i].holds(&s.need) {
			if h := ix.find(in.child[i], level-1, s, bounded); h != NoHost {
				return h
			}
			ix.tighten(&in.max[i], in.child[i], level-1, s.hot)
		}
		bounded = false
	}
	return NoHost
}

// tighten makes the maximum of a child that was searched in vain exact.
func (t *tree) tighten(m *room, child int32, level int8, hot []hot) {
	if level == 0 {
		if !t.ends[child].loose {
			return
		}
		t.ends[child].loose = false
	}
	*m = t.most(child, level, hot)
}

// nth passes by s.skip hosts that have room, in key order, and returns the
// next; s.seen is how many it met when there is none.
func (ix *index) nth(r *root, s *search) Host {
	if r.node < 0 {
		return NoHost
	}
	return ix.walk(r.node, r.height, s)
}

func (ix *index) walk(node int32, level int8, s *search) Host {
	if level == 0 {
		n := &ix.ends[node]
		for i := range n.n {
			x := &n.items[i]
			k := ix.keyIn(x)
			if k.less(&s.from) || s.to.less(&k) || !s.takes(x) {
				continue
			}
			if s.seen == s.skip {
				return x.host
			}
			s.seen++
		}
		return NoHost
	}
	in := &ix.inners[node]
	for i := in.route(&s.from); i < in.n; i++ {
		if i > 0 && in.before(&s.to, i) {
			break
		}
		if in.max[i].holds(&s.need) {
			if h := ix.walk(in.child[i], level-1, s); h != NoHost {
				return h
			}
		}
	}
	return NoHost
}

// keyIn is the key of an item.
func (ix *index) keyIn(x *item) key {
	r := &ix.rests[x.host]
	return key{x.hi, r.lo, r.id}
}

// before tells whether k comes before the range of child i > 0.
func (in *innerNode) before(k *key, i int32) bool {
	if k.hi != in.hi[i] {
		return k.hi < in.hi[i]
	}
	r := &in.from[i]
	return k.lo < r.lo || k.lo == r.lo && k.id < r.id
}

// seek is the first place of a node, or its end, with a key whose hi is at
// least hi. Like route it looks at every few entries and then at those between,
// and counts by the borrow of a subtraction: no branch to mispredict and, unlike
// a binary search, no load that waits for the one before.
func (n *endNode) seek(hi uint64) int32 {
	const step = 4
	at := uint64(0)
	for i := step - 1; i < int(n.n); i += step {
		_, less := bits.Sub64(n.items[i%endWidth].hi, hi, 0)
		at += less
	}
	at *= step
	end := min(at+step-1, uint64(n.n))
	for i := at; i < end; i++ {
		_, less := bits.Sub64(n.items[i%endWidth].hi, hi, 0)
		at += less
	}
	return int32(at)
}

// route is the child in whose range k lies.
func (in *innerNode) route(k *key) int32 {
	const step = 8
	at := uint64(0)
	for i := step; i < int(in.n); i += step {
		_, more := bits.Sub64(k.hi, in.hi[i%innerWidth], 0)
		at += 1 - more
	}
	at *= step
	end := min(at+step, uint64(in.n))
	for i := at + 1; i < end; i++ {
		_, more := bits.Sub64(k.hi, in.hi[i%innerWidth], 0)
		at += 1 - more
	}
	i := int32(at)
	for i > 0 && in.before(k, i) {
		i--
	}
	return i
}

// most is the exact maximum of an end node, or of what an inner node knows.
func (t *tree) most(node int32, level int8, hot []hot) room {
	var m room
	if level == 0 {
		n := &t.ends[node]
		for i := range n.items[:n.n] {
			m.raise(&hot[n.items[i].host].left)
		}
		return m
	}
	in := &t.inners[node]
	for i := range in.n {
		m.raise(&in.max[i])
	}
	return m
}

// insert adds a host that is not in the tree.
func (ix *index) insert(r *root, k key, h Host, hot []hot) {
	if r.node < 0 {
		*r = root{ix.newEnd(), 0}
	}
	node := r.node
	for level := r.height; level > 0; level-- {
		in := &ix.inners[node]
		i := in.route(&k)
		in.max[i].raise(&hot[h].left)
		node = in.child[i]
	}
	n := &ix.ends[node]
	if n.n == endWidth {
		node = ix.widen(r, k, &hot[h].left, hot)
		n = &ix.ends[node]
	}
	i := n.seek(k.hi)
	for i < n.n && n.items[i].hi == k.hi {
		if at := ix.keyIn(&n.items[i]); k.less(&at) {
			break
		}
		i++
	}
	copy(n.items[i+1:n.n+1], n.items[i:n.n])
	n.items[i] = item{k.hi, h, hot[h].left.memory}
	n.n++
	e := &ix.entries[h]
	e.hi, e.end = k.hi, node
	if len(ix.keys) > 1 { // with one figure lo is always 0
		ix.rests[h].lo = k.lo
	}
}

// widen splits every full node on the way to k, from the top, and returns the
// end node where k belongs, which has a free place.
func (ix *index) widen(r *root, k key, m *room, hot []hot) int32 {
	if ix.full(r.node, r.height) {
		top := ix.newInner()
		in := &ix.inners[top]
		in.n, in.child[0] = 1, r.node
		in.max[0] = ix.most(r.node, r.height, hot)
		ix.adopt(r.node, r.height, top)
		*r = root{top, r.height + 1}
	}
	node := r.node
	for level := r.height; level > 0; level-- {
		i := ix.inners[node].route(&k)
		if ix.full(ix.inners[node].child[i], level-1) {
			ix.split(node, i, level-1, hot)
			if in := &ix.inners[node]; !in.before(&k, i+1) {
				i++
			}
		}
		in := &ix.inners[node]
		in.max[i].raise(m)
		node = in.child[i]
	}
	return node
}

// move gives a host of the tree a new key, or, when the key is the same, lets
// its room be known.
func (ix *index) move(r *root, k key, h Host, hot []hot) {
	e := &ix.entries[h]
	n := &ix.ends[e.end]
	i := n.slot(e.hi, h)
	if e.hi == k.hi && (len(ix.keys) <= 1 || ix.rests[h].lo == k.lo) {
		n.loose = true
		n.items[i].memory = hot[h].left.memory
		ix.raise(e.end, n.parent, &hot[h].left)
		return
	}
	ix.removeAt(r, e.end, i)
	ix.insert(r, k, h, hot)
}

// raise lifts the maxima above a node to at least m.
func (t *tree) raise(child, parent int32, m *room) {
	for parent >= 0 {
		in := &t.inners[parent]
		i := in.slot(child)
		if in.max[i].holds(m) {
			return
		}
		in.max[i].raise(m)
		child, parent = parent, in.parent
	}
}

// remove takes a host out; the maxima above stay as bounds.
func (ix *index) remove(r *root, h Host) {
	e := &ix.entries[h]
	ix.removeAt(r, e.end, ix.ends[e.end].slot(e.hi, h))
	e.end = -1
}

func (t *tree) removeAt(r *root, node, i int32) {
	n := &t.ends[node]
	n.loose = true
	copy(n.items[i:n.n-1], n.items[i+1:n.n])
	if n.n--; n.n > 0 {
		return
	}
	parent := n.parent
	t.freeEnds = append(t.freeEnds, node)
	for parent >= 0 {
		in := &t.inners[parent]
		i := in.slot(node)
		copy(in.child[i:in.n-1], in.child[i+1:in.n])
		copy(in.max[i:in.n-1], in.max[i+1:in.n])
		copy(in.hi[i:in.n-1], in.hi[i+1:in.n])
		copy(in.from[i:in.n-1], in.from[i+1:in.n])
		if in.n--; in.n > 0 {
			for r.height > 0 && t.inners[r.node].n == 1 {
				top := r.node
				*r = root{t.inners[top].child[0], r.height - 1}
				t.adopt(r.node, r.height, -1)
				t.freeInners = append(t.freeInners, top)
			}
			return
		}
		t.freeInners = append(t.freeInners, parent)
		node, parent = parent, in.parent
	}
	*r = root{node: -1}
}

// slot is where a host whose key begins with hi stands in its node.
func (n *endNode) slot(hi uint64, h Host) int32 {
	for i := n.seek(hi); i < n.n; i++ {
		if n.items[i].host == h {
			return i
		}
	}
	panic("placement: the index lost a host")
}

func (in *innerNode) slot(child int32) int32 {
	for i := range in.n {
		if in.child[i] == child {
			return i
		}
	}
	panic("placement: the index lost a node")
}

func (t *tree) full(node int32, level int8) bool {
	if level == 0 {
		return t.ends[node].n == endWidth
	}
	return t.inners[node].n == innerWidth
}

func (t *tree) adopt(node int32, level int8, parent int32) {
	if level == 0 {
		t.ends[node].parent = parent
	} else {
		t.inners[node].parent = parent
	}
}

// split halves the full child i, of the given level, of a node that is not
// full.
func (ix *index) split(node, i int32, level int8, hot []hot) {
	t := &ix.tree
	old := t.inners[node].child[i]
	var fresh int32
	var from key
	if level == 0 {
		fresh = t.newEnd()
		a, b := &t.ends[old], &t.ends[fresh]
		a.n = endWidth / 2
		b.n = int32(copy(b.items[:], a.items[a.n:]))
		for _, x := range b.items[:b.n] {
			ix.entries[x.host].end = fresh
		}
		from = ix.keyIn(&b.items[0])
	} else {
		fresh = t.newInner()
		a, b := &t.inners[old], &t.inners[fresh]
		a.n = innerWidth / 2
		b.n = int32(copy(b.child[:], a.child[a.n:]))
		copy(b.max[:], a.max[a.n:])
		copy(b.hi[:], a.hi[a.n:])
		copy(b.from[:], a.from[a.n:])
		for _, c := range b.child[:b.n] {
			t.adopt(c, level-1, fresh)
		}
		from = key{b.hi[0], b.from[0].lo, b.from[0].id}
	}
	t.adopt(fresh, level, node)
	in := &t.inners[node]
	copy(in.child[i+2:in.n+1], in.child[i+1:in.n])
	copy(in.max[i+2:in.n+1], in.max[i+1:in.n])
	copy(in.hi[i+2:in.n+1], in.hi[i+1:in.n])
	copy(in.from[i+2:in.n+1], in.from[i+1:in.n])
	in.child[i+1], in.hi[i+1], in.from[i+1] = fresh, from.hi, rest{from.lo, from.id}
	in.max[i], in.max[i+1] = t.most(old, level, hot), t.most(fresh, level, hot)
	in.n++
}

func (t *tree) newEnd() int32 {
	if n := len(t.freeEnds); n > 0 {
		e := t.freeEnds[n-1]
		t.freeEnds = t.freeEnds[:n-1]
		t.ends[e].n, t.ends[e].parent, t.ends[e].loose = 0, -1, false
		return e
	}
	t.ends = append(t.ends, endNode{parent: -1})
	return int32(len(t.ends) - 1)
}

func (t *tree) newInner() int32 {
	if n := len(t.freeInners); n > 0 {
		i := t.freeInners[n-1]
		t.freeInners = t.freeInners[:n-1]
		t.inners[i].n, t.inners[i].parent = 0, -1
		return i
	}
	t.inners = append(t.inners, innerNode{parent: -1})
	return int32(len(t.inners) - 1)
}
