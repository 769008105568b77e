package simulate

import (
	"context"
	"math/rand/v2"
	"reflect"
	"testing"

	"ecsim/scenarios"
	"ecsim/scenarios/library"
	"ecsim/sim"
)

// TestRunsInUsedMemory: a run in memory that others used before, of any
// scenarios and platforms in any order, is the run in fresh memory, to the bit.
func TestRunsInUsedMemory(t *testing.T) {
	type one struct {
		sc       *scenarios.Scenario
		platform int
	}
	var runs []one
	for _, name := range library.Names() {
		sc, err := Load(name, []string{"runs.replications=1", `duration="12h"`})
		if err != nil {
			t.Fatal(err)
		}
		for p := range sc.Platforms {
			if Admit(sc, p) == nil {
				runs = append(runs, one{sc, p})
			}
		}
	}
	rng := rand.New(rand.NewPCG(5, 7))
	rng.Shuffle(len(runs), func(i, j int) { runs[i], runs[j] = runs[j], runs[i] })
	var memory Memory
	for i, x := range runs {
		fresh, err1 := Run(context.Background(), x.sc, x.platform, uint64(i%3), Options{Brief: i%2 == 0})
		used, err2 := Run(context.Background(), x.sc, x.platform, uint64(i%3), Options{Brief: i%2 == 0, Memory: &memory})
		name := x.sc.Name + ", " + x.sc.Platforms[x.platform].Name
		if err1 != nil || err2 != nil {
			if err1 == nil || err2 == nil || err1.Error() != err2.Error() {
				t.Errorf("%s: in fresh memory %v, in used memory %v", name, err1, err2)
			}
			continue
		}
		for w := range fresh.Workloads {
			a, b := &fresh.Workloads[w], &used.Workloads[w]
			sameTally(t, name, &a.TimeToRunning, &b.TimeToRunning)
			sameTally(t, name, &a.Completion, &b.Completion)
			sameTally(t, name, &a.RunTime, &b.RunTime)
			for s := range a.Stages {
				sameTally(t, name, &a.Stages[s], &b.Stages[s])
				a.Stages[s], b.Stages[s] = sim.Tally{}, sim.Tally{}
			}
			a.TimeToRunning, a.Completion, a.RunTime = sim.Tally{}, sim.Tally{}, sim.Tally{}
			b.TimeToRunning, b.Completion, b.RunTime = sim.Tally{}, sim.Tally{}, sim.Tally{}
		}
		if !reflect.DeepEqual(fresh, used) {
			t.Errorf("%s: differs in used memory", name)
		}
	}
}

// sameTally compares all that a tally tells; used memory may hold more room.
func sameTally(t *testing.T, name string, a, b *sim.Tally) {
	t.Helper()
	if a.Count() != b.Count() || a.Censored() != b.Censored() || a.Sum() != b.Sum() || a.Min() != b.Min() || a.Max() != b.Max() ||
		!reflect.DeepEqual(a.CDF(), b.CDF()) {
		t.Errorf("%s: a tally differs in used memory", name)
	}
	for _, v := range []int64{0, 100, int64(sim.Second), int64(sim.Minute), int64(sim.Hour)} {
		if a.CountAtMost(v) != b.CountAtMost(v) {
			t.Errorf("%s: %d and %d values up to %d", name, a.CountAtMost(v), b.CountAtMost(v), v)
		}
	}
}

// TestChunksInUsedMemory: one worker's chunks of several sweeps, mixed, are
// those of a fresh worker.
func TestChunksInUsedMemory(t *testing.T) {
	type one struct {
		w     *Sweep
		chunk uint64
	}
	var chunks []one
	benches := map[*Sweep]*Bench{}
	for _, c := range [][]string{
		{"sweep-cells", "runs.replications=2", "duration=20m"},
		{"occupancy", "duration=2h", "runs.replications=2"},
		{"batch-window", "runs.replications=2"},
		{"container-replay", "runs.replications=2", `sweep."workload.pods.arrivals.scale"=["50%","100%","150%"]`},
	} {
		w := sweepOf(t, c[0], c[1:]...)
		benches[w] = new(Bench)
		for i := range min(w.Chunks(), 12) {
			chunks = append(chunks, one{w, uint64(i)})
		}
	}
	rng := rand.New(rand.NewPCG(2, 9))
	rng.Shuffle(len(chunks), func(i, j int) { chunks[i], chunks[j] = chunks[j], chunks[i] })
	for _, x := range chunks {
		used, err := chunkOf(x.w, benches[x.w], x.chunk)
		if err != nil {
			t.Fatal(err)
		}
		fresh, err := chunkOf(x.w, new(Bench), x.chunk)
		if err != nil || string(used) != string(fresh) {
			t.Errorf("%s, chunk %d differs on a worker that did others before (%v)", x.w.Scenario.Name, x.chunk, err)
		}
	}
}
