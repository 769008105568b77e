package traces

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// timeNames and valueNames are header names taken for the time stamp and, in
// this order of preference, for the value.
var (
	timeNames  = []string{"timestamp", "period", "time", "datetime", "date", "date/time", "start", "start_time", "timestamps"}
	valueNames = []string{"value", "count", "sum", "requests", "requestcount", "request_count", "invocations", "rate", "values", "average"}
)

// mostPreamble bounds the lines before the first row with a time stamp.
const mostPreamble = 32

var _ = RegisterFormat(Format{
	Name: "rate-csv",
	Doc:  "CSV of time stamps and values: period,count and timestamp,value files, NAB series, and CloudWatch graphs downloaded as CSV with their leading lines.",
	// The console's download is described there, its leading lines are not.
	Source: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph_metrics.html",
	Kind:   KindRates,
	Sniff:  sniffRateCSV,
	OpenRates: func(l *Lines, o Options) (PointSource, error) {
		s := &rateCSV{lines: l, timeColumn: 0, valueColumn: -1}
		var err error
		if s.loc, err = time.LoadLocation(o.TimeZone); err != nil {
			return nil, err
		}
		return s, s.open(o.Column)
	},
})

func sniffRateCSV(head []byte, _ string) int {
	rest := head
	for i := 0; i < mostPreamble && len(rest) > 0; i++ {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		line = bytes.TrimSpace(bytes.Clone(line[:min(len(line), 4096)]))
		f, err := csvFields(line, separator(line), nil)
		if err != nil || len(f) < 2 {
			continue
		}
		h := newHeader(f)
		if h.find(timeNames...) >= 0 && h.find(valueNames...) >= 0 {
			return 80
		}
		if _, kind, ok := parseStamp(f[0], time.UTC); ok && kind != stampRelative {
			if _, ok := parseFloat(f[1]); ok {
				return 50
			}
		}
	}
	return 0
}

// rateCSV reads points.
type rateCSV struct {
	lines       *Lines
	loc         *time.Location
	sep         byte
	width       int
	names       []string // header, empty without one
	timeColumn  int
	valueColumn int
	fields      [][]byte
	facts       []Fact
	held        bool // fields hold the first row, read by open
	dated       bool
	seen        bool
}

func (s *rateCSV) Facts() []Fact        { return s.facts }
func (s *rateCSV) Epoch() (int64, bool) { return 0, s.dated }

// open reads the leading lines and the header up to the first row.
func (s *rateCSV) open(column string) error {
	named := false // the last line read names a time column: rows follow
	var before []string
	for i := 0; ; i++ {
		line, ok, err := s.lines.text()
		if err != nil {
			return err
		}
		if !ok || i > mostPreamble {
			return &Error{File: s.lines.name, Line: s.lines.number, Text: fmt.Sprintf("got no row with a time stamp in the first %d lines, want rows such as \"2026-11-23 08:00:00,42\"; check that the file is complete and has its time stamps in the first column or under a header %q", i, timeNames[0])}
		}
		text := strings.TrimSpace(string(line))
		sep := separator(line)
		if s.fields, err = csvFields(line, sep, s.fields); err != nil {
			return s.lines.Errorf("header", "%v", err)
		}
		if s.timeColumn < len(s.fields) && len(s.fields) > 1 {
			if _, _, ok := parseStamp(s.fields[s.timeColumn], s.loc); ok || named {
				s.sep, s.width, s.held = sep, len(s.fields), true
				break
			}
		}
		h := newHeader(s.fields)
		if t := h.find(timeNames...); t >= 0 && len(s.fields) > 1 && !anyNumber(s.fields) {
			s.timeColumn, named = t, true
		}
		s.names = h.names
		before = append(before, text)
	}
	for _, b := range before[:max(len(before)-1, 0)] {
		s.facts = append(s.facts, Fact{"leading line", b})
	}
	if len(s.names) != s.width {
		s.names = nil
	}
	if err := s.choose(column); err != nil {
		return err
	}
	if len(s.names) > 0 {
		s.facts = append(s.facts, Fact{"columns", strings.Join(s.names, ", ") + "; values from " + s.names[s.valueColumn]})
	}
	return nil
}

// anyNumber tells a leading line such as "Period,300" from a header.
func anyNumber(fields [][]byte) bool {
	for _, f := range fields {
		if _, ok := parseFloat(f); ok {
			return true
		}
	}
	return false
}

// choose finds the value column.
func (s *rateCSV) choose(column string) error {
	h := newHeader(nil)
	for i, n := range s.names {
		if _, twice := h.index[n]; !twice {
			h.index[n] = i
		}
	}
	fail := func(got string) error {
		return &Error{File: s.lines.name, Line: s.lines.number, Field: "header", Text: got + "; set column to one of " + quoteAll(s.names)}
	}
	if column != "" {
		if s.valueColumn = h.find(strings.ToLower(column)); s.valueColumn < 0 {
			return fail(fmt.Sprintf("got no column %q", column))
		}
		return nil
	}
	if s.valueColumn = h.find(valueNames...); s.valueColumn >= 0 && s.valueColumn != s.timeColumn {
		return nil
	}
	if s.width != 2 {
		return fail(fmt.Sprintf("got %d columns, none of a known name such as \"value\" or \"count\"", s.width))
	}
	s.valueColumn = 1 - s.timeColumn
	return nil
}

func (s *rateCSV) name(i int, otherwise string) string {
	if i < len(s.names) {
		return s.names[i]
	}
	return otherwise
}

func (s *rateCSV) Next(p *Point) (bool, error) {
	if !s.held {
		line, ok, err := s.lines.text()
		if !ok || err != nil {
			return false, err
		}
		if s.fields, err = csvFields(line, s.sep, s.fields); err != nil {
			return false, s.lines.Errorf("row", "%v", err)
		}
	}
	s.held = false
	if len(s.fields) != s.width {
		return false, s.lines.Errorf("columns", "got %d, want %d as in the rows before; mend the line or set on_error = \"skip\"", len(s.fields), s.width)
	}
	stamp := s.fields[s.timeColumn]
	at, kind, ok := parseStamp(stamp, s.loc)
	if !ok {
		return false, s.lines.Errorf(s.name(s.timeColumn, timeNames[0]), "got %q, want a date-time such as \"2026-11-23 08:00:00\", Unix time, or seconds; mend the line or set on_error = \"skip\"", clip(stamp))
	}
	if dated := kind != stampRelative; s.seen && dated != s.dated {
		return false, s.lines.Errorf(s.name(s.timeColumn, timeNames[0]), "got %q, want the same kind of time stamp as the rows before", clip(stamp))
	} else {
		s.seen, s.dated = true, dated
	}
	*p = Point{Line: s.lines.Number(), At: at}
	return true, parseValue(p, s.lines, s.name(s.valueColumn, valueNames[0]), s.fields[s.valueColumn])
}

// parseValue reads a value of 0 or more; empty, NaN and null are no value.
func parseValue(p *Point, l *Lines, name string, b []byte) error {
	if len(b) == 0 || bytes.EqualFold(b, []byte("nan")) || bytes.EqualFold(b, []byte("null")) {
		p.Missing = true
		return nil
	}
	v, ok := parseFloat(b)
	if !ok || v < 0 {
		return l.Errorf(name, "got %q, want a number of 0 or more; mend the line or set on_error = \"skip\"", clip(b))
	}
	p.Value = v
	return nil
}
