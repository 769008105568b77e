package workloads

import (
	"fmt"
	"math"
	"math/rand/v2"

	"ecsim/sim"
)

// Merge joins sources into one, in order of arrival; tasks that arrive together
// come in the order of their sources. Tasks are numbered anew.
func Merge(sources ...Tasks) Tasks {
	return &merge{sources: sources, remap: make([][]int32, len(sources)), heads: make([]Task, len(sources))}
}

type merge struct {
	sources []Tasks
	remap   [][]int32
	shapes  Shapes
	heads   []Task
	heap    []int32 // sources with a head, least (At, source) first
	started bool
	index   uint64
}

func (m *merge) Shapes() *Shapes { return &m.shapes }

// LeftOut adds up the sources' counts.
func (m *merge) LeftOut() (n int64) {
	for _, s := range m.sources {
		n += under{s}.LeftOut()
	}
	return n
}

// Oddities adds up the sources' rules, in order of first appearance.
func (m *merge) Oddities() (all []Oddity) {
	for _, s := range m.sources {
		all = addOddities(all, under{s}.Oddities())
	}
	return all
}

func (m *merge) less(a, b int32) bool {
	return m.heads[a].At < m.heads[b].At || m.heads[a].At == m.heads[b].At && a < b
}

// sink restores the heap below position i.
func (m *merge) sink(i int) {
	for {
		c := 2*i + 1
		if c >= len(m.heap) {
			return
		}
		if c+1 < len(m.heap) && m.less(m.heap[c+1], m.heap[c]) {
			c++
		}
		if !m.less(m.heap[c], m.heap[i]) {
			return
		}
		m.heap[i], m.heap[c] = m.heap[c], m.heap[i]
		i = c
	}
}

func (m *merge) Next(t *Task) (bool, error) {
	if !m.started {
		m.started = true
		for i, s := range m.sources {
			ok, err := s.Next(&m.heads[i])
			if err != nil {
				return false, err
			}
			if ok {
				m.heap = append(m.heap, int32(i))
			}
		}
		for i := len(m.heap)/2 - 1; i >= 0; i-- {
			m.sink(i)
		}
	}
	if len(m.heap) == 0 {
		return false, nil
	}
	i := m.heap[0]
	*t = m.heads[i]
	t.Shape = translate(&m.shapes, &m.remap[i], m.sources[i], t.Shape)
	t.Index = m.index
	m.index++
	ok, err := m.sources[i].Next(&m.heads[i])
	if err != nil {
		return false, err
	}
	if !ok {
		last := len(m.heap) - 1
		m.heap[0] = m.heap[last]
		m.heap = m.heap[:last]
	}
	m.sink(0)
	return true, nil
}

// DefaultJitter is the jitter of ScaleRate's copies.
// Assumed: long enough that a copy is not placed together with its original,
// short enough to leave bursts as they are.
const DefaultJitter = sim.Minute

// ScaleRate multiplies the load by f, 0 or more. Below 1 it thins. From 1 on
// each task comes floor(f) times and once more with probability f - floor(f);
// the copies are like the original and arrive later by a uniform delay below
// jitter, their deadlines with them. Copies of the last tasks may so arrive up
// to a jitter after the source's end. Tasks are numbered anew.
//
// A Poisson source thinned is Poisson; one with copies is somewhat burstier
// than Poisson, as f jobs of a kind come close together. Recorded work has no
// rate to turn up, so copying is the least that can be assumed of it.
func ScaleRate(src Tasks, f float64, jitter sim.Time, r *rand.Rand) Tasks {
	if !(f >= 0) || f > 1e6 || jitter < 0 {
		panic(fmt.Sprintf("workloads: ScaleRate by %v with jitter %v: want a factor of 0 to 1,000,000 and a jitter of 0 or more", f, jitter))
	}
	if f <= 1 {
		return Thin(src, f, r)
	}
	return &copies{under: under{src}, f: f, jitter: jitter, r: r}
}

type copies struct {
	under
	f      float64
	jitter sim.Time
	r      *rand.Rand

	head    Task // the source's next task
	state   headState
	pending []pendingTask // heap by (At, order made)
	made    uint64
	index   uint64
}

type headState int8

const (
	headUnread headState = iota
	headReady
	headEnded
)

type pendingTask struct {
	Task
	order uint64
}

func (c *copies) Next(t *Task) (bool, error) {
	if c.state == headUnread {
		if err := c.read(); err != nil {
			return false, err
		}
	}
	switch {
	case len(c.pending) > 0 && (c.state == headEnded || c.pending[0].At < c.head.At):
		*t = c.pop()
	case c.state == headEnded:
		return false, nil
	default:
		*t = c.head
		n := int(c.f) - 1
		if uniform(c.r) < c.f-math.Floor(c.f) {
			n++
		}
		for range n {
			x := c.head
			delay := sim.Time(uniform(c.r) * float64(c.jitter))
			x.At += delay
			if x.Deadline > 0 {
				x.Deadline += delay
			}
			c.push(x)
		}
		if err := c.read(); err != nil {
			return false, err
		}
	}
	t.Index = c.index
	c.index++
	return true, nil
}

func (c *copies) read() error {
	ok, err := c.src.Next(&c.head)
	c.state = headReady
	if !ok || err != nil {
		c.state = headEnded
	}
	return err
}

func (c *copies) before(i, j int) bool {
	a, b := &c.pending[i], &c.pending[j]
	return a.At < b.At || a.At == b.At && a.order < b.order
}

func (c *copies) push(t Task) {
	c.pending = append(c.pending, pendingTask{t, c.made})
	c.made++
	for i := len(c.pending) - 1; i > 0; {
		up := (i - 1) / 2
		if !c.before(i, up) {
			return
		}
		c.pending[i], c.pending[up] = c.pending[up], c.pending[i]
		i = up
	}
}

func (c *copies) pop() Task {
	top := c.pending[0].Task
	last := len(c.pending) - 1
	c.pending[0] = c.pending[last]
	c.pending = c.pending[:last]
	for i := 0; ; {
		k := 2*i + 1
		if k >= last {
			return top
		}
		if k+1 < last && c.before(k+1, k) {
			k++
		}
		if !c.before(k, i) {
			return top
		}
		c.pending[i], c.pending[k] = c.pending[k], c.pending[i]
		i = k
	}
}
