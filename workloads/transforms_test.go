package workloads

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// listed is a source that reads from a list, as a trace with a report.
type listed struct {
	tasks  []Task
	shapes Shapes
	err    error // at the end
}

func (l *listed) Next(t *Task) (bool, error) {
	if len(l.tasks) == 0 {
		return false, l.err
	}
	*t = l.tasks[0]
	l.tasks = l.tasks[1:]
	return true, nil
}
func (l *listed) Shapes() *Shapes    { return &l.shapes }
func (l *listed) LeftOut() int64     { return 2 }
func (l *listed) Oddities() []Oddity { return []Oddity{{"zero run time: taken as one second", 3}} }

// full is a task with its shape looked up, so that tables can be compared.
type full struct {
	Task
	Size Shape
}

func collect(t testing.TB, src Tasks) []full {
	t.Helper()
	out, err := drain(src)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func drain(src Tasks) (out []full, err error) {
	var task Task
	for {
		ok, err := src.Next(&task)
		if err != nil || !ok {
			return out, err
		}
		f := full{task, src.Shapes().At(task.Shape)}
		f.Shape = 0
		out = append(out, f)
	}
}

// source builds a listed source of tasks, each {at in seconds, CPU units}.
func source(tasks ...[2]int64) *listed {
	l := &listed{}
	for i, x := range tasks {
		l.tasks = append(l.tasks, Task{At: sim.Time(x[0]) * sim.Second, Index: uint64(i),
			Shape: l.shapes.Intern(Shape{CPU: units.CPU(x[1]), Memory: units.MiB(2 * x[1])}),
			Run:   sim.Second, Deadline: sim.Time(x[0]+60) * sim.Second})
	}
	return l
}

func drawn(t testing.TB, horizon sim.Time) *Batch {
	b, err := NewBatch(BatchConfig{Setting: setting(horizon),
		Arrivals: decodePattern(t, table{"pattern": "bursty", "quiet": "6/min", "burst": "60/min"}),
		CPU:      duration(t, table{"dist": "empirical", "values": []any{"1us", "2us", "4us"}}),
		Memory:   Uniform(500, 4000),
		Run:      duration(t, table{"dist": "lognormal", "mean": "180s", "p50": "150s"}),
		Deadline: units.Duration(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Every transform keeps what a source promises: times in order, indices 0, 1,
// 2, shapes in its own table, deadlines after arrivals, and a trace's report.
func TestTransformsConform(t *testing.T) {
	r := func() *rand.Rand { return sim.Stream(1, 0, "w/transform") }
	transforms := map[string]func(Tasks) Tasks{
		"window":   func(s Tasks) Tasks { return Window(s, sim.Hour, 5*sim.Hour, true) },
		"thin":     func(s Tasks) Tasks { return Thin(s, 0.3, r()) },
		"stretch":  func(s Tasks) Tasks { return Stretch(s, 1.37) },
		"squeeze":  func(s Tasks) Tasks { return StretchArrivals(s, 0.37) },
		"run":      func(s Tasks) Tasks { return ScaleRun(s, 2.5) },
		"more":     func(s Tasks) Tasks { return ScaleRate(s, 3.4, DefaultJitter, r()) },
		"less":     func(s Tasks) Tasks { return ScaleRate(s, 0.8, DefaultJitter, r()) },
		"split":    func(s Tasks) Tasks { return Split(s, 1024) },
		"merge":    func(s Tasks) Tasks { return Merge(s, drawn(t, sim.Hour), drawn(t, 3*sim.Hour)) },
		"together": func(s Tasks) Tasks { return Split(ScaleRate(Merge(s, drawn(t, sim.Hour)), 2, 0, r()), 3000) },
		"repeat": func(s Tasks) Tasks {
			first := true
			rep, err := Repeat(func() (Tasks, error) {
				if first {
					first = false
					return s, nil
				}
				return drawn(t, 4*sim.Hour), nil
			}, 3, sim.Day)
			if err != nil {
				t.Fatal(err)
			}
			return rep
		},
	}
	for name, wrap := range transforms {
		tasks := collect(t, wrap(drawn(t, 6*sim.Hour)))
		if len(tasks) < 100 {
			t.Errorf("%s: %d tasks, want hundreds", name, len(tasks))
		}
		last := sim.Time(0)
		for i, f := range tasks {
			if f.At < last || f.Index != uint64(i) {
				t.Fatalf("%s: task %d has index %d, arrives at %v after %v", name, i, f.Index, f.At, last)
			}
			if f.Deadline <= f.At || f.Run <= 0 || f.Size.CPU <= 0 || f.Size.Memory <= 0 {
				t.Fatalf("%s: task %+v", name, f)
			}
			last = f.At
		}
		if again := collect(t, wrap(drawn(t, 6*sim.Hour))); !reflect.DeepEqual(tasks, again) {
			t.Errorf("%s: the same source and stream gave different tasks", name)
		}

		reporter, ok := wrap(source([2]int64{3600, 512})).(Reporter)
		if !ok {
			t.Errorf("%s: hides what a trace reports", name)
			continue
		}
		if n := reporter.LeftOut(); n != 2 {
			t.Errorf("%s: left out %d, want the trace's 2", name, n)
		}
		if o := reporter.Oddities(); len(o) != 1 || o[0].Count != 3 {
			t.Errorf("%s: oddities %v, want the trace's", name, o)
		}
		broken := source([2]int64{3600, 512})
		broken.err = errors.New("jobs.csv:7: bad")
		if _, err := drain(wrap(broken)); !errors.Is(err, broken.err) {
			t.Errorf("%s: error %v, want the source's", name, err)
		}
	}
}

func arrivalsOf(tasks []full) string {
	var s []string
	for _, f := range tasks {
		s = append(s, fmt.Sprintf("%g:%d", f.At.Seconds(), f.Size.CPU))
	}
	return strings.Join(s, " ")
}

func TestWindow(t *testing.T) {
	src := func() Tasks { return source([2]int64{1, 1}, [2]int64{5, 2}, [2]int64{9, 3}, [2]int64{10, 4}) }
	if got := arrivalsOf(collect(t, Window(src(), 5*sim.Second, 10*sim.Second, false))); got != "5:2 9:3" {
		t.Errorf("got %q", got)
	}
	moved := collect(t, Window(src(), 5*sim.Second, 10*sim.Second, true))
	if got := arrivalsOf(moved); got != "0:2 4:3" || moved[1].Deadline != 64*sim.Second {
		t.Errorf("got %q, deadline %v", got, moved[1].Deadline)
	}
}

func TestStretchAndScaleRun(t *testing.T) {
	got := collect(t, Stretch(source([2]int64{10, 1}), 3))[0]
	if got.At != 30*sim.Second || got.Run != 3*sim.Second || got.Deadline != 210*sim.Second {
		t.Errorf("stretch: %+v, want all times threefold", got)
	}
	got = collect(t, StretchArrivals(source([2]int64{10, 1}), 0.5))[0]
	if got.At != 5*sim.Second || got.Run != sim.Second || got.Deadline != 65*sim.Second {
		t.Errorf("stretch arrivals: %+v, want the arrival halved and the task as it was", got)
	}
	got = collect(t, ScaleRun(source([2]int64{10, 1}), 4))[0]
	if got.At != 10*sim.Second || got.Run != 4*sim.Second || got.Deadline != 70*sim.Second {
		t.Errorf("scale run: %+v, want only the run time fourfold", got)
	}
	same := collect(t, Stretch(drawn(t, sim.Hour), 1))
	if !reflect.DeepEqual(same, collect(t, drawn(t, sim.Hour))) {
		t.Error("stretched by 1 the tasks changed")
	}
}

func TestScaleRateCounts(t *testing.T) {
	base := len(collect(t, drawn(t, 24*sim.Hour)))
	for _, f := range []float64{0, 0.25, 0.8, 1, 1.2, 2, 3.7} {
		n := len(collect(t, ScaleRate(drawn(t, 24*sim.Hour), f, DefaultJitter, sim.Stream(1, 0, "x"))))
		want := f * float64(base)
		if frac := f - math.Floor(f); math.Abs(float64(n)-want) > 5*math.Sqrt(float64(base)*frac*(1-frac)) {
			t.Errorf("scaled by %v: %d tasks of %d, want about %v", f, n, base, want)
		}
	}
}

// Copies without jitter come after all originals of their time, in order.
func TestScaleRateTies(t *testing.T) {
	got := collect(t, ScaleRate(source([2]int64{5, 1}, [2]int64{5, 2}, [2]int64{6, 3}), 3, 0, sim.Stream(1, 0, "x")))
	if a, want := arrivalsOf(got), "5:1 5:2 5:1 5:1 5:2 5:2 6:3 6:3 6:3"; a != want {
		t.Errorf("got %q, want %q", a, want)
	}
}

func TestMergeOrder(t *testing.T) {
	m := Merge(source([2]int64{1, 10}, [2]int64{5, 11}), source([2]int64{0, 20}, [2]int64{5, 21}, [2]int64{5, 22}), source(), source([2]int64{5, 40}))
	if got, want := arrivalsOf(collect(t, m)), "0:20 1:10 5:11 5:21 5:22 5:40"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := m.(Reporter).LeftOut(); n != 8 {
		t.Errorf("left out %d, want 2 of each of four", n)
	}
	if got := collect(t, Merge()); len(got) != 0 {
		t.Errorf("merge of nothing: %v", got)
	}
}

func TestRepeat(t *testing.T) {
	opened := 0
	open := func() (Tasks, error) {
		opened++
		return source([2]int64{0, int64(opened)}, [2]int64{7, 9}), nil
	}
	src, err := Repeat(open, 3, 10*sim.Second)
	if err != nil {
		t.Fatal(err)
	}
	got := collect(t, src)
	if a, want := arrivalsOf(got), "0:1 7:9 10:2 17:9 20:3 27:9"; a != want {
		t.Errorf("got %q, want %q", a, want)
	}
	if got[5].Deadline != 87*sim.Second {
		t.Errorf("deadline %v, want 60 s after the arrival", got[5].Deadline)
	}
	if n := src.(Reporter).LeftOut(); n != 6 {
		t.Errorf("left out %d, want 2 a round", n)
	}
	src, err = Repeat(open, 2, 7*sim.Second)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := drain(src); err == nil || !strings.Contains(err.Error(), "longer period") {
		t.Errorf("a task at the period: error %v", err)
	}
	if _, err := Repeat(open, 0, sim.Second); err == nil {
		t.Error("no rounds: want an error")
	}
}

// Splitting: as few pieces as fit, none larger, and everything adds up except
// memory, which is rounded up by less than a MiB a piece.
func TestSplitConserves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := Shape{CPU: units.CPU(rapid.Int64Range(0, 1<<20).Draw(t, "cpu")),
			Memory: units.MiB(rapid.Int64Range(0, 1<<40).Draw(t, "memory")), GPU: rapid.IntRange(0, 64).Draw(t, "gpu")}
		most := units.CPU(rapid.Int64Range(1<<10, 1<<16).Draw(t, "most"))
		l := &listed{}
		whole := Task{At: 5, Shape: l.shapes.Intern(size), Work: units.Work(rapid.Int64Range(1e6, 1<<62).Draw(t, "work"))}
		l.tasks = []Task{whole}
		s := Split(l, most)
		pieces, err := drain(s)
		if err != nil {
			t.Fatal(err)
		}
		if n := max(int((size.CPU+most-1)/most), 1); len(pieces) != n {
			t.Fatalf("%v at most %v: %d pieces, want %d", size, most, len(pieces), n)
		}
		var sum Shape
		var work units.Work
		for _, p := range pieces {
			if p.Size.CPU > most || p.At != whole.At {
				t.Fatalf("piece %+v of at most %v", p, most)
			}
			sum.CPU += p.Size.CPU
			sum.Memory += p.Size.Memory
			sum.GPU += p.Size.GPU
			work += p.Work
		}
		extra := sum.Memory - size.Memory
		if sum.CPU != size.CPU || sum.GPU != size.GPU || work != whole.Work || extra < 0 || int(extra) >= len(pieces) {
			t.Fatalf("%v, work %d, split into %d: %v, work %d", size, whole.Work, len(pieces), sum, work)
		}
		if o := s.(Reporter).Oddities(); (len(o) == 2) != (len(pieces) > 1) {
			t.Fatalf("oddities %v for %d pieces", o, len(pieces))
		}
	})
}

func TestTransformsDoNotAllocate(t *testing.T) {
	r := sim.Stream(1, 0, "x")
	for name, src := range map[string]Tasks{
		"batch": drawn(t, 1e6*sim.Hour),
		"all":   Split(ScaleRun(Stretch(Thin(ScaleRate(Window(Merge(drawn(t, 1e6*sim.Hour), drawn(t, 1e6*sim.Hour)), 0, 1e6*sim.Hour, true), 2.5, 0, r), 0.5, r), 1.5), 2), 1500),
	} {
		var task Task
		for range 20_000 { // every shape has been met
			src.Next(&task)
		}
		if n := testing.AllocsPerRun(5000, func() { src.Next(&task) }); n != 0 {
			t.Errorf("%s: %v allocations a task", name, n)
		}
	}
}

func rateSteps(t testing.TB, r Rates) string {
	t.Helper()
	var out []string
	var s Step
	for {
		ok, err := r.Next(&s)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return strings.Join(out, " ")
		}
		out = append(out, fmt.Sprintf("%g-%g:%g", s.From.Seconds(), s.Until.Seconds(), s.PerSecond))
	}
}

type steps []Step

func (l *steps) Next(s *Step) (bool, error) {
	if len(*l) == 0 {
		return false, nil
	}
	*s, *l = (*l)[0], (*l)[1:]
	return true, nil
}

func stepsOf(x ...float64) *steps {
	var l steps
	for i := 0; i+2 < len(x); i += 2 {
		l = append(l, Step{sim.Seconds(x[i]), sim.Seconds(x[i+2]), x[i+1]})
	}
	return &l
}

func TestRateTransforms(t *testing.T) {
	src := func() Rates { return stepsOf(0, 5, 10, 7, 20, 9, 30) }
	for _, c := range []struct {
		name string
		got  Rates
		want string
	}{
		{"window", WindowRates(src(), 5*sim.Second, 25*sim.Second, false), "5-10:5 10-20:7 20-25:9"},
		{"window, rebased", WindowRates(src(), 10*sim.Second, 20*sim.Second, true), "0-10:7"},
		{"scale", ScaleRates(src(), 2), "0-10:10 10-20:14 20-30:18"},
		{"stretch", StretchRates(src(), 2), "0-20:2.5 20-40:3.5 40-60:4.5"},
		{"merge", MergeRates(src(), stepsOf(0, 1, 15, 2, 40)), "0-10:6 10-15:8 15-20:9 20-30:11 30-40:2"},
		{"merge with a gap", MergeRates(stepsOf(0, 1, 5), stepsOf(10, 2, 20)), "0-5:1 5-10:0 10-20:2"},
	} {
		if got := rateSteps(t, c.got); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	rep, err := RepeatRates(func() (Rates, error) { return stepsOf(0, 5, 10), nil }, 2, 12*sim.Second)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := rateSteps(t, rep), "0-10:5 10-12:0 12-22:5 22-24:0"; got != want {
		t.Errorf("repeat: got %s, want %s", got, want)
	}
	rep, _ = RepeatRates(func() (Rates, error) { return stepsOf(0, 5, 10), nil }, 2, 9*sim.Second)
	var s Step
	if _, err := rep.Next(&s); err == nil {
		t.Error("repeat with a period shorter than the source: want an error")
	}
}
