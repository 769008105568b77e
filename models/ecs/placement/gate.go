package placement

import (
	"fmt"
	"sort"
	"strings"

	"ecsim/models/ecs/query"
)

// gate is every condition on an instance but its room: what makes it a member
// of an index.
type gate struct {
	provider        int
	attributes      []Attribute
	zones           []string
	static, dynamic []*query.Expr
	distinct        *group
	ports           []uint64
	portCount       int16
	// steady: a member stays one while its attributes and its state (ACTIVE,
	// connected) do.
	steady bool
}

// signature names the gate: equal signatures, equal conditions.
func (g *gate) signature() string {
	var b strings.Builder
	fmt.Fprintf(&b, "provider %d\n", g.provider)
	var parts []string
	for _, a := range g.attributes {
		parts = append(parts, fmt.Sprintf("attribute %q=%q\n", a.Name, a.Value))
	}
	for _, e := range g.static {
		parts = append(parts, fmt.Sprintf("static %q\n", e.String()))
	}
	for _, e := range g.dynamic {
		parts = append(parts, fmt.Sprintf("dynamic %q\n", e.String()))
	}
	zones := append([]string(nil), g.zones...)
	sort.Strings(zones)
	sort.Strings(parts)
	fmt.Fprintf(&b, "zones %q\n%sports %x %d\n", zones, strings.Join(parts, ""), g.ports, g.portCount)
	if g.distinct != nil {
		fmt.Fprintf(&b, "distinct %q\n", g.distinct.name)
	}
	return b.String()
}

// fixed is the first condition that fails of those that only a change of the
// instance's attributes can change.
func (g *gate) fixed(f *Fleet, v *view) Reason {
	x := &f.cold[v.h]
	for _, a := range g.attributes {
		if value, ok := x.attribute(a.Name); !ok || a.Value != "" && value != a.Value {
			return ReasonAttribute
		}
	}
	if len(g.zones) > 0 {
		zone, ok := x.attribute(AttributeZone)
		for i := 0; ok && g.zones[i] != zone; {
			i++
			ok = i < len(g.zones)
		}
		if !ok {
			return ReasonLocation
		}
	}
	for _, e := range g.static {
		if !e.Match(v) {
			return ReasonMemberOf
		}
	}
	return ReasonNone
}

// stage is the first condition of the gate that v.h fails, ReasonNone if it
// passes. static is fixed's answer.
func (g *gate) stage(f *Fleet, v *view, static Reason) Reason {
	x := &f.hot[v.h]
	switch {
	case x.state&alive == 0 || g.provider >= 0 && x.provider() != g.provider:
		return ReasonEmptyProvider
	case x.state&active == 0:
		return ReasonNoActive
	case x.state&connected == 0:
		return ReasonAgent
	case static != ReasonNone:
		return static
	}
	for _, e := range g.dynamic {
		if !e.Match(v) {
			return ReasonMemberOf
		}
	}
	if g.distinct != nil && g.distinct.on(v.h) > 0 {
		return ReasonDistinct
	}
	if g.portCount > 0 {
		if x.reserved+g.portCount > MaxReservedPorts {
			return ReasonPorts
		}
		used := f.cold[v.h].ports
		for i, w := range g.ports {
			if used[i]&w != 0 {
				return ReasonPorts
			}
		}
	}
	return ReasonNone
}

// missing is the first resource that r lacks for need.
func missing(r, need *room) Reason {
	switch {
	case r.cpu < need.cpu:
		return ReasonCPU
	case r.memory < need.memory:
		return ReasonMemory
	case r.gpu < need.gpu:
		return ReasonGPU
	case r.eni < need.eni:
		return ReasonENI
	}
	return ReasonNone
}
