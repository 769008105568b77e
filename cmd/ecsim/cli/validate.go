package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"ecsim/models/result"
	"ecsim/scenarios"
	"ecsim/scenarios/simulate"
)

var _ = Register(Verb{Name: "validate", Group: Inspect, New: newValidate})

type validateOptions struct {
	scenarios   []string
	sets        []string
	launchTypes []string // of task definitions
	format      string   // of task definitions
}

func newValidate(e *Env) *cobra.Command {
	var o validateOptions
	c := &cobra.Command{
		Use:   "validate SCENARIO|TASK_DEFINITION...",
		Short: "Check scenarios or task definitions and print every problem at once",
		Long: `Check scenarios and the traces they name, without simulating. Each good one is a
line on standard output;
every problem of the others is a line "file:line: key: what"
on standard error, and the exit code is 2. A platform that cannot run a workload
is told, but is no fault: a comparison says so too.

A .json file, a folder or a pattern of them, or - for standard input, is checked
as an ECS task definition: would ECS register it, also once the wrapper and the
read-only fields of describe-task-definition and nulls are taken away? Each
reason has its JSON path and line; what ECS registers but a user should know is
a warning. It is checked against its requiresCompatibilities, or EC2.`,
		Example: "  ecsim validate web.toml nightly.toml\n  ecsim validate launch-types --set duration=28d\n  ecsim validate taskdefs/ --format json\n  ecsim validate api.json --launch-type FARGATE",
		Args:    cobra.MinimumNArgs(1),
		ValidArgsFunction: func(c *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
			return scenarioNames(c, nil, begun)
		},
		RunE: func(_ *cobra.Command, args []string) error {
			o.scenarios = args
			return runValidate(e, o)
		},
	}
	setFlag(c, &o.sets)
	launchTypeFlag(c, &o.launchTypes)
	formatFlag(c, &o.format, "table", "json")
	return c
}

func runValidate(e *Env, o validateOptions) error {
	var definitions, named []string
	for _, arg := range o.scenarios {
		if isTaskDefinition(arg) {
			definitions = append(definitions, arg)
		} else {
			named = append(named, arg)
		}
	}
	switch {
	case len(named) > 0 && (len(o.launchTypes) > 0 || o.format == "json"):
		return badInput(fmt.Errorf("--launch-type and --format are for task definitions (.json), and %s is a scenario", named[0]))
	case len(definitions) > 0 && len(o.sets) > 0 && len(named) == 0:
		return badInput(fmt.Errorf("--set is for scenarios, and %s is a task definition", definitions[0]))
	}
	bad := false
	if len(definitions) > 0 {
		var err error
		if bad, err = validateTaskDefinitions(e, definitions, o); err != nil {
			return err
		}
	}
	o.scenarios = named
	for _, name := range o.scenarios {
		sc, err := load(e, name, o.sets)
		if err == nil {
			_, err = simulate.Span(sc) // reads the traces to their end
		}
		if err != nil {
			bad = true
			e.report(err)
			continue
		}
		hash, err := sc.Hash()
		if err != nil {
			return badInput(err)
		}
		if _, err := fmt.Fprintf(e.Out, "%s: ok: %s on %s, %s of %s, %s, scenario %s\n", name,
			count(len(sc.Workloads), "workload"), count(len(sc.Platforms), "platform"),
			count(int(sc.Runs.Replications), "run"), sc.Duration,
			count(len(sc.SLO), "SLO"), hash[:8]); err != nil {
			return err
		}
		for p := range sc.Platforms {
			for _, r := range simulate.Admit(sc, p) {
				fmt.Fprintf(e.Out, "%s: platform %s cannot run %s: %s\n", name, sc.Platforms[p].Name, r.About, r.Text)
			}
		}
	}
	if bad {
		return silently(ExitUsage)
	}
	return nil
}

// load loads a scenario, gates included. Its faults are printed here, one a
// line and then their number; the error then prints nothing more.
func load(e *Env, name string, sets []string) (*scenarios.Scenario, error) {
	sc, err := simulate.Load(name, sets)
	var faults scenarios.Errors
	switch {
	case errors.As(err, &faults):
	case err != nil:
		return nil, badInput(err)
	default:
		faults = append(gateFaults(sc), rateFaults(sc)...)
	}
	if len(faults) > 0 {
		fmt.Fprintln(e.Err, faults.Error())
		fmt.Fprintln(e.Err, problems(len(faults), name))
		return nil, silently(ExitUsage)
	}
	return sc, nil
}

// gateFaults are the SLO and budget lines that do not suit their metric.
func gateFaults(sc *scenarios.Scenario) (faults scenarios.Errors) {
	check := func(table string, gates []scenarios.Gate) {
		for _, g := range gates {
			if _, err := result.ParseGate(g.Path, g.Text); err != nil {
				faults = append(faults, scenarios.Error{Where: whereOf(g.Where), Key: table + "." + g.Path, Msg: err.Error()})
			}
		}
	}
	check("slo", sc.SLO)
	check("budget", sc.Budget)
	return faults
}

// whereOf is the place that Where.String printed.
func whereOf(s string) scenarios.Where {
	return scenarios.Where{File: s}
}

// count prints "1 run", "3 runs", "2 SLOs".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// setFlag adds --set.
func setFlag(c *cobra.Command, into *[]string) {
	c.Flags().StringArrayVar(into, "set", nil, "change a value as if the file said so: `PATH=VALUE`; repeatable, * matches names")
	completeBy(c, "set", settingPaths)
}
