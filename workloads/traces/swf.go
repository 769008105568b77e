package traces

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"ecsim/workloads/units"
)

// The columns of the Standard Workload Format, in file order.
const (
	swfJob = iota
	swfSubmit
	swfWait
	swfRun
	swfAllocated
	swfCPUTime
	swfUsedMemory
	swfRequested
	swfRequestedTime
	swfRequestedMemory
	swfStatus
	swfUser
	swfGroup
	swfExecutable
	swfQueue
	swfPartition
	swfPreceding
	swfThink
	swfColumns
)

// Bits of the rules of swf.
const (
	swfRuleOther = 1 << iota
	swfRuleUsed
	swfRuleMetaCentrum
	swfRulePartial
)

// swfMetaCentrum is the number of columns of the MetaCentrum variant: node
// list in braces, queue and node request follow the 18.
const swfMetaCentrum = 21

var _ = RegisterFormat(Format{
	Name:   "swf",
	Doc:    "Standard Workload Format of the Parallel Workloads Archive: one batch job a line, 18 numbers, also with MetaCentrum's 3 extra columns.",
	Source: "https://www.cs.huji.ac.il/labs/parallel/workload/swf.html",
	Kind:   KindTasks,
	Columns: []Column{
		{Name: "job_number", Doc: "counter from 1", Kind: Code},
		{Name: "submit_s", Doc: "submit time since the start of the log", Arrival: true},
		{Name: "wait_s", Doc: "from submit to start"},
		{Name: "run_time_s", Doc: "wall clock"},
		{Name: "allocated_procs", Doc: "processors given", ZeroMissing: true},
		{Name: "average_cpu_s", Doc: "CPU time used per processor"},
		{Name: "used_mem_per_proc", Doc: "KB per processor", ZeroMissing: true},
		{Name: "requested_procs", Doc: "processors asked for", ZeroMissing: true},
		{Name: "requested_time_s", Doc: "run time asked for", ZeroMissing: true},
		{Name: "requested_mem_per_proc", Doc: "KB per processor (bytes for the job in MetaCentrum files)", ZeroMissing: true},
		{Name: "status", Doc: "1 completed, 0 failed, 5 cancelled, 2-4 parts", Kind: Code},
		{Name: "user", Doc: "user number", Kind: Code},
		{Name: "group", Doc: "group number", Kind: Code},
		{Name: "executable", Doc: "application number", Kind: Code},
		{Name: "queue", Doc: "queue number", Kind: Code},
		{Name: "partition", Doc: "partition number", Kind: Code},
		{Name: "preceding_job", Doc: "job this one waited for", Kind: Code},
		{Name: "think_time_s", Doc: "from the end of the preceding job to submit"},
	},
	Usages: []Usage{{Name: "processors", Weight: func(v []float64) int64 {
		p := v[swfAllocated]
		if !(p > 0) {
			p = v[swfRequested]
		}
		if !(p > 0) {
			return 0
		}
		return int64(p * 1000)
	}}},
	Rules: []string{
		"requested or allocated processors unknown: the other count taken",
		"requested memory unknown: used memory taken",
		"21-column MetaCentrum line: memory read as bytes of the job",
		"status 2-4, a part of a job summed up elsewhere: left out",
	},
	Sniff: sniffSWF,
	OpenTasks: func(l *Lines, o Options) (RecordSource, error) {
		return &swf{lines: l, o: o, fields: make([][]byte, 0, swfMetaCentrum+1)}, nil
	},
})

func sniffSWF(head []byte, name string) int {
	score := 0
	for rest := head; len(rest) > 0; {
		line, tail, ended := bytes.Cut(rest, []byte("\n"))
		rest = tail
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		if line[0] == ';' {
			score = 40
			continue
		}
		if !ended && len(head) == sniffBytes {
			break // cut off by the end of head
		}
		f := blankFields(line, make([][]byte, 0, swfMetaCentrum+1))
		if len(f) != swfColumns && len(f) != swfMetaCentrum {
			if score > 0 && len(f) >= swfColumns/2 && strings.Contains(name, ".swf") {
				return 10 // the reader says at which line how many columns are amiss
			}
			return 0
		}
		for _, b := range f[:swfColumns] {
			if _, ok := parseFloat(b); !ok {
				return 0
			}
		}
		return 90
	}
	if score == 0 && strings.Contains(name, ".swf") {
		score = 10
	}
	return score
}

// swf reads jobs.
type swf struct {
	lines  *Lines
	o      Options
	fields [][]byte
	values [swfColumns]float64
	facts  []Fact
	start  int64 // header UnixStartTime in ns
	hasHdr bool
	epoch  int64
	dated  bool
	first  bool // a job was read
}

func (s *swf) Values() []float64    { return s.values[:] }
func (s *swf) Labels() []string     { return nil }
func (s *swf) Facts() []Fact        { return s.facts }
func (s *swf) Epoch() (int64, bool) { return s.epoch, s.dated }

// fact keeps a header comment "; Key: value"; a comment without a key
// continues the value before.
func (s *swf) fact(line []byte) {
	line = bytes.TrimLeft(line, ";")
	text := string(bytes.TrimSpace(line))
	key, value, ok := strings.Cut(text, ":")
	key = strings.TrimRight(key, " \t")
	deep := bytes.HasPrefix(line, []byte("   ")) || bytes.HasPrefix(line, []byte("\t\t"))
	if !ok || key == "" || strings.ContainsAny(key, " \t/") || deep && len(s.facts) > 0 {
		if n := len(s.facts); n > 0 && text != "" && len(s.facts[n-1].Value) < 2000 {
			s.facts[n-1].Value = strings.TrimSpace(s.facts[n-1].Value + " " + text)
		}
		return
	}
	if len(s.facts) < 1000 {
		s.facts = append(s.facts, Fact{key, strings.TrimSpace(value)})
	}
	if key == "UnixStartTime" {
		if n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64); err == nil && n > 0 && n < longest/second {
			s.start, s.hasHdr = n*second, true
		}
	}
}

func (s *swf) Next(r *Record) (bool, error) {
	var line []byte
	for {
		b, ok, err := s.lines.text()
		if !ok || err != nil {
			return false, err
		}
		if line = bytes.TrimLeft(b, " \t"); line[0] != ';' {
			break
		}
		s.fact(line)
	}
	s.fields = blankFields(line, s.fields)
	n := len(s.fields)
	if n != swfColumns && n != swfMetaCentrum {
		more := ""
		if n > swfMetaCentrum {
			more = " or more"
		}
		return false, s.lines.Errorf("columns", "got %d%s, want %d (or %d with MetaCentrum's node columns); mend the line or set on_error = \"skip\"", n, more, swfColumns, swfMetaCentrum)
	}
	for i := range s.values {
		v, ok := parseFloat(s.fields[i])
		if !ok {
			return false, s.lines.Errorf(swfName(i), "got %q, want a number (-1 for unknown); mend the line or set on_error = \"skip\"", clip(s.fields[i]))
		}
		s.values[i] = v
	}
	*r = Record{Line: s.lines.Number(), CPU: Unknown, Memory: Unknown, Use: Unknown, Parallel: true}
	for _, f := range [...]struct {
		column int
		to     *int64
	}{{swfSubmit, &r.At}, {swfWait, &r.Wait}, {swfRun, &r.Run}} {
		ns, ok := parseNano(s.fields[f.column])
		if v := s.values[f.column]; !ok && math.Abs(v) <= float64(longest/second) {
			ns, ok = int64(v*1e9), true // 1.5e+06, as converters write it
		}
		if !ok {
			return false, s.lines.Errorf(swfName(f.column), "got %q, want seconds as a decimal number within 140 years; mend the line or set on_error = \"skip\"", clip(s.fields[f.column]))
		}
		*f.to = ns
	}
	if !s.first {
		s.first = true
		// The archive's logs count from UnixStartTime; others hold Unix time.
		switch {
		case r.At >= epochFloor*second:
			s.dated = true
		case s.hasHdr:
			s.epoch, s.dated = s.start, true
		}
	}
	return true, s.size(r, n == swfMetaCentrum)
}

func swfName(i int) string { return formatColumn("swf", i) }

// formatColumn names a column for a message.
func formatColumn(format string, i int) string {
	f, _ := Lookup(format)
	return f.Columns[i].Name
}

// size sets CPU, memory and status of the job.
func (s *swf) size(r *Record, metaCentrum bool) error {
	v := &s.values
	procs, other := v[swfRequested], v[swfAllocated]
	if s.o.Processors == "allocated" {
		procs, other = other, procs
	}
	if procs <= 0 && other > 0 {
		procs = other
		r.Rules |= swfRuleOther
	}
	const mostProcs = 1 << 30
	if procs > mostProcs {
		return s.lines.Errorf("processors", "got %g, want at most %d; mend the line or set on_error = \"skip\"", procs, mostProcs)
	}
	if procs > 0 {
		r.CPU = units.CPU(math.Ceil(procs)) * units.VCPU
		unit := s.o.MemoryUnit
		if unit == "auto" {
			unit = "KB/processor"
			if metaCentrum {
				// Only as bytes for the whole job do these requests fit the
				// machines of the one such log known; its used memory is the
				// same number in every line, so it is not taken.
				unit = "bytes/job"
			}
		}
		memory := v[swfRequestedMemory]
		if memory <= 0 && !metaCentrum && v[swfUsedMemory] > 0 {
			memory = v[swfUsedMemory]
			r.Rules |= swfRuleUsed
		}
		if memory > 0 {
			size, per, _ := strings.Cut(unit, "/")
			switch size {
			case "KB":
				memory *= 1 << 10
			case "MB":
				memory *= 1 << 20
			}
			if per == "processor" {
				memory *= math.Ceil(procs)
			}
			const mostBytes = 1 << 60
			if memory > mostBytes {
				return s.lines.Errorf("requested_mem_per_proc", "got %g bytes for the job, which no machine has; set memory_unit", memory)
			}
			r.Memory = int64(math.Ceil(memory))
		}
		if metaCentrum && s.o.MemoryUnit == "auto" {
			r.Rules |= swfRuleMetaCentrum
		}
	}
	switch v[swfStatus] {
	case 1:
		r.Status = StatusCompleted
	case 0:
		r.Status = StatusFailed
	case 5:
		r.Status = StatusCancelled
	case 2, 3, 4:
		// A checkpointed job has a line with status 0 or 1 for the whole and
		// these for its parts; the format's page says to use the whole only.
		r.Rules |= swfRulePartial
		r.LeaveOut = true
	}
	return nil
}
