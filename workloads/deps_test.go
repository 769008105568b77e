package workloads

import (
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
)

// Work is decided before anyone knows where it runs: this package may see the
// clock and the units, nothing of models, scenarios or reports.
func TestImportsPointDown(t *testing.T) {
	allowed := map[string]bool{"ecsim/sim": true, "ecsim/workloads/units": true}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		read++
		file, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(path, "ecsim/") && !allowed[path] {
				t.Errorf("%s imports %s", f.Name(), path)
			}
		}
	}
	if read == 0 {
		t.Error("no files read")
	}
}
