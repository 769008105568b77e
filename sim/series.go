package sim

import "fmt"

// SeriesBuckets is the most buckets a Series holds.
const SeriesBuckets = 4096

// Series is a level's course over a whole run in bounded memory: the mean and
// the maximum per bucket of equal width. When all SeriesBuckets are used,
// neighbours merge and the width doubles, so the whole run is always covered.
// Between changes it integrates exactly. Make one with NewSeries.
type Series struct {
	value   int64
	last    Time // integrated so far
	width   Time
	buckets []bucketSum
	edge    Time // end of the last bucket
}

type bucketSum struct {
	sum Uint128 // value x ns
	max int64
}

// NewSeries returns a series that stands at 0 since time 0, in buckets of the
// given width at first. It panics unless width is positive.
func NewSeries(width Time) *Series {
	if width <= 0 {
		panic(fmt.Sprintf("sim: series with buckets of %v, want more than 0s", width))
	}
	return &Series{width: width}
}

// Set makes v, 0 or more, the value from now on.
func (s *Series) Set(now Time, v int64) {
	if v < 0 {
		panic(fmt.Sprintf("sim: series set to %d at %v; it stood at %d", v, now, s.value))
	}
	if now != s.last {
		s.advance(now)
	}
	s.value = v
}

// Add changes the value by d from now on; it must not fall below 0.
func (s *Series) Add(now Time, d int64) { s.Set(now, s.value+d) }

// Value is the current value.
func (s *Series) Value() int64 { return s.value }

// Finish integrates up to now, the end of the run. The series can go on.
func (s *Series) Finish(now Time) {
	if now != s.last {
		s.advance(now)
	}
}

// advance spreads the value over the buckets from last to now.
func (s *Series) advance(now Time) {
	if now < s.last {
		panic(fmt.Sprintf("sim: series changed at %v (%d ns), before its last change at %v (%d ns)", now, int64(now), s.last, int64(s.last)))
	}
	if now <= s.edge {
		// Nearly always a change falls into the bucket of the one before.
		b := &s.buckets[len(s.buckets)-1]
		b.sum = b.sum.AddMul(uint64(s.value), uint64(now-s.last))
		b.max = max(b.max, s.value)
		s.last = now
		return
	}
	for (now-1)/s.width >= SeriesBuckets {
		s.halve()
	}
	for s.last < now {
		i := int(s.last / s.width)
		if i == len(s.buckets) {
			s.buckets = append(s.buckets, bucketSum{})
		}
		until := now
		if left := s.width - s.last%s.width; left < now-s.last {
			until = s.last + left
		}
		b := &s.buckets[i]
		b.sum = b.sum.AddMul(uint64(s.value), uint64(until-s.last))
		b.max = max(b.max, s.value)
		s.last = until
	}
	s.edge = Time(len(s.buckets)) * s.width
}

// halve merges neighbours and doubles the width.
func (s *Series) halve() {
	n := (len(s.buckets) + 1) / 2
	for i := range n {
		b := s.buckets[2*i]
		if 2*i+1 < len(s.buckets) {
			next := s.buckets[2*i+1]
			b.sum = b.sum.Add(next.sum)
			b.max = max(b.max, next.max)
		}
		s.buckets[i] = b
	}
	s.buckets = s.buckets[:n]
	if s.width > MaxTime/2 {
		s.width = MaxTime
		return
	}
	s.width *= 2
}

// Width is the present width of a bucket: bucket i covers [i, i+1) x Width,
// the last only up to the time integrated so far.
func (s *Series) Width() Time { return s.width }

// Len is the number of buckets begun.
func (s *Series) Len() int { return len(s.buckets) }

// Mean is the time-weighted mean in bucket i, the last over the part covered.
func (s *Series) Mean(i int) float64 {
	covered := min(s.width, s.last-Time(i)*s.width)
	return s.buckets[i].sum.Float64() / float64(covered)
}

// Max is the highest value that held for some time in bucket i.
func (s *Series) Max(i int) int64 { return s.buckets[i].max }

// BucketIntegral is the sum of value x nanoseconds in bucket i.
func (s *Series) BucketIntegral(i int) Uint128 { return s.buckets[i].sum }

// Integral is the sum of value x nanoseconds over the time integrated so far:
// up to the last change or Finish.
func (s *Series) Integral() Uint128 {
	var sum Uint128
	for _, b := range s.buckets {
		sum = sum.Add(b.sum)
	}
	return sum
}
