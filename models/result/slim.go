package result

// Slim drops what only pictures of a run need (series, hours, activities, the
// snapshot of free room) after reading every metric, so that thousands of
// replications fit in memory. Fold gives the same for slim runs as for whole
// ones; only the first, which pictures show, must stay whole.
func (r *Run) Slim() {
	kept := make(map[string]Value)
	for i := range metrics {
		m := &metrics[i]
		if !m.PerWorkload() {
			kept[m.Path] = m.Read(r, nil)
			continue
		}
		for w := range r.Workloads {
			kept[m.For(r.Workloads[w].Name)] = m.Read(r, &r.Workloads[w])
		}
	}
	r.kept = kept
	r.Shed()
}

// Shed is Slim without reading the metrics first: only what was read of the run
// before, and what Folding needs, is still right.
func (r *Run) Shed() {
	r.Cluster = Cluster{}
	r.Activities = nil
	r.Bill.Hourly = nil
	for i := range r.Workloads {
		w := &r.Workloads[i]
		w.Desired, w.RunningS, w.Pending, w.Zones = Series{}, Series{}, Series{}, nil
	}
	for i := range r.Providers {
		r.Providers[i].Instances, r.Providers[i].Wanted = Series{}, Series{}
	}
}

// read is the metric of the run, or of workload w when w is not negative.
func (r *Run) read(m *Metric, w int) Value {
	var of *Workload
	path := m.Path
	if w >= 0 {
		of = &r.Workloads[w]
		path = m.For(of.Name)
	}
	if v, ok := r.kept[path]; ok {
		return v
	}
	return m.Read(r, of)
}
