package billing

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"ecsim/sim"
	"ecsim/workloads/units"
)

var oneYear = Plan{Kind: ComputeSP, Years: 1}

// With one price, the best commitment is the (1 - plan rate / on-demand rate)
// quantile of the hourly spend at the plan's rate: 30 % off, so the hour that
// 30 % of the hours lie below. Plan rate and levels fall on whole steps.
func TestBestSavingsPlanIsAQuantile(t *testing.T) {
	book := testBook{"ec2.m5.large.on_demand": "0.10", "ec2.m5.large.on_demand compute-sp": "0.07"}
	rapid.Check(t, func(t *rapid.T) {
		levels := rapid.SliceOfN(rapid.Int64Range(0, 50), 101, 101).Draw(t, "instances")
		l := NewLedger(monday, 0, 101*sim.Hour, nil)
		m := l.Meter(Instance("m5.large", region, "a", OnDemand, 1))
		for h, n := range levels {
			l.Span(m, -1, sim.Time(h)*sim.Hour, 3600, n)
		}
		a, err := l.BestSavingsPlan(book, Terms{}, oneYear)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(levels)
		want := units.USD(levels[30]) * units.Dollar * 7 / 100 // of 101 hours, 30 lie below
		var got units.USD
		if len(a.Purchases) > 0 {
			got = a.Purchases[0].Commitment
		}
		if got != want {
			t.Fatalf("commitment %s, want %s", got.Decimal(), want.Decimal())
		}
	})
}

// No commitment on a grid around every hour's bends is cheaper than the one
// found, with mixed prices, owned plans, discounts and part hours.
func TestBestSavingsPlanBeatsBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := sim.Time(rapid.Int64Range(0, int64(sim.Hour)).Draw(t, "from"))
		l, ids := lawLedger(from, from+5*sim.Hour+sim.Time(rapid.Int64Range(0, int64(sim.Hour)).Draw(t, "length")))
		record(l, ids, drawCalls(t, 25))
		terms := drawTerms(t)
		terms.SavingsPlan = SavingsPlan{}
		best, err := l.BestSavingsPlan(lawBook, terms, oneYear)
		if err != nil {
			t.Fatal(err)
		}
		total := func(c units.USD) units.USD {
			terms.SavingsPlan = SavingsPlan{Plan: oneYear, Commitment: c}
			b, err := l.Rate(lawBook, terms)
			if err != nil {
				t.Fatal(err)
			}
			return b.Total
		}
		if got := total(0); got != best.Without || best.With > best.Without {
			t.Fatalf("without %s, with %s, a bill without is %s", best.Without, best.With, got)
		}
		// Every bend of every hour, found by spending so much that nothing is
		// left on demand: the sums of what each line then uses.
		var spent []units.USD
		r, err := newRater(l, lawBook, &terms, windowPart, nil)
		if err != nil {
			t.Fatal(err)
		}
		c := &commitment{owned: Owned{Plan: oneYear}, use: new(PlanUse)}
		if err := r.prepare(c); err != nil {
			t.Fatal(err)
		}
		r.marginal = func(ns uint64) {
			var sum units.USD
			for k, i := range c.order {
				if u := &r.hour[i]; u.left > 0 {
					sum += scaleUSD(c.quotes[k].Rate.Times(u.count, u.per), u.left, u.list)
					spent = append(spent, units.USD(mulDiv(uint64(sum), uint64(sim.Hour), ns)))
				}
			}
		}
		if err := r.run(); err != nil {
			t.Fatal(err)
		}
		// Rounding: half a nanodollar for each line of each hour, twice.
		slack := units.USD(6 * len(ids) * 4)
		for _, s := range spent {
			for _, c := range []units.USD{s, s / commitmentStep * commitmentStep, (s/commitmentStep + 1) * commitmentStep} {
				step := s - s/commitmentStep*commitmentStep
				if got := total(c); got+slack < best.With && (c != s || got+slack+6*step < best.With) && c >= commitmentMinimum {
					t.Fatalf("commitment %s costs %s, less than %s for %+v", c.Decimal(), got.Decimal(), best.With.Decimal(), best.Purchases)
				}
			}
		}
	})
}

// A steady load is covered whole, a load of one hour in four not at all.
func TestBestSavingsPlanByFamily(t *testing.T) {
	l, ids := lawLedgerFrom(monday, 0, 8*sim.Hour)
	l.Span(ids[0], -1, 0, 8*3600, 10) // m5
	l.Span(ids[2], -1, 0, 2*3600, 10) // c6i
	a, err := l.BestSavingsPlan(lawBook, Terms{}, Plan{Kind: EC2InstanceSP, Years: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Purchases) != 1 || a.Purchases[0] != (Purchase{"m5", usd(t, "0.613")}) || a.Utilization != units.One {
		t.Errorf("got %+v", a)
	}
	if want := usd(t, "2.784"); a.Saving() != want { // 8 h x 10 x (0.0961 - 0.0613)
		t.Errorf("saving %s, want %s", a.Saving().Decimal(), want.Decimal())
	}
	if want := units.PPM(818_918); a.Coverage != want { // 7.688 of 9.388, rounded half up
		t.Errorf("coverage %d, want %d", a.Coverage, want)
	}
	if _, err := l.BestSavingsPlan(lawBook, Terms{}, Plan{Kind: StandardRI, Years: 1}); err == nil {
		t.Error("a Reserved Instance is no Savings Plan")
	}
	// "optimal" in the terms is the same purchase.
	b := mustRate(t, l, lawBook, Terms{SavingsPlan: SavingsPlan{Plan: Plan{Kind: EC2InstanceSP, Years: 1}, Optimal: true}})
	if b.Total != a.With {
		t.Errorf("optimal costs %s, the advice says %s", b.Total.Decimal(), a.With.Decimal())
	}
	// Spot has no plan.
	l, ids = lawLedgerFrom(monday, 0, 8*sim.Hour)
	l.Span(ids[3], -1, 0, 8*3600, 10)
	if a, err := l.BestSavingsPlan(lawBook, Terms{}, oneYear); err != nil || a.Purchases != nil || a.Saving() != 0 {
		t.Errorf("Spot: got %+v, %v", a, err)
	}
}

func TestPerMonth(t *testing.T) {
	for _, c := range []struct {
		total  units.USD
		window sim.Time
		want   units.USD
	}{{168 * units.Dollar, 7 * sim.Day, 730 * units.Dollar}, {1, 730 * sim.Hour, 1}, {-units.Dollar, sim.Hour, -730 * units.Dollar}, {1, 1460 * sim.Hour, 1}} {
		if got := PerMonth(c.total, c.window); got != c.want {
			t.Errorf("PerMonth(%d, %d) = %d, want %d", c.total, c.window, got, c.want)
		}
	}
}
