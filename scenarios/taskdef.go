package scenarios

import "slices"

// DefinedValue is one key of a workload that its task definition gives.
type DefinedValue struct {
	Key   string // "cpu", "port_mappings"
	Value any    // string, int64, []any or map[string]any of them
	Line  int    // of the task definition's file
}

// DefinitionFault is a reason for which ECS refuses a task definition.
type DefinitionFault struct {
	Line, Col int    // Col is 0 when unknown
	Path      string // in the JSON: "containerDefinitions[0].cpu"
	Msg       string
}

// definitionKeys name a task definition: AWS's word, and a short one.
const (
	definitionKey   = "task_definition"
	definitionAlias = "file"
)

// defined puts what n's task definition gives under n's own keys, and the
// alias "file" under its full name. It returns n as it is if it names no
// definition, and the name of the definition's file as errors show it.
func (l *loader) defined(n *node) (*node, string) {
	n = l.unalias(n)
	at := n.get(definitionKey)
	name := at.str()
	if name == "" || l.opts.Checks.TaskDefinition == nil {
		return n, "" // what is no name the decoder refuses
	}
	f, err := l.resolve(at.src, name)
	if err != nil {
		return n, ""
	}
	text, err := f.read()
	if err != nil {
		return n, "" // the decoder says so
	}
	values, faults := l.opts.Checks.TaskDefinition(text)
	for _, x := range faults {
		l.errs = append(l.errs, Error{Where{f.src.name, x.Line, x.Col}, x.Path, x.Msg})
	}
	base := &node{value: &table{kids: map[string]*node{}}, where: n.where, path: n.path, src: n.src}
	replay := n.get("arrivals").get("trace") != nil
	for _, v := range values {
		if replay && slices.Contains(traceKeys, v.Key) {
			continue // the trace brings it, task by task
		}
		b := builder{src: at.src}
		kid, err := b.node(v.Value, nil, "", Where{File: f.src.name, Line: v.Line}, 0)
		if err != nil {
			panic("scenarios: a task definition's value nests too deep: " + v.Key)
		}
		kid.relocate(join(n.path, v.Key), Where{File: f.src.name, Line: v.Line})
		base = base.with(v.Key, kid)
	}
	// merge lets a chooser ("schedule") of n replace its base: those are no
	// keys of a workload itself.
	out := *merge(base, n)
	return &out, f.src.name
}

// unalias writes the key "file" of a workload out.
func (l *loader) unalias(n *node) *node {
	short := n.get(definitionAlias)
	switch {
	case short == nil:
		return n
	case n.get(definitionKey) != nil:
		l.errs.add(short, "got file and task_definition, which mean the same; remove one")
		return n.with(definitionAlias, nil)
	}
	return n.with(definitionAlias, nil).with(definitionKey, short)
}

// emptied returns what a platform's own task definition takes away from a
// workload: keys without a default that only the workload's definition gives.
// Written out they keep a resolved scenario equal to its source.
func emptied(at []string, settings, base []Setting) (out []Setting) {
	for _, key := range []string{"gpu", "placement_constraints", "port_mappings"} {
		has := func(list []Setting, depth int) bool {
			return slices.ContainsFunc(list, func(s Setting) bool { return len(s.keys) == depth+1 && s.keys[depth] == key })
		}
		if !has(base, 2) || has(settings, len(at)) {
			continue
		}
		value := "[]"
		if key == "gpu" {
			value = "0"
		}
		keys := append(slices.Clone(at), key)
		out = append(out, Setting{Path: joinAll(keys), Value: value, Where: "default", keys: keys})
	}
	return out
}

// relocate gives n and what it holds one place and their paths.
func (n *node) relocate(path string, w Where) {
	n.path, n.where = path, w
	for _, k := range n.keys() {
		n.get(k).relocate(join(path, k), w)
	}
	list, _ := n.list()
	for _, e := range list {
		e.relocate(path, w)
	}
}
