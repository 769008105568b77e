package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ecsim/models/catalog"
	"ecsim/models/result"
	"ecsim/scenarios/library"
	"ecsim/scenarios/simulate"
)

// completer proposes words for an argument or a flag; see cobra.
type completer = func(c *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective)

// complete makes a flag propose fixed words.
func complete(c *cobra.Command, flag string, words ...string) {
	completeBy(c, flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return words, cobra.ShellCompDirectiveNoFileComp
	})
}

// completeBy makes a flag propose what f says.
func completeBy(c *cobra.Command, flag string, f completer) {
	if err := c.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err) // the flag does not exist, or has one already
	}
}

// scenarioNames proposes the library's scenarios, and files.
func scenarioNames(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return library.Names(), cobra.ShellCompDirectiveDefault
}

// settingPaths proposes what --set may change in the scenario on the line.
func settingPaths(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 || strings.Contains(begun, "=") {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	sc, err := simulate.Load(args[0], nil)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var paths []string
	for _, s := range sc.Settings() {
		paths = append(paths, s.Path+"=")
	}
	return paths, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// platformNames proposes the platforms of the scenario on the line.
func platformNames(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	sc, err := simulate.Load(args[0], nil)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	for i := range sc.Platforms {
		names = append(names, sc.Platforms[i].Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// instanceTypes proposes types not yet on the line: families first, for there
// are some thousand types.
func instanceTypes(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	family, _, whole := strings.Cut(begun, ".")
	var words []string
	for _, t := range catalog.Types() {
		switch {
		case whole && t.Family == family && !slices.Contains(args, t.Name):
			words = append(words, t.Name)
		case !whole && strings.HasPrefix(t.Family, begun) && (len(words) == 0 || words[len(words)-1] != t.Family+"."):
			words = append(words, t.Family+".")
		}
	}
	if whole {
		return words, cobra.ShellCompDirectiveNoFileComp
	}
	return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// metricPaths proposes the paths of the metric table.
func metricPaths(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var paths []string
	for _, m := range result.Metrics() {
		paths = append(paths, m.Path)
	}
	return paths, cobra.ShellCompDirectiveNoFileComp
}

// rateNames proposes the names of rates.
func rateNames(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return catalog.SKUs(), cobra.ShellCompDirectiveNoFileComp
}
