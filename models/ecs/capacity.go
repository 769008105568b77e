package ecs

import (
	"fmt"
	"sort"
	"strings"

	"ecsim/models/result"
	"ecsim/sim"
)

// Provider is a capacity provider at work in one cluster: the kind's own half
// of the scheduler. A provider that owns container instances embeds pool and
// gets most of this from it.
type Provider interface {
	// Resolve prepares n for this provider and returns why it can never run
	// there, "" if it can. It is called once per need.
	Resolve(n *need, w *workload) string
	// Place finds and commits room for the task and calls Cluster.settle or
	// Cluster.begin; without room now it calls Cluster.refused.
	Place(id TaskID, now sim.Time)
	// Release gives back what STOPPING frees: CPU, memory, ports, GPUs.
	Release(id TaskID, now sim.Time)
	// Stopped gives back what STOPPED frees (the network interface) and stops
	// the task's meters.
	Stopped(id TaskID, now sim.Time)
	// Deprovisioning is how long a task spends between exit and STOPPED.
	Deprovisioning(n *need) sim.Time
	// Start is called at time 0, before services are placed.
	Start(now sim.Time)
	// Grow is called at time 0 of a steady start while service tasks of n find
	// no room: the provider adds capacity that is ready at once, or says why it
	// cannot and what to do.
	Grow(n *need, now sim.Time) (why string)
	// Opened is called once after services are placed at time 0: control
	// loops start.
	Opened(now sim.Time)
	// Finish bills what is still held at the very end.
	Finish(now sim.Time)
	// Report fills in the provider's part of the result at the end of the
	// window.
	Report(now sim.Time, into *result.Provider)
}

// Kind is a capacity kind as it registers itself.
type Kind struct {
	Name   string // as scenarios write it
	Doc    string
	Source string
	// Family is what a capacity provider strategy may not mix: "EC2 Auto
	// Scaling group", "Fargate", "Managed Instances", "external".
	// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
	Family string
	// Reserved kinds are providers of that name that always exist.
	Reserved bool
	// Params makes the parameter struct that scenarios decode into; nil if the
	// kind has none.
	Params func() any
	// Validate checks decoded parameters against region and each other.
	Validate func(params any, region string) []FieldError
	// NetworkModes it can run.
	NetworkModes []string
	// LoadBalancers its tasks may stand behind; none is none.
	LoadBalancers []BalancerRow
	// Instances tells kinds that own container instances: daemons run there,
	// and placement strategies and constraints apply.
	Instances bool
	// Example is the body of a provider's table that works, in TOML; "" for
	// reserved kinds. Help shows it, and the conformance test runs it.
	Example string
	// Queues tells, of decoded parameters, whether tasks without room wait in
	// PROVISIONING for the provider to grow; nil is always.
	Queues func(params any) bool
	// Assumed lists what a reader of results must know was assumed.
	Assumed func(params any) []string
	// New makes the provider of one cluster. idx is its index.
	New func(c *Cluster, idx int32, cfg ProviderConfig) (Provider, error)
}

// FieldError is a problem with one parameter.
type FieldError struct {
	Key  string // below the provider's table, "auto_scaling_group.min"
	Text string // what was got, what is allowed, what to do
}

var kinds = map[string]*Kind{}

// RegisterKind adds a capacity kind. It panics if the name is taken.
func RegisterKind(k Kind) *Kind {
	if kinds[k.Name] != nil {
		panic(fmt.Sprintf("ecs: capacity kind %q is registered twice", k.Name))
	}
	kinds[k.Name] = &k
	return &k
}

// Kinds lists the registered capacity kinds by name.
func Kinds() []*Kind {
	all := make([]*Kind, 0, len(kinds))
	for _, k := range kinds {
		all = append(all, k)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return all
}

// KindOf returns the kind of that name, nil if there is none.
func KindOf(name string) *Kind { return kinds[name] }

// allows reports whether mode is among the kind's network modes.
func (k *Kind) allows(mode string) bool {
	for _, m := range k.NetworkModes {
		if m == mode {
			return true
		}
	}
	return false
}

// modes lists the network modes for an error.
func (k *Kind) modes() string { return strings.Join(k.NetworkModes, ", ") }
