// Package answer turns the outcomes of a scenario into what its asker reads:
// the same content as text of 80 columns, as HTML, as JSON and as CSV.
//
// What it must not do is mislead. Platforms rank only at equal work and with
// every service level met; an interval is said to cover chance only; what is
// assumed and what the total leaves out stand beneath it.
package answer

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads/units"
)

// Input is what an answer is made from.
type Input struct {
	Scenario     string
	Question     string // printed first
	Region       string
	Zones        int
	Architecture string // "x86", "Arm", "x86 and Arm"
	PriceDate    string // of the catalogue, "2026-09-29"
	Prices       string // what is paid beyond list, "10 % discount"; "" is list prices
	// Baseline is the platform to compare with; BaselineChosen says that the
	// scenario names it, rather than a default.
	Baseline       string
	BaselineChosen bool
	Outcomes       []*result.Outcome // in the scenario's order
	Gates          []result.Gate
	// Apply lists, by platform, the settings that make it so: strategy, group
	// minimum and maximum, target capacity.
	Apply map[string][]string
	Notes []result.Note // of the scenario; those of outcomes are added
	Next  string        // a command to try next; "" for none
	// Search is what was simulated to find flips; nil when it was not asked for.
	Search *result.FlipSearch
}

// Answer is the finished content.
type Answer struct {
	Input
	Verdict  *result.Verdict
	Facts    []string
	Tables   []Table
	Faults   []Line // why platforms are not ranked
	Advice   Line
	Details  []Line // breakdown, flips, what ± covers
	Warnings []Line
	Remarks  []Line // unfinished work, not included, assumed, rules

	inFull, left int // columns of a crowd that no table shows
}

// Line is a paragraph with a mark in front: "=>", "MISS", "Assumed:".
type Line struct{ Mark, Text string }

// Build judges the outcomes and words the answer.
func Build(in Input) *Answer {
	a := &Answer{Input: in, Verdict: result.Judge(in.Outcomes, in.Gates, in.Baseline, in.BaselineChosen)}
	a.facts()
	a.tables()
	a.Tables = append(a.Tables, a.gateTables()...)
	a.faults()
	a.advise()
	a.warn()
	a.deployments()
	a.unsure()
	a.notes()
	return a
}

// ran is the first outcome that ran, nil if none did.
func (a *Answer) ran() *result.Outcome {
	for _, o := range a.Outcomes {
		if o.Runs > 0 {
			return o
		}
	}
	return nil
}

func (a *Answer) facts() {
	parts := []string{a.Region, count(int64(a.Zones), "zone"), a.Architecture}
	first := strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
	prices := "list prices"
	if a.Prices != "" {
		prices = a.Prices
	}
	if a.PriceDate != "" {
		prices += " of " + a.PriceDate
	}
	o := a.ran()
	if o == nil {
		a.Facts = []string{first + " | " + prices, "No platform was run."}
		return
	}
	runs := fmt.Sprintf("%s of %s", count(int64(o.Runs), "run"), span(o.First.Duration))
	if o.Batches > 0 {
		runs += fmt.Sprintf(" in %d batches", o.Batches)
	}
	if o.First.WarmUp > 0 {
		runs += " less " + span(o.First.WarmUp) + " of warm-up"
	}
	a.Facts = []string{first + " | " + runs + " | " + prices, a.offered(o)}
}

// offered is the work that every platform met.
func (a *Answer) offered(o *result.Outcome) string {
	scale, period := 1/float64(o.Runs), "in "+span(o.First.Duration)
	if a.monthly() {
		scale *= float64(result.MonthHours*sim.Hour) / float64(o.First.Duration)
		period = "a month"
	}
	var tasks, left, services int64
	var vcpuHours float64
	for i := range o.Pooled.Workloads {
		w := &o.Pooled.Workloads[i]
		left += w.LeftOut
		switch w.Kind {
		case "batch":
			tasks += w.Submitted
		case "service":
			services += w.DesiredCount
		}
		vcpuHours += w.OfferedWork.Float64() / float64(units.VCPU) / float64(sim.Hour)
	}
	var parts []string
	if tasks > 0 {
		parts = append(parts, plural(round(float64(tasks)*scale), "task"))
	}
	if services > 0 {
		parts = append(parts, plural(units.Thousands(services), "service task"))
	}
	if parts == nil {
		parts = []string{"no tasks"}
	}
	s := "Work offered to all: " + strings.Join(parts, " + ") + " " + period
	if vcpuHours > 0 {
		// Work is counted in the window, tasks from time 0.
		scale *= float64(o.First.Duration) / float64(o.First.Duration-o.First.WarmUp)
		s += ", " + number(vcpuHours*scale) + " vCPU-h"
	}
	if left > 0 {
		s += "; " + round(float64(left)/float64(o.Runs)) + " trace records left out"
	}
	return s
}

// monthly reports whether costs are shown per month.
func (a *Answer) monthly() bool { return a.Verdict.CostPath == "cost_per_month" }

// drained reports whether costs are those of the whole work, done to its end.
func (a *Answer) drained() bool { return a.Verdict.CostPath == "cost_with_drain" }

// period is what a cost is for: "a month", "in 3 hours", "for all the work".
func (a *Answer) period() string {
	if a.monthly() {
		return "a month"
	}
	if a.drained() {
		return "for all the work"
	}
	return "in " + span(a.ran().First.Bill.Hours)
}

func (a *Answer) faults() {
	const most = 3 // reasons a platform
	type fault struct{ mark, text string }
	var order []fault
	platforms := map[fault][]string{}
	for _, row := range a.Verdict.Others {
		var reasons []string
		for i, f := range row.Faults {
			if i == most {
				reasons = append(reasons, fmt.Sprintf("and %d more", len(row.Faults)-most))
				break
			}
			text := f.Text
			if i > 0 && f.Standing != row.Faults[i-1].Standing {
				text = string(f.Standing) + " " + text
			}
			reasons = append(reasons, text)
		}
		f := fault{strings.ToUpper(string(row.Standing())), strings.Join(reasons, "; ")}
		if platforms[f] == nil {
			order = append(order, f)
		}
		platforms[f] = append(platforms[f], row.Platform)
	}
	for _, f := range order {
		a.Faults = append(a.Faults, Line{f.mark, strings.Join(platforms[f], ", ") + ": " + sentence(f.text)})
	}
}

// warn finds what makes the figures worth less than they look.
func (a *Answer) warn() {
	warning := func(format string, args ...any) {
		a.Warnings = append(a.Warnings, Line{"Warning:", fmt.Sprintf(format, args...)})
	}
	if o := a.ran(); o != nil && !a.monthly() {
		text := "$/month is n/a: " + result.NotAMonth(o.First)
		what := "of the window"
		if a.drained() {
			what = "of the whole work, what was finished after the window included"
		}
		warning("%s. Costs are those %s.", text, what)
	}
	for _, name := range a.unequalWork() {
		warning("the platforms did not meet the same work of %s; do not compare them.", name)
	}
	if o := a.ran(); o != nil {
		for i := range o.Pooled.Workloads {
			if w := &o.Pooled.Workloads[i]; w.Kind == "batch" && w.Submitted == 0 {
				warning("no task of %s comes in this run; check its arrivals, start and duration.", w.Name)
			}
		}
	}
	if o := a.ran(); o != nil && o.Runs == 1 && o.Batches == 0 {
		warning("one run shows no chance; use 5 or more replications for an interval.")
	}
	for _, text := range a.fold(a.untiled()) {
		warning("%s", text)
	}
	for _, n := range a.fold(a.kind(result.Warning)) {
		warning("%s", sentence(n))
	}
}

// plural is a printed number of things: "1 task", "2 tasks".
func plural(number, thing string) string {
	if number == "1" {
		return "1 " + thing
	}
	return number + " " + thing + "s"
}

// unequalWork names workloads of which platforms met different work in any
// replication they share.
func (a *Answer) unequalWork() []string {
	var names []string
	first := a.ran()
	if first == nil {
		return nil
	}
	for i := range first.Pooled.Workloads {
		name := first.Pooled.Workloads[i].Name
		path := (&result.Metric{Path: "workload.NAME.submitted"}).For(name)
		kind := first.Pooled.Workloads[i].Kind
		want, _ := first.Estimate(path)
		for _, o := range a.Outcomes {
			got, ok := o.Estimate(path)
			// Services and daemons replace tasks as the platform makes them.
			if kind == "batch" && ok && !slices.Equal(got.Each, want.Each) && got.Each != nil && len(got.Each) == len(want.Each) {
				names = append(names, name)
				break
			}
		}
	}
	return names
}

// kind collects the notes of a kind, each text once, platforms in order.
func (a *Answer) kind(kind result.NoteKind) []string {
	lists := [][]result.Note{a.Notes}
	for _, o := range a.Outcomes {
		lists = append(lists, o.Notes)
	}
	var texts []string
	for _, n := range result.UniteNotes(lists...) {
		text := n.Text
		if n.About != "" && !strings.Contains(text, n.About) {
			text = n.About + ": " + text
		}
		if n.Kind == kind && !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return texts
}

func (a *Answer) notes() {
	note := func(mark string, texts []string, sep string) {
		if texts = a.fold(texts); len(texts) > 0 {
			a.Remarks = append(a.Remarks, Line{mark, sentence(strings.Join(texts, sep))})
		}
	}
	note("Not shown:", a.unseen(), "; ")
	note("No room at the first try:", a.refused(), "; ")
	note("Unfinished at the end:", a.unfinished(), "; ")
	note("An instance holds:", a.holds(), "; ")
	note("Images pulled "+a.pullPeriod()+":", a.pulls(), ", ")
	note("Not included:", a.kind(result.NotIncluded), ", ")
	note("Assumed:", a.kind(result.Assumed), ", ")
	note("Rules:", a.kind(result.Rule), "; ")
	if w := a.Verdict.Winner; w != nil {
		note("To apply "+w.Platform+":", a.Apply[w.Platform], "; ")
	}
}

func (a *Answer) pullPeriod() string {
	if a.ran() == nil {
		return ""
	}
	if a.drained() {
		return "in " + span(a.ran().First.Bill.Hours)
	}
	return a.period()
}

// each folds "a x", "b x" to "x on each platform" when all say the same.
func each(names, texts []string) []string {
	if len(texts) > 1 && len(slices.Compact(slices.Clone(texts))) == 1 {
		return []string{texts[0] + " on each platform"}
	}
	list := make([]string, len(texts))
	for i := range texts {
		list[i] = names[i] + " " + texts[i]
	}
	return list
}

// unfinished is the batch work that still ran or waited, mean of the runs, and
// what finishing it cost.
func (a *Answer) unfinished() []string {
	var names, texts []string
	for _, o := range a.Outcomes {
		if o.Runs == 0 {
			continue
		}
		var parts []string
		for i := range o.Pooled.Workloads {
			w := &o.Pooled.Workloads[i]
			if n := w.Running + w.Waiting; w.Kind == "batch" && n > 0 {
				parts = append(parts, fmt.Sprintf("%s %s", number(float64(n)/float64(o.Runs)), w.Name))
			}
		}
		if parts == nil {
			continue
		}
		text := strings.Join(parts, " + ")
		if o.Bill.Drain > 0 {
			text += fmt.Sprintf(" (%s more to finish)", result.FormatUSD(o.Bill.Drain.Float()))
		}
		names, texts = append(names, o.Platform), append(texts, text)
	}
	return each(names, texts)
}

// refused are the tasks that found no room at the first try, by ECS's reason.
func (a *Answer) refused() []string {
	var names, texts []string
	for _, o := range a.Outcomes {
		var parts []string
		for i := range o.Pooled.Workloads {
			w := &o.Pooled.Workloads[i]
			for _, r := range w.Refusals {
				share := 100 * float64(r.Count) / float64(max(w.Submitted, 1))
				parts = append(parts, fmt.Sprintf("%s %% of %s (%s)", strings.TrimSuffix(fmt.Sprintf("%.3g", min(share, 100)), ".0"), w.Name, r.Reason))
				break // the most frequent reason
			}
		}
		if parts != nil {
			names, texts = append(names, o.Platform), append(texts, strings.Join(few(parts), " + "))
		}
	}
	return each(names, texts)
}

// pulls are the image bytes each platform fetched.
func (a *Answer) pulls() []string {
	var names, texts []string
	for _, o := range a.Outcomes {
		e, ok := o.Estimate("pulled_gb")
		if !ok || !e.OK || e.V == 0 {
			continue
		}
		gb := e.V
		if a.monthly() {
			gb *= float64(result.MonthHours*sim.Hour) / float64(o.First.Duration-o.First.WarmUp)
		}
		step := math.Pow(10, math.Floor(math.Log10(gb))-1) // two significant digits
		names, texts = append(names, o.Platform), append(texts, units.Bytes(math.Round(math.Round(gb/step)*step*1e9)).String())
	}
	return each(names, texts)
}

func sentence(s string) string {
	if s == "" || strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

func count(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return units.Thousands(n) + " " + thing + "s"
}

func round(v float64) string { return units.Thousands(int64(math.Round(v))) }

// number prints a mean of counts: whole from 10 on.
func number(v float64) string {
	if v >= 9.95 || v == math.Trunc(v) {
		return round(v)
	}
	return fmt.Sprintf("%.1f", v)
}

// span prints a length of time in the largest whole unit.
func span(t sim.Time) string {
	for _, u := range []struct {
		size sim.Time
		name string
	}{{sim.Day, "day"}, {sim.Hour, "hour"}, {sim.Minute, "minute"}} {
		if t > 0 && t%u.size == 0 {
			return count(int64(t/u.size), u.name)
		}
	}
	return t.String()
}
