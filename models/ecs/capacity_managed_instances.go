package ecs

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"ecsim/models/billing"
	"ecsim/models/catalog"
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// ManagedInstancesParams are the keys of a capacity provider of kind
// "managed-instances": ECS itself picks, starts and ends EC2 instances.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ManagedInstances.html
type ManagedInstancesParams struct {
	AllowedInstanceTypes []string               `toml:"allowed_instance_types" doc:"instance types to choose from; default current general-purpose types of 2 vCPU or more, as ECS chooses"`
	VCPU                 Range                  `toml:"vcpu_count" doc:"when no types are listed"`
	Memory               MemoryRange            `toml:"memory" doc:"when no types are listed"`
	CPUArchitecture      string                 `toml:"cpu_architecture" default:"X86_64" allowed:"X86_64|ARM64" doc:"when no types are listed"`
	Speed                units.Speed            `toml:"speed" default:"1.0" source:"Assumed: equal to Fargate x86" doc:"work per vCPU-second"`
	Max                  int64                  `toml:"max_instances" default:"5000" min:"1" max:"100000" source:"https://docs.aws.amazon.com/general/latest/gr/ecs-service.html (container instances per cluster)"`
	Boot                 workloads.DurationDist `toml:"boot" default:"{dist=\"lognormal\", p50=\"40s\", p95=\"70s\"}" source:"Assumed 2026-11: about 40 s from nothing to the first log line (2026-01)" doc:"launch to registered"`
	Pending              units.Duration         `toml:"pending" default:"16s" source:"Assumed: pending to running measured at 16-18 s for any type" doc:"launch to running, when the meter starts"`
	Reaction             units.Duration         `toml:"reaction" default:"5s" source:"Assumed: AWS publishes no figure" doc:"from a task waiting to a launch; tasks that come meanwhile share it"`
	ScaleInAfter         units.Duration         `toml:"scale_in_after" default:"5m" max:"3600s" source:"Assumed: ECS's own timing is not published" doc:"an instance idle this long ends"`
	FirstSpread          int64                  `toml:"spread_instances" default:"3" min:"1" max:"6" source:"https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-instances-instance-types.html" doc:"instances over which the first tasks are spread"`
	DataVolume           string                 `toml:"data_volume" default:"80 GiB gp3" source:"https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ManagedInstances.html"`
	RegisteredMemory     units.MiB              `toml:"registered_memory" min:"1"`
	Draining14Days       *bool                  `toml:"drain_after_14_days" later:"the yearly round of instance replacement after 14 days"`
}

// Range is a least and a most.
type Range struct {
	Min int64 `toml:"min" default:"2" min:"2"`
	Max int64 `toml:"max" default:"64" min:"2"`
}

// MemoryRange is a least and a most memory.
type MemoryRange struct {
	Min units.MiB `toml:"min" default:"0" min:"0"`
	Max units.MiB `toml:"max" default:"512 GB"`
}

var _ = RegisterKind(Kind{
	Name:          "managed-instances",
	Doc:           "ECS Managed Instances: EC2 instances that ECS picks and runs, for a fee on top",
	Source:        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ManagedInstances.html",
	Family:        "Managed Instances",
	Params:        func() any { return new(ManagedInstancesParams) },
	Validate:      validateManaged,
	NetworkModes:  []string{"awsvpc", "host"},
	LoadBalancers: managedBalancers,
	Instances:     true,
	Example:       "allowed_instance_types = [\"m6a.large\", \"m6a.2xlarge\"]",
	Assumed: func(params any) []string {
		p := params.(*ManagedInstancesParams)
		return []string{fmt.Sprintf("Managed Instance boot %s, idle ones end after %v", median(p.Boot), p.ScaleInAfter)}
	},
	New: newManaged,
})

func validateManaged(params any, region string) []FieldError {
	p := params.(*ManagedInstancesParams)
	errs := checkTypes("allowed_instance_types", p.AllowedInstanceTypes, region)
	for i, name := range p.AllowedInstanceTypes {
		if t, err := catalog.Type(name); err == nil && (t.VCPU < 2 || strings.HasSuffix(name, ".nano") || strings.HasSuffix(name, ".micro")) {
			errs = append(errs, FieldError{fmt.Sprintf("allowed_instance_types[%d]", i), fmt.Sprintf("got %s, want a type of more than 1 vCPU that is no nano or micro: Managed Instances take no other", name)})
		}
	}
	if _, _, err := parseVolume(p.DataVolume); err != nil {
		errs = append(errs, FieldError{"data_volume", err.Error()})
	}
	if len(errs) == 0 && catalog.CheckRegion(region) == nil && len(candidates(p, region)) == 0 {
		errs = append(errs, FieldError{"vcpu_count", fmt.Sprintf("no general-purpose %s type in %s has %d to %d vCPU and %v to %v; widen vcpu_count or memory, or list allowed_instance_types",
			p.CPUArchitecture, region, p.VCPU.Min, p.VCPU.Max, p.Memory.Min, p.Memory.Max)})
	}
	return errs
}

// candidates are the types a provider may choose from: those listed, else the
// current general-purpose (m) types within the ranges.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-instances-instance-types.html
func candidates(p *ManagedInstancesParams, region string) (types []*catalog.InstanceType) {
	if len(p.AllowedInstanceTypes) > 0 {
		for _, name := range p.AllowedInstanceTypes {
			if t, err := catalog.Type(name); err == nil {
				types = append(types, t)
			}
		}
		return types
	}
	for _, t := range catalog.Types() {
		if !strings.HasPrefix(t.Family, "m") || strings.HasPrefix(t.Family, "mac") || !t.CurrentGeneration || t.BareMetal || t.Estimated || t.Flex || t.GPUs > 0 {
			continue
		}
		if string(t.Arch) != archName(p.CPUArchitecture == "ARM64") || int64(t.VCPU) < p.VCPU.Min || int64(t.VCPU) > p.VCPU.Max ||
			t.MemoryMiB < p.Memory.Min || t.MemoryMiB > p.Memory.Max {
			continue
		}
		if _, err := catalog.OnDemand(t.Name, region); err != nil {
			continue
		}
		types = append(types, t)
	}
	return types
}

// managed is a Managed Instances capacity provider.
type managed struct {
	pool
	params  *ManagedInstancesParams
	price   []units.Price // on-demand, per machine
	planned bool          // a launch decision is due
	// barred says of a need and a machine in which zones, as bits, an empty
	// instance was refused by the need's constraints: buying more would not
	// help.
	barred map[barrier]uint8
}

type barrier struct {
	need    int32
	machine *machine
}

// purchase is one instance to launch.
type purchase struct {
	machine int
	zone    int32
}

func newManaged(c *Cluster, idx int32, cfg ProviderConfig) (Provider, error) {
	p := cfg.Params.(*ManagedInstancesParams)
	m := &managed{pool: newPool(c, idx, cfg.Name, p.Speed, nil), params: p, barred: map[barrier]uint8{}}
	for _, t := range candidates(p, c.cfg.Region) {
		mc, err := c.newMachine(t.Name, p.RegisteredMemory, nil, m.agent)
		if err != nil {
			return nil, err
		}
		price, err := catalog.OnDemand(t.Name, c.cfg.Region)
		if err != nil {
			return nil, err
		}
		m.machines = append(m.machines, mc)
		m.price = append(m.price, price.Rate)
	}
	if len(m.machines) == 0 {
		return nil, fmt.Errorf("capacity provider %s: no instance type to choose from", cfg.Name)
	}
	return m, nil
}

// meters makes the meters of a machine's first use in a zone.
func (m *managed) meters(mc *machine, zone int32) {
	im := m.meter(mc, billing.OnDemand, zone)
	if im.instance != 0 {
		return
	}
	c := m.c
	mc.disk = volumeBytes(m.params.DataVolume)
	im.instance = c.ledger.Meter(billing.Instance(mc.name, c.cfg.Region, c.cfg.zone(int(zone)), billing.OnDemand, mc.weight))
	im.surplus = c.surplusMeter(mc, im.instance)
	im.extra = append(im.extra, extraMeter{c.ledger.Meter(billing.ManagementFee(mc.name, c.cfg.Region, mc.gpu > 0, im.instance)), 1})
	if gib, kind, err := parseVolume(m.params.DataVolume); err == nil && gib > 0 {
		im.extra = append(im.extra, extraMeter{c.ledger.Meter(billing.Volume(kind, c.cfg.Region, im.instance)), gib})
	}
}

// Place asks the scheduler; a task without room makes ECS launch an instance
// shortly.
func (m *managed) Place(id TaskID, now sim.Time) {
	m.pool.Place(id, now)
	m.plan(now)
}

func (m *managed) plan(now sim.Time) {
	if !m.planned && m.waiting() {
		m.planned = true
		m.c.sim.At(now+sim.Time(m.params.Reaction), sim.ClassPolicy, (*managedPolicy)(m), 0)
	}
}

func (m *managed) waiting() bool {
	for _, ci := range m.c.active {
		if m.c.classes[ci].provider == m.idx {
			return true
		}
	}
	return false
}

type managedPolicy managed

// Handle launches instances for the tasks that wait and have none booting for
// them.
func (p *managedPolicy) Handle(now sim.Time, arg uint64) {
	m := (*managed)(p)
	if arg != 0 {
		m.idle(int32(arg>>32)-1, uint32(arg), now)
		return
	}
	m.planned = false
	for _, b := range m.buy() {
		m.add(b, now, false)
	}
}

// joined follows an instance's registration, when all that it could take has
// been placed there. If tasks still wait, what was bought did not hold them
// all; an instance that nothing wants is idle from the start.
func (m *managed) joined(inst int32, now sim.Time) {
	c := m.c
	in := &c.instances[inst]
	if in.nonDaemon == 0 {
		for _, ci := range c.active {
			if k := &c.classes[ci]; k.provider == m.idx {
				n := &c.needs[k.need]
				if m.holds(in.machine, n, &c.workloads[n.w]) == "" {
					m.barred[barrier{k.need, in.machine}] |= 1 << in.zone
				}
			}
		}
		m.idles(inst, now)
	}
	m.plan(now)
}

// pending is how many tasks of one need wait.
type pending struct {
	need  int32
	n     *need
	w     *workload
	count int64
}

// buy decides which machines to launch for the waiting tasks. Assumed: AWS
// says that it picks the most cost-optimised types and does not say how. Here:
// tasks that the booting instances will hold are taken off; the rest, in order
// of arrival, go to the type with the least price per weight of tasks it would
// hold, until all are held. The first instances of a provider share the tasks
// evenly, one per zone; each goes to the zone with the fewest in which it is of
// use.
func (m *managed) buy() (list []purchase) {
	c := m.c
	var wait []pending
	for _, ci := range c.active {
		k := &c.classes[ci]
		if k.provider == m.idx {
			n := &c.needs[k.need]
			wait = append(wait, pending{k.need, n, &c.workloads[n.w], k.count})
		}
	}
	sortPending(wait)
	least := leastOf(wait)
	for _, inst := range m.live {
		if in := &c.instances[inst]; in.state == instanceBooting {
			m.fill(in.machine, in.zone, wait, least, true)
		}
	}
	room := m.params.Max - int64(len(m.live))
	perZone := append([]int64(nil), m.inZone...)
	for total(wait) > 0 && room > 0 {
		lot := wait
		if spread := m.params.FirstSpread - int64(len(m.live)) - int64(len(list)); spread > 1 {
			lot = make([]pending, len(wait))
			for i, w := range wait {
				lot[i] = w
				lot[i].count = ceilDiv(w.count, spread)
			}
		}
		b, ok := m.choose(lot, perZone, least)
		if !ok {
			break // nothing that waits fits any type as things stand
		}
		after := append([]pending(nil), lot...)
		m.fill(m.machines[b.machine], b.zone, after, least, true)
		for i := range wait {
			wait[i].count -= lot[i].count - after[i].count
		}
		wait = slices.DeleteFunc(wait, func(w pending) bool { return w.count == 0 })
		list = append(list, b)
		perZone[b.zone]++
		room--
	}
	return list
}

// choose picks the next instance for a lot of tasks.
func (m *managed) choose(lot []pending, perZone []int64, least resources) (purchase, bool) {
	zones := make([]int32, len(perZone))
	for z := range zones {
		zones[z] = int32(z)
	}
	slices.SortStableFunc(zones, func(a, b int32) int { return cmp.Compare(perZone[a], perZone[b]) })
	for _, zone := range zones {
		best, rate := -1, math.Inf(1)
		for i, mc := range m.machines {
			held := m.fill(mc, zone, lot, least, false)
			if held == 0 {
				continue
			}
			if r := float64(m.price[i]) / float64(held); r < rate {
				best, rate = i, r
			}
		}
		if best >= 0 {
			return purchase{best, zone}, true
		}
	}
	return purchase{}, false
}

// resources are what every waiting task needs at least.
type resources struct {
	cpu, memory int64
	eni         int32
}

func leastOf(wait []pending) resources {
	r := resources{math.MaxInt64, math.MaxInt64, 1}
	for i := range wait {
		s := &wait[i].n.shape
		r.cpu, r.memory = min(r.cpu, int64(s.CPU)), min(r.memory, int64(s.Memory))
		if wait[i].w.cfg.NetworkMode != "awsvpc" {
			r.eni = 0
		}
	}
	return r
}

// fill returns the split weight of what an empty machine in a zone holds, in
// order, and takes it off if asked to. least lets it stop once nothing else
// can fit.
func (m *managed) fill(mc *machine, zone int32, wait []pending, least resources, take bool) (weight int64) {
	cpu, memory, gpu, eni := m.room(mc, nil)
	for i := range wait {
		if cpu < least.cpu || memory < least.memory || eni < least.eni {
			break
		}
		w := &wait[i]
		if w.count == 0 || m.barred[barrier{w.need, mc}]>>zone&1 != 0 || m.holds(mc, w.n, w.w) != "" {
			continue
		}
		most, _ := m.capacity(mc, w.n, w.w)
		k := min(w.count, most)
		s := w.n.shape
		if s.CPU > 0 {
			k = min(k, cpu/int64(s.CPU))
		}
		if s.Memory > 0 {
			k = min(k, memory/int64(s.Memory))
		}
		if s.GPU > 0 {
			k = min(k, int64(gpu)/int64(s.GPU))
		}
		if w.w.cfg.NetworkMode == "awsvpc" {
			k = min(k, int64(eni))
			eni -= int32(k)
		}
		cpu -= k * int64(s.CPU)
		memory -= k * int64(s.Memory)
		gpu -= int32(k) * int32(s.GPU)
		weight += k * w.n.weight
		if take {
			w.count -= k
		}
	}
	return weight
}

func total(wait []pending) (n int64) {
	for i := range wait {
		n += wait[i].count
	}
	return n
}

// sortPending puts the largest tasks first, so that types are chosen for them
// and smaller ones fill the gaps; ties by workload, then need.
func sortPending(wait []pending) {
	slices.SortFunc(wait, func(a, b pending) int {
		return cmp.Or(cmp.Compare(b.n.weight, a.n.weight), cmp.Compare(a.n.w, b.n.w), cmp.Compare(a.need, b.need))
	})
}

func (m *managed) add(b purchase, now sim.Time, ready bool) {
	c := m.c
	mc, zone := m.machines[b.machine], b.zone
	m.meters(mc, zone)
	from := int64(len(m.live))
	if ready {
		inst := m.newInstance(mc, billing.OnDemand, zone, now)
		in := &c.instances[inst]
		in.state = instanceBooting
		m.c.steadyImages(in, now)
		c.register(inst, now)
		return
	}
	boot := sim.Time(m.params.Boot.Quantile(c.sim.Uniform(purposeBoot, m.entity(m.launches), 0)))
	m.launch(mc, billing.OnDemand, zone, now, sim.Time(m.params.Pending), boot)
	c.activity(result.Activity{At: now, Provider: m.name, From: from, To: from + 1, Cause: "tasks wait: " + mc.name})
}

// Start has nothing to start: there is no group minimum.
func (m *managed) Start(sim.Time) {}

// Grow launches for the tasks that wait at time 0 of a steady start.
func (m *managed) Grow(n *need, now sim.Time) string {
	bought := m.buy()
	for _, b := range bought {
		m.add(b, now, true)
	}
	switch {
	case len(bought) > 0:
		return ""
	case int64(len(m.live)) >= m.params.Max:
		return fmt.Sprintf("is at its maximum, %d instances; raise max_instances", m.params.Max)
	}
	return "has no instance type on which the task's placement constraints hold; relax them"
}

// Opened does nothing: decisions follow from tasks.
func (m *managed) Opened(sim.Time) {}

// Stopped ends an instance that stays idle.
func (m *managed) Stopped(id TaskID, now sim.Time) {
	inst := m.c.tasks[id].inst
	m.pool.Stopped(id, now)
	switch in := &m.c.instances[inst]; {
	case in.state == instanceGone:
		m.plan(now) // there may be room below the maximum
	case in.state == instanceActive && in.nonDaemon == 0:
		m.idles(inst, now)
	}
}

// idles looks at an instance without tasks again when it may end.
func (m *managed) idles(inst int32, now sim.Time) {
	in := &m.c.instances[inst]
	in.idleSince = now
	m.c.sim.At(now+sim.Time(m.params.ScaleInAfter), sim.ClassPolicy, (*managedPolicy)(m), uint64(inst+1)<<32|uint64(uint32(in.ordinal)))
}

// idle ends instance inst if it is still the same one and has had no task for
// long enough.
func (m *managed) idle(inst int32, ordinal uint32, now sim.Time) {
	in := &m.c.instances[inst]
	if in.state != instanceActive || uint32(in.ordinal) != ordinal || in.provider != m.idx || in.nonDaemon > 0 ||
		now-in.idleSince < sim.Time(m.params.ScaleInAfter) {
		return
	}
	from := int64(len(m.live))
	m.c.activity(result.Activity{At: now, Provider: m.name, From: from, To: from - 1, Cause: "idle"})
	m.drain(inst, now)
	m.plan(now)
}
