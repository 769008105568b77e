package cli

import (
	"fmt"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"ecsim/models/result"
	"ecsim/reports/answer"
)

var _ = Register(Verb{Name: "compare", Group: Simulate, New: newCompare})

func newCompare(e *Env) *cobra.Command {
	o := simulateOptions{pairs: true}
	c := &cobra.Command{
		Use:   "compare SCENARIO",
		Short: "Simulate a scenario on all its platforms; add their paired differences",
		Long:  "Simulate a scenario on its platforms, which all meet the same work, print the\nanswer, and below it each platform's differences from the baseline, paired by\nreplication." + simulateHelp + "\n\nExit code 3 means that no platform keeps all of [slo] and [budget].",
		Example: `  ecsim compare launch-types
  ecsim compare launch-types --platform ec2 --platform fargate -r 30
  ecsim compare web.toml --set prices.discount=12% --format json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("got %d scenarios, want one: comparing two scenarios or result folders is not modelled yet; one scenario may hold many platforms", len(args))
			}
			if len(args) == 0 {
				return fmt.Errorf("got no scenario, want one; 'ecsim library' lists those that come with ecsim")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			o.scenario = args[0]
			return runSimulate(e, o)
		},
	}
	simulateFlags(c, &o)
	return c
}

// pairedTable lists, for every platform that ran, how its cost and the figures
// that gates bind differ from the baseline's; false when there is no pair.
func pairedTable(v *result.Verdict, gates []result.Gate) (answer.Table, bool) {
	if v.Baseline == nil || v.Baseline.Runs == 0 {
		return answer.Table{}, false
	}
	base := v.Baseline
	paths := []string{v.CostPath}
	for _, g := range gates {
		path := g.Metric.For(g.Workload)
		if g.ForShare == 0 && path != v.CostPath {
			paths = append(paths, path)
		}
	}
	t := answer.Table{
		Title: fmt.Sprintf("Differences from %s, paired by replication (%s, 95 %% intervals)", base.Platform, count(base.Runs, "run")),
		Columns: []answer.Column{{Head: [2]string{"", "platform"}, Left: true}, {Head: [2]string{"", "figure"}, Left: true},
			{Head: [2]string{"of", base.Platform}}, {Head: [2]string{"", "difference"}}, {Head: [2]string{"", "±"}}},
	}
	add := func(cells ...string) {
		for i, c := range cells {
			t.Columns[i].Cells = append(t.Columns[i].Cells, c)
		}
		t.Ranked++
	}
	for _, row := range v.Rows() {
		if row.Outcome == base.Outcome || row.Runs == 0 {
			continue
		}
		for _, path := range paths {
			m, workload, err := result.Find(path)
			if err != nil {
				continue
			}
			diff, half := result.Paired(row.Outcome, base.Outcome, path)
			if math.IsNaN(diff) {
				continue
			}
			e, _ := base.Estimate(path)
			name := strings.TrimPrefix(path, "workload.")
			if workload != "" && !strings.HasPrefix(name, workload) {
				name = path // a quoted name
			}
			difference, plusMinus := "none", ""
			if diff != 0 {
				difference = map[bool]string{false: "+", true: "-"}[diff < 0] + m.Unit.Format(math.Abs(diff))
			}
			if half > 0 { // false of NaN, as with one run
				plusMinus = m.Unit.Format(half)
			}
			add(row.Platform, name, m.Unit.Format(e.V), difference, plusMinus)
		}
	}
	return t, t.Ranked > 0
}
