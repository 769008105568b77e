package placement

import (
	"fmt"
	"math/bits"
	"sort"

	"ecsim/sim"
)

// room is Resources in 16 bytes: CPU, memory, GPU, ENI. The index keeps its
// maxima as rooms.
type room struct{ cpu, memory, gpu, eni uint32 }

func (r room) resources() Resources {
	return Resources{int64(r.cpu), int64(r.memory), int32(r.gpu), int32(r.eni)}
}

// holds tells whether need fits into r.
func (r *room) holds(need *room) bool {
	return r.cpu >= need.cpu && r.memory >= need.memory && r.gpu >= need.gpu && r.eni >= need.eni
}

func (r *room) raise(o *room) {
	r.cpu, r.memory = max(r.cpu, o.cpu), max(r.memory, o.memory)
	r.gpu, r.eni = max(r.gpu, o.gpu), max(r.eni, o.eni)
}

// roomOf checks the range of r.
func roomOf(r Resources) (room, error) {
	if r.CPU < 0 || r.Memory < 0 || r.GPU < 0 || r.ENI < 0 || r.CPU > MaxResource || r.Memory > MaxResource {
		return room{}, fmt.Errorf("resources %+v: each must be 0 to %d", r, MaxResource)
	}
	return room{uint32(r.CPU), uint32(r.Memory), uint32(r.GPU), uint32(r.ENI)}, nil
}

// Fleet is the container instances of one cluster with what is left on each.
// It belongs to one goroutine.
type Fleet struct {
	cfg Config

	// Of each host slot, by how often it is read.
	hot        []hot
	priorities []priority // with TieKeyed
	cold       []cold

	free  []Host // removed slots, sorted descending: the lowest is reused first
	known map[uint64]Host
	live  int

	groups     map[string]int32
	groupList  []*group
	attributes map[string]int32 // those some plan spreads over
	spreads    []spread
	ports      map[Port]int // fixed host ports some plan uses -> bit

	indexes     []*index
	bySignature map[string]*index
	all         []uint64 // bit set of the indexes
	far         []uint64 // per slot, len(all)-1 words: hot.dirty of further indexes

	freed   uint64 // grows when something is freed or appears: a refusal may be over
	changed uint64 // grows when anything changes
}

// hot is what every commit and release reads: one cache line.
type hot struct {
	left     room
	total    room
	id       uint64 // ordinal and provider: unique, the last tie-break
	dirty    uint64 // which of the first 64 indexes have it in their queue
	tie      uint32 // its priority among equals, least first
	edition  uint32 // grows when attributes change: static answers are stale
	tasks    int32
	reserved int16 // reserved host ports, those of tasks included
	state    state
}

// state is a bit set.
type state uint8

const (
	alive     state = 1 << iota // the slot holds an instance
	active                      // it is ACTIVE, not DRAINING
	connected                   // its agent is connected
	ready     = alive | active | connected
)

// priority is what an instance's keyed priority is drawn by.
type priority struct {
	entity  sim.Entity
	version uint64
}

// provider is the instance's capacity provider.
func (x *hot) provider() int { return int(x.id & (1<<32 - 1)) }

// cold is what a placement seldom reads.
type cold struct {
	spec      HostSpec
	ports     []uint64 // bit set of the known fixed ports in use or reserved
	heldPorts []uint64 // those of them that tasks hold
}

// group is a task group: what spread and distinctInstance count.
type group struct {
	name   string
	tasks  []uint32   // per host slot, as far as any was ever counted
	total  int        // tasks in the fleet
	values [][]uint32 // per spread attribute, per value; nil when no plan asks
}

// spread is an attribute that plans group by.
type spread struct {
	name   string
	values map[string]int32
	of     []int32 // per host slot: index of its value, -1 without
}

// NewFleet returns an empty fleet. It panics when cfg has no Bits and its Tie
// needs them.
func NewFleet(cfg Config) *Fleet {
	if cfg.Bits == nil && cfg.Tie == TieKeyed {
		panic("placement: Config.Bits is nil, and TieKeyed needs keyed draws")
	}
	if cfg.DynamicPorts == ([2]uint16{}) {
		cfg.DynamicPorts = [2]uint16{DynamicPortFirst, DynamicPortLast}
	}
	return &Fleet{
		cfg:    cfg,
		known:  map[uint64]Host{},
		groups: map[string]int32{}, attributes: map[string]int32{}, ports: map[Port]int{},
		bySignature: map[string]*index{},
	}
}

// Add registers an instance, ACTIVE and with its agent connected. It panics
// when the spec breaks the bounds its fields state: specs come from the
// program's own tables.
func (f *Fleet) Add(spec HostSpec) Host {
	total, err := roomOf(spec.Total)
	if err != nil {
		panic(fmt.Sprintf("placement: instance %d of provider %d: %v", spec.Ordinal, spec.Provider, err))
	}
	if spec.Ordinal > 1<<32-1 || spec.Provider < 0 || spec.Provider > MaxResource {
		panic(fmt.Sprintf("placement: ordinal %d or provider %d is out of range", spec.Ordinal, spec.Provider))
	}
	id := spec.Ordinal<<32 | uint64(spec.Provider)
	if other, ok := f.known[id]; ok {
		panic(fmt.Sprintf("placement: instance %d of provider %d is in the fleet already, as host %d", spec.Ordinal, spec.Provider, other))
	}
	if spec.Reserved == nil {
		spec.Reserved = ReservedPortsLinux
	}
	spec.Attributes = append([]Attribute(nil), spec.Attributes...)
	sort.SliceStable(spec.Attributes, func(i, j int) bool { return spec.Attributes[i].Name < spec.Attributes[j].Name })

	h := f.slot()
	f.known[id] = h
	f.live++
	f.hot[h] = hot{left: total, total: total, id: id, dirty: f.hot[h].dirty, tie: uint32(spec.Ordinal),
		edition: f.hot[h].edition + 1, reserved: int16(len(spec.Reserved)), state: ready}
	if f.cfg.Tie == TieKeyed {
		f.priorities[h] = priority{entity: spec.Entity}
	}
	x := &f.cold[h]
	*x = cold{spec: spec, ports: x.ports[:0], heldPorts: x.heldPorts[:0]}
	x.growPorts(len(f.ports))
	for _, p := range spec.Reserved {
		if bit, ok := f.ports[p]; ok {
			x.ports[bit/64] |= 1 << (bit % 64)
		}
	}
	for i := range f.spreads {
		f.spreads[i].of[h] = f.spreads[i].value(x)
	}
	f.touch(h)
	f.freed++
	return h
}

// slot returns a free slot, the lowest one.
func (f *Fleet) slot() Host {
	if n := len(f.free); n > 0 {
		h := f.free[n-1]
		f.free = f.free[:n-1]
		return h
	}
	f.hot = append(f.hot, hot{})
	if f.cfg.Tie == TieKeyed {
		f.priorities = append(f.priorities, priority{})
	}
	f.cold = append(f.cold, cold{})
	for i := range f.spreads {
		f.spreads[i].of = append(f.spreads[i].of, -1)
	}
	for range len(f.all) - 1 {
		f.far = append(f.far, 0)
	}
	for _, ix := range f.indexes {
		ix.grow(len(f.hot))
	}
	return Host(len(f.hot) - 1)
}

// Remove takes an instance out of the fleet. Every task must have released all
// it held there; Remove panics otherwise, because a later Release would go to
// whichever instance has the slot by then.
func (f *Fleet) Remove(h Host) {
	x := f.at(h)
	if f.hot[h].left != x.total || x.tasks != 0 {
		panic(fmt.Sprintf("placement: host %d is removed with %d tasks and %+v of %+v left: release first",
			h, x.tasks, f.hot[h].left.resources(), x.total.resources()))
	}
	x.state = 0
	delete(f.known, x.id)
	f.live--
	at := sort.Search(len(f.free), func(i int) bool { return f.free[i] < h })
	f.free = append(f.free, 0)
	copy(f.free[at+1:], f.free[at:])
	f.free[at] = h
	f.touch(h)
}

// SetActive sets whether the instance is ACTIVE; false is DRAINING: it keeps
// its tasks and gets no new ones.
func (f *Fleet) SetActive(h Host, on bool) {
	f.setState(h, active, on)
}

// SetAgentConnected sets whether the instance's agent is connected.
func (f *Fleet) SetAgentConnected(h Host, on bool) {
	f.setState(h, connected, on)
}

func (f *Fleet) setState(h Host, which state, on bool) {
	x := f.at(h)
	if on == (x.state&which != 0) {
		return
	}
	x.state ^= which
	f.touch(h)
	f.freed++
}

// SetAttribute sets a custom attribute, adding it if it is new. Tasks that run
// there stay, and count for the new value.
func (f *Fleet) SetAttribute(h Host, a Attribute) {
	f.at(h)
	x := &f.cold[h]
	list := x.spec.Attributes
	at := sort.Search(len(list), func(i int) bool { return list[i].Name >= a.Name })
	if at < len(list) && list[at].Name == a.Name {
		if list[at].Value == a.Value {
			return
		}
		list[at].Value = a.Value
	} else {
		list = append(list, Attribute{})
		copy(list[at+1:], list[at:])
		list[at] = a
		x.spec.Attributes = list
	}
	f.hot[h].edition++
	if s, ok := f.attributes[a.Name]; ok {
		from, to := f.spreads[s].of[h], f.spreads[s].value(x)
		for _, g := range f.groupList {
			if n := g.on(h); n > 0 {
				g.count(s, from, -int(n))
				g.count(s, to, int(n))
			}
		}
		f.spreads[s].of[h] = to
	}
	f.touch(h)
	f.freed++
}

// at returns the host of a live slot.
func (f *Fleet) at(h Host) *hot {
	if h < 0 || int(h) >= len(f.hot) || f.hot[h].state&alive == 0 {
		panic(fmt.Sprintf("placement: host %d is not in the fleet of %d slots", h, len(f.hot)))
	}
	return &f.hot[h]
}

// touch puts h in the queue of every index that does not have it there, and
// redraws its priority.
func (f *Fleet) touch(h Host) {
	f.changed++
	x := &f.hot[h]
	if f.cfg.Tie == TieKeyed {
		d := &f.priorities[h]
		x.tie = uint32(f.cfg.Bits(purposeTie, d.entity, d.version) >> 32)
		d.version++
	}
	for w, all := range f.all {
		dirty := &x.dirty
		if w > 0 {
			dirty = f.dirty(h, w)
		}
		if *dirty != all {
			f.enqueue(h, w, all&^*dirty)
			*dirty = all
		}
	}
}

// dirty is which of the 64 indexes from 64 w on have h in their queue.
func (f *Fleet) dirty(h Host, w int) *uint64 {
	if w == 0 {
		return &f.hot[h].dirty
	}
	return &f.far[int(h)*(len(f.all)-1)+w-1]
}

// enqueue puts h in the queues of some of the 64 indexes from 64 w on.
func (f *Fleet) enqueue(h Host, w int, which uint64) {
	for ; which != 0; which &= which - 1 {
		ix := f.indexes[w*64+bits.TrailingZeros64(which)]
		ix.queue = append(ix.queue, h)
	}
}

// attribute returns the value of an attribute of h.
func (x *cold) attribute(name string) (string, bool) {
	list := x.spec.Attributes
	at := sort.Search(len(list), func(i int) bool { return list[i].Name >= name })
	if at < len(list) && list[at].Name == name {
		return list[at].Value, true
	}
	return "", false
}

func (x *cold) growPorts(n int) {
	for len(x.ports)*64 < n {
		x.ports, x.heldPorts = append(x.ports, 0), append(x.heldPorts, 0)
	}
}

// value interns the instance's value of the attribute; -1 is none.
func (s *spread) value(x *cold) int32 {
	v, ok := x.attribute(s.name)
	if !ok {
		return -1
	}
	i, ok := s.values[v]
	if !ok {
		i = int32(len(s.values))
		s.values[v] = i
	}
	return i
}

// spreadOver returns the number of a spread attribute, new or known.
func (f *Fleet) spreadOver(name string) int32 {
	if s, ok := f.attributes[name]; ok {
		return s
	}
	s := int32(len(f.spreads))
	f.attributes[name] = s
	fresh := spread{name: name, values: map[string]int32{}, of: make([]int32, len(f.hot))}
	for h := range f.hot {
		fresh.of[h] = -1
		if f.hot[h].state&alive != 0 {
			fresh.of[h] = fresh.value(&f.cold[h])
		}
	}
	f.spreads = append(f.spreads, fresh)
	return s
}

// group returns the number of a task group, new or known.
func (f *Fleet) group(name string) int32 {
	g, ok := f.groups[name]
	if !ok {
		g = int32(len(f.groupList))
		f.groups[name] = g
		f.groupList = append(f.groupList, &group{name: name})
	}
	return g
}

// on is the number of the group's tasks on h.
func (g *group) on(h Host) uint32 {
	if int(h) >= len(g.tasks) {
		return 0
	}
	return g.tasks[h]
}

// watch starts counting the group by a spread attribute.
func (g *group) watch(f *Fleet, s int32) {
	for int(s) >= len(g.values) {
		g.values = append(g.values, nil)
	}
	if g.values[s] != nil {
		return
	}
	g.values[s] = []uint32{}
	for h := range g.tasks {
		if n := g.tasks[h]; n > 0 {
			g.count(s, f.spreads[s].of[h], int(n))
		}
	}
}

// count adds n tasks to a value of a spread attribute, if it is watched.
func (g *group) count(s, value int32, n int) {
	if int(s) >= len(g.values) || g.values[s] == nil || value < 0 {
		return
	}
	list := g.values[s]
	for int(value) >= len(list) {
		list = append(list, 0)
	}
	list[value] = uint32(int(list[value]) + n)
	g.values[s] = list
}

// counted is the number of the group's tasks on instances with that value;
// instances without the attribute come last.
func (g *group) counted(s, value int32) uint32 {
	if value < 0 {
		return 1<<32 - 1
	}
	if list := g.values[s]; int(value) < len(list) {
		return list[value]
	}
	return 0
}

// add counts n tasks of the group on h.
func (g *group) add(f *Fleet, h Host, n int) {
	for int(h) >= len(g.tasks) {
		g.tasks = append(g.tasks, 0)
	}
	now := int(g.tasks[h]) + n
	if now < 0 {
		panic(fmt.Sprintf("placement: group %s has %d tasks on host %d after a release", g.name, now, h))
	}
	g.tasks[h] = uint32(now)
	g.total += n
	for s, list := range g.values {
		if list == nil {
			continue
		}
		if v := f.spreads[s].of[h]; uint(v) < uint(len(list)) {
			list[v] += uint32(n)
		} else {
			g.count(int32(s), v, n)
		}
	}
}
