package result

import "math"

// Column is one metric of a scenario's runs: of the platform, or of one of its
// workloads.
type Column struct {
	Path     string // as gates and --set of a metric name it
	Name     string // as CSV and Parquet name it, its unit last
	Unit     Unit
	workload int // index, -1 for the platform's
	metric   int // index into the table
}

// Columns are all metrics of a scenario whose workloads have these names, in
// the order of the table, workload by workload. Runs of such a scenario are
// read by ReadColumns.
func Columns(workloads []string) []Column {
	var list []Column
	for i := range metrics {
		if m := &metrics[i]; !m.PerWorkload() {
			list = append(list, Column{m.Path, m.Column(""), m.Unit, -1, i})
		}
	}
	for w, name := range workloads {
		for i := range metrics {
			if m := &metrics[i]; m.PerWorkload() {
				list = append(list, Column{m.For(name), m.Column(name), m.Unit, w, i})
			}
		}
	}
	return list
}

// ReadColumns reads every column of a run into values, which has one element
// for each.
func (r *Run) ReadColumns(columns []Column, values []Value) {
	for i := range columns {
		c := &columns[i]
		var w *Workload
		if c.workload >= 0 {
			w = &r.Workloads[c.workload]
		}
		values[i] = metrics[c.metric].Read(r, w)
	}
}

// Single is the outcome of one replication alone: its figures, without
// intervals. It costs next to nothing; what only Fold makes, Notes and the
// means of the bill's lines, it takes from the run.
func Single(r *Run) *Outcome {
	return &Outcome{Platform: r.Platform, Label: r.Label, Runs: 1, First: r, Pooled: r, Bill: r.Bill, Partial: r.Partial, lone: true}
}

// read is the metric of a lone run.
func (o *Outcome) read(m *Metric, workload string) (Estimate, bool) {
	w := -1
	if m.PerWorkload() {
		for i := range o.First.Workloads {
			if o.First.Workloads[i].Name == workload {
				w = i
			}
		}
		if w < 0 {
			return Estimate{}, false
		}
	}
	v := o.First.read(m, w)
	each := v.V
	if !v.OK {
		each = math.NaN()
	}
	return Estimate{Value: v, Half: math.NaN(), Each: []float64{each}}, true
}

// FoldColumns folds runs whose columns are read already, and perhaps shed: its
// estimates are those of Fold, for these columns alone; it has no Notes, and
// lines of the bill only where some of it is a Spot price. values are per run,
// as ReadColumns gives them.
func FoldColumns(runs []*Run, columns []Column, values [][]Value) *Outcome {
	first := runs[0]
	o := &Outcome{Platform: first.Platform, Label: first.Label, Runs: len(runs), First: first,
		Pooled: pool(runs), estimates: make(map[string]Estimate, len(columns))}
	for _, r := range runs {
		o.Partial = o.Partial || r.Partial
		o.Bill.PriceOnly = o.Bill.PriceOnly || r.Bill.PriceOnly
	}
	if o.Bill.PriceOnly {
		o.Bill = meanBill(runs)
	}
	each := make([]float64, len(runs)*len(columns))
	have := make([]float64, 0, len(runs))
	for i := range columns {
		c := &columns[i]
		e := Estimate{Each: each[i*len(runs) : (i+1)*len(runs) : (i+1)*len(runs)]}
		have = have[:0]
		for k := range runs {
			have = e.take(k, values[k][i], have)
		}
		o.estimates[c.Path] = o.finish(e, &metrics[c.metric], c.workload, have)
	}
	return o
}
