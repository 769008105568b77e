package simulate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"ecsim/models/billing"
	"ecsim/models/ecs"
	"ecsim/models/result"
	"ecsim/scenarios"
	"ecsim/sim"
	"ecsim/sim/experiment"
	"ecsim/workloads/units"
)

// Sweep is the sweep of a scenario, ready to run: points in chunks, each with
// all replications on all platforms.
type Sweep struct {
	Scenario  *scenarios.Scenario // the base point
	Platforms []int               // indexes of those that run
	Table     result.SweepTable
	// ChunkPoints is how many consecutive points make a chunk: a function of the
	// plan alone, so that a journal does not depend on who writes it.
	ChunkPoints int
	Done        Counts

	replays      Replays
	baseArrivals []*scenarios.Arrivals
	baseSpan     sim.Time // of a replay that gives no duration
}

// Counts are what a sweep has done so far, for who watches it.
type Counts struct {
	Cells, Placements, Events atomic.Uint64
	CellTime, EngineTime      atomic.Int64 // ns, all workers together
	begun                     atomic.Int64 // points
	expected                  atomic.Int64 // replications of those, as foreseen at the last look
	widest                    atomic.Uint64
	looked                    atomic.Bool
}

// Expect is how many cells so many points come to, as far as those begun tell:
// with a wanted precision a point has as many as it needs.
func (c *Counts) Expect(points int) (cells int, ok bool) {
	begun := c.begun.Load()
	if begun == 0 {
		return 0, false
	}
	return int(float64(c.expected.Load()) / float64(begun) * float64(points)), true
}

// Widest is the widest relative half-width at the last look at a point, false
// before the first.
func (c *Counts) Widest() (float64, bool) {
	return math.Float64frombits(c.widest.Load()), c.looked.Load()
}

// NewSweep prepares the sweep of sc on the platforms of these indexes.
func NewSweep(sc *scenarios.Scenario, platforms []int) (*Sweep, error) {
	if sc.Sweep == nil {
		return nil, fmt.Errorf("%s has no [sweep]; add one, such as [sweep] \"workload.jobs.cpu\" = [256, 512]", sc.Name)
	}
	if sc.Runs.Batches > 0 {
		return nil, at(sc, "runs.batches", "has no effect on a sweep, whose cells are replications; remove it, or set runs.replications")
	}
	g, err := gates(sc)
	if err != nil {
		return nil, err
	}
	w := &Sweep{Scenario: sc, Platforms: platforms}
	t := &w.Table
	t.Scenario, t.Question, t.Seed, t.Design = sc.Name, sc.Question, uint64(sc.Runs.Seed), sc.Sweep.Design
	for i := range sc.Sweep.Axes {
		a := &sc.Sweep.Axes[i]
		axis := result.Axis{Path: a.Name(), Numbers: a.Numbers, Unit: a.Unit}
		for v := range a.Values {
			axis.Values = append(axis.Values, a.Text(v))
		}
		for k, path := range a.Paths {
			part := result.AxisPart{Path: path}
			if k == 0 {
				part.Numbers, part.Unit = a.Numbers, a.Unit
			}
			for v := range a.Values {
				part.Values = append(part.Values, a.Part(v, k))
			}
			axis.Parts = append(axis.Parts, part)
		}
		t.Axes = append(t.Axes, axis)
	}
	for _, p := range platforms {
		t.Platforms = append(t.Platforms, sc.Platforms[p].Name)
	}
	var names []string
	for i := range sc.Workloads {
		names = append(names, sc.Workloads[i].Name)
		if a := sc.Workloads[i].Arrivals; a != nil && a.Trace != "" {
			w.baseArrivals = append(w.baseArrivals, a)
		}
	}
	t.Columns = result.Columns(names)
	seen := map[string]int{}
	for _, x := range g {
		column := "gate_" + x.Column()
		if seen[column]++; seen[column] > 1 {
			column = fmt.Sprintf("%s_%d", column, seen[column])
		}
		t.Gates = append(t.Gates, x.Path+" "+x.Text)
		t.GateColumns = append(t.GateColumns, column)
	}
	w.baseSpan = sim.Time(sc.Duration)
	// Small enough that a killed process loses little and all workers have work
	// to the end, large enough that a frame is not mostly its head.
	w.ChunkPoints = max(1, min(64/max(1, w.Replications()), sc.Sweep.Points/256))
	return w, nil
}

// Points counts the points.
func (w *Sweep) Points() int { return w.Scenario.Sweep.Points }

// Chunks counts the chunks.
func (w *Sweep) Chunks() int { return (w.Points() + w.ChunkPoints - 1) / w.ChunkPoints }

// Replications is how many each point has; with a wanted precision the least.
func (w *Sweep) Replications() int { return sequential(w.Scenario).First() }

// Precision is the relative half-width wanted of each point, 0 for none.
func (w *Sweep) Precision() float64 { return sequential(w.Scenario).Precision }

// Cells is how many cells there are, points times replications; with a wanted
// precision the least.
func (w *Sweep) Cells() int { return w.Points() * w.Replications() }

// PointsOf are the points of a chunk, [from, to).
func (w *Sweep) PointsOf(chunk uint64) (from, to int) {
	from = int(chunk) * w.ChunkPoints
	return from, min(from+w.ChunkPoints, w.Points())
}

// Bench is what one worker keeps from cell to cell.
type Bench struct {
	point   result.SweepPoint
	payload []byte
	flush   func(piece []byte) error // nil: the point's cells are kept, and none written
	folding []result.Folding         // per platform
	values  [][]result.Value         // [platform][column] of the replication at hand
	failed  []failure                // per platform
	refused [][]result.Reason
	watched [][]float64 // figures that must become precise: [platform and metric][replication]
	book    billing.Memo
	memory  []Memory // per platform
}

type failure struct {
	reason result.Reason
	is     bool
}

// pieceSize is how much of a chunk is held before it is handed on.
const pieceSize = 256 << 10

// Chunk runs the points of a chunk and writes them as SweepPoint.Append does:
// pieces of it to flush as they come, so that a point of very many replications
// is never held whole, and the rest as what it returns, b's until the next call.
// Where it is cut is a function of what is written.
func (w *Sweep) Chunk(ctx context.Context, b *Bench, chunk uint64, flush func(piece []byte) error) ([]byte, error) {
	b.payload, b.flush = b.payload[:0], flush
	defer func() { b.flush = nil }()
	from, to := w.PointsOf(chunk)
	for i := from; i < to; i++ {
		if err := w.pointAt(ctx, b, i); err != nil {
			return nil, err
		}
	}
	return b.payload, nil
}

// Point runs one point and returns what it came to, b's until the next call.
func (w *Sweep) Point(ctx context.Context, b *Bench, index int) (*result.SweepPoint, error) {
	return &b.point, w.pointAt(ctx, b, index)
}

func (w *Sweep) pointAt(ctx context.Context, b *Bench, index int) error {
	p := &b.point
	*p = result.SweepPoint{Index: index, At: w.Scenario.Sweep.Index(index), Winner: -1, Platforms: p.Platforms}
	for len(p.Platforms) < len(w.Platforms) {
		p.Platforms = append(p.Platforms, result.SweepPlatform{})
	}
	if b.flush != nil {
		b.payload = p.AppendHead(b.payload)
	}
	sc, err := w.scenario(index)
	if err != nil {
		return b.noScenario(w, err)
	}
	g, err := gates(sc)
	if err != nil {
		return b.noScenario(w, err)
	}
	b.begin(len(w.Platforms))
	for i, pl := range w.Platforms {
		b.refused[i] = Admit(sc, pl)
		p.Platforms[i].Cells = p.Platforms[i].Cells[:0]
	}
	able := make([]int, 0, len(w.Platforms))
	for i, pl := range w.Platforms {
		if b.refused[i] == nil {
			able = append(able, pl)
		}
	}
	if sc, _, err = settle(ctx, sc, able, 1, nil, &w.replays); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return b.noScenario(w, err)
	}
	// All platforms stop at the same number of replications, which is looked at
	// at the checkpoints only.
	stop := sequential(sc)
	read := watched(sc)
	foreseen := stop.First()
	w.Done.expected.Add(int64(foreseen))
	w.Done.begun.Add(1)
	for until := foreseen; ; {
		for ; p.Runs < until; p.Runs++ {
			if err := w.cell(ctx, sc, b, uint64(p.Runs), g, read); err != nil {
				return err
			}
		}
		if stop.Precision > 0 {
			widest := experiment.Widest(b.watched)
			w.Done.widest.Store(math.Float64bits(widest))
			w.Done.looked.Store(true)
			now := stop.Expect(p.Runs, widest)
			w.Done.expected.Add(int64(now - foreseen))
			foreseen = now
			until = stop.Next(p.Runs, widest)
			p.Imprecise = until == p.Runs && widest > stop.Precision
		}
		if until == p.Runs {
			break
		}
	}
	b.judge(w, g)
	return b.write(-1)
}

// write writes cell k of every platform, or with -1 what they came to, if
// somebody takes it. Cells written are forgotten.
func (b *Bench) write(k int) error {
	if b.flush == nil {
		return nil
	}
	p := &b.point
	if k < 0 {
		b.payload = p.AppendTail(b.payload)
		return nil
	}
	b.payload = p.AppendRun(b.payload, k)
	if len(b.payload) < pieceSize {
		return nil
	}
	err := b.flush(b.payload)
	b.payload = b.payload[:0]
	return err
}

// scenario is that of a point, checked and with its duration.
func (w *Sweep) scenario(index int) (*scenarios.Scenario, error) {
	sc, err := w.Scenario.Sweep.At(index)
	if err != nil {
		return nil, err
	}
	if err := check(sc); err != nil {
		return nil, err
	}
	if sc.Duration > 0 {
		return sc, nil
	}
	k := 0
	for i := range sc.Workloads {
		a := sc.Workloads[i].Arrivals
		if a == nil || a.Trace == "" {
			continue
		}
		if k >= len(w.baseArrivals) || !reflect.DeepEqual(a, w.baseArrivals[k]) {
			d, err := span(sc, &w.replays)
			sc.Duration = units.Duration(d)
			return sc, err
		}
		k++
	}
	sc.Duration = units.Duration(w.baseSpan) // the trace is the base point's
	return sc, nil
}

// noScenario makes rows of a point that is no scenario, such as a minimum above
// its maximum.
func (b *Bench) noScenario(w *Sweep, err error) error {
	p := &b.point
	p.Failed = true
	n := w.Replications()
	for i := range w.Platforms {
		x := &p.Platforms[i]
		x.Standing, x.Reason, x.Cells = result.Cannot, err.Error(), x.Cells[:0]
		x.Estimates = nothing(len(w.Table.Columns))
		for r := range n {
			x.Cells = append(x.Cells, result.SweepCell{Replication: uint64(r), Standing: result.Cannot, Reason: x.Reason})
		}
	}
	w.Done.Cells.Add(uint64(n))
	for k := range n {
		if err := b.write(k); err != nil {
			return err
		}
	}
	return b.write(-1)
}

func nothing(n int) []result.Band {
	list := make([]result.Band, n)
	for i := range list {
		list[i] = result.Band{Mean: math.NaN(), Half: math.NaN()}
	}
	return list
}

func (b *Bench) begin(platforms int) {
	b.book.Book = billing.Catalog{}
	for len(b.values) < platforms {
		b.folding, b.values = append(b.folding, result.Folding{}), append(b.values, nil)
		b.memory = append(b.memory, Memory{})
	}
	b.failed, b.refused = make([]failure, platforms), make([][]result.Reason, platforms)
	for i := range b.watched {
		b.watched[i] = b.watched[i][:0]
	}
	for i := range b.folding {
		b.folding[i].Begin()
	}
}

// watch notes the figures of platform i that must become precise.
func (b *Bench) watch(i int, figures []float64) {
	for k, v := range figures {
		at := i*len(figures) + k
		for len(b.watched) <= at {
			b.watched = append(b.watched, nil)
		}
		b.watched[at] = append(b.watched[at], v)
	}
}

// cell runs one replication on every platform and notes a row of each.
func (w *Sweep) cell(ctx context.Context, sc *scenarios.Scenario, b *Bench, replication uint64, g []result.Gate, read func(*result.Run) []float64) error {
	start := time.Now()
	var engine time.Duration
	outcomes := make([]*result.Outcome, len(w.Platforms))
	var placed, events uint64
	for i, pl := range w.Platforms {
		name := sc.Platforms[pl].Name
		if b.refused[i] != nil {
			outcomes[i] = result.Refuse(name, b.refused[i])
			continue
		}
		run, err := Run(ctx, sc, pl, replication, Options{Engine: &engine, Brief: true, Book: &b.book, Memory: &b.memory[i], Replays: &w.replays})
		if reason, is := cannot(err); is {
			b.failed[i] = failure{reason, true}
			outcomes[i] = result.Refuse(name, []result.Reason{reason})
			continue
		}
		if err != nil {
			return fmt.Errorf("point %d, replication %d: %w", b.point.Index, replication, err)
		}
		if b.values[i] == nil {
			b.values[i] = make([]result.Value, len(w.Table.Columns))
		}
		run.ReadColumns(w.Table.Columns, b.values[i])
		b.watch(i, read(run))
		outcomes[i] = result.Single(run)
		placed += run.Placements
		events += run.Events
	}
	// One replication has no interval to hold a gate on one against.
	alone := slices.DeleteFunc(slices.Clone(g), result.Gate.Interval)
	rows := result.Rank(outcomes, alone).Rows()
	if b.flush != nil {
		for i := range b.point.Platforms {
			b.point.Platforms[i].Cells = b.point.Platforms[i].Cells[:0]
		}
	}
	for _, row := range rows {
		for i := range outcomes {
			if outcomes[i] == row.Outcome {
				b.note(i, row, replication, g)
				if row.Runs > 0 {
					b.folding[i].Add(row.First, b.values[i])
				}
			}
		}
	}
	b.point.Placements += placed
	w.Done.Placements.Add(placed)
	w.Done.Events.Add(events)
	w.Done.CellTime.Add(int64(time.Since(start)))
	w.Done.EngineTime.Add(int64(engine))
	w.Done.Cells.Add(1)
	return b.write(0)
}

// cannot tells an error that belongs into a row: a platform that can never run
// some task, or finds no room at the start.
func cannot(err error) (result.Reason, bool) {
	var inf *ecs.InfeasibleError
	if errors.As(err, &inf) {
		return result.Reason{About: inf.Workload, Text: inf.Error()}, true
	}
	var start *ecs.StartError
	if errors.As(err, &start) {
		return result.Reason{About: start.Workload, Text: start.Text}, true
	}
	return result.Reason{}, false
}

// note adds platform i's row of a replication to the point. Of the gates g
// those on intervals are not in the row.
func (b *Bench) note(i int, row *result.Row, replication uint64, g []result.Gate) {
	x := &b.point.Platforms[i]
	c := x.Next()
	*c = result.SweepCell{Replication: replication, Standing: row.Standing(), Reason: reasonOf(row), Gates: c.Gates[:0], Values: c.Values[:0]}
	if row.Runs == 0 {
		return
	}
	held := row.Gates
	for k := range g {
		state := result.GateNone
		if !g[k].Interval() {
			state = result.GateMissed
			if held[0].OK {
				state = result.GateKept
			}
			held = held[1:]
		}
		c.Gates = append(c.Gates, state)
	}
	for _, v := range b.values[i] {
		f := math.NaN()
		if v.OK {
			f = v.V
		}
		c.Values = append(c.Values, f)
	}
}

func reasonOf(row *result.Row) string {
	if len(row.Faults) == 0 {
		return ""
	}
	return row.Faults[0].Text
}

// judge folds the point's replications and ranks its platforms.
func (b *Bench) judge(w *Sweep, g []result.Gate) {
	p := &b.point
	outcomes := make([]*result.Outcome, len(w.Platforms))
	for i := range outcomes {
		name := w.Table.Platforms[i]
		switch {
		case b.refused[i] != nil:
			outcomes[i] = result.Refuse(name, b.refused[i])
			p.Failed = true
		case b.failed[i].is:
			outcomes[i] = result.Refuse(name, []result.Reason{b.failed[i].reason})
			p.Failed = true
		default:
			outcomes[i] = b.folding[i].Outcome(w.Table.Columns)
		}
	}
	v := result.Rank(outcomes, g)
	p.CostPath = v.CostPath
	p.Met = len(g) == 0
	for _, row := range v.Rows() {
		i := 0
		for outcomes[i] != row.Outcome {
			i++
		}
		x := &p.Platforms[i]
		x.Standing, x.Reason = row.Standing(), reasonOf(row)
		x.Estimates = nothing(len(w.Table.Columns))
		missed := row.Runs == 0
		for _, r := range row.Gates {
			missed = missed || !r.OK
		}
		p.Met = p.Met || !missed
		if row.Runs > 0 {
			for k := range w.Table.Columns {
				if e, ok := row.Estimate(w.Table.Columns[k].Path); ok && e.OK {
					x.Estimates[k] = result.Band{Mean: e.V, Half: e.Half}
				}
			}
		}
		if row == v.Winner {
			p.Winner = i
		}
	}
	p.Equal = len(v.Ranked) > 1 && v.Ranked[1].EqualWinner
}
