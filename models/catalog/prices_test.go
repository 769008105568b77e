package catalog

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ecsim/workloads/units"
)

func fields(text string) [][]string {
	var out [][]string
	for line := range strings.Lines(strings.TrimSpace(text)) {
		out = append(out, strings.Fields(line))
	}
	return out
}

// TestPublishedOnDemand checks prices against a table taken from AWS's list,
// what is not sold included.
func TestPublishedOnDemand(t *testing.T) {
	rows := fields(publishedOnDemand)
	regions := rows[0][1:]
	for _, row := range rows[1:] {
		for i, want := range row[1:] {
			got, err := OnDemand(row[0], regions[i])
			if want == "-" {
				if err == nil || !strings.Contains(err.Error(), "it has one in") {
					t.Errorf("%s in %s: got %v, error %v; want an error that says where it is sold", row[0], regions[i], got.Rate, err)
				}
				continue
			}
			if err != nil || got.Rate.String() != want || got.Estimated {
				t.Errorf("%s in %s: got %v (estimated %v), error %v; want %s", row[0], regions[i], got.Rate, got.Estimated, err, want)
			}
		}
	}
}

// TestNewerPrices: types that came or moved after the 2025 data.
func TestNewerPrices(t *testing.T) {
	for _, c := range []struct {
		typ, region, want string
		estimated         bool
	}{
		{"m8i.large", "us-east-1", "0.10584", false},
		{"g7.2xlarge", "us-east-1", "2.52", false},
		{"p4d.24xlarge", "us-east-1", "21.957642", false},
		{"p5.48xlarge", "us-east-1", "55.04", false},
		{"p5.48xlarge", "us-gov-west-1", "66.048", false},
		{"p5en.48xlarge", "us-east-1", "63.296", false},
		{"p5.48xlarge", "us-west-2", "55.04", true}, // cut as in us-east-1
		{"m8i.large", "us-east-2", "0.10584", true}, // ratio of m7i
		{"c6g.metal", "us-east-1", "2.176", false},  // not the dedicated 2.3066
		{"m7i.metal-24xl", "us-east-1", "4.8384", false},
		{"c8a.metal-24xl", "us-east-1", "5.17296", false}, // as c8a.24xlarge
	} {
		got, err := OnDemand(c.typ, c.region)
		if err != nil || got.Rate.String() != c.want || got.Estimated != c.estimated {
			t.Errorf("%s in %s: got %v, estimated %v, error %v; want %s, %v", c.typ, c.region, got.Rate, got.Estimated, err, c.want, c.estimated)
		}
	}
}

// plans are the 12 columns of publishedDiscounts.
func plans() []Plan {
	var out []Plan
	for _, kind := range []PlanKind{StandardRI, ConvertibleRI} {
		for _, years := range []int{1, 3} {
			for _, pay := range []Payment{NoUpfront, PartialUpfront, AllUpfront} {
				out = append(out, Plan{kind, years, pay})
			}
		}
	}
	return out
}

// TestPublishedDiscounts compares median discounts per family; 0.11 points
// allow for a tenth of rounding on both sides.
func TestPublishedDiscounts(t *testing.T) {
	for _, row := range fields(publishedDiscounts) {
		families := strings.Split(row[0], ",")
		for i, plan := range plans() {
			var all []float64
			for _, it := range Types() {
				if row[0] != "all" && !slices.Contains(families, it.Family) {
					continue
				}
				permille, source, err := Discount(it.Name, "us-east-1", plan)
				if err == nil && !strings.Contains(source.Source, "previous family") {
					all = append(all, float64(permille)/10)
				}
			}
			slices.Sort(all)
			want, err := strconv.ParseFloat(row[i+1], 64)
			if err != nil || len(all) == 0 {
				t.Fatalf("%s %v: %d discounts, %v", row[0], plan, len(all), err)
			}
			if got := all[len(all)/2]; math.Abs(got-want) > 0.11 {
				t.Errorf("%s %v: median discount %.1f %%, want %.1f %%", row[0], plan, got, want)
			}
		}
	}
}

// TestPlansShareRates: a Compute Savings Plan costs what a convertible
// reservation does, an EC2 Instance Savings Plan what a standard one does, and
// a published pair holds.
func TestPlansShareRates(t *testing.T) {
	for _, c := range []struct {
		typ, region, want string
		kind              PlanKind
	}{
		{"t3.medium", "me-central-1", "0.0411", ComputeSP},
		{"t3.medium", "me-central-1", "0.0411", ConvertibleRI},
		{"m5.large", "me-central-1", "0.074", EC2InstanceSP},
		{"m5.large", "me-central-1", "0.074", StandardRI},
	} {
		got, err := Reserved(c.typ, c.region, Plan{c.kind, 1, NoUpfront})
		if err != nil {
			t.Fatal(err)
		}
		want := parsePrice(c.want)
		list, err := OnDemand(c.typ, c.region)
		if err != nil {
			t.Fatal(err)
		}
		// Discounts are kept in steps of 0.1 % of on-demand.
		if diff := math.Abs(float64(got.Rate - want)); diff > 0.0005*float64(list.Rate)+1 {
			t.Errorf("%s in %s, %v: got %v, want %v", c.typ, c.region, c.kind, got.Rate, want)
		}
	}
}

// TestReservedOrder: more commitment and more upfront never cost more.
func TestReservedOrder(t *testing.T) {
	for _, typ := range []string{"m5.large", "c7g.xlarge", "r6i.2xlarge", "t3.medium"} {
		for _, region := range Regions() {
			list, err := OnDemand(typ, region)
			if err != nil {
				continue
			}
			for _, kind := range []PlanKind{ComputeSP, EC2InstanceSP} {
				last := list.Rate
				for _, years := range []int{1, 3} {
					for _, pay := range []Payment{NoUpfront, PartialUpfront, AllUpfront} {
						got, err := Reserved(typ, region, Plan{kind, years, pay})
						if err != nil {
							continue
						}
						if got.Rate <= 0 || got.Rate > last {
							t.Errorf("%s in %s: %dy %v %v: %v after %v", typ, region, years, pay, kind, got.Rate, last)
						}
						last = got.Rate
					}
				}
			}
		}
	}
}

// TestEveryCell walks every type and region: no Spot price above on-demand,
// every figure with source and date, prices positive, and enough coverage.
func TestEveryCell(t *testing.T) {
	var sold, spot, reserved int
	perRegion := map[string]int{}
	for _, it := range Types() {
		for _, region := range Regions() {
			list, err := OnDemand(it.Name, region)
			if err != nil {
				if demandTable.cell(it.Name, region) != "" {
					t.Fatal(err)
				}
				continue
			}
			sold++
			perRegion[region]++
			if list.Rate <= 0 || list.Source == "" || len(list.Date) != 10 || list.Unit != "hour" || list.Confidence == "" {
				t.Fatalf("%s in %s: %+v", it.Name, region, list)
			}
			if s, err := Spot(it.Name, region); err == nil {
				spot++
				if s.Rate > list.Rate || s.Rate < 0 || s.Bucket < 0 || s.Bucket > 4 || s.BucketLabel == "" || s.Source == "" {
					t.Errorf("%s in %s: Spot %+v, on-demand %v", it.Name, region, s, list.Rate)
				}
			}
			if r, err := Reserved(it.Name, region, Plan{ComputeSP, 1, NoUpfront}); err == nil {
				reserved++
				if r.Rate <= 0 || r.Rate > list.Rate {
					t.Errorf("%s in %s: Compute Savings Plan %v, on-demand %v", it.Name, region, r.Rate, list.Rate)
				}
			}
		}
	}
	if sold < 20_000 || spot < 18_000 || reserved < 18_000 {
		t.Errorf("%d on-demand, %d Spot, %d reserved cells: the tables lost some", sold, spot, reserved)
	}
	t.Logf("%d on-demand, %d Spot, %d reserved cells", sold, spot, reserved)
	if len(perRegion) != 34 {
		t.Errorf("%d regions have prices, want 34", len(perRegion))
	}
	for region, n := range perRegion {
		if n < 150 {
			t.Errorf("%s sells %d types only", region, n)
		}
	}
}

// TestFlex: a flex size costs 0.95 of the plain one.
func TestFlex(t *testing.T) {
	for _, region := range []string{"us-east-1", "eu-west-1", "ap-northeast-1"} {
		flex, err1 := OnDemand("m7i-flex.xlarge", region)
		plain, err2 := OnDemand("m7i.xlarge", region)
		if err1 != nil || err2 != nil || off(plain.Rate, 5, 100).Float()-flex.Rate.Float() > 0.00001 {
			t.Errorf("%s: flex %v, plain %v, %v %v", region, flex.Rate, plain.Rate, err1, err2)
		}
	}
}

func TestOffRoundsHalfUp(t *testing.T) {
	for _, c := range []struct {
		price           string
		discount, whole int64
		want            string
	}{
		{"0.096", 265, 1000, "0.07056"},
		{"0.000001", 500, 1000, "0.000001"}, // 0.0000005 up
		{"0.000001", 501, 1000, "0"},
		{"407.68", 624, 1000, "153.28768"},
		{"0.1", 0, 1000, "0.1"},
	} {
		if got := off(parsePrice(c.price), c.discount, c.whole); got != parsePrice(c.want) {
			t.Errorf("%s less %d/%d: got %v, want %s", c.price, c.discount, c.whole, got, c.want)
		}
	}
}

func TestPriceErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"unknown type", second(OnDemand("m5.lrge", "us-east-1")), "m5.large"},
		{"unknown region", second(OnDemand("m5.large", "us-eest-1")), "us-east-1"},
		{"not sold there", second(OnDemand("g6.xlarge", "eu-west-1")), "us-east-1"},
		{"never sold on demand", second(OnDemand("mac2.metal", "us-east-1")), "in any region"},
		{"plan without years", second(Reserved("m5.large", "us-east-1", Plan{Kind: ComputeSP, Payment: NoUpfront})), "want 1 or 3"},
		{"zero plan", second(Reserved("m5.large", "us-east-1", Plan{})), "plan kind"},
		{"no payment", second(Reserved("m5.large", "us-east-1", Plan{Kind: ComputeSP, Years: 1})), "payment"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: got error %v, want it to contain %q", c.name, c.err, c.want)
		}
	}
	if s, err := Spot("mac2.metal", "us-east-1"); err == nil {
		t.Errorf("mac2.metal on Spot: got %v, want an error", s)
	}
	if err := CheckRegion("eu-west-1"); err != nil {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

// TestSpotSources: a live price is given as read, a derived one says so.
func TestSpotSources(t *testing.T) {
	live, err := Spot("m5.large", "us-east-1")
	if err != nil || live.Estimated || live.Rate != parsePrice("0.0341") || live.SavingsPercent != 67 {
		t.Errorf("m5.large: %+v, %v", live, err)
	}
	derived, err := Spot("m5.large", "af-south-1")
	if err != nil || !derived.Estimated || derived.Rate != off(parsePrice("0.127"), 64, 100) {
		t.Errorf("m5.large in af-south-1: %+v, %v; want on-demand less 64 %%, estimated", derived, err)
	}
	if derived.Rate >= units.DollarPrice {
		t.Errorf("implausible %v", derived.Rate)
	}
}

func TestSoldIn(t *testing.T) {
	regions, estimated := SoldIn("m5.large")
	if len(regions) < 30 || len(estimated) != 0 {
		t.Errorf("m5.large: sold in %v, estimated in %v", regions, estimated)
	}
	regions, estimated = SoldIn("m8i.large")
	if len(estimated) == 0 || len(estimated) >= len(regions) {
		t.Errorf("m8i.large: sold in %v, estimated in %v: want some of both", regions, estimated)
	}
	if regions, _ := SoldIn("mac2.metal"); regions != nil {
		t.Errorf("mac2.metal: sold in %v, want none: it runs on Dedicated Hosts only", regions)
	}
}
