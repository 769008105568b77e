package result

import (
	"fmt"
	"math/big"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// MonthHours is the month of a price quoted by the hour: 365 x 24 / 12.
// Source: https://aws.amazon.com/ec2/pricing/on-demand/ (AWS's calculators
// count 730 hours to a month).
const MonthHours = 730

// PerMonth is what a cost over a window comes to in a month of 730 hours,
// rounded half away from zero. An empty window has no rate, and gives 0; a
// result beyond 9.2 billion dollars panics.
func PerMonth(cost units.USD, window sim.Time) units.USD {
	if window <= 0 {
		return 0
	}
	month := big.NewInt(int64(MonthHours * sim.Hour))
	n := new(big.Int).Mul(big.NewInt(int64(cost)), month)
	v := divRound(n, int64(window))
	if !v.IsInt64() {
		panic(fmt.Sprintf("result: %v in %v is more than %v a month", cost, window, units.USD(1<<63-1)))
	}
	return units.USD(v.Int64())
}

// divRound is n/d rounded half away from zero; d is positive.
func divRound(n *big.Int, d int64) *big.Int {
	den := big.NewInt(d)
	half := new(big.Int).Quo(den, big.NewInt(2))
	sum := new(big.Int)
	if n.Sign() < 0 {
		sum.Sub(n, half)
	} else {
		sum.Add(n, half)
	}
	return sum.Quo(sum, den)
}

func dollars(u units.USD) Value { return Value{V: u.Float(), OK: true} }

// monthly reads an amount of the window as an amount a month.
func (r *Run) monthly(u units.USD) Value {
	if !r.MonthlyOK || r.Bill.Hours <= 0 {
		return Value{}
	}
	return dollars(PerMonth(u, r.Bill.Hours))
}

// Idle is the part of the bill no workload reserved.
func (b *Bill) Idle() units.USD {
	for _, s := range b.Splits {
		if s.Workload == "" {
			return s.Paid
		}
	}
	return 0
}

func ratio(num, den float64) Value {
	if den == 0 {
		return Value{}
	}
	return Value{V: num / den, OK: true}
}

var costMetrics = []Metric{
	{Path: "cost_per_month", Unit: UnitUSD, Better: Lower, Kind: KindMoney,
		Doc:  "730 h x the mean cost an hour; none unless the window holds whole cycles of every schedule and pattern",
		Read: func(r *Run, _ *Workload) Value { return r.monthly(r.Bill.Total) }},
	{Path: "cost_list_per_month", Unit: UnitUSD, Better: Lower, Kind: KindMoney,
		Doc:  "the same at list price",
		Read: func(r *Run, _ *Workload) Value { return r.monthly(r.Bill.List) }},
	{Path: "cost_best_plan_per_month", Unit: UnitUSD, Better: Lower, Kind: KindMoney,
		Doc: "the same with the best one-year Compute Savings Plan for the run's own hourly spend",
		Read: func(r *Run, _ *Workload) Value {
			if r.Bill.BestPlan.Name == "" {
				return Value{}
			}
			return r.monthly(r.Bill.BestPlan.Total)
		}},
	{Path: "cost", Unit: UnitUSD, Better: Lower, Kind: KindMoney,
		Doc:  "paid for the window, after discount and commitments",
		Read: func(r *Run, _ *Workload) Value { return dollars(r.Bill.Total) }},
	{Path: "cost_list", Unit: UnitUSD, Better: Lower, Kind: KindMoney,
		Doc:  "the window at list price",
		Read: func(r *Run, _ *Workload) Value { return dollars(r.Bill.List) }},
	{Path: "cost_best_plan", Unit: UnitUSD, Better: Lower, Kind: KindMoney,
		Doc: "the window with the best one-year Compute Savings Plan",
		Read: func(r *Run, _ *Workload) Value {
			return Value{V: r.Bill.BestPlan.Total.Float(), OK: r.Bill.BestPlan.Name != ""}
		}},
	{Path: "cost_drain", Unit: UnitUSD, Better: Lower, Kind: KindMoney,
		Doc:  "paid after the window while unfinished work ran out; in no other figure but cost_with_drain",
		Read: func(r *Run, _ *Workload) Value { return dollars(r.Bill.Drain) }},
	{Path: "cost_with_drain", Unit: UnitUSD, Better: Lower, Kind: KindMoney,
		Doc:  "paid for the window and for finishing what it left",
		Read: func(r *Run, _ *Workload) Value { return dollars(r.Bill.Total + r.Bill.Drain) }},
	{Path: "cost_per_1000_tasks", Unit: UnitUSD, Better: Lower, Kind: KindMoney,
		Doc: "cost of the window per 1,000 batch tasks finished, whatever else the platform ran",
		Read: func(r *Run, _ *Workload) Value {
			var finished int64
			for i := range r.Workloads {
				if r.Workloads[i].Kind == "batch" {
					finished += r.Workloads[i].Finished
				}
			}
			return ratio(1000*r.Bill.Total.Float(), float64(finished))
		}},
	{Path: "cost_idle_share", Unit: UnitShare, Better: Lower, Kind: KindLevel,
		Doc:  "share of the cost that no workload reserved",
		Read: func(r *Run, _ *Workload) Value { return ratio(r.Bill.Idle().Float(), r.Bill.Total.Float()) }},
	{Path: "workload.NAME.cost", Unit: UnitUSD, Better: Lower, Kind: KindMoney,
		Doc:  "its share of the window's cost by reservation (AWS split cost allocation), idle capacity left out",
		Read: func(_ *Run, w *Workload) Value { return dollars(w.Cost) }},
	{Path: "workload.NAME.cost_per_month", Unit: UnitUSD, Better: Lower, Kind: KindMoney,
		Doc:  "the same in a month of 730 h",
		Read: func(r *Run, w *Workload) Value { return r.monthly(w.Cost) }},
	{Path: "workload.NAME.cost_per_1000_tasks", Unit: UnitUSD, Better: Lower, Kind: KindMoney,
		Doc:  "its cost per 1,000 of its tasks finished",
		Read: func(_ *Run, w *Workload) Value { return ratio(1000*w.Cost.Float(), float64(w.Finished)) }},
}
