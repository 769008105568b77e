package cli

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"ecsim/models/catalog"
	"ecsim/models/result"
	"ecsim/reports/answer"
	"ecsim/reports/files"
	"ecsim/scenarios"
)

// twoSide is one side of 'compare A B', read from its result folder.
type twoSide struct {
	answer.TwoSide
	settings []scenarios.Value
	code     int
}

// runTwo compares two scenarios or result folders. A scenario is simulated, or
// its stored result used, as 'ecsim run' would.
func runTwo(e *Env, o simulateOptions, a, b string, changed func(flag string) bool) error {
	for _, flag := range []string{"output", "tasks", "instances", "events", "flips"} {
		if changed(flag) {
			return badInput(fmt.Errorf("ecsim: --%s has no meaning for two results: comparing them writes no folder; use it with 'ecsim run' for each", flag))
		}
	}
	folders := isFolder(a) && isFolder(b)
	for _, flag := range []string{"platform", "set", "replications", "seed", "force"} {
		if folders && changed(flag) {
			return badInput(fmt.Errorf("ecsim: --%s changes nothing about results that are there; give a scenario instead of its folder", flag))
		}
	}
	o.pairs, o.flips = false, false
	left, err := readSide(e, o, a)
	if err != nil {
		return err
	}
	right, err := readSide(e, o, b)
	if err != nil {
		return err
	}
	two := setAgainst(left, right)
	var text bytes.Buffer
	switch o.format {
	case "json":
		err = two.JSON(&text)
	case "csv":
		err = two.CSV(&text)
	default:
		text.WriteString(two.Text())
	}
	if err != nil {
		return err
	}
	if _, err := io.Copy(e.Out, &text); err != nil {
		return err
	}
	return silently(max(left.code, right.code))
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// readSide reads a folder, that of a scenario once it has been run.
func readSide(e *Env, o simulateOptions, name string) (*twoSide, error) {
	dir, code := name, -1
	if !isFolder(name) {
		o.scenario = name
		sc, err := load(e, name, o.patches())
		if err != nil {
			return nil, err
		}
		platforms, err := o.choose(sc)
		if err != nil {
			return nil, err
		}
		to, err := o.destination(sc, platforms, Version, catalog.Version())
		if err != nil {
			return nil, err
		}
		quiet := *e
		quiet.Out = io.Discard
		err = runSimulate(&quiet, o)
		switch code = codeOf(err); code {
		case ExitOK, ExitMissed, ExitInfeasible:
			dir = to.dir
		default: // interrupted too: the other side is not there
			return nil, err
		}
	}
	r, err := files.ReadResult(dir)
	if err != nil {
		return nil, badInput(fmt.Errorf("ecsim: %w", err))
	}
	s := &twoSide{code: code, TwoSide: answer.TwoSide{Name: name, Version: r.Manifest.Version, Catalogue: r.Manifest.Catalogue,
		Seed: r.Manifest.Seed, Partial: r.Manifest.Partial}}
	if s.settings, err = scenarios.ReadResolved(r.Resolved); err != nil {
		return nil, badInput(fmt.Errorf("ecsim: %s: %w", filepath.Join(dir, files.ResolvedName), err))
	}
	sums := map[string]string{}
	for _, in := range r.Manifest.Inputs {
		sums[in.Name] = in.SHA256
	}
	var workloads []string
	for i, v := range s.settings {
		if path, err := strconv.Unquote(v.Text); err == nil && sums[path] != "" {
			s.settings[i].Text = "content " + sums[path][:12]
		}
		if rest, ok := strings.CutPrefix(v.Path, "workload."); ok {
			if name, ok := strings.CutSuffix(rest, ".kind"); ok {
				workloads = append(workloads, strings.Trim(name, `"`))
			}
		}
	}
	if s.Platforms, err = answer.ReadReplications(bytes.NewReader(r.Replications), workloads); err != nil {
		return nil, badInput(fmt.Errorf("ecsim: %s: %w", filepath.Join(dir, files.ReplicationsName), err))
	}
	for _, p := range r.Platforms {
		if p.Replications == 0 {
			s.Refused = append(s.Refused, p.Name)
		}
	}
	if s.code < 0 {
		s.code = folderCode(r)
	}
	return s, nil
}

// folderCode is the exit code of a result that is there.
func folderCode(r *files.Result) int {
	ran, met := false, false
	for _, p := range r.Platforms {
		if p.Replications > 0 {
			ran = true
			missed := false
			for _, g := range p.SLO {
				missed = missed || !g.OK
			}
			met = met || !missed
		}
	}
	switch {
	case !ran:
		return ExitInfeasible
	case !met:
		return ExitMissed
	}
	return ExitOK
}

// setAgainst finds the pairs, what differs, and whether replications pair.
func setAgainst(a, b *twoSide) *answer.Two {
	t := &answer.Two{A: a.TwoSide, B: b.TwoSide}
	for _, x := range a.Platforms {
		for _, y := range b.Platforms {
			if x.Platform == y.Platform {
				t.Pairs = append(t.Pairs, answer.TwoPair{A: x, B: y})
			}
		}
	}
	if len(t.Pairs) == 0 && len(a.Platforms) == 1 && len(b.Platforms) == 1 {
		t.Pairs = []answer.TwoPair{{A: a.Platforms[0], B: b.Platforms[0]}}
	}
	t.Inputs = differences(a, b)
	t.Unpaired = unpaired(t)
	t.Paths = twoPaths(t, a.settings, b.settings)
	return t
}

// differences are the inputs that are not alike: settings, version, catalogue.
func differences(a, b *twoSide) (list []answer.TwoInput) {
	add := func(path, x, y string) {
		if x != y {
			list = append(list, answer.TwoInput{Path: path, A: x, B: y})
		}
	}
	// A platform that one side does not have is one difference, not one a key.
	names := [2][]string{a.platforms(), b.platforms()}
	for i := range names {
		for _, name := range names[i] {
			if !slices.Contains(names[1-i], name) {
				there := [2]string{}
				there[i] = "(there)"
				add("platform."+name, there[0], there[1])
			}
		}
	}
	add("version", a.Version, b.Version)
	add("price catalogue", a.Catalogue, b.Catalogue)
	values := map[string][2]string{}
	for i, s := range []*twoSide{a, b} {
		for _, v := range s.settings {
			if name := platformOf(v.Path); name != "" && !(slices.Contains(names[0], name) && slices.Contains(names[1], name)) {
				continue
			}
			pair := values[v.Path]
			pair[i] = v.Text
			values[v.Path] = pair
		}
	}
	paths := make([]string, 0, len(values))
	for path := range values {
		paths = append(paths, path)
	}
	slices.SortFunc(paths, func(x, y string) int { return cmp.Or(cmp.Compare(rank(x), rank(y)), cmp.Compare(x, y)) })
	for _, path := range paths {
		add(path, values[path][0], values[path][1])
	}
	return list
}

// platforms are the names of the side's platforms as paths have them.
func (s *twoSide) platforms() (names []string) {
	for _, v := range s.settings {
		if name := platformOf(v.Path); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// platformOf is the platform of a setting's path, quotes kept, "" for none.
func platformOf(path string) string {
	rest, ok := strings.CutPrefix(path, "platform.")
	if !ok {
		return ""
	}
	if strings.HasPrefix(rest, `"`) {
		if end := strings.Index(rest[1:], `"`); end >= 0 {
			return rest[:end+2]
		}
	}
	name, _, _ := strings.Cut(rest, ".")
	return name
}

// rank puts what concerns all before what one platform has.
func rank(path string) int {
	switch {
	case strings.HasPrefix(path, "platform."):
		return 2
	case strings.Contains(path, "."):
		return 1
	}
	return 0
}

// unpaired says why replication i of A and of B did not meet the same work.
func unpaired(t *answer.Two) string {
	if t.A.Seed != t.B.Seed {
		return fmt.Sprintf("the seeds differ (%d and %d)", t.A.Seed, t.B.Seed)
	}
	for _, p := range t.Pairs {
		if p.A.Runs != p.B.Runs {
			return fmt.Sprintf("A has %s and B %d", count(p.A.Runs, "replication"), p.B.Runs)
		}
	}
	for _, in := range t.Inputs {
		if isWork(in.Path) {
			return fmt.Sprintf("the work differs (%s)", in.Path)
		}
	}
	return ""
}

// isWork tells settings that decide what arrives, when, and how long it runs.
// What tasks ask for is none: the same tasks arrive, whatever their size.
func isWork(path string) bool {
	if slices.Contains([]string{"start", "time_zone", "duration", "runs.warm_up", "runs.batches"}, path) {
		return true
	}
	if !strings.HasPrefix(path, "workload.") && !strings.Contains(path, ".workload.") {
		return false
	}
	for _, key := range []string{".kind", ".arrivals", ".run_time", ".work", ".parallel", ".cpu_use", ".deadline", ".desired_count"} {
		if strings.HasSuffix(path, key) || strings.Contains(path, key+".") {
			return true
		}
	}
	return false
}

// twoPaths are the figures worth a line: cost, what gates bind, hosts, waits.
func twoPaths(t *answer.Two, settings ...[]scenarios.Value) (list []string) {
	has := func(path string) bool {
		return slices.ContainsFunc(t.Pairs, func(p answer.TwoPair) bool {
			return result.CompareMeasured(p.A, p.B, path, false).Meaning != result.NoFigure
		})
	}
	add := func(path string) {
		if !slices.Contains(list, path) && has(path) {
			list = append(list, path)
		}
	}
	for _, cost := range []string{"cost_per_month", "cost_with_drain", "cost"} {
		if list == nil {
			add(cost)
		}
	}
	for _, values := range settings {
		for _, v := range values {
			for _, table := range []string{"slo.", "budget."} {
				if path, ok := strings.CutPrefix(v.Path, table); ok && result.CheckPath(path) == nil {
					add(result.Unbound(path))
				}
			}
		}
	}
	add("instances.mean")
	for _, values := range settings {
		for _, v := range values {
			if name, ok := strings.CutSuffix(v.Path, ".kind"); ok && strings.HasPrefix(name, "workload.") {
				add(name + ".time_to_running.p95")
			}
		}
	}
	return list
}
