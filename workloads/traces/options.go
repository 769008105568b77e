package traces

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"ecsim/workloads/units"
)

// Options says how to read a trace. The zero value of every field is its
// default; the tags carry the scenario key, the default and the help text.
type Options struct {
	Format  string `toml:"format" default:"" doc:"trace format; empty finds it by content"`
	OnError string `toml:"on_error" default:"error" doc:"what a malformed line does: error stops, skip counts it and goes on"`

	Split      units.CPU `toml:"split" default:"1 vCPU" doc:"most CPU of one task: a job of p processors becomes ceil(p/split) tasks, which do not wait for each other (not a gang)"`
	Memory     units.MiB `toml:"memory" default:"2 GB" doc:"memory per vCPU where the trace does not say" source:"Assumed: the least memory per vCPU that Fargate sells, https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html"`
	MemoryUnit string    `toml:"memory_unit" default:"auto" doc:"unit of the memory fields of SWF: KB/processor, MB/processor, bytes/processor, KB/job, MB/job, bytes/job; auto is KB/processor, and bytes/job for 21-column MetaCentrum lines" source:"https://www.cs.huji.ac.il/labs/parallel/workload/swf.html"`
	Processors string    `toml:"processors" default:"requested" doc:"which processor count sizes a job: requested or allocated; the other one where it is unknown"`
	Status     string    `toml:"status" default:"all" doc:"which records to replay: all, or completed (records of unknown status stay)"`

	From        string         `toml:"from" default:"" doc:"start of the window: a duration after the first record (\"105d\") or a date-time; it becomes time zero"`
	Until       string         `toml:"until" default:"" doc:"end of the window, exclusive: a duration after the first record or a date-time"`
	Origin      string         `toml:"origin" default:"" doc:"time zero without a window: first (first record) or zero (the trace's own zero); empty is first, but zero for task-csv without dates"`
	TimeZone    string         `toml:"time_zone" default:"UTC" doc:"IANA time zone of time stamps that name none"`
	ReorderRows int            `toml:"reorder_rows" default:"10000" doc:"how many rows may stand between a row and its place in time order"`
	Column      string         `toml:"column" default:"" doc:"rates: name of the column to replay, where the file has several"`
	Unit        string         `toml:"unit" default:"count" doc:"rates: what a value is: count (events in the step), per_second, or percent (100 becomes 1.0)"`
	Fill        string         `toml:"fill" default:"" doc:"rates: a step without a row is zero, or hold (the value before); empty is zero, but hold for percent" source:"https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html: no data point when nothing flows"`
	Step        units.Duration `toml:"step" default:"0s" doc:"rates: length of a step; 0 finds it as the median distance of the first rows"`
}

// DefaultSplit is the most CPU of one task of a parallel job.
const DefaultSplit = units.VCPU

// DefaultMemory is the memory per vCPU where a trace does not say.
// Assumed: the least memory per vCPU that Fargate sells for whole vCPUs.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
const DefaultMemory = 2 * units.GiB

// DefaultReorderRows is how many rows are held to sort rows out of order.
const DefaultReorderRows = 10_000

// maxReorderRows keeps the buffer within about 1 GB.
const maxReorderRows = 10_000_000

// choice sets *v to its default when empty and reports a value not allowed.
func choice(key string, v *string, allowed ...string) error {
	if *v == "" {
		*v = allowed[0]
	}
	for _, a := range allowed {
		if *v == a {
			return nil
		}
	}
	return fmt.Errorf("%s: got %q, want %s", key, *v, strings.Join(allowed, ", "))
}

// resolve returns o with its defaults filled in; the error joins every value
// that is not allowed.
func (o Options) resolve() (Options, *time.Location, error) {
	var errs []error
	add := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	add(choice("on_error", &o.OnError, "error", "skip"))
	add(choice("memory_unit", &o.MemoryUnit, "auto", "KB/processor", "MB/processor", "bytes/processor", "KB/job", "MB/job", "bytes/job"))
	add(choice("processors", &o.Processors, "requested", "allocated"))
	add(choice("status", &o.Status, "all", "completed"))
	add(choice("unit", &o.Unit, "count", "per_second", "percent"))
	if o.Fill != "" {
		add(choice("fill", &o.Fill, "zero", "hold"))
	}
	if o.Origin != "" {
		add(choice("origin", &o.Origin, "first", "zero"))
	}
	switch {
	case o.Split < 0 || o.Split > 1<<20:
		add(fmt.Errorf("split: got %d CPU units, want 1 to 1048576", int64(o.Split)))
	case o.Split == 0:
		o.Split = DefaultSplit
	}
	switch {
	case o.Memory < 0 || o.Memory > 1<<30:
		add(fmt.Errorf("memory: got %d MiB, want 1 to 1073741824", int64(o.Memory)))
	case o.Memory == 0:
		o.Memory = DefaultMemory
	}
	switch {
	case o.ReorderRows < 0 || o.ReorderRows > maxReorderRows:
		add(fmt.Errorf("reorder_rows: got %d, want 1 to %d", o.ReorderRows, maxReorderRows))
	case o.ReorderRows == 0:
		o.ReorderRows = DefaultReorderRows
	}
	if o.Step < 0 {
		add(fmt.Errorf("step: got %s, want a positive duration; 0s finds it from the rows", o.Step))
	}
	if o.TimeZone == "" {
		o.TimeZone = "UTC"
	}
	loc, err := time.LoadLocation(o.TimeZone)
	if err != nil {
		add(fmt.Errorf("time_zone: got %q, want an IANA name such as \"UTC\" or \"Europe/Berlin\"", o.TimeZone))
	}
	_, err = parseBound("from", o.From, loc)
	add(err)
	_, err = parseBound("until", o.Until, loc)
	add(err)
	return o, loc, errors.Join(errs...)
}

// ratesOnly reports the options that are set and have no effect on a trace of
// tasks.
func (o Options) ratesOnly() error {
	var errs []error
	for _, x := range []struct {
		key string
		set bool
	}{{"column", o.Column != ""}, {"unit", o.Unit != "" && o.Unit != "count"}, {"fill", o.Fill != ""}, {"step", o.Step != 0}} {
		if x.set {
			errs = append(errs, fmt.Errorf("%s: only a trace of rates has it, and this is one of tasks; remove the key", x.key))
		}
	}
	return errors.Join(errs...)
}

// bound is one end of a window: absent, after the first record, or a time.
type bound struct {
	set      bool
	calendar bool  // ns is Unix time
	ns       int64 // after the first record otherwise
}

func parseBound(key, s string, loc *time.Location) (bound, error) {
	if s == "" {
		return bound{}, nil
	}
	if d, err := units.ParseDuration(s); err == nil {
		return bound{set: true, ns: int64(d)}, nil
	}
	if loc == nil {
		loc = time.UTC
	}
	if at, kind, ok := parseStamp([]byte(s), loc); ok && (kind == stampNaive || kind == stampZoned) {
		return bound{set: true, calendar: true, ns: at}, nil
	}
	return bound{}, fmt.Errorf("%s: got %q, want a duration after the first record such as \"105d\" or a date-time such as \"2026-11-23T08:00:00Z\"", key, s)
}

// at returns the bound on the trace's clock, where first is the first record
// and epoch the Unix time of the clock's zero.
func (b bound) at(key string, first, epoch int64, dated bool) (int64, error) {
	if !b.calendar {
		return addSat(first, b.ns), nil
	}
	if !dated {
		return 0, fmt.Errorf("%s: the trace has no calendar dates; give a duration after the first record such as \"105d\"", key)
	}
	return addSat(b.ns, -epoch), nil
}
