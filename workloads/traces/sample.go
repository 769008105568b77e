package traces

import (
	"fmt"
	"math"
	"slices"

	"github.com/DataDog/sketches-go/ddsketch"
)

// exactValues is how many values of a column are kept for exact quantiles
// (32 MB); beyond it they go into a sketch.
const exactValues = 4_000_000

// sketchAccuracy is the relative error of sketched quantiles.
const sketchAccuracy = 0.005

// Quantiles summarises a column. Quantile p is the value at position
// floor(p x n) of the sorted values, so it is always one of them.
type Quantiles struct {
	Count    int64   `json:"count"`
	Mean     float64 `json:"mean"`
	P5       float64 `json:"p5"`
	P25      float64 `json:"p25"`
	P50      float64 `json:"p50"`
	P75      float64 `json:"p75"`
	P90      float64 `json:"p90"`
	P95      float64 `json:"p95"`
	P99      float64 `json:"p99"`
	Max      float64 `json:"max"`
	CV       float64 `json:"cv"`       // standard deviation / mean
	Sketched bool    `json:"sketched"` // quantiles within 0.5 % instead of exact
}

// sample collects values for Quantiles.
type sample struct {
	limit  int
	values []float64
	sketch *ddsketch.DDSketch
	n      int64
	sum    float64
	// mean and m2 follow Welford, so that the spread of values far from zero
	// (Unix times) does not cancel out.
	mean, m2, most float64
}

func newSample() *sample { return &sample{limit: exactValues, most: math.Inf(-1)} }

func (s *sample) add(v float64) error {
	s.n++
	s.sum += v
	d := v - s.mean
	s.mean += d / float64(s.n)
	s.m2 += d * (v - s.mean)
	s.most = max(s.most, v)
	if s.sketch == nil {
		if s.values = append(s.values, v); len(s.values) <= s.limit {
			return nil
		}
		var err error
		if s.sketch, err = ddsketch.NewDefaultDDSketch(sketchAccuracy); err != nil {
			return fmt.Errorf("quantile sketch: %w", err)
		}
		for _, old := range s.values {
			if err := s.sketch.Add(old); err != nil {
				return fmt.Errorf("quantile sketch: %w", err)
			}
		}
		s.values = nil
		return nil
	}
	if err := s.sketch.Add(v); err != nil {
		return fmt.Errorf("quantile sketch: %w", err)
	}
	return nil
}

// variance is the population variance.
func (s *sample) variance() float64 {
	if s.n == 0 {
		return 0
	}
	return s.m2 / float64(s.n)
}

// quantiles summarises what was added; it sorts the sample. An empty sample
// gives zeros.
func (s *sample) quantiles() (Quantiles, error) {
	if s.n == 0 {
		return Quantiles{}, nil
	}
	q := Quantiles{Count: s.n, Mean: s.sum / float64(s.n), Max: s.most, Sketched: s.sketch != nil}
	if q.Mean != 0 {
		q.CV = math.Sqrt(s.variance()) / q.Mean
	}
	slices.Sort(s.values)
	for _, f := range []struct {
		percent int64
		to      *float64
	}{{5, &q.P5}, {25, &q.P25}, {50, &q.P50}, {75, &q.P75}, {90, &q.P90}, {95, &q.P95}, {99, &q.P99}} {
		if s.sketch == nil {
			*f.to = s.values[min(s.n-1, s.n*f.percent/100)]
			continue
		}
		v, err := s.sketch.GetValueAtQuantile(float64(f.percent) / 100)
		if err != nil {
			return q, fmt.Errorf("quantile sketch: %w", err)
		}
		*f.to = v
	}
	return q, nil
}
