package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ecsim/workloads/units"
)

// ParseCommitment reads savings_plan.commitment: "none", "optimal" (chosen
// from the run's own hourly spend) or dollars an hour, "$3.20/h".
func ParseCommitment(text string) (perHour units.Price, optimal bool, err error) {
	switch text {
	case "none":
		return 0, false, nil
	case "optimal":
		return 0, true, nil
	}
	num, ok := strings.CutSuffix(strings.TrimSpace(text), "/h")
	if ok {
		perHour, err = units.ParsePrice(num)
	}
	if !ok || err != nil {
		return 0, false, fmt.Errorf(`got %q, want "none", "optimal" or dollars an hour such as "$3.20/h"`, text)
	}
	return perHour, false, nil
}

// ParseSpotDiscount reads ec2_spot.discount: "catalogue" (the catalogue's
// price, reported as ok = false) or a share off on-demand, "64%".
func ParseSpotDiscount(text string) (off units.PPM, ok bool, err error) {
	if text == "catalogue" {
		return 0, false, nil
	}
	off, err = units.ParsePPM(text)
	if err != nil || off > units.One {
		return 0, false, fmt.Errorf(`got %q, want "catalogue" or a share off on-demand such as "64%%"`, text)
	}
	return off, true, nil
}

// ownedKeys are the keys that a commitment of each type is told by; others have
// no effect on it.
var ownedKeys = map[string][]string{
	"compute-sp":      {"usd_per_hour"},
	"ec2-instance-sp": {"usd_per_hour", "family"},
	"standard-ri":     {"instance_type", "count", "usd_per_hour"},
	"convertible-ri":  {"instance_type", "count", "usd_per_hour"},
}

// checkPrices checks what concerns several keys of a prices table n, which may
// be nil, and the instance types and families it names.
func (l *loader) checkPrices(n *node, p *Prices, s *Scenario) {
	if n == nil {
		return
	}
	family := func(c *node) {
		if check := l.opts.Checks.InstanceFamily; c != nil && c.str() != "" && check != nil {
			if err := check(c.str()); err != nil {
				l.errs.add(c, "%v", err)
			}
		}
	}
	if plan := n.get("savings_plan"); plan.table() != nil {
		if _, _, err := ParseCommitment(p.SavingsPlan.Commitment); err != nil {
			l.errs.addKey(plan, "commitment", "%v", err)
		}
		family(plan.get("family"))
		if p.SavingsPlan.Type == "ec2-instance" && p.SavingsPlan.Family == "" {
			l.errs.addKey(plan, "family", `missing; an ec2-instance plan is bought for one family, such as family = "m6a"`)
		}
	}
	if spot := n.get("ec2_spot"); spot.table() != nil && p.EC2Spot.Discount != "" {
		if _, _, err := ParseSpotDiscount(p.EC2Spot.Discount); err != nil {
			l.errs.addKey(spot, "discount", "%v", err)
		}
	}
	owned, ok := n.get("owned").list()
	if !ok && n.get("owned") != nil {
		owned = []*node{n.get("owned")}
	}
	for i, o := range p.Owned {
		at := owned[i]
		need := func(key, why string) {
			if at.table() != nil && at.get(key) == nil {
				l.errs.addKey(at, key, "missing; %s", why)
			}
		}
		for _, k := range []string{"family", "instance_type", "count", "usd_per_hour"} {
			if k == "count" && o.Count == 1 {
				continue // its default, which a resolved scenario writes down
			}
			if c := at.get(k); c != nil && ownedKeys[o.Type] != nil && !slices.Contains(ownedKeys[o.Type], k) {
				l.errs.add(c, "has no effect on a commitment of type %s, which has %s; remove it", o.Type, list(ownedKeys[o.Type], "and"))
			}
		}
		if at.table() != nil {
			l.instanceTypes(at.get("instance_type"), s.Region)
			family(at.get("family"))
			if c := at.get("ends"); c != nil && !o.Ends.IsZero() && o.Ends.Add(24*time.Hour).Before(s.Start) {
				l.errs.add(c, "got %s, before the scenario begins on %s: it covers nothing; remove this commitment", o.Ends.Format(time.DateOnly), s.Start.Format(time.DateOnly))
			}
		}
		switch o.Type {
		case "compute-sp":
			need("usd_per_hour", "a Savings Plan is a commitment in dollars an hour, such as usd_per_hour = 1.40")
		case "ec2-instance-sp":
			need("usd_per_hour", "a Savings Plan is a commitment in dollars an hour, such as usd_per_hour = 1.40")
			need("family", `an EC2 Instance Savings Plan is bought for one family, such as family = "m5"`)
		case "standard-ri", "convertible-ri":
			need("instance_type", `a Reserved Instance is bought for one type, such as instance_type = "m5.large"`)
		}
	}
}
