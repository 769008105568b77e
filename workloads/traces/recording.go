package traces

import (
	"slices"
	"sort"
	"sync"
	"unsafe"

	"ecsim/workloads"
)

// Recording is a tasks trace that is parsed once and replayed many times, also
// side by side: what a replay has read is kept for all others, and no more of
// the file is read than the longest replay asks for. A replay of a recording
// gives what a Reader of the file gives, to the byte, errors included.
//
// A trace that grows beyond the bound is not kept: its replays read the file,
// each for itself.
type Recording struct {
	in   Opener
	o    Options
	most int64 // bytes of tasks and counts kept

	mu       sync.Mutex
	reader   *Reader // nil before the first replay, and after the end
	resolved Options // the reader's
	format   Format
	blocks   [][]workloads.Task // all but the last full
	tasks    int
	courses  [counters][]turn
	ended    bool
	failed   error // what follows the last task; nil at the end of the file
	over     bool  // beyond the bound, or closed: the rest is not kept
	bytes    int64
	shapes   *workloads.Shapes // the reader's
}

// recordBlock is how many tasks are read, and handed out, at a time.
const recordBlock = 4096

// turn is a count's value from the replay's call number from on.
type turn struct {
	from  int
	value int64
}

// The counts that are followed: the accounting, then the shared rules, then the
// format's own.
const (
	countRecords = iota // less the tasks: it rarely differs from them
	countLeftOut
	countOutside
	countRules
	counters = countRules + ruleCount + 32
)

// NewRecording prepares the recording of a trace, of which most bytes are kept.
// Nothing is opened before the first replay.
func NewRecording(in Opener, o Options, most int64) *Recording {
	return &Recording{in: in, o: o, most: most}
}

// Bytes is how much memory is held now.
func (r *Recording) Bytes() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bytes
}

// Close closes the file. What replays go on to read beyond what is kept, they
// read from the file again.
func (r *Recording) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = r.over || !r.ended
	return r.close()
}

func (r *Recording) close() error {
	if r.reader == nil {
		return nil
	}
	err := r.reader.Close()
	r.reader = nil
	return err
}

// Replay begins at the first task. The error is that of opening the trace.
func (r *Recording) Replay() (Source, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return OpenFrom(r.in, r.o)
	}
	if r.reader == nil && !r.ended {
		reader, err := OpenFrom(r.in, r.o)
		if err != nil {
			return nil, err
		}
		r.reader, r.resolved, r.format, r.shapes = reader, reader.o, reader.format, &reader.shapes
	}
	return &replay{r: r}, nil
}

// Source is a tasks trace being replayed.
type Source interface {
	workloads.Tasks
	workloads.Reporter
	Accounting() Accounting
	Close() error
}

// extend reads the next block. The lock is held.
func (r *Recording) extend() {
	block := make([]workloads.Task, 0, recordBlock)
	for len(block) < recordBlock {
		var t workloads.Task
		ok, err := r.reader.Next(&t)
		if ok {
			block = append(block, t)
			r.tasks++
		}
		call := r.tasks
		if !ok {
			call++ // the call that finds the end counts too: rows without tasks may stand there
		}
		r.follow(call)
		if !ok {
			r.ended, r.failed = true, err
			r.close()
			block = slices.Clip(block)
			break
		}
	}
	r.blocks = append(r.blocks, block)
	r.bytes += int64(cap(block)) * int64(unsafe.Sizeof(workloads.Task{}))
	if r.bytes > r.most {
		// The counts stay, for replays that have yet to use up their block.
		r.over, r.blocks, r.bytes = true, nil, 0
		r.close()
	}
}

// follow notes every count that is not what it was a call ago.
func (r *Recording) follow(call int) {
	a := &r.reader.acc
	r.count(countRecords, call, a.Records-a.Tasks)
	r.count(countLeftOut, call, a.LeftOut)
	r.count(countOutside, call, a.Outside)
	for i, n := range r.reader.rules {
		r.count(countRules+i, call, n)
	}
	for i, n := range r.reader.own[:len(r.format.Rules)] {
		r.count(countRules+ruleCount+i, call, n)
	}
}

func (r *Recording) count(which, call int, n int64) {
	c := r.courses[which]
	if len(c) == 0 && n == 0 || len(c) > 0 && c[len(c)-1].value == n {
		return
	}
	r.courses[which] = append(c, turn{call, n})
	r.bytes += int64(unsafe.Sizeof(turn{}))
}

// at is a count after so many calls. The lock is held.
func (r *Recording) at(which, calls int) int64 {
	c := r.courses[which]
	i := sort.Search(len(c), func(i int) bool { return c[i].from > calls })
	if i == 0 {
		return 0
	}
	return c[i-1].value
}

// replay is one replay of a recording.
type replay struct {
	r      *Recording
	block  []workloads.Task
	k      int // the next in block
	taken  int // tasks, in all
	calls  int // of Next, the one that found the end included
	shapes workloads.Shapes
	own    *Reader // what follows is read from the file; nil while it is kept
}

// Shapes returns the table that Task.Shape refers to.
func (p *replay) Shapes() *workloads.Shapes { return &p.shapes }

// Next fills t with the next task, as Reader.Next does.
func (p *replay) Next(t *workloads.Task) (bool, error) {
	if p.k == len(p.block) {
		if p.own == nil {
			if more, err := p.fetch(); !more {
				return false, err
			}
		}
		if p.own != nil {
			ok, err := p.own.Next(t)
			if p.own.shapes.Len() != p.shapes.Len() {
				p.shapes = p.own.shapes.Snapshot()
			}
			return ok, err
		}
	}
	*t = p.block[p.k]
	p.k++
	p.taken++
	p.calls = p.taken
	return true, nil
}

// fetch takes the next block; false at the end.
func (p *replay) fetch() (bool, error) {
	r := p.r
	r.mu.Lock()
	defer r.mu.Unlock()
	for !r.over && p.taken >= r.tasks && !r.ended {
		r.extend()
	}
	switch n := p.taken / recordBlock; {
	case r.over && n >= len(r.blocks):
		err := p.leave()
		return err == nil, err
	case p.taken >= r.tasks:
		p.calls = p.taken + 1
		return false, r.failed
	default:
		p.block, p.k = r.blocks[n], 0
	}
	p.shapes = r.shapes.Snapshot()
	return true, nil
}

// leave goes on in the file itself, after the tasks taken.
func (p *replay) leave() error {
	own, err := OpenFrom(p.r.in, p.r.o)
	if err != nil {
		return err
	}
	p.own, p.block, p.k = own, nil, 0
	var t workloads.Task
	for range p.taken {
		if ok, err := own.Next(&t); !ok || err != nil {
			return err
		}
	}
	return nil
}

// Accounting returns what became of the records read so far.
func (p *replay) Accounting() Accounting {
	if p.own != nil {
		return p.own.Accounting()
	}
	p.r.mu.Lock()
	defer p.r.mu.Unlock()
	n := int64(p.taken)
	return Accounting{Records: p.r.at(countRecords, p.calls) + n, LeftOut: p.r.at(countLeftOut, p.calls),
		Outside: p.r.at(countOutside, p.calls), Tasks: n}
}

// LeftOut is the number of submitted records that produced no task so far.
func (p *replay) LeftOut() int64 { return p.Accounting().LeftOut }

// Oddities lists the rules applied so far, in a fixed order.
func (p *replay) Oddities() []workloads.Oddity {
	if p.own != nil {
		return p.own.Oddities()
	}
	p.r.mu.Lock()
	defer p.r.mu.Unlock()
	var rules [ruleCount]int64
	var own [32]int64
	for i := range rules {
		rules[i] = p.r.at(countRules+i, p.calls)
	}
	for i := range own {
		own[i] = p.r.at(countRules+ruleCount+i, p.calls)
	}
	return oddities(&p.r.resolved, &p.r.format, &rules, &own)
}

// Close closes what this replay alone had open.
func (p *replay) Close() error {
	if p.own != nil {
		return p.own.Close()
	}
	return nil
}
