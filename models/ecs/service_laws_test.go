package ecs

import (
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// servicesOn draws a cluster of services, with deployments, on a fleet that
// they share, or on Fargate. Stages are constant and ties go by index, so that
// a name has no say in anything.
func servicesOn(t *rapid.T) Config {
	cfg := Config{Steady: rapid.Bool().Draw(t, "steady"), TieIndex: true, Stages: noStages(), Duration: 6 * sim.Hour}
	cfg.Stages.EC2Start = workloads.Constant(3 * sim.Second)
	provider := "hosts"
	if rapid.Bool().Draw(t, "fargate") {
		provider = FargateName
		cfg.Providers = []ProviderConfig{{Name: FargateName, Kind: FargateName}}
	} else {
		cfg.Providers = []ProviderConfig{machines(rapid.Int64Range(2, 12).Draw(t, "hosts"), 4096, 16384)}
	}
	for i := range rapid.IntRange(2, 5).Draw(t, "services") {
		w := WorkloadConfig{Name: fmt.Sprintf("s%d", i), Kind: Service, DesiredCount: rapid.Int64Range(0, 4).Draw(t, "desired"),
			Shape: workloads.Shape{CPU: units.CPU(256 * rapid.IntRange(1, 4).Draw(t, "cpu")), Memory: 1024}, NetworkMode: "bridge", Use: workloads.Constant(units.One),
			EphemeralGiB: 20, RejectOversize: true, Strategy: []StrategyItem{{Provider: provider, Weight: 1}}, StopTimeout: 5 * sim.Second}
		if provider == FargateName {
			w.NetworkMode = "awsvpc"
		}
		w.Service = &ServiceConfig{MinimumHealthyPercent: rapid.Int64Range(0, 100).Draw(t, "min"), MaximumPercent: rapid.Int64Range(100, 250).Draw(t, "max")}
		for range rapid.IntRange(0, 3).Draw(t, "deployments") {
			w.Service.Deployments = append(w.Service.Deployments, DeploymentConfig{At: sim.Time(rapid.Int64Range(0, int64(5*sim.Hour)).Draw(t, "at")), Shape: w.Shape})
		}
		cfg.Workloads = append(cfg.Workloads, w)
	}
	if provider != FargateName && cfg.Steady {
		// What runs from the start must fit.
		cfg.Providers[0] = machines(25, 4096, 16384)
	}
	return cfg
}

// outcomes runs a cluster and returns what happened to each service.
func outcomes(t *rapid.T, cfg Config) (map[string]result.Workload, map[string][]result.Deployment, uint64) {
	cfg.Workloads = append([]WorkloadConfig(nil), cfg.Workloads...)
	r := newRig(t, cfg)
	run := r.close(cfg.Duration)
	by, deps := map[string]result.Workload{}, map[string][]result.Deployment{}
	for _, w := range run.Workloads {
		by[w.Name] = w
	}
	for _, d := range run.Deployments {
		deps[d.Service] = append(deps[d.Service], d)
	}
	return by, deps, run.Fingerprint
}

// A service that wants nothing changes nothing, wherever its name sorts.
func TestEmptyServiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := servicesOn(t)
		before, deps, print := outcomes(t, cfg)
		empty := cfg.Workloads[0]
		empty.Name, empty.DesiredCount, empty.Service = "a-empty", 0, DefaultService(Service)
		if rapid.Bool().Draw(t, "last") {
			empty.Name = "z-empty"
			cfg.Workloads = append(cfg.Workloads, empty)
		} else {
			cfg.Workloads = append([]WorkloadConfig{empty}, cfg.Workloads...)
		}
		after, depsAfter, printAfter := outcomes(t, cfg)
		if print != printAfter {
			t.Fatalf("an empty service changes placements")
		}
		for name, w := range before {
			if !reflect.DeepEqual(w, after[name]) || !reflect.DeepEqual(deps[name], depsAfter[name]) {
				t.Fatalf("an empty service changes %s", name)
			}
		}
	})
}

// A new name that sorts as the old one changes no other service.
func TestRenamingChangesNoOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := servicesOn(t)
		before, deps, _ := outcomes(t, cfg)
		k := rapid.IntRange(0, len(cfg.Workloads)-1).Draw(t, "renamed")
		old := cfg.Workloads[k].Name
		cfg.Workloads[k].Name = old + "-renamed"
		after, depsAfter, _ := outcomes(t, cfg)
		for name, w := range before {
			if name != old && (!reflect.DeepEqual(w, after[name]) || !reflect.DeepEqual(deps[name], depsAfter[name])) {
				t.Fatalf("renaming %s changes %s", old, name)
			}
		}
	})
}

// The arithmetic of a rolling deployment by hand: it can go on if and only if
// one more may start or one may stop, and then it ends.
func TestRollingEndsOrIsStuck(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		desired := rapid.Int64Range(1, 40).Draw(t, "desired")
		least, most := rapid.Int64Range(0, 100).Draw(t, "min"), rapid.Int64Range(100, 300).Draw(t, "max")
		w := WorkloadConfig{Name: "api", Kind: Service, DesiredCount: desired, Shape: workloads.Shape{CPU: 64, Memory: 64}, NetworkMode: "bridge",
			Use: workloads.Constant(units.One), Strategy: []StrategyItem{{Provider: "hosts", Weight: 1}},
			Service: &ServiceConfig{MinimumHealthyPercent: least, MaximumPercent: most, Deployments: []DeploymentConfig{{At: sim.Minute, Shape: workloads.Shape{CPU: 64, Memory: 64}}}}}
		r := newRig(t, Config{Steady: true, Stages: noStages(), Workloads: []WorkloadConfig{w}, Providers: []ProviderConfig{machines(4, 16384, 65536)}})
		s := r.c.workloads[0].service
		for r.s.Now() < 2*sim.Hour {
			next, ok := r.s.Next()
			if !ok || next > 2*sim.Hour {
				break
			}
			r.until(next + 1)
			tasks, healthy := s.total()
			if healthy*100 < min(desired*least, desired*100) && healthy < (desired*least+99)/100 || tasks*100 > desired*most {
				t.Fatalf("at %v %d healthy of %d tasks, bounds %d %% and %d %% of %d", r.s.Now(), healthy, tasks, least, most, desired)
			}
		}
		d := r.close(2*sim.Hour + 1).Deployments[0]
		free := (desired*least+99)/100 < desired || desired*most/100 > desired
		if free != (d.Outcome == result.DeploymentCompleted) || free == d.Never {
			t.Fatalf("desired %d at %d/%d %%: %+v", desired, least, most, d)
		}
	})
}
