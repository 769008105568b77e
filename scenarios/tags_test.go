package scenarios

import (
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"

	"ecsim/workloads"
)

// Every default and bound in a tag reads as its field's type (fieldsOf panics
// otherwise), allowed values hold the default, and no key is declared twice.
func TestTags(t *testing.T) {
	structs := []reflect.Type{
		reflect.TypeFor[Scenario](), reflect.TypeFor[Workload](), reflect.TypeFor[Platform](),
		reflect.TypeFor[Arrivals](), reflect.TypeFor[Transforms](), reflect.TypeFor[providerHead](),
	}
	for _, p := range workloads.Patterns() {
		structs = append(structs, reflect.TypeOf(p.Params()).Elem())
	}
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			if !isScalar(typ) {
				walk(typ.Elem())
			}
			return
		}
		if typ.Kind() != reflect.Struct || isScalar(typ) || seen[typ] {
			return
		}
		seen[typ] = true
		keys := map[string]bool{}
		for _, f := range fieldsOf(typ) {
			if keys[f.name] {
				t.Errorf("%v has the key %s twice", typ, f.name)
			}
			keys[f.name] = true
			if f.def != "" && len(f.allowed) > 0 && !strings.Contains("|"+strings.Join(f.allowed, "|")+"|", "|"+f.def+"|") {
				t.Errorf("%v: default %q of %s is not allowed", typ, f.def, f.name)
			}
			if f.required && f.def != "" {
				t.Errorf("%v: %s is required and has a default", typ, f.name)
			}
			walk(f.typ)
		}
	}
	for _, s := range structs {
		walk(s)
	}
	if len(seen) < 20 {
		t.Errorf("walked %d structs only", len(seen))
	}
}

// A pattern's parameters, all left out but the required ones, are what Params
// of the pattern itself holds.
func TestDefaultsOfPatternsAgree(t *testing.T) {
	for _, p := range workloads.Patterns() {
		want := p.Params()
		got := p.Params()
		d := &decoder{l: &loader{}}
		d.table(nil, []string{"arrivals"}, nil, into(got))
		if len(d.l.errs) > 0 {
			t.Errorf("%s: %v", p.Name, d.l.errs)
		}
		g, w := reflect.ValueOf(got).Elem(), reflect.ValueOf(want).Elem()
		for _, f := range fieldsOf(g.Type()) {
			a, b := g.FieldByIndex(f.index).Interface(), w.FieldByIndex(f.index).Interface()
			if x, ok := a.(interface{ Mean() float64 }); ok {
				y := b.(interface{ Mean() float64 })
				if f.def != "" && x.Mean() != y.Mean() {
					t.Errorf("%s.%s: tag gives %v, Params %v", p.Name, f.name, a, b)
				}
			} else if f.def != "" && !reflect.DeepEqual(a, b) {
				t.Errorf("%s.%s: tag gives %v, Params %v", p.Name, f.name, a, b)
			}
		}
	}
}

// The format knows the models by hooks only.
func TestImports(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range files {
		if !strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			p := strings.Trim(i.Path.Value, `"`)
			for _, up := range []string{"ecsim/models", "ecsim/reports", "ecsim/cmd", "ecsim/scenarios/", "ecsim/sim/"} {
				if strings.HasPrefix(p+"/", up) && p != "ecsim/scenarios" {
					t.Errorf("%s imports %s: imports point down; use Checks", e.Name(), p)
				}
			}
		}
	}
}
