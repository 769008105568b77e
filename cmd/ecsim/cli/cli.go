// Package cli is the command line of ecsim: one file a verb, which holds its
// options, its flags, its help with examples and a function that does it. A
// verb registers itself; a program of the user's own can add one and call
// [Main].
//
// Data goes to standard output, everything else to standard error. The exit
// code is one of the Exit constants.
package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// Version is the version of the program, which enters the hash of every
// result. A release sets it: -ldflags "-X ecsim/cmd/ecsim/cli.Version=1.2.3".
var Version = "0.1.0-dev"

// Env is what a verb needs of its process.
type Env struct {
	Out, Err io.Writer
	Context  context.Context // ends at the first interrupt
	// OutTerminal and ErrTerminal say whether a person watches the stream:
	// only then does it carry colour or a progress bar. The widths are the
	// terminals', in columns, 0 when unknown or no terminal.
	OutTerminal, ErrTerminal bool
	OutWidth, ErrWidth       int
	Colour                   bool // NO_COLOR is not set, nor TERM "dumb"
	Verbose                  bool // --verbose: progress as lines where no terminal watches
}

// Verb is one command.
type Verb struct {
	Name  string
	Group Group
	// New makes the command. Its RunE returns an error for [Main] to print; it
	// writes to the Env only.
	New func(*Env) *cobra.Command
}

// Group is the heading a verb stands under in the help.
type Group string

// The groups, in the order of the help.
const (
	Simulate Group = "Simulate:"
	Inspect  Group = "Look before you run:"
	About    Group = "About ecsim:"
)

var verbs []Verb

// Register adds a verb; call it while the program starts. A name used twice
// panics.
func Register(v Verb) bool {
	if slices.ContainsFunc(verbs, func(w Verb) bool { return w.Name == v.Name }) {
		panic(fmt.Sprintf("cli: verb %q is registered twice", v.Name))
	}
	verbs = append(verbs, v)
	return true
}

// Verbs lists the registered verbs by name.
func Verbs() []Verb {
	return slices.SortedFunc(slices.Values(verbs), func(a, b Verb) int { return cmp.Compare(a.Name, b.Name) })
}

// Main runs the command of the process's arguments and returns its exit code.
// The first interrupt (SIGINT, SIGTERM) ends what runs and keeps what is
// finished; a second one ends the process at once.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the second signal gets its default: the end
	env := &Env{Out: os.Stdout, Err: os.Stderr, Context: ctx,
		Colour: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
	env.OutTerminal, env.OutWidth = terminal(os.Stdout)
	env.ErrTerminal, env.ErrWidth = terminal(os.Stderr)
	return env.Main(os.Args[1:])
}

// terminal tells whether f is one, and its width in columns, 0 if unknown.
func terminal(f *os.File) (is bool, width int) {
	if is = term.IsTerminal(int(f.Fd())); is {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil {
			width = w
		}
	}
	return is, width
}

// Main runs the command of args in e and returns its exit code. No panic
// passes: it is told in one line, with the stack if ECSIM_TRACEBACK is set.
func (e *Env) Main(args []string) (code int) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(e.Err, "ecsim %s: internal error: %s; this is a fault of ecsim: please report it with the command and the scenario (ECSIM_TRACEBACK=1 adds the stack)\n",
				Version, strings.Join(strings.Fields(fmt.Sprint(r)), " "))
			if os.Getenv("ECSIM_TRACEBACK") != "" {
				e.Err.Write(debug.Stack())
			}
			code = ExitFailed
		}
	}()
	root, state := e.root()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(e.Context)
	if err != nil && !state.started {
		err = usageError(cmd, err)
	}
	if stopped := state.stop(); err == nil {
		err = stopped
	}
	return e.report(err)
}

const rootHelp = `ecsim simulates Amazon ECS: it replays a workload, drawn or recorded, against
EC2 and Fargate capacity, their scheduler, scaling and bills, and says what the
load costs on each, how many instances must run, and how long tasks wait.

Exit codes: 0 ok; 1 failed; 2 wrong usage, scenario or input file; 3 an SLO or
budget is missed; 4 a task can never run; 130 interrupted, with what was
finished kept.`

// state is what one execution of the root command knows.
type state struct {
	started bool // a verb runs: errors before are the command line's
	profile profiling
	stop    func() error // ends the profiles
}

// root is the command ecsim.
func (e *Env) root() (*cobra.Command, *state) {
	st := &state{stop: func() error { return nil }}
	root := &cobra.Command{
		Use:           "ecsim",
		Short:         "A discrete-event capacity simulator for Amazon ECS",
		Long:          rootHelp,
		Example:       "  ecsim library\n  ecsim compare launch-types\n  ecsim run web.toml --platform fargate --set workload.api.cpu=512",
		Version:       Version,
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) (err error) {
			st.started = true
			st.stop, err = st.profile.start()
			return err
		},
		SuggestionsMinimumDistance: 2,
	}
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), "FlagUsages ", "FlagUsagesWrapped 80 "))
	root.SetVersionTemplate("ecsim {{.Version}}\n")
	root.SetOut(e.Out)
	root.SetErr(e.Err)
	root.PersistentFlags().BoolVarP(&e.Verbose, "verbose", "v", false, "tell the progress in lines when no terminal watches")
	root.CompletionOptions.DisableDefaultCmd = true // ours is a verb like the others
	groups := []Group{Simulate, Inspect, About}
	for _, v := range Verbs() {
		if !slices.Contains(groups, v.Group) {
			groups = append(groups, v.Group)
		}
	}
	for _, g := range groups {
		root.AddGroup(&cobra.Group{ID: string(g), Title: string(g)})
	}
	for _, v := range Verbs() {
		c := v.New(e)
		c.GroupID = string(v.Group)
		root.AddCommand(c)
	}
	root.SetHelpCommand(newHelp(root))
	st.profile.flags(root)
	return root, st
}

// newHelp is the command help, which like all others refuses a name it does not
// know.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Print the help of a command",
		Long:    "Print the help of a command.",
		Example: "  ecsim help compare",
		GroupID: string(About),
		ValidArgsFunction: func(*cobra.Command, []string, string) (names []string, _ cobra.ShellCompDirective) {
			for _, c := range root.Commands() {
				names = append(names, c.Name())
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err == nil && len(rest) > 0 {
				err = fmt.Errorf("unknown command %q for %q", rest[0], c.CommandPath())
			}
			if err != nil {
				return usageError(c, err)
			}
			return c.Help()
		},
	}
}

// parent makes a command that only has commands below it: alone it prints its
// help, and a wrong name gets a suggestion.
func parent(c *cobra.Command, below ...*cobra.Command) *cobra.Command {
	c.AddCommand(below...)
	c.SuggestionsMinimumDistance = 2
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		text := fmt.Sprintf("unknown command %q for %q", args[0], c.CommandPath())
		if near := c.SuggestionsFor(args[0]); len(near) > 0 {
			text += "; did you mean " + strings.Join(near, " or ") + "?"
		}
		return fmt.Errorf("%s", text)
	}
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	return c
}
