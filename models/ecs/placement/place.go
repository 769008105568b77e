package placement

import (
	"math/bits"

	"ecsim/sim"
)

// Place picks an instance for one task of the plan and commits it there. k and
// e key the draws of random strategies: the task and its attempt. Without an
// instance that fits it returns NoHost and the reason of the closest one; the
// same question is answered from memory until something is freed, with the
// reason as it was then.
func (f *Fleet) Place(p *Plan, k uint64, e sim.Entity) (Host, Reason) {
	h, why := f.Find(p, k, e)
	if h != NoHost {
		f.Commit(p, h)
	}
	return h, why
}

// Find picks as Place does and commits nothing.
func (f *Fleet) Find(p *Plan, k uint64, e sim.Entity) (Host, Reason) {
	if p.f != f {
		panic("placement: the plan was compiled for another fleet")
	}
	if p.req.Scheduler != nil {
		return f.ask(p, k)
	}
	version := f.freed
	if len(p.ix.gate.dynamic) > 0 {
		version = f.changed // a new task may be what the expression waits for
	}
	if p.refusedAt == version+1 {
		return NoHost, p.refused
	}
	ix := p.ix
	ix.refresh(f)
	h := NoHost
	if p.random {
		h = p.pickRandom(k, e)
	} else {
		h = p.pick()
	}
	if h != NoHost {
		return h, ReasonNone
	}
	why := p.reason()
	if p.req.Check == nil {
		p.refusedAt, p.refused = version+1, why
	}
	return NoHost, why
}

// Fits tells whether one task of the plan may start on h now: room, ports and
// every constraint.
func (f *Fleet) Fits(p *Plan, h Host) bool { return f.Why(p, h) == ReasonNone }

// Why is the first reason by which h cannot take a task of the plan,
// ReasonNone if it can.
func (f *Fleet) Why(p *Plan, h Host) Reason {
	f.at(h)
	ix := p.ix
	ix.view.h = h
	why := ix.gate.stage(f, &ix.view, ix.fixed(f, h))
	if why == ReasonNone {
		why = missing(&f.hot[h].left, &p.need)
	}
	if why == ReasonNone && p.req.Check != nil && !p.req.Check(h) {
		why = ReasonCheck
	}
	return why
}

// pick narrows by the rules. Because each rule counts or measures without
// regard to which instances are left, narrowing by one after the other finds
// the least tuple of figures; in a leaf the spread figures are equal, so the
// first of its order that has room is its best, and the best of the leaves
// wins.
func (p *Plan) pick() Host {
	ix := p.ix
	if len(ix.leaves) == 1 {
		return p.first(0)
	}
	first, tied := p.leastLeaf()
	if first < 0 {
		return NoHost
	}
	// Most often the least-loaded leaf has room, and no other needs a search.
	best, bestLeaf := p.first(first), first
	if best != NoHost && !tied {
		return best
	}
	for l := range ix.leaves {
		l := int32(l)
		if l == first || ix.leaves[l].root.node < 0 || best != NoHost && p.comparePrefix(l, bestLeaf) > 0 {
			continue
		}
		if h := p.first(l); h != NoHost && (best == NoHost || p.better(h, l, best, bestLeaf)) {
			best, bestLeaf = h, l
		}
	}
	return best
}

// first is the first instance in the order of a leaf that can take the plan.
func (p *Plan) first(leaf int32) Host {
	p.search.hot = p.f.hot
	return p.ix.first(&p.ix.leaves[leaf].root, &p.search)
}

// leastLeaf is a leaf with the least figure of the first rule if that is
// spread, of those that have hosts in their trees; -1 without any. tied tells
// whether other leaves may have as good ones.
func (p *Plan) leastLeaf() (leaf int32, tied bool) {
	const none = 1<<64 - 1
	least, second := uint64(none), uint64(none)
	for l := range p.ix.leaves {
		leaf, x := &p.ix.leaves[l], uint64(l)
		if p.prefix > 0 {
			r := &p.rules[0]
			x |= uint64(p.group.counted(r.attribute, leaf.values[r.part])) << 32
		}
		if leaf.root.node < 0 {
			x = none
		}
		second = min(second, max(least, x))
		least = min(least, x)
	}
	if least == none {
		return -1, false
	}
	return int32(uint32(least)), p.prefix > 1 || least>>32 == second>>32
}

// comparePrefix compares two leaves by the spread rules before the first key.
func (p *Plan) comparePrefix(a, b int32) int {
	for i := range p.rules[:p.prefix] {
		if c := p.compareSpread(&p.rules[i], a, b); c != 0 {
			return c
		}
	}
	return 0
}

func (p *Plan) compareSpread(r *planRule, a, b int32) int {
	return compare(p.group.counted(r.attribute, p.ix.leaves[a].values[r.part]),
		p.group.counted(r.attribute, p.ix.leaves[b].values[r.part]))
}

// compareRules compares an instance of leaf a with one of leaf b by all rules.
func (p *Plan) compareRules(a int32, ka key, b int32, kb key) int {
	for i := range p.rules {
		r := &p.rules[i]
		if r.attribute >= 0 {
			if c := p.compareSpread(r, a, b); c != 0 {
				return c
			}
			continue
		}
		if c := compare(ka.part(int(r.part)), kb.part(int(r.part))); c != 0 {
			return c
		}
	}
	return 0
}

// better tells whether x, of leaf a, comes before y, of leaf b.
func (p *Plan) better(x Host, a int32, y Host, b int32) bool {
	kx, ky := p.ix.keyOf(p.f, x), p.ix.keyOf(p.f, y)
	if c := p.compareRules(a, kx, b, ky); c != 0 {
		return c < 0
	}
	tx, ty := kx.part(len(p.ix.keys)), ky.part(len(p.ix.keys))
	return tx < ty || tx == ty && kx.id < ky.id
}

// rejections is how many draws are tried before the instances with room are
// counted: with one in eight of them free, enough in 98 of 100 cases.
const rejections = 32

// pickRandom narrows by the rules before random, then draws uniformly.
func (p *Plan) pickRandom(k uint64, e sim.Entity) Host {
	f, ix := p.f, p.ix
	d := draws{f.cfg.Bits, e.With(k), 0}
	best := p.pick()
	if best == NoHost {
		return NoHost
	}
	bestLeaf, bestKey := ix.entries[best].leaf, ix.keyOf(f, best)
	if ix.sampled {
		members := uint64(0)
		for l := range ix.leaves {
			if ix.leaves[l].n > 0 && p.comparePrefix(int32(l), bestLeaf) == 0 {
				members += uint64(ix.leaves[l].n)
			}
		}
		for range rejections {
			at := d.below(members)
			for l := range ix.leaves {
				leaf := &ix.leaves[l]
				if leaf.n == 0 || p.comparePrefix(int32(l), bestLeaf) != 0 {
					continue
				}
				if at >= uint64(leaf.n) {
					at -= uint64(leaf.n)
					continue
				}
				if h := leaf.members[at].h; f.hot[h].left.holds(&p.need) && (p.req.Check == nil || p.req.Check(h)) {
					return h
				}
				break
			}
		}
	}
	count := func(stop uint64) (uint64, Host) {
		seen := uint64(0)
		for l := range ix.leaves {
			if ix.leaves[l].n == 0 || p.compareRules(int32(l), bestKey, bestLeaf, bestKey) != 0 {
				continue
			}
			s := search{need: p.need, hot: f.hot, check: p.req.Check, skip: stop - seen}
			s.from, s.to = bestKey.span(len(ix.keys))
			if h := ix.nth(&ix.leaves[l].root, &s); h != NoHost {
				return stop, h
			}
			seen += s.seen
		}
		return seen, NoHost
	}
	n, _ := count(1<<63 - 1)
	_, h := count(d.below(n))
	return h
}

// draws is a sequence of keyed draws of one placement.
type draws struct {
	bits func(sim.Purpose, sim.Entity, uint64) uint64
	e    sim.Entity
	k    uint64
}

// below draws 0 to n-1 uniformly (Lemire, "Fast random integer generation in
// an interval", ACM TOMACS 2019).
func (d *draws) below(n uint64) uint64 {
	for {
		hi, lo := bits.Mul64(d.bits(purposeRandom, d.e, d.k), n)
		d.k++
		if lo >= n || lo >= -n%n {
			return hi
		}
	}
}

// reason is why nothing fits: the latest stage at which an instance fails.
func (p *Plan) reason() Reason {
	ix := p.ix
	if ix.count[ReasonNone] == 0 {
		for r := ReasonPorts; r > ReasonNoActive; r-- {
			if ix.count[r] > 0 {
				return r
			}
		}
		if p.req.Provider >= 0 && ix.count[ReasonNoActive] == 0 {
			return ReasonEmptyProvider
		}
		return ReasonNoActive
	}
	// Members lack room: search for an instance with CPU, then with CPU and
	// memory, and so on.
	var part room
	for why := ReasonCPU; why <= ReasonENI; why++ {
		switch why {
		case ReasonCPU:
			part.cpu = p.need.cpu
		case ReasonMemory:
			part.memory = p.need.memory
		case ReasonGPU:
			part.gpu = p.need.gpu
		case ReasonENI:
			part.eni = p.need.eni
		}
		if !p.anyHolds(&part) {
			return why
		}
	}
	return ReasonCheck
}

// anyHolds tells whether any member has room for part.
func (p *Plan) anyHolds(part *room) bool {
	if p.ix.parked.anyHolds(part, p.f.hot) {
		return true
	}
	for l := range p.ix.leaves {
		if p.ix.first(&p.ix.leaves[l].root, &search{need: *part, from: p.ix.floor(part), hot: p.f.hot}) != NoHost {
			return true
		}
	}
	return false
}
