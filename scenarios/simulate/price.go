package simulate

import (
	"fmt"
	"time"

	"ecsim/models/billing"
	"ecsim/models/result"
	"ecsim/scenarios"
	"ecsim/sim"
	"ecsim/workloads/units"
)

// terms are what a platform's owner really pays.
func terms(sc *scenarios.Scenario, pl *scenarios.Platform) (billing.Terms, error) {
	p := &pl.Prices
	t := billing.Terms{Discount: p.Discount, Rates: p.Rates, ImagePullPath: billing.PullPath(p.ImagePullPath)}
	if off, ok, err := scenarios.ParseSpotDiscount(p.EC2Spot.Discount); err != nil {
		return t, err
	} else if ok {
		t.SpotDiscount = &off
	}
	perHour, optimal, err := scenarios.ParseCommitment(p.SavingsPlan.Commitment)
	if err != nil {
		return t, err
	}
	if perHour > 0 || optimal {
		kind := billing.ComputeSP
		if p.SavingsPlan.Type == "ec2-instance" {
			kind = billing.EC2InstanceSP
		}
		plan, err := planOf(kind, p.SavingsPlan.Term, p.SavingsPlan.Payment)
		if err != nil {
			return t, err
		}
		t.SavingsPlan = billing.SavingsPlan{Plan: plan, Family: p.SavingsPlan.Family, Commitment: perHour.Times(1, 1), Optimal: optimal}
	}
	for _, o := range p.Owned {
		kind, err := billing.ParsePlanKind(o.Type)
		if err != nil {
			return t, err
		}
		plan, err := planOf(kind, o.Term, o.Payment)
		if err != nil {
			return t, err
		}
		b := billing.Owned{Plan: plan, Family: o.Family, Region: sc.Region, USDPerHour: o.USDPerHour.Times(1, 1)}
		if kind.IsRI() {
			b.InstanceType, b.Count = o.Instance, o.Count
		}
		if kind == billing.ComputeSP {
			b.Region = ""
		}
		if !o.Ends.IsZero() {
			b.Ends = o.Ends.Truncate(24 * time.Hour).Add(24 * time.Hour) // the last day is covered
		}
		t.Owned = append(t.Owned, b)
	}
	for _, l := range p.Lines {
		if l.Platform == "" || l.Platform == pl.Name {
			t.Lines = append(t.Lines, billing.FixedLine{Name: l.Name, USDPerMonth: l.USDPerMonth.Times(1, 1)})
		}
	}
	return t, nil
}

func planOf(kind billing.PlanKind, term, payment string) (billing.Plan, error) {
	years, err := billing.ParseTerm(term)
	if err != nil {
		return billing.Plan{}, err
	}
	pay, err := billing.ParsePayment(payment)
	return billing.Plan{Kind: kind, Years: years, Payment: pay}, err
}

// bestPlan is the commitment shown beside the list price: one year, nothing
// upfront, any family, Region or launch type.
var bestPlan = billing.Plan{Kind: billing.ComputeSP, Years: 1, Payment: billing.NoUpfront}

// price rates the ledger and puts the bill into the run.
func price(sc *scenarios.Scenario, pl *scenarios.Platform, ledger *billing.Ledger, book billing.PriceBook, run *result.Run) error {
	t, err := terms(sc, pl)
	if err != nil {
		return fmt.Errorf("platform %s: prices: %w", pl.Name, err)
	}
	bill, err := ledger.Rate(book, t)
	if err != nil {
		return fmt.Errorf("platform %s: %w", pl.Name, err)
	}
	var drain *billing.Bill
	if drains(sc) && run.Duration == sim.Time(sc.Duration) {
		if drain, err = ledger.RateDrain(book, t); err != nil {
			return fmt.Errorf("platform %s: %w", pl.Name, err)
		}
	}
	advice, err := ledger.BestSavingsPlan(book, t, bestPlan)
	if err != nil {
		return fmt.Errorf("platform %s: %w", pl.Name, err)
	}
	b := &run.Bill
	b.Hours = bill.Window
	b.List, b.Total = bill.List, bill.Total
	if drain != nil {
		b.Drain = drain.Total
	}
	type lineKey struct {
		sku, option, workload string
		rate                  units.Price
	}
	byKey := map[lineKey]int{}
	for i := range bill.Lines {
		l := &bill.Lines[i]
		if l.Option == billing.Spot && l.List > 0 {
			b.PriceOnly = true
		}
		option := l.Option.String()
		if l.Plan != "" {
			option = l.Plan
		}
		// Zones do not differ in price, so their lines are told together.
		key := lineKey{l.SKU, option, l.Workload, l.Rate}
		if at, ok := byKey[key]; ok {
			x := &b.Lines[at]
			x.Quantity += l.Quantity.Float64()
			x.List += l.List
			x.Paid += l.Paid
			continue
		}
		byKey[key] = len(b.Lines)
		b.Lines = append(b.Lines, result.Line{SKU: l.SKU, Class: l.Class.String(), Option: option, Workload: l.Workload,
			Quantity: l.Quantity.Float64(), Unit: string(l.Unit), Rate: l.Rate, List: l.List, Paid: l.Paid,
			Source: l.Source, Date: l.Date, Estimated: l.Estimated})
	}
	for _, s := range bill.Splits {
		b.Splits = append(b.Splits, result.Split{Workload: s.Workload, Paid: s.Total()})
	}
	b.Splits = append(b.Splits, result.Split{Paid: bill.Idle.Total()})
	for i := range bill.Splits {
		run.Workloads[i].Cost = bill.Splits[i].Total()
	}
	for i := range bill.Hours {
		h := &bill.Hours[i]
		hc := result.HourlyCost{From: sim.Time(h.Start.Sub(sc.Start)), Class: map[string]units.USD{}}
		for _, c := range billing.Classes() {
			if h.Paid[c] != 0 {
				hc.Class[c.String()] = h.Paid[c]
			}
		}
		b.Hourly = append(b.Hourly, hc)
	}
	offer := result.PlanOffer{Name: "Compute Savings Plan, 1 year, no upfront", Total: advice.With, Coverage: advice.Coverage, Utilised: advice.Utilization}
	for _, p := range advice.Purchases {
		offer.Commitment += units.Price(p.Commitment) * 1000
	}
	b.BestPlan = offer
	return nil
}
