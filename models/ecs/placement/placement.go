// Package placement chooses the container instance on which an ECS task
// starts, and keeps the account of what is left on each.
//
// A Fleet holds the container instances of one cluster. A Requirement (what a
// task needs, its constraints and strategies) is compiled once to a Plan; Place
// then takes a task through the steps AWS documents: the instances that have
// room, those that meet the constraints, those the strategies rank best, one
// of them. A refusal names ECS's own reason.
//
// A strategy registers data, not a picker: a group per instance (spread) or a
// key per instance (binpack). The fleet composes them into one ordered index
// per distinct (constraints, keys, groups), brought up to date when a plan that
// uses it is next asked, so a placement costs the logarithm of the fleet.
//
// The package knows no time; what it decides depends on the calls made and on
// the keyed draws handed to it, never on map order or on a host's slot.
//
// Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement.html,
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-strategies.html
package placement

import (
	"fmt"
	"time"

	"ecsim/sim"
)

// Host is the dense index of a container instance in its Fleet, 0 or more. The
// index of a removed instance is given to a later one; NoHost is none.
type Host int32

// NoHost is the Host of nothing.
const NoHost Host = -1

// Resources are what an instance has or a task needs. Each is 0 to MaxResource.
type Resources struct {
	CPU    int64 // CPU units, 1,024 to a vCPU
	Memory int64 // MiB
	GPU    int32 // whole devices
	ENI    int32 // task network interfaces: 1 for an awsvpc task, else 0
}

// MaxResource is the most of any one resource, more than any instance has.
const MaxResource = 1<<31 - 1

// Protocol is the transport of a port; the two have separate sets of ports.
type Protocol uint8

// The protocols of a port mapping.
const (
	TCP Protocol = iota
	UDP
)

func (p Protocol) String() string {
	if p == UDP {
		return "udp"
	}
	return "tcp"
}

// Port is a fixed host port, 1 to 65535.
type Port struct {
	Number   uint16
	Protocol Protocol
}

func (p Port) String() string { return fmt.Sprintf("%d/%s", p.Number, p.Protocol) }

// Attribute is a named value of an instance, such as ecs.instance-type.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Attribute.html
type Attribute struct{ Name, Value string }

// Names of attributes every instance has, as far as this package reads or its
// callers must set them.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-constraints.html
const (
	AttributeZone         = "ecs.availability-zone"
	AttributeInstanceType = "ecs.instance-type"
	AttributeOSType       = "ecs.os-type"
	AttributeOSFamily     = "ecs.os-family"
	AttributeArchitecture = "ecs.cpu-architecture"
	AttributeAMI          = "ecs.ami-id"
	AttributeVPC          = "ecs.vpc-id"
	AttributeSubnet       = "ecs.subnet-id"
)

// Limits on host ports.
const (
	// MaxReservedPorts is the most ports an instance may have reserved at a
	// time, the default ones and those of running tasks included.
	// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
	MaxReservedPorts = 100
	// The range of dynamic host ports of a Linux kernel since 4.2, in which a
	// fixed port must not lie (same page; it writes 61000 for the end).
	DynamicPortFirst, DynamicPortLast = 32768, 60999
)

// ReservedPortsLinux are the TCP ports ECS keeps for SSH, Docker and the agent.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
var ReservedPortsLinux = []Port{{22, TCP}, {2375, TCP}, {2376, TCP}, {51678, TCP}, {51679, TCP}}

// ReservedPortsWindows are the same for Windows instances, with DNS, RPC, SMB,
// RDP and WinRM.
// Source: https://github.com/aws/amazon-ecs-agent (agent/config, Windows defaults)
var ReservedPortsWindows = []Port{
	{53, TCP}, {135, TCP}, {139, TCP}, {445, TCP}, {2375, TCP}, {2376, TCP},
	{3389, TCP}, {5985, TCP}, {5986, TCP}, {51678, TCP}, {51679, TCP},
}

// HostSpec describes a container instance as it registers.
type HostSpec struct {
	// Provider is the capacity provider, as its caller numbers them, 0 or more.
	Provider int
	// Ordinal is the launch ordinal within the provider, 0 to 2^32 - 1. No two
	// instances in the fleet at one time may have equal Provider and Ordinal.
	Ordinal uint64
	// Entity names the instance in keyed draws: a function of Provider's name
	// and Ordinal.
	Entity sim.Entity
	// Total is what the instance registered; ENI is how many awsvpc tasks it
	// can hold (2 on a c5.large, 10 with trunking).
	Total         Resources
	Attributes    []Attribute // copied
	EC2InstanceID string
	RegisteredAt  time.Time
	AgentVersion  string
	// Reserved are the host ports no task may have; nil is ReservedPortsLinux.
	Reserved []Port
}

// Tie says how the pick between equally good instances is made, which AWS does
// not publish.
type Tie uint8

const (
	// TieKeyed picks by a keyed hash of (instance, version); the version grows
	// when a task starts or ends there, so no instance stays a favourite.
	TieKeyed Tie = iota
	// TieIndex picks the lowest ordinal, then the lowest provider.
	TieIndex
)

// Config is what a Fleet is made with.
type Config struct {
	// Bits are the keyed draws, (*sim.Simulation).Bits. Required for TieKeyed
	// and for random placement.
	Bits func(p sim.Purpose, e sim.Entity, k uint64) uint64
	Tie  Tie
	// DynamicPorts are the first and last dynamic host port; zeros are
	// DynamicPortFirst and DynamicPortLast.
	DynamicPorts [2]uint16
}

// Purposes of the keyed draws this package makes.
var (
	purposeTie    = sim.NewPurpose("placement/tie")
	purposeRandom = sim.NewPurpose("placement/random")
	purposeStop   = sim.NewPurpose("placement/stop")
)

// Part is a set of the things a task holds on its instance, which it gives
// back at different times of its life.
type Part uint8

const (
	// PartRoom is CPU, memory, GPUs and host ports. ECS counts them free when
	// the task goes to STOPPING.
	// Source: https://github.com/aws/amazon-ecs-agent (agent/engine/host_resource_manager.go)
	PartRoom Part = 1 << iota
	// PartENI is the network interface, free when the task is STOPPED.
	PartENI
	// PartTask is the task's place in the counts of its group, which spread,
	// distinctInstance, task:group and runningTasksCount read.
	PartTask
	// PartAll is all of them.
	PartAll = PartRoom | PartENI | PartTask
)
