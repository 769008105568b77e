package answer

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"ecsim/models/result"
	"ecsim/workloads/units"
)

// SweepCounts are what a sweep came to as a whole.
type SweepCounts struct {
	Points, Cells int
	Placements    uint64
	Failed        int // points with a platform that cannot run
	Imprecise     int // points that the most replications left less precise than asked for
	NoneMet       int // points where no platform keeps all gates
	NoWinner      int
	Gates         int
	Wins          []int    // per platform
	Cheapest      []string // per platform: where it costs least, "" for nowhere
}

// sweepRows is how many points the answer lists before it refers to the files.
const sweepRows = 24

// SweepText is the answer of a sweep: a table of its points, where the winner
// changes along an axis, and what could not run.
func SweepText(s *result.Surface, c SweepCounts) string {
	var b strings.Builder
	if s.Question != "" {
		wrap(&b, "", "", s.Question)
	}
	wrap(&b, "", "", fmt.Sprintf("Sweep of %s: %s points, %s cells", s.Scenario, units.Thousands(int64(c.Points)), units.Thousands(int64(c.Cells))))
	for i := range s.Axes {
		a := &s.Axes[i]
		wrap(&b, "  ", "    ", fmt.Sprintf("%s: %s", AxisLetter(i), a.Path+" = "+someValues(a.Values)))
	}
	if len(s.Metrics) > 0 {
		b.WriteString("\n")
		t := sweepTable(s)
		t.text(&b)
		if left := c.Points - len(t.Columns[0].Cells); left > 0 {
			fmt.Fprintf(&b, "... and %s more: points.csv has all\n", units.Thousands(int64(left)))
		}
	}
	b.WriteString("\n")
	for i, p := range s.Platforms {
		if c.Wins[i] > 0 {
			Line{"=>", fmt.Sprintf("%s is the cheapest ranked at %s of %s points", p, units.Thousands(int64(c.Wins[i])), units.Thousands(int64(c.Points)))}.text(&b)
		}
		if i < len(c.Cheapest) && c.Cheapest[i] != "" {
			Line{"", fmt.Sprintf("cheapest %s: %s", p, c.Cheapest[i])}.text(&b)
		}
	}
	if c.NoWinner > 0 {
		Line{"", fmt.Sprintf("no platform is ranked at %s of them", units.Thousands(int64(c.NoWinner)))}.text(&b)
	}
	for _, l := range changes(s) {
		Line{"", l}.text(&b)
	}
	for _, l := range reasons(s) {
		l.text(&b)
	}
	if c.Failed > 0 {
		Line{"CANNOT", fmt.Sprintf("at %s some platform cannot run; the column \"reason\" says why", count(int64(c.Failed), "point"))}.text(&b)
	}
	if c.Imprecise > 0 {
		Line{"Warning:", fmt.Sprintf("at %s the most replications allowed left the half-width wider than the precision asked for; raise runs.max_replications", count(int64(c.Imprecise), "point"))}.text(&b)
	}
	if c.Gates > 0 && c.NoneMet > 0 {
		Line{"MISS", fmt.Sprintf("at %s no platform keeps all of [slo] and [budget]", count(int64(c.NoneMet), "point"))}.text(&b)
	}
	return b.String()
}

// AxisLetter names an axis in the answer's table.
func AxisLetter(i int) string {
	if i < 26 {
		return string(rune('A' + i))
	}
	return fmt.Sprintf("X%d", i)
}

func someValues(values []string) string {
	if len(values) <= 8 {
		return strings.Join(values, ", ")
	}
	return strings.Join(values[:4], ", ") + ", ... " + values[len(values)-1] + fmt.Sprintf(" (%s values)", units.Thousands(int64(len(values))))
}

// sweepTable lists the first points: axes, each platform's cost, the winner.
func sweepTable(s *result.Surface) *Table {
	unit := result.UnitUSD
	if m, _, err := result.Find(s.Metrics[0]); err == nil {
		unit = m.Unit
	}
	points := s.Points[:min(len(s.Points), sweepRows)]
	var columns []Column
	for i := range s.Axes {
		c := Column{Head: [2]string{"", AxisLetter(i)}}
		for _, p := range points {
			c.Cells = append(c.Cells, clip(s.Axes[i].Values[p.At[i]], 16))
		}
		columns = append(columns, c)
	}
	head := map[string]string{"cost_per_month": "$/month", "cost": "$ window", "cost_with_drain": "$"}[s.Metrics[0]]
	shown := 0
	for i, name := range s.Platforms {
		c := Column{Head: [2]string{head, clip(name, 16)}}
		for _, p := range points {
			c.Cells = append(c.Cells, platformCell(&p.Platforms[i], unit))
		}
		if i > 0 && tableWidth(append(slices.Clone(columns), c)) > Columns80-22 {
			break
		}
		columns = append(columns, c)
		shown++
	}
	c := Column{Head: [2]string{"", "winner"}, Left: true}
	for _, p := range points {
		word := "-"
		if p.Winner >= 0 {
			word = clip(s.Platforms[p.Winner], 16)
		}
		if p.Equal {
			word += " (equal)"
		}
		c.Cells = append(c.Cells, word)
	}
	t := &Table{Columns: append(columns, c), Ranked: len(points)}
	if left := len(s.Platforms) - shown; left > 0 {
		t.Title = fmt.Sprintf("%s more in points.csv", count(int64(left), "platform"))
	}
	return t
}

func platformCell(p *result.PlatformPoint, unit result.Unit) string {
	e := p.Estimates[0]
	if p.Runs == 0 || math.IsNaN(e.Mean) {
		return string(p.Standing)
	}
	text := unit.Format(e.Mean)
	if !math.IsNaN(e.Half) {
		text += " ±" + strings.TrimPrefix(unit.Format(e.Half), "$")
	}
	if p.Standing != result.Ranked {
		text += " " + string(p.Standing)
	}
	return text
}

// changesShown bounds the places where the winner changes.
const changesShown = 6

// changes tells where the winner changes from one value of an axis to the next,
// the other axes held.
func changes(s *result.Surface) (list []string) {
	at := map[string]*result.SurfacePoint{}
	key := func(index []int) string { return fmt.Sprint(index) }
	for i := range s.Points {
		at[key(s.Points[i].At)] = &s.Points[i]
	}
	more := 0
	name := func(w int) string {
		if w < 0 {
			return "none"
		}
		return s.Platforms[w]
	}
	for i := range s.Points {
		p := &s.Points[i]
		for a := range s.Axes {
			next := slices.Clone(p.At)
			next[a]++
			q := at[key(next)]
			if q == nil || q.Winner == p.Winner {
				continue
			}
			if len(list) == changesShown {
				more++
				continue
			}
			text := fmt.Sprintf("winner changes from %s to %s between %s = %s and %s", name(p.Winner), name(q.Winner), AxisLetter(a),
				s.Axes[a].Values[p.At[a]], s.Axes[a].Values[next[a]])
			var held []string
			for o := range s.Axes {
				if o != a {
					held = append(held, AxisLetter(o)+" = "+s.Axes[o].Values[p.At[o]])
				}
			}
			if held != nil {
				text += " (" + strings.Join(held, ", ") + ")"
			}
			list = append(list, text)
		}
	}
	if more > 0 {
		list = append(list, fmt.Sprintf("and in %s more places: points.csv has all", units.Thousands(int64(more))))
	}
	return list
}

// reasons are why platforms are not ranked, the first of each kind.
func reasons(s *result.Surface) (list []Line) {
	type key struct {
		platform int
		standing result.Standing
	}
	seen := map[key]int{}
	at := map[key]int{}
	for i := range s.Points {
		for p := range s.Points[i].Platforms {
			x := &s.Points[i].Platforms[p]
			if x.Standing == result.Ranked {
				continue
			}
			k := key{p, x.Standing}
			if seen[k]++; seen[k] == 1 {
				at[k] = len(list)
				list = append(list, Line{strings.ToUpper(string(x.Standing)), s.Platforms[p] + ": " + x.Reason})
			}
		}
	}
	for k, n := range seen {
		if n > 1 {
			list[at[k]].Text += fmt.Sprintf(" (and so at %s)", count(int64(n-1), "more point"))
		}
	}
	for i := range list {
		if utf8.RuneCountInString(list[i].Text) > 400 {
			list[i].Text = clip(list[i].Text, 400)
		}
	}
	return list
}
