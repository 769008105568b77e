package answer

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"ecsim/models/result"
)

// TwoSide is one of two results set against each other.
type TwoSide struct {
	Name      string // as the asker named it
	Version   string
	Catalogue string
	Seed      uint64
	Partial   bool
	Platforms []*result.Measured // those that ran
	Refused   []string           // those that did not
}

// TwoPair are two platforms, of A and of B.
type TwoPair struct{ A, B *result.Measured }

// Name is the platforms' name, or both.
func (p TwoPair) Name() string {
	if p.A.Platform == p.B.Platform {
		return p.A.Platform
	}
	return p.A.Platform + " / " + p.B.Platform
}

// TwoInput is an input that differs: a setting, "" where one has none.
type TwoInput struct {
	Path string `json:"path"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// Two is the comparison of two results.
type Two struct {
	A, B   TwoSide
	Pairs  []TwoPair
	Inputs []TwoInput
	// Unpaired says why replications cannot be paired, "" where they are.
	Unpaired string
	Paths    []string // of the figures that the text shows
}

// Text is the comparison for a terminal.
func (t *Two) Text() string {
	var b strings.Builder
	for _, s := range []struct {
		mark string
		side *TwoSide
	}{{"A:", &t.A}, {"B:", &t.B}} {
		runs := "nothing ran"
		if len(s.side.Platforms) > 0 {
			runs = count(int64(s.side.Platforms[0].Runs), "run")
		}
		Line{s.mark, fmt.Sprintf("%s, %s, seed %d", s.side.Name, runs, s.side.Seed)}.text(&b)
	}
	chance := ""
	if len(t.Pairs) > 0 {
		b.WriteString("\n")
		var table Table
		table, chance = t.table()
		table.text(&b)
	}
	b.WriteString("\n")
	for _, l := range t.lines(chance) {
		l.text(&b)
	}
	return b.String()
}

func (t *Two) how() string {
	if t.Unpaired == "" {
		return "paired by replication"
	}
	return "not paired"
}

// table shows the pairs' figures, and in words what chance explains.
func (t *Two) table() (table Table, chance string) {
	table = Table{Title: "B less A, " + t.how() + " (means over replications, 95 % intervals)", Columns: []Column{
		{Head: [2]string{"", "platform"}, Left: true}, {Head: [2]string{"", "figure"}, Left: true}, {Head: [2]string{"", "A"}}, {Head: [2]string{"", "B"}},
		{Head: [2]string{"", "B - A"}}, {Head: [2]string{"", "±"}}, {Head: [2]string{"signi-", "ficant"}, Left: true}}}
	var explained []string
	for _, p := range t.Pairs {
		var here []string
		for _, path := range t.Paths {
			d := result.CompareMeasured(p.A, p.B, path, t.Unpaired == "")
			m, _, err := result.Find(path)
			if err != nil || d.Meaning == result.NoFigure {
				continue
			}
			name := strings.TrimPrefix(path, "workload.")
			if d.Meaning == result.Chance {
				here = append(here, name)
			}
			difference, half := Difference(m.Unit, d.V, d.Half), ""
			if d.Half > 0 {
				half = m.Unit.Format(d.Half)
			}
			for i, cell := range []string{p.Name(), name, m.Unit.Format(p.A.Mean(path)), m.Unit.Format(p.B.Mean(path)), difference, half, twoWords[d.Meaning]} {
				table.Columns[i].Cells = append(table.Columns[i].Cells, cell)
			}
			table.Ranked++
		}
		if here != nil {
			explained = append(explained, p.Name()+" in "+strings.Join(here, ", "))
		}
	}
	return table, strings.Join(explained, "; ")
}

var twoWords = map[result.Meaning]string{
	result.Same: "", result.Chance: "no", result.Negligible: "equal", result.Significant: "yes", result.Unknown: "unknown",
}

// lines say how to read the table, and what differs in the inputs.
func (t *Two) lines(chance string) (list []Line) {
	add := func(mark, text string) { list = append(list, Line{mark, sentence(text)}) }
	if chance != "" {
		add("", "No significant difference between A and B, for the interval holds 0: "+chance)
	}
	for _, p := range t.Pairs {
		if p.A.Standing != p.B.Standing {
			add("", fmt.Sprintf("%s is %s in A and %s in B", p.Name(), p.A.Standing, p.B.Standing))
		}
	}
	if t.Unpaired != "" {
		add("", "Replications are not paired, for "+t.Unpaired+": the intervals are those of independent samples (Welch), wider than paired ones")
	}
	if len(t.Pairs) == 0 {
		add("", "No platform of A has its like in B")
	}
	if a, b := t.alone(); len(a)+len(b) > 0 {
		if len(a) > 0 {
			add("", "In A alone: "+strings.Join(a, ", "))
		}
		if len(b) > 0 {
			add("", "In B alone: "+strings.Join(b, ", "))
		}
	}
	for _, s := range []struct {
		mark string
		side *TwoSide
	}{{"A", &t.A}, {"B", &t.B}} {
		if s.side.Partial {
			add("Warning:", s.mark+" is partial: it was interrupted, and its figures are of the runs that finished")
		}
		if len(s.side.Refused) > 0 {
			add("", s.mark+" could not run: "+strings.Join(s.side.Refused, ", "))
		}
	}
	if len(t.Inputs) == 0 {
		add("Inputs:", "the same in A and B")
		return list
	}
	const most = 25
	list = append(list, Line{"Inputs that differ, A -> B:", count(int64(len(t.Inputs)), "input") + "."})
	for i, in := range t.Inputs {
		if i == most {
			add("", fmt.Sprintf("and %d more; --format json lists all", len(t.Inputs)-most))
			break
		}
		none := func(s string) string {
			if s == "" {
				return "(none)"
			}
			return s
		}
		list = append(list, Line{"", in.Path + ": " + none(in.A) + " -> " + none(in.B)})
	}
	return list
}

// alone are the platforms without a pair.
func (t *Two) alone() (a, b []string) {
	for _, m := range t.A.Platforms {
		if !slices.ContainsFunc(t.Pairs, func(p TwoPair) bool { return p.A == m }) {
			a = append(a, m.Platform)
		}
	}
	for _, m := range t.B.Platforms {
		if !slices.ContainsFunc(t.Pairs, func(p TwoPair) bool { return p.B == m }) {
			b = append(b, m.Platform)
		}
	}
	return a, b
}

// paths are all metrics that both of a pair have, in the table's order.
func (p TwoPair) paths() (list []string) {
	var names []string
	for path := range p.A.Each {
		if _, w, err := result.Find(path); err == nil && w != "" && !slices.Contains(names, w) {
			names = append(names, w)
		}
	}
	for _, c := range metricColumns(names) {
		if p.A.Each[c.path] != nil && p.B.Each[c.path] != nil {
			list = append(list, c.path)
		}
	}
	return list
}

type jsonTwoSide struct {
	Name      string   `json:"name"`
	Version   string   `json:"version"`
	Catalogue string   `json:"catalogue"`
	Seed      uint64   `json:"seed"`
	Partial   bool     `json:"partial,omitempty"`
	Alone     []string `json:"platforms_alone,omitempty"`
	Refused   []string `json:"refused,omitempty"`
}

type jsonTwoFigure struct {
	A       *float64 `json:"a"`
	B       *float64 `json:"b"`
	Diff    *float64 `json:"b_less_a"`
	Half    *float64 `json:"half95,omitempty"`
	Meaning string   `json:"meaning"`
	Unit    string   `json:"unit"`
}

type jsonTwoPair struct {
	A       string                   `json:"platform_a"`
	B       string                   `json:"platform_b"`
	StatusA string                   `json:"standing_a"`
	StatusB string                   `json:"standing_b"`
	RunsA   int                      `json:"replications_a"`
	RunsB   int                      `json:"replications_b"`
	Figures map[string]jsonTwoFigure `json:"metrics"` // written in order of path
}

// JSON writes the comparison for programs, with every metric.
func (t *Two) JSON(w io.Writer) error {
	aloneA, aloneB := t.alone()
	side := func(s *TwoSide, alone []string) jsonTwoSide {
		return jsonTwoSide{s.Name, s.Version, s.Catalogue, s.Seed, s.Partial, alone, s.Refused}
	}
	doc := struct {
		A      jsonTwoSide   `json:"a"`
		B      jsonTwoSide   `json:"b"`
		Paired bool          `json:"paired"`
		Why    string        `json:"why_not_paired,omitempty"`
		Inputs []TwoInput    `json:"inputs"`
		Pairs  []jsonTwoPair `json:"pairs"`
	}{side(&t.A, aloneA), side(&t.B, aloneB), t.Unpaired == "", t.Unpaired, append([]TwoInput{}, t.Inputs...), []jsonTwoPair{}}
	for _, p := range t.Pairs {
		j := jsonTwoPair{A: p.A.Platform, B: p.B.Platform, StatusA: string(p.A.Standing), StatusB: string(p.B.Standing),
			RunsA: p.A.Runs, RunsB: p.B.Runs, Figures: map[string]jsonTwoFigure{}}
		for _, path := range p.paths() {
			m, _, err := result.Find(path)
			d := result.CompareMeasured(p.A, p.B, path, t.Unpaired == "")
			if err != nil || d.Meaning == result.NoFigure {
				continue
			}
			j.Figures[path] = jsonTwoFigure{figure(p.A.Mean(path)), figure(p.B.Mean(path)), figure(d.V), figure(d.Half), string(d.Meaning), string(m.Unit)}
		}
		doc.Pairs = append(doc.Pairs, j)
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(doc)
}

// CSV writes one row a pair of platforms and metric.
func (t *Two) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	records := [][]string{{"platform_a", "platform_b", "metric", "unit", "a", "b", "b_less_a", "half95", "paired", "meaning"}}
	number := func(v float64) string {
		if math.IsNaN(v) {
			return ""
		}
		return decimal(v)
	}
	for _, p := range t.Pairs {
		for _, path := range p.paths() {
			m, _, err := result.Find(path)
			d := result.CompareMeasured(p.A, p.B, path, t.Unpaired == "")
			if err != nil || d.Meaning == result.NoFigure {
				continue
			}
			records = append(records, []string{p.A.Platform, p.B.Platform, path, string(m.Unit), number(p.A.Mean(path)), number(p.B.Mean(path)),
				number(d.V), number(d.Half), strconv.FormatBool(t.Unpaired == ""), string(d.Meaning)})
		}
	}
	return out.WriteAll(records)
}

// Difference is a signed difference as it stands beside its half-width: digits
// of far less than chance, such as -4.8e-08 s ± 0.67 s, say nothing.
func Difference(unit result.Unit, v, half float64) string {
	if v == 0 {
		return string(result.Same)
	}
	sign := "+"
	if v < 0 {
		sign = "-"
	}
	if math.Abs(v) < half/1000 {
		v = 0
	}
	return sign + unit.Format(math.Abs(v))
}
