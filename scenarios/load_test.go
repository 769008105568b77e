package scenarios

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"ecsim/workloads"
	"ecsim/workloads/units"
)

// fleet is a scenario whose platforms extend each other.
const fleet = `
[workload.jobs]
kind = "batch"
arrivals = { pattern = "poisson", rate = "2/min" }
run_time = "3m"
cpu = 512
memory = "1 GB"
[workload.agent]
kind = "daemon"
cpu = 64
memory = 128
[platform.spot]
extends = "ec2"
capacity_provider.asg.instance_types = ["m5.large", "m6a.large"]
[platform.ec2]
fargate.speed = 1.25
[platform.ec2.capacity_provider.asg]
instance_types = ["m6a.large"]
auto_scaling_group = { min = 1, max = 9 }
boot = { dist = "lognormal", p50 = "60s", p95 = "120s" }
[platform.big]
extends = "spot"
capacity_provider.asg.auto_scaling_group.max = 90
capacity_provider.asg.boot = { dist = "exponential", mean = "70s" }
workload.jobs.memory = "2 GB"
workload.agent.cpu = 128
prices.discount = "10%"
`

func platform(t *testing.T, s *Scenario, name string) *Platform {
	t.Helper()
	for i := range s.Platforms {
		if s.Platforms[i].Name == name {
			return &s.Platforms[i]
		}
	}
	t.Fatalf("no platform %s in %v", name, s.Platforms)
	return nil
}

func TestExtends(t *testing.T) {
	s := mustParse(t, fleet)
	var order []string
	for _, p := range s.Platforms {
		order = append(order, p.Name)
	}
	if !slices.Equal(order, []string{"spot", "ec2", "big"}) || s.Baseline != "big" {
		t.Errorf("platforms %v, baseline %s; want the order of the file and the first by name", order, s.Baseline)
	}
	big := platform(t, s, "big")
	asg := big.Providers[0].Params.(*asgParams)
	if !slices.Equal(asg.InstanceTypes, []string{"m5.large", "m6a.large"}) || asg.Group.Min != 1 || asg.Group.Max != 90 {
		t.Errorf("big has %+v, want the types of spot, the minimum of ec2 and its own maximum", asg)
	}
	if got := asg.Boot.String(); !strings.HasPrefix(got, "exponential") {
		t.Errorf("boot is %s: a distribution replaces another, it does not mix with it", got)
	}
	if got := platform(t, s, "ec2").Providers[0].Params.(*asgParams); got.Group.Max != 9 || len(got.InstanceTypes) != 1 {
		t.Errorf("the base of an extends changed: %+v", got)
	}
	if big.Fargate.Speed != 1_250_000 || big.DefaultStrategy[0].CapacityProvider != "asg" {
		t.Errorf("big inherits speed %v and strategy %v", big.Fargate.Speed, big.DefaultStrategy)
	}
}

func memoryOf(w *Workload) units.MiB {
	_, m := w.Size()
	return m
}

func TestOverridesOfOnePlatform(t *testing.T) {
	s := mustParse(t, fleet)
	big, spot := platform(t, s, "big"), platform(t, s, "spot")
	if got := memoryOf(&big.Workloads[1]); got != 2*units.GiB {
		t.Errorf("memory of jobs on big is %v", got)
	}
	if got := memoryOf(&spot.Workloads[1]); got != units.GiB || memoryOf(&s.Workloads[1]) != units.GiB {
		t.Errorf("memory of jobs elsewhere is %v", got)
	}
	if big.Workloads[0].OnFargate.CPU != 128 || spot.Workloads[0].OnFargate.CPU != 64 {
		t.Error("a sidecar is as large as its daemon is on that platform")
	}
	if big.Workloads[1].Arrivals != s.Workloads[1].Arrivals {
		t.Error("platforms do not share the arrivals")
	}
	if big.Prices.Discount != 100_000 || spot.Prices.Discount != 0 {
		t.Errorf("discounts %v and %v", big.Prices.Discount, spot.Prices.Discount)
	}
	if !s.IsSet("platform.big.workload.jobs.memory") || s.IsSet("platform.big.workload.jobs.cpu") || s.IsSet("duration") {
		t.Error("IsSet tells what was written")
	}
}

func TestSetIsAnEditOfTheFile(t *testing.T) {
	asg := func(s *Scenario, name string) *asgParams {
		return platform(t, s, name).Providers[0].Params.(*asgParams)
	}
	const group = "capacity_provider.asg.auto_scaling_group."
	s := mustParse(t, fleet, "platform.ec2."+group+"max=50")
	if asg(s, "ec2").Group.Max != 50 || asg(s, "spot").Group.Max != 50 || asg(s, "big").Group.Max != 90 {
		t.Error("a platform that extends follows its base, unless it has its own value")
	}
	s = mustParse(t, fleet, "platform.*."+group+"max=50")
	if asg(s, "ec2").Group.Max != 50 || asg(s, "spot").Group.Max != 50 || asg(s, "big").Group.Max != 50 {
		t.Error("* sets every platform")
	}
	s = mustParse(t, fleet, "platform.big.capacity_provider.asg.instance_types.1=c5.large")
	if got := asg(s, "big").InstanceTypes; !slices.Equal(got, []string{"m5.large", "c5.large"}) || asg(s, "spot").InstanceTypes[1] != "m6a.large" {
		t.Errorf("an element of an inherited list: %v", got)
	}
	s = mustParse(t, fleet, "region=eu-west-1", "workload.jobs.image.size=1 GB", "region=eu-west-2", "workload.*.image.name=base",
		`prices.rates."a.b"=0.10`, "platform.big.workload.jobs.network_mode=awsvpc", "platform.*.workload.*.stop_timeout=9s")
	jobs := platform(t, s, "big").Workloads[1]
	if s.Region != "eu-west-2" || s.Workloads[1].Image[0].Size != units.GB || s.Workloads[0].Image[0].Name != "base" ||
		s.Prices.Rates["a.b"] != units.DollarPrice/10 || jobs.NetworkMode != "awsvpc" || jobs.StopTimeout != units.Duration(9*time.Second) {
		t.Errorf("sets gave %s", s.Resolved())
	}
	for _, x := range s.Settings() {
		if x.Path == "region" && x.Where != "--set region" {
			t.Errorf("region is from %q", x.Where)
		}
	}
}

func TestSettingsKnowTheirSource(t *testing.T) {
	s := mustLoad(t, "testdata/good/launch-types.toml")
	want := map[string]Setting{
		"workload.jobs.cpu":        {Value: "512", Where: "testdata/good/launch-types.toml:15"},
		"workload.nightly.cpu":     {Value: "4096", Where: "testdata/good/launch-types.toml:24"},
		"workload.jobs.image.name": {Value: `"jobs"`, Where: "default", Source: "the workload's name"},
		"workload.jobs.cpu_use":    {Value: `"100%"`, Where: "default", Source: "Assumed"},
		"platform.ec2-spot.capacity_provider.asg.instance_types":         {Value: `["m6a.2xlarge", "m6i.2xlarge", "m5.2xlarge", "m7i.2xlarge"]`, Where: "testdata/good/launch-types.toml:33"},
		"platform.ec2-spot.capacity_provider.asg.auto_scaling_group.min": {Value: "3", Where: "testdata/good/launch-types.toml:29"},
	}
	var paths []string
	for _, x := range s.Settings() {
		paths = append(paths, x.Path)
		if w, ok := want[x.Path]; ok {
			if x.Value != w.Value || x.Where != w.Where || x.Source != w.Source {
				t.Errorf("%s: got %+v, want %+v", x.Path, x, w)
			}
			delete(want, x.Path)
		}
	}
	if len(want) > 0 {
		t.Errorf("no settings %v", want)
	}
	if sorted := slices.Clone(paths); len(slices.Compact(slices.Sorted(slices.Values(sorted)))) != len(paths) {
		t.Error("a path appears twice")
	}
	if s.Name != "launch-types" || s.Seed != 1 || s.SLO[0].Path != "workload.encode.running" || s.SLO[0].Where != "testdata/good/launch-types.toml:48" {
		t.Errorf("name %q, seed %d, first gate %+v", s.Name, s.Seed, s.SLO[0])
	}
}

func TestIncludeYieldsToTheIncluder(t *testing.T) {
	s := mustLoad(t, "testdata/good/schema.toml")
	if s.Region != "us-east-1" {
		t.Errorf("region %s is the included file's", s.Region)
	}
	p := platform(t, s, "today")
	if len(p.Providers) != 1 || p.Prices.Discount != 100_000 || memoryOf(&p.Workloads[2]) != 16*units.GiB {
		t.Errorf("tables of both files are merged: %+v", p)
	}
	if got := p.Workloads[2].NoCapacity; got != (NoCapacity{RetryEvery, units.Duration(30 * time.Second), 10}) {
		t.Errorf("on_no_capacity is %+v", got)
	}
	o := s.Workloads[3].Arrivals.Options.(*traceOptions)
	if o.Format != "task-csv" || o.Split != units.VCPU || s.Workloads[3].Arrivals.Transforms.Scale != 500_000 {
		t.Errorf("trace options %+v beside transforms %+v", o, s.Workloads[3].Arrivals.Transforms)
	}
	sched := s.Workloads[2].Arrivals
	if p, ok := sched.Params.(*workloads.ScheduleParams); !ok || sched.Count != 20 || sched.Schedule != p.Schedule {
		t.Errorf("schedule %+v", sched)
	}
}

func TestLibrary(t *testing.T) {
	text := "include = \"library:parts/fleet.toml\"\n" + fleet[:strings.Index(fleet, "[platform")] +
		"[workload.replay]\nkind = \"batch\"\narrivals.trace = \"parts/jobs.csv\"\n"
	o := testOptions()
	o.Library = fstest.MapFS{
		"burst.toml":       {Data: []byte(text)},
		"parts/fleet.toml": {Data: []byte("[platform.f]\ndefault_capacity_provider_strategy = [\"FARGATE\"]\n")},
		"parts/jobs.csv":   {Data: []byte("at\n1s\n")},
	}
	s, err := Load("burst", nil, o)
	if err != nil {
		t.Fatal(err)
	}
	trace := s.Workloads[2].Arrivals.Trace
	r, err := s.Open(trace)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if b, _ := io.ReadAll(r); string(b) != "at\n1s\n" {
		t.Errorf("%s holds %q", trace, b)
	}
	o.Dir = t.TempDir()
	back, err := Parse("resolved", s.Resolved(), nil, o)
	if err != nil {
		t.Fatalf("a resolved library scenario does not load: %v", err)
	}
	if !bytes.Equal(back.Resolved(), s.Resolved()) {
		t.Error("resolved twice differs")
	}
	for name, want := range map[string]string{
		"brust":        `no library scenario "brust"; did you mean burst?, or the path of a .toml file`,
		"there.toml":   "there.toml: no such file",
		"../burst":     "../burst: no such file",
		"parts/fleet":  "parts/fleet: no such file",
		"elsewhere.t/": "elsewhere.t/: no such file",
	} {
		if _, err := Load(name, nil, o); err == nil || err.Error() != want {
			t.Errorf("Load(%q): got %v, want %s", name, err, want)
		}
	}
	if err := os.WriteFile(filepath.Join(o.Dir, "mine.toml"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load("mine", nil, o); err == nil || !strings.Contains(err.Error(), "for the file write mine.toml") {
		t.Errorf("a file beside named without .toml: %v", err)
	}
}

func TestIncludeErrorsStandAlone(t *testing.T) {
	// what a missing include would have held is not reported as missing
	_, err := parseIn(t.TempDir(), `include = "gone.toml"`)
	if errs, ok := err.(Errors); !ok || len(errs) != 1 || errs[0].Where.Line != 1 {
		t.Errorf("got %v, want the include's error alone", err)
	}
}

func TestPortsOfHostMode(t *testing.T) {
	s := mustParse(t, fleet, "workload.agent.network_mode=host", "workload.agent.port_mappings=[{container_port = 80}]")
	if got := s.Workloads[0].PortMappings[0].HostPort; got != 80 {
		t.Errorf("host port is %d, want the container's", got)
	}
}

// Values reach their fields through every kind of Go type a parameter struct
// may have.
func TestKindsOfFields(t *testing.T) {
	const external = "[platform.own.capacity_provider.rack]\nkind = \"external\"\n"
	base := fleet[:strings.Index(fleet, "[platform")] + external
	p := mustParse(t, base+"machines = 7\nfactor = 2").Platforms[0].Providers[0].Params.(*externalParams)
	if p.Machines != 7 || p.Factor != 2 {
		t.Errorf("got %+v", p)
	}
	for value, want := range map[string]string{
		"machines = 70000":              "got 70000, want 0 to 65535",
		"machines = 1\nfactor = nan":    "finite",
		"machines = 1\nfactor = \"2\"":  "got \"2\", want a number, without quotes",
		"machines = 1.0":                "got 1.0, want a whole number",
		"factor = 1":                    "machines: missing",
		"machines = 1\ntie = \"keyed\"": "it belongs into [platform.NAME]",
	} {
		if _, err := parseIn(".", base+value); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", value, err, want)
		}
	}
}

func TestTimes(t *testing.T) {
	want := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	for _, text := range []string{"2026-11-23", "2026-11-23T00:00:00", "2026-11-23T01:00:00+01:00", `"2026-11-23T00:00:00Z"`, `"2026-11-23"`} {
		if s := mustParse(t, "start = "+text+fleet); !s.Start.Equal(want) || s.Start.Location() != time.UTC {
			t.Errorf("start = %s is %v", text, s.Start)
		}
	}
	for _, text := range []string{"07:32:00", "2500-01-01", `""`, "12", `"2026-13-01"`} {
		if _, err := parseIn(".", "start = "+text+fleet); err == nil || !strings.HasPrefix(err.Error(), "test.toml:1: start: got ") {
			t.Errorf("start = %s: error %v", text, err)
		}
	}
}

// The second pass that finds places may stop early; then places are less
// exact, never wrong, and every fault is still found.
func TestPlacesOfOddFiles(t *testing.T) {
	bom := "\xef\xbb\xbfregion = 3\r\n[runs]\r\nseed = -1\r\n"
	_, err := parseIn(".", bom)
	if got := err.Error(); !strings.Contains(got, "test.toml:1: region: got 3") || !strings.Contains(got, "test.toml:3: runs.seed: got -1") {
		t.Errorf("byte order mark and CRLF:\n%s", got)
	}
	long := "[runs]\nseed = {\n  # a comment\n  a = [1,\n 2],\n}\n[slo]\nx = [ # here\n { y = 3 },\n]\n"
	if _, err = parseIn(".", long); err == nil || !strings.Contains(err.Error(), "test.toml:2: runs.seed: got a table") || !strings.Contains(err.Error(), "test.toml:8: slo.x: got a list") {
		t.Errorf("values over several lines:\n%v", err)
	}
}

func TestWarmUp(t *testing.T) {
	const replay = `
runs.warm_up = "9d"
[workload.replay]
kind = "batch"
arrivals.trace = "jobs.csv"
[platform.fargate]
default_capacity_provider_strategy = ["FARGATE"]
`
	mustParse(t, replay) // the trace may last longer
	_, err := parseIn("testdata/good", replay, "duration=9d")
	if err == nil || !strings.Contains(err.Error(), "got a warm-up of 9d in a duration of 9d, want less") {
		t.Errorf("got %v", err)
	}
}

// A workload may bear the name of a key that makes tables replace each other.
func TestNamesThatAreKeys(t *testing.T) {
	text := strings.NewReplacer("workload.jobs", "workload.trace", "workload.agent", "workload.dist", "platform.ec2", "platform.pattern",
		`"ec2"`, `"pattern"`, "workload.jobs.", "workload.trace.").Replace(fleet)
	s := mustParse(t, text, "platform.big.workload.dist.memory=64")
	if got := platform(t, s, "big").Workloads; len(s.Workloads) != 2 || memoryOf(&got[0]) != 64 || memoryOf(&got[1]) != 2*units.GiB {
		t.Errorf("workloads %+v", got)
	}
}
