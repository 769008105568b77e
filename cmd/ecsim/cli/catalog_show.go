package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"ecsim/models/catalog"
	"ecsim/workloads/units"
)

type catalogShowOptions struct {
	types  []string
	region string
}

func newCatalogShow(e *Env) *cobra.Command {
	var o catalogShowOptions
	c := &cobra.Command{
		Use:   "show TYPE...",
		Short: "Show all figures of an instance type, each with its source",
		Long: `Show all figures of instance types: size, what an ECS container instance
registers, how many awsvpc tasks it holds, on-demand and Spot price, Savings
Plan and Reserved Instance rates; each with source, date and confidence.`,
		Example: "  ecsim catalog show m7g.2xlarge c7i.xlarge --region eu-west-1",
		Args:    cobra.MinimumNArgs(1), ValidArgsFunction: instanceTypes,
		RunE: func(_ *cobra.Command, args []string) error {
			o.types = args
			return runCatalogShow(e, o)
		},
	}
	regionFlag(c, &o.region)
	return c
}

func runCatalogShow(e *Env, o catalogShowOptions) error {
	var errs []error
	if err := catalog.CheckRegion(o.region); err != nil {
		errs = append(errs, fmt.Errorf("ecsim: --region: %w", err))
	}
	var types []*catalog.InstanceType
	for _, name := range o.types {
		t, err := catalog.Type(name)
		if err != nil {
			errs = append(errs, fmt.Errorf("ecsim: %w", err))
		}
		types = append(types, t)
	}
	if err := errors.Join(errs...); err != nil {
		return badInput(err)
	}
	b := bufio.NewWriter(e.Out)
	for i, t := range types {
		if i > 0 {
			fmt.Fprintln(b)
		}
		printType(b, t, o.region)
	}
	return b.Flush()
}

// facts prints "  name  value" lines, and sources below them.
type facts struct{ w io.Writer }

func (f facts) head(s string) { fmt.Fprintf(f.w, "\n%s\n", s) }
func (f facts) fact(name, format string, a ...any) {
	fmt.Fprintf(f.w, "  %-26s %s\n", name, fmt.Sprintf(format, a...))
}
func (f facts) source(s string) { io.WriteString(f.w, wrap("    ", s, 80)) }

func printType(w io.Writer, t *catalog.InstanceType, region string) {
	f := facts{w}
	fmt.Fprintf(w, "%s in %s\n", t.Name, region)
	f.head("Size")
	f.fact("vCPU", "%d (%d CPU units)", t.VCPU, int64(t.CPU))
	f.fact("memory, nominal", "%s MiB", units.Thousands(int64(t.MemoryMiB)))
	registered, source := t.RegisteredMemory()
	f.fact("memory, registered", "%s MiB", units.Thousands(int64(registered)))
	f.source(source)
	f.fact("architecture", "%s", t.Arch)
	if t.GPUs > 0 {
		f.fact("GPUs", "%d x %s, %s MiB together", t.GPUs, t.GPUModel, units.Thousands(int64(t.GPUMemoryMiB)))
	}
	if t.Accelerators > 0 {
		f.fact("accelerators", "%d x %s", t.Accelerators, t.AcceleratorModel)
	}
	f.fact("network, baseline", "%s Mbit/s, burst %s", units.Thousands(int64(t.NetworkMbps)), units.Thousands(int64(t.NetworkBurstMbps)))
	f.fact("EBS, baseline", "%s Mbit/s", units.Thousands(int64(t.EBSMbps)))
	kind := []string{t.Hypervisor}
	for _, trait := range []struct {
		name string
		has  bool
	}{{"bare metal", t.BareMetal}, {"current generation", t.CurrentGeneration}, {"previous generation", !t.CurrentGeneration}, {"flex: baseline 40 % a vCPU", t.Flex}} {
		if trait.has {
			kind = append(kind, trait.name)
		}
	}
	f.fact("kind", "%s", strings.TrimPrefix(strings.Join(kind, ", "), ", "))
	if t.Burstable {
		f.fact("CPU credits", "%g an hour, baseline %g %% a vCPU, %s by default", t.CreditsPerHour, t.BaselinePerVCPUPercent, t.CreditMode)
	}
	estimate := ""
	if t.Estimated {
		estimate = "estimated: "
	}
	f.source(estimate + t.Source)

	f.head("Tasks with a network interface of their own (awsvpc)")
	f.fact("without trunking", "%d (%d interfaces)", t.TasksAwsvpc, t.MaxENIs)
	if t.TrunkingOnECS {
		f.fact("with awsvpcTrunking", "%d", t.TasksAwsvpcTrunk)
	} else {
		f.fact("with awsvpcTrunking", "not supported for this type")
	}
	f.source("https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-eni.html")

	f.head("Price of an instance-hour, Linux")
	price, err := catalog.OnDemand(t.Name, region)
	if err != nil {
		f.source(err.Error())
		return
	}
	figure := func(name string, p catalog.Figure, more string) {
		f.fact(name, "%s$%s%s", estimated(p), p.Rate, more)
		f.source(p.Provenance())
	}
	figure("on-demand", price, "")
	if s, err := catalog.Spot(t.Name, region); err != nil {
		f.fact("Spot", "no price known")
		f.source(err.Error())
	} else {
		figure("Spot, mean of the zones", s.Figure, fmt.Sprintf(", %d %% off, %s of instances lost a month", s.SavingsPercent, s.BucketLabel))
	}
	fmt.Fprintln(w)
	printPlans(f, t, region, price)
}

// printPlans prints every commitment's rate of an instance-hour.
func printPlans(f facts, t *catalog.InstanceType, region string, price catalog.Figure) {
	payments := []catalog.Payment{catalog.NoUpfront, catalog.PartialUpfront, catalog.AllUpfront}
	l := listing{columns: []column{{head: "Commitment, per instance-hour"}, {head: "no upfront", right: true},
		{head: "partial upfront", right: true}, {head: "all upfront", right: true}}}
	var any *catalog.Figure
	for _, kind := range []struct {
		catalog.PlanKind
		name string
	}{{catalog.ComputeSP, "Compute Savings Plan"}, {catalog.EC2InstanceSP, "EC2 Instance Savings Plan"},
		{catalog.StandardRI, "standard Reserved"}, {catalog.ConvertibleRI, "convertible Reserved"}} {
		for _, years := range []int{1, 3} {
			row := []cell{text(fmt.Sprintf("  %s, %s", kind.name, count(years, "year")))}
			for _, pay := range payments {
				r, err := catalog.Reserved(t.Name, region, catalog.Plan{Kind: kind.PlanKind, Years: years, Payment: pay})
				if err != nil {
					row = append(row, text("not known"))
					continue
				}
				any = &r
				row = append(row, text(fmt.Sprintf("%s$%.4f %3.0f %%", estimated(r), r.Rate.Float(), 100*(r.Rate.Float()/price.Rate.Float()-1))))
			}
			l.add(row...)
		}
	}
	l.table(f.w, 0)
	if any != nil {
		f.source(any.Source + ", " + any.Date + ", " + any.Confidence + "; % off on-demand, upfront spread over the term")
	}
}
