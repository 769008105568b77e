package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Where is the place a value was written: a file and line, a --set on the
// command line, or nowhere (the zero Where) for a default.
type Where struct {
	File      string // as the user named it; "--set PATH" for a value of the command line
	Line, Col int    // from 1; 0 when unknown
}

// String prints "web.toml:14", "--set PATH", or "default" for the zero Where.
func (w Where) String() string {
	switch {
	case w.File == "":
		return "default"
	case w.Line == 0:
		return w.File
	}
	return fmt.Sprintf("%s:%d", w.File, w.Line)
}

// Error is one fault of a scenario, said so that it can be mended.
type Error struct {
	Where Where
	Key   string // path of the key as written; empty for a fault of the whole file
	Msg   string // what was got, what is allowed, what to do
}

// Error prints "file:line: key: what".
func (e Error) Error() string {
	var b strings.Builder
	if e.Where.File != "" {
		b.WriteString(e.Where.String() + ": ")
	}
	if e.Key != "" && e.Where.File != setPrefix+e.Key {
		b.WriteString(e.Key + ": ")
	}
	return b.String() + e.Msg
}

// Errors are all faults of a scenario in order of file and line, those of the
// command line last. It is never empty when returned as an error.
type Errors []Error

// Error prints one fault a line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, x := range e {
		lines[i] = x.Error()
	}
	return strings.Join(lines, "\n")
}

// add notes a fault at a node, under the path it was written with.
func (e *Errors) add(n *node, format string, args ...any) {
	*e = append(*e, Error{n.where, n.path, fmt.Sprintf(format, args...)})
}

// addKey notes a fault of key within table t: at the key if it is there, else
// at the table.
func (e *Errors) addKey(t *node, key, format string, args ...any) {
	if c := t.get(key); c != nil {
		e.add(c, format, args...)
		return
	}
	*e = append(*e, Error{t.where, join(t.path, key), fmt.Sprintf(format, args...)})
}

// sorted returns the faults in order, each once: a value that several
// platforms inherit is wrong only once.
func (e Errors) sorted() Errors {
	rank := func(x Error) int {
		if strings.HasPrefix(x.Where.File, setPrefix) {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(e, func(a, b Error) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Where.File, b.Where.File),
			cmp.Compare(a.Where.Line, b.Where.Line), cmp.Compare(a.Where.Col, b.Where.Col),
			cmp.Compare(a.Key, b.Key), cmp.Compare(a.Msg, b.Msg))
	})
	return slices.Compact(e)
}

// nearest returns the name most like got, and whether it is near enough to be
// worth proposing.
func nearest(got string, names []string) (string, bool) {
	best, distance := "", 1<<30
	for _, n := range names {
		d := editDistance(strings.ToLower(got), strings.ToLower(n))
		if len(got) >= 4 && (strings.HasPrefix(n, got) || strings.HasSuffix(n, got)) {
			d = min(d, 1)
		}
		if d < distance || d == distance && n < best {
			best, distance = n, d
		}
	}
	return best, best != "" && distance <= max(1, min(len(got), len(best))/3)
}

// didYouMean proposes the nearest name, or lists the names when none is near.
func didYouMean(got string, names []string) string {
	if len(names) == 0 {
		return "there is none"
	}
	if n, ok := nearest(got, names); ok {
		return fmt.Sprintf("did you mean %s?", n)
	}
	names = slices.Clone(names)
	slices.Sort(names)
	return "want " + list(names, "or")
}

// list prints "a, b or c".
func list(names []string, word string) string {
	switch len(names) {
	case 0:
		return "nothing"
	case 1:
		return names[0]
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " " + word + " " + names[last]
}

// editDistance counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b (optimal string alignment). Names beyond 64
// bytes are not compared: nobody mistypes one.
func editDistance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return max(len(a), len(b))
	}
	before, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
		}
		before, prev, cur = prev, cur, before
	}
	return prev[len(b)]
}
