package result

import (
	"fmt"
	"math"
	"strings"

	"ecsim/sim/experiment"
)

// Bound is what a gate binds of a figure: the figure itself, or how it came out
// over the replications.
type Bound string

// The bounds, as they end a gate's path.
const (
	BoundFigure Bound = ""        // the figure as printed; of quantiles that of all replications together
	BoundMean   Bound = "mean"    // the mean of the replications' own figures
	BoundLower  Bound = "lower95" // the lower end of the 95 % interval of that mean
	BoundUpper  Bound = "upper95" // the upper end
)

// findBound is Find for a path that may end in a bound. A metric whose own name
// ends so, such as instances.mean, is that metric.
func findBound(path string) (m *Metric, workload string, b Bound, err error) {
	if m, workload, err = Find(path); err == nil {
		return m, workload, BoundFigure, nil
	}
	for _, b := range []Bound{BoundMean, BoundLower, BoundUpper} {
		base, ok := strings.CutSuffix(path, "."+string(b))
		if !ok {
			continue
		}
		m, workload, err := Find(base)
		if err != nil {
			return nil, "", b, fmt.Errorf("%w, and %q binds its %s", err, "."+string(b), b.words())
		}
		if (m.Kind == KindPeak || m.Kind == KindLow) && b != BoundMean {
			return nil, "", b, fmt.Errorf("%s is the %s over replications, which has no interval; bind %q or %q", base,
				map[Kind]string{KindPeak: "highest", KindLow: "lowest"}[m.Kind], base, base+".mean")
		}
		return m, workload, b, nil
	}
	return nil, "", BoundFigure, err
}

func (b Bound) words() string {
	switch b {
	case BoundMean:
		return "mean over replications"
	case BoundLower:
		return "95 % interval's lower end"
	case BoundUpper:
		return "95 % interval's upper end"
	}
	return "figure"
}

// Unbound is a gate's path without its bound: the metric's.
func Unbound(path string) string {
	m, workload, _, err := findBound(path)
	if err != nil {
		return path
	}
	return m.For(workload)
}

// Column is the gate's path as a CSV column.
func (g Gate) Column() string {
	name := g.Metric.Column(g.Workload)
	if g.Bound != BoundFigure {
		name += "_" + string(g.Bound)
	}
	return name
}

// Interval tells whether the gate needs one, and so two replications or
// batches.
func (g Gate) Interval() bool { return g.Bound == BoundLower || g.Bound == BoundUpper }

// interval is the 95 % interval of the mean over replications, NaNs without
// one.
func (e *Estimate) interval() (lower, upper float64) {
	if math.IsNaN(e.Half) {
		return math.NaN(), math.NaN()
	}
	m := e.mean()
	return m - e.Half, m + e.Half
}

// mean is that of the replications which have the figure.
func (e *Estimate) mean() float64 {
	var have []float64
	for _, v := range e.Each {
		if !math.IsNaN(v) {
			have = append(have, v)
		}
	}
	m, _ := experiment.Interval(have, Confidence)
	return m
}

// of is what is bound of a figure.
func (b Bound) of(e *Estimate) Value {
	v := e.Value
	switch b {
	case BoundFigure:
		return v
	case BoundMean:
		v.V = e.mean()
	case BoundLower:
		v.V, _ = e.interval()
	case BoundUpper:
		_, v.V = e.interval()
	}
	v.OK = v.OK && !math.IsNaN(v.V)
	if v.LowerBound {
		v.Upper = math.Inf(1) // known of the figure, not of its interval
	}
	return v
}
