package experiment_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"ecsim/sim/experiment"
)

// cost is a sample with one figure.
type cost struct {
	value  float64
	merged []float64
}

func (c *cost) Metrics() []float64 { return []float64{c.value} }
func (c *cost) Merge(later *cost)  { c.merged = append(c.merged, later.value) }

// noisy is a figure around 100: the replication's luck is common to all systems,
// the rest is the system's own.
func noisy(own float64, calls *[]int) func(context.Context, int, uint64) (*cost, error) {
	return func(_ context.Context, system int, r uint64) (*cost, error) {
		common := rand.New(rand.NewPCG(1, r)).NormFloat64()
		alone := rand.New(rand.NewPCG(uint64(system)+2, r)).NormFloat64()
		return &cost{value: 100*(1+0.02*float64(system)) + 10*common + own*alone}, nil
	}
}

func ExampleReplicate() {
	two, err := experiment.Replicate(context.Background(),
		experiment.Replication{Sequential: experiment.Sequential{Replications: 5, Precision: 0.05, Max: 100}, Systems: 2, Workers: 2}, noisy(0, nil))
	if err != nil {
		fmt.Println(err)
		return
	}
	diff, half := experiment.Paired(two[1].Each[0], two[0].Each[0], 0.95)
	fmt.Printf("after %d replications: %.2f ± %.2f, %v\n", len(two[0].Each[0]), diff, half, experiment.Significant(diff, half))
	// Output: after 12 replications: 2.00 ± 0.00, true
}

// Only checkpoints end a sequential experiment, the number is the same for all
// systems, it is enough, and workers do not matter.
func TestSequentialStopping(t *testing.T) {
	for _, precision := range []float64{0.5, 0.05, 0.02, 0.001} {
		var want []experiment.Replicated[*cost]
		for _, workers := range []int{1, 2, 7} {
			var looks []int
			r := experiment.Replication{Sequential: experiment.Sequential{Replications: 3, Precision: precision, Max: 300}, Systems: 3, Workers: workers,
				Look: func(done int, _ float64, _ int) { looks = append(looks, done) }}
			got, err := experiment.Replicate(context.Background(), r, noisy(1, nil))
			if err != nil {
				t.Fatal(err)
			}
			checkpoint := 0
			for _, n := range looks {
				if checkpoint = min(experiment.NextCheckpoint(checkpoint), 300); n != checkpoint {
					t.Errorf("looked after %d replications, want %d", n, checkpoint)
				}
			}
			for i := range got {
				n := len(got[i].Each[0])
				if n != looks[len(looks)-1] || len(got[i].Merged.merged) != n-1 {
					t.Errorf("system %d has %d replications, %d merged; want %d", i, n, len(got[i].Merged.merged)+1, looks[len(looks)-1])
				}
				if w := experiment.Widest(got[i].Each); w > precision && n < 300 {
					t.Errorf("stopped at a half-width of %.2g, want %.2g", w, precision)
				}
			}
			if want == nil {
				want = got
			} else if !reflect.DeepEqual(got, want) {
				t.Errorf("%d workers give another result than one", workers)
			}
		}
	}
}

// An interrupt keeps the replications that all systems finished.
func TestReplicateInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	got, err := experiment.Replicate(ctx, experiment.Replication{Sequential: experiment.Sequential{Replications: 10}, Systems: 2, Workers: 1},
		func(ctx context.Context, system int, r uint64) (*cost, error) {
			if r == 3 && system == 1 {
				cancel()
				return nil, ctx.Err()
			}
			return &cost{value: float64(r)}, nil
		})
	var partial *experiment.PartialError
	if !errors.As(err, &partial) || partial.Finished != 3 || partial.Wanted != 10 {
		t.Fatalf("got %v, want 3 of 10", err)
	}
	for i := range got {
		if len(got[i].Each[0]) != 3 {
			t.Errorf("system %d has %d replications, want 3", i, len(got[i].Each[0]))
		}
	}
}

// Common random numbers find a difference of 2 % that independent runs cannot.
func TestCommonRandomNumbers(t *testing.T) {
	run := func(system int, from uint64) (each []float64) {
		f := noisy(0.5, nil)
		for r := range uint64(10) {
			c, _ := f(context.Background(), system, from+r)
			each = append(each, c.value)
		}
		return each
	}
	a, b, other := run(0, 0), run(1, 0), run(1, 1000)
	diff, half := experiment.Paired(b, a, 0.95)
	away, wide := experiment.Welch(other, a, 0.95)
	t.Logf("2 %% dearer, 10 replications: paired %.2f ± %.2f, independent %.2f ± %.2f", diff, half, away, wide)
	if !experiment.Significant(diff, half) || experiment.Significant(away, wide) {
		t.Errorf("paired %.2f ± %.2f want significant, independent %.2f ± %.2f want not", diff, half, away, wide)
	}
	if diff, half := experiment.Paired(a, a, 0.95); diff != 0 || half != 0 || experiment.Significant(diff, half) {
		t.Errorf("a system against itself: %v ± %v", diff, half)
	}
}
