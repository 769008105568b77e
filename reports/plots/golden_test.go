package plots

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"ecsim/models/result/resulttest"

	"gonum.org/v1/plot/cmpimg"
)

var update = flag.Bool("update", false, "rewrite the golden pictures")

// The picture of each kind that can be drawn quickly is as it was when it was
// last looked at. Another processor may move the edge of a line by a shade.
func TestGolden(t *testing.T) {
	in := input(resulttest.Specs(), 2)
	sweeps := surfaces()
	named := func(name string, f Figure) Figure {
		f.Name = "sweep-" + name
		return f
	}
	for _, f := range []Figure{
		named("response", response(sweeps["holes"], 0, 0)),
		named("response-types", response(sweeps["types-two"], 0, 0)),
		named("response-names", response(sweeps["long-names"], 0, 1)),
		named("pareto", pareto(sweeps["three-axes"], 0, 1, "jobs")),
		named("map", winnerMap(sweeps["none"], 0, 1)),
		named("map-left", winnerMap(sweeps["left"], 0, 1)),
		named("map-slice", winnerMap(sweeps["three-axes"], 0, 2)),
		named("samples", sampled(sweeps["samples-types"], 0, 0)),
		costBars(in), waits(input(resulttest.Specs(), 8), "nightly"), waits(input(resulttest.Specs(), 8), "jobs"), stages(in, "jobs"), freeRoom(in, in.Outcomes[0]),
	} {
		got, err := f.png()
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == "" {
			f.Name = "free-room"
		}
		path := filepath.Join("testdata", f.Name+".png")
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if same, err := cmpimg.EqualApprox("png", got, want, 0.05); err != nil || !same {
			failed := filepath.Join(t.ArtifactDir(), f.Name+".png")
			if err := os.WriteFile(failed, got, 0o644); err != nil {
				t.Error(err)
			}
			t.Errorf("%s differs (%v); now %s; -update rewrites it once you have looked at it", path, err, failed)
		}
	}
}
