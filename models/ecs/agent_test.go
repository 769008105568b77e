package ecs

import (
	"fmt"
	"slices"
	"testing"

	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"

	"pgregory.net/rapid"
)

// hostModel is a host and its agent told the slow way: every task is listed,
// and what may start is worked out from nothing each time.
type hostModel struct {
	cpu, memory int64
	queues      bool
	tasks       []*modelTask // in order of placement
}

type modelTask struct {
	index       uint64
	cpu, memory int64
	started     bool
	stopping    bool
	stopAt      int // order in which it was told to stop
	placedAt    int
	exited      bool
}

// settle starts what the agent may start.
func (m *hostModel) settle() {
	for _, t := range m.tasks {
		if t.started || t.exited {
			continue
		}
		cpu, memory, earlier := t.cpu, t.memory, false
		for _, o := range m.tasks {
			if o.started && !o.exited {
				cpu += o.cpu
				memory += o.memory
				earlier = earlier || o.stopping && o.stopAt < t.placedAt
			}
		}
		if m.queues && (cpu > m.cpu || memory > m.memory) || !m.queues && earlier {
			return // and so hold up those behind it
		}
		t.started = true
	}
}

// The agent starts what a slow model of its host says it starts, in the same
// order, whatever is placed, stopped and exits, before and since agents queue.
// And containers, those of stopping tasks included, never hold more than the
// host has.
func TestAgentQueueEqualsTheSlowModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		version := rapid.SampledFrom([]string{"", "1.73.0", "1.72.0"}).Draw(rt, "version")
		host := machines(1, 4096, 8192)
		host.Params.(*ExternalParams).Agent.Version = version
		w := batch("w", "hosts")
		w.StopTimeout = sim.Time(rapid.IntRange(1, 30).Draw(rt, "stop")) * sim.Second
		w.Retry.Mode = RetryNever
		r := newRig(rt, Config{Providers: []ProviderConfig{host}, Workloads: []WorkloadConfig{w}})
		m := &hostModel{cpu: 4096, memory: 8192, queues: version != "1.72.0"}
		order := 0
		exits := map[uint64]sim.Time{}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			switch rapid.IntRange(0, 3).Draw(rt, "do") {
			case 0, 1:
				cpu, memory := int64(rapid.IntRange(1, 8).Draw(rt, "cpu"))*512, int64(rapid.IntRange(1, 8).Draw(rt, "memory"))*1024
				before := r.c.placements
				r.run(0, units.CPU(cpu), units.MiB(memory), 1000*sim.Hour)
				if r.c.placements > before {
					order++
					m.tasks = append(m.tasks, &modelTask{index: r.index - 1, cpu: cpu, memory: memory, placedAt: order})
				}
			case 2:
				var alive []*modelTask
				for _, k := range m.tasks {
					if !k.stopping && !k.exited {
						alive = append(alive, k)
					}
				}
				if len(alive) == 0 {
					continue
				}
				k := alive[rapid.IntRange(0, len(alive)-1).Draw(rt, "which")]
				order++
				k.stopping, k.stopAt = true, order
				k.exited = !k.started
				if k.started {
					exits[k.index] = r.s.Now() + w.StopTimeout
				}
				r.c.stop(r.task(k.index), r.s.Now())
			case 3:
				to := r.s.Now() + sim.Time(rapid.IntRange(1, 20).Draw(rt, "seconds"))*sim.Second
				// Exits one by one, each followed by what it lets start.
				for {
					next, who := to, -1
					for i, k := range m.tasks {
						if at, ok := exits[k.index]; ok && !k.exited && at < next {
							next, who = at, i
						}
					}
					if who < 0 {
						break
					}
					m.tasks[who].exited = true
					m.settle()
				}
				r.until(to)
			}
			m.settle()
			var want, got []uint64
			for _, k := range m.tasks {
				if k.started && !k.exited {
					want = append(want, k.index)
				}
			}
			for id := r.c.instances[0].first; id != none; id = r.c.tasks[id].next {
				if k := &r.c.tasks[id]; k.holdsHost() {
					got = append(got, k.index)
				}
			}
			if !slices.Equal(got, want) {
				rt.Fatalf("at %v containers of %v run, the slow model runs %v", r.s.Now(), got, want)
			}
			if faults := r.c.audit(); version != "1.72.0" && len(faults) > 0 && !stopsOnly(faults) {
				rt.Fatal(faults)
			}
		}
	})
}

// stopsOnly tells faults that come of stopping batch tasks by hand, which
// nobody counts as finished.
func stopsOnly(faults []string) bool {
	return len(faults) == 1 && len(faults[0]) > 11 && faults[0][:11] == "w submitted"
}

// task finds a task by its number.
func (r *rig) task(index uint64) TaskID {
	for i := range r.c.tasks {
		if t := &r.c.tasks[i]; t.state != stateFree && t.index == index {
			return TaskID(i)
		}
	}
	r.tb.Fatal(fmt.Sprintf("task %d is gone", index))
	return none
}

// What waits at its agent is in time_to_running, and the stages add up to it.
func TestStagesAddUp(t *testing.T) {
	w := batch("w", "hosts")
	w.StopTimeout = 30 * sim.Second
	w.NetworkMode = "awsvpc"
	w.Images = []ImageConfig{{Name: "a", Size: 100 * units.MB}, {Name: "b", Size: 300 * units.MB}}
	host := machines(1, 2048, 4096)
	st := StageConfig{EC2Start: workloads.Constant(2 * sim.Second), EC2Awsvpc: workloads.Constant(5 * sim.Second), FargateProvisioning: workloads.Constant(sim.Time(0)),
		EC2Pull: sim.Second, EC2PullPerMB: 30 * sim.Millisecond}
	w.NetworkMode = "bridge"
	r := newRig(t, Config{Stages: st, Providers: []ProviderConfig{host}, Workloads: []WorkloadConfig{w}})
	r.run(0, 2048, 1024, sim.Hour)
	r.until(sim.Minute)
	r.c.stop(r.task(0), sim.Minute)
	r.run(0, 1024, 1024, sim.Hour)
	got := r.close(2 * sim.Minute).Workloads[0]
	var sum uint64
	for i := range got.Stages {
		sum += got.Stages[i].Sum().Lo
	}
	if sum != got.TimeToRunning.Sum().Lo || got.TimeToRunning.Count() != 2 || got.Stages[result.StageAgent].Max() != int64(30*sim.Second) {
		t.Errorf("%d tasks took %v in all, their stages %v; the longest at its agent %v", got.TimeToRunning.Count(),
			sim.Time(got.TimeToRunning.Sum().Lo), sim.Time(sum), sim.Time(got.Stages[result.StageAgent].Max()))
	}
	for i := range got.Stages {
		if got.Stages[i].Count() != 2 {
			t.Errorf("stage %s of %d tasks, want 2", result.StageNames[i], got.Stages[i].Count())
		}
	}
}

// While agents come and go, nothing is lost: every total is what its tasks add
// up to, and the work is done in the end.
func TestDisconnectedAgentsLoseNothing(t *testing.T) {
	for seed := range uint64(20) {
		w := batch("w", "hosts")
		w.Images = []ImageConfig{{Name: "a", Size: 100 * units.MB}}
		w.StopTimeout = 10 * sim.Second
		host := machines(4, 4096, 8192)
		host.Params.(*ExternalParams).Agent.Disconnect = DisconnectParams{MTBF: units.Duration(20 * sim.Minute), For: workloads.DurationDist{Dist: workloads.Uniform(sim.Second, 10*sim.Minute)}}
		r := newRigSeed(t, Config{Providers: []ProviderConfig{host}, Workloads: []WorkloadConfig{w}, Stages: StageConfig{
			EC2Start: workloads.Uniform(sim.Time(0), 20*sim.Second), EC2Awsvpc: workloads.Constant(sim.Time(0)), FargateProvisioning: workloads.Constant(sim.Time(0)), EC2Pull: sim.Second}}, seed)
		for k := range sim.Time(120) {
			for range 1 + k%3 {
				r.run(0, units.CPU(512+512*(k%4)), 1024, sim.Minute*(1+k%7))
			}
			r.until(k * sim.Minute)
			for _, f := range r.c.audit() {
				t.Fatalf("seed %d at %v: %s", seed, r.s.Now(), f)
			}
		}
		run := r.close(10 * sim.Hour)
		if k := run.Workloads[0]; k.Finished != k.Submitted || run.Providers[0].Disconnects == 0 {
			t.Errorf("seed %d: %d of %d tasks finished, %d disconnects", seed, k.Finished, k.Submitted, run.Providers[0].Disconnects)
		}
	}
}

// Pulls that take no time end, at time 0 too.
func TestPullWithoutTimeEnds(t *testing.T) {
	w := batch("w", "hosts")
	w.Images = []ImageConfig{{Name: "a", Size: 100 * units.MB}}
	r := newRig(t, Config{Providers: []ProviderConfig{machines(1, 4096, 8192)}, Workloads: []WorkloadConfig{w}})
	r.run(0, 512, 512, sim.Minute)
	if r.until(sim.Second); r.c.workloads[0].running != 1 {
		t.Error("the task does not run")
	}
}
