package answer

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"ecsim/models/result"
)

// Table is rows of platforms; Columns hold the cells.
type Table struct {
	Title   string // "" for the main table
	Columns []Column
	Ranked  int // rows above the line that says why the others are not ranked
}

// Column is one column; its head takes two lines.
type Column struct {
	Head  [2]string
	Left  bool // left-aligned
	Cells []string
}

// NotRanked heads the rows below the line.
const NotRanked = "not ranked, for the reasons below"

// width is that of the widest cell or head.
func (c *Column) width() int {
	w := max(utf8.RuneCountInString(c.Head[0]), utf8.RuneCountInString(c.Head[1]))
	for _, cell := range c.Cells {
		w = max(w, utf8.RuneCountInString(cell))
	}
	return w
}

// gap stands between columns.
const gap = 2

func tableWidth(columns []Column) int {
	w := -gap
	for i := range columns {
		w += columns[i].width() + gap
	}
	return w
}

// Columns80 is the width every answer keeps.
const Columns80 = 80

// tables lays the rows out: cost, work and hosts in the first table, with as
// many workloads beside them as 80 columns hold, the others in further tables.
func (a *Answer) tables() {
	rows := a.Verdict.Rows()
	if len(rows) == 0 {
		return
	}
	column := func(top, bottom string, cell func(*result.Row) string) Column {
		c := Column{Head: [2]string{top, bottom}}
		for _, r := range rows {
			c.Cells = append(c.Cells, cell(r))
		}
		return c
	}
	platform := column("", "platform", func(r *result.Row) string { return r.Platform })
	platform.Left = true
	head := []Column{platform, a.costColumn(rows)}
	if a.Verdict.Baseline != nil && len(rows) > 1 {
		head = append(head, column("vs", clip(a.Verdict.Baseline.Platform, 12), a.versus))
	}
	// What was paid after the window is known in sum only.
	if !a.drained() && slices.ContainsFunc(rows, func(r *result.Row) bool { return r.Bill.List != r.Bill.Total }) {
		head = append(head, column("at", "list", func(r *result.Row) string { return a.money(r, "cost_list") }))
	}
	if !a.drained() {
		head = append(head, column("1-y SP", "(best)", a.plan))
	}
	head = append(head, column("done", "%", done))
	tail := []Column{
		column("hosts", "mean/max", hosts),
		column("", "SLO", func(r *result.Row) string { return string(r.Standing()) })}
	tail[1].Left = true
	if !slices.ContainsFunc(rows, func(r *result.Row) bool { return hosts(r) != "-" }) {
		tail = tail[1:]
	}
	blocks := a.thin(a.blocks(rows))
	room := Columns80 - tableWidth(slices.Concat(head, tail))
	var rest []Column
	var shown []Column
	for _, b := range blocks {
		if need := b.column.width() + gap; b.main && need <= room {
			room -= need
			shown = append(shown, b.column)
		} else {
			rest = append(rest, b.column)
		}
	}
	ranked := len(a.Verdict.Ranked)
	a.Tables = []Table{{Columns: slices.Concat(head, shown, tail), Ranked: ranked}}
	for len(rest) > 0 {
		t := Table{Title: "By workload", Columns: []Column{platform}, Ranked: ranked}
		for len(rest) > 0 && (len(t.Columns) == 1 || tableWidth(append(slices.Clone(t.Columns), rest[0])) <= Columns80) {
			t.Columns = append(t.Columns, rest[0])
			rest = rest[1:]
		}
		a.Tables = append(a.Tables, t)
	}
}

// costColumn is "1,308 ±16", both parts aligned.
func (a *Answer) costColumn(rows []*result.Row) Column {
	head := [2]string{"$/month", "(95 %)"}
	if !a.monthly() {
		head[0] = "$"
		if o := a.ran(); o != nil {
			head[0] = "$ " + a.period()
		}
	}
	var cells [][2]string
	for _, r := range rows {
		e, ok := r.Estimate(a.Verdict.CostPath)
		switch {
		case !ok:
			cells = append(cells, [2]string{"-", ""})
		case !e.OK:
			cells = append(cells, [2]string{"n/a", ""})
		case math.IsNaN(e.Half):
			cells = append(cells, [2]string{strings.TrimPrefix(a.usd(e.V), "$"), ""})
		default:
			cells = append(cells, [2]string{strings.TrimPrefix(a.usd(e.V), "$"), "±" + strings.TrimPrefix(a.usd(e.Half), "$")})
		}
	}
	return Column{Head: head, Cells: pair(cells, " ")}
}

// pair joins two parts of a cell, each right-aligned.
func pair(cells [][2]string, sep string) []string {
	var width [2]int
	for _, c := range cells {
		for i, s := range c {
			width[i] = max(width[i], utf8.RuneCountInString(s))
		}
	}
	list := make([]string, len(cells))
	for i, c := range cells {
		list[i] = pad(c[0], width[0], false) + sep + pad(c[1], width[1], false)
		if width[1] == 0 {
			list[i] = pad(c[0], width[0], false)
		}
	}
	return list
}

func pad(s string, width int, left bool) string {
	space := strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
	if left {
		return s + space
	}
	return space + s
}

func clip(s string, width int) string {
	r := []rune(s)
	if len(r) <= width {
		return s
	}
	return string(r[:width-1]) + "…"
}

// versus compares with the baseline: "-31 %", "equal", "base".
func (a *Answer) versus(r *result.Row) string {
	switch {
	case r == a.Verdict.Baseline:
		return "base"
	case !r.VsBaseline.OK:
		return "-"
	case r.EqualBaseline:
		return "equal"
	}
	return fmt.Sprintf("%+.0f %%", 100*r.VsBaseline.V)
}

// money prints another cost in the ranking's period.
func (a *Answer) money(r *result.Row, path string) string {
	if a.monthly() {
		path += "_per_month"
	}
	e, ok := r.Estimate(path)
	if !ok || !e.OK {
		return "-"
	}
	return strings.TrimPrefix(a.usd(e.V), "$")
}

// plan is the cost with the best Savings Plan, "-" where none saves anything.
func (a *Answer) plan(r *result.Row) string {
	if r.Bill.BestPlan.Commitment == 0 {
		return "-"
	}
	return a.money(r, "cost_best_plan")
}

// done rounds down, so that less than all never reads 100.
func done(r *result.Row) string {
	e, ok := r.Estimate("done")
	if !ok || !e.OK {
		return "-"
	}
	if e.V >= 1-result.DoneRounding {
		return "100"
	}
	return fmt.Sprintf("%.1f", math.Floor(1000*e.V)/10)
}

func hosts(r *result.Row) string {
	mean, ok := r.Estimate("instances.mean")
	most, _ := r.Estimate("instances.max")
	if !ok || !mean.OK {
		return "-"
	}
	return number(math.Round(mean.V*10)/10) + " / " + number(most.V)
}

// block is one workload's column.
type block struct {
	column Column
	main   bool // may stand in the first table
	gated  bool
	least  float64 // services: the least share of the time in full, of the platforms
}

// blocks are the workloads' figures, those with a service level first. Waits
// and shares are each workload's own, never pooled.
func (a *Answer) blocks(rows []*result.Row) []block {
	o := a.ran()
	if o == nil {
		return nil
	}
	var list []block
	for i := range o.Pooled.Workloads {
		w := &o.Pooled.Workloads[i]
		wait := block{column: a.waitColumn(rows, w.Name), main: true, gated: a.gated(w.Name, "time_to_running")}
		switch w.Kind {
		case "batch":
			if w.OnTime+w.Late > 0 {
				onTime := block{column: a.figure(rows, w.Name, "on_time", "on time"), main: true, gated: a.gated(w.Name, "on_time")}
				wait.main = wait.gated
				list = append(list, onTime, wait, block{column: a.figure(rows, w.Name, "completion.p95", "done p95"), gated: a.gated(w.Name, "completion")})
				continue
			}
			list = append(list, wait)
		case "service":
			list = append(list, block{column: a.figure(rows, w.Name, "running_share", "all run"), gated: a.gated(w.Name, "running"), least: leastInFull(rows, w.Name)})
		}
	}
	slices.SortStableFunc(list, func(x, y block) int {
		return priority(x) - priority(y)
	})
	return list
}

func priority(b block) int {
	switch {
	case b.gated && b.main:
		return 0
	case b.main:
		return 1
	}
	return 2
}

func (a *Answer) gated(workload, path string) bool {
	return slices.ContainsFunc(a.Gates, func(g result.Gate) bool {
		return g.Workload == workload && strings.HasPrefix(g.Short(), path)
	})
}

func (a *Answer) waitColumn(rows []*result.Row, workload string) Column {
	cells := [][2]string{{"p50", "p95"}}
	for _, r := range rows {
		cells = append(cells, [2]string{short(r, workload, "time_to_running.p50"), short(r, workload, "time_to_running.p95")})
	}
	list := pair(cells, " ")
	return Column{Head: [2]string{workload + " wait", list[0]}, Cells: list[1:]}
}

func (a *Answer) figure(rows []*result.Row, workload, path, head string) Column {
	c := Column{Head: [2]string{workload, head}}
	for _, r := range rows {
		c.Cells = append(c.Cells, short(r, workload, path))
	}
	return c
}

// short prints a workload's metric without the space before its unit; a lower
// bound as ">x".
func short(r *result.Row, workload, path string) string {
	m := result.Metric{Path: "workload.NAME." + path}
	e, ok := r.Estimate(m.For(workload))
	found, _, err := result.Find(m.For(workload))
	if !ok || !e.OK || err != nil {
		return "-"
	}
	s := found.Unit.Format(e.V)
	if found.Unit == result.UnitSeconds {
		s = strings.ReplaceAll(s, " ", "")
	}
	if e.LowerBound {
		s = ">" + s
	}
	return s
}
