package scenarios

import (
	"encoding"
	"reflect"
	"slices"
	"strings"
)

// decoder turns nodes into Go values by the tags of the structs, collects
// every fault, and remembers every value it decoded.
type decoder struct {
	l        *loader
	settings []Setting
	// sameArrivals are taken instead of decoding an arrivals table; nil decodes.
	sameArrivals *Arrivals
}

// target is a struct that takes part of a table's keys.
type target struct {
	value reflect.Value
	only  []string // the keys it takes; nil is all
}

func into(p any, only ...string) target { return target{structOf(p), only} }

func (t target) takes(f field) bool { return t.only == nil || slices.Contains(t.only, f.name) }

// table decodes n, a table or nil when absent, into targets. A key that
// several targets know goes to the first. besides are keys that someone else
// decodes. The result tells whether n was a table.
func (d *decoder) table(n *node, path []string, besides []string, targets ...target) bool {
	if n != nil && n.table() == nil {
		d.l.errs.add(n, "got %s, want a table with %s", n.describe(), some(proposed(targets, besides)))
		return false
	}
	claimed := map[string]bool{}
	for _, t := range targets {
		for _, f := range fieldsOf(t.value.Type()) {
			if t.takes(f) && !claimed[f.name] {
				claimed[f.name] = true
				d.field(n, f, t.value.FieldByIndex(f.index), append(path[:len(path):len(path)], f.name))
			}
		}
	}
	for _, k := range n.keys() {
		if !claimed[k] && !slices.Contains(besides, k) {
			d.unknown(n.get(k), k, proposed(targets, besides))
		}
	}
	return true
}

// proposed returns the keys worth proposing to someone who wrote a wrong one,
// sorted.
func proposed(targets []target, besides []string) []string {
	out := slices.Clone(besides)
	for _, t := range targets {
		for _, f := range fieldsOf(t.value.Type()) {
			if t.takes(f) && f.later == "" {
				out = append(out, f.name)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// some lists keys for an error, the first few when there are many.
func some(keys []string) string {
	if len(keys) > 12 {
		return list(append(slices.Clone(keys[:11]), "..."), "and")
	}
	return list(keys, "and")
}

// synonyms are names that other tools use for a key.
var synonyms = map[string]string{
	"replicas": "desired_count", "count": "desired_count", "instances": "desired_count",
	"vcpu": "cpu", "vcpus": "cpu", "cores": "cpu",
	"mem": "memory", "ram": "memory", "memory_mib": "memory",
	"launch_type": "capacity_provider_strategy", "strategy": "capacity_provider_strategy",
	"time_limit": "deadline", "instance": "instance_types",
}

// unknown reports a key nobody knows, with the nearest name or the table where
// it belongs.
func (d *decoder) unknown(n *node, key string, known []string) {
	if near, ok := synonyms[key]; ok && slices.Contains(known, near) {
		d.l.errs.add(n, "unknown key; did you mean %s?", near)
		return
	}
	if near, ok := nearest(key, known); ok {
		d.l.errs.add(n, "unknown key; did you mean %s?", near)
		return
	}
	if home, ok := homes()[key]; ok {
		d.l.errs.add(n, "unknown key here; %s", home)
		return
	}
	d.l.errs.add(n, "unknown key; keys here are %s", list(known, "and"))
}

// field decodes one key of table n, which may be nil.
func (d *decoder) field(n *node, f field, v reflect.Value, path []string) {
	child := n.get(f.name)
	if f.later != "" && child != nil && (f.absent == nil || child.text() != f.absent.text()) {
		d.l.errs.add(child, "not modelled yet: %s; remove this key", f.later)
		return
	}
	if child != nil {
		d.value(child, f, v, path)
		return
	}
	switch {
	case f.required:
		if n != nil {
			d.l.errs.addKey(n, f.name, "missing; %s", wanted(f))
		}
	case f.absent != nil:
		d.value(f.absent, f, v, path)
	case v.Kind() == reflect.Struct && !isScalar(v.Type()):
		d.table(nil, path, nil, target{value: v})
	case v.Type() == imagesType:
		d.oneImage(nil, v, path)
	}
}

func isList(n *node) bool {
	_, ok := n.list()
	return ok
}

// oneImage decodes the image of a workload that has one, key by key.
func (d *decoder) oneImage(n *node, v reflect.Value, path []string) {
	list := make(Images, 1)
	if d.table(n, path, nil, into(&list[0])) {
		v.Set(reflect.ValueOf(list))
	}
}

// wanted says what a missing key takes.
func wanted(f field) string {
	switch {
	case len(f.allowed) > 0:
		return "want " + f.name + " = " + list(quoted(f.allowed), "or")
	case f.doc != "":
		return "want " + f.name + ": " + f.doc
	}
	return "it is required"
}

func quoted(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = quote(n)
	}
	return out
}

// value decodes n into v and records it under path.
func (d *decoder) value(n *node, f field, v reflect.Value, path []string) {
	t := v.Type()
	switch {
	case t == reflect.PointerTo(arrivalsType) && d.sameArrivals != nil:
		v.Set(reflect.ValueOf(d.sameArrivals))
	case t.Kind() == reflect.Pointer && !isScalar(t):
		p := reflect.New(t.Elem())
		d.value(n, f, p.Elem(), path)
		v.Set(p)
	case t == arrivalsType:
		d.arrivals(n, v.Addr().Interface().(*Arrivals), path)
	case t.Kind() == reflect.Struct && !isScalar(t):
		d.table(n, path, nil, target{value: v})
	case t == imagesType && !isList(n):
		d.oneImage(n, v, path)
	case t.Kind() == reflect.Map:
		d.mapping(n, f, v, path)
	case t.Kind() == reflect.Slice && !isScalar(t):
		if text, ok := d.slice(n, f, v); ok {
			d.record(n, f, path, text)
		}
	default:
		text, ok := d.scalar(n, f, v)
		if !ok {
			return
		}
		d.record(n, f, path, text)
		if f.file {
			d.settings[len(d.settings)-1].file = d.file(n, v)
		}
	}
}

func (d *decoder) record(n *node, f field, path []string, text string) {
	s := Setting{Path: joinAll(path), Value: text, Where: n.where.String(), Doc: f.doc, keys: slices.Clone(path)}
	if n.where.File == "" {
		s.Source = f.source
	}
	d.settings = append(d.settings, s)
}

// slice decodes a list; a bare string or table is a list of one.
func (d *decoder) slice(n *node, f field, v reflect.Value) (text string, ok bool) {
	elems, isList := n.list()
	if !isList {
		if _, s := n.value.(string); !s && n.table() == nil {
			d.l.errs.add(n, "got %s, want a list", n.describe())
			return "", false
		}
		elems = []*node{n}
	}
	if f.required && len(elems) == 0 {
		d.l.errs.add(n, "got an empty list; %s", wanted(f))
		return "", false
	}
	out := reflect.MakeSlice(v.Type(), len(elems), len(elems))
	parts := make([]string, len(elems))
	ok = true
	for i, e := range elems {
		s, fine := d.element(e, f, out.Index(i))
		parts[i] = s
		ok = ok && fine
	}
	v.Set(out)
	return "[" + strings.Join(parts, ", ") + "]", ok
}

// element decodes one element of a list and returns it as inline TOML.
func (d *decoder) element(n *node, f field, v reflect.Value) (text string, ok bool) {
	t := v.Type()
	if t.Kind() != reflect.Struct || isScalar(t) {
		if t.Kind() == reflect.Slice && !isScalar(t) {
			return d.slice(n, f, v)
		}
		return d.scalar(n, f, v)
	}
	if s, isString := n.value.(string); isString {
		for _, g := range fieldsOf(t) {
			if g.shorthand {
				c := *n
				c.value = &table{keys: []string{g.name}, kids: map[string]*node{g.name: {value: s, where: n.where, path: n.path, src: n.src}}}
				n = &c
			}
		}
	}
	before := len(d.l.errs)
	sub := decoder{l: d.l}
	sub.table(n, nil, nil, target{value: v})
	parts := make([]string, len(sub.settings))
	for i, s := range sub.settings {
		parts[i] = s.Path + " = " + s.Value
	}
	return inline(parts), len(d.l.errs) == before
}

// mapping decodes a table of the user's names, each value a setting.
func (d *decoder) mapping(n *node, f field, v reflect.Value, path []string) {
	if n.table() == nil {
		d.l.errs.add(n, "got %s, want a table", n.describe())
		return
	}
	m := reflect.MakeMap(v.Type())
	for _, k := range n.sortedKeys() {
		e := reflect.New(v.Type().Elem()).Elem()
		d.value(n.get(k), field{name: k, doc: f.doc}, e, append(path[:len(path):len(path)], k))
		m.SetMapIndex(reflect.ValueOf(k).Convert(v.Type().Key()), e)
	}
	v.Set(m)
}

// tomlReader is BurntSushi's Unmarshaler: a type that reads a decoded value.
type tomlReader interface{ UnmarshalTOML(any) error }

var (
	tomlReaderType = reflect.TypeFor[tomlReader]()
	textReaderType = reflect.TypeFor[encoding.TextUnmarshaler]()
	arrivalsType   = reflect.TypeFor[Arrivals]()
	imagesType     = reflect.TypeFor[Images]()
)

// isScalar tells types that are one value in a table, whatever their kind.
func isScalar(t reflect.Type) bool {
	if _, ok := scalars[t]; ok {
		return true
	}
	p := reflect.PointerTo(t)
	return p.Implements(tomlReaderType) || p.Implements(textReaderType)
}
