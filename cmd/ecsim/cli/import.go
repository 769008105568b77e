package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ecsim/scenarios/awsimport"
	"ecsim/scenarios/simulate"
	"ecsim/workloads/units"
)

var _ = Register(Verb{Name: "import", Group: Inspect, New: newImport})

func newImport(e *Env) *cobra.Command {
	return parent(&cobra.Command{
		Use:     "import",
		Short:   "Make a scenario of what runs today",
		Long:    "Make a scenario of what runs today.",
		Example: "  ecsim import ecs described/*.json -o today",
	}, newImportECS(e))
}

type importOptions struct {
	files    []string
	out      string
	cluster  string
	types    []string
	duration string
}

func newImportECS(e *Env) *cobra.Command {
	var o importOptions
	c := &cobra.Command{
		Use:   "ecs FILE... -o FOLDER",
		Short: "Make a scenario of an ECS cluster from what the AWS CLI prints",
		Long: `Make a scenario of an ECS cluster, without a network or an AWS account, from
files that hold what these commands print (--output json), in any order, several
in one file if you like; "-" is standard input:

  ` + strings.Join(awsimport.Commands(), "\n  ") + `

FOLDER gets scenario.toml, services.csv with a row a service, and the task
definitions. scenario.toml says what had to be assumed, and what of the input a
scenario cannot use. The result is one that validates; if it is not, the faults
are printed and nothing is written.`,
		Example: `  aws ecs describe-clusters --clusters prod > d/cluster.json
  aws ecs describe-services --cluster prod --services api web > d/services.json
  ecsim import ecs d/*.json -o today
  ecsim compare today/scenario.toml`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			o.files = args
			return runImportECS(e, o)
		},
	}
	f := c.Flags()
	f.StringVarP(&o.out, "output", "o", "", "write to this new or empty `folder`")
	f.StringVar(&o.cluster, "cluster", "", "`name` of the cluster, where the files describe several")
	f.StringArrayVar(&o.types, "instance-type", nil, "`GROUP=TYPE[,TYPE]`: the types of an Auto Scaling group that the files do not tell; repeatable")
	f.StringVar(&o.duration, "duration", "", "simulated `span` of the scenario, such as 1d (default that of any scenario)")
	if err := c.MarkFlagRequired("output"); err != nil {
		panic(err)
	}
	return c
}

func runImportECS(e *Env, o importOptions) error {
	opts := awsimport.Options{Cluster: o.cluster, Duration: o.duration, InstanceTypes: map[string][]string{}}
	var faults []error
	for _, t := range o.types {
		group, types, ok := strings.Cut(t, "=")
		if !ok || group == "" || types == "" {
			faults = append(faults, fmt.Errorf("ecsim: --instance-type: got %q, want GROUP=TYPE such as web-asg=m6a.large", t))
			continue
		}
		opts.InstanceTypes[group] = strings.Split(types, ",")
	}
	if o.duration != "" {
		if _, err := units.ParseDuration(o.duration); err != nil {
			faults = append(faults, fmt.Errorf("ecsim: --duration: %w", err))
		}
	}
	if err := empty(o.out); err != nil {
		faults = append(faults, err)
	}
	in := new(awsimport.Input)
	for _, name := range o.files {
		text, err := readInput(name)
		if err == nil {
			err = in.Read(name, text)
		}
		if err != nil {
			faults = append(faults, err)
		}
	}
	if len(faults) > 0 {
		return badInput(errors.Join(faults...))
	}
	out, err := in.Build(opts)
	if err != nil {
		return badInput(err)
	}
	written, err := writeImport(o.out, out)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.Out, "cluster %s: %s, %s, %s wanted, %s\n", out.Cluster, count(out.Services, "service"), count(out.Daemons, "daemon"),
		count(int(out.Tasks), "task"), count(out.Providers, "capacity provider"))
	fmt.Fprintf(e.Out, "wrote %s and %s beside it\n", filepath.Join(o.out, "scenario.toml"), count(written-1, "file"))
	for _, l := range []struct {
		title string
		lines []string
	}{{"Assumed", out.Assumed}, {"Not used", out.Unused}} {
		for _, text := range l.lines {
			fmt.Fprintf(e.Err, "%s: %s\n", l.title, text)
		}
	}
	fmt.Fprintf(e.Err, "Next: ecsim run %s\n", filepath.Join(o.out, "scenario.toml"))
	return nil
}

// empty tells whether folder is new or holds nothing.
func empty(folder string) error {
	entries, err := os.ReadDir(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("ecsim: --output: %s is no folder that can be read: %w", folder, err)
	case len(entries) > 0:
		return fmt.Errorf("ecsim: --output: %s holds files already; choose a new or empty folder", folder)
	}
	return nil
}

func readInput(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(os.Stdin)
	}
	text, err := os.ReadFile(name)
	if p := new(fs.PathError); errors.As(err, &p) {
		return nil, fmt.Errorf("%s: %w", name, p.Err)
	}
	return text, err
}

// writeImport writes the files beside their place, checks that they are a
// scenario, and puts them there: the folder is whole or as it was.
func writeImport(folder string, out *awsimport.Output) (written int, err error) {
	if err := os.MkdirAll(filepath.Dir(filepath.Clean(folder)), 0o755); err != nil {
		return 0, badInput(fmt.Errorf("ecsim: --output: %w", err))
	}
	partial, err := os.MkdirTemp(filepath.Dir(filepath.Clean(folder)), ".import-")
	if err != nil {
		return 0, badInput(fmt.Errorf("ecsim: --output: %w", err))
	}
	defer os.RemoveAll(partial)
	partial = filepath.Clean(partial) // as messages name it
	names := make([]string, 0, len(out.Files))
	for name := range out.Files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		path := filepath.Join(partial, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, out.Files[name], 0o644)); err != nil {
			return 0, fmt.Errorf("cannot write the scenario: %w", err)
		}
	}
	if _, err := simulate.Load(filepath.Join(partial, "scenario.toml"), nil); err != nil {
		text := strings.ReplaceAll(err.Error(), partial+string(filepath.Separator), "")
		return 0, badInput(fmt.Errorf("what was given does not make a scenario that validates; nothing was written:\n%s", text))
	}
	if err := os.Remove(folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, badInput(fmt.Errorf("ecsim: --output: %w", err))
	}
	if err := os.Chmod(partial, 0o755); err != nil {
		return 0, err
	}
	return len(names), os.Rename(partial, folder)
}
