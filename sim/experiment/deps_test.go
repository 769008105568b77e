package experiment_test

import (
	"go/build"
	"strings"
	"testing"
)

// Replications and intervals know nothing of what is repeated.
func TestNoWordOfAWS(t *testing.T) {
	p, err := build.ImportDir(".", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range p.Imports {
		if strings.HasPrefix(path, "ecsim/") {
			t.Errorf("sim/experiment imports %s", path)
		}
	}
}
