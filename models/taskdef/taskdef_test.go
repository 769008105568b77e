package taskdef

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ecsim/workloads/units"
)

const realDefinitions = "../../../shared/data/taskdefs"

// TestRealDefinitions holds every definition of the shared folder to the
// verdict and sizes that checks independent of this package gave it.
func TestRealDefinitions(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(realDefinitions, "index.json"))
	if err != nil {
		t.Skip("no shared data beside the repository: ", err)
	}
	var list []struct {
		File, Verdict string
		CPU           *int64 `json:"cpu_units"`
		Memory        *int64 `json:"memory_mib"`
		GPUs          int64
		Containers    int
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	if len(list) < 30 {
		t.Fatalf("the index has %d definitions, want all of them", len(list))
	}
	for _, want := range list {
		text, err := os.ReadFile(filepath.Join(realDefinitions, want.File))
		if err != nil {
			t.Error(err)
			continue
		}
		r := Validate(text, Options{})
		if string(r.Verdict) != want.Verdict {
			t.Errorf("%s: got %s, want %s", want.File, r.Verdict, want.Verdict)
		}
		for _, x := range r.Reasons {
			if (!r.Verdict.Registers() || x.Severity == Refused) && testing.Verbose() || string(r.Verdict) != want.Verdict {
				t.Logf("%s:%s", want.File, x.String())
			}
			if s := x.String(); strings.Contains(s, "\n") || x.Line < 1 || len(s) > 400 {
				t.Errorf("%s: not one clear line: %q", want.File, s)
			}
		}
		if r.Definition == nil {
			continue
		}
		figure := func(p *int64) int64 {
			if p == nil {
				return 0
			}
			return *p
		}
		if r.CPU != units.CPU(figure(want.CPU)) || r.Memory != units.MiB(figure(want.Memory)) {
			t.Errorf("%s: got %d units and %d MiB, want %d and %d", want.File, r.CPU, r.Memory, figure(want.CPU), figure(want.Memory))
		}
		if want.Containers > 0 && (len(r.Definition.Containers) != want.Containers || r.Definition.GPU != want.GPUs) {
			t.Errorf("%s: got %d containers and %d GPUs, want %d and %d", want.File, len(r.Definition.Containers), r.Definition.GPU, want.Containers, want.GPUs)
		}
	}
}
