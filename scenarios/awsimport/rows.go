package awsimport

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// columns of services.csv, in order; a column that no service fills is left
// out.
var columns = []string{
	"name", "kind", "desired_count", "task_definition", "capacity_provider_strategy", "placement_strategy", "placement_constraints",
	"deployment_configuration.minimum_healthy_percent", "deployment_configuration.maximum_percent",
	"deployment_configuration.deployment_circuit_breaker", "deployment_configuration.strategy", "deployment_configuration.bake_time_in_minutes",
	"deployment_configuration.linear_configuration", "deployment_configuration.canary_configuration",
	"deployment_controller", "health_check_grace_period_seconds", "availability_zone_rebalancing", "load_balancer",
}

// rows writes services.csv.
func (m *importer) rows() []byte {
	var table []map[string]string
	filled := map[string]bool{}
	for _, s := range m.services {
		row := m.row(s)
		for k, v := range row {
			filled[k] = filled[k] || v != ""
		}
		table = append(table, row)
	}
	header := slices.DeleteFunc(slices.Clone(columns), func(c string) bool { return !filled[c] })
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	write := func(record []string) {
		if err := w.Write(record); err != nil {
			panic(fmt.Sprintf("awsimport: writing to memory failed: %v", err))
		}
	}
	write(header)
	for _, row := range table {
		record := make([]string, len(header))
		for i, c := range header {
			record[i] = row[c]
		}
		write(record)
	}
	w.Flush()
	return b.Bytes()
}

// row is one service.
func (m *importer) row(s *service) map[string]string {
	row := map[string]string{"name": s.ServiceName, "kind": "service"}
	daemon := s.SchedulingStrategy == "DAEMON"
	if daemon {
		row["kind"] = "daemon"
		m.out.Daemons++
	} else {
		m.out.Services++
		m.out.Tasks += s.DesiredCount
		row["desired_count"] = strconv.FormatInt(s.DesiredCount, 10)
	}
	row["task_definition"] = m.taskDefinition(s)
	if !daemon {
		row["capacity_provider_strategy"] = m.capacity(s)
		row["placement_strategy"] = placement(s.PlacementStrategy)
	}
	row["placement_constraints"] = placement(s.PlacementConstraints)
	m.deployment(s, row, daemon)
	row["load_balancer"] = m.loadBalancers(s)
	if z := s.AvailabilityZoneRebalancing; z != "" && !daemon {
		row["availability_zone_rebalancing"] = z
	}
	if g := s.HealthCheckGracePeriod; g != nil && *g > 0 {
		row["health_check_grace_period_seconds"] = strconv.FormatInt(*g, 10)
	}
	if len(s.ServiceRegistries) > 0 {
		m.unused("the service discovery of %s", s.ServiceName)
	}
	if s.RunningCount != s.DesiredCount && !daemon {
		m.assume("service %s wants %d tasks and runs %d: it starts with %d", s.ServiceName, s.DesiredCount, s.RunningCount, s.DesiredCount)
	}
	if len(s.Deployments) > 1 {
		m.assume("service %s is in a deployment; it starts as that is meant to end", s.ServiceName)
	}
	return row
}

// capacity is where a service's tasks run: its strategy, its launch type, or
// the cluster's default ("").
func (m *importer) capacity(s *service) string {
	switch {
	case len(s.CapacityProviderStrategy) > 0:
		return m.strategy(s.CapacityProviderStrategy)
	case s.LaunchType == fargate:
		m.used[fargate] = true
		return list([]string{fargate})
	case s.LaunchType == "EC2":
		if name := m.plainProvider(s); name != "" {
			m.used[name] = true
			return list([]string{name})
		}
		return ""
	}
	if len(m.cluster.DefaultCapacityProviderStrategy) == 0 {
		m.fault("service %s has neither launch type nor capacity provider strategy, and cluster %s no default one", s.ServiceName, m.cluster.ClusterName)
	}
	return ""
}

// plainProvider is what stands for the container instances of launch type EC2,
// which ECS does not tie to a group: the cluster's only group.
func (m *importer) plainProvider(s *service) string {
	if m.plain != "" {
		return m.plain
	}
	var behind, free []string
	taken := map[string]bool{}
	for i := range m.in.providers {
		p := &m.in.providers[i]
		if a := p.AutoScalingGroupProvider; a != nil && (len(m.cluster.CapacityProviders) == 0 || slices.Contains(m.cluster.CapacityProviders, p.Name)) {
			behind = append(behind, p.Name)
			taken[last(a.AutoScalingGroupArn)] = true
		}
	}
	for i := range m.in.groups {
		if g := &m.in.groups[i]; !taken[g.Name] {
			free = append(free, g.Name)
		}
	}
	switch {
	case len(free) == 1:
		m.plain = providerName(free[0])
		m.plainGroup = free[0]
		called := ""
		if m.plain != free[0] {
			called = ", here capacity provider " + m.plain
		}
		m.assume("services with launch type EC2 run on Auto Scaling group %s%s, which stands behind no capacity provider: ECS does not say where their instances come from", free[0], called)
	case len(free) == 0 && len(behind) == 1:
		m.plain = behind[0]
		m.assume("services with launch type EC2 run on the instances of capacity provider %s, the cluster's only one", m.plain)
	case len(free) == 0 && len(behind) == 0:
		m.fault("service %s has launch type EC2, and no file describes the group of its instances; add the output of 'aws autoscaling describe-auto-scaling-groups'", s.ServiceName)
	default:
		m.fault("service %s has launch type EC2, and the files describe %d groups it may run on (%s); give only the one that it runs on", s.ServiceName, len(free)+len(behind), strings.Join(append(free, behind...), ", "))
	}
	return m.plain
}

// providerName is a group's name as a capacity provider may have it: ECS takes
// letters, digits, - and _, and none that begins with aws, ecs or fargate.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCapacityProvider.html
func providerName(group string) string {
	name := strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '-'
	}, group)
	for _, p := range []string{"aws", "ecs", "fargate"} {
		if strings.HasPrefix(strings.ToLower(name), p) {
			return "asg-" + name
		}
	}
	return name
}

// placement writes strategies or constraints: spread(FIELD), distinctInstance,
// memberOf(EXPRESSION).
func placement(rules []typed) string {
	if len(rules) == 0 {
		return ""
	}
	out := make([]string, len(rules))
	for i, r := range rules {
		out[i] = r.Type
		if arg := r.Field + r.Expression; arg != "" {
			out[i] += "(" + arg + ")"
		}
	}
	return list(out)
}

// deployment fills the columns of how a service is deployed.
func (m *importer) deployment(s *service, row map[string]string, daemon bool) {
	const at = "deployment_configuration."
	d := &s.DeploymentConfiguration
	percent := func(column string, v *int64) {
		if v != nil {
			row[at+column] = strconv.FormatInt(*v, 10)
		}
	}
	percent("minimum_healthy_percent", d.MinimumHealthyPercent)
	if !daemon { // a daemon's is fixed
		percent("maximum_percent", d.MaximumPercent)
	}
	if b := d.CircuitBreaker; b != nil && b.Enable {
		row[at+"deployment_circuit_breaker"] = fmt.Sprintf("{ enable = true, rollback = %t }", b.Rollback)
	}
	strategy := d.Strategy
	if s.DeploymentController.Type == "CODE_DEPLOY" && (strategy == "" || strategy == "ROLLING") {
		strategy = "BLUE_GREEN"
		m.assume("CodeDeploy moves all traffic of %s at once (strategy BLUE_GREEN): its deployment configuration is not in what was given", s.ServiceName)
	}
	if strategy != "" && strategy != "ROLLING" {
		row[at+"strategy"] = strategy
		percent("bake_time_in_minutes", d.BakeTimeInMinutes)
		if l := d.Linear; l != nil && strategy == "LINEAR" {
			row[at+"linear_configuration"] = fmt.Sprintf("{ step_percent = %s, step_bake_time_in_minutes = %d }", quote(share(l.StepPercent)), l.StepBakeTimeInMinutes)
		}
		if c := d.Canary; c != nil && strategy == "CANARY" {
			row[at+"canary_configuration"] = fmt.Sprintf("{ canary_percent = %s, canary_bake_time_in_minutes = %d }", quote(share(c.CanaryPercent)), c.CanaryBakeTimeInMinutes)
		}
	}
	if t := s.DeploymentController.Type; t != "" && t != "ECS" {
		row["deployment_controller"] = t
	}
}

func share(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) + "%" }

// loadBalancers writes the target groups of a service.
func (m *importer) loadBalancers(s *service) string {
	var out []string
	for _, lb := range s.LoadBalancers {
		if lb.LoadBalancerName != "" {
			out = append(out, fmt.Sprintf("{ type = \"classic\", container_port = %d }", lb.ContainerPort))
			continue
		}
		g := m.targetGroup(lb.TargetGroupArn)
		switch {
		case g == nil:
			m.unused("target group %s of service %s, which no file describes; add the output of 'aws elbv2 describe-target-groups'", lb.group(), s.ServiceName)
		case g.kind() == "gateway":
			m.unused("target group %s of service %s, which belongs to a Gateway Load Balancer", lb.group(), s.ServiceName)
		default:
			out = append(out, m.target(s, g, &lb))
		}
	}
	if len(out) == 0 {
		return ""
	}
	m.assume("target groups have AWS's deregistration delay of 300 s, which describe-target-groups does not print (describe-target-group-attributes does), and load balancers are internet-facing")
	return "[" + strings.Join(out, ", ") + "]"
}

func (m *importer) targetGroup(arn string) *targetGroup {
	for i := range m.in.targets {
		if m.in.targets[i].ARN == arn {
			return &m.in.targets[i]
		}
	}
	return nil
}

// target is one target group of a service. A load balancer that several share
// becomes one of the scenario's own, with a rule or listener for each.
func (m *importer) target(s *service, g *targetGroup, lb *loadBalancer) string {
	var keys []string
	if b := m.sharedBalancer(g); b != nil {
		keys = append(keys, "name = "+quote(b.name))
		b.uses++
		if b.kind == "application" {
			keys = append(keys, fmt.Sprintf("priority = %d", b.uses), "path_pattern = "+list([]string{"/" + s.ServiceName + "/*"}))
			m.assume("services that share an application load balancer are told apart by the path /SERVICE/*: its rules are not in what was given")
		} else {
			b.ports = append(b.ports, b.free(g.Port))
			keys = append(keys, fmt.Sprintf("listener_port = %d", b.ports[len(b.ports)-1]))
		}
	} else {
		keys = append(keys, "type = "+quote(g.kind()))
	}
	keys = append(keys, fmt.Sprintf("container_port = %d", lb.ContainerPort))
	for _, k := range []struct {
		key    string
		v      int64
		format string
	}{{"health_check_interval", g.Interval, "\"%ds\""}, {"health_check_timeout", g.Timeout, "\"%ds\""},
		{"healthy_threshold", g.HealthyThreshold, "%d"}, {"unhealthy_threshold", g.UnhealthyThreshold, "%d"}} {
		if k.v > 0 {
			keys = append(keys, k.key+" = "+fmt.Sprintf(k.format, k.v))
		}
	}
	return "{ " + strings.Join(keys, ", ") + " }"
}

// balancer is a load balancer that several target groups in use share.
type balancer struct {
	arn, name, kind string
	uses            int64
	ports           []int64
}

// free is the port itself, or the next one that no listener has.
func (b *balancer) free(port int64) int64 {
	for slices.Contains(b.ports, port) {
		port++
	}
	return port
}

// sharedBalancer is that of a target group, nil if no other service uses it.
func (m *importer) sharedBalancer(g *targetGroup) *balancer {
	if len(g.LoadBalancerArns) == 0 {
		return nil
	}
	arn := g.LoadBalancerArns[0]
	for _, b := range m.balancers {
		if b.arn == arn {
			return b
		}
	}
	users := 0
	for _, s := range m.services {
		for _, lb := range s.LoadBalancers {
			if o := m.targetGroup(lb.TargetGroupArn); o != nil && slices.Contains(o.LoadBalancerArns, arn) {
				users++
			}
		}
	}
	if users < 2 {
		return nil
	}
	name := last(arn)
	if f := strings.Split(arn, "/"); len(f) >= 3 {
		name = f[len(f)-2] // .../app/NAME/ID
	}
	b := &balancer{arn: arn, name: name, kind: g.kind()}
	for slices.ContainsFunc(m.balancers, func(o *balancer) bool { return o.name == b.name }) {
		b.name += "-" + b.kind
	}
	m.balancers = append(m.balancers, b)
	return b
}

// balancerTables writes [load_balancer.NAME] of each that is shared.
func (m *importer) balancerTables() string {
	var b strings.Builder
	for _, x := range m.balancers {
		listeners := "{ port = 80, protocol = \"HTTP\" }"
		if x.kind != "application" {
			parts := make([]string, len(x.ports))
			for i, p := range x.ports {
				parts[i] = fmt.Sprintf("{ port = %d, protocol = \"TCP\" }", p)
			}
			listeners = strings.Join(parts, ", ")
		}
		fmt.Fprintf(&b, "[load_balancer.%s]\ntype = %s\nlisteners = [%s]\n\n", x.name, quote(x.kind), listeners)
	}
	return b.String()
}
