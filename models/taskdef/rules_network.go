package taskdef

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var _ = register(
	Rule{"network-fargate", "Fargate has networkMode awsvpc only.", fargateSource, onFargate, networkFargate},
	Rule{"network-external", "External instances have bridge, host and none.", externalSource, []LaunchType{External}, networkExternal},
	Rule{"network-managed", "Managed instances have awsvpc and host.", managedSource, []LaunchType{ManagedInstances}, networkManaged},
	Rule{"network-awsvpc", "awsvpc and host exclude what sets names and networks of a container.", containerSource, nil, networkFields},
	Rule{"ports", "Port mappings are in range, once each, and as the network mode has them.", portSource, nil, ports},
	Rule{"ports-range", "containerPortRange is FIRST-LAST, for bridge and awsvpc, up to 100 ranges a container.", portSource, nil, portRanges},
	Rule{"ports-name", "Port names are short and unique; appProtocol needs one.", portSource, nil, portNames},
	Rule{"ports-instance", "Fixed host ports that no instance gives: the dynamic range, the agent's own.", portSource, []LaunchType{EC2, External}, portsOfInstance},
	Rule{"proxy", "A proxy needs awsvpc.", "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ProxyConfiguration.html", nil, proxy},
)

// given reports a networkMode that is one, of which rules can speak.
func (c *checker) given() bool {
	return c.root.get("networkMode") == nil || isMode(c.mode)
}

func networkFargate(c *checker) {
	if !c.given() || c.mode == "awsvpc" {
		return
	}
	if c.root.get("networkMode") == nil {
		c.no(c.root, "networkMode is missing, which means bridge: FARGATE takes awsvpc only")
		return
	}
	c.no(c.root.get("networkMode"), "got %s, want awsvpc: FARGATE takes no other mode", c.mode)
}

func networkExternal(c *checker) {
	if c.mode == "awsvpc" {
		c.no(c.root.get("networkMode"), "got awsvpc, want bridge, host or none on EXTERNAL instances")
	}
}

func networkManaged(c *checker) {
	// Without a mode, managed instances use awsvpc.
	if v := c.root.get("networkMode"); v != nil && (c.mode == "bridge" || c.mode == "none") {
		c.no(v, "got %s, want awsvpc or host on MANAGED_INSTANCES", c.mode)
	}
}

func networkFields(c *checker) {
	if c.mode != "awsvpc" && c.mode != "host" {
		return
	}
	for _, x := range c.containers {
		keys := []string{"extraHosts", "hostname", "disableNetworking"}
		if c.mode == "host" {
			keys = []string{"disableNetworking"}
		}
		for _, k := range keys {
			if x.used(k) {
				c.no(x.get(k), "not supported with networkMode %s", c.mode)
			}
		}
		if c.mode != "host" {
			continue
		}
		for _, s := range objects(x.list("systemControls")) {
			if strings.HasPrefix(s.str("namespace"), "net.") {
				c.no(s.get("namespace"), "%s would change the instance's network: net.* is not supported with networkMode host", cut(s.str("namespace")))
			}
		}
	}
}

func ports(c *checker) {
	taken := map[string]bool{}
	for _, x := range c.containers {
		if c.mode == "none" && len(x.list("portMappings")) > 0 {
			c.no(x.get("portMappings"), "networkMode none has no ports; remove the mappings")
			continue
		}
		for _, m := range objects(x.list("portMappings")) {
			port(c, m, taken)
		}
	}
}

func port(c *checker, m *value, taken map[string]bool) {
	host, hasHost := m.number("hostPort")
	if hasHost && (host < 0 || host > 65535) {
		c.no(m.get("hostPort"), "got %d, want 1 to 65535, or 0 for one that ECS picks", host)
		return
	}
	port, ok := m.number("containerPort")
	if !ok {
		if m.get("containerPort") == nil && m.get("containerPortRange") == nil {
			c.no(m, "the mapping has no containerPort and no containerPortRange, want one")
		}
		return
	}
	if port < 1 || port > 65535 {
		c.no(m.get("containerPort"), "got %d, want 1 to 65535", port)
		return
	}
	fixed := host
	if c.mode == "awsvpc" || c.mode == "host" {
		// A host port of 0 is no blank here: "When networkMode=awsvpc, the host
		// ports and container ports in port mappings must match."
		// https://github.com/aws/amazon-ecs-cli/issues/1014
		if hasHost && host != port {
			c.no(m.get("hostPort"), "got %d, want the containerPort, %d, or nothing: networkMode %s does not translate ports", host, port, c.mode)
			return
		}
		fixed = port
	}
	if fixed == 0 {
		return
	}
	protocol := m.str("protocol")
	if protocol == "" {
		protocol = "tcp"
	}
	key := fmt.Sprintf("%d/%s", fixed, protocol)
	// "TCP host port '3000' is mapped multiple times in task."
	// https://github.com/aws/amazon-ecs-agent/issues/1220
	if taken[key] {
		c.no(m.at("hostPort"), "host port %s is mapped twice in this task", cut(key))
	}
	taken[key] = true
}

var portRange = regexp.MustCompile(`^(\d{1,5})-(\d{1,5})$`)

func portRanges(c *checker) {
	for _, x := range c.containers {
		n := 0
		taken := map[string][][2]int{} // by protocol, in this container
		for _, m := range objects(x.list("portMappings")) {
			r := m.get("containerPortRange")
			if r == nil || r.kind != stringKind {
				continue
			}
			n++
			for _, k := range []string{"containerPort", "hostPort"} {
				if v, ok := m.number(k); ok && (k == "containerPort" || v != 0) {
					c.no(m.get(k), "a mapping with containerPortRange has no %s", k)
				}
			}
			if c.mode == "host" || c.mode == "none" {
				c.no(r, "containerPortRange is for networkMode bridge and awsvpc, and it is %s", c.mode)
			}
			if isPlaceholder(r.text) {
				c.template(r, "got the placeholder %q, want a range such as 8000-8010; fill it in first", cut(r.text))
				continue
			}
			parts := portRange.FindStringSubmatch(r.text)
			var from, to int
			if parts != nil {
				from, _ = strconv.Atoi(parts[1]) // five digits at most
				to, _ = strconv.Atoi(parts[2])
			}
			if parts == nil || from < 1 || to > 65535 || from > to {
				c.no(r, "got %q, want FIRST-LAST within 1 to 65535, such as 8000-8010", cut(r.text))
				continue
			}
			// "You cannot specify overlapping port ranges."
			protocol := cmp.Or(m.str("protocol"), "tcp")
			for _, t := range taken[protocol] {
				if from <= t[1] && t[0] <= to {
					c.no(r, "%s overlaps %d-%d of the same container; ranges must not overlap", cut(r.text), t[0], t[1])
					break
				}
			}
			taken[protocol] = append(taken[protocol], [2]int{from, to})
		}
		if n > 100 {
			c.no(x.get("portMappings"), "got %d port ranges, want at most 100 a container", n)
		}
	}
}

var portName = regexp.MustCompile(`^[a-z0-9_][a-z0-9_-]{0,63}$`)

func portNames(c *checker) {
	seen := map[string]bool{}
	for _, x := range c.containers {
		for _, m := range objects(x.list("portMappings")) {
			v := m.get("name")
			if v == nil || v.kind != stringKind || v.text == "" {
				if a := m.get("appProtocol"); a != nil {
					c.warn(a, "appProtocol is for Service Connect, which needs a name for the port")
				}
				continue
			}
			switch {
			case isPlaceholder(v.text):
			case !portName.MatchString(v.text):
				c.no(v, "got %q, want up to 64 lower-case letters, digits, _ and -, not beginning with -", cut(v.text))
			case seen[v.text]:
				c.no(v, "the port name %q is given twice in this task", cut(v.text))
			}
			seen[v.text] = true
		}
	}
}

// Reserved and dynamic ports of a Linux instance. Registration does not know
// the instance, so ECS registers such ports; the task is never placed, or
// collides. ECS_DYNAMIC_HOST_PORT_RANGE and ECS_RESERVED_PORTS move them.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
const (
	dynamicFrom = 32768
	dynamicTo   = 60999
)

var agentPorts = []int64{22, 2375, 2376, 51678, 51679, 51680}

func portsOfInstance(c *checker) {
	if c.mode != "bridge" && c.mode != "host" {
		return
	}
	for _, x := range c.containers {
		for _, m := range objects(x.list("portMappings")) {
			at := "hostPort"
			p, _ := m.number(at)
			if c.mode == "host" && p == 0 {
				at = "containerPort"
				p, _ = m.number(at)
			}
			reserved := false
			for _, r := range agentPorts {
				reserved = reserved || r == p && m.str("protocol") != "udp"
			}
			switch {
			case reserved:
				c.warn(m.get(at), "port %d belongs to ssh, Docker or the agent on every instance: no instance can place the task", p)
			case p >= dynamicFrom && p <= dynamicTo:
				c.warn(m.get(at), "port %d lies in the instances' dynamic range, %d to %d, where a fixed one may be taken", p, dynamicFrom, dynamicTo)
			}
		}
	}
}

func proxy(c *checker) {
	p := c.root.get("proxyConfiguration")
	if p == nil {
		return
	}
	if c.mode != "awsvpc" && c.given() {
		c.no(p, "a proxy needs networkMode awsvpc, and it is %s", c.mode)
	}
	// ECS registers a proxy whose container is missing; its tasks do not start.
	if v := p.get("containerName"); v != nil && v.kind == stringKind && c.container(v.text) == nil {
		c.warn(v, "no container is named %q: the task will not start", cut(v.text))
	}
}
