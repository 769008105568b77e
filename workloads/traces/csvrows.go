package traces

import (
	"bytes"
	"fmt"
	"strings"
)

// csvRows reads a CSV file with a header: names in any order and case, any of
// comma, semicolon and tab between fields.
type csvRows struct {
	lines  *Lines
	sep    byte
	header header
	fields [][]byte
}

// openCSV reads the header line and asks for the required columns.
func openCSV(l *Lines, format string, required ...string) (*csvRows, error) {
	line, ok, err := l.text()
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, l.empty(nil)
	}
	c := &csvRows{lines: l, sep: separator(line)}
	if c.fields, err = csvFields(line, c.sep, nil); err != nil {
		return nil, &Error{File: l.name, Line: l.number, Field: "header", Text: err.Error()}
	}
	c.header = newHeader(c.fields)
	if lacks := c.header.missing(required...); len(lacks) > 0 {
		return nil, &Error{File: l.name, Line: l.number, Field: "header",
			Text: fmt.Sprintf("got columns %s, want also %s for format %s; add a header line or set format", quoteAll(c.header.names), quoteAll(lacks), format)}
	}
	for i, name := range c.header.names {
		if name != "" && c.header.index[name] != i {
			return nil, &Error{File: l.name, Line: l.number, Field: "header", Text: fmt.Sprintf("got column %q twice, want it once; remove or rename one", name)}
		}
	}
	return c, nil
}

func quoteAll(names []string) string {
	const most = 12
	var b strings.Builder
	for i, n := range names {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(names)-most)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", clip([]byte(n)))
	}
	if b.Len() == 0 {
		return "none"
	}
	return b.String()
}

// next splits the next row. A row of another width than the header is an
// error, save for empty fields at its end.
func (c *csvRows) next() (bool, error) {
	line, ok, err := c.lines.text()
	if !ok || err != nil {
		return false, err
	}
	if c.fields, err = csvFields(line, c.sep, c.fields); err != nil {
		return false, c.lines.Errorf("row", "%v", err)
	}
	for len(c.fields) > len(c.header.names) && len(c.fields[len(c.fields)-1]) == 0 {
		c.fields = c.fields[:len(c.fields)-1]
	}
	if len(c.fields) != len(c.header.names) {
		return false, c.lines.Errorf("columns", "got %d, want %d as in the header; mend the line or set on_error = \"skip\"", len(c.fields), len(c.header.names))
	}
	return true, nil
}

// bad makes the error of field i.
func (c *csvRows) bad(i int, want string) error {
	return c.lines.Errorf(c.header.names[i], "got %q, want %s; mend the line or set on_error = \"skip\"", clip(c.fields[i]), want)
}

// sniffHeader scores the first line of head as a CSV header with all of names.
func sniffHeader(head []byte, names ...string) bool {
	line, _, _ := bytes.Cut(bytes.TrimLeft(head, "\r\n \t"), []byte("\n"))
	if len(line) > sniffBytes/2 {
		return false
	}
	line = bytes.TrimSpace(bytes.Clone(line))
	fields, err := csvFields(line, separator(line), nil)
	return err == nil && len(newHeader(fields).missing(names...)) == 0
}
