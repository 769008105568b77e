package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ecsim/models/catalog"
	"ecsim/models/result"
	"ecsim/reports/files"
	"ecsim/scenarios"
	"ecsim/scenarios/simulate"
	"ecsim/sim/experiment"
	"ecsim/workloads/units"
)

var _ = Register(Verb{Name: "sweep", Group: Simulate, New: newSweep})

// sweepOptions are those of sweep.
type sweepOptions struct {
	simulateOptions
	dryRun bool
	fresh  bool
	shard  string // "i/n" or "n" with the index from the environment
	index  int    // of the shard, from 0
	shards int    // 0 without --shard
}

func newSweep(e *Env) *cobra.Command {
	var o sweepOptions
	c := &cobra.Command{
		Use:   "sweep SCENARIO",
		Short: "Simulate a scenario at every point of its [sweep]",
		Long: `Simulate a scenario at every point of its [sweep], a table of quoted paths as
--set takes them, each with a list of values or { from, to, step }. A point is
one value of each; a cell is a point in one replication, and runs all platforms
on the same work. cells.csv and cells.parquet have a row per cell and platform,
points.csv one per point and platform.

While it runs only a journal is written. Killed, interrupted or cut off by a
full disk, the same command goes on where it stopped; when the scenario, a file
it names, the prices or the program changed meanwhile, it says which and stops.

--shard 1/4 does the first quarter of the chunks, for machines side by side;
'ecsim sweep merge' makes one result of their folders. --shard 4 takes its index
from AWS_BATCH_JOB_ARRAY_INDEX, JOB_COMPLETION_INDEX or SLURM_ARRAY_TASK_ID.

Exit code 3 means that at no point a platform keeps all of [slo] and [budget],
4 that at some point a platform cannot run: its rows say why.`,
		Example: `  ecsim sweep fleet.toml --dry-run
  ecsim sweep fleet.toml -r 20 -j 8
  ecsim sweep fleet.toml --shard 1/4 -o shard-1
  ecsim sweep merge shard-1 shard-2 shard-3 shard-4 -o merged`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("got %d scenarios, want one", len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			o.scenario = args[0]
			return runSweep(e, &o)
		},
	}
	runsFlags(c, &o.simulateOptions, "`cells` at a time", "sweep-HASH")
	f := c.Flags()
	f.BoolVar(&o.dryRun, "dry-run", false, "print the plan, its size and the time it takes, and run a few cells only to measure")
	f.BoolVar(&o.fresh, "fresh", false, "throw away what an earlier sweep of this folder has done")
	f.StringVar(&o.shard, "shard", "", "do the chunks of shard `I/N` only, I from 1")
	c.AddCommand(newSweepMerge(e))
	return c
}

// parseShard reads --shard.
func (o *sweepOptions) parseShard() error {
	if o.shard == "" {
		return nil
	}
	bad := func() error {
		return badInput(fmt.Errorf("ecsim: --shard: got %q, want I/N such as 1/4, or N with an index in AWS_BATCH_JOB_ARRAY_INDEX, JOB_COMPLETION_INDEX or SLURM_ARRAY_TASK_ID", o.shard))
	}
	first, second, given := strings.Cut(o.shard, "/")
	if given {
		i, err := strconv.Atoi(first)
		n, err2 := strconv.Atoi(second)
		if err != nil || err2 != nil || i < 1 || n < i {
			return bad()
		}
		o.index, o.shards = i-1, n
		return nil
	}
	n, err := strconv.Atoi(first)
	if err != nil || n < 1 {
		return bad()
	}
	// Array jobs count from 0: AWS Batch and Kubernetes always, Slurm as its
	// --array says, here 0-(N-1).
	// https://docs.aws.amazon.com/batch/latest/userguide/array_jobs.html
	for _, name := range []string{"AWS_BATCH_JOB_ARRAY_INDEX", "JOB_COMPLETION_INDEX", "SLURM_ARRAY_TASK_ID"} {
		text := os.Getenv(name)
		if text == "" {
			continue
		}
		i, err := strconv.Atoi(text)
		if err != nil || i < 0 || i >= n {
			return badInput(fmt.Errorf("ecsim: --shard %s: %s is %q, want 0 to %d", o.shard, name, text, n-1))
		}
		o.index, o.shards = i, n
		return nil
	}
	return bad()
}

// prepare loads the scenario and lays out its sweep.
func (o *sweepOptions) prepare(e *Env) (*simulate.Sweep, error) {
	if o.workers < 1 {
		return nil, badInput(fmt.Errorf("ecsim: --jobs: got %d, want 1 or more", o.workers))
	}
	if err := o.parseShard(); err != nil {
		return nil, err
	}
	sc, err := load(e, o.scenario, o.patches())
	if err != nil {
		return nil, err
	}
	platforms, err := o.choose(sc)
	if err != nil {
		return nil, err
	}
	w, err := simulate.NewSweep(sc, platforms)
	if err != nil {
		return nil, badInput(fmt.Errorf("ecsim: %w", err))
	}
	return w, nil
}

// sweepFolder is where the result goes, and its hash: of the settings, not of
// what files hold or of the program, so that a change of those is found and
// named there.
func (o *sweepOptions) folder(sc *scenarios.Scenario, t *result.SweepTable) (dir, hash string) {
	what := append(sc.Resolved(), strings.Join(t.Platforms, "\x00")...)
	hash = files.Hash(what, t.Seed, Version, catalog.Version())
	if o.out != "" {
		return o.out, hash
	}
	name := "sweep-" + hash
	if o.shards > 0 {
		name += fmt.Sprintf("-shard-%d-of-%d", o.index+1, o.shards)
	}
	return files.Dir(outputRoot, sc.Name, name), hash
}

// sweeping is a sweep under way.
type sweeping struct {
	*simulate.Sweep
	o       *sweepOptions
	plan    *experiment.PlanHeader
	header  []byte
	hash    experiment.Plan
	folder  *files.Folder
	index   *experiment.JournalIndex
	start   time.Time
	resumed int // chunks that were there
	cells   int // of this process's share, those that were there included
}

func runSweep(e *Env, o *sweepOptions) error {
	w, err := o.prepare(e)
	if err != nil {
		return err
	}
	if o.dryRun {
		return o.dry(e, w)
	}
	plan, err := w.Plan(Version)
	if err != nil {
		return badInput(err)
	}
	s := &sweeping{Sweep: w, o: o, plan: plan, start: time.Now()}
	s.header, s.hash = plan.Encode()
	dir, hash := o.folder(w.Scenario, &w.Table)
	hash = fmt.Sprintf("%s-%x", hash, s.hash[:8])
	if !o.fresh && o.shards == 0 {
		if text, ok := files.Stored(dir, hash); ok {
			io.WriteString(e.Out, text)
			fmt.Fprintf(e.Err, "unchanged: %s\n", dir)
			return silently(storedSweepCode(dir))
		}
	}
	if s.folder, err = files.BeginSweep(dir, o.fresh); err != nil {
		return badInput(err)
	}
	defer s.folder.Keep()
	journal, err := s.journal(e)
	if err != nil {
		return err
	}
	err = s.run(e, journal)
	if err = errors.Join(err, journal.Close()); err != nil {
		return s.stopped(e, err)
	}
	return s.finish(e, dir, hash)
}

// journal begins the journal, or goes on with one of the same plan.
func (s *sweeping) journal(e *Env) (*experiment.Journal, error) {
	path := s.folder.Journal()
	index, err := indexJournal(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		index = nil
	case errors.Is(err, experiment.ErrNoJournal):
		// Its header was never whole, so nothing else was.
		index = nil
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if index == nil {
		j, err := experiment.CreateJournal(path, s.hash, s.header)
		if err != nil {
			return nil, fmt.Errorf("cannot begin the journal: %w", err)
		}
		return j, nil
	}
	if index.Plan != s.hash {
		return nil, s.changed(path, index)
	}
	s.index = index
	if index.Torn > 0 {
		fmt.Fprintf(e.Err, "the journal ends in %s bytes of a chunk that was cut off; they are removed\n", units.Thousands(index.Torn))
	}
	return experiment.ResumeJournal(path, index)
}

// changed names what is not as it was when the journal began.
func (s *sweeping) changed(path string, index *experiment.JournalIndex) error {
	old, err := experiment.DecodePlan(index.Header)
	if err != nil {
		return badInput(fmt.Errorf("%s: %w", path, err))
	}
	lines := s.plan.Changes(old)
	return badInput(fmt.Errorf("ecsim: %s was begun with other inputs, so its %s cannot be gone on with:\n  %s\nput it back, choose another folder with -o, or start afresh with --fresh",
		path, count(index.Chunks(), "chunk"), strings.Join(clipLines(lines, 20), "\n  ")))
}

func clipLines(lines []string, most int) []string {
	if len(lines) > most {
		lines = append(lines[:most:most], fmt.Sprintf("and %d more", len(lines)-most))
	}
	return lines
}

func indexJournal(path string) (*experiment.JournalIndex, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return experiment.IndexJournal(f, info.Size())
}

// run does the chunks of this shard that are not in the journal.
func (s *sweeping) run(e *Env, journal *experiment.Journal) error {
	chunk, step, chunks := uint64(0), uint64(1), uint64(s.Chunks())
	if s.o.shards > 0 {
		chunk, step = uint64(s.o.index), uint64(s.o.shards)
	}
	reps := s.Replications()
	done := 0
	for c := chunk; c < chunks; c += step {
		from, to := s.PointsOf(c)
		s.cells += (to - from) * reps
		if s.index != nil && s.index.Has(c) {
			s.resumed++
			done += (to - from) * reps
		}
	}
	if s.resumed > 0 {
		fmt.Fprintf(e.Err, "going on: %s of %s cells are done\n", units.Thousands(int64(done)), units.Thousands(int64(s.cells)))
	}
	stop := followSweep(e, s.Sweep, done, s.cells)
	defer stop()
	benches := make([]simulate.Bench, s.o.workers)
	return experiment.Chunks(e.Context, s.o.workers, func() (uint64, bool) {
		for chunk < chunks && s.index != nil && s.index.Has(chunk) {
			chunk += step
		}
		c := chunk
		chunk += step
		return c, c < chunks
	}, func(ctx context.Context, worker int, c uint64) ([]byte, error) {
		return s.Chunk(ctx, &benches[worker], c, func(piece []byte) error { return journal.AppendPiece(c, piece) })
	}, journal.Append)
}

// stopped says what is safe when a sweep ended before its end.
func (s *sweeping) stopped(e *Env, err error) error {
	if errors.Is(err, experiment.ErrJournalGone) {
		return fmt.Errorf("%s: %w, and with it what was finished; start again, or choose another folder with -o", s.folder.Journal(), experiment.ErrJournalGone)
	}
	safe := fmt.Sprintf("what is finished is kept in %s; the same command goes on", s.folder.Journal())
	if errors.Is(err, context.Canceled) {
		fmt.Fprintf(e.Err, "interrupted after %s cells: %s\n", units.Thousands(int64(s.Done.Cells.Load())), safe)
		return silently(ExitInterrupted)
	}
	if codeOf(err) == ExitFailed {
		return fmt.Errorf("%s: %w\n%s", s.o.scenario, err, safe)
	}
	return err
}
