package sim

import (
	"context"
	"fmt"
	"math"
)

// Class orders events that fall on the same instant. Room is made before it
// is asked for, and what reads the state of the system runs after what
// changes it.
type Class uint8

// The classes in the order in which they run.
const (
	ClassRelease Class = iota // failures, departures, releases of capacity
	ClassState                // other changes of state
	ClassArrival              // arrivals of work
	ClassPublish              // publication of metrics
	ClassPolicy               // alarms and policies that read metrics
	ClassFlush                // closing of the buckets that summarise all of it
	classes                   // how many there are
)

// Handler receives events. The arg of At tells one handler's events apart:
// an index into its own table, a kind, or both packed. Handle may schedule
// and cancel, but must not call RunUntil or RunToEnd.
type Handler interface{ Handle(now Time, arg uint64) }

// Timer names one scheduled event; the zero Timer names none. A Timer whose
// event ran or was cancelled names nothing ever after, even if the engine
// reuses its memory.
type Timer struct{ key uint64 } // the low word of the event: sequence and slot

// IsZero reports whether t is the zero Timer.
func (t Timer) IsZero() bool { return t.key == 0 }

// Simulation is a clock, the events pending on it, and the chance of one
// replication. It belongs to one goroutine; only a watched Progress may be
// read from others. Make one with New.
type Simulation struct {
	now       Time
	processed uint64
	running   bool

	queue queue

	seed, replication uint64
	key               uint64 // of keyed draws: seed and replication hashed

	watched *Progress
}

// New returns a simulation at time 0 with nothing pending. Replications of
// one experiment share the seed and differ in replication.
func New(seed, replication uint64) *Simulation {
	return &Simulation{seed: seed, replication: replication, key: worldKey(seed, replication), queue: newQueue()}
}

// Reset makes s what New(seed, replication) is, in the memory it has: nothing
// is pending, no Timer from before names anything, and nobody watches.
func (s *Simulation) Reset(seed, replication uint64) {
	s.queue.reset()
	*s = Simulation{seed: seed, replication: replication, key: worldKey(seed, replication), queue: s.queue}
}

// Now is the simulated time: that of the event being handled, or the end of
// the last RunUntil.
func (s *Simulation) Now() Time { return s.now }

// Processed counts the events handled so far.
func (s *Simulation) Processed() uint64 { return s.processed }

// Pending counts the events scheduled and neither handled nor cancelled.
func (s *Simulation) Pending() int { return s.queue.live }

// At schedules h.Handle(t, arg). Among events of equal time the lower class
// goes first, and within a class the one scheduled first. It panics if t lies
// before Now, if c is none of the classes, or if h is nil.
func (s *Simulation) At(t Time, c Class, h Handler, arg uint64) Timer {
	if t < s.now {
		panic(fmt.Sprintf("sim: event scheduled at %v (%d ns), before now, %v (%d ns)", t, int64(t), s.now, int64(s.now)))
	}
	if c >= classes {
		panic(fmt.Sprintf("sim: event class %d, want less than %d", c, classes))
	}
	if h == nil {
		panic(fmt.Sprintf("sim: event at %v without a handler", t))
	}
	if t > horizon {
		t = horizon
	}
	return Timer{s.queue.push(uint64(t)<<classBits|uint64(c), h, arg)}
}

// After schedules h.Handle(Now()+d, arg); a sum beyond MaxTime becomes
// MaxTime. It panics as At does, so if d is negative.
func (s *Simulation) After(d Time, c Class, h Handler, arg uint64) Timer {
	t := s.now + d
	if d > 0 && t < s.now {
		t = MaxTime
	}
	return s.At(t, c, h, arg)
}

// Cancel takes the event off the calendar and reports whether it was there:
// false if it ran, was cancelled before, or t is zero. It costs a few
// nanoseconds; an event being handled is no longer pending.
func (s *Simulation) Cancel(t Timer) bool { return s.queue.cancel(t.key) }

// Scheduled reports whether the event of t is pending.
func (s *Simulation) Scheduled(t Timer) bool { return s.queue.scheduled(t.key) }

// Next is the time of the earliest pending event, and false if there is none.
func (s *Simulation) Next() (Time, bool) {
	hi, ok := s.queue.peek()
	return instant(hi), ok
}

// RunUntil handles, in order, every event before end and leaves the clock at
// end; events at end itself stay pending, so that two calls end to end do
// what one long call does. It returns ctx's error when ctx is done, checked
// every few thousand events: the clock then stands at the last event handled
// and the run can be taken up again. It panics if end lies before Now.
func (s *Simulation) RunUntil(ctx context.Context, end Time) error {
	if end < s.now {
		panic(fmt.Sprintf("sim: run until %v (%d ns), before now, %v (%d ns)", end, int64(end), s.now, int64(s.now)))
	}
	if err := s.run(ctx, uint64(min(end, horizon))<<classBits); err != nil {
		return err
	}
	s.now = end
	s.report()
	return nil
}

// RunToEnd handles events until none is pending and leaves the clock at the
// last. A model that always schedules a next event never ends.
func (s *Simulation) RunToEnd(ctx context.Context) error {
	err := s.run(ctx, math.MaxUint64)
	s.report()
	return err
}

// checkEvery is how many events pass between two looks at the context and
// two reports of progress: well under a millisecond's work.
const checkEvery = 4096

// run handles the events before end.
func (s *Simulation) run(ctx context.Context, end uint64) error {
	if s.running {
		panic(fmt.Sprintf("sim: run called from a handler at %v", s.now))
	}
	s.running = true
	q := &s.queue
	defer func() { s.running = false }()
	for {
		s.report()
		if err := ctx.Err(); err != nil {
			return err
		}
		for range checkEvery {
			if q.head == len(q.run) && !q.refill(q.slots) {
				return nil
			}
			e := q.run[q.head]
			if e.hi >= end {
				return nil
			}
			q.head++
			h, arg, ok := q.take(e.lo)
			if !ok {
				continue // cancelled
			}
			s.now = instant(e.hi)
			s.processed++
			h.Handle(s.now, arg)
		}
	}
}

// instant is the time in the high word of an event.
func instant(hi uint64) Time {
	t := Time(hi >> classBits)
	if t == horizon {
		t = MaxTime
	}
	return t
}
