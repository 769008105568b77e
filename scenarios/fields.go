package scenarios

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
)

// field is one key a struct can hold, from its tags.
type field struct {
	name      string
	index     []int
	typ       reflect.Type
	def       string // empty: no default
	absent    *node  // def as a node; nil without
	doc       string
	source    string
	later     string
	allowed   []string
	min, max  string // bounds as written; empty: none
	low, high int64  // bounds as numbers; the whole range without
	required  bool
	file      bool // file:"true": names a file, relative to the one it stands in
	shorthand bool // short:"true": a bare string in place of the table is this key
}

var fieldCache sync.Map // reflect.Type -> []field

// fieldsOf returns the keys of struct type t in order of declaration; embedded
// structs without a tag lend theirs.
func fieldsOf(t reflect.Type) []field {
	if c, ok := fieldCache.Load(t); ok {
		return c.([]field)
	}
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
		if f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct {
			for _, e := range fieldsOf(f.Type) {
				e.index = append([]int{i}, e.index...)
				out = append(out, e)
			}
			continue
		}
		if name == "" || name == "-" || !f.IsExported() {
			continue
		}
		x := field{
			name: name, index: f.Index, typ: f.Type,
			def: f.Tag.Get("default"), doc: f.Tag.Get("doc"), source: f.Tag.Get("source"),
			later: f.Tag.Get("later"), min: f.Tag.Get("min"), max: f.Tag.Get("max"),
			required: f.Tag.Get("required") == "true", file: f.Tag.Get("file") == "true",
			shorthand: f.Tag.Get("short") == "true",
		}
		if a := f.Tag.Get("allowed"); a != "" {
			x.allowed = strings.Split(a, "|")
		}
		x.low, x.high = math.MinInt64, math.MaxInt64
		if x.min != "" {
			x.low = boundOf(x, x.min)
		}
		if x.max != "" {
			x.high = boundOf(x, x.max)
		}
		if x.def != "" {
			x.absent = nodeOf(x, x.def)
		}
		out = append(out, x)
	}
	fieldCache.Store(t, out)
	return out
}

// boundOf reads a bound, which is written as the field itself is.
func boundOf(f field, text string) int64 {
	t := f.typ
	if t.Kind() == reflect.Pointer {
		t = t.Elem() // nil says that the key is absent
	}
	b := reflect.New(t).Elem()
	if !isInteger(t) {
		panic(fmt.Sprintf("scenarios: %s has bounds but type %v", f.name, f.typ))
	}
	if _, err := readScalar(nodeOf(f, text), b); err != nil {
		panic(fmt.Sprintf("scenarios: bound %q of %s: %v", text, f.name, err))
	}
	return number(b)
}

// nodeOf makes the node of a default or bound from its tag. Text that is a
// list, a table, or of a type that TOML writes without quotes, is TOML;
// anything else is the string itself.
func nodeOf(f field, text string) *node {
	n := &node{value: text, path: f.name}
	t := f.typ
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	bare := !isScalar(t) && (t.Kind() == reflect.Bool || t.Kind() == reflect.Float64 || isInteger(t))
	if bare || text[0] == '{' || text[0] == '[' {
		var m map[string]any
		_, err := toml.Decode("v = "+text, &m)
		if err == nil {
			b := builder{src: &source{}}
			n, err = b.node(m["v"], nil, "", Where{}, 0)
		}
		if err != nil {
			panic(fmt.Sprintf("scenarios: default %q of %s is not TOML: %v", text, f.name, err))
		}
		n.path = f.name
	}
	return n
}

// structOf returns the struct that target, a pointer to a struct, points to.
func structOf(target any) reflect.Value {
	v := reflect.ValueOf(target)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("scenarios: parameters are a %T, want a pointer to a struct", target))
	}
	return v.Elem()
}
