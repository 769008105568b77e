package scenarios

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"ecsim/workloads/units"
)

// Sweep is [sweep]: what is varied, and which combinations are run. A point is
// one assignment of all axes. Make the scenario of one with At.
type Sweep struct {
	Axes   []SweepAxis
	Design string // "grid", "latin-hypercube" or "halton"
	Points int

	drawn [][]int // of a design that is drawn: per point the index into each axis's values
	l     *loader
	root  *node // the scenario without [sweep]
}

// SweepAxis is one thing a sweep varies: a path, or several that move together.
type SweepAxis struct {
	Paths  []string   // as written, "*" included
	Values [][]string // [value][path]: as canonical TOML
	// Numbers are the values of the first path on a scale, in Unit: "s",
	// "CPU units", "MiB", "MB", "%", "/s", "vCPU-h", "" for a bare number. Nil when
	// some value is no number.
	Numbers []float64
	Unit    string
	Where   string // file:line

	nodes   [][]*node    // [value][path]
	targets [][][]string // [path]: the places it stands for
}

// Name is the axis as people read it: its path; of zipped paths the last keys
// where they differ in these alone, else the first and how many more.
func (a *SweepAxis) Name() string {
	first := a.Paths[0]
	if len(a.Paths) == 1 {
		return first
	}
	// Paths that differ in their last key alone are told in one.
	cut := strings.LastIndexByte(first, '.') + 1
	last := []string{first[cut:]}
	for _, p := range a.Paths[1:] {
		rest, ok := strings.CutPrefix(p, first[:cut])
		if !ok || cut == 0 || strings.ContainsRune(rest, '.') {
			return fmt.Sprintf("%s and %d more", first, len(a.Paths)-1)
		}
		last = append(last, rest)
	}
	return first[:cut] + strings.Join(last, " = ")
}

// Text is a value as people read it: without quotes, lists of one without
// brackets; of zipped paths those that differ, joined.
func (a *SweepAxis) Text(value int) string {
	parts := make([]string, len(a.Values[value]))
	for i := range parts {
		parts[i] = a.Part(value, i)
	}
	return strings.Join(slices.Compact(parts), " + ")
}

// Part is one path's value as people read it.
func (a *SweepAxis) Part(value, path int) string {
	v := a.Values[value][path]
	if inner, ok := strings.CutPrefix(v, "["); ok && !strings.ContainsAny(v, ",{") {
		v = strings.TrimSuffix(inner, "]")
	}
	if u, err := strconv.Unquote(v); err == nil {
		v = u
	}
	return v
}

// MaxSweepPoints bounds a sweep, so that a slip of the pen is told at once.
const MaxSweepPoints = 10_000_000

// Index is the value of each axis at a point, 0 to Points-1: of a grid the last
// axis changes fastest.
func (w *Sweep) Index(point int) []int {
	if w.drawn != nil {
		return w.drawn[point]
	}
	at := make([]int, len(w.Axes))
	for i := len(w.Axes) - 1; i >= 0; i-- {
		n := len(w.Axes[i].nodes)
		at[i] = point % n
		point /= n
	}
	return at
}

// At is the scenario at a point, decoded and checked like any other; faults
// come back as Errors. It may be called from several goroutines.
func (w *Sweep) At(point int) (*Scenario, error) { return w.with(w.Index(point)) }

// with builds the scenario of one value of each axis; -1 leaves the base value.
func (w *Sweep) with(at []int) (*Scenario, error) {
	root := w.root
	for i, v := range at {
		if v < 0 {
			continue
		}
		a := &w.Axes[i]
		for k, n := range a.nodes[v] {
			for _, path := range a.targets[k] {
				root = setPath(root, w.l.view(root, path), path, 0, n.at(joinAll(path)))
			}
		}
	}
	l := &loader{opts: w.l.opts, swept: true}
	s := l.build(root)
	s.Name = w.l.name
	if len(l.errs) > 0 {
		return nil, l.errs.sorted()
	}
	return s, nil
}

// view is the tree as platforms see it, for a path below them.
func (l *loader) view(root *node, path []string) *node {
	if path[0] != "platform" || root.get("platform").table() == nil {
		return root
	}
	var found Errors // reported when the scenario is built
	platforms, _ := extended(root.get("platform"), &found)
	return root.with("platform", platforms)
}

// at returns n as the value of another key; it still stands where it stood.
func (n *node) at(path string) *node {
	c := *n
	c.path = path
	return &c
}

// unsweepable are keys that decide how a sweep runs, or what is compared.
var unsweepable = []string{"sweep", "include", "question", "baseline"}

// sweep reads [sweep]; nil when there is none or it is at fault.
func (l *loader) sweep(root *node, s *Scenario, d *decoder) *Sweep {
	n := root.get("sweep")
	if n == nil || l.swept {
		return nil
	}
	if n.table() == nil {
		l.errs.add(n, "got %s, want a table of quoted paths, such as [sweep] \"workload.jobs.cpu\" = [256, 512]", n.describe())
		return nil
	}
	base := *root
	bare := base.with("sweep", nil)
	before := len(l.errs)
	w := &Sweep{Design: "grid", l: l, root: bare}
	sample := n.get("sample")
	byPath := map[string]int{}
	for _, k := range n.keys() {
		c := n.get(k)
		if k == "zip" || k == "sample" {
			continue
		}
		l.record(d, c, k)
		if a, ok := l.axis(bare, c, k, sample != nil); ok {
			byPath[k] = len(w.Axes)
			w.Axes = append(w.Axes, a)
		}
	}
	if len(l.errs) == before {
		l.zip(n.get("zip"), w, byPath)
	}
	if z := n.get("zip"); z != nil {
		l.record(d, z, "zip")
	}
	if len(l.errs) == before && len(w.Axes) == 0 {
		l.errs.add(n, "got no path, want at least one, such as \"workload.jobs.cpu\" = [256, 512]")
	}
	if len(l.errs) > before {
		return nil
	}
	if sample != nil {
		l.record(d, sample, "sample")
		l.sample(sample, w, s.Seed)
	} else {
		w.Points = 1
		for i := range w.Axes {
			if w.Points *= len(w.Axes[i].nodes); w.Points > MaxSweepPoints {
				l.errs.add(n, "got more than %s points, want fewer values, or sample = { design = \"latin-hypercube\", points = 1000 }", units.Thousands(MaxSweepPoints))
				return nil
			}
		}
	}
	for i := range w.Axes {
		w.Axes[i].finish()
	}
	if len(l.errs) == 0 {
		l.tryValues(w)
	}
	if len(l.errs) > before {
		return nil
	}
	return w
}

// record keeps a key of [sweep] among the settings.
func (l *loader) record(d *decoder, n *node, key string) {
	d.settings = append(d.settings, Setting{Path: joinAll([]string{"sweep", key}), Value: n.text(), Where: n.where.String(),
		Doc: "swept by ecsim sweep", keys: []string{"sweep", key}})
}

// axis reads one path and its values.
func (l *loader) axis(root, n *node, path string, sampled bool) (SweepAxis, bool) {
	a := SweepAxis{Paths: []string{path}, Where: n.where.String()}
	fail := func(format string, args ...any) (SweepAxis, bool) { l.errs.add(n, format, args...); return a, false }
	segs, err := splitPath(path)
	if err != nil {
		return fail("%v", err)
	}
	if n.table() != nil && n.get("from") == nil && n.get("to") == nil && n.get("step") == nil {
		return fail("got %s, want a list of values or { from, to, step }; put the whole path in quotes", n.describe())
	}
	if slices.Contains(unsweepable, segs[0]) || segs[0] == "runs" && len(segs) > 1 && segs[1] != "warm_up" {
		return fail("cannot be swept: it is not part of what is simulated")
	}
	targets, err := expand(l.view(root, segs), segs)
	if err != nil {
		return fail("%v", err)
	}
	a.targets = [][][]string{targets}
	values, err := rangeValues(n, sampled)
	if err != nil {
		return fail("%v", err)
	}
	for i, v := range values {
		for _, u := range values[:i] {
			if u.text() == v.text() {
				l.errs.add(v, "got %s twice, want each value once", v.describe())
				return a, false
			}
		}
		if len(values) > 4096 {
			break // made by from, to and step, which repeat nothing
		}
	}
	for _, v := range values {
		a.nodes = append(a.nodes, []*node{v})
	}
	return a, true
}

// zip joins axes that move together.
func (l *loader) zip(n *node, w *Sweep, byPath map[string]int) {
	if n == nil {
		return
	}
	groups, ok := n.list()
	if ok && len(groups) > 0 && !groups[0].isList() {
		groups = []*node{n} // one group
	}
	if !ok {
		l.errs.add(n, "got %s, want a list of lists of paths, such as [[\"path a\", \"path b\"]]", n.describe())
		return
	}
	gone := map[int]bool{}
	for _, g := range groups {
		paths, ok := g.list()
		if !ok || len(paths) < 2 {
			l.errs.add(g, "got %s, want a list of two or more paths of [sweep]", g.describe())
			return
		}
		first := -1
		for _, p := range paths {
			i, ok := byPath[p.str()]
			switch {
			case !ok:
				l.errs.add(p, "got %s, which is no path of [sweep]", p.describe())
				return
			case gone[i] || i == first:
				l.errs.add(p, "got %s twice, want each path in one list", p.describe())
				return
			case first < 0:
				first = i
				continue
			case len(w.Axes[i].nodes) != len(w.Axes[first].nodes):
				l.errs.add(p, "has %d values, and %s has %d: want as many", len(w.Axes[i].nodes), w.Axes[first].Paths[0], len(w.Axes[first].nodes))
				return
			}
			gone[i] = true
			to, from := &w.Axes[first], &w.Axes[i]
			to.Paths = append(to.Paths, from.Paths...)
			to.targets = append(to.targets, from.targets...)
			for v := range to.nodes {
				to.nodes[v] = append(to.nodes[v], from.nodes[v]...)
			}
		}
		gone[first] = true
	}
	var kept []SweepAxis
	for i := range w.Axes {
		zipped := len(w.Axes[i].Paths) > 1
		if !gone[i] || zipped {
			kept = append(kept, w.Axes[i])
		}
	}
	w.Axes = kept
}

// sample draws the points of a space-filling design.
func (l *loader) sample(n *node, w *Sweep, seed uint64) {
	design, points := n.get("design").str(), int64(0)
	if p := n.get("points"); p != nil {
		points, _ = p.value.(int64)
	}
	for _, k := range n.keys() {
		if k != "design" && k != "points" {
			l.errs.add(n.get(k), "unknown key; keys here are design and points")
			return
		}
	}
	const most = 100_000 // a design is drawn whole
	if points < 1 || points > most {
		l.errs.addKey(n, "points", "want a whole number from 1 to %s", units.Thousands(most))
		return
	}
	w.Design, w.Points = design, int(points)
	if l.opts.Checks.Sample == nil {
		l.errs.addKey(n, "design", "this program draws no samples")
		return
	}
	cube, err := l.opts.Checks.Sample(design, int(points), len(w.Axes), seed)
	if err != nil {
		l.errs.addKey(n, "design", "%v", err)
		return
	}
	w.drawn = make([][]int, points)
	for p := range w.drawn {
		at := make([]int, len(w.Axes))
		for i := range at {
			k := len(w.Axes[i].nodes)
			at[i] = min(int(cube[p][i]*float64(k)), k-1)
		}
		w.drawn[p] = at
	}
}

// finish fills in what readers see of the values.
func (a *SweepAxis) finish() {
	a.Numbers = make([]float64, len(a.nodes))
	for i, nodes := range a.nodes {
		texts := make([]string, len(nodes))
		for k, n := range nodes {
			texts[k] = n.text()
		}
		a.Values = append(a.Values, texts)
		v, unit, ok := nodes[0].number(a.Paths[0])
		if !ok || i > 0 && unit != a.Unit {
			a.Numbers, a.Unit = nil, ""
			for _, rest := range a.nodes[i+1:] {
				texts := make([]string, len(rest))
				for k, n := range rest {
					texts[k] = n.text()
				}
				a.Values = append(a.Values, texts)
			}
			return
		}
		a.Numbers[i], a.Unit = v, unit
	}
}

// tryMost bounds how many values of an axis are tried before a sweep starts,
// and how many points those that fail alone are tried at, all together.
const (
	tryMost       = 64
	tryPointsMost = 256
)

// tryValues builds the scenario with each value alone, so that a wrong one is
// told before anything runs. A value that only suits values of other axes, as a
// minimum above the base maximum does, is tried at points that hold it.
func (l *loader) tryValues(w *Sweep) {
	at := make([]int, len(w.Axes))
	for i := range at {
		at[i] = -1
	}
	told := map[string]bool{}
	left := tryPointsMost
	for i := range w.Axes {
		n := len(w.Axes[i].nodes)
		try := func(v int) {
			at[i] = v
			_, err := w.with(at)
			if err == nil || w.somewhere(i, v, &left) {
				return
			}
			for _, e := range err.(Errors) {
				if text := e.Error(); !told[text] {
					told[text] = true
					l.errs = append(l.errs, e)
				}
			}
		}
		step := max(1, n/tryMost)
		for v := 0; v < n; v += step {
			try(v)
		}
		try(n - 1)
		at[i] = -1
	}
}

// somewhere tells whether a point with value v of axis i can be built; left is
// how many may yet be tried.
func (w *Sweep) somewhere(i, v int, left *int) bool {
	if len(w.Axes) < 2 {
		return false
	}
	points := w.Points
	for p := 0; p < points && *left > 0; p++ {
		at := w.Index(p)
		if at[i] != v {
			continue
		}
		*left--
		if _, err := w.with(at); err == nil {
			return true
		}
	}
	return false
}

// number is a value of a path on a scale. Text of a size is MiB where the key
// is a memory, as ECS reads it, and bytes elsewhere; a bare number there and of
// a CPU has that unit too.
func (n *node) number(path string) (v float64, unit string, ok bool) {
	key := path[strings.LastIndexByte(path, '.')+1:]
	bare := ""
	switch key {
	case "memory", "registered_memory":
		bare = "MiB"
		if s, is := n.value.(string); is {
			q, err := units.ParseMiB(s)
			return float64(q), bare, err == nil
		}
	case "cpu", "parallel":
		bare = "CPU units"
	}
	switch x := n.value.(type) {
	case int64:
		return float64(x), bare, true
	case decimal:
		return x.value, bare, true
	case string:
		for _, s := range scales {
			if q, err := scalars[s.typ].parse(x); err == nil {
				return float64(q) / s.per, s.unit, true
			}
		}
		if v, err := strconv.ParseFloat(x, 64); err == nil {
			return v, "", true
		}
	}
	return 0, "", false
}

// scales are the quantities in the order in which text is tried.
var scales = []struct {
	typ  reflect.Type
	per  float64
	unit string
}{
	{reflect.TypeFor[units.PPM](), float64(units.One) / 100, "%"},
	{reflect.TypeFor[units.Rate](), 1e9, "/s"},
	{reflect.TypeFor[units.Duration](), 1e9, "s"},
	{reflect.TypeFor[units.Work](), 3600e9, "vCPU-h"},
	{reflect.TypeFor[units.CPU](), 1, "CPU units"},
	{reflect.TypeFor[units.Bytes](), 1e6, "MB"},
}
