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

// decimal prints a figure with twelve significant digits, enough for any and
// few enough that the last bit of a float, which differs between processors,
// does not show.
func decimal(v float64) string { return strconv.FormatFloat(v, 'g', 12, 64) }

// CSV writes a row a platform, ranked ones first, and below it a row for each
// of its workloads, whose name stands in the column workload. A platform's row
// has every metric of the platform and of each workload, and the gates, each
// figure with the half-width of its 95 % interval behind it; a workload's row
// has the same, and its own metrics in the last columns, which are named
// without it ("workload_time_to_running_p95_s"). Of a crowd of
// workloads the metrics stand in rows alone. A figure that does not exist is
// empty; lower_bounds lists the columns whose truth may be larger.
func (a *Answer) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	names := a.workloads()
	wide := names
	if a.crowded() {
		wide = nil
	}
	columns := metricColumns(wide)
	own := workloadColumns()
	header := []string{"platform", "workload", "standing", "reasons", "replications", "lower_bounds"}
	for _, c := range columns {
		header = append(header, c.name, c.name+"_half95")
	}
	var gates []csvColumn
	for _, g := range a.Gates {
		gates = append(gates, csvColumn{"gate_" + g.Column(), g.Path})
	}
	for _, g := range unique(gates) {
		header = append(header, gateHeader(g.name)...)
	}
	for _, c := range own {
		header = append(header, c.name, c.name+"_half95")
	}
	if err := out.Write(header); err != nil {
		return err
	}
	for _, row := range a.Verdict.Rows() {
		cells, bounds := figures(row, columns, nil, nil)
		for k := range a.Gates {
			if k < len(row.Gates) {
				cells = append(cells, gateCells(&row.Gates[k])...)
			} else {
				cells = append(cells, make([]string, len(gateHeader("")))...)
			}
		}
		var reasons []string
		for _, f := range row.Faults {
			reasons = append(reasons, f.Text)
		}
		for _, name := range append([]string{""}, names...) {
			cells, bounds := slices.Clip(cells), slices.Clip(bounds)
			if name == "" {
				cells = append(cells, make([]string, 2*len(own))...)
			} else {
				mine := make([]csvColumn, len(own))
				for i, c := range own {
					m, _, err := result.Find(c.path)
					if err != nil {
						return err
					}
					mine[i] = csvColumn{c.name, m.For(name)}
				}
				cells, bounds = figures(row, mine, cells, bounds)
			}
			record := append([]string{row.Platform, name, string(row.Standing()), strings.Join(reasons, "; "),
				strconv.Itoa(row.Runs), strings.Join(bounds, " ")}, cells...)
			if err := out.Write(record); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

// figures adds each column's figure and half-width of a platform to cells, and
// to bounds the columns that are lower bounds.
func figures(row *result.Row, columns []csvColumn, cells, bounds []string) (_, _ []string) {
	for _, c := range columns {
		e, ok := row.Estimate(c.path)
		value, half := "", ""
		if ok && e.OK {
			value = decimal(e.V)
			if !math.IsNaN(e.Half) {
				half = decimal(e.Half)
			}
			if e.LowerBound {
				bounds = append(bounds, c.name)
			}
		}
		cells = append(cells, value, half)
	}
	return cells, bounds
}

// workloadColumns are every metric of a workload, named without it. Their paths
// hold NAME.
func workloadColumns() (columns []csvColumn) {
	metrics := result.Metrics()
	for i := range metrics {
		if m := &metrics[i]; m.PerWorkload() {
			columns = append(columns, csvColumn{strings.Replace(m.Column("NAME"), "_NAME", "", 1), m.For("NAME")})
		}
	}
	return columns
}

type csvColumn struct{ name, path string }

// columns are every metric of the platform and of each workload.
func (a *Answer) columns() []csvColumn { return metricColumns(a.workloads()) }

// metricColumns are every metric of the platform and of each named workload.
func metricColumns(names []string) []csvColumn {
	names = slices.Sorted(slices.Values(names))
	var columns []csvColumn
	metrics := result.Metrics()
	for i := range metrics {
		if m := &metrics[i]; !m.PerWorkload() {
			columns = append(columns, csvColumn{m.Column(""), m.Path})
		}
	}
	for _, name := range names {
		for i := range metrics {
			if m := &metrics[i]; m.PerWorkload() {
				columns = append(columns, csvColumn{m.Column(name), m.For(name)})
			}
		}
	}
	return unique(columns)
}

// unique tells columns apart whose workloads differ only in signs that a
// column name cannot hold.
func unique(columns []csvColumn) []csvColumn {
	seen := map[string]int{}
	for i := range columns {
		seen[columns[i].name]++
		if n := seen[columns[i].name]; n > 1 {
			columns[i].name += "_" + strconv.Itoa(n)
		}
	}
	return columns
}

type jsonFigure struct {
	Value      float64  `json:"value"`
	Half95     *float64 `json:"half95,omitempty"`
	LowerBound bool     `json:"lower_bound,omitempty"`
	Unit       string   `json:"unit"`
}

type jsonGate struct {
	Path   string   `json:"path"`
	Text   string   `json:"text"`
	Value  *float64 `json:"value"`
	Lower  *float64 `json:"lower95,omitempty"`
	Upper  *float64 `json:"upper95,omitempty"`
	OK     bool     `json:"ok"`
	Unsure bool     `json:"not_sure,omitempty"` // lower95 to upper95 holds the limit
	Reason string   `json:"reason,omitempty"`
}

type jsonPlatform struct {
	Name         string                `json:"name"`
	Standing     string                `json:"standing"`
	Reasons      []string              `json:"reasons,omitempty"`
	Replications int                   `json:"replications"`
	VsBaseline   *float64              `json:"vs_baseline,omitempty"`
	Equal        bool                  `json:"equal_to_winner,omitempty"`
	SLO          []jsonGate            `json:"slo,omitempty"`
	Refusals     []jsonRefusal         `json:"refusals,omitempty"`
	Deployments  []jsonDeployment      `json:"deployments,omitempty"`
	Metrics      map[string]jsonFigure `json:"metrics"` // written in order of path
}

// jsonRefusal counts tasks that found no room at the first try, over all
// replications, by ECS's reason.
type jsonRefusal struct {
	Workload string `json:"workload"`
	Reason   string `json:"reason"`
	Count    int64  `json:"count"`
}

type jsonFlip struct {
	Prices string  `json:"prices"`
	Change float64 `json:"change"`
	Winner string  `json:"winner"`
}

// JSON writes the answer for programs: what the text says and every metric.
func (a *Answer) JSON(w io.Writer) error {
	v := a.Verdict
	doc := struct {
		Scenario   string         `json:"scenario"`
		Question   string         `json:"question"`
		Region     string         `json:"region"`
		PriceDate  string         `json:"price_date"`
		RankedBy   string         `json:"ranked_by"`
		Winner     string         `json:"winner"` // "" when there is none
		Baseline   string         `json:"baseline"`
		SavingUSD  *float64       `json:"saving_usd,omitempty"`
		Half95     *float64       `json:"saving_half95_usd,omitempty"`
		Advice     string         `json:"advice"`
		Platforms  []jsonPlatform `json:"platforms"`
		PriceFlips []jsonFlip     `json:"price_flips,omitempty"`
		FlipSearch *jsonSearch    `json:"flip_search,omitempty"`
		Warnings   []string       `json:"warnings,omitempty"`
		Excluded   []string       `json:"not_included,omitempty"`
		Assumed    []string       `json:"assumed,omitempty"`
	}{Scenario: a.Scenario, Question: a.Question, Region: a.Region, PriceDate: a.PriceDate, RankedBy: v.CostPath,
		FlipSearch: jsonSearchOf(a.Search), Baseline: a.Baseline, Advice: a.Advice.Text, Excluded: a.kind(result.NotIncluded), Assumed: a.kind(result.Assumed)}
	if v.Winner != nil {
		doc.Winner = v.Winner.Platform
	}
	if v.Saving.OK {
		doc.SavingUSD, doc.Half95 = figure(v.Saving.V), figure(v.SavingHalf)
	}
	for _, l := range a.Warnings {
		doc.Warnings = append(doc.Warnings, l.Text)
	}
	for _, f := range v.Flips {
		doc.PriceFlips = append(doc.PriceFlips, jsonFlip{f.Prices, *figure(f.Change), f.Winner})
	}
	for _, row := range v.Rows() {
		doc.Platforms = append(doc.Platforms, a.jsonPlatform(row))
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(doc)
}

func (a *Answer) jsonPlatform(row *result.Row) jsonPlatform {
	p := jsonPlatform{Name: row.Platform, Standing: string(row.Standing()), Replications: row.Runs, Equal: row.EqualWinner, Deployments: jsonDeployments(row.Outcome), Metrics: map[string]jsonFigure{}}
	for _, f := range row.Faults {
		p.Reasons = append(p.Reasons, f.Text)
	}
	for i := range row.Pooled.Workloads {
		w := &row.Pooled.Workloads[i]
		for _, r := range w.Refusals {
			p.Refusals = append(p.Refusals, jsonRefusal{w.Name, r.Reason, r.Count})
		}
	}
	if row.VsBaseline.OK {
		p.VsBaseline = figure(row.VsBaseline.V)
	}
	for _, g := range row.Gates {
		gate := jsonGate{Path: g.Gate.Path, Text: g.Gate.Text, OK: g.OK, Reason: g.Reason,
			Lower: figure(g.Lower), Upper: figure(g.Upper), Unsure: g.Unsure}
		if g.Got.OK {
			gate.Value = figure(g.Got.V)
		}
		p.SLO = append(p.SLO, gate)
	}
	for _, c := range a.columns() {
		e, ok := row.Estimate(c.path)
		m, _, err := result.Find(c.path)
		if ok && e.OK && err == nil {
			p.Metrics[c.path] = jsonFigure{*figure(e.V), figure(e.Half), e.LowerBound, string(m.Unit)}
		}
	}
	return p
}

// figure rounds as decimal does; what JSON cannot hold is nil.
func figure(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	rounded, err := strconv.ParseFloat(decimal(v), 64)
	if err != nil {
		panic(fmt.Sprintf("answer: %v does not read back: %v", v, err))
	}
	return &rounded
}
