package simulate

import (
	"bytes"
	"context"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"ecsim/models/result"
	"ecsim/sim/experiment"
)

func sweepOf(t testing.TB, name string, sets ...string) *Sweep {
	t.Helper()
	sc, err := Load(name, sets)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]int, len(sc.Platforms))
	for i := range all {
		all[i] = i
	}
	w, err := NewSweep(sc, all)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// chunkOf is a whole chunk, whatever pieces it came in.
func chunkOf(w *Sweep, b *Bench, chunk uint64) ([]byte, error) {
	var whole []byte
	last, err := w.Chunk(context.Background(), b, chunk, func(piece []byte) error {
		whole = append(whole, piece...)
		return nil
	})
	return append(whole, last...), err
}

// TestCellEqualsRun: a cell, which leaves out what only pictures need, has the
// metrics that a whole run of its point's scenario has, and its point the
// estimates that Fold makes of such runs.
func TestCellEqualsRun(t *testing.T) {
	for _, c := range []struct {
		name string
		sets []string
	}{
		{"occupancy", []string{"duration=6h", "runs.replications=3"}},
		{"batch-window", []string{"runs.replications=2", "runs.warm_up=1h"}},
		{"sweep-cells", []string{"runs.replications=3", "runs.warm_up=7m", "drain=true"}},
		// Replays, whose trace all cells share: by how much of it a cell reads, and
		// with draws of its own.
		{"batch-replay", []string{"runs.replications=2", `duration="6h"`, `sweep."workload.jobs.arrivals.scale"=["50%","80%","150%"]`}},
		{"container-replay", []string{"runs.replications=2", `sweep."workload.pods.arrivals.repeat"=[1,2]`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := sweepOf(t, c.name, c.sets...)
			at := w.Points() / 2
			var b Bench
			p, err := w.Point(context.Background(), &b, at)
			if err != nil {
				t.Fatal(err)
			}
			sc, err := w.scenario(at)
			if err != nil {
				t.Fatal(err)
			}
			for i, pl := range w.Platforms {
				var runs []*result.Run
				for r := range p.Runs {
					run, err := Run(context.Background(), sc, pl, uint64(r), Options{})
					if err != nil {
						t.Fatal(err)
					}
					runs = append(runs, run)
					for k := range w.Table.Columns {
						want := result.Single(run)
						e, ok := want.Estimate(w.Table.Columns[k].Path)
						got := p.Platforms[i].Cells[r].Values[k]
						if !ok || e.OK == math.IsNaN(got) || e.OK && math.Abs(got-e.V) > 1e-9*math.Abs(e.V) {
							t.Errorf("%s, replication %d, %s: cell %v, run %v %v", w.Table.Platforms[i], r, w.Table.Columns[k].Path, got, e.V, e.OK)
						}
					}
				}
				o, err := result.Fold(runs)
				if err != nil {
					t.Fatal(err)
				}
				for k := range w.Table.Columns {
					e, _ := o.Estimate(w.Table.Columns[k].Path)
					got := p.Platforms[i].Estimates[k]
					near := func(a, b float64) bool {
						return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-9*math.Abs(e.V)
					}
					if e.OK && (!near(got.Mean, e.V) || !near(got.Half, e.Half)) || e.OK == math.IsNaN(got.Mean) {
						t.Errorf("%s, %s: point %v, fold %v ±%v", w.Table.Platforms[i], w.Table.Columns[k].Path, got, e.V, e.Half)
					}
				}
			}
		})
	}
}

// TestSweepPointRoundTrip: what a journal holds of a point reads back, into
// memory used before.
func TestSweepPointRoundTrip(t *testing.T) {
	w := sweepOf(t, "wait-60s", "runs.replications=2", "duration=2h")
	var b Bench
	var got result.SweepPoint
	for _, i := range []int{0, w.Points() - 1} {
		p, err := w.Point(context.Background(), &b, i)
		if err != nil {
			t.Fatal(err)
		}
		text := p.Append(nil)
		rest, err := got.Decode(append(slices.Clone(text), "next"...))
		if err != nil || string(rest) != "next" || !bytes.Equal(got.Append(nil), text) || !reflect.DeepEqual(got.At, p.At) {
			t.Errorf("point %d: %v, %q left, or it differs", i, err, rest)
		}
		for cut := range text {
			var x result.SweepPoint
			if _, err := x.Decode(text[:cut]); err == nil {
				t.Fatalf("cut at %d of %d bytes it still decodes", cut, len(text))
			}
		}
	}
}

// TestSweepChunksDoNotDependOnWorkers: same bytes for each chunk whoever did
// it, in any order.
func TestSweepChunksDoNotDependOnWorkers(t *testing.T) {
	w := sweepOf(t, "sweep-cells", "runs.replications=2", "duration=10m")
	var fresh, used Bench
	for _, c := range []uint64{7, 3, 7} {
		a, err := chunkOf(w, &used, c)
		if err != nil {
			t.Fatal(err)
		}
		fresh = Bench{}
		b, err := chunkOf(w, &fresh, c)
		if err != nil || !bytes.Equal(a, b) {
			t.Errorf("chunk %d differs on a worker that did others before (%v)", c, err)
		}
	}
}

// TestSweepInvalidPoint: a combination that is no scenario is rows with the
// reason and its place, and the sweep goes on.
func TestSweepInvalidPoint(t *testing.T) {
	w := sweepOf(t, "testdata/crossed.toml")
	var b Bench
	failed := 0
	for i := range w.Points() {
		p, err := w.Point(context.Background(), &b, i)
		if err != nil {
			t.Fatal(err)
		}
		if p.Failed {
			failed++
			c := p.Platforms[0].Cells[0]
			if c.Standing != result.Cannot || !strings.Contains(c.Reason, "crossed.toml:") || !strings.Contains(c.Reason, "auto_scaling_group") {
				t.Errorf("point %d: %q %q, want its file, line and key", i, c.Standing, c.Reason)
			}
		}
	}
	if failed != 1 {
		t.Errorf("%d of %d points failed, want the one with min over max", failed, w.Points())
	}
}

// BenchmarkSweepCells runs cells of 1,000 tasks: cells a second on one worker
// and on two, the ratio of the two, and a cell's time over that inside its
// simulation's own run. Wanted: at least 1.8 on two free CPUs, at most 1.2.
func BenchmarkSweepCells(b *testing.B) {
	rate := map[int]float64{}
	for _, workers := range []int{1, 2} {
		b.Run(map[int]string{1: "j=1", 2: "j=2"}[workers], func(b *testing.B) {
			w := sweepOf(b, "sweep-cells", "runs.replications=10")
			benches := make([]Bench, workers)
			var next atomic.Uint64
			b.ResetTimer()
			chunks := uint64(b.N)
			err := experiment.Chunks(context.Background(), workers, func() (uint64, bool) {
				c := next.Add(1) - 1
				return c, c < chunks
			}, func(ctx context.Context, worker int, c uint64) ([]byte, error) {
				return w.Chunk(ctx, &benches[worker], c%uint64(w.Chunks()), func([]byte) error { return nil })
			}, func(uint64, []byte) error { return nil })
			if err != nil {
				b.Fatal(err)
			}
			rate[workers] = float64(w.Done.Cells.Load()) / b.Elapsed().Seconds()
			b.ReportMetric(rate[workers], "cells/s")
			b.ReportMetric(float64(w.Done.CellTime.Load())/float64(w.Done.EngineTime.Load()), "cell/engine")
			if workers == 2 && rate[1] > 0 {
				b.ReportMetric(rate[2]/rate[1], "times-j1")
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.Sys)/(1<<20), "MiB")
		})
	}
}
