package simulate

import (
	"ecsim/models/ecs"
	"ecsim/scenarios"
	"ecsim/sim"
)

// failuresOf works out when the failures of a scenario hold.
func failuresOf(sc *scenarios.Scenario) (list []ecs.Failure) {
	for i := range sc.Failures {
		f := &sc.Failures[i]
		x := ecs.Failure{Kind: f.Kind, Params: f.Params}
		for _, at := range sc.Begins(f, sim.Time(sc.Duration).Std()) {
			from := sim.Time(at)
			if k := len(x.Windows); k > 0 && x.Windows[k-1].Until >= from { // it still holds
				x.Windows[k-1].Until = from + sim.Time(f.For)
				continue
			}
			x.Windows = append(x.Windows, ecs.Window{From: from, Until: from + sim.Time(f.For)})
		}
		list = append(list, x)
	}
	return list
}

func registryConfig(r *scenarios.Registry) ecs.RegistryConfig {
	c := ecs.RegistryConfig{DockerHubWindow: sim.Time(r.Window), PublicAddresses: r.Address == "public", DockerHubAccount: r.DockerHubLogin != "anonymous"}
	switch r.DockerHubLogin {
	case "anonymous":
		c.DockerHubPulls, c.UpstreamPulls = r.AnonymousPulls, r.PersonalPulls
	case "personal":
		c.DockerHubPulls, c.UpstreamPulls = r.PersonalPulls, r.PersonalPulls
	}
	return c
}
