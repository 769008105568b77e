package scenarios

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// servicesKey names tables of workloads, a row each: services = "services.csv"
// or a list of files. A column is a path below [workload.NAME], such as
// "desired_count" or "load_balancer.type"; the column name is the workload's
// name. A cell holds what --set takes: TOML, or else a bare string. An empty
// cell leaves the key out. Without a column kind every row is a service.
//
// Rows stand below the file that names them: its own [workload.NAME] tables
// patch them key by key. Every value keeps the file and line of its row.
const servicesKey = "services"

// services returns root with the workloads of its services files merged in.
func (l *loader) services(root *node) *node {
	key := root.get(servicesKey)
	if key == nil {
		return root
	}
	root = root.with(servicesKey, nil)
	files, ok := key.list()
	if !ok {
		files = []*node{key}
	}
	rows := &node{value: &table{kids: map[string]*node{}}, where: key.where, path: "workload", src: key.src}
	for _, n := range files {
		name, ok := n.value.(string)
		if !ok || name == "" {
			l.errs.add(n, "got %s, want the path of a .csv file with a row a workload", n.describe())
			continue
		}
		f, err := l.resolve(n.src, name)
		if err != nil {
			l.errs.add(n, "%v", err)
			continue
		}
		text, err := f.read()
		if err != nil {
			l.errs.add(n, "%s: %v; paths are relative to the file they stand in", f.src.name, reason(err))
			continue
		}
		rows = l.serviceRows(rows, f.src, text)
	}
	base := root.with("workload", rows)
	if root.get("workload") == nil {
		return base
	}
	return merge(base, root)
}

// serviceRows adds a file's rows to the table of workloads.
func (l *loader) serviceRows(into *node, src *source, text []byte) *node {
	fail := func(line, col int, key, format string, args ...any) {
		l.errs = append(l.errs, Error{Where{src.name, line, col}, key, fmt.Sprintf(format, args...)})
	}
	if len(text) > maxFileBytes {
		fail(0, 0, "", "the file is too large, want at most 1 MiB; split it, services takes a list of files")
		return into
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	r.Comment = '#'
	r.TrimLeadingSpace = true
	r.FieldsPerRecord = -1
	header, err := r.Read()
	if err != nil {
		fail(1, 0, "", "%s; want a header such as name,task_definition,desired_count", csvReason(err))
		return into
	}
	columns, nameAt, ok := l.serviceColumns(src, r, header)
	if !ok {
		return into
	}
	seen := map[string]int{}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return into
		}
		if err != nil {
			line := 0
			if p := new(csv.ParseError); errors.As(err, &p) {
				line = p.Line
			}
			fail(line, 0, "", "%s", csvReason(err))
			return into
		}
		line, _ := r.FieldPos(0)
		if len(record) != len(header) {
			fail(line, 0, "", "got %d cells, want %d as in the header", len(record), len(header))
			continue
		}
		name := strings.TrimSpace(record[nameAt])
		switch first := seen[name]; {
		case !goodName(name):
			fail(line, 0, "name", "got the name %s, want letters, digits, - and _, at most 255", quote(name))
			continue
		case first > 0:
			fail(line, 0, "name", "got %s twice, first on line %d; want each workload once", quote(name), first)
			continue
		case into.get(name) != nil:
			fail(line, 0, "name", "got %s, which %v has as well; want each workload once", quote(name), into.get(name).where)
			continue
		}
		seen[name] = line
		into = into.with(name, l.serviceRow(src, r, name, columns, nameAt, record))
	}
}

// serviceColumns reads the header: each column's path, and where the name is.
func (l *loader) serviceColumns(src *source, r *csv.Reader, header []string) (columns [][]string, nameAt int, ok bool) {
	before := len(l.errs)
	nameAt = -1
	columns = make([][]string, len(header))
	for i, h := range header {
		h = strings.TrimSpace(h)
		line, col := r.FieldPos(i)
		at := Where{src.name, line, col}
		if slices.ContainsFunc(header[:i], func(o string) bool { return strings.TrimSpace(o) == h }) {
			l.errs = append(l.errs, Error{at, h, "got the column twice, want it once"})
			continue
		}
		if h == "name" {
			nameAt = i
			continue
		}
		segs, err := splitPath(h)
		if err != nil || slices.Contains(segs, "*") {
			l.errs = append(l.errs, Error{at, h, "got this column, want a key of [workload.NAME], such as desired_count or load_balancer.type"})
			continue
		}
		columns[i] = segs
	}
	if nameAt < 0 {
		l.errs = append(l.errs, Error{Where{src.name, 1, 0}, "name", "missing; want a column with the name of each workload"})
	}
	return columns, nameAt, len(l.errs) == before
}

// serviceRow makes the table of one workload.
func (l *loader) serviceRow(src *source, r *csv.Reader, name string, columns [][]string, nameAt int, record []string) *node {
	line, _ := r.FieldPos(nameAt)
	path := join("workload", name)
	row := &node{value: &table{kids: map[string]*node{}}, where: Where{src.name, line, 0}, path: path, src: src}
	for i, cell := range record {
		cell = strings.TrimSpace(cell)
		if i == nameAt || cell == "" {
			continue
		}
		cellLine, col := r.FieldPos(i)
		at := Where{src.name, cellLine, col}
		full := path + "." + joinAll(columns[i])
		v, err := parseValue(src, cell)
		if err != nil {
			l.errs = append(l.errs, Error{at, full, err.Error()})
			continue
		}
		v = v.placed(full, at)
		if !plainPath(row, columns[i]) {
			l.errs = append(l.errs, Error{at, full, "another column of this row sets it, or what it lies in, as a whole"})
			continue
		}
		row = setPath(row, row, append([]string{"workload", name}, columns[i]...), 2, v)
	}
	if row.get("kind") == nil {
		row = row.with("kind", &node{value: "service", where: row.where, path: path + ".kind", src: src})
	}
	return row
}

// plainPath reports whether path may be set below n: nothing is there, and what
// is on the way are tables.
func plainPath(n *node, path []string) bool {
	for _, k := range path {
		if n != nil && n.table() == nil {
			return false
		}
		n = n.get(k)
	}
	return n == nil
}

// placed returns n as if it had been written at path and at.
func (n *node) placed(path string, at Where) *node {
	c := n.moved(path)
	c.setWhere(at)
	return c
}

func (n *node) setWhere(at Where) { // of a fresh copy only
	n.where = at
	switch v := n.value.(type) {
	case []*node:
		for _, e := range v {
			e.setWhere(at)
		}
	case *table:
		for _, e := range v.kids {
			e.setWhere(at)
		}
	}
}

func csvReason(err error) string {
	if p := new(csv.ParseError); errors.As(err, &p) {
		err = p.Err
	}
	switch {
	case errors.Is(err, io.EOF):
		return "the file is empty"
	case errors.Is(err, csv.ErrBareQuote):
		return "got a \" inside a cell; put the cell in quotes and double those inside, or write strings of a list in single quotes: ['a']"
	}
	return err.Error()
}
