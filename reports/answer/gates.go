package answer

import (
	"math"
	"strconv"

	"ecsim/models/result"
)

// gateTables are all gates against all platforms that ran: what each comes to,
// the interval of chance around it, and whether it is kept. Gates stand side by
// side, as many as 80 columns hold.
func (a *Answer) gateTables() []Table {
	if len(a.Gates) == 0 || a.ran() == nil {
		return nil
	}
	rows := a.Verdict.Rows()
	platform := Column{Head: [2]string{"", "platform"}, Left: true}
	for _, r := range rows {
		platform.Cells = append(platform.Cells, r.Platform)
	}
	var columns []Column
	for k := range a.Gates {
		columns = append(columns, gateColumn(rows, k, a.Gates[k]))
	}
	var tables []Table
	for len(columns) > 0 {
		t := Table{Title: "SLOs and budget, with the 95 % interval of chance", Columns: []Column{platform}, Ranked: len(a.Verdict.Ranked)}
		if len(tables) > 0 {
			t.Title = "SLOs and budget, continued"
		}
		for len(columns) > 0 && (len(t.Columns) == 1 || tableWidth(append(t.Columns[:len(t.Columns):len(t.Columns)], columns[0])) <= Columns80) {
			t.Columns = append(t.Columns, columns[0])
			columns = columns[1:]
		}
		tables = append(tables, t)
	}
	return tables
}

// gateColumn is one gate on every platform: "63 s (61 s to 65 s) ok".
func gateColumn(rows []*result.Row, k int, g result.Gate) Column {
	c := Column{Head: [2]string{g.Short(), g.Text}}
	if g.Workload != "" {
		c.Head = [2]string{g.Workload, g.Short() + " " + g.Text}
	}
	cells, states := make([][2]string, len(rows)), make([][2]string, len(rows))
	for i, r := range rows {
		if k >= len(r.Gates) {
			cells[i] = [2]string{"-", ""}
			continue
		}
		h := &r.Gates[k]
		cells[i] = [2]string{gateValue(h), gateInterval(h)}
		states[i] = [2]string{"", GateState(h)}
	}
	values, width := pair(cells, " "), 0
	for i := range states {
		width = max(width, len(states[i][1]))
	}
	for i := range values {
		c.Cells = append(c.Cells, values[i]+"  "+pad(states[i][1], width, true))
	}
	return c
}

// GateState is how a gate came out, in words: "ok", "MISS", and behind it
// "not sure" where other chance may turn it.
func GateState(h *result.GateResult) string {
	state := "MISS"
	if h.OK {
		state = "ok"
	}
	if h.Unsure {
		state += ", not sure"
	}
	return state
}

func gateUnit(h *result.GateResult) result.Unit {
	if h.Gate.ForShare > 0 {
		return result.UnitShare
	}
	return h.Gate.Metric.Unit
}

func gateValue(h *result.GateResult) string {
	if !h.Got.OK {
		return "n/a"
	}
	s := gateUnit(h).Format(h.Got.V)
	if h.Got.LowerBound {
		s = ">" + s
	}
	return s
}

func gateInterval(h *result.GateResult) string {
	if math.IsNaN(h.Lower) || !h.Got.OK {
		return ""
	}
	unit, lower, upper := gateUnit(h), max(h.Lower, 0), h.Upper // no figure is negative, and no share above all
	if unit == result.UnitShare {
		upper = min(upper, 1)
	}
	return "(" + unit.Format(lower) + " to " + unit.Format(upper) + ")"
}

// unsure explains "not sure" where a gate is.
func (a *Answer) unsure() {
	for _, r := range a.Verdict.Rows() {
		for i := range r.Gates {
			if r.Gates[i].Unsure {
				a.Remarks = append(a.Remarks, Line{"Not sure:", "the limit lies inside the 95 % interval, so that other chance may turn ok into MISS or back. The gate decides by the figure it names; more replications narrow the interval, and a gate on .upper95 or .lower95 is kept only where the whole interval keeps it."})
				return
			}
		}
	}
}

// gateHeader and gateCells are a gate in the CSV.
func gateHeader(name string) []string {
	return []string{name, name + "_value", name + "_lower95", name + "_upper95", name + "_limit", name + "_not_sure"}
}

func gateCells(h *result.GateResult) []string {
	number := func(v float64, ok bool) string {
		if !ok || math.IsNaN(v) || math.IsInf(v, 0) {
			return ""
		}
		return decimal(v)
	}
	state := "MISS"
	if h.OK {
		state = "ok"
	}
	return []string{state, number(h.Got.V, h.Got.OK), number(h.Lower, true), number(h.Upper, true), h.Gate.Text, strconv.FormatBool(h.Unsure)}
}
