// Package experiment repeats a simulation and says how sure the result is:
// replications on several goroutines, in an order that never depends on them,
// and confidence intervals over independent values. What is repeated is the
// caller's; this package knows nothing of it.
package experiment

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// PartialError says that an experiment was interrupted. The results returned
// with it are those of replications 0 to Finished-1, each complete: a prefix,
// so that slow replications are not left out more often than quick ones.
type PartialError struct {
	Finished, Wanted int
	Cause            error // the context's
}

// Error says how far the experiment came.
func (e *PartialError) Error() string {
	return fmt.Sprintf("interrupted after %d of %d replications: %v", e.Finished, e.Wanted, e.Cause)
}

// Unwrap returns the context's error.
func (e *PartialError) Unwrap() error { return e.Cause }

// Run calls f for the replications 0 to n-1, at most workers at a time, and
// returns the results in order of replication, whatever order they ended in.
// One simulation stays on one goroutine. workers below 1 is one.
//
// The first error by number of replication is returned, alone: those after it
// are cancelled, those before it run on, so the error does not depend on
// workers. When ctx ends first the finished prefix is returned with a
// *PartialError. A panic in f surfaces in the caller's goroutine.
func Run[T any](ctx context.Context, n, workers int, f func(ctx context.Context, replication uint64) (T, error)) ([]T, error) {
	results := make([]T, 0, max(n, 0))
	err := Ordered(ctx, n, workers, f, func(_ int, v T) { results = append(results, v) })
	if partial := (*PartialError)(nil); err != nil && !errors.As(err, &partial) {
		return nil, err
	}
	return results, err
}

// Ordered is Run for results that are not kept: take gets each as soon as all
// before it have been taken, one at a time, in order of replication. What ended
// ended out of order waits.
func Ordered[T any](ctx context.Context, n, workers int, f func(ctx context.Context, replication uint64) (T, error), take func(replication int, v T)) error {
	if n < 0 {
		panic(fmt.Sprintf("experiment: %d replications, want 0 or more", n))
	}
	e := &run[T]{f: f, n: n, take: take, waiting: map[int]T{}, failed: n, cancels: map[int]context.CancelFunc{}}
	var group sync.WaitGroup
	for range min(max(workers, 1), n) {
		group.Go(func() {
			for e.step(ctx) {
			}
		})
	}
	group.Wait()

	if e.panicked != "" {
		panic(e.panicked)
	}
	if e.failed < n && (ctx.Err() == nil || !errors.Is(e.err, ctx.Err())) {
		return fmt.Errorf("replication %d: %w", e.failed, e.err)
	}
	if e.taken < n {
		return &PartialError{e.taken, n, ctx.Err()}
	}
	return nil
}

// run is the state the workers share; mu guards all of it.
type run[T any] struct {
	f    func(context.Context, uint64) (T, error)
	n    int
	take func(int, T)

	mu       sync.Mutex
	waiting  map[int]T // ended, and something before them has not
	taken    int       // handed over: 0 to taken-1
	next     int
	failed   int // lowest replication that failed, n while none has
	err      error
	panicked string
	cancels  map[int]context.CancelFunc // of the replications under way
}

// step runs the next replication; false means that none is left to start.
func (e *run[T]) step(ctx context.Context) bool {
	e.mu.Lock()
	i := e.next
	if i >= e.n || i > e.failed || ctx.Err() != nil {
		e.mu.Unlock()
		return false
	}
	e.next++
	own, cancel := context.WithCancel(ctx)
	e.cancels[i] = cancel
	e.mu.Unlock()

	result, panicked, err := e.call(own, uint64(i))

	e.mu.Lock()
	defer e.mu.Unlock()
	cancel()
	delete(e.cancels, i)
	switch {
	case err == nil && panicked == "":
		e.waiting[i] = result
		for e.taken < e.failed { // nothing after a failure is taken
			v, ok := e.waiting[e.taken]
			if !ok {
				break
			}
			delete(e.waiting, e.taken)
			e.take(e.taken, v)
			e.taken++
		}
	case i < e.failed:
		e.failed, e.err, e.panicked = i, err, panicked
		for j, stop := range e.cancels {
			if j > i {
				stop()
			}
		}
	}
	return true
}

// call is f with a panic turned into text, its stack included.
func (e *run[T]) call(ctx context.Context, i uint64) (result T, panicked string, err error) {
	defer func() {
		if p := recover(); p != nil {
			panicked = fmt.Sprintf("replication %d: %v\n%s", i, p, debug.Stack())
		}
	}()
	result, err = e.f(ctx, i)
	return result, "", err
}
