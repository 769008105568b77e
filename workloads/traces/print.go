package traces

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"ecsim/workloads/units"
)

// width is the number of columns of Print's text.
const width = 80

// Print writes d as text that fits 80 columns, but for a single longer word
// such as a path.
func (d *Description) Print(w io.Writer) error {
	p := &printer{w: bufio.NewWriter(w)}
	p.line("%s", d.File)
	packed := ""
	if d.Gzip {
		packed = ", gzip"
	}
	p.wrap("  ", fmt.Sprintf("%s (%s%s). %s", d.Format, d.Kind, packed, d.Doc))
	p.wrap("  ", d.Source)
	if len(d.Header) > 0 {
		p.line("\nHeader")
		for _, f := range d.Header {
			p.wrap("    ", "  "+f.Key+": "+f.Value)
		}
	}
	switch {
	case d.Tasks != nil:
		d.printTasks(p)
	case d.Rates != nil:
		d.printRates(p)
	default:
		d.printFleet(p)
	}
	if len(d.Oddities) > 0 {
		p.line("\nRules a replay applies")
		for _, o := range d.Oddities {
			p.wrap("              ", fmt.Sprintf("%12s  %s", units.Thousands(o.Count), o.Rule))
		}
	}
	if d.ReplayError != "" {
		p.line("\nCannot be replayed as it is")
		p.wrap("  ", d.ReplayError)
	}
	return p.w.Flush()
}

type printer struct{ w *bufio.Writer }

func (p *printer) line(format string, args ...any) { fmt.Fprintf(p.w, format+"\n", args...) }

// wrap writes text over lines of at most width columns; lines after the first
// start with indent, the first too unless text brings its own blanks.
func (p *printer) wrap(indent, text string) {
	lead := indent
	if trimmed := strings.TrimLeft(text, " "); len(trimmed) < len(text) {
		lead = text[:len(text)-len(trimmed)]
		text = trimmed
	}
	row, used := lead, 0
	for i, word := range strings.Split(text, " ") {
		if used > 0 && utf8.RuneCountInString(row)+1+utf8.RuneCountInString(word) > width {
			p.line("%s", strings.TrimRight(row, " "))
			row, used = indent, 0
		} else if i > 0 && used > 0 {
			row += " "
		}
		row += word
		used++
	}
	p.line("%s", strings.TrimRight(row, " "))
}

// number prints v in at most eight characters: numbers from 1,000 to ten million
// as whole ones, others with three or four significant digits.
func number(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e7 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	if a := math.Abs(v); a >= 1000 && a < 1e7 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	s := strconv.FormatFloat(v, 'g', 4, 64)
	if strings.Contains(s, "e") {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	return s
}

// total prints a whole sum in full.
func total(v float64) string {
	if v == math.Trunc(v) && v < 1<<53 {
		return units.Thousands(int64(v))
	}
	return number(v)
}

// share prints a fraction as a percentage.
func share(v float64) string { return strconv.FormatFloat(v*100, 'f', 1, 64) + " %" }

func (d *Description) span(p *printer, what string, n int64) {
	length := fmt.Sprintf("%.3f days", d.SpanS/86400)
	if d.SpanS < 2*86400 {
		length = units.Duration(math.Round(d.SpanS * 1e9)).String()
	}
	if n == 0 {
		p.line("  no %s", what)
		return
	}
	p.wrap("  ", fmt.Sprintf("%s %s over %s, from %s to %s", units.Thousands(n), what, length, d.First, d.Last))
}

func (d *Description) printTasks(p *printer) {
	t := d.Tasks
	p.line("\nRecords")
	d.span(p, "records", t.Records)
	if t.OutOfOrder > 0 {
		p.line("  %s rows earlier than the row before", units.Thousands(t.OutOfOrder))
	}
	a := d.Accounting
	p.wrap("  ", fmt.Sprintf("replayed as %s tasks; %s of %s records left out, %s outside the window",
		units.Thousands(a.Tasks), units.Thousands(a.LeftOut), units.Thousands(a.Records), units.Thousands(a.Outside)))
	if t.Records > 0 {
		p.line("\nArrivals  %s an hour; between arrivals %s s, CV %.3f; %s at once",
			number(t.Arrivals.PerHour), number(t.Arrivals.InterarrivalMeanS), t.Arrivals.InterarrivalCV, share(t.Arrivals.ZeroGapShare))
		p.line("  %-8s %9s %9s %10s %9s %8s", "window", "mean", "max", "peak/mean", "IDC", "empty")
		for _, w := range t.Arrivals.Windows {
			p.line("  %-8s %9s %9d %10s %9s %8s", units.Duration(w.LengthS*second), number(w.Mean), w.Max, number(w.PeakToMean), number(w.IDC), share(w.EmptyShare))
		}
	}
	for _, b := range t.Busy {
		if b.Peak > 0 {
			p.line("  in use at recorded starts: %s, mean %s, peak %s", b.Name, number(b.Mean), number(b.Peak))
		}
	}
	p.columns(t.Columns)
}

func (p *printer) columns(columns []ColumnSummary) {
	p.line("\nColumns")
	quantileHead(p)
	sketched := false
	for _, c := range columns {
		if c.Numbers != nil {
			quantileRow(p, c.Name, *c.Numbers)
			sketched = sketched || c.Numbers.Sketched
		}
	}
	if sketched {
		p.line("  quantiles from a sketch, within 0.5 %%")
	}
	for _, c := range columns {
		if c.Numbers != nil || c.Distinct == 0 {
			continue
		}
		list := make([]string, 0, len(c.Top))
		for _, v := range c.Top {
			list = append(list, v.Value+" ("+units.Thousands(v.Count)+")")
		}
		if c.Distinct > 20 {
			list = list[:min(3, len(list))]
		}
		if len(list) < c.Distinct {
			list = append(list, "...")
		}
		p.wrap("    ", fmt.Sprintf("  %s: %s distinct: %s", c.Name, units.Thousands(int64(c.Distinct)), strings.Join(list, ", ")))
	}
	p.line("\nMissing values (empty, negative, or 0 where that means unknown) and zeros")
	none := true
	for _, c := range columns {
		if c.Missing > 0 || c.Zeros > 0 && c.Numbers != nil {
			p.line("  %-24s %12s missing %12s zero", c.Name, units.Thousands(c.Missing), units.Thousands(c.Zeros))
			none = false
		}
	}
	if none {
		p.line("  none")
	}
}

func quantileHead(p *printer) {
	p.line("  %-22s %8s %8s %8s %8s %9s %9s", "", "p5", "p50", "p95", "p99", "max", "mean")
}

func quantileRow(p *printer, name string, q Quantiles) {
	p.line("  %-22s %8s %8s %8s %8s %9s %9s", name, number(q.P5), number(q.P50), number(q.P95), number(q.P99), number(q.Max), number(q.Mean))
}

func (d *Description) printRates(p *printer) {
	t := d.Rates
	p.line("\nRows")
	d.span(p, "rows", t.Points)
	p.line("  step %s; %s gaps with %s missing steps; %s repeated time stamps",
		units.Duration(math.Round(t.StepS*1e9)), units.Thousands(t.Gaps), units.Thousands(t.MissingPoints), units.Thousands(t.Repeated))
	p.line("  %s zeros, %s without a value, %s left out; total %s",
		units.Thousands(t.Zeros), units.Thousands(t.NoValue), units.Thousands(d.Accounting.LeftOut), total(t.Total))
	p.line("\nValues")
	quantileHead(p)
	quantileRow(p, "a step", t.Values)
	dispersion := func(name string, peak, idc, cv, lag1 float64) {
		p.line("  %-22s %8s %8s %8.3f %9.3f", name, number(peak), number(idc), cv, lag1)
	}
	if t.Minutes != nil {
		quantileRow(p, "a minute", t.Minutes.Values)
	}
	p.line("\nDispersion               peak/mean      IDC       CV   lag-1 autocorrelation")
	dispersion("a step", t.PeakToMean, t.IDC, t.Values.CV, t.Lag1)
	if m := t.Minutes; m != nil {
		dispersion("a minute", m.PeakToMean, m.IDC, m.Values.CV, m.Lag1)
	}
	if t.Values.Sketched {
		p.line("  quantiles from a sketch, within 0.5 %%")
	}
}

func (d *Description) printFleet(p *printer) {
	p.line("\nMachines  %s in %d shapes", units.Thousands(d.Accounting.Records), len(d.Fleet))
	p.line("  %9s  %14s  %14s  %5s  %s", "count", "cpu", "memory", "gpu", "model")
	for _, m := range d.Fleet {
		p.line("%s", strings.TrimRight(fmt.Sprintf("  %9s  %14s  %14s  %5d  %s", units.Thousands(m.Count), m.CPU, m.Memory, m.GPU, m.Model), " "))
	}
}
