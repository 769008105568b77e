package simulate

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"ecsim/models/ecs"
	"ecsim/models/elb"
	"ecsim/scenarios"
	"ecsim/sim"
)

// balancing is the load balancers of one platform as its services ask for
// them, and what AWS would refuse of it.
type balancing struct {
	sc     *scenarios.Scenario
	pl     *scenarios.Platform
	list   []elb.LoadBalancer // in name order, listeners and rules filled in
	shared map[string]bool
	// sharers are the workloads behind each, by name.
	sharers map[string][]int
	faults  []scenarios.WorkloadError
}

// balancersOf reads the load balancers of a platform.
func balancersOf(sc *scenarios.Scenario, pl *scenarios.Platform) *balancing {
	b := &balancing{sc: sc, pl: pl, shared: map[string]bool{}, sharers: map[string][]int{}}
	for name, x := range sc.LoadBalancers {
		lb := elb.LoadBalancer{Name: name, Type: elb.Type(x.Type), Internal: x.Scheme == "internal"}
		for _, l := range x.Listeners {
			protocol := l.Protocol
			if protocol == "" {
				protocol = lb.Type.Protocols()[0]
			}
			lb.Listeners = append(lb.Listeners, elb.Listener{Port: int(l.Port), Protocol: protocol})
		}
		b.list = append(b.list, lb)
		b.shared[name] = true
	}
	sort.Slice(b.list, func(i, j int) bool { return b.list[i].Name < b.list[j].Name })
	own := len(b.list)
	for i := range pl.Workloads {
		w := &pl.Workloads[i]
		if w.Kind == ecs.Daemon && len(placesOf(pl, w)) == 0 {
			continue // a sidecar there, of tasks that are no service's
		}
		for k := range w.LoadBalancer {
			b.join(i, w, k)
		}
	}
	for i := range b.list {
		lb := &b.list[i]
		lb.Sort()
		if i < own {
			for _, f := range lb.Check() {
				b.refuse("", "load_balancer."+lb.Name+"."+f.Key, f)
			}
		}
	}
	sort.SliceStable(b.list, func(i, j int) bool { return b.list[i].Name < b.list[j].Name })
	return b
}

// unnamed finds shared load balancers that no service names anywhere.
func unnamed(sc *scenarios.Scenario) (errs scenarios.Errors) {
	named := map[string]bool{}
	for i := range sc.Platforms {
		for k := range sc.Platforms[i].Workloads {
			for _, x := range sc.Platforms[i].Workloads[k].LoadBalancer {
				named[x.Name] = true
			}
		}
	}
	for name := range sc.LoadBalancers {
		if !named[name] {
			e := at(sc, "load_balancer."+name+".type", fmt.Sprintf("no service names this load balancer; write load_balancer = { name = %q } in one, or remove it", name))
			e.Key = "load_balancer." + name
			errs = append(errs, e)
		}
	}
	sort.Slice(errs, func(i, j int) bool { return errs[i].Key < errs[j].Key })
	return errs
}

func (b *balancing) refuse(workload, key string, f elb.Fault) {
	b.faults = append(b.faults, scenarios.WorkloadError{Workload: workload, KeyError: scenarios.KeyError{Key: key, Msg: f.Error()}})
}

// join puts entry k of workload i behind its load balancer.
func (b *balancing) join(i int, w *scenarios.Workload, k int) {
	x := &w.LoadBalancer[k]
	bad := func(key, format string, args ...any) {
		b.refuse(w.Name, fmt.Sprintf("load_balancer.%d.%s", k, key), elb.Fault{Text: fmt.Sprintf(format, args...)})
	}
	g := targetGroup(b.sc, x, "")
	lb, ok := b.balancer(w, k, &g, bad)
	if !ok {
		return
	}
	if !slices.Contains(b.sharers[lb.Name], i) {
		b.sharers[lb.Name] = append(b.sharers[lb.Name], i)
	}
	var l *elb.Listener
	for j := range lb.Listeners {
		if len(lb.Listeners) == 1 && (x.ListenerPort == 0 || x.Name == "") || int64(lb.Listeners[j].Port) == x.ListenerPort {
			l = &lb.Listeners[j]
		}
	}
	if l == nil {
		var ports []string
		for _, o := range lb.Listeners {
			ports = append(ports, fmt.Sprint(o.Port))
		}
		bad("listener_port", "got %d, want a listener of %s: %v", x.ListenerPort, lb.Name, ports)
		return
	}
	if why := lb.Type.Forwards(l.Protocol, g.Protocol); why != "" {
		bad("protocol", "%s", why)
	}
	if len(x.PathPattern)+len(x.HostHeader) == 0 {
		switch {
		case x.Priority != 0:
			bad("priority", "got %d without a condition; add path_pattern or host_header, or remove it to be the listener's default", x.Priority)
		case l.Default != "":
			bad("path_pattern", "missing; listener %d of %s sends what no rule takes to %s already: give one of them a path_pattern or host_header%s", l.Port, lb.Name, l.Default, onlyRules(lb.Type))
		default:
			l.Default = w.Name
		}
		return
	}
	if lb.Type != elb.Application {
		bad("path_pattern", "only an application load balancer has rules, and %s is of type %s; remove the condition and give the service a listener of its own", lb.Name, lb.Type)
		return
	}
	r := elb.Rule{Priority: int(x.Priority), Paths: x.PathPattern, Hosts: x.HostHeader, Target: w.Name}
	if x.Priority == 0 {
		bad("priority", "missing; a rule needs a priority from 1 to 50,000, unlike any other of its listener")
		r.Priority = 1
	} else {
		for _, o := range l.Rules {
			if o.Priority == r.Priority {
				bad("priority", "got %d, which the rule of %s has at listener %d of %s; want another", r.Priority, o.Target, l.Port, lb.Name)
			}
		}
	}
	for _, f := range r.Check() {
		b.refuse(w.Name, fmt.Sprintf("load_balancer.%d.%s", k, f.Key), f)
	}
	l.Rules = append(l.Rules, r)
}

func onlyRules(t elb.Type) string {
	if t == elb.Application {
		return ""
	}
	return "; with type " + string(t) + ", a listener of its own"
}

// balancer is the load balancer of entry k: a shared one, or one of the
// service's own.
func (b *balancing) balancer(w *scenarios.Workload, k int, g *elb.TargetGroup, bad func(key, format string, args ...any)) (*elb.LoadBalancer, bool) {
	x := &w.LoadBalancer[k]
	if x.Name != "" {
		for j := range b.list {
			if lb := &b.list[j]; lb.Name == x.Name && b.shared[x.Name] {
				if x.Type != "" && x.Type != string(lb.Type) {
					bad("type", "got %q, and load_balancer.%s is of type %s; remove it", x.Type, x.Name, lb.Type)
				}
				if x.Scheme != "" {
					bad("scheme", "belongs into [load_balancer.%s]; remove it", x.Name)
				}
				if x.ListenerProtocol != "" {
					bad("listener_protocol", "belongs into [load_balancer.%s] listeners; remove it", x.Name)
				}
				return lb, true
			}
		}
		bad("name", "no load balancer %q; add [load_balancer.%s], or remove the name to have one of the service's own", x.Name, x.Name)
		return nil, false
	}
	if x.Type == "" {
		bad("type", `missing; want type = "application", "network" or "classic", or the name of a [load_balancer.NAME]`)
		return nil, false
	}
	l := elb.Listener{Port: int(x.ListenerPort), Protocol: x.ListenerProtocol}
	if l.Protocol == "" {
		l.Protocol = g.Protocol
	}
	if l.Port == 0 {
		l.Port = 80
		if l.Protocol == "HTTPS" || l.Protocol == "TLS" {
			l.Port = 443
		}
	}
	if !slices.Contains(g.Balancer.Protocols(), l.Protocol) {
		bad("listener_protocol", "got %q, want one of %v with type %s", l.Protocol, g.Balancer.Protocols(), g.Balancer)
	}
	name := w.Name + "'s own" // no shared one can be called so
	if k > 0 {
		name = fmt.Sprintf("%s %d", name, k+1)
	}
	b.list = append(b.list, elb.LoadBalancer{Name: name, Type: g.Balancer, Internal: x.Scheme == "internal", Listeners: []elb.Listener{l}})
	return &b.list[len(b.list)-1], true
}

// targetGroup reads the target group of an entry.
func targetGroup(sc *scenarios.Scenario, x *scenarios.LoadBalancer, targetType string) elb.TargetGroup {
	t := x.Type
	if s, ok := sc.LoadBalancers[x.Name]; ok {
		t = s.Type
	}
	return elb.TargetGroup{
		Balancer: elb.Type(t), TargetType: targetType, Protocol: x.Protocol,
		HealthCheck: elb.HealthCheck{Interval: sim.Time(x.Interval), Timeout: sim.Time(x.Timeout),
			HealthyThreshold: int(x.Healthy), UnhealthyThreshold: int(x.Unhealthy), InitialPasses: int(x.InitialPasses)},
		DeregistrationDelay: sim.Time(x.Deregistration), SlowStart: sim.Time(x.SlowStart), Algorithm: x.Algorithm,
		Stickiness:   elb.Stickiness{Enabled: x.Stickiness.Enabled, Duration: sim.Time(x.Stickiness.Duration), Kept: x.Stickiness.Kept},
		Registration: sim.Time(x.Registration),
	}.Filled()
}

// checkBalancing finds what AWS would refuse of a platform's load balancers.
func checkBalancing(sc *scenarios.Scenario, pl *scenarios.Platform) []scenarios.WorkloadError {
	b := balancersOf(sc, pl)
	for i := range pl.Workloads {
		w := &pl.Workloads[i]
		b.checkSubnets(w)
		if len(w.LoadBalancer) > elb.MaxTargetGroups {
			b.refuse(w.Name, "load_balancer", elb.Fault{Text: fmt.Sprintf("got %d target groups, want at most %d for a service", len(w.LoadBalancer), elb.MaxTargetGroups),
				Source: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/register-multiple-targetgroups.html"})
		}
		for k := range w.LoadBalancer {
			g := targetGroup(sc, &w.LoadBalancer[k], "")
			if g.Balancer == "" {
				continue // said to be missing
			}
			for _, f := range g.Check() {
				b.refuse(w.Name, fmt.Sprintf("load_balancer.%d.%s", k, f.Key), f)
			}
			if g.Balancer == elb.Classic && len(w.LoadBalancer) > 1 {
				b.refuse(w.Name, fmt.Sprintf("load_balancer.%d.type", k), elb.Fault{Text: "got a classic load balancer beside another; a service has one classic load balancer and no target groups, or target groups only",
					Source: balancingDoc})
			}
			b.checkPort(w, k, g)
			b.checkKinds(w, k, g)
		}
	}
	return b.faults
}

const balancingDoc = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-load-balancing.html"

// checkPort checks the container port that entry k sends to.
func (b *balancing) checkPort(w *scenarios.Workload, k int, g elb.TargetGroup) {
	x := &w.LoadBalancer[k]
	if len(w.PortMappings) == 0 {
		return
	}
	want := []string{"tcp"}
	switch g.Protocol {
	case "UDP":
		want = []string{"udp"}
	case "TCP_UDP":
		want = []string{"tcp", "udp"}
	}
	port := x.ContainerPort
	if port == 0 {
		port = w.PortMappings[0].ContainerPort
	}
	for _, protocol := range want {
		if !slices.ContainsFunc(w.PortMappings, func(m scenarios.PortMapping) bool {
			return m.ContainerPort == port && m.Protocol == protocol
		}) {
			b.refuse(w.Name, fmt.Sprintf("load_balancer.%d.container_port", k), elb.Fault{
				Text: fmt.Sprintf("port_mappings map no container port %d/%s; map it, or name one that is mapped", port, protocol), Source: balancingDoc})
		}
	}
}

// fixedPort tells whether the container port of entry k has a fixed host port
// on instances.
func fixedPort(w *scenarios.Workload, k int) bool {
	port := w.LoadBalancer[k].ContainerPort
	for i, m := range w.PortMappings {
		if m.ContainerPort == port || port == 0 && i == 0 {
			return m.HostPort != 0 || w.NetworkMode == "host"
		}
	}
	return false
}

// checkKinds checks entry k against the rows of the capacity kinds that the
// workload runs on.
func (b *balancing) checkKinds(w *scenarios.Workload, k int, g elb.TargetGroup) {
	x := &w.LoadBalancer[k]
	bad := func(key, format string, args ...any) {
		b.refuse(w.Name, key, elb.Fault{Text: fmt.Sprintf(format, args...), Source: balancingDoc})
	}
	at := func(key string) string { return fmt.Sprintf("load_balancer.%d.%s", k, key) }
	for _, s := range placesOf(b.pl, w) {
		kind := kindOf(b.pl, s.CapacityProvider)
		if kind == nil {
			continue // said to be unknown
		}
		mode := modeOn(kind, w)
		if len(kind.LoadBalancers) == 0 {
			bad("load_balancer", "a service on %s (kind %s) of platform %s cannot have a load balancer; remove it there", s.CapacityProvider, kind.Name, b.pl.Name)
			continue
		}
		var types, modes []string
		var row *ecs.BalancerRow
		for i := range kind.LoadBalancers {
			r := &kind.LoadBalancers[i]
			if !slices.Contains(types, string(r.Type)) {
				types = append(types, string(r.Type))
			}
			if r.Type == g.Balancer {
				modes = append(modes, r.NetworkMode)
				if r.NetworkMode == mode {
					row = r
				}
			}
		}
		switch {
		case len(modes) == 0:
			bad(at("type"), "got %q, and tasks on %s of platform %s take load balancers of type %s", g.Balancer, s.CapacityProvider, b.pl.Name, strings.Join(types, " or "))
		case row == nil:
			bad("network_mode", "got %q behind a load balancer of type %s on %s of platform %s, want %s", mode, g.Balancer, s.CapacityProvider, b.pl.Name, strings.Join(modes, " or "))
		case x.TargetType != "" && x.TargetType != row.TargetType && row.TargetType == "":
			bad(at("target_type"), "got %q, and a classic load balancer has no target groups; remove it", x.TargetType)
		case x.TargetType != "" && x.TargetType != row.TargetType:
			bad(at("target_type"), "got %q, want %q: network_mode is %s on %s of platform %s", x.TargetType, row.TargetType, mode, s.CapacityProvider, b.pl.Name)
		case row.FixedPort && !fixedPort(w, k):
			bad("port_mappings", "a classic load balancer sends to one fixed host port of every instance, and the service maps none; give port_mappings with host_port, or take type = \"application\", which knows dynamic ports")
		case mode == "host" && len(w.PortMappings) == 0:
			bad("port_mappings", "missing; in network_mode host the load balancer sends to the container's port of the instance: map it")
		}
	}
}

// placesOf are the capacity providers on which tasks of w stand behind its load
// balancers: those of its strategy, of a daemon all with instances.
func placesOf(pl *scenarios.Platform, w *scenarios.Workload) (list []scenarios.StrategyItem) {
	if w.Kind != ecs.Daemon {
		return strategyOf(pl, w)
	}
	for i := range pl.Providers {
		if k := ecs.KindOf(pl.Providers[i].Kind); k != nil && k.Instances {
			list = append(list, scenarios.StrategyItem{CapacityProvider: pl.Providers[i].Name})
		}
	}
	return list
}

// modeOn is the network mode of a workload's tasks on a capacity kind: Fargate
// has one only, and takes any task there.
func modeOn(kind *ecs.Kind, w *scenarios.Workload) string {
	if kind.Reserved && len(kind.NetworkModes) == 1 {
		return kind.NetworkModes[0]
	}
	return w.NetworkMode
}

// groupsOf are the target groups of a workload, of the target type that its
// capacity asks for.
func groupsOf(sc *scenarios.Scenario, pl *scenarios.Platform, w *scenarios.Workload) (groups []elb.TargetGroup) {
	for k := range w.LoadBalancer {
		g := targetGroup(sc, &w.LoadBalancer[k], "")
		for _, s := range placesOf(pl, w) {
			kind := kindOf(pl, s.CapacityProvider)
			for _, r := range kind.LoadBalancers {
				if r.Type == g.Balancer && r.NetworkMode == modeOn(kind, w) {
					g.TargetType = r.TargetType
				}
			}
		}
		groups = append(groups, g)
	}
	return groups
}

// balancerConfigs are the load balancers that the platform pays for.
func balancerConfigs(sc *scenarios.Scenario, pl *scenarios.Platform) (list []ecs.BalancerConfig) {
	b := balancersOf(sc, pl)
	for i := range b.list {
		lb := &b.list[i]
		if s := b.sharers[lb.Name]; len(s) > 0 {
			list = append(list, ecs.BalancerConfig{Name: lb.Name, Type: lb.Type, Internal: lb.Internal, Sharers: s})
		}
	}
	return list
}

// checkSubnets checks that the zones of a workload's subnets are the
// scenario's, and that its tasks lie in subnets of their own.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html
func (b *balancing) checkSubnets(w *scenarios.Workload) {
	if len(w.Subnets) == 0 {
		return
	}
	var zones []string
	for z := range b.sc.AvailabilityZones {
		zones = append(zones, b.sc.Region+string(rune('a'+z)))
	}
	for k, z := range w.Subnets {
		if !slices.Contains(zones, z) {
			b.refuse(w.Name, "subnets", elb.Fault{Text: fmt.Sprintf("got %q, want zones of the scenario: %v", z, zones)})
		}
		if slices.Contains(w.Subnets[:k], z) {
			b.refuse(w.Name, "subnets", elb.Fault{Text: fmt.Sprintf("got %q twice, want a subnet a zone", z)})
		}
	}
	for _, s := range strategyOf(b.pl, w) {
		if kind := kindOf(b.pl, s.CapacityProvider); kind != nil && modeOn(kind, w) != "awsvpc" {
			b.refuse(w.Name, "subnets", elb.Fault{Text: fmt.Sprintf("only tasks of network_mode awsvpc have subnets, and it is %s on %s of platform %s; remove it there", w.NetworkMode, s.CapacityProvider, b.pl.Name),
				Source: "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html"})
		}
	}
}
