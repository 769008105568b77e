package simulate

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"ecsim/models/ecs"
	"ecsim/models/ecs/placement"
	"ecsim/models/taskdef"
	"ecsim/scenarios"
)

// Expression checks a memberOf expression as the scheduler reads it.
func Expression(s string) error {
	_, err := placement.ParseConstraints([]string{"memberOf(" + s + ")"})
	return err
}

// readTaskDefinition turns a task definition into a workload's keys.
func readTaskDefinition(text []byte) (values []scenarios.DefinedValue, faults []scenarios.DefinitionFault) {
	r := taskdef.Validate(text, taskdef.Options{Expression: Expression})
	for _, x := range r.Refusals() {
		faults = append(faults, scenarios.DefinitionFault{Line: x.Line, Col: x.Col, Path: x.Path, Msg: x.Text})
	}
	if d := r.Definition; d != nil && len(faults) == 0 {
		values = definedValues(d)
	}
	return values, faults
}

// stopped is how long a container takes to exit unless a scenario says so, in
// seconds: the default of stop_timeout. A definition's stopTimeout is when ECS
// kills what has not exited, so only a shorter one matters.
const stopped = 2

func definedValues(d *taskdef.Definition) (values []scenarios.DefinedValue) {
	add := func(on bool, key string, line int, v any) {
		if on {
			values = append(values, scenarios.DefinedValue{Key: key, Value: v, Line: max(line, d.Line)})
		}
	}
	add(true, "cpu", d.CPULine, int64(d.CPU))
	add(true, "memory", d.MemLine, int64(d.Memory))
	add(d.TaskCPU, "cpu_limit", d.CPULine, "task")
	add(d.GPU > 0, "gpu", d.GPULine, d.GPU)
	add(d.ArchitectureLine > 0, "cpu_architecture", d.ArchitectureLine, d.Architecture)
	add(d.NetworkModeLine > 0, "network_mode", d.NetworkModeLine, d.NetworkMode)
	add(len(d.Images) > 0, "image", d.ImageLine, map[string]any{"name": strings.Join(d.Images, " ")})
	var ports []any
	for _, p := range d.Ports {
		m := map[string]any{"container_port": p.Container, "protocol": p.Protocol}
		if p.Host != 0 && d.NetworkMode != "awsvpc" {
			m["host_port"] = p.Host
		}
		ports = append(ports, m)
	}
	if ports != nil {
		add(true, "port_mappings", d.Ports[0].Line, ports)
	}
	var constraints []any
	for _, c := range d.Constraints {
		constraints = append(constraints, "memberOf("+c.Expression+")")
	}
	if constraints != nil {
		add(true, "placement_constraints", d.Constraints[0].Line, constraints)
	}
	add(d.EphemeralGiB > 0, "ephemeral_storage_gib", d.EphemeralLine, d.EphemeralGiB)
	add(d.StopTimeoutLine > 0 && d.StopTimeout < stopped, "stop_timeout", d.StopTimeoutLine, fmt.Sprintf("%ds", d.StopTimeout))
	return values
}

// definitionFaults are the reasons for which task definitions do not suit the
// launch types of the platforms they run on. What the scenario overrides on a
// platform, a size or the network mode, it is not held against.
func definitionFaults(sc *scenarios.Scenario) (errs scenarios.Errors) {
	texts := map[string][]byte{}
	seen := map[string]bool{}
	for i := range sc.Platforms {
		pl := &sc.Platforms[i]
		for k := range pl.Workloads {
			w := &pl.Workloads[k]
			if w.TaskDefinition == "" {
				continue
			}
			text, ok := texts[w.TaskDefinition]
			if !ok {
				in, err := sc.Open(w.TaskDefinition)
				if err != nil {
					continue // the hash will fail with it
				}
				text, err = io.ReadAll(in)
				in.Close()
				if err != nil {
					continue
				}
				texts[w.TaskDefinition] = text
			}
			for _, lt := range launchTypesOf(pl, w) {
				r := taskdef.Validate(text, taskdef.Options{LaunchTypes: []taskdef.LaunchType{lt}, Expression: Expression})
				for _, x := range r.Refusals() {
					e := scenarios.Error{Where: scenarios.Where{File: w.DefinitionName, Line: x.Line, Col: x.Col}, Key: x.Path,
						Msg: fmt.Sprintf("%s; workload %s of platform %s runs on %s: %s, or choose another strategy there", x.Text, w.Name, pl.Name, lt, remedy(x.Rule, pl, w))}
					if key := e.Error(); !overridden(r, x.Rule, w) && !seen[key] {
						seen[key] = true
						errs = append(errs, e)
					}
				}
			}
		}
	}
	return errs
}

// remedy says how to bring what a rule is about in line on one platform.
func remedy(rule string, pl *scenarios.Platform, w *scenarios.Workload) string {
	at := fmt.Sprintf("platform.%s.workload.%s.", pl.Name, w.Name)
	switch {
	case strings.HasPrefix(rule, "network-"):
		return "set " + at + "network_mode"
	case strings.HasPrefix(rule, "size-"):
		return fmt.Sprintf("set %scpu and %smemory", at, at)
	}
	return fmt.Sprintf("give another file with %stask_definition", at)
}

// overridden tells whether the scenario replaces what a rule is about.
func overridden(r *taskdef.Report, rule string, w *scenarios.Workload) bool {
	d := r.Definition
	cpu, memory := w.Size()
	switch {
	case d == nil:
	case strings.HasPrefix(rule, "network-"):
		return w.NetworkMode != d.NetworkMode
	case strings.HasPrefix(rule, "size-"):
		return cpu != d.CPU || memory != d.Memory
	}
	return false
}

// launchTypesOf are the launch types w may run on in pl.
func launchTypesOf(pl *scenarios.Platform, w *scenarios.Workload) (list []taskdef.LaunchType) {
	add := func(kind string) {
		t, ok := map[string]taskdef.LaunchType{"asg": taskdef.EC2, "external": taskdef.External,
			"managed-instances": taskdef.ManagedInstances, "FARGATE": taskdef.Fargate, "FARGATE_SPOT": taskdef.Fargate}[kind]
		if ok && !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	if w.Kind == ecs.Daemon { // on every instance there is
		for i := range pl.Providers {
			add(pl.Providers[i].Kind)
		}
		return list
	}
	for _, s := range strategyOf(pl, w) {
		if k := kindOf(pl, s.CapacityProvider); k != nil {
			add(k.Name)
		}
	}
	return list
}
