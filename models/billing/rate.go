package billing

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// rater prices one part of a ledger, hour by hour.
type rater struct {
	l      *Ledger
	book   PriceBook
	terms  *Terms
	part   int
	period *period

	meters []ratedMeter // those used in this part, in key order
	plans  []*commitment
	hour   []hourUse // of the current clock hour, one per meter
	at     int       // current clock hour, from the period's first
	lines  map[lineKey]*Line
	fixed  []Line // the scenario's own, in its order
	bill   *Bill

	// marginal, when set, is called after the plans have been applied and
	// before the rest is charged on demand.
	marginal func(ns uint64)
}

// hourMicros is the microseconds of an hour: fixed lines count months in them.
const hourMicros = 3_600_000_000

type ratedMeter struct {
	id        MeterID
	meter     Meter
	quote     Quote // on-demand or only price; Spot may differ by the hour
	varies    bool  // the price is asked for again each hour
	usage     [][]int64
	columns   []int // workloads (-1 shared) with any usage, ascending
	coverable bool
}

// hourUse is one meter's use in the current hour, and what of it no plan has
// covered yet.
type hourUse struct {
	count  uint64 // of the whole hour
	per    uint64 // counts per unit
	list   units.USD
	left   units.USD // of list, not yet covered
	quote  Quote
	counts []uint64 // per column
	open   []uint64 // per column, not yet covered
	shared units.USD
}

type lineKey struct {
	meter    int // index into rater.meters
	plan     *commitment
	workload int
}

// Rate prices the window. Prices and rules come from book and terms; the error
// lists every mistake in terms, or names the meter without a price. Call
// Advance with the end of the run first. Rate does not change the ledger.
func (l *Ledger) Rate(book PriceBook, terms Terms) (*Bill, error) {
	return l.rate(book, terms, windowPart)
}

// RateDrain prices what was used after the window, under the same terms (an
// optimal commitment is the window's); commitments and fixed lines run on until
// the last use or Advance.
func (l *Ledger) RateDrain(book PriceBook, terms Terms) (*Bill, error) {
	return l.rate(book, terms, drainPart)
}

func (l *Ledger) rate(book PriceBook, terms Terms, part int) (*Bill, error) {
	if err := terms.check(); err != nil {
		return nil, err
	}
	l.mustBeAdvanced()
	if terms.SavingsPlan.Optimal {
		bought, _, err := l.optimal(book, terms)
		if err != nil {
			return nil, err
		}
		return l.rateWith(book, terms, part, bought)
	}
	return l.rateWith(book, terms, part, terms.SavingsPlan.bought())
}

// mustBeAdvanced panics when a reservation has not been followed to the end of
// the window: the split would lack it.
func (l *Ledger) mustBeAdvanced() {
	for i := range l.meters {
		for w, r := range l.meters[i].reserved {
			if r.level != 0 && r.last < l.window.until {
				panic(fmt.Sprintf("billing: workload %s still holds %d on %s, followed to %d ns of %d: call Advance first",
					l.workloads[w], r.level, l.meters[i].meter.SKU, int64(r.last), int64(l.window.until)))
			}
		}
	}
}

// bought lists the plan that a fixed commitment buys.
func (sp SavingsPlan) bought() []Owned {
	if sp.Commitment == 0 {
		return nil
	}
	return []Owned{{Plan: sp.Plan, Family: sp.Family, USDPerHour: sp.Commitment}}
}

func (l *Ledger) rateWith(book PriceBook, terms Terms, part int, bought []Owned) (*Bill, error) {
	r, err := newRater(l, book, &terms, part, bought)
	if err != nil {
		return nil, err
	}
	if err := r.run(); err != nil {
		return nil, err
	}
	r.finish()
	l.scratch.giveBack(r)
	return r.bill, nil
}

func newRater(l *Ledger, book PriceBook, terms *Terms, part int, bought []Owned) (*rater, error) {
	p := &l.window
	if part == drainPart {
		p = &l.drain
	}
	r := &rater{l: l, book: book, terms: terms, part: part}
	l.scratch.borrow(r)
	period := *p
	period.hours = 0
	if period.until > period.from {
		period.hours = int(l.clockHour(period.until-1)-period.first) + 1
	}
	r.period = &period
	r.bill = &Bill{
		From:   l.start.Add(period.from.Std()),
		Until:  l.start.Add(period.until.Std()),
		Window: period.until - period.from,
		Month:  terms.Month,
		Splits: make([]Split, len(l.workloads)),
		Hours:  make([]HourCost, period.hours),
	}
	for w, name := range l.workloads {
		r.bill.Splits[w].Workload = name
	}
	if err := r.findMeters(); err != nil {
		return nil, err
	}
	for i := range r.meters {
		r.hour = grow(r.hour)
		n, u := len(r.meters[i].columns), &r.hour[i]
		if cap(u.counts) < n || cap(u.open) < n {
			u.counts, u.open = make([]uint64, n), make([]uint64, n)
		}
		*u = hourUse{counts: u.counts[:n], open: u.open[:n]} // load fills them each hour
	}
	for i, o := range append(slices.Clone(terms.Owned), bought...) {
		c := &commitment{owned: o, use: &PlanUse{Name: o.Name(), Plan: o.Plan, Bought: i >= len(terms.Owned), Source: "scenario"}}
		if o.Plan.Kind.IsRI() {
			c.use.Count = o.Count
		} else {
			c.use.USDPerHour = o.USDPerHour
		}
		if err := r.prepare(c); err != nil {
			return nil, err
		}
		r.plans = append(r.plans, c)
	}
	slices.SortStableFunc(r.plans, func(a, b *commitment) int { return cmp.Compare(a.owned.rank(), b.owned.rank()) })
	return r, nil
}

// findMeters collects the meters with any usage in the part, by key: the order
// in which a run first met them changes nothing.
func (r *rater) findMeters() error {
	for i := range r.l.meters {
		c := &r.l.meters[i]
		r.meters = grow(r.meters)
		m := &r.meters[len(r.meters)-1]
		*m = ratedMeter{id: MeterID(i + 1), meter: c.meter, usage: c.usage[r.part], columns: m.columns[:0]}
		for w, col := range m.usage {
			if slices.ContainsFunc(col, func(n int64) bool { return n != 0 }) {
				m.columns = append(m.columns, w-1)
			}
		}
		if len(m.columns) == 0 {
			r.meters = r.meters[:len(r.meters)-1]
			continue
		}
		m.coverable = coverable(&m.meter, ComputeSP)
		m.varies = m.meter.Class == EC2Instance && m.meter.Option == Spot && r.terms.SpotPrice != nil
		q, err := r.terms.Price(r.book, m.meter, r.l.hourTime(r.period.first))
		if err != nil {
			return fmt.Errorf("price of %s: %w", m.meter.SKU, err)
		}
		m.quote = q
	}
	slices.SortStableFunc(r.meters, func(a, b ratedMeter) int { return r.compareMeters(&a.meter, &b.meter) })
	return nil
}

func (r *rater) compareMeters(a, b *Meter) int {
	if c := cmp.Or(
		cmp.Compare(a.Class, b.Class), cmp.Compare(a.SKU, b.SKU), cmp.Compare(a.Region, b.Region),
		cmp.Compare(a.Zone, b.Zone), cmp.Compare(a.InstanceType, b.InstanceType), cmp.Compare(a.Option, b.Option),
		cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.SplitWeight, b.SplitWeight),
	); c != 0 || a.SplitWith == b.SplitWith || a.SplitWith == 0 || b.SplitWith == 0 {
		return cmp.Or(c, cmp.Compare(a.SplitWith, b.SplitWith))
	}
	return r.compareMeters(&r.l.meters[a.SplitWith-1].meter, &r.l.meters[b.SplitWith-1].meter)
}

func (r *rater) run() error {
	r.fixed = make([]Line, len(r.terms.Lines))
	for k, f := range r.terms.Lines {
		r.fixed[k] = Line{SKU: f.Name, Class: Other, Unit: "month", Rate: units.Price(f.USDPerMonth) * 1000,
			Quantity: Quantity{Den: r.terms.Month.common() * hourMicros}, Source: "scenario"}
	}
	for h := range r.period.hours {
		r.at = h
		begin := r.l.hourStart(r.period.first + int64(h))
		at := r.l.hourTime(r.period.first + int64(h))
		ns := uint64(min(begin+sim.Hour, r.period.until) - max(begin, r.period.from))
		r.bill.Hours[h].Start = at
		if err := r.load(at); err != nil {
			return err
		}
		for i := range r.meters {
			if r.meters[i].coverable {
				r.bill.Coverable += r.terms.net(r.hour[i].list, false)
			}
		}
		for _, c := range r.plans {
			if c.owned.Ends.IsZero() || at.Before(c.owned.Ends) {
				r.cover(c, ns)
			}
		}
		if r.marginal != nil {
			r.marginal(ns)
			continue
		}
		for i := range r.meters {
			u := &r.hour[i]
			if u.count > 0 && (u.left > 0 || u.list == 0) {
				r.charge(i, nil, u.quote, u.left, u.left)
			}
			if u.shared > 0 {
				r.split(i, u.shared)
			}
		}
		for k, f := range r.terms.Lines {
			month := r.terms.Month.hours(at)
			cost := units.USD(mulDiv(uint64(f.USDPerMonth), ns, month*uint64(sim.Hour)))
			r.fixed[k].List += cost
			r.fixed[k].Paid += cost
			r.fixed[k].Quantity.add(int64(ns/uint64(sim.Microsecond)), month*hourMicros)
			r.shared(Other, cost)
		}
	}
	return nil
}

// load reads the current hour's use and prices it on demand.
func (r *rater) load(at time.Time) error {
	for i := range r.meters {
		m, u := &r.meters[i], &r.hour[i]
		u.count, u.list, u.left, u.shared = 0, 0, 0, 0
		for k, w := range m.columns {
			u.counts[k] = 0
			if col := m.usage[w+1]; r.at < len(col) {
				u.counts[k] = uint64(col[r.at])
			}
			u.open[k] = u.counts[k]
			u.count += u.counts[k]
		}
		if u.count == 0 {
			continue
		}
		u.quote = m.quote
		if m.varies {
			q, err := r.terms.Price(r.book, m.meter, at)
			if err != nil {
				return fmt.Errorf("price of %s in the hour of %s: %w", m.meter.SKU, at.Format(time.RFC3339), err)
			}
			u.quote = q
		}
		u.per = m.meter.Unit.per(r.terms.Month, at)
		u.list = u.quote.Rate.Times(u.count, u.per)
		u.left = u.list
	}
	return nil
}

// charge moves list of the meter's uncovered cost to the line of a plan (nil
// is no plan) at a gross price, and shares it among the meter's columns in
// proportion to their use.
func (r *rater) charge(i int, c *commitment, q Quote, list, gross units.USD) {
	u := &r.hour[i]
	counts := u.open
	if list < u.left {
		counts = take(u, list)
	}
	paid := r.terms.net(gross, c != nil)
	if c != nil {
		c.use.Used += paid
		c.use.CoveredOnDemand += r.terms.net(list, false)
	}
	var seen uint64
	var listDone, paidDone, grossDone units.USD
	for k, w := range r.meters[i].columns {
		seen += u.counts[k]
		partList := proportion(list, seen, u.count) - listDone
		partPaid := proportion(paid, seen, u.count) - paidDone
		partGross := proportion(gross, seen, u.count) - grossDone
		listDone += partList
		grossDone += partGross
		paidDone += partPaid
		if u.counts[k] == 0 {
			continue
		}
		line := r.line(i, c, w, q)
		line.Quantity.add(int64(counts[k]), u.per)
		line.List += partList
		line.Paid += partPaid
		line.gross += partGross
		line.varies = line.varies || line.Rate != q.Rate || c != nil && c.owned.Plan.Kind.IsRI()
		r.bill.Hours[r.at].Paid[line.Class] += partPaid
		if w < 0 {
			u.shared += partPaid
		} else {
			r.bill.Splits[w].Direct += partPaid
		}
	}
	if list < u.left {
		for k := range u.open {
			u.open[k] -= counts[k]
		}
	} else {
		clear(u.open)
	}
	u.left -= list
}

func proportion(amount units.USD, num, den uint64) units.USD {
	return units.USD(mulDiv(uint64(amount), num, den))
}

// take divides the counts that list pays for among the columns that still have
// some, near their proportions and exactly in sum.
func take(u *hourUse, list units.USD) []uint64 {
	var open uint64
	for _, n := range u.open {
		open += n
	}
	want := mulDivFloor(open, uint64(list), uint64(u.left))
	got := make([]uint64, len(u.open))
	var seen, given uint64
	for k, n := range u.open {
		seen += n
		got[k] = mulDivFloor(want, seen, open) - given // at most n, as want <= open
		given += got[k]
	}
	return got
}

// line finds or starts a line.
func (r *rater) line(i int, c *commitment, w int, q Quote) *Line {
	key := lineKey{i, c, w}
	if line, ok := r.lines[key]; ok {
		return line
	}
	m := &r.meters[i].meter
	line := r.l.scratch.line()
	*line = Line{SKU: m.SKU, Class: m.Class, Option: m.Option, Region: m.Region, Zone: m.Zone, InstanceType: m.InstanceType,
		Unit: m.Unit, Quantity: m.Unit.quantity(r.terms.Month), Rate: q.Rate,
		Source: q.Source, Date: q.Date, Confidence: q.Confidence, Estimated: q.Estimated, Note: q.Note}
	if m.SplitWith != 0 {
		owner := &r.l.meters[m.SplitWith-1].meter
		line.Zone, line.InstanceType = owner.Zone, owner.InstanceType
	}
	if w >= 0 {
		line.Workload = r.l.workloads[w]
	}
	if c != nil {
		line.Plan = c.use.Name
	}
	r.lines[key] = line
	return line
}

// shared books an amount that no workload is charged for.
func (r *rater) shared(class Class, amount units.USD) {
	r.bill.Hours[r.at].Paid[class] += amount
	if class == Commitment {
		r.bill.Idle.Commitment += amount
	} else {
		r.bill.Idle.Other += amount
	}
}

// split divides an hour's cost of shared instances (or of what comes with
// them) among the workloads by the weight they held reserved. What nobody
// reserved is idle, and so is the rounding.
// Source: https://docs.aws.amazon.com/cur/latest/userguide/split-cost-allocation-data.html
// Deviation: AWS also charges use above the reservation and hands unused cost
// on to the tasks; here it is shown as idle.
func (r *rater) split(i int, cost units.USD) {
	m := &r.meters[i]
	owner := m.id
	if m.meter.SplitWith != 0 {
		owner = m.meter.SplitWith
	}
	instances := &r.l.meters[owner-1]
	if instances.meter.SplitWeight == 0 {
		r.bill.Idle.Other += cost
		return
	}
	// What there was to reserve: instance-seconds x weight. Seconds are whole,
	// so tasks can hold a little more within an hour; then they share it all.
	var total, reserved sim.Uint128
	if col := instances.usage[r.part][0]; r.at < len(col) {
		hi, lo := bits.Mul64(uint64(col[r.at]), uint64(sim.Second))
		if hi != 0 {
			panic(fmt.Sprintf("billing: %d instance-seconds of %s in an hour", col[r.at], instances.meter.SKU))
		}
		total = total.AddMul(lo, uint64(instances.meter.SplitWeight))
	}
	for w := range instances.reserved {
		reserved = reserved.Add(r.held(instances, w))
	}
	if reserved.Cmp(total) > 0 {
		total = reserved
	}
	idle := cost
	if shift := bits.Len64(total.Hi); !reserved.IsZero() {
		whole := shiftRight(total, shift)
		for w := range instances.reserved {
			part := units.USD(mulDivFloor(uint64(cost), shiftRight(r.held(instances, w), shift), whole))
			r.bill.Splits[w].Shared += part
			idle -= part
		}
	}
	r.bill.Idle.Capacity += idle
}

// held is the weight x ns that workload w reserved in the current hour.
func (r *rater) held(instances *meterCells, w int) sim.Uint128 {
	if col := instances.reserved[w].integral[r.part]; r.at < len(col) {
		return col[r.at]
	}
	return sim.Uint128{}
}

// shiftRight is u >> n, which must fit in 64 bits; n is at most 64.
func shiftRight(u sim.Uint128, n int) uint64 { return u.Hi<<(64-n) | u.Lo>>n }
