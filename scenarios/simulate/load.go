package simulate

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"ecsim/models/catalog"
	"ecsim/models/ecs"
	"ecsim/models/ecs/placement"
	"ecsim/models/result"
	"ecsim/scenarios"
	"ecsim/scenarios/library"
	"ecsim/sim"
	"ecsim/sim/experiment"
	"ecsim/workloads/traces"
	"ecsim/workloads/units"
)

// Checks connects the scenario format to the models.
func Checks() scenarios.Checks {
	return scenarios.Checks{
		Region: func(region string) error {
			if err := catalog.CheckRegion(region); err != nil {
				return errors.New(strings.TrimPrefix(err.Error(), "region: "))
			}
			return nil
		},
		InstanceType: func(region, name string) error {
			_, err := catalog.Type(name)
			if err == nil && catalog.CheckRegion(region) == nil {
				_, err = catalog.OnDemand(name, region)
			}
			return err
		},
		InstanceFamily: catalog.CheckFamily,
		Kinds: func() (kinds []scenarios.CapacityKind) {
			for _, k := range ecs.Kinds() {
				ck := scenarios.CapacityKind{Name: k.Name, Doc: k.Doc, Family: k.Family, Reserved: k.Reserved, Params: k.Params}
				if k.Validate != nil {
					ck.Validate = func(params any, region string) (errs []scenarios.KeyError) {
						for _, e := range k.Validate(params, region) {
							errs = append(errs, scenarios.KeyError{Key: e.Key, Msg: e.Text})
						}
						return errs
					}
				}
				kinds = append(kinds, ck)
			}
			return kinds
		},
		Failures: func() (kinds []scenarios.FailureKind) {
			for _, k := range ecs.FailureKinds() {
				fk := scenarios.FailureKind{Name: k.Name, Doc: k.Doc, Params: k.Params, Lasts: k.Lasts}
				if k.Validate != nil {
					fk.Validate = func(params any) (errs []scenarios.KeyError) {
						for _, e := range k.Validate(params) {
							errs = append(errs, scenarios.KeyError{Key: e.Key, Msg: e.Text})
						}
						return errs
					}
				}
				kinds = append(kinds, fk)
			}
			return kinds
		},
		Scheduler: func(name string) error {
			var names []string
			for _, k := range placement.Schedulers() {
				if k.Name == name {
					return nil
				}
				names = append(names, k.Name)
			}
			return fmt.Errorf("got %q, want one of %s", name, strings.Join(names, ", "))
		},
		Placement: func(strategies, constraints []string) (errs []error) {
			if _, err := placement.ParseRules(strategies); err != nil {
				errs = append(errs, err)
			}
			if _, err := placement.ParseConstraints(constraints); err != nil {
				errs = append(errs, err)
			}
			return errs
		},
		Balancing:      checkBalancing,
		TaskDefinition: readTaskDefinition,
		Metric:         func(path string) error { return result.CheckPath(path) },
		Sample: func(design string, points, dimensions int, seed uint64) ([][]float64, error) {
			if !slices.Contains(experiment.Designs, design) {
				return nil, fmt.Errorf("got %q, want one of %s", design, strings.Join(experiment.Designs, ", "))
			}
			return experiment.Sample(design, points, dimensions, sim.Stream(seed, 0, "sweep/sample")), nil
		},
		TraceOptions: func() any { return new(traces.Options) },
		Trace:        checkTrace,
	}
}

// Load reads a scenario from a file or the library, with the models' checks,
// and fixes the duration of a replay that gives none.
func Load(nameOrPath string, sets []string) (*scenarios.Scenario, error) {
	sc, err := scenarios.Load(nameOrPath, sets, scenarios.Options{Library: library.FS, Checks: Checks()})
	if err != nil {
		return nil, err
	}
	if err := check(sc); err != nil {
		return nil, err
	}
	if sc.Duration == 0 {
		span, err := Span(sc)
		if err != nil {
			return nil, err
		}
		sc.Duration = units.Duration(span)
	}
	return sc, nil
}

// LoadResolved reads a scenario that Resolved wrote, under the name it had.
func LoadResolved(path, name string) (*scenarios.Scenario, error) {
	sc, err := Load(path, nil)
	if err == nil {
		sc.Name = name
	}
	return sc, err
}

// Admit tells which workloads platform p of sc can never run as written, with
// the rule; nil when it can run all of them. Sizes that only a trace knows
// are judged task by task while it is replayed.
func Admit(sc *scenarios.Scenario, p int) (reasons []result.Reason) {
	pl := &sc.Platforms[p]
	for i := range pl.Workloads {
		w := &pl.Workloads[i]
		for _, s := range strategyOf(pl, w) {
			k := kindOf(pl, s.CapacityProvider)
			if k == nil || w.Kind == ecs.Daemon {
				continue
			}
			if !k.Reserved && !slices.Contains(k.NetworkModes, w.NetworkMode) {
				reasons = append(reasons, result.Reason{About: w.Name, Source: k.Source,
					Text: fmt.Sprintf("network_mode %s does not run on %s, which takes %s", w.NetworkMode, s.CapacityProvider, strings.Join(k.NetworkModes, ", "))})
			}
		}
	}
	return reasons
}

func kindOf(pl *scenarios.Platform, provider string) *ecs.Kind {
	for i := range pl.Providers {
		if pl.Providers[i].Name == provider {
			return ecs.KindOf(pl.Providers[i].Kind)
		}
	}
	if k := ecs.KindOf(provider); k != nil && k.Reserved {
		return k
	}
	return nil
}

// providerParams completes a provider's parameters with what lies in files.
func providerParams(sc *scenarios.Scenario, p *scenarios.CapacityProvider) (any, error) {
	ext, ok := p.Params.(*ecs.ExternalParams)
	if !ok || ext.Fleet == "" {
		return p.Params, nil
	}
	list, err := traces.OpenFleetFrom(opener(sc, ext.Fleet), traces.Options{})
	if err != nil {
		return nil, err
	}
	filled := *ext
	for _, m := range list {
		name := m.Model
		if name == "" {
			name = "machine"
		}
		filled.Machines = append(filled.Machines, ecs.ExternalNode{Name: name, CPU: m.CPU, Memory: m.Memory, GPU: int64(m.GPU), Count: m.Count})
	}
	if len(filled.Machines) == 0 {
		return nil, errors.New(ext.Fleet + ": the file lists no machine")
	}
	return &filled, nil
}

// gates are the scenario's SLOs and budget, resolved against the metrics.
func gates(sc *scenarios.Scenario) ([]result.Gate, error) {
	var list []result.Gate
	var errs []error
	for _, g := range append(append([]scenarios.Gate(nil), sc.SLO...), sc.Budget...) {
		r, err := result.ParseGate(g.Path, g.Text)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %s: %w", g.Where, g.Path, err))
			continue
		}
		list = append(list, r)
	}
	return list, errors.Join(errs...)
}
