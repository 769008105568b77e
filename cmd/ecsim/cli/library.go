package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"ecsim/scenarios/library"
	"ecsim/scenarios/simulate"
)

var _ = Register(Verb{Name: "library", Group: Inspect, New: newLibrary})

type libraryOptions struct{ format string }

func newLibrary(e *Env) *cobra.Command {
	var o libraryOptions
	c := &cobra.Command{
		Use:   "library",
		Short: "List the scenarios that come with ecsim",
		Long: `List the scenarios that come with ecsim and the question each answers. Their
names stand wherever a scenario is asked for; 'ecsim show NAME --format toml'
prints one to start your own from.`,
		Example: "  ecsim library\n  ecsim show launch-types --format toml > mine.toml",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return runLibrary(e, o) },
	}
	formatFlag(c, &o.format, formats...)
	return c
}

func runLibrary(e *Env, o libraryOptions) error {
	l := listing{columns: []column{{head: "scenario", name: "scenario"}, {head: "question", name: "question"},
		{name: "platforms"}, {name: "workloads"}, {name: "duration_s"}}}
	for _, name := range library.Names() {
		sc, err := simulate.Load(name, nil)
		if err != nil {
			return fmt.Errorf("library scenario %s: %w", name, err)
		}
		l.add(text(name), text(sc.Question), number(int64(len(sc.Platforms))), number(int64(len(sc.Workloads))),
			cell{value: sc.Duration.Seconds()})
	}
	return e.print(&l, o.format)
}
