package billing

import (
	"strings"
	"testing"

	"ecsim/models/catalog"
	"ecsim/sim"
	"ecsim/workloads/units"
)

// Every meter that a constructor makes has a price in the catalogue, in the
// unit that the meter counts.
func TestMetersAreInTheCatalog(t *testing.T) {
	meters := []Meter{
		Instance("m6a.2xlarge", region, "a", OnDemand, 1), Instance("m6a.2xlarge", region, "a", Spot, 1),
		ManagementFee("m6a.2xlarge", region, false, 0), ManagementFee("g6.xlarge", region, true, 0),
		FargateWindowsLicense(region), FargateStorage(region), Volume("gp3", region, 0), Volume("gp2", region, 0), VolumeIOPS("gp3", region, 0), VolumeThroughput("gp3", region, 0),
		PublicIPv4(region, 0), ImagePull(region), SurplusCredits("t3", region, 0), SurplusCredits("t4g", region, 0), ExternalInstance(region),
		LoadBalancerHours("alb", region), LoadBalancerHours("nlb", region), LoadBalancerUnits("alb", region), LoadBalancerUnits("nlb", region),
		CrossZone(region), LambdaDuration("x86", region), LambdaDuration("arm", region), LambdaRequests(region),
	}
	for _, arch := range []string{"x86", "arm", "windows"} {
		for _, option := range []Option{OnDemand, Spot} {
			if arch != "windows" || option == OnDemand { // Fargate Spot runs no Windows
				meters = append(meters, FargateCPU(arch, region, option), FargateMemory(arch, region, option))
			}
		}
	}
	for _, m := range meters {
		terms := Terms{ImagePullPath: PullNAT}
		q, err := terms.Price(Catalog{}, m, monday)
		if err != nil || q.Rate <= 0 || q.Source == "" || q.Date == "" {
			t.Errorf("%s: %+v, %v", m.SKU, q, err)
		}
		unit := ""
		switch f, err := catalog.Rate(m.SKU, region); {
		case m.Class == EC2Instance || m.SKU == imagePullSKU:
			continue
		case err != nil:
			t.Errorf("%s: %v", m.SKU, err)
		default:
			unit = f.Unit
		}
		if want := string(m.Unit); unit != want && !(m.isShareOfOnDemand() && unit == "USD per USD on-demand") && !(m.Unit == LCUHour && strings.HasSuffix(unit, "LCU-hour")) {
			t.Errorf("%s counts %q, the catalogue prices %q", m.SKU, want, unit)
		}
	}
}

// The catalogue's published figures arrive in a bill.
func TestCatalogBill(t *testing.T) {
	l := NewLedger(monday, 0, 10*sim.Hour, []string{"w"})
	for _, m := range []Meter{Instance("m6a.2xlarge", region, "a", OnDemand, 1), ManagementFee("m6a.2xlarge", region, false, 0)} {
		l.Span(l.Meter(m), -1, 0, 36000, 1)
	}
	l.Span(l.Meter(FargateCPU("x86", region, OnDemand)), 0, 0, 36000, 1024)
	l.Point(l.Meter(LambdaRequests(region)), 0, 0, 1_000_000)
	b := mustRate(t, l, Catalog{}, Terms{})
	want := usd(t, "3.456") + usd(t, "0.41472") + usd(t, "0.4048") + usd(t, "0.20")
	if b.Total != want {
		t.Errorf("got %s, want %s", b.Total.Decimal(), want.Decimal())
	}
	a, err := l.BestSavingsPlan(Catalog{}, Terms{}, oneYear)
	if err != nil {
		t.Fatal(err)
	}
	sp, ok, err := Catalog{}.Committed(Instance("m6a.2xlarge", region, "", OnDemand, 1), oneYear)
	if err != nil || !ok {
		t.Fatal(err)
	}
	commitment := sp.Rate.Times(1, 1) + usd(t, "0.032384") // 1 vCPU of Fargate at 20 % off
	if len(a.Purchases) != 1 || a.Purchases[0].Commitment < commitment-commitmentStep || a.Purchases[0].Commitment > commitment || a.Unpriced != nil {
		t.Errorf("steady use: got %+v, want %s an hour", a, commitment.Decimal())
	}
	for _, plan := range []Plan{{StandardRI, 1, AllUpfront}, {ConvertibleRI, 3, PartialUpfront}, {EC2InstanceSP, 3, NoUpfront}} {
		q, ok, err := Catalog{}.Committed(Instance("m5.large", region, "", OnDemand, 1), plan)
		if err != nil || !ok || q.Rate >= units.DollarPrice*96/1000 || q.Rate < units.DollarPrice*30/1000 {
			t.Errorf("%s of m5.large: %+v, %v, %v", plan, q, ok, err)
		}
	}
	for _, m := range []Meter{LambdaRequests(region), FargateCPU("x86", region, Spot), FargateStorage(region)} {
		if _, ok, err := (Catalog{}).Committed(m, oneYear); ok || err != nil {
			t.Errorf("%s: covered %v, %v", m.SKU, ok, err)
		}
	}
	if _, err := (Catalog{}).Price("ec2.m6b.large.on_demand", region); err == nil || !strings.Contains(err.Error(), "m6a.large") {
		t.Errorf("unknown type: %v", err)
	}
}
