package scenarios

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// Setting is one value of a loaded scenario, written or default.
type Setting struct {
	Path   string // as --set takes it: "workload.jobs.cpu"
	Value  string // canonical TOML
	Where  string // "web.toml:14", "--set PATH" or "default"
	Source string // of a default: a URL, or what it assumes; empty where ecsim just had to choose a start
	Doc    string

	keys []string // Path, split
	file string   // of a key that names a file: as Scenario.Open takes it
}

// Settings returns every value, defaults included, in a fixed order: top
// level, runs, prices, workloads, platforms, slo, budget, sweep; each by name. Of a
// platform's workloads it holds what the platform changes.
func (s *Scenario) Settings() []Setting { return slices.Clone(s.settings) }

// IsSet reports whether the user wrote the value at path, in a file or on the
// command line.
func (s *Scenario) IsSet(path string) bool {
	for i := range s.settings {
		if s.settings[i].Path == path {
			return s.settings[i].Where != "default"
		}
	}
	return false
}

// headers gives the tables of a resolved scenario their order.
var headers = []string{"runs", "prices", "workload", "platform", "slo", "budget", "sweep"}

// depth returns how many of a setting's keys name the table it is printed in.
func (s *Setting) depth() int {
	switch {
	case s.keys[0] == "platform" && (s.keys[2] == "capacity_provider" || s.keys[2] == "workload"):
		return 4
	case s.keys[0] == "platform" || s.keys[0] == "workload":
		return 2
	case slices.Contains(headers, s.keys[0]):
		return 1
	}
	return 0
}

// ordered sorts settings into the order of Settings. It does not depend on the
// order of the file, but for the axes of [sweep], nor on which values are
// defaults.
func ordered(settings []Setting) []Setting {
	rank := func(keys []string) int {
		return slices.Index(headers, keys[0]) // -1, first, for the top level
	}
	first := func(key string) int {
		return -max(slices.Index([]string{"kind", "question"}, key), -1) - 1
	}
	slices.SortStableFunc(settings, func(a, b Setting) int {
		if a.keys[0] == "sweep" && b.keys[0] == "sweep" {
			return 0 // the order of axes numbers the points
		}
		da, db := a.depth(), b.depth()
		return cmp.Or(cmp.Compare(rank(a.keys), rank(b.keys)), slices.Compare(a.keys[:da], b.keys[:db]),
			cmp.Compare(first(a.keys[da]), first(b.keys[db])), slices.Compare(a.keys[da:], b.keys[db:]))
	})
	return settings
}

// Resolved returns the scenario as one TOML file without include, extends and
// unwritten defaults. It loads back to an equal scenario (but for its name,
// places and the order of platforms), from any folder: names of files are
// absolute.
func (s *Scenario) Resolved() []byte {
	return s.render(func(x *Setting) string {
		if x.file != "" {
			return quote(x.file)
		}
		return x.Value
	})
}

func (s *Scenario) render(value func(*Setting) string) []byte {
	var b bytes.Buffer
	var table []string
	for i := range s.settings {
		x := &s.settings[i]
		n := x.depth()
		if !slices.Equal(table, x.keys[:n]) {
			table = x.keys[:n]
			fmt.Fprintf(&b, "\n[%s]\n", joinAll(table))
		}
		fmt.Fprintf(&b, "%s = %s\n", joinAll(x.keys[n:]), value(x))
	}
	return bytes.TrimPrefix(b.Bytes(), []byte("\n"))
}

// Hash identifies the scenario: SHA-256 in hexadecimal over Resolved, in which
// the content of the files it names stands for their paths. The error is a
// file that can no longer be read.
func (s *Scenario) Hash() (string, error) {
	files, err := s.Files()
	if err != nil {
		return "", err
	}
	sums := make(map[string]string, len(files))
	for _, f := range files {
		sums[f.Path] = f.SHA256
	}
	sum := sha256.Sum256(s.render(func(x *Setting) string {
		if x.file != "" {
			return quote("sha256:" + sums[x.file])
		}
		return x.Value
	}))
	return hex.EncodeToString(sum[:]), nil
}

// File is a file that the scenario names, such as a trace.
type File struct {
	Path   string // absolute, or "library:NAME"; as Open takes it
	SHA256 string // of its content, hexadecimal
}

// Files returns the files that the scenario names, each once, in order of
// path. It reads them to hash them.
func (s *Scenario) Files() ([]File, error) {
	var out []File
	for i := range s.settings {
		if p := s.settings[i].file; p != "" && !slices.ContainsFunc(out, func(f File) bool { return f.Path == p }) {
			sum, err := s.sum(p)
			if err != nil {
				return nil, err
			}
			out = append(out, File{p, sum})
		}
	}
	slices.SortFunc(out, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return out, nil
}

func (s *Scenario) sum(path string) (string, error) {
	r, err := s.Open(path)
	if err != nil {
		return "", err
	}
	defer r.Close()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return "", fmt.Errorf("%s: %w", path, reason(err))
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Open opens a file that the scenario names, such as Arrivals.Trace; path may
// lie in the library.
func (s *Scenario) Open(path string) (io.ReadCloser, error) {
	open := func() (io.ReadCloser, error) { return os.Open(path) }
	if rest, ok := strings.CutPrefix(path, libraryPrefix); ok && s.lib != nil {
		open = func() (io.ReadCloser, error) { return s.lib.Open(rest) }
	}
	r, err := open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, reason(err))
	}
	return r, nil
}

// file resolves the file named by n, whose text is in v, and returns it as
// Scenario.Open takes it; v becomes the same.
func (d *decoder) file(n *node, v interface{ SetString(string) }) string {
	name, _ := n.value.(string)
	if name == "" {
		d.l.errs.add(n, "got an empty name, want the path of a file")
		return ""
	}
	f, err := d.l.resolve(n.src, name)
	if err != nil {
		d.l.errs.add(n, "%v", err)
		return ""
	}
	path := f.path
	if f.src.fsys != nil {
		path = libraryPrefix + f.path
	}
	if why := f.missing(); why != "" {
		d.l.errs.add(n, "%s: %s; paths are relative to the file they stand in, or with --set to the current folder", f.src.name, why)
		return ""
	}
	v.SetString(path)
	return path
}

// missing says why f cannot be read as a file, or "".
func (f file) missing() string {
	r, err := f.open()
	if err != nil {
		return reason(err).Error()
	}
	defer r.Close()
	if info, err := r.Stat(); err == nil && info.IsDir() {
		return "is a folder, want a file"
	}
	return ""
}
