package ecs

import (
	"context"
	"math"
	"testing"
	"time"

	"ecsim/models/billing"
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// churn is W-CHURN: tasks of a few sizes that come at random and stay for an
// exponential time, on equal hosts of 64 vCPU and 262,144 MiB. Its decision
// hash is known for best fit, so a speed counts only if the work was right.
type churn struct {
	hosts, tasks    int64
	perSecond, stay float64
	state           uint64
	at              float64
	left            int64
	index           uint64
	shapes          workloads.Shapes
}

func newChurn(hosts, tasks int64, perSecond, stay float64) *churn {
	return &churn{hosts: hosts, tasks: tasks, perSecond: perSecond, stay: stay, state: 42, left: tasks}
}

func (c *churn) draw() uint64 {
	c.state += 0x9E3779B97F4A7C15
	z := c.state
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

func (c *churn) exp() float64 { return -math.Log((float64(c.draw()>>11) + 0.5) / (1 << 53)) }

func (c *churn) Shapes() *workloads.Shapes { return &c.shapes }

func (c *churn) Next(t *workloads.Task) (bool, error) {
	if c.left == 0 {
		return false, nil
	}
	c.left--
	c.at += c.exp() / c.perSecond
	cpu := units.VCPU << (c.draw() >> 62)
	memory := units.MiB(2048) << (c.draw() % 5)
	*t = workloads.Task{At: sim.Time(c.at * 1e9), Index: c.index, Run: sim.Time(c.exp() * c.stay * 1e9), UsePPM: units.One,
		Shape: c.shapes.Intern(workloads.Shape{CPU: cpu, Memory: memory})}
	c.index++
	return true, nil
}

// churnRun plays the law through a whole cluster and returns the decision hash
// and the result.
func churnRun(tb testing.TB, c *churn, observe bool) (hash uint64, run *result.Run) {
	s := sim.New(1, 0)
	end := 400 * sim.Day
	ledger := billing.NewLedger(time.Unix(0, 0), 0, end, []string{"w"})
	cfg := Config{Region: "us-east-1", Zones: 1, Start: time.Unix(0, 0).UTC(), Duration: end, Steady: true, TieIndex: true,
		Stages: StageConfig{FargateProvisioning: workloads.Constant(sim.Time(0)), EC2Start: workloads.Constant(sim.Time(0)), EC2Awsvpc: workloads.Constant(sim.Time(0))},
		Providers: []ProviderConfig{{Name: "hosts", Kind: "external", Params: &ExternalParams{Speed: 1e6,
			Nodes: []ExternalNode{{Name: "host", CPU: 64 * units.VCPU, Memory: 262144, Count: c.hosts}}}}},
		Workloads: []WorkloadConfig{{Name: "w", Kind: Batch, Shapes: c.Shapes(), Use: workloads.Constant(units.One), NetworkMode: "bridge",
			Retry: Retry{Mode: RetryFIFO}, Strategy: []StrategyItem{{Provider: "hosts", Weight: 1}}, Placement: []string{"binpack(cpu)"}}},
	}
	hash = 1469598103934665603
	if observe {
		cfg.Observe = func(e result.Event) {
			if e.Kind == result.TaskPlaced {
				hash = (hash ^ uint64(e.Place)) * 1099511628211
			}
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
	for m.Unfinished() > 0 || c.left > 0 {
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
	hash, run := churnRun(t, newChurn(1000, 2000, 10, 1450), true)
	if want := uint64(0x056c50828238d8e7); hash != want {
		t.Errorf("2,000 tasks: decision hash %016x, want %016x", hash, want)
	}
	if w := run.Workloads[0]; w.Finished != 2000 || w.InSystem != w.Sojourn {
		t.Errorf("finished %d of 2000, integral of N %v, sum of sojourns %v", w.Finished, w.InSystem, w.Sojourn)
	}
	if testing.Short() {
		return
	}
	if hash, _ = churnRun(t, newChurn(1000, 100_000, 10, 1450), true); hash != 0x52256085f9373ef0 {
		t.Errorf("100,000 tasks: decision hash %016x, want 52256085f9373ef0", hash)
	}
}

func BenchmarkChurnECS(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		churnRun(b, newChurn(1000, 100_000, 10, 1450), false)
	}
	b.ReportMetric(float64(b.N)*100_000/b.Elapsed().Seconds(), "tasks/s")
}
