package placement

import (
	"fmt"
	"strings"
)

// AnyProvider is Requirement.Provider when instances of every capacity
// provider may be used.
const AnyProvider = -1

// Requirement is what one kind of task needs of an instance and how it wishes
// to be placed.
type Requirement struct {
	Resources Resources
	// Ports are the fixed host ports of bridge and host networking.
	Ports []Port
	// Group is the task group: "service:NAME" or "family:NAME". Empty counts
	// nowhere.
	Group string
	// Provider is the only capacity provider whose instances may be used;
	// AnyProvider is no limit. The zero value is provider 0.
	Provider int
	// Rules are the placement strategies in order. None is ECS's default: for a
	// service its zones balanced, then the fewest tasks of it per instance; for
	// other tasks, Assumed, random.
	// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
	Rules   []Rule
	Service bool
	// Constraints are those of the task definition and of the service, at most
	// MaxConstraints.
	Constraints []Constraint
	// Attributes are the attributes the task definition requires (operating
	// system, architecture, capabilities); an empty Value asks only that the
	// attribute exists.
	Attributes []Attribute
	// Zones are the Availability Zones of an awsvpc task's subnets; none is any.
	Zones []string
	// Scheduler, if set, picks in place of the strategies.
	Scheduler Scheduler
	// Check, if set, is one more condition, asked of instances that meet all
	// others. It may read state of the caller's; a refusal with Check is never
	// remembered.
	Check func(Host) bool
}

// Plan is a compiled Requirement of one fleet.
type Plan struct {
	f     *Fleet
	req   Requirement
	need  room
	group *group // nil: counts nowhere
	rules []planRule
	// prefix is how many of rules come before the first key of an instance.
	prefix int
	random bool
	ports  []uint64 // bit set
	ix     *index
	search search // of pick

	refusedAt uint64 // version of the fleet at the last refusal, plus 1
	refused   Reason
}

// planRule is a rule as the index knows it: a spread attribute, or a part of
// an instance's key.
type planRule struct {
	attribute int32 // number of the spread attribute, -1 for a key
	part      int8  // index into the leaf's values, or into the key's parts
}

// maxKeys is how many measures of an instance fit into an index's key. The
// strategies of ECS have three: CPU, memory, tasks of the group.
const maxKeys = 3

// defaultService is ECS's placement of a service without strategies.
var defaultService = []string{"spread(attribute:" + AttributeZone + ")", "spread(instanceId)"}

// Compile checks a requirement and prepares the index it needs. Do it once per
// distinct kind of task: plans that differ in resources alone share an index.
func (f *Fleet) Compile(r Requirement) (*Plan, error) {
	need, err := roomOf(r.Resources)
	if err != nil {
		return nil, fmt.Errorf("placement: %w", err)
	}
	if r.Provider < AnyProvider {
		return nil, fmt.Errorf("placement: provider %d, want 0 or more, or %d for any", r.Provider, AnyProvider)
	}
	if err := checkConstraintCount(len(r.Constraints)); err != nil {
		return nil, fmt.Errorf("placement: %w", err)
	}
	if len(r.Rules) > MaxRules {
		return nil, fmt.Errorf("placement: %d placement strategies, at most %d are allowed", len(r.Rules), MaxRules)
	}
	if len(r.Rules) == 0 {
		text := []string{"random"}
		if r.Service {
			text = defaultService
		}
		if r.Rules, err = ParseRules(text); err != nil {
			panic("placement: a default strategy does not parse: " + err.Error())
		}
	}
	p := &Plan{f: f, req: r, need: need}
	if r.Group != "" {
		p.group = f.groupList[f.group(r.Group)]
	}
	if err := p.compilePorts(); err != nil {
		return nil, fmt.Errorf("placement: %w", err)
	}
	g := gate{provider: r.Provider, attributes: r.Attributes, zones: r.Zones, ports: p.ports, portCount: int16(len(r.Ports))}
	for _, c := range r.Constraints {
		switch {
		case c.expr == nil && p.group == nil:
			return nil, fmt.Errorf("placement: %w", errDistinctGroup)
		case c.expr == nil:
			g.distinct = p.group
		case c.expr.Dynamic():
			g.dynamic = append(g.dynamic, c.expr)
		default:
			g.static = append(g.static, c.expr)
		}
	}
	g.steady = len(g.dynamic) == 0 && g.distinct == nil && g.portCount == 0
	var o order
	if err := p.compileRules(&o); err != nil {
		return nil, fmt.Errorf("placement: %w", err)
	}
	if p.random && f.cfg.Bits == nil {
		return nil, fmt.Errorf("placement: random placement needs keyed draws: Config.Bits is nil")
	}
	p.ix = f.index(g, o)
	p.ix.serve(f, &p.need)
	p.search = search{need: p.need, from: p.ix.floor(&p.need), check: p.req.Check}
	return p, nil
}

// compileRules turns the rules into the order of an index. A rule that repeats
// an earlier one narrows nothing and is dropped.
func (p *Plan) compileRules(o *order) error {
	keys := false
	for _, r := range p.req.Rules {
		switch {
		case r.order.Random:
			p.random = true
		case r.order.Attribute != "":
			if p.group == nil {
				return fmt.Errorf("strategy %s counts the tasks of a group, and Group is empty", r)
			}
			s := p.f.spreadOver(r.order.Attribute)
			p.group.watch(p.f, s)
			part, fresh := o.attribute(s)
			if fresh {
				p.rules = append(p.rules, planRule{s, part})
				if !keys {
					p.prefix++
				}
			}
		default:
			if r.order.Measure == MeasureGroupTasks || r.order.Measure == MeasureKey {
				o.group = p.group
			}
			if r.order.Measure == MeasureGroupTasks && p.group == nil {
				return fmt.Errorf("strategy %s counts the tasks of a group, and Group is empty", r)
			}
			part, fresh := o.key(r)
			if len(o.keys) > maxKeys {
				return fmt.Errorf("strategies %v order instances by more than %d figures; drop one", p.req.Rules, maxKeys)
			}
			if fresh {
				p.rules = append(p.rules, planRule{-1, part})
				keys = true
			}
		}
		if p.random {
			break
		}
	}
	o.stable = p.random
	o.sampled = p.random && len(o.keys) == 0
	return nil
}

// compilePorts checks the fixed ports and gives each a bit.
func (p *Plan) compilePorts() error {
	f := p.f
	if len(p.req.Ports) > MaxReservedPorts {
		return fmt.Errorf("%d fixed host ports, at most %d are allowed on an instance", len(p.req.Ports), MaxReservedPorts)
	}
	for i, port := range p.req.Ports {
		if port.Number == 0 || port.Protocol > UDP {
			return fmt.Errorf("fixed host port %s: want 1 to 65535, tcp or udp; leave a dynamic port out", port)
		}
		if lo, hi := f.cfg.DynamicPorts[0], f.cfg.DynamicPorts[1]; port.Number >= lo && port.Number <= hi {
			return fmt.Errorf("fixed host port %s lies in the dynamic range %d-%d; choose another", port, lo, hi)
		}
		for _, other := range p.req.Ports[:i] {
			if other == port {
				return fmt.Errorf("fixed host port %s appears twice in one task", port)
			}
		}
		bit, ok := f.ports[port]
		if !ok {
			bit = len(f.ports)
			f.ports[port] = bit
			for h := range f.cold {
				x := &f.cold[h]
				x.growPorts(bit + 1)
				for _, r := range x.spec.Reserved {
					if r == port {
						x.ports[bit/64] |= 1 << (bit % 64)
					}
				}
			}
		}
		for len(p.ports) <= bit/64 {
			p.ports = append(p.ports, 0)
		}
		p.ports[bit/64] |= 1 << (bit % 64)
	}
	return nil
}

// Requirement is what the plan was compiled from, with defaults filled in. The
// caller must not write to its slices.
func (p *Plan) Requirement() Requirement { return p.req }

// String words the strategies and constraints: "spread(instanceId), distinctInstance".
func (p *Plan) String() string {
	var parts []string
	for _, r := range p.req.Rules {
		parts = append(parts, r.String())
	}
	for _, c := range p.req.Constraints {
		parts = append(parts, c.String())
	}
	return strings.Join(parts, ", ")
}
