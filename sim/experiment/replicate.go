package experiment

import (
	"context"
	"errors"
	"fmt"
)

// Result is the outcome of one replication of one system, or of several merged.
// Metrics are the figures that decide when there are enough replications: of a
// result of one replication, in an order that is always the same, NaN where
// there is none. Merge takes up the outcome of a later replication of the same
// system, which is not used again.
type Result[T any] interface {
	Metrics() []float64
	Merge(later T)
}

// Replicated is one system over its replications.
type Replicated[T Result[T]] struct {
	Merged T           // replication 0 with all others merged, in order
	Each   [][]float64 // per metric the value of each replication
}

// Replication says how systems are replicated.
type Replication struct {
	Sequential
	Systems int // systems compared; all get the same replications
	Workers int // simulations at a time, no part of the result
	// Look is called at each checkpoint with the replications done, the widest
	// relative half-width over systems and metrics, and how many replications
	// are wanted now: done when this is enough. Nil is not called.
	Look func(done int, widest float64, wanted int)
}

// Replicate runs replication 0, 1, 2 and so on of every system, each
// replication of all systems before the next, on common random numbers if f
// draws by replication alone. With a wanted precision it stops at the first
// checkpoint at which every metric of every system is that precise, at the same
// number of replications for all.
//
// Results do not depend on the number of workers. The error is f's first by
// order, or a *PartialError when ctx ends: the replications that every system
// finished are returned with it, and no others.
func Replicate[T Result[T]](ctx context.Context, r Replication, f func(ctx context.Context, system int, replication uint64) (T, error)) ([]Replicated[T], error) {
	if err := r.Check(); err != nil {
		return nil, fmt.Errorf("experiment: %w", err)
	}
	all := make([]Replicated[T], r.Systems)
	row := make([]T, 0, r.Systems)
	done := 0
	take := func(_ int, v T) {
		if row = append(row, v); len(row) < r.Systems {
			return
		}
		for i := range row {
			all[i].add(row[i], done == 0)
		}
		row = row[:0]
		done++
	}
	if r.Systems == 0 {
		return all, nil
	}
	for wanted := r.First(); done < wanted; {
		base := uint64(done)
		err := Ordered(ctx, (wanted-done)*r.Systems, r.Workers, func(ctx context.Context, k uint64) (T, error) {
			return f(ctx, int(k%uint64(r.Systems)), base+k/uint64(r.Systems))
		}, take)
		if partial := (*PartialError)(nil); errors.As(err, &partial) {
			return all, &PartialError{done, wanted, partial.Cause}
		}
		if err != nil {
			return nil, errors.Unwrap(err) // its number counts cells of this stage
		}
		widest := 0.0
		for i := range all {
			widest = max(widest, Widest(all[i].Each))
		}
		wanted = r.Next(done, widest)
		if r.Look != nil {
			r.Look(done, widest, wanted)
		}
	}
	return all, nil
}

// add takes up the next replication.
func (s *Replicated[T]) add(v T, first bool) {
	metrics := v.Metrics()
	if first {
		s.Merged = v
		s.Each = make([][]float64, len(metrics))
	} else {
		s.Merged.Merge(v)
	}
	if len(metrics) != len(s.Each) {
		panic(fmt.Sprintf("experiment: a replication with %d metrics after one with %d", len(metrics), len(s.Each)))
	}
	for i, m := range metrics {
		s.Each[i] = append(s.Each[i], m)
	}
}
