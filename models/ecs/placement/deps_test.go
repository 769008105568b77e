package placement_test

import (
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestImports: placement knows keyed draws and the query language, nothing of
// clusters, task lives or time.
func TestImports(t *testing.T) {
	allowed := map[string]bool{"ecsim/sim": true, "ecsim/models/ecs/query": true}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") {
			continue
		}
		src, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range src.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(path, "ecsim/") && !allowed[path] {
				t.Errorf("%s imports %s", f.Name(), path)
			}
		}
	}
}
