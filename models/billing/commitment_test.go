package billing

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// guideBook holds the illustrative rates of the Savings Plans guide.
// Source: https://docs.aws.amazon.com/savingsplans/latest/userguide/sp-applying.html
var guideBook = testBook{
	"ec2.r5.4xlarge.on_demand": "1.00", "ec2.r5.4xlarge.on_demand compute-sp": "0.70", "ec2.r5.4xlarge.on_demand ec2-instance-sp": "0.60",
	"ec2.r5.4xlarge.on_demand standard-ri": "0.55",
	"ec2.m5.24xlarge.on_demand":            "10.00", "ec2.m5.24xlarge.on_demand compute-sp": "8.20",
	"fargate.x86.vcpu_hour": "0.04", "fargate.x86.vcpu_hour compute-sp": "0.03",
	"fargate.x86.gb_hour": "0.004", "fargate.x86.gb_hour compute-sp": "0.003",
	"lambda.gb_second": "0.000015", "lambda.gb_second compute-sp": "0.00001275",
	"lambda.request": "0.0000002", "lambda.request compute-sp": "0.0000002",
}

// guideHour is the hour of use in the guide's examples: 59.10 dollars on demand.
func guideHour() *Ledger {
	l := hourLedger()
	l.Span(l.Meter(Instance("r5.4xlarge", region, "a", OnDemand, 1)), -1, 0, 3600, 3)
	l.Span(l.Meter(Instance("r5.4xlarge", region, "b", OnDemand, 1)), -1, 0, 3600, 1)
	l.Span(l.Meter(Instance("m5.24xlarge", region, "a", OnDemand, 1)), -1, 0, 3600, 1)
	l.Span(l.Meter(FargateCPU("x86", region, OnDemand)), 0, 0, 3600, 400*1024)
	l.Span(l.Meter(FargateMemory("x86", region, OnDemand)), 0, 0, 3600, 1600*1024)
	l.Point(l.Meter(Meter{SKU: "lambda.gb_second", Class: Lambda, Option: OnDemand, Region: region, Unit: GBSecond}), 0, 0, 1_000_000*512*3000)
	l.Point(l.Meter(Meter{SKU: "lambda.request", Class: Lambda, Option: OnDemand, Region: region, Unit: Request}), 0, 0, 1_000_000)
	return l
}

// The guide's examples: what is left on demand, what each plan spends and
// loses, to the nanodollar. The second and fourth are this package's own, by
// the same rules: a plan that the r5 instances use up, and Reserved Instances
// before a Savings Plan.
func TestSavingsPlansGuide(t *testing.T) {
	compute, instance := Plan{Kind: ComputeSP, Years: 1}, Plan{Kind: EC2InstanceSP, Years: 1}
	type result struct{ onDemand, used, unused string }
	for name, c := range map[string]struct {
		terms Terms
		want  result
		plan  map[string]string // used by plan
	}{
		"S0 no plan": {Terms{}, result{"59.10", "0", "0"}, nil},
		"S1 all covered": {Terms{SavingsPlan: SavingsPlan{Plan: compute, Commitment: 50 * units.Dollar}},
			result{"0", "47.125", "2.875"}, nil},
		"S2 r5 only": {Terms{SavingsPlan: SavingsPlan{Plan: compute, Commitment: usd(t, "2.80")}},
			result{"55.10", "2.80", "0"}, nil},
		"S3 r5 and Fargate": {Terms{SavingsPlan: SavingsPlan{Plan: compute, Commitment: usd(t, "19.60")}},
			result{"32.70", "19.60", "0"}, nil},
		"S4 two r5 reserved": {Terms{
			Owned:       []Owned{{Plan: Plan{Kind: StandardRI, Years: 1}, InstanceType: "r5.4xlarge", Region: region, Count: 2}},
			SavingsPlan: SavingsPlan{Plan: compute, Commitment: usd(t, "18.20")}},
			result{"32.70", "19.30", "0"}, map[string]string{"standard-ri 1y no-upfront r5.4xlarge": "1.10"}},
		"S5 both kinds of plan": {Terms{
			Owned:       []Owned{{Plan: compute, USDPerHour: usd(t, "16.80")}},
			SavingsPlan: SavingsPlan{Plan: instance, Family: "r5", Commitment: usd(t, "3.00")}},
			result{"32.70", "19.20", "0.60"}, map[string]string{"ec2-instance-sp 1y no-upfront r5": "2.40", "compute-sp 1y no-upfront": "16.80"}},
	} {
		b := mustRate(t, guideHour(), guideBook, c.terms)
		var onDemand, used, unused units.USD
		for _, line := range b.Lines {
			switch {
			case line.Class == Commitment:
				unused += line.Paid
			case line.Plan == "":
				onDemand += line.Paid
			default:
				used += line.Paid
			}
		}
		if onDemand != usd(t, c.want.onDemand) || used != usd(t, c.want.used) || unused != usd(t, c.want.unused) {
			t.Errorf("%s: on demand %s, used %s, unused %s; want %+v", name, onDemand.Decimal(), used.Decimal(), unused.Decimal(), c.want)
		}
		if b.List != usd(t, "59.10") || b.Coverable != b.List {
			t.Errorf("%s: list %s, coverable %s, want 59.10", name, b.List.Decimal(), b.Coverable.Decimal())
		}
		for _, p := range b.Plans {
			if want, ok := c.plan[p.Name]; ok && p.Used != usd(t, want) {
				t.Errorf("%s: %s used %s, want %s", name, p.Name, p.Used.Decimal(), want)
			}
		}
	}
}

// Within an hour a Reserved Instance covers 3,600 instance-seconds on any
// number of instances, and other sizes of its family by their factors.
// Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/apply_ri.html
func TestReservedInstances(t *testing.T) {
	book := testBook{
		"ec2.t2.small.on_demand": "0.023", "ec2.t2.medium.on_demand": "0.0464", "ec2.t2.large.on_demand": "0.0928",
		"ec2.t2.medium.on_demand standard-ri": "0.03",
		"ec2.g5.xlarge.on_demand":             "1.00", "ec2.g5.2xlarge.on_demand": "1.20", "ec2.g5.xlarge.on_demand standard-ri": "0.60",
	}
	reserved := func(instanceType, zone string) Owned {
		return Owned{Plan: Plan{Kind: StandardRI, Years: 1}, InstanceType: instanceType, Zone: zone, Region: region, Count: 1}
	}
	type use struct {
		instanceType, zone string
		seconds, count     int64
	}
	for name, c := range map[string]struct {
		owned Owned
		use   []use
		total string
	}{
		"two smalls for a medium":           {reserved("t2.medium", ""), []use{{"t2.small", "a", 3600, 2}}, "0.03"},
		"half a large":                      {reserved("t2.medium", ""), []use{{"t2.large", "a", 3600, 1}}, "0.0764"},
		"smallest first":                    {reserved("t2.medium", ""), []use{{"t2.large", "a", 3600, 1}, {"t2.small", "a", 3600, 2}}, "0.1228"},
		"four instances for a quarter hour": {reserved("t2.medium", ""), []use{{"t2.medium", "a", 900, 4}}, "0.03"},
		"eight instances for a quarter":     {reserved("t2.medium", ""), []use{{"t2.medium", "a", 900, 8}}, "0.0764"},
		"unused":                            {reserved("t2.medium", ""), []use{{"t2.medium", "a", 1800, 1}}, "0.03"},
		"zonal, other zone":                 {reserved("t2.medium", "a"), []use{{"t2.medium", "b", 3600, 1}}, "0.0764"},
		"zonal, same zone":                  {reserved("t2.medium", "a"), []use{{"t2.medium", "a", 3600, 1}}, "0.03"},
		"zonal, other size":                 {reserved("t2.medium", "a"), []use{{"t2.small", "a", 3600, 2}}, "0.076"},
		"not flexible, other size":          {reserved("g5.xlarge", ""), []use{{"g5.2xlarge", "a", 3600, 1}}, "1.80"},
		"not flexible, same size":           {reserved("g5.xlarge", ""), []use{{"g5.xlarge", "a", 3600, 1}}, "0.60"},
	} {
		l := hourLedger()
		for _, u := range c.use {
			l.Span(l.Meter(Instance(u.instanceType, region, u.zone, OnDemand, 0)), -1, 0, u.seconds, u.count)
		}
		if b := mustRate(t, l, book, Terms{Owned: []Owned{c.owned}}); b.Total != usd(t, c.total) {
			t.Errorf("%s: got %s, want %s", name, b.Total.Decimal(), c.total)
		}
	}
}

// An owned plan is charged on a platform that cannot use it, and no longer
// after its end; Spot is never covered.
func TestOwnedPlanIsSunk(t *testing.T) {
	owned := Owned{Plan: Plan{Kind: EC2InstanceSP, Years: 1}, Family: "m5", USDPerHour: usd(t, "1.40"), Ends: monday.Add(3 * time.Hour)}
	l := NewLedger(monday, 0, 5*sim.Hour, []string{"w"})
	l.Span(l.Meter(FargateCPU("x86", region, OnDemand)), 0, 0, 5*3600, 1024)
	l.Span(l.Meter(Instance("m5.large", region, "a", Spot, 1)), 0, 0, 5*3600, 1)
	book := testBook{"fargate.x86.vcpu_hour": "0.04", "ec2.m5.large.spot": "0.03", "ec2.m5.large.spot ec2-instance-sp": "0.01"}
	b := mustRate(t, l, book, Terms{Owned: []Owned{owned}})
	if want := usd(t, "4.55"); b.Total != want || b.Idle.Commitment != usd(t, "4.20") {
		t.Errorf("got %s, of it unused %s; want %s, 4.20", b.Total, b.Idle.Commitment, want)
	}
}

// A commitment of a window that begins and ends within an hour is charged by
// the second.
func TestCommitmentOfPartHours(t *testing.T) {
	l := NewLedger(monday.Add(20*time.Minute), 30*sim.Minute, 90*sim.Minute, nil)
	b := mustRate(t, l, testBook{}, Terms{SavingsPlan: SavingsPlan{Plan: Plan{Kind: ComputeSP, Years: 1}, Commitment: usd(t, "3.60")},
		Lines: []FixedLine{{Name: "upkeep", USDPerMonth: 730 * units.Dollar}}})
	if len(b.Hours) != 2 || b.Hours[0].Paid[Commitment] != usd(t, "0.60") || b.Hours[1].Paid[Commitment] != usd(t, "3.00") || b.Total != usd(t, "4.60") {
		t.Errorf("hours %v, total %s; want 0.60 and 3.00 of commitment and 4.60", b.Hours, b.Total)
	}
}

// A private discount takes the same share off everything, or leaves
// commitments alone.
func TestDiscount(t *testing.T) {
	sp := SavingsPlan{Plan: Plan{Kind: ComputeSP, Years: 1}, Commitment: usd(t, "19.60")}
	b := mustRate(t, guideHour(), guideBook, Terms{Discount: 100_000, SavingsPlan: sp})
	if want := usd(t, "47.07"); b.Total != want || b.List != usd(t, "59.10") { // 0.9 x (19.60 + 32.70)
		t.Errorf("got %s of list %s, want %s of 59.10", b.Total.Decimal(), b.List.Decimal(), want)
	}
	b = mustRate(t, guideHour(), guideBook, Terms{Discount: 100_000, SavingsPlan: sp, CommitmentsAtList: true})
	if want := usd(t, "49.03"); b.Total != want { // 19.60 + 0.9 x 32.70
		t.Errorf("got %s, want %s", b.Total.Decimal(), want)
	}
}

func TestOverrides(t *testing.T) {
	l := guideHour()
	b := mustRate(t, l, guideBook, Terms{Rates: map[string]units.Price{"fargate.x86.vcpu_hour": units.DollarPrice / 100, "ec2.r5.4xlarge.sp.1y.no_upfront": units.DollarPrice / 2},
		SavingsPlan: SavingsPlan{Plan: Plan{Kind: ComputeSP, Years: 1}, Commitment: 2 * units.Dollar}})
	if want := usd(t, "45.10"); b.Total != want { // 59.10 - 12.00 - 2.00
		t.Errorf("got %s, want %s", b.Total.Decimal(), want)
	}
	for _, line := range b.Lines {
		if strings.HasPrefix(line.SKU, "fargate.x86.vcpu") && line.Source != "scenario" {
			t.Errorf("overridden rate has source %q", line.Source)
		}
	}
}

func TestSpotPriceByTheHour(t *testing.T) {
	l := NewLedger(monday, 0, 2*sim.Hour, nil)
	l.Span(l.Meter(Instance("m5.large", region, "b", Spot, 1)), -1, 30*sim.Minute, 3600, 4)
	b := mustRate(t, l, testBook{"ec2.m5.large.spot": "9"}, Terms{SpotPrice: func(m Meter, hour time.Time) (units.Price, bool) {
		return units.DollarPrice * units.Price(1+hour.Hour()) / 100, m.Zone == "b"
	}})
	if b.Total != usd(t, "0.06") || b.Lines[0].Rate != units.DollarPrice*15/1000 {
		t.Errorf("got %s at a mean of %s, want 0.06 at 0.015", b.Total.Decimal(), b.Lines[0].Rate)
	}
}

// Every mistake is named at once, with what to write.
func TestTermsErrors(t *testing.T) {
	more := units.PPM(1_200_000)
	_, err := hourLedger().Rate(testBook{}, Terms{Discount: 2_000_000, SpotDiscount: &more, ImagePullPath: "vpn",
		SavingsPlan: SavingsPlan{Plan: Plan{Kind: EC2InstanceSP, Years: 1}, Commitment: 1},
		Owned: []Owned{
			{Plan: Plan{Kind: StandardRI, Years: 2}},
			{Plan: Plan{Kind: StandardRI, Years: 1}, InstanceType: "m5.large"},
			{Plan: Plan{Kind: EC2InstanceSP, Years: 3}, USDPerHour: 1},
			{Plan: Plan{Kind: StandardRI, Years: 1}, InstanceType: "m5.big", Count: 1},
			{Plan: Plan{Kind: ComputeSP, Years: 1}, Count: 1},
		},
		Rates: map[string]units.Price{"x": -1}, Lines: []FixedLine{{Name: "l", USDPerMonth: -1}}})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"discount: got 200%", "ec2_spot.discount: got 120%", `image_pull_path: got "vpn"`, "savings_plan: an EC2 Instance", "owned[0]", "owned[1]: standard-ri 1y no-upfront m5.large: Reserved Instances need",
		"owned[2]", "owned[3]", "owned[4]", `rates "x"`, `lines "l"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q:\n%v", want, err)
		}
	}
	l := hourLedger()
	l.Point(l.Meter(ImagePull(region)), 0, 0, 1)
	if _, err := l.Rate(testBook{}, Terms{ImagePullPath: PullNAT}); err == nil || !strings.Contains(err.Error(), "nat.gb") {
		t.Errorf("missing price: got %v", err)
	}
}

func TestParsePlans(t *testing.T) {
	for k := StandardRI; k <= ComputeSP; k++ {
		if got, err := ParsePlanKind(k.String()); got != k || err != nil {
			t.Errorf("ParsePlanKind(%q) = %v, %v", k, got, err)
		}
	}
	if k, err := ParsePlanKind("compute"); k != ComputeSP || err != nil {
		t.Errorf("compute: %v, %v", k, err)
	}
	if _, err := ParsePlanKind("none"); err == nil {
		t.Error("none is no plan to parse")
	}
	if p, err := ParsePayment("all-upfront"); p != AllUpfront || err != nil {
		t.Errorf("all-upfront: %v, %v", p, err)
	}
	if _, err := ParsePayment("later"); err == nil {
		t.Error("later was read")
	}
	if y, err := ParseTerm("3y"); y != 3 || err != nil {
		t.Errorf("3y: %d, %v", y, err)
	}
	if _, err := ParseTerm("2y"); err == nil {
		t.Error("2y was read")
	}
	for s, want := range map[string]SavingsPlan{"none": {}, "optimal": {Optimal: true}, "$3.20/h": {Commitment: 3_200_000_000}, "3.2/h": {Commitment: 3_200_000_000}} {
		if c, optimal, err := ParseCommitment(s); c != want.Commitment || optimal != want.Optimal || err != nil {
			t.Errorf("ParseCommitment(%q) = %s, %v, %v", s, c, optimal, err)
		}
	}
	for _, s := range []string{"", "$3.20", "$/h", "-1/h", "much/h"} {
		if _, _, err := ParseCommitment(s); err == nil {
			t.Errorf("commitment %q was read", s)
		}
	}
	if m, err := ParseMonth("calendar"); m != MonthCalendar || err != nil {
		t.Errorf("calendar: %v, %v", m, err)
	}
	if _, err := ParseMonth("31d"); err == nil {
		t.Error("31d was read")
	}
}

// A plan rate that the book lacks leaves usage on demand and is reported; a
// Reserved Instance without a price is an error, unless the scenario says what
// it costs.
func TestMissingPlanRates(t *testing.T) {
	l := NewLedger(monday, 0, sim.Hour, nil)
	for _, zone := range []string{"a", "b"} {
		l.Span(l.Meter(Instance("m9.large", region, zone, OnDemand, 0)), -1, 0, 3600, 1)
	}
	book := missingRates{testBook{"ec2.m9.large.on_demand": "0.10"}}
	b := mustRate(t, l, book, Terms{SavingsPlan: SavingsPlan{Plan: Plan{Kind: ComputeSP, Years: 1}, Commitment: units.Dollar}})
	if got := b.Plans[0].Unpriced; len(got) != 1 || got[0] != "ec2.m9.large.on_demand" || b.Total != usd(t, "1.20") {
		t.Errorf("unpriced %q, total %s; want the one SKU, $1.20", got, b.Total)
	}
	a, err := l.BestSavingsPlan(book, Terms{}, Plan{Kind: ComputeSP, Years: 1})
	if err != nil || len(a.Unpriced) != 1 || a.Purchases != nil {
		t.Errorf("advice %+v, %v", a, err)
	}
	reserved := Owned{Plan: Plan{Kind: ConvertibleRI, Years: 3}, InstanceType: "m9.large", Count: 1}
	if _, err := l.Rate(book, Terms{Owned: []Owned{reserved}}); err == nil || !strings.Contains(err.Error(), "convertible-ri 3y no-upfront m9.large: no rate of m9.large") {
		t.Errorf("Reserved Instance without a price: %v", err)
	}
	reserved.USDPerHour = usd(t, "0.06")
	if b := mustRate(t, l, book, Terms{Owned: []Owned{reserved}}); b.Total != usd(t, "0.16") || b.Plans[0].Utilization() != units.One {
		t.Errorf("got %s, utilization %s; want 0.16, all", b.Total.Decimal(), b.Plans[0].Utilization())
	}
}

// missingRates is a book that knows no plan's rates.
type missingRates struct{ testBook }

func (missingRates) Committed(m Meter, _ Plan) (Quote, bool, error) {
	return Quote{}, false, fmt.Errorf("no rate of %s", m.InstanceType)
}

// What a task alone costs is what the ledger bills for it.
func TestAmount(t *testing.T) {
	l := NewLedger(monday, 0, 2*sim.Hour, []string{"w"})
	m := FargateCPU("x86", region, OnDemand)
	l.Span(l.Meter(m), 0, 50*sim.Minute, 1234, 512)
	terms := Terms{}
	q, err := terms.Price(publicBook, m, monday)
	if err != nil {
		t.Fatal(err)
	}
	got, want := Amount(q.Rate, m.Unit, 1234*512, terms.Month, monday), mustRate(t, l, publicBook, terms).Total
	if got < want-1 || got > want+1 { // the bill rounds both hours
		t.Errorf("amount %s, bill %s", got.Decimal(), want.Decimal())
	}
}

// Of equal savings the lower rate is covered first; zonal Reserved Instances
// leave other zones to regional ones, whatever their order in the scenario; a
// plan is not spent where it costs more than on demand.
func TestOrderOfCoverage(t *testing.T) {
	b := mustRate(t, guideHour(), guideBook, Terms{SavingsPlan: SavingsPlan{Plan: Plan{Kind: ComputeSP, Years: 1}, Commitment: usd(t, "7.60")}})
	for _, line := range b.Lines {
		if line.Class == Fargate && (line.Plan != "") != (line.Unit == GBHour) {
			t.Errorf("%s: %s %s under plan %q; want all GB-hours and no vCPU-hours covered", line.SKU, line.Quantity, line.Unit, line.Plan)
		}
	}

	l := hourLedger()
	for _, zone := range []string{"a", "b"} {
		l.Span(l.Meter(Instance("m5.large", region, zone, OnDemand, 0)), -1, 0, 3600, 1)
	}
	standard := Plan{Kind: StandardRI, Years: 1}
	b = mustRate(t, l, lawBook, Terms{Owned: []Owned{
		{Plan: standard, InstanceType: "m5.large", Count: 1, Region: region}, {Plan: standard, InstanceType: "m5.large", Count: 1, Zone: "a"}}})
	if want := usd(t, "0.1226"); b.Total != want || b.Idle.Commitment != 0 {
		t.Errorf("two reserved: got %s, unused %s; want %s, none", b.Total.Decimal(), b.Idle.Commitment.Decimal(), want.Decimal())
	}
	b = mustRate(t, l, lawBook, Terms{Owned: []Owned{{Plan: standard, InstanceType: "m5.large", Count: 1, Region: "eu-west-1", USDPerHour: usd(t, "0.06")}}})
	if want := usd(t, "0.2522"); b.Total != want {
		t.Errorf("reserved in another region: got %s, want %s", b.Total.Decimal(), want.Decimal())
	}

	b = mustRate(t, l, lawBook, Terms{Rates: map[string]units.Price{"ec2.m5.large.on_demand": units.DollarPrice * 5 / 100},
		SavingsPlan: SavingsPlan{Plan: Plan{Kind: ComputeSP, Years: 1}, Commitment: units.Dollar}})
	if want := usd(t, "1.10"); b.Total != want {
		t.Errorf("on demand below the plan's rate: got %s, want %s", b.Total.Decimal(), want.Decimal())
	}
}
