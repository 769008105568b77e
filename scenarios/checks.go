package scenarios

import (
	"reflect"
	"sync"
)

// Checks connects the format to the models, which this package does not
// import. A nil function checks nothing (and knows no kinds).
type Checks struct {
	// Region refuses a Region the catalogue does not have.
	Region func(region string) error
	// InstanceType refuses a type the Region does not have. It is asked for
	// every entry of a provider's instance_types.
	InstanceType func(region, instanceType string) error
	// InstanceFamily refuses a family that no instance type is of.
	InstanceFamily func(family string) error
	// Kinds returns the capacity kinds, in the order errors list them.
	Kinds func() []CapacityKind
	// Failures returns the kinds of failure, in the order errors list them.
	Failures func() []FailureKind
	// Scheduler refuses the name of a custom scheduler nobody registered.
	Scheduler func(name string) error
	// Placement checks strategies and constraints; it is called with one of
	// the two at a time.
	Placement func(strategies, constraints []string) []error
	// TaskDefinition reads the text of a task definition: the workload's keys it
	// gives, and why ECS would refuse it.
	TaskDefinition func(text []byte) ([]DefinedValue, []DefinitionFault)
	// Balancing refuses how the services of a platform stand behind load
	// balancers; the workloads' strategies are resolved.
	Balancing func(s *Scenario, p *Platform) []WorkloadError
	// Metric refuses the path of a gate that names no metric.
	Metric func(path string) error
	// Sample draws points of the unit cube by a design of a sweep, the same for
	// the same seed; the error names the designs.
	Sample func(design string, points, dimensions int, seed uint64) ([][]float64, error)
	// TraceOptions returns a pointer to a new options struct of the trace
	// reader, whose keys then stand in the arrivals table.
	TraceOptions func() any
	// Trace checks that a trace can be read with these options. path is as in
	// Arrivals.Trace.
	Trace func(path string, options any) error
}

// CapacityKind is a kind of capacity provider as the format needs it.
type CapacityKind struct {
	Name string // as written in kind, or the provider's own name if Reserved
	Doc  string
	// Family is what one strategy may not mix: "EC2 Auto Scaling group".
	Family string
	// Reserved kinds are providers that always exist, such as FARGATE; no
	// table declares them.
	Reserved bool
	// Params returns a pointer to a new parameter struct; nil if the kind has
	// none.
	Params func() any
	// Validate checks decoded parameters; nil checks nothing.
	Validate func(params any, region string) []KeyError
}

// KeyError is a fault of one key of a table.
type KeyError struct {
	Key string // below the table: "auto_scaling_group.min"
	Msg string // what was got, what is allowed, what to do
}

// WorkloadError is a fault of one key of a workload as it stands on a platform,
// or of a shared load balancer.
type WorkloadError struct {
	Workload string // "" for [load_balancer]
	KeyError        // below the workload's table, or below [load_balancer]
}

// DefaultCapacityKind is the kind of a provider that names none.
const DefaultCapacityKind = "asg"

// Reserved capacity providers exist on every cluster.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
var reservedProviders = []CapacityKind{
	{Name: "FARGATE", Family: "Fargate", Reserved: true},
	{Name: "FARGATE_SPOT", Family: "Fargate", Reserved: true},
}

// kinds returns the capacity kinds; FARGATE and FARGATE_SPOT are always there.
func (c *Checks) kinds() []CapacityKind {
	var out []CapacityKind
	if c.Kinds != nil {
		out = c.Kinds()
	}
	for _, r := range reservedProviders {
		if kindNamed(out, r.Name) == nil {
			out = append(out, r)
		}
	}
	return out
}

func kindNamed(kinds []CapacityKind, name string) *CapacityKind {
	for i := range kinds {
		if kinds[i].Name == name {
			return &kinds[i]
		}
	}
	return nil
}

// homes tells where a key belongs that stands in the wrong table: keys after a
// [table] header belong to that table, which TOML's newcomers do not expect.
var homes = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	add := func(t reflect.Type, hint func(key string) string) {
		for _, f := range fieldsOf(t) {
			if _, twice := out[f.name]; twice {
				out[f.name] = "" // ambiguous
				continue
			}
			out[f.name] = hint(f.name)
		}
	}
	add(reflect.TypeFor[Scenario](), func(k string) string {
		return k + " stands above the first [table] of the file"
	})
	add(reflect.TypeFor[Runs](), func(k string) string { return "write runs." + k + " above the first [table] of the file" })
	add(reflect.TypeFor[Prices](), func(k string) string { return "it belongs into [prices]" })
	add(reflect.TypeFor[Workload](), func(k string) string { return "it belongs into [workload.NAME]" })
	add(reflect.TypeFor[Platform](), func(k string) string { return "it belongs into [platform.NAME]" })
	for k, hint := range out {
		if hint == "" {
			delete(out, k)
		}
	}
	return out
})
