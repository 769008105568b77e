package scenarios

import "ecsim/workloads"

// forms are the ways to say when tasks come.
var forms = []string{"schedule", "pattern", "trace"}

// arrivals decodes an arrivals table: its form, the form's own keys, and the
// transforms, all side by side.
func (d *decoder) arrivals(n *node, a *Arrivals, path []string) {
	if n.table() == nil {
		d.l.errs.add(n, "got %s, want a table with one of schedule, pattern and trace", n.describe())
		return
	}
	var found []string
	for _, f := range forms {
		if n.get(f) != nil {
			found = append(found, f)
		}
	}
	if len(found) != 1 {
		if len(found) > 0 {
			d.l.errs.add(n, "got %s, want exactly one of schedule, pattern and trace", list(found, "and"))
			return
		}
		for _, k := range n.keys() {
			if near, ok := nearest(k, forms); ok {
				d.l.errs.add(n.get(k), "unknown key; did you mean %s?", near)
				return
			}
		}
		d.l.errs.add(n, "got none, want exactly one of schedule, pattern and trace")
		return
	}
	form := found[0]
	a.Transforms.Repeat = 1
	if form == "trace" {
		d.replay(n, a, path)
		return
	}
	name := n.get(form).str()
	if form == "schedule" {
		a.Schedule, a.Count, name = name, 1, form
		if count := n.get("count"); count != nil {
			if c, ok := count.value.(int64); ok {
				a.Count = c
			}
		}
	}
	p, err := workloads.LookUpPattern(name)
	if err != nil {
		d.l.errs.add(n.get(form), "got %s; %s", n.get(form).describe(), didYouMean(name, patternNames()))
		return
	}
	a.Params = p.Params()
	before := len(d.l.errs)
	// only a recording has an end to repeat it from
	d.table(n, path, nil, into(a.Params), into(a, form), into(&a.Transforms, "scale", "stretch", "scale_run_time"))
	if len(d.l.errs) > before {
		return
	}
	if _, err := p.New(a.Params); err != nil {
		d.blame(n, err)
	}
}

// replay decodes arrivals from a trace: the reader's options beside the
// transforms.
func (d *decoder) replay(n *node, a *Arrivals, path []string) {
	targets := []target{into(a, "trace"), into(&a.Transforms)}
	if f := d.l.opts.Checks.TraceOptions; f != nil {
		a.Options = f()
		targets = append([]target{into(a.Options)}, targets...)
	}
	before := len(d.l.errs)
	d.table(n, path, nil, targets...)
	check := d.l.opts.Checks.Trace
	if len(d.l.errs) > before || check == nil {
		return
	}
	if err := check(a.Trace, a.Options); err != nil {
		d.blame(n, err)
	}
}

func patternNames() []string {
	var names []string
	for _, p := range workloads.Patterns() {
		names = append(names, p.Name)
	}
	return names
}
