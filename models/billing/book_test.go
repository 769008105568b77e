package billing

import (
	"fmt"
	"math"
	"math/big"
	"testing"
	"time"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// testBook is a price list of decimal strings by SKU, plan rates by SKU and
// kind ("ec2.m5.large.on_demand compute-sp").
type testBook map[string]string

func (b testBook) Price(sku, region string) (Quote, error) {
	s, ok := b[sku]
	if !ok {
		return Quote{}, fmt.Errorf("no price of %s in %s", sku, region)
	}
	p, err := units.ParsePrice(s)
	return Quote{Rate: p, Source: "test", Date: "2026-09-29"}, err
}

func (b testBook) Committed(m Meter, plan Plan) (Quote, bool, error) {
	s, ok := b[m.SKU+" "+plan.Kind.String()]
	if !ok {
		return Quote{}, false, nil
	}
	p, err := units.ParsePrice(s)
	return Quote{Rate: p, Source: "test", Date: "2026-09-29"}, true, err
}

// monday is the start of most tests: on the hour, UTC.
var monday = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

const region = "us-east-1"

func usd(t testing.TB, s string) units.USD {
	t.Helper()
	u, err := units.ParseUSD(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func mustRate(t testing.TB, l *Ledger, book PriceBook, terms Terms) *Bill {
	t.Helper()
	b, err := l.Rate(book, terms)
	if err != nil {
		t.Fatal(err)
	}
	checkBill(t, b)
	return b
}

type fataler interface {
	Helper()
	Fatalf(string, ...any)
}

// checkBill holds a bill to its laws.
func checkBill(t fataler, b *Bill) {
	t.Helper()
	var lines, list, splits, hours units.USD
	for _, l := range b.Lines {
		lines += l.Paid
		list += l.List
		if l.Paid < 0 || l.List < 0 {
			t.Fatalf("line %s %s: list %s, paid %s: negative", l.SKU, l.Plan, l.List, l.Paid)
		}
	}
	for _, s := range b.Splits {
		splits += s.Total()
		if s.Direct < 0 || s.Shared < 0 {
			t.Fatalf("split %+v is negative", s)
		}
	}
	for i := range b.Hours {
		hours += b.Hours[i].Total()
	}
	if i := b.Idle; i.Capacity < 0 || i.Commitment < 0 || i.Other < 0 {
		t.Fatalf("idle %+v is negative", i)
	}
	if lines != b.Total || list != b.List || splits+b.Idle.Total() != b.Total || hours != b.Total {
		t.Fatalf("total %d, lines %d, splits %d + idle %d, hours %d; list %d, lines %d",
			b.Total, lines, splits, b.Idle.Total(), hours, b.List, list)
	}
	byClass := b.ByClass()
	for i := range b.Hours {
		for c := range byClass {
			byClass[c] -= b.Hours[i].Paid[c]
		}
	}
	for c, left := range byClass {
		if left != 0 {
			t.Fatalf("%s: lines and hours differ by %d", Class(c), left)
		}
	}
	for _, l := range b.Lines {
		// Cost is usage x price, but for a nanodollar's rounding an hour and
		// column; a line at a mean rate has that rounded too.
		if l.Plan != "" || l.varies {
			continue
		}
		cost, _ := new(big.Rat).SetFrac(bigInt(l.Quantity.Num), new(big.Int).SetUint64(max(1, l.Quantity.Den))).Float64()
		cost *= float64(l.Rate) / 1000
		if slack := float64(2*len(b.Hours)+1) + cost*1e-12; len(b.Plans) == 0 && math.Abs(cost-float64(l.List)) > slack {
			t.Fatalf("%s: list %d for %s %s at %s, want %f", l.SKU, l.List, l.Quantity, l.Unit, l.Rate, cost)
		}
	}
	for _, p := range b.Plans {
		if u := p.Utilization(); u < 0 || u > units.One {
			t.Fatalf("plan %s: utilization %s", p.Name, u)
		}
		if p.Used+p.Unused < p.Fee-units.USD(len(b.Hours)*len(b.Lines)) || p.Used+p.Unused > p.Fee+units.USD(len(b.Hours)*len(b.Lines)) {
			t.Fatalf("plan %s: used %d + unused %d of a fee of %d", p.Name, p.Used, p.Unused, p.Fee)
		}
	}
}

// hourUsage records one hour's use, for tests of the hour's arithmetic.
func hourLedger() *Ledger { return NewLedger(monday, 0, sim.Hour, []string{"w"}) }

func wantCents(t *testing.T, what string, got units.USD, want string) {
	t.Helper()
	if got.Cents() != usd(t, want).Cents() {
		t.Errorf("%s: got $%s, want $%s", what, got.Decimal(), want)
	}
}
