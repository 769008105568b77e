package billing

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// Line is one row of a bill: a meter, a plan that covers it or none, and a
// workload, over the bill's whole period.
type Line struct {
	SKU          string // of the price; the plan's or the scenario's name on other lines
	Class        Class
	Option       Option
	Region       string
	Zone         string
	InstanceType string
	Workload     string // "" is shared
	Plan         string // the plan at whose rate this is charged, "" on demand
	Quantity     Quantity
	Unit         Unit
	// Rate is the price per unit before Terms.Discount; where it changed
	// within the period, its mean.
	Rate units.Price
	// List is the quantity at the public (or the scenario's own) price of the
	// option bought, Paid what it costs after plans and discount.
	List, Paid units.USD
	Source     string // of Rate
	Date       string
	Confidence string
	Estimated  bool
	Note       string

	gross  units.USD // Paid before discount
	varies bool      // the rate changed within the period, or is a share of a fee
}

// Split is what one workload is charged.
type Split struct {
	Workload string
	Direct   units.USD // metered for it alone, as Fargate is
	Shared   units.USD // its part of the instances it reserved room on
}

// Total is the workload's whole charge.
func (s Split) Total() units.USD { return s.Direct + s.Shared }

// Idle is the part of a bill that no workload is charged for.
type Idle struct {
	Capacity   units.USD // instances' room that nobody reserved, and rounding
	Commitment units.USD // plans paid for and not used
	Other      units.USD // shared meters without tenants, the scenario's own lines
}

// Total is everything idle.
func (i Idle) Total() units.USD { return i.Capacity + i.Commitment + i.Other }

// HourCost is what one clock hour costs, by class.
type HourCost struct {
	Start time.Time // UTC; may lie before the bill's From
	Paid  [numClasses]units.USD
}

// Total is the hour's whole cost.
func (h *HourCost) Total() units.USD {
	var sum units.USD
	for _, p := range h.Paid {
		sum += p
	}
	return sum
}

// PlanUse is what a commitment cost and did.
type PlanUse struct {
	Name       string
	Plan       Plan
	Bought     bool      // by Terms.SavingsPlan, not owned before
	USDPerHour units.USD // a Savings Plan's commitment
	Count      int64     // of Reserved Instances
	Fee        units.USD // charged over the period, used or not
	Used       units.USD // of Fee, spent on usage
	Unused     units.USD // of Fee, lost
	// CoveredOnDemand is what the usage it covered would have cost on demand.
	CoveredOnDemand units.USD
	Source, Date    string
	Estimated       bool
	// Unpriced lists the SKUs that the plan covers at a rate which the price
	// book lacks; they were charged on demand. Sorted.
	Unpriced []string

	unusedList units.USD // Unused before discount
}

// Utilization is the share of the commitment that was used; 0 of none.
func (p *PlanUse) Utilization() units.PPM { return share(p.Used, p.Used+p.Unused) }

func share(part, whole units.USD) units.PPM {
	if whole <= 0 {
		return 0
	}
	return units.PPM(mulDiv(uint64(part), uint64(units.One), uint64(whole)))
}

// Bill is what a period costs. Total is exactly the sum of Lines, of Hours,
// and of Splits and Idle.
type Bill struct {
	From, Until time.Time // UTC
	Window      sim.Time  // Until - From
	Lines       []Line    // by class, SKU, region, zone, plan and workload
	List        units.USD // all usage at public prices, without plans or discount
	Total       units.USD // what is paid
	Splits      []Split   // one per workload, in the ledger's order
	Idle        Idle
	Hours       []HourCost
	Plans       []PlanUse // in the order in which they are applied
	// Coverable is the on-demand cost of all usage that a Savings Plan can
	// cover.
	Coverable units.USD
	Month     Month // convention of GB-months and monthly lines
}

// PerMonth is Total as a month of 730 hours; 0 of an empty period, such as a
// drain without use.
func (b *Bill) PerMonth() units.USD {
	if b.Window == 0 {
		return 0
	}
	return PerMonth(b.Total, b.Window)
}

// Coverage is the share of Coverable that plans covered.
func (b *Bill) Coverage() units.PPM {
	var covered units.USD
	for _, p := range b.Plans {
		covered += p.CoveredOnDemand
	}
	return share(covered, b.Coverable)
}

// Estimated tells whether any charged line rests on an assumed price.
func (b *Bill) Estimated() bool {
	return slices.ContainsFunc(b.Lines, func(l Line) bool { return l.Estimated && l.Paid > 0 })
}

// ByClass sums what is paid by class.
func (b *Bill) ByClass() [numClasses]units.USD {
	var sum [numClasses]units.USD
	for _, l := range b.Lines {
		sum[l.Class] += l.Paid
	}
	return sum
}

// finish collects the lines and proves the bill's sums.
func (r *rater) finish() {
	b := r.bill
	keys := r.l.scratch.keys[:0]
	for k := range r.lines {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(x, y lineKey) int {
		return cmp.Or(cmp.Compare(x.meter, y.meter), cmp.Compare(r.planOrder(x.plan), r.planOrder(y.plan)), cmp.Compare(x.workload, y.workload))
	})
	r.l.scratch.keys = keys
	b.Lines = slices.Grow(b.Lines, len(keys)+len(r.plans)+len(r.fixed))
	for _, k := range keys {
		line := *r.lines[k]
		if line.varies {
			line.Rate = line.Quantity.mean(line.gross)
		}
		b.Lines = append(b.Lines, line)
	}
	for _, c := range r.plans {
		if c.use.Unused > 0 {
			b.Lines = append(b.Lines, Line{SKU: c.use.Name, Class: Commitment, Plan: c.use.Name, Unit: "USD",
				Quantity: Quantity{Num: sim.Uint128{Lo: uint64(c.use.unusedList)}, Den: uint64(units.Dollar)}, Rate: units.DollarPrice,
				Paid: c.use.Unused, Source: c.use.Source, Date: c.use.Date, Estimated: c.use.Estimated})
		}
		b.Plans = append(b.Plans, *c.use)
	}
	b.Lines = append(b.Lines, r.fixed...)
	for _, l := range b.Lines {
		b.List += l.List
		b.Total += l.Paid
	}
	split, hours := b.Idle.Total(), units.USD(0)
	for _, s := range b.Splits {
		split += s.Total()
	}
	for i := range b.Hours {
		hours += b.Hours[i].Total()
	}
	if split != b.Total || hours != b.Total {
		panic(fmt.Sprintf("billing: lines come to %s, splits and idle to %s, hours to %s",
			b.Total.Decimal(), split.Decimal(), hours.Decimal()))
	}
}

// planOrder numbers plans as they are applied; what none covers comes last.
func (r *rater) planOrder(c *commitment) int {
	if c == nil {
		return len(r.plans)
	}
	return slices.Index(r.plans, c)
}
