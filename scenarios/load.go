package scenarios

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Options is what Load needs besides the scenario. The zero value loads files
// only, relative to the current directory, and knows no pattern, capacity kind
// or trace format.
type Options struct {
	Library fs.FS  // NAME.toml of each library scenario at its root; nil for none
	Dir     string // folder that relative paths of the command line start from; "" is the current one
	Checks  Checks
}

// libraryPrefix names a file of the library in include and trace keys.
const libraryPrefix = "library:"

// Load reads a scenario: a path to a .toml file, or the name of a library
// scenario. sets are patches "path=value", applied in order as if the file had
// been edited: see set. Faults of the scenario return as Errors, all at once;
// an unreadable file or an unknown name as a plain error.
func Load(nameOrPath string, sets []string, opts Options) (*Scenario, error) {
	l := &loader{opts: opts}
	name := nameOrPath
	var f file
	switch {
	case strings.HasSuffix(nameOrPath, ".toml") || strings.ContainsAny(nameOrPath, `/\`):
		f = l.osFile(nameOrPath)
		name = strings.TrimSuffix(filepath.Base(nameOrPath), ".toml")
	default:
		names := l.libraryNames()
		if !slices.Contains(names, nameOrPath) {
			return nil, l.unknownName(nameOrPath, names)
		}
		f = file{src: &source{name: "library/" + nameOrPath + ".toml", fsys: opts.Library, dir: "."}, path: nameOrPath + ".toml"}
	}
	text, err := f.read()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.src.name, reason(err))
	}
	return l.load(name, f, text, sets)
}

// Parse reads a scenario from text. name is its name; relative paths in it
// start from opts.Dir. Faults return as Errors.
func Parse(name string, text []byte, sets []string, opts Options) (*Scenario, error) {
	l := &loader{opts: opts}
	f := file{src: &source{name: name + ".toml", dir: l.dir()}, path: filepath.Join(l.dir(), name+".toml")}
	return l.load(name, f, text, sets)
}

// loader carries one Load.
type loader struct {
	opts Options
	errs Errors
	// late are faults that show only when everything can be read.
	late  Errors
	chain []file // files being read, outermost first
	name  string // the scenario's
	swept bool   // building a point of a sweep: [sweep] itself is not read
}

// file is a text to read.
type file struct {
	src  *source
	path string // in src.fsys, or absolute on the machine
}

func (l *loader) dir() string {
	d, err := filepath.Abs(l.opts.Dir)
	if err != nil { // the current directory is gone: relative paths will fail by name
		return l.opts.Dir
	}
	return d
}

// osFile names a file of the machine as the user wrote it.
func (l *loader) osFile(name string) file {
	p := name
	if !filepath.IsAbs(p) {
		p = filepath.Join(l.dir(), p)
	}
	return file{src: &source{name: name, dir: filepath.Dir(p)}, path: p}
}

func (f file) open() (fs.File, error) {
	if f.src.fsys != nil {
		return f.src.fsys.Open(f.path)
	}
	return os.Open(f.path)
}

func (f file) read() ([]byte, error) {
	r, err := f.open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, maxFileBytes+1))
}

// reason strips the path from a file error: the message names it already.
func reason(err error) error {
	var p *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("no such file")
	case errors.As(err, &p):
		return p.Err
	}
	return err
}

// libraryNames returns the names of the library's scenarios, sorted.
func (l *loader) libraryNames() []string {
	if l.opts.Library == nil {
		return nil
	}
	files, err := fs.Glob(l.opts.Library, "*.toml")
	if err != nil {
		panic(fmt.Sprintf("scenarios: constant glob pattern refused: %v", err))
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(f, ".toml")
	}
	slices.Sort(files)
	return files
}

func (l *loader) unknownName(name string, names []string) error {
	if _, err := os.Stat(filepath.Join(l.dir(), name+".toml")); err == nil {
		return fmt.Errorf("no library scenario %q; for the file write %s.toml", name, name)
	}
	if len(names) == 0 {
		return fmt.Errorf("got %q, want the path of a .toml file", name)
	}
	return fmt.Errorf("no library scenario %q; %s, or the path of a .toml file", name, didYouMean(name, names))
}

// load goes the whole way from text to a checked scenario.
func (l *loader) load(name string, f file, text []byte, sets []string) (*Scenario, error) {
	root := l.tree(f, text)
	if root == nil {
		return nil, l.errs.sorted()
	}
	l.name = name
	for _, s := range sets {
		root = l.set(root, s)
	}
	if len(l.errs) > 0 && root.get("workload") == nil {
		return nil, l.errs.sorted() // a failed include: what it would have held is not missing
	}
	s := l.build(root)
	s.Name = name
	if len(l.errs) > 0 {
		return nil, l.errs.sorted()
	}
	return s, nil
}

// tree parses a file and merges it over its includes. It returns nil on a
// syntax error.
func (l *loader) tree(f file, text []byte) *node {
	root, err := parseTOML(f.src, text)
	if err != nil {
		l.errs = append(l.errs, err.(Error))
		return nil
	}
	root = l.services(root)
	inc := root.get("include")
	if inc == nil {
		return root
	}
	l.chain = append(l.chain, f)
	defer func() { l.chain = l.chain[:len(l.chain)-1] }()

	list, ok := inc.value.([]*node)
	if !ok {
		list = []*node{inc} // a bare string is a list of one
	}
	var merged *node
	for _, n := range list {
		name, ok := n.value.(string)
		if !ok || name == "" {
			l.errs.add(n, "got %s, want the path of a .toml file", n.describe())
			continue
		}
		part := l.include(n, name)
		if part == nil {
			continue
		}
		if merged == nil {
			merged = part
		} else {
			merged = merge(merged, part)
		}
	}
	root = root.with("include", nil)
	if merged == nil {
		return root
	}
	return merge(merged, root)
}

// maxIncludes bounds the depth of includes; cycles are found by name before.
const maxIncludes = 16

// include reads one included file, nil after noting an error.
func (l *loader) include(n *node, name string) *node {
	f, err := l.resolve(n.src, name)
	if err != nil {
		l.errs.add(n, "%v", err)
		return nil
	}
	for i, g := range l.chain {
		if g.path == f.path && g.src.fsys == f.src.fsys {
			var names []string
			for _, h := range l.chain[i:] {
				names = append(names, h.src.name)
			}
			l.errs.add(n, "files include each other: %s -> %s; remove one include", strings.Join(names, " -> "), f.src.name)
			return nil
		}
	}
	if len(l.chain) >= maxIncludes {
		l.errs.add(n, "includes are nested deeper than %d", maxIncludes)
		return nil
	}
	text, err := f.read()
	if err != nil {
		l.errs.add(n, "%s: %v; paths are relative to the file they stand in", f.src.name, reason(err))
		return nil
	}
	return l.tree(f, text)
}

// resolve finds a file named in a scenario, relative to the source it is named
// in; "library:NAME" is a file of the library.
func (l *loader) resolve(src *source, name string) (file, error) {
	if rest, ok := strings.CutPrefix(name, libraryPrefix); ok {
		if l.opts.Library == nil || !fs.ValidPath(rest) {
			return file{}, fmt.Errorf("got %q, which is no file of the library", name)
		}
		return file{src: &source{name: "library/" + rest, fsys: l.opts.Library, dir: path.Dir(rest)}, path: rest}, nil
	}
	if src.fsys != nil {
		p := path.Join(src.dir, name)
		if path.IsAbs(name) || !fs.ValidPath(p) {
			return file{}, fmt.Errorf("got %q, want a path inside the library", name)
		}
		return file{src: &source{name: "library/" + p, fsys: src.fsys, dir: path.Dir(p)}, path: p}, nil
	}
	p, shown := name, name
	if !filepath.IsAbs(p) {
		p = filepath.Join(src.dir, filepath.FromSlash(name))
		if base := filepath.Dir(src.name); base != "." && !strings.HasPrefix(src.name, setPrefix) {
			shown = filepath.Join(base, name)
		}
	}
	return file{src: &source{name: shown, dir: filepath.Dir(p)}, path: p}, nil
}
