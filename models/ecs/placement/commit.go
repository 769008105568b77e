package placement

import "fmt"

// Commit takes the plan's resources and ports on h and counts the task there.
// It panics when they do not fit: ask Fits, or use Place. It does not ask the
// constraints, so a daemon or a custom scheduler must.
func (f *Fleet) Commit(p *Plan, h Host) {
	x := f.at(h)
	left := &x.left
	if !left.holds(&p.need) {
		panic(fmt.Sprintf("placement: host %d has %+v left, committed %+v", h, left.resources(), p.need.resources()))
	}
	left.cpu -= p.need.cpu
	left.memory -= p.need.memory
	left.gpu -= p.need.gpu
	left.eni -= p.need.eni
	if len(p.ports) > 0 {
		f.cold[h].takePorts(p, h)
		x.reserved += int16(len(p.req.Ports))
	}
	x.tasks++
	if p.group != nil {
		p.group.add(f, h, 1)
	}
	f.touch(h)
}

// Release gives back parts of what one task of the plan holds on h. Each part
// of each committed task must be released once; Release panics when more comes
// back than was taken.
func (f *Fleet) Release(p *Plan, h Host, what Part) {
	x := f.at(h)
	left := &x.left
	if what&PartRoom != 0 {
		left.cpu += p.need.cpu
		left.memory += p.need.memory
		left.gpu += p.need.gpu
		if len(p.ports) > 0 {
			f.cold[h].givePorts(p, h)
			x.reserved -= int16(len(p.req.Ports))
		}
	}
	if what&PartENI != 0 {
		left.eni += p.need.eni
	}
	if !x.total.holds(left) {
		panic(fmt.Sprintf("placement: host %d has %+v left after a release, more than its %+v", h, left.resources(), x.total.resources()))
	}
	if what&PartTask != 0 {
		if x.tasks--; x.tasks < 0 {
			panic(fmt.Sprintf("placement: host %d has %d tasks after a release", h, x.tasks))
		}
		if p.group != nil {
			p.group.add(f, h, -1)
		}
	}
	f.touch(h)
	f.freed++
}

func (x *cold) takePorts(p *Plan, h Host) {
	for i, w := range p.ports {
		if x.ports[i]&w != 0 {
			panic(fmt.Sprintf("placement: host %d: a fixed port of %v is in use", h, p.req.Ports))
		}
		x.ports[i] |= w
		x.heldPorts[i] |= w
	}
}

func (x *cold) givePorts(p *Plan, h Host) {
	for i, w := range p.ports {
		if x.heldPorts[i]&w != w {
			panic(fmt.Sprintf("placement: host %d: ports %v are released but not all in use", h, p.req.Ports))
		}
		x.ports[i] &^= w
		x.heldPorts[i] &^= w
	}
}
