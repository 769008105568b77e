// Package catalog holds what AWS sells and for how much: every EC2 instance
// type with its limits, Linux prices per region (on-demand, Spot, Reserved
// Instances and Savings Plans), and the rates of everything else an ECS bill
// contains.
//
// The EC2 tables under data/ are generated (see the generate folder) and
// embedded compressed; rates.csv is written by hand. Each is decoded on first
// use. Every figure says where it is from, of what date it is, and whether it
// is estimated. Nothing here fetches anything: prices are of the day the
// tables were made, see [Date], and a scenario may override them.
package catalog

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"sync"
)

//go:embed data/*.csv.gz rates.csv
var files embed.FS

// tables are the embedded EC2 tables.
var (
	typeTable     = &table{name: "types"}
	demandTable   = &table{name: "ondemand"}
	discountTable = &table{name: "discounts"}
	reservedTable = &table{name: "reserved"}
	spotTable     = &table{name: "spot"}
	allTables     = []*table{typeTable, demandTable, discountTable, reservedTable, spotTable}
)

// origin says where the cells that carry a letter are from.
type origin struct {
	date, text string
}

// estimated tells figures that are a guess from those read or derived by a
// rule that holds exactly.
func (o origin) estimated() bool { return strings.HasPrefix(o.text, "estimated: ") }

// confidence is V for figures read in a public copy, D for derived ones.
func (o origin) confidence() string {
	if o.estimated() || strings.HasPrefix(o.text, "derived: ") {
		return "D"
	}
	return "V"
}

// table is one embedded table, decoded on first use. Rows are kept as text:
// a cell is cut out when asked for.
type table struct {
	name string

	once    sync.Once
	origins map[byte]origin
	columns map[string]int
	header  []string
	order   []string          // first cells, in file order
	rows    map[string]string // first cell -> whole line
}

func (t *table) load() *table {
	t.once.Do(t.decode)
	return t
}

// decode panics on a malformed table: the tables are part of the program.
func (t *table) decode() {
	text, err := t.text()
	if err != nil {
		panic(fmt.Sprintf("catalog: embedded table %s: %v", t.name, err))
	}
	comment, text, _ := strings.Cut(text, "\n")
	header, text, _ := strings.Cut(text, "\n")
	t.origins = map[byte]origin{}
	for _, entry := range strings.Split(comment, " | ")[1:] {
		code, rest, _ := strings.Cut(entry, "=")
		date, source, ok := strings.Cut(rest, " ")
		if len(code) != 1 || !ok {
			panic(fmt.Sprintf("catalog: embedded table %s: legend entry %q", t.name, entry))
		}
		t.origins[code[0]] = origin{date, source}
	}
	t.header = strings.Split(header, ",")
	t.columns = make(map[string]int, len(t.header))
	for i, c := range t.header {
		t.columns[c] = i
	}
	n := strings.Count(text, "\n")
	t.rows = make(map[string]string, n)
	t.order = make([]string, 0, n)
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		first, _, _ := strings.Cut(line, ",")
		t.order = append(t.order, first)
		t.rows[first] = line
	}
}

func (t *table) text() (string, error) {
	b, err := files.ReadFile("data/" + t.name + ".csv.gz")
	if err != nil {
		return "", err
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return "", err
	}
	var out strings.Builder
	if _, err := io.Copy(&out, z); err != nil {
		return "", err
	}
	return out.String(), nil
}

// cell returns the text at (row, column), empty when there is none.
func (t *table) cell(row, column string) string {
	i, ok := t.columns[column]
	if !ok {
		return ""
	}
	line := t.rows[row]
	for ; i > 0; i-- {
		_, rest, found := strings.Cut(line, ",")
		if !found {
			return ""
		}
		line = rest
	}
	cell, _, _ := strings.Cut(line, ",")
	return cell
}

// split takes the origin letter off a cell. A cell without one is of origin 'c'.
func (t *table) split(cell string) (value string, o origin) {
	code := byte('c')
	if last := cell[len(cell)-1]; last >= 'a' && last <= 'z' {
		code, cell = last, cell[:len(cell)-1]
	}
	o, ok := t.origins[code]
	if !ok {
		panic(fmt.Sprintf("catalog: embedded table %s: origin %q is not in its legend", t.name, code))
	}
	return cell, o
}

// Date is the newest date at which any figure of the catalog was read,
// YYYY-MM-DD. Estimates and rates marked R (not re-verified) do not count.
func Date() string { return newest() }

var newest = sync.OnceValue(func() string {
	date := ""
	for _, t := range allTables {
		for _, o := range t.load().origins {
			if !o.estimated() {
				date = max(date, o.date)
			}
		}
	}
	for _, r := range loadRates().list {
		if r.Confidence == "V" || r.Confidence == "D" {
			date = max(date, r.Date)
		}
	}
	return date
})

// Version identifies the catalog's content: the first 8 hexadecimal digits of
// a SHA-256 over all embedded files. It changes with any figure.
func Version() string { return version() }

var version = sync.OnceValue(func() string {
	h := sha256.New()
	for _, t := range allTables {
		hashFile(h, "data/"+t.name+".csv.gz")
	}
	hashFile(h, "rates.csv")
	return hex.EncodeToString(h.Sum(nil))[:8]
})

func hashFile(h io.Writer, name string) {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(fmt.Sprintf("catalog: embedded file %s: %v", name, err))
	}
	fmt.Fprintf(h, "%s %d\n", name, len(b))
	h.Write(b)
}
