package simulate

import (
	"fmt"
	"io"
	"strings"

	"ecsim/models/ecs"
	"ecsim/models/result"
	"ecsim/scenarios"
	"ecsim/scenarios/library"
	"ecsim/workloads"
	"ecsim/workloads/traces"
)

// check finds the faults that only show when workloads and capacity are seen
// together. It returns scenarios.Errors, all of them, or nil.
func check(sc *scenarios.Scenario) error {
	errs := unnamed(sc)
	for i := range sc.Platforms {
		pl := &sc.Platforms[i]
		for k := range pl.Workloads {
			w := &pl.Workloads[k]
			if w.Kind != ecs.Batch || w.NoCapacity.Mode != scenarios.Queue {
				continue
			}
			for _, s := range strategyOf(pl, w) {
				for _, p := range pl.Providers {
					if p.Name == s.CapacityProvider && !queues(&p) {
						// RunTask waits in PROVISIONING only where managed scaling
						// looks for capacity.
						// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
						errs = append(errs, at(sc, "workload."+w.Name+".on_no_capacity", fmt.Sprintf(
							`got "queue", and capacity provider %s of platform %s has no managed scaling: RunTask fails there when no room is left; want "retry fifo", "retry 30s x 10" or "fail"`, p.Name, pl.Name)))
					}
				}
			}
		}
	}
	errs = append(errs, definitionFaults(sc)...)
	errs = append(errs, gateFaults(sc)...)
	if errs == nil {
		return nil
	}
	return errs
}

// gateFaults are gates on an interval where one run gives none.
func gateFaults(sc *scenarios.Scenario) (errs scenarios.Errors) {
	if sc.Runs.Replications > 1 || sc.Runs.Batches > 1 || sequential(sc).Precision > 0 {
		return nil
	}
	for _, list := range []struct {
		table string
		gates []scenarios.Gate
	}{{"slo", sc.SLO}, {"budget", sc.Budget}} {
		for _, g := range list.gates {
			if r, err := result.ParseGate(g.Path, g.Text); err == nil && r.Interval() {
				e := scenarios.Error{Key: list.table + "." + g.Path, Msg: fmt.Sprintf(
					"binds a 95 %% interval, and runs.replications = 1 gives none; use 2 or more (10 is the default), or bind %q", result.Unbound(g.Path))}
				e.Where.File = g.Where
				errs = append(errs, e)
			}
		}
	}
	return errs
}

// queues tells providers that hold tasks in PROVISIONING.
func queues(p *scenarios.CapacityProvider) bool {
	k := ecs.KindOf(p.Kind)
	return k == nil || k.Queues == nil || k.Queues(p.Params)
}

// strategyOf is the capacity provider strategy of w on pl.
func strategyOf(pl *scenarios.Platform, w *scenarios.Workload) []scenarios.StrategyItem {
	if len(w.CapacityProviderStrategy) > 0 {
		return w.CapacityProviderStrategy
	}
	return pl.DefaultStrategy
}

// at is a fault of the value at path.
func at(sc *scenarios.Scenario, path, msg string) scenarios.Error {
	e := scenarios.Error{Key: path, Msg: msg}
	for _, s := range sc.Settings() {
		if s.Path == path && s.Where != "default" {
			e.Where.File = s.Where
		}
	}
	return e
}

// checkTrace opens a trace, finds its format and reads its first task.
func checkTrace(path string, options any) error {
	o, _ := options.(*traces.Options)
	if o == nil {
		o = new(traces.Options)
	}
	in := traces.File(path)
	if rest, ok := strings.CutPrefix(path, "library:"); ok {
		in = traces.Opener{Name: rest, Open: func() (io.ReadCloser, error) { return library.FS.Open(rest) }}
	}
	r, err := traces.OpenFrom(in, *o)
	if err != nil {
		return err
	}
	defer r.Close()
	var t workloads.Task
	_, err = r.Next(&t)
	return err
}
