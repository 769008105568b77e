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

// Folding folds replications of one platform one by one, so that none but the
// first is kept. Its estimates are those of Fold, for some columns alone; the
// outcome has no Notes, and the bill of its first run.
type Folding struct {
	outcome *Outcome
	columns []folded
}

// folded is a column's values so far, NaN for none.
type folded struct {
	each       []float64
	lowerBound bool
	upper      float64
}

// Begin forgets what was folded; an Outcome made of it is void.
func (f *Folding) Begin() {
	f.outcome = nil
	for i := range f.columns {
		f.columns[i] = folded{each: f.columns[i].each[:0]}
	}
}

// Add folds the next replication, with its columns as ReadColumns gives them; it
// sheds what is not needed any more.
func (f *Folding) Add(r *Run, values []Value) {
	r.Shed()
	if f.outcome == nil {
		// What is read of the first alone is said of the whole run; its
		// workloads' memory may be used again.
		first := *r
		first.Workloads, first.Providers, first.Deployments, first.Notes = nil, nil, nil, nil
		f.outcome = &Outcome{Platform: r.Platform, Label: r.Label, First: &first, Pooled: newPool(r), Bill: r.Bill}
	}
	if len(f.columns) != len(values) {
		f.columns = make([]folded, len(values))
	}
	for i := range values {
		v, c := &values[i], &f.columns[i]
		if !v.OK {
			c.each = append(c.each, math.NaN())
			continue
		}
		c.each = append(c.each, v.V)
		c.lowerBound = c.lowerBound || v.LowerBound
		c.upper = max(c.upper, v.Upper)
	}
	o := f.outcome
	o.Runs++
	o.Pooled.take(r)
	o.Partial = o.Partial || r.Partial
	o.Bill.PriceOnly = o.Bill.PriceOnly || r.Bill.PriceOnly
}

// Outcome is that of what was folded.
func (f *Folding) Outcome(columns []Column) *Outcome {
	o := f.outcome
	o.estimates = make(map[string]Estimate, len(columns))
	have := make([]float64, 0, o.Runs)
	for i := range columns {
		c := &columns[i]
		of := &f.columns[i]
		e := Estimate{Each: of.each}
		e.LowerBound, e.Upper = of.lowerBound, of.upper
		have = have[:0]
		for _, v := range of.each {
			if !math.IsNaN(v) {
				have = append(have, v)
			}
		}
		o.estimates[c.Path] = o.finish(e, &metrics[c.metric], c.workload, have)
	}
	return o
}
