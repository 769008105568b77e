package cli

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// column is one column of a listing.
type column struct {
	head  string // above the text table; empty leaves the column out there
	name  string // in CSV and JSON, snake_case with its unit
	right bool   // numbers stand to the right
}

// cell is one figure: as people read it, and as programs do. A nil value is
// unknown: empty in CSV, null in JSON.
type cell struct {
	text  string
	value any
}

// text is a cell that reads alike for both.
func text(s string) cell { return cell{s, s} }

// number is a cell of a whole number.
func number(n int64) cell { return cell{fmt.Sprint(n), n} }

// listing is a table of data that can be printed in three formats.
type listing struct {
	columns []column
	rows    [][]cell
}

func (l *listing) add(cells ...cell) { l.rows = append(l.rows, cells) }

// formats are what --format takes for a listing.
var formats = []string{"table", "json", "csv"}

// formatFlag adds --format to a command.
func formatFlag(c *cobra.Command, into *string, allowed ...string) {
	*into = allowed[0]
	c.Flags().Var(&choiceFlag{into, allowed}, "format", strings.Join(allowed, ", "))
	complete(c, "format", allowed...)
}

// choiceFlag is a flag of one of some words.
type choiceFlag struct {
	into    *string
	allowed []string
}

func (f *choiceFlag) String() string {
	if f.into == nil {
		return ""
	}
	return *f.into
}

func (f *choiceFlag) Type() string { return "string" }

func (f *choiceFlag) Set(s string) error {
	if !slices.Contains(f.allowed, s) {
		return fmt.Errorf("want %s", strings.Join(f.allowed, ", "))
	}
	*f.into = s
	return nil
}

// print writes a listing in a format; on a terminal the last column wraps.
func (e *Env) print(l *listing, format string) error {
	switch format {
	case "json":
		return l.json(e.Out)
	case "csv":
		return l.csv(e.Out)
	}
	return l.table(e.Out, e.OutWidth)
}

// table writes text. Where columns is not 0, a last column that is text wraps
// to stay within them: beside the others, or below them where they leave next
// to no room.
func (l *listing) table(w io.Writer, columns int) error {
	b := bufio.NewWriter(w)
	widths := make([]int, len(l.columns))
	for i, c := range l.columns {
		widths[i] = utf8.RuneCountInString(c.head)
		for _, r := range l.rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(r[i].text))
		}
	}
	line := func(cell func(i int) string) {
		var row strings.Builder
		gap := ""
		for i, c := range l.columns {
			if c.head == "" {
				continue
			}
			s := cell(i)
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(s))
			if c.right {
				s = pad + s
			} else {
				s += pad
			}
			row.WriteString(gap + s)
			gap = "  "
		}
		fmt.Fprintln(b, strings.TrimRight(row.String(), " "))
	}
	line(func(i int) string { return l.columns[i].head })
	last, left := -1, 0
	for i, c := range l.columns {
		if c.head != "" {
			if last >= 0 {
				left += widths[last] + 2
			}
			last = i
		}
	}
	const least = 24 // columns a wrapped text needs to be read with ease
	below := columns-left < least
	if last < 0 || l.columns[last].right || left+widths[last] <= columns {
		columns = 0
	}
	for _, r := range l.rows {
		if columns == 0 {
			line(func(i int) string { return r[i].text })
			continue
		}
		if below {
			line(func(i int) string {
				if i == last {
					return ""
				}
				return r[i].text
			})
			b.WriteString(wrap("    ", r[last].text, columns))
			continue
		}
		for k, part := range strings.Split(strings.TrimSuffix(wrap("", r[last].text, columns-left), "\n"), "\n") {
			line(func(i int) string {
				switch {
				case i == last:
					return part
				case k > 0:
					return ""
				}
				return r[i].text
			})
		}
	}
	return b.Flush()
}

func (l *listing) csv(w io.Writer) error {
	c := csv.NewWriter(w)
	row := make([]string, len(l.columns))
	for i, col := range l.columns {
		row[i] = col.name
	}
	if err := c.Write(row); err != nil {
		return err
	}
	for _, r := range l.rows {
		for i := range row {
			row[i] = ""
			if r[i].value != nil {
				row[i] = fmt.Sprint(r[i].value)
			}
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// json writes one object a row, keys in the order of the columns.
func (l *listing) json(w io.Writer) error {
	b := bufio.NewWriter(w)
	b.WriteString("[")
	for k, r := range l.rows {
		if k > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n  {")
		for i, c := range l.columns {
			if i > 0 {
				b.WriteString(", ")
			}
			v, err := json.Marshal(r[i].value)
			if err != nil {
				return err
			}
			fmt.Fprintf(b, "%q: %s", c.name, v)
		}
		b.WriteString("}")
	}
	b.WriteString("\n]\n")
	return b.Flush()
}

// wrap breaks text into lines of at most width columns, each after indent.
func wrap(indent, text string, width int) string {
	var b strings.Builder
	row := indent
	for _, word := range strings.Fields(text) {
		if row != indent && utf8.RuneCountInString(row)+1+utf8.RuneCountInString(word) > width {
			b.WriteString(row + "\n")
			row = indent
		} else if row != indent {
			row += " "
		}
		row += word
	}
	b.WriteString(row + "\n")
	return b.String()
}
