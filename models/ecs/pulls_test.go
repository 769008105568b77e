package ecs

import (
	"testing"

	"pgregory.net/rapid"

	"ecsim/models/billing"
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// failingService is a service of 4 tasks whose image is never served.
func failingService(provider ProviderConfig, mode string) Config {
	w := WorkloadConfig{Name: "api", Kind: Service, Shape: workloads.Shape{CPU: 256, Memory: 512}, DesiredCount: 4, NetworkMode: mode, EphemeralGiB: 20,
		Use: workloads.Constant(units.One), Images: []ImageConfig{{Name: "api:1", Repository: "api", Size: 100 * units.MB}},
		Strategy: []StrategyItem{{Provider: provider.Name, Weight: 1}}}
	st := noStages()
	st.PullFailure = 12700 * sim.Millisecond
	return Config{Providers: []ProviderConfig{provider}, Workloads: []WorkloadConfig{w}, Stages: st, Duration: 6 * sim.Hour,
		Failures: []Failure{{Kind: "image-pull", Params: &ImagePullParams{Share: units.One}}}}
}

// A service whose image cannot be pulled is launched again and again, at longer
// and longer intervals, up to 27 minutes, on instances and on Fargate.
func TestServiceBacksOffWhenItsImageCannotBePulled(t *testing.T) {
	for _, p := range []struct {
		provider ProviderConfig
		mode     string
	}{{machines(2, 4096, 8192), "bridge"}, {ProviderConfig{Name: FargateName, Kind: FargateName}, "awsvpc"}} {
		cfg := failingService(p.provider, p.mode)
		var failed []sim.Time
		throttled := 0
		cfg.Observe = func(e result.Event) {
			switch e.Kind {
			case result.ImagePullFailed:
				if len(failed) == 0 || e.At-failed[len(failed)-1] > sim.Second {
					failed = append(failed, e.At)
				}
			case result.ServiceThrottled:
				throttled++
			case result.TaskRunning:
				t.Errorf("%s: a task runs", p.provider.Name)
			}
		}
		run := newRig(t, cfg).close(cfg.Duration)
		if throttled == 0 || len(failed) < 10 {
			t.Fatalf("%s: %d rounds of failures, %d events that tell of it", p.provider.Name, len(failed), throttled)
		}
		for i := 2; i < len(failed); i++ {
			gap, before := failed[i]-failed[i-1], failed[i-1]-failed[i-2]
			if gap < before || gap > 28*sim.Minute {
				t.Errorf("%s: round %d comes %v after the one before, which came after %v", p.provider.Name, i, gap, before)
			}
		}
		w := &run.Workloads[0]
		if w.Pulls != 0 || len(w.PullFaults) != 1 || w.PullFaults[0].Count < int64(len(failed)) {
			t.Errorf("%s: %d pulls, faults %v, want none and a fault for each task", p.provider.Name, w.Pulls, w.PullFaults)
		}
	}
}

// A failed pull on Fargate is paid: from the begin of the pull, a minute at
// least.
func TestFailedPullOnFargateIsPaid(t *testing.T) {
	w := batch("job", FargateName)
	w.NetworkMode, w.Retry = "awsvpc", Retry{Mode: RetryNever}
	w.Images = []ImageConfig{{Name: "job:1", Repository: "job", Size: 100 * units.MB}}
	st := noStages()
	st.PullFailure = 12700 * sim.Millisecond
	r := newRig(t, Config{Providers: []ProviderConfig{{Name: FargateName, Kind: FargateName}}, Workloads: []WorkloadConfig{w}, Stages: st, Duration: sim.Hour,
		Failures: []Failure{{Kind: "image-pull", Params: &ImagePullParams{Share: units.One}}}})
	r.run(0, 1024, 2048, sim.Minute)
	run := r.close(sim.Hour)
	if got := run.Workloads[0]; got.Rejected != 1 || got.Finished != 0 {
		t.Errorf("%d rejected, %d finished, want the task lost", got.Rejected, got.Finished)
	}
	bill, err := r.ledger.Rate(billing.Catalog{}, billing.Terms{})
	if err != nil {
		t.Fatal(err)
	}
	// One vCPU and 2 GB for a minute: 1/60 of $0.04048 and of 2 x $0.004445.
	if got, want := bill.Total.Float(), (0.04048+2*0.004445)/60; got < want*0.999 || got > want*1.001 {
		t.Errorf("the bill is $%.6f, want $%.6f", got, want)
	}
}

// Docker Hub never serves a puller more than its limit in any window, and
// refuses nobody below it.
func TestPullWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit, span := rapid.Int64Range(1, 6).Draw(t, "limit"), sim.Time(rapid.Int64Range(1, 50).Draw(t, "window"))
		var p pullWindow
		var served []sim.Time
		now := sim.Time(0)
		for range rapid.IntRange(1, 80).Draw(t, "pulls") {
			now += sim.Time(rapid.Int64Range(0, 20).Draw(t, "gap"))
			within := int64(0)
			for _, at := range served {
				if now-at < span {
					within++
				}
			}
			if ok := p.take(now, limit, span); ok != (within < limit) {
				t.Fatalf("at %d, %d pulls within the window, limit %d: served %v", now, within, limit, ok)
			} else if ok {
				served = append(served, now)
			}
		}
	})
}
