package reports_test

import (
	"go/build"
	"strings"
	"testing"
)

// Reports read results and nothing that makes them: a result folder must be
// readable without a model.
func TestReportsReadResultsOnly(t *testing.T) {
	allowed := []string{"ecsim/models/result", "ecsim/reports/", "ecsim/sim", "ecsim/workloads/units"}
	for _, dir := range []string{"answer", "files", "plots"} {
		p, err := build.ImportDir(dir, 0)
		if err != nil {
			t.Fatal(err)
		}
	imports:
		for _, path := range p.Imports {
			if !strings.HasPrefix(path, "ecsim/") {
				continue
			}
			for _, a := range allowed {
				if path == a || strings.HasSuffix(a, "/") && strings.HasPrefix(path, a) {
					continue imports
				}
			}
			t.Errorf("reports/%s imports %s", dir, path)
		}
	}
}
