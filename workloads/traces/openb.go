package traces

import (
	"math"

	"ecsim/workloads/units"
)

// The columns of openb pod lists; derived ones stand after openbSource.
const (
	openbName = iota
	openbCPU
	openbMemory
	openbGPUs
	openbGPUMilli
	openbGPUSpec
	openbQoS
	openbPhase
	openbCreation
	openbDeletion
	openbScheduled
	openbRun
	openbLife
	openbDelay
	openbShare
	openbColumns
	openbSource = openbScheduled + 1
)

var openbNames = [openbSource]string{"name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli", "gpu_spec",
	"qos", "pod_phase", "creation_time", "deletion_time", "scheduled_time"}

var _ = RegisterFormat(Format{
	Name:   "alibaba-openb",
	Doc:    "Pods of Alibaba's GPU cluster trace of 2023 (openb): CPU, memory and GPU requests with creation, scheduling and deletion times.",
	Source: "https://github.com/alibaba/clusterdata/tree/master/cluster-trace-gpu-v2023",
	Kind:   KindTasks,
	Columns: []Column{
		{Name: "name", Doc: "pod", Kind: Label},
		{Name: "cpu_milli", Doc: "1/1000 core; 1000 become 1024 CPU units, rounded up"},
		{Name: "memory_mib", Doc: "MiB"},
		{Name: "num_gpu", Doc: "GPUs", Kind: Code},
		{Name: "gpu_milli", Doc: "1/1000 of each GPU"},
		{Name: "gpu_spec", Doc: "GPU models allowed", Kind: Label},
		{Name: "qos", Doc: "class of service", Kind: Label},
		{Name: "pod_phase", Doc: "a label, not the end state", Kind: Label},
		{Name: "creation_time", Doc: "s since trace start: the arrival"},
		{Name: "deletion_time", Doc: "s since trace start"},
		{Name: "scheduled_time", Doc: "s since trace start; empty if never placed"},
		{Name: "run_time_s", Doc: "deletion - scheduled", Derived: true},
		{Name: "lifetime_s", Doc: "deletion - creation", Derived: true},
		{Name: "sched_delay_s", Doc: "scheduled - creation", Derived: true},
		{Name: "gpu_milli_sharing", Doc: "gpu_milli of pods with one GPU", Derived: true},
	},
	Usages: []Usage{
		{Name: "cpu_cores", Weight: func(v []float64) int64 { return wholeMilli(v[openbCPU]) }},
		{Name: "gpus", Weight: func(v []float64) int64 { return wholeMilli(v[openbGPUs] * v[openbGPUMilli]) }},
	},
	Rules: []string{"never scheduled, run time unknown: left out"},
	Sniff: func(head []byte, _ string) int {
		if sniffHeader(head, openbNames[openbCPU], openbNames[openbMemory], openbNames[openbCreation], openbNames[openbDeletion], openbNames[openbScheduled]) {
			return 95
		}
		return 0
	},
	OpenTasks: func(l *Lines, _ Options) (RecordSource, error) {
		rows, err := openCSV(l, "alibaba-openb", openbNames[openbCPU], openbNames[openbMemory], openbNames[openbCreation], openbNames[openbDeletion], openbNames[openbScheduled])
		if err != nil {
			return nil, err
		}
		p := &openb{rows: rows, intern: make(map[string]string)}
		for i, n := range openbNames {
			p.column[i] = rows.header.find(n)
		}
		return p, nil
	},
})

func wholeMilli(v float64) int64 {
	if v > 0 {
		return int64(v)
	}
	return 0
}

// openb reads pods.
type openb struct {
	rows   *csvRows
	column [openbSource]int // index in the row, -1 if the file lacks it
	values [openbColumns]float64
	labels [4]string
	intern map[string]string
}

func (p *openb) Values() []float64    { return p.values[:] }
func (p *openb) Labels() []string     { return p.labels[:] }
func (p *openb) Facts() []Fact        { return nil }
func (p *openb) Epoch() (int64, bool) { return 0, false }

// mostInterned bounds the memory of interned labels.
const mostInterned = 1 << 16

// label returns b as a string, the same one for equal labels.
func (p *openb) label(b []byte) string {
	if s, ok := p.intern[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(p.intern) < mostInterned {
		p.intern[s] = s
	}
	return s
}

// number reads column i as a whole number from 0 to most.
func (p *openb) number(i int, most int64) (int64, error) {
	c := p.column[i]
	if c < 0 {
		return 0, nil
	}
	n, ok := parseInt(p.rows.fields[c])
	if !ok || n < 0 || n > most {
		return 0, p.rows.bad(c, "a whole number of 0 or more")
	}
	p.values[i] = float64(n)
	return n, nil
}

// time reads column i as seconds, Unknown when empty.
func (p *openb) time(i int) (int64, error) {
	c := p.column[i]
	if len(p.rows.fields[c]) == 0 {
		return Unknown, nil
	}
	ns, ok := parseNano(p.rows.fields[c])
	if !ok || ns < 0 {
		return 0, p.rows.bad(c, "seconds since the start of the trace, 0 or more")
	}
	p.values[i] = float64(ns) / 1e9
	return ns, nil
}

func (p *openb) Next(r *Record) (bool, error) {
	ok, err := p.rows.next()
	if !ok || err != nil {
		return false, err
	}
	for i := range p.values {
		p.values[i] = math.NaN()
	}
	*r = Record{Line: p.rows.lines.Number(), Wait: Unknown, Run: Unknown, Use: Unknown}
	cpu, err := p.number(openbCPU, 1<<40)
	if err != nil {
		return false, err
	}
	memory, err := p.number(openbMemory, 1<<40)
	if err != nil {
		return false, err
	}
	gpus, err := p.number(openbGPUs, 1<<20)
	if err != nil {
		return false, err
	}
	milli, err := p.number(openbGPUMilli, 1<<20)
	if err != nil {
		return false, err
	}
	r.CPU = units.CPU(mulDivUp(cpu, int64(units.VCPU), 1000))
	r.Memory = memory << 20
	r.GPUMilli = gpus * 1000
	if gpus == 1 && p.column[openbGPUMilli] >= 0 {
		r.GPUMilli = milli
		p.values[openbShare] = float64(milli)
	}
	if r.At, err = p.time(openbCreation); err != nil {
		return false, err
	}
	if r.At < 0 {
		return false, p.rows.bad(p.column[openbCreation], "the creation time in seconds")
	}
	deleted, err := p.time(openbDeletion)
	if err != nil {
		return false, err
	}
	scheduled, err := p.time(openbScheduled)
	if err != nil {
		return false, err
	}
	p.derive(r, deleted, scheduled)
	for i, c := range [...]int{openbName, openbGPUSpec, openbQoS, openbPhase} {
		if p.labels[i] = ""; p.column[c] >= 0 {
			p.labels[i] = p.label(p.rows.fields[p.column[c]])
		}
	}
	return true, nil
}

// derive fills in run time, wait and the derived columns. The phase is a
// label at the time of export, not the end state, so it sets no status.
func (p *openb) derive(r *Record, deleted, scheduled int64) {
	if deleted >= 0 {
		p.values[openbLife] = float64(deleted-r.At) / 1e9
	}
	if scheduled < 0 {
		// Pods without a scheduling time never ran, yet have a deletion time.
		r.Rules, r.LeaveOut = 1, true
		return
	}
	r.Wait = max(scheduled-r.At, 0)
	p.values[openbDelay] = float64(scheduled-r.At) / 1e9
	if deleted >= 0 {
		r.Run = deleted - scheduled
		p.values[openbRun] = float64(r.Run) / 1e9
	}
}
