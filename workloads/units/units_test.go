package units_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ecsim/workloads/units"
)

func ExampleParseCPU() {
	for _, s := range []string{"512", "0.25 vCPU", ".5 vcpu", "4 vCPU", "0.3 vCPU", "half"} {
		c, err := units.ParseCPU(s)
		fmt.Println(s, "=", int64(c), err)
	}
	// Output:
	// 512 = 512 <nil>
	// 0.25 vCPU = 256 <nil>
	// .5 vcpu = 512 <nil>
	// 4 vCPU = 4096 <nil>
	// 0.3 vCPU = 0 got "0.3 vCPU", which is not a whole number of CPU units (1/1024 vCPU)
	// half = 0 got "half", want CPU units such as "512" or vCPUs such as "0.5 vCPU" (1 vCPU = 1024 units)
}

// What a quantity prints reads back as itself.
func TestTextRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 1<<50).Draw(t, "n")
		same := func(text string, got int64, err error, want int64) {
			t.Helper()
			if err != nil || got != want {
				t.Fatalf("%q reads back as %d, %v, want %d", text, got, err, want)
			}
		}
		c := units.CPU(n % 1_000_000)
		cpu, err := units.ParseCPU(c.String())
		same(c.String(), int64(cpu), err, int64(c))
		m := units.MiB(n % 1_000_000_000)
		mib, err := units.ParseMiB(m.String())
		same(m.String(), int64(mib), err, int64(m))
		d := units.Duration(n)
		dur, err := units.ParseDuration(d.String())
		same(d.String(), int64(dur), err, n)
		p := units.PPM(n % 1_000_000_000)
		share, err := units.ParsePPM(p.String())
		same(p.String(), int64(share), err, int64(p))
		price := units.Price(n)
		back, err := units.ParsePrice(price.String())
		same(price.String(), int64(back), err, n)
		usd, err := units.ParseUSD(units.USD(n).Decimal())
		same(units.USD(n).Decimal(), int64(usd), err, n)
	})
}

// Amounts are exact: rate x quantity in unbounded arithmetic, rounded half up
// to a nanodollar.
func TestPriceTimesIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.Int64Range(0, 200*int64(units.DollarPrice)).Draw(t, "price")
		num := rapid.Uint64Range(0, 1<<50).Draw(t, "num")
		den := rapid.Uint64Range(1, 1<<40).Draw(t, "den")
		want := new(big.Int).Mul(big.NewInt(p), new(big.Int).SetUint64(num))
		d := new(big.Int).Mul(new(big.Int).SetUint64(den), big.NewInt(1000))
		want.Add(want.Mul(want, big.NewInt(2)), d).Div(want, d.Mul(d, big.NewInt(2)))
		if !want.IsInt64() {
			t.Skip("beyond any bill")
		}
		if got := units.Price(p).Times(num, den); int64(got) != want.Int64() {
			t.Fatalf("%d x %d / %d = %d, want %v", p, num, den, got, want)
		}
	})
}

// Shares round half up and never overflow.
func TestShareOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.Int64Range(0, int64(units.One)).Draw(t, "share")
		n := rapid.Int64Range(0, 1<<62).Draw(t, "n")
		want := new(big.Int).Mul(big.NewInt(p), big.NewInt(n))
		want.Add(want, big.NewInt(int64(units.One)/2)).Div(want, big.NewInt(int64(units.One)))
		if got := units.PPM(p).Of(n); got != want.Int64() {
			t.Fatalf("%d ppm of %d = %d, want %v", p, n, got, want)
		}
	})
}

func TestTexts(t *testing.T) {
	for _, k := range []struct{ got, want string }{
		{units.USD(1_308_250_000_000).String(), "$1,308.25"},
		{units.USD(-420_000_000).String(), "-$0.42"},
		{units.USD(5_000_000).String(), "$0.01"}, // half a cent away from zero
		{units.Price(40_480_000_000).String(), "0.04048"},
		{units.MiB(4096).String(), "4 GiB"},
		{units.MiB(768).String(), "768 MiB"},
		{(350 * units.MB).String(), "350 MB"},
		{units.Bytes(84_200_000_000_000).String(), "84.2 TB"},
		{units.PPM(999_000).String(), "99.9%"},
		{units.Duration(90 * 60 * 1e9).String(), "1h30m"},
		{(12 * units.VCPUHour).String(), "12 vCPU-h"},
		{units.Thousands(-1234567), "-1,234,567"},
	} {
		if k.got != k.want {
			t.Errorf("got %q, want %q", k.got, k.want)
		}
	}
	if gb, err := units.ParseMiB("0.5 GB"); err != nil || gb != 512 {
		t.Errorf("0.5 GB of memory is %v, %v, want 512 MiB: ECS counts 1,024 to a GB", gb, err)
	}
	if b, err := units.ParseBytes("1.2 GB"); err != nil || b != 1_200_000_000 {
		t.Errorf("1.2 GB of transfer is %v, %v, want 1.2e9 bytes", b, err)
	}
	if r, err := units.ParseRate("2/min"); err != nil || r.String() != "2/min" {
		t.Errorf("2/min reads as %v, %v", r, err)
	}
}

// No text makes a parser panic or return a negative or absurd value.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"512", "0.5 vCPU", "1 GB", "90s", "1h30m", "7d", "2/min", "60%", "$0.04", "12 vCPU-h", "9999999999999999999999", ".", "-1", "1e9", "100 TB", "0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		check := func(name string, v int64, err error) {
			if err == nil && v < 0 {
				t.Fatalf("%s(%q) = %d", name, s, v)
			}
			if err != nil && strings.TrimSpace(err.Error()) == "" {
				t.Fatalf("%s(%q): an empty error", name, s)
			}
		}
		c, err := units.ParseCPU(s)
		check("ParseCPU", int64(c), err)
		m, err := units.ParseMiB(s)
		check("ParseMiB", int64(m), err)
		b, err := units.ParseBytes(s)
		check("ParseBytes", int64(b), err)
		d, err := units.ParseDuration(s)
		check("ParseDuration", int64(d), err)
		p, err := units.ParsePPM(s)
		check("ParsePPM", int64(p), err)
		r, err := units.ParseRate(s)
		check("ParseRate", int64(r), err)
		w, err := units.ParseWork(s)
		check("ParseWork", int64(w), err)
		q, err := units.ParsePrice(s)
		check("ParsePrice", int64(q), err)
		u, err := units.ParseUSD(s)
		check("ParseUSD", int64(u), err)
	})
}
