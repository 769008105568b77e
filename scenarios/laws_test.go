package scenarios

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ecsim/workloads"
	"ecsim/workloads/units"
)

// equal compares what two loads mean: not where values stood, nor the order
// of platforms, nor the name of a resolved platform's origin.
func equal(t *testing.T, a, b *Scenario) {
	t.Helper()
	clean := func(s *Scenario) *Scenario {
		c := *s
		c.Name, c.settings, c.lib = "", nil, nil
		c.Platforms = slices.Clone(c.Platforms)
		slices.SortFunc(c.Platforms, func(x, y Platform) int { return strings.Compare(x.Name, y.Name) })
		for i := range c.Platforms {
			p := &c.Platforms[i]
			p.Extends = ""
			p.Providers = slices.Clone(p.Providers)
			for j := range p.Providers {
				p.Providers[j].Where = ""
			}
		}
		for _, gates := range []*[]Gate{&c.SLO, &c.Budget} {
			*gates = slices.Clone(*gates)
			for i := range *gates {
				(*gates)[i].Where = ""
			}
		}
		c.Deployment = slices.Clone(c.Deployment)
		for i := range c.Deployment {
			c.Deployment[i].Where = Where{}
		}
		return &c
	}
	dist := cmp.Comparer(func(x, y *workloads.Dist) bool {
		return x == y || x != nil && y != nil && x.String() == y.String() && x.Quantile(0.3) == y.Quantile(0.3)
	})
	opts := cmp.Options{dist, cmp.Exporter(func(reflect.Type) bool { return true })}
	if d := cmp.Diff(clean(a), clean(b), opts); d != "" {
		t.Errorf("scenarios differ:\n%s", d)
	}
}

// A resolved scenario loads back to an equal one, from any folder.
func TestResolvedLoadsBack(t *testing.T) {
	for _, f := range good(t) {
		t.Run(filepath.Base(f), func(t *testing.T) {
			s := mustLoad(t, f)
			text := s.Resolved()
			back, err := parseIn(t.TempDir(), string(text))
			if err != nil {
				t.Fatalf("%v\nin\n%s", err, text)
			}
			equal(t, s, back)
			if again := back.Resolved(); !bytes.Equal(text, again) {
				t.Errorf("resolved twice differs:\n%s", cmp.Diff(string(text), string(again)))
			}
			h1, err1 := s.Hash()
			h2, err2 := back.Hash()
			if h1 != h2 || err1 != nil || err2 != nil {
				t.Errorf("hashes %s (%v) and %s (%v)", h1, err1, h2, err2)
			}
		})
	}
}

// The order of tables and of keys in the file changes nothing.
func TestOrderOfFileChangesNothing(t *testing.T) {
	const text = `
availability_zones = 2
question = "Order?"
[workload.b]
cpu = 256
kind = "service"
image.name = "shared"
memory = 512
desired_count = 1
[workload.a]
arrivals = { rate = "2/min", pattern = "poisson" }
memory = 512
run_time = "1m"
deadline = "1h"
kind = "batch"
cpu = 256
[platform.y]
extends = "x"
workload.a.memory = "1 GB"
[platform.x.capacity_provider.asg]
instance_types = ["m6a.large"]
auto_scaling_group = { max = 9, min = 1 }
[slo]
workload.a.on_time = ">= 99%"
cost_per_month = "< 5500"
`
	parts := strings.Split(text, "\n[")
	want := mustParse(t, text)
	rapid.Check(t, func(t *rapid.T) {
		tables := rapid.Permutation(parts[1:]).Draw(t, "tables")
		out := shuffled(t, parts[0])
		for _, p := range tables {
			head, body, _ := strings.Cut(p, "\n")
			out += "\n[" + head + "\n" + shuffled(t, body)
		}
		got, err := parseIn("testdata/good", out)
		if err != nil {
			t.Fatalf("%v\nin\n%s", err, out)
		}
		if d := cmp.Diff(string(want.Resolved()), string(got.Resolved())); d != "" {
			t.Fatalf("reordered file resolves otherwise:\n%s\nin\n%s", d, out)
		}
	})
}

func shuffled(t *rapid.T, body string) string {
	lines := strings.Split(strings.TrimSpace(body), "\n")
	return strings.Join(rapid.Permutation(lines).Draw(t, "lines"), "\n")
}

// Every value of Settings can be set by its path, and setting it to what it is
// changes nothing.
func TestSetEveryPath(t *testing.T) {
	for _, f := range good(t) {
		s := mustLoad(t, f)
		want := string(s.Resolved())
		for _, x := range s.Settings() {
			value := x.Value
			if x.file != "" {
				value = quote(x.file)
			}
			got, err := Load(f, []string{x.Path + "=" + value}, testOptions())
			if err != nil {
				t.Errorf("%s: --set %s=%s: %v", f, x.Path, value, err)
				continue
			}
			if d := cmp.Diff(want, string(got.Resolved())); d != "" {
				t.Errorf("%s: --set %s=%s changes:\n%s", f, x.Path, value, d)
			}
			if !got.IsSet(x.Path) && x.Where != "default" {
				t.Errorf("%s: after --set %s it is not set", f, x.Path)
			}
		}
	}
}

// Canonical text reads back as the same value, for every value that text can
// give.
func TestQuantitiesPrintExactly(t *testing.T) {
	check := func(t *rapid.T, printed string, want int64, parse func(string) (int64, error)) {
		got, err := parse(strings.Trim(printed, `"`))
		if err != nil || got != want {
			t.Fatalf("%d prints as %s, which reads as %d, %v", want, printed, got, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[0-9]{1,4}(\.[0-9]{1,7})?`).Draw(t, "number")
		for typ, units := range map[reflect.Type][]string{
			reflect.TypeFor[units.CPU]():      {"", " vCPU"},
			reflect.TypeFor[units.MiB]():      {"", " GB", " MiB"},
			reflect.TypeFor[units.Bytes]():    {" B", " MB", " GiB", " TB"},
			reflect.TypeFor[units.Duration](): {"ns", "us", "ms", "s", "m", "h", "d", "w", "s1ns", "h1.5s"},
			reflect.TypeFor[units.PPM]():      {"%"},
			reflect.TypeFor[units.Rate]():     {"/s", "/min", "/h", "/d"},
			reflect.TypeFor[units.Work]():     {" vCPU-s", " vCPU-min", " vCPU-h"},
			reflect.TypeFor[units.USD]():      {""},
		} {
			s := scalars[typ]
			for _, u := range units {
				n, err := s.parse(text + u)
				if err != nil {
					continue // not a whole number of units
				}
				check(t, s.print(n), n, s.parse)
			}
		}
	})
}

func TestHashFollowsContentNotPath(t *testing.T) {
	load := func(rows, comment string) (*Scenario, string) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "jobs.csv"), []byte(rows), 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := parseIn(dir, comment+`
[workload.replay]
kind = "batch"
arrivals.trace = "jobs.csv"
[platform.fargate]
default_capacity_provider_strategy = ["FARGATE"]
`)
		if err != nil {
			t.Fatal(err)
		}
		h, err := s.Hash()
		if err != nil {
			t.Fatal(err)
		}
		return s, h
	}
	s, one := load("at\n1s\n", "")
	_, same := load("at\n1s\n", "# another folder, another comment")
	_, other := load("at\n2s\n", "")
	if one != same || one == other {
		t.Errorf("hash of equal content %s and %s, of other content %s", one, same, other)
	}
	if s.Duration != 0 {
		t.Errorf("duration of a replay is %v, want 0: the trace's span", s.Duration)
	}
	files, err := s.Files()
	if err != nil || len(files) != 1 || files[0].Path != s.Workloads[0].Arrivals.Trace || len(files[0].SHA256) != 64 {
		t.Errorf("files %v, %v", files, err)
	}
	if err := os.Remove(files[0].Path); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Hash(); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("hash of a missing file: error %v", err)
	}
}

func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.toml", "testdata/bad/*.toml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range files {
			f.Add([]byte(read(f, name)), "workload.jobs.cpu=512")
		}
	}
	f.Add([]byte("a = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"), `"a".*='x'`)
	f.Add([]byte("start = 07:32:00\nseed = 1e400"), "platform.*.extends=a")
	f.Fuzz(func(t *testing.T, text []byte, set string) {
		if bytes.Contains(text, []byte("/")) && bytes.Contains(text, []byte("include")) {
			return // no wandering through the machine's files
		}
		s, err := parseIn("testdata/good", string(text), set)
		if err != nil {
			if errs, ok := err.(Errors); !ok || len(errs) == 0 || errs.Error() == "" {
				t.Fatalf("got error %#v, want Errors", err)
			}
			return
		}
		back, err := parseIn("testdata/good", string(s.Resolved()))
		if err != nil {
			t.Fatalf("resolved scenario does not load: %v\n%s", err, s.Resolved())
		}
		if a, b := s.Resolved(), back.Resolved(); !bytes.Equal(a, b) {
			t.Fatalf("resolved twice differs:\n%s", cmp.Diff(string(a), string(b)))
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	for _, f := range good(b) {
		b.Run(strings.TrimSuffix(filepath.Base(f), ".toml"), func(b *testing.B) {
			for b.Loop() {
				mustLoad(b, f)
			}
		})
	}
}
