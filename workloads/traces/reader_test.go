package traces

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// swfLine makes a job line.
func swfLine(job, submit, run, alloc, used, req, mem, status int) string {
	return fmt.Sprintf("%d %d 0 %d %d -1 %d %d -1 %d %d 1 1 1 1 1 -1 -1\n", job, submit, run, alloc, used, req, mem, status)
}

func mustRead(t testing.TB, format, text string, o Options) outcome {
	t.Helper()
	f, ok := Lookup(format)
	if !ok {
		t.Fatalf("no format %s", format)
	}
	o.Format = format
	all, err := read(t, Bytes("x", []byte(text)), f, o)
	if err != nil && !errors.Is(err, ErrNoTask) {
		t.Fatal(err)
	}
	return all
}

// TestNothingToReplay: a replay of no task is refused with the reason, since
// its answer would be that of a load that costs nothing.
func TestNothingToReplay(t *testing.T) {
	header := "; UnixStartTime : 1700000000\n"
	job := swfLine(1, 5, 60, 1, -1, 1, 512<<10, 1)
	for _, c := range []struct {
		name, text, format string
		o                  Options
		want               string // "" when there is a task
	}{
		{"one job", header + job, "swf", Options{}, ""},
		{"a header alone", header, "swf", Options{}, "x: the file holds no record"},
		{"a CSV header alone", "at,run_time,cpu\n", "task-csv", Options{}, "x: the file holds no record"},
		{"lines that end in CR", strings.ReplaceAll(header+job, "\n", "\r"), "swf", Options{}, "x: the file holds no record"},
		{"no overlap with the window", header + job, "swf", Options{From: "1d"}, "x: got no task of 1 record: 1 outside the window, 0 left out; set from and until"},
		{"an empty window", header + job, "swf", Options{Until: "0s"}, "x: got no task of 1 record: 1 outside the window"},
		{"all skipped", header + "1 2 3\n4 5 6\n", "swf", Options{OnError: "skip"}, "x: got no task of 2 records: 0 outside the window, 2 left out"},
	} {
		o := c.o
		o.Format = c.format
		f, _ := Lookup(c.format)
		all, err := read(t, Bytes("x", []byte(c.text)), f, o)
		if c.want == "" && (err != nil || len(all.tasks) != 1) || c.want != "" && (!errors.Is(err, ErrNoTask) || !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("%s: got %d tasks and %v, want %q", c.name, len(all.tasks), err, c.want)
		}
		d, err := DescribeFrom(Bytes("x", []byte(c.text)), o)
		if err != nil || !strings.HasPrefix(d.ReplayError, c.want) || c.want == "" && d.ReplayError != "" {
			t.Errorf("%s: described %+v, %v, want the fault %q", c.name, d, err, c.want)
		}
	}
}

// TestRatesOptions: an option that a trace of tasks would ignore is refused.
func TestRatesOptions(t *testing.T) {
	for key, o := range map[string]Options{"column": {Column: "a"}, "unit": {Unit: "percent"}, "fill": {Fill: "hold"}, "step": {Step: 1}} {
		if _, err := OpenFrom(Bytes("x", []byte(swfLine(1, 5, 60, 1, -1, 1, 1, 1))), o); err == nil || !strings.HasPrefix(err.Error(), key+": ") {
			t.Errorf("%s: got %v", key, err)
		}
	}
}

// TestColumnsAmiss: a log of another number of columns is told so by line, not
// that it is of no known format.
func TestColumnsAmiss(t *testing.T) {
	line := strings.TrimSuffix(swfLine(1, 5, 60, 1, -1, 1, 512<<10, 1), "\n")
	for _, text := range []string{line + " -1\n", line + " -1 -1\n", line + " ; note\n", line[:len(line)-3] + "\n"} {
		_, err := Sniff(write(t, "a.swf", "; Version: 2.2\n"+text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		f, _ := Lookup("swf")
		if _, err := read(t, Bytes("x", []byte("; Version: 2.2\n"+text)), f, Options{Format: "swf"}); err == nil || !strings.HasPrefix(err.Error(), "x:2: columns: got ") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestRules: what each rule makes of a job, and that it is counted.
func TestRules(t *testing.T) {
	vcpu := workloads.Shape{CPU: 1024, Memory: 512}
	for _, c := range []struct {
		name, line string
		o          Options
		tasks      []workloads.Shape
		run        sim.Time
		rule       string // the first one counted
	}{
		{"plain", swfLine(1, 5, 60, 1, -1, 1, 512<<10, 1), Options{}, []workloads.Shape{vcpu}, 60e9, ""},
		{"exponents", strings.Replace(swfLine(1, 5, 60, 1, -1, 1, 512<<10, 1), " 60 ", " 6e+01 ", 1), Options{}, []workloads.Shape{vcpu}, 60e9, ""},
		{"zero run time", swfLine(1, 5, 0, 1, -1, 1, 512<<10, 1), Options{}, []workloads.Shape{vcpu}, 1e9, "run time zero: 1 s taken"},
		{"unknown run time", swfLine(1, 5, -1, 1, -1, 1, 512<<10, 1), Options{}, nil, 0, "run time negative or unknown: left out"},
		{"memory rounds up", swfLine(1, 5, 60, 1, -1, 1, 512<<10-1, 1), Options{}, []workloads.Shape{vcpu}, 60e9, ""},
		{"memory from use", swfLine(1, 5, 60, 1, 512<<10, 1, -1, 1), Options{}, []workloads.Shape{vcpu}, 60e9, "requested memory unknown: used memory taken"},
		{"memory assumed", swfLine(1, 5, 60, 1, -1, 1, -1, 1), Options{Memory: 3 * units.GiB}, []workloads.Shape{{CPU: 1024, Memory: 3072}}, 60e9, "memory unknown: 3 GiB per vCPU assumed"},
		{"memory in MB for the job", swfLine(1, 5, 60, 2, -1, 2, 1024, 1), Options{MemoryUnit: "MB/job"}, []workloads.Shape{vcpu, vcpu}, 60e9, "parallel job: split into tasks of at most 1 vCPU, not a gang"},
		{"split with a rest", swfLine(1, 5, 60, 5, -1, 5, 512<<10, 1), Options{Split: 2 * units.VCPU},
			[]workloads.Shape{{CPU: 2048, Memory: 1024}, {CPU: 2048, Memory: 1024}, vcpu}, 60e9, "parallel job: split into tasks of at most 2 vCPU, not a gang"},
		{"split below a processor", swfLine(1, 5, 60, 1, -1, 1, 512<<10, 1), Options{Split: 512}, []workloads.Shape{{CPU: 512, Memory: 256}, {CPU: 512, Memory: 256}}, 60e9,
			"parallel job: split into tasks of at most 512 units, not a gang"},
		{"requested wins", swfLine(1, 5, 60, 9, -1, 1, 512<<10, 1), Options{}, []workloads.Shape{vcpu}, 60e9, ""},
		{"allocated on request", swfLine(1, 5, 60, 1, -1, 9, 512<<10, 1), Options{Processors: "allocated"}, []workloads.Shape{vcpu}, 60e9, ""},
		{"requested unknown", swfLine(1, 5, 60, 1, -1, -1, 512<<10, 1), Options{}, []workloads.Shape{vcpu}, 60e9, "requested or allocated processors unknown: the other count taken"},
		{"no processors", swfLine(1, 5, 60, -1, -1, 0, 512<<10, 1), Options{}, nil, 0, "processors or CPU unknown: left out"},
		{"part of a job", swfLine(1, 5, 60, 1, -1, 1, 512<<10, 3), Options{}, nil, 0, "status 2-4, a part of a job summed up elsewhere: left out"},
		{"failed counts", swfLine(1, 5, 60, 1, -1, 1, 512<<10, 0), Options{}, []workloads.Shape{vcpu}, 60e9, ""},
		{"failed filtered", swfLine(1, 5, 60, 1, -1, 1, 512<<10, 0), Options{Status: "completed"}, nil, 0, `status not completed: left out (status = "completed")`},
		{"unknown status stays", swfLine(1, 5, 60, 1, -1, 1, 512<<10, -1), Options{Status: "completed"}, []workloads.Shape{vcpu}, 60e9, ""},
		{"MetaCentrum: bytes of the job", strings.TrimSuffix(swfLine(1, 5, 60, 2, 1024, 2, 1<<30, 1), "\n") + " {7,7} q_1h 1:ppn=2\n", Options{},
			[]workloads.Shape{vcpu, vcpu}, 60e9, "parallel job: split into tasks of at most 1 vCPU, not a gang"},
		{"MetaCentrum: its used memory says nothing", strings.TrimSuffix(swfLine(1, 5, 60, 1, 1024, 1, -1, 1), "\n") + " {7} q_1h 1:ppn=2\n", Options{},
			[]workloads.Shape{{CPU: 1024, Memory: 2048}}, 60e9, "memory unknown: 2 GiB per vCPU assumed"},
		{"MetaCentrum overridden", strings.TrimSuffix(swfLine(1, 5, 60, 1, 1024, 1, 512<<10, 1), "\n") + " {7} q_1h 1:ppn=2\n", Options{MemoryUnit: "KB/processor"},
			[]workloads.Shape{vcpu}, 60e9, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			all := mustRead(t, "swf", c.line, c.o)
			var shapes []workloads.Shape
			for _, task := range all.tasks {
				shapes = append(shapes, all.shapes[task.Shape])
				if task.At != 0 || task.Run != c.run || task.UsePPM != units.One {
					t.Errorf("got %+v, want it at 0 for %d with all its CPU", task, c.run)
				}
			}
			if !slices.Equal(shapes, c.tasks) {
				t.Errorf("got tasks of %v, want %v", shapes, c.tasks)
			}
			rule := ""
			if len(all.odd) > 0 {
				rule = all.odd[0].Rule
			}
			if rule != c.rule {
				t.Errorf("got rule %q, want %q", rule, c.rule)
			}
			if left := int64(1 - min(len(c.tasks), 1)); all.acc.Records != 1 || all.acc.LeftOut != left {
				t.Errorf("got %+v, want one record, %d left out", all.acc, left)
			}
		})
	}
}

// TestOpenbRules: milli-CPU to CPU units and GPU shares round up, and pods
// never scheduled are left out though they have a deletion time.
func TestOpenbRules(t *testing.T) {
	all := mustRead(t, "alibaba-openb", strings.Join(openbNames[:], ",")+`
a,1000,100,0,0,,LS,Running,50,99,60
b,1250,100,1,250,,LS,Failed,50,99,60
c,1,100,8,1000,,LS,Running,51,52,51
d,1000,100,1,1000,,LS,Pending,52,99,
`, Options{})
	want := []workloads.Shape{{CPU: 1024, Memory: 100}, {CPU: 1280, Memory: 100, GPU: 1}, {CPU: 2, Memory: 100, GPU: 8}}
	if !slices.Equal(all.shapes, want) {
		t.Errorf("got shapes %v, want %v", all.shapes, want)
	}
	if all.tasks[0].Run != 39*sim.Time(second) || all.tasks[2].At != sim.Time(second) {
		t.Errorf("got %+v, want a run from scheduling to deletion and arrivals from the first pod", all.tasks)
	}
	if all.acc != (Accounting{Records: 4, LeftOut: 1, Tasks: 3}) {
		t.Errorf("got %+v", all.acc)
	}
}

// TestBusy: what one job gives back another may take at the same time.
func TestBusy(t *testing.T) {
	d, err := DescribeFrom(Bytes("x", []byte(swfLine(1, 0, 60, 4, -1, 4, 1, 1)+swfLine(2, 60, 30, 2, -1, 2, 1, 1)+swfLine(3, 60, 30, 1, -1, 1, 1, 1))), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := d.Tasks.Busy[0], (Busy{Name: "processors", Mean: (4*60 + 3*30) / 90.0, Peak: 4}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestFleets: machines of one shape are counted together, in order of first
// appearance, and what they have rounds down.
func TestFleets(t *testing.T) {
	for _, c := range []struct {
		format, text string
		want         []Machine
	}{
		{"alibaba-openb-nodes", "sn,cpu_milli,memory_mib,gpu,model\na,1500,2048,0,\nb,999,1024,2,T4\nc,1500,2048,0,\nd,1500,2048,0,\n",
			[]Machine{{CPU: 1536, Memory: 2048, Count: 3}, {Model: "T4", CPU: 1022, Memory: 1024, GPU: 2, Count: 1}}},
		{"swf-machines", "0\ta\t4\t16\t1\t2097152\n1\tb\t1\t2\t1\t1023\n2\ta\t3\t16\t1\t2097152\n",
			[]Machine{{Model: "a", CPU: 16 * units.VCPU, Memory: 2048, Count: 7}, {Model: "b", CPU: 2 * units.VCPU, Memory: 0, Count: 1}}},
	} {
		if got := mustRead(t, c.format, c.text, Options{}).fleet; !slices.Equal(got, c.want) {
			t.Errorf("%s: got %+v, want %+v", c.format, got, c.want)
		}
	}
}

// TestSplitKeepsTheJob: whatever the split, a job's tasks have its processors
// and at least its memory, and arrive together with its run time.
func TestSplitKeepsTheJob(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		procs := rapid.IntRange(1, 300).Draw(rt, "procs")
		kb := rapid.IntRange(1, 1<<24).Draw(rt, "KB")
		split := units.CPU(rapid.IntRange(1, 20_000).Draw(rt, "split"))
		all := mustRead(t, "swf", swfLine(1, 9, 60, procs, -1, procs, kb, 1), Options{Split: split})
		d, err := DescribeFrom(Bytes("x", []byte(swfLine(1, 9, 60, procs, -1, procs, kb, 1))), Options{Split: split})
		if err != nil || d.Accounting != all.acc {
			rt.Fatalf("described as %+v (%v), replayed as %+v", d.Accounting, err, all.acc)
		}
		var cpu units.CPU
		var memory units.MiB
		for _, task := range all.tasks {
			s := all.shapes[task.Shape]
			cpu, memory = cpu+s.CPU, memory+s.Memory
			if s.CPU > split || s.CPU < 1 {
				rt.Fatalf("task of %d CPU units, want 1 to %d", s.CPU, split)
			}
		}
		whole := units.CPU(procs) * units.VCPU
		if n := (whole + split - 1) / split; cpu != whole || len(all.tasks) != int(n) {
			rt.Fatalf("%d tasks of %d units together, want %d of %d", len(all.tasks), cpu, n, whole)
		}
		exact := int64(kb) * int64(procs) // KB
		if got := int64(memory) << 10; got < exact || got >= exact+int64(len(all.tasks))<<10 {
			rt.Fatalf("memory %d KB, want %d, at most a MiB more a task", got, exact)
		}
	})
}

// TestReorder: rows within the buffer come out as a stable sort; rows beyond
// it are an error that says how far, or are counted.
func TestReorder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		limit := rapid.IntRange(1, 40).Draw(rt, "reorder_rows")
		times := rapid.SliceOfN(rapid.IntRange(0, 50), 1, 200).Draw(rt, "times")
		var text strings.Builder
		type row struct{ at, run int }
		rows := make([]row, len(times))
		for i, at := range times {
			rows[i] = row{at, i + 1}
			text.WriteString(swfLine(i, at, i+1, 1, -1, 1, 1024, 1))
		}
		// The buffer works if each row has at most limit rows above it that
		// are later than it.
		fits := true
		for i := range rows {
			later := 0
			for _, r := range rows[:i] {
				if r.at > rows[i].at {
					later++
				}
			}
			fits = fits && later <= limit
		}
		f, _ := Lookup("swf")
		all, err := read(t, Bytes("x", []byte(text.String())), f, Options{ReorderRows: limit})
		if !fits {
			if err == nil {
				return // a row may be later by more rows than it passes
			}
			if !strings.Contains(err.Error(), "sort the file by arrival or raise reorder_rows") {
				rt.Fatalf("got %v", err)
			}
			skipped, err := read(t, Bytes("x", []byte(text.String())), f, Options{ReorderRows: limit, OnError: "skip"})
			if err != nil || skipped.acc.LeftOut == 0 || skipped.acc.LeftOut+skipped.acc.Tasks != int64(len(rows)) {
				rt.Fatalf("skipping: %+v, %v", skipped.acc, err)
			}
			return
		}
		if err != nil {
			rt.Fatalf("each row is within %d rows of its place, got %v", limit, err)
		}
		slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.at, b.at) })
		for i, task := range all.tasks {
			if task.Run != sim.Time(rows[i].run)*sim.Second || task.At != sim.Time(rows[i].at-rows[0].at)*sim.Second {
				rt.Fatalf("task %d is %+v, want %+v", i, task, rows[i])
			}
		}
	})
}

// TestWindow: the window cuts by arrival, makes its start zero, and counts
// what lies outside.
func TestWindow(t *testing.T) {
	text := "; UnixStartTime: 1700000000\n"
	for i := range 10 {
		text += swfLine(i, 1000+i*10, 60, 1, -1, 1, 1024, 1)
	}
	for _, c := range []struct {
		from, until, origin string
		first               sim.Time
		tasks, outside      int64
	}{
		{"", "", "", 0, 10, 0},
		{"", "", "zero", 1000e9, 10, 0},
		{"15s", "", "", 5e9, 8, 2},
		{"20s", "40s", "", 0, 2, 8},
		{"2023-11-14T22:30:30Z", "2023-11-14 22:31:00", "", 0, 3, 7}, // 1700001030
		{"2023-11-14T23:30:25+01:00", "", "", 5e9, 7, 3},
		{"1d", "", "", 0, 0, 10},
	} {
		all := mustRead(t, "swf", text, Options{From: c.from, Until: c.until, Origin: c.origin})
		if all.acc.Tasks != c.tasks || all.acc.Outside != c.outside || c.tasks > 0 && all.tasks[0].At != c.first {
			t.Errorf("from %q until %q: %+v, want %d tasks, %d outside, the first at %d", c.from, c.until, all.acc, c.tasks, c.outside, c.first)
		}
		d, err := DescribeFrom(Bytes("x", []byte(text)), Options{From: c.from, Until: c.until, Origin: c.origin})
		if err != nil || d.Tasks.Records != c.tasks {
			t.Errorf("from %q until %q: described %+v, %v, want %d records", c.from, c.until, d, err, c.tasks)
		}
	}
	f, _ := Lookup("swf")
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{From: "40s", Until: "20s"}, "until: got \"20s\", which is not after from"},
		{Options{From: "2023-11-14T22:30:30Z"}, "from: the trace has no calendar dates"},
	} {
		_, err := read(t, Bytes("x", []byte(swfLine(1, 5, 60, 1, -1, 1, 1024, 1))), f, c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// TestEpoch: the calendar time of time zero, from the header, from Unix
// submit times, or none.
func TestEpoch(t *testing.T) {
	row := swfLine(1, 600, 60, 1, -1, 1, 1024, 1)
	for _, c := range []struct{ text, zone, want string }{
		{"; UnixStartTime: 1700000000\n" + row, "", "2023-11-14 22:23:20 +0000 UTC"},
		{"; UnixStartTime: 1700000000\n" + row, "Europe/Berlin", "2023-11-14 23:23:20 +0100 CET"},
		{swfLine(1, 1700000600, 60, 1, -1, 1, 1024, 1), "", "2023-11-14 22:23:20 +0000 UTC"},
		{row, "", ""},
	} {
		r, err := OpenFrom(Bytes("x", []byte(c.text)), Options{TimeZone: c.zone})
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := r.Epoch(); ok {
			t.Error("time zero is known before anything was read")
		}
		var task workloads.Task
		if _, err := r.Next(&task); err != nil {
			t.Fatal(err)
		}
		got := ""
		if at, ok := r.Epoch(); ok {
			got = at.String()
		}
		if got != c.want || task.At != 0 {
			t.Errorf("time zero is %q, the task at %d; want %q and 0", got, task.At, c.want)
		}
	}
}

// fixed is a list of tasks as a source.
type fixed struct {
	tasks  []workloads.Task
	shapes workloads.Shapes
}

func (f *fixed) Shapes() *workloads.Shapes { return &f.shapes }
func (f *fixed) Next(t *workloads.Task) (bool, error) {
	if len(f.tasks) == 0 {
		return false, nil
	}
	*t, f.tasks = f.tasks[0], f.tasks[1:]
	return true, nil
}

// TestTaskCSVRoundTrip: what WriteTasks writes reads back equal.
func TestTaskCSVRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var f fixed
		var at sim.Time
		for i := range rapid.IntRange(1, 30).Draw(rt, "tasks") {
			at += sim.Time(rapid.Int64Range(0, 1e15).Draw(rt, "gap"))
			task := workloads.Task{At: at, Index: uint64(i), Priority: rapid.Int32().Draw(rt, "priority"),
				UsePPM: units.PPM(rapid.Int64Range(0, 2_000_000).Draw(rt, "use"))}
			if rapid.Bool().Draw(rt, "work") {
				task.Work = units.Work(rapid.Int64Range(1, 1e17).Draw(rt, "vCPU-ns"))
				task.Parallel = units.CPU(rapid.Int64Range(0, 1<<20).Draw(rt, "parallel"))
			} else {
				task.Run = sim.Time(rapid.Int64Range(1, 1e17).Draw(rt, "run"))
			}
			if rapid.Bool().Draw(rt, "has deadline") {
				task.Deadline = at + sim.Time(rapid.Int64Range(1, 1e15).Draw(rt, "deadline"))
			}
			task.Shape = f.shapes.Intern(workloads.Shape{CPU: units.CPU(rapid.IntRange(0, 4).Draw(rt, "cpu")) * 256, Memory: units.MiB(rapid.IntRange(0, 3).Draw(rt, "memory")), GPU: rapid.IntRange(0, 2).Draw(rt, "gpu")})
			f.tasks = append(f.tasks, task)
		}
		want := slices.Clone(f.tasks)
		var text strings.Builder
		if n, err := WriteTasks(&text, &f); err != nil || n != int64(len(want)) {
			rt.Fatalf("wrote %d of %d tasks: %v", n, len(want), err)
		}
		all := mustRead(t, "task-csv", text.String(), Options{})
		var shapes []workloads.Shape
		for i := range f.shapes.Len() {
			shapes = append(shapes, f.shapes.At(int32(i)))
		}
		if !reflect.DeepEqual(all.tasks, want) || !reflect.DeepEqual(all.shapes, shapes) {
			rt.Fatalf("read back\n%+v, want\n%+v\nfrom\n%s", all.tasks, want, text.String())
		}
	})
	var f fixed
	f.tasks = []workloads.Task{{Shape: f.shapes.Intern(workloads.Shape{})}}
	if _, err := WriteTasks(&strings.Builder{}, &f); err == nil {
		t.Error("a task with neither run time nor work was written")
	}
}

// TestTaskCSVForms: every form a field may have.
func TestTaskCSVForms(t *testing.T) {
	all := mustRead(t, "task-csv", "CPU; At ;Run_Time;memory;use;GPU;deadline;note\n"+
		`"0.5 vCPU";2026-11-23T08:00:00Z;1m30s;"1 GB";50%;0.25;2026-11-23 09:00;"a ""b"""`+"\n"+
		"512;2026/11/23 09:00:00 +01:00;90;1024;0.5;1;1h;\n", Options{})
	if len(all.tasks) != 2 || all.tasks[0].Shape != all.tasks[1].Shape || all.tasks[0].Deadline != all.tasks[1].Deadline || all.tasks[0].Deadline != sim.Hour || all.tasks[0].UsePPM != all.tasks[1].UsePPM {
		t.Fatalf("got %+v, want two equal tasks due in an hour", all.tasks)
	}
	if a := all.tasks[0]; a.At != 0 || a.Run != 90*sim.Second || a.UsePPM != 500_000 || all.shapes[a.Shape] != (workloads.Shape{CPU: 512, Memory: 1024, GPU: 1}) {
		t.Errorf("got %+v of %+v", a, all.shapes)
	}
}

// TestNextDoesNotAllocate: a line of SWF costs no allocation.
func TestNextDoesNotAllocate(t *testing.T) {
	var text strings.Builder
	for i := range 20_000 {
		text.WriteString(swfLine(i, i, 60, i%7, -1, i%7, 1024, 1))
	}
	r, err := OpenFrom(Bytes("x", []byte(text.String())), Options{ReorderRows: 100})
	if err != nil {
		t.Fatal(err)
	}
	var task workloads.Task
	for range 5_000 {
		if _, err := r.Next(&task); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(5_000, func() {
		if ok, err := r.Next(&task); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}); n != 0 {
		t.Errorf("Next allocates %v times a task, want 0", n)
	}
}

// BenchmarkSWF reports the speed of parsing, of the uncompressed text.
func BenchmarkSWF(b *testing.B) {
	var text strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&text, "%5d %8d %6d %6d %4d %6d %6d %4d %6d %7d %2d %3d %3d %2d %2d %2d -1 -1\n", i, i*29, i%999, 222, 1, -1, -1, 1, 14400, 1200000, 1, 1, 1, -1, 1, -1)
	}
	in := Bytes("x", []byte(text.String()))
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		r, err := OpenFrom(in, Options{})
		if err != nil {
			b.Fatal(err)
		}
		var task workloads.Task
		for {
			ok, err := r.Next(&task)
			if err != nil {
				b.Fatal(err)
			}
			if !ok {
				break
			}
		}
	}
}
