package workloads

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"ecsim/workloads/units"

	"gonum.org/v1/gonum/mathext"
	"pgregory.net/rapid"
)

type table = map[string]any

// distExamples has at least one scenario table of each registered family.
var distExamples = []struct {
	toml table
	text string
	mean float64 // seconds; from the formulas of textbooks
	std  float64
}{
	{table{"dist": "constant", "value": "90s"}, "constant (value 90s)", 90, 0},
	{table{"dist": "uniform", "min": "10s", "max": "70s"}, "uniform (min 10s, max 70s)", 40, 60 / math.Sqrt(12)},
	{table{"dist": "exponential", "mean": "3m"}, "exponential (mean 3m)", 180, 180},
	{table{"dist": "lognormal", "mean": "180s", "p50": "150s"}, "lognormal (mean 180s, p50 150s)", 180, 180 * math.Sqrt(1.44-1)},
	{table{"dist": "lognormal", "mean": "4s", "cv": 0.5}, "lognormal (mean 4s, cv 0.5)", 4, 2},
	{table{"dist": "weibull", "shape": int64(1), "mean": "5s"}, "weibull (shape 1, mean 5s)", 5, 5},
	{table{"dist": "weibull", "shape": "2", "scale": "10s"}, "weibull (shape 2, scale 10s)", 5 * math.Sqrt(math.Pi), 10 * math.Sqrt(1-math.Pi/4)},
	{table{"dist": "gamma", "shape": int64(4), "mean": "8s"}, "gamma (mean 8s, shape 4)", 8, 4},
	{table{"dist": "gamma", "cv": 2.0, "mean": "8s"}, "gamma (mean 8s, cv 2)", 8, 16},
	{table{"dist": "pareto", "alpha": 3.0, "min": "2s"}, "pareto (min 2s, alpha 3)", 3, math.Sqrt(3)},
	// Uniform on a log scale is the limit; alpha 1 has mean min ln(max/min) / (1 - min/max).
	{table{"dist": "pareto", "alpha": int64(1), "min": "1s", "max": "100s"}, "pareto (min 1s, alpha 1, max 100s)",
		math.Log(100) / 0.99, math.Sqrt(99/0.99 - math.Pow(math.Log(100)/0.99, 2))},
	{table{"dist": "pareto", "alpha": 1.5, "mean": "60s", "max": "1h"}, "pareto (mean 60s, alpha 1.5, max 1h)", 60, math.NaN()},
	// Half normal: mean sigma sqrt(2/pi), variance sigma^2 (1 - 2/pi).
	{table{"dist": "normal", "mean": "0", "std": "10s"}, "normal (mean 0, std 10s)", 10 * math.Sqrt(2/math.Pi), 10 * math.Sqrt(1-2/math.Pi)},
	{table{"dist": "normal", "mean": "100s", "cv": 0.01, "max": "1h"}, "normal (mean 100s, cv 0.01, max 1h)", 100, 1},
	{table{"dist": "hyperexponential", "p": "80%", "mean1": "1s", "mean2": "10s"}, "hyperexponential (p 80%, mean1 1s, mean2 10s)", 2.8, math.Sqrt(2*(0.8+20) - 2.8*2.8)},
	{table{"dist": "hyperexponential", "mean": "6s", "cv": int64(3)}, "hyperexponential (mean 6s, cv 3)", 6, 18},
	{table{"dist": "empirical", "values": []any{"3s", "1s"}, "weights": []any{int64(1), int64(3)}}, "empirical (values [3s, 1s], weights [1, 3])", 1.5, math.Sqrt(0.75)},
	{table{"dist": "empirical", "p0": "0", "p50": "2s", "p100": "6s"}, "empirical (p0 0, p50 2s, p100 6s)", 2.5, math.Sqrt((4.0/3+52.0/3)/2 - 6.25)},
}

func duration(t testing.TB, v any) *Dist {
	t.Helper()
	d, err := ParseDist(v, DurationValue)
	if err != nil {
		t.Fatalf("ParseDist(%v): %v", v, err)
	}
	return d
}

// Every family: the mean and deviation it states are the textbook's and those
// of its own quantiles, which rise and are never negative.
func TestDistMoments(t *testing.T) {
	seen := map[string]bool{}
	for _, ex := range distExamples {
		name := ex.toml["dist"].(string)
		seen[name] = true
		d := duration(t, ex.toml)
		if d.String() != ex.text {
			t.Errorf("String = %q, want %q", d, ex.text)
		}
		if m := d.Mean() / 1e9; !near(m, ex.mean, 1e-9) {
			t.Errorf("%v: mean %v s, want %v", d, m, ex.mean)
		}
		if s := d.Std() / 1e9; !math.IsNaN(ex.std) && !near(s, ex.std, 1e-6) {
			t.Errorf("%v: std %v s, want %v", d, s, ex.std)
		}
		const n = 200_000
		sum, square, last := 0.0, 0.0, int64(0)
		for i := range n {
			q := d.Quantile((float64(i) + 0.5) / n)
			if q < last {
				t.Fatalf("%v: quantile falls from %d to %d at %d/%d", d, last, q, i, n)
			}
			last = q
			sum += float64(q)
			square += math.Pow(float64(q)-d.Mean(), 2)
		}
		if m := sum / n; !near(m, d.Mean(), 2e-3) {
			t.Errorf("%v: quantiles have mean %v, it states %v", d, m, d.Mean())
		}
		if s := math.Sqrt(square / n); !near(s, d.Std(), 0.02) && d.Std() > 0 {
			t.Errorf("%v: quantiles have deviation %v, it states %v", d, s, d.Std())
		}
		if half := d.Scale(0.5); !near(half.Mean(), d.Mean()/2, 1e-9) || half.Quantile(0.9) != int64(math.Round(float64(d.Quantile(0.9))/2)) && math.Abs(float64(half.Quantile(0.9)*2-d.Quantile(0.9))) > 2 {
			t.Errorf("%v scaled by 0.5: mean %v, p90 %v, want half of %v and %v", d, half.Mean(), half.Quantile(0.9), d.Mean(), d.Quantile(0.9))
		}
	}
	for _, f := range Dists() {
		if !seen[f.Name] {
			t.Errorf("distribution %q has no example here", f.Name)
		}
	}
}

func near(a, b, tolerance float64) bool {
	return math.Abs(a-b) <= tolerance*math.Max(1e-9, math.Max(math.Abs(a), math.Abs(b)))
}

// Each pair of lognormal properties comes out again.
func TestLognormalPairs(t *testing.T) {
	properties := map[string]func(*Dist) float64{
		"mean": (*Dist).Mean,
		"cv":   func(d *Dist) float64 { return d.Std() / d.Mean() },
		"p50":  func(d *Dist) float64 { return float64(d.Quantile(0.50)) },
		"p90":  func(d *Dist) float64 { return float64(d.Quantile(0.90)) },
		"p95":  func(d *Dist) float64 { return float64(d.Quantile(0.95)) },
		"p99":  func(d *Dist) float64 { return float64(d.Quantile(0.99)) },
	}
	given := table{"mean": "2000ms", "p50": "1500ms", "p90": "3600ms", "p95": "5s", "p99": "9s", "cv": 0.9}
	for a := range properties {
		for b := range properties {
			if a >= b {
				continue
			}
			d := duration(t, table{"dist": "lognormal", a: given[a], b: given[b]})
			for _, name := range []string{a, b} {
				want, isNumber := given[name].(float64)
				if !isNumber {
					n, _ := DurationValue(given[name])
					want = float64(n)
				}
				if got := properties[name](d); !near(got, want, 1e-6) {
					t.Errorf("%v: %s is %v, want %v", d, name, got, want)
				}
			}
		}
	}
}

// Two lognormals share a mean and a p95 above it; the lighter tail is meant.
func TestLognormalMeanP95(t *testing.T) {
	d := LognormalMeanP95(units.Duration(2*time.Second), units.Duration(5*time.Second))
	// sigma^2/2 - 1.645 sigma + ln 2.5 = 0 at 0.711 and 2.579; cv = sqrt(e^sigma^2 - 1).
	if cv := d.Std() / d.Mean(); !near(cv, 0.8106, 2e-3) {
		t.Errorf("%v: cv %v, want 0.81", d, cv)
	}
}

// One draw takes one number, whatever the family, so that runs which differ in
// a distribution stay in step.
func TestDrawTakesOneNumber(t *testing.T) {
	for _, ex := range distExamples {
		d := duration(t, ex.toml)
		src := &counting{src: rand.NewPCG(1, 2)}
		r := rand.New(src)
		for range 1000 {
			if v := d.Draw(r); v < 0 {
				t.Fatalf("%v drew %d", d, v)
			}
		}
		want := 1000
		if _, constant := d.IsConstant(); constant {
			want = 0
		}
		if src.n != want {
			t.Errorf("%v: 1000 draws took %d numbers, want %d", d, src.n, want)
		}
	}
}

type counting struct {
	src rand.Source
	n   int
}

func (c *counting) Uint64() uint64 { c.n++; return c.src.Uint64() }

func TestParseDistPlainValues(t *testing.T) {
	for _, c := range []struct {
		v     any
		parse func(any) (int64, error)
		want  int64
	}{
		{"90s", DurationValue, 90e9},
		{"4ms", DurationValue, 4e6},
		{int64(512), CPUValue, 512},
		{"0.5 vCPU", CPUValue, 512},
		{int64(1024), MemoryValue, 1024},
		{"2 GB", MemoryValue, 2048},
		{"60%", ShareValue, 600_000},
		{"12 vCPU-h", WorkValue, 12 * int64(units.VCPUHour)},
		{int64(20), CountValue, 20},
	} {
		d, err := ParseDist(c.v, c.parse)
		if err != nil {
			t.Errorf("%v: %v", c.v, err)
			continue
		}
		if got, constant := d.IsConstant(); got != c.want || !constant || d.Mean() != float64(c.want) || d.Std() != 0 {
			t.Errorf("%v: got %d, constant %v; want the constant %d", c.v, got, constant, c.want)
		}
	}
}

func TestParseDistErrors(t *testing.T) {
	for _, c := range []struct {
		v    any
		want []string
	}{
		{"fast", []string{`got "fast"`, "duration"}},
		{int64(90), []string{`got "90"`, "duration"}},
		{1.5, []string{"got 1.5", "want a duration"}},
		{true, []string{"got true"}},
		{table{"mean": "1s"}, []string{"without dist", `"lognormal"`}},
		{table{"dist": int64(3)}, []string{"got 3"}},
		{table{"dist": "lognorml"}, []string{`did you mean "lognormal"`, `"weibull"`}},
		{table{"dist": "exponential", "maen": "1s"}, []string{"maen", `did you mean "mean"`}},
		{table{"dist": "exponential"}, []string{"mean not given"}},
		{table{"dist": "exponential", "mean": "0s"}, []string{"got mean 0s", "over 0"}},
		{table{"dist": "lognormal", "mean": "1s"}, []string{"got 1 parameters", "two of"}},
		{table{"dist": "lognormal", "mean": "1s", "p50": "2s"}, []string{"mean 1s below p50 2s"}},
		{table{"dist": "lognormal", "p50": "2s", "p95": "1s"}, []string{"p95 1s below p50 2s"}},
		{table{"dist": "lognormal", "mean": "1s", "p95": "5s"}, []string{"3.87 times the mean"}},
		{table{"dist": "lognormal", "mean": "2s", "p99": "1s"}, []string{"p99 1s below mean 2s"}},
		{table{"dist": "lognormal", "mean": "2s", "cv": -1.0}, []string{"got cv -1"}},
		{table{"dist": "lognormal", "mean": "x", "p50": "y"}, []string{`mean: got "x"`, `p50: got "y"`}},
		{table{"dist": "uniform", "min": "2s", "max": "1s"}, []string{"max 1s below min 2s"}},
		{table{"dist": "weibull", "shape": int64(2)}, []string{"one of mean and scale"}},
		{table{"dist": "weibull", "shape": "two", "mean": "1s"}, []string{`shape: got "two"`}},
		{table{"dist": "gamma", "mean": "1s", "shape": int64(2), "cv": int64(1)}, []string{"one of shape and cv"}},
		{table{"dist": "pareto", "alpha": int64(1), "min": "1s"}, []string{"no mean", "give max"}},
		{table{"dist": "pareto", "alpha": 1.5, "mean": "9s", "max": "9s"}, []string{"over mean 9s"}},
		{table{"dist": "hyperexponential", "mean": "1s", "cv": 0.5}, []string{"1 or more", "gamma"}},
		{table{"dist": "hyperexponential", "p": "120%", "mean1": "1s", "mean2": "1s"}, []string{`p: got "120%"`}},
		{table{"dist": "empirical", "p50": "1s", "p90": "2s"}, []string{"p0", "nothing is known"}},
		{table{"dist": "empirical", "p0": "1s", "p90": "2s"}, []string{"p100"}},
		{table{"dist": "empirical", "p0": "3s", "p100": "2s"}, []string{"p100 2s after p0 3s"}},
		{table{"dist": "empirical", "values": []any{"1s", "q"}}, []string{"value 2", `"q"`}},
		{table{"dist": "empirical", "values": []any{"1s"}, "weights": []any{int64(0)}}, []string{"add up to 0"}},
		{table{"dist": "normal", "mean": "1s", "std": "1s", "max": "0s"}, []string{"max 0s"}},
	} {
		d, err := ParseDist(c.v, DurationValue)
		if err == nil {
			t.Errorf("%v: got %v, want an error", c.v, d)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%v: error %q does not say %q", c.v, err, w)
			}
		}
	}
}

func TestDistConstructors(t *testing.T) {
	d := LognormalP50P95(units.Duration(75*time.Second), units.Duration(150*time.Second))
	if got := d.String(); got != "lognormal (p50 1m15s, p95 2m30s)" {
		t.Errorf("String = %q", got)
	}
	if a, b := d.Quantile(0.5), d.Quantile(0.95); !near(float64(a), 75e9, 1e-9) || !near(float64(b), 150e9, 1e-9) {
		t.Errorf("p50 %d, p95 %d, want 75 s and 150 s", a, b)
	}
	if got := Constant(units.CPU(512)).String(); got != "512 units" {
		t.Errorf("String = %q", got)
	}
	if v, constant := LognormalP50P95(5, 5).IsConstant(); v != 5 || !constant {
		t.Errorf("p50 = p95 = 5 is %d, constant %v", v, constant)
	}
	if v, constant := Exponential(0).IsConstant(); v != 0 || !constant {
		t.Errorf("exponential of mean 0 is %d, constant %v", v, constant)
	}
}

// The table of gamma quantiles against the distribution function.
func TestGammaQuantiles(t *testing.T) {
	for _, shape := range []float64{0.05, 0.25, 1, 2, 50, 10_000} {
		l := newGammaLaw(shape, shape)
		for _, u := range []float64{1e-12, 1e-6, 1e-3, 0.01, 0.3, 0.5, 0.77, 0.99, 1 - 1e-6, 1 - 1e-12} {
			x := l.Quantile(u)
			p, q := mathext.GammaIncReg(shape, x), mathext.GammaIncRegComp(shape, x)
			if !near(p, u, 1e-5) || !near(q, 1-u, 1e-4) {
				t.Errorf("shape %v: quantile at %v is %v, where the distribution function is %v", shape, u, x, p)
			}
		}
	}
}

// Tails beyond int64 are cut, not wrapped.
func TestQuantileTail(t *testing.T) {
	d := duration(t, table{"dist": "pareto", "alpha": 1.01, "min": "52w"})
	if q := d.Quantile(1 - 0x1p-53); q != maxDraw {
		t.Errorf("got %d, want 2^62", q)
	}
	if q := d.Scale(0).Quantile(0.5); q != 0 {
		t.Errorf("scaled by 0: got %d", q)
	}
}

func TestBoundedParetoStaysInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		alpha := rapid.Float64Range(0.2, 5).Draw(t, "alpha")
		lo := rapid.Int64Range(1, 1e12).Draw(t, "min")
		hi := lo + rapid.Int64Range(1, 1e15).Draw(t, "span")
		d, err := ParseDist(table{"dist": "pareto", "alpha": alpha, "min": lo, "max": hi}, CountValue)
		if err != nil {
			t.Fatal(err)
		}
		q := d.Quantile(rapid.Float64Range(1e-15, 1-1e-15).Draw(t, "u"))
		if float64(q) < float64(lo)*(1-1e-9)-1 || float64(q) > float64(hi)*(1+1e-9)+1 {
			t.Fatalf("%v drew %d outside [%d, %d]", d, q, lo, hi)
		}
		if m := d.Mean(); !(m >= float64(lo)*(1-1e-6) && m <= float64(hi)*(1+1e-6)) {
			t.Fatalf("%v has mean %v outside [%d, %d]", d, m, lo, hi)
		}
	})
}

func TestRegisterDist(t *testing.T) {
	before := Dists()
	defer func() { distFamilies = before }()
	RegisterDist(DistFamily{Name: "two-point", Doc: "0 or max", Params: []DistParam{{"max", QuantityParam, "the greater"}},
		New: func(a DistArgs) (Law, error) { return twoPoint(a.Float("max")), nil }})
	d := duration(t, table{"dist": "two-point", "max": "4s"})
	if d.Quantile(0.2) != 0 || d.Quantile(0.8) != 4e9 || d.Mean() != 2e9 {
		t.Errorf("a family of one's own: %v, %v, mean %v", d.Quantile(0.2), d.Quantile(0.8), d.Mean())
	}
	defer func() {
		if recover() == nil {
			t.Error("a name taken twice did not panic")
		}
	}()
	RegisterDist(DistFamily{Name: "two-point", Doc: "x", New: func(DistArgs) (Law, error) { return nil, nil }})
}

type twoPoint float64

func (p twoPoint) Quantile(u float64) float64 { return float64(p) * math.Round(u) }
func (p twoPoint) Mean() float64              { return float64(p) / 2 }
func (p twoPoint) Std() float64               { return float64(p) / 2 }

// FuzzParseDist: whatever the table, an error or a distribution whose quantiles
// rise and are not negative.
func FuzzParseDist(f *testing.F) {
	for _, ex := range distExamples {
		var parts []string
		for k, v := range ex.toml {
			if s, ok := v.(string); ok {
				parts = append(parts, k, s)
			}
		}
		parts = append(parts, "", "", "", "", "", "")
		f.Add(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], 0.5)
	}
	f.Add("dist", "gamma", "mean", "1s", "cv", "", 4.4)
	f.Add("dist", "weibull", "mean", "1s", "shape", "", 0.1)
	f.Fuzz(func(t *testing.T, k1, v1, k2, v2, k3, v3 string, x float64) {
		v := table{k1: v1, k2: v2, k3: v3}
		if v3 == "" {
			v[k3] = x
		}
		d, err := ParseDist(v, DurationValue)
		if err != nil {
			return
		}
		last := int64(0)
		for _, u := range []float64{0x1p-53, 1e-9, 0.01, 0.25, 0.5, 0.75, 0.99, 1 - 1e-9, 1 - 0x1p-53} {
			q := d.Quantile(u)
			if q < last && float64(last-q) > 1e-9*float64(last)+1 {
				t.Fatalf("%v: quantile at %v is %d, below %d", d, u, q, last)
			}
			last = q
		}
		if m := d.Mean(); !(m >= 0) {
			t.Fatalf("%v: mean %v", d, m)
		}
	})
}

func BenchmarkQuantile(b *testing.B) {
	for _, ex := range distExamples {
		d := duration(b, ex.toml)
		b.Run(ex.text, func(b *testing.B) {
			b.ReportAllocs()
			u, sum := 0.0, int64(0)
			for b.Loop() {
				if u += 0.0123; u >= 1 {
					u -= 0.9999
				}
				sum += d.Quantile(u)
			}
			sink = sum
		})
	}
}

var sink int64
