package result

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ecsim/sim"
	"ecsim/sim/experiment"
	"ecsim/workloads/units"
)

// Confidence is that of every interval: 95 %.
const Confidence = 0.95

// FixedAtPeak labels a platform whose fleet is bought for the peak and never
// scales. No saving is quoted against it unless the scenario chose it as its
// baseline.
const FixedAtPeak = "fixed-at-peak"

// Estimate is a metric over the replications of one platform.
type Estimate struct {
	Value // mean or pooled, as the metric's kind says
	// Half is the half-width of the 95 % Student-t interval over Each; NaN
	// with fewer than two replications and for extremes.
	Half float64
	Each []float64 // per replication, in order; NaN where there is no figure
}

// Outcome is one platform folded over its replications.
type Outcome struct {
	Platform string
	Label    string
	Runs     int  // replications folded; 0 when the platform was refused
	Batches  int  // parts of the only run that intervals come from; 0 when replications give them
	First    *Run // replication 0, for series and examples; nil when refused
	// Pooled holds sums over replications of counts, tallies and integrals of
	// workloads; its other fields are those of First, or zero.
	Pooled *Run
	Bill   Bill // mean of every line; Hourly is that of First
	Notes  []Note
	// Deployments of all replications, in order of their start.
	Deployments []DeploymentSummary
	Partial     bool // a run was interrupted, or replications are missing
	Refused     []Reason

	estimates  map[string]Estimate  // by path with the workload's name
	waitHalves map[string][]float64 // by workload: of its wait's quantiles
	lone       bool                 // of Single: estimates are read when asked for
}

// Refuse is the outcome of a platform that cannot run the work.
func Refuse(platform string, reasons []Reason) *Outcome {
	return &Outcome{Platform: platform, Pooled: &Run{Platform: platform}, Refused: reasons}
}

// Reason is why a platform cannot run the work, or not as asked.
type Reason struct {
	About  string // workload or ""
	Text   string
	Source string // AWS's page
}

// Fold folds the replications of one platform, in that order. It refuses runs
// that differ in anything but chance: scenario, platform, window, seed,
// workloads; or that repeat a replication.
func Fold(runs []*Run) (*Outcome, error) {
	if len(runs) == 0 {
		return nil, errors.New("no runs to fold: nothing finished")
	}
	first := runs[0]
	for i, r := range runs {
		if err := alike(first, r); err != nil {
			return nil, fmt.Errorf("replication %d of platform %q: %w", r.Replication, r.Platform, err)
		}
		if i > 0 && r.Replication <= runs[i-1].Replication {
			return nil, fmt.Errorf("replication %d of platform %q follows replication %d; want ascending order", r.Replication, r.Platform, runs[i-1].Replication)
		}
	}
	o := &Outcome{Platform: first.Platform, Label: first.Label, Runs: len(runs), First: first,
		Pooled: pool(runs), Bill: meanBill(runs), Notes: uniteNotes(runs), Deployments: poolDeployments(runs), estimates: map[string]Estimate{},
		waitHalves: waitHalves(runs)}
	for _, r := range runs {
		o.Partial = o.Partial || r.Partial
	}
	for i := range metrics {
		m := &metrics[i]
		if !m.PerWorkload() {
			o.estimates[m.Path] = o.estimate(m, runs, -1)
			continue
		}
		for w := range first.Workloads {
			o.estimates[m.For(first.Workloads[w].Name)] = o.estimate(m, runs, w)
		}
	}
	return o, nil
}

func alike(a, b *Run) error {
	switch {
	case a.Scenario != b.Scenario:
		return fmt.Errorf("scenario %q, want %q", b.Scenario, a.Scenario)
	case a.Platform != b.Platform:
		return fmt.Errorf("platform is not %q", a.Platform)
	case a.Seed != b.Seed:
		return fmt.Errorf("seed %d, want %d", b.Seed, a.Seed)
	case a.WarmUp != b.WarmUp || a.Duration != b.Duration:
		return fmt.Errorf("window %v to %v, want %v to %v", b.WarmUp, b.Duration, a.WarmUp, a.Duration)
	case len(a.Workloads) != len(b.Workloads):
		return fmt.Errorf("%d workloads, want %d", len(b.Workloads), len(a.Workloads))
	}
	for i := range a.Workloads {
		if a.Workloads[i].Name != b.Workloads[i].Name {
			return fmt.Errorf("workload %d is %q, want %q", i, b.Workloads[i].Name, a.Workloads[i].Name)
		}
	}
	return nil
}

// estimate reads one metric of the platform, or of workload w, from every
// replication and folds as its kind says.
func (o *Outcome) estimate(m *Metric, runs []*Run, w int) Estimate {
	e := Estimate{Each: make([]float64, len(runs))}
	var have []float64
	for i, r := range runs {
		have = e.take(i, r.read(m, w), have)
	}
	return o.finish(e, m, w, have)
}

// take notes the value of replication i, and puts it behind have if there is
// one.
func (e *Estimate) take(i int, v Value, have []float64) []float64 {
	e.Each[i] = math.NaN()
	if v.OK {
		e.Each[i] = v.V
		have = append(have, v.V)
		e.LowerBound = e.LowerBound || v.LowerBound
		e.Upper = max(e.Upper, v.Upper)
	}
	return have
}

// finish folds the values that there are as the metric's kind says.
func (o *Outcome) finish(e Estimate, m *Metric, w int, have []float64) Estimate {
	e.Half = math.NaN()
	if len(have) == 0 {
		return e
	}
	e.OK = true
	e.V, e.Half = experiment.Interval(have, Confidence)
	switch {
	case m.Kind.pools():
		e.Value = o.Pooled.read(m, w)
	case m.Kind == KindPeak:
		e.V, e.Half = slices.Max(have), math.NaN()
	case m.Kind == KindLow:
		e.V, e.Half = slices.Min(have), math.NaN()
	}
	return e
}

// Estimate returns the metric of that path, false when the path is unknown
// here or the platform was refused.
func (o *Outcome) Estimate(path string) (Estimate, bool) {
	if e, ok := o.estimates[path]; ok {
		return e, true
	}
	m, name, err := Find(path)
	if err != nil {
		return Estimate{}, false
	}
	if o.lone {
		return o.read(m, name)
	}
	e, ok := o.estimates[m.For(name)]
	return e, ok
}

// Paired is the mean over replications of a's figure minus b's, and the
// half-width of its 95 % interval. Both met the same work in each replication,
// so chance common to both cancels: equal runs differ by exactly zero.
// Replications in which either has no figure are left out; without any both
// are NaN, and with one half is.
func Paired(a, b *Outcome, path string) (diff, half float64) {
	x, okX := a.Estimate(path)
	y, okY := b.Estimate(path)
	if !okX || !okY {
		return math.NaN(), math.NaN()
	}
	var d []float64
	for i := range min(len(x.Each), len(y.Each)) {
		if v := x.Each[i] - y.Each[i]; !math.IsNaN(v) {
			d = append(d, v)
		}
	}
	return experiment.Interval(d, Confidence)
}

// pool sums the workloads of all replications.
func pool(runs []*Run) *Run {
	p := newPool(runs[0])
	for _, r := range runs {
		p.take(r)
	}
	return p
}

// newPool is an empty sum of replications like f.
func newPool(f *Run) *Run {
	p := &Run{Scenario: f.Scenario, Platform: f.Platform, Label: f.Label, Seed: f.Seed, Start: f.Start,
		WarmUp: f.WarmUp, Duration: f.Duration, End: f.End, MonthlyOK: f.MonthlyOK, NeedDuration: f.NeedDuration,
		Workloads: make([]Workload, len(f.Workloads)), Drained: true}
	for i := range f.Workloads {
		w := &p.Workloads[i]
		w.Name, w.Kind, w.CPU, w.Memory = f.Workloads[i].Name, f.Workloads[i].Kind, f.Workloads[i].CPU, f.Workloads[i].Memory
		w.DesiredCount, w.Fits = f.Workloads[i].DesiredCount, f.Workloads[i].Fits
	}
	return p
}

// take adds a replication.
func (p *Run) take(r *Run) {
	p.Drained = p.Drained && r.Drained
	for i := range p.Workloads {
		p.Workloads[i].add(&r.Workloads[i])
	}
	p.Events += r.Events
	p.Placements += r.Placements
	p.Refusals = addRefusals(p.Refusals, r.Refusals)
}

// add sums o into w.
func (w *Workload) add(o *Workload) {
	w.Submitted += o.Submitted
	w.Finished += o.Finished
	w.Running += o.Running
	w.Waiting += o.Waiting
	w.Rejected += o.Rejected
	w.LeftOut += o.LeftOut
	w.Records += o.Records
	w.Drained += o.Drained
	w.OnTime += o.OnTime
	w.Late += o.Late
	w.Stops += o.Stops
	w.Pulls += o.Pulls
	w.PulledBytes += o.PulledBytes
	for _, f := range o.PullFaults {
		i := slices.IndexFunc(w.PullFaults, func(g Refusal) bool { return g.Reason == f.Reason })
		if i < 0 {
			w.PullFaults = append(slices.Clip(w.PullFaults), f)
			continue
		}
		w.PullFaults = slices.Clone(w.PullFaults)
		w.PullFaults[i].Count += f.Count
	}
	w.TimeToRunning.Merge(&o.TimeToRunning)
	for s := range w.Stages {
		w.Stages[s].Merge(&o.Stages[s])
	}
	w.Completion.Merge(&o.Completion)
	w.RunTime.Merge(&o.RunTime)
	for _, sum := range []struct{ to, from *sim.Uint128 }{
		{&w.InSystem, &o.InSystem}, {&w.Sojourn, &o.Sojourn},
		{&w.ReservedCPU, &o.ReservedCPU}, {&w.ReservedMemory, &o.ReservedMemory}, {&w.UsedCPU, &o.UsedCPU},
		{&w.OfferedWork, &o.OfferedWork}, {&w.DoneWork, &o.DoneWork}, {&w.TotalWork, &o.TotalWork},
	} {
		*sum.to = sum.to.Add(*sum.from)
	}
	for n, held := range o.RunningTime {
		for len(w.RunningTime) <= n {
			w.RunningTime = append(w.RunningTime, 0)
		}
		w.RunningTime[n] += held
	}
	w.Refusals = addRefusals(w.Refusals, o.Refusals)
	w.Cost = saturatingAdd(w.Cost, o.Cost)
}

// saturatingAdd keeps the sum of very many large bills from turning negative;
// means are formed without it.
func saturatingAdd(a, b units.USD) units.USD {
	if b > 0 && a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// addRefusals adds counts by reason; new reasons go last.
func addRefusals(to, from []Refusal) []Refusal {
	for _, f := range from {
		i := slices.IndexFunc(to, func(r Refusal) bool { return r.Reason == f.Reason })
		if i < 0 {
			to = append(to, Refusal{Reason: f.Reason})
			i = len(to) - 1
		}
		to[i].Count += f.Count
	}
	return to
}

// uniteNotes keeps the notes of all replications, those alike once.
func uniteNotes(runs []*Run) []Note {
	var lists [][]Note
	for _, r := range runs {
		lists = append(lists, r.Notes)
	}
	return UniteNotes(lists...)
}

// UniteNotes keeps each note once, in order of first appearance. Notes that
// differ in figures alone are one: a peak or a quantity changes by chance, and
// the largest is kept.
func UniteNotes(lists ...[]Note) []Note {
	var notes []Note
	at := map[Note]int{}
	for _, n := range slices.Concat(lists...) {
		shape := n
		shape.Text = figures.ReplaceAllString(n.Text, "#")
		i, ok := at[shape]
		if !ok {
			at[shape] = len(notes)
			notes = append(notes, n)
		} else if firstFigure(n.Text) > firstFigure(notes[i].Text) {
			notes[i] = n
		}
	}
	return notes
}

// figures are numbers that stand alone: not the 2 of "ec2" or of "m6a.2xlarge".
var figures = regexp.MustCompile(`(^|[^\pL\pN.-])\d[\d,.]*\b`)

// firstFigure is the first number that stands alone, 0 if there is none.
func firstFigure(text string) float64 {
	match := strings.TrimLeft(figures.FindString(text), " $(±<>=~")
	v, err := strconv.ParseFloat(strings.Trim(strings.ReplaceAll(match, ",", ""), "."), 64)
	if err != nil {
		return 0
	}
	return v
}
