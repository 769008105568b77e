package scenarios

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ecsim/workloads/units"
)

// Comparison is the text of a gate, read.
type Comparison struct {
	Op    string  // "<", "<=", ">" or ">="
	Value float64 // in Unit
	// Unit is "s" (every duration), "%", "USD", or "" for a bare number.
	Unit string
	For  units.PPM // share of the time it must hold; 0 when not given
}

// ParseGate reads "< 90s", ">= 99%", "< $5,500", ">= 12 for 99.9%".
func ParseGate(text string) (Comparison, error) {
	fail := func(why string) (Comparison, error) {
		return Comparison{}, fmt.Errorf(`got %s, %s; want a comparison such as "< 90s", ">= 99%%" or ">= 12 for 99.9%%"`, quote(text), why)
	}
	rest := strings.TrimSpace(text)
	var c Comparison
	for _, op := range []string{"<=", ">=", "<", ">"} {
		if strings.HasPrefix(rest, op) {
			c.Op = op
			break
		}
	}
	if c.Op == "" {
		return fail("which does not begin with <, <=, > or >=")
	}
	rest = rest[len(c.Op):]
	limit, share, given := strings.Cut(rest, " for ")
	if given {
		p, err := units.ParsePPM(strings.TrimSpace(share))
		if err != nil || p == 0 || p > units.One {
			return fail(quote(strings.TrimSpace(share)) + " is no share of the time")
		}
		c.For = p
	}
	value, unit, err := parseLimit(strings.TrimSpace(limit))
	if err != nil {
		return fail(err.Error())
	}
	c.Value, c.Unit = value, unit
	return c, nil
}

// parseLimit reads the right side of a comparison.
func parseLimit(s string) (float64, string, error) {
	number := func(s string) (float64, error) {
		for _, c := range s {
			if (c < '0' || c > '9') && c != '.' && c != '-' {
				return 0, strconv.ErrSyntax
			}
		}
		return strconv.ParseFloat(s, 64)
	}
	if s == "" {
		return 0, "", errors.New("which has no limit")
	}
	if dollars, ok := strings.CutPrefix(s, "$"); ok {
		if v, err := number(strings.ReplaceAll(dollars, ",", "")); err == nil {
			return v, "USD", nil
		}
	} else if share, ok := strings.CutSuffix(s, "%"); ok {
		if v, err := number(strings.TrimSpace(share)); err == nil {
			return v, "%", nil
		}
	} else if v, err := number(s); err == nil {
		return v, "", nil
	} else if d, err := units.ParseDuration(s); err == nil {
		return d.Seconds(), "s", nil
	}
	return 0, "", fmt.Errorf("%s is no number, duration, percentage or amount", quote(s))
}

// gates flattens [slo] or [budget] to one gate a leaf, in order of path.
// workloads are those whose figures a gate can name.
func (l *loader) gates(n *node, name string, workloads []Workload, d *decoder) []Gate {
	if n == nil {
		return nil
	}
	var out []Gate
	var walk func(n *node, path []string)
	walk = func(n *node, path []string) {
		if n.table() != nil {
			for _, k := range n.keys() {
				walk(n.get(k), append(path[:len(path):len(path)], k))
			}
			return
		}
		if len(path) == 0 {
			l.errs.add(n, `got %s, want a table of metrics and comparisons, such as cost_per_month = "< 5500"`, n.describe())
			return
		}
		text, ok := n.value.(string)
		if !ok {
			l.errs.add(n, `got %s, want a comparison in quotes such as "< 5500"`, n.describe())
			return
		}
		if _, err := ParseGate(text); err != nil {
			l.errs.add(n, "%v", err)
		}
		metric := joinAll(path)
		if check := l.opts.Checks.Metric; check != nil {
			if err := check(metric); err != nil {
				l.errs.add(n, "%v", err)
			} else if why := noFigure(path, workloads); why != "" {
				l.errs.add(n, "%s", why)
			}
		}
		d.record(n, field{doc: "every platform must meet it"}, append([]string{name}, path...), quote(text))
		out = append(out, Gate{Path: metric, Text: text, Where: n.where.String()})
	}
	walk(n, nil)
	slices.SortFunc(out, func(a, b Gate) int { return cmp.Compare(a.Path, b.Path) })
	return out
}

// noFigure says why no run can have the figure at path, or "": a gate on it
// would be missed whatever the platforms do.
func noFigure(path []string, workloads []Workload) string {
	if len(path) < 3 || path[0] != "workload" {
		return ""
	}
	var names []string
	for i := range workloads {
		w := &workloads[i]
		names = append(names, w.Name)
		if w.Name == path[1] {
			switch {
			case path[2] != "on_time":
			case w.Kind != "batch":
				return fmt.Sprintf("only a batch has a deadline to be on time for, and %s is a %s; remove this line", w.Name, w.Kind)
			case w.Deadline == 0 && (w.Arrivals == nil || w.Arrivals.Trace == ""):
				return fmt.Sprintf("%s has no deadline to be on time for; give it one, such as deadline = \"4h\", or remove this line", w.Name)
			}
			return ""
		}
	}
	return fmt.Sprintf("no workload %s; %s", quote(path[1]), didYouMean(path[1], names))
}
