package ecs

import (
	"fmt"

	"ecsim/models/billing"
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads/units"
)

// ExternalParams are the keys of a capacity provider of kind "external":
// machines of one's own registered with ECS Anywhere.
type ExternalParams struct {
	Fleet string         `toml:"fleet" file:"true" doc:"file that lists machines, in a known format, relative to the scenario"`
	Speed units.Speed    `toml:"speed" default:"1.0" source:"Assumed: equal to Fargate x86" doc:"work per vCPU-second"`
	Nodes []ExternalNode `toml:"machines" doc:"machines by size, instead of a file"`
	Agent AgentParams    `toml:"agent" doc:"the ECS container agent's settings"`

	// Machines is the fleet in order, filled in by whoever reads Fleet.
	Machines []ExternalNode `toml:"-"`
}

// ExternalNode is a number of equal machines.
type ExternalNode struct {
	Name   string    `toml:"name" default:"machine"`
	CPU    units.CPU `toml:"cpu" required:"true" min:"1"`
	Memory units.MiB `toml:"memory" required:"true" min:"1"`
	GPU    int64     `toml:"gpu" default:"0" min:"0"`
	Count  int64     `toml:"count" default:"1" min:"1" max:"100000"`
}

var _ = RegisterKind(Kind{
	Name:   "external",
	Doc:    "machines of one's own under ECS Anywhere: a fixed fleet, a fee per machine-hour, no awsvpc",
	Source: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-anywhere.html",
	Family: "external",
	Params: func() any { return new(ExternalParams) },
	Validate: func(params any, _ string) []FieldError {
		p := params.(*ExternalParams)
		if (p.Fleet == "") == (len(p.Nodes) == 0) {
			return []FieldError{{"fleet", "want exactly one of fleet = \"FILE\" and machines = [{ cpu = 4096, memory = \"16 GB\", count = 3 }]"}}
		}
		errs := p.Agent.check(nil, 0)
		for i, n := range p.Nodes {
			if p.Agent.ReservedMemory >= n.Memory {
				errs = append(errs, FieldError{fmt.Sprintf("machines[%d].memory", i), fmt.Sprintf("got %v, want more than the %d MiB of agent.ecs_reserved_memory: it would not register", n.Memory, p.Agent.ReservedMemory)})
			}
		}
		return errs
	},
	NetworkModes: []string{"bridge", "host", "none"},
	Instances:    true,
	Example:      "machines = [{ cpu = \"8 vCPU\", memory = \"32 GB\", count = 4 }]",
	Queues:       func(any) bool { return false },
	New:          newExternal,
})

// external is a fixed fleet of machines that are there from time 0.
type external struct {
	pool
	order []*machine // one entry per machine
}

func newExternal(c *Cluster, idx int32, cfg ProviderConfig) (Provider, error) {
	p := cfg.Params.(*ExternalParams)
	e := &external{pool: newPool(c, idx, cfg.Name, p.Speed, &p.Agent)}
	nodes := p.Machines
	if len(nodes) == 0 {
		nodes = p.Nodes
	}
	fee := billing.ExternalInstance(c.cfg.Region)
	bySize := map[ExternalNode]*machine{}
	for _, n := range nodes {
		if n.Memory <= e.agent.reservedMemory {
			return nil, fmt.Errorf("capacity provider %s: machine %s has %v, no more than agent.ecs_reserved_memory: it would not register", cfg.Name, n.Name, n.Memory)
		}
		size := n
		size.Count = 0
		m := bySize[size]
		if m == nil {
			m = &machine{name: n.Name, cpu: n.CPU, memory: n.Memory - e.agent.reservedMemory, memorySrc: "as listed", pull: e.agent.throughput, gpu: int32(n.GPU), arch: "x86_64", os: "linux",
				weight: billing.SplitWeight(n.CPU, n.Memory)}
			im := e.meter(m, billing.None, 0)
			fee.SplitWeight = m.weight
			im.instance = c.ledger.Meter(fee)
			bySize[size] = m
			e.machines = append(e.machines, m)
		}
		for k := int64(0); k < n.Count; k++ {
			e.order = append(e.order, m)
		}
	}
	if len(e.order) == 0 {
		return nil, fmt.Errorf("capacity provider %s: the fleet has no machine", cfg.Name)
	}
	return e, nil
}

// Start registers all machines.
func (e *external) Start(now sim.Time) {
	for _, m := range e.order {
		inst := e.newInstance(m, billing.None, 0, now)
		in := &e.c.instances[inst]
		in.state = instanceBooting
		if e.c.cfg.Steady {
			e.c.steadyImages(in, now)
		}
		e.c.register(inst, now)
	}
}

// Grow is refused: the fleet is what it is.
func (e *external) Grow(*need, sim.Time) string {
	return fmt.Sprintf("has %d machines and no more; add machines", len(e.live))
}

// Opened does nothing.
func (e *external) Opened(sim.Time) {}

// Report keeps the list of types short: a fleet may have many sizes.
func (e *external) Report(now sim.Time, into *result.Provider) {
	e.pool.Report(now, into)
	if len(into.InstanceTypes) > 8 {
		into.InstanceTypes = append(into.InstanceTypes[:8:8], fmt.Sprintf("and %d more sizes", len(e.machines)-8))
	}
}
