package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"ecsim/models/taskdef"
	"ecsim/scenarios/library"
	"ecsim/scenarios/simulate"
)

// isTaskDefinition tells an argument that names task definitions, JSON, from
// one that names a scenario: "-", a .json file, a folder, a pattern.
func isTaskDefinition(arg string) bool {
	if arg == "-" || strings.EqualFold(filepath.Ext(arg), ".json") {
		return true
	}
	if info, err := os.Stat(arg); err == nil {
		_, err := fs.Stat(library.FS, arg+".toml")
		return info.IsDir() && err != nil // a folder does not hide a library scenario of its name
	}
	return strings.ContainsAny(arg, "*?[") && !strings.HasSuffix(arg, ".toml")
}

// taskDefinitionFiles lists the files that arguments name, each once: folders
// stand for their .json files, patterns for what they match.
func taskDefinitionFiles(args []string) (files []string, err error) {
	var errs []error
	add := func(name string) {
		if !slices.Contains(files, name) {
			files = append(files, name)
		}
	}
	for _, arg := range args {
		pattern := arg
		info, err := os.Stat(arg)
		switch {
		case arg == "-" || err == nil && !info.IsDir():
			add(arg)
			continue
		case err == nil:
			pattern = filepath.Join(escapeGlob(arg), "*.json")
		case !strings.ContainsAny(arg, "*?["):
			errs = append(errs, fmt.Errorf("%s: no such file; want the path of a task definition", arg))
			continue
		}
		list, err := filepath.Glob(pattern)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%s: %w", arg, err))
		case len(list) == 0 && pattern != arg:
			errs = append(errs, fmt.Errorf("%s: the folder holds no .json file", arg))
		case len(list) == 0:
			errs = append(errs, fmt.Errorf("%s: no file matches", arg))
		}
		for _, f := range list {
			if info, err := os.Stat(f); err == nil && !info.IsDir() {
				add(f)
			}
		}
	}
	return files, errors.Join(errs...)
}

func escapeGlob(s string) string {
	return strings.NewReplacer("*", `\*`, "?", `\?`, "[", `\[`, `\`, `\\`).Replace(s)
}

// launchTypes reads --launch-type, which may be repeated or hold a list.
func launchTypes(words []string) (list []taskdef.LaunchType, err error) {
	for _, w := range words {
		for _, s := range strings.Split(w, ",") {
			t, err := taskdef.ParseLaunchType(strings.TrimSpace(s))
			if err != nil {
				return nil, badInput(fmt.Errorf("--launch-type: %w", err))
			}
			if !slices.Contains(list, t) {
				list = append(list, t)
			}
		}
	}
	return list, nil
}

// readTaskDefinitions validates files side by side; reports stand in their order.
func readTaskDefinitions(files []string, types []taskdef.LaunchType) ([]*taskdef.Report, error) {
	reports := make([]*taskdef.Report, len(files))
	errs := make([]error, len(files))
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, name := range files {
		wg.Add(1)
		slots <- struct{}{}
		go func() {
			defer func() { <-slots; wg.Done() }()
			var text []byte
			if name == "-" {
				text, errs[i] = io.ReadAll(os.Stdin)
			} else {
				text, errs[i] = os.ReadFile(name)
			}
			if errs[i] == nil {
				reports[i] = taskdef.Validate(text, taskdef.Options{LaunchTypes: types, Expression: simulate.Expression})
			}
		}()
	}
	wg.Wait()
	return reports, errors.Join(errs...)
}

// validateTaskDefinitions is `validate` for task definitions; bad tells that
// ECS would refuse one.
func validateTaskDefinitions(e *Env, args []string, o validateOptions) (bad bool, err error) {
	types, err := launchTypes(o.launchTypes)
	if err != nil {
		return false, err
	}
	files, err := taskDefinitionFiles(args)
	if err != nil {
		return false, badInput(err)
	}
	reports, err := readTaskDefinitions(files, types)
	if err != nil {
		return false, badInput(err)
	}
	for _, r := range reports {
		bad = bad || !r.Verdict.Registers()
	}
	if o.format == "json" {
		one := len(args) == 1 && len(files) == 1 && files[0] == args[0]
		return bad, printReports(e.Out, files, reports, one)
	}
	for i, r := range reports {
		for j := range r.Reasons {
			fmt.Fprintf(e.Err, "%s:%s\n", shownName(files[i]), r.Reasons[j].String())
		}
		if !r.Verdict.Registers() {
			fmt.Fprintf(e.Err, "%s: %s: %s\n", shownName(files[i]), r.Verdict, problems(len(r.Refusals()), shownName(files[i])))
			continue
		}
		if _, err := fmt.Fprintln(e.Out, okLine(shownName(files[i]), r)); err != nil {
			return bad, err
		}
	}
	if len(files) > 1 && bad {
		n := 0
		for _, r := range reports {
			if r.Verdict.Registers() {
				n++
			}
		}
		fmt.Fprintf(e.Err, "%d of %s would register\n", n, count(len(files), "task definition"))
	}
	return bad, nil
}

func shownName(file string) string {
	if file == "-" {
		return "<stdin>"
	}
	return file
}

// okLine says of a good definition what it asks for.
func okLine(name string, r *taskdef.Report) string {
	d := r.Definition
	s := fmt.Sprintf("%s: ok: %s for %s, %v, %v", name, r.Verdict, join(r.LaunchTypes), d.CPU, d.Memory)
	if d.GPU > 0 {
		s += ", " + count(int(d.GPU), "GPU")
	}
	s += ", " + count(len(d.Containers), "container") + ", network mode " + d.NetworkMode
	if len(r.Cleaning) > 0 {
		s += " (" + strings.Join(r.Cleaning, "; ") + ")"
	}
	return s
}

func join(types []taskdef.LaunchType) string {
	words := make([]string, len(types))
	for i, t := range types {
		words[i] = string(t)
	}
	return strings.Join(words, " and ")
}

// The JSON form of a report. Task cpu and memory are null where the definition
// gives none, as ECS stores it; task_ figures add up the containers then.
type reportJSON struct {
	File        string               `json:"file"`
	Verdict     taskdef.Verdict      `json:"verdict"`
	Registers   bool                 `json:"registers"`
	LaunchTypes []taskdef.LaunchType `json:"launch_types"`
	Compatible  []taskdef.LaunchType `json:"compatibilities"`
	CPU         *int64               `json:"cpu_units"`
	Memory      *int64               `json:"memory_mib"`
	Reserved    *reservedJSON        `json:"reserved"`
	Reasons     []reasonJSON         `json:"reasons"`
	Warnings    []reasonJSON         `json:"warnings"`
	Cleaning    []string             `json:"cleaning"`
	Notes       []string             `json:"notes"`
}

type reservedJSON struct {
	CPU    int64 `json:"cpu_units"`
	Memory int64 `json:"memory_mib"`
	GPU    int64 `json:"gpu"`
}

type reasonJSON struct {
	Path   string `json:"path"`
	Line   int    `json:"line"`
	Column *int   `json:"column,omitempty"`
	Text   string `json:"text"`
	Rule   string `json:"rule"`
	Source string `json:"source"`
}

func reportToJSON(file string, r *taskdef.Report) reportJSON {
	out := reportJSON{File: shownName(file), Verdict: r.Verdict, Registers: r.Verdict.Registers(),
		LaunchTypes: append([]taskdef.LaunchType{}, r.LaunchTypes...), Compatible: append([]taskdef.LaunchType{}, r.Compatible...),
		Reasons: []reasonJSON{}, Warnings: []reasonJSON{},
		Cleaning: append([]string{}, r.Cleaning...), Notes: append([]string{}, r.Notes...)}
	if n := int64(r.CPU); n > 0 {
		out.CPU = &n
	}
	if n := int64(r.Memory); n > 0 {
		out.Memory = &n
	}
	if d := r.Definition; d != nil {
		out.Reserved = &reservedJSON{int64(d.CPU), int64(d.Memory), d.GPU}
	}
	for i := range r.Reasons {
		x := &r.Reasons[i]
		j := reasonJSON{Path: x.Path, Line: x.Line, Text: x.Text, Rule: x.Rule, Source: x.Source}
		if x.Col > 0 {
			j.Column = &x.Col
		}
		if x.Severity == taskdef.Refused {
			out.Reasons = append(out.Reasons, j)
		} else {
			out.Warnings = append(out.Warnings, j)
		}
	}
	return out
}

// printReports prints one report as an object, several as a list.
func printReports(w io.Writer, files []string, reports []*taskdef.Report, one bool) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	list := make([]reportJSON, len(reports))
	for i, r := range reports {
		list[i] = reportToJSON(files[i], r)
	}
	if one {
		return enc.Encode(list[0])
	}
	return enc.Encode(list)
}
