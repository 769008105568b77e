package placement

import "math/bits"

// parked is the members of an index that have no room for the smallest task of
// any of its plans. No search can end at one of them, so they need no order,
// and on a busy fleet they are the many. A refusal still asks what they lack.
type parked struct{ blocks []parkedBlock }

// parkedBlock is 64 neighbouring host slots.
type parkedBlock struct {
	hosts uint64 // bit set
	most  room   // at least the most room of any of them
}

// grow makes place for n slots.
func (p *parked) grow(n int) {
	for len(p.blocks)*64 < n {
		p.blocks = append(p.blocks, parkedBlock{})
	}
}

// add parks h, or lets its room be known when it is parked already.
func (p *parked) add(h Host, left *room) {
	b := &p.blocks[h/64]
	if b.hosts == 0 {
		b.most = *left
	}
	b.hosts |= 1 << (h % 64)
	b.most.raise(left)
}

// drop takes h out; the block's most stays as a bound.
func (p *parked) drop(h Host) { p.blocks[h/64].hosts &^= 1 << (h % 64) }

// anyHolds tells whether a parked host has room for need. It makes the bounds
// of blocks that it searches in vain exact.
func (p *parked) anyHolds(need *room, hot []hot) bool {
	for i := range p.blocks {
		b := &p.blocks[i]
		if b.hosts == 0 || !b.most.holds(need) {
			continue
		}
		var most room
		for rest := b.hosts; rest != 0; rest &= rest - 1 {
			r := &hot[i*64+bits.TrailingZeros64(rest)].left
			if r.holds(need) {
				return true
			}
			most.raise(r)
		}
		b.most = most
	}
	return false
}

// each calls visit for every parked host.
func (p *parked) each(visit func(Host)) {
	for i := range p.blocks {
		for rest := p.blocks[i].hosts; rest != 0; rest &= rest - 1 {
			visit(Host(i*64 + bits.TrailingZeros64(rest)))
		}
	}
}
