package simulate

import (
	"time"

	"ecsim/models/billing"
	"ecsim/models/ecs"
	"ecsim/models/result"
	"ecsim/scenarios"
	"ecsim/workloads/units"
)

// Words are what the numbers in an observed run's events stand for.
type Words struct {
	region    string
	providers []ecs.ProviderConfig
	workloads []ecs.WorkloadConfig
	terms     billing.Terms
}

// WordsOf returns the words of platform p's events.
func WordsOf(sc *scenarios.Scenario, p int) (*Words, error) {
	pl := &sc.Platforms[p]
	cfg, err := clusterConfig(sc, pl, make([]*source, len(pl.Workloads)))
	if err != nil {
		return nil, err
	}
	t, err := terms(sc, pl)
	return &Words{sc.Region, cfg.Providers, cfg.Workloads, t}, err
}

// Place words Event.Place.
func (w *Words) Place(place int32) string { return ecs.PlaceName(w.providers, place) }

// Reason words Event.Reason.
func (w *Words) Reason(reason int32) string { return ecs.ReasonName(reason) }

// List is the list price of a Fargate task that stopped, vCPU and memory for
// the seconds billed, in dollars; false for a task on an instance, which it
// shares with others.
func (w *Words) List(e result.Event) (string, bool) {
	option := billing.None
	switch w.Place(e.Place) {
	case ecs.FargateName:
		option = billing.OnDemand
	case ecs.FargateSpotName:
		option = billing.Spot
	default:
		return "", false
	}
	arch := "x86"
	if w.workloads[e.Workload].ARM64 {
		arch = "arm"
	}
	var sum units.USD
	for _, part := range []struct {
		meter billing.Meter
		count int64
		per   int64
	}{
		{billing.FargateCPU(arch, w.region, option), int64(e.CPU), int64(units.VCPU)},
		{billing.FargateMemory(arch, w.region, option), int64(e.Memory), int64(units.GiB)},
	} {
		q, err := w.terms.Price(billing.Catalog{}, part.meter, time.Time{})
		if err != nil {
			return "", false
		}
		sum += q.Rate.Times(uint64(part.count*e.Value), uint64(3600*part.per))
	}
	return sum.Decimal(), true
}
