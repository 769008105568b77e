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
		got := "none"
		if len(found) > 0 {
			got = list(found, "and")
		}
		d.l.errs.add(n, "got %s, want exactly one of schedule, pattern and trace", got)
		return
	}
	// only a recording has an end to repeat it from
	transforms := []string{"scale", "stretch", "scale_run_time"}
	a.Transforms.Repeat = 1
	var own any
	besides := into(a, found[0])
	switch found[0] {
	case "trace":
		transforms = nil
		if f := d.l.opts.Checks.TraceOptions; f != nil {
			own = f()
			a.Options = own
		}
	case "schedule":
		a.Count = 1
		if p, err := workloads.LookUpPattern("schedule"); err == nil {
			own = p.Params()
			a.Params = own
			a.Schedule = n.get("schedule").str()
		} else {
			besides = into(a, "schedule", "count")
		}
		if c := n.get("count"); c != nil {
			if count, ok := c.value.(int64); ok {
				a.Count = count
			}
		}
	case "pattern":
		name := n.get("pattern").str()
		p, err := workloads.LookUpPattern(name)
		if err != nil {
			d.l.errs.add(n.get("pattern"), "got %s; %s", n.get("pattern").describe(), didYouMean(name, patternNames()))
			return
		}
		own = p.Params()
		a.Params = own
	}
	var targets []target
	if own != nil {
		targets = append(targets, into(own))
	}
	targets = append(targets, besides, into(&a.Transforms, transforms...))
	before := len(d.l.errs)
	d.table(n, path, nil, targets...)
	if len(d.l.errs) > before {
		return
	}
	switch {
	case found[0] == "trace":
		if check := d.l.opts.Checks.Trace; check != nil {
			if err := check(a.Trace, a.Options); err != nil {
				d.blame(n, err)
			}
		}
	case own != nil:
		p, err := workloads.LookUpPattern(patternOf(found[0], n))
		if err == nil {
			_, err = p.New(own)
		}
		if err != nil {
			d.blame(n, err)
		}
	}
}

func patternOf(form string, n *node) string {
	if form == "schedule" {
		return form
	}
	return n.get(form).str()
}

func patternNames() []string {
	var names []string
	for _, p := range workloads.Patterns() {
		names = append(names, p.Name)
	}
	return names
}
