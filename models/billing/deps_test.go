package billing

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Billing stands below every platform: it knows meters, not who fills them.
func TestImports(t *testing.T) {
	allowed := map[string]bool{"ecsim/sim": true, "ecsim/workloads/units": true, "ecsim/models/catalog": true}
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			path, _ := strconv.Unquote(i.Path.Value)
			switch standard := !strings.Contains(strings.Split(path, "/")[0], ".") && !strings.HasPrefix(path, "ecsim/"); {
			case standard, allowed[path]:
				if path == "ecsim/models/catalog" && name != "catalog.go" {
					t.Errorf("%s imports %s: prices come through PriceBook", name, path)
				}
			default:
				t.Errorf("%s imports %s, which is not below billing", name, path)
			}
		}
	}
}
