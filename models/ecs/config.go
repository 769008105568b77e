// Package ecs models an Amazon ECS cluster: its capacity providers, container
// instances, scheduler, services, daemons and batch tasks, second by second,
// and what they cost.
//
// A Cluster is one platform of a comparison. Work is submitted to it; it draws
// nothing about the work, only about the world (stage lengths, boot times,
// ties), by keyed draws, so that every platform meets the same work and two
// that differ only in name differ by exactly nothing.
//
// Each capacity kind (an Auto Scaling group, Fargate, Managed Instances,
// external machines) is one file, capacity_<kind>.go, that registers itself.
package ecs

import (
	"fmt"
	"time"

	"ecsim/models/ecs/placement"
	"ecsim/models/elb"
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// Config describes a cluster. Names inside are what reports print.
type Config struct {
	Region           string
	Zones            int // availability zones the subnets lie in, 1 to 6
	Start            time.Time
	WarmUp, Duration sim.Time
	// Steady starts with services and daemons running, images cached and
	// groups at the size they need; otherwise everything starts from nothing.
	Steady bool
	// SharedCPU lets tasks without a hard limit take idle CPU on instances.
	SharedCPU bool
	Trunking  bool // account setting awsvpcTrunking
	TieIndex  bool // ties go to the lowest launch ordinal instead of at random
	Scheduler string
	Fargate   FargateConfig
	Stages    StageConfig
	Registry  RegistryConfig
	Failures  []Failure        // injected, of registered kinds
	Services  SchedulerConfig  // zero values are the defaults
	Providers []ProviderConfig // in name order, FARGATE and FARGATE_SPOT included if used
	Workloads []WorkloadConfig // in name order
	Balancers []BalancerConfig // in name order
	Observe   result.Observer  // nil for none
	// Brief is set when nobody will look at the course of levels over time:
	// result series then have the few buckets that means and peaks of the window
	// need, and no others.
	Brief bool
	// Reuse is a cluster that is done, whose memory the new one takes: what the
	// old one reported is then void. nil for none.
	Reuse *Cluster
}

// ProviderConfig is one capacity provider.
type ProviderConfig struct {
	Name   string
	Kind   string
	Params any // what the kind's Params made, filled in
}

// FargateConfig is how Fargate treats sizes and launches.
type FargateConfig struct {
	RefuseOffGrid  bool
	Speed          units.Speed
	AssignPublicIP bool
	LaunchBurst    int64 // launches at once per account, on-demand and Spot each
	LaunchRate     int64 // launches a second after that
}

// StageConfig is how long each step of a task's way takes.
type StageConfig struct {
	FargateProvisioning           *workloads.Dist // ns
	EC2Start, EC2Awsvpc           *workloads.Dist // ns
	FargatePull, FargatePullPerMB sim.Time
	FargateSOCI                   units.PPM // of an image's pull, where it has a SOCI index
	EC2Pull, EC2PullPerMB         sim.Time
	PullFailure                   sim.Time // from the begin of a pull that fails until the agent gives up
	Deprovisioning                sim.Time
}

// Kinds of workload.
const (
	Batch   = "batch"
	Service = "service"
	Daemon  = "daemon"
)

// WorkloadConfig is one workload as it stands on this cluster.
type WorkloadConfig struct {
	Name   string
	Kind   string
	Shape  workloads.Shape   // services and daemons; batch tasks bring their own
	Shapes *workloads.Shapes // batch: the table that tasks refer to

	HardLimit    bool            // task-level cpu: a cap on instances too
	Use          *workloads.Dist // CPU used by services and daemons, share of the reservation in millionths
	ARM64        bool
	Images       []ImageConfig // of its containers
	NetworkMode  string        // bridge, host, awsvpc, none
	Ports        []placement.Port
	Zones        []string // of an awsvpc task's subnets; none is all
	EphemeralGiB int64
	StopTimeout  sim.Time

	DesiredCount int64
	// TargetGroups are those in which tasks of a service register.
	TargetGroups []elb.TargetGroup
	Service      *ServiceConfig // of services and daemons; nil is DefaultService

	Retry          Retry
	RejectOversize bool

	Strategy    []StrategyItem
	Placement   []string
	Constraints []string

	// Sidecar is what a daemon adds to every Fargate task; the zero Shape adds
	// nothing.
	Sidecar workloads.Shape
}

// StrategyItem is one entry of a capacity provider strategy.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
type StrategyItem struct {
	Provider     string
	Base, Weight int64
}

// Retry is what a batch does when no capacity has room.
type Retry struct {
	Mode  RetryMode
	Every sim.Time // RetryEvery: span between attempts
	Times int64    // RetryEvery: attempts after the first, before giving up
}

// RetryMode is one of the ways to wait for room.
type RetryMode uint8

// The ways to wait for room. RunTask itself never waits: it returns a failure
// at once, unless a capacity provider with managed scaling takes the task in
// PROVISIONING.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
const (
	RetryQueue RetryMode = iota // PROVISIONING under managed scaling
	RetryFIFO                   // a scheduler outside ECS tries again in arrival order whenever room appears
	RetryEvery                  // RunTask again every so often
	RetryNever                  // the failure is final
)

// Zone returns the name of availability zone i of the cluster's region.
func (c *Config) zone(i int) string { return c.Region + string(rune('a'+i)) }

// StartError is returned when tasks that run from the start find no room then.
type StartError struct {
	Workload string
	Text     string
}

func (e *StartError) Error() string { return "workload " + e.Workload + ": " + e.Text }

// InfeasibleError is returned when a task can never fit any capacity it may
// use and its workload does not say to reject such tasks.
type InfeasibleError struct {
	Workload string
	Shape    workloads.Shape
	Reasons  []string // one per capacity provider of its strategy
}

func (e *InfeasibleError) Error() string {
	s := fmt.Sprintf("workload %s: a task of %v, %v", e.Workload, e.Shape.CPU, e.Shape.Memory)
	if e.Shape.GPU > 0 {
		s += fmt.Sprintf(", %d GPU", e.Shape.GPU)
	}
	s += " fits no capacity it may use"
	for _, r := range e.Reasons {
		s += "; " + r
	}
	return s + `; use a larger instance type, or set oversize = "reject" to count such tasks and go on`
}
