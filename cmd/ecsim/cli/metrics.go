package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ecsim/models/result"
)

var _ = Register(Verb{Name: "metrics", Group: Inspect, New: newMetrics})

type metricsOptions struct {
	part   string // of a path; "" lists all
	format string
}

func newMetrics(e *Env) *cobra.Command {
	var o metricsOptions
	c := &cobra.Command{
		Use:   "metrics [PART]",
		Short: "List the figures a run gives, by the paths that [slo] and CSV columns use",
		Long: `List every metric: its path in [slo] and [budget], its unit, which way is
better, and how it folds over replications. PART keeps the paths that contain
it. NAME in a path stands for a workload's name.`,
		Example:           "  ecsim metrics\n  ecsim metrics time_to_running\n  ecsim metrics --format csv",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: metricPaths,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.part = args[0]
			}
			return runMetrics(e, o)
		},
	}
	formatFlag(c, &o.format, formats...)
	return c
}

func runMetrics(e *Env, o metricsOptions) error {
	l := listing{columns: []column{{head: "path", name: "path"}, {head: "unit", name: "unit"},
		{head: "better", name: "better"}, {head: "kind", name: "kind"}, {head: "what", name: "doc"}}}
	for _, m := range result.Metrics() {
		if strings.Contains(m.Path, o.part) {
			l.add(text(m.Path), text(string(m.Unit)), text(string(m.Better)), text(string(m.Kind)), text(m.Doc))
		}
	}
	if len(l.rows) == 0 {
		err := result.CheckPath(o.part)
		if err == nil {
			err = errors.New("no metric has that in its path")
		}
		return badInput(fmt.Errorf("%q: %w; 'ecsim metrics' lists them", o.part, err))
	}
	return e.print(&l, o.format)
}
