package traces

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// Rules that every tasks format shares, in the order Oddities lists them.
const (
	ruleMalformed = iota
	ruleLate
	ruleUnsorted
	ruleZeroRun
	ruleNoRun
	ruleNoCPU
	ruleNoMemory
	ruleSplit
	ruleGPU
	ruleStatus
	ruleCount
)

// Reader replays a tasks trace: it implements workloads.Tasks,
// workloads.Reporter and io.Closer. Memory use is constant: the reorder
// buffer and the shapes met.
type Reader struct {
	lines  *Lines
	src    RecordSource
	format Format
	o      Options
	loc    *time.Location

	buf      reorder
	ended    bool
	lastRow  int64 // time of the last record taken from buf, for late rows
	lastRead int64 // time of the last row read
	anyTaken bool

	started     bool  // the fields below are known
	origin      int64 // trace clock of time zero
	from, until int64 // window on the trace clock

	rec     Record // being cut into tasks
	rest    units.CPU
	whole   units.CPU
	memory  int64
	gpus    int
	pending bool
	index   uint64
	shapes  workloads.Shapes
	last    workloads.Shape // memo of the shape interned last
	lastID  int32
	hasLast bool

	acc    Accounting
	rules  [ruleCount]int64
	own    [32]int64
	failed error
}

// Open opens the tasks trace at path. Errors name the option or the line.
func Open(path string, o Options) (*Reader, error) { return OpenFrom(File(path), o) }

// OpenFrom is Open for any source of bytes.
func OpenFrom(in Opener, o Options) (*Reader, error) {
	unused := o.ratesOnly()
	o, loc, err := o.resolve()
	if err = errors.Join(err, unused); err != nil {
		return nil, err
	}
	l, err := openLines(in)
	if err != nil {
		return nil, err
	}
	f, err := pick(l, o.Format, KindTasks)
	if err == nil {
		var src RecordSource
		if src, err = f.OpenTasks(l, o); err == nil {
			return &Reader{lines: l, src: src, format: f, o: o, loc: loc, lastRead: math.MinInt64, buf: reorder{limit: o.ReorderRows}}, nil
		}
	}
	l.Close()
	return nil, err
}

// Close closes the file.
func (r *Reader) Close() error { return r.lines.Close() }

// Format returns the format being read.
func (r *Reader) Format() Format { return r.format }

// Shapes returns the table that Task.Shape refers to.
func (r *Reader) Shapes() *workloads.Shapes { return &r.shapes }

// Accounting returns what became of the records read so far.
func (r *Reader) Accounting() Accounting { return r.acc }

// LeftOut is the number of submitted records that produced no task so far.
func (r *Reader) LeftOut() int64 { return r.acc.LeftOut }

// Epoch returns the calendar time of time zero, false when the trace has no
// calendar or nothing was read yet.
func (r *Reader) Epoch() (time.Time, bool) {
	epoch, ok := r.src.Epoch()
	if !ok || !r.started {
		return time.Time{}, false
	}
	return time.Unix(0, addSat(epoch, r.origin)).In(r.loc), true
}

// Oddities lists the rules applied so far, in a fixed order.
func (r *Reader) Oddities() []workloads.Oddity { return oddities(&r.o, &r.format, &r.rules, &r.own) }

func oddities(o *Options, f *Format, rules *[ruleCount]int64, own *[32]int64) []workloads.Oddity {
	texts := [ruleCount]string{
		ruleMalformed: "malformed line: left out (on_error = \"skip\")",
		ruleLate:      "row too far out of order: left out (on_error = \"skip\")",
		ruleUnsorted:  "row earlier than the row before: sorted",
		ruleZeroRun:   "run time zero: 1 s taken",
		ruleNoRun:     "run time negative or unknown: left out",
		ruleNoCPU:     "processors or CPU unknown: left out",
		ruleNoMemory:  fmt.Sprintf("memory unknown: %s per vCPU assumed", o.Memory),
		ruleSplit:     fmt.Sprintf("parallel job: split into tasks of at most %s, not a gang", o.Split),
		ruleGPU:       "share of a GPU: rounded up to a whole GPU",
		ruleStatus:    "status not completed: left out (status = \"completed\")",
	}
	var list []workloads.Oddity
	for i, n := range rules {
		if n > 0 {
			list = append(list, workloads.Oddity{Rule: texts[i], Count: n})
		}
	}
	for i, text := range f.Rules {
		if own[i] > 0 {
			list = append(list, workloads.Oddity{Rule: text, Count: own[i]})
		}
	}
	return list
}

// Next fills t with the next task, false at the end. A trace without a task is
// an error, ErrNoTask. An error repeats on every later call.
func (r *Reader) Next(t *workloads.Task) (bool, error) {
	if r.failed != nil {
		return false, r.failed
	}
	if !r.pending {
		ok, err := r.advance()
		if !ok && err == nil && r.acc.Tasks == 0 {
			err = r.nothing()
		}
		if !ok || err != nil {
			r.failed = err
			return false, err
		}
	}
	r.emit(t)
	return true, nil
}

// advance takes records until one has tasks.
func (r *Reader) advance() (bool, error) {
	for !r.pending {
		if ok, err := r.record(); !ok || err != nil {
			return false, err
		}
		if err := r.accept(); err != nil {
			return false, err
		}
	}
	return true, nil
}

// nothing is the error of a trace of which no task is left: an answer about it
// would look like one about a load that costs nothing.
func (r *Reader) nothing() error {
	text := "the file holds no record, want at least one; check that it is complete and its lines end in LF"
	if n := r.acc.Records + r.acc.Outside; n > 0 {
		text = fmt.Sprintf("got no task of %s: %d outside the window, %d left out; ", plural(n, "record"), r.acc.Outside, r.acc.LeftOut)
		if r.acc.Outside > 0 {
			text += "set from and until to a time the trace covers"
		} else {
			text += "'ecsim trace info' tells by which rules"
		}
	}
	return &Error{File: r.lines.name, Text: text, Err: ErrNoTask}
}

// ErrNoTask is the cause of an error about a trace that leaves nothing to
// replay. The rules and counts of the reader still tell why.
var ErrNoTask = errors.New("no task to replay")

func plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// drain reads to the end, counting tasks without making them: one job may
// have a billion.
func (r *Reader) drain() error {
	for {
		ok, err := r.advance()
		if !ok && err == nil && r.acc.Tasks == 0 {
			return r.nothing()
		}
		if !ok || err != nil {
			return err
		}
		tasks := int64(1)
		if r.rec.Parallel && r.rest > 0 {
			tasks = int64((r.rest + r.o.Split - 1) / r.o.Split)
		}
		r.acc.Tasks += tasks
		r.rest, r.pending = 0, false
	}
}

// record puts the next record in time order into r.rec.
func (r *Reader) record() (bool, error) {
	for !r.ended && r.buf.len() <= r.buf.limit {
		ok, err := r.src.Next(&r.rec)
		if err != nil {
			var e *Error
			if r.o.OnError == "skip" && errors.As(err, &e) && e.Row {
				r.leaveOut(ruleMalformed)
				r.acc.Records++
				continue
			}
			return false, err
		}
		if !ok {
			r.ended = true
			break
		}
		if r.anyTaken && r.rec.At < r.lastRow {
			if r.o.OnError == "skip" {
				r.leaveOut(ruleLate)
				r.acc.Records++
				continue
			}
			return false, &Error{File: r.lines.name, Line: r.rec.Line, Field: "arrival",
				Text: fmt.Sprintf("got a row %s before rows more than %d lines above it, want at most %d rows out of order; sort the file by arrival or raise reorder_rows",
					units.Duration(r.lastRow-r.rec.At), r.buf.limit, r.buf.limit)}
		}
		if r.rec.At < r.lastRead {
			r.rules[ruleUnsorted]++
		}
		r.lastRead = r.rec.At
		r.buf.add(&r.rec)
	}
	if r.buf.len() == 0 {
		return false, nil
	}
	r.buf.take(&r.rec)
	r.lastRow, r.anyTaken = r.rec.At, true
	if !r.started {
		if err := r.start(); err != nil {
			return false, err
		}
	}
	return true, nil
}

// start fixes time zero and the window by the first record in time order.
func (r *Reader) start() error {
	var err error
	epoch, dated := r.src.Epoch()
	o := r.o
	if o.Origin == "" && r.format.OwnZero && !dated {
		o.Origin = "zero"
	}
	r.origin, r.from, r.until, err = window(o, r.loc, r.rec.At, epoch, dated)
	if err != nil {
		return &Error{File: r.lines.name, Text: err.Error(), Err: err}
	}
	r.started = true
	return nil
}

// window returns time zero and the ends of the window on the trace clock.
func window(o Options, loc *time.Location, first, epoch int64, dated bool) (origin, from, until int64, err error) {
	origin, from, until = first, math.MinInt64, math.MaxInt64
	if o.Origin == "zero" {
		origin = 0
	}
	for _, end := range []struct {
		key, text string
		at        *int64
	}{{"from", o.From, &from}, {"until", o.Until, &until}} {
		b, err := parseBound(end.key, end.text, loc)
		if err != nil {
			return 0, 0, 0, err
		}
		if !b.set {
			continue
		}
		if *end.at, err = b.at(end.key, origin, epoch, dated); err != nil {
			return 0, 0, 0, err
		}
	}
	if from >= until {
		return 0, 0, 0, fmt.Errorf("until: got %q, which is not after from (%q); the window is empty", o.Until, o.From)
	}
	if o.From != "" {
		origin = from
	}
	return origin, from, until, nil
}

func (r *Reader) leaveOut(rule int) {
	r.rules[rule]++
	r.acc.LeftOut++
}

// accept applies the rules to r.rec; pending says that it has tasks.
func (r *Reader) accept() error {
	rec := &r.rec
	if rec.At < r.from || rec.At >= r.until {
		r.acc.Outside++
		return nil
	}
	r.acc.Records++
	if rec.At < r.origin {
		return &Error{File: r.lines.name, Line: rec.Line, Field: "arrival", Text: "got a time before the trace's zero, want 0 or later; set origin = \"first\""}
	}
	for i := range r.format.Rules {
		if rec.Rules&(1<<i) != 0 {
			r.own[i]++
		}
	}
	switch {
	case rec.LeaveOut:
		r.acc.LeftOut++
		return nil
	case r.o.Status == "completed" && rec.Status != StatusCompleted && rec.Status != StatusUnknown:
		r.leaveOut(ruleStatus)
		return nil
	case rec.Run < 0 && rec.Work <= 0:
		r.leaveOut(ruleNoRun)
		return nil
	case rec.CPU < 0:
		r.leaveOut(ruleNoCPU)
		return nil
	}
	if rec.Run == 0 && rec.Work <= 0 {
		rec.Run = second
		r.rules[ruleZeroRun]++
	}
	if r.memory = rec.Memory; r.memory < 0 {
		r.memory = mulDivUp(int64(rec.CPU), int64(r.o.Memory)<<20, int64(units.VCPU))
		r.rules[ruleNoMemory]++
	}
	r.gpus = int((rec.GPUMilli + 999) / 1000)
	if rec.GPUMilli%1000 != 0 {
		r.rules[ruleGPU]++
	}
	r.rest, r.whole, r.pending = rec.CPU, rec.CPU, true
	if rec.Parallel && rec.CPU > r.o.Split {
		r.rules[ruleSplit]++
	}
	return nil
}

// emit cuts the next task off the pending record. Memory follows CPU; GPUs and
// work of a split job would too, but no format of parallel jobs has them.
func (r *Reader) emit(t *workloads.Task) {
	cpu := r.rest
	if r.rec.Parallel {
		cpu = min(cpu, r.o.Split)
	}
	memory := r.memory
	if cpu != r.whole {
		memory = mulDivUp(r.memory, int64(cpu), int64(r.whole))
	}
	r.rest -= cpu
	r.pending = r.rest > 0
	shape := workloads.Shape{CPU: cpu, Memory: units.MiB((memory + 1<<20 - 1) >> 20), GPU: r.gpus}
	if !r.hasLast || shape != r.last {
		r.last, r.lastID, r.hasLast = shape, r.shapes.Intern(shape), true
	}
	use := r.rec.Use
	if use < 0 {
		use = units.One
	}
	*t = workloads.Task{
		At: sim.Time(r.rec.At - r.origin), Index: r.index, Shape: r.lastID, Priority: r.rec.Priority,
		Run: sim.Time(r.rec.Run), Work: r.rec.Work, Parallel: r.rec.ParallelCap, UsePPM: use,
	}
	if r.rec.Work > 0 {
		t.Run = 0
	}
	if r.rec.Deadline != 0 {
		t.Deadline = sim.Time(r.rec.Deadline - r.origin)
	}
	r.index++
	r.acc.Tasks++
}

// header finds the columns of a CSV header by name, case and blanks aside.
type header struct {
	names []string
	index map[string]int
}

func newHeader(fields [][]byte) header {
	h := header{index: make(map[string]int)}
	for i, f := range fields {
		name := strings.ToLower(strings.TrimSpace(string(f)))
		h.names = append(h.names, name)
		if _, twice := h.index[name]; !twice {
			h.index[name] = i
		}
	}
	return h
}

// find returns the index of the first of names that the header has, or -1.
func (h header) find(names ...string) int {
	for _, n := range names {
		if i, ok := h.index[n]; ok {
			return i
		}
	}
	return -1
}

// missing lists the names that the header lacks.
func (h header) missing(names ...string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return h.find(n) >= 0 })
}
