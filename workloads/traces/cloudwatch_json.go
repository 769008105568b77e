package traces

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
)

var _ = RegisterFormat(Format{
	Name:   "cloudwatch-json",
	Doc:    "What `aws cloudwatch get-metric-data` and `get-metric-statistics` print as JSON; points in any order.",
	Source: "https://docs.aws.amazon.com/cli/latest/reference/cloudwatch/get-metric-data.html",
	Kind:   KindRates,
	Sniff: func(head []byte, _ string) int {
		if b := bytes.TrimSpace(head); len(b) > 0 && b[0] == '{' && (bytes.Contains(b, []byte(`"MetricDataResults"`)) || bytes.Contains(b, []byte(`"Datapoints"`))) {
			return 95
		}
		return 0
	},
	OpenRates: openCloudWatch,
})

// longestJSON bounds a document, which is held in memory: one call gives at
// most 100,800 points.
const longestJSON = 1 << 28

// metricAnswer is either of the two answers.
type metricAnswer struct {
	Label      string
	Datapoints []struct {
		Timestamp                                   json.RawMessage
		Sum, Average, SampleCount, Maximum, Minimum *float64
		Unit                                        string
	}
	MetricDataResults []metricResult
	NextToken         string
}

type metricResult struct {
	ID         string `json:"Id"`
	Label      string
	Timestamps []json.RawMessage
	Values     []float64
	StatusCode string
}

// cloudWatch holds the points in time order.
type cloudWatch struct {
	points []Point
	next   int
	facts  []Fact
}

func (s *cloudWatch) Facts() []Fact        { return s.facts }
func (s *cloudWatch) Epoch() (int64, bool) { return 0, true }

func (s *cloudWatch) Next(p *Point) (bool, error) {
	if s.next == len(s.points) {
		return false, nil
	}
	*p = s.points[s.next]
	s.next++
	return true, nil
}

func openCloudWatch(l *Lines, o Options) (PointSource, error) {
	text, err := io.ReadAll(io.LimitReader(l.r, longestJSON+1))
	if err != nil {
		return nil, l.readError(err)
	}
	if len(text) > longestJSON {
		return nil, &Error{File: l.name, Text: fmt.Sprintf("the document is longer than %d MiB; export a shorter time", longestJSON>>20)}
	}
	loc, err := time.LoadLocation(o.TimeZone)
	if err != nil {
		return nil, err
	}
	var a metricAnswer
	if err := json.Unmarshal(text, &a); err != nil {
		e := &Error{File: l.name, Field: "json", Text: err.Error() + "; save the answer of get-metric-data unchanged", Err: err}
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			e.Line = 1 + int64(bytes.Count(text[:min(int(syntax.Offset), len(text))], []byte("\n")))
		}
		return nil, e
	}
	s := &cloudWatch{}
	fail := func(field, format string, args ...any) (PointSource, error) {
		return nil, &Error{File: l.name, Field: field, Text: fmt.Sprintf(format, args...)}
	}
	if a.NextToken != "" {
		return fail("NextToken", "the answer has further pages, which are not in the file; let the command line page (no --no-paginate) or export a shorter time")
	}
	add := func(stamp json.RawMessage, v float64) error {
		at, kind, ok := parseStamp(bytes.Trim(stamp, `"`), loc)
		if !ok || kind == stampRelative {
			return &Error{File: l.name, Field: "Timestamp", Text: fmt.Sprintf("got %s, want a date-time such as \"2026-11-23T08:00:00Z\" or Unix seconds", clip(stamp))}
		}
		if v < 0 || math.IsNaN(v) {
			return &Error{File: l.name, Field: "value", Text: fmt.Sprintf("got %g at %s, want 0 or more", v, clip(stamp))}
		}
		s.points = append(s.points, Point{At: at, Value: v})
		return nil
	}
	if len(a.MetricDataResults) > 0 {
		m, ok := pickResult(a.MetricDataResults, o.Column)
		if !ok {
			return fail("MetricDataResults", "got %s, want one; set column to the Id of one of them", quoteAll(resultNames(a.MetricDataResults)))
		}
		if len(m.Timestamps) != len(m.Values) {
			return fail("MetricDataResults", "got %d Timestamps and %d Values, want as many of both", len(m.Timestamps), len(m.Values))
		}
		s.facts = append(s.facts, Fact{"Id", m.ID}, Fact{"Label", m.Label}, Fact{"StatusCode", m.StatusCode})
		for i, stamp := range m.Timestamps {
			if err := add(stamp, m.Values[i]); err != nil {
				return nil, err
			}
		}
	}
	statistic := o.Column
	for i, p := range a.Datapoints {
		name, v := pickStatistic(p.Sum, p.Average, p.SampleCount, p.Maximum, p.Minimum, statistic)
		if v == nil {
			return fail("Datapoints", "got no %s in point %d; set column to a statistic that every point has", cmp.Or(statistic, "statistic"), i+1)
		}
		if statistic = name; i == 0 {
			s.facts = append(s.facts, Fact{"Label", a.Label}, Fact{"Statistic", name}, Fact{"Unit", p.Unit})
		}
		if err := add(p.Timestamp, *v); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(s.points, func(a, b Point) int { return cmp.Compare(a.At, b.At) })
	return s, nil
}

// pickResult finds the metric whose Id or Label is column; with an empty
// column there must be just one.
func pickResult(list []metricResult, column string) (metricResult, bool) {
	if column == "" {
		return list[0], len(list) == 1
	}
	for _, m := range list {
		if strings.EqualFold(m.ID, column) || strings.EqualFold(m.Label, column) {
			return m, true
		}
	}
	return metricResult{}, false
}

func resultNames(list []metricResult) []string {
	var names []string
	for _, m := range list {
		names = append(names, m.ID)
	}
	return names
}

// pickStatistic returns the wanted statistic of a point, or the first it has:
// the sum first, because a count is what a load is made of.
func pickStatistic(sum, average, samples, most, least *float64, want string) (string, *float64) {
	for _, c := range []struct {
		name string
		v    *float64
	}{{"Sum", sum}, {"Average", average}, {"SampleCount", samples}, {"Maximum", most}, {"Minimum", least}} {
		if c.v != nil && (want == "" || strings.EqualFold(want, c.name)) {
			return c.name, c.v
		}
	}
	return "", nil
}
