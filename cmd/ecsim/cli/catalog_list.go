package cli

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"ecsim/models/catalog"
	"ecsim/models/result"
	"ecsim/workloads/units"
)

type catalogListOptions struct {
	region                          string
	vcpu, memory                    string // ranges: "4", "2..8", "8..", "..16"
	arch, price, family, tasks      string
	gpu, current, spot, burst, bare choice
	sort, network                   string
	descending                      bool
	limit                           int
	format                          string
}

// choice is a flag that keeps, or with =false leaves out, what has a trait.
type choice struct{ catalog.Choice }

func (c *choice) String() string {
	return map[catalog.Choice]string{catalog.Only: "true", catalog.Exclude: "false"}[c.Choice]
}
func (c *choice) Type() string     { return "bool" }
func (c *choice) IsBoolFlag() bool { return true }

func (c *choice) Set(s string) error {
	only, err := strconv.ParseBool(s)
	if err != nil {
		return errors.New("want true or false")
	}
	c.Choice = catalog.Exclude
	if only {
		c.Choice = catalog.Only
	}
	return nil
}

func newCatalogList(e *Env) *cobra.Command {
	var o catalogListOptions
	c := &cobra.Command{
		Use:   "list",
		Short: "Find instance types by size, price and how many tasks they hold",
		Long: `Find instance types sold in a Region. A range is "4", "2..8", "8.." or "..16".
--tasks says how many tasks of a size one instance holds, which resource binds,
and what a task then costs for a month of 730 hours on a full instance.`,
		Example: `  ecsim catalog list --vcpu 2..8 --memory '16 GB..' --price '<0.4' --sort price
  ecsim catalog list --family '^[cm]7g$' --tasks '0.5 vCPU, 1 GB' --network awsvpc
  ecsim catalog list --gpu --current --sort price --region eu-west-1`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return runCatalogList(e, o) },
	}
	f := c.Flags()
	regionFlag(c, &o.region)
	f.StringVar(&o.vcpu, "vcpu", "", "vCPUs, a `range`")
	f.StringVar(&o.memory, "memory", "", "nominal memory, a `range`: '8 GB..32 GB'")
	f.StringVar(&o.arch, "arch", "", "X86_64 or ARM64")
	f.StringVar(&o.price, "price", "", "most on-demand `dollars` an hour: '<0.4'")
	f.StringVar(&o.family, "family", "", "`regexp` on the family, such as '^[cmr]7'")
	f.StringVar(&o.tasks, "tasks", "", "tasks of this `size` an instance holds: 'CPU, MEMORY'")
	f.StringVar(&o.network, "network", "bridge", "network mode of --tasks: bridge, awsvpc, awsvpc-trunking")
	f.StringVar(&o.sort, "sort", "name", sortNames())
	f.BoolVar(&o.descending, "descending", false, "largest first")
	f.IntVar(&o.limit, "limit", 40, "most rows, 0 for all")
	for name, flag := range map[string]struct {
		into *choice
		doc  string
	}{
		"gpu": {&o.gpu, "types with GPUs; =false without"}, "current": {&o.current, "types of the current generation"},
		"spot": {&o.spot, "types with a Spot price"}, "burstable": {&o.burst, "types that earn CPU credits; =false without"},
		"bare-metal": {&o.bare, "bare metal; =false without"},
	} {
		f.Var(flag.into, name, flag.doc)
		f.Lookup(name).NoOptDefVal = "true"
	}
	complete(c, "sort", strings.Split(sortNames(), ", ")...)
	complete(c, "arch", "X86_64", "ARM64")
	complete(c, "network", "bridge", "awsvpc", "awsvpc-trunking")
	formatFlag(c, &o.format, formats...)
	return c
}

func sortNames() string {
	var names []string
	for _, k := range catalog.SortKeys {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// filter reads the options; errors name the flag.
func (o *catalogListOptions) filter() (f catalog.Filter, err error) {
	var errs []error
	fault := func(flag string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("ecsim: --%s: %w", flag, err))
		}
	}
	fault("region", catalog.CheckRegion(o.region))
	lo, hi, err := parseRange(o.vcpu, func(s string) (int64, error) {
		n, err := strconv.ParseUint(s, 10, 31)
		if err != nil {
			return 0, fmt.Errorf("got %q, want whole vCPUs, or a range such as 2..8", s)
		}
		return int64(n), nil
	})
	fault("vcpu", err)
	f.MinVCPU, f.MaxVCPU = int(lo), int(hi)
	lo, hi, err = parseRange(o.memory, func(s string) (int64, error) {
		m, err := units.ParseMiB(s)
		return int64(m), err
	})
	fault("memory", err)
	f.MinMemory, f.MaxMemory = units.MiB(lo), units.MiB(hi)
	switch strings.ToLower(o.arch) {
	case "":
	case "x86_64", "x86", "amd64":
		f.Arch = catalog.X86
	case "arm64", "arm":
		f.Arch = catalog.ARM
	default:
		fault("arch", fmt.Errorf("got %q, want X86_64 or ARM64", o.arch))
	}
	if o.price != "" {
		s := strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(o.price), "<"), "="))
		p, err := units.ParsePrice(strings.TrimPrefix(s, "$"))
		if err == nil && p <= 0 {
			err = fmt.Errorf("got %q, want more than 0", o.price)
		}
		if err != nil {
			err = fmt.Errorf("got %q, want dollars an hour such as '<0.4'", o.price)
		}
		if strings.HasPrefix(strings.TrimSpace(o.price), "<") && !strings.Contains(o.price, "=") {
			p-- // prices are whole picodollars
		}
		fault("price", err)
		f.MaxPrice = p
	}
	if o.family != "" {
		f.Family, err = regexp.Compile(o.family)
		fault("family", err)
	}
	f.Sort, err = catalog.ParseSortKey(o.sort)
	if err != nil {
		errs = append(errs, fmt.Errorf("ecsim: --%w", err))
	}
	if o.limit < 0 {
		fault("limit", fmt.Errorf("got %d, want 0 (all) or more", o.limit))
	}
	f.GPU, f.CurrentGeneration, f.Spot, f.Burstable, f.BareMetal = o.gpu.Choice, o.current.Choice, o.spot.Choice, o.burst.Choice, o.bare.Choice
	f.Descending = o.descending
	return f, errors.Join(errs...)
}

// parseRange reads "4" (just that), "2..8", "8.." and "..16"; 0 is no bound.
func parseRange(s string, parse func(string) (int64, error)) (lo, hi int64, err error) {
	if strings.TrimSpace(s) == "" {
		return 0, 0, nil
	}
	from, to, span := strings.Cut(s, "..")
	from, to = strings.TrimSpace(from), strings.TrimSpace(to)
	if !span {
		lo, err = parse(from)
		return lo, lo, err
	}
	if from == "" && to == "" {
		return 0, 0, fmt.Errorf("got %q, want a range such as 2..8, 8.. or ..16", s)
	}
	if from != "" {
		if lo, err = parse(from); err != nil {
			return 0, 0, err
		}
	}
	if to != "" {
		if hi, err = parse(to); err != nil {
			return 0, 0, err
		}
		if hi < lo || hi == 0 {
			return 0, 0, fmt.Errorf("got %q, want the smaller bound first", s)
		}
	}
	return lo, hi, nil
}

// taskSize reads "512, 1024" or "0.5 vCPU, 1 GB".
func taskSize(s string) (cpu units.CPU, mem units.MiB, err error) {
	c, m, ok := strings.Cut(s, ",")
	if !ok {
		return 0, 0, fmt.Errorf("got %q, want CPU and memory such as '512, 1024' or '0.5 vCPU, 1 GB'", s)
	}
	cpu, err = units.ParseCPU(strings.TrimSpace(c))
	if err != nil {
		return 0, 0, err
	}
	mem, err = units.ParseMiB(strings.TrimSpace(m))
	if err == nil && cpu <= 0 && mem <= 0 {
		err = fmt.Errorf("got %q, want more than nothing", s)
	}
	return cpu, mem, err
}

func runCatalogList(e *Env, o catalogListOptions) error {
	f, err := o.filter()
	var cpu units.CPU
	var mem units.MiB
	if o.tasks != "" {
		var terr error
		if cpu, mem, terr = taskSize(o.tasks); terr != nil {
			err = errors.Join(err, fmt.Errorf("ecsim: --tasks: %w", terr))
		}
	}
	packing := catalog.Packing{Awsvpc: strings.HasPrefix(o.network, "awsvpc"), Trunking: o.network == "awsvpc-trunking"}
	if !packing.Awsvpc && o.network != "bridge" {
		err = errors.Join(err, fmt.Errorf("ecsim: --network: got %q, want bridge, awsvpc or awsvpc-trunking", o.network))
	}
	if err != nil {
		return badInput(err)
	}
	found := catalog.Find(f, o.region)
	if o.tasks != "" { // an instance that holds no such task is no answer
		found = slices.DeleteFunc(found, func(t *catalog.InstanceType) bool {
			n, _ := t.TasksPerInstance(cpu, mem, packing)
			return n == 0
		})
	}
	if len(found) == 0 {
		fmt.Fprintf(e.Err, "no instance type in %s is like that\n", o.region)
	}
	shown := found
	if o.limit > 0 && len(found) > o.limit {
		shown = found[:o.limit]
	}
	l := listing{columns: []column{
		{head: "type", name: "type"}, {head: "vCPU", name: "vcpu", right: true}, {head: "GiB", name: "memory_gib", right: true},
		{head: "ECS MiB", name: "registered_memory_mib", right: true}, {head: "arch", name: "cpu_architecture"}, {head: "GPU", name: "gpus", right: true},
		{head: "$/h", name: "usd_per_hour", right: true}, {head: "Spot", name: "spot_usd_per_hour", right: true},
		{head: "lost/mo", name: "spot_interruption"}, {head: "ENI tasks", name: "awsvpc_tasks", right: true}, {name: "awsvpc_tasks_trunking"}, {name: "estimated"}}}
	if o.tasks != "" {
		l.columns[9].head = "" // the packing knows
		l.columns = append(l.columns, column{head: "tasks", name: "tasks", right: true}, column{head: "binds", name: "binding"},
			column{head: "$/month", name: "usd_per_task_month", right: true})
	}
	for _, t := range shown {
		l.add(typeRow(t, o, cpu, mem, packing)...)
	}
	if err := e.print(&l, o.format); err != nil {
		return err
	}
	if len(shown) < len(found) {
		fmt.Fprintf(e.Err, "%d of %s; --limit 0 shows all\n", len(shown), count(len(found), "type"))
	}
	return nil
}

// shortArch names architectures in the text table.
var shortArch = map[catalog.Arch]string{catalog.X86: "x86", catalog.ARM: "arm", "x86_64_mac": "mac", "arm64_mac": "mac"}

func typeRow(t *catalog.InstanceType, o catalogListOptions, cpu units.CPU, mem units.MiB, p catalog.Packing) []cell {
	registered, _ := t.RegisteredMemory()
	gib := float64(t.MemoryMiB) / 1024
	price, err := catalog.OnDemand(t.Name, o.region)
	hour, usd := cell{text: "-"}, 0.0
	if err == nil {
		usd = price.Rate.Float()
		hour = cell{fmt.Sprintf("%s%.4f", estimated(price), usd), usd}
	}
	spot, bucket := cell{text: "-"}, cell{text: "-"}
	if s, err := catalog.Spot(t.Name, o.region); err == nil {
		spot = cell{fmt.Sprintf("%s%.4f", estimated(s.Figure), s.Rate.Float()), s.Rate.Float()}
		bucket = text(s.BucketLabel)
	}
	gpus := number(int64(t.GPUs))
	if t.GPUs == 0 {
		gpus.text = "-"
	}
	row := []cell{text(t.Name), number(int64(t.VCPU)), {strconv.FormatFloat(gib, 'f', -1, 64), gib}, number(int64(registered)),
		{shortArch[t.Arch], string(t.Arch)}, gpus, hour, spot, bucket, number(int64(t.TasksAwsvpc)), number(int64(t.TasksAwsvpcTrunk)),
		{value: t.Estimated || price.Estimated}}
	if o.tasks != "" {
		n, binds := t.TasksPerInstance(cpu, mem, p)
		each := cell{text: "-"}
		if n > 0 && err == nil {
			each = cell{fmt.Sprintf("%.2f", usd*result.MonthHours/float64(n)), usd * result.MonthHours / float64(n)}
		}
		row = append(row, number(int64(n)), text(binds), each)
	}
	return row
}
