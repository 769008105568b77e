package sim

import (
	"math"
	"math/bits"
	"testing"
)

func TestStreamsDependOnTheirNamesOnly(t *testing.T) {
	first := func(seed, replication uint64, name string) uint64 {
		return New(seed, replication).Stream(name).Uint64()
	}
	base := first(1, 2, "a")
	if base != first(1, 2, "a") || base != Stream(1, 2, "a").Uint64() {
		t.Error("the same stream starts differently")
	}
	for _, other := range []uint64{first(2, 2, "a"), first(1, 1, "a"), first(1, 2, "b"), first(12, 0, "a")} {
		if other == base {
			t.Error("different streams start alike")
		}
	}
	// Golden: a change here changes every result ever published.
	if got := Stream(42, 0, "api/arrivals").Uint64(); got != goldenStream {
		t.Errorf("first draw %#x, want %#x", got, uint64(goldenStream))
	}
	if got := Bits(42, 0, NewPurpose("boot"), NewEntity("web").With(7), 1); got != goldenBits {
		t.Errorf("keyed draw %#x, want %#x", got, uint64(goldenBits))
	}
}

const (
	goldenStream = 0xb69af71b45445d0f
	goldenBits   = 0x760201359dc0729e
)

// TestKeyedDrawsAreUniform checks, along every argument, the mean, the
// variance and the correlation of neighbours against five standard errors.
func TestKeyedDrawsAreUniform(t *testing.T) {
	const n = 200_000
	p, e := NewPurpose("boot"), NewEntity("provider", "web")
	s := New(42, 3)
	for name, draw := range map[string]func(i uint64) float64{
		"k":           func(i uint64) float64 { return s.Uniform(p, e, i) },
		"entity":      func(i uint64) float64 { return s.Uniform(p, e.With(i), 0) },
		"attempt":     func(i uint64) float64 { return s.Uniform(p, e.With(7).With(i), 0) },
		"raw entity":  func(i uint64) float64 { return s.Uniform(p, Entity(i), 0) },
		"purpose":     func(i uint64) float64 { return s.Uniform(Purpose(i), e, 0) },
		"replication": func(i uint64) float64 { return openUnit(Bits(42, i, p, e, 0)) },
		"seed":        func(i uint64) float64 { return openUnit(Bits(i, 0, p, e, 0)) },
	} {
		var sum, squares, products, before float64
		for i := range uint64(n) {
			u := draw(i)
			if u <= 0 || u >= 1 {
				t.Fatalf("%s: %v is outside (0, 1)", name, u)
			}
			x := u - 0.5
			sum, squares, products = sum+x, squares+x*x, products+x*before
			before = x
		}
		check := func(what string, got, want, deviation float64) {
			if math.Abs(got-want) > 5*deviation/math.Sqrt(n) {
				t.Errorf("%s: %s %v, want %v", name, what, got, want)
			}
		}
		check("mean", sum/n, 0, math.Sqrt(1.0/12))
		check("variance", squares/n, 1.0/12, math.Sqrt(1.0/180))
		check("correlation", products/n, 0, 1.0/12)
	}
}

// TestKeyedDrawsAvalanche: one bit of any argument flips about half the bits.
func TestKeyedDrawsAvalanche(t *testing.T) {
	const n = 2000
	for arg := range 5 {
		for bit := range 64 {
			flips := 0
			for i := range uint64(n) {
				in := [5]uint64{mix(i), mix(i + 1<<32), mix(i + 2<<32), mix(i + 3<<32), mix(i + 4<<32)}
				draw := func() uint64 { return Bits(in[0], in[1], Purpose(in[2]), Entity(in[3]), in[4]) }
				was := draw()
				in[arg] ^= 1 << bit
				flips += bits.OnesCount64(was ^ draw())
			}
			if mean := float64(flips) / n; math.Abs(mean-32) > 5*4/math.Sqrt(n) {
				t.Errorf("argument %d, bit %d flips %.2f bits on average, want 32", arg, bit, mean)
			}
		}
	}
}

func TestOpenUnitStaysOpen(t *testing.T) {
	if low, high := openUnit(0), openUnit(math.MaxUint64); low <= 0 || high >= 1 {
		t.Errorf("the ends are %v and %v", low, high)
	}
}

func TestEntitiesDiffer(t *testing.T) {
	seen := map[Entity][]string{}
	for _, parts := range [][]string{{}, {""}, {"", ""}, {"ab", "c"}, {"a", "bc"}, {"abc"}, {"a", "b", "c"}} {
		e := NewEntity(parts...)
		if other, ok := seen[e]; ok {
			t.Errorf("%q and %q are one entity", parts, other)
		}
		seen[e] = parts
	}
}

// TestFingerprint: FNV-1a over words, as published decision hashes use it.
func TestFingerprint(t *testing.T) {
	var f Fingerprint
	if f.Sum() != 1469598103934665603 {
		t.Errorf("empty: %d", f.Sum())
	}
	want := uint64(1469598103934665603)
	for _, x := range []uint64{0, 7, math.MaxUint64} {
		f.Add(x)
		want = (want ^ x) * 1099511628211
	}
	if f.Sum() != want {
		t.Errorf("sum %d, want %d", f.Sum(), want)
	}
}

func TestTimeText(t *testing.T) {
	for want, ts := range map[string]Time{
		"0s": 0, "7ns": 7, "1.5us": 1500, "120ms": 120 * Millisecond, "1.5s": 1500 * Millisecond,
		"59.999999999s": Minute - 1, "1m00s": Minute, "1h00m00.25s": Hour + 250*Millisecond,
		"1d02h03m04s": Day + 2*Hour + 3*Minute + 4*Second, "-1m30s": -90 * Second, "never": MaxTime,
	} {
		if got := ts.String(); got != want {
			t.Errorf("%d ns prints as %q, want %q", int64(ts), got, want)
		}
	}
	for s, want := range map[float64]Time{
		1.5e-9: 2, -1.5e-9: -2, 0.1: 100 * Millisecond, 1e300: MaxTime, math.Inf(-1): -MaxTime, 86400: Day,
	} {
		if got := Seconds(s); got != want {
			t.Errorf("Seconds(%v) = %d, want %d", s, got, want)
		}
	}
	if (90*Minute).Seconds() != 5400 || (90*Minute).Std().Hours() != 1.5 {
		t.Error("90 minutes are 5400 s and 1.5 h")
	}
}
