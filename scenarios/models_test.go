package scenarios

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ecsim/workloads/units"
)

// The models as these tests know them: a capacity kind, trace options and a
// catalogue of their own, so that the format is tested apart from them.

type asgParams struct {
	InstanceTypes []string     `toml:"instance_types" required:"true" doc:"in order of preference"`
	Speed         units.Speed  `toml:"speed" default:"1.0" source:"Assumed"`
	Group         asgGroup     `toml:"auto_scaling_group"`
	Distribution  asgShares    `toml:"instances_distribution"`
	Scaling       asgScaling   `toml:"managed_scaling"`
	Boot          DurationDist `toml:"boot" default:"{dist=\"lognormal\", p50=\"75s\", p95=\"150s\"}" source:"Assumed"`
	Volume        *units.Bytes `toml:"volume" doc:"nil is the image's own"`
}

type asgGroup struct {
	Min      int64 `toml:"min" required:"true" min:"0" max:"5000"`
	Max      int64 `toml:"max" required:"true" min:"0" max:"5000"`
	WarmPool int64 `toml:"warm_pool" default:"0" later:"warm pools (only 0 is accepted)"`
}

type asgShares struct {
	Base  int64 `toml:"on_demand_base_capacity" default:"0" min:"0"`
	Above int64 `toml:"on_demand_percentage_above_base_capacity" default:"100" min:"0" max:"100"`
}

type asgScaling struct {
	Target     int64          `toml:"target_capacity" default:"100" min:"1" max:"100" source:"https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ManagedScaling.html"`
	Warmup     units.Duration `toml:"instance_warmup_period" default:"300s" max:"10000s"`
	Protection bool           `toml:"termination_protection" default:"true"`
}

type externalParams struct {
	Machines uint16  `toml:"machines" required:"true"`
	Factor   float64 `toml:"factor" default:"1.5"`
}

type traceOptions struct {
	Format string     `toml:"format" default:"" allowed:"task-csv|swf"`
	Split  units.CPU  `toml:"split" default:"1 vCPU"`
	From   string     `toml:"from" doc:"start of the window"`
	Rate   units.Rate `toml:"rate" default:"0.3/h"`
	Rows   int        `toml:"reorder_rows" default:"10000" min:"1"`
}

type pullParams struct {
	Share    units.PPM `toml:"share" default:"100%" max:"100%"`
	Registry string    `toml:"registry" allowed:"ecr|docker-hub"`
}

func testOptions() Options {
	return Options{Checks: Checks{
		Failures: func() []FailureKind {
			return []FailureKind{{Name: "image-pull", Lasts: true, Params: func() any { return new(pullParams) },
				Validate: func(p any) []KeyError {
					if p.(*pullParams).Share == 0 {
						return []KeyError{{"share", "got 0%, want more"}}
					}
					return nil
				}}}
		},
		Kinds: func() []CapacityKind {
			return []CapacityKind{
				{Name: "asg", Family: "EC2 Auto Scaling group", Params: func() any { return new(asgParams) },
					Validate: func(p any, _ string) []KeyError {
						if g := p.(*asgParams).Group; g.Min > g.Max {
							return []KeyError{{"auto_scaling_group.min", fmt.Sprintf("got %d, want at most the maximum, %d", g.Min, g.Max)}}
						}
						return nil
					}},
				{Name: "external", Family: "external", Params: func() any { return new(externalParams) }},
				{Name: "FARGATE", Family: "Fargate", Reserved: true},
			}
		},
		Region: func(r string) error {
			if strings.Count(r, "-") != 2 {
				return fmt.Errorf("got %q, want a Region such as us-east-1", r)
			}
			return nil
		},
		InstanceType: func(region, t string) error {
			if !strings.HasSuffix(t, "large") {
				return fmt.Errorf("got %q, which %s does not have", t, region)
			}
			return nil
		},
		InstanceFamily: func(family string) error {
			if len(family) < 2 || family[0] == 'z' {
				return fmt.Errorf("got %q, which no type is of", family)
			}
			return nil
		},
		Scheduler: func(s string) error { return fmt.Errorf("got %q, want a registered scheduler", s) },
		Placement: func(strategies, constraints []string) []error {
			var errs []error
			for _, s := range append(strategies, constraints...) {
				if !strings.HasSuffix(s, ")") && s != "random" && s != "distinctInstance" {
					errs = append(errs, fmt.Errorf("got %q, want an expression such as binpack(memory)", s))
				}
			}
			return errs
		},
		Metric: func(path string) error {
			if strings.HasSuffix(path, "latencyy") {
				return errors.New("no metric of that name; did you mean latency?")
			}
			return nil
		},
		TraceOptions: func() any { return new(traceOptions) },
		Trace: func(path string, o any) error {
			if o.(*traceOptions).From == "never" {
				return errors.New(`from: got "never", want a duration`)
			}
			if !filepath.IsAbs(path) && !strings.HasPrefix(path, libraryPrefix) {
				return fmt.Errorf("got the relative path %s", path)
			}
			return nil
		},
	}}
}

// good returns the scenarios of testdata that must load.
func good(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/good/*.toml")
	if err != nil || len(files) < 4 {
		t.Fatalf("got %d scenarios in testdata/good, error %v", len(files), err)
	}
	var out []string
	for _, f := range files {
		if filepath.Base(f) != "fleet.toml" { // part of schema.toml
			out = append(out, f)
		}
	}
	return out
}

func mustLoad(t testing.TB, name string, sets ...string) *Scenario {
	t.Helper()
	s, err := Load(name, sets, testOptions())
	if err != nil {
		t.Fatalf("Load(%q, %q):\n%v", name, sets, err)
	}
	return s
}

// mustParse loads text whose relative paths start from testdata/good.
func mustParse(t testing.TB, text string, sets ...string) *Scenario {
	t.Helper()
	s, err := parseIn("testdata/good", text, sets...)
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	return s
}

func parseIn(dir, text string, sets ...string) (*Scenario, error) {
	o := testOptions()
	o.Dir = dir
	return Parse("test", []byte(text), sets, o)
}

func read(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
