package scenarios

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the goldens in testdata/bad")

// setLines are the --set of a bad scenario, in its comments.
func setLines(text string) []string {
	var sets []string
	for line := range strings.Lines(text) {
		if s, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "# set: "); ok {
			sets = append(sets, s)
		}
	}
	return sets
}

func TestBadScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.toml")
	if err != nil || len(files) < 10 {
		t.Fatalf("got %d bad scenarios, error %v", len(files), err)
	}
	for _, f := range files {
		if filepath.Base(f) == "include-b.toml" { // part of include-a.toml
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(f), ".toml"), func(t *testing.T) {
			_, err := Load(f, setLines(read(t, f)), testOptions())
			errs, ok := err.(Errors)
			if !ok {
				t.Fatalf("got error %v, want Errors", err)
			}
			got := errs.Error() + "\n"
			golden := strings.TrimSuffix(f, ".toml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := read(t, golden); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			places := make([]int, 0, len(errs))
			for _, e := range errs {
				if e.Where.File == f && !strings.HasPrefix(e.Where.File, "--set") {
					places = append(places, e.Where.Line)
				}
			}
			if !slices.IsSorted(places) {
				t.Errorf("lines of one file out of order: %v", places)
			}
		})
	}
}
