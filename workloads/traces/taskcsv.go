package traces

import (
	"bytes"
	"math"
	"strconv"
	"time"

	"ecsim/workloads/units"
)

// The columns of task-csv.
const (
	taskAt = iota
	taskRun
	taskCPU
	taskMemory
	taskGPU
	taskWork
	taskParallel
	taskDeadline
	taskPriority
	taskUse
	taskColumns
)

var taskNames = [taskColumns]string{"at", "run_time", "cpu", "memory", "gpu", "work", "parallel", "deadline", "priority", "use"}

var _ = RegisterFormat(Format{
	Name:    "task-csv",
	Doc:     "ecsim's own CSV of tasks: at and run_time or work, with cpu, memory, gpu, parallel, deadline, priority and use where known.",
	Source:  "https://www.rfc-editor.org/rfc/rfc4180",
	Kind:    KindTasks,
	OwnZero: true,
	Columns: []Column{
		{Name: "at_s", Doc: "arrival", Arrival: true},
		{Name: "run_time_s", Doc: "empty where work is given"},
		{Name: "cpu_units", Doc: "1024 are one vCPU"},
		{Name: "memory_mib", Doc: "MiB"},
		{Name: "gpu", Doc: "GPUs"},
		{Name: "work_vcpu_s", Doc: "vCPU-seconds"},
		{Name: "parallel_units", Doc: "most CPU a work task can use"},
		{Name: "deadline_s", Doc: "after the arrival"},
		{Name: "priority", Doc: "higher first", Kind: Code},
		{Name: "use_percent", Doc: "of cpu, while running"},
	},
	Usages: []Usage{{Name: "cpu_cores", Weight: func(v []float64) int64 {
		if v[taskCPU] > 0 {
			return int64(v[taskCPU] * 1000 / float64(units.VCPU))
		}
		return 0
	}}},
	Sniff: func(head []byte, _ string) int {
		switch {
		case sniffHeader(head, taskNames[taskAt], taskNames[taskRun]), sniffHeader(head, taskNames[taskAt], taskNames[taskWork]):
			return 95
		}
		return 0
	},
	OpenTasks: func(l *Lines, o Options) (RecordSource, error) {
		rows, err := openCSV(l, "task-csv", taskNames[taskAt])
		if err != nil {
			return nil, err
		}
		c := &taskCSV{rows: rows}
		for i, n := range taskNames {
			c.column[i] = rows.header.find(n)
		}
		if c.column[taskRun] < 0 && c.column[taskWork] < 0 {
			return nil, &Error{File: l.name, Line: l.number, Field: "header", Text: "got neither \"run_time\" nor \"work\", want one of them; add the column"}
		}
		for i, n := range rows.header.names {
			if !knownTaskColumn(n) {
				c.facts = append(c.facts, Fact{"column not read", n + " (column " + strconv.Itoa(i+1) + ")"})
			}
		}
		if c.loc, err = time.LoadLocation(o.TimeZone); err != nil {
			return nil, err
		}
		return c, nil
	},
})

func knownTaskColumn(name string) bool {
	for _, n := range taskNames {
		if n == name {
			return true
		}
	}
	return false
}

// taskCSV reads tasks.
type taskCSV struct {
	rows   *csvRows
	loc    *time.Location
	column [taskColumns]int
	values [taskColumns]float64
	facts  []Fact
	first  bool
	dated  bool
}

func (c *taskCSV) Values() []float64    { return c.values[:] }
func (c *taskCSV) Labels() []string     { return nil }
func (c *taskCSV) Facts() []Fact        { return c.facts }
func (c *taskCSV) Epoch() (int64, bool) { return 0, c.dated }

// field returns the text of column i, empty if the file lacks it.
func (c *taskCSV) field(i int) []byte {
	if c.column[i] < 0 {
		return nil
	}
	return c.rows.fields[c.column[i]]
}

func (c *taskCSV) bad(i int, want string) error { return c.rows.bad(c.column[i], want) }

// span reads decimal seconds or a duration.
func span(b []byte) (int64, bool) {
	if ns, ok := parseNano(b); ok {
		return ns, true
	}
	d, err := units.ParseDuration(string(b))
	return int64(d), err == nil && int64(d) <= longest
}

func (c *taskCSV) Next(r *Record) (bool, error) {
	ok, err := c.rows.next()
	if !ok || err != nil {
		return false, err
	}
	for i := range c.values {
		c.values[i] = math.NaN()
	}
	*r = Record{Line: c.rows.lines.Number(), Wait: Unknown, Run: Unknown, CPU: units.VCPU, Memory: Unknown, Use: Unknown}
	if err := c.arrival(r); err != nil {
		return false, err
	}
	if err := c.amount(r); err != nil {
		return false, err
	}
	if err := c.size(r); err != nil {
		return false, err
	}
	return true, c.extras(r)
}

// arrival reads at.
func (c *taskCSV) arrival(r *Record) error {
	b := c.field(taskAt)
	at, kind, ok := parseStamp(b, c.loc)
	if !ok {
		if at, ok = span(b); !ok {
			return c.bad(taskAt, "seconds, a duration such as \"1h30m\" or a date-time such as \"2026-11-23T08:00:00Z\"")
		}
		kind = stampRelative
	}
	dated := kind != stampRelative
	if c.first && dated != c.dated {
		return c.bad(taskAt, "the same clock as the rows before: all dates, or all seconds and durations")
	}
	c.first, c.dated = true, dated
	r.At = at
	c.values[taskAt] = float64(at) / 1e9
	return nil
}

// amount reads run_time or work.
func (c *taskCSV) amount(r *Record) error {
	run, work := c.field(taskRun), c.field(taskWork)
	if len(run) > 0 {
		ns, ok := span(run)
		if !ok {
			return c.bad(taskRun, "seconds or a duration such as \"90s\"")
		}
		r.Run = ns
		c.values[taskRun] = float64(ns) / 1e9
	}
	if len(work) == 0 {
		return nil
	}
	if len(run) > 0 {
		return c.bad(taskWork, "an empty field, because run_time is given: a task has one of them")
	}
	n, ok := parseNano(work)
	if !ok {
		w, err := units.ParseWork(string(work))
		n, ok = int64(w), err == nil
	}
	if !ok || n <= 0 {
		return c.bad(taskWork, "vCPU-seconds over 0 or work such as \"12 vCPU-h\"")
	}
	r.Work = units.Work(n)
	c.values[taskWork] = float64(n) / 1e9
	return nil
}

// mostCPU and mostMiB bound what one task may ask for.
const (
	mostCPU = units.CPU(1 << 40)
	mostMiB = units.MiB(1 << 40)
)

// cpu reads column i as CPU units.
func (c *taskCSV) cpu(i int) (units.CPU, error) {
	n, ok := parseInt(c.field(i))
	v := units.CPU(n)
	if !ok {
		var err error
		v, err = units.ParseCPU(string(c.field(i)))
		ok = err == nil
	}
	if !ok || v < 0 || v > mostCPU {
		return 0, c.bad(i, "CPU units such as 512 or vCPUs such as \"0.5 vCPU\"")
	}
	c.values[i] = float64(v)
	return v, nil
}

// size reads cpu, memory and gpu.
func (c *taskCSV) size(r *Record) (err error) {
	if len(c.field(taskCPU)) > 0 {
		if r.CPU, err = c.cpu(taskCPU); err != nil {
			return err
		}
	}
	if b := c.field(taskMemory); len(b) > 0 {
		n, ok := parseInt(b)
		m := units.MiB(n)
		if !ok {
			m, err = units.ParseMiB(string(b))
			ok = err == nil
		}
		if !ok || m < 0 || m > mostMiB {
			return c.bad(taskMemory, "MiB such as 512 or a size such as \"2 GB\"")
		}
		r.Memory = int64(m) << 20
		c.values[taskMemory] = float64(m)
	}
	if b := c.field(taskGPU); len(b) > 0 {
		// Nanos of a GPU; a share below a thousandth still needs a GPU.
		n, ok := parseNano(b)
		if !ok || n < 0 || n > 1<<50 {
			return c.bad(taskGPU, "a number of GPUs such as 1 or 0.5")
		}
		r.GPUMilli = (n + 1e6 - 1) / 1e6
		c.values[taskGPU] = float64(n) / 1e9
	}
	return nil
}

// extras reads parallel, deadline, priority and use.
func (c *taskCSV) extras(r *Record) (err error) {
	if len(c.field(taskParallel)) > 0 {
		if r.ParallelCap, err = c.cpu(taskParallel); err != nil {
			return err
		}
	}
	if b := c.field(taskDeadline); len(b) > 0 {
		after, ok := span(b)
		if !ok {
			at, kind, isTime := parseStamp(b, c.loc)
			if !isTime || kind == stampRelative || !c.dated {
				return c.bad(taskDeadline, "seconds or a duration after at, or a date-time where at is one")
			}
			after = at - r.At
		}
		r.Deadline = addSat(r.At, after)
		c.values[taskDeadline] = float64(after) / 1e9
	}
	if b := c.field(taskPriority); len(b) > 0 {
		n, ok := parseInt(b)
		if !ok || n < math.MinInt32 || n > math.MaxInt32 {
			return c.bad(taskPriority, "a whole number, higher first")
		}
		r.Priority = int32(n)
		c.values[taskPriority] = float64(n)
	}
	if b := c.field(taskUse); len(b) > 0 {
		if r.Use, err = c.use(b); err != nil {
			return err
		}
		c.values[taskUse] = r.Use.Float() * 100
	}
	return nil
}

func (c *taskCSV) use(b []byte) (units.PPM, error) {
	if bytes.HasSuffix(b, []byte("%")) {
		if p, err := units.ParsePPM(string(b)); err == nil && p <= 1000*units.One {
			return p, nil
		}
	} else if n, ok := parseNano(b); ok && n >= 0 && n <= second {
		return units.PPM(n / 1000), nil
	}
	return 0, c.bad(taskUse, "a share of cpu such as \"60%\", or 0 to 1")
}
