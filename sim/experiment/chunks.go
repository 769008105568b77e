package experiment

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
)

// Chunks does the chunks that next yields, on at most workers goroutines, and
// hands each one's payload to keep, in the order in which they end. do is
// called with the number of its worker, 0 to workers-1, which may keep what it
// reuses from chunk to chunk; the payload is its own until it is called again.
//
// The first error of do or keep ends the rest: chunks under way are cancelled,
// what was kept stays kept. When ctx ends its error is returned. A panic in do
// surfaces in the caller's goroutine.
func Chunks(ctx context.Context, workers int, next func() (chunk uint64, ok bool),
	do func(ctx context.Context, worker int, chunk uint64) ([]byte, error), keep func(chunk uint64, payload []byte) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var mu sync.Mutex
	var first error
	var panicked string
	fail := func(err error, trouble string) {
		mu.Lock()
		defer mu.Unlock()
		if first == nil && panicked == "" {
			first, panicked = err, trouble
		}
		cancel()
	}
	take := func() (uint64, bool) {
		mu.Lock()
		defer mu.Unlock()
		if ctx.Err() != nil {
			return 0, false
		}
		return next()
	}
	var group sync.WaitGroup
	for w := range max(workers, 1) {
		group.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					fail(nil, fmt.Sprintf("%v\n%s", p, debug.Stack()))
				}
			}()
			for {
				chunk, ok := take()
				if !ok {
					return
				}
				payload, err := do(ctx, w, chunk)
				if err == nil {
					err = keep(chunk, payload)
				}
				if err != nil {
					fail(err, "")
					return
				}
			}
		})
	}
	group.Wait()
	if panicked != "" {
		panic(panicked)
	}
	if first != nil {
		return first
	}
	return ctx.Err()
}
