package ecs

import (
	"math"
	"testing"

	"ecsim/models/billing"
	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// A t3.large (2 vCPU, 36 credits an hour) run hard for two days: it earns 0.6
// vCPU, uses 2, and owes the rest. A day's earnings, 864 credits or 14.4
// vCPU-hours, may be owed without charge while it runs, and are charged when it
// ends. In all 48 h x (2 - 0.6) = 67.2 vCPU-hours are paid at $0.05.
// https://aws.amazon.com/ec2/pricing/on-demand/ (T2/T3 unlimited mode)
func TestSurplusCredits(t *testing.T) {
	p := &ASGParams{InstanceTypes: []string{"t3.large"}, Speed: 1e6, RootVolume: "none", Group: GroupParams{Min: 1, Max: 1},
		Distribution: DistributionParams{OnDemandPercent: 100}, Scaling: ManagedScalingParams{Status: "DISABLED", TargetCapacity: 100}}
	surplus := func(use units.PPM, hours sim.Time) float64 {
		w := WorkloadConfig{Name: "w", Kind: Service, Shape: workloads.Shape{CPU: 2048, Memory: 1024}, DesiredCount: 1, NetworkMode: "bridge",
			Use: workloads.Constant(use), Strategy: []StrategyItem{{Provider: "asg", Weight: 1}}}
		r := newRig(t, Config{Steady: true, Duration: hours * sim.Hour, Providers: []ProviderConfig{{Name: "asg", Kind: "asg", Params: p}}, Workloads: []WorkloadConfig{w}})
		r.close(hours * sim.Hour)
		bill, err := r.ledger.Rate(billing.Catalog{}, billing.Terms{})
		if err != nil {
			t.Fatal(err)
		}
		var sum float64
		for _, l := range bill.Lines {
			if l.SKU == "ec2.surplus_credits.t3.linux.vcpu_hour" {
				sum += l.Quantity.Float64()
			}
		}
		return sum
	}
	for _, k := range []struct {
		use   units.PPM
		hours sim.Time
		want  float64
	}{
		{units.One, 48, 48 * 1.4},
		{units.One, 5, 5 * 1.4}, // owed, and charged at the end
		{300_000, 48, 0},        // just what it earns
		{100_000, 48, 0},        // it saves
	} {
		if got := surplus(k.use, k.hours); math.Abs(got-k.want) > 0.001 {
			t.Errorf("%v of 2 vCPU for %d h: %.4f vCPU-hours of surplus credits, want %.4f", k.use, k.hours, got, k.want)
		}
	}
}
