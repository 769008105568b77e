package cli

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"ecsim/models/taskdef"
)

var _ = Register(Verb{Name: "taskdef", Group: Inspect, New: newTaskdef})

type taskdefOptions struct {
	file        string
	launchTypes []string
	format      string
}

func newTaskdef(e *Env) *cobra.Command {
	return parent(&cobra.Command{
		Use:   "taskdef",
		Short: "Look at ECS task definitions",
		Long: `Look at ECS task definitions, JSON as register-task-definition takes it or
describe-task-definition prints it. 'ecsim validate FILE' checks them.`,
		Example: "  ecsim taskdef show api.json",
	}, newTaskdefShow(e))
}

func newTaskdefShow(e *Env) *cobra.Command {
	var o taskdefOptions
	c := &cobra.Command{
		Use:   "show FILE",
		Short: "Print what the scheduler will see of a task definition",
		Long: `Print what the scheduler will see of a task definition: the reservation of CPU,
memory, ports, network interface and GPUs, the attributes an instance must
have, images and roles, and the Fargate size that holds it. Reasons for which
ECS would refuse it go to standard error, and the exit code is 2; what could be
read is printed all the same. - reads standard input.`,
		Example: "  ecsim taskdef show api.json\n  aws ecs describe-task-definition --task-definition api | ecsim taskdef show -",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			o.file = args[0]
			return runTaskdefShow(e, o)
		},
	}
	launchTypeFlag(c, &o.launchTypes)
	formatFlag(c, &o.format, "table", "json")
	return c
}

// launchTypeFlag adds --launch-type.
func launchTypeFlag(c *cobra.Command, into *[]string) {
	c.Flags().StringArrayVar(into, "launch-type", nil, "check against `TYPE` (EC2, FARGATE, EXTERNAL, MANAGED_INSTANCES) instead of the definition's requiresCompatibilities; repeatable")
	complete(c, "launch-type", "EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES")
}

func runTaskdefShow(e *Env, o taskdefOptions) error {
	types, err := launchTypes(o.launchTypes)
	if err != nil {
		return err
	}
	files, err := taskDefinitionFiles([]string{o.file})
	if err != nil {
		return badInput(err)
	}
	if len(files) != 1 {
		return badInput(fmt.Errorf("got %s, want one file", count(len(files), "file")))
	}
	reports, err := readTaskDefinitions(files, types)
	if err != nil {
		return badInput(err)
	}
	r := reports[0]
	for i := range r.Reasons {
		fmt.Fprintf(e.Err, "%s:%s\n", shownName(files[0]), r.Reasons[i].String())
	}
	if r.Definition != nil {
		if o.format == "json" {
			text, err := json.MarshalIndent(definitionToJSON(r), "", "  ")
			if err != nil {
				return err
			}
			fmt.Fprintf(e.Out, "%s\n", text)
		} else {
			for _, x := range describeDefinition(r) {
				if _, err := fmt.Fprintf(e.Out, "%-16s %s\n", x[0], strings.ReplaceAll(x[1], "\n", "\n"+strings.Repeat(" ", 17))); err != nil {
					return err
				}
			}
		}
	}
	if !r.Verdict.Registers() {
		return silently(ExitUsage)
	}
	return nil
}

// describeDefinition is what the scheduler sees, a row a fact.
func describeDefinition(r *taskdef.Report) (rows [][2]string) {
	d := r.Definition
	add := func(name, text string) {
		if text != "" {
			rows = append(rows, [2]string{name, text})
		}
	}
	of := map[bool]string{true: "of the task", false: "sum of the containers"}
	limit := ": may burst into idle CPU on EC2"
	if d.TaskCPU {
		limit = ": a hard cap"
	}
	add("family", d.Family)
	add("verdict", fmt.Sprintf("%s for %s", r.Verdict, join(r.LaunchTypes)))
	add("compatible with", orNone(join(r.Compatible)))
	add("cpu", fmt.Sprintf("%d units (%s)%s", d.CPU, of[d.TaskCPU], limit))
	add("memory", fmt.Sprintf("%d MiB (%s)", d.Memory, of[d.TaskMemory]))
	add("gpu", strconv.FormatInt(d.GPU, 10))
	add("network mode", d.NetworkMode)
	eni := "none"
	if d.NetworkMode == "awsvpc" {
		eni = "1 per task"
	}
	add("eni", eni)
	add("host ports", orNone(portsText(d)))
	add("platform", d.OS+" on "+d.Architecture)
	add("fargate size", fargateText(d))
	if d.EphemeralGiB > 0 {
		add("ephemeral", fmt.Sprintf("%d GiB", d.EphemeralGiB))
	}
	if d.StopTimeoutLine > 0 {
		add("stop time-out", fmt.Sprintf("%d s", d.StopTimeout))
	}
	add("images", orNone(strings.Join(d.Images, "\n")))
	add("execution role", orNone(d.ExecutionRole))
	add("task role", orNone(d.TaskRole))
	var constraints []string
	for _, c := range d.Constraints {
		constraints = append(constraints, "memberOf("+c.Expression+")")
	}
	add("constraints", strings.Join(constraints, "\n"))
	add("attributes", orNone(strings.Join(d.Requires, "\n")))
	add("to register", strings.Join(r.Cleaning, "\n"))
	return rows
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func portsText(d *taskdef.Definition) string {
	if d.NetworkMode == "awsvpc" {
		if len(d.Ports)+len(d.PortRanges) == 0 {
			return ""
		}
		return "none of the instance's: " + count(len(d.Ports)+len(d.PortRanges), "mapping") + " on the task's own interface"
	}
	var parts []string
	for _, p := range d.Ports {
		host := strconv.FormatInt(p.Host, 10)
		if p.Host == 0 {
			host = "dynamic"
		}
		parts = append(parts, fmt.Sprintf("%s/%s -> %d", host, p.Protocol, p.Container))
	}
	for _, s := range d.PortRanges {
		parts = append(parts, "dynamic -> "+s)
	}
	return strings.Join(parts, ", ")
}

func fargateText(d *taskdef.Definition) string {
	cpu, memory, ok := d.FargateSize()
	switch {
	case d.GPU > 0:
		return "none: Fargate has no GPUs"
	case !ok:
		return "none: over the largest"
	case cpu == d.CPU && memory == d.Memory && d.TaskCPU && d.TaskMemory:
		return fmt.Sprintf("%d units, %d MiB, as written", cpu, memory)
	}
	return fmt.Sprintf("%d units, %d MiB would hold it", cpu, memory)
}

// definitionToJSON is describeDefinition for programs.
func definitionToJSON(r *taskdef.Report) map[string]any {
	d := r.Definition
	words := func(list []string) []string { return append([]string{}, list...) }
	ports := []map[string]any{}
	for _, p := range d.Ports {
		ports = append(ports, map[string]any{"container_port": p.Container, "host_port": p.Host, "protocol": p.Protocol})
	}
	constraints := []string{}
	for _, c := range d.Constraints {
		constraints = append(constraints, "memberOf("+c.Expression+")")
	}
	out := map[string]any{
		"family": d.Family, "verdict": r.Verdict, "launch_types": r.LaunchTypes,
		"compatibilities": append([]taskdef.LaunchType{}, r.Compatible...),
		"cpu_units":       int64(d.CPU), "memory_mib": int64(d.Memory), "task_cpu": d.TaskCPU, "task_memory": d.TaskMemory, "gpu": d.GPU,
		"network_mode": d.NetworkMode, "eni": d.NetworkMode == "awsvpc", "port_mappings": ports, "port_ranges": words(d.PortRanges),
		"operating_system_family": d.OS, "cpu_architecture": d.Architecture, "ephemeral_storage_gib": d.EphemeralGiB,
		"images": words(d.Images), "execution_role_arn": d.ExecutionRole, "task_role_arn": d.TaskRole,
		"placement_constraints": constraints, "requires_attributes": words(d.Requires), "cleaning": words(r.Cleaning),
		"fargate_size": nil,
	}
	if cpu, memory, ok := d.FargateSize(); ok {
		out["fargate_size"] = map[string]int64{"cpu_units": int64(cpu), "memory_mib": int64(memory)}
	}
	return out
}
