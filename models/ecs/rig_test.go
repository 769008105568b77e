package ecs

import (
	"context"
	"time"

	"ecsim/models/billing"
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// fataler is what a rig needs of a test, or of a property's check.
type fataler interface{ Fatal(args ...any) }

// rig is a cluster under test, driven by hand.
type rig struct {
	tb     fataler
	s      *sim.Simulation
	ledger *billing.Ledger
	c      *Cluster
	shapes workloads.Shapes
	index  uint64
}

// machines is a fixed fleet of equal machines.
func machines(n int64, cpu units.CPU, memory units.MiB) ProviderConfig {
	return ProviderConfig{Name: "hosts", Kind: "external", Params: &ExternalParams{Speed: 1e6,
		Nodes: []ExternalNode{{Name: "host", CPU: cpu, Memory: memory, Count: n}}}}
}

// batch is a batch workload on one provider.
func batch(name, provider string) WorkloadConfig {
	return WorkloadConfig{Name: name, Kind: Batch, Use: workloads.Constant(units.One), NetworkMode: "bridge", RejectOversize: true,
		EphemeralGiB: 20, Retry: Retry{Mode: RetryFIFO}, Strategy: []StrategyItem{{Provider: provider, Weight: 1}}}
}

// noStages makes every stage take no time.
func noStages() StageConfig {
	zero := workloads.Constant(sim.Time(0))
	return StageConfig{FargateProvisioning: zero, EC2Start: zero, EC2Awsvpc: zero}
}

func newRig(tb fataler, cfg Config) *rig { return newRigSeed(tb, cfg, 1) }

func newRigSeed(tb fataler, cfg Config, seed uint64) *rig {
	r := &rig{tb: tb, s: sim.New(seed, 0)}
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	if cfg.Zones == 0 {
		cfg.Zones = 3
	}
	if cfg.Duration == 0 {
		cfg.Duration = 365 * sim.Day
	}
	if cfg.Stages.EC2Start == nil {
		cfg.Stages = noStages()
	}
	if cfg.Fargate.Speed == 0 {
		cfg.Fargate = FargateConfig{Speed: 1e6, LaunchBurst: 100, LaunchRate: 20}
	}
	cfg.Start = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	var names []string
	for i := range cfg.Workloads {
		cfg.Workloads[i].Shapes = &r.shapes
		names = append(names, cfg.Workloads[i].Name)
	}
	r.ledger = billing.NewLedger(cfg.Start, cfg.WarmUp, cfg.Duration, names)
	var err error
	if r.c, err = New(r.s, r.ledger, cfg); err != nil {
		tb.Fatal(err)
	}
	if err := r.c.Start(); err != nil {
		tb.Fatal(err)
	}
	return r
}

// run submits a task now that runs for span.
func (r *rig) run(w int, cpu units.CPU, memory units.MiB, span sim.Time) {
	r.submit(w, workloads.Task{Shape: r.shapes.Intern(workloads.Shape{CPU: cpu, Memory: memory}), Run: span, UsePPM: units.One})
}

// work submits a task now that has work to do.
func (r *rig) work(w int, cpu units.CPU, memory units.MiB, work units.Work) {
	r.submit(w, workloads.Task{Shape: r.shapes.Intern(workloads.Shape{CPU: cpu, Memory: memory}), Work: work})
}

func (r *rig) submit(w int, t workloads.Task) {
	t.At, t.Index = r.s.Now(), r.index
	r.index++
	r.c.Submit(w, &t)
}

func (r *rig) until(t sim.Time) {
	if err := r.s.RunUntil(context.Background(), t); err != nil {
		r.tb.Fatal(err)
	}
	if err := r.c.Err(); err != nil {
		r.tb.Fatal(err)
	}
}

// close ends the run at t.
func (r *rig) close(t sim.Time) *result.Run {
	r.until(t)
	run := &result.Run{}
	r.c.Close(t, run)
	r.c.Finish(t, run)
	r.ledger.Advance(t)
	return run
}

// running lists what RUNNING tasks of a workload use, in CPU units.
func (r *rig) rates() (list []float64) {
	for i := range r.c.tasks {
		if t := &r.c.tasks[i]; t.state == stateRunning {
			list = append(list, float64(t.rate)/rateScale)
		}
	}
	return list
}
