package sim

import "sync/atomic"

// Progress lets another goroutine follow a simulation: a progress bar, a
// watchdog. All methods are safe for concurrent use; the zero value is ready.
// The engine refreshes it every few thousand events, so it trails a little.
type Progress struct {
	now    atomic.Int64
	events atomic.Uint64
	placed atomic.Uint64
}

// Now is the simulated time last reported.
func (p *Progress) Now() Time { return Time(p.now.Load()) }

// Events counts the events handled when last reported.
func (p *Progress) Events() uint64 { return p.events.Load() }

// Placements is the sum of AddPlacements.
func (p *Progress) Placements() uint64 { return p.placed.Load() }

// AddPlacements counts n placements more. It is an atomic addition, some
// nanoseconds; a hot loop may add in batches.
func (p *Progress) AddPlacements(n uint64) { p.placed.Add(n) }

// Watch makes s report its clock and event count to p, every few thousand
// events and at the end of each run; nil stops that.
func (s *Simulation) Watch(p *Progress) {
	s.watched = p
	s.report()
}

// Watched is the Progress given to Watch, or nil; models add to its counters.
func (s *Simulation) Watched() *Progress { return s.watched }

func (s *Simulation) report() {
	if s.watched != nil {
		s.watched.now.Store(int64(s.now))
		s.watched.events.Store(s.processed)
	}
}
