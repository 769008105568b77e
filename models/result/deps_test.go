package result_test

import (
	"go/build"
	"strings"
	"testing"
)

// Whoever reads results needs this package, so it is a leaf: statistics and
// units below it, nothing else of ours.
func TestLeaf(t *testing.T) {
	p, err := build.ImportDir(".", 0)
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[string]bool{"ecsim/sim": true, "ecsim/sim/experiment": true, "ecsim/workloads/units": true}
	for _, path := range p.Imports {
		if strings.HasPrefix(path, "ecsim/") && !allowed[path] {
			t.Errorf("models/result imports %s", path)
		}
	}
}
