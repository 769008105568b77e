package billing

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ecsim/workloads/units"
)

// Quote is a price with its origin.
type Quote struct {
	Rate       units.Price // dollars per unit of the SKU
	Source     string      // page, price list or data set; "scenario" for an override
	Date       string      // of the source, "2026-09-29"
	Confidence string      // the catalogue's mark: V verified, D derived, R unverified
	Estimated  bool        // the figure rests on an assumption
	Note       string      // condition or rule of derivation, often ""
}

// PriceBook is a price list. Implementations must be safe for use by several
// goroutines.
type PriceBook interface {
	// Price returns the public price of sku in region; EC2 SKUs are
	// "ec2.TYPE.on_demand" and "ec2.TYPE.spot". The error says what is known.
	Price(sku, region string) (Quote, error)
	// Committed returns what usage of m costs under plan, effective (upfront
	// payment spread over the term). ok is false when plan does not cover m;
	// an error when it does, at a rate that the book lacks.
	Committed(m Meter, plan Plan) (q Quote, ok bool, err error)
}

// PlanKind is a kind of commitment. The kinds are in the order in which AWS
// applies them within an hour.
// Source: https://docs.aws.amazon.com/savingsplans/latest/userguide/sp-applying.html
type PlanKind uint8

// The kinds of commitment; the zero PlanKind is none.
const (
	NoPlan PlanKind = iota
	StandardRI
	ConvertibleRI
	EC2InstanceSP
	ComputeSP
)

var planKinds = []string{"none", "standard-ri", "convertible-ri", "ec2-instance-sp", "compute-sp"}

// String is the name used in scenarios: "compute-sp".
func (k PlanKind) String() string {
	if int(k) >= len(planKinds) {
		return fmt.Sprintf("plan(%d)", uint8(k))
	}
	return planKinds[k]
}

// IsRI tells Reserved Instances from Savings Plans.
func (k PlanKind) IsRI() bool { return k == StandardRI || k == ConvertibleRI }

// ParsePlanKind reads "compute-sp", "ec2-instance-sp", "standard-ri",
// "convertible-ri", or a Savings Plan's short name, "compute" and
// "ec2-instance".
func ParsePlanKind(s string) (PlanKind, error) {
	for k := StandardRI; k <= ComputeSP; k++ {
		if s == k.String() || s+"-sp" == k.String() {
			return k, nil
		}
	}
	return NoPlan, fmt.Errorf("got %q, want one of %s", s, strings.Join(planKinds[1:], ", "))
}

// Payment is how much of a commitment is paid at its start.
type Payment uint8

// The payment options.
const (
	NoUpfront Payment = iota
	PartialUpfront
	AllUpfront
)

var payments = []string{"no-upfront", "partial-upfront", "all-upfront"}

// String is the name used in scenarios: "no-upfront".
func (p Payment) String() string {
	if int(p) >= len(payments) {
		return fmt.Sprintf("payment(%d)", uint8(p))
	}
	return payments[p]
}

// ParsePayment reads "no-upfront", "partial-upfront" or "all-upfront".
func ParsePayment(s string) (Payment, error) {
	if i := slices.Index(payments, s); i >= 0 {
		return Payment(i), nil
	}
	return 0, fmt.Errorf("got %q, want one of %s", s, strings.Join(payments, ", "))
}

// ParseTerm reads a commitment's length, "1y" or "3y", as years.
func ParseTerm(s string) (int, error) {
	switch s {
	case "1y":
		return 1, nil
	case "3y":
		return 3, nil
	}
	return 0, fmt.Errorf("got %q, want \"1y\" or \"3y\"", s)
}

// Plan says which rates a commitment has.
type Plan struct {
	Kind    PlanKind
	Years   int // 1 or 3
	Payment Payment
}

// String is "compute-sp 1y no-upfront".
func (p Plan) String() string {
	if p.Kind == NoPlan {
		return "none"
	}
	return fmt.Sprintf("%s %dy %s", p.Kind, p.Years, p.Payment)
}

func (p Plan) check() error {
	if p.Kind == NoPlan || p.Kind > ComputeSP || p.Years != 1 && p.Years != 3 || p.Payment > AllUpfront {
		return fmt.Errorf("plan %q: want %s for 1 or 3 years, paid %s", p,
			strings.Join(planKinds[1:], ", "), strings.Join(payments, ", "))
	}
	return nil
}

// SavingsPlan is a Savings Plan that the scenario buys. The zero SavingsPlan
// buys none.
type SavingsPlan struct {
	Plan Plan // Kind ComputeSP or EC2InstanceSP
	// Family is the instance family ("m6a") of an EC2 Instance Savings Plan.
	// With Optimal, "" buys one plan for each family in use.
	Family     string
	Commitment units.USD // an hour, at Savings Plan rates; 0 with Optimal
	Optimal    bool      // choose the commitment that makes this run cheapest
}

// Owned is a commitment that exists already. It is charged in every hour until
// Ends, used or not.
type Owned struct {
	Plan   Plan
	Family string // instance family of an EC2 Instance Savings Plan
	Region string // of all but a Compute Savings Plan; "" matches any
	// InstanceType and Count describe Reserved Instances; Zone is set on
	// zonal ones, which cover this very type in this zone only. Others are
	// size-flexible within the family.
	InstanceType string
	Zone         string
	Count        int64
	// USDPerHour is a Savings Plan's commitment; on Reserved Instances what
	// all Count of them cost an hour, or 0 for the price book's rate.
	USDPerHour units.USD
	Ends       time.Time // first instant no longer covered; zero is never
}

// Name is "ec2-instance-sp 1y no-upfront m5".
func (o Owned) Name() string {
	name := o.Plan.String()
	for _, s := range []string{o.Family, o.InstanceType, o.Zone} {
		if s != "" {
			name += " " + s
		}
	}
	return name
}

func (o Owned) check() error {
	if err := o.Plan.check(); err != nil {
		return err
	}
	switch {
	case o.USDPerHour < 0 || o.USDPerHour > maxCommitment || o.Count < 0 || o.Count > maxReserved:
		return fmt.Errorf("%s: got %s an hour, count %d; want 0 to %s an hour, 0 to %d instances", o.Name(), o.USDPerHour, o.Count, maxCommitment, int64(maxReserved))
	case o.Plan.Kind.IsRI() && (o.InstanceType == "" || o.Count == 0):
		return fmt.Errorf("%s: Reserved Instances need an instance type and a count", o.Name())
	case o.Plan.Kind.IsRI() && o.Zone == "" && normalized(o.InstanceType) == 0 && flexibleFamily(o.InstanceType):
		return fmt.Errorf("%s: size %q has no normalization factor; want nano, micro, small, medium, large, xlarge or Nxlarge", o.Name(), o.InstanceType)
	case !o.Plan.Kind.IsRI() && o.Count != 0:
		return fmt.Errorf("%s: a Savings Plan has an hourly commitment, not a count", o.Name())
	case o.Plan.Kind == EC2InstanceSP && o.Family == "":
		return fmt.Errorf("%s: an EC2 Instance Savings Plan needs an instance family, such as \"m5\"", o.Name())
	}
	return nil
}

// ParseCommitment reads a Savings Plan's commitment: "none", "optimal", or
// dollars an hour such as "$3.20/h".
func ParseCommitment(s string) (perHour units.USD, optimal bool, err error) {
	switch s {
	case "none":
		return 0, false, nil
	case "optimal":
		return 0, true, nil
	}
	amount, ok := strings.CutSuffix(s, "/h")
	if ok {
		perHour, err = units.ParseUSD(amount)
	}
	if !ok || err != nil {
		return 0, false, fmt.Errorf("got %q, want \"none\", \"optimal\" or dollars an hour such as \"$3.20/h\"", s)
	}
	return perHour, false, nil
}

// PullPath is the way image layers take to a task or instance.
type PullPath string

// The pull paths. PullS3Gateway is the zero value's meaning.
const (
	PullS3Gateway PullPath = "s3-gateway" // ECR layers by gateway endpoint: free
	PullNAT       PullPath = "nat"        // through a NAT gateway: its price per GB
	PullPublic    PullPath = "public"     // from a public address: bytes are free, the address is a meter of its own
)

// Month says how many hours a GB-month and a monthly line have.
type Month uint8

// The conventions. AWS's calculator counts 730 hours, the examples on its
// price pages 30 days; a real bill has the hours of the calendar month. The
// default matches PerMonth, so that a volume held throughout costs its monthly
// price.
const (
	Month730      Month = iota // 730 h
	Month30Days                // 720 h
	MonthCalendar              // 672 to 744 h, by the UTC month of each hour
)

// String says what the month is, for the foot of a report.
func (m Month) String() string {
	return [...]string{"730 hours", "30 days", "the calendar month"}[m]
}

// ParseMonth reads "730h", "30d" or "calendar".
func ParseMonth(s string) (Month, error) {
	if i := slices.Index([]string{"730h", "30d", "calendar"}, s); i >= 0 {
		return Month(i), nil
	}
	return 0, fmt.Errorf("got %q, want \"730h\", \"30d\" or \"calendar\"", s)
}

// hours is the length of the month that at lies in.
func (m Month) hours(at time.Time) uint64 {
	switch m {
	case Month730:
		return 730
	case Month30Days:
		return 720
	}
	return uint64(time.Date(at.Year(), at.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()) * 24
}

// common is a multiple of every length the month can have, in hours.
func (m Month) common() uint64 {
	switch m {
	case Month730:
		return 730
	case Month30Days:
		return 720
	}
	return 9_061_920 // least common multiple of 672, 696, 720, 744
}

// FixedLine is a cost that does not depend on the run. The caller passes only
// the lines of the platform it rates.
type FixedLine struct {
	Name        string
	USDPerMonth units.USD
}

// Limits of what terms may say, so that no sum overflows. AWS sells Savings
// Plans up to a million dollars an hour.
// Source: https://docs.aws.amazon.com/savingsplans/latest/APIReference/API_CreateSavingsPlan.html
const (
	maxCommitment             = 1_000_000 * units.Dollar
	maxRate       units.Price = 10_000 * units.DollarPrice
	maxReserved               = 1_000_000
)

// Terms are a scenario's [prices]. The zero Terms are public prices without
// commitments, images pulled by gateway endpoint, months of 730 hours.
type Terms struct {
	// Discount is a private rate card (EDP) on everything AWS charges; 0 to
	// 100 %. The scenario's own lines are left as they are.
	Discount units.PPM
	// CommitmentsAtList leaves Savings Plan and Reserved Instance charges
	// out of Discount. Assumed: agreements usually discount them too, so the
	// zero value does.
	CommitmentsAtList bool
	// Rates override prices by SKU, for every region. A commitment's rate is
	// overridden under PlanSKU: "fargate.x86.vcpu_hour.sp.1y.no_upfront".
	Rates       map[string]units.Price
	SavingsPlan SavingsPlan
	Owned       []Owned
	// SpotDiscount, if not nil, prices EC2 Spot at this much below on demand.
	SpotDiscount *units.PPM
	// SpotPrice, if not nil, is the EC2 Spot price in force in the clock hour
	// that begins at hour; false leaves the price to SpotDiscount or the book.
	SpotPrice     func(m Meter, hour time.Time) (units.Price, bool)
	ImagePullPath PullPath
	Lines         []FixedLine
	Month         Month
}

// check returns every mistake in t.
func (t *Terms) check() error {
	var errs []error
	share := func(name string, p units.PPM) {
		if p < 0 || p > units.One {
			errs = append(errs, fmt.Errorf("%s: got %s, want 0%% to 100%%", name, p))
		}
	}
	share("discount", t.Discount)
	if t.SpotDiscount != nil {
		share("ec2_spot.discount", *t.SpotDiscount)
	}
	for _, sku := range sortedKeys(t.Rates) {
		if t.Rates[sku] < 0 || t.Rates[sku] > maxRate {
			errs = append(errs, fmt.Errorf("rates %q: got %s, want 0 to %s dollars a unit", sku, t.Rates[sku], maxRate))
		}
	}
	if sp := t.SavingsPlan; sp != (SavingsPlan{}) {
		switch err := sp.Plan.check(); {
		case err != nil:
			errs = append(errs, fmt.Errorf("savings_plan: %w", err))
		case sp.Plan.Kind.IsRI():
			errs = append(errs, fmt.Errorf("savings_plan: got %s, want compute-sp or ec2-instance-sp; Reserved Instances are listed as owned", sp.Plan))
		case sp.Commitment < 0 || sp.Commitment > maxCommitment || sp.Optimal && sp.Commitment != 0:
			errs = append(errs, fmt.Errorf("savings_plan: commitment of %s an hour: want 0 to %s, and none with \"optimal\"", sp.Commitment, maxCommitment))
		case sp.Plan.Kind == EC2InstanceSP && sp.Family == "" && sp.Commitment > 0:
			errs = append(errs, fmt.Errorf("savings_plan: an EC2 Instance Savings Plan needs an instance family, such as \"m6a\""))
		}
	}
	for i, o := range t.Owned {
		if err := o.check(); err != nil {
			errs = append(errs, fmt.Errorf("owned[%d]: %w", i, err))
		}
	}
	switch t.ImagePullPath {
	case "", PullS3Gateway, PullNAT, PullPublic:
	default:
		errs = append(errs, fmt.Errorf("image_pull_path: got %q, want %s, %s or %s", t.ImagePullPath, PullS3Gateway, PullNAT, PullPublic))
	}
	for _, f := range t.Lines {
		if f.USDPerMonth < 0 || f.USDPerMonth > maxCommitment {
			errs = append(errs, fmt.Errorf("lines %q: got %s a month, want 0 to %s", f.Name, f.USDPerMonth, maxCommitment))
		}
	}
	if t.Month > MonthCalendar {
		errs = append(errs, fmt.Errorf("month: got convention %d, want 0 to %d", t.Month, MonthCalendar))
	}
	return errors.Join(errs...)
}

// net applies the private discount to a usage charge, commitment charges with
// committed set.
func (t *Terms) net(gross units.USD, committed bool) units.USD {
	if t.Discount == 0 || committed && t.CommitmentsAtList {
		return gross
	}
	return gross - gross.Scale(t.Discount)
}

// override looks sku up in the scenario's own rates.
func (t *Terms) override(sku string) (Quote, bool) {
	rate, ok := t.Rates[sku]
	return Quote{Rate: rate, Source: "scenario"}, ok
}

func (t *Terms) list(book PriceBook, sku, region string) (Quote, error) {
	if q, ok := t.override(sku); ok {
		return q, nil
	}
	return book.Price(sku, region)
}

// Price returns the price of m in the clock hour that begins at hour, before
// Discount and commitments: the scenario's own rate, else the Spot price in
// force, the share of the on-demand price that a fee is, the pull path's rate,
// or the book's.
func (t *Terms) Price(book PriceBook, m Meter, hour time.Time) (Quote, error) {
	switch {
	case m.SKU == imagePullSKU:
		if q, ok := t.override(m.SKU); ok {
			return q, nil
		}
		if t.ImagePullPath != PullNAT {
			// Layers lie in S3: free by gateway endpoint, and free into
			// the region's own public addresses.
			// Source: https://aws.amazon.com/ecr/pricing/
			return Quote{Source: "https://aws.amazon.com/ecr/pricing/", Confidence: "V"}, nil
		}
		return t.list(book, "nat.gb", m.Region)
	case m.isShareOfOnDemand():
		share, err := t.list(book, m.SKU, m.Region)
		if err != nil {
			return Quote{}, err
		}
		q, err := t.list(book, "ec2."+m.InstanceType+".on_demand", m.Region)
		if err != nil {
			return Quote{}, err
		}
		q.Rate = units.Price(mulDiv(uint64(q.Rate), uint64(share.Rate), uint64(units.DollarPrice)))
		q.Estimated = q.Estimated || share.Estimated
		q.Source, q.Date, q.Confidence = share.Source, share.Date, share.Confidence
		q.Note = share.Note
		return q, nil
	case m.Class == EC2Instance && m.Option == Spot:
		if q, ok := t.override(m.SKU); ok {
			return q, nil
		}
		if t.SpotPrice != nil {
			if p, ok := t.SpotPrice(m, hour); ok {
				return Quote{Rate: p, Source: "Spot price history"}, nil
			}
		}
		if t.SpotDiscount != nil {
			q, err := t.list(book, "ec2."+m.InstanceType+".on_demand", m.Region)
			q.Rate = q.Rate.Scale(units.One - *t.SpotDiscount)
			q.Source = "scenario discount on " + q.Source
			return q, err
		}
	}
	return t.list(book, m.SKU, m.Region)
}

// committed returns the rate of m under plan; ok is false when plan cannot
// cover it.
func (t *Terms) committed(book PriceBook, m Meter, plan Plan) (Quote, bool, error) {
	if !coverable(&m, plan.Kind) {
		return Quote{}, false, nil
	}
	if q, ok := t.override(PlanSKU(m.SKU, plan)); ok {
		return q, true, nil
	}
	return book.Committed(m, plan)
}

// PlanSKU names the rate of an on-demand SKU under a plan: for a Compute
// Savings Plan "fargate.x86.vcpu_hour.sp.1y.no_upfront" and
// "ec2.m6a.large.sp.1y.no_upfront", for others with the kind in the place of
// sp, "ec2.m6a.large.ec2_instance_sp.3y.all_upfront".
func PlanSKU(sku string, plan Plan) string {
	kind := "sp"
	if plan.Kind != ComputeSP {
		kind = plan.Kind.String()
	}
	suffix := fmt.Sprintf(".%s.%dy.%s", kind, plan.Years, plan.Payment)
	return strings.TrimSuffix(sku, ".on_demand") + strings.ReplaceAll(suffix, "-", "_")
}

// coverable tells whether commitments of a kind apply to m at all: bought on
// demand, and compute. Savings Plans leave Spot, storage, data and management
// fees alone.
// Source: https://docs.aws.amazon.com/savingsplans/latest/userguide/what-is-savings-plans.html
func coverable(m *Meter, kind PlanKind) bool {
	if m.Option != OnDemand {
		return false
	}
	return m.Class == EC2Instance || kind == ComputeSP && (m.Class == Fargate || m.Class == Lambda)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
