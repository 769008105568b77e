package traces

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"ecsim/workloads"
)

// Description is what `ecsim trace info` shows of a trace. Exactly one of
// Tasks, Rates and Fleet is set. Fields and lists have a fixed order.
type Description struct {
	File       string             `json:"file"`
	Format     string             `json:"format"`
	Doc        string             `json:"doc"`
	Source     string             `json:"source"` // URL of the format
	Kind       string             `json:"kind"`
	Gzip       bool               `json:"gzip"`
	Header     []Fact             `json:"header,omitempty"`
	First      string             `json:"first,omitempty"` // first arrival or row: date-time, or seconds on the trace's clock
	Last       string             `json:"last,omitempty"`
	SpanS      float64            `json:"span_s"`
	Accounting Accounting         `json:"accounting"`
	Oddities   []workloads.Oddity `json:"oddities,omitempty"` // rules a replay applies
	// ReplayError says why the trace cannot be replayed with these options,
	// though it can be read; empty if it can.
	ReplayError string        `json:"replay_error,omitempty"`
	Tasks       *TasksSummary `json:"tasks,omitempty"`
	Rates       *RatesSummary `json:"rates,omitempty"`
	Fleet       []Machine     `json:"fleet,omitempty"`
}

// TasksSummary describes the records of a tasks trace inside the window, as
// they stand in the file, before rules are applied.
type TasksSummary struct {
	Records    int64           `json:"records"`
	FirstS     float64         `json:"first_s"` // on the trace's clock
	LastS      float64         `json:"last_s"`
	OutOfOrder int64           `json:"out_of_order"` // rows earlier than the row before
	Arrivals   Arrivals        `json:"arrivals"`
	Columns    []ColumnSummary `json:"columns"`
	Busy       []Busy          `json:"busy"`
}

// Arrivals are the statistics of the arrival process.
type Arrivals struct {
	PerHour           float64  `json:"per_hour"` // records / span
	InterarrivalMeanS float64  `json:"interarrival_mean_s"`
	InterarrivalCV    float64  `json:"interarrival_cv"`
	ZeroGapShare      float64  `json:"zero_gap_share"` // arrivals at the time of the one before
	Windows           []Window `json:"windows"`        // of 60, 300 and 3,600 s
}

// Window is the dispersion of counts in windows of one length, laid end to end
// from the first arrival; the last one reaches past the last arrival.
type Window struct {
	LengthS    int64   `json:"length_s"`
	Windows    int64   `json:"windows"`
	Mean       float64 `json:"mean"`
	Max        int64   `json:"max"`
	PeakToMean float64 `json:"peak_to_mean"`
	IDC        float64 `json:"idc"` // index of dispersion of counts, variance / mean: 1 is Poisson
	EmptyShare float64 `json:"empty_share"`
}

// ColumnSummary is one column: quantiles of a number, counts of a category.
type ColumnSummary struct {
	Name     string     `json:"name"`
	Doc      string     `json:"doc"`
	Missing  int64      `json:"missing"` // empty, negative, or 0 where that means unknown
	Zeros    int64      `json:"zeros"`
	Numbers  *Quantiles `json:"numbers,omitempty"`
	Distinct int        `json:"distinct,omitempty"`
	// Top are the commonest values of a category, at most ten.
	Top []ValueCount `json:"top,omitempty"`
}

// ValueCount counts a value.
type ValueCount struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}

// Busy is a resource held by records at their recorded starts and ends: the
// mean from the first start to the last end, and the peak.
type Busy struct {
	Name string  `json:"name"`
	Mean float64 `json:"mean"`
	Peak float64 `json:"peak"`
}

// Describe reads the trace at path twice: its rows for the statistics, and a
// replay for the rules. It holds a few hundred bytes a record. Errors are those of
// opening and reading.
func Describe(path string, o Options) (*Description, error) { return DescribeFrom(File(path), o) }

// DescribeFrom is Describe for any source of bytes.
func DescribeFrom(in Opener, o Options) (*Description, error) {
	o, loc, err := o.resolve()
	if err != nil {
		return nil, err
	}
	l, err := openLines(in)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	f, err := pick(l, o.Format, 0)
	if err != nil {
		return nil, err
	}
	o.Format = f.Name
	d := &Description{File: in.Name, Format: f.Name, Doc: f.Doc, Source: f.Source, Kind: f.Kind.String(), Gzip: l.gzip}
	switch f.Kind {
	case KindTasks:
		err = d.tasks(in, l, f, o, loc)
	case KindRates:
		err = d.rates(in, l, f, o, loc)
	case KindFleet:
		d.Fleet, err = f.OpenFleet(l, o)
		for _, m := range d.Fleet {
			d.Accounting.Records += m.Count
		}
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// skips says whether err is a malformed row that o passes over.
func skips(err error, o Options) bool {
	var e *Error
	return o.OnError == "skip" && errors.As(err, &e) && e.Row
}

// clock prints a time of the trace's clock: a date-time where the trace has a
// calendar, seconds otherwise.
func clock(ns, epoch int64, dated bool, loc *time.Location) string {
	if dated {
		t := time.Unix(0, addSat(ns, epoch)).In(loc)
		if t.Nanosecond() != 0 {
			return t.Format("2006-01-02 15:04:05.999999999")
		}
		return t.Format("2006-01-02 15:04:05")
	}
	return string(appendSeconds(nil, ns)) + " s"
}

// counter counts the values of a category.
type counter struct {
	codes  map[float64]int64
	labels map[string]int64
}

// mostDistinct bounds the memory of counted categories; rarer values met after
// it are only counted as distinct up to here.
const mostDistinct = 1 << 20

func (c *counter) code(v float64) {
	if c.codes == nil {
		c.codes = make(map[float64]int64)
	}
	if _, ok := c.codes[v]; ok || len(c.codes) < mostDistinct {
		c.codes[v]++
	}
}

func (c *counter) label(s string) {
	if c.labels == nil {
		c.labels = make(map[string]int64)
	}
	if _, ok := c.labels[s]; ok || len(c.labels) < mostDistinct {
		c.labels[s]++
	}
}

// top returns the number of distinct values and the ten commonest, ties in
// order of value.
func (c *counter) top() (int, []ValueCount) {
	const most = 10
	var list []ValueCount
	for v, n := range c.codes {
		list = append(list, ValueCount{strconv.FormatFloat(v, 'g', -1, 64), n})
	}
	for v, n := range c.labels {
		list = append(list, ValueCount{v, n})
	}
	slices.SortFunc(list, func(a, b ValueCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(len(a.Value), len(b.Value)), strings.Compare(a.Value, b.Value))
	})
	return len(list), list[:min(len(list), most)]
}
