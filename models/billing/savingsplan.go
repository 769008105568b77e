package billing

import (
	"fmt"
	"math/bits"
	"slices"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// A Savings Plan's commitment has at most five decimals and is 0.001 dollars
// an hour or more.
// Source: https://docs.aws.amazon.com/savingsplans/latest/APIReference/API_CreateSavingsPlan.html
const (
	commitmentStep    units.USD = 10_000
	commitmentMinimum units.USD = 1_000_000
)

// Purchase is one Savings Plan to buy.
type Purchase struct {
	Family     string    // "" for a Compute Savings Plan
	Commitment units.USD // an hour
}

// Advice is the Savings Plan that would have made a run cheapest.
type Advice struct {
	Plan        Plan
	Purchases   []Purchase // none when no commitment saves anything
	Without     units.USD  // the bill without it; plans owned before are in both
	With        units.USD
	Utilization units.PPM // of what is bought
	Coverage    units.PPM // of the coverable on-demand cost, by all plans
	// Unpriced lists the SKUs that such a plan covers at a rate which the
	// price book lacks; they count as on demand. Sorted.
	Unpriced []string
}

// Saving is what the advice saves over the window.
func (a *Advice) Saving() units.USD { return a.Without - a.With }

// BestSavingsPlan finds the commitment of kind plan that makes the window
// cheapest, on top of what terms say is owned; Terms.SavingsPlan is left out
// of account. The plan must be a Compute or EC2 Instance Savings Plan, of
// which the latter is found for each instance family in use.
//
// An hour with commitment c costs c plus the on-demand price of what c does
// not cover. Plans cover the highest saving first, so this is convex in c,
// with bends where an hour's usage of one price is used up; so is the sum over
// hours, and its least point is where the on-demand price of one more dollar
// of coverage, averaged over all hours, falls below a dollar. With one price
// that is the (1 - plan rate / on-demand rate) quantile of the hourly spend at
// plan rates. The search is exact to the step in which AWS sells commitments.
//
// Assumed: it counts usage that owned plans leave on demand. An EC2 Instance
// Savings Plan is applied before owned Compute Savings Plans and may free some
// of those, which then cover more: With says what the bill really becomes.
func (l *Ledger) BestSavingsPlan(book PriceBook, terms Terms, plan Plan) (*Advice, error) {
	terms.SavingsPlan = SavingsPlan{Plan: plan, Optimal: true}
	if err := terms.check(); err != nil {
		return nil, err
	}
	l.mustBeAdvanced()
	bought, unpriced, err := l.optimal(book, terms)
	if err != nil {
		return nil, err
	}
	without, err := l.rateWith(book, terms, windowPart, nil)
	if err != nil {
		return nil, err
	}
	with, err := l.rateWith(book, terms, windowPart, bought)
	if err != nil {
		return nil, err
	}
	a := &Advice{Plan: plan, Without: without.Total, With: with.Total, Coverage: with.Coverage(), Unpriced: unpriced}
	var used, unused units.USD
	for _, p := range with.Plans {
		if p.Bought {
			used += p.Used
			unused += p.Unused
		}
	}
	a.Utilization = share(used, used+unused)
	for _, o := range bought {
		a.Purchases = append(a.Purchases, Purchase{Family: o.Family, Commitment: o.USDPerHour})
	}
	return a, nil
}

// optimal returns the window's best commitments for terms.SavingsPlan, one per family
// for an EC2 Instance Savings Plan without a family, and the SKUs without a
// plan rate.
func (l *Ledger) optimal(book PriceBook, terms Terms) (bought []Owned, unpriced []string, err error) {
	want := terms.SavingsPlan
	families := []string{want.Family}
	if want.Plan.Kind == EC2InstanceSP && want.Family == "" {
		families = l.families()
	}
	for _, f := range families {
		o := Owned{Plan: want.Plan, Family: f}
		r, err := newRater(l, book, &terms, windowPart, nil)
		if err != nil {
			return nil, nil, err
		}
		c := &commitment{owned: o, use: new(PlanUse)}
		if err := r.prepare(c); err != nil {
			return nil, nil, fmt.Errorf("best savings plan: %w", err)
		}
		unpriced = append(unpriced, c.use.Unpriced...)
		curve := new(spendCurve)
		r.marginal = func(ns uint64) { curve.add(r, c, ns) }
		if err := r.run(); err != nil {
			return nil, nil, err
		}
		l.scratch.giveBack(r)
		if o.USDPerHour = curve.best(); o.USDPerHour > 0 {
			bought = append(bought, o)
		}
	}
	return bought, unpriced, nil
}

// families lists the instance families bought on demand in the window, sorted.
func (l *Ledger) families() []string {
	var names []string
	for i := range l.meters {
		c := &l.meters[i]
		if coverable(&c.meter, EC2InstanceSP) && slices.ContainsFunc(c.usage[windowPart], func(col []int64) bool { return col != nil }) {
			names = append(names, family(c.meter.InstanceType))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// spendCurve is, for each hour, what a commitment would buy: steps in the
// order of coverage, each so much on-demand cost for so much commitment.
type spendCurve struct {
	hours []spendHour
	steps []spendStep
}

type spendHour struct {
	ns          uint64 // of the hour that lie in the bill
	first, last int    // steps
	value       units.USD
}

type spendStep struct{ value, onDemand units.USD }

func (s *spendCurve) add(r *rater, c *commitment, ns uint64) {
	h := spendHour{ns: ns, first: len(s.steps)}
	for k, i := range c.order {
		u := &r.hour[i]
		if u.left == 0 {
			continue
		}
		value := c.quotes[k].Rate.Times(u.count, u.per)
		if u.left < u.list {
			value = scaleUSD(value, u.left, u.list)
		}
		onDemand := u.left
		if r.terms.CommitmentsAtList {
			onDemand = r.terms.net(onDemand, false)
		}
		s.steps = append(s.steps, spendStep{value, onDemand})
		h.value += value
	}
	h.last = len(s.steps)
	s.hours = append(s.hours, h)
}

// parts is how many parts of a nanodollar costs are compared in, so that
// rounding does not blur which is lower: 2^20, less where an hour's value of
// one step would overflow.
func (s *spendCurve) parts() uint64 {
	most := units.USD(1)
	for _, step := range s.steps {
		most = max(most, step.value)
	}
	return 1 << min(20, 63-bits.Len64(uint64(most)))
}

// fine is a x b / c in parts of a nanodollar, rounded down.
func fine(a, b, c, parts uint64) sim.Uint128 {
	whole := mulDivFloor(a, b, c)
	rest := a*b - whole*c // modulo 2^64, as it is below c
	return sim.Uint128{}.AddMul(whole, parts).AddMul(mulDivFloor(rest, parts, c), 1)
}

// cost is what all hours cost with a commitment, in parts of a nanodollar.
func (s *spendCurve) cost(commitment units.USD, parts uint64) sim.Uint128 {
	var sum sim.Uint128
	for _, h := range s.hours {
		left := fine(uint64(commitment), h.ns, uint64(sim.Hour), parts)
		sum = sum.Add(left)
		for _, step := range s.steps[h.first:h.last] {
			value := uint64(step.value) * parts
			if left.Cmp(sim.Uint128{Lo: value}) >= 0 {
				left = left.Sub(sim.Uint128{Lo: value})
				continue
			}
			sum = sum.Add(fine(uint64(step.onDemand), value-left.Lo, value, parts))
			left = sim.Uint128{}
		}
	}
	return sum
}

// best is the cheapest commitment an hour, the lowest of equals.
func (s *spendCurve) best() units.USD {
	var most units.USD // no hour can use more
	for _, h := range s.hours {
		if h.value >= units.USD(mulDiv(uint64(maxCommitment), h.ns, uint64(sim.Hour))) {
			most = maxCommitment
			break
		}
		most = max(most, units.USD(mulDiv(uint64(h.value), uint64(sim.Hour), h.ns)))
	}
	parts := s.parts()
	// The lowest step from which one step more is no cheaper.
	low, high := units.USD(0), most/commitmentStep+1
	for low < high {
		mid := (low + high) / 2
		if s.cost((mid+1)*commitmentStep, parts).Cmp(s.cost(mid*commitmentStep, parts)) >= 0 {
			high = mid
		} else {
			low = mid + 1
		}
	}
	c := low * commitmentStep
	if c > 0 && c < commitmentMinimum {
		c = commitmentMinimum
	}
	// A bill rounds each charge to a nanodollar: what saves no more than that
	// saves nothing.
	rounding := fine(uint64(len(s.hours)+2*len(s.steps)), 1, 1, parts)
	if c > 0 && s.cost(c, parts).Add(rounding).Cmp(s.cost(0, parts)) >= 0 {
		return 0
	}
	return c
}
