package traces

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"ecsim/workloads"
	"ecsim/workloads/units"
)

// fixture reads testdata/<format>.*.
func fixture(t testing.TB, f Format) (name string, text []byte) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join("testdata", f.Name+".*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("format %s: got fixtures %v, want one file testdata/%s.*", f.Name, found, f.Name)
	}
	if text, err = os.ReadFile(found[0]); err != nil {
		t.Fatal(err)
	}
	return found[0], text
}

// outcome is all that reading a trace gives.
type outcome struct {
	tasks  []workloads.Task
	shapes []workloads.Shape
	steps  []workloads.Step
	fleet  []Machine
	acc    Accounting
	odd    []workloads.Oddity
}

// read reads a trace of any kind to the end and checks what every reader
// promises: order in time, continuity of steps, an index that counts.
func read(t testing.TB, in Opener, f Format, o Options) (outcome, error) {
	t.Helper()
	var all outcome
	switch f.Kind {
	case KindTasks:
		r, err := OpenFrom(in, o)
		if err != nil {
			return all, err
		}
		defer r.Close()
		var task workloads.Task
		for {
			ok, err := r.Next(&task)
			if err != nil {
				if _, again := r.Next(&task); again != err {
					t.Errorf("after the error %v: Next gave %v, want the same error again", err, again)
				}
				all.acc, all.odd = r.Accounting(), r.Oddities()
				return all, err
			}
			if !ok {
				break
			}
			if n := len(all.tasks); task.Index != uint64(n) || n > 0 && task.At < all.tasks[n-1].At || task.At < 0 {
				t.Fatalf("task %d at %d has index %d: out of order", n, task.At, task.Index)
			}
			if (task.Run > 0) == (task.Work > 0) {
				t.Fatalf("task %d has run time %d and work %d, want one of them", task.Index, task.Run, task.Work)
			}
			all.tasks = append(all.tasks, task)
		}
		for i := range r.Shapes().Len() {
			all.shapes = append(all.shapes, r.Shapes().At(int32(i)))
		}
		all.acc, all.odd = r.Accounting(), r.Oddities()
		if all.acc.Tasks != int64(len(all.tasks)) || all.acc.LeftOut > all.acc.Records || r.LeftOut() != all.acc.LeftOut {
			t.Fatalf("accounting %+v does not fit %d tasks", all.acc, len(all.tasks))
		}
	case KindRates:
		r, err := OpenRatesFrom(in, o)
		if err != nil {
			return all, err
		}
		defer r.Close()
		var s workloads.Step
		for {
			ok, err := r.Next(&s)
			if err != nil {
				return all, err
			}
			if !ok {
				break
			}
			if n := len(all.steps); s.From >= s.Until || s.PerSecond < 0 || n == 0 && s.From != 0 || n > 0 && s.From != all.steps[n-1].Until {
				t.Fatalf("step %d is %+v after %+v: not consecutive", n, s, all.steps[max(n-1, 0):])
			}
			all.steps = append(all.steps, s)
		}
		all.acc, all.odd = r.Accounting(), r.Oddities()
	case KindFleet:
		var err error
		if all.fleet, err = OpenFleetFrom(in, o); err != nil {
			return all, err
		}
		for _, m := range all.fleet {
			if m.Count < 1 || m.CPU < 0 || m.Memory < 0 || m.GPU < 0 {
				t.Fatalf("machine %+v is none", m)
			}
		}
	}
	return all, nil
}

func pack(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(text)
	z.Close()
	return b.Bytes()
}

// TestEveryFormat holds every registered format to what the package promises.
func TestEveryFormat(t *testing.T) {
	for _, f := range Formats() {
		t.Run(f.Name, func(t *testing.T) {
			name, text := fixture(t, f)
			if !strings.HasPrefix(f.Source, "https://") || !strings.HasSuffix(f.Doc, ".") {
				t.Errorf("doc %q wants to be a sentence, source %q a URL", f.Doc, f.Source)
			}
			got, err := SniffFrom(Bytes("trace", text))
			if err != nil || got.Name != f.Name {
				t.Errorf("sniffed %q (%v), want %q whatever the file's name", got.Name, err, f.Name)
			}
			plain, err := read(t, File(name), f, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if len(plain.tasks)+len(plain.steps)+len(plain.fleet) == 0 {
				t.Fatal("the fixture gives nothing")
			}
			dos := bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
			for what, other := range map[string][]byte{
				"gzip":                    pack(text),
				"carriage returns":        dos,
				"a byte order mark":       append([]byte("\xef\xbb\xbf"), text...),
				"all of them":             pack(append([]byte("\xef\xbb\xbf"), dos...)),
				"no end of the last line": bytes.TrimRight(text, "\n"),
				"blank lines after":       append(bytes.Clone(text), "\n \n\n"...),
				"gzip in several members": append(pack(text[:len(text)/2]), pack(text[len(text)/2:])...),
			} {
				same, err := read(t, Bytes("trace", other), f, Options{})
				if err != nil || !reflect.DeepEqual(same, plain) {
					t.Errorf("with %s: got another outcome (%v)", what, err)
				}
			}
			describeFits(t, name)
			cut := pack(text)
			_, err = read(t, Bytes("cut.gz", cut[:len(cut)*2/3]), f, Options{Format: f.Name})
			if err == nil || !strings.Contains(err.Error(), "cut.gz:") || !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("a gzip file cut off gives %v, want an error that names file and line and says so", err)
			}
		})
	}
}

// describeFits checks that Describe works and prints within 80 columns.
func describeFits(t *testing.T, name string) {
	t.Helper()
	d, err := Describe(name, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := d.Print(&b); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(b.String(), "\n") {
		if utf8.RuneCountInString(line) > width && !strings.Contains(line, "https://") || strings.TrimRight(line, " ") != line {
			t.Errorf("line too long or with blanks at its end: %q", line)
		}
	}
	for _, want := range []string{d.Format, d.Source, d.First, d.Last} {
		if !strings.Contains(strings.Join(strings.Fields(b.String()), " "), want) {
			t.Errorf("the text lacks %q:\n%s", want, b.String())
		}
	}
	if f, _ := Lookup(d.Format); f.Kind != KindFleet {
		if all, err := read(t, File(name), f, Options{}); err != nil || all.acc != d.Accounting || !reflect.DeepEqual(all.odd, d.Oddities) {
			t.Errorf("a replay gives %+v, %v (%v), described as %+v, %v", all.acc, all.odd, err, d.Accounting, d.Oddities)
		}
	}
	if again, err := Describe(name, Options{}); err != nil || !reflect.DeepEqual(again, d) {
		t.Errorf("described twice, the outcome differs (%v)", err)
	}
}

// TestNoTrace: what is no trace is refused by name, whatever the format.
func TestNoTrace(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "x: the file is empty, want a trace"},
		{"\n \r\n", "x: the file is empty"},
		{"\xef\xbb\xbf", "x: the file is empty"},
		{string(pack(nil)), "x: the file is empty"},
		{"PK\x03\x04rest", "x: got a zip archive, want text or gzip of text; unzip it"},
		{"BZh91AY", "got bzip2"},
		{"PAR1....", "got Parquet"},
		{"\xff\xfea\x00", "got UTF-16"},
		{"ab\x00cd", "got binary data (a zero byte at offset 2)"},
		{"\x1f\x8bgarbage garbage", "x:1: the gzip data is damaged"},
		{"\x1f\x8b", "x:1: the gzip data ends early"},
		{"hello, world\n", `x:1: format: got "hello, world", want one of alibaba-openb, `},
	} {
		for _, f := range append([]Format{{}}, Formats()...) {
			if f.Name != "" && strings.Contains(c.want, "format") {
				continue
			}
			_, err := DescribeFrom(Bytes("x", []byte(c.text)), Options{Format: f.Name})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%.20q as %q: got %v, want %q", c.text, f.Name, err, c.want)
			}
		}
	}
	_, err := Open(filepath.Join(t.TempDir(), "none.swf"), Options{})
	if err == nil || !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "check the path") {
		t.Errorf("a file that is not there gives %v", err)
	}
}

// TestWrongKind: a trace of another kind than asked for is refused.
func TestWrongKind(t *testing.T) {
	_, text := fixture(t, Format{Name: "rate-csv"})
	_, err := OpenFrom(Bytes("x.csv", text), Options{})
	if err == nil || err.Error() != "x.csv: format: rate-csv holds rates, want tasks: one of alibaba-openb, swf, task-csv" {
		t.Errorf("got %v", err)
	}
	// Eighteen numbers on a line are a job, or rates where rates are wanted.
	row := []byte(swfLine(1, 2, 3, 4, 5, 6, 7, 8))
	if f, err := SniffFrom(Bytes("x", row)); err != nil || f.Name != "swf" {
		t.Errorf("got %q, %v", f.Name, err)
	}
	if r, err := OpenRatesFrom(Bytes("x", row), Options{}); err != nil || r.Format().Name != "rate-line" {
		t.Errorf("got %v", err)
	}
	_, err = OpenFrom(Bytes("x.csv", text), Options{Format: "swv"})
	if err == nil || !strings.HasPrefix(err.Error(), `format: got "swv", want one of alibaba-openb`) {
		t.Errorf("got %v", err)
	}
}

// TestMalformedLines: each names file, line and field, and can be skipped.
func TestMalformedLines(t *testing.T) {
	swfRow := "1 0 0 60 1 -1 -1 1 60 1024 1 1 1 1 1 1 -1 -1\n"
	openbHead := strings.Join(openbNames[:], ",") + "\n"
	for _, c := range []struct{ format, text, want string }{
		{"swf", swfRow + "2 0 0 60 1\n" + swfRow, "x:2: columns: got 5, want 18"},
		{"swf", swfRow + strings.Repeat("1 ", 40) + "\n", "x:2: columns: got 22 or more, want 18"},
		{"swf", swfRow + "2 0 0 6O 1 -1 -1 1 60 1024 1 1 1 1 1 1 -1 -1\n", `x:2: run_time_s: got "6O", want a number`},
		{"swf", "; head\n\n2 9e99 0 60 1 -1 -1 1 60 1024 1 1 1 1 1 1 -1 -1\n", `x:3: submit_s: got "9e99", want seconds`},
		{"swf", "2 0 0 60 9e12 -1 -1 9e12 60 1024 1 1 1 1 1 1 -1 -1\n", "x:1: processors: got 9e+12, want at most"},
		{"alibaba-openb", openbHead + "p,1x,1,0,0,,LS,Running,0,9,0\n", `x:2: cpu_milli: got "1x", want a whole number`},
		{"alibaba-openb", openbHead + "p,1,1,0,0,,LS,Running,,9,0\n", `x:2: creation_time: got "", want the creation time`},
		{"alibaba-openb", openbHead + "p,1,1,0,0,,LS\n", "x:2: columns: got 7, want 11 as in the header"},
		{"alibaba-openb", openbHead + "\"p,1,1,0,0,,LS,Running,0,9,0\n", "x:2: row: a quoted field does not end"},
		{"task-csv", "at,run_time\n0,soon\n", `x:2: run_time: got "soon", want seconds or a duration`},
		{"task-csv", "at,run_time\nnoon,9\n", `x:2: at: got "noon", want seconds`},
		{"task-csv", "at,run_time\n0,9\n2026-11-23T00:00:00Z,9\n", "x:3: at: got \"2026-11-23T00:00:00Z\", want the same clock"},
		{"task-csv", "at,run_time,cpu\n0,9,0.3\n", `x:2: cpu: got "0.3", want CPU units`},
		{"task-csv", "at,run_time,memory\n0,9,1.5\n", `x:2: memory: got "1.5", want MiB`},
		{"task-csv", "at,run_time,work\n0,9,9\n", `x:2: work: got "9", want an empty field`},
		{"task-csv", "at,run_time,use\n0,9,60\n", `x:2: use: got "60", want a share`},
		{"task-csv", "at,run_time,deadline\n0,9,2026-11-23\n", `x:2: deadline: got "2026-11-23", want seconds or a duration`},
		{"rate-csv", "timestamp,value\nyesterday,4\n2026-11-23 00:00,4\n", `x:2: timestamp: got "yesterday", want a date-time`},
		{"rate-csv", "timestamp,value\n2026-11-23 00:00,4\n2026-11-23 00:01,four\n2026-11-23 00:02,4\n", `x:3: value: got "four", want a number of 0 or more`},
		{"rate-csv", "timestamp,value\n2026-11-23 00:00,4\n2026-02-30 00:01,4\n", `x:3: timestamp: got "2026-02-30 00:01"`},
		{"rate-line", "1 2 x 4\n", `x:1: value 3: got "x", want a number`},
		{"rate-line", "1\n2\n-3\n", `x:3: value 3: got "-3", want a number`},
		{"alibaba-openb-nodes", "sn,cpu_milli,memory_mib\na,1000,1024\nb,many,1024\n", `x:3: cpu_milli: got "many", want a whole number`},
		{"swf-machines", "0\ta\t1\t8\t1\t1048576\n0\ta\t0\t8\t1\t1048576\n", `x:2: nodes: got "0", want a whole number over 0`},
	} {
		f, _ := Lookup(c.format)
		o := Options{Format: c.format}
		if f.Kind == KindRates {
			o.Step = 60e9
		}
		_, err := read(t, Bytes("x", []byte(c.text)), f, o)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.format, err, c.want)
		}
		o.OnError = "skip"
		all, err := read(t, Bytes("x", []byte(c.text)), f, o)
		if errors.Is(err, ErrNoTask) {
			err = nil
		}
		if err != nil && !strings.Contains(err.Error(), "no row with a value") {
			t.Errorf("%s: skipping %s gives %v", c.format, c.want, err)
		}
		if err == nil && f.Kind != KindFleet && (len(all.odd) == 0 || all.odd[0].Count != 1 || all.acc.LeftOut != 1) {
			t.Errorf("%s: skipping %s gives %+v, %+v, want one malformed line", c.format, c.want, all.acc, all.odd)
		}
	}
}

// TestHeaders: a missing column is an error that names it and is not skipped.
func TestHeaders(t *testing.T) {
	for _, c := range []struct{ format, text, want string }{
		{"task-csv", "run_time,cpu\n1,2\n", `x:1: header: got columns "run_time", "cpu", want also "at" for format task-csv`},
		{"task-csv", "at,cpu\n1,2\n", `x:1: header: got neither "run_time" nor "work"`},
		{"task-csv", "at,run_time,CPU,cpu\n1,2,3,4\n", `x:1: header: got column "cpu" twice`},
		{"alibaba-openb", "cpu_milli;memory_mib;creation_time;deletion_time\n1;2;3;4\n", `want also "scheduled_time"`},
		{"rate-csv", "timestamp,get,post\n2026-11-23,1,2\n", `header: got 3 columns, none of a known name such as "value" or "count"; set column to one of "timestamp", "get", "post"`},
		{"rate-csv", "a,b\nc,d\n", "got no row with a time stamp"},
		{"rate-csv", "timestamp,value\n2026-11-23,1\n", "step: got no two rows at different times"},
		{"cloudwatch-json", "{\n\"Datapoints\": [\n}\n", "x:3: json: invalid character"},
		{"cloudwatch-json", `{"MetricDataResults":[{"Id":"a"},{"Id":"b"}]}`, `got "a", "b", want one; set column`},
		{"cloudwatch-json", `{"MetricDataResults":[],"NextToken":"t"}`, "the answer has further pages"},
		{"cloudwatch-json", `{"Datapoints":[]}`, "got no row with a value"},
	} {
		f, _ := Lookup(c.format)
		_, err := read(t, Bytes("x", []byte(c.text)), f, Options{Format: c.format, OnError: "skip"})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.format, err, c.want)
		}
	}
}

// TestOptions: every value not allowed is named, all at once.
func TestOptions(t *testing.T) {
	_, err := OpenFrom(Bytes("x", []byte("x")), Options{OnError: "stop", Split: -1, Memory: -1, MemoryUnit: "KB", Processors: "p", Status: "done",
		From: "noon", Until: "-1s", Origin: "x", TimeZone: "Mars", ReorderRows: -1, Unit: "rps", Fill: "x", Step: -1})
	if err == nil {
		t.Fatal("nothing refused")
	}
	for _, key := range []string{"on_error", "split", "memory", "memory_unit", "processors", "status", "from", "until", "origin", "time_zone", "reorder_rows", "unit", "fill", "step"} {
		if !strings.Contains("\n"+err.Error(), "\n"+key+": got ") {
			t.Errorf("the error does not name %s:\n%v", key, err)
		}
	}
	// The tags tell the scenario decoder the defaults that resolve fills in.
	o, _, err := Options{}.resolve()
	if err != nil {
		t.Fatal(err)
	}
	typ := reflect.TypeOf(o)
	for i := range typ.NumField() {
		tag := typ.Field(i).Tag
		if tag.Get("toml") == "" || tag.Get("doc") == "" {
			t.Errorf("field %s lacks a toml or doc tag", typ.Field(i).Name)
		}
		text := tag.Get("default")
		var want any = text
		var err error
		switch v := reflect.ValueOf(o).Field(i).Interface().(type) {
		case units.CPU:
			want, err = units.ParseCPU(text)
		case units.MiB:
			want, err = units.ParseMiB(text)
		case units.Duration:
			want, err = units.ParseDuration(text)
		case int:
			want, err = strconv.Atoi(text)
		case string:
		default:
			t.Errorf("%s: no text form known for %T", tag.Get("toml"), v)
		}
		if got := reflect.ValueOf(o).Field(i).Interface(); err != nil || got != want {
			t.Errorf("%s: resolve gives %v, the tag says %q (%v)", tag.Get("toml"), got, text, err)
		}
	}
}
