package experiment_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ecsim/sim/experiment"
)

func Example() {
	draw := func(_ context.Context, replication uint64) (float64, error) {
		return 10 + float64(replication%3), nil // stands for a simulation
	}
	values, err := experiment.Run(context.Background(), 6, 2, draw)
	if err != nil {
		fmt.Println(err)
		return
	}
	mean, half := experiment.Interval(values, 0.95)
	fmt.Printf("%.2f ± %.2f\n", mean, half)
	// Output: 11.00 ± 0.94
}

func TestOrderDoesNotDependOnWorkers(t *testing.T) {
	slow := func(_ context.Context, r uint64) (uint64, error) {
		time.Sleep(time.Duration(10-r) * time.Millisecond) // later ones end first
		return r * r, nil
	}
	want, err := experiment.Run(context.Background(), 10, 1, slow)
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{-1, 2, 4, 100} {
		got, err := experiment.Run(context.Background(), 10, workers, slow)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%d workers: got %v, %v, want %v", workers, got, err, want)
		}
	}
}

func TestWorkersAreBounded(t *testing.T) {
	var now, most atomic.Int64
	_, err := experiment.Run(context.Background(), 50, 3, func(context.Context, uint64) (int, error) {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		time.Sleep(time.Millisecond)
		now.Add(-1)
		return 0, nil
	})
	if err != nil || most.Load() > 3 {
		t.Errorf("%d at a time (%v), want at most 3", most.Load(), err)
	}
}

func TestFirstErrorByReplication(t *testing.T) {
	errEarly, errLate := errors.New("early"), errors.New("late")
	var started atomic.Int64
	_, err := experiment.Run(context.Background(), 1000, 4, func(ctx context.Context, r uint64) (int, error) {
		started.Add(1)
		switch r {
		case 2:
			time.Sleep(20 * time.Millisecond) // fails after replication 3 did
			return 0, errEarly
		case 3:
			return 0, errLate
		}
		<-time.After(time.Millisecond)
		return 0, ctx.Err()
	})
	if !errors.Is(err, errEarly) || !strings.Contains(err.Error(), "replication 2") {
		t.Errorf("got %v, want that of replication 2", err)
	}
	if started.Load() > 100 {
		t.Errorf("%d replications were started after a failure", started.Load())
	}
}

func TestInterruptKeepsFinishedPrefix(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	got, err := experiment.Run(ctx, 10, 2, func(ctx context.Context, r uint64) (uint64, error) {
		if r == 4 {
			cancel()
		}
		if r >= 4 {
			<-ctx.Done()
			return 0, ctx.Err()
		}
		return r + 1, nil
	})
	var partial *experiment.PartialError
	if !errors.As(err, &partial) || !errors.Is(err, context.Canceled) || partial.Wanted != 10 || partial.Finished != len(got) {
		t.Fatalf("got %v, %v", got, err)
	}
	if !slices.Equal(got, []uint64{1, 2, 3, 4}[:len(got)]) || len(got) < 3 {
		t.Errorf("prefix %v, want a prefix of 1 2 3 4", got)
	}
}

func TestPanicSurfacesInCaller(t *testing.T) {
	defer func() {
		if p := fmt.Sprint(recover()); !strings.Contains(p, "replication 1: boom") {
			t.Errorf("recovered %q", p)
		}
	}()
	experiment.Run(context.Background(), 3, 2, func(_ context.Context, r uint64) (int, error) {
		if r == 1 {
			panic("boom")
		}
		return 0, nil
	})
	t.Error("no panic")
}

// Figures of a printed t table: t(0.975, 9) = 2.262157, t(0.95, 4) = 2.131847.
func TestIntervalAgainstTable(t *testing.T) {
	for _, c := range []struct {
		n          int
		confidence float64
		t          float64
	}{{10, 0.95, 2.262157}, {5, 0.90, 2.131847}} {
		values := make([]float64, c.n)
		var sum, squares float64
		for i := range values {
			values[i] = float64(i * i)
			sum += values[i]
		}
		m := sum / float64(c.n)
		for _, v := range values {
			squares += (v - m) * (v - m)
		}
		want := c.t * math.Sqrt(squares/float64(c.n-1)/float64(c.n))
		mean, half := experiment.Interval(values, c.confidence)
		if math.Abs(mean-m) > 1e-9 || math.Abs(half/want-1) > 1e-6 {
			t.Errorf("n = %d: got %v ± %v, want %v ± %v", c.n, mean, half, m, want)
		}
	}
}

// A 95 % interval holds the truth in 95 of 100 samples.
func TestIntervalCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const samples = 4000
	hits := 0
	for range samples {
		values := make([]float64, 6)
		for i := range values {
			values[i] = 5 + rng.NormFloat64()
		}
		if mean, half := experiment.Interval(values, 0.95); math.Abs(mean-5) <= half {
			hits++
		}
	}
	if share := float64(hits) / samples; share < 0.938 || share > 0.962 {
		t.Errorf("covered %.3f of the time, want 0.95", share)
	}
}

func TestIntervalEdges(t *testing.T) {
	if mean, half := experiment.Interval([]float64{0.1, 0.1, 0.1}, 0.95); mean != 0.1 || half != 0 {
		t.Errorf("equal values: %v ± %v, want 0.1 ± 0", mean, half)
	}
	if mean, half := experiment.Interval([]float64{7}, 0.95); mean != 7 || !math.IsNaN(half) {
		t.Errorf("one value: %v ± %v, want 7 ± NaN", mean, half)
	}
	if mean, half := experiment.Interval(nil, 0.95); !math.IsNaN(mean) || !math.IsNaN(half) {
		t.Errorf("no value: %v ± %v", mean, half)
	}
}
