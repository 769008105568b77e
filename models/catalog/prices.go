package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ecsim/workloads/units"
)

// Figure is one price with its provenance.
type Figure struct {
	Rate       units.Price // picodollars per Unit
	Unit       string      // what one unit is: "hour", "GB-month"
	Source     string      // data set or page
	Date       string      // when it was read, YYYY-MM-DD
	Confidence string      // V read in a public copy, D derived, R well known but not re-verified, U unsure
	Estimated  bool        // a guess: derived by ratio, or a rate of another region
	Note       string      // condition or rule of derivation; may be empty
}

// Provenance is one line for reports: source, date, confidence and note.
func (f Figure) Provenance() string {
	s := fmt.Sprintf("%s, %s, %s", f.Source, f.Date, f.Confidence)
	if f.Note != "" {
		s += "; " + f.Note
	}
	if f.Estimated && !strings.Contains(s, "estimated") {
		s += " (estimated)"
	}
	return s
}

// Regions returns the regions the catalog has EC2 prices for, sorted.
func Regions() []string { return slices.Clone(demandTable.load().header[1:]) }

// CheckRegion says whether the catalog knows a region; the error names the
// nearest ones. Prices of some services may still be missing there.
func CheckRegion(name string) error {
	known := demandTable.load().header[1:]
	if slices.Contains(known, name) {
		return nil
	}
	return fmt.Errorf("region: got %q, which the catalog of %s has no prices for; %s", name, Date(), didYouMean(name, known, "known are "+strings.Join(known, ", ")))
}

// check finds a type and checks a region.
func check(typ, region string) (*InstanceType, error) {
	t, err := Type(typ)
	if err != nil {
		return nil, err
	}
	return t, CheckRegion(region)
}

// parsePrice reads a price of an embedded table.
func parsePrice(s string) units.Price {
	p, err := units.ParsePrice(s)
	if err != nil {
		panic(fmt.Sprintf("catalog: embedded price %q: %v", s, err))
	}
	return p
}

// OnDemand returns the on-demand price of a type per instance-hour: Linux,
// shared tenancy. The error says where the type is sold when it is not sold
// (or has no known price) in region.
func OnDemand(typ, region string) (Figure, error) {
	t, err := check(typ, region)
	if err != nil {
		return Figure{}, err
	}
	table := demandTable.load()
	cell := table.cell(t.Name, region)
	if cell == "" {
		return Figure{}, notSold(t.Name, region, table, "on-demand price")
	}
	value, o := table.split(cell)
	return figure(parsePrice(value), o), nil
}

func figure(p units.Price, o origin) Figure {
	return Figure{Rate: p, Unit: "hour", Source: o.text, Date: o.date, Confidence: o.confidence(), Estimated: o.estimated()}
}

// SoldIn returns the regions with an on-demand price for a type, sorted, and
// which of these prices are estimates: there, whether AWS sells the type is
// not known. Both are nil for a type without any price.
func SoldIn(typ string) (regions, estimated []string) {
	t := demandTable.load()
	for _, r := range t.header[1:] {
		cell := t.cell(typ, r)
		if cell == "" {
			continue
		}
		regions = append(regions, r)
		if _, o := t.split(cell); o.estimated() {
			estimated = append(estimated, r)
		}
	}
	return regions, estimated
}

// notSold explains a missing cell of a type x region table.
func notSold(typ, region string, t *table, what string) error {
	have := make([]string, 0, len(t.header))
	for _, r := range t.header[1:] {
		if t.cell(typ, r) != "" {
			have = append(have, r)
		}
	}
	if len(have) == 0 {
		return fmt.Errorf("%s: the catalog of %s has no %s in any region; give one in the scenario", typ, Date(), what)
	}
	return fmt.Errorf("%s: no %s in %s in the catalog of %s; it has one in %s", typ, what, region, Date(), strings.Join(have, ", "))
}

// SpotFigure is a Spot price and how likely an interruption is.
type SpotFigure struct {
	Figure
	SavingsPercent int    // off on-demand, trailing month, 0 to 99
	Bucket         int    // Spot Advisor's interruption bucket, 0 to 4: an index into Buckets
	BucketLabel    string // "<5%" ... ">20%"
}

// Bucket is one of Spot Advisor's interruption classes.
type Bucket struct {
	Label string
	// Share of instances interrupted in a month. Assumed: the middle of the
	// class, and 30 % for the open one; AWS publishes the class only.
	Share units.PPM
}

// Buckets are Spot Advisor's interruption classes by index.
// Source: https://aws.amazon.com/ec2/spot/instance-advisor/
var Buckets = [5]Bucket{{"<5%", 25_000}, {"5-10%", 75_000}, {"10-15%", 125_000}, {"15-20%", 175_000}, {">20%", 300_000}}

// microdollar is the step a computed price is rounded to, half up: AWS's own
// effective rates have no finer.
const microdollar = units.DollarPrice / 1_000_000

// off returns p less a discount in units of 1/whole, rounded half up to a
// microdollar.
func off(p units.Price, discount, whole int64) units.Price {
	step := int64(microdollar)
	n, d := int64(p)/step*(whole-discount)+int64(p)%step*(whole-discount)/step, whole
	return units.Price((n + d/2) / d * step)
}

// Spot returns the Spot price of a type in a region, Linux, the mean over its
// zones. Where the sources have the savings but no price, or on-demand has
// moved since, the price is on-demand less the savings, rounded half up to a
// microdollar and marked estimated.
func Spot(typ, region string) (SpotFigure, error) {
	list, err := OnDemand(typ, region)
	if err != nil {
		return SpotFigure{}, err
	}
	table := spotTable.load()
	cell := table.cell(typ, region)
	if cell == "" {
		return SpotFigure{}, notSold(typ, region, table, "Spot price")
	}
	value, o := table.split(cell)
	parts := strings.Split(value, "/")
	savings, err1 := strconv.Atoi(parts[1])
	bucket, err2 := strconv.Atoi(parts[2])
	if err1 != nil || err2 != nil || bucket < 0 || bucket >= len(Buckets) || savings < 0 || savings > 100 {
		panic(fmt.Sprintf("catalog: embedded Spot cell %q of %s in %s", cell, typ, region))
	}
	f := SpotFigure{SavingsPercent: savings, Bucket: bucket, BucketLabel: Buckets[bucket].Label}
	if parts[0] != "" {
		f.Figure = figure(parsePrice(parts[0]), o)
		return f, nil
	}
	f.Figure = figure(off(list.Rate, int64(savings), 100), o)
	f.Confidence, f.Estimated = "D", true
	f.Note = fmt.Sprintf("on-demand less Spot Advisor's savings of %d %%", savings)
	return f, nil
}

// PlanKind is a kind of commitment.
type PlanKind int

// The kinds of commitment. A Compute Savings Plan costs what a convertible
// Reserved Instance does, an EC2 Instance Savings Plan what a standard one does.
// Source: https://aws.amazon.com/savingsplans/compute-pricing/
const (
	ComputeSP PlanKind = iota + 1
	EC2InstanceSP
	StandardRI
	ConvertibleRI
)

func (k PlanKind) String() string {
	names := [...]string{"", "compute_savings_plan", "ec2_instance_savings_plan", "standard_reserved", "convertible_reserved"}
	if k < 1 || int(k) >= len(names) {
		return "PlanKind(" + strconv.Itoa(int(k)) + ")"
	}
	return names[k]
}

// Payment is when a commitment is paid.
type Payment int

// The payment options.
const (
	NoUpfront Payment = iota + 1
	PartialUpfront
	AllUpfront
)

func (p Payment) String() string {
	names := [...]string{"", "no_upfront", "partial_upfront", "all_upfront"}
	if p < 1 || int(p) >= len(names) {
		return "Payment(" + strconv.Itoa(int(p)) + ")"
	}
	return names[p]
}

// Plan is a commitment's terms. All fields are required.
type Plan struct {
	Kind    PlanKind
	Years   int // 1 or 3
	Payment Payment
}

// String is "compute_savings_plan 1y no_upfront".
func (p Plan) String() string { return p.Kind.String() + " " + p.term() }

// term is the part of a plan that SKU names carry: "1y.no_upfront".
func (p Plan) term() string { return strconv.Itoa(p.Years) + "y." + p.Payment.String() }

func (p Plan) check() error {
	switch {
	case p.Kind < ComputeSP || p.Kind > ConvertibleRI:
		return fmt.Errorf("plan kind: got %v, want a savings plan or a reserved instance kind", p.Kind)
	case p.Years != 1 && p.Years != 3:
		return fmt.Errorf("plan years: got %d, want 1 or 3", p.Years)
	case p.Payment < NoUpfront || p.Payment > AllUpfront:
		return fmt.Errorf("plan payment: got %v, want no, partial or all upfront", p.Payment)
	}
	return nil
}

// column is the plan's column in the discounts table.
func (p Plan) column() string {
	class := "Standard"
	if p.Kind == ComputeSP || p.Kind == ConvertibleRI {
		class = "Convertible"
	}
	return strconv.Itoa(p.Years) + class + [...]string{"", ".noUpfront", ".partialUpfront", ".allUpfront"}[p.Payment]
}

// Discount returns a plan's discount off on-demand for a type in a region, in
// thousandths of the on-demand price, and where it is from.
func Discount(typ, region string, plan Plan) (permille int, source Figure, err error) {
	if err := plan.check(); err != nil {
		return 0, Figure{}, err
	}
	t, err := check(typ, region)
	if err != nil {
		return 0, Figure{}, err
	}
	table := reservedTable.load()
	cell := table.cell(t.Name, region)
	if cell == "" {
		return 0, Figure{}, notSold(t.Name, region, table, "reserved discount")
	}
	id, o := table.split(cell)
	d := discountTable.load()
	text := d.cell(id, plan.column())
	if text == "" {
		return 0, Figure{}, fmt.Errorf("%s in %s: no discount for %v; it has %s", typ, region, plan, strings.Join(d.offers(id), ", "))
	}
	permille, err = strconv.Atoi(text)
	if err != nil {
		panic(fmt.Sprintf("catalog: embedded discount %q of row %s", text, id))
	}
	return permille, figure(0, o), nil
}

// offers lists the columns of a discounts row that hold a figure.
func (t *table) offers(id string) []string {
	var out []string
	for _, c := range t.header[1:] {
		if t.cell(id, c) != "" {
			out = append(out, c)
		}
	}
	return out
}

// Reserved returns the effective price of an instance-hour under a plan: what
// the hour costs with any upfront payment spread over years x 8,760 hours.
// It is on-demand x (1 - discount), the discount being kept in steps of 0.1 %
// (so within 0.05 % of on-demand of AWS's figure), rounded half up to a
// microdollar. The commitment is owed for every hour of the term, used or not.
// Source: https://docs.aws.amazon.com/savingsplans/latest/userguide/what-is-savings-plans.html
func Reserved(typ, region string, plan Plan) (Figure, error) {
	permille, source, err := Discount(typ, region, plan)
	if err != nil {
		return Figure{}, err
	}
	list, err := OnDemand(typ, region)
	if err != nil {
		return Figure{}, err
	}
	f := source
	f.Rate = off(list.Rate, int64(permille), 1000)
	f.Confidence = "D"
	f.Estimated = source.Estimated || list.Estimated
	f.Note = fmt.Sprintf("%v, %d.%d %% off on-demand", plan, permille/10, permille%10)
	return f, nil
}
