package scenarios

// checkRuns checks [runs] as a whole: what its keys ask for together.
func (l *loader) checkRuns(n *node, s *Scenario) {
	r := &s.Runs
	for _, path := range r.PrecisionOf {
		if check := l.opts.Checks.Metric; check != nil {
			if err := check(path); err != nil {
				l.errs.addKey(n, "precision_of", "%v", err)
			} else if keys, err := splitPath(path); err == nil {
				if why := noFigure(keys, s.Workloads); why != "" {
					l.errs.addKey(n, "precision_of", "%s", why)
				}
			}
		}
	}
	if r.Precision == 0 {
		if len(r.PrecisionOf) > 0 {
			l.errs.addKey(n, "precision_of", "without a precision it does nothing; add precision = \"1%%\", or remove it")
		}
	} else if n.get("replications") != nil && r.Replications > r.MaxReplications {
		l.errs.addKey(n, "max_replications", "got %d, want at least replications = %d", r.MaxReplications, r.Replications)
	}
	switch {
	case r.Batches == 0:
	case r.Batches < 8:
		l.errs.addKey(n, "batches", "got %d, want 0, or 8 to 1000: fewer cannot be told to be long enough", r.Batches)
	case r.Replications != 1 || r.Precision != 0:
		l.errs.addKey(n, "batches", "batches cut one long run; want replications = 1 and no precision, or batches = 0")
	}
}
