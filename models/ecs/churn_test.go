package ecs

import (
	"context"
	"testing"
	"time"

	"ecsim/models/billing"
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/sim/simtest"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// churn is W-CHURN as a source of tasks.
type churn struct {
	law    *simtest.Churn
	index  uint64
	shapes workloads.Shapes
}

func (c *churn) Shapes() *workloads.Shapes { return &c.shapes }

func (c *churn) Next(t *workloads.Task) (bool, error) {
	var k simtest.ChurnTask
	if !c.law.Next(&k) {
		return false, nil
	}
	*t = workloads.Task{At: sim.Time(k.At), Index: c.index, Run: sim.Time(k.Run), UsePPM: units.One,
		Shape: c.shapes.Intern(workloads.Shape{CPU: units.VCPU * units.CPU(k.VCPU), Memory: units.MiB(k.MiB)})}
	c.index++
	return true, nil
}

// churnRun plays the law through a whole cluster and returns the decision hash
// and the result.
func churnRun(tb testing.TB, hosts int64, law *simtest.Churn) (hash simtest.Decisions, run *result.Run) {
	c := &churn{law: law}
	s := sim.New(1, 0)
	end := 400 * sim.Day
	ledger := billing.NewLedger(time.Unix(0, 0), 0, end, []string{"w"})
	cfg := Config{Region: "us-east-1", Zones: 1, Start: time.Unix(0, 0).UTC(), Duration: end, Steady: true, TieIndex: true,
		Stages: StageConfig{FargateProvisioning: workloads.Constant(sim.Time(0)), EC2Start: workloads.Constant(sim.Time(0)), EC2Awsvpc: workloads.Constant(sim.Time(0))},
		Providers: []ProviderConfig{{Name: "hosts", Kind: "external", Params: &ExternalParams{Speed: 1e6,
			Nodes: []ExternalNode{{Name: "host", CPU: simtest.ChurnVCPU * units.VCPU, Memory: simtest.ChurnMiB, Count: hosts}}}}},
		Workloads: []WorkloadConfig{{Name: "w", Kind: Batch, Shapes: c.Shapes(), Use: workloads.Constant(units.One), NetworkMode: "bridge",
			Retry: Retry{Mode: RetryFIFO}, Strategy: []StrategyItem{{Provider: "hosts", Weight: 1}}, Placement: []string{"binpack(cpu)"}}},
	}
	hash = simtest.NewDecisions
	cfg.Observe = func(e result.Event) {
		if e.Kind == result.TaskPlaced {
			hash.Add(uint64(e.Place))
		}
	}
	m, err := New(s, ledger, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	if err := m.Start(); err != nil {
		tb.Fatal(err)
	}
	f := &churnFeed{s: s, m: m, c: c}
	f.pull()
	for m.Unfinished() > 0 || law.Left > 0 {
		if err := s.RunUntil(context.Background(), s.Now()+sim.Hour); err != nil {
			tb.Fatal(err)
		}
	}
	run = &result.Run{}
	m.Close(s.Now(), run)
	m.Finish(s.Now(), run)
	ledger.Advance(s.Now())
	return hash, run
}

type churnFeed struct {
	s    *sim.Simulation
	m    *Cluster
	c    *churn
	next workloads.Task
}

func (f *churnFeed) pull() {
	if ok, _ := f.c.Next(&f.next); ok {
		f.s.At(f.next.At, sim.ClassArrival, f, 0)
	}
}

func (f *churnFeed) Handle(sim.Time, uint64) {
	f.m.Submit(0, &f.next)
	f.pull()
}

// The decisions of a whole cluster, with its waiting line, its life of tasks
// and its bill, are those of the bare law.
func TestChurnThroughTheECSLife(t *testing.T) {
	hash, run := churnRun(t, 1000, simtest.NewChurn(2000, 10, 1450))
	if hash != simtest.ChurnSmall {
		t.Errorf("2,000 tasks: decision hash %016x, want %016x", hash, simtest.ChurnSmall)
	}
	if w := run.Workloads[0]; w.Finished != 2000 || w.InSystem != w.Sojourn {
		t.Errorf("finished %d of 2000, integral of N %v, sum of sojourns %v", w.Finished, w.InSystem, w.Sojourn)
	}
	if testing.Short() {
		return
	}
	if hash, _ = churnRun(t, 1000, simtest.NewChurn(100_000, 10, 1450)); hash != simtest.ChurnFull {
		t.Errorf("100,000 tasks: decision hash %016x, want %016x", hash, simtest.ChurnFull)
	}
}

// BenchmarkChurnECS is W-CHURN through clusters, the life of tasks, series and
// the bill. Wanted: at least 0.08 of the yardstick's HOLD(100).
func BenchmarkChurnECS(b *testing.B) {
	simtest.Ratio(b, simtest.Hold100(), func() int {
		if hash, _ := churnRun(b, 1000, simtest.NewChurn(100_000, 10, 1450)); hash != simtest.ChurnFull {
			b.Fatalf("decision hash %016x, want %016x", hash, simtest.ChurnFull)
		}
		return 100_000
	})
}

// BenchmarkMonthECS is W-MONTH the same way, with the memory it holds.
func BenchmarkMonthECS(b *testing.B) {
	simtest.Ratio(b, simtest.Hold100(), func() int {
		if hash, _ := churnRun(b, 1000, simtest.NewChurn(2_592_000, 1, 14500)); hash != simtest.ChurnMonth {
			b.Fatalf("decision hash %016x, want %016x", hash, simtest.ChurnMonth)
		}
		return 2_592_000
	})
}
