package ecs

import (
	"fmt"
	"sort"

	"ecsim/models/billing"
	"ecsim/models/ecs/placement"
	"ecsim/models/result"
	"ecsim/sim"
)

// launch starts one instance: it registers after boot.
func (p *pool) launch(m *machine, option billing.Option, zone int32, now, pending, boot sim.Time) int32 {
	inst := p.newInstance(m, option, zone, now)
	in := &p.c.instances[inst]
	in.state = instanceBooting
	in.billed = now + min(pending, boot)
	p.c.observeInstance(now, result.InstanceLaunched, inst)
	in.timer = p.c.sim.At(now+boot, sim.ClassState, (*registrations)(p.c), uint64(inst))
	return inst
}

// registrations handles instances that come up.
type registrations Cluster

// Handle registers instance arg.
func (r *registrations) Handle(now sim.Time, arg uint64) {
	(*Cluster)(r).register(int32(arg), now)
}

func (p *pool) newInstance(m *machine, option billing.Option, zone int32, now sim.Time) int32 {
	c := p.c
	var inst int32
	if k := len(c.freeInstances); k > 0 {
		inst = c.freeInstances[k-1]
		c.freeInstances = c.freeInstances[:k-1]
	} else {
		inst = int32(len(c.instances))
		c.instances = append(c.instances, instance{})
	}
	images, queue := c.instances[inst].disk.images, c.instances[inst].queue
	if images == nil {
		images = make([]onDisk, len(c.images))
	}
	clear(images)
	c.instances[inst] = instance{host: -1, provider: p.idx, machine: m, option: option, zone: zone, ordinal: p.launches,
		launched: now, billed: now, creditsAt: now, first: none, last: none, queue: queue[:0], disk: disk{images: images, cleanup: sim.MaxTime},
		cpu: int64(m.cpu) * rateScale, speed: p.speed, freeCPU: int64(m.cpu), freeMemory: int64(m.memory)}
	p.launches++
	m.launched++
	p.live = append(p.live, inst)
	p.inZone[zone]++
	if option == billing.OnDemand {
		p.onDemand++
	}
	p.changed(now)
	return inst
}

func (p *pool) changed(now sim.Time) {
	if now > p.countAt {
		p.noteLeast()
		p.countAt = now
	}
	p.count.Set(now, int64(len(p.live)))
	p.countLvl.Set(now, int64(len(p.live)))
}

// noteLeast counts the present number of instances among those that held for
// some time.
func (p *pool) noteLeast() {
	if n := p.countLvl.Value(); p.least < 0 || n < p.least {
		p.least = n
	}
}

// register makes an instance ACTIVE: daemons first, then those who wait.
func (c *Cluster) register(inst int32, now sim.Time) {
	in := &c.instances[inst]
	m := in.machine
	p := c.poolOf(in.provider)
	in.state = instanceActive
	in.disk.up = now
	c.cached(in, now, p.agent.brings)
	c.watchLink(inst, now)
	p.active++
	spec := placement.HostSpec{
		Provider: int(in.provider), Ordinal: in.ordinal,
		Entity:        p.entity(in.ordinal),
		Total:         placement.Resources{CPU: int64(m.cpu), Memory: int64(m.memory), GPU: m.gpu, ENI: m.eni},
		RegisteredAt:  c.cfg.Start.Add(now.Std()),
		EC2InstanceID: fmt.Sprintf("i-%02x%015x", in.provider, in.ordinal),
		AgentVersion:  p.agent.version,
		Reserved:      p.agent.reserved,
		Attributes: append([]placement.Attribute{
			{Name: placement.AttributeZone, Value: c.cfg.zone(int(in.zone))},
			{Name: placement.AttributeInstanceType, Value: m.name},
			{Name: placement.AttributeOSType, Value: "linux"},
			{Name: placement.AttributeArchitecture, Value: m.arch},
		}, m.attributes...),
	}
	h := c.fleet.Add(spec)
	in.host = h
	for int(h) >= len(c.byHost) {
		c.byHost = append(c.byHost, -1)
	}
	c.byHost[h] = inst
	c.capacityCPU.Add(now, int64(m.cpu))
	c.capacityMemory.Add(now, int64(m.memory))
	c.observeInstance(now, result.InstanceRegistered, inst)
	c.startDaemons(inst, now)
	c.roomOn(inst, now)
	c.retryDynamic(now)
	if l, ok := c.providers[in.provider].(interface {
		joined(inst int32, now sim.Time)
	}); ok {
		l.joined(inst, now)
	}
}

func (p *pool) entity(ordinal uint64) sim.Entity {
	// The provider's position, not its name nor its platform's: renaming
	// changes no draw.
	return entityProvider.With(uint64(p.idx)).With(ordinal)
}

// drain stops placement on an instance: service tasks move, batch tasks end in
// their own time.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-draining.html
func (p *pool) drain(inst int32, now sim.Time) {
	c := p.c
	in := &c.instances[inst]
	if in.state != instanceActive {
		return
	}
	in.state = instanceDraining
	c.fleet.SetActive(in.host, false)
	c.observeInstance(now, result.InstanceDraining, inst)
	if in.nonDaemon == 0 {
		p.terminate(inst, now)
		return
	}
	// Replacing one task may end others: the list is read before.
	var moving []TaskID
	for id := in.first; id != none; id = c.tasks[id].next {
		if c.workloads[c.needs[c.tasks[id].need].w].service != nil {
			moving = append(moving, id)
		}
	}
	for _, id := range moving {
		if t := &c.tasks[id]; t.inst == inst {
			c.workloads[c.needs[t.need].w].service.replace(c, id, now)
		}
	}
}

// terminate ends an instance and what runs on it.
func (p *pool) terminate(inst int32, now sim.Time) {
	c := p.c
	in := &c.instances[inst]
	// What its agent had begun is gone with it.
	in.queue, in.lingering = in.queue[:0], 0
	c.sim.Cancel(in.disk.timer)
	c.sim.Cancel(in.link)
	in.disk.fetches = in.disk.fetches[:0]
	for in.first != none {
		id := in.first
		t := &c.tasks[id]
		c.sim.Cancel(t.timer)
		if t.usesCPU() {
			c.leaveCPU(id, now)
			w := &c.workloads[c.needs[t.need].w]
			w.setRunning(now, -1)
			w.setZone(c, t, now, -1)
		}
		if t.state < stateStopping || t.unseen == unseenExit {
			c.dropRoom(id, now)
		}
		t.state = stateStopping
		t.ended = now
		// Stopped would look at draining again: the instance is already going.
		in.state = instanceGone
		c.stopped(id, now)
	}
	if in.host >= 0 {
		c.fleet.Remove(in.host)
		c.byHost[in.host] = -1
		p.active--
		c.capacityCPU.Add(now, -int64(in.machine.cpu))
		c.capacityMemory.Add(now, -int64(in.machine.memory))
	} else {
		c.sim.Cancel(in.timer)
	}
	c.settleCredits(in, now)
	p.bill(in, now)
	in.state = instanceGone
	c.observeInstance(now, result.InstanceTerminated, inst)
	i := sort.Search(len(p.live), func(i int) bool { return c.instances[p.live[i]].ordinal >= in.ordinal })
	p.live = append(p.live[:i], p.live[i+1:]...)
	p.inZone[in.zone]--
	if in.option == billing.OnDemand {
		p.onDemand--
	}
	p.gone++
	p.changed(now)
	c.freeInstances = append(c.freeInstances, inst)
}

// dropRoom releases a task's room without offering it to anyone: its instance
// is going.
func (c *Cluster) dropRoom(id TaskID, now sim.Time) {
	t := &c.tasks[id]
	n := &c.needs[t.need]
	in := &c.instances[t.inst]
	p := c.poolOf(t.provider)
	c.workloads[n.w].reserve(now, n, -1)
	c.reservedCPU.Add(now, -int64(n.shape.CPU))
	c.reservedMemory.Add(now, -int64(n.shape.Memory))
	c.ledger.Reserve(p.meter(in.machine, in.option, in.zone).instance, int(n.w), now, -n.weight)
	c.fleet.Release(n.plans[p.idx], in.host, placement.PartRoom)
}
