package result

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"ecsim/workloads/units"
)

// Gate is one line of [slo] or [budget]: what a figure must keep.
type Gate struct {
	Path     string  // as written
	Text     string  // as written: "< 90s", ">= 12 for 99.9%"
	Metric   *Metric // what Path names
	Workload string  // "" for a figure of the platform
	Bound    Bound   // what of the figure is bound
	Op       string  // "<", "<=", ">" or ">="
	Limit    float64 // in the metric's unit
	// ForShare is the share of the window for which a level must keep the
	// limit, 0 when the figure itself is bound.
	ForShare float64
	Budget   bool // from [budget], not [slo]
}

// ops are the comparisons, the longer first so that "<=" is not read as "<".
var ops = []string{"<=", ">=", "<", ">"}

// CheckPath says whether path names a metric a gate can bind, and if not what
// it may have meant. workloads, if any are given, are the names allowed.
func CheckPath(path string, workloads ...string) error {
	m, name, _, err := findBound(path)
	if err != nil {
		return err
	}
	if !m.PerWorkload() || len(workloads) == 0 {
		return nil
	}
	nearest, least := "", 1<<30
	for _, w := range workloads {
		if w == name {
			return nil
		}
		if d := edits(w, name); d < least {
			nearest, least = w, d
		}
	}
	return fmt.Errorf("no workload %q; the nearest is %q", name, nearest)
}

// ParseGate reads a gate: a path of the metrics table and a text such as
// "< 90s", ">= 99%", "< $5,500", or ">= 12 for 99.9%" where the metric is a
// number of tasks held over time. The limit is in the metric's unit.
func ParseGate(path, text string) (Gate, error) {
	g := Gate{Path: path, Text: strings.TrimSpace(text)}
	if err := CheckPath(path); err != nil {
		return g, err
	}
	g.Metric, g.Workload, g.Bound, _ = findBound(path)
	rest := ""
	for _, op := range ops {
		if after, ok := strings.CutPrefix(g.Text, op); ok {
			g.Op, rest = op, strings.TrimSpace(after)
			break
		}
	}
	if g.Op == "" {
		return g, fmt.Errorf("got %q, want a comparison such as \"< 90s\" or \">= 99%%\": <, <=, > or >= and a limit", text)
	}
	limit, share, timed := strings.Cut(rest, " for ")
	if timed {
		if err := g.setShare(strings.TrimSpace(share)); err != nil {
			return g, err
		}
	}
	v, err := g.Metric.Unit.parse(strings.TrimSpace(limit))
	if err != nil {
		return g, err
	}
	if math.Abs(v) >= math.MaxInt64 {
		return g, fmt.Errorf("got %q, want a limit that some run could reach", text)
	}
	if g.ForShare > 0 && v != float64(int64(v)) {
		return g, fmt.Errorf("got %q, want a whole number of tasks before \"for\"", text)
	}
	g.Limit = v
	return g, nil
}

func (g *Gate) setShare(text string) error {
	if g.Metric.AtLeast == nil || g.Bound != BoundFigure {
		return fmt.Errorf("%q cannot be bound \"for\" a share of the time, only workload.NAME.running can", g.Path)
	}
	if g.Op != ">=" {
		return fmt.Errorf("got %q, want \">=\" before a share of the time", g.Text)
	}
	share, err := units.ParsePPM(text)
	if err != nil {
		return err
	}
	if share <= 0 || share > units.One {
		return fmt.Errorf("got \"for %s\", want a share of the time above 0%% and at most 100%%", text)
	}
	g.ForShare = share.Float()
	return nil
}

// Name is the gate as a person reads it: "jobs time_to_running.p95 < 90s".
func (g Gate) Name() string {
	if g.Workload == "" {
		return g.Path + " " + g.Text
	}
	return g.Workload + " " + g.Short() + " " + g.Text
}

// Short is the path without its workload.
func (g Gate) Short() string {
	short := strings.TrimPrefix(g.Metric.Path, "workload.NAME.")
	if g.Bound != BoundFigure {
		short += "." + string(g.Bound)
	}
	return short
}

// GateResult is a gate held against a platform.
type GateResult struct {
	Gate Gate
	Got  Value // the figure; for a gate "for" a share of the time, that share
	OK   bool
	// Censored is true when the figure is only known to be at least Got, for
	// something still waited at the end. A limit it may not exceed then counts
	// as missed, exceeded already or not known to be kept, unless Got.Upper
	// keeps it.
	Censored bool
	Reason   string // why it is missed: "p95 191 s > 90 s"; "" when kept
	// Lower and Upper are the 95 % interval of the figure's mean over
	// replications, NaN where there is none: one run, an extreme, a gate "for" a
	// share of the time.
	Lower, Upper float64
	// Unsure is true when that interval holds the limit: other replications may
	// turn the gate. It still decides by its own path.
	Unsure bool
}

// Hold checks a gate against an outcome. A figure that does not exist, such
// as the wait of a workload without tasks, misses.
func (g Gate) Hold(o *Outcome) GateResult {
	r := GateResult{Gate: g, Lower: math.NaN(), Upper: math.NaN()}
	limit := g.Limit
	if g.ForShare > 0 {
		if w := o.Pooled.Workload(g.Workload); w != nil {
			r.Got = g.Metric.AtLeast(w, int64(g.Limit))
		}
		limit = g.ForShare
	} else if e, ok := o.Estimate(g.Metric.For(g.Workload)); ok {
		r.Got = g.Bound.of(&e)
		r.Lower, r.Upper = e.interval()
		r.Unsure = r.Lower <= limit && limit <= r.Upper && r.Lower < r.Upper
		if !r.Got.OK && e.OK {
			r.Reason = g.subject() + " is unknown: one run has no interval"
			return r
		}
	}
	if !r.Got.OK {
		r.Reason = g.noValue(o)
		return r
	}
	kept := compare(r.Got.V, g.Op, limit)
	upper := g.Op == "<" || g.Op == "<="
	switch r.Censored = r.Got.LowerBound; {
	case !kept && !r.Censored:
		r.Reason = g.missed(r.Got.V, "")
	case !kept && upper:
		r.Reason = g.missed(r.Got.V, ">") + ", some still waited at the end"
	case r.Censored && upper && compare(r.Got.Upper, g.Op, limit):
		r.OK = true
	case r.Censored && upper:
		r.Reason = g.subject() + " unknown, at least " + g.Metric.Unit.Format(r.Got.V) + ": some still waited at the end; run longer"
	case !kept:
		r.Reason = g.subject() + " unknown, at least " + g.Metric.Unit.Format(r.Got.V) + "; run longer"
	default:
		r.OK = true
	}
	return r
}

func compare(v float64, op string, limit float64) bool {
	switch op {
	case "<":
		return v < limit
	case "<=":
		return v <= limit
	case ">":
		return v > limit
	}
	return v >= limit
}

// subject is the figure's name at the head of a reason: "jobs wait p95".
func (g Gate) subject() string {
	name := strings.ReplaceAll(g.Short(), "_", " ")
	name = strings.ReplaceAll(name, ".", " ")
	if g.Workload != "" {
		return g.Workload + " " + name
	}
	return name
}

// missed is the reason of a gate that is not kept, the comparison turned
// round.
func (g Gate) missed(got float64, bound string) string {
	unit := g.Metric.Unit
	if g.ForShare > 0 {
		have, want := FormatShare(got), FormatShare(g.ForShare)
		if have == want { // a miss that one decimal does not show
			have = strconv.FormatFloat(got*100, 'f', 4, 64) + " %"
		}
		return fmt.Sprintf("%s >= %s for %s of the time, not %s", g.subject(), number(g.Limit), have, want)
	}
	op := map[string]string{"<": ">=", "<=": ">", ">": "<=", ">=": "<"}[g.Op]
	if op == ">=" && got > g.Limit {
		op = ">"
	}
	return fmt.Sprintf("%s %s%s %s %s", g.subject(), bound, unit.Format(got), op, unit.Format(g.Limit))
}

// noValue says why there is no figure to hold against the limit.
func (g Gate) noValue(o *Outcome) string {
	if g.Metric.Unit == UnitUSD && o.First != nil && !o.First.MonthlyOK {
		return g.subject() + " n/a: " + NotAMonth(o.First)
	}
	return g.subject() + " has no value on this platform"
}

// NotAMonth says why the cost of r's window is no cost a month, and what
// duration would give one.
func NotAMonth(r *Run) string {
	if r.NeedDuration > 0 {
		return fmt.Sprintf("the window is not whole cycles of every schedule and pattern; use duration = %q", units.Duration(r.NeedDuration).String())
	}
	return "some of the work comes once, a replay or a single burst, so no window stands for a month"
}
