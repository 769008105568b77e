package traces

import (
	"strings"
	"testing"

	"ecsim/workloads"
)

// fuzzFormat feeds one format with anything: no panic, an error or an end,
// times in order (read checks it), and errors that name the file.
func fuzzFormat(f *testing.F, name string, more ...string) {
	format, ok := Lookup(name)
	if !ok {
		f.Fatalf("no format %s", name)
	}
	_, text := fixture(f, format)
	f.Add(text, false)
	f.Add(pack(text), true)
	for _, m := range more {
		f.Add([]byte(m), true)
	}
	f.Fuzz(func(t *testing.T, text []byte, skip bool) {
		o := Options{Format: name, ReorderRows: 50}
		if skip {
			o.OnError = "skip"
		}
		in := Opener{Name: "fuzzed", Open: Bytes("", text).Open}
		err := readAtMost(t, in, format, o)
		if err != nil && !strings.HasPrefix(err.Error(), "fuzzed") {
			t.Errorf("the error does not name the file: %v", err)
		}
		if err == nil {
			if d, err := DescribeFrom(in, o); err != nil {
				t.Errorf("it can be replayed, but described it gives %v", err)
			} else if err := d.Print(&strings.Builder{}); err != nil {
				t.Error(err)
			}
		}
	})
}

// readAtMost is read for tasks cut off after many: one line of a parallel job
// can make a billion of them.
func readAtMost(t *testing.T, in Opener, f Format, o Options) error {
	if f.Kind != KindTasks {
		_, err := read(t, in, f, o)
		return err
	}
	r, err := OpenFrom(in, o)
	if err != nil {
		return err
	}
	defer r.Close()
	var task workloads.Task
	last := task.At
	for range 5_000 {
		ok, err := r.Next(&task)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if s := r.Shapes().At(task.Shape); task.At < last || s.CPU < 0 || s.Memory < 0 || s.GPU < 0 || task.Run < 0 || task.Work < 0 {
			t.Fatalf("task %+v of %+v after %d", task, s, last)
		}
		last = task.At
	}
	return nil
}

func FuzzSWF(f *testing.F) {
	fuzzFormat(f, "swf", swfLine(1, 1<<40, 1, 1, 1, 1, 1, 1), swfLine(1, -9, 1, 300, 1, 300, 1<<50, 1), ";:\n"+swfLine(3, 1700000000, 1, 1, 1, 1, 1, 1))
}
func FuzzOpenb(f *testing.F)      { fuzzFormat(f, "alibaba-openb") }
func FuzzOpenbNodes(f *testing.F) { fuzzFormat(f, "alibaba-openb-nodes") }
func FuzzMachines(f *testing.F)   { fuzzFormat(f, "swf-machines") }
func FuzzTaskCSV(f *testing.F) {
	fuzzFormat(f, "task-csv", "at,run_time,deadline\n2026-11-23,1h,2026-11-24\n", "at,work\n-5,1 vCPU-h\n")
}
func FuzzRateCSV(f *testing.F) {
	fuzzFormat(f, "rate-csv", "a\nb,c\n1,2\n1,2\n2,2\n0,1\n", "timestamp,value\n7200,1\n7260,1\n3600,1\n3660,1\n")
}
func FuzzRateLine(f *testing.F) { fuzzFormat(f, "rate-line", "1\n2\n3", "0.5 1e3") }
func FuzzCloudWatchJSON(f *testing.F) {
	fuzzFormat(f, "cloudwatch-json", `{"Datapoints":[{"Timestamp":0}]}`)
}
