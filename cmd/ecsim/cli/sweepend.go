package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"ecsim/models/catalog"
	"ecsim/models/result"
	"ecsim/reports/answer"
	"ecsim/reports/files"
	"ecsim/scenarios/simulate"
	"ecsim/sim/experiment"
	"ecsim/workloads/units"
)

// finish makes the tables of the journal, or leaves it as a shard's result.
func (s *sweeping) finish(e *Env, dir, hash string) error {
	report := s.report(hash)
	if s.o.shards > 0 {
		if _, err := s.folder.FinishShard(report); err != nil {
			return err
		}
		fmt.Fprintf(e.Err, "shard %d of %d is done: %s, for 'ecsim sweep merge'\n", s.o.index+1, s.o.shards, dir)
		io.WriteString(e.Err, s.speed())
		return nil
	}
	part, err := openPart(s.folder.Journal())
	if err != nil {
		return err
	}
	defer part.file.Close()
	code, err := writeSweep(e, s.folder, report, s.Sweep, []*sweepPart{part}, dir)
	if err == nil {
		io.WriteString(e.Err, s.speed())
	}
	if err != nil {
		return fmt.Errorf("%w\nwhat is finished is kept in %s; the same command goes on", err, s.folder.Journal())
	}
	return silently(code)
}

func (s *sweeping) report(hash string) files.SweepReport {
	return files.SweepReport{Table: s.Table, Total: s.Points(), Resolved: s.Scenario.Resolved(), Plan: s.header,
		Hash: hash, Version: Version, Catalogue: catalog.Version(), Took: time.Since(s.start), Jobs: s.o.workers}
}

// sweepPart is one journal being read.
type sweepPart struct {
	dir    string
	file   *os.File
	index  *experiment.JournalIndex
	buffer []byte
}

func openPart(path string) (*sweepPart, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	index, err := experiment.IndexJournal(f, info.Size())
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &sweepPart{dir: filepath.Dir(path), file: f, index: index}, nil
}

// points reads the points of all chunks in order, one at a time.
func points(chunks int, parts []*sweepPart) iter.Seq2[*result.SweepPoint, error] {
	return func(yield func(*result.SweepPoint, error) bool) {
		var p result.SweepPoint
		for c := range uint64(chunks) {
			for _, part := range parts {
				if !part.index.Has(c) {
					continue
				}
				b, err := part.index.Read(part.file, c, &part.buffer)
				for len(b) > 0 && err == nil {
					if b, err = p.Decode(b); err == nil && !yield(&p, nil) {
						return
					}
				}
				if err != nil {
					yield(nil, fmt.Errorf("%s: chunk %d: %w", part.dir, c, err))
					return
				}
				break
			}
		}
	}
}

// finishGC is how much garbage the end of a sweep lets pile up, in percent of
// what lives.
const finishGC = 20

// writeSweep makes the tables of the journals, prints the answer and returns
// the exit code.
func writeSweep(e *Env, folder *files.Folder, r files.SweepReport, w *simulate.Sweep, parts []*sweepPart, dir string) (int, error) {
	r.Points = points(w.Chunks(), parts)
	var text string
	r.Text = func(s *result.Surface, sum files.SweepSummary) string {
		c := answer.SweepCounts{Points: sum.Points, Cells: sum.Cells, Placements: sum.Placements, Failed: sum.Failed, Imprecise: sum.Imprecise,
			NoneMet: sum.NoneMet, NoWinner: sum.NoWinner, Gates: len(sum.Gates)}
		for _, p := range sum.Platforms {
			c.Wins = append(c.Wins, p.Wins)
			c.Cheapest = append(c.Cheapest, cheapest(p.Best))
		}
		text = answer.SweepText(s, c)
		return text
	}
	// The peak of memory is here, where tables are made piece by piece and
	// pictures drawn, and where collecting more often costs little.
	defer debug.SetGCPercent(debug.SetGCPercent(finishGC))
	debug.FreeOSMemory() // of the cells
	debug.FreeOSMemory() // what the workers had
	said := e.saying("writing tables and plots ...")
	wrote, _, sum, err := folder.FinishSweep(r)
	said()
	if err != nil {
		return ExitFailed, err
	}
	if e.OutTerminal && e.Colour {
		text = paint(text)
	}
	if _, err := io.WriteString(e.Out, text); err != nil {
		return ExitFailed, err
	}
	fmt.Fprintf(e.Err, "Wrote %s/ (cells.csv, cells.parquet, points.csv, %s, %.1f MB)\n", dir, count(wrote.Plots, "plot"), float64(wrote.Bytes)/1e6)
	return sweepCode(sum), nil
}

// cheapest words where a platform costs least: "$1,019 ±3 at A = 4, B = 60s".
func cheapest(b *files.SweepBest) string {
	if b == nil {
		return ""
	}
	text := result.FormatUSD(b.Cost)
	if b.Half != nil {
		text += " ±" + strings.TrimPrefix(result.FormatUSD(*b.Half), "$")
	}
	var at []string
	for i, v := range b.Values {
		at = append(at, answer.AxisLetter(i)+" = "+v)
	}
	return text + " at " + strings.Join(at, ", ")
}

// sweepCode is what a sweep comes to: a platform that cannot run somewhere
// counts before gates that nobody keeps anywhere.
func sweepCode(sum files.SweepSummary) int {
	switch {
	case sum.Failed > 0:
		return ExitInfeasible
	case len(sum.Gates) > 0 && sum.NoneMet == sum.Points:
		return ExitMissed
	}
	return ExitOK
}

// storedSweepCode is sweepCode of a finished folder.
func storedSweepCode(dir string) int {
	var sum files.SweepSummary
	data, err := os.ReadFile(filepath.Join(dir, "summary.json"))
	if err == nil {
		err = json.Unmarshal(data, &sum)
	}
	if err != nil {
		return ExitFailed
	}
	return sweepCode(sum)
}

// speed is the line at the end: how much was done, and how fast.
func (s *sweeping) speed() string {
	d := &s.Done
	cells, took := d.Cells.Load(), time.Since(s.start)
	if cells == 0 {
		return ""
	}
	line := fmt.Sprintf("%s cells in %.1f s, %s a second at -j %d; the scheduler ran %s times",
		units.Thousands(int64(cells)), took.Seconds(), units.Thousands(int64(float64(cells)/took.Seconds())), s.o.workers, units.Thousands(int64(d.Placements.Load())))
	if engine := d.EngineTime.Load(); engine > 0 {
		line += fmt.Sprintf("; a cell took %.2f times its simulation's own run", float64(d.CellTime.Load())/float64(engine))
	}
	return line + "\n"
}
