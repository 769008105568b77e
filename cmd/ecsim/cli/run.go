package cli

import "github.com/spf13/cobra"

var _ = Register(Verb{Name: "run", Group: Simulate, New: newRun})

func newRun(e *Env) *cobra.Command {
	var o simulateOptions
	c := &cobra.Command{
		Use:   "run SCENARIO",
		Short: "Simulate a scenario on its platforms, or one of them, and print the answer",
		Long:  "Simulate a scenario on its platforms, or on those named, and print the answer." + simulateHelp + "\n\nExit code 3 means that no platform that ran keeps all of [slo] and [budget].",
		Example: `  ecsim run launch-types
  ecsim run web.toml --platform fargate --set workload.api.cpu=512 -r 3
  ecsim run web.toml --tasks --events -o web-results`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			o.scenario = args[0]
			return runSimulate(e, o)
		},
	}
	simulateFlags(c, &o)
	return c
}
