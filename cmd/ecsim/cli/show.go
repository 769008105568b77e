package cli

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"ecsim/scenarios"
)

var _ = Register(Verb{Name: "show", Group: Inspect, New: newShow})

type showOptions struct {
	scenario string
	sets     []string
	defaults bool
	format   string
}

func newShow(e *Env) *cobra.Command {
	var o showOptions
	c := &cobra.Command{
		Use:   "show SCENARIO",
		Short: "Print a scenario as it stands, every value with where it came from",
		Long: `Print a scenario with include, extends, per-platform keys and --set resolved:
every value and where it was written. --defaults adds what nobody wrote, with
the source of each default. --format toml prints one file that loads back to
the same scenario. 'ecsim library' lists the scenarios that come with ecsim.`,
		Example: "  ecsim show launch-types --defaults\n  ecsim show web.toml --set region=eu-west-1 --format toml > fixed.toml",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: scenarioNames,
		RunE: func(_ *cobra.Command, args []string) error {
			o.scenario = args[0]
			return runShow(e, o)
		},
	}
	setFlag(c, &o.sets)
	c.Flags().BoolVar(&o.defaults, "defaults", false, "also what nobody wrote, with its source")
	formatFlag(c, &o.format, "table", "json", "toml")
	return c
}

func runShow(e *Env, o showOptions) error {
	sc, err := load(e, o.scenario, o.sets)
	if err != nil {
		return err
	}
	if o.format == "toml" {
		_, err := e.Out.Write(sc.Resolved())
		return err
	}
	var list []scenarios.Setting
	left := 0
	for _, s := range sc.Settings() {
		if s.Where == "default" && !o.defaults {
			left++
			continue
		}
		list = append(list, s)
	}
	if o.format == "json" {
		l := listing{columns: []column{{name: "path"}, {name: "value"}, {name: "from"}, {name: "source"}, {name: "doc"}}}
		for _, s := range list {
			l.add(text(s.Path), text(s.Value), text(s.Where), text(s.Source), text(s.Doc))
		}
		return e.print(&l, o.format)
	}
	if err := printSettings(e.Out, list); err != nil {
		return err
	}
	if left > 0 && e.OutTerminal {
		fmt.Fprintf(e.Err, "%s; --defaults shows them\n", count(left, "default"))
	}
	return nil
}

// placeColumn is where the place of a value stands in the text form.
const placeColumn = 46

// printSettings prints settings like the TOML they stand for, each with its
// place behind it and a default's source below.
func printSettings(w io.Writer, list []scenarios.Setting) error {
	b := bufio.NewWriter(w)
	table := ""
	for i, s := range list {
		at, key := splitSetting(s.Path)
		if at != table || i == 0 {
			table = at
			if i > 0 {
				fmt.Fprintln(b)
			}
			if at != "" {
				fmt.Fprintf(b, "[%s]\n", at)
			}
		}
		line := key + " = " + s.Value
		if n := utf8.RuneCountInString(line); n < placeColumn {
			line += strings.Repeat(" ", placeColumn-n)
		}
		where := s.Where
		if strings.HasPrefix(where, "--set ") {
			where = "--set" // the path stands before it
		}
		fmt.Fprintf(b, "%s  # %s\n", line, where)
		if s.Where == "default" && s.Source != "" {
			b.WriteString(wrap("    # ", s.Source, 80))
		}
	}
	return b.Flush()
}

// splitSetting cuts a path into the table it is printed in and the key there:
// a workload's, a platform's or a capacity provider's own table.
func splitSetting(path string) (table, key string) {
	segs := segments(path)
	n := 0
	switch segs[0] {
	case "workload":
		n = 2
	case "platform":
		n = 2
		if len(segs) > 4 && (segs[2] == "capacity_provider" || segs[2] == "workload") {
			n = 4
		}
	case "runs", "prices", "slo", "budget":
		n = 1
	}
	n = min(n, len(segs)-1)
	return strings.Join(segs[:n], "."), strings.Join(segs[n:], ".")
}

// segments splits a path at its dots, those in quotes excepted.
func segments(path string) (segs []string) {
	start, quoted := 0, false
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case c == '"':
			quoted = !quoted
		case c == '.' && !quoted:
			segs = append(segs, path[start:i])
			start = i + 1
		}
	}
	return append(segs, path[start:])
}
