package files

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"ecsim/models/result"
	"ecsim/sim"
)

// Records are the files that can be recorded while a run goes on.
var Records = []string{"events", "instances", "tasks"}

// Names turns an event's indices into words. A nil function, or no name,
// leaves the number.
type Names struct {
	Workloads []string
	Place     func(int32) string
	Reason    func(int32) string
	// List is the list price of what a task held where it alone is charged for
	// it, in dollars; false elsewhere.
	List func(stopped result.Event) (string, bool)
}

// Recorder writes one run's events, tasks or instances as they happen. Memory
// is that of what is under way. Its methods are for the run's goroutine.
type Recorder struct {
	record, platform string
	replication      uint64
	start            time.Time
	names            Names

	path   string
	file   *os.File
	buffer *bufio.Writer
	out    *csv.Writer
	err    error
	open   map[entity]*life
}

type entity struct {
	workload int32
	id       uint64
}

// life is a task or an instance under way; moments are absent while negative.
type life struct {
	moments [4]sim.Time
	place   int32
	reason  int32
	holds   result.Event // the last that said what a task holds
}

func newLife() *life {
	l := &life{place: -1}
	for i := range l.moments {
		l.moments[i] = -1
	}
	return l
}

var recordHeaders = map[string][]string{
	"events":    {"time_utc", "seconds", "platform", "replication", "event", "workload", "entity", "place", "reason", "value", "message"},
	"tasks":     {"platform", "replication", "workload", "task", "outcome", "submitted_utc", "placed_utc", "running_utc", "stopped_utc", "time_to_running_s", "completion_s", "place", "waited_for", "cpu_units", "memory_mib", "metered_s", "list_usd"},
	"instances": {"platform", "replication", "instance", "launched_utc", "registered_utc", "draining_utc", "terminated_utc", "held_s", "place"},
}

// Recorder starts recording one run of a platform into NAME.csv, NAME being
// one of Records. Runs may record at the same time; Finish puts them into one
// file by platform and replication, so the file does not depend on their
// order.
func (f *Folder) Recorder(record, platform string, replication uint64, start time.Time, names Names) (*Recorder, error) {
	if recordHeaders[record] == nil {
		return nil, fmt.Errorf("no record %q, want one of %v", record, Records)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	path := filepath.Join(f.partial, fmt.Sprintf(".%s-%d.part", record, len(f.parts)))
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	r := &Recorder{record: record, platform: platform, replication: replication, start: start, names: names,
		path: path, file: file, buffer: bufio.NewWriterSize(file, 1<<16), open: map[entity]*life{}}
	r.out = csv.NewWriter(r.buffer)
	f.parts = append(f.parts, r)
	return r, nil
}

// Observe is the run's observer. An error to write is kept until Close.
func (r *Recorder) Observe(e result.Event) {
	switch r.record {
	case "events":
		r.write(utc(r.start, e.At), decimal(e.At.Seconds()), r.platform, r.run(), result.EventNames[e.Kind],
			r.workload(e.Workload), strconv.FormatUint(e.Entity, 10), r.place(e.Place), r.reason(e.Reason), strconv.FormatInt(e.Value, 10),
			e.Message(r.workload(e.Workload), r.place(e.Place), r.reason(e.Reason)))
	case "tasks":
		r.task(e)
	case "instances":
		r.instance(e)
	}
}

// at returns the life of the event's entity, begun if it is new.
func (r *Recorder) at(e result.Event) (entity, *life) {
	key := entity{e.Workload, e.Entity}
	l := r.open[key]
	if l == nil {
		l = newLife()
		r.open[key] = l
	}
	return key, l
}

// The moments of a task.
const (
	submitted = iota
	placed
	running
	stopped
)

func (r *Recorder) task(e result.Event) {
	moment := -1
	switch e.Kind {
	case result.TaskSubmitted:
		moment = submitted
	case result.TaskPlaced:
		moment = placed
	case result.TaskRunning:
		moment = running
	case result.TaskStopped, result.TaskRejected:
		moment = stopped
	case result.TaskRefused:
		_, l := r.at(e)
		if l.reason == 0 {
			l.reason = e.Reason
		}
		return
	default:
		return
	}
	key, l := r.at(e)
	l.moments[moment] = e.At
	if e.Place >= 0 {
		l.place = e.Place
	}
	if e.Reason != 0 {
		l.reason = e.Reason
	}
	if e.CPU > 0 || e.Memory > 0 {
		l.holds = e
	}
	if moment == stopped {
		outcome := "stopped"
		if e.Kind == result.TaskRejected {
			outcome = "rejected"
		}
		r.endTask(key, l, outcome)
		delete(r.open, key)
	}
}

func (r *Recorder) endTask(key entity, l *life, outcome string) {
	r.write(r.platform, r.run(), r.workload(key.workload), strconv.FormatUint(key.id, 10), outcome,
		r.moment(l.moments[submitted]), r.moment(l.moments[placed]), r.moment(l.moments[running]), r.moment(l.moments[stopped]),
		since(l.moments[submitted], l.moments[running]), since(l.moments[submitted], l.moments[stopped]), r.place(l.place), r.reason(l.reason),
		quantity(int64(l.holds.CPU), l.moments[placed]), quantity(int64(l.holds.Memory), l.moments[placed]), quantity(l.holds.Value, l.moments[stopped]), r.list(l))
}

// quantity prints n once the moment has come.
func quantity(n int64, since sim.Time) string {
	if since < 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// list is the list price of what a stopped task held, "" where it shares an
// instance.
func (r *Recorder) list(l *life) string {
	if r.names.List == nil || l.holds.Kind != result.TaskStopped {
		return ""
	}
	usd, _ := r.names.List(l.holds)
	return usd
}

// The moments of an instance.
const (
	launched = iota
	registered
	draining
	terminated
)

func (r *Recorder) instance(e result.Event) {
	moment := -1
	switch e.Kind {
	case result.InstanceLaunched:
		moment = launched
	case result.InstanceRegistered:
		moment = registered
	case result.InstanceDraining:
		moment = draining
	case result.InstanceTerminated:
		moment = terminated
	default:
		return
	}
	e.Workload = -1
	key, l := r.at(e)
	l.moments[moment] = e.At
	if e.Place >= 0 {
		l.place = e.Place
	}
	if moment == terminated {
		r.endInstance(key, l)
		delete(r.open, key)
	}
}

func (r *Recorder) endInstance(key entity, l *life) {
	r.write(r.platform, r.run(), strconv.FormatUint(key.id, 10), r.moment(l.moments[launched]), r.moment(l.moments[registered]),
		r.moment(l.moments[draining]), r.moment(l.moments[terminated]), since(l.moments[launched], l.moments[terminated]), r.place(l.place))
}

// Close writes what is still under way, in order, and closes the part. It
// returns the first error of the recording.
func (r *Recorder) Close() error {
	if r.file == nil {
		return r.err
	}
	keys := make([]entity, 0, len(r.open))
	for key := range r.open {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b entity) int { return cmp.Or(cmp.Compare(a.workload, b.workload), cmp.Compare(a.id, b.id)) })
	for _, key := range keys {
		l := r.open[key]
		switch {
		case r.record == "instances":
			r.endInstance(key, l)
		case l.moments[running] >= 0:
			r.endTask(key, l, "running")
		case l.moments[placed] >= 0:
			r.endTask(key, l, "starting")
		default:
			r.endTask(key, l, "waiting")
		}
	}
	r.out.Flush()
	r.err = errors.Join(r.err, r.out.Error(), r.buffer.Flush(), r.file.Close())
	r.file, r.open = nil, nil
	return r.err
}

// abort closes the part of a folder that is given up.
func (r *Recorder) abort() {
	if r.file != nil {
		r.file.Close() // the file goes with the folder
		r.file = nil
	}
}

func (r *Recorder) write(fields ...string) {
	if r.err == nil {
		r.err = r.out.Write(fields)
	}
}

func (r *Recorder) run() string { return strconv.FormatUint(r.replication, 10) }

func (r *Recorder) moment(t sim.Time) string {
	if t < 0 {
		return ""
	}
	return utc(r.start, t)
}

func since(from, until sim.Time) string {
	if from < 0 || until < 0 {
		return ""
	}
	return decimal((until - from).Seconds())
}

func (r *Recorder) workload(i int32) string {
	if i >= 0 && int(i) < len(r.names.Workloads) {
		return r.names.Workloads[i]
	}
	return named(i, -1, nil)
}

func (r *Recorder) place(i int32) string  { return named(i, -1, r.names.Place) }
func (r *Recorder) reason(i int32) string { return named(i, 0, r.names.Reason) }

// named is the name of an index, the index itself if it has none, and nothing
// for the value that means none.
func named(i, none int32, name func(int32) string) string {
	if i == none {
		return ""
	}
	if name != nil {
		if s := name(i); s != "" {
			return s
		}
	}
	return strconv.FormatInt(int64(i), 10)
}

// joinRecords puts the parts together by platform and replication.
func (f *Folder) joinRecords() error {
	var errs []error
	for _, r := range f.parts {
		errs = append(errs, r.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	parts := slices.Clone(f.parts)
	slices.SortStableFunc(parts, func(a, b *Recorder) int {
		return cmp.Or(cmp.Compare(a.platform, b.platform), cmp.Compare(a.replication, b.replication))
	})
	for _, record := range Records {
		if !slices.ContainsFunc(parts, func(r *Recorder) bool { return r.record == record }) {
			continue
		}
		err := f.write(record+".csv", func(w io.Writer) error {
			out := csv.NewWriter(w)
			if err := out.Write(recordHeaders[record]); err != nil {
				return err
			}
			out.Flush()
			for _, r := range parts {
				if r.record == record {
					if err := r.moveTo(w); err != nil {
						return err
					}
				}
			}
			return out.Error()
		})
		if err != nil {
			return err
		}
	}
	f.parts = nil
	return nil
}

// moveTo copies the part to w and removes it.
func (r *Recorder) moveTo(w io.Writer) error {
	part, err := os.Open(r.path)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, part)
	return errors.Join(err, part.Close(), os.Remove(r.path))
}
