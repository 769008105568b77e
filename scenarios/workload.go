package scenarios

import (
	"reflect"
	"slices"
	"strings"

	"ecsim/workloads"
	"ecsim/workloads/units"
)

// Keys that not every kind of workload has.
var kindKeys = map[string][]string{
	"batch": {"arrivals", "run_time", "work", "parallel", "deadline", "on_no_capacity", "oversize", "checkpoint_every"},
	"service": {"desired_count", "load", "request", "scaling", "load_balancer", "deployment_configuration", "deployment_controller",
		"health_check_grace_period_seconds", "availability_zone_rebalancing", "scale_in_protection"},
	"daemon": {"on_fargate", "deployment_configuration", "deployment_controller"},
}

// keysOf splits the keys of a workload into those that one of this kind has
// and those of the other kinds. An unknown kind has them all.
func keysOf(kind string) (own, foreign []string) {
	for other, keys := range kindKeys {
		if kindKeys[kind] != nil && other != kind {
			foreign = append(foreign, keys...)
		}
	}
	foreign = slices.DeleteFunc(foreign, func(k string) bool { return slices.Contains(kindKeys[kind], k) })
	for _, f := range fieldsOf(reflect.TypeFor[Workload]()) {
		if !slices.Contains(foreign, f.name) {
			own = append(own, f.name)
		}
	}
	return own, foreign
}

// finishWorkload checks what concerns several keys of a workload and fills in
// defaults that depend on others.
func (l *loader) finishWorkload(d *decoder, w *Workload, n *node, path []string) {
	said := map[string]bool{}
	for _, kind := range []string{"batch", "service", "daemon"} {
		for _, k := range kindKeys[kind] {
			if w.Kind == "" || kind == w.Kind || said[k] || slices.Contains(kindKeys[w.Kind], k) {
				continue
			}
			said[k] = true
			if c := n.get(k); c != nil {
				l.errs.add(c, "only a %s has this key, and %s is a %s; remove it", kind, w.Name, w.Kind)
			}
		}
	}
	switch w.Kind {
	case "batch":
		l.finishBatch(w, n)
	case "service":
		if n.get("desired_count") == nil {
			l.errs.addKey(n, "desired_count", "missing; a service needs the number of its tasks, such as desired_count = 6")
		}
		l.finishService(w, n)
	case "daemon":
		l.finishDaemon(d, w, n, path)
		l.finishService(w, n)
	}
	if w.Arrivals == nil || w.Arrivals.Trace == "" {
		for _, k := range []string{"cpu", "memory"} {
			if n.get(k) == nil && n.get("task_definition") == nil {
				l.errs.addKey(n, k, "missing; a task needs a reservation of %s, such as %s", k, map[string]string{"cpu": "cpu = 512", "memory": `memory = "1 GB"`}[k])
			}
		}
	}
	l.finishImages(d, w, n.get("image"), path)
	l.checkSizes(w, n)
	l.checkPorts(w, n)
	l.checkSubnets(w, n)
	if check := l.opts.Checks.Placement; check != nil {
		for _, err := range check(w.PlacementStrategy, nil) {
			l.errs.addKey(n, "placement_strategy", "%v", err)
		}
		for _, err := range check(nil, w.PlacementConstraints) {
			l.errs.addKey(n, "placement_constraints", "%v", err)
		}
	}
}

// finishImages fills in what is not said of a workload's images.
func (l *loader) finishImages(d *decoder, w *Workload, n *node, path []string) {
	list, several := n.list()
	if several && len(list) == 0 {
		l.errs.add(n, "got an empty list, want a table with name and size, or a list of them")
	}
	fill := func(key, doc, source, value string) {
		if !several {
			d.record(&node{}, field{doc: doc, source: source}, append(slices.Clone(path), "image", key), value)
		}
	}
	for i := range w.Image {
		m, at := &w.Image[i], n
		if several {
			at = list[i]
		}
		if m.Name == "" {
			if several {
				l.errs.addKey(at, "name", "missing; want the name of the image, with its tag")
			}
			m.Name = w.Name
			fill("name", "cache key on an instance", "the workload's name", quote(w.Name))
		}
		if at.get("size") == nil {
			if several {
				l.errs.addKey(at, "size", "missing; want its compressed size, such as \"350 MB\"")
			}
			m.Size = taskImage
			if w.Kind == "daemon" {
				m.Size = daemonImage
			}
			fill("size", "compressed size", "Assumed", quote(m.Size.String()))
		}
		if m.Repository == "" {
			m.Repository = repositoryOf(m.Name)
			fill("repository", "images of one repository share layers", "the image's name", quote(m.Repository))
		}
	}
}

// repositoryOf is an image's name without its tag and digest. A colon before
// the last slash is a registry's port.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (image)
func repositoryOf(name string) string {
	name, _, _ = strings.Cut(name, "@")
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		name = name[:i]
	}
	return name
}

func (l *loader) finishBatch(w *Workload, n *node) {
	replay := w.Arrivals != nil && w.Arrivals.Trace != ""
	if n.get("arrivals") == nil {
		l.errs.addKey(n, "arrivals", `missing; a batch needs arrivals, such as { schedule = "cron(0 2 * * ? *)" } or { pattern = "poisson", rate = "2/min" }`)
	}
	if replay {
		for _, k := range traceKeys {
			if c := n.get(k); c != nil {
				l.errs.add(c, "a replay takes it from the trace, task by task; remove this key")
			}
		}
	} else {
		l.finishDrawn(n)
	}
	var err error
	if w.NoCapacity, err = ParseOnNoCapacity(w.OnNoCapacity); err != nil {
		l.errs.addKey(n, "on_no_capacity", "%v", err)
	}
}

// traceKeys are what the tasks of a replay bring with them.
var traceKeys = []string{"cpu", "memory", "gpu", "run_time", "work", "parallel"}

// finishDrawn checks how long the tasks of drawn arrivals run.
func (l *loader) finishDrawn(n *node) {
	run, work := n.get("run_time") != nil, n.get("work") != nil
	switch {
	case run && work:
		l.errs.add(n.get("work"), "got run_time and work, want one: run_time never changes, work ends sooner with more CPU")
	case !run && !work && n.get("arrivals") != nil:
		l.errs.addKey(n, "run_time", `missing; a batch needs run_time such as "3h", or work such as "12 vCPU-h"`)
	}
	if c := n.get("parallel"); c != nil && run {
		l.errs.add(c, "caps the CPU of work, and this workload has run_time; remove it")
	}
}

// finishDaemon applies what ECS says of the DAEMON scheduling strategy: one
// task on each instance, no desired count, no placement strategy.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html
func (l *loader) finishDaemon(d *decoder, w *Workload, n *node, path []string) {
	for _, k := range []string{"placement_strategy", "capacity_provider_strategy"} {
		if c := n.get(k); c != nil {
			l.errs.add(c, "a daemon runs one task on every instance, so it has no %s; remove it", k)
		}
	}
	at := append(slices.Clone(path), "on_fargate")
	if w.OnFargate == nil {
		if n.get("on_fargate") != nil {
			return // said to be wrong
		}
		w.OnFargate = &OnFargate{}
		d.table(nil, at, nil, into(w.OnFargate))
	}
	side := n.get("on_fargate")
	f := field{doc: "reservation of the sidecar", source: "the daemon's"}
	if side.get("cpu") == nil {
		w.OnFargate.CPU, _ = w.Size()
		d.record(&node{}, f, append(slices.Clone(at), "cpu"), printInt(int64(w.OnFargate.CPU)))
	}
	if side.get("memory") == nil {
		_, w.OnFargate.Memory = w.Size()
		d.record(&node{}, f, append(slices.Clone(at), "memory"), printInt(int64(w.OnFargate.Memory)))
	}
}

// Bounds of a task's reservation.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters_ec2.html
const (
	maxTaskCPU    = 192 * units.VCPU
	minTaskMemory = 6 * units.MiB(1)
	maxTaskMemory = 24 * 1024 * units.GiB
)

// checkSizes checks what a reservation may be: within bounds, and the same for
// every task of a service or daemon.
func (l *loader) checkSizes(w *Workload, n *node) {
	check := func(key string, d *workloads.Dist, low, high int64, text func(int64) string) {
		if d == nil {
			return
		}
		v, constant := d.IsConstant()
		switch {
		case !constant && w.Kind != "batch":
			l.errs.addKey(n, key, "got %s, want one size: all tasks of a %s are alike", d, w.Kind)
		case constant && (v < low || v > high):
			l.errs.addKey(n, key, "got %s, want %s to %s", text(v), text(low), text(high))
		}
	}
	check("cpu", w.CPU.Dist, 0, int64(maxTaskCPU), func(v int64) string { return units.CPU(v).String() })
	check("memory", w.Memory.Dist, int64(minTaskMemory), int64(maxTaskMemory), func(v int64) string { return units.MiB(v).String() })
}

// checkPorts applies the rules of port mappings: no ports without a network,
// and with host and awsvpc the host port is the container's or left out.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
func (l *loader) checkPorts(w *Workload, n *node) {
	ports := n.get("port_mappings")
	if ports == nil || len(w.PortMappings) == 0 {
		return
	}
	if w.NetworkMode == "none" {
		l.errs.add(ports, "network_mode none has no ports; remove them or choose bridge")
		return
	}
	list, ok := ports.list()
	if !ok {
		list = []*node{ports}
	}
	type port struct {
		number   int64
		protocol string
	}
	taken := map[port]bool{}
	for i := range w.PortMappings {
		m := &w.PortMappings[i]
		if w.NetworkMode != "bridge" {
			if m.HostPort != 0 && m.HostPort != m.ContainerPort {
				l.errs.addKey(list[i], "host_port", "got %d, want the container's %d or nothing: network_mode %s does not translate ports", m.HostPort, m.ContainerPort, w.NetworkMode)
				continue
			}
			if w.NetworkMode == "host" {
				m.HostPort = m.ContainerPort
			}
		}
		if m.HostPort == 0 {
			continue
		}
		p := port{m.HostPort, m.Protocol}
		if taken[p] {
			l.errs.addKey(list[i], "host_port", "host port %d/%s is mapped twice; want another, or 0 for one that ECS picks", p.number, p.protocol)
		}
		taken[p] = true
	}
}

// maxSubnets is how many subnets a task's network configuration may name.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html
const maxSubnets = 16

// checkSubnets checks the zones of a workload's subnets, as far as it can
// without region and capacity; those are checked by platform.
func (l *loader) checkSubnets(w *Workload, n *node) {
	at := n.get("subnets")
	if at == nil {
		return
	}
	if len(w.Subnets) == 0 || len(w.Subnets) > maxSubnets {
		l.errs.add(at, "got %d subnets, want 1 to %d", len(w.Subnets), maxSubnets)
	}
	if w.Kind == "daemon" {
		l.errs.add(at, "a daemon runs on every instance; remove it")
	}
}
