package billing

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// lawBook prices three families, Fargate and what comes with instances; rates
// are odd on purpose.
var lawBook = testBook{
	"ec2.m5.large.on_demand": "0.0961", "ec2.m5.large.on_demand compute-sp": "0.0707", "ec2.m5.large.on_demand ec2-instance-sp": "0.0613", "ec2.m5.large.on_demand standard-ri": "0.0613",
	"ec2.m5.xlarge.on_demand": "0.1922", "ec2.m5.xlarge.on_demand compute-sp": "0.1413", "ec2.m5.xlarge.on_demand ec2-instance-sp": "0.1227",
	"ec2.c6i.large.on_demand": "0.085", "ec2.c6i.large.on_demand compute-sp": "0.0611", "ec2.c6i.large.on_demand ec2-instance-sp": "0.0562",
	"ec2.m5.large.spot": "0.0337", "fargate.x86.vcpu_hour": "0.04048", "fargate.x86.vcpu_hour compute-sp": "0.032384",
	"fargate.x86.gb_hour": "0.004445", "fargate.x86.gb_hour compute-sp": "0.003556", "ebs.gp3.gb_month": "0.08", "nat.gb": "0.045",
}

// call is one recording call.
type call struct {
	kind     int // 0 span, 1 point, 2 reserve
	meter    int
	w        int
	at       sim.Time
	seconds  int64
	quantity int64
}

// drawCalls draws usage of up to two days around a window, in time order.
func drawCalls(t *rapid.T, most int) []call {
	calls := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) call {
		return call{
			kind: rapid.IntRange(0, 2).Draw(t, "kind"), meter: rapid.IntRange(0, 7).Draw(t, "meter"), w: rapid.IntRange(-1, 2).Draw(t, "w"),
			at:      sim.Time(rapid.Int64Range(0, int64(8*sim.Hour)).Draw(t, "at")),
			seconds: rapid.Int64Range(0, 20000).Draw(t, "seconds"), quantity: rapid.Int64Range(0, 5000).Draw(t, "quantity"),
		}
	}), 1, most).Draw(t, "calls")
	slices.SortStableFunc(calls, func(a, b call) int { return int(a.at - b.at) })
	return calls
}

var lawWorkloads = []string{"api", "jobs", "nightly"}

func lawLedger(from, until sim.Time) (*Ledger, []MeterID) {
	return lawLedgerFrom(monday.Add(12345678), from, until)
}

func lawLedgerFrom(start time.Time, from, until sim.Time) (*Ledger, []MeterID) {
	l := NewLedger(start, from, until, lawWorkloads)
	od := l.Meter(Instance("m5.large", region, "a", OnDemand, 9*2048+7800))
	ids := []MeterID{od,
		l.Meter(Instance("m5.xlarge", region, "b", OnDemand, 9*4096+15600)),
		l.Meter(Instance("c6i.large", region, "a", OnDemand, 9*2048+3800)),
		l.Meter(Instance("m5.large", region, "a", Spot, 9*2048+7800)),
		l.Meter(FargateCPU("x86", region, OnDemand)), l.Meter(FargateMemory("x86", region, OnDemand)),
		l.Meter(Volume("gp3", region, od)), l.Meter(ImagePull(region))}
	return l, ids
}

func record(l *Ledger, ids []MeterID, calls []call) {
	for _, c := range calls {
		switch {
		case c.kind == 0:
			l.Span(ids[c.meter], c.w, c.at, c.seconds, c.quantity)
		case c.kind == 1:
			l.Point(ids[c.meter], c.w, c.at, c.quantity*1_000_000)
		default:
			l.Reserve(ids[c.meter%4], max(c.w, 0), c.at, c.quantity*100)
		}
	}
	l.Advance(16 * sim.Hour)
}

func drawTerms(t *rapid.T) Terms {
	money := func(name string) units.USD {
		return units.USD(rapid.Int64Range(0, 300).Draw(t, name)) * units.Dollar / 7
	}
	terms := Terms{
		Discount:          units.PPM(rapid.Int64Range(0, 300_000).Draw(t, "discount")),
		CommitmentsAtList: rapid.Bool().Draw(t, "at list"),
		ImagePullPath:     rapid.SampledFrom([]PullPath{PullNAT, PullS3Gateway}).Draw(t, "path"),
		Month:             rapid.SampledFrom([]Month{Month730, Month30Days, MonthCalendar}).Draw(t, "month"),
	}
	one := func(k PlanKind) Plan { return Plan{Kind: k, Years: 1} }
	if rapid.Bool().Draw(t, "owns") {
		terms.Owned = []Owned{
			{Plan: one(ComputeSP), USDPerHour: money("owned compute")},
			{Plan: one(EC2InstanceSP), Family: "m5", USDPerHour: money("owned m5"), Ends: monday.Add(5 * 3600e9)},
			{Plan: one(StandardRI), InstanceType: "m5.large", Count: rapid.Int64Range(1, 900).Draw(t, "reserved")},
		}
	}
	if rapid.Bool().Draw(t, "buys") {
		terms.SavingsPlan = rapid.SampledFrom([]SavingsPlan{
			{Plan: one(ComputeSP), Commitment: money("bought")},
			{Plan: one(EC2InstanceSP), Family: "c6i", Commitment: money("bought")},
			{Plan: one(ComputeSP), Optimal: true},
			{Plan: one(EC2InstanceSP), Optimal: true},
		}).Draw(t, "savings plan")
	}
	if rapid.Bool().Draw(t, "lines") {
		terms.Lines = []FixedLine{{Name: "upkeep", USDPerMonth: money("upkeep")}}
	}
	return terms
}

// Bill = lines = splits + idle = hours, whatever was used and agreed, in the
// window and in the drain; the quantities of a meter's lines do not depend on
// the terms.
func TestBillAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := sim.Time(rapid.Int64Range(0, int64(3*sim.Hour)).Draw(t, "from"))
		l, ids := lawLedger(from, from+sim.Time(rapid.Int64Range(1, int64(9*sim.Hour)).Draw(t, "length")))
		record(l, ids, drawCalls(t, 40))
		terms := drawTerms(t)
		for _, rate := range []func(PriceBook, Terms) (*Bill, error){l.Rate, l.RateDrain} {
			b, err := rate(lawBook, terms)
			if err != nil {
				t.Fatal(err)
			}
			checkBill(t, b)
			plain, err := rate(lawBook, Terms{Month: terms.Month, ImagePullPath: terms.ImagePullPath})
			if err != nil {
				t.Fatal(err)
			}
			checkBill(t, plain)
			if plain.List != plain.Total {
				t.Fatalf("without terms: list %s, paid %s", plain.List, plain.Total)
			}
			if got, want := quantities(b), quantities(plain); !cmp.Equal(got, want) {
				t.Fatalf("quantities with and without terms:\n%s", cmp.Diff(want, got))
			}
			again, err := rate(lawBook, terms)
			if err != nil || !cmp.Equal(b.Lines, again.Lines, cmp.AllowUnexported(Line{})) {
				t.Fatalf("rating twice differs: %v", err)
			}
		}
	})
}

// quantities sums the counts of usage lines by meter and workload.
func quantities(b *Bill) map[string]sim.Uint128 {
	sum := map[string]sim.Uint128{}
	for _, l := range b.Lines {
		if l.Class != Commitment && l.Class != Other {
			k := fmt.Sprint(l.SKU, " ", l.Zone, " ", l.Option, " ", l.Workload)
			sum[k] = sum[k].Add(l.Quantity.Num)
		}
	}
	return sum
}

// The order in which calls of equal time are made, and in which meters are
// first met, changes nothing.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		calls := drawCalls(t, 30)
		for i := range calls {
			calls[i].at -= calls[i].at % sim.Hour // many ties
		}
		terms := drawTerms(t)
		var bills []*Bill
		for _, shuffle := range []bool{false, true} {
			l, ids := lawLedger(sim.Hour, 7*sim.Hour)
			if shuffle {
				r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
				r.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
				slices.SortStableFunc(calls, func(a, b call) int { return int(a.at - b.at) })
				l = NewLedger(l.start, sim.Hour, 7*sim.Hour, lawWorkloads)
				for _, i := range []int{3, 5, 2, 0, 4, 1, 7, 6} { // instances before their volumes
					first, _ := lawLedger(0, 1)
					m := first.meters[i].meter
					if m.SplitWith != 0 {
						m.SplitWith = l.ids[first.meters[m.SplitWith-1].meter]
					}
					ids[i] = l.Meter(m)
				}
			}
			record(l, ids, calls)
			b, err := l.Rate(lawBook, terms)
			if err != nil {
				t.Fatal(err)
			}
			bills = append(bills, b)
		}
		if d := cmp.Diff(bills[0], bills[1], cmp.AllowUnexported(Line{}, PlanUse{})); d != "" {
			t.Fatal(d)
		}
	})
}

// A span cut by the window's edges, or by the caller, adds up to the whole.
func TestSpansAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := sim.Time(rapid.Int64Range(0, int64(5*sim.Hour)).Draw(t, "at"))
		seconds := rapid.Int64Range(0, 40000).Draw(t, "seconds")
		cut := rapid.Int64Range(0, seconds).Draw(t, "cut")
		from := sim.Time(rapid.Int64Range(0, int64(6*sim.Hour)).Draw(t, "from"))
		until := from + sim.Time(rapid.Int64Range(1, int64(6*sim.Hour)).Draw(t, "length"))
		const end = 20 * sim.Hour
		total := func(from, until sim.Time, parts bool) (window, drain int64) {
			l, ids := lawLedger(from, until)
			if parts {
				l.Span(ids[0], 1, at, cut, 3)
				l.Span(ids[0], 1, at+sim.Time(cut)*sim.Second, seconds-cut, 3)
			} else {
				l.Span(ids[0], 1, at, seconds, 3)
			}
			for i, sum := range []*int64{&window, &drain} {
				for _, n := range l.meters[0].usage[i][2] {
					*sum += n
				}
			}
			return window, drain
		}
		window, drain := total(from, until, false)
		before := int64(0)
		if from > 0 {
			before, _ = total(0, from, false)
		}
		if before+window+drain != 3*seconds {
			t.Fatalf("%d before, %d inside, %d after: want %d", before, window, drain, 3*seconds)
		}
		if w, d := total(from, until, true); w != window || d != drain {
			t.Fatalf("in two parts %d, %d; in one %d, %d", w, d, window, drain)
		}
		if all, _ := total(0, end, false); all != 3*seconds {
			t.Fatalf("got %d of %d seconds", all, 3*seconds)
		}
	})
}

// Two workloads that together reserve a whole instance share its whole cost by
// weight; the volume follows; a level holds from its call to the next.
func TestSplit(t *testing.T) {
	l, ids := lawLedgerFrom(monday, 0, 4*sim.Hour)
	weight := l.meters[ids[0]-1].meter.SplitWeight
	l.Span(ids[0], -1, 0, 4*3600, 2)
	l.Span(ids[6], -1, 0, 4*3600, 60)
	l.Reserve(ids[0], 0, 0, weight)               // half of the two instances, throughout
	l.Reserve(ids[0], 1, 90*sim.Minute, weight)   // the other half, from 1.5 h
	l.Reserve(ids[0], 1, 150*sim.Minute, -weight) // to 2.5 h
	l.Advance(4 * sim.Hour)
	b := mustRate(t, l, lawBook, Terms{})
	instances, volumes := usd(t, "0.7688"), units.USD(0)
	for _, line := range b.Lines {
		if line.Class == Storage {
			volumes = line.Paid
		}
	}
	if b.Total != instances+volumes || volumes == 0 {
		t.Fatalf("total %s, volumes %s", b.Total.Decimal(), volumes.Decimal())
	}
	near := func(what string, got, want units.USD) {
		if got < want-8 || got > want+8 { // rounding down, 2 meters x 4 hours
			t.Errorf("%s: got %s, want %s", what, got.Decimal(), want.Decimal())
		}
	}
	near("api", b.Splits[0].Shared, b.Total/2)
	near("jobs", b.Splits[1].Shared, b.Total/8)
	near("idle", b.Idle.Capacity, b.Total*3/8)
	if b.Splits[2].Total() != 0 || b.Splits[0].Direct != 0 {
		t.Errorf("splits %+v", b.Splits)
	}
}

// Tasks that hold more than was billed, as on an instance that Spot took back
// free of charge, share what was billed and no more.
func TestSplitOfLessThanReserved(t *testing.T) {
	l, ids := lawLedgerFrom(monday, 0, 2*sim.Hour)
	l.Span(ids[0], -1, 0, 1800, 1)
	l.Reserve(ids[0], 0, 0, l.meters[0].meter.SplitWeight)
	l.Reserve(ids[0], 2, 0, l.meters[0].meter.SplitWeight)
	l.Advance(2 * sim.Hour)
	b := mustRate(t, l, lawBook, Terms{})
	if b.Splits[0].Shared != b.Splits[2].Shared || b.Idle.Total() > 1 || b.Total != usd(t, "0.04805") {
		t.Errorf("splits %+v, idle %s of %s", b.Splits, b.Idle.Total().Decimal(), b.Total.Decimal())
	}
}

// A workload that uses nothing changes no other's charge.
func TestIdleWorkloadChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		calls, terms := drawCalls(t, 30), drawTerms(t)
		plain, ids := lawLedger(sim.Hour, 7*sim.Hour)
		record(plain, ids, calls)
		want, err := plain.Rate(lawBook, terms)
		if err != nil {
			t.Fatal(err)
		}
		first := slices.Insert(slices.Clone(lawWorkloads), 0, "aaa")
		more := NewLedger(plain.start, sim.Hour, 7*sim.Hour, first)
		for _, m := range plain.meters {
			more.Meter(m.meter)
		}
		for i := range calls {
			if calls[i].w >= 0 || calls[i].kind == 2 {
				calls[i].w = max(calls[i].w, 0) + 1
			}
		}
		record(more, ids, calls)
		got, err := more.Rate(lawBook, terms)
		if err != nil {
			t.Fatal(err)
		}
		if got.Splits[0].Total() != 0 {
			t.Fatalf("the idle workload is charged %s", got.Splits[0].Total())
		}
		got.Splits = got.Splits[1:]
		if d := cmp.Diff(want, got, cmp.AllowUnexported(Line{}, PlanUse{})); d != "" {
			t.Fatal(d)
		}
	})
}

// The drain costs what it would in a window of its own.
func TestDrain(t *testing.T) {
	l, ids := lawLedgerFrom(monday, 0, 90*sim.Minute)
	l.Span(ids[0], -1, 0, 4*3600, 1)
	l.Reserve(ids[0], 1, 0, l.meters[0].meter.SplitWeight)
	l.Reserve(ids[0], 1, 3*sim.Hour, -l.meters[0].meter.SplitWeight)
	l.Advance(4 * sim.Hour)
	b, err := l.RateDrain(lawBook, Terms{})
	if err != nil {
		t.Fatal(err)
	}
	checkBill(t, b)
	if b.Window != 150*sim.Minute || b.Total != usd(t, "0.24025") || b.Splits[1].Shared != usd(t, "0.14415") || len(b.Hours) != 3 {
		t.Errorf("drain of %d ns, %s, split %+v, %d hours", b.Window, b.Total.Decimal(), b.Splits, len(b.Hours))
	}
	if w := mustRate(t, l, lawBook, Terms{}); w.Total+b.Total != usd(t, "0.3844") {
		t.Errorf("window %s and drain %s, want 0.3844 in all", w.Total.Decimal(), b.Total.Decimal())
	}
	empty, err := NewLedger(monday, 0, sim.Hour, nil).RateDrain(lawBook, Terms{})
	if err != nil || empty.Total != 0 || empty.PerMonth() != 0 {
		t.Errorf("empty drain: %+v, %v", empty, err)
	}
}

// What a caller gets wrong is a broken invariant, not a wrong bill.
func TestLedgerPanics(t *testing.T) {
	l, ids := lawLedger(0, sim.Hour)
	for name, f := range map[string]func(){
		"no such meter":      func() { l.Span(99, 0, 0, 1, 1) },
		"zero meter":         func() { l.Point(0, 0, 0, 1) },
		"no such workload":   func() { l.Span(ids[0], 3, 0, 1, 1) },
		"shared reservation": func() { l.Reserve(ids[0], -1, 0, 1) },
		"negative quantity":  func() { l.Point(ids[0], 0, 0, -1) },
		"negative seconds":   func() { l.Span(ids[0], 0, 0, -1, 1) },
		"unknown unit":       func() { l.Meter(Meter{SKU: "x", Unit: "furlong"}) },
		"split with storage": func() { l.Meter(Volume("gp2", region, ids[6])) },
		"negative level":     func() { l.Reserve(ids[0], 0, 5, -1); l.Advance(6) },
		"no split weight":    func() { l.Reserve(ids[6], 0, 0, 1) },
		"not advanced": func() {
			l, ids := lawLedger(0, sim.Hour)
			l.Reserve(ids[0], 0, 0, 1)
			_, _ = l.Rate(lawBook, Terms{})
		},
		"time goes back": func() { l.Reserve(ids[1], 0, 9, 1); l.Reserve(ids[1], 0, 8, 1) },
		"overflow":       func() { l.Point(ids[7], 1, 0, 1<<62); l.Point(ids[7], 1, 0, 1<<62) },
		"empty window":   func() { NewLedger(monday, 5, 5, nil) },
		"negative run":   func() { BilledSeconds(-1, 60) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
	if got := l.Meter(Instance("m5.large", region, "a", OnDemand, 9*2048+7800)); got != ids[0] {
		t.Errorf("the same meter got ID %d and %d", ids[0], got)
	}
	l, ids = lawLedger(0, sim.Hour)
	l.Reserve(ids[2], 0, 9, -5)
	l.Reserve(ids[2], 0, 9, 5) // negative for no time: the order of one instant
	l.Advance(20)
}

// Recording does not allocate once its cells are there.
func TestRecordingDoesNotAllocate(t *testing.T) {
	l, ids := lawLedger(sim.Hour, 24*sim.Hour)
	at, delta := sim.Hour, int64(1)
	record := func() {
		l.Span(ids[4], 1, at, 95, 512)
		l.Span(ids[0], -1, at, 7200, 1)
		l.Point(ids[7], 1, at, 1000)
		l.Reserve(ids[0], 1, at, delta)
		delta, at = -delta, at+11*sim.Minute
	}
	record()
	l.Reserve(ids[0], 1, at, 0)
	if n := testing.AllocsPerRun(50, record); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkRecord(b *testing.B) {
	l, ids := lawLedger(0, 744*sim.Hour)
	b.Run("span", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			l.Span(ids[4], 1, sim.Time(i%2_000_000)*sim.Second, 95, 512)
		}
	})
	b.Run("reserve", func(b *testing.B) {
		b.ReportAllocs()
		l, ids := lawLedger(0, 744*sim.Hour)
		for i := range b.N {
			l.Reserve(ids[0], i&1, sim.Time(i)*sim.Millisecond, int64(1-i&2)*9)
		}
	})
}

func BenchmarkRate(b *testing.B) {
	l, ids := lawLedger(0, 744*sim.Hour)
	for h := range sim.Time(744) {
		for _, id := range ids {
			for w := range lawWorkloads {
				l.Span(id, w, h*sim.Hour, 3600, int64(h)%17+1)
			}
		}
		l.Reserve(ids[0], 0, h*sim.Hour, 100)
	}
	l.Advance(744 * sim.Hour)
	for b.Loop() {
		if _, err := l.Rate(lawBook, Terms{SavingsPlan: SavingsPlan{Plan: Plan{Kind: ComputeSP, Years: 1}, Optimal: true}}); err != nil {
			b.Fatal(err)
		}
	}
}
