package taskdef

import (
	"strconv"
	"strings"
)

var _ = register(
	Rule{"fargate-parameters", "What Fargate does not support.", fargateSource, onFargate, fargateParameters},
	Rule{"managed-parameters", "What managed instances do not support.", managedSource, []LaunchType{ManagedInstances}, managedParameters},
	Rule{"external-parameters", "What external instances do not support.", externalSource, []LaunchType{External}, externalParameters},
	Rule{"platform-launch-type", "Operating systems and architectures each launch type has.", "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RuntimePlatform.html", LaunchTypes, platform},
	Rule{"platform-windows", "What Windows containers do not support.", ec2Source, nil, windowsParameters},
	Rule{"placement-constraints", "Up to 10 memberOf expressions.", "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinitionPlacementConstraint.html", nil, placement},
	Rule{"gpu", "Resource requirements ask for whole devices and declared accelerators.", "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ResourceRequirement.html", nil, resources},
	Rule{"linux-parameters", "Swap, tmpfs, capabilities in their ranges.", linuxSource, nil, linuxParameters},
	Rule{"ulimits", "Soft limits do not exceed hard ones.", "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Ulimit.html", nil, ulimits},
)

func (c *checker) os() string {
	if s := c.root.get("runtimePlatform").str("operatingSystemFamily"); s != "" {
		return s
	}
	return "LINUX"
}

func (c *checker) windows() bool { return strings.HasPrefix(c.os(), "WINDOWS") }

// without refuses members that a launch type does not support.
func (c *checker) without(v *value, keys ...string) {
	for _, k := range keys {
		if v.used(k) {
			c.no(v.get(k), "not supported on %s", c.lt)
		}
	}
}

func fargateParameters(c *checker) {
	c.without(c.root, "placementConstraints", "ipcMode", "inferenceAccelerators")
	if c.root.str("pidMode") == "host" {
		c.no(c.root.get("pidMode"), "got host, want task or nothing on FARGATE")
	}
	for _, x := range c.containers {
		c.without(x, "disableNetworking", "dnsSearchDomains", "dnsServers", "dockerSecurityOptions", "extraHosts", "links", "privileged")
		l := x.get("linuxParameters")
		c.without(l, "devices", "sharedMemorySize", "tmpfs", "maxSwap", "swappiness")
		for _, a := range l.get("capabilities").list("add") {
			if a.kind == stringKind && a.text != "SYS_PTRACE" {
				c.no(a, "got %s, want SYS_PTRACE, the only capability FARGATE adds", cut(a.text))
			}
		}
		for _, r := range objects(x.list("resourceRequirements")) {
			if t := r.str("type"); t == "GPU" || t == "InferenceAccelerator" || t == "NeuronDevice" {
				c.no(r, "%s resources are not supported on FARGATE", t)
			}
		}
		for _, u := range objects(x.list("ulimits")) {
			if n := u.str("name"); n != "nofile" && memberIn(enums["UlimitName"], n) {
				c.no(u.get("name"), "got %s, want nofile, the only limit FARGATE lets a task set", n)
			}
		}
	}
}

func managedParameters(c *checker) {
	c.without(c.root, "ephemeralStorage", "inferenceAccelerators", "ipcMode", "proxyConfiguration")
	for _, x := range c.containers {
		c.without(x, "disableNetworking", "dnsSearchDomains", "dnsServers", "dockerLabels", "dockerSecurityOptions", "extraHosts", "hostname", "links")
		c.without(x.get("linuxParameters"), "maxSwap", "sharedMemorySize", "swappiness", "tmpfs")
		for _, r := range objects(x.list("resourceRequirements")) {
			if r.str("type") == "InferenceAccelerator" {
				c.no(r, "InferenceAccelerator resources are not supported on MANAGED_INSTANCES")
			}
		}
	}
}

func externalParameters(c *checker) {
	c.without(c.root, "proxyConfiguration", "inferenceAccelerators")
}

func platform(c *checker) {
	p := c.root.get("runtimePlatform")
	os := c.os()
	if !memberIn(enums["OSFamily"], os) {
		return
	}
	at := p.at("operatingSystemFamily")
	switch {
	case c.lt == Fargate && c.windows() && !strings.Contains(os, "_2019_") && !strings.Contains(os, "_2022_") && !strings.Contains(os, "_2025_"):
		c.no(at, "got %s, want LINUX or Windows Server 2019, 2022 or 2025 on FARGATE", os)
	case c.lt == ManagedInstances && c.windows():
		c.no(at, "got %s, want LINUX on MANAGED_INSTANCES", os)
	}
	if c.windows() && p.str("cpuArchitecture") == "ARM64" {
		c.no(p.get("cpuArchitecture"), "got ARM64, want X86_64 for Windows")
	}
}

func windowsParameters(c *checker) {
	if !c.windows() {
		return
	}
	for _, k := range []string{"pidMode", "ipcMode"} {
		if v := c.root.get(k); v != nil {
			c.no(v, "not supported for Windows containers")
		}
	}
	if c.mode == "host" {
		c.no(c.root.get("networkMode"), "got host, want awsvpc, none or nothing (NAT) for Windows containers")
	}
	for _, x := range c.containers {
		for _, k := range []string{"linuxParameters", "privileged", "disableNetworking", "links", "ulimits"} {
			if x.used(k) {
				c.no(x.get(k), "not supported for Windows containers")
			}
		}
	}
	for _, v := range c.volumes {
		if e := v.get("efsVolumeConfiguration"); e != nil {
			c.no(e, "EFS volumes are not supported for Windows containers")
		}
	}
}

func placement(c *checker) {
	list := c.root.list("placementConstraints")
	if len(list) > 10 {
		c.no(c.root.get("placementConstraints"), "got %d constraints, want at most 10", len(list))
	}
	for _, p := range objects(list) {
		e := p.get("expression")
		switch {
		case p.get("type") == nil:
			c.no(p, "the constraint has no type, want memberOf")
		case p.str("type") != "memberOf": // said to be wrong
		case e == nil || e.kind == stringKind && strings.TrimSpace(e.text) == "":
			c.no(p.at("expression"), "memberOf has no expression, want one such as attribute:ecs.instance-type =~ m6a.*")
		case e.kind == stringKind && !isPlaceholder(e.text) && c.options.Expression != nil:
			if err := c.options.Expression(e.text); err != nil {
				c.no(e, "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
			}
		}
	}
}

func resources(c *checker) {
	names := map[string]bool{}
	for _, a := range objects(c.root.list("inferenceAccelerators")) {
		names[a.str("deviceName")] = true
	}
	for _, x := range c.containers {
		gpu := 0
		for _, r := range objects(x.list("resourceRequirements")) {
			v := r.get("value")
			if v == nil || v.kind != stringKind {
				continue
			}
			switch r.str("type") {
			case "GPU", "NeuronDevice":
				if gpu++; gpu > 1 && r.str("type") == "GPU" {
					c.no(r, "GPUs are asked for twice in container %s; want one entry with their number", label(x))
				}
				n, err := strconv.Atoi(v.text)
				switch {
				case isPlaceholder(v.text):
					c.template(v, "got the placeholder %q, want a number of devices; fill it in first", cut(v.text))
				case err != nil || n < 1 || v.text != strconv.Itoa(n):
					c.no(v, "got %q, want a whole number of devices from 1, such as \"2\"", cut(v.text))
				}
			case "InferenceAccelerator":
				if !names[v.text] {
					c.no(v, "got %q, want the deviceName of one of the inferenceAccelerators", cut(v.text))
				}
			}
		}
	}
}

var capabilities = strings.Fields(`ALL AUDIT_CONTROL AUDIT_WRITE BLOCK_SUSPEND CHOWN DAC_OVERRIDE DAC_READ_SEARCH
	FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN
	NET_BIND_SERVICE NET_BROADCAST NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE
	SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG SYSLOG WAKE_ALARM`)

func linuxParameters(c *checker) {
	for _, x := range c.containers {
		l := x.get("linuxParameters")
		if l == nil {
			continue
		}
		c.between(l, "swappiness", 0, 100, "")
		if s := l.get("swappiness"); s != nil && l.get("maxSwap") == nil {
			c.warn(s, "swappiness is ignored without maxSwap")
		}
		for _, k := range []string{"maxSwap", "sharedMemorySize"} {
			if n, ok := l.number(k); ok && n < 0 {
				c.no(l.get(k), "got %d, want 0 MiB or more", n)
			}
		}
		for _, t := range objects(l.list("tmpfs")) {
			if n, ok := t.number("size"); ok && n < 1 {
				c.no(t.get("size"), "got %d, want 1 MiB or more", n)
			}
		}
		caps := l.get("capabilities")
		for _, v := range append(caps.list("add"), caps.list("drop")...) {
			if v.kind == stringKind && !memberIn(capabilities, v.text) && !isPlaceholder(v.text) {
				hint := "want a Linux capability without CAP_, such as SYS_PTRACE"
				if near := nearest(strings.TrimPrefix(v.text, "CAP_"), capabilities); near != "" {
					hint = "did you mean " + near + "?"
				}
				c.no(v, "got %q; %s", cut(v.text), hint)
			}
		}
	}
}

func ulimits(c *checker) {
	for _, x := range c.containers {
		seen := map[string]bool{}
		for _, u := range objects(x.list("ulimits")) {
			soft, ok := u.number("softLimit")
			hard, ok2 := u.number("hardLimit")
			if ok && ok2 && hard >= 0 && (soft > hard || soft < 0) {
				c.no(u.get("softLimit"), "got %d, want at most the hardLimit, %d", soft, hard)
			}
			n := u.str("name")
			if n != "" && seen[n] {
				c.no(u.get("name"), "the limit %s is given twice in container %s", cut(n), label(x))
			}
			seen[n] = true
		}
	}
}
