package catalog

import (
	"strings"
	"testing"

	"ecsim/workloads/units"
)

// TestPublishedRates holds rates of AWS's pages.
func TestPublishedRates(t *testing.T) {
	for _, row := range fields(`
		fargate.x86.vcpu_hour us-east-1 0.04048
		fargate.x86.gb_hour us-east-1 0.004445
		fargate.x86.vcpu_hour eu-central-1 0.04656
		fargate.arm.vcpu_hour us-east-1 0.03238
		fargate.arm.vcpu_hour ap-south-1 0.02383
		fargate.spot.x86.vcpu_hour us-east-1 0.01288561
		fargate.ephemeral.gb_hour us-east-1 0.000111
		fargate.windows.os_vcpu_hour us-east-1 0.046
		ebs.gp3.gb_month us-east-1 0.08
		ebs.gp3.gb_month eu-central-1 0.0952
		ebs.gp3.iops_month us-east-1 0.005
		vpc.public_ipv4.hour sa-east-1 0.005
		nat.gb ap-southeast-1 0.059
		data.cross_az.gb eu-west-1 0.01
		data.internet_out.gb us-east-1 0.09
		elb.alb.hour eu-central-1 0.027
		elb.alb.lcu_hour us-east-1 0.008
		elb.nlb.nlcu_hour us-east-1 0.006
		lambda.x86.gb_second us-east-1 0.0000166667
		lambda.request us-east-1 0.0000002
		lambda.ephemeral.gb_second us-east-1 0.0000000309
		ecr.gb_month us-east-1 0.1
		cloudwatch.logs.ingest_gb us-east-1 0.5
		cloudwatch.metric_month us-east-1 0.3
		cloudwatch.alarm_month us-east-1 0.1
		ec2.surplus_credits.t3.linux.vcpu_hour us-east-1 0.05
		ec2.surplus_credits.t4g.linux.vcpu_hour us-east-1 0.04
		managed_instances.fee.default us-east-1 0.12
		ecs_anywhere.instance_hour us-east-1 0.01025`) {
		got, err := Rate(row[0], row[1])
		if err != nil || got.Rate != parsePrice(row[2]) {
			t.Errorf("%s in %s: got %v, %v; want %s", row[0], row[1], got.Rate, err, row[2])
		}
	}
}

// TestRatesAreSourced: each row has a page, a date and a mark, and only marked
// guesses count as estimated.
func TestRatesAreSourced(t *testing.T) {
	for _, r := range loadRates().list {
		if !strings.HasPrefix(r.Source, "https://") || r.Date < "2017" || r.Date > "2100" || r.Confidence == "" || r.Unit == "" {
			t.Errorf("%s in %s: %+v", r.SKU, r.Region, r.Figure)
		}
		if r.Region != "*" && CheckRegion(r.Region) != nil {
			t.Errorf("%s: region %q", r.SKU, r.Region)
		}
		if r.Confidence == "V" && r.Estimated {
			t.Errorf("%s in %s is both verified and estimated", r.SKU, r.Region)
		}
		if r.Confidence == "D" && !r.Estimated && !strings.HasPrefix(r.Note, "derived") {
			t.Errorf("%s in %s: derived, but the note does not say how", r.SKU, r.Region)
		}
	}
}

// TestFargateIsCheaperOnSpotAndARM in every region that has both.
func TestFargateIsCheaperOnSpotAndARM(t *testing.T) {
	regions := RateRegions("fargate.x86.vcpu_hour")
	if len(regions) != 23 {
		t.Errorf("Fargate in %d regions, want 23", len(regions))
	}
	for _, region := range regions {
		for _, unit := range []string{"vcpu_hour", "gb_hour"} {
			list, err := Rate("fargate.x86."+unit, region)
			if err != nil {
				t.Error(err)
			}
			arm, err := Rate("fargate.arm."+unit, region)
			if err != nil || arm.Rate >= list.Rate {
				t.Errorf("%s: ARM %v, x86 %v, %v", region, arm.Rate, list.Rate, err)
			}
			if spot, err := Rate("fargate.spot.x86."+unit, region); err == nil && (spot.Rate >= list.Rate/2 || spot.Rate*1000 < list.Rate*297) {
				t.Errorf("%s: Spot %v, on-demand %v: outside 0.297 to 0.5", region, spot.Rate, list.Rate)
			}
		}
	}
}

// TestEveryRegionCanRunEC2: what an EC2 capacity always pays has a rate, if an
// assumed one, in each region.
func TestEveryRegionCanRunEC2(t *testing.T) {
	for _, region := range Regions() {
		for _, sku := range []string{"ebs.gp3.gb_month", "ebs.gp3.iops_month", "ebs.gp3.throughput_month", "ebs.gp2.gb_month", "vpc.public_ipv4.hour", "nat.gb", "nat.hour",
			"elb.alb.hour", "elb.alb.lcu_hour", "elb.nlb.nlcu_hour", "data.cross_az.gb", "data.internet_out.gb", "ecr.gb_month", "cloudwatch.logs.ingest_gb", "lambda.x86.gb_second"} {
			if f, err := Rate(sku, region); err != nil || f.Rate <= 0 {
				t.Errorf("%s in %s: %v, %v", sku, region, f.Rate, err)
			}
		}
	}
	if f, err := Rate("nat.gb", "me-south-1"); err != nil || !f.Estimated {
		t.Errorf("nat.gb in me-south-1: %+v, %v; want an estimate", f, err)
	}
}

func TestTiers(t *testing.T) {
	tiers, err := Tiers("data.internet_out.gb", "us-east-1")
	if err != nil || len(tiers) != 4 || tiers[0].From != 0 || tiers[3].From != 153600 || tiers[3].Rate != parsePrice("0.05") {
		t.Errorf("internet out: %+v, %v", tiers, err)
	}
	for _, sku := range SKUs() {
		for _, region := range RateRegions(sku) {
			tiers, err := Tiers(sku, region)
			if err != nil {
				t.Fatal(err)
			}
			for i := range tiers[1:] {
				if tiers[i+1].From <= tiers[i].From || tiers[i+1].Rate > tiers[i].Rate || tiers[i+1].Unit != tiers[i].Unit {
					t.Errorf("%s in %s: tier %+v after %+v", sku, region, tiers[i+1], tiers[i])
				}
			}
		}
	}
}

func TestSavingsPlanRate(t *testing.T) {
	for _, c := range []struct {
		sku, region string
		plan        Plan
		want        string
		estimated   bool
	}{
		{"fargate.x86.vcpu_hour", "us-east-1", Plan{ComputeSP, 1, NoUpfront}, "0.032384", false},
		{"fargate.x86.gb_hour", "us-east-1", Plan{ComputeSP, 3, NoUpfront}, "0.00244475", false},
		{"fargate.x86.vcpu_hour", "me-central-1", Plan{ComputeSP, 1, NoUpfront}, "0.04471", false},
		{"fargate.arm.vcpu_hour", "us-east-1", Plan{ComputeSP, 3, AllUpfront}, "0.01587", false},
		{"fargate.x86.vcpu_hour", "eu-central-1", Plan{ComputeSP, 1, NoUpfront}, "0.037248", true}, // 0.04656 x 0.8
		{"lambda.x86.gb_second", "us-east-1", Plan{ComputeSP, 1, NoUpfront}, "0.000014666696", true},
	} {
		got, err := SavingsPlanRate(c.sku, c.region, c.plan)
		if err != nil || got.Rate != parsePrice(c.want) || got.Estimated != c.estimated {
			t.Errorf("%s in %s, %v: got %v (estimated %v), %v; want %s", c.sku, c.region, c.plan, got.Rate, got.Estimated, err, c.want)
		}
	}
	for _, sku := range []string{"fargate.windows.os_vcpu_hour", "lambda.request", "nat.gb", "fargate.spot.x86.vcpu_hour"} {
		if got, err := SavingsPlanRate(sku, "us-east-1", Plan{ComputeSP, 1, NoUpfront}); err == nil || !strings.Contains(err.Error(), "not covered") {
			t.Errorf("%s: got %v, %v; want it not covered", sku, got.Rate, err)
		}
	}
	if _, err := SavingsPlanRate("fargate.x86.vcpu_hour", "us-east-1", Plan{EC2InstanceSP, 1, NoUpfront}); err == nil {
		t.Error("an EC2 Instance Savings Plan covered Fargate")
	}
}

// TestAllPlansCoverFargate: no region with Fargate is left without a plan rate.
func TestAllPlansCoverFargate(t *testing.T) {
	for _, sku := range []string{"fargate.x86.vcpu_hour", "fargate.arm.gb_hour", "fargate.windows.vcpu_hour"} {
		for _, region := range RateRegions(sku) {
			list, err := Rate(sku, region)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range plans()[6:] {
				p.Kind = ComputeSP
				got, err := SavingsPlanRate(sku, region, p)
				if err != nil || got.Rate >= list.Rate || got.Rate <= list.Rate/3 {
					t.Errorf("%s in %s, %v: %v of %v, %v", sku, region, p, got.Rate, list.Rate, err)
				}
			}
		}
	}
}

func TestRateErrors(t *testing.T) {
	for _, c := range []struct{ sku, region, want string }{
		{"fargate.x86.vcpu_hours", "us-east-1", "fargate.x86.vcpu_hour"},
		{"nat.gbb", "us-east-1", "nat.gb"},
		{"elb.gwlb.hour", "eu-west-1", "us-east-1"},
		{"fargate.spot.x86.vcpu_hour", "me-central-1", "eu-west-1"},
	} {
		if _, err := Rate(c.sku, c.region); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s in %s: got error %v, want it to name %s", c.sku, c.region, err, c.want)
		}
	}
}

// TestParseRatesRejects: a mistake in rates.csv is found with its line.
func TestParseRatesRejects(t *testing.T) {
	good := "nat.gb,us-east-1,,0.045,GB,https://aws.amazon.com/vpc/pricing/,2026-09-24,V,"
	if _, err := parseRates(ratesHeader + "\n" + good + "\n"); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]string{
		"price":      strings.Replace(good, "0.045", "O.045", 1),
		"date":       strings.Replace(good, "2026-09-24", "24.9.2026", 1),
		"confidence": strings.Replace(good, ",V,", ",X,", 1),
		"unit":       strings.Replace(good, ",GB,", ",,", 1),
		"source":     strings.Replace(good, "https://aws.amazon.com/vpc/pricing/", "", 1),
		"sku":        strings.Replace(good, "nat.gb", "NAT gb", 1),
		"tier":       strings.Replace(good, "us-east-1,,", "us-east-1,10,", 1),
		"twice":      good + "\n" + good,
	} {
		if _, err := parseRates(ratesHeader + "\n" + row + "\n"); err == nil || !strings.HasPrefix(err.Error(), "rates.csv:") {
			t.Errorf("%s: got error %v, want one with the line", name, err)
		}
	}
}

// TestAllowancesNameSKUs: free quantities belong to rates that exist.
func TestAllowancesNameSKUs(t *testing.T) {
	for _, a := range Allowances {
		if len(RateRegions(a.SKU)) == 0 || a.Quantity <= 0 || a.Source == "" {
			t.Errorf("%+v", a)
		}
	}
	if units.DollarPrice/1_000_000 != microdollar {
		t.Error("microdollar")
	}
}
