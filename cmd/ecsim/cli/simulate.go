package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ecsim/models/catalog"
	"ecsim/models/result"
	"ecsim/reports/answer"
	"ecsim/scenarios"
	"ecsim/scenarios/simulate"
)

// simulateOptions are those of run and compare.
type simulateOptions struct {
	scenario     string
	platforms    []string // names; empty is all of the scenario
	sets         []string
	replications string // "" is the scenario's
	seed         string // likewise
	workers      int
	out          string // folder; "" is out/SCENARIO/HASH
	format       string
	events       eventFiles
	force        bool // simulate even if the answer is stored
	pairs        bool // compare: print the paired differences
}

// eventFiles are the files written on request.
type eventFiles struct{ Tasks, Instances, Events bool }

func (f eventFiles) any() bool { return f.Tasks || f.Instances || f.Events }

func simulateFlags(c *cobra.Command, o *simulateOptions) {
	f := c.Flags()
	f.StringArrayVar(&o.platforms, "platform", nil, "only this platform; repeatable")
	setFlag(c, &o.sets)
	f.StringVarP(&o.replications, "replications", "r", "", "independent repetitions, as --set runs.replications=`N`")
	f.IntVarP(&o.workers, "jobs", "j", runtime.GOMAXPROCS(0), "simulations at a time; results do not depend on it")
	f.StringVar(&o.seed, "seed", "", "seed of all chance, as --set runs.seed=`N`")
	f.StringVarP(&o.out, "output", "o", "", "write to this `folder`, replaced only if ecsim wrote it (default out/SCENARIO/HASH)")
	f.BoolVar(&o.events.Tasks, "tasks", false, "also write tasks.csv, a row a task, of the first replication")
	f.BoolVar(&o.events.Instances, "instances", false, "also write instances.csv, a row an instance, of the first replication")
	f.BoolVar(&o.events.Events, "events", false, "also write events.csv, a row an event, of the first replication")
	f.BoolVar(&o.force, "force", false, "simulate again though the answer is stored")
	formatFlag(c, &o.format, formats...)
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
			err = errors.Join(err, fmt.Errorf("ecsim: --platform: got %q, want %s", p, strings.Join(names, ", ")))
		}
	}
	return indexes, badInput(err)
}

// key identifies the files of a result: everything they depend on.
func (o *simulateOptions) key(sc *scenarios.Scenario, platforms []int) (string, error) {
	hash, err := sc.Hash()
	if err != nil {
		return "", badInput(err)
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s\n%+v\n", hash, Version, catalog.Version(), o.events)
	for _, p := range platforms {
		fmt.Fprintf(h, "%q\n", sc.Platforms[p].Name)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
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
	platforms, err := o.choose(sc)
	if err != nil {
		return err
	}
	if o.pairs && len(platforms) < 2 {
		return badInput(fmt.Errorf("ecsim: %s has one platform to run, want two or more to compare; 'ecsim run' takes one", o.scenario))
	}
	key, err := o.key(sc, platforms)
	if err != nil {
		return err
	}
	to := o.folder(sc.Name, key)
	if !o.force {
		if old := to.stored(key); old != nil {
			if err := old.print(e, o); err != nil {
				return err
			}
			fmt.Fprintf(e.Err, "unchanged: %s\n", to.dir)
			return silently(old.code)
		}
	}
	if err := to.writable(); err != nil {
		return err
	}
	start := time.Now()
	var tracker simulate.Tracker
	stop := follow(e, &tracker)
	c, err := simulate.Compare(e.Context, sc, platforms, o.workers, &tracker)
	stop()
	if err != nil {
		return o.input(err)
	}
	r := &report{options: o, scenario: sc, comparison: c, key: key, workers: o.workers,
		answer: answer.Build(answerInput(o.scenario, c)), code: exitCode(c)}
	if err := r.write(e, to, platforms, start); err != nil {
		return err
	}
	return silently(r.code)
}

// input names the scenario where an error of the simulation does not.
func (o *simulateOptions) input(err error) error {
	if codeOf(err) == ExitFailed {
		return fmt.Errorf("%s: %w", o.scenario, err)
	}
	return err
}

// exitCode is what a comparison comes to. Interrupted counts before what a
// task can never do, and that before a missed SLO or budget: one that no
// platform keeps all of.
func exitCode(c *simulate.Comparison) int {
	switch {
	case c.Partial:
		return ExitInterrupted
	case len(c.Infeasible) > 0 || c.Runs == 0:
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

// folder is where the files of a result go.
func (o *simulateOptions) folder(scenario, key string) folder {
	if o.out != "" {
		return folder{dir: filepath.Clean(o.out), own: true}
	}
	return folder{dir: filepath.Join("out", scenario, key[:8])}
}
