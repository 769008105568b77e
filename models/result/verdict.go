package result

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Standing is how a platform stands in a comparison, the gravest fault first.
type Standing string

// The standings. Only Ranked platforms can win.
const (
	Ranked    Standing = "ok"
	Cannot    Standing = "cannot"    // the platform cannot run the work
	Unfolded  Standing = "partial"   // interrupted: its window is not the others'
	LessWork  Standing = "less work" // it did less than the best platform
	Miss      Standing = "MISS"      // an SLO or a budget
	Risk      Standing = "RISK"      // a Spot price without interruptions: price only
	NoMonthly Standing = "n/a $/month"
)

// Fault is one reason why a platform is not ranked.
type Fault struct {
	Standing Standing
	Text     string
	Gate     *GateResult // of a Miss
}

// Row is one platform in a comparison.
type Row struct {
	*Outcome
	Faults []Fault // none for a ranked platform
	Gates  []GateResult
	// VsBaseline is the cost less the baseline's, over the baseline's: -0.31
	// is 31 % cheaper. Not OK when no saving may be quoted.
	VsBaseline Value
	// EqualBaseline and EqualWinner: the difference is below 1 % or within the
	// paired interval.
	EqualBaseline, EqualWinner bool
}

// Standing is the gravest fault's, or Ranked.
func (r *Row) Standing() Standing {
	if len(r.Faults) == 0 {
		return Ranked
	}
	return r.Faults[0].Standing
}

// Verdict compares platforms over the same work.
type Verdict struct {
	// CostPath is what platforms are ranked by: "cost_per_month"; where no
	// platform's window stands for a month "cost" of the window, or
	// "cost_with_drain" if all of them finished the work after it.
	CostPath string
	Ranked   []*Row // cheapest first
	Others   []*Row // not ranked, in the order given
	Winner   *Row   // nil: the advice is "none"
	Baseline *Row   // nil when there is none by that name
	// Saving is what the winner saves against the baseline, paired, in dollars
	// of CostPath: not OK when there is none to quote, for the reason given.
	Saving     Value
	SavingHalf float64 // half-width of its 95 % interval, NaN when unknown
	NoSaving   string
	Flips      []Flip // none when CostPath is "cost_with_drain"
}

// Rows are all rows, ranked ones first.
func (v *Verdict) Rows() []*Row { return slices.Concat(v.Ranked, v.Others) }

// Differences that do not count.
const (
	// EqualShare: costs nearer than this read "equal".
	EqualShare = 0.01
	// DoneRounding is by how much less of the work a platform may have done at
	// the end of the window and still compare: tasks under way differ.
	// Assumed: half a percentage point, what the printed figure rounds away.
	DoneRounding = 0.005
	// RejectedRounding is the share of tasks that a platform may reject beyond
	// those the best rejects. Assumed: 0.05 %.
	RejectedRounding = 0.0005
)

// Judge ranks platforms that met the same work. gates are the SLOs and the
// budget. baseline names the platform to compare with; chosen says that the
// scenario names it, rather than a default.
func Judge(outcomes []*Outcome, gates []Gate, baseline string, chosen bool) *Verdict {
	v := Rank(outcomes, gates)
	for _, row := range v.Rows() {
		if row.Platform == baseline {
			v.Baseline = row
		}
	}
	if v.Winner != nil && v.CostPath != "cost_with_drain" { // what was paid after the window is a sum without lines
		v.Flips = priceFlips(v.Ranked)
	}
	v.compare(chosen)
	return v
}

// Rank is Judge without a baseline and without flip points: how each platform
// stands, and which is cheapest.
func Rank(outcomes []*Outcome, gates []Gate) *Verdict {
	v := &Verdict{CostPath: "cost_per_month", SavingHalf: math.NaN()}
	if !slices.ContainsFunc(outcomes, func(o *Outcome) bool { e, _ := o.Estimate(v.CostPath); return e.OK }) {
		v.CostPath = "cost"
		if !slices.ContainsFunc(outcomes, func(o *Outcome) bool { return o.Runs > 0 && !o.Pooled.drainCounts() }) {
			v.CostPath = "cost_with_drain"
		}
	}
	best := bestWork(outcomes)
	for _, o := range outcomes {
		row := &Row{Outcome: o}
		if o.Runs > 0 {
			for _, g := range gates {
				row.Gates = append(row.Gates, g.Hold(o))
			}
		}
		row.Faults = faults(row, best, v.CostPath)
		if len(row.Faults) == 0 {
			v.Ranked = append(v.Ranked, row)
		} else {
			v.Others = append(v.Others, row)
		}
	}
	slices.SortStableFunc(v.Ranked, func(a, b *Row) int { return cmp.Compare(v.cost(a), v.cost(b)) })
	if len(v.Ranked) > 0 {
		v.Winner = v.Ranked[0]
		for _, row := range v.Ranked {
			row.EqualWinner = row != v.Winner && v.equal(row, v.Winner)
		}
	}
	return v
}

func (v *Verdict) cost(r *Row) float64 {
	e, _ := r.Estimate(v.CostPath)
	return e.V
}

// equal reports whether two costs differ by less than 1 % or than chance.
func (v *Verdict) equal(a, b *Row) bool {
	d := Compare(a.Outcome, b.Outcome, v.CostPath)
	return d.Meaning != NoFigure && !d.Counts()
}

// compare sets the rows against the baseline.
func (v *Verdict) compare(chosen bool) {
	base := v.Baseline
	switch {
	case base == nil:
		v.NoSaving = "no baseline was run"
		return
	case base.Runs == 0 || base.Standing() == Unfolded:
		v.NoSaving = fmt.Sprintf("%s did not run to its end", base.Platform)
		return
	case base.has(LessWork):
		v.NoSaving = fmt.Sprintf("%s did less of the work", base.Platform)
		return
	case base.has(NoMonthly):
		v.NoSaving = fmt.Sprintf("%s has no cost a month", base.Platform)
		return
	case base.Label == FixedAtPeak && !chosen:
		v.NoSaving = fmt.Sprintf("%s is a fleet bought for the peak, and the scenario did not choose it as its baseline", base.Platform)
		return
	}
	for _, row := range v.Rows() {
		if e, ok := row.Estimate(v.CostPath); row != base && ok && e.OK && v.cost(base) != 0 {
			row.VsBaseline = Value{V: e.V/v.cost(base) - 1, OK: true}
			row.EqualBaseline = v.equal(row, base)
		}
	}
	switch {
	case v.Winner == nil:
		v.NoSaving = "no platform is ranked"
	case v.Winner == base:
		v.NoSaving = fmt.Sprintf("%s is the cheapest that is ranked", base.Platform)
	default:
		diff, half := Paired(base.Outcome, v.Winner.Outcome, v.CostPath)
		v.SavingHalf = half
		v.Saving = Value{V: diff, OK: true}
	}
}

func (r *Row) has(s Standing) bool {
	return slices.ContainsFunc(r.Faults, func(f Fault) bool { return f.Standing == s })
}

// work is how much one workload's best platform did.
type work struct{ done, rejected float64 }

func bestWork(outcomes []*Outcome) map[string]work {
	best := map[string]work{}
	for _, o := range outcomes {
		for i := range o.Pooled.Workloads {
			w := &o.Pooled.Workloads[i]
			b, ok := best[w.Name]
			if !ok {
				b = work{rejected: 1}
			}
			if done := o.Pooled.done(w); done.OK {
				b.done = max(b.done, done.V)
			}
			b.rejected = min(b.rejected, w.rejectedShare())
			best[w.Name] = b
		}
	}
	return best
}

func (w *Workload) rejectedShare() float64 {
	if w.Submitted == 0 {
		return 0
	}
	return float64(w.Rejected) / float64(w.Submitted)
}

// faults are why a platform is not ranked, the gravest first.
func faults(row *Row, best map[string]work, costPath string) []Fault {
	if row.Runs == 0 {
		var list []Fault
		for _, r := range row.Refused {
			text := r.Text
			if r.About != "" {
				text = r.About + ": " + text
			}
			list = append(list, Fault{Standing: Cannot, Text: text})
		}
		if list == nil {
			list = []Fault{{Standing: Cannot, Text: "it was not run"}}
		}
		return list
	}
	var list []Fault
	if row.Partial {
		list = append(list, Fault{Standing: Unfolded, Text: "interrupted before the end of the window"})
	}
	for i := range row.Pooled.Workloads {
		w := &row.Pooled.Workloads[i]
		b := best[w.Name]
		if done := row.Pooled.done(w); done.OK && done.V < b.done-DoneRounding {
			list = append(list, Fault{Standing: LessWork, Text: fmt.Sprintf("%s did %s of its work, elsewhere %s", w.Name, FormatShare(done.V), FormatShare(b.done))})
		} else if share := w.rejectedShare(); share > b.rejected+RejectedRounding {
			list = append(list, Fault{Standing: LessWork, Text: fmt.Sprintf("%s had %s of its tasks rejected, elsewhere %s", w.Name, FormatShare(share), FormatShare(b.rejected))})
		}
	}
	for i := range row.Gates {
		if g := &row.Gates[i]; !g.OK {
			list = append(list, Fault{Standing: Miss, Text: g.Reason, Gate: g})
		}
	}
	if row.Bill.PriceOnly {
		list = append(list, Fault{Standing: Risk, Text: spotText(row.Outcome)})
	}
	if e, _ := row.Estimate(costPath); !e.OK {
		list = append(list, Fault{Standing: NoMonthly, Text: NotAMonth(row.First)})
	}
	return list
}

// spotText says what part of the bill rests on a Spot price.
func spotText(o *Outcome) string {
	var spot, all float64
	for _, l := range o.Bill.Lines {
		all += l.Paid.Float()
		if isSpot(l) {
			spot += l.Paid.Float()
		}
	}
	if all == 0 || spot == 0 {
		return "price only: it pays a Spot price, and no interruption is simulated"
	}
	return fmt.Sprintf("price only: %.0f %% of its bill is Spot, and no interruption is simulated", 100*spot/all)
}

func isSpot(l Line) bool {
	return strings.EqualFold(l.Option, "spot") || slices.Contains(strings.Split(strings.ToLower(l.SKU), "."), "spot")
}

// Wait is a platform's worst wait: that of the workload nearest to, or
// furthest beyond, its own limit.
type Wait struct {
	Workload string
	Value    Value
	Limit    float64 // seconds; 0 when the workload has no limit
	Path     string
}

// WorstWait is the platform's figure for waiting: of the gates on a
// workload's time_to_running or completion, the one whose figure is the
// largest part of its limit; without such a gate the workload whose
// time_to_running.p95 is longest. Waits of different workloads are never
// pooled. Not OK when nothing waits.
func (r *Row) WorstWait() Wait {
	var worst Wait
	part := -1.0
	for _, g := range r.Gates {
		if m := g.Gate.Metric; m.Kind != KindTally || m.Unit != UnitSeconds || !g.Got.OK || g.Gate.Limit == 0 {
			continue
		}
		// Of a bound gate the figure itself is the wait.
		path := g.Gate.Metric.For(g.Gate.Workload)
		e, _ := r.Estimate(path)
		if p := e.V / g.Gate.Limit; p > part {
			part = p
			worst = Wait{Workload: g.Gate.Workload, Value: e.Value, Limit: g.Gate.Limit, Path: path}
		}
	}
	if part >= 0 {
		return worst
	}
	for i := range r.Pooled.Workloads {
		w := &r.Pooled.Workloads[i]
		path := workloadPrefix + quoted(w.Name) + ".time_to_running.p95"
		if e, ok := r.Estimate(path); ok && e.OK && (!worst.Value.OK || e.V > worst.Value.V) {
			worst = Wait{Workload: w.Name, Value: e.Value, Path: path}
		}
	}
	return worst
}
