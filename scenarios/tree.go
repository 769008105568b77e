package scenarios

import (
	"io/fs"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// node is one value of a scenario's tree and where it came from. Nodes are
// immutable once built: patches copy the way down to what they change.
type node struct {
	value any // string, int64, bool, time.Time, decimal, []*node or *table
	where Where
	path  string  // as written, before extends and overrides: what errors name
	src   *source // what relative paths are relative to
}

// decimal is a TOML float as written, so that no rounding reaches a price.
type decimal struct {
	text  string
	value float64
}

// table holds keys in order of the file.
type table struct {
	keys []string
	kids map[string]*node
}

// source is where a tree came from.
type source struct {
	name string // as the user named it, for errors
	fsys fs.FS  // nil: the file system of the machine
	dir  string // folder of the file, in fsys
}

// get returns a table's child, nil if n is nil, no table, or lacks the key.
func (n *node) get(key string) *node {
	if t := n.table(); t != nil {
		return t.kids[key]
	}
	return nil
}

func (n *node) table() *table {
	if n == nil {
		return nil
	}
	t, _ := n.value.(*table)
	return t
}

func (n *node) list() ([]*node, bool) {
	if n == nil {
		return nil, false
	}
	l, ok := n.value.([]*node)
	return l, ok
}

// entries are a list's values, or the value itself: one table stands for a list
// of one.
func (n *node) entries() []*node {
	if l, ok := n.list(); ok {
		return l
	}
	return []*node{n}
}

func (n *node) isList() bool {
	_, ok := n.list()
	return ok
}

// str returns a string's value.
func (n *node) str() string {
	if n == nil {
		return ""
	}
	s, _ := n.value.(string)
	return s
}

// keys returns a table's keys in order of the file.
func (n *node) keys() []string {
	if t := n.table(); t != nil {
		return t.keys
	}
	return nil
}

// sortedKeys returns a table's keys in order of name.
func (n *node) sortedKeys() []string {
	k := slices.Clone(n.keys())
	slices.Sort(k)
	return k
}

// with returns a copy of table n in which key is child; a nil child deletes.
func (n *node) with(key string, child *node) *node {
	old := n.table()
	t := &table{kids: make(map[string]*node, len(old.keys)+1)}
	for _, k := range old.keys {
		if k != key || child != nil {
			t.keys = append(t.keys, k)
			t.kids[k] = old.kids[k]
		}
	}
	if child != nil {
		if _, ok := t.kids[key]; !ok {
			t.keys = append(t.keys, key)
		}
		t.kids[key] = child
	}
	c := *n
	c.value = t
	return &c
}

// choosers are keys by which a table says what it is. A table with one of them
// replaces what it overrides instead of being merged with it: a lognormal over
// an exponential would keep parameters of both. (Tables of these names are the
// user's own: a workload may be called "trace".)
var choosers = []string{"dist", "schedule", "pattern", "trace"}

// merge returns old patched by new: tables key by key, anything else replaced.
// The result stands where new stands.
func merge(old, new *node) *node {
	if old.table() == nil || new.table() == nil {
		return new
	}
	for _, c := range choosers {
		if new.get(c).str() != "" {
			return new
		}
	}
	ot, nt := old.table(), new.table()
	t := &table{keys: slices.Clone(ot.keys), kids: maps.Clone(ot.kids)}
	for _, k := range nt.keys {
		if o, ok := t.kids[k]; ok {
			t.kids[k] = merge(o, nt.kids[k])
			continue
		}
		t.keys = append(t.keys, k)
		t.kids[k] = nt.kids[k]
	}
	c := *new
	c.value = t
	return &c
}

// plain returns a value as BurntSushi/toml decodes it into an any.
func (n *node) plain() any {
	switch v := n.value.(type) {
	case decimal:
		return v.value
	case []*node:
		out := make([]any, len(v))
		for i, c := range v {
			out[i] = c.plain()
		}
		return out
	case *table:
		out := make(map[string]any, len(v.keys))
		for _, k := range v.keys {
			out[k] = v.kids[k].plain()
		}
		return out
	}
	return n.value
}

// finite reports whether no NaN and no infinity is in n, and if not which node
// is one.
func (n *node) finite() (*node, bool) {
	switch v := n.value.(type) {
	case decimal:
		return n, !math.IsNaN(v.value) && !math.IsInf(v.value, 0)
	case []*node:
		for _, c := range v {
			if bad, ok := c.finite(); !ok {
				return bad, false
			}
		}
	case *table:
		for _, k := range v.keys {
			if bad, ok := v.kids[k].finite(); !ok {
				return bad, false
			}
		}
	}
	return nil, true
}

// text prints n as canonical TOML: tables inline with sorted keys.
func (n *node) text() string {
	switch v := n.value.(type) {
	case string:
		return quote(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case decimal:
		return v.text
	case []*node:
		parts := make([]string, len(v))
		for i, c := range v {
			parts[i] = c.text()
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	var parts []string
	for _, k := range n.sortedKeys() {
		parts = append(parts, quoteKey(k)+" = "+n.get(k).text())
	}
	return inline(parts)
}

func inline(parts []string) string {
	if len(parts) == 0 {
		return "{}"
	}
	return "{ " + strings.Join(parts, ", ") + " }"
}

// describe prints what was got, for errors, cut to a line.
func (n *node) describe() string {
	switch v := n.value.(type) {
	case []*node:
		if len(v) == 0 {
			return "an empty list"
		}
		return "a list"
	case *table:
		return "a table"
	case string:
		if len(v) > 80 {
			return quote(strings.ToValidUTF8(v[:77], "")) + "..."
		}
	}
	return n.text()
}

// quote writes s as a TOML basic string.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r < 0x20 || r == 0x7f:
			b.WriteString(`\u00`)
			b.WriteByte("0123456789abcdef"[r>>4])
			b.WriteByte("0123456789abcdef"[r&15])
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// quoteKey writes a key bare where TOML lets it.
func quoteKey(k string) string {
	if k == "" {
		return `""`
	}
	for i := 0; i < len(k); i++ {
		c := k[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			return quote(k)
		}
	}
	return k
}

// join appends a key to a path.
func join(path, key string) string {
	if path == "" {
		return quoteKey(key)
	}
	return path + "." + quoteKey(key)
}

// joinAll writes a path.
func joinAll(path []string) string {
	s := ""
	for _, k := range path {
		s = join(s, k)
	}
	return s
}
