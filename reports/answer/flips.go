package answer

import (
	"fmt"
	"math"
	"strings"

	"ecsim/models/result"
)

// flipDetails are the lines on what would change the winner: prices by
// arithmetic, the rest as simulated.
func (a *Answer) flipDetails() []Line {
	list := []Line{{"Flips:", a.flips()}}
	if s := a.Search; s != nil {
		for _, text := range a.simulated(s) {
			list = append(list, Line{"", text})
		}
	}
	return list
}

// simulated words a search.
func (a *Answer) simulated(s *result.FlipSearch) (texts []string) {
	if s.None != "" {
		return []string{"Load, run time and the like were not searched for flips: " + s.None + "."}
	}
	const most = 6
	var parts []string
	for i, f := range s.Flips {
		if i == most {
			parts = append(parts, fmt.Sprintf("and %d larger ones", len(s.Flips)-most))
			break
		}
		parts = append(parts, a.factorFlip(f))
	}
	if parts != nil {
		texts = append(texts, sentence(strings.Join(parts, "; ")))
	}
	parts = nil
	for _, r := range s.Kept {
		switch {
		case r.From == 1:
			parts = append(parts, r.Factor+" up to "+signed(r.To))
		case r.To == 1:
			parts = append(parts, r.Factor+" down to "+signed(r.From))
		default:
			parts = append(parts, r.Factor+" from "+signed(r.From)+" to "+signed(r.To))
		}
	}
	if parts != nil {
		head := "No flip: "
		if len(s.Flips) == 0 {
			head = "Nothing else that was tried flips it: "
		}
		texts = append(texts, sentence(head+strings.Join(parts, ", ")))
	}
	if s.Open != nil {
		texts = append(texts, sentence("Not searched, for the work allowed was spent: "+strings.Join(s.Open, ", ")))
	}
	if s.Left != nil {
		texts = append(texts, sentence("Left out of the search, for "+count(int64(s.Runs), "run")+" a point and all runs judge their SLOs differently: "+strings.Join(s.Left, ", ")))
	}
	return texts
}

func (a *Answer) factorFlip(f result.FactorFlip) string {
	verb, low, high := "rises", f.Held-1, f.Flip-1
	if f.Flip < 1 {
		verb, low, high = "falls", 1-f.Held, 1-f.Flip
	}
	by := percent(100 * high)
	switch {
	case f.Open && f.Held == 1:
		by += " or less"
	case f.Open:
		by = fmt.Sprintf("somewhere between %s and %s", percent(100*low), by)
	}
	winner := f.Winner + " wins"
	if f.Winner == "" {
		winner = "no platform is ranked"
	}
	text := fmt.Sprintf("%s if %s %s %s", winner, f.Factor, verb, by)
	if f.Why != "" {
		text += fmt.Sprintf(" (%s: %s)", a.Verdict.Winner.Platform, f.Why)
	}
	return text
}

// signed prints a multiple as a change: "+100 %".
func signed(x float64) string { return fmt.Sprintf("%+.0f %%", math.Round(100*(x-1))) }

// chance says what an interval and a flip leave out.
func (a *Answer) chance() string {
	const interval = "± is the 95 % interval of chance only, and knows nothing of wrong inputs. "
	switch s := a.Search; {
	case s == nil && len(a.Outcomes) < 2:
		return strings.TrimSpace(interval)
	case s == nil:
		return interval + "Flips change prices alone; --flips also searches load, run time, start time, image size and speed."
	case s.None != "":
		return interval + "Flips change prices alone."
	default:
		return interval + fmt.Sprintf("Flips of prices are where mean bills cross. The others were simulated, %s a point, each factor alone, at both ends and at points between: another platform is then cheaper by more than 1 %% and than chance, or the winner is not ranked; nearer counts as equal.", count(int64(s.Runs), "run"))
	}
}

type jsonFactorFlip struct {
	Factor string  `json:"factor"`
	Held   float64 `json:"held"` // the largest multiple at which the winner held
	Flip   float64 `json:"flip"` // the smallest at which it did not
	Winner string  `json:"winner"`
	Reason string  `json:"reason,omitempty"`
	Open   bool    `json:"open,omitempty"`
}

type jsonRange struct {
	Factor string  `json:"factor"`
	From   float64 `json:"from"`
	To     float64 `json:"to"`
}

type jsonSearch struct {
	Flips        []jsonFactorFlip `json:"flips"`
	Kept         []jsonRange      `json:"no_flip"`
	NotSearched  []string         `json:"not_searched,omitempty"`
	LeftOut      []string         `json:"left_out,omitempty"`
	Why          string           `json:"why_none,omitempty"`
	Replications int              `json:"replications"`
	Points       int              `json:"points"`
	Events       uint64           `json:"events"`
}

func jsonSearchOf(s *result.FlipSearch) *jsonSearch {
	if s == nil {
		return nil
	}
	j := &jsonSearch{Flips: []jsonFactorFlip{}, Kept: []jsonRange{}, NotSearched: s.Open, LeftOut: s.Left, Why: s.None,
		Replications: s.Runs, Points: s.Points, Events: s.Events}
	for _, f := range s.Flips {
		j.Flips = append(j.Flips, jsonFactorFlip{f.Factor, *figure(f.Held), *figure(f.Flip), f.Winner, f.Why, f.Open})
	}
	for _, r := range s.Kept {
		j.Kept = append(j.Kept, jsonRange{r.Factor, *figure(r.From), *figure(r.To)})
	}
	return j
}
