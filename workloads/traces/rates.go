package traces

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// Point is one row of a rates trace as its format reads it.
type Point struct {
	Line    int64 // in the file, from 1
	At      int64 // start of the step in ns on the trace's clock
	Value   float64
	Missing bool // the row has no value
}

// PointSource reads the rows of a rates trace in file order, as RecordSource.
type PointSource interface {
	Next(p *Point) (bool, error)
	Facts() []Fact
	Epoch() (int64, bool)
}

// Rules of rates formats, in the order Oddities lists them.
const (
	rateMalformed = iota
	rateNewestFirst
	rateNoValue
	rateGap
	rateDuplicate
	rateSetBack
	rateOver
	rateRules
)

// stepRows is how many rows are read ahead to find the step, and the longest
// run of equal time stamps that is spread out.
const stepRows = 10_000

// mostReversed bounds the rows of a newest-first file, which are held in
// memory.
const mostReversed = 20_000_000

// longestSetBack is the largest jump back taken for a clock set back, such as
// the end of daylight saving time; beyond it the file is out of order.
const longestSetBack = 2 * 3600 * second

// shortestSetBack is the smallest; below it, and below two steps, rows are
// merely swapped.
const shortestSetBack = 900 * second

// RateReader replays a rates trace: it implements workloads.Rates,
// workloads.Reporter and io.Closer. Step.PerSecond is events per second; with
// unit "percent" it is a share instead, 1.0 for 100 %.
//
// A value of a count trace is spread over the time to the next row, so that
// the count is kept whatever the distance; a step without a row is filled as
// Options.Fill says.
type RateReader struct {
	lines  *Lines
	src    PointSource
	format Format
	o      Options
	loc    *time.Location
	hold   bool

	step    int64
	ahead   []Point // rows read, not yet placed
	next    int     // first of ahead not yet placed
	ended   bool
	shift   int64 // added to stamps since the clock was set back
	placed  []Point
	place   int
	lastAt  int64
	anyRow  bool
	current Point // whose end is not known yet
	hasCur  bool

	started             bool
	origin, from, until int64
	out                 []workloads.Step // to hand out, at most three

	rows   int64
	left   int64
	rules  [rateRules]int64
	failed error
}

// OpenRates opens the rates trace at path. Errors name the option or the line.
func OpenRates(path string, o Options) (*RateReader, error) { return OpenRatesFrom(File(path), o) }

// OpenRatesFrom is OpenRates for any source of bytes.
func OpenRatesFrom(in Opener, o Options) (*RateReader, error) {
	o, loc, err := o.resolve()
	if err != nil {
		return nil, err
	}
	l, err := openLines(in)
	if err != nil {
		return nil, err
	}
	f, err := pick(l, o.Format, KindRates)
	if err == nil {
		var src PointSource
		if src, err = f.OpenRates(l, o); err == nil {
			return &RateReader{lines: l, src: src, format: f, o: o, loc: loc, hold: o.Fill == "hold" || o.Fill == "" && o.Unit == "percent"}, nil
		}
	}
	l.Close()
	return nil, err
}

// Close closes the file.
func (r *RateReader) Close() error { return r.lines.Close() }

// Format returns the format being read.
func (r *RateReader) Format() Format { return r.format }

// StepLength returns the length of a step, 0 before the first Next.
func (r *RateReader) StepLength() sim.Time { return sim.Time(r.step) }

// LeftOut is the number of rows without a part in the series.
func (r *RateReader) LeftOut() int64 { return r.left }

// Accounting returns what became of the rows read so far; Tasks is 0.
func (r *RateReader) Accounting() Accounting {
	return Accounting{Records: r.rows, LeftOut: r.left}
}

// Epoch returns the calendar time of time zero, false when the trace has no
// calendar or nothing was read yet.
func (r *RateReader) Epoch() (time.Time, bool) {
	epoch, ok := r.src.Epoch()
	if !ok || !r.started {
		return time.Time{}, false
	}
	return time.Unix(0, addSat(epoch, r.origin)).In(r.loc), true
}

// Oddities lists the rules applied so far, in a fixed order.
func (r *RateReader) Oddities() []workloads.Oddity {
	fill := "zero taken"
	if r.hold {
		fill = "the value before taken"
	}
	texts := [rateRules]string{
		rateMalformed:   "malformed line: left out (on_error = \"skip\")",
		rateNewestFirst: "rows newest first: reversed",
		rateNoValue:     "row without a value: left out, its step is missing",
		rateGap:         "missing step: " + fill,
		rateDuplicate:   "repeated time stamp: spread over the gap, order kept",
		rateSetBack:     "clock set back: time runs on",
		rateOver:        "over 100 %: kept",
	}
	var list []workloads.Oddity
	for i, n := range r.rules {
		if n > 0 {
			list = append(list, workloads.Oddity{Rule: texts[i], Count: n})
		}
	}
	return list
}

// Next fills s with the next step, false at the end. An error repeats on every
// later call.
func (r *RateReader) Next(s *workloads.Step) (bool, error) {
	for r.failed == nil {
		if len(r.out) > 0 {
			*s = r.out[0]
			r.out = r.out[:copy(r.out, r.out[1:])]
			return true, nil
		}
		more, err := r.advance()
		if err != nil {
			r.failed = err
			break
		}
		if !more {
			return false, nil
		}
	}
	return false, r.failed
}

// advance places one more row and queues the steps that it ends.
func (r *RateReader) advance() (bool, error) {
	p, ok, err := r.nextPlaced()
	if err != nil {
		return false, err
	}
	if !ok {
		if !r.hasCur {
			return false, nil
		}
		r.hasCur = false
		r.emit(r.current, addSat(r.current.At, r.step))
		return true, nil
	}
	if !r.started {
		epoch, dated := r.src.Epoch()
		r.origin, r.from, r.until, err = window(r.o, r.loc, p.At, epoch, dated)
		if err != nil {
			return false, &Error{File: r.lines.name, Text: err.Error(), Err: err}
		}
		r.started = true
		if p.At < r.origin && r.o.From == "" {
			return false, &Error{File: r.lines.name, Line: p.Line, Text: "got a time before the trace's zero, want 0 or later; set origin = \"first\""}
		}
		if p.At > r.origin {
			r.queue(r.origin, p.At, 0)
		}
	}
	if r.hasCur {
		r.emit(r.current, p.At)
	}
	r.current, r.hasCur = p, true
	return true, nil
}

// emit queues the step of p, which lasts until the next row at end, and the
// filling of missing steps between.
func (r *RateReader) emit(p Point, end int64) {
	until := end
	if end-p.At > r.step+r.step/2 {
		until = p.At + r.step
		r.rules[rateGap] += max((end-p.At+r.step/2)/r.step-1, 1)
	}
	rate := p.Value
	switch r.o.Unit {
	case "count":
		rate = p.Value / (float64(until-p.At) / 1e9)
	case "percent":
		if p.Value > 100 {
			r.rules[rateOver]++
		}
		rate = p.Value / 100
	}
	r.queue(p.At, until, rate)
	if until < end {
		if !r.hold {
			rate = 0
		}
		r.queue(until, end, rate)
	}
}

// queue hands out [from, until) on the trace clock, cut to the window.
func (r *RateReader) queue(from, until int64, rate float64) {
	from, until = max(from, r.from), min(until, r.until)
	if from >= until {
		return
	}
	r.out = append(r.out, workloads.Step{From: sim.Time(from - r.origin), Until: sim.Time(until - r.origin), PerSecond: rate})
}

// read returns the next row that has a value.
func (r *RateReader) read() (Point, bool, error) {
	for {
		var p Point
		ok, err := r.src.Next(&p)
		switch {
		case err != nil:
			var e *Error
			if r.o.OnError != "skip" || !errors.As(err, &e) || !e.Row {
				return p, false, err
			}
			r.rows++
			r.left++
			r.rules[rateMalformed]++
		case !ok:
			return p, false, nil
		case p.Missing:
			r.rows++
			r.left++
			r.rules[rateNoValue]++
		default:
			r.rows++
			return p, true, nil
		}
	}
}

// fill reads rows ahead until n are waiting or the trace ends.
func (r *RateReader) fill(n int) error {
	if r.next > 0 && len(r.ahead)-r.next < n && !r.ended {
		r.ahead = r.ahead[:copy(r.ahead, r.ahead[r.next:])]
		r.next = 0
	}
	for !r.ended && len(r.ahead)-r.next < n {
		p, ok, err := r.read()
		if err != nil {
			return err
		}
		if !ok {
			r.ended = true
			break
		}
		r.ahead = append(r.ahead, p)
	}
	return nil
}

// begin reads the first rows and finds step and direction.
func (r *RateReader) begin() error {
	if err := r.fill(stepRows); err != nil {
		return err
	}
	if len(r.ahead) == 0 {
		return &Error{File: r.lines.name, Line: r.lines.number, Text: "got no row with a value, want at least one; check that the file is complete"}
	}
	ups, downs := gaps(r.ahead)
	if len(downs) > len(ups) {
		if err := r.reverse(); err != nil {
			return err
		}
		ups = downs
	}
	switch {
	case r.o.Step > 0:
		r.step = int64(r.o.Step)
	case r.format.Step > 0:
		r.step = r.format.Step
	case len(ups) == 0:
		return &Error{File: r.lines.name, Line: r.lines.number, Field: "step", Text: "got no two rows at different times, which does not tell the length of a step; set step, for example \"5m\""}
	default:
		slices.Sort(ups)
		r.step = ups[(len(ups)-1)/2]
	}
	return nil
}

// gaps returns the distances of neighbouring rows, forward and backward.
func gaps(rows []Point) (ups, downs []int64) {
	for i := 1; i < len(rows); i++ {
		switch d := rows[i].At - rows[i-1].At; {
		case d > 0:
			ups = append(ups, d)
		case d < 0:
			downs = append(downs, -d)
		}
	}
	return ups, downs
}

// reverse holds a newest-first file in memory and turns it round.
func (r *RateReader) reverse() error {
	if err := r.fill(mostReversed + 1); err != nil {
		return err
	}
	if !r.ended {
		return &Error{File: r.lines.name, Line: r.lines.number, Text: fmt.Sprintf("got more than %d rows, newest first; sort the file by time", mostReversed)}
	}
	slices.Reverse(r.ahead)
	r.rules[rateNewestFirst] += int64(len(r.ahead))
	return nil
}

// nextPlaced returns the next row with its place in time settled: later than
// every row before.
func (r *RateReader) nextPlaced() (Point, bool, error) {
	if r.step == 0 {
		if err := r.begin(); err != nil {
			return Point{}, false, err
		}
	}
	if r.place == len(r.placed) {
		if err := r.placeRun(); err != nil {
			return Point{}, false, err
		}
		if len(r.placed) == 0 {
			return Point{}, false, nil
		}
	}
	p := r.placed[r.place]
	r.place++
	return p, true, nil
}

// placeRun settles the next row together with those after it that repeat its
// time stamp or go back a little: they are spread evenly before the row that
// follows, at most a step apart. So the twelve rows that a spring change of
// clocks stamps alike get back their five minutes each.
func (r *RateReader) placeRun() error {
	r.placed, r.place = r.placed[:0], 0
	if err := r.fill(2); err != nil {
		return err
	}
	if r.next == len(r.ahead) {
		return nil
	}
	first := r.ahead[r.next]
	first.At = addSat(first.At, r.shift)
	r.next++
	r.placed = append(r.placed, first)
	end := addSat(first.At, r.step)
	for {
		if err := r.fill(1); err != nil {
			return err
		}
		if r.next == len(r.ahead) {
			break
		}
		q := r.ahead[r.next]
		at := addSat(q.At, r.shift)
		if at > first.At {
			end = at
			break
		}
		back := first.At - at
		if back > longestSetBack {
			return &Error{File: r.lines.name, Line: q.Line, Field: "time", Text: fmt.Sprintf("got a row %s before the row above it, want rows in time order; sort the file by time", units.Duration(back))}
		}
		if back >= max(shortestSetBack, 2*r.step) {
			r.shift = addSat(r.shift, back+r.step)
			r.rules[rateSetBack]++
			break // q now stands one step after first
		}
		if len(r.placed) > stepRows {
			return &Error{File: r.lines.name, Line: q.Line, Field: "time", Text: fmt.Sprintf("got more than %d rows with one time stamp, want rising times; export with a finer time stamp", stepRows)}
		}
		r.placed = append(r.placed, q)
		r.next++
		r.rules[rateDuplicate]++
	}
	return r.spread(first, end)
}

func (r *RateReader) spread(first Point, end int64) error {
	if k := int64(len(r.placed)); k > 1 {
		distance := (end - first.At) / k
		if r.anyRow {
			distance = (end - r.lastAt) / (k + 1)
		}
		if distance = min(distance, r.step); distance < 1 {
			return &Error{File: r.lines.name, Line: first.Line, Field: "time", Text: "got more rows with one time stamp than there are nanoseconds to the next; export with a finer time stamp"}
		}
		for i := range r.placed {
			r.placed[i].At = end - distance*(k-int64(i))
		}
	}
	r.lastAt, r.anyRow = r.placed[len(r.placed)-1].At, true
	return nil
}
