package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"strings"
)

// table is one output file: a comment line, a header row and data rows.
type table struct {
	name    string
	comment string // one line; parts separated by " | "
	rows    [][]string
}

// encode renders t as gzip-compressed CSV. The gzip header carries neither a
// time nor a name, so equal tables give equal bytes.
func (t table) encode() ([]byte, error) {
	if strings.ContainsAny(t.comment, "\r\n") {
		return nil, fmt.Errorf("comment must be one line")
	}
	for _, row := range t.rows {
		for _, c := range row {
			if strings.ContainsAny(c, ",\"\r\n") {
				return nil, fmt.Errorf("cell %q: the loader cuts rows at commas", c)
			}
		}
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "# %s\n", t.comment)
	w := csv.NewWriter(&text)
	if err := w.WriteAll(t.rows); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(text.Bytes()); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// legend joins a title and its "code=DATE text" entries into a comment line;
// the loader splits it again to say where a cell is from.
func legend(title string, entries ...string) string {
	return title + " | " + strings.Join(entries, " | ")
}
