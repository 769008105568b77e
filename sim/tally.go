package sim

import (
	"fmt"
	"math"
	"math/bits"
)

// Tally sums up a figure that occurs once per event, such as a wait in
// nanoseconds or a size in bytes: count, exact sum, extremes, and quantiles
// within 0.4 % by a sketch. Values are non-negative. Adding takes a few
// nanoseconds and memory grows with the range of the values only: a KiB per
// factor of two that occurs. The zero value is ready.
//
// The sketch is DDSketch (Masson, Rim and Lee, VLDB 2019) with linear
// interpolation between powers of two, 128 bins to each. A power of two makes
// the bin of an integer two shifts: no float decides anything, so the same
// values give the same bins on every machine and in any order of merging.
type Tally struct {
	count, censored uint64
	sum             Uint128
	min, max        int64  // of all values; meaningless while count is 0
	exact           sketch // values known
	bounds          sketch // values known to be at least that
}

// Bins: page 0 holds 0..127 one by one; page p > 0 holds [2^(p+6), 2^(p+7))
// in 128 bins of width 2^(p-1).
const (
	pageBits = 7
	pageBins = 1 << pageBits
	pages    = 64 - pageBits // up to 2^63-1
)

type sketch [pages]*[pageBins]uint64

// bin is the page and place of v, which is not negative.
func bin(v int64) (page, place int) {
	page = max(bits.Len64(uint64(v))-pageBits, 0)
	place = int(uint64(v)>>max(page-1, 0)) & (pageBins - 1)
	return page, place
}

// binEdges are the lowest and highest integers of a bin.
func binEdges(page, place int) (lo, hi int64) {
	if page == 0 {
		return int64(place), int64(place)
	}
	w := page - 1
	lo = int64(pageBins+place) << w
	return lo, lo + (1<<w - 1)
}

// binValue stands for the values of a bin: the harmonic mean of its edges, for
// which the largest relative error, 1/257, is least.
func binValue(page, place int) float64 {
	lo, hi := binEdges(page, place)
	if lo == hi {
		return float64(lo)
	}
	l, h := float64(lo), float64(hi)+1
	return 2 * l * h / (l + h)
}

func (s *sketch) add(v int64) {
	page, place := bin(v)
	p := s[page]
	if p == nil {
		p = new([pageBins]uint64)
		s[page] = p
	}
	p[place]++
}

func (s *sketch) reset() {
	for _, p := range s {
		if p != nil {
			clear(p[:])
		}
	}
}

func (s *sketch) at(page, place int) uint64 {
	if s[page] == nil {
		return 0
	}
	return s[page][place]
}

func (s *sketch) merge(o *sketch) {
	for i, p := range o {
		if p == nil {
			continue
		}
		if s[i] == nil {
			s[i] = new([pageBins]uint64)
		}
		for j, n := range p {
			s[i][j] += n
		}
	}
}

// countAtMost counts the values in v's bin and those below.
func (s *sketch) countAtMost(v int64) uint64 {
	page, place := bin(v)
	var n uint64
	for i := range page {
		if s[i] != nil {
			for _, c := range s[i] {
				n += c
			}
		}
	}
	if s[page] != nil {
		for _, c := range s[page][:place+1] {
			n += c
		}
	}
	return n
}

// Add counts the value v. It panics if v is negative.
func (t *Tally) Add(v int64) {
	t.enter(v)
	t.exact.add(v)
}

// AddN counts the value v, not negative, n times: what is the same for a
// great many, such as no wait at all, is cheaper to count at the end.
func (t *Tally) AddN(v int64, n uint64) {
	if n == 0 {
		return
	}
	t.Add(v)
	page, place := bin(v)
	t.exact[page][place] += n - 1
	t.count += n - 1
	t.sum = t.sum.AddMul(uint64(v), n-1)
}

// AddAtLeast counts a value of which only a lower bound is known, such as the
// wait of a task that still waits when the simulation ends. It enters count,
// sum, extremes and quantiles as v, and every quantile that it could move by
// more than 1 % says so.
func (t *Tally) AddAtLeast(v int64) {
	t.enter(v)
	t.bounds.add(v)
	t.censored++
}

func (t *Tally) enter(v int64) {
	if v < 0 {
		panic(fmt.Sprintf("sim: tally of %d, want 0 or more", v))
	}
	if t.count == 0 || v < t.min {
		t.min = v
	}
	t.max = max(t.max, v)
	t.count++
	t.sum = t.sum.Add(Uint128{Lo: uint64(v)})
}

// Reset empties the tally and keeps its memory for values like those it had.
func (t *Tally) Reset() {
	t.count, t.censored, t.sum, t.min, t.max = 0, 0, Uint128{}, 0, 0
	t.exact.reset()
	t.bounds.reset()
}

// Count is how many values were added, censored ones included.
func (t *Tally) Count() uint64 { return t.count }

// Censored is how many of them were lower bounds.
func (t *Tally) Censored() uint64 { return t.censored }

// Sum is the exact sum of all values.
func (t *Tally) Sum() Uint128 { return t.sum }

// Mean is Sum over Count, and 0 for an empty tally. With censored values it
// is a lower bound.
func (t *Tally) Mean() float64 {
	if t.count == 0 {
		return 0
	}
	return t.sum.Float64() / float64(t.count)
}

// Min is the least value, and 0 for an empty tally.
func (t *Tally) Min() int64 { return t.min }

// Max is the greatest value, and 0 for an empty tally.
func (t *Tally) Max() int64 { return t.max }

// Quantile is the value that a share q of all values does not exceed: the one
// of rank ceil(q x count), within 0.4 %; q = 0 and q = 1 are the extremes,
// exactly. An empty tally has NaN. lowerBound says that censored values may
// hide a truth more than 1 % larger. It panics unless q is in
// [0, 1].
func (t *Tally) Quantile(q float64) (v float64, lowerBound bool) {
	if !(q >= 0 && q <= 1) {
		panic(fmt.Sprintf("sim: quantile %v, want 0 to 1", q))
	}
	if t.count == 0 {
		return math.NaN(), false
	}
	rank := uint64(math.Ceil(q * float64(t.count)))
	rank = min(max(rank, 1), t.count)
	if t.min == t.max && t.censored == 0 {
		return float64(t.min), false
	}
	page, place := t.atRank(rank)
	v = min(max(binValue(page, place), float64(t.min)), float64(t.max))
	switch rank {
	case 1:
		v = float64(t.min)
	case t.count:
		v = float64(t.max)
	}
	if t.censored > 0 {
		// Were every censored value infinite, the quantile would be the value
		// of the same rank among the others.
		if rank > t.count-t.censored {
			return v, true
		}
		most := binValue(atRank(rank, &t.exact))
		lowerBound = most > v*(1+lowerBoundShare)
	}
	return v, lowerBound
}

// lowerBoundShare is how much larger than the figure told the true quantile may
// be before it is called a lower bound.
const lowerBoundShare = 0.01

// atRank finds the bin of the value with that rank, from 1.
func (t *Tally) atRank(rank uint64) (page, place int) {
	return atRank(rank, &t.exact, &t.bounds)
}

func atRank(rank uint64, sketches ...*sketch) (page, place int) {
	left := rank
	for page := range pages {
		var some [2]*[pageBins]uint64 // those that have the page
		k := 0
		for _, s := range sketches {
			if s[page] != nil {
				some[k] = s[page]
				k++
			}
		}
		if k == 0 {
			continue
		}
		for place := range pageBins {
			n := some[0][place]
			if k > 1 {
				n += some[1][place]
			}
			if n >= left {
				return page, place
			}
			left -= n
		}
	}
	panic(fmt.Sprintf("sim: no value of rank %d, %d of them are missing", rank, left))
}

// CountAtMost counts the values known to be at most v, lower bounds left out.
// It is exact up to 255; above, values that exceed v by less than 0.8 % may
// count too.
func (t *Tally) CountAtMost(v int64) uint64 {
	if v < 0 {
		return 0
	}
	return t.exact.countAtMost(v)
}

// LeastAtMost is the smallest v with CountAtMost(v) >= rank, which is 1 to the
// number of values that are no lower bounds.
func (t *Tally) LeastAtMost(rank uint64) int64 {
	least, _ := binEdges(atRank(rank, &t.exact))
	return least
}

// ShareAtMost is CountAtMost over Count, and 1 for an empty tally, which
// breaks no limit.
func (t *Tally) ShareAtMost(v int64) float64 {
	if t.count == 0 {
		return 1
	}
	return float64(t.CountAtMost(v)) / float64(t.count)
}

// Point is a step of a cumulative distribution: the share of all values that
// do not exceed Value.
type Point struct{ Value, Share float64 }

// CDF lists the distribution, one point per value the sketch tells apart,
// censored values entering as their bounds. An empty tally has none.
func (t *Tally) CDF() []Point {
	var points []Point
	var seen uint64
	for page := range pages {
		if t.exact[page] == nil && t.bounds[page] == nil {
			continue
		}
		for place := range pageBins {
			n := t.exact.at(page, place) + t.bounds.at(page, place)
			if n == 0 {
				continue
			}
			seen += n
			v := min(max(binValue(page, place), float64(t.min)), float64(t.max))
			points = append(points, Point{v, float64(seen) / float64(t.count)})
		}
	}
	return points
}

// Merge adds all values of o, which is left as it is. The result is the same
// in whatever order tallies merge, to the bit.
func (t *Tally) Merge(o *Tally) {
	if o.count == 0 {
		return
	}
	if t.count == 0 || o.min < t.min {
		t.min = o.min
	}
	t.max = max(t.max, o.max)
	t.count += o.count
	t.censored += o.censored
	t.sum = t.sum.Add(o.sum)
	t.exact.merge(&o.exact)
	t.bounds.merge(&o.bounds)
}
