package traces

import "ecsim/workloads/units"

// Unknown marks a time, memory or work that a trace does not give.
const Unknown = -1

// Status is how a record ended.
type Status uint8

// How a record ended.
const (
	StatusUnknown Status = iota
	StatusCompleted
	StatusFailed
	StatusCancelled
)

// Record is one row of a tasks trace as its format reads it, before the rules
// that all formats share.
type Record struct {
	Line int64 // in the file, from 1
	At   int64 // arrival in ns on the trace's clock
	Wait int64 // recorded wait in ns, or Unknown
	Run  int64 // run time in ns, or negative for unknown; 0 becomes 1 s

	CPU    units.CPU // of the whole record; negative is unknown
	Memory int64     // bytes of the whole record, or Unknown
	// GPUMilli is thousandths of a GPU; the task gets whole ones.
	GPUMilli int64
	// Parallel says that the record is a parallel job, which Options.Split cuts
	// into tasks.
	Parallel bool

	Work        units.Work // set instead of Run; 0 is none
	ParallelCap units.CPU  // most CPU a Work record can use at once; 0 is no cap
	Use         units.PPM  // CPU used as a share of CPU; negative is the whole
	Priority    int32
	Deadline    int64 // latest finish in ns on the trace's clock; 0 is none

	Status Status
	// Rules has bit i set where the format applied its rule i to this row, and
	// LeaveOut where that rule leaves the record out.
	Rules    uint32
	LeaveOut bool
}

// Fact is one line of a trace's header.
type Fact struct{ Key, Value string }

// RecordSource reads the rows of a tasks trace in file order.
type RecordSource interface {
	// Next overwrites r with the next row, false at the end. After an *Error
	// whose Row is set it can go on with the row after.
	Next(r *Record) (bool, error)
	// Values are the columns of the last row in the order of Format.Columns,
	// NaN where empty and for labels; valid until the next row.
	Values() []float64
	// Labels are the columns of kind Label of the last row, in column order.
	Labels() []string
	// Facts are the header lines read so far.
	Facts() []Fact
	// Epoch is the Unix time in ns of the trace clock's zero, false when the
	// rows read so far do not say.
	Epoch() (int64, bool)
}

// Accounting says what became of the records of a trace.
type Accounting struct {
	Records int64 // submitted inside the window: jobs, pods or rows
	LeftOut int64 // of these, without a task
	Outside int64 // outside the window, not in Records
	Tasks   int64 // after parallel jobs are split
}
