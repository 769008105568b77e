package scenarios

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// setPrefix begins the place of a value of the command line.
const setPrefix = "--set "

// set applies one "path=value" as if the file had been edited there: platforms
// that extend the changed one follow, unless they have their own value.
//
// The value is read as TOML, or else as a bare string: region=eu-west-1. A
// segment "*" stands for every table name at its place that leads to a key.
// Names of workloads, platforms and capacity providers must exist; other keys
// may be new. Tables are replaced, not merged.
func (l *loader) set(root *node, s string) *node {
	name, text, ok := strings.Cut(s, "=")
	if strings.Contains(name, `"`) || strings.Contains(name, "'") {
		name, text, ok = cutQuoted(s)
	}
	name = strings.TrimSpace(name)
	src := &source{name: strings.TrimSpace(setPrefix + name), dir: l.dir()}
	fail := func(format string, args ...any) *node {
		l.errs = append(l.errs, Error{Where: Where{File: src.name}, Msg: fmt.Sprintf(format, args...)})
		return root
	}
	if !ok {
		return fail("got no value, want path=value such as --set workload.jobs.cpu=512")
	}
	segs, err := splitPath(name)
	if err != nil {
		return fail("%v", err)
	}
	if segs[0] == "include" || segs[0] == servicesKey {
		return fail("%s cannot be set from the command line; write the %s into the file", segs[0], segs[0])
	}
	value, err := parseValue(src, text)
	if err != nil {
		return fail("%v", err)
	}
	view := root
	if segs[0] == "platform" && root.get("platform").table() != nil {
		var found Errors // reported when the scenario is built
		platforms, _ := extended(root.get("platform"), &found)
		view = root.with("platform", platforms)
	}
	paths, err := expand(view, segs)
	if err != nil {
		return fail("%v", err)
	}
	for _, p := range paths {
		root = setPath(root, view, p, 0, value.moved(joinAll(p)))
	}
	return root
}

// cutQuoted cuts at the first "=" outside quotes.
func cutQuoted(s string) (name, value string, ok bool) {
	var quote byte
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '=':
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// splitPath reads a dotted path with quoted segments, as a TOML key, and "*".
func splitPath(s string) ([]string, error) {
	want := fmt.Errorf("got path %q, want keys joined by dots, such as workload.jobs.cpu, and for an element of a list its index, such as instance_types.0", s)
	if strings.ContainsAny(s, "\n\r=#[") && !strings.ContainsAny(s, `"'`) || s == "" {
		return nil, want
	}
	var segs []string
	for rest := s; ; {
		var seg string
		if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
			end := strings.IndexByte(rest[1:], rest[0])
			if end < 0 {
				return nil, want
			}
			seg, rest = rest[1:end+1], rest[end+2:]
			if rest != "" && rest[0] != '.' {
				return nil, want
			}
		} else {
			end := strings.IndexByte(rest, '.')
			if end < 0 {
				end = len(rest)
			}
			seg, rest = strings.TrimSpace(rest[:end]), rest[end:]
			if seg == "" {
				return nil, want
			}
		}
		segs = append(segs, seg)
		if rest == "" {
			break
		}
		rest = rest[1:]
	}
	if len(segs) > maxDepth {
		return nil, want
	}
	return segs, nil
}

// parseValue reads the text of a --set: TOML, or else a bare string. What
// starts like a list, a table or a quoted string must be one.
func parseValue(src *source, text string) (*node, error) {
	text = strings.TrimSpace(text)
	bare := &node{value: text, where: Where{File: src.name}, src: src}
	if len(text) > maxFileBytes || strings.Count(text, "[")+strings.Count(text, "{") > maxBrackets {
		return nil, errors.New("the value is too long")
	}
	var m map[string]any
	if _, err := toml.Decode("v = "+text, &m); err != nil || len(m) != 1 {
		if text != "" && strings.IndexByte(`[{"'`, text[0]) >= 0 {
			what := "more than one value"
			var p toml.ParseError
			if errors.As(err, &p) {
				what = p.Message
			}
			return nil, fmt.Errorf("got %s, which is not valid TOML: %s", text, what)
		}
		return bare, nil
	}
	b := builder{src: src, lines: []int{0}}
	root, err := b.node(m, index([]byte("v = "+text)), "", Where{File: src.name}, 0)
	if err != nil {
		return nil, errors.New(err.(Error).Msg)
	}
	return root.get("v"), nil
}

// moved returns n as if it had been written at path on the command line.
func (n *node) moved(path string) *node {
	c := *n
	c.path = path
	c.where.Line, c.where.Col = 0, 0
	switch v := n.value.(type) {
	case []*node:
		kids := make([]*node, len(v))
		for i, e := range v {
			kids[i] = e.moved(fmt.Sprintf("%s[%d]", path, i))
		}
		c.value = kids
	case *table:
		t := &table{keys: v.keys, kids: make(map[string]*node, len(v.keys))}
		for _, k := range v.keys {
			t.kids[k] = v.kids[k].moved(join(path, k))
		}
		c.value = t
	}
	return &c
}

// expand replaces wildcards and checks that every name on the way exists, in
// the tree as platforms see it.
func expand(view *node, segs []string) ([][]string, error) {
	var found [][]string
	var firstErr error
	var walk func(at *node, done int, path []string)
	walk = func(at *node, done int, path []string) {
		if done == len(segs) {
			found = append(found, slices.Clone(path))
			return
		}
		seg := segs[done]
		if at != nil && at.table() == nil {
			if e, ok := at.list(); ok {
				i, err := strconv.Atoi(seg)
				if err == nil && i >= 0 && i < len(e) {
					walk(e[i], done+1, append(path, seg))
					return
				}
				firstErr = cmp.Or(firstErr, fmt.Errorf("%s is a list of %d: want an index from 0 instead of %q", joinAll(path), len(e), seg))
				return
			}
			firstErr = cmp.Or(firstErr, fmt.Errorf("%s is a value, not a table: nothing can be set below it", joinAll(path)))
			return
		}
		names, named := namesAt(view, path)
		if seg == "*" {
			if !named {
				names = at.keys()
			}
			for _, n := range names {
				if at.get(n) != nil || named && len(path) > 0 && path[len(path)-1] == "workload" {
					walk(at.get(n), done+1, append(path, n))
				}
			}
			if len(names) == 0 {
				firstErr = cmp.Or(firstErr, fmt.Errorf("%s has no names for *", joinAll(path)))
			}
			return
		}
		if named && !slices.Contains(names, seg) {
			what := path[len(path)-1]
			if len(names) == 0 {
				firstErr = cmp.Or(firstErr, fmt.Errorf("%s has no %s", joinAll(path[:len(path)-1]), what))
				return
			}
			firstErr = cmp.Or(firstErr, fmt.Errorf("no %s %q; %s", what, seg, didYouMean(seg, names)))
			return
		}
		walk(at.get(seg), done+1, append(path, seg))
	}
	walk(view, 0, nil)
	if len(found) == 0 {
		if firstErr == nil {
			firstErr = errors.New("* matches no name")
		}
		return nil, firstErr
	}
	if !slices.Contains(segs, "*") && firstErr != nil {
		return nil, firstErr
	}
	return found, nil
}

// namesAt returns the names that exist in the table at path, if that table is
// one keyed by the user's names.
func namesAt(view *node, path []string) (names []string, named bool) {
	at := view
	for _, p := range path {
		at = at.get(p)
	}
	switch {
	case len(path) == 1 && (path[0] == "workload" || path[0] == "platform"):
		return at.keys(), true
	case len(path) == 3 && path[0] == "platform" && path[2] == "capacity_provider":
		return at.keys(), true
	case len(path) == 3 && path[0] == "platform" && path[2] == "workload":
		return view.get("workload").keys(), true
	}
	return nil, false
}

// setPath returns at with value at path, making tables on the way. view is the
// same place as platforms see it: an inherited list is copied before one of
// its elements changes.
func setPath(at, view *node, path []string, done int, value *node) *node {
	if done == len(path) {
		return value
	}
	seg := path[done]
	if at == nil {
		at = &node{value: &table{}, where: value.where, path: joinAll(path[:done]), src: value.src}
		if _, ok := view.list(); ok {
			at = view
		}
	}
	if list, ok := at.list(); ok {
		i, _ := strconv.Atoi(seg) // checked by expand
		kids := slices.Clone(list)
		kids[i] = setPath(list[i], list[i], path, done+1, value)
		c := *at
		c.value = kids
		return &c
	}
	return at.with(seg, setPath(at.get(seg), view.get(seg), path, done+1, value))
}
