package main

import (
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The map of ARCHITECTURE.md as rules. Imports point down: a package may
// import only those of the module that its rule names, "x/..." being x and all
// below it. A package without a rule fails the test: give it a place first.
var arrows = map[string]struct {
	may []string
	why string
}{
	"sim":                      {nil, "the engine serves any model because it knows none"},
	"sim/experiment":           {nil, "replications and intervals are the same for any result that has metrics"},
	"sim/simtest":              {nil, "yardsticks and stories for the tests of any package"},
	"workloads/units":          {nil, "quantities are a leaf that everything shares"},
	"workloads":                {[]string{"sim", "workloads/units"}, "work is decided before anyone knows where it runs"},
	"workloads/traces":         {[]string{"sim", "workloads", "workloads/units"}, "a trace knows no platform, scenario or report"},
	"models/catalog":           {[]string{"workloads/units"}, "what AWS sells does not depend on who uses it"},
	"models/billing":           {[]string{"sim", "workloads/units", "models/catalog"}, "billing knows meters, not who fills them"},
	"models/result":            {[]string{"sim", "sim/experiment", "workloads/units"}, "readers of results must not pull in the models"},
	"models/result/resulttest": {[]string{"sim", "workloads/units", "models/result"}, "results for tests, made without a model"},
	"models/elb":               {[]string{"sim", "workloads/units"}, "a load balancer knows targets and their owner, no cluster"},
	"models/platform":          {[]string{"sim", "workloads", "models/result"}, "the interface knows none that fulfils it"},
	"models/ecs/query":         {nil, "the query language knows nothing of clusters"},
	"models/taskdef":           {[]string{"workloads/units"}, "a definition is read before anyone knows which cluster runs it"},
	"models/ecs/placement":     {[]string{"sim", "models/ecs/query"}, "the scheduler sees instances and sizes, not the life of tasks"},
	"models/ecs":               {[]string{"sim", "workloads", "workloads/units", "models/..."}, "a model never asks which scenario, report or command it serves"},
	"reports":                  {nil, "it holds the folder's documentation only"},
	"reports/answer":           {readers, readersWhy},
	"reports/files":            {readers, readersWhy},
	"reports/plots":            {readers, readersWhy},
	"scenarios":                {[]string{"sim", "workloads/..."}, "a scenario names models by their registered names; only scenarios/simulate wires them"},
	"scenarios/library":        {nil, "scenarios are data"},
	"scenarios/awsimport":      {nil, "it writes a scenario as text; whether it is one, the reader says"},
	"scenarios/simulate":       {[]string{"sim", "sim/experiment", "workloads/...", "models/...", "scenarios", "scenarios/library"}, "it wires everything except what prints"},
	"cmd/ecsim/cli":            {[]string{"sim", "sim/experiment", "workloads/...", "models/...", "reports/...", "scenarios/..."}, "nothing imports a command but its main"},
	"cmd/ecsim":                {[]string{"cmd/ecsim/cli"}, "main only dispatches"},
}

var readers = []string{"sim", "workloads/units", "models/result", "reports/..."}

const readersWhy = "a report reads results only, so it works for any platform"

// Libraries may be imported where this says, and nowhere else; ARCHITECTURE.md
// gives the reason for each. "tests" are those that never reach the binary.
var libraries = map[string][]string{
	"github.com/BurntSushi/toml":        {"scenarios"},
	"github.com/pelletier/go-toml/v2":   {"scenarios"},
	"github.com/DataDog/sketches-go":    {"workloads/traces"},
	"github.com/spf13/cobra":            {"cmd/ecsim/cli"},
	"github.com/schollz/progressbar/v3": {"cmd/ecsim/cli"},
	"golang.org/x/term":                 {"cmd/ecsim/cli"},
	"golang.org/x/image":                {"reports/plots"},
	"github.com/parquet-go/parquet-go":  {"reports/files"},
	"gonum.org/v1/gonum":                {"sim/experiment", "workloads"},
	"gonum.org/v1/plot":                 {"reports/plots"},
	"github.com/adhocore/gronx":         {"tests"},
	"github.com/google/go-cmp":          {"tests"},
	"github.com/rogpeppe/go-internal":   {"tests"},
	"pgregory.net/rapid":                {"tests"},
}

const module, root = "ecsim/", "../.."

func TestImportsPointDown(t *testing.T) {
	seen := map[string]bool{}
	for dir, pkg := range packages(t) {
		seen[dir] = true
		rule, ok := arrows[dir]
		if !ok {
			t.Errorf("%s has no rule: give it a place in the map (arrows in this file, and ARCHITECTURE.md)", dir)
		}
		for _, path := range pkg.Imports {
			if own, ok := strings.CutPrefix(path, module); ok {
				if !slices.ContainsFunc(rule.may, func(p string) bool { return within(own, p) }) {
					t.Errorf("%s imports %s: %s", dir, own, rule.why)
				}
			} else if lib := library(path); lib != "" && !slices.Contains(libraries[lib], dir) {
				t.Errorf("%s imports %s, which only %s may", dir, path, strings.Join(libraries[lib], ", "))
			} else if lib == "" && foreign(path) {
				t.Errorf("%s imports %s, a library without a row in this file and in ARCHITECTURE.md", dir, path)
			}
		}
	}
	for dir := range arrows {
		if !seen[dir] {
			t.Errorf("the map has %s, the tree does not", dir)
		}
	}
}

// packages finds the Go packages of the module by folder, as ./... does.
func packages(t *testing.T) map[string]*build.Package {
	t.Helper()
	found := map[string]*build.Package{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() || path == root {
			return err
		}
		if name := d.Name(); name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
			return fs.SkipDir
		}
		if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
			return fs.SkipDir // another module
		}
		pkg, err := build.ImportDir(path, 0)
		if _, none := err.(*build.NoGoError); none {
			return nil
		} else if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, path)
		found[filepath.ToSlash(dir)] = pkg
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// within tells whether package dir is what the pattern names.
func within(dir, pattern string) bool {
	tree, below := strings.CutSuffix(pattern, "/...")
	return dir == tree || below && strings.HasPrefix(dir, tree+"/")
}

// library is the row of libraries that path belongs to, "" for none.
func library(path string) string {
	for lib := range libraries {
		if within(path, lib+"/...") {
			return lib
		}
	}
	return ""
}

// foreign tells a module's package from the standard library's.
func foreign(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return strings.Contains(first, ".")
}
