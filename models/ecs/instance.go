package ecs

import (
	"fmt"
	"slices"

	"ecsim/models/billing"
	"ecsim/models/ecs/placement"
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads/units"
)

// instanceState is where a container instance is in its life.
type instanceState uint8

const (
	instanceGone     instanceState = iota
	instanceBooting                // launched, not registered
	instanceActive                 // registered, takes tasks
	instanceDraining               // takes no new tasks
)

// machine is what an instance of one type offers to one provider.
type machine struct {
	name       string
	cpu        units.CPU
	memory     units.MiB // registered, not nominal
	gpu        int32
	eni        int32 // network interfaces for awsvpc tasks
	arch       string
	os         string
	weight     int64               // split weight
	meters     [3][]instanceMeters // by purchase option, then zone
	memorySrc  string
	launched   int64
	family     string
	burst      *burst                // nil unless burstable
	attributes []placement.Attribute // custom
	pull       units.Bytes           // a second that image pulls share, 0 for no limit
	disk       units.Bytes           // that images lie on, 0 for no limit
}

// instanceMeters are what one running instance is charged on.
type instanceMeters struct {
	instance billing.MeterID
	surplus  billing.MeterID // CPU credits of a burstable type
	extra    []extraMeter
}

type extraMeter struct {
	meter    billing.MeterID
	quantity int64
}

// instance is one container instance. Slots are reused.
type instance struct {
	host     placement.Host
	provider int32
	machine  *machine
	option   billing.Option
	zone     int32
	state    instanceState
	ordinal  uint64
	launched sim.Time // RunInstances
	billed   sim.Time // running: the meter starts

	first, last TaskID // tasks, in order of placement
	tasks       int64
	nonDaemon   int64  // tasks of services and batches
	lingering   int32  // tasks between STOPPING and exit of their containers
	offline     bool   // its agent is not connected
	links       uint64 // draws about its connection so far
	link        sim.Timer
	queue       []TaskID // placed tasks that the host has no room for yet, in order
	disk        disk

	cpu     int64 // capacity, 1/1024 units
	speed   int64 // millionths
	demand  int64 // sum of RUNNING tasks' caps, 1/1024 units
	used    int64 // sum of its tasks' rates, 1/1024 units
	elastic int64
	crowded bool // demand exceeds capacity: CPU is shared out

	credits   int64 // burstable: vCPU-ns banked, negative when owed
	creditsAt sim.Time
	surplus   int64 // vCPU-ns to be charged, less than the meter counts

	idleSince sim.Time // last task of a service or batch stopped

	freeCPU    int64 // registered less reserved
	freeMemory int64
	timer      sim.Timer
}

// pool is what providers that own container instances have in common.
type pool struct {
	c           *Cluster
	idx         int32
	name        string
	speed       int64
	machines    []*machine
	live        []int32 // instances launched and not gone, in launch order
	inZone      []int64 // of live, by zone
	onDemand    int64   // of live, bought On-Demand
	active      int64
	launches    uint64
	gone        int64
	placed      int64
	count       *sim.Series // live
	countLvl    sim.Level
	agent       *agentSettings
	disconnects int64
	least       int64    // fewest at once in the window, -1 before any
	countAt     sim.Time // of the last change
}

func newPool(c *Cluster, idx int32, name string, speed units.Speed, agent *AgentParams) pool {
	a, _ := agent.settings() // checked with the other parameters
	return pool{c: c, idx: idx, name: name, speed: int64(speed), inZone: make([]int64, c.cfg.Zones), count: c.newSeries(), least: -1, agent: a}
}

// meter returns the meters of a machine bought in one way in one zone.
func (p *pool) meter(m *machine, option billing.Option, zone int32) *instanceMeters {
	row := m.meters[option]
	if row == nil {
		row = make([]instanceMeters, p.c.cfg.Zones)
		m.meters[option] = row
	}
	return &row[zone]
}

// Resolve compiles the need's placement plan and checks that at least one
// machine of the pool could hold it when empty but for its daemons.
func (p *pool) Resolve(n *need, w *workload) string {
	c := p.c
	kind := KindOf(c.cfg.Providers[p.idx].Kind)
	if !kind.allows(w.cfg.NetworkMode) {
		return fmt.Sprintf("capacity kind %s runs network modes %s, not %s", kind.Name, kind.modes(), w.cfg.NetworkMode)
	}
	req := placement.Requirement{
		Resources:   placement.Resources{CPU: int64(n.shape.CPU), Memory: int64(n.shape.Memory), GPU: int32(n.shape.GPU)},
		Provider:    int(p.idx),
		Group:       w.group(),
		Rules:       w.rules,
		Constraints: w.constraints,
		Service:     w.cfg.Kind == Service,
		Attributes:  []placement.Attribute{{Name: placement.AttributeArchitecture, Value: archName(w.cfg.ARM64)}},
		Scheduler:   c.scheduler,
	}
	if w.cfg.NetworkMode == "awsvpc" {
		req.Resources.ENI = 1
		req.Zones = w.cfg.Zones
	} else {
		req.Ports = w.cfg.Ports
		// Each provider's agents have their own dynamic range.
		for _, port := range req.Ports {
			if lo, hi := p.agent.dynamic[0], p.agent.dynamic[1]; port.Number >= lo && port.Number <= hi {
				return fmt.Sprintf("fixed host port %s lies in the dynamic range %d-%d of %s; choose another, or set agent.ecs_dynamic_host_port_range", port, lo, hi, p.name)
			}
			if slices.Contains(p.agent.reserved, port) {
				return fmt.Sprintf("host port %s is reserved on the instances of %s (agent.ecs_reserved_ports); choose another", port, p.name)
			}
		}
	}
	plan, err := c.fleet.Compile(req)
	if err != nil {
		return err.Error()
	}
	n.plans[p.idx] = plan
	why := ""
	for _, m := range p.machines {
		if why = p.holds(m, n, w); why == "" {
			return ""
		}
	}
	return why
}

func archName(arm bool) string {
	if arm {
		return "arm64"
	}
	return "x86_64"
}

// room is what machine m offers to tasks of w: what it registers, less its
// daemons, in order, as far as there is room for them.
func (p *pool) room(m *machine, w *workload) (cpu, memory int64, gpu, eni int32) {
	cpu, memory, gpu, eni = int64(m.cpu), int64(m.memory), m.gpu, m.eni
	if w != nil && w.cfg.Kind == Daemon {
		return
	}
	for i := range p.c.workloads {
		d := &p.c.workloads[i].cfg
		if d.Kind != Daemon || archName(d.ARM64) != m.arch {
			continue
		}
		s, own := d.Shape, int32(0)
		if d.NetworkMode == "awsvpc" {
			own = 1
		}
		if int64(s.CPU) > cpu || int64(s.Memory) > memory || int32(s.GPU) > gpu || own > eni {
			continue
		}
		cpu -= int64(s.CPU)
		memory -= int64(s.Memory)
		gpu -= int32(s.GPU)
		eni -= own
	}
	return
}

// holds returns why an empty instance of m cannot hold n, "" if it can.
func (p *pool) holds(m *machine, n *need, w *workload) string {
	cpu, memory, gpu, eni := p.room(m, w)
	switch {
	case m.arch != archName(w.cfg.ARM64):
		return fmt.Sprintf("%s is %s, the task is built for %s", m.name, m.arch, archName(w.cfg.ARM64))
	case int64(n.shape.CPU) > cpu:
		return fmt.Sprintf("%s offers %v, the task asks for %v", m.name, units.CPU(cpu), n.shape.CPU)
	case int64(n.shape.Memory) > memory:
		return fmt.Sprintf("%s offers %v (%s), the task asks for %v", m.name, units.MiB(memory), m.memorySrc, n.shape.Memory)
	case int32(n.shape.GPU) > gpu:
		return fmt.Sprintf("%s offers %d GPUs, the task asks for %d", m.name, gpu, n.shape.GPU)
	case p.portTaken(m, w) != "":
		return p.portTaken(m, w)
	case w.cfg.NetworkMode == "awsvpc" && eni < 1:
		return fmt.Sprintf("%s has no network interface left for an awsvpc task", m.name)
	}
	return ""
}

// capacity is how many tasks of n an empty machine m holds, and what runs out
// first.
func (p *pool) capacity(m *machine, n *need, w *workload) (int64, string) {
	cpu, memory, gpu, eni := p.room(m, w)
	best, binding := int64(1<<40), "nothing"
	limit := func(have, each int64, name string) {
		if each > 0 && have/each < best {
			best, binding = have/each, name
		}
	}
	limit(cpu, int64(n.shape.CPU), "cpu")
	limit(memory, int64(n.shape.Memory), "memory")
	limit(int64(gpu), int64(n.shape.GPU), "gpu")
	if w.cfg.NetworkMode == "awsvpc" {
		limit(int64(eni), 1, "eni")
	} else {
		if len(w.cfg.Ports) > 0 {
			limit(1, 1, "ports")
		}
	}
	for _, s := range w.cfg.Constraints {
		if s == "distinctInstance" {
			limit(1, 1, "distinctInstance")
		}
	}
	return max(best, 0), binding
}

// Place asks the scheduler for an instance of this provider.
func (p *pool) Place(id TaskID, now sim.Time) {
	c := p.c
	t := &c.tasks[id]
	n := &c.needs[t.need]
	w := &c.workloads[n.w]
	if c.full(w) && !c.admitting {
		c.hold(t, now)
		t.state = stateOutside
		c.outside = append(c.outside, id)
		return
	}
	h, why := c.fleet.Place(n.plans[p.idx], uint64(t.attempts), t.entity)
	if why != placement.ReasonNone {
		c.refused(id, now, why)
		return
	}
	c.settle(id, c.byHost[h], now)
	c.retryDynamic(now)
}

// Release gives back a stopping task's room and offers it to those who wait.
func (p *pool) Release(id TaskID, now sim.Time) {
	c := p.c
	t := &c.tasks[id]
	n := &c.needs[t.need]
	in := &c.instances[t.inst]
	in.freeCPU += int64(n.shape.CPU)
	in.freeMemory += int64(n.shape.Memory)
	c.ledger.Reserve(p.meter(in.machine, in.option, in.zone).instance, int(n.w), now, -n.weight)
	c.fleet.Release(n.plans[p.idx], in.host, placement.PartRoom)
	c.roomOn(t.inst, now)
}

// Deprovisioning detaches an awsvpc task's interface; other tasks have none.
func (p *pool) Deprovisioning(n *need) sim.Time {
	if p.c.workloads[n.w].cfg.NetworkMode == "awsvpc" {
		return p.c.cfg.Stages.Deprovisioning
	}
	return 0
}

// Stopped takes a task off its instance. The network interface is free only
// now. Assumed: AWS does not say when the control plane frees its slot.
func (p *pool) Stopped(id TaskID, now sim.Time) {
	c := p.c
	t := &c.tasks[id]
	n := &c.needs[t.need]
	inst := t.inst
	in := &c.instances[inst]
	if t.prev == none {
		in.first = t.next
	} else {
		c.tasks[t.prev].next = t.next
	}
	if t.next == none {
		in.last = t.prev
	} else {
		c.tasks[t.next].prev = t.prev
	}
	t.next, t.prev = none, none
	in.tasks--
	if c.workloads[n.w].cfg.Kind != Daemon {
		in.nonDaemon--
	}
	c.fleet.Release(n.plans[p.idx], in.host, placement.PartENI|placement.PartTask)
	if in.state == instanceDraining && in.nonDaemon == 0 {
		p.terminate(inst, now)
		return
	}
	// What is free only now: the network interface, and the instance for the
	// next of tasks that want one each.
	if w := &c.workloads[n.w]; w.cfg.NetworkMode == "awsvpc" || w.distinct {
		c.roomOn(inst, now)
	}
	c.retryDynamic(now)
}

// bill charges an instance from running to now, in whole seconds, a minute at
// least per start.
// Source: https://aws.amazon.com/ec2/pricing/on-demand/ (per-second billing)
func (p *pool) bill(in *instance, now sim.Time) {
	if now <= in.billed {
		return
	}
	secs := billing.BilledSeconds(now-in.billed, 60)
	m := p.meter(in.machine, in.option, in.zone)
	p.c.ledger.Span(m.instance, -1, in.billed, secs, 1)
	for _, e := range m.extra {
		p.c.ledger.Span(e.meter, -1, in.billed, secs, e.quantity)
	}
}

// Finish bills what still runs.
func (p *pool) Finish(now sim.Time) {
	for _, inst := range p.live {
		p.c.settleCredits(&p.c.instances[inst], now)
		p.bill(&p.c.instances[inst], now)
	}
}

// Report fills in what all pools report.
func (p *pool) Report(now sim.Time, into *result.Provider) {
	into.Tasks = p.placed
	into.Launched = int64(p.launches)
	into.Terminated = p.gone
	into.Disconnects = p.disconnects
	into.MeanInstances = p.countLvl.Mean(now)
	into.MaxInstances = p.countLvl.Max()
	p.noteLeast()
	into.MinInstances = p.least
	into.Instances = c2series(p.count, now)
	for _, m := range p.machines {
		if m.launched > 0 {
			into.InstanceTypes = append(into.InstanceTypes, m.name)
		}
		if m.meters[billing.Spot] != nil {
			into.Spot = true
		}
	}
}

// zoneFor is where a new instance goes: the zone with the fewest of the
// group's, the first of them in a tie.
// Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/auto-scaling-availability-zone-balanced.html
func (p *pool) zoneFor() int32 {
	best := 0
	for z, n := range p.inZone {
		if n < p.inZone[best] {
			best = z
		}
	}
	return int32(best)
}
