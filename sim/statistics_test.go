package sim

import (
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/DataDog/sketches-go/ddsketch/mapping"
	"pgregory.net/rapid"
)

func (u Uint128) big() *big.Int {
	b := new(big.Int).Lsh(new(big.Int).SetUint64(u.Hi), 64)
	return b.Or(b, new(big.Int).SetUint64(u.Lo))
}

func TestUint128MatchesBig(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.OneOf(rapid.Uint64(), rapid.Uint64Range(0, 3), rapid.Just(uint64(math.MaxUint64)))
		u := Uint128{word.Draw(t, "hi") >> 2, word.Draw(t, "lo")}
		v := Uint128{word.Draw(t, "v hi") >> 2, word.Draw(t, "v lo")}
		a, b := word.Draw(t, "a")>>1, word.Draw(t, "b")>>1
		d := max(word.Draw(t, "d"), 1)
		equal := func(what string, got Uint128, want *big.Int) {
			if got.big().Cmp(want) != 0 || got.String() != want.String() {
				t.Fatalf("%s = %v (%+v), want %v", what, got, [2]uint64{got.Hi, got.Lo}, want)
			}
		}
		x, y := u.big(), v.big()
		equal("sum", u.Add(v), new(big.Int).Add(x, y))
		product := new(big.Int).Mul(new(big.Int).SetUint64(a), new(big.Int).SetUint64(b))
		equal("sum with product", u.AddMul(a, b), new(big.Int).Add(x, product))
		if u.Cmp(v) != x.Cmp(y) {
			t.Fatalf("%v cmp %v = %d", u, v, u.Cmp(v))
		}
		if u.Cmp(v) >= 0 {
			equal("difference", u.Sub(v), new(big.Int).Sub(x, y))
		}
		// round(x/d), half up, is floor((2x+d)/2d).
		div := new(big.Int).SetUint64(d)
		top := new(big.Int).Add(new(big.Int).Lsh(x, 1), div)
		equal("quotient", u.DivRound(d), top.Div(top, div.Lsh(div, 1)))
		if want, _ := new(big.Float).SetInt(x).Float64(); math.Abs(u.Float64()-want) > 4e-16*want {
			t.Fatalf("%v as a float: %v, want %v", u, u.Float64(), want)
		}
	})
}

// TestLevelAndSeriesMatchAPlainSum: both integrate what a loop over the
// nanoseconds would, window and buckets included.
func TestLevelAndSeriesMatchAPlainSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l Level
		s := NewSeries(Time(rapid.IntRange(1, 7).Draw(t, "width")))
		var course []int64 // value per ns
		value, reset := int64(0), 0
		for range rapid.IntRange(1, 40).Draw(t, "changes") {
			for range rapid.IntRange(0, 30).Draw(t, "hold") {
				course = append(course, value)
			}
			now := Time(len(course))
			value = rapid.Int64Range(0, 100).Draw(t, "value")
			if rapid.Bool().Draw(t, "add") {
				l.Add(now, value-l.Value())
				s.Add(now, value-s.Value())
			} else {
				l.Set(now, value)
				s.Set(now, value)
			}
			if rapid.IntRange(0, 9).Draw(t, "reset") == 0 {
				l.Reset(now)
				reset = len(course)
			}
		}
		now := Time(len(course))
		s.Finish(now)
		sum := func(v []int64) (n int64) {
			for _, x := range v {
				n += x
			}
			return n
		}
		window := course[reset:]
		if got := l.Integral(now).Lo; got != uint64(sum(window)) {
			t.Fatalf("level's integral %d, want %d", got, sum(window))
		}
		if got, want := l.Max(), max(value, slices.Max(append(window, 0))); got != want {
			t.Fatalf("level's max %d, want %d", got, want)
		}
		if want := float64(sum(window)) / float64(len(window)); len(window) > 0 && l.Mean(now) != want {
			t.Fatalf("level's mean %v, want %v", l.Mean(now), want)
		}
		if got := s.Integral().Lo; got != uint64(sum(course)) {
			t.Fatalf("series' integral %d, want %d", got, sum(course))
		}
		w := int(s.Width())
		if want := (len(course) + w - 1) / w; s.Len() != want {
			t.Fatalf("%d buckets, want %d", s.Len(), want)
		}
		for i := range s.Len() {
			part := course[i*w : min((i+1)*w, len(course))]
			mean := float64(sum(part)) / float64(len(part))
			if s.Mean(i) != mean || s.Max(i) != slices.Max(part) || s.BucketIntegral(i).Lo != uint64(sum(part)) {
				t.Fatalf("bucket %d: mean %v max %d, want %v and %d", i, s.Mean(i), s.Max(i), mean, slices.Max(part))
			}
		}
	})
}

// TestSeriesIsBounded: whatever the run, at most SeriesBuckets, nothing lost.
func TestSeriesIsBounded(t *testing.T) {
	s := NewSeries(Second)
	var l Level
	now := Time(0)
	r := rand.New(rand.NewPCG(1, 2))
	for range 50_000 {
		now += Time(r.Int64N(int64(10 * Second)))
		v := r.Int64N(1000)
		s.Set(now, v)
		l.Set(now, v)
		if s.Len() > SeriesBuckets {
			t.Fatalf("%d buckets", s.Len())
		}
	}
	s.Finish(now)
	if s.Integral() != l.Integral(now) {
		t.Errorf("integral %v, want %v", s.Integral(), l.Integral(now))
	}
	if s.Len() <= SeriesBuckets/2 || s.Width()%Second != 0 {
		t.Errorf("%d buckets of %v; want more than half in use", s.Len(), s.Width())
	}
	never := NewSeries(Second)
	never.Set(0, 1)
	never.Finish(MaxTime)
	if never.Integral() != (Uint128{Lo: math.MaxInt64}) {
		t.Errorf("integral to the end of time %v", never.Integral())
	}
}

// values are of all sizes.
var values = rapid.Custom(func(t *rapid.T) int64 {
	return rapid.Int64Range(0, math.MaxInt64).Draw(t, "bits") >> rapid.IntRange(0, 62).Draw(t, "shift")
})

// TestTallyQuantiles: the value of the rank, within 0.5 %, as sorting gives.
func TestTallyQuantiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vs := rapid.SliceOfN(values, 1, 200).Draw(t, "values")
		bound := rapid.SliceOfN(rapid.Bool(), len(vs), len(vs)).Draw(t, "bounds")
		var tally Tally
		sum, censored := Uint128{}, uint64(0)
		var known []int64
		for i, v := range vs {
			if bound[i] {
				tally.AddAtLeast(v)
				censored++
			} else {
				tally.Add(v)
				known = append(known, v)
			}
			sum = sum.Add(Uint128{Lo: uint64(v)})
		}
		sorted := slices.Sorted(slices.Values(vs))
		slices.Sort(known)
		if tally.Count() != uint64(len(vs)) || tally.Sum() != sum || tally.Censored() != censored ||
			tally.Min() != sorted[0] || tally.Max() != sorted[len(vs)-1] {
			t.Fatalf("count, sum, censored or extremes wrong: %d %v %d", tally.Count(), tally.Sum(), tally.Censored())
		}
		for _, q := range []float64{0, 0.1, 0.5, 0.9, 0.99, 1, rapid.Float64Range(0, 1).Draw(t, "q")} {
			rank := max(int(math.Ceil(q*float64(len(vs)))), 1)
			want := float64(sorted[rank-1])
			got, lower := tally.Quantile(q)
			if math.Abs(got-want) > 0.005*want {
				t.Fatalf("quantile %v = %v, want %v", q, got, want)
			}
			// The most it can be: every bound is infinite.
			most := math.Inf(1)
			if rank <= len(known) {
				most = float64(known[rank-1])
			}
			if most > 1.02*want && !lower || most <= want && lower {
				t.Fatalf("quantile %v = %v, at most %v: lower bound %v", q, got, most, lower)
			}
		}
		limit := rapid.SampledFrom(vs).Draw(t, "limit")
		var exact, loose uint64
		for i, v := range vs {
			if !bound[i] && v <= limit {
				exact++
			}
			if !bound[i] && float64(v) <= 1.008*float64(limit) {
				loose++
			}
		}
		if n := tally.CountAtMost(limit); n < exact || n > loose {
			t.Fatalf("%d at most %d, want %d to %d", n, limit, exact, loose)
		}
		cdf := tally.CDF()
		if !slices.IsSortedFunc(cdf, func(a, b Point) int {
			if a.Value < b.Value && a.Share < b.Share {
				return -1
			}
			return 1
		}) || cdf[len(cdf)-1].Share != 1 {
			t.Fatalf("CDF %v does not rise to 1", cdf)
		}
	})
}

// TestTallyMergesInAnyOrder: parts merged in any order equal the whole, to
// the bit.
func TestTallyMergesInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var whole, forth, back Tally
		parts := make([]Tally, 4)
		for range rapid.IntRange(0, 100).Draw(t, "n") {
			v, p := values.Draw(t, "value"), &parts[rapid.IntRange(0, 3).Draw(t, "part")]
			if rapid.Bool().Draw(t, "bound") {
				whole.AddAtLeast(v)
				p.AddAtLeast(v)
			} else {
				whole.Add(v)
				p.Add(v)
			}
		}
		for i := range parts {
			forth.Merge(&parts[i])
			back.Merge(&parts[len(parts)-1-i])
		}
		if !reflect.DeepEqual(whole, forth) || !reflect.DeepEqual(whole, back) {
			t.Fatal("merged parts differ from the whole")
		}
	})
}

// TestBinsAreDDSketchs: our shifts give the bins of the library's linear
// mapping with 128 bins per power of two, whose accuracy we claim.
func TestBinsAreDDSketchs(t *testing.T) {
	m, err := mapping.NewLinearlyInterpolatedMappingWithGamma(math.Exp2(1.0/pageBins), 0)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		v := min(max(values.Draw(t, "value"), pageBins), 1<<52) // exact as a float64
		page, place := bin(v)
		lo, hi := binEdges(page, place)
		if v < lo || v > hi {
			t.Fatalf("%d in bin [%d, %d]", v, lo, hi)
		}
		// The library may round a value at a bin's very edge to the next.
		got := float64((page+pageBits-1)*pageBins + place)
		want := float64(m.Index(float64(v)) - m.Index(1))
		if math.Abs(got-want) > 1 || v != lo && v != hi && got != want {
			t.Fatalf("%d in bin %v, the library says %v", v, got, want)
		}
		if err := math.Abs(binValue(page, place)-float64(v)) / float64(v); err > 0.005 {
			t.Fatalf("%d stands as %v, %.2f %% off", v, binValue(page, place), 100*err)
		}
	})
}

func TestEmptyTally(t *testing.T) {
	var tally Tally
	q, lower := tally.Quantile(0.5)
	if !math.IsNaN(q) || lower || tally.Mean() != 0 || tally.Min() != 0 || tally.Max() != 0 ||
		tally.ShareAtMost(0) != 1 || tally.CDF() != nil {
		t.Error("an empty tally has no quantile, mean and extremes 0, and breaks no limit")
	}
}
