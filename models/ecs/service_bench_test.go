package ecs

import (
	"fmt"
	"testing"
	"time"

	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// manyServices is 200 services of 20 tasks for a week, each deployed once a
// day, on one fleet or on Fargate.
func manyServices(fargate bool, deployments int) Config {
	cfg := Config{Steady: true, Duration: 7 * sim.Day, Stages: noStages()}
	cfg.Stages.EC2Start = workloads.Uniform(sim.Second, 5*sim.Second)
	cfg.Stages.FargateProvisioning = workloads.Uniform(15*sim.Second, 40*sim.Second)
	provider, mode := "hosts", "bridge"
	cfg.Providers = []ProviderConfig{machines(300, 16384, 65536)}
	if fargate {
		provider, mode = FargateName, "awsvpc"
		cfg.Providers = []ProviderConfig{{Name: FargateName, Kind: FargateName}}
	}
	for i := range 200 {
		w := WorkloadConfig{Name: fmt.Sprintf("service-%03d", i), Kind: Service, DesiredCount: 20, Shape: workloads.Shape{CPU: 256, Memory: 512}, NetworkMode: mode,
			Use: workloads.Constant(units.One), EphemeralGiB: 20, Strategy: []StrategyItem{{Provider: provider, Weight: 1}}, StopTimeout: 2 * sim.Second, Service: DefaultService(Service)}
		for d := range deployments {
			w.Service.Deployments = append(w.Service.Deployments, DeploymentConfig{At: sim.Time(d)*sim.Day + sim.Time(i)*7*sim.Minute, Shape: w.Shape})
		}
		cfg.Workloads = append(cfg.Workloads, w)
	}
	return cfg
}

func BenchmarkServices(b *testing.B) {
	for _, k := range []struct {
		name        string
		fargate     bool
		deployments int
	}{{"instances", false, 7}, {"fargate", true, 7}, {"still", false, 0}} {
		b.Run(k.name, func(b *testing.B) {
			for range b.N {
				start := time.Now()
				r := newRig(b, manyServices(k.fargate, k.deployments))
				run := r.close(7 * sim.Day)
				for i := range run.Deployments {
					if run.Deployments[i].Outcome != result.DeploymentCompleted {
						b.Fatalf("%+v", run.Deployments[i])
					}
				}
				b.ReportMetric(time.Since(start).Seconds(), "s/week")
				b.ReportMetric(float64(r.s.Processed()), "events")
			}
		})
	}
}
