package sim

import (
	"container/heap"
	"context"
	"testing"

	"pgregory.net/rapid"
)

// oracle is the queue one would write first: container/heap of pointers on
// (time, class, sequence), cancelled events flagged.
type oracle struct{ events []*oracleEvent }

type oracleEvent struct {
	at        Time
	class     Class
	seq       uint64
	id        uint64
	cancelled bool
	done      bool
}

func (o *oracle) Len() int { return len(o.events) }
func (o *oracle) Less(i, j int) bool {
	a, b := o.events[i], o.events[j]
	if a.at != b.at {
		return a.at < b.at
	}
	if a.class != b.class {
		return a.class < b.class
	}
	return a.seq < b.seq
}
func (o *oracle) Swap(i, j int) { o.events[i], o.events[j] = o.events[j], o.events[i] }
func (o *oracle) Push(x any)    { o.events = append(o.events, x.(*oracleEvent)) }
func (o *oracle) Pop() any {
	n := len(o.events) - 1
	e := o.events[n]
	o.events = o.events[:n]
	return e
}

// first drops cancelled events and returns the earliest, nil if none.
func (o *oracle) first() *oracleEvent {
	for len(o.events) > 0 {
		if e := o.events[0]; !e.cancelled {
			return e
		}
		heap.Pop(o)
	}
	return nil
}

// twin drives a Simulation and the oracle alike and compares every event.
type twin struct {
	t      *rapid.T
	s      *Simulation
	o      oracle
	byID   []*oracleEvent
	timers []Timer
	live   int
	random uint64 // of a follow-up's time, so that handlers need no draw from rapid
	span   Time
	follow uint64 // an event whose id is a multiple schedules another; 0: none does
}

func (w *twin) schedule(at Time, c Class) {
	id := uint64(len(w.byID))
	e := &oracleEvent{at: at, class: c, seq: id, id: id}
	heap.Push(&w.o, e)
	w.byID = append(w.byID, e)
	w.timers = append(w.timers, w.s.At(at, c, w, id))
	w.live++
}

func (w *twin) Handle(now Time, id uint64) {
	e := w.o.first()
	if e == nil {
		w.t.Fatalf("event %d handled at %d, none is pending", id, now)
	}
	heap.Pop(&w.o)
	if e.id != id || e.at != now || w.s.Now() != now {
		w.t.Fatalf("handled event %d at %d (clock %d), want event %d at %d", id, now, w.s.Now(), e.id, e.at)
	}
	e.done = true
	w.live--
	if w.s.Scheduled(w.timers[id]) || w.s.Cancel(w.timers[id]) {
		w.t.Fatalf("event %d is pending while it is handled", id)
	}
	if w.follow != 0 && id%w.follow == 0 {
		w.random = mix(w.random + golden)
		w.schedule(now+Time(w.random%uint64(w.span+1)), Class(w.random>>32%uint64(classes)))
	}
}

func (w *twin) cancel(i int) {
	e := w.byID[i]
	pending := !e.done && !e.cancelled
	if got := w.s.Scheduled(w.timers[i]); got != pending {
		w.t.Fatalf("Scheduled(event %d) = %v, want %v", i, got, pending)
	}
	if got := w.s.Cancel(w.timers[i]); got != pending {
		w.t.Fatalf("Cancel(event %d) = %v, want %v", i, got, pending)
	}
	if pending {
		e.cancelled = true
		w.live--
		if stale := w.s.queue.entries() - w.live; stale > max(w.live/2, staleAllowed) {
			w.t.Fatalf("%d stale entries kept beside %d pending events", stale, w.live)
		}
	}
}

func (w *twin) check() {
	if w.s.Pending() != w.live {
		w.t.Fatalf("Pending = %d, want %d", w.s.Pending(), w.live)
	}
	next, ok := w.s.Next()
	e := w.o.first()
	if ok != (e != nil) || ok && next != e.at {
		w.t.Fatalf("Next = %d, %v; the oracle has %+v", next, ok, e)
	}
}

// TestQueueMatchesOracle runs random schedules, cancellations and runs
// against the oracle: bursts on one instant, spans from nothing to forever,
// outliers, followers scheduled by handlers.
func TestQueueMatchesOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &twin{t: t, s: New(1, 0)}
		spans := rapid.SampledFrom([]Time{0, 1, 10, 1000, Second, 100 * Day})
		w.span = spans.Draw(t, "span")
		w.follow = rapid.Uint64Range(0, 3).Draw(t, "follow")
		ctx := context.Background()
		t.Repeat(map[string]func(*rapid.T){
			"": func(*rapid.T) { w.check() },
			"burst": func(t *rapid.T) {
				n := rapid.SampledFrom([]int{1, 3, 40, 300, 3000}).Draw(t, "n")
				span := spans.Draw(t, "burst span")
				start := w.s.Now() + spans.Draw(t, "start")
				seed := rapid.Uint64().Draw(t, "seed")
				for i := range n {
					x := mix(seed + golden*uint64(i))
					w.schedule(start+Time(x%uint64(span+1)), Class(x>>40%uint64(classes)))
				}
			},
			"now": func(t *rapid.T) {
				w.schedule(w.s.Now(), Class(rapid.IntRange(0, int(classes)-1).Draw(t, "class")))
			},
			"never": func(*rapid.T) { w.schedule(MaxTime, ClassFlush) },
			"cancel": func(t *rapid.T) {
				if len(w.byID) > 0 {
					w.cancel(rapid.IntRange(0, len(w.byID)-1).Draw(t, "id"))
				}
			},
			"cancel many": func(t *rapid.T) {
				keep := rapid.IntRange(1, 10).Draw(t, "keep one in")
				for i := range w.byID {
					if i%keep != 0 || keep == 1 {
						w.cancel(i)
					}
				}
			},
			"run": func(t *rapid.T) {
				end := w.s.Now() + spans.Draw(t, "run")/Time(rapid.IntRange(1, 5).Draw(t, "part"))
				if end > w.s.Now()+20*w.span && w.follow != 0 {
					return // followers would run for ages
				}
				if err := w.s.RunUntil(ctx, end); err != nil {
					t.Fatal(err)
				}
				if w.s.Now() != end {
					t.Fatalf("clock at %d after a run until %d", w.s.Now(), end)
				}
				if e := w.o.first(); e != nil && e.at < end {
					t.Fatalf("event %d at %d not handled by a run until %d", e.id, e.at, end)
				}
			},
		})
		w.follow = 0
		if err := w.s.RunToEnd(ctx); err != nil {
			t.Fatal(err)
		}
		w.check()
		if w.live != 0 {
			t.Fatalf("%d events left after RunToEnd", w.live)
		}
	})
}
