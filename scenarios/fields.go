package scenarios

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// field is one key a struct can hold, from its tags.
type field struct {
	name      string
	index     []int
	typ       reflect.Type
	def       string // empty: no default
	doc       string
	source    string
	later     string
	allowed   []string
	min, max  string
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
		out = append(out, x)
	}
	fieldCache.Store(t, out)
	return out
}

// structOf returns the struct that target, a pointer to a struct, points to.
func structOf(target any) reflect.Value {
	v := reflect.ValueOf(target)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("scenarios: parameters are a %T, want a pointer to a struct", target))
	}
	return v.Elem()
}
