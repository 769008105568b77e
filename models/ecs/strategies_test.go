package ecs

import (
	"math/rand/v2"
	"testing"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// Ten tasks of 7000, 7000, 2048, 4 x 768, 2 x 128 and 512 MiB on m5.large that
// register 7680 MiB. Binpack by memory fits them on three in every order; spread
// over instances needs three to seven, as order and ties have it: it puts small
// tasks on every instance, and then no instance can hold a large one.
func TestStrategiesOnTenTasks(t *testing.T) {
	sizes := []units.MiB{7000, 7000, 2048, 768, 768, 768, 768, 128, 128, 512}
	rng := rand.New(rand.NewPCG(1, 2))
	needed := func(order []units.MiB, strategy string, seed uint64) int64 {
		for n := int64(1); ; n++ {
			w := batch("ten", "hosts")
			w.Placement = []string{strategy}
			w.Retry.Mode = RetryNever
			r := newRigSeed(t, Config{Providers: []ProviderConfig{machines(n, 2048, 7680)}, Workloads: []WorkloadConfig{w}}, seed)
			for _, m := range order {
				r.run(0, 10, m, sim.Hour)
			}
			if r.c.workloads[0].running == int64(len(order)) {
				return n
			}
		}
	}
	spread := map[int64]int{}
	trials := 3000
	if testing.Short() {
		trials = 300
	}
	for trial := range trials {
		order := append([]units.MiB(nil), sizes...)
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		if n := needed(order, "binpack(memory)", uint64(trial)); n != 3 {
			t.Fatalf("binpack needs %d instances for %v, want 3", n, order)
		}
		spread[needed(order, "spread(instanceId)", uint64(trial))]++
	}
	t.Logf("spread needs (instances: orders): %v", spread)
	for n := range spread {
		if n < 3 || n > 7 {
			t.Errorf("spread needed %d instances, want 3 to 7", n)
		}
	}
	if len(spread) < 3 {
		t.Errorf("spread always needs about the same: %v", spread)
	}
}
