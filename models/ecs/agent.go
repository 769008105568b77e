package ecs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ecsim/models/catalog"
	"ecsim/models/ecs/placement"
	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// AgentParams are the settings of the ECS container agent on a provider's
// instances, in the words of /etc/ecs/ecs.config. The zero value is the
// agent's own defaults.
// Source: https://github.com/aws/amazon-ecs-agent/blob/master/README.md
type AgentParams struct {
	Version          string           `toml:"agent_version" default:"1.105.1" source:"https://github.com/aws/amazon-ecs-agent (2026-06-29)" doc:"before 1.73.0 a new task waits for all tasks that stop on its instance"`
	ReservedMemory   units.MiB        `toml:"ecs_reserved_memory" default:"0" max:"65535" source:"https://github.com/aws/amazon-ecs-agent/blob/master/README.md" doc:"MiB that the instance does not register"`
	ReservedPorts    []int64          `toml:"ecs_reserved_ports" doc:"TCP host ports no task may have, instead of the agent's own 22, 2375, 2376, 51678, 51679"`
	ReservedPortsUDP []int64          `toml:"ecs_reserved_ports_udp" doc:"UDP host ports no task may have"`
	DynamicPorts     string           `toml:"ecs_dynamic_host_port_range" default:"32768-60999" source:"https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html" doc:"where dynamic host ports come from; a fixed one must not lie there"`
	PullBehavior     string           `toml:"ecs_image_pull_behavior" default:"default" allowed:"default|always|once|prefer-cached" source:"https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-config.html" doc:"when the registry is asked, and what a failed pull does"`
	CleanupDisabled  bool             `toml:"ecs_disable_image_cleanup" default:"false" doc:"prefer-cached turns clean-up off as well"`
	CleanupInterval  units.Duration   `toml:"ecs_image_cleanup_interval" default:"30m" min:"10m" source:"https://docs.aws.amazon.com/AmazonECS/latest/developerguide/automated_image_cleanup.html"`
	CleanupAge       units.Duration   `toml:"ecs_image_minimum_cleanup_age" default:"1h" source:"https://docs.aws.amazon.com/AmazonECS/latest/developerguide/automated_image_cleanup.html" doc:"since the pull"`
	DeletePerCycle   int64            `toml:"ecs_num_images_delete_per_cycle" default:"5" min:"1" max:"1000" source:"https://docs.aws.amazon.com/AmazonECS/latest/developerguide/automated_image_cleanup.html"`
	TaskCleanup      units.Duration   `toml:"ecs_engine_task_cleanup_wait_duration" default:"3h" source:"https://docs.aws.amazon.com/AmazonECS/latest/developerguide/automated_image_cleanup.html" doc:"a stopped task's containers hold their images this long"`
	CachedImages     []string         `toml:"cached_images" doc:"names of images that the AMI brings; the agent does not clean up what it did not pull"`
	PullThroughput   units.Bytes      `toml:"pull_throughput" doc:"compressed bytes a second that all pulls on an instance share; default the type's network bandwidth at best" source:"Assumed: pulls use the burst bandwidth"`
	DiskReserved     units.Bytes      `toml:"disk_reserved" default:"5 GB" source:"Assumed: the AMI's system and agent, and what containers write" doc:"of the volume, not for images"`
	ImageExpansion   units.PPM        `toml:"image_expansion" default:"250%" min:"100%" max:"1000%" source:"Assumed: 2 to 3 times" doc:"bytes on disk of an image, of its compressed size"`
	Disconnect       DisconnectParams `toml:"disconnect"`
}

// DisconnectParams inject the loss of an agent's connection to ECS.
type DisconnectParams struct {
	MTBF units.Duration         `toml:"mtbf" doc:"mean time connected, exponential, of each instance; default never"`
	For  workloads.DurationDist `toml:"for" default:"10m" source:"Assumed: AWS publishes no figure" doc:"time until the agent is connected again"`
}

// agentSettings are AgentParams with every default filled in.
type agentSettings struct {
	version        string
	queues         bool // 1.73.0 and later: starts tasks in order as room appears
	reservedMemory units.MiB
	reserved       []placement.Port
	dynamic        [2]uint16

	always        bool // a pull that fails fails the task even if the image is cached
	asks          bool // the registry is asked even if the image is cached
	once          bool // until a pull has succeeded on the instance
	cleanup       bool
	interval, age sim.Time
	taskCleanup   sim.Time
	perCycle      int
	cached        []string
	throughput    units.Bytes
	diskReserved  units.Bytes
	expansion     units.PPM

	mtbf  sim.Time
	outOf *workloads.Dist
}

// Since this version the agent keeps a queue and starts a task once the host
// has its resources.
// Source: https://github.com/aws/amazon-ecs-agent/blob/master/CHANGELOG.md (1.73.0)
const queueingAgent = "1.73.0"

// agentVersion is what instances report to placement constraints by default.
// Source: https://github.com/aws/amazon-ecs-agent (v1.105.1, 2026-06-29)
const agentVersion = "1.105.1"

// settings fills in defaults; p may be nil.
func (p *AgentParams) settings() (*agentSettings, []FieldError) {
	if p == nil {
		p = &AgentParams{}
	}
	var errs []FieldError
	fault := func(key, format string, args ...any) {
		errs = append(errs, FieldError{key, fmt.Sprintf(format, args...)})
	}
	or := func(d units.Duration, def sim.Time) sim.Time {
		if d == 0 {
			return def
		}
		return sim.Time(d)
	}
	a := &agentSettings{version: p.Version, reservedMemory: p.ReservedMemory, reserved: placement.ReservedPortsLinux,
		dynamic: [2]uint16{placement.DynamicPortFirst, placement.DynamicPortLast},
		cleanup: !p.CleanupDisabled, interval: or(p.CleanupInterval, 30*sim.Minute), age: or(p.CleanupAge, sim.Hour),
		taskCleanup: or(p.TaskCleanup, 3*sim.Hour), perCycle: int(max(p.DeletePerCycle, 1)), cached: p.CachedImages,
		throughput: p.PullThroughput, diskReserved: p.DiskReserved, expansion: p.ImageExpansion, mtbf: sim.Time(p.Disconnect.MTBF), outOf: p.Disconnect.For.Dist}
	if a.expansion == 0 { // not from a scenario
		a.diskReserved, a.expansion = 5*units.GB, 2_500_000
	}
	if p.DeletePerCycle == 0 {
		a.perCycle = 5
	}
	if a.version == "" {
		a.version = agentVersion
	}
	v, err := parseVersion(a.version)
	if err != nil {
		fault("agent_version", "%v", err)
	}
	first, _ := parseVersion(queueingAgent)
	a.queues = slices.Compare(v, first) >= 0
	if p.ReservedPorts != nil || p.ReservedPortsUDP != nil {
		a.reserved = nil
		if p.ReservedPorts == nil {
			a.reserved = append(a.reserved, placement.ReservedPortsLinux...)
		}
		add := func(key string, list []int64, proto placement.Protocol) {
			for _, n := range list {
				if n < 1 || n > 65535 {
					fault(key, "got %d, want ports from 1 to 65535", n)
					continue
				}
				if port := (placement.Port{Number: uint16(n), Protocol: proto}); !slices.Contains(a.reserved, port) {
					a.reserved = append(a.reserved, port)
				}
			}
		}
		add("ecs_reserved_ports", p.ReservedPorts, placement.TCP)
		add("ecs_reserved_ports_udp", p.ReservedPortsUDP, placement.UDP)
		if len(a.reserved) > placement.MaxReservedPorts {
			fault("ecs_reserved_ports", "got %d ports, want at most %d: an instance reserves no more", len(a.reserved), placement.MaxReservedPorts)
		}
	}
	if p.DynamicPorts != "" {
		low, high, ok := strings.Cut(p.DynamicPorts, "-")
		lo, err1 := strconv.ParseUint(strings.TrimSpace(low), 10, 16)
		hi, err2 := strconv.ParseUint(strings.TrimSpace(high), 10, 16)
		if !ok || err1 != nil || err2 != nil || lo < 1 || lo > hi {
			fault("ecs_dynamic_host_port_range", "got %q, want the first and last port such as \"32768-60999\"", p.DynamicPorts)
		} else {
			a.dynamic = [2]uint16{uint16(lo), uint16(hi)}
		}
	}
	switch p.PullBehavior {
	case "", "default":
		a.asks = true
	case "always":
		a.asks, a.always = true, true
	case "once":
		a.once = true
	case "prefer-cached":
		a.cleanup = false
	}
	if a.mtbf > 0 && a.outOf == nil {
		a.outOf = workloads.Constant(10 * sim.Minute)
	}
	return a, errs
}

// parseVersion reads "1.73.0".
func parseVersion(s string) ([]int, error) {
	parts := strings.Split(s, ".")
	v := make([]int, len(parts))
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || n < 0 || len(parts) != 3 {
			return nil, fmt.Errorf("got %q, want a version of the ECS agent such as %q", s, agentVersion)
		}
		v[i] = n
	}
	return v, nil
}

// under prefixes the keys of faults.
func under(table string, errs []FieldError) []FieldError {
	for i := range errs {
		errs[i].Key = table + "." + errs[i].Key
	}
	return errs
}

// check is what a kind's Validate asks of its agent table and its types.
func (p *AgentParams) check(types []string, registered units.MiB) []FieldError {
	_, errs := p.settings()
	if p.ReservedMemory > 0 {
		errs = append(errs, p.checkMemory(types, registered)...)
	}
	return under("agent", errs)
}

// checkMemory refuses to reserve all that a type has, as the agent does.
// Source: https://github.com/aws/amazon-ecs-agent/blob/master/README.md (ECS_RESERVED_MEMORY)
func (p *AgentParams) checkMemory(types []string, registered units.MiB) (errs []FieldError) {
	for _, name := range types {
		t, err := catalog.Type(name)
		if err != nil {
			continue // said of the type
		}
		have := registered
		if have == 0 {
			have, _ = t.RegisteredMemory()
		}
		if p.ReservedMemory >= have {
			errs = append(errs, FieldError{"ecs_reserved_memory", fmt.Sprintf("got %d MiB, want less than the %d MiB of a %s: it would not register", p.ReservedMemory, have, name)})
		}
	}
	return errs
}

// asksAbout tells whether the registry is asked about an image that is there.
func (a *agentSettings) asksAbout(o *onDisk) bool { return a.asks || a.once && !o.asked }

// brings tells the images that the AMI brings.
func (a *agentSettings) brings(m *image) bool { return slices.Contains(a.cached, m.name) }

// pullLimit is how fast all image pulls on an instance can be together, in
// bytes a second: the type's network at best, in Mbit/s, unless it is given.
func pullLimit(a *agentSettings, mbps int) units.Bytes {
	if a.throughput > 0 {
		return a.throughput
	}
	return units.Bytes(mbps) * 1e6 / 8
}
