package answer

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"ecsim/models/result"
	"ecsim/workloads/units"
)

// advise words the verdict: the winner, or that there is none.
func (a *Answer) advise() {
	v := a.Verdict
	w := v.Winner
	if w == nil {
		a.Advice = Line{"=>", "none: " + a.whyNone()}
		return
	}
	var saving string
	switch {
	case len(a.Outcomes) == 1:
		saving = fmt.Sprintf("%s costs %s %s and%s", w.Platform, a.usd(a.cost(w)), a.period(), a.keeps())
	case w == v.Baseline:
		saving = fmt.Sprintf("keep %s: it is the cheapest and%s", w.Platform, a.keeps())
	case !v.Saving.OK:
		saving = fmt.Sprintf("%s is the cheapest, %s %s, and%s; no saving is quoted: %s", w.Platform, a.usd(a.cost(w)), a.period(), a.keeps(), v.NoSaving)
	case w.EqualBaseline:
		saving = fmt.Sprintf("%s; %s%s", a.same(w, v.Baseline), w.Platform, a.keeps())
	case v.Saving.V < 0:
		saving = fmt.Sprintf("%s costs %s %s more than %s, which is not ranked (%s), and%s", w.Platform,
			a.plusMinus(-v.Saving.V, v.SavingHalf), a.period(), v.Baseline.Platform, v.Baseline.Standing(), a.keeps())
	default:
		saving = fmt.Sprintf("%s saves %s %s against %s and%s", w.Platform, a.plusMinus(v.Saving.V, v.SavingHalf), a.period(), v.Baseline.Platform, a.keeps())
	}
	a.Advice = Line{"=>", saving + "." + a.breakdown(w)}
	if text := a.equals(); text != "" {
		a.Details = append(a.Details, Line{"", text})
	}
	if text := a.unlimitedWait(); text != "" {
		a.Details = append(a.Details, Line{"", text})
	}
	if len(a.Outcomes) > 1 {
		a.Details = append(a.Details, a.flipDetails()...)
	}
	a.Details = append(a.Details, Line{"", a.chance()})
}

// keeps says which service levels the winner meets.
func (a *Answer) keeps() string {
	switch n := len(a.Gates); n {
	case 0:
		return " did all the work (the scenario sets no SLO)"
	case 1:
		return " meets its SLO"
	default:
		return fmt.Sprintf(" meets all %d SLOs", n)
	}
}

func (a *Answer) whyNone() string {
	if len(a.Outcomes) == 0 {
		return "the scenario has no platform."
	}
	var parts []string
	for _, s := range []struct {
		standing result.Standing
		text     string
	}{{result.Miss, "an SLO or the budget missed"}, {result.LessWork, "less of the work done"}, {result.Cannot, "cannot run it"},
		{result.Risk, "a Spot price alone"}, {result.Unfolded, "interrupted"}, {result.NoMonthly, "no cost a month"}} {
		var names []string
		for _, row := range a.Verdict.Others {
			if row.Standing() == s.standing {
				names = append(names, row.Platform)
			}
		}
		if names != nil {
			parts = append(parts, s.text+": "+strings.Join(names, ", "))
		}
	}
	text := "no platform can be advised (" + strings.Join(parts, "; ") + ")."
	if len(a.Verdict.Others) > 1 {
		text += " The cheapest of them is no answer."
	}
	return text
}

// breakdown splits the winner's cost by workload, idle capacity last.
func (a *Answer) breakdown(w *result.Row) string {
	total := a.cost(w)
	if a.drained() { // only the window's bill is split
		total = w.Bill.Total.Float()
	}
	if w.Bill.Total <= 0 || len(w.Bill.Splits) < 2 {
		return ""
	}
	share := func(paid units.USD) string {
		return strings.TrimPrefix(a.usd(total*paid.Float()/w.Bill.Total.Float()), "$")
	}
	splits := slices.DeleteFunc(slices.Clone(w.Bill.Splits), func(s result.Split) bool { return s.Paid == 0 })
	var parts []string
	var rest units.USD
	if left := len(splits) - crowd; left > 0 { // the dearest, in their order
		bar := slices.SortedFunc(slices.Values(splits), func(x, y result.Split) int { return cmp.Compare(y.Paid, x.Paid) })[crowd/2].Paid
		splits = slices.DeleteFunc(splits, func(s result.Split) bool {
			out := s.Paid <= bar && s.Workload != ""
			if out {
				rest += s.Paid
			}
			return out
		})
	}
	for _, s := range splits {
		parts = append(parts, cmp.Or(s.Workload, "idle")+" "+share(s.Paid))
	}
	if rest > 0 {
		parts = append(parts, "the others "+share(rest))
	}
	what := "Of its " + a.usd(total)
	if a.drained() {
		what += " in the window"
	}
	return fmt.Sprintf(" %s: %s.", what, strings.Join(parts, ", "))
}

// same words that two platforms cost the same, or that chance explains by how
// much they do not: then more runs may tell them apart.
func (a *Answer) same(w, base *result.Row) string {
	switch d := result.Compare(w.Outcome, base.Outcome, a.Verdict.CostPath); d.Meaning {
	case result.Chance:
		return fmt.Sprintf("no significant difference between %s and %s: %s %s, which chance explains", w.Platform, base.Platform, a.plusMinus(math.Abs(d.V), d.Half), a.period())
	case result.Same:
		return fmt.Sprintf("%s and %s cost the same", w.Platform, base.Platform)
	default:
		return fmt.Sprintf("%s and %s cost the same: they differ by less than 1 %%", w.Platform, base.Platform)
	}
}

// equals names ranked platforms that cost as much as the winner, and those of
// which it is not known whether they do.
func (a *Answer) equals() string {
	var equal, chance []string
	winner := a.Verdict.Winner
	for _, row := range a.Verdict.Ranked {
		if !row.EqualWinner || row == a.Verdict.Baseline { // the advice names the baseline
			continue
		}
		if result.Compare(row.Outcome, winner.Outcome, a.Verdict.CostPath).Meaning == result.Chance {
			chance = append(chance, row.Platform)
		} else {
			equal = append(equal, row.Platform)
		}
	}
	var parts []string
	if equal != nil {
		parts = append(parts, fmt.Sprintf("%s: equal to %s, within 1 %%.", strings.Join(equal, ", "), winner.Platform))
	}
	if chance != nil {
		parts = append(parts, fmt.Sprintf("%s: no significant difference from %s.", strings.Join(chance, ", "), winner.Platform))
	}
	return strings.Join(parts, " ")
}

// unlimitedWait names the winner's longest wait when no SLO limits any: the
// cheapest platform is often the one that lets work wait.
func (a *Answer) unlimitedWait() string {
	w := a.Verdict.Winner
	worst := w.WorstWait()
	if !worst.Value.OK || worst.Limit > 0 || worst.Value.V == 0 {
		return ""
	}
	text := fmt.Sprintf("No SLO limits waiting: on %s 95 %% of %s run within %s of being asked for", w.Platform, worst.Workload, bound(worst.Value))
	if b := a.Verdict.Baseline; b != nil && b != w {
		if e, ok := b.Estimate(worst.Path); ok && e.OK {
			text += fmt.Sprintf(", on %s within %s", b.Platform, bound(e.Value))
		}
	}
	return text + "."
}

// bound prints seconds, marked where they are a lower bound.
func bound(v result.Value) string {
	s := result.FormatSeconds(v.V)
	if v.LowerBound {
		s = "more than " + s
	}
	return s
}

// flips words the price changes that make another platform the cheapest.
func (a *Answer) flips() string {
	const most = 4
	if a.drained() {
		return "not known, for part of the cost came after the window, as a sum without prices."
	}
	if len(a.Verdict.Ranked) < 2 {
		return "no price changes the winner: no other platform is ranked."
	}
	var parts []string
	for i, f := range a.Verdict.Flips {
		if i == most {
			break
		}
		switch change := 100 * math.Abs(f.Change); {
		case strings.HasPrefix(f.Prices, "a discount"):
			parts = append(parts, fmt.Sprintf("%s wins with %s of %s", f.Winner, f.Prices, percent(change)))
		case f.Change < 0:
			parts = append(parts, fmt.Sprintf("%s wins if %s fall %s", f.Winner, f.Prices, percent(change)))
		default:
			parts = append(parts, fmt.Sprintf("%s wins if %s rise %s", f.Winner, f.Prices, percent(change)))
		}
	}
	if parts == nil {
		return "no price that halves or doubles changes the winner."
	}
	return strings.Join(parts, "; ") + "."
}

func percent(v float64) string {
	if v < 9.95 {
		return fmt.Sprintf("%.1f %%", v)
	}
	return fmt.Sprintf("%.0f %%", v)
}

// cost is a row's figure of the ranking, in dollars.
func (a *Answer) cost(r *result.Row) float64 {
	e, _ := r.Estimate(a.Verdict.CostPath)
	return e.V
}

// cents reports whether the comparison needs them: nothing costs $100.
func (a *Answer) cents() bool {
	for _, row := range a.Verdict.Rows() {
		if a.cost(row) >= 100 {
			return false
		}
	}
	return true
}

// usd prints dollars with the comparison's decimals.
func (a *Answer) usd(v float64) string {
	if a.cents() {
		return result.FormatUSD(v)
	}
	sign := ""
	if v < 0 {
		sign = "-"
	}
	return sign + "$" + round(math.Abs(v))
}

func (a *Answer) plusMinus(v, half float64) string {
	if math.IsNaN(half) {
		return a.usd(v)
	}
	return a.usd(v) + " ±" + strings.TrimPrefix(a.usd(half), "$")
}
