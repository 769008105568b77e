package traces

import (
	"go/build"
	"strings"
	"testing"
)

// TestImportsPointDown: traces are read without knowing who replays them.
func TestImportsPointDown(t *testing.T) {
	pkg, err := build.ImportDir(".", 0)
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[string]string{
		"ecsim/sim":             "times",
		"ecsim/workloads":       "the interfaces implemented here",
		"ecsim/workloads/units": "quantities",
	}
	for _, path := range pkg.Imports {
		if strings.HasPrefix(path, "ecsim/") && allowed[path] == "" {
			t.Errorf("imports %s, want only sim, workloads and units: a trace knows no platform, scenario or report", path)
		}
	}
}
