package simulate

import (
	"math"
	"slices"

	"ecsim/models/ecs"
	"ecsim/models/result"
	"ecsim/scenarios"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// factor is something about a scenario that a planner may be wrong about.
type factor struct {
	name     string
	least    float64 // what the search goes down to, as a multiple of the scenario's
	most     float64 // and up to
	applies  func(sc *scenarios.Scenario) bool
	multiply func(sc *scenarios.Scenario, x float64) // sc is the search's own copy
}

// factors are searched in this order when work is short: those first that
// planners know least. Prices are not among them, for what they change is
// arithmetic: result.Flip. Assumed: a factor of two either way for what is
// forecast, of four for what is guessed.
var factors = []factor{
	{"load", 0.5, 2, anyWorkload(func(w *scenarios.Workload) bool { return w.Kind == ecs.Batch || w.Kind == ecs.Service }), multiplyLoad},
	{"run time", 0.5, 2, anyWorkload(func(w *scenarios.Workload) bool { return w.Kind == ecs.Batch }), func(sc *scenarios.Scenario, x float64) {
		eachWorkload(sc, func(w *scenarios.Workload) {
			if w.Arrivals != nil {
				w.Arrivals.Transforms.RunTime = times(orOne(w.Arrivals.Transforms.RunTime), x)
			}
		})
	}},
	{"start time", 0.25, 4, anyWorkload(func(*scenarios.Workload) bool { return true }), multiplyStart},
	{"image size", 0.25, 4, anyWorkload(func(w *scenarios.Workload) bool {
		return slices.ContainsFunc(w.Image, func(i scenarios.Image) bool { return i.Size > 0 })
	}), func(sc *scenarios.Scenario, x float64) {
		eachWorkload(sc, func(w *scenarios.Workload) {
			for i := range w.Image {
				w.Image[i].Size = times(w.Image[i].Size, x)
			}
		})
		sc.Deployment = slices.Clone(sc.Deployment)
		for i := range sc.Deployment {
			list := slices.Clone(sc.Deployment[i].Image)
			for k := range list {
				if list[k].Size != nil {
					size := times(*list[k].Size, x)
					list[k].Size = &size
				}
			}
			sc.Deployment[i].Image = list
		}
	}},
	{"Fargate's speed", 0.5, 2, unequalSpeeds, func(sc *scenarios.Scenario, x float64) {
		for i := range sc.Platforms {
			sc.Platforms[i].Fargate.Speed = max(1, times(sc.Platforms[i].Fargate.Speed, x))
		}
	}},
}

// times rounds to whole units.
func times[T ~int64](v T, x float64) T { return T(math.Round(float64(v) * x)) }

func orOne(p units.PPM) units.PPM {
	if p == 0 {
		return units.One
	}
	return p
}

func anyWorkload(is func(*scenarios.Workload) bool) func(*scenarios.Scenario) bool {
	return func(sc *scenarios.Scenario) bool {
		for i := range sc.Platforms {
			for k := range sc.Platforms[i].Workloads {
				if is(&sc.Platforms[i].Workloads[k]) {
					return true
				}
			}
		}
		return false
	}
}

// eachWorkload changes every workload as it stands anywhere.
func eachWorkload(sc *scenarios.Scenario, change func(*scenarios.Workload)) {
	for i := range sc.Workloads {
		change(&sc.Workloads[i])
	}
	for i := range sc.Platforms {
		for k := range sc.Platforms[i].Workloads {
			change(&sc.Platforms[i].Workloads[k])
		}
	}
}

// multiplyLoad makes more tasks arrive, and services want more of them: whole
// tasks, at least one. A service whose number of running tasks a gate binds
// keeps its count, for the gate states it in tasks.
func multiplyLoad(sc *scenarios.Scenario, x float64) {
	bound := map[string]bool{}
	for _, g := range slices.Concat(sc.SLO, sc.Budget) {
		if r, err := result.ParseGate(g.Path, g.Text); err == nil && r.Metric.AtLeast != nil {
			bound[r.Workload] = true
		}
	}
	eachWorkload(sc, func(w *scenarios.Workload) {
		if w.Arrivals != nil {
			w.Arrivals.Transforms.Scale = times(orOne(w.Arrivals.Transforms.Scale), x)
		}
		if w.DesiredCount > 0 && !bound[w.Name] {
			w.DesiredCount = max(1, times(w.DesiredCount, x))
		}
	})
}

// multiplyStart stretches all that passes until a task runs, but for the pull of
// its image, which image size changes: boot of instances, Fargate's
// provisioning, network interface, start of the container.
func multiplyStart(sc *scenarios.Scenario, x float64) {
	scale := func(d *workloads.Dist) *workloads.Dist {
		if d == nil {
			return nil
		}
		return d.Scale(x)
	}
	for i := range sc.Platforms {
		pl := &sc.Platforms[i]
		pl.Stages.FargateProvisioning.Dist = scale(pl.Stages.FargateProvisioning.Dist)
		pl.Stages.EC2Start.Dist = scale(pl.Stages.EC2Start.Dist)
		pl.Stages.EC2Awsvpc.Dist = scale(pl.Stages.EC2Awsvpc.Dist)
		for k := range pl.Providers {
			switch p := pl.Providers[k].Params.(type) {
			case *ecs.ASGParams:
				own := *p
				own.Boot.Dist = scale(own.Boot.Dist)
				pl.Providers[k].Params = &own
			case *ecs.ManagedInstancesParams:
				own := *p
				own.Boot.Dist = scale(own.Boot.Dist)
				pl.Providers[k].Params = &own
			}
		}
	}
}

// unequalSpeeds tells whether work could be done on Fargate by one platform and
// on instances by another: only then does the ratio of their speeds decide.
func unequalSpeeds(sc *scenarios.Scenario) bool {
	var fargate, instances bool
	for i := range sc.Platforms {
		pl := &sc.Platforms[i]
		for k := range pl.Workloads {
			w := &pl.Workloads[k]
			if w.Work.Dist == nil {
				continue
			}
			for _, s := range strategyOf(pl, w) {
				on := s.CapacityProvider == ecs.FargateName || s.CapacityProvider == ecs.FargateSpotName
				fargate, instances = fargate || on, instances || !on
			}
		}
	}
	return fargate && instances
}

// multiplied is sc with one factor changed; what the change touches is copied.
func (f *factor) multiplied(sc *scenarios.Scenario, x float64) *scenarios.Scenario {
	c := *sc
	own := func(list []scenarios.Workload) []scenarios.Workload {
		list = slices.Clone(list)
		for i := range list {
			if a := list[i].Arrivals; a != nil {
				copied := *a
				list[i].Arrivals = &copied
			}
			list[i].Image = slices.Clone(list[i].Image)
		}
		return list
	}
	c.Workloads = own(sc.Workloads)
	c.Platforms = slices.Clone(sc.Platforms)
	for i := range c.Platforms {
		c.Platforms[i].Workloads = own(c.Platforms[i].Workloads)
		c.Platforms[i].Providers = slices.Clone(c.Platforms[i].Providers)
	}
	f.multiply(&c, x)
	return &c
}
