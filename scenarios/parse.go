package scenarios

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
	"github.com/pelletier/go-toml/v2/unstable"
)

// Bounds of a scenario file. They keep a hostile file from exhausting the
// stack of the TOML parser; no scenario a person writes comes near.
const (
	maxFileBytes = 1 << 20
	maxBrackets  = 20_000
	maxDepth     = 32
)

// mark is where a key or array element stands in the text.
type mark struct {
	offset int
	raw    string // numbers: the text as written
	kids   map[string]*mark
	elems  []*mark
}

// parseTOML reads text into a tree. The error is an Error with the place.
func parseTOML(src *source, text []byte) (*node, error) {
	whole := Where{File: src.name}
	if len(text) > maxFileBytes || bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{")) > maxBrackets {
		return nil, Error{Where: whole, Msg: fmt.Sprintf("the file is too large, want at most 1 MiB and %d brackets; keep recorded work in a trace file", maxBrackets)}
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) // a byte order mark, as some editors leave
	var values map[string]any
	if _, err := toml.Decode(string(text), &values); err != nil {
		return nil, syntaxError(src, err)
	}
	b := builder{src: src, lines: lineStarts(text)}
	root, err := b.node(values, index(text), "", whole, 0)
	if err != nil {
		return nil, err
	}
	return root, nil
}

// syntaxError gives BurntSushi's error our form, with the excerpt and caret.
func syntaxError(src *source, err error) error {
	var p toml.ParseError
	if !errors.As(err, &p) {
		return Error{Where: Where{File: src.name}, Msg: strings.TrimPrefix(err.Error(), "toml: ")}
	}
	_, excerpt, _ := strings.Cut(p.ErrorWithPosition(), ":\n\n")
	excerpt = printable(strings.TrimRight(excerpt, " \n"))
	if excerpt != "" && len(excerpt) <= maxExcerpt { // the place of a fault in an endless line is its column
		excerpt = "\n" + excerpt
	} else {
		excerpt = ""
	}
	what := p.Message
	if what == "" {
		_, what, _ = strings.Cut(p.Error(), ": ")
	}
	what = printable(what)
	if r := []rune(what); len(r) > 200 {
		what = string(r[:197]) + "..."
	}
	return Error{Where: Where{src.name, p.Position.Line, p.Position.Col}, Key: p.LastKey, Msg: "not valid TOML: " + what + excerpt}
}

// maxExcerpt is the longest excerpt of a file shown in an error, in bytes.
const maxExcerpt = 1000

// printable replaces what a terminal would obey or could not show: an excerpt
// may be of any file.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r != utf8.RuneError && unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}

// lineStarts returns the offset of each line.
func lineStarts(text []byte) []int {
	starts := []int{0}
	for i, c := range text {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// index finds where each key stands. BurntSushi's own positions are wrong
// inside arrays, hence this second pass by another parser. Where that one
// stops early (it is stricter in places), places are simply less exact.
func index(text []byte) *mark {
	root := &mark{}
	at := root
	var p unstable.Parser
	p.Reset(text)
	for p.NextExpression() {
		e := p.Expression()
		if e.Kind == unstable.KeyValue {
			at.keyValue(e)
			continue
		}
		at = root
		it := e.Key()
		for it.Next() {
			k := it.Node()
			at = at.child(string(k.Data), int(k.Raw.Offset))
			if !it.IsLast() {
				continue
			}
			if e.Kind == unstable.ArrayTable {
				m := &mark{offset: int(k.Raw.Offset)}
				at.elems = append(at.elems, m)
				at = m
			} else if len(at.elems) == 0 {
				at.offset = int(k.Raw.Offset) // the header, rather than a dotted key before it
			}
		}
	}
	return root
}

// child returns the mark of key under m, or under m's last element if m is an
// array of tables.
func (m *mark) child(key string, offset int) *mark {
	if n := len(m.elems); n > 0 {
		m = m.elems[n-1]
	}
	if c, ok := m.kids[key]; ok {
		return c
	}
	if m.kids == nil {
		m.kids = map[string]*mark{}
	}
	c := &mark{offset: offset}
	m.kids[key] = c
	return c
}

func (m *mark) keyValue(e *unstable.Node) {
	at := m
	it := e.Key()
	for it.Next() {
		at = at.child(string(it.Node().Data), int(it.Node().Raw.Offset))
	}
	at.value(e.Value())
}

func (m *mark) value(v *unstable.Node) {
	switch v.Kind {
	case unstable.Float:
		m.raw = string(v.Data)
	case unstable.Array:
		it := v.Children()
		for it.Next() {
			c := it.Node()
			if c.Kind == unstable.Comment {
				continue
			}
			e := &mark{offset: m.offset}
			if c.Raw.Length > 0 {
				e.offset = int(c.Raw.Offset)
			}
			m.elems = append(m.elems, e)
			e.value(c)
		}
	case unstable.InlineTable:
		it := v.Children()
		for it.Next() {
			if it.Node().Kind == unstable.KeyValue {
				m.keyValue(it.Node())
			}
		}
	}
}

// builder joins values and marks.
type builder struct {
	src   *source
	lines []int
}

func (b *builder) where(m *mark, outer Where) Where {
	if m == nil {
		return outer
	}
	line := sort.SearchInts(b.lines, m.offset+1)
	return Where{b.src.name, line, m.offset - b.lines[line-1] + 1}
}

// node builds the tree of v, which stands at m (nil if unknown) inside outer.
func (b *builder) node(v any, m *mark, path string, outer Where, depth int) (*node, error) {
	n := &node{value: v, where: outer, path: path, src: b.src}
	if path != "" {
		n.where = b.where(m, outer)
	}
	if depth > maxDepth {
		return nil, Error{Where: outer, Msg: fmt.Sprintf("tables and lists are nested deeper than %d", maxDepth)}
	}
	switch v := v.(type) {
	case float64:
		n.value = decimal{decimalText(v, m), v}
	case time.Time:
		n.value = wallClock(v)
	case []map[string]any:
		elems := make([]any, len(v))
		for i, e := range v {
			elems[i] = e
		}
		return b.list(n, elems, m, depth)
	case []any:
		return b.list(n, v, m, depth)
	case map[string]any:
		t := &table{keys: make([]string, 0, len(v)), kids: make(map[string]*node, len(v))}
		at := func(k string) *mark {
			if m == nil {
				return nil
			}
			return m.kids[k]
		}
		for k := range v {
			t.keys = append(t.keys, k)
		}
		slices.SortFunc(t.keys, func(x, y string) int {
			mx, my := at(x), at(y)
			if mx != nil && my != nil && mx.offset != my.offset {
				return cmp.Compare(mx.offset, my.offset)
			}
			return strings.Compare(x, y)
		})
		for _, k := range t.keys {
			c, err := b.node(v[k], at(k), join(path, k), n.where, depth+1)
			if err != nil {
				return nil, err
			}
			t.kids[k] = c
		}
		n.value = t
	}
	return n, nil
}

func (b *builder) list(n *node, elems []any, m *mark, depth int) (*node, error) {
	kids := make([]*node, len(elems))
	for i, e := range elems {
		var at *mark
		if m != nil && i < len(m.elems) {
			at = m.elems[i]
		}
		c, err := b.node(e, at, fmt.Sprintf("%s[%d]", n.path, i), n.where, depth+1)
		if err != nil {
			return nil, err
		}
		kids[i] = c
	}
	n.value = kids
	return n, nil
}

// decimalText is a float as written, without underscores and plus sign.
func decimalText(v float64, m *mark) string {
	if m != nil && m.raw != "" {
		return strings.TrimPrefix(strings.ReplaceAll(m.raw, "_", ""), "+")
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// wallClock reads a TOML date or date-time without offset as UTC. BurntSushi
// gives it the zone of the machine, which must not reach a result.
func wallClock(t time.Time) time.Time {
	switch t.Location().String() {
	case "datetime-local", "date-local", "time-local":
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	}
	return t.UTC()
}
