package traces

import (
	"fmt"
	"slices"
	"strings"
)

// Kind says what a trace holds. The zero value is no kind.
type Kind int

// The kinds of trace.
const (
	KindTasks Kind = iota + 1 // records that arrive and run
	KindRates                 // a rate or share over time
	KindFleet                 // machines
)

// String returns "tasks", "rates" or "fleet".
func (k Kind) String() string {
	switch k {
	case KindTasks:
		return "tasks"
	case KindRates:
		return "rates"
	case KindFleet:
		return "fleet"
	}
	return fmt.Sprintf("Kind(%d)", int(k))
}

// ColumnKind says how a column is summarised.
type ColumnKind int

// How a column is summarised.
const (
	Number ColumnKind = iota // quantiles
	Code                     // a number that names a category: counted by value
	Label                    // text, counted by value
)

// Column is one field of a tasks format. Source columns stand first, columns
// derived from them after.
type Column struct {
	Name string // with its unit as last word: "run_time_s"
	Doc  string
	Kind ColumnKind
	// ZeroMissing says that 0 means unknown, as a negative value always does.
	ZeroMissing bool
	// Derived columns are computed from others of the same row.
	Derived bool
	// Arrival columns are times on the trace's clock, which may be negative.
	Arrival bool
}

// Usage is a resource that running records hold, for the busy-machine figures
// of Describe. Weight returns thousandths of a unit from a row's values.
type Usage struct {
	Name   string
	Weight func(values []float64) int64
}

// Format is one trace format. Exactly one of OpenTasks, OpenRates and OpenFleet
// is set, the one that Kind names.
type Format struct {
	Name   string // as in Options.Format
	Doc    string // one sentence
	Source string // URL of the format's description
	Kind   Kind

	// Columns, Usages and Rules belong to tasks formats. Rules are the texts
	// of the rules that the source applies: bit i of Record.Rules counts
	// Rules[i].
	Columns []Column
	Usages  []Usage
	Rules   []string
	// OwnZero says that the zero of the trace's clock is the start of the run
	// where the trace has no calendar; otherwise the first record is.
	OwnZero bool

	// Step is the step of a rates format without time stamps, in ns.
	Step int64

	// Sniff scores how likely head, the first bytes of the uncompressed trace,
	// is of this format: 0 is not, 100 is certain. name is the file's name.
	Sniff func(head []byte, name string) int

	// The openers get lines from the first and options with their defaults
	// filled in. What they cannot read for good is an error at once.
	OpenTasks func(*Lines, Options) (RecordSource, error)
	OpenRates func(*Lines, Options) (PointSource, error)
	OpenFleet func(*Lines, Options) ([]Machine, error)
}

var formats []Format

// RegisterFormat adds a format; call it while the program starts, before any
// trace is opened. A name used twice or a missing part panics: it is a fault
// of the program.
func RegisterFormat(f Format) Format {
	set := 0
	for k, ok := range map[Kind]bool{KindTasks: f.OpenTasks != nil, KindRates: f.OpenRates != nil, KindFleet: f.OpenFleet != nil} {
		if ok {
			set++
			if k != f.Kind {
				panic(fmt.Sprintf("traces: format %q of kind %s opens as %s", f.Name, f.Kind, k))
			}
		}
	}
	if f.Name == "" || f.Doc == "" || f.Source == "" || f.Sniff == nil || set != 1 || len(f.Rules) > 32 {
		panic(fmt.Sprintf("traces: format %q needs a name, doc, source, sniff, one opener (has %d) and at most 32 rules (has %d)", f.Name, set, len(f.Rules)))
	}
	i, found := slices.BinarySearchFunc(formats, f.Name, func(a Format, name string) int { return strings.Compare(a.Name, name) })
	if found {
		panic(fmt.Sprintf("traces: format %q is registered twice", f.Name))
	}
	formats = slices.Insert(formats, i, f)
	return f
}

// Formats lists the registered formats by name.
func Formats() []Format { return slices.Clone(formats) }

// Lookup returns the format of that name.
func Lookup(name string) (Format, bool) {
	for _, f := range formats {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}

func formatNames(kind Kind) string {
	var names []string
	for _, f := range formats {
		if kind == 0 || f.Kind == kind {
			names = append(names, f.Name)
		}
	}
	return strings.Join(names, ", ")
}

// Sniff returns the format whose content test scores highest for the file at
// path. The error says what the file looks like when none fits.
func Sniff(path string) (Format, error) { return SniffFrom(File(path)) }

// SniffFrom is Sniff for any source of bytes.
func SniffFrom(in Opener) (Format, error) {
	l, err := openLines(in)
	if err != nil {
		return Format{}, err
	}
	defer l.Close()
	return sniff(l, 0)
}

// sniff looks at the unread start of l. Kind 0 prefers no kind.
func sniff(l *Lines, kind Kind) (Format, error) {
	head, err := l.peek()
	if err != nil {
		return Format{}, err
	}
	best, score := Format{}, 0
	for _, f := range formats {
		s := f.Sniff(head, l.name)
		if f.Kind == kind {
			// The kind asked for wins where the content fits two formats; one
			// of another kind is still found, for a message that names it.
			s *= 1000
		}
		// Ties go to the first name, so the answer does not depend on the
		// order of registration.
		if s > score {
			best, score = f, s
		}
	}
	if score == 0 {
		first, _, _ := strings.Cut(string(head[:min(len(head), 60)]), "\n")
		return Format{}, &Error{File: l.name, Line: 1, Field: "format",
			Text: fmt.Sprintf("got %q, want one of %s; set format if it is one of them with an unusual header", strings.TrimRight(first, "\r"), formatNames(kind))}
	}
	return best, nil
}

// pick finds the format to open l with and checks that it is of kind.
func pick(l *Lines, name string, kind Kind) (Format, error) {
	f, ok := Format{}, false
	if name == "" {
		var err error
		if f, err = sniff(l, kind); err != nil {
			return Format{}, err
		}
	} else if f, ok = Lookup(name); !ok {
		return Format{}, fmt.Errorf("format: got %q, want one of %s; leave it out to find it by content", name, formatNames(kind))
	}
	if kind != 0 && f.Kind != kind {
		return Format{}, &Error{File: l.name, Field: "format",
			Text: fmt.Sprintf("%s holds %s, want %s: one of %s", f.Name, f.Kind, kind, formatNames(kind))}
	}
	return f, nil
}
