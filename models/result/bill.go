package result

import (
	"ecsim/sim"
	"ecsim/workloads/units"
)

// Bill is what the window cost. Total = sum of Lines[i].Paid = sum of
// Splits[i].Paid, exactly.
type Bill struct {
	Hours sim.Time  // length of the window billed
	List  units.USD // at list price
	Total units.USD // after discount and commitments
	// Lines are by meter, purchase option and workload; instance meters are
	// shared (Workload "") and divided in Splits.
	Lines  []Line
	Splits []Split // one per workload, then one named "" for idle capacity
	// Drain is what the run cost after Duration while unfinished work ran
	// out; it is not part of Total.
	Drain units.USD
	// BestPlan is the best one-year Compute Savings Plan on this run's own
	// hourly spend.
	BestPlan PlanOffer
	Hourly   []HourlyCost
	// PriceOnly is true when a Spot price is paid without interruptions being
	// modelled: such a platform is never ranked first.
	PriceOnly bool
}

// Line is one line of a bill.
type Line struct {
	SKU       string // "ec2.m6a.2xlarge.on_demand", "fargate.x86.vcpu_hour", ...
	Class     string // meter class for stacked plots: "ec2", "fargate", "storage", ...
	Option    string // "on-demand", "spot", the plan that covers it, or ""
	Workload  string // "" is shared
	Quantity  float64
	Unit      string
	Rate      units.Price // price per unit before discount, the plan's where one covers the line
	List      units.USD
	Paid      units.USD
	Source    string
	Date      string
	Estimated bool
}

// Split is one workload's part of the bill, or idle capacity ("").
type Split struct {
	Workload string
	Paid     units.USD
}

// HourlyCost is what one clock hour cost, by meter class in the order of
// Classes.
type HourlyCost struct {
	From  sim.Time
	Class map[string]units.USD
}

// PlanOffer is a commitment that would have been best for this run.
type PlanOffer struct {
	Name       string      // "Compute Savings Plan, 1 year, no upfront"
	Commitment units.Price // $/h
	Total      units.USD   // bill with the plan
	Coverage   units.PPM   // of eligible list spend
	Utilised   units.PPM   // of the commitment
}
