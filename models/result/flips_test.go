package result_test

import (
	"math"
	"testing"

	"ecsim/models/result"
	"ecsim/models/result/resulttest"
	"ecsim/workloads/units"
)

// billed is a platform whose week costs these lines, in dollars.
func billed(platform string, lines ...result.Line) *result.Outcome {
	s := find("fargate")
	s.Platform = platform
	runs := resulttest.Runs(s, 2)
	for _, r := range runs {
		b := &r.Bill
		b.Lines, b.Total = lines, 0
		for _, l := range lines {
			b.Total += l.Paid
		}
		b.List = b.Total
		b.Splits = []result.Split{{Paid: b.Total}}
	}
	o, err := result.Fold(runs)
	if err != nil {
		panic(err)
	}
	return o
}

func line(sku, class, option string, usd float64) result.Line {
	paid := units.USD(usd * float64(units.Dollar))
	return result.Line{SKU: sku, Class: class, Option: option, Quantity: 1, Paid: paid, List: paid}
}

// A plan's price does not move with on-demand prices, the fee of Managed
// Instances does, and a discount lowers all but the scenario's own lines.
func TestFlipsMoveWhatThePricesMove(t *testing.T) {
	for _, c := range []struct {
		name         string
		cheap, other []result.Line
		prices       string
		change       float64 // NaN: no such flip
	}{
		{"plans stay",
			[]result.Line{line("fargate.x86.vcpu_hour", "fargate", "on-demand", 90)},
			[]result.Line{line("ec2.m5.large.on_demand", "ec2", "on-demand", 40), line("ec2.m5.large.on_demand", "ec2", "compute-sp 1y no-upfront", 60)},
			"EC2 on-demand prices", -0.25},
		{"reserved instances stay",
			[]result.Line{line("ec2.m5.large.on_demand", "ec2", "standard-ri 1y no-upfront m5.large", 50)},
			[]result.Line{line("fargate.x86.vcpu_hour", "fargate", "on-demand", 60)},
			"EC2 on-demand prices", math.NaN()},
		{"fees follow",
			[]result.Line{line("fargate.x86.vcpu_hour", "fargate", "on-demand", 100.8)},
			[]result.Line{line("ec2.m5.large.on_demand", "ec2", "on-demand", 100), line("managed_instances.fee.default", "fee", "", 12)},
			"EC2 on-demand prices", -0.1},
		{"surplus credits stay",
			[]result.Line{line("fargate.x86.vcpu_hour", "fargate", "on-demand", 100)},
			[]result.Line{line("ec2.t3.large.on_demand", "ec2", "on-demand", 100), line("ec2.surplus_credits.t3.linux.vcpu_hour", "fee", "", 20)},
			"EC2 on-demand prices", -0.2},
		{"a discount is on plans too",
			[]result.Line{line("ec2.m5.large.on_demand", "ec2", "compute-sp 1y no-upfront", 60), line("compute-sp 1y no-upfront", "unused-commitment", "compute-sp 1y no-upfront", 30)},
			[]result.Line{line("ec2.m5.large.on_demand", "ec2", "on-demand", 100)},
			"a discount", math.NaN()},
		{"a discount is not on lines of one's own",
			[]result.Line{line("ec2.m5.large.on_demand", "ec2", "on-demand", 60), line("AMI upkeep", "other", "", 30)},
			[]result.Line{line("fargate.x86.vcpu_hour", "fargate", "on-demand", 100)},
			"a discount", -0.25},
	} {
		v := result.Judge([]*result.Outcome{billed("cheap", c.cheap...), billed("other", c.other...)}, nil, "cheap", true)
		change := math.NaN()
		for _, f := range v.Flips {
			if f.Prices == c.prices {
				change = f.Change
			}
		}
		if v.Winner == nil || v.Winner.Platform != "cheap" {
			t.Fatalf("%s: winner %v", c.name, v.Winner)
		}
		if math.Abs(change-c.change) > 1e-9 || math.IsNaN(change) != math.IsNaN(c.change) {
			t.Errorf("%s: %s flip at %v, want %v", c.name, c.prices, change, c.change)
		}
	}
}

// Where a plan's price for a unit differs between replications, the mean bill
// shows the plan's mean price, not the list price.
func TestMeanRateOfAPlanIsThePlans(t *testing.T) {
	runs := resulttest.Runs(find("fargate"), 2)
	for i, r := range runs {
		l := line("ec2.m5.large.on_demand", "ec2", "standard-ri 1y no-upfront m5.large", 3)
		l.Quantity, l.Rate, l.List = float64(10+20*i), units.DollarPrice/100*units.Price(6+i), 4*units.Dollar
		r.Bill.Lines, r.Bill.Total, r.Bill.List = []result.Line{l}, l.Paid, l.List
		r.Bill.Splits = []result.Split{{Paid: l.Paid}}
	}
	o, err := result.Fold(runs)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := o.Bill.Lines[0].Rate, units.DollarPrice/10000*675; got != want { // (10 x 6 + 30 x 7) / 40 cents
		t.Errorf("rate %v, want %v", got, want)
	}
}
