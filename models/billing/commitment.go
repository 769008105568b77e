package billing

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// commitment is an owned or bought plan, made ready for the meters of a part.
type commitment struct {
	owned Owned // a bought Savings Plan is an Owned without an end
	use   *PlanUse
	// order lists the meters that the plan covers, in the order in which it
	// covers them, by index into rater.meters; quotes are its rates for them.
	order  []int
	quotes []Quote
	// feeRate is what one Reserved Instance of the plan costs an hour.
	feeRate units.Price
}

// family is the part of an instance type before the dot.
func family(instanceType string) string {
	f, _, _ := strings.Cut(instanceType, ".")
	return f
}

// normalized is the normalization factor of an instance size in quarters:
// nano 1, micro 2, small 4, ... xlarge 32, Nxlarge 32 N; 0 for sizes that have
// none (metal).
// Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/apply_ri.html
func normalized(instanceType string) uint64 {
	_, size, _ := strings.Cut(instanceType, ".")
	switch size {
	case "nano":
		return 1
	case "micro":
		return 2
	case "small":
		return 4
	case "medium":
		return 8
	case "large":
		return 16
	case "xlarge":
		return 32
	}
	n, err := strconv.ParseUint(strings.TrimSuffix(size, "xlarge"), 10, 16)
	if err != nil || !strings.HasSuffix(size, "xlarge") {
		return 0
	}
	return 32 * n
}

// flexibleFamily tells whether a regional Reserved Instance of the type covers
// other sizes of its family; accelerated families and bare metal do not.
// Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/apply_ri.html
// Assumed: the list of families, which grows, was not checked again.
func flexibleFamily(instanceType string) bool {
	switch f := family(instanceType); f {
	case "g4ad", "g4dn", "g5", "g5g", "g6", "g6e", "gr6", "hpc7a", "p5", "inf1", "inf2":
		return false
	default:
		return !strings.HasPrefix(f, "u-") && !strings.Contains(instanceType, "metal")
	}
}

// matches tells whether the plan may cover meter m at all.
func (o *Owned) matches(m *Meter) bool {
	if !coverable(m, o.Plan.Kind) {
		return false
	}
	if o.Plan.Kind == ComputeSP {
		return true
	}
	if o.Region != "" && o.Region != m.Region {
		return false
	}
	switch {
	case o.Plan.Kind == EC2InstanceSP:
		return family(m.InstanceType) == o.Family
	case o.Zone != "":
		return m.InstanceType == o.InstanceType && m.Zone == o.Zone
	case !flexibleFamily(o.InstanceType):
		return m.InstanceType == o.InstanceType
	}
	return family(m.InstanceType) == family(o.InstanceType) && normalized(m.InstanceType) > 0
}

// rank orders plans as AWS applies them: zonal Reserved Instances, regional
// ones, EC2 Instance Savings Plans, Compute Savings Plans.
// Source: https://docs.aws.amazon.com/savingsplans/latest/userguide/sp-applying.html
func (o *Owned) rank() int {
	switch {
	case o.Plan.Kind.IsRI() && o.Zone != "":
		return 0
	case o.Plan.Kind.IsRI():
		return 1
	case o.Plan.Kind == EC2InstanceSP:
		return 2
	}
	return 3
}

// prepare finds the meters that c covers and puts them in AWS's order.
func (r *rater) prepare(c *commitment) error {
	type candidate struct {
		meter int
		quote Quote
	}
	var found []candidate
	for i := range r.meters {
		m := &r.meters[i]
		if !c.owned.matches(&m.meter) {
			continue
		}
		if c.owned.Plan.Kind.IsRI() {
			found = append(found, candidate{meter: i})
			continue
		}
		q, ok, err := r.terms.committed(r.book, m.meter, c.owned.Plan)
		if err != nil {
			if !slices.Contains(c.use.Unpriced, m.meter.SKU) { // zones share a SKU; meters are in its order
				c.use.Unpriced = append(c.use.Unpriced, m.meter.SKU)
			}
			continue
		}
		// Assumed: a plan is not spent on usage that the scenario's own
		// rates make cheaper on demand.
		if ok && q.Rate <= m.quote.Rate {
			found = append(found, candidate{i, q})
		}
	}
	if c.owned.Plan.Kind.IsRI() {
		// From the smallest size to the largest.
		// Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/apply_ri.html
		slices.SortStableFunc(found, func(a, b candidate) int {
			return cmp.Compare(normalized(r.meters[a.meter].meter.InstanceType), normalized(r.meters[b.meter].meter.InstanceType))
		})
		if err := r.reservedFee(c); err != nil {
			return err
		}
	} else {
		// From the highest saving to the lowest; of equal savings the lowest
		// rate first.
		// Source: https://docs.aws.amazon.com/savingsplans/latest/userguide/sp-applying.html
		slices.SortStableFunc(found, func(a, b candidate) int {
			if s := compareShares(a.quote.Rate, r.meters[a.meter].quote.Rate, b.quote.Rate, r.meters[b.meter].quote.Rate); s != 0 {
				return s
			}
			return cmp.Compare(a.quote.Rate, b.quote.Rate)
		})
	}
	for _, f := range found {
		c.order = append(c.order, f.meter)
		c.quotes = append(c.quotes, f.quote)
	}
	return nil
}

// compareShares compares a/b with c/d; b and d are at least a and c.
func compareShares(a, b, c, d units.Price) int {
	h1, l1 := bits.Mul64(uint64(a), uint64(d))
	h2, l2 := bits.Mul64(uint64(c), uint64(b))
	return sim.Uint128{Hi: h1, Lo: l1}.Cmp(sim.Uint128{Hi: h2, Lo: l2})
}

// reservedFee finds the hourly price of one Reserved Instance.
func (r *rater) reservedFee(c *commitment) error {
	if c.owned.USDPerHour > 0 {
		return nil
	}
	region := c.owned.Region
	if region == "" {
		region = r.homeRegion()
	}
	m := Instance(c.owned.InstanceType, region, c.owned.Zone, OnDemand, 0)
	q, ok, err := r.terms.committed(r.book, m, c.owned.Plan)
	if err != nil {
		return fmt.Errorf("%s: %w", c.owned.Name(), err)
	}
	if !ok {
		return fmt.Errorf("%s: no rate in %s; give usd_per_hour", c.owned.Name(), region)
	}
	c.feeRate = q.Rate
	c.use.Source, c.use.Date, c.use.Estimated = q.Source, q.Date, q.Estimated
	return nil
}

// homeRegion is the region of the first meter that has one: an owned plan
// without a region is priced there.
func (r *rater) homeRegion() string {
	for i := range r.meters {
		if r.meters[i].meter.Region != "" {
			return r.meters[i].meter.Region
		}
	}
	return ""
}

// fee is what the plan charges for ns of a clock hour, before discount.
func (c *commitment) fee(ns uint64) units.USD {
	if c.feeRate > 0 {
		return c.feeRate.Times(uint64(c.owned.Count)*ns, uint64(sim.Hour))
	}
	return units.USD(mulDiv(uint64(c.owned.USDPerHour), ns, uint64(sim.Hour)))
}

// cover applies the plan to one clock hour, of which ns lie in the bill.
func (r *rater) cover(c *commitment, ns uint64) {
	fee := c.fee(ns)
	c.use.Fee += r.terms.net(fee, true)
	var unused units.USD
	if c.owned.Plan.Kind.IsRI() {
		unused = r.coverReserved(c, fee, ns)
	} else {
		unused = r.coverSavings(c, fee)
	}
	if unused > 0 {
		paid := r.terms.net(unused, true)
		c.use.Unused += paid
		r.shared(Commitment, paid)
		c.use.unusedList += unused
	}
}

// coverSavings spends an hour's commitment on usage at the plan's rates and
// returns what is left of it.
func (r *rater) coverSavings(c *commitment, commitment units.USD) units.USD {
	for k, i := range c.order {
		u := &r.hour[i]
		if u.left == 0 || u.count == 0 {
			continue
		}
		value := c.quotes[k].Rate.Times(u.count, u.per)
		if u.left < u.list {
			value = scaleUSD(value, u.left, u.list)
		}
		if value <= commitment {
			r.charge(i, c, c.quotes[k], u.left, value)
			commitment -= value
			continue
		}
		if commitment > 0 {
			r.charge(i, c, c.quotes[k], scaleUSD(u.left, commitment, value), commitment)
		}
		return 0
	}
	return commitment
}

// coverReserved spends an hour of Reserved Instances and returns the part of
// their cost that covered nothing. Within a clock hour they cover as many
// instance-seconds as the hour has, on any number of instances.
func (r *rater) coverReserved(c *commitment, fee units.USD, ns uint64) units.USD {
	size := func(instanceType string) uint64 {
		if c.owned.Zone != "" || !flexibleFamily(c.owned.InstanceType) {
			return 1
		}
		return normalized(instanceType)
	}
	seconds := (ns + uint64(sim.Second) - 1) / uint64(sim.Second)
	capacity := uint64(c.owned.Count) * size(c.owned.InstanceType) * seconds
	var used uint64
	var spent units.USD
	for _, i := range c.order {
		u := &r.hour[i]
		if u.left == 0 || u.count == 0 {
			continue
		}
		f := size(r.meters[i].meter.InstanceType)
		want := mulDiv(u.count*f, uint64(u.left), uint64(u.list))
		got := min(want, capacity-used)
		if got == 0 {
			continue
		}
		used += got
		part := units.USD(mulDiv(uint64(fee), used, capacity)) - spent
		spent += part
		r.charge(i, c, Quote{Source: c.use.Source, Date: c.use.Date, Estimated: c.use.Estimated},
			units.USD(mulDiv(uint64(u.left), got, want)), part)
	}
	return fee - spent
}
