package sim

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"ecsim/sim/simtest"
)

// The work is HOLD(N) of package simtest, on a Simulation.
var (
	incrementKinds = []string{"exp", "mix", "uniform"}
	holdSizes      = []int{100, 10_000, 1_000_000}
)

// work is something that can be timed in pieces: run handles n events, or a
// few more, and returns how many holds or customers they were.
type work interface{ run(n int) int }

// yardstick is the yardstick as work.
type yardstick struct{ *simtest.Yardstick }

func (y yardstick) run(n int) int { return y.Run(n) }

// hold is HOLD(N) on a Simulation.
type hold struct {
	s    *Simulation
	gaps *simtest.Gaps
	turn int
}

func newHold(n int, kind string) *hold {
	w := &hold{s: New(1, 0), gaps: simtest.NewGaps(kind)}
	for i, t := range simtest.Firsts(n) {
		w.s.At(Time(t), ClassArrival, w, uint64(i))
	}
	return w
}

func (w *hold) Handle(now Time, arg uint64) {
	w.s.At(now+Time(w.gaps[w.turn%len(w.gaps)]), ClassArrival, w, arg)
	w.turn++
}

func (w *hold) run(n int) int {
	runEvents(w.s, n)
	return (n + checkEvery - 1) / checkEvery * checkEvery
}

// holdCancel is HOLD-CANCEL(N): each hold also schedules a second event, which
// does nothing, and cancels the second event of N/2 holds ago if it is pending.
type holdCancel struct {
	s      *Simulation
	gaps   *simtest.Gaps
	turn   int
	holds  int
	timers []Timer // of the second events, a ring
	at     int
}

const second = 1 << 40 // the argument of a second event

func newHoldCancel(n int, kind string) *holdCancel {
	w := &holdCancel{s: New(1, 0), gaps: simtest.NewGaps(kind), timers: make([]Timer, n/2)}
	for i, t := range simtest.Firsts(n) {
		w.s.At(Time(t), ClassArrival, w, uint64(i))
	}
	return w
}

func (w *holdCancel) Handle(now Time, arg uint64) {
	if arg == second {
		return
	}
	w.holds++
	w.s.At(now+Time(w.gaps[w.turn%len(w.gaps)]), ClassArrival, w, arg)
	t := w.s.At(now+Time(w.gaps[(w.turn+1)%len(w.gaps)]), ClassArrival, w, second)
	w.turn += 2
	w.s.Cancel(w.timers[w.at])
	w.timers[w.at] = t
	if w.at++; w.at == len(w.timers) {
		w.at = 0
	}
}

func (w *holdCancel) run(n int) int {
	was := w.holds
	runEvents(w.s, n)
	return w.holds - was
}

// runEvents handles n events, rounded up to what passes between two looks at
// the context.
func runEvents(s *Simulation, n int) {
	ctx := &countdown{Context: context.Background(), left: (n + checkEvery - 1) / checkEvery}
	if err := s.RunToEnd(ctx); !errors.Is(err, context.Canceled) {
		panic(fmt.Sprintf("the events ran out: %v", err))
	}
}

type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left == 0 {
		return context.Canceled
	}
	c.left--
	return nil
}

func grid(b *testing.B, f func(b *testing.B, n int, kind string)) {
	for _, kind := range incrementKinds {
		for _, n := range holdSizes {
			b.Run(fmt.Sprintf("%s/%d", kind, n), func(b *testing.B) { f(b, n, kind) })
		}
	}
}

func BenchmarkHold(b *testing.B) {
	grid(b, func(b *testing.B, n int, kind string) { benchWork(b, newHold(n, kind), 2*n) })
}

func BenchmarkHoldCancel(b *testing.B) {
	grid(b, func(b *testing.B, n int, kind string) { benchWork(b, newHoldCancel(n, kind), 4*n) })
}

func BenchmarkYardstick(b *testing.B) {
	grid(b, func(b *testing.B, n int, kind string) { benchWork(b, yardstick{simtest.NewYardstick(n, kind)}, 2*n) })
}

func benchWork(b *testing.B, w work, warmUp int) {
	w.run(warmUp)
	b.ReportAllocs()
	b.ResetTimer()
	done := w.run(b.N)
	ns := float64(b.Elapsed().Nanoseconds()) / float64(done)
	b.ReportMetric(ns, "ns/event")
	b.ReportMetric(1e9/ns, "events/s")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkRatios reports how many times the yardstick's rate the engine
// reaches: both run in turn, and the ratio is the median of the rounds', with
// its range. "B/pending" is all the engine holds per event pending, stale
// entries and spare room included. Run it with -benchtime 1x.
func BenchmarkRatios(b *testing.B) {
	grid(b, func(b *testing.B, n int, kind string) {
		benchRatio(b, yardstick{simtest.NewYardstick(n, kind)}, n, func() (work, *Simulation) {
			w := newHold(n, kind)
			return w, w.s
		})
	})
}

// BenchmarkCancelRatios is the same for HOLD-CANCEL, against HOLD of the
// yardstick, which cannot cancel.
func BenchmarkCancelRatios(b *testing.B) {
	grid(b, func(b *testing.B, n int, kind string) {
		benchRatio(b, yardstick{simtest.NewYardstick(n, kind)}, n, func() (work, *Simulation) {
			w := newHoldCancel(n, kind)
			return w, w.s
		})
	})
}

// line is M/M/c with a load of 0.9: see station. A customer is two events and
// two draws.
type line struct{ *station }

func newLine(servers int) (work, *Simulation) {
	s := New(1, 0)
	return line{newStation(s, servers, 0.9*float64(servers), exponential)}, s
}

func (l line) run(n int) int {
	was := l.done
	runEvents(l.s, 2*n)
	return int(l.done - was)
}

// BenchmarkQueueRatios compares customers through M/M/1 and M/M/100 with holds
// of the yardstick at 100, and reports the mean time in system: theory says
// 10.0 and 1.0217 s.
func BenchmarkQueueRatios(b *testing.B) {
	for _, servers := range []int{1, 100} {
		b.Run(fmt.Sprintf("c=%d", servers), func(b *testing.B) {
			var q *station
			benchRatio(b, yardstick{simtest.NewYardstick(100, "exp")}, 1_000_000, func() (work, *Simulation) {
				w, s := newLine(servers)
				q = w.(line).station
				return w, s
			})
			b.ReportMetric(q.meanSojourn(), "s-in-system")
		})
	}
}

const rounds = 9

func benchRatio(b *testing.B, yard work, n int, start func() (work, *Simulation)) {
	before := heapHeld()
	w, s := start()
	events := max(400_000, n)
	yard.run(2 * events)
	w.run(4 * events)
	held := float64(heapHeld() - before)
	if c, ok := w.(*holdCancel); ok {
		held -= float64(8 * len(c.timers)) // the benchmark's own
	}
	pending := float64(s.Pending())
	var m0, m1 runtime.MemStats
	runtime.ReadMemStats(&m0)
	processed := s.Processed()
	w.run(events)
	runtime.ReadMemStats(&m1)
	processed = s.Processed() - processed

	var yards, ours, ratios []float64
	for range rounds {
		y, o := timed(yard, events), timed(w, events)
		yards, ours, ratios = append(yards, y), append(ours, o), append(ratios, y/o)
	}
	b.ReportMetric(median(yards), "yardstick-ns")
	b.ReportMetric(median(ours), "ns/event")
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(slices.Min(ratios), "ratio-min")
	b.ReportMetric(slices.Max(ratios), "ratio-max")
	if pending >= 100 {
		b.ReportMetric(held/pending, "B/pending")
	}
	b.ReportMetric(float64(m1.Mallocs-m0.Mallocs)/float64(processed), "allocs/event")
	b.ReportMetric(0, "ns/op")
	runtime.KeepAlive(yard)
}

// timed is the ns per hold or customer of about n events.
func timed(w work, n int) float64 {
	start := time.Now()
	done := w.run(n)
	return float64(time.Since(start).Nanoseconds()) / float64(done)
}

func heapHeld() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return x[len(x)/2]
}
