package workloads

import (
	"fmt"

	"ecsim/sim"
)

// WindowRates keeps the rate in [from, to). With rebase, from becomes time
// zero.
func WindowRates(src Rates, from, to sim.Time, rebase bool) Rates {
	w := &windowRates{src: src, from: from, to: to}
	if rebase {
		w.shift = from
	}
	return w
}

type windowRates struct {
	src             Rates
	from, to, shift sim.Time
	over            bool
}

func (w *windowRates) Next(s *Step) (bool, error) {
	for !w.over {
		ok, err := w.src.Next(s)
		if !ok || err != nil {
			return ok, err
		}
		w.over = s.Until >= w.to
		s.From, s.Until = max(s.From, w.from), min(s.Until, w.to)
		if s.From < s.Until {
			s.From -= w.shift
			s.Until -= w.shift
			return true, nil
		}
	}
	return false, nil
}

// ScaleRates multiplies the rate by f, 0 or more.
func ScaleRates(src Rates, f float64) Rates {
	if !(f >= 0) || f > 1e12 {
		panic(fmt.Sprintf("workloads: ScaleRates by %v: want a factor of 0 to 10^12", f))
	}
	return &mapRates{src, 1, f}
}

// StretchRates multiplies times by k, over 0, and divides the rate by it: as
// many events, spread over k times as long.
func StretchRates(src Rates, k float64) Rates {
	return &mapRates{src, factor("StretchRates", k), 1 / k}
}

type mapRates struct {
	src         Rates
	times, rate float64
}

func (m *mapRates) Next(s *Step) (bool, error) {
	for {
		ok, err := m.src.Next(s)
		if !ok || err != nil {
			return ok, err
		}
		s.From = sim.Time(times(int64(s.From), m.times))
		s.Until = sim.Time(times(int64(s.Until), m.times))
		s.PerSecond *= m.rate
		if s.From < s.Until { // a step may shrink to nothing
			return true, nil
		}
	}
}

// RepeatRates plays a source n times, each round one period after the one
// before. open starts the source anew. A round that ends before the period is
// followed by a rate of 0; one that lasts longer is an error.
func RepeatRates(open func() (Rates, error), n int, period sim.Time) (Rates, error) {
	if n < 1 || period <= 0 || int64(period) > maxDraw/int64(n) {
		return nil, fmt.Errorf("repeat: got %d rounds of %v, want at least one round, a period over 0 and under 146 years in all", n, period)
	}
	src, err := open()
	return &repeatRates{src: src, open: open, left: n, period: period}, err
}

type repeatRates struct {
	src    Rates
	open   func() (Rates, error)
	left   int
	period sim.Time
	start  sim.Time // of this round
	t      sim.Time // end of the last step, within the round
}

func (r *repeatRates) Next(s *Step) (bool, error) {
	for r.left > 0 {
		ok, err := r.src.Next(s)
		if err != nil {
			return false, err
		}
		if ok {
			if s.Until > r.period {
				return false, fmt.Errorf("repeat: got a rate until %v in a source repeated every %v, want a longer period or a window that ends before it", s.Until, r.period)
			}
			r.t = s.Until
			s.From += r.start
			s.Until += r.start
			return true, nil
		}
		*s = Step{From: r.start + r.t, Until: r.start + r.period}
		r.start += r.period
		r.t = 0
		if r.left--; r.left > 0 {
			if r.src, err = r.open(); err != nil {
				r.left = 0
				return false, err
			}
		}
		if s.From < s.Until {
			return true, nil
		}
	}
	return false, nil
}

// MergeRates adds sources up, from the start of the first step of any to the
// end of the last; where a source has no step its rate is 0.
func MergeRates(sources ...Rates) Rates {
	return &mergeRates{sources: sources, steps: make([]Step, len(sources)), ended: make([]bool, len(sources))}
}

type mergeRates struct {
	sources []Rates
	steps   []Step // the step each source is in or comes to
	ended   []bool
	started bool
	t       sim.Time
}

func (m *mergeRates) Next(s *Step) (bool, error) {
	for i, src := range m.sources {
		for !m.ended[i] && (!m.started || m.steps[i].Until <= m.t) {
			ok, err := src.Next(&m.steps[i])
			if err != nil {
				return false, err
			}
			m.ended[i] = !ok
			if !m.started {
				break
			}
		}
	}
	from, until, rate := sim.MaxTime, sim.MaxTime, 0.0
	for i, step := range m.steps {
		if !m.ended[i] {
			from = min(from, max(step.From, m.t))
		}
	}
	if from == sim.MaxTime {
		return false, nil
	}
	if m.started {
		from = m.t
	}
	for i, step := range m.steps {
		switch {
		case m.ended[i]:
		case step.From > from:
			until = min(until, step.From)
		default:
			until = min(until, step.Until)
			rate += step.PerSecond
		}
	}
	*s = Step{From: from, Until: until, PerSecond: rate}
	m.started, m.t = true, until
	return true, nil
}
