package workloads

import (
	"errors"
	"fmt"
	"math"
	"sort"
)

// valuesLaw takes each value with a probability in proportion to its weight.
type valuesLaw struct {
	values    []float64 // rising
	upTo      []float64 // probability of values[0..i]
	mean, std float64
}

func (l *valuesLaw) Quantile(u float64) float64 {
	i := sort.SearchFloat64s(l.upTo, u)
	return l.values[min(i, len(l.values)-1)]
}
func (l *valuesLaw) Mean() float64 { return l.mean }
func (l *valuesLaw) Std() float64  { return l.std }

func newValues(values, weights []float64) (Law, error) {
	if weights != nil && len(weights) != len(values) {
		return nil, fmt.Errorf("got %d weights for %d values, want as many", len(weights), len(values))
	}
	order := make([]int, len(values))
	sum := 0.0
	weight := func(i int) float64 {
		if weights == nil {
			return 1
		}
		return weights[i]
	}
	for i := range order {
		order[i] = i
		if !(weight(i) >= 0 && weight(i) < 1e15) {
			return nil, fmt.Errorf("got weight %v, want 0 to 10^15", weight(i))
		}
		sum += weight(i)
	}
	if !(sum > 0) {
		return nil, errors.New("got weights that add up to 0, want some over 0")
	}
	sort.SliceStable(order, func(i, j int) bool { return values[order[i]] < values[order[j]] })
	l := &valuesLaw{}
	so, square := 0.0, 0.0
	for _, i := range order {
		w := weight(i) / sum
		if w == 0 {
			continue // search would find it for a u at a boundary
		}
		so += w
		l.values, l.upTo = append(l.values, values[i]), append(l.upTo, so)
		l.mean += w * values[i]
	}
	for _, i := range order {
		d := values[i] - l.mean
		square += weight(i) / sum * d * d
	}
	l.std = math.Sqrt(square)
	return l, nil
}

// tableLaw joins quantiles by straight lines.
type tableLaw struct{ p, value []float64 } // p from 0 to 1

func (l *tableLaw) Quantile(u float64) float64 {
	i := min(max(sort.SearchFloat64s(l.p, u), 1), len(l.p)-1)
	a, b := l.p[i-1], l.p[i]
	return l.value[i-1] + (l.value[i]-l.value[i-1])*(u-a)/(b-a)
}

// Mean integrates the quantiles: a trapezium for each line.
func (l *tableLaw) Mean() (m float64) {
	for i := 1; i < len(l.p); i++ {
		m += (l.p[i] - l.p[i-1]) * (l.value[i] + l.value[i-1]) / 2
	}
	return m
}

func (l *tableLaw) Std() float64 {
	m, v := l.Mean(), 0.0
	for i := 1; i < len(l.p); i++ {
		a, b := l.value[i-1]-m, l.value[i]-m
		v += (l.p[i] - l.p[i-1]) * (a*a + a*b + b*b) / 3
	}
	return math.Sqrt(v)
}

var _ = RegisterDist(DistFamily{
	Name: "empirical",
	Doc: "What was measured: values with optional weights, each drawn as it is; or percentiles from p0 to p100, " +
		"as a dashboard shows them, joined by straight lines.",
	Source: "Law: Simulation Modeling and Analysis, 5th ed., section 8.3.16",
	Params: []DistParam{
		{"values", QuantitiesParam, "the values"},
		{"weights", NumbersParam, "how often each value comes, in proportion; all alike if left out"},
	},
	Percentiles: true,
	New: func(a DistArgs) (Law, error) {
		ps := a.Percentiles()
		switch {
		case a.Has("values") && len(ps) > 0:
			return nil, fmt.Errorf("got values and %s, want either values or percentiles", ps[0].Name)
		case a.Has("values"):
			return newValues(a.List("values"), a.List("weights"))
		case a.Has("weights"):
			return nil, missing("values")
		case len(ps) < 2:
			return nil, errors.New("got too little, want values, or percentiles from p0 to p100")
		case ps[0].P != 0:
			return nil, fmt.Errorf("p0, the least value, not given; below %s nothing is known", ps[0].Name)
		case ps[len(ps)-1].P != 100:
			return nil, fmt.Errorf("p100, the greatest value, not given; above %s nothing is known", ps[len(ps)-1].Name)
		}
		l := &tableLaw{}
		for i, p := range ps {
			if i > 0 && (p.Value < ps[i-1].Value || p.P == ps[i-1].P) {
				return nil, fmt.Errorf("got %s %s after %s %s, want percentiles that rise, each once",
					p.Name, a.Text(p.Name), ps[i-1].Name, a.Text(ps[i-1].Name))
			}
			l.p, l.value = append(l.p, p.P/100), append(l.value, p.Value)
		}
		return l, nil
	},
})
