package sim

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

// recorder notes what it is sent.
type recorder struct {
	args []uint64
	at   []Time
}

func (r *recorder) Handle(now Time, arg uint64) {
	r.args = append(r.args, arg)
	r.at = append(r.at, now)
}

func TestOrderWithinAnInstant(t *testing.T) {
	s := New(1, 0)
	r := &recorder{}
	for c := ClassFlush; ; c-- {
		s.At(Second, c, r, uint64(c)*10)
		s.At(Second, c, r, uint64(c)*10+1)
		if c == ClassRelease {
			break
		}
	}
	s.At(Second-1, ClassFlush, r, 100)
	if err := s.RunToEnd(context.Background()); err != nil {
		t.Fatal(err)
	}
	want := []uint64{100, 0, 1, 10, 11, 20, 21, 30, 31, 40, 41, 50, 51}
	if !slices.Equal(r.args, want) {
		t.Errorf("order %v, want by time, class, then as scheduled: %v", r.args, want)
	}
}

// TestRunUntilIsSplittable: events at the end of a run belong to the next.
func TestRunUntilIsSplittable(t *testing.T) {
	s := New(1, 0)
	r := &recorder{}
	for _, at := range []Time{5, 10, 15} {
		s.At(at, ClassState, r, uint64(at))
	}
	ctx := context.Background()
	if err := s.RunUntil(ctx, 10); err != nil || s.Now() != 10 || !slices.Equal(r.args, []uint64{5}) {
		t.Fatalf("until 10: clock %d, handled %v, %v", s.Now(), r.args, err)
	}
	if next, ok := s.Next(); !ok || next != 10 {
		t.Errorf("Next = %d, %v, want 10", next, ok)
	}
	if err := s.RunUntil(ctx, 16); err != nil || s.Now() != 16 || len(r.args) != 3 {
		t.Fatalf("until 16: clock %d, handled %v, %v", s.Now(), r.args, err)
	}
	if s.Processed() != 3 || s.Pending() != 0 {
		t.Errorf("processed %d, pending %d, want 3 and 0", s.Processed(), s.Pending())
	}
}

func TestNeverComesLast(t *testing.T) {
	s := New(1, 0)
	r := &recorder{}
	never := s.At(MaxTime, ClassRelease, r, 2)
	s.After(MaxTime, ClassRelease, r, 3)
	s.At(30*365*Day, ClassFlush, r, 1)
	if err := s.RunUntil(context.Background(), 40*365*Day); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.args, []uint64{1}) || !s.Scheduled(never) {
		t.Errorf("handled %v in forty years, want only 1", r.args)
	}
	if err := s.RunToEnd(context.Background()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.args, []uint64{1, 2, 3}) || s.Now() != MaxTime {
		t.Errorf("handled %v by %v, want 1, 2, 3 by never", r.args, s.Now())
	}
}

func TestTimerNeverHitsAReusedSlot(t *testing.T) {
	s := New(1, 0)
	r := &recorder{}
	old := s.At(1, ClassState, r, 1)
	if old.IsZero() || !(Timer{}).IsZero() {
		t.Error("IsZero must tell the zero Timer from a real one")
	}
	if !s.Cancel(old) || s.Cancel(old) || s.Cancel(Timer{}) || s.Scheduled(Timer{}) {
		t.Error("Cancel must succeed once, and never for the zero Timer")
	}
	fresh := s.At(1, ClassState, r, 2) // in the slot of old
	if s.Cancel(old) || s.Scheduled(old) || !s.Scheduled(fresh) {
		t.Error("the old Timer reached the event that reuses its slot")
	}
}

type handlerFunc func(now Time, arg uint64)

func (f handlerFunc) Handle(now Time, arg uint64) { f(now, arg) }

func TestCancelledContextStopsTheRun(t *testing.T) {
	s := New(1, 0)
	ctx, cancel := context.WithCancel(context.Background())
	var tick handlerFunc
	tick = func(now Time, n uint64) {
		if n == 10_000 {
			cancel()
		}
		s.After(Second, ClassState, tick, n+1)
	}
	s.At(0, ClassState, tick, 0)
	var p Progress
	s.Watch(&p)
	err := s.RunUntil(ctx, MaxTime)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want context.Canceled", err)
	}
	if n := s.Processed(); n < 10_000 || n > 10_000+2*checkEvery {
		t.Errorf("stopped after %d events, want soon after 10,000", n)
	}
	if s.Now() != Time(s.Processed()-1)*Second {
		t.Errorf("clock at %v, want that of the last event", s.Now())
	}
	if p.Events() != s.Processed() || p.Now() != s.Now() {
		t.Errorf("progress %d events at %v, want %d at %v", p.Events(), p.Now(), s.Processed(), s.Now())
	}
}

func TestBrokenModelsPanicWithFigures(t *testing.T) {
	r := &recorder{}
	at := func(now Time) *Simulation {
		s := New(1, 0)
		if err := s.RunUntil(context.Background(), now); err != nil {
			t.Fatal(err)
		}
		return s
	}
	var l Level
	l.Set(Minute, 3)
	for name, test := range map[string]struct {
		f    func()
		want []string
	}{
		"past":           {func() { at(Minute).At(Second, ClassState, r, 0) }, []string{"1s", "1m00s"}},
		"negative delay": {func() { at(Minute).After(-Second, ClassState, r, 0) }, []string{"59s", "1m00s"}},
		"class":          {func() { at(0).At(0, classes, r, 0) }, []string{"6"}},
		"handler":        {func() { at(0).At(0, ClassState, nil, 0) }, []string{"handler"}},
		"run back":       {func() { _ = at(Minute).RunUntil(context.Background(), Second) }, []string{"1s", "1m00s"}},
		"run in a run": {func() {
			s := New(1, 0)
			s.At(Hour, ClassState, handlerFunc(func(Time, uint64) { _ = s.RunToEnd(context.Background()) }), 0)
			_ = s.RunToEnd(context.Background())
		}, []string{"1h00m00s"}},
		"level back":     {func() { l.Add(Second, 1) }, []string{"1s", "1m00s"}},
		"level negative": {func() { l.Add(Minute, -4) }, []string{"3", "-4"}},
		"level set":      {func() { l.Set(Minute, -2) }, []string{"3", "-2"}},
		"series":         {func() { NewSeries(Second).Set(0, -5) }, []string{"-5"}},
		"series width":   {func() { NewSeries(0) }, []string{"0s"}},
		"tally":          {func() { new(Tally).Add(-7) }, []string{"-7"}},
		"quantile":       {func() { new(Tally).Quantile(1.5) }, []string{"1.5"}},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				got, ok := recover().(string)
				if !ok {
					t.Fatal("no panic")
				}
				for _, w := range test.want {
					if !strings.Contains(got, w) {
						t.Errorf("panic %q does not tell %q", got, w)
					}
				}
			}()
			test.f()
		})
	}
}

// TestMemoryFollowsWhatIsPending: two events that replace each other for ever
// need no more memory than two.
func TestMemoryFollowsWhatIsPending(t *testing.T) {
	w := newHold(2, "exp")
	w.run(1_000_000)
	q := &w.s.queue
	if cap(q.run) > 1000 || cap(q.slots) > 100 {
		t.Errorf("room for %d events and %d slots held for %d pending", cap(q.run), cap(q.slots), w.s.Pending())
	}
}

// TestSteadyStateAllocatesNothing runs HOLD and HOLD-CANCEL once warm.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	for name, w := range map[string]work{
		"hold":        newHold(1000, "exp"),
		"hold mix":    newHold(1000, "mix"),
		"hold cancel": newHoldCancel(1000, "exp"),
	} {
		w.run(400_000)
		allocs := testing.AllocsPerRun(5, func() { w.run(40_000) })
		if allocs > 20 { // the context that counts, and a late record of the pool
			t.Errorf("%s: %v allocations in 40,000 events, want none", name, allocs)
		}
	}
}

// TestOneInstantStaysOrdered: many events on one instant, each adding others
// of its own and every later class to it. It also takes a second, where a list
// that shifts half its events at each insertion takes minutes.
func TestOneInstantStaysOrdered(t *testing.T) {
	const firsts = 50_000
	s := New(1, 0)
	var last, n uint64
	var f handlerFunc
	f = func(now Time, arg uint64) {
		class, more := arg>>1, arg&1 != 0
		if class < last {
			t.Fatalf("class %d after class %d", class, last)
		}
		last = class
		n++
		for c := class; more && c < uint64(classes); c++ {
			s.At(now, Class(c), f, c<<1)
		}
	}
	for i := range uint64(firsts) {
		c := i % uint64(classes)
		s.At(Minute, Class(c), f, c<<1|1)
	}
	if err := s.RunToEnd(context.Background()); err != nil {
		t.Fatal(err)
	}
	var want uint64
	for i := range uint64(firsts) {
		want += 1 + uint64(classes) - i%uint64(classes)
	}
	if n != want {
		t.Errorf("%d events handled, want %d", n, want)
	}
}
