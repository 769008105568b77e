package answer

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Text is the answer for a terminal, in lines of at most 80 columns unless a
// name alone is longer.
func (a *Answer) Text() string {
	var b strings.Builder
	if a.Question != "" {
		wrap(&b, "", "", a.Question)
	}
	for _, f := range a.Facts {
		wrap(&b, "", "", f)
	}
	for i := range a.Tables {
		b.WriteString("\n")
		a.Tables[i].text(&b)
	}
	b.WriteString("\n")
	lines := func(list []Line) {
		for _, l := range list {
			l.text(&b)
		}
	}
	lines(a.Faults)
	a.Advice.text(&b)
	lines(a.Details)
	lines(a.Warnings)
	lines(a.Closing())
	return b.String()
}

// Closing are the closing notes, and the next command.
func (a *Answer) Closing() []Line {
	if a.Next == "" {
		return a.Remarks
	}
	return append(a.Remarks[:len(a.Remarks):len(a.Remarks)], Line{"Next:", a.Next})
}

// Wrote is the line that follows an answer just computed: where its files
// are, and how long it took. It is no part of the answer that is stored.
func Wrote(dir string, plots, csvs int, took time.Duration) string {
	var b strings.Builder
	wrap(&b, "", "  ", fmt.Sprintf("Wrote %s/ (report.html, %s, %d CSV) in %.1f s", strings.TrimSuffix(dir, "/"), count(int64(plots), "plot"), csvs, took.Seconds()))
	return b.String()
}

func (l Line) text(b *strings.Builder) {
	mark := l.Mark
	indent := "   "
	if mark != "" {
		mark += " "
	} else {
		mark = indent
	}
	wrap(b, mark, indent, l.Text)
}

// wrap writes s after first, in lines of at most 80 columns, later ones after
// indent.
func wrap(b *strings.Builder, first, indent, s string) {
	line := first
	empty := true
	for word := range strings.FieldsSeq(s) {
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > Columns80 {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line, empty = indent, true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
}

func (t *Table) text(b *strings.Builder) {
	if t.Title != "" {
		b.WriteString(t.Title + "\n")
	}
	row := func(cell func(c *Column) string) {
		var line strings.Builder
		for i := range t.Columns {
			c := &t.Columns[i]
			if i > 0 {
				line.WriteString(strings.Repeat(" ", gap))
			}
			line.WriteString(pad(cell(c), c.width(), c.Left))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	row(func(c *Column) string { return c.Head[0] })
	row(func(c *Column) string { return c.Head[1] })
	for i := range t.Columns[0].Cells {
		if i == t.Ranked {
			wrap(b, "", "", NotRanked)
		}
		row(func(c *Column) string { return c.Cells[i] })
	}
}
