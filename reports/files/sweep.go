package files

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"ecsim/models/result"
	"ecsim/reports/plots"
)

// SweepReport is what a sweep's folder is written from. Points are read once
// and in order; no more than one is held.
type SweepReport struct {
	Table    result.SweepTable
	Points   iter.Seq2[*result.SweepPoint, error]
	Total    int    // points there are
	Resolved []byte // resolved.toml
	Plan     []byte // plan.json
	// Text makes answer.txt of what was found.
	Text func(*result.Surface, SweepSummary) string

	Hash, Version, Catalogue string
	// For the manifest alone:
	Took time.Duration
	Jobs int
}

// SweepSummary is a sweep in a few figures; summary.json holds it.
type SweepSummary struct {
	Scenario   string             `json:"scenario"`
	Question   string             `json:"question,omitempty"`
	Seed       uint64             `json:"seed"`
	Axes       []SweepSummaryAxis `json:"axes"`
	Points     int                `json:"points"`
	Cells      int                `json:"cells"`
	Placements uint64             `json:"placements"`
	Failed     int                `json:"points_with_a_platform_that_cannot_run"`
	NoneMet    int                `json:"points_where_no_platform_keeps_all_gates"`
	Imprecise  int                `json:"points_less_precise_than_asked_for"`
	Gates      []string           `json:"gates"`
	Platforms  []SweepWins        `json:"platforms"`
	NoWinner   int                `json:"points_without_a_winner"`
}

// SweepSummaryAxis is an axis of summary.json.
type SweepSummaryAxis struct {
	Path   string   `json:"path"`
	Values []string `json:"values"`
}

// SweepWins is how often a platform is the cheapest that is ranked.
type SweepWins struct {
	Name   string `json:"name"`
	Wins   int    `json:"wins"`
	Ranked int    `json:"ranked"`
	Cannot int    `json:"cannot_run"`
	// Best is the point at which it is ranked and costs least, nil for none.
	Best *SweepBest `json:"cheapest,omitempty"`
}

// SweepBest is a point and what a platform costs there.
type SweepBest struct {
	Point  int      `json:"point"`
	Values []string `json:"values"` // as the axes
	Metric string   `json:"metric"`
	Cost   float64  `json:"cost_usd"`
	Half   *float64 `json:"half95,omitempty"`
}

// FinishSweep writes the sweep's files and puts the folder in its place. The
// journal goes last: on an error it stays where it is, and the next BeginSweep
// finds it.
func (f *Folder) FinishSweep(r SweepReport) (w Written, s *result.Surface, sum SweepSummary, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("cannot write results to %s: %w", f.dir, err)
		}
	}()
	s, sum, err = f.sweepTables(&r)
	if err != nil {
		return w, nil, sum, err
	}
	text := func(t string) func(io.Writer) error {
		return func(out io.Writer) error { _, err := io.WriteString(out, t); return err }
	}
	debug.FreeOSMemory() // of the tables: pictures make the peak
	pictures, err := plots.Render(plots.Input{Surface: s, OneByOne: true})
	if err != nil {
		return w, nil, sum, err
	}
	if err := f.writePictures(pictures); err != nil {
		return w, nil, sum, err
	}
	for _, c := range []struct {
		name    string
		content func(io.Writer) error
	}{
		{AnswerName, text(r.Text(s, sum))},
		{"resolved.toml", text(string(r.Resolved))},
		{"plan.json", text(string(r.Plan))},
		{"summary.json", func(out io.Writer) error {
			e := json.NewEncoder(out)
			e.SetIndent("", "  ")
			return e.Encode(sum)
		}},
	} {
		if err := f.write(c.name, c.content); err != nil {
			return w, nil, sum, err
		}
	}
	if w, err = f.sweepManifest(&r); err != nil {
		return w, nil, sum, err
	}
	if err := f.publish(); err != nil {
		return w, nil, sum, err
	}
	if err := os.Remove(filepath.Join(f.dir, JournalName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return w, nil, sum, err // a merged result has none of its own
	}
	return w, s, sum, nil
}

// FinishShard leaves the journal with its plan as the result.
func (f *Folder) FinishShard(r SweepReport) (w Written, err error) {
	for _, c := range []struct {
		name string
		data []byte
	}{{"plan.json", r.Plan}, {"resolved.toml", r.Resolved}} {
		if err := f.write(c.name, func(out io.Writer) error { _, err := out.Write(c.data); return err }); err != nil {
			return w, fmt.Errorf("cannot write results to %s: %w", f.dir, err)
		}
	}
	if w, err = f.sweepManifest(&r); err == nil {
		err = f.publish()
	}
	return w, err
}

func (f *Folder) sweepManifest(r *SweepReport) (Written, error) {
	return f.writeManifest(Manifest{Version: r.Version, Scenario: r.Table.Scenario, Hash: r.Hash, Seed: r.Table.Seed, Catalogue: r.Catalogue,
		Seconds: r.Took.Seconds(), Jobs: r.Jobs})
}

// sweepTables goes through the points once and writes every table.
func (f *Folder) sweepTables(r *SweepReport) (*result.Surface, SweepSummary, error) {
	t := &r.Table
	sum := SweepSummary{Scenario: t.Scenario, Question: t.Question, Seed: t.Seed, Gates: t.Gates}
	if sum.Gates == nil {
		sum.Gates = []string{}
	}
	for _, a := range t.Axes {
		sum.Axes = append(sum.Axes, SweepSummaryAxis{a.Path, a.Values})
	}
	for _, p := range t.Platforms {
		sum.Platforms = append(sum.Platforms, SweepWins{Name: p})
	}
	s := &result.Surface{Scenario: t.Scenario, Question: t.Question, Design: t.Design, Axes: t.Axes, Platforms: t.Platforms}
	tables, err := f.openSweepTables(t)
	if err != nil {
		return nil, sum, err
	}
	for p, err := range r.Points {
		if err == nil {
			err = tables.add(p)
		}
		if err != nil {
			return nil, sum, errors.Join(err, tables.close())
		}
		sum.add(t, p)
		addSurface(s, t, p)
	}
	if sum.Points != r.Total {
		return nil, sum, errors.Join(fmt.Errorf("%d of %d points are there", sum.Points, r.Total), tables.close())
	}
	return s, sum, tables.close()
}

func (s *SweepSummary) add(t *result.SweepTable, p *result.SweepPoint) {
	s.Points++
	s.Placements += p.Placements
	if len(p.Platforms) > 0 {
		s.Cells += len(p.Platforms[0].Cells)
	}
	if p.Failed {
		s.Failed++
	}
	if !p.Met {
		s.NoneMet++
	}
	if p.Imprecise {
		s.Imprecise++
	}
	if p.Winner >= 0 {
		s.Platforms[p.Winner].Wins++
	} else {
		s.NoWinner++
	}
	for i := range p.Platforms {
		switch p.Platforms[i].Standing {
		case result.Ranked:
			s.Platforms[i].Ranked++
			s.Platforms[i].consider(t, p, &p.Platforms[i])
		case result.Cannot:
			s.Platforms[i].Cannot++
		}
	}
}

// consider keeps the point if the platform costs less there than anywhere
// before. Points ranked by another figure than the first do not compare.
func (w *SweepWins) consider(t *result.SweepTable, p *result.SweepPoint, q *result.SweepPlatform) {
	k := slices.IndexFunc(t.Columns, func(c result.Column) bool { return c.Path == p.CostPath })
	if k < 0 || math.IsNaN(q.Estimates[k].Mean) {
		return
	}
	e := q.Estimates[k]
	if w.Best != nil && (w.Best.Metric != p.CostPath || w.Best.Cost <= e.Mean) {
		return
	}
	w.Best = &SweepBest{Point: p.Index, Metric: p.CostPath, Cost: e.Mean}
	for i, at := range p.At {
		w.Best.Values = append(w.Best.Values, t.Axes[i].Values[at])
	}
	if !math.IsNaN(e.Half) {
		w.Best.Half = &e.Half
	}
}

// addSurface adds what pictures show of a point.
func addSurface(s *result.Surface, t *result.SweepTable, p *result.SweepPoint) {
	if len(s.Metrics) == 0 && p.CostPath != "" {
		s.Metrics = surfaceMetrics(t, p.CostPath)
	}
	if len(s.Points) >= result.SurfacePoints {
		s.Left++
		return
	}
	x := result.SurfacePoint{At: slices.Clone(p.At), Winner: p.Winner, Equal: p.Equal}
	for i := range p.Platforms {
		q := &p.Platforms[i]
		pp := result.PlatformPoint{Standing: q.Standing, Reason: q.Reason, Runs: p.Runs}
		if q.Standing == result.Cannot {
			pp.Runs = 0
		}
		for _, path := range s.Metrics {
			k := slices.IndexFunc(t.Columns, func(c result.Column) bool { return c.Path == path })
			pp.Estimates = append(pp.Estimates, q.Estimates[k])
		}
		x.Platforms = append(x.Platforms, pp)
	}
	s.Points = append(s.Points, x)
}

// surfaceMetrics are what is drawn: the cost, what gates bind, and how long the
// tasks of each workload wait.
func surfaceMetrics(t *result.SweepTable, cost string) []string {
	list := []string{cost}
	add := func(path string) {
		if slices.ContainsFunc(t.Columns, func(c result.Column) bool { return c.Path == path }) && !slices.Contains(list, path) {
			list = append(list, path)
		}
	}
	for _, g := range t.Gates {
		path, _, _ := strings.Cut(g, " ")
		add(result.Unbound(path))
	}
	for _, c := range t.Columns {
		if strings.HasSuffix(c.Path, ".time_to_running.p95") {
			add(c.Path)
		}
	}
	return list
}

// sweepTables are the tables under way.
type sweepTables struct {
	t             *result.SweepTable
	cells, points *sweepCSV
	parquet       *sweepParquet
	row, axis     []string // reused
	parts         []axisPart
	closed        bool
}

type sweepCSV struct {
	file   *os.File
	buffer *bufio.Writer
	out    *csv.Writer
}

func (f *Folder) sweepCSV(name string, head []string) (*sweepCSV, error) {
	file, err := os.Create(filepath.Join(f.partial, name))
	if err != nil {
		return nil, err
	}
	c := &sweepCSV{file: file, buffer: bufio.NewWriterSize(file, 1<<16)}
	c.out = csv.NewWriter(c.buffer)
	return c, c.out.Write(head)
}

func (c *sweepCSV) close() error {
	if c == nil {
		return nil
	}
	c.out.Flush()
	return errors.Join(c.out.Error(), c.buffer.Flush(), c.file.Close())
}

func (f *Folder) openSweepTables(t *result.SweepTable) (*sweepTables, error) {
	x := &sweepTables{t: t}
	var names []string
	for i := range t.Axes {
		for k := range t.Axes[i].Parts {
			part := &t.Axes[i].Parts[k]
			name, text := axisColumn(part)
			for slices.Contains(names, name) {
				name += "_"
			}
			names = append(names, name)
			x.parts = append(x.parts, axisPart{i, part, text})
		}
	}
	head := slices.Concat([]string{"point"}, names, []string{"replication", "seed", "platform", "standing", "reason"}, t.GateColumns)
	phead := slices.Concat([]string{"point"}, names, []string{"platform", "replications", "standing", "reason", "winner", "equal"})
	for i := range t.Columns {
		head = append(head, t.Columns[i].Name)
		phead = append(phead, t.Columns[i].Name, t.Columns[i].Name+"_half95")
	}
	var err, err2, err3 error
	x.cells, err = f.sweepCSV("cells.csv", head)
	x.points, err2 = f.sweepCSV("points.csv", phead)
	x.parquet, err3 = f.sweepParquet("cells.parquet", x, names)
	if err := errors.Join(err, err2, err3); err != nil {
		return nil, errors.Join(err, x.close())
	}
	return x, nil
}

func (x *sweepTables) close() error {
	if x.closed {
		return nil
	}
	x.closed = true
	return errors.Join(x.cells.close(), x.points.close(), x.parquet.close())
}

// axisPart is a column of cells.csv and points.csv: one path of an axis.
type axisPart struct {
	axis int
	*result.AxisPart
	text bool
}

// axisColumn names a path's column; text tells that its values are written as
// they stand, not as numbers in the unit that ends the name.
func axisColumn(a *result.AxisPart) (name string, text bool) {
	name = "axis_" + strings.Trim(strings.NewReplacer(`"`, "", ".", "_", "-", "_", " ", "_", "*", "all").Replace(a.Path), "_")
	if a.Numbers == nil {
		return name, true
	}
	if s := map[string]string{"%": "percent", "/s": "per_s", "CPU units": "cpu_units", "MB": "mb", "MiB": "mib", "s": "s", "vCPU-h": "vcpu_hours"}[a.Unit]; s != "" {
		name += "_" + s
	}
	return name, false
}

// figure prints a value, nothing for none.
func figure(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	return decimal(v)
}

var gateWords = map[result.GateState]string{result.GateKept: "true", result.GateMissed: "false"}

// add writes the rows of a point.
func (x *sweepTables) add(p *result.SweepPoint) error {
	t := x.t
	x.axis = append(x.axis[:0], strconv.Itoa(p.Index))
	for _, part := range x.parts {
		if at := p.At[part.axis]; part.text {
			x.axis = append(x.axis, part.Values[at])
		} else {
			x.axis = append(x.axis, decimal(part.Numbers[at]))
		}
	}
	seed := strconv.FormatUint(t.Seed, 10)
	for r := 0; len(p.Platforms) > 0 && r < len(p.Platforms[0].Cells); r++ {
		for i := range p.Platforms {
			c := &p.Platforms[i].Cells[r]
			row := append(x.row[:0], x.axis...)
			row = append(row, strconv.FormatUint(c.Replication, 10), seed, t.Platforms[i], string(c.Standing), c.Reason)
			for k := range t.Gates {
				word := ""
				if k < len(c.Gates) {
					word = gateWords[c.Gates[k]]
				}
				row = append(row, word)
			}
			for k := range t.Columns {
				v := ""
				if k < len(c.Values) {
					v = figure(c.Values[k])
				}
				row = append(row, v)
			}
			x.row = row
			if err := x.cells.out.Write(row); err != nil {
				return err
			}
			if err := x.parquet.add(p, i, c); err != nil {
				return err
			}
		}
	}
	for i := range p.Platforms {
		q := &p.Platforms[i]
		runs := p.Runs
		if q.Standing == result.Cannot {
			runs = 0
		}
		row := append(x.row[:0], x.axis...)
		row = append(row, t.Platforms[i], strconv.Itoa(runs), string(q.Standing), q.Reason,
			strconv.FormatBool(p.Winner == i), strconv.FormatBool(p.Winner >= 0 && p.Equal && q.Standing == result.Ranked))
		for _, e := range q.Estimates {
			row = append(row, figure(e.Mean), figure(e.Half))
		}
		x.row = row
		if err := x.points.out.Write(row); err != nil {
			return err
		}
	}
	return nil
}
