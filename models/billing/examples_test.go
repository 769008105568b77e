package billing

import (
	"fmt"
	"testing"
	"time"

	"ecsim/sim"
	"ecsim/workloads/units"
)

var publicBook = testBook{
	"fargate.x86.vcpu_hour":         "0.04048",
	"fargate.x86.gb_hour":           "0.004445",
	"fargate.spot.x86.vcpu_hour":    "0.01288871",
	"fargate.spot.x86.gb_hour":      "0.00141527",
	"fargate.ephemeral.gb_hour":     "0.000111",
	"ebs.gp3.gb_month":              "0.08",
	"ebs.gp3.iops_month":            "0.005",
	"ebs.gp3.throughput_month":      "0.06",
	"ebs.st1.gb_month":              "0.045",
	"vpc.public_ipv4.hour":          "0.005",
	"nat.gb":                        "0.045",
	"ec2.m6a.2xlarge.on_demand":     "0.3456",
	"ec2.g6.xlarge.on_demand":       "0.8048",
	"managed_instances.fee.gpu":     "0.078",
	"managed_instances.fee.default": "0.12",
	"elb.alb.hour":                  "0.0225",
	"elb.alb.lcu_hour":              "0.008",
}

// The examples on https://aws.amazon.com/fargate/pricing/, lines to the cent.
func TestFargatePricingPage(t *testing.T) {
	l := NewLedger(monday, 0, 30*sim.Day, []string{"pods", "tasks"})
	cpu, mem, disk := l.Meter(FargateCPU("x86", region, OnDemand)), l.Meter(FargateMemory("x86", region, OnDemand)), l.Meter(FargateStorage(region))
	for day := range sim.Time(30) {
		for i := range sim.Time(5) {
			at := day*sim.Day + i*37*sim.Minute
			l.Span(cpu, 1, at, 600, 1024)
			l.Span(mem, 1, at, 600, 2048)
			l.Span(disk, 1, at, 600, int64(30*units.GiB-FargateFreeStorage))
		}
		for range 10 {
			l.Span(cpu, 0, day*sim.Day, 3600, 256)
			l.Span(mem, 0, day*sim.Day, 3600, 1024)
		}
	}
	b := mustRate(t, l, publicBook, Terms{})
	want := map[string]string{
		"tasks fargate.x86.vcpu_hour": "1.01", "tasks fargate.x86.gb_hour": "0.22", "tasks fargate.ephemeral.gb_hour": "0.03",
		"pods fargate.x86.vcpu_hour": "3.04", "pods fargate.x86.gb_hour": "1.33",
	}
	if len(b.Lines) != len(want) {
		t.Errorf("got %d lines, want %d", len(b.Lines), len(want))
	}
	for _, line := range b.Lines {
		wantCents(t, line.Workload+" "+line.SKU, line.Paid, want[line.Workload+" "+line.SKU])
	}
	wantCents(t, "tasks", b.Splits[1].Total(), "1.26")
	wantCents(t, "pods", b.Splits[0].Total(), "4.37")
	if b.Idle.Total() != 0 {
		t.Errorf("idle %s on Fargate, want none", b.Idle.Total())
	}
}

// 0.25 vCPU and 0.5 GB held for a month come to the figure AWS quotes for the
// smallest task; 8,800 hours of 4 vCPU and 8 GB to a published month.
func TestFargateMonth(t *testing.T) {
	l := NewLedger(monday, 0, 730*sim.Hour, []string{"small", "spot"})
	l.Span(l.Meter(FargateCPU("x86", region, OnDemand)), 0, 0, 730*3600, 256)
	l.Span(l.Meter(FargateMemory("x86", region, OnDemand)), 0, 0, 730*3600, 512)
	b := mustRate(t, l, publicBook, Terms{})
	wantCents(t, "0.25 vCPU, 0.5 GB", b.Total, "9.01")
	if b.PerMonth() != b.Total {
		t.Errorf("a window of 730 h costs %s, a month %s", b.Total, b.PerMonth())
	}
	for option, want := range map[Option]string{OnDemand: "1737.82", Spot: "553.32"} {
		l := NewLedger(monday, 0, 730*sim.Hour, []string{"w"})
		for i := range sim.Time(22) {
			l.Span(l.Meter(FargateCPU("x86", region, option)), 0, i*sim.Day, 8*3600, 50*4*1024)
			l.Span(l.Meter(FargateMemory("x86", region, option)), 0, i*sim.Day, 8*3600, 50*8*1024)
		}
		wantCents(t, option.String(), mustRate(t, l, publicBook, Terms{}).Total, want)
	}
}

// The examples on https://aws.amazon.com/ebs/pricing/: 12 hours of a 30-day
// month.
func TestVolumePricingPage(t *testing.T) {
	l := NewLedger(monday, 0, 30*sim.Day, nil)
	hold := func(sku string, unit Unit, n int64) {
		l.Span(l.Meter(Meter{SKU: sku, Class: Storage, Region: region, Unit: unit}), -1, sim.Hour/2, 43200, n)
	}
	hold("ebs.gp3.gb_month", GBMonth, 2000)
	hold("ebs.gp3.iops_month", IOPSMonth, 10000-3000)
	hold("ebs.gp3.throughput_month", MiBpsMonth, 500-125)
	hold("ebs.st1.gb_month", GBMonth, 2000)
	want := map[string]string{"ebs.gp3.gb_month": "2.667", "ebs.gp3.iops_month": "0.583", "ebs.gp3.throughput_month": "0.375", "ebs.st1.gb_month": "1.50"}
	b := mustRate(t, l, publicBook, Terms{Month: Month30Days})
	for _, line := range b.Lines {
		if got := line.Paid - usd(t, want[line.SKU]); got < -500_000 || got > 500_000 {
			t.Errorf("%s: got %s, want %s", line.SKU, line.Paid.Decimal(), want[line.SKU])
		}
	}
	// The same hours cost 30/31 of it in December, which a bill counts.
	december := NewLedger(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), 0, 31*sim.Day, nil)
	m := december.Meter(Volume("gp3", region, 0))
	december.Span(m, -1, 0, 31*86400, 100)
	b = mustRate(t, december, publicBook, Terms{Month: MonthCalendar})
	wantCents(t, "100 GiB all December", b.Total, "8.00")
	if q := b.Lines[0].Quantity.String(); q != "100" {
		t.Errorf("100 GiB all December are %s GB-months", q)
	}
}

// Lines of a real invoice, ap-southeast-1, May 2025: exact quantities.
func TestInvoiceLines(t *testing.T) {
	for _, c := range []struct {
		sku, rate string
		unit      Unit
		count     int64
		quantity  string
		want      string
	}{
		{"elb.alb.hour", "0.0252", Hour, 838 * 3600, "838", "21.12"},
		{"fargate.x86.vcpu_hour", "0.05056", VCPUHour, 364673 * 3600 * 1024 / 1000, "364.67", "18.44"},
		{"nat.gb", "0.059", GB, 301_134_000_000, "301.134", "17.77"},
		{"ec2.t3.small.on_demand", "0.0264", InstanceHour, 3470735, "964.093055556", "25.45"},
		{"ec2.c5.xlarge.on_demand", "0.196", InstanceHour, 788310, "218.975", "42.92"},
		{"ebs.gp3.gb_month", "0.096", GBMonth, 363772 * 3600 * 730 / 1000, "363.772", "34.92"},
	} {
		l := hourLedger()
		l.Point(l.Meter(Meter{SKU: c.sku, Class: Other, Region: "ap-southeast-1", Unit: c.unit}), 0, 0, c.count)
		b := mustRate(t, l, testBook{c.sku: c.rate}, Terms{})
		wantCents(t, c.sku, b.Total, c.want)
		if got := b.Lines[0].Quantity.String(); len(got) < len(c.quantity) || got[:len(c.quantity)] != c.quantity {
			t.Errorf("%s: quantity %s, want %s", c.sku, got, c.quantity)
		}
	}
}

// An ALB at 1.08 capacity units, https://aws.amazon.com/elasticloadbalancing/pricing/
func TestLoadBalancerPricingPage(t *testing.T) {
	l := NewLedger(monday, 0, 720*sim.Hour, nil)
	l.Span(l.Meter(Meter{SKU: "elb.alb.hour", Class: LoadBalancer, Unit: Hour}), -1, 0, 720*3600, 1)
	l.Span(l.Meter(Meter{SKU: "elb.alb.lcu_hour", Class: LoadBalancer, Unit: LCUHour}), -1, 0, 720*3600, 1_080_000)
	b := mustRate(t, l, publicBook, Terms{})
	wantCents(t, "ALB", b.Lines[0].Paid, "16.20")
	wantCents(t, "LCU", b.Lines[1].Paid, "6.22")
	wantCents(t, "total", b.Total, "22.42")
}

// The management fee is a share of the on-demand price, also on Spot, and no
// plan lowers it. Source: https://aws.amazon.com/ecs/managed-instances/pricing/
func TestManagementFee(t *testing.T) {
	discount := units.PPM(640_000)
	terms := Terms{
		SpotDiscount: &discount,
		Rates:        map[string]units.Price{"ec2.m6a.2xlarge.sp.1y.no_upfront": 254_000_000_000},
		SavingsPlan:  SavingsPlan{Plan: Plan{Kind: ComputeSP, Years: 1}, Commitment: units.Dollar},
	}
	l := hourLedger()
	od := l.Meter(Instance("m6a.2xlarge", region, "a", OnDemand, 1))
	spot := l.Meter(Instance("m6a.2xlarge", region, "a", Spot, 1))
	for _, m := range []MeterID{od, spot} {
		l.Span(m, -1, 0, 3600, 1)
		l.Span(l.Meter(ManagementFee("m6a.2xlarge", region, false, m)), -1, 0, 3600, 1)
	}
	l.Span(l.Meter(ManagementFee("g6.xlarge", region, true, 0)), -1, 0, 3600, 1)
	b := mustRate(t, l, publicBook, terms)
	got := map[string]units.USD{}
	for _, line := range b.Lines {
		got[line.SKU+" "+line.Plan] += line.Paid
	}
	for sku, want := range map[string]string{
		"managed_instances.fee.default ":                     "0.082944", // 2 x 0.12 x 0.3456
		"managed_instances.fee.gpu ":                         "0.0627744",
		"ec2.m6a.2xlarge.spot ":                              "0.124416", // 0.36 x 0.3456
		"ec2.m6a.2xlarge.on_demand compute-sp 1y no-upfront": "0.254",
		"compute-sp 1y no-upfront compute-sp 1y no-upfront":  "0.746",
	} {
		if got[sku] != usd(t, want) {
			t.Errorf("%s: got %s, want %s", sku, got[sku].Decimal(), want)
		}
	}
}

func TestImagePullPath(t *testing.T) {
	for path, want := range map[PullPath]string{"": "0", PullS3Gateway: "0", PullPublic: "0", PullNAT: "4.5"} {
		l := hourLedger()
		l.Point(l.Meter(ImagePull(region)), 0, sim.Minute, 100*int64(units.GB))
		b := mustRate(t, l, publicBook, Terms{ImagePullPath: path})
		if b.Total != usd(t, want) || b.Lines[0].Quantity.String() != "100" {
			t.Errorf("path %q: got %s for %s GB, want %s for 100", path, b.Total.Decimal(), b.Lines[0].Quantity, want)
		}
	}
}

func TestBilledSeconds(t *testing.T) {
	for _, c := range []struct {
		run     sim.Time
		minimum int64
		want    int64
	}{{1, 60, 60}, {60 * sim.Second, 60, 60}, {60*sim.Second + 1, 60, 61}, {200 * sim.Second, 300, 300}, {400 * sim.Second, 300, 400}, {0, 60, 60}} {
		if got := BilledSeconds(c.run, c.minimum); got != c.want {
			t.Errorf("BilledSeconds(%d ns, %d) = %d, want %d", c.run, c.minimum, got, c.want)
		}
	}
}

// Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/billing-for-interrupted-spot-instances.html
func TestSpotBilledSeconds(t *testing.T) {
	for _, c := range []struct {
		run   sim.Time
		byEC2 bool
		want  int64
	}{{sim.Hour - 1, true, 0}, {sim.Hour, true, 3600}, {sim.Hour - 1, false, 3600}, {sim.Second, false, 60}} {
		if got := SpotBilledSeconds(c.run, c.byEC2); got != c.want {
			t.Errorf("SpotBilledSeconds(%d, %v) = %d, want %d", c.run, c.byEC2, got, c.want)
		}
	}
}

// An instance's cost is split by what its tasks reserved; the rest is idle.
func ExampleLedger() {
	l := NewLedger(monday, 0, sim.Hour, []string{"api", "jobs"})
	m := l.Meter(Instance("m6a.2xlarge", region, "us-east-1a", OnDemand, SplitWeight(8*units.VCPU, 32*units.GiB)))
	l.Span(m, -1, 0, BilledSeconds(sim.Hour, 60), 1)
	l.Reserve(m, 0, 0, SplitWeight(2*units.VCPU, 8*units.GiB))
	l.Reserve(m, 1, 30*sim.Minute, SplitWeight(4*units.VCPU, 16*units.GiB))
	l.Advance(sim.Hour)
	bill, err := l.Rate(publicBook, Terms{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range bill.Splits {
		fmt.Println(s.Workload, s.Total().Decimal())
	}
	fmt.Println("idle", bill.Idle.Total().Decimal())
	fmt.Println("total", bill.Total.Decimal())
	// Output:
	// api 0.086400000
	// jobs 0.086400000
	// idle 0.172800000
	// total 0.345600000
}
