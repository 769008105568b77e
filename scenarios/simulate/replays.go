package simulate

import (
	"errors"
	"sync"

	"ecsim/scenarios"
	"ecsim/workloads/traces"
)

// Replays are the traces of a scenario that many simulations replay: each is
// parsed once, by whoever comes first, and shared by all. Transforms and
// everything drawn stay each simulation's own. Several goroutines may use it; a
// nil *Replays shares nothing.
type Replays struct {
	mu   sync.Mutex
	held map[replayKey]*traces.Recording
}

type replayKey struct {
	path    string
	options traces.Options
}

// replayBytes is how much is kept of one trace: about a million tasks.
// Simulations of a longer one read the file, each for itself. Of replaysHeld
// traces at most something is kept.
const (
	replayBytes = 64 << 20
	replaysHeld = 8
)

// open begins a replay of a trace that sc names.
func (h *Replays) open(sc *scenarios.Scenario, path string, o traces.Options) (traces.Source, error) {
	in := opener(sc, path)
	if h == nil {
		return traces.OpenFrom(in, o)
	}
	h.mu.Lock()
	key := replayKey{path, o}
	r := h.held[key]
	if r == nil {
		if len(h.held) >= replaysHeld {
			h.mu.Unlock()
			return traces.OpenFrom(in, o)
		}
		if h.held == nil {
			h.held = map[replayKey]*traces.Recording{}
		}
		r = traces.NewRecording(in, o, replayBytes)
		h.held[key] = r
	}
	h.mu.Unlock()
	return r.Replay()
}

// Close closes the files. What was not read of them yet is from then on read by
// each simulation for itself.
func (h *Replays) Close() error {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	var errs []error
	for _, r := range h.held {
		errs = append(errs, r.Close())
	}
	return errors.Join(errs...)
}
