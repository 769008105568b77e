package awsimport

import (
	"fmt"
	"slices"
	"strings"
)

// platform writes [platform.today].
func (m *importer) platform() string {
	var b strings.Builder
	b.WriteString("[platform.today]\n")
	if s := m.defaultStrategy(); s != "" {
		fmt.Fprintf(&b, "default_capacity_provider_strategy = %s\n", s)
	}
	names := make([]string, 0, len(m.used))
	for name := range m.used {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if name == fargate || name == fargateSpot {
			continue
		}
		m.out.Providers++
		if name == m.plain && m.provider(name) == nil {
			b.WriteString(m.plainProviderTable())
			continue
		}
		b.WriteString(m.describe(name))
	}
	return b.String()
}

const (
	fargate     = "FARGATE"
	fargateSpot = "FARGATE_SPOT"
)

func (m *importer) provider(name string) *capacityProvider {
	for i := range m.in.providers {
		if m.in.providers[i].Name == name {
			return &m.in.providers[i]
		}
	}
	return nil
}

// strategy writes a capacity provider strategy and marks its providers used.
func (m *importer) strategy(items []strategyItem) string {
	parts := make([]string, len(items))
	for i, s := range items {
		m.used[s.CapacityProvider] = true
		parts[i] = fmt.Sprintf("{ capacity_provider = %s, base = %d, weight = %d }", quote(s.CapacityProvider), s.Base, s.Weight)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// defaultStrategy is the cluster's; where it has none the first provider used
// stands in, for a platform needs one.
func (m *importer) defaultStrategy() string {
	if len(m.cluster.DefaultCapacityProviderStrategy) > 0 {
		return m.strategy(m.cluster.DefaultCapacityProviderStrategy)
	}
	names := make([]string, 0, len(m.used))
	for name := range m.used {
		names = append(names, name)
	}
	slices.Sort(names)
	if len(names) < 2 && (len(names) == 0 || !strings.HasPrefix(names[0], fargate)) {
		return "" // the only provider is the default
	}
	return list(names[:1])
}

// describe writes one capacity provider of the cluster.
func (m *importer) describe(name string) string {
	p := m.provider(name)
	switch {
	case p == nil:
		m.fault("capacity provider %s is used, and no file describes it; add the output of 'aws ecs describe-capacity-providers --capacity-providers %s'", name, name)
		return ""
	case p.ManagedInstancesProvider != nil:
		return m.managedInstances(p)
	case p.AutoScalingGroupProvider == nil:
		m.fault("capacity provider %s is neither an Auto Scaling group nor Managed Instances; describe-capacity-providers printed nothing of its kind", name)
		return ""
	}
	a := p.AutoScalingGroupProvider
	g := m.group(a.AutoScalingGroupArn)
	if g == nil {
		asg := last(a.AutoScalingGroupArn)
		m.fault("capacity provider %s uses Auto Scaling group %s, which no file describes; add the output of 'aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names %s'", name, asg, asg)
		return ""
	}
	var b strings.Builder
	b.WriteString(m.asg(name, g))
	if s := a.ManagedScaling; s != nil && s.Status != "DISABLED" {
		var keys []string
		set := func(key string, v *int64, format string) {
			if v != nil {
				keys = append(keys, key+" = "+fmt.Sprintf(format, *v))
			}
		}
		set("target_capacity", s.TargetCapacity, "%d")
		set("minimum_scaling_step_size", s.MinimumScalingStepSize, "%d")
		set("maximum_scaling_step_size", s.MaximumScalingStepSize, "%d")
		set("instance_warmup_period", s.InstanceWarmupPeriod, "\"%ds\"")
		keys = append(keys, fmt.Sprintf("termination_protection = %t", a.ManagedTerminationProtection == "ENABLED"))
		fmt.Fprintf(&b, "managed_scaling = { %s }\n", strings.Join(keys, ", "))
	} else {
		b.WriteString("managed_scaling = { status = \"DISABLED\" }\n")
	}
	if a.ManagedDraining == "DISABLED" {
		m.unused("managed draining is off on capacity provider %s; simulated with it on", name)
	}
	return b.String()
}

func (m *importer) group(arn string) *group {
	for i := range m.in.groups {
		if g := &m.in.groups[i]; g.ARN == arn || g.Name == last(arn) {
			return g
		}
	}
	return nil
}

// asg writes a group as a capacity provider, without its managed scaling.
func (m *importer) asg(name string, g *group) string {
	m.groups = append(m.groups, g)
	for _, z := range g.AvailabilityZones {
		if !slices.Contains(m.zones, z) {
			m.zones = append(m.zones, z)
		}
	}
	slices.Sort(m.zones)
	if g.WarmPoolSize > 0 {
		m.unused("the warm pool of %s (%d instances)", g.Name, g.WarmPoolSize)
	}
	if g.MaxSize < 1 {
		m.fault("Auto Scaling group %s has a maximum of 0 instances, and services use its capacity provider %s; nothing could run there", g.Name, name)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n[platform.today.capacity_provider.%s]\n", name)
	fmt.Fprintf(&b, "instance_types = %s\n", list(m.types(g)))
	fmt.Fprintf(&b, "auto_scaling_group = { min = %d, max = %d, desired_capacity = %d }\n", g.MinSize, g.MaxSize, g.DesiredCapacity)
	if p := g.MixedInstancesPolicy; p != nil && p.InstancesDistribution != nil {
		d := p.InstancesDistribution
		base, percent := int64(0), int64(100) // AWS's defaults
		if d.OnDemandBaseCapacity != nil {
			base = *d.OnDemandBaseCapacity
		}
		if d.OnDemandPercentageAboveBaseCapacity != nil {
			percent = *d.OnDemandPercentageAboveBaseCapacity
		}
		fmt.Fprintf(&b, "instances_distribution = { on_demand_base_capacity = %d, on_demand_percentage_above_base_capacity = %d }\n", base, percent)
	}
	return b.String()
}

// types are a group's instance types, the preferred one first: those asked for,
// else those of its overrides, else those of its instances, the most frequent
// first.
func (m *importer) types(g *group) []string {
	if t := m.opts.InstanceTypes[g.Name]; len(t) > 0 {
		return t
	}
	var types []string
	if p := g.MixedInstancesPolicy; p != nil {
		for _, o := range p.LaunchTemplate.Overrides {
			if o.InstanceType != "" && !slices.Contains(types, o.InstanceType) {
				types = append(types, o.InstanceType)
			}
			if o.WeightedCapacity != "" && o.WeightedCapacity != "1" {
				m.unused("weighted capacity %s of %s in group %s: each instance counts as one", o.WeightedCapacity, o.InstanceType, g.Name)
			}
			if o.InstanceRequirements != nil {
				m.assume("group %s chooses types by attributes; those that run now stand for them", g.Name)
			}
		}
	}
	if len(types) > 0 {
		return types
	}
	count := map[string]int{}
	for _, i := range g.Instances {
		if i.InstanceType != "" {
			if count[i.InstanceType] == 0 {
				types = append(types, i.InstanceType)
			}
			count[i.InstanceType]++
		}
	}
	slices.SortStableFunc(types, func(a, b string) int { return count[b] - count[a] })
	if len(types) == 0 {
		m.fault("Auto Scaling group %s has no instance, and its launch template tells the type elsewhere; say it with --instance-type %s=TYPE", g.Name, g.Name)
		return nil
	}
	if len(types) > 1 {
		m.assume("group %s runs %s; it launches the first when it grows", g.Name, strings.Join(types, " and "))
	}
	return types
}

// plainProviderTable is the capacity of services with launch type EC2 that
// stands behind no capacity provider.
func (m *importer) plainProviderTable() string {
	i := slices.IndexFunc(m.in.groups, func(g group) bool { return g.Name == m.plainGroup })
	return m.asg(m.plain, &m.in.groups[i]) + "managed_scaling = { status = \"DISABLED\" }   # behind no capacity provider\n"
}

func (m *importer) managedInstances(p *capacityProvider) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n[platform.today.capacity_provider.%s]\nkind = \"managed-instances\"\n", p.Name)
	r := p.ManagedInstancesProvider.InstanceLaunchTemplate.InstanceRequirements
	if r == nil {
		return b.String()
	}
	var exact []string
	for _, t := range r.AllowedInstanceTypes {
		if strings.Contains(t, "*") {
			m.unused("%s in the allowed instance types of %s: patterns are not read", t, p.Name)
		} else {
			exact = append(exact, t)
		}
	}
	switch {
	case len(exact) > 0:
		fmt.Fprintf(&b, "allowed_instance_types = %s\n", list(exact))
	default:
		if r.VCPUCount.Max > 0 {
			fmt.Fprintf(&b, "vcpu_count = { min = %d, max = %d }\n", max(2, r.VCPUCount.Min), max(2, r.VCPUCount.Max))
		}
		if r.MemoryMiB.Max > 0 {
			fmt.Fprintf(&b, "memory = { min = %d, max = %d }\n", r.MemoryMiB.Min, r.MemoryMiB.Max)
		}
	}
	return b.String()
}
