package cli

import "github.com/spf13/cobra"

var _ = Register(Verb{Name: "completion", Group: About, New: newCompletion})

func newCompletion(e *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print a script that completes commands in your shell",
		Long: `Print a script that makes your shell complete verbs, flags, scenarios, paths for
--set, metrics and instance types.`,
		Example: `  source <(ecsim completion bash)                       # this shell
  ecsim completion bash > /etc/bash_completion.d/ecsim  # every bash
  ecsim completion zsh > "${fpath[1]}/_ecsim"
  ecsim completion fish > ~/.config/fish/completions/ecsim.fish
  ecsim completion powershell | Out-String | Invoke-Expression`,
		ValidArgs:             []string{"bash", "zsh", "fish", "powershell"},
		Args:                  cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, args []string) error {
			switch args[0] {
			case "bash":
				return c.Root().GenBashCompletionV2(e.Out, true)
			case "zsh":
				return c.Root().GenZshCompletion(e.Out)
			case "fish":
				return c.Root().GenFishCompletion(e.Out, true)
			}
			return c.Root().GenPowerShellCompletionWithDesc(e.Out)
		},
	}
}
