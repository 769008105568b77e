package sim

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestDeps holds the engine at the bottom of the import graph: it serves any
// model because it knows none, so even its tests import nothing of ours but the
// yardsticks.
func TestDeps(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files to look at: %v", err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			test := strings.HasSuffix(name, "_test.go")
			first, rest, _ := strings.Cut(path, "/")
			switch {
			case first == "ecsim" && !(test && (rest == "sim" || rest == "sim/simtest")):
				t.Errorf("%s imports %s; sim imports nothing of this module", name, path)
			case strings.Contains(first, ".") && !test:
				t.Errorf("%s imports %s; sim needs the standard library only", name, path)
			}
		}
	}
}
