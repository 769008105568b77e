package scenarios

import (
	"slices"
	"strconv"
	"time"

	"ecsim/workloads/units"
)

// build decodes and checks the merged tree. Faults go to l.errs.
func (l *loader) build(root *node) *Scenario {
	s := &Scenario{lib: l.opts.Library}
	d := &decoder{l: l}
	d.table(root, nil, []string{"workload", "platform", "slo", "budget", "sweep", "failure"}, into(s))
	s.Seed = s.Runs.Seed
	l.checkScenario(root, s)
	l.checkPrices(root.get("prices"), &s.Prices, s)

	works := map[string][]Setting{} // settings of each workload, to tell overrides by
	for _, name := range l.names(root, "workload") {
		n := root.get("workload").get(name)
		w, settings := l.workload(n, name, []string{"workload", name}, nil)
		works[name] = settings
		s.Workloads = append(s.Workloads, w)
		d.settings = append(d.settings, settings...)
	}
	slices.SortFunc(s.Workloads, func(a, b Workload) int { return compare(a.Name, b.Name) })
	if n := root.get("workload"); n == nil {
		l.errs = append(l.errs, Error{root.where.file(), "workload", "missing; add [workload.NAME] with its kind"})
	} else if n.table() != nil && len(n.keys()) == 0 {
		l.errs.add(n, "got no workload, want at least one [workload.NAME]")
	}

	prices := below(d.settings, "prices")
	plats := root.get("platform")
	var broken map[string]bool
	if plats.table() != nil {
		plats, broken = extended(plats, &l.errs)
	}
	for _, name := range l.names(root, "platform") {
		if broken[name] {
			s.Platforms = append(s.Platforms, Platform{Name: name}) // what it lacks it may inherit
			continue
		}
		p, settings := l.platform(root, plats.get(name), name, s, works, prices)
		s.Platforms = append(s.Platforms, p)
		d.settings = append(d.settings, settings...)
	}
	switch {
	case plats == nil:
		l.errs = append(l.errs, Error{root.where.file(), "platform", "missing; add [platform.NAME], for example with default_capacity_provider_strategy = [\"FARGATE\"]"})
	case plats.table() != nil && len(plats.keys()) == 0:
		l.errs.add(plats, "got no platform, want at least one [platform.NAME]")
	}
	l.errs = append(l.errs, l.late...)
	l.checkNames(root, s, d)
	l.checkDeployments(root, s)
	l.checkRebalancing(root, s)
	l.failures(d, root, s)
	s.SLO = l.gates(root.get("slo"), "slo", s.Workloads, d)
	s.Budget = l.gates(root.get("budget"), "budget", s.Workloads, d)
	l.checkRuns(root.get("runs"), s)
	l.checkDuration(root, s, d)
	s.Sweep = l.sweep(root, s, d)
	s.settings = ordered(d.settings)
	return s
}

// file is the place of the whole file, without a line.
func (w Where) file() Where { return Where{File: w.File} }

// names returns the user's names in a table of tables, in order of the file,
// leaving out those that are no table.
func (l *loader) names(root *node, kind string) []string {
	n := root.get(kind)
	if n == nil {
		return nil
	}
	if n.table() == nil {
		l.errs.add(n, "got %s, want tables [%s.NAME]", n.describe(), kind)
		return nil
	}
	var out []string
	for _, name := range n.keys() {
		c := n.get(name)
		switch {
		case !goodName(name):
			l.errs.add(c, "got the name %s, want letters, digits, - and _, at most 255", quote(name))
		case c.table() == nil:
			l.errs.add(c, "got %s, want a table [%s.%s]", c.describe(), kind, name)
		default:
			out = append(out, name)
		}
	}
	return out
}

// goodName allows what ECS allows in names of families, services, clusters and
// capacity providers.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
func goodName(s string) bool {
	return s != "" && len(s) <= 255 && quoteKey(s) == s
}

// workload decodes [workload.NAME] as it stands in n. arrivals are those of
// the workload where n is an override, which cannot change them.
func (l *loader) workload(n *node, name string, path []string, arrivals *Arrivals) (Workload, []Setting) {
	d := &decoder{l: l, sameArrivals: arrivals}
	n, definition := l.defined(n)
	w := Workload{Name: name, DefinitionName: definition}
	own, foreign := keysOf(n.get("kind").str())
	ours := n // without keys of other kinds, of which finishWorkload speaks
	for _, k := range foreign {
		if n.get(k) != nil {
			ours = ours.with(k, nil)
		}
	}
	if d.table(ours, path, nil, into(&w, own...)) {
		l.finishWorkload(d, &w, n, path)
	}
	return w, d.settings
}

// sameWork are keys no platform may override: all platforms do the same work,
// or their comparison means nothing.
var sameWork = []string{"kind", "arrivals", "run_time", "work", "parallel", "deadline", "desired_count", "cpu_use", "oversize"}

// platform decodes [platform.NAME], in which extends is resolved.
func (l *loader) platform(root, n *node, name string, s *Scenario, works map[string][]Setting, prices []Setting) (Platform, []Setting) {
	path := []string{"platform", name}
	d := &decoder{l: l}
	p := Platform{Name: name}
	d.table(n, path, []string{"workload", "capacity_provider", "prices"}, into(&p))
	// a resolved platform holds what it inherited
	d.settings = slices.DeleteFunc(d.settings, func(x Setting) bool { return x.keys[len(x.keys)-1] == "extends" })
	if sch := n.get("scheduler"); sch != nil && p.Scheduler != "" && l.opts.Checks.Scheduler != nil {
		if err := l.opts.Checks.Scheduler(p.Scheduler); err != nil {
			l.errs.add(sch, "%v", err)
		}
	}
	l.providers(d, n, &p, s.Region, path)

	p.Prices = s.Prices
	if own := n.get("prices"); own != nil {
		var merged *node
		if base := root.get("prices"); base != nil {
			merged = merge(base, own)
		} else {
			merged = own
		}
		sub := &decoder{l: l}
		p.Prices = Prices{}
		at := append(slices.Clone(path), "prices")
		if sub.table(merged, at, nil, into(&p.Prices)) {
			l.checkPrices(merged, &p.Prices, s)
		}
		d.settings = append(d.settings, changed(sub.settings, len(at), prices, 1)...)
	}

	overrides := n.get("workload")
	if overrides != nil && overrides.table() == nil {
		l.errs.add(overrides, "got %s, want tables [platform.%s.workload.NAME]", overrides.describe(), name)
		overrides = nil
	}
	tables := map[string]*node{}
	known := root.get("workload").keys()
	for _, k := range overrides.keys() {
		if !slices.Contains(known, k) {
			l.errs.add(overrides.get(k), "no workload %s; %s", quote(k), didYouMean(k, known))
		}
	}
	for _, w := range s.Workloads {
		own := overrides.get(w.Name)
		wn := root.get("workload").get(w.Name)
		if own != nil && own.table() == nil {
			l.errs.add(own, "got %s, want a table with keys of workload %s", own.describe(), w.Name)
		} else if own != nil {
			for _, k := range sameWork {
				if c := own.get(k); c != nil {
					l.errs.add(c, "cannot differ by platform: all platforms must do the same work; set it in [workload.%s]", w.Name)
					own = own.with(k, nil)
				}
			}
			patched := *merge(l.unalias(wn), l.unalias(own))
			patched.where, patched.path = wn.where, wn.path // what is missing is missing there
			wn = &patched
			at := append(slices.Clone(path), "workload", w.Name)
			var settings []Setting
			w, settings = l.workload(wn, w.Name, at, w.Arrivals)
			d.settings = append(d.settings, changed(settings, len(at), works[w.Name], 2)...)
			d.settings = append(d.settings, emptied(at, settings, works[w.Name])...)
		}
		l.checkStrategy(&p, n, &w, wn)
		p.Workloads = append(p.Workloads, w)
		tables[w.Name] = wn
	}
	l.defaultStrategy(d, &p, n, path)
	l.balancing(root, s, &p, tables)
	return p, d.settings
}

// changed returns the settings that differ from those they override; skip and
// baseSkip are the lengths of the two paths up to where they are alike.
func changed(settings []Setting, skip int, base []Setting, baseSkip int) []Setting {
	old := make(map[string]string, len(base))
	for _, b := range base {
		old[joinAll(b.keys[baseSkip:])] = b.Value
	}
	var out []Setting
	for _, s := range settings {
		if v, ok := old[joinAll(s.keys[skip:])]; !ok || v != s.Value {
			out = append(out, s)
		}
	}
	return out
}

// below returns the settings of a top-level table.
func below(settings []Setting, key string) []Setting {
	var out []Setting
	for _, s := range settings {
		if s.keys[0] == key {
			out = append(out, s)
		}
	}
	return out
}

// providers decodes [platform.P.capacity_provider.NAME].
func (l *loader) providers(d *decoder, n *node, p *Platform, region string, path []string) {
	table := n.get("capacity_provider")
	if table == nil {
		return
	}
	if table.table() == nil {
		l.errs.add(table, "got %s, want tables [platform.%s.capacity_provider.NAME]", table.describe(), p.Name)
		return
	}
	kinds := l.opts.Checks.kinds()
	for _, name := range table.sortedKeys() {
		c := table.get(name)
		if why := badProviderName(name, kinds); why != "" {
			l.errs.add(c, "%s", why)
			continue
		}
		if c.table() == nil {
			l.errs.add(c, "got %s, want a table", c.describe())
			continue
		}
		d.provider(p, c, name, region, kinds, append(slices.Clone(path), "capacity_provider", name))
	}
}

// providerHead is what every capacity provider's table has.
type providerHead struct {
	Kind string `toml:"kind" default:"asg" doc:"kind of capacity"`
}

func (d *decoder) provider(p *Platform, n *node, name, region string, kinds []CapacityKind, path []string) {
	var names []string
	for _, k := range kinds {
		if !k.Reserved {
			names = append(names, k.Name)
		}
	}
	kind := DefaultCapacityKind
	if k := n.get("kind"); k != nil {
		kind = k.str()
		if !slices.Contains(names, kind) {
			d.l.errs.add(k, "got %s; %s", k.describe(), didYouMean(kind, names))
			return
		}
	}
	k := kindNamed(kinds, kind)
	if k == nil {
		d.l.errs.add(n, "no capacity kind %s is known to this program", kind)
		return
	}
	targets := []target{into(new(providerHead))}
	cp := CapacityProvider{Name: name, Kind: kind, Where: n.where.String()}
	if k.Params != nil {
		cp.Params = k.Params()
		targets = append(targets, into(cp.Params))
	}
	before := len(d.l.errs)
	d.table(n, path, nil, targets...)
	p.Providers = append(p.Providers, cp)
	d.l.instanceTypes(n.get("instance_types"), region)
	if k.Validate == nil || len(d.l.errs) > before {
		return
	}
	for _, e := range k.Validate(cp.Params, region) {
		d.l.errs.at(n, e)
	}
}

// at notes a fault of a key below table n, at the deepest part that is there.
func (e *Errors) at(n *node, k KeyError) {
	keys, err := splitPath(k.Key)
	if err != nil {
		e.add(n, "%s", k.Msg)
		return
	}
	for len(keys) > 1 {
		c := n.get(keys[0])
		if list, ok := c.list(); ok {
			if i, err := strconv.Atoi(keys[1]); err == nil && i < len(list) && len(keys) > 2 && list[i].table() != nil {
				n, keys = list[i], keys[2:]
				continue
			}
			break
		}
		if c.table() == nil {
			break
		}
		n, keys = c, keys[1:]
		if len(keys) > 1 && keys[0] == "0" {
			keys = keys[1:] // a bare table is a list of one
		}
	}
	if c := n.get(keys[0]); c != nil {
		e.add(c, "%s", k.Msg)
		return
	}
	path := n.path
	for _, k := range keys {
		path = join(path, k)
	}
	*e = append(*e, Error{n.where, path, k.Msg})
}

// instanceTypes asks the catalogue for each type of a list.
func (l *loader) instanceTypes(n *node, region string) {
	if n == nil || l.opts.Checks.InstanceType == nil {
		return
	}
	list, ok := n.list()
	if !ok {
		list = []*node{n}
	}
	for _, e := range list {
		if s, ok := e.value.(string); ok {
			if err := l.opts.Checks.InstanceType(region, s); err != nil {
				l.errs.add(e, "%v", err)
			}
		}
	}
}

// checkScenario checks the keys above the first table.
func (l *loader) checkScenario(root *node, s *Scenario) {
	if l.opts.Checks.Region != nil && (s.Region != "" || textAt(root, "region")) {
		if err := l.opts.Checks.Region(s.Region); err != nil {
			l.errs.addKey(root, "region", "%v", err)
		}
	}
	if s.TimeZone != "" || textAt(root, "time_zone") {
		if _, err := time.LoadLocation(s.TimeZone); err != nil || s.TimeZone == "Local" || s.TimeZone == "" {
			l.errs.addKey(root, "time_zone", "got %s, want an IANA name such as \"UTC\" or \"America/New_York\"", quote(s.TimeZone))
		}
	}
}

// textAt reports whether key is written as a string, which may be empty; what
// is no string has been refused already.
func textAt(n *node, key string) bool {
	c := n.get(key)
	if c == nil {
		return false
	}
	_, ok := c.value.(string)
	return ok
}

// checkDuration leaves the duration of a replay to its trace unless it is
// given, and checks that the warm-up leaves some of it.
func (l *loader) checkDuration(root *node, s *Scenario, d *decoder) {
	replay := slices.ContainsFunc(s.Workloads, func(w Workload) bool { return w.Arrivals != nil && w.Arrivals.Trace != "" })
	if replay && root.get("duration") == nil {
		s.Duration = 0
		d.settings = slices.DeleteFunc(d.settings, func(x Setting) bool { return x.Path == "duration" })
	}
	if s.Duration > 0 && units.Duration(s.Runs.WarmUp) >= s.Duration {
		at := root.get("runs").get("warm_up")
		if at == nil {
			at = root.get("duration")
		}
		l.errs.add(at, "got a warm-up of %v in a duration of %v, want less: nothing would be measured", units.Duration(s.Runs.WarmUp), s.Duration)
	}
}

// checkNames checks what refers to platforms by name, and fills in the default
// baseline.
func (l *loader) checkNames(root *node, s *Scenario, d *decoder) {
	var names []string
	for _, p := range s.Platforms {
		names = append(names, p.Name)
	}
	if len(names) == 0 {
		return
	}
	known := root.get("platform").keys()
	if s.Baseline == "" && root.get("baseline") == nil {
		s.Baseline = slices.Min(names)
		f := field{doc: "the platform the others are compared with", source: "the first by name"}
		d.record(&node{}, f, []string{"baseline"}, quote(s.Baseline))
	} else if !slices.Contains(known, s.Baseline) {
		l.errs.addKey(root, "baseline", "no platform %s; %s", quote(s.Baseline), didYouMean(s.Baseline, known))
	}
	tables := []*node{root.get("prices")}
	for _, name := range names {
		tables = append(tables, root.get("platform").get(name).get("prices"))
	}
	for _, t := range tables {
		lines, _ := t.get("lines").list()
		for _, e := range lines {
			if on := e.get("platform"); on != nil {
				if name, ok := on.value.(string); ok && !slices.Contains(known, name) {
					l.errs.add(on, "no platform %s; %s", quote(name), didYouMean(name, known))
				}
			}
		}
	}
}

// daemonImage and taskImage are the sizes of an image nobody gave.
// Assumed: no statistics of image sizes on ECS are published.
const (
	taskImage   = 350 * units.MB
	daemonImage = 150 * units.MB
)

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
