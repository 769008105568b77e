package workloads

import (
	"fmt"
	"math"
	"math/rand/v2"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// under is the source that a transform wraps. What a trace reader reports
// passes through.
type under struct{ src Tasks }

func (u under) Shapes() *Shapes { return u.src.Shapes() }

// LeftOut returns the source's count, 0 for drawn work.
func (u under) LeftOut() int64 {
	if r, ok := u.src.(Reporter); ok {
		return r.LeftOut()
	}
	return 0
}

// Oddities returns the source's, none for drawn work.
func (u under) Oddities() []Oddity {
	if r, ok := u.src.(Reporter); ok {
		return r.Oddities()
	}
	return nil
}

// Window keeps the tasks that arrive in [from, to) and numbers them anew. With
// rebase, from becomes time zero for arrivals and deadlines.
func Window(src Tasks, from, to sim.Time, rebase bool) Tasks {
	w := &window{under: under{src}, from: from, to: to}
	if rebase {
		w.shift = from
	}
	return w
}

type window struct {
	under
	from, to, shift sim.Time
	index           uint64
	over            bool
}

func (w *window) Next(t *Task) (bool, error) {
	if w.over {
		return false, nil
	}
	for {
		ok, err := w.src.Next(t)
		if !ok || err != nil {
			return ok, err
		}
		if t.At >= w.to {
			w.over = true
			return false, nil
		}
		if t.At < w.from {
			continue
		}
		t.At -= w.shift
		if t.Deadline > 0 {
			// A deadline before the new time zero stays one: 0 would be none.
			t.Deadline = max(t.Deadline-w.shift, 1)
		}
		t.Index = w.index
		w.index++
		return true, nil
	}
}

// Thin keeps each task with probability p, 0 to 1, and numbers the kept ones
// anew. A Poisson process thinned is Poisson at p times the rate.
func Thin(src Tasks, p float64, r *rand.Rand) Tasks {
	if !(p >= 0 && p <= 1) {
		panic(fmt.Sprintf("workloads: Thin(%v): want 0 to 1", p))
	}
	return &thin{under: under{src}, p: p, r: r}
}

type thin struct {
	under
	p     float64
	r     *rand.Rand
	index uint64
}

func (k *thin) Next(t *Task) (bool, error) {
	for {
		ok, err := k.src.Next(t)
		if !ok || err != nil {
			return ok, err
		}
		if uniform(k.r) < k.p {
			t.Index = k.index
			k.index++
			return true, nil
		}
	}
}

// Stretch multiplies every time by k, over 0: arrivals, run times, works and
// deadlines. The same capacity then sees the same picture, k times as slow.
func Stretch(src Tasks, k float64) Tasks {
	return &stretch{under{src}, factor("Stretch", k), factor("Stretch", k)}
}

// StretchArrivals multiplies arrival times by k, over 0, and leaves each task
// as it is, its deadline as long after the arrival as before: the same tasks
// at 1/k of the rate.
func StretchArrivals(src Tasks, k float64) Tasks {
	return &stretch{under{src}, factor("StretchArrivals", k), 1}
}

// ScaleRun multiplies run times and works by k, over 0. Deadlines stay.
func ScaleRun(src Tasks, k float64) Tasks {
	return &scaleRun{under{src}, factor("ScaleRun", k)}
}

func factor(name string, k float64) float64 {
	if !(k > 0) || math.IsInf(k, 1) {
		panic(fmt.Sprintf("workloads: %s by %v: want a finite factor over 0", name, k))
	}
	return k
}

type stretch struct {
	under
	arrivals, lengths float64
}

func (s *stretch) Next(t *Task) (bool, error) {
	ok, err := s.src.Next(t)
	if !ok || err != nil {
		return ok, err
	}
	slack := t.Deadline - t.At
	t.At = sim.Time(times(int64(t.At), s.arrivals))
	if t.Deadline > 0 {
		t.Deadline = t.At + sim.Time(times(int64(slack), s.lengths))
	}
	lengthen(t, s.lengths)
	return true, nil
}

type scaleRun struct {
	under
	k float64
}

func (s *scaleRun) Next(t *Task) (bool, error) {
	ok, err := s.src.Next(t)
	if ok && err == nil {
		lengthen(t, s.k)
	}
	return ok, err
}

func lengthen(t *Task, k float64) {
	if t.Run > 0 {
		t.Run = sim.Time(max(times(int64(t.Run), k), 1))
	}
	if t.Work > 0 {
		t.Work = units.Work(max(times(int64(t.Work), k), 1))
	}
}

// times returns n x k rounded down, exactly n for a k of 1, and at most 2^62.
// Rounding one way keeps the order of times.
func times(n int64, k float64) int64 {
	if k == 1 {
		return n
	}
	x := float64(n) * k
	if x >= maxDraw {
		return maxDraw
	}
	return int64(math.Floor(x))
}

// Repeat plays a source n times, each round one period after the one before.
// open starts the source anew; each round takes it from the beginning. A task
// at or after the period is an error, since rounds would overlap; cut the
// source with Window first if they should not.
func Repeat(open func() (Tasks, error), n int, period sim.Time) (Tasks, error) {
	if n < 1 || period <= 0 || int64(period) > maxDraw/int64(n) {
		return nil, fmt.Errorf("repeat: got %d rounds of %v, want at least one round, a period over 0 and under 146 years in all", n, period)
	}
	src, err := open()
	if err != nil {
		return nil, err
	}
	return &repeat{under: under{src}, open: open, left: n, period: period}, nil
}

type repeat struct {
	under
	open   func() (Tasks, error)
	left   int // rounds left, this one included
	period sim.Time
	start  sim.Time // of this round
	index  uint64
	table  shapeTable
	past   passed
}

func (r *repeat) Shapes() *Shapes { return &r.table.shapes }

// LeftOut counts all rounds so far.
func (r *repeat) LeftOut() int64 { return r.past.leftOut + r.under.LeftOut() }

// Oddities counts all rounds so far.
func (r *repeat) Oddities() []Oddity { return addOddities(r.past.oddities, r.under.Oddities()) }

func (r *repeat) Next(t *Task) (bool, error) {
	for {
		if r.left == 0 {
			return false, nil
		}
		ok, err := r.src.Next(t)
		if err != nil {
			return false, err
		}
		if ok {
			break
		}
		if r.left--; r.left == 0 {
			return false, nil
		}
		r.past = passed{r.LeftOut(), r.Oddities()}
		if r.src, err = r.open(); err != nil {
			r.left = 0
			return false, err
		}
		r.start += r.period
		r.table.remap = r.table.remap[:0]
	}
	if t.At >= r.period {
		return false, fmt.Errorf("repeat: got a task at %v in a source repeated every %v, want a longer period or a window that ends before it", t.At, r.period)
	}
	t.Shape = r.table.translate(r.src, t.Shape)
	t.At += r.start
	if t.Deadline > 0 {
		t.Deadline += r.start
	}
	t.Index = r.index
	r.index++
	return true, nil
}

// passed is what earlier rounds of a repeated trace reported.
type passed struct {
	leftOut  int64
	oddities []Oddity
}

// addOddities adds counts rule by rule, in order of first appearance.
func addOddities(a, b []Oddity) []Oddity {
	out := append([]Oddity(nil), a...)
next:
	for _, o := range b {
		for i := range out {
			if out[i].Rule == o.Rule {
				out[i].Count += o.Count
				continue next
			}
		}
		out = append(out, o)
	}
	return out
}

// shapeTable holds a transform's own shapes and translates a source's
// indices.
type shapeTable struct {
	shapes Shapes
	remap  []int32 // source index -> own index + 1; 0 is not yet known
}

func (s *shapeTable) translate(src Tasks, i int32) int32 {
	return translate(&s.shapes, &s.remap, src, i)
}

func translate(into *Shapes, remap *[]int32, src Tasks, i int32) int32 {
	for int(i) >= len(*remap) {
		*remap = append(*remap, 0)
	}
	if (*remap)[i] == 0 {
		(*remap)[i] = into.Intern(src.Shapes().At(i)) + 1
	}
	return (*remap)[i] - 1
}
