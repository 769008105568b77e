package experiment_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"ecsim/sim/experiment"
)

// mm1Waits are the waits of n customers of an M/M/1 queue by Lindley's
// recursion, the first finding it empty: arrivals at rate rho, service at 1.
func mm1Waits(rng *rand.Rand, rho float64, n int) []float64 {
	waits := make([]float64, n)
	w := 0.0
	for i := range waits {
		waits[i] = w
		w = max(0, w+rng.ExpFloat64()-rng.ExpFloat64()/rho)
	}
	return waits
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// Over 1,000 experiments of ten replications each, the 95 % interval of the
// mean wait in an M/M/1 queue holds the true rho/(1-rho) in 93 to 97 of 100.
func TestCoverageOnMM1(t *testing.T) {
	const rho, experiments, replications, customers, warm = 0.5, 1000, 10, 2000, 200
	hits := 0
	for e := range uint64(experiments) {
		values := make([]float64, replications)
		for r := range values {
			rng := rand.New(rand.NewPCG(e, uint64(r)))
			values[r] = mean(mm1Waits(rng, rho, customers)[warm:])
		}
		if m, half := experiment.Interval(values, 0.95); math.Abs(m-rho/(1-rho)) <= half {
			hits++
		}
	}
	share := float64(hits) / experiments
	t.Logf("the interval held the truth in %.1f %% of %d experiments", 100*share, experiments)
	if share < 0.93 || share > 0.97 {
		t.Errorf("the interval held the truth in %.1f %%, want 93 to 97", 100*share)
	}
}

// transient is an AR(1) series around 10 whose start lies far away: the excess
// over the mean is 100 * phi^i, below a thousandth after ln(1e5)/-ln(phi).
func transient(rng *rand.Rand, phi float64, n int) []float64 {
	values := make([]float64, n)
	x := 100.0
	for i := range values {
		values[i] = 10 + x
		x = phi*x + rng.NormFloat64()
	}
	return values
}

// MSER-5 leaves out a known transient: enough that what stays has no bias
// beyond chance, and not much more.
func TestMSER5OnKnownTransient(t *testing.T) {
	const phi, n, runs = 0.97, 5000, 100
	gone := -math.Log(1e5) / math.Log(phi) // 378 values
	var with, without, cut float64
	for r := range uint64(runs) {
		values := transient(rand.New(rand.NewPCG(7, r)), phi, n)
		d, ok := experiment.MSER5(values)
		if !ok || d%5 != 0 {
			t.Fatalf("run %d: truncation %d, ok %v", r, d, ok)
		}
		cut += float64(d) / runs
		with += mean(values[d:]) / runs
		without += mean(values) / runs
	}
	// One mean of 5,000 values has a standard deviation of 1/(1-phi)/sqrt(n) =
	// 0.47, that of 100 runs 0.047.
	if math.Abs(with-10) > 0.15 || without < 10.5 {
		t.Errorf("mean %.3f after truncation, %.3f before; want 10 and well above", with, without)
	}
	if cut < gone/4 || cut > 3*gone {
		t.Errorf("%.0f values left out on average, want about %.0f", cut, gone)
	}
}

// MSER-5 leaves nothing out of a series without a transient to speak of, and
// says so of one that only climbs.
func TestMSER5Limits(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	flat, climb := make([]float64, 2000), make([]float64, 2000)
	for i := range flat {
		flat[i] = rng.NormFloat64()
		climb[i] = float64(i)
	}
	if d, ok := experiment.MSER5(flat); !ok || d > 400 {
		t.Errorf("noise alone: truncation %d, ok %v", d, ok)
	}
	if d, ok := experiment.MSER5(climb); ok {
		t.Errorf("a series that never settles: truncation %d is taken as good", d)
	}
	if d, ok := experiment.MSER5(make([]float64, 100)); !ok || d != 0 {
		t.Errorf("constant: truncation %d, ok %v, want 0", d, ok)
	}
	for _, bad := range [][]float64{nil, make([]float64, 9), {1, 2, 3, 4, 5, 6, 7, 8, 9, math.NaN()}} {
		if d, ok := experiment.MSER5(bad); ok {
			t.Errorf("%v: truncation %d is taken as good", bad, d)
		}
	}
}

// Batch means of one long M/M/1 run: batches long against the queue's memory
// pass the test and their interval covers; short ones are found out.
func TestBatchMeansOnMM1(t *testing.T) {
	const rho, runs, batches = 0.5, 300, 20
	hits, long, shortLong := 0, 0, 0
	for r := range uint64(runs) {
		waits := mm1Waits(rand.New(rand.NewPCG(11, r)), rho, 40_000)[2000:]
		of := func(size int) experiment.Batches {
			means := make([]float64, batches)
			for i := range means {
				means[i] = mean(waits[i*size : (i+1)*size])
			}
			return experiment.BatchMeans(means)
		}
		b := of(1900)
		if math.Abs(b.Mean-rho/(1-rho)) <= b.Half {
			hits++
		}
		if b.Long {
			long++
		}
		if of(1).Long {
			shortLong++
		}
	}
	t.Logf("covered %d of %d, long %d, short batches taken for long %d", hits, runs, long, shortLong)
	if c := float64(hits) / runs; c < 0.91 || c > 0.98 {
		t.Errorf("the interval held the truth in %.1f %%, want about 95", 100*c)
	}
	if long < runs*88/100 || shortLong > runs/2 {
		t.Errorf("batches of 1,900 passed %d times, of one %d times, of %d; want about 95 %% and few", long, shortLong, runs)
	}
	if experiment.BatchMeans([]float64{1, 2, 1, 2, 1}).Long {
		t.Error("five batches cannot be tested and are said to be long")
	}
}

func TestCheckpoints(t *testing.T) {
	n := 0
	for _, want := range []int{5, 8, 12, 18, 27, 41, 62, 93} {
		if n = experiment.NextCheckpoint(n); n != want {
			t.Fatalf("checkpoint %d, want %d", n, want)
		}
	}
}

// What is foreseen at a look is a checkpoint, or the most allowed, that is
// enough if the half-width shrinks as 1/√n, and the one before it is not.
func TestExpect(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := experiment.Sequential{Replications: 1, Precision: rapid.Float64Range(.001, .5).Draw(t, "precision"), Max: rapid.IntRange(2, 2000).Draw(t, "max")}
		n := s.First()
		for range rapid.IntRange(0, 6).Draw(t, "looks") {
			n = s.Next(n, math.Inf(1))
		}
		widest := rapid.Float64Range(0, 5).Draw(t, "widest")
		got := s.Expect(n, widest)
		at := func(k int) float64 { return widest * math.Sqrt(float64(n)/float64(k)) }
		want := n
		for s.Next(want, at(want)*(1-1e-12)) != want {
			want = s.Next(want, math.Inf(1))
		}
		if got != want {
			t.Fatalf("at %d of %d, %v of %v: expects %d, want %d", n, s.Max, widest, s.Precision, got, want)
		}
		if inf := s.Expect(n, math.Inf(1)); inf != s.Max {
			t.Fatalf("no half-width yet: expects %d, want the most, %d", inf, s.Max)
		}
	})
}
