package simulate

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"ecsim/scenarios/library"
)

var update = flag.Bool("update", false, "rewrite testdata/fingerprints.txt")

// The way each library scenario takes, as a hash of every placement: a change
// must be meant. Rewrite with -update and say in CHANGELOG.md why figures move.
func TestFingerprints(t *testing.T) {
	const file = "testdata/fingerprints.txt"
	var b strings.Builder
	for _, name := range library.Names() {
		sc, err := Load(name, []string{"runs.replications=1", `duration="12h"`})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range all(t, sc, 2).Outcomes {
			if o.First == nil {
				t.Fatalf("%s: %s was refused: %v", name, o.Platform, o.Refused)
			}
			fmt.Fprintf(&b, "%-20s %-18s %8d placed %016x\n", name, o.Platform, o.First.Placements, o.First.Fingerprint)
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, old := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(got), len(old)) {
		g, w := "", ""
		if i < len(got) {
			g = got[i]
		}
		if i < len(old) {
			w = old[i]
		}
		if g != w {
			t.Errorf("line %d: got  %s\nwant %s", i+1, g, w)
		}
	}
}
