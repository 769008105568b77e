package answer

import (
	"fmt"
	"html"
	"strings"
)

// HTML is the answer as a fragment of a page: headings, tables, paragraphs.
// Every text of the scenario is escaped.
func (a *Answer) HTML() string {
	var b strings.Builder
	title := a.Question
	if title == "" {
		title = a.Scenario
	}
	fmt.Fprintf(&b, "<h1>%s</h1>\n", html.EscapeString(title))
	for _, f := range a.Facts {
		fmt.Fprintf(&b, "<p class=\"facts\">%s</p>\n", html.EscapeString(f))
	}
	a.Advice.html(&b, "advice")
	for i := range a.Tables {
		a.Tables[i].html(&b)
	}
	for _, group := range []struct {
		class string
		lines []Line
	}{{"fault", a.Faults}, {"detail", a.Details}, {"warning", a.Warnings}, {"note", a.Remarks}} {
		for _, l := range group.lines {
			l.html(&b, group.class)
		}
	}
	return b.String()
}

func (l Line) html(b *strings.Builder, class string) {
	mark := ""
	if l.Mark != "" && l.Mark != "=>" {
		mark = "<strong>" + html.EscapeString(l.Mark) + "</strong> "
	}
	fmt.Fprintf(b, "<p class=%q>%s%s</p>\n", class, mark, html.EscapeString(l.Text))
}

func (t *Table) html(b *strings.Builder) {
	b.WriteString("<table>\n")
	if t.Title != "" {
		fmt.Fprintf(b, "<caption>%s</caption>\n", html.EscapeString(t.Title))
	}
	b.WriteString("<thead><tr>")
	for _, c := range t.Columns {
		fmt.Fprintf(b, "<th scope=\"col\"%s>%s</th>", c.align(), html.EscapeString(strings.TrimSpace(c.Head[0]+" "+c.Head[1])))
	}
	b.WriteString("</tr></thead>\n<tbody>\n")
	for i := range t.Columns[0].Cells {
		if i == t.Ranked {
			fmt.Fprintf(b, "<tr class=\"line\"><td colspan=\"%d\">%s</td></tr>\n", len(t.Columns), html.EscapeString(NotRanked))
		}
		b.WriteString("<tr>")
		for j, c := range t.Columns {
			cell := html.EscapeString(strings.TrimSpace(c.Cells[i]))
			if j == 0 {
				fmt.Fprintf(b, "<th scope=\"row\" class=\"left\">%s</th>", cell)
			} else {
				fmt.Fprintf(b, "<td%s>%s</td>", c.align(), cell)
			}
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody></table>\n")
}

func (c *Column) align() string {
	if c.Left {
		return ` class="left"`
	}
	return ""
}
