package result

import (
	"fmt"
	"slices"
	"strings"
)

// Metric is one figure that can be read from a run. Its path is the name by
// which columns, gates, intervals and sweeps know it.
type Metric struct {
	// Path is "cost_per_month", or for a figure of each workload
	// "workload.NAME.time_to_running.p95" with NAME literally.
	Path   string
	Unit   Unit
	Better Better
	Kind   Kind
	Doc    string
	// Read takes the figure from a run; w is one of its workloads for a path
	// with NAME, else nil. For the kinds that pool it must use counts, tallies
	// and integrals of workloads only, for it then reads their sums.
	Read func(r *Run, w *Workload) Value
	// AtLeast is set for levels that a gate may bind for a share of the time
	// (">= 12 for 99.9%"): the share of the window with at least n.
	AtLeast func(w *Workload, n int64) Value
}

// Value is a figure read from a run. The zero Value means there is none, as
// for the wait of a workload that had no tasks.
type Value struct {
	V          float64 // in the metric's unit
	LowerBound bool    // the truth may be larger, for something still waited or ran at the end
	// Upper is the most the truth can be where LowerBound is set: what V would
	// be had those that still waited waited for ever. +Inf when nothing is
	// known; 0 and meaningless without LowerBound.
	Upper float64
	OK    bool
}

// Kind says how a figure folds over replications.
type Kind string

// The kinds. Only the value differs; its interval always comes from the
// replications' own values.
const (
	KindCount Kind = "count" // mean over replications
	KindLevel Kind = "level" // of a figure held over time: mean over replications
	KindMoney Kind = "money" // mean over replications
	KindTally Kind = "tally" // of all replications' values together: quantiles are never averaged
	KindShare Kind = "share" // of all replications' counts together
	KindPeak  Kind = "peak"  // highest over replications, without interval
	KindLow   Kind = "low"   // lowest over replications, without interval
)

// pools reports whether the kind reads the sums of all replications.
func (k Kind) pools() bool { return k == KindTally || k == KindShare }

// Better says which way a figure improves.
type Better string

// The ways.
const (
	Lower   Better = "lower"
	Higher  Better = "higher"
	Neither Better = "neither"
)

const workloadPrefix = "workload."

// PerWorkload reports whether the metric belongs to a workload.
func (m *Metric) PerWorkload() bool { return strings.HasPrefix(m.Path, workloadPrefix+"NAME.") }

// For is the metric's path for one workload: NAME replaced, in quotes when
// the name holds a dot.
func (m *Metric) For(workload string) string {
	if !m.PerWorkload() {
		return m.Path
	}
	return workloadPrefix + quoted(workload) + strings.TrimPrefix(m.Path, workloadPrefix+"NAME")
}

func quoted(name string) string {
	if strings.Contains(name, ".") {
		return `"` + name + `"`
	}
	return name
}

// Column is the path as a CSV column: dots become underscores and the unit
// stands last, "workload_jobs_time_to_running_p95_s".
func (m *Metric) Column(workload string) string {
	name := strings.NewReplacer(`"`, "", ".", "_", "-", "_", " ", "_").Replace(m.For(workload))
	if suffix := m.Unit.suffix(); suffix != "" && !strings.HasSuffix(name, "_"+suffix) {
		name += "_" + suffix
	}
	return name
}

var metrics = slices.Concat(costMetrics, capacityMetrics, taskMetrics, timeMetrics, deploymentMetrics)

// Metrics is the table: the platform's figures, then those of each workload.
// It is in a fixed order and the caller's to keep.
func Metrics() []Metric { return slices.Clone(metrics) }

// RegisterMetric adds a metric to the table. It is called before any run is
// read, from an init or a package variable; a path that is taken, or no Read,
// panics.
func RegisterMetric(m Metric) bool {
	if m.Read == nil || m.Path == "" {
		panic(fmt.Sprintf("result: metric %q has no path or no Read", m.Path))
	}
	if slices.ContainsFunc(metrics, func(o Metric) bool { return o.Path == m.Path }) {
		panic(fmt.Sprintf("result: metric %q is registered twice", m.Path))
	}
	metrics = append(metrics, m)
	return true
}

// Find returns the metric of a path and the workload it names, "" for a
// figure of the platform. The error names the nearest path.
func Find(path string) (m *Metric, workload string, err error) {
	for i := range metrics {
		m := &metrics[i]
		if !m.PerWorkload() {
			if m.Path == path {
				return m, "", nil
			}
			continue
		}
		suffix := strings.TrimPrefix(m.Path, workloadPrefix+"NAME")
		name, ok := strings.CutPrefix(path, workloadPrefix)
		if !ok {
			continue
		}
		name, ok = strings.CutSuffix(name, suffix)
		if name, ok = unquoted(name, ok); ok {
			return m, name, nil
		}
	}
	return nil, "", fmt.Errorf("no metric %q; the nearest is %q", path, nearestPath(path))
}

// unquoted strips the quotes of a name; a bare one holds no dot.
func unquoted(name string, ok bool) (string, bool) {
	if !ok || name == "" {
		return "", false
	}
	if q, found := strings.CutPrefix(name, `"`); found {
		return strings.CutSuffix(q, `"`)
	}
	return name, !strings.Contains(name, ".")
}

// nearestPath is the known path with the fewest edits, the workload's name
// kept.
func nearestPath(path string) string {
	name, rest := "", path
	if after, ok := strings.CutPrefix(path, workloadPrefix); ok {
		name, rest, _ = strings.Cut(after, ".")
	}
	best, least := "", 1<<30
	for i := range metrics {
		m := &metrics[i]
		candidate := strings.TrimPrefix(m.Path, workloadPrefix+"NAME.")
		if m.PerWorkload() != (name != "") {
			continue
		}
		if d := edits(rest, candidate); d < least {
			best, least = m.For(name), d
		}
	}
	return best
}

// edits is the Levenshtein distance of two ASCII strings.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next := min(row[j]+1, row[j+1]+1, diagonal+cost)
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}

// Workload returns the run's workload of that name, nil if it has none.
func (r *Run) Workload(name string) *Workload {
	for i := range r.Workloads {
		if r.Workloads[i].Name == name {
			return &r.Workloads[i]
		}
	}
	return nil
}

// Window is the length of the time measured, [WarmUp, Duration).
func (r *Run) Window() float64 { return float64(r.Duration - r.WarmUp) }

// MetricsDoc is the table as Markdown, for the documentation.
func MetricsDoc() string {
	var b strings.Builder
	b.WriteString("| path | unit | better | over replications | meaning |\n|---|---|---|---|---|\n")
	for i := range metrics {
		m := &metrics[i]
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", m.Path, m.Unit, m.Better, m.Kind, m.Doc)
	}
	return b.String()
}
