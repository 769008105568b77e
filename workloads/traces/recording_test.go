package traces

import (
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"ecsim/workloads"
)

// oddTrace has rows of every kind: late ones, some that make no task or many,
// some that are no rows, and, if it is broken, one that ends the replay.
func oddTrace(rows int, broken bool) string {
	rng := rand.New(rand.NewPCG(3, uint64(rows)))
	var b strings.Builder
	b.WriteString("at,run_time,cpu,memory\n")
	for i := range rows {
		at := i * 3
		switch rng.IntN(20) {
		case 0:
			at = max(0, at-40)
		case 1:
			fmt.Fprintf(&b, "%d,-1,512,100\n", at)
			continue
		case 2:
			fmt.Fprintf(&b, "%d,0,512,\n", at)
			continue
		case 3:
			if i > 0 {
				fmt.Fprintf(&b, "%d,what,1,100\n", at)
				continue
			}
		}
		fmt.Fprintf(&b, "%d,%d,%d,%d\n", at, 1+rng.IntN(50), 512*(1+rng.IntN(4)), 100*(1+rng.IntN(30)))
	}
	if broken {
		b.WriteString("0,1,1,100\n")
	}
	return b.String()
}

// seen is everything a replay shows after each call.
type seen struct {
	Task     workloads.Task
	Shape    workloads.Shape
	OK       bool
	Err      string
	Acc      Accounting
	Oddities []workloads.Oddity
}

func follow(t *testing.T, s Source, calls int) (list []seen) {
	shapes := s.Shapes() // a cluster asks once
	for i := range calls {
		var x seen
		var err error
		x.OK, err = s.Next(&x.Task)
		if err != nil {
			x.Err = err.Error()
		}
		if x.OK {
			x.Shape = shapes.At(x.Task.Shape)
		}
		if i%97 == 0 || !x.OK {
			x.Acc, x.Oddities = s.Accounting(), s.Oddities()
			if s.LeftOut() != x.Acc.LeftOut {
				t.Errorf("left out %d and %d", s.LeftOut(), x.Acc.LeftOut)
			}
		}
		list = append(list, x)
		if !x.OK && len(list) > 1 && !list[len(list)-2].OK {
			break // the end, twice
		}
	}
	return list
}

// TestRecordingReplaysAsReader: replays of a recording side by side, some of
// which stop early, show what a reader of the file shows, call by call, whether
// all is kept or the trace outgrows the bound, and whatever ends it.
func TestRecordingReplaysAsReader(t *testing.T) {
	for _, c := range []struct {
		name   string
		text   string
		o      Options
		most   int64
		close  bool
		opened int64 // most opens of the file; 0 for any
	}{
		{name: "kept", text: oddTrace(11000, false), o: Options{OnError: "skip", ReorderRows: 50}, most: 1 << 30, opened: 1},
		{name: "window", text: oddTrace(9000, false), o: Options{OnError: "skip", From: "1h", Until: "6h"}, most: 1 << 30, opened: 1},
		{name: "late row", text: oddTrace(9000, true), o: Options{OnError: "skip", ReorderRows: 50}, most: 1 << 30, opened: 1},
		{name: "malformed", text: oddTrace(300, false), most: 1 << 30, opened: 1},
		{name: "no task", text: "at,run_time,cpu,memory\n1,-1,1,1\n", most: 1 << 30, opened: 1},
		{name: "outgrown", text: oddTrace(11000, false), o: Options{OnError: "skip"}, most: 500_000},
		{name: "outgrown at once", text: oddTrace(5000, false), o: Options{OnError: "skip"}, most: 10},
		{name: "closed", text: oddTrace(11000, false), o: Options{OnError: "skip"}, most: 1 << 30, close: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var opens atomic.Int64
			in := Opener{Name: "odd.csv", Open: func() (io.ReadCloser, error) {
				opens.Add(1)
				return io.NopCloser(strings.NewReader(c.text)), nil
			}}
			reader, err := OpenFrom(in, c.o)
			if err != nil {
				t.Fatal(err)
			}
			want := follow(t, reader, 1<<20)
			opens.Store(0)
			r := NewRecording(in, c.o, c.most)
			var group sync.WaitGroup
			for k := range 6 {
				group.Go(func() {
					p, err := r.Replay()
					if err != nil {
						t.Error(err)
						return
					}
					defer p.Close()
					n := len(want)
					if k%3 == 2 {
						n /= 2
					}
					got := follow(t, p, n)
					for i := range got {
						if !reflect.DeepEqual(got[i], want[i]) {
							t.Errorf("replay %d, call %d:\n%+v, reader\n%+v", k, i, got[i], want[i])
							return
						}
					}
					if len(got) != n {
						t.Errorf("replay %d: %d calls, reader %d", k, len(got), n)
					}
					if c.close && k == 2 {
						r.Close()
					}
				})
			}
			group.Wait()
			if n := opens.Load(); c.opened > 0 && n > c.opened {
				t.Errorf("the file was opened %d times, want %d", n, c.opened)
			}
		})
	}
}
