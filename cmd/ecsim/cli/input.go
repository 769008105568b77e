package cli

import (
	"fmt"
	"slices"
	"strings"

	"ecsim/models/catalog"
	"ecsim/models/ecs"
	"ecsim/models/result"
	"ecsim/reports/answer"
	"ecsim/scenarios"
	"ecsim/scenarios/simulate"
	"ecsim/workloads/units"
)

// answerInput gathers what the answer says beside the outcomes.
func answerInput(name string, c *simulate.Comparison) answer.Input {
	sc := c.Scenario
	var ran []*scenarios.Platform // those asked for
	for i := range sc.Platforms {
		if slices.ContainsFunc(c.Outcomes, func(o *result.Outcome) bool { return o.Platform == sc.Platforms[i].Name }) {
			ran = append(ran, &sc.Platforms[i])
		}
	}
	in := answer.Input{
		Scenario: sc.Name, Question: sc.Question, Region: sc.Region, Zones: int(sc.AvailabilityZones),
		Architecture: architecture(ran), PriceDate: catalog.Date(), Prices: prices(ran),
		Baseline: sc.Baseline, BaselineChosen: sc.IsSet("baseline"),
		Outcomes: c.Outcomes, Gates: c.Gates, Notes: c.Notes, Apply: map[string][]string{}, Search: c.Search,
		Next: "ecsim show " + quoted(name) + " --defaults",
	}
	if in.Baseline == "" && len(c.Outcomes) > 0 {
		in.Baseline = c.Outcomes[0].Platform
	}
	for _, p := range ran {
		in.Apply[p.Name] = settingsToApply(p)
	}
	return in
}

// quoted is a word as a shell takes it.
func quoted(s string) string {
	if strings.ContainsAny(s, " \t\"'\\$`&|;<>()*?[]#~!{}") {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

// architecture is that of all workloads on the platforms: "x86", "Arm" or both.
func architecture(platforms []*scenarios.Platform) string {
	var names []string
	for _, p := range platforms {
		for i := range p.Workloads {
			name := "x86"
			if p.Workloads[i].CPUArchitecture == "ARM64" {
				name = "Arm"
			}
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names) // Arm stands first
	slices.Reverse(names)
	return strings.Join(names, " and ")
}

// prices says what is paid instead of list prices, by all platforms or by each
// its own; "" for list prices. A date follows: "10% discount on list prices".
func prices(platforms []*scenarios.Platform) (text string) {
	for i, p := range platforms {
		switch own := pricesOf(&p.Prices); {
		case i == 0:
			text = own
		case own != text:
			return "each platform's own terms on list prices"
		}
	}
	return text
}

func pricesOf(p *scenarios.Prices) string {
	var parts []string
	if p.Discount > 0 {
		parts = append(parts, p.Discount.String()+" discount")
	}
	if perHour, optimal, err := scenarios.ParseCommitment(p.SavingsPlan.Commitment); err == nil && (optimal || perHour > 0) {
		text := "optimal"
		if !optimal {
			text = "$" + perHour.String() + "/h"
		}
		parts = append(parts, text+" "+p.SavingsPlan.Type+" Savings Plan ("+p.SavingsPlan.Term+")")
	}
	if n := len(p.Owned); n > 0 {
		parts = append(parts, count(n, "owned commitment"))
	}
	if n := len(p.Rates); n > 0 {
		parts = append(parts, count(n, "own rate"))
	}
	if off, ok, err := scenarios.ParseSpotDiscount(p.EC2Spot.Discount); err == nil && ok {
		parts = append(parts, "EC2 Spot "+off.String()+" off")
	}
	if n := len(p.Lines); n > 0 {
		parts = append(parts, count(n, "fixed amount"))
	}
	if parts == nil {
		return ""
	}
	return strings.Join(parts, ", ") + " on list prices"
}

// settingsToApply is what makes a platform so in an account: its providers'
// groups and the strategies of its workloads.
func settingsToApply(p *scenarios.Platform) (list []string) {
	strategy := func(items []scenarios.StrategyItem) string {
		var parts []string
		for _, s := range items {
			text := s.CapacityProvider
			if len(items) > 1 || s.Base > 0 {
				text += fmt.Sprintf(" (base %d, weight %d)", s.Base, s.Weight)
			}
			parts = append(parts, text)
		}
		return strings.Join(parts, " + ")
	}
	for i := range p.Providers {
		c := &p.Providers[i]
		switch k := c.Params.(type) {
		case *ecs.ASGParams:
			text := fmt.Sprintf("%s: %s, min %d, max %d", c.Name, strings.Join(k.InstanceTypes, ", "), k.Group.Min, k.Group.Max)
			if k.Scaling.Status == "ENABLED" && k.Group.Min != k.Group.Max {
				text += fmt.Sprintf(", target_capacity %d", k.Scaling.TargetCapacity)
				if k.Scaling.TerminationProtection {
					text += ", termination protection on"
				}
			}
			if k.Distribution.OnDemandPercent < 100 {
				text += fmt.Sprintf(", %d %% On-Demand above a base of %d", k.Distribution.OnDemandPercent, k.Distribution.OnDemandBase)
			}
			list = append(list, text)
		case *ecs.ManagedInstancesParams:
			text := c.Name + ": managed instances"
			if len(k.AllowedInstanceTypes) > 0 {
				text += " of " + strings.Join(k.AllowedInstanceTypes, ", ")
			}
			list = append(list, text)
		default:
			list = append(list, c.Name+": "+c.Kind)
		}
	}
	if len(p.DefaultStrategy) > 0 {
		list = append(list, "default strategy "+strategy(p.DefaultStrategy))
	}
	for i := range p.Workloads {
		w := &p.Workloads[i]
		if len(w.CapacityProviderStrategy) > 0 && !slices.Equal(w.CapacityProviderStrategy, p.DefaultStrategy) {
			list = append(list, w.Name+" on "+strategy(w.CapacityProviderStrategy))
		}
		if w.Kind == ecs.Service && w.DesiredCount > 0 {
			list = append(list, w.Name+" desired count "+units.Thousands(w.DesiredCount))
		}
	}
	return list
}
