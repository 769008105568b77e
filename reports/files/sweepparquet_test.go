package files_test

import (
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/parquet-go/parquet-go"

	"ecsim/models/result"
	"ecsim/reports/files"
)

// sweepPoints are made-up points of a table: values of every kind, none among
// them, a platform that cannot run, and gates in every state.
func sweepPoints(t *result.SweepTable, runs int) iter.Seq2[*result.SweepPoint, error] {
	return func(yield func(*result.SweepPoint, error) bool) {
		for i := range len(t.Axes[0].Values) {
			p := &result.SweepPoint{Index: i, At: []int{i, i % 2}, Runs: runs, Winner: 0, Met: true, CostPath: t.Columns[0].Path}
			for k := range t.Platforms {
				q := result.SweepPlatform{Standing: result.Ranked, Estimates: make([]result.Band, len(t.Columns))}
				for r := range runs {
					c := result.SweepCell{Replication: uint64(r), Standing: result.Ranked}
					if k == 1 && r%3 == 0 {
						c.Standing, c.Reason = result.Cannot, "no room, \"says\" ECS"
					} else {
						c.Gates = []result.GateState{result.GateState(r % 3), result.GateKept}
						for v := range t.Columns {
							x := float64(i*1000000+r*100+v) / 7
							switch (r + v) % 11 {
							case 0:
								x = math.NaN()
							case 1:
								x = 0
							case 2:
								x = math.Inf(1)
							}
							c.Values = append(c.Values, x)
						}
					}
					q.Cells = append(q.Cells, c)
				}
				p.Platforms = append(p.Platforms, q)
			}
			if !yield(p, nil) {
				return
			}
		}
	}
}

// TestParquetHoldsTheCSV: a reader of cells.parquet finds the columns of
// cells.csv in their order, with types, and every row of it with the same
// figures, null where the CSV has nothing.
func TestParquetHoldsTheCSV(t *testing.T) {
	table := result.SweepTable{Scenario: "s", Seed: 7,
		Axes: []result.Axis{
			{Path: "workload.jobs.run_time.mean", Values: []string{"60s", "90s"}, Numbers: []float64{60, 90}, Unit: "s"},
			{Path: "platform.fleet.label", Values: []string{"a, b", "c"}},
		},
		Platforms: []string{"fleet", "fargate"}, Columns: result.Columns([]string{"jobs"}),
		Gates: []string{"cost_per_month <= $1", "x"}, GateColumns: []string{"gate_cost", "gate_x"}}
	const runs = 1100 // more than a row group
	dir := filepath.Join(t.TempDir(), "out")
	folder, err := files.BeginSweep(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	_, _, _, err = folder.FinishSweep(files.SweepReport{Table: table, Points: sweepPoints(&table, runs), Total: 2, Plan: []byte("{}"),
		Text: func(*result.Surface, files.SweepSummary) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.Open(filepath.Join(dir, "cells.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	rows, err := csv.NewReader(text).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	head, rows := rows[0], rows[1:]
	if want := 2 * runs * 2; len(rows) != want {
		t.Fatalf("cells.csv has %d rows, want %d", len(rows), want)
	}

	data, err := os.Open(filepath.Join(dir, "cells.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	info, err := data.Stat()
	if err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(data, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	if f.NumRows() != int64(len(rows)) || len(f.RowGroups()) < 2 {
		t.Errorf("cells.parquet has %d rows in %d groups, want %d in several", f.NumRows(), len(f.RowGroups()), len(rows))
	}
	kinds := map[string]parquet.Kind{"point": parquet.Int64, "replication": parquet.Int64, "seed": parquet.Int64, "platform": parquet.ByteArray,
		"standing": parquet.ByteArray, "reason": parquet.ByteArray, "axis_workload_jobs_run_time_mean_s": parquet.Double,
		"axis_platform_fleet_label": parquet.ByteArray, "gate_cost": parquet.Boolean, "gate_x": parquet.Boolean}
	var names []string
	for i, field := range f.Schema().Fields() {
		names = append(names, field.Name())
		want, ok := kinds[field.Name()]
		if !ok {
			want = parquet.Double // a figure
		}
		if field.Type().Kind() != want {
			t.Errorf("column %d, %s, is %v, want %v", i, field.Name(), field.Type().Kind(), want)
		}
		if figure := !ok; figure != field.Optional() && field.Name() != "reason" && want != parquet.Boolean {
			t.Errorf("column %s optional: %v", field.Name(), field.Optional())
		}
	}
	if !slices.Equal(names, head) {
		t.Errorf("columns\n%q, cells.csv has\n%q", names, head)
	}

	at := 0
	for _, group := range f.RowGroups() {
		reader := group.Rows()
		defer reader.Close()
		buffer := make([]parquet.Row, 100)
		for {
			n, err := reader.ReadRows(buffer)
			for _, row := range buffer[:n] {
				sameRow(t, at, head, rows[at], row)
				at++
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if t.Failed() {
				return
			}
		}
	}
	if at != len(rows) {
		t.Errorf("read %d rows, want %d", at, len(rows))
	}
}

func sameRow(t *testing.T, at int, head, want []string, row parquet.Row) {
	t.Helper()
	if len(row) != len(want) {
		t.Fatalf("row %d has %d values, want %d", at, len(row), len(want))
	}
	for k, v := range row {
		ok := false
		switch {
		case v.IsNull():
			ok = want[k] == ""
		case v.Kind() == parquet.Double:
			x, err := strconv.ParseFloat(want[k], 64)
			ok = err == nil && math.Abs(x-v.Double()) <= 1e-9*math.Abs(x)
		case v.Kind() == parquet.Int64:
			ok = strconv.FormatInt(v.Int64(), 10) == want[k]
		case v.Kind() == parquet.Boolean:
			ok = strconv.FormatBool(v.Boolean()) == want[k]
		default:
			ok = string(v.ByteArray()) == want[k]
		}
		if !ok {
			t.Errorf("row %d, %s: %v, cells.csv has %q", at, head[k], v, want[k])
		}
	}
}
