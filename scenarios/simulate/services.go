package simulate

import (
	"cmp"
	"slices"
	"time"

	"ecsim/models/ecs"
	"ecsim/scenarios"
	"ecsim/sim"
)

// serviceConfig translates how a service or daemon is kept and deployed; nil
// for a batch.
func serviceConfig(sc *scenarios.Scenario, pl *scenarios.Platform, w *scenarios.Workload, c *ecs.WorkloadConfig) *ecs.ServiceConfig {
	if w.Kind == ecs.Batch {
		return nil
	}
	s := ecs.DefaultService(w.Kind)
	s.Controller = w.DeploymentController
	s.HealthCheckGrace = sim.Time(w.HealthCheckGrace) * sim.Second
	s.PerMinute = pl.ServiceScheduler.LaunchPerMinute
	s.Rebalancing = sc.Rebalanced(w)
	if p := w.ScaleInProtection; p != nil {
		s.Protected, s.ProtectedFor = p.Share, sim.Time(p.Minutes)*sim.Minute
	}
	if w.DeploymentController == "CODE_DEPLOY" {
		s.Strategy = "BLUE_GREEN"
	}
	if d := w.DeploymentConfiguration; d != nil {
		s.MinimumHealthyPercent, s.MaximumPercent = d.MinimumHealthyPercent, d.MaximumPercent
		s.Strategy, s.Bake = d.Strategy, sim.Time(d.BakeTime)*sim.Minute
		if b := d.Breaker; b != nil {
			s.Breaker = ecs.Breaker{Enable: b.Enable, Rollback: b.Rollback, Cumulative: !b.ResetOnHealthyTask}
			if t := b.Threshold; t != nil {
				s.Breaker.Type, s.Breaker.Value = t.Type, t.Value
			}
		}
		switch d.Strategy {
		case "CANARY":
			s.StepBake = 10 * sim.Minute
			if d.Canary != nil {
				s.StepPercent, s.StepBake = d.Canary.Percent, sim.Time(d.Canary.BakeTime)*sim.Minute
			}
		case "LINEAR":
			s.StepPercent, s.StepBake = 100_000, 6*sim.Minute
			if d.Linear != nil {
				s.StepPercent, s.StepBake = d.Linear.StepPercent, sim.Time(d.Linear.StepBakeTime)*sim.Minute
			}
		}
	}
	for i := range sc.Deployment {
		d := &sc.Deployment[i]
		if d.Service != w.Name {
			continue
		}
		shape := c.Shape
		if d.CPU > 0 {
			shape.CPU = d.CPU
		}
		if d.Memory > 0 {
			shape.Memory = d.Memory
		}
		for _, at := range sc.Moments(d, time.Duration(sc.Duration)) {
			s.Deployments = append(s.Deployments, ecs.DeploymentConfig{At: sim.Time(at), Shape: shape, TaskFailure: d.TaskFailure, FailureMode: d.FailureMode,
				Images:  imageConfigs(d.NewImages(w, at)),
				TaskSet: d.TaskSet, Scale: d.Scale})
		}
	}
	slices.SortStableFunc(s.Deployments, func(a, b ecs.DeploymentConfig) int { return cmp.Compare(a.At, b.At) })
	return s
}
