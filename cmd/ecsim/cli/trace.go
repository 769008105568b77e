package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"ecsim/workloads/traces"
	"ecsim/workloads/units"
)

var _ = Register(Verb{Name: "trace", Group: Inspect, New: newTrace})

type traceInfoOptions struct {
	file   string
	json   bool
	reader traces.Options
}

func newTrace(e *Env) *cobra.Command {
	return parent(&cobra.Command{
		Use:   "trace",
		Short: "Say what a recorded workload holds, and which formats are read",
		Long:  "Say what a recorded workload holds, and which formats are read.",
	}, newTraceInfo(e), newTraceFormats(e))
}

func newTraceInfo(e *Env) *cobra.Command {
	var o traceInfoOptions
	c := &cobra.Command{
		Use:   "info FILE",
		Short: "Describe a trace: records, arrivals, columns, and the rules a replay applies",
		Long: `Describe a trace, .gz included: its records, how bursty they arrive, its
columns, and which rules a replay would apply to it. The flags are the keys of
an arrivals table in a scenario.`,
		Example: "  ecsim trace info jobs.swf.gz\n  ecsim trace info jobs.swf.gz --from 105d --until 112d\n  ecsim trace info tasks.csv --on-error skip --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			o.file = args[0]
			return runTraceInfo(e, o)
		},
	}
	c.Flags().BoolVar(&o.json, "json", false, "print JSON")
	optionFlags(c, &o.reader)
	var names []string
	for _, f := range traces.Formats() {
		names = append(names, f.Name)
	}
	complete(c, "format", names...)
	return c
}

func runTraceInfo(e *Env, o traceInfoOptions) error {
	d, err := traces.Describe(o.file, o.reader)
	if err != nil {
		return badInput(err)
	}
	if o.json {
		b, err := json.MarshalIndent(d, "", "  ")
		if err != nil {
			return err
		}
		_, err = e.Out.Write(append(b, '\n'))
		return err
	}
	return d.Print(e.Out)
}

type traceFormatsOptions struct{ format string }

func newTraceFormats(e *Env) *cobra.Command {
	var o traceFormatsOptions
	c := &cobra.Command{
		Use:     "formats",
		Short:   "List the trace formats that are read",
		Long:    "List the trace formats that are read. A format is found by content unless named.",
		Example: "  ecsim trace formats",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return runTraceFormats(e, o) },
	}
	formatFlag(c, &o.format, formats...)
	return c
}

func runTraceFormats(e *Env, o traceFormatsOptions) error {
	l := listing{columns: []column{{head: "format", name: "format"}, {head: "holds", name: "kind"},
		{head: "what", name: "doc"}, {name: "source"}}}
	for _, f := range traces.Formats() {
		l.add(text(f.Name), text(f.Kind.String()), text(f.Doc), text(f.Source))
	}
	return e.print(&l, o.format)
}

// optionFlags adds a flag for every key of the struct that into points to:
// dashes for underscores, help and default from its tags.
func optionFlags(c *cobra.Command, into any) {
	v := reflect.ValueOf(into).Elem()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		doc := f.Tag.Get("doc")
		if d := f.Tag.Get("default"); d != "" {
			doc += " (default " + d + ")"
		}
		c.Flags().Var(&fieldFlag{value: v.Field(i)}, strings.ReplaceAll(f.Tag.Get("toml"), "_", "-"), doc)
	}
}

// fieldFlag is a flag for a field of an options struct.
type fieldFlag struct {
	value reflect.Value
	text  string
}

func (f *fieldFlag) String() string { return f.text }

func (f *fieldFlag) Type() string {
	if !f.value.IsValid() {
		return "string"
	}
	switch f.value.Interface().(type) {
	case units.CPU:
		return "vCPU"
	case units.MiB:
		return "size"
	case units.Duration:
		return "duration"
	case int:
		return "int"
	}
	return "string"
}

func (f *fieldFlag) Set(s string) (err error) {
	var v any
	switch f.value.Interface().(type) {
	case string:
		v = s
	case int:
		if v, err = strconv.Atoi(s); err != nil {
			err = errors.New("want a whole number")
		}
	case units.CPU:
		v, err = units.ParseCPU(s)
	case units.MiB:
		v, err = units.ParseMiB(s)
	case units.Duration:
		v, err = units.ParseDuration(s)
	default:
		panic(fmt.Sprintf("cli: no flag for a field of type %s", f.value.Type()))
	}
	if err != nil {
		return err
	}
	f.value.Set(reflect.ValueOf(v))
	f.text = s
	return nil
}
