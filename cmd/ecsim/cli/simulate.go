package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ecsim/models/catalog"
	"ecsim/models/result"
	"ecsim/reports/answer"
	"ecsim/reports/files"
	"ecsim/scenarios"
	"ecsim/scenarios/simulate"
)

// simulateOptions are those of run and compare.
type simulateOptions struct {
	scenario     string
	platforms    []string // names; empty is all of the scenario
	sets         []string
	replications string // "" is the scenario's
	precision    string // likewise
	most         string // likewise: runs.max_replications
	seed         string // likewise
	workers      int
	out          string // folder; "" is out/SCENARIO/HASH
	format       string
	records      records
	force        bool // simulate even if the answer is stored
	pairs        bool // compare: print the paired differences
	flips        bool // simulate what would change the winner
}

// records are the files of single events, written on request.
type records struct{ Tasks, Instances, Events bool }

func simulateFlags(c *cobra.Command, o *simulateOptions) {
	runsFlags(c, o, "`simulations` at a time", "HASH")
	f := c.Flags()
	f.BoolVar(&o.records.Tasks, "tasks", false, "also write tasks.csv, a row a task, of the first replication")
	f.BoolVar(&o.records.Instances, "instances", false, "also write instances.csv, a row an instance, of the first replication")
	f.BoolVar(&o.records.Events, "events", false, "also write events.csv, a row an event, of the first replication")
	f.BoolVar(&o.flips, "flips", o.pairs, "search for the load, run time, start time and the like that change the winner (more than twice the work)")
	f.BoolVar(&o.force, "force", false, "simulate again though the answer is stored")
	formatFlag(c, &o.format, formats...)
}

// runsFlags are the flags of all verbs that simulate a scenario: what is done at
// a time, and how the default folder ends.
func runsFlags(c *cobra.Command, o *simulateOptions, atATime, folder string) {
	f := c.Flags()
	f.StringArrayVar(&o.platforms, "platform", nil, "only this `platform`; repeatable")
	setFlag(c, &o.sets)
	f.StringVarP(&o.replications, "replications", "r", "", "independent repetitions, as --set runs.replications=`N`")
	f.StringVar(&o.precision, "precision", "", "repeat (a sweep: each point) until the 95 % interval is this `share` of the cost, such as 1%, as --set runs.precision")
	f.StringVar(&o.most, "max-replications", "", "the most repetitions for --precision, as --set runs.max_replications=`N`")
	f.IntVarP(&o.workers, "jobs", "j", runtime.GOMAXPROCS(0), atATime+"; results do not depend on it")
	f.StringVar(&o.seed, "seed", "", "seed of all chance, as --set runs.seed=`N`")
	f.StringVarP(&o.out, "output", "o", "", "write to this `folder`, replaced only if ecsim wrote it (default out/SCENARIO/"+folder+")")
	f.Lookup("jobs").DefValue = "all CPUs"
	completeBy(c, "platform", platformNames)
	c.ValidArgsFunction = scenarioNames
}

const simulateHelp = `

SCENARIO is a .toml file or the name of a library scenario ('ecsim library').
The answer goes to standard output, tables and plots to out/SCENARIO/HASH, with
"latest" beside it. The hash is of the resolved scenario, the version and the
price catalogue: what was simulated before is printed again at once. Ctrl-C
keeps what is finished, marked partial; a second one ends at once.`

// patches are --set and the flags that stand for it.
func (o *simulateOptions) patches() []string {
	sets := slices.Clone(o.sets)
	if o.replications != "" {
		sets = append(sets, "runs.replications="+o.replications)
	}
	if o.precision != "" {
		sets = append(sets, "runs.precision="+o.precision)
	}
	if o.most != "" {
		sets = append(sets, "runs.max_replications="+o.most)
	}
	if o.seed != "" {
		sets = append(sets, "runs.seed="+o.seed)
	}
	return sets
}

// choose returns the indexes of the platforms asked for, in the scenario's
// order.
func (o *simulateOptions) choose(sc *scenarios.Scenario) (indexes []int, err error) {
	var names []string
	for i := range sc.Platforms {
		names = append(names, sc.Platforms[i].Name)
		if len(o.platforms) == 0 || slices.Contains(o.platforms, sc.Platforms[i].Name) {
			indexes = append(indexes, i)
		}
	}
	for _, p := range o.platforms {
		if !slices.Contains(names, p) {
			err = errors.Join(err, fmt.Errorf("ecsim: --platform: got %q, want one of %s; repeat the flag for several", p, strings.Join(names, ", ")))
		}
	}
	return indexes, badInput(err)
}

// runSimulate simulates, writes and prints, or prints what is stored.
func runSimulate(e *Env, o simulateOptions) error {
	if o.workers < 1 {
		return badInput(fmt.Errorf("ecsim: --jobs: got %d, want 1 or more", o.workers))
	}
	sc, err := load(e, o.scenario, o.patches())
	if err != nil {
		return err
	}
	if sc.Sweep != nil {
		fmt.Fprintf(e.Err, "%s has a [sweep]: this is its base point; 'ecsim sweep' runs all %s\n", o.scenario, count(sc.Sweep.Points, "point"))
	}
	platforms, err := o.choose(sc)
	if err != nil {
		return err
	}
	if o.most != "" && sc.Runs.Precision == 0 {
		return badInput(fmt.Errorf("ecsim: --max-replications: got %s, and nothing asks for a precision; add --precision 1%%, or give the number with -r", o.most))
	}
	if o.pairs && len(platforms) < 2 {
		return badInput(fmt.Errorf("ecsim: %s has one platform to run, want two or more to compare; 'ecsim run' takes one", o.scenario))
	}
	to, err := o.destination(sc, platforms, Version, catalog.Version())
	if err != nil {
		return err
	}
	if !o.force {
		if old := to.stored(sc); old != nil {
			if err := e.answer(o.format, *old); err != nil {
				return err
			}
			fmt.Fprintf(e.Err, "unchanged: %s\n", to.dir)
			return silently(old.code)
		}
	}
	folder, err := files.Begin(to.dir)
	if err != nil {
		return badInput(err) // the folder is part of the command line, and nothing has run
	}
	defer folder.Abort()
	start := time.Now()
	var tracker simulate.Tracker
	stop := follow(e, &tracker)
	c, err := simulate.Compare(e.Context, sc, platforms, o.workers, &tracker)
	if err == nil && !c.Partial && o.flips && len(platforms) > 1 {
		stop() // with the comparison's last line
		stop = follow(e, &tracker)
		err = c.Flips(e.Context, platforms, o.workers, &tracker)
	}
	if err == nil && !c.Partial {
		if err = o.record(e, sc, c, platforms, folder); errors.Is(err, context.Canceled) {
			c.Partial, err = true, nil // the figures are whole, the event files are not
		}
	}
	stop()
	if err != nil {
		return o.named(err)
	}
	return o.finish(e, c, folder, to, start)
}

// record writes the event files: replication 0 of each platform that ran, once
// more, with observers.
func (o *simulateOptions) record(e *Env, sc *scenarios.Scenario, c *simulate.Comparison, platforms []int, folder *files.Folder) error {
	for i, p := range platforms {
		if c.Outcomes[i].Runs == 0 {
			continue
		}
		words, err := simulate.WordsOf(sc, p)
		if err != nil {
			return err
		}
		names := files.Names{Place: words.Place, Reason: words.Reason, List: words.List}
		for _, w := range c.Outcomes[i].First.Workloads {
			names.Workloads = append(names.Workloads, w.Name)
		}
		var observers []result.Observer
		for _, r := range []struct {
			name string
			on   bool
		}{{"tasks", o.records.Tasks}, {"instances", o.records.Instances}, {"events", o.records.Events}} {
			if !r.on {
				continue
			}
			recorder, err := folder.Recorder(r.name, sc.Platforms[p].Name, 0, sc.Start, names)
			if err != nil {
				return err
			}
			observers = append(observers, recorder.Observe)
		}
		if observers == nil {
			return nil
		}
		observe := func(ev result.Event) {
			for _, f := range observers {
				f(ev)
			}
		}
		if _, err := simulate.Run(e.Context, sc, p, 0, simulate.Options{Observe: observe}); err != nil {
			return err
		}
	}
	return nil
}

// finish writes the folder, prints the answer and returns the exit code.
func (o *simulateOptions) finish(e *Env, c *simulate.Comparison, folder *files.Folder, to destination, start time.Time) error {
	sc := c.Scenario
	location, err := time.LoadLocation(sc.TimeZone)
	if err != nil {
		return err
	}
	a := answer.Build(answerInput(o.scenario, c))
	if o.pairs {
		if t, chance, ok := pairedTable(a.Verdict, c.Gates); ok {
			a.Tables = append(a.Tables, t)
			if chance != "" {
				a.Details = slices.Insert(a.Details, 0, answer.Line{Text: chance})
			}
		}
	}
	named, err := sc.Files()
	if err != nil {
		return err
	}
	var inputs []files.Input
	for _, f := range named {
		inputs = append(inputs, files.Input{Name: f.Path, SHA256: f.SHA256})
	}
	took := time.Since(start)
	said := e.saying("writing tables and plots ...")
	wrote, err := folder.Finish(files.Report{Answer: a, Resolved: sc.Resolved(), Hash: to.hash, Seed: uint64(sc.Runs.Seed),
		Version: Version, Catalogue: catalog.Version(), Location: location, Inputs: inputs, Partial: c.Partial, Took: took, Jobs: o.workers})
	said()
	if err != nil {
		return err
	}
	if !to.own {
		if err := files.Latest(to.dir); err != nil {
			fmt.Fprintf(e.Err, "ecsim: %v\n", err)
		}
	}
	var summary, table bytes.Buffer
	if err := errors.Join(a.JSON(&summary), a.CSV(&table)); err != nil {
		return err
	}
	if err := e.answer(o.format, stored{text: a.Text(), json: summary.String(), csv: table.String()}); err != nil {
		return err
	}
	io.WriteString(e.Err, answer.Wrote(to.dir, wrote.Plots, wrote.CSVs, time.Since(start)))
	if c.Partial {
		fmt.Fprintf(e.Err, "interrupted: %d of %s are finished on every platform; marked partial\n", c.Runs, count(c.Wanted, "run"))
	}
	return silently(exitCode(c))
}

// answer prints an answer in a format.
func (e *Env) answer(format string, s stored) error {
	text := s.text
	switch format {
	case "json":
		text = s.json
	case "csv":
		text = s.csv
	default:
		if e.OutTerminal && e.Colour {
			text = paint(text)
		}
	}
	_, err := io.WriteString(e.Out, text)
	return err
}

// The colours of an answer on a terminal.
var (
	marks    = regexp.MustCompile(`(?m)\b(MISS|RISK|cannot|less work|partial)$|^(MISS|RISK|CANNOT|LESS WORK|PARTIAL|Warning:)`)
	advice   = regexp.MustCompile(`(?m)^=>.*(?:\n   .*)*`)
	question = regexp.MustCompile(`^.+`)
)

// paint gives the answer's marks their colours: red and yellow for what keeps a
// platform from the ranking, bold for question and advice.
func paint(s string) string {
	s = question.ReplaceAllString(s, "\x1b[1m$0\x1b[0m")
	s = advice.ReplaceAllString(s, "\x1b[1m$0\x1b[0m")
	return marks.ReplaceAllStringFunc(s, func(m string) string {
		colour := "\x1b[33m" // yellow
		if m == "MISS" || m == "cannot" || m == "CANNOT" {
			colour = "\x1b[31m"
		}
		return colour + m + "\x1b[0m"
	})
}

// named names the scenario where an error of the simulation does not.
func (o *simulateOptions) named(err error) error {
	if codeOf(err) == ExitFailed {
		return fmt.Errorf("%s: %w", o.scenario, err)
	}
	return err
}

// exitCode is what a comparison comes to. Interrupted counts before what a
// task or a deployment can never do, and that before a missed SLO or budget: one that no
// platform keeps all of.
func exitCode(c *simulate.Comparison) int {
	switch {
	case c.Partial:
		return ExitInterrupted
	case len(c.Infeasible) > 0 || c.Runs == 0 || answer.Stalled(c.Outcomes):
		return ExitInfeasible
	case len(c.Gates) > 0 && !slices.ContainsFunc(c.Verdict.Rows(), meetsAll):
		return ExitMissed
	}
	return ExitOK
}

// meetsAll tells whether a platform ran and keeps every SLO and budget line.
func meetsAll(r *result.Row) bool {
	return r.Runs > 0 && !slices.ContainsFunc(r.Gates, func(g result.GateResult) bool { return !g.OK })
}
