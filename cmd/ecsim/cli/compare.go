package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ecsim/models/result"
	"ecsim/reports/answer"
)

var _ = Register(Verb{Name: "compare", Group: Simulate, New: newCompare})

func newCompare(e *Env) *cobra.Command {
	o := simulateOptions{pairs: true}
	c := &cobra.Command{
		Use:   "compare SCENARIO | A B",
		Short: "Simulate a scenario on all its platforms, or set two results against each other",
		Long:  "Simulate a scenario on its platforms, which all meet the same work, print the\nanswer, and below it each platform's differences from the baseline, paired by\nreplication; and search for the changes of load and the like that would make\nanother platform win.\n\nA and B are scenarios or result folders: platforms of one name are set against\neach other, and what differs in their inputs is listed. A scenario is run first,\nor its stored result used. Replications are paired where seed, number and work\nare the same." + simulateHelp + "\n\nExit code 3 means that no platform keeps all of [slo] and [budget].",
		Example: `  ecsim compare launch-types
  ecsim compare launch-types --platform ec2 --platform fargate -r 30
  ecsim compare web.toml --set prices.discount=12% --format json
  ecsim compare web.toml web-arm.toml
  ecsim compare out/web/1a2b3c4d web.toml`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 2 {
				return fmt.Errorf("got %d scenarios, want one or two; one scenario may hold many platforms", len(args))
			}
			if len(args) == 0 {
				return fmt.Errorf("got no scenario, want one; 'ecsim library' lists those that come with ecsim")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 2 {
				return runTwo(e, o, args[0], args[1], c.Flags().Changed)
			}
			if isFolder(args[0]) {
				return badInput(fmt.Errorf("ecsim: %s is a folder; give a second result to compare it with, or a scenario", args[0]))
			}
			o.scenario = args[0]
			return runSimulate(e, o)
		},
	}
	simulateFlags(c, &o)
	return c
}

// pairedTable lists, for every platform that ran, how its cost and the figures
// that gates bind differ from the baseline's, and what that means; false when
// there is no pair. chance says in words which differences chance explains, ""
// for none.
func pairedTable(v *result.Verdict, gates []result.Gate) (t answer.Table, chance string, ok bool) {
	if v.Baseline == nil || v.Baseline.Runs == 0 {
		return answer.Table{}, "", false
	}
	base := v.Baseline
	paths := []string{v.CostPath}
	for _, g := range gates {
		path := g.Metric.For(g.Workload)
		if g.ForShare == 0 && path != v.CostPath {
			paths = append(paths, path)
		}
	}
	how := fmt.Sprintf("paired by replication (%s, 95 %% intervals)", count(base.Runs, "run"))
	if base.Batches > 0 {
		how = fmt.Sprintf("paired by batch (%d of one run, 95 %% intervals)", base.Batches)
	}
	t = answer.Table{
		Title: fmt.Sprintf("Differences from %s, %s", base.Platform, how),
		Columns: []answer.Column{{Head: [2]string{"", "platform"}, Left: true}, {Head: [2]string{"", "figure"}, Left: true},
			{Head: [2]string{"of", base.Platform}}, {Head: [2]string{"", "difference"}}, {Head: [2]string{"", "±"}},
			{Head: [2]string{"signi-", "ficant"}, Left: true}},
	}
	add := func(cells ...string) {
		for i, c := range cells {
			t.Columns[i].Cells = append(t.Columns[i].Cells, c)
		}
		t.Ranked++
	}
	var explained []string
	for _, row := range v.Rows() {
		if row.Outcome == base.Outcome || row.Runs == 0 {
			continue
		}
		var here []string
		for _, path := range paths {
			m, workload, err := result.Find(path)
			if err != nil {
				continue
			}
			d := result.Compare(row.Outcome, base.Outcome, path)
			if d.Meaning == result.NoFigure {
				continue
			}
			e, _ := base.Estimate(path)
			name := strings.TrimPrefix(path, "workload.")
			if workload != "" && !strings.HasPrefix(name, workload) {
				name = path // a quoted name
			}
			if d.Meaning == result.Chance {
				here = append(here, name)
			}
			difference, plusMinus := answer.Difference(m.Unit, d.V, d.Half), ""
			if d.Half > 0 { // false of NaN, as with one run
				plusMinus = m.Unit.Format(d.Half)
			}
			add(row.Platform, name, m.Unit.Format(e.V), difference, plusMinus, significance[d.Meaning])
		}
		if here != nil {
			explained = append(explained, row.Platform+" in "+strings.Join(here, ", "))
		}
	}
	if explained != nil {
		chance = fmt.Sprintf("%s from %s, for the interval holds 0: %s.", sentence(string(result.Chance)), base.Platform, strings.Join(explained, "; "))
	}
	return t, chance, t.Ranked > 0
}

// significance is the table's short word for what a difference means.
var significance = map[result.Meaning]string{
	result.Same: "", result.Chance: "no", result.Negligible: "equal", result.Significant: "yes", result.Unknown: "unknown",
}

// sentence begins with a capital letter.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
