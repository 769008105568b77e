package cli

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ecsim/models/catalog"
	"ecsim/scenarios"
)

// rateFaults are the own rates of [prices] whose names no bill asks for: a
// mistyped one would leave the list price in force.
func rateFaults(sc *scenarios.Scenario) (faults scenarios.Errors) {
	for _, x := range sc.Settings() {
		_, name, ok := strings.Cut("."+x.Path, ".prices.rates.")
		if name = strings.Trim(name, `"`); ok && !knownRate(name) {
			faults = append(faults, scenarios.Error{Where: whereOf(x.Where), Key: x.Path,
				Msg: fmt.Sprintf("no rate %q; want ec2.TYPE.on_demand, ec2.TYPE.spot or a name that 'ecsim catalog rates' lists", name)})
		}
	}
	return faults
}

// planRate is what follows the name of a rate under a commitment.
var planRate = regexp.MustCompile(`\.[a-z_]+\.[13]y\.(no|partial|all)_upfront$`)

func knownRate(name string) bool {
	base := planRate.ReplaceAllString(name, "")
	if slices.Contains(catalog.SKUs(), base) {
		return true
	}
	instance, ok := strings.CutPrefix(base, "ec2.")
	if !ok {
		return false
	}
	if base == name { // not of a plan: bought on demand or as Spot
		onDemand, isOnDemand := strings.CutSuffix(instance, ".on_demand")
		spot, isSpot := strings.CutSuffix(instance, ".spot")
		switch {
		case isOnDemand:
			instance = onDemand
		case isSpot:
			instance = spot
		default:
			return false
		}
	}
	_, err := catalog.Type(instance)
	return err == nil
}
