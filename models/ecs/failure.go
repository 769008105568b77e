package ecs

import (
	"fmt"
	"sort"

	"ecsim/sim"
)

// Failure is one injected failure of a scenario, with its times worked out.
type Failure struct {
	Kind   string
	Params any // what the kind's Params made, filled in
	// Windows are when it holds, in order, each [From, Until). None means always.
	Windows []Window
}

// Window is a span of simulated time.
type Window struct{ From, Until sim.Time }

// holds tells whether the failure is on at now.
func (f *Failure) holds(now sim.Time) bool {
	if len(f.Windows) == 0 {
		return true
	}
	i := sort.Search(len(f.Windows), func(i int) bool { return f.Windows[i].Until > now })
	return i < len(f.Windows) && f.Windows[i].From <= now
}

// FailureKind is a way in which the world can fail. Each is one file,
// failure_<kind>.go, that registers itself.
type FailureKind struct {
	Name string
	Doc  string
	// Params returns a pointer to a new parameter struct: the keys that an
	// entry of failure has besides kind, at and for.
	Params func() any
	// Lasts tells that at without for says too little: the kind has no end of
	// its own.
	Lasts bool
	// Validate checks decoded parameters; nil checks nothing.
	Validate func(params any) []FieldError
	// Inject makes it happen in a cluster.
	Inject func(c *Cluster, f Failure)
}

var failureKinds = map[string]*FailureKind{}

// RegisterFailure adds a kind of failure. It panics if the name is taken.
func RegisterFailure(k FailureKind) *FailureKind {
	if failureKinds[k.Name] != nil {
		panic(fmt.Sprintf("ecs: failure kind %q is registered twice", k.Name))
	}
	failureKinds[k.Name] = &k
	return &k
}

// FailureKinds lists the registered kinds of failure by name.
func FailureKinds() []*FailureKind {
	all := make([]*FailureKind, 0, len(failureKinds))
	for _, k := range failureKinds {
		all = append(all, k)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return all
}
