package awsimport

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Options choose what of the input becomes the scenario.
type Options struct {
	Cluster string // name or ARN; may be empty when the input has one cluster
	// InstanceTypes gives the types of groups, by name, that the input does not
	// tell: a group without instances whose launch template names the type.
	InstanceTypes map[string][]string
	Duration      string // of the simulation, such as "7d"; "" leaves the default
}

// Output is a scenario as files by name, and what stands for what.
type Output struct {
	Files     map[string][]byte // "scenario.toml", "services.csv", "taskdefs/NAME.json"
	Cluster   string
	Services  int
	Daemons   int
	Tasks     int64 // wanted by services, daemons aside
	Providers int   // beside FARGATE and FARGATE_SPOT
	Assumed   []string
	Unused    []string // what the cluster has and the scenario does not
}

// Faults are all reasons why there is no scenario.
type Faults []string

// Error prints one fault a line.
func (f Faults) Error() string { return strings.Join(f, "\n") }

// importer carries one Build.
type importer struct {
	in      *Input
	opts    Options
	cluster *cluster
	out     *Output
	faults  Faults

	services []*service
	names    map[string]string // workload of each service ARN
	used     map[string]bool   // capacity providers
	groups   []*group          // as they became providers
	zones    []string
	plain    string // provider of services with launch type EC2
	// plainGroup is the group it stands for, "" for a provider of the cluster.
	plainGroup string

	balancers []*balancer // those shared
}

// Build makes the scenario of one cluster. The error is Faults when something
// is missing that another command would print.
func (in *Input) Build(opts Options) (*Output, error) {
	m := &importer{in: in, opts: opts, out: &Output{Files: map[string][]byte{}}, names: map[string]string{}, used: map[string]bool{}}
	if m.choose(); len(m.faults) > 0 {
		return nil, m.faults
	}
	m.out.Cluster = m.cluster.ClusterName
	m.collect()
	rows := m.rows()
	platform := m.platform()
	m.leftovers()
	if len(m.faults) > 0 {
		slices.Sort(m.faults)
		return nil, slices.Compact(m.faults)
	}
	m.out.Files["services.csv"] = rows
	m.out.Files["scenario.toml"] = m.scenario(platform)
	return m.out, nil
}

func (m *importer) fault(format string, args ...any) {
	m.faults = append(m.faults, fmt.Sprintf(format, args...))
}

func (m *importer) assume(format string, args ...any) { add(&m.out.Assumed, format, args...) }
func (m *importer) unused(format string, args ...any) { add(&m.out.Unused, format, args...) }

func add(list *[]string, format string, args ...any) {
	if s := fmt.Sprintf(format, args...); !slices.Contains(*list, s) {
		*list = append(*list, s)
	}
}

// choose picks the cluster.
func (m *importer) choose() {
	var names []string
	for i := range m.in.clusters {
		c := &m.in.clusters[i]
		names = append(names, c.ClusterName)
		if m.opts.Cluster == "" && len(m.in.clusters) == 1 || m.opts.Cluster != "" && (c.ClusterName == m.opts.Cluster || c.ClusterArn == m.opts.Cluster) {
			m.cluster = c
		}
	}
	switch {
	case len(names) == 0:
		m.fault("no file describes a cluster; add the output of 'aws ecs describe-clusters --clusters NAME --include STATISTICS SETTINGS'")
	case m.cluster == nil && m.opts.Cluster == "":
		m.fault("the files describe %d clusters, want one; choose with --cluster: %s", len(names), strings.Join(names, ", "))
	case m.cluster == nil:
		m.fault("--cluster: got %q, want one of %s", m.opts.Cluster, strings.Join(names, ", "))
	}
	for _, f := range m.in.failures {
		m.unused("what AWS could not describe: %s", f)
	}
}

// collect takes the cluster's services in order of name.
func (m *importer) collect() {
	for i := range m.in.services {
		s := &m.in.services[i]
		switch {
		case s.ClusterArn != "" && s.ClusterArn != m.cluster.ClusterArn:
			m.unused("service %s, which runs in cluster %s", s.ServiceName, last(s.ClusterArn))
		case s.Status != "" && s.Status != "ACTIVE":
			m.unused("service %s, which is %s", s.ServiceName, s.Status)
		case slices.ContainsFunc(m.services, func(o *service) bool { return o.ServiceName == s.ServiceName }):
			// The same page of describe-services given twice.
		case s.LaunchType == "EXTERNAL":
			m.unused("service %s, which runs on machines of your own (launch type EXTERNAL): no AWS call tells their sizes; add a capacity provider of kind \"external\"", s.ServiceName)
		default:
			m.services = append(m.services, s)
		}
	}
	slices.SortFunc(m.services, func(a, b *service) int { return strings.Compare(a.ServiceName, b.ServiceName) })
	if len(m.services) == 0 {
		m.fault("no file describes a service of cluster %s; add the output of 'aws ecs describe-services --cluster %s --services NAME ...'", m.cluster.ClusterName, m.cluster.ClusterName)
	} else if n := m.cluster.ActiveServices; n > int64(len(m.services)) {
		m.assume("the cluster has %d active services, %d are in the files and can be imported; describe-services takes ten at a time", n, len(m.services))
	}
}

// taskDefinition puts the definition of a service into the output and returns
// its file.
func (m *importer) taskDefinition(s *service) string {
	id := last(s.TaskDefinition)
	i := slices.IndexFunc(m.in.taskdefs, func(t taskDefinition) bool { return t.id() == id || t.TaskDefinitionArn == s.TaskDefinition })
	if i < 0 {
		m.fault("service %s runs task definition %s, which no file describes; add the output of 'aws ecs describe-task-definition --task-definition %s'", s.ServiceName, id, id)
		return ""
	}
	t := &m.in.taskdefs[i]
	name := "taskdefs/" + strings.ReplaceAll(id, ":", "-") + ".json"
	var b bytes.Buffer
	if err := json.Indent(&b, t.raw, "", "  "); err != nil {
		m.fault("task definition %s: %v", id, err)
		return ""
	}
	b.WriteByte('\n')
	m.out.Files[name] = b.Bytes()
	return name
}

// scenario writes scenario.toml.
func (m *importer) scenario(platform string) []byte {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	p("# ECS cluster %s as the AWS CLI describes it.\n", m.cluster.ClusterName)
	p("# Services: services.csv, a row each; their task definitions: taskdefs/. A table\n# [workload.NAME] here changes a row.\n\n")
	p("question = %s\n", quote(fmt.Sprintf("What does cluster %s cost as it stands?", m.cluster.ClusterName)))
	p("baseline = \"today\"\n")
	if r := m.region(); r != "" {
		p("region = %s\n", quote(r))
	} else {
		m.assume("no ARN names the Region: us-east-1")
	}
	if n := len(m.zones); n > 0 {
		p("availability_zones = %d                  # %s\n", min(n, 6), strings.Join(m.zones, ", "))
	} else {
		m.assume("no file tells the zones: 3")
	}
	if m.opts.Duration != "" {
		p("duration = %s\n", quote(m.opts.Duration))
	}
	p("services = \"services.csv\"\n")
	m.assume("each task uses all the CPU it reserves (cpu_use = \"100%%\"): put the CPUUtilization of CloudWatch there")
	m.assume("an image has 350 MB compressed (a daemon's 150 MB): put image.size there, which 'aws ecr describe-images' prints")
	m.assume("services hold their desired count: scaling policies are not in what was given")
	section := func(title string, lines []string) {
		if len(lines) == 0 {
			return
		}
		p("\n# %s\n", title)
		for _, l := range lines {
			p("%s", wrap("# - ", l))
		}
	}
	section("Assumed:", m.out.Assumed)
	section("Not used of what was given:", m.out.Unused)
	p("\n%s%s", m.balancerTables(), platform)
	return []byte(b.String())
}

func (m *importer) region() string {
	for _, arn := range []string{m.cluster.ClusterArn, m.services[0].ServiceArn} {
		if r := regionOf(arn); r != "" {
			return r
		}
	}
	return ""
}

// leftovers lists what of the input nothing refers to, and what of the cluster
// no service stands for.
func (m *importer) leftovers() {
	var running, pending int64
	for _, s := range m.services {
		running += s.RunningCount
		pending += s.PendingCount
	}
	if n := m.cluster.RunningTasks - running; n > 0 && len(m.services) > 0 {
		m.unused("%d of %d running tasks, which belong to no imported service (RunTask, or services not given): add them as a workload of kind \"batch\"", n, m.cluster.RunningTasks)
	}
	for i := range m.in.groups {
		g := &m.in.groups[i]
		if !slices.Contains(m.groups, g) {
			m.unused("Auto Scaling group %s, which no capacity provider of the cluster uses", g.Name)
		}
	}
	for i := range m.in.providers {
		p := &m.in.providers[i]
		if !m.used[p.Name] && !strings.HasPrefix(p.Name, "FARGATE") {
			m.unused("capacity provider %s, which nothing of the cluster uses", p.Name)
		}
	}
	wanted := map[string]bool{}
	for _, s := range m.services {
		wanted[last(s.TaskDefinition)] = true
	}
	for i := range m.in.taskdefs {
		if id := m.in.taskdefs[i].id(); !wanted[id] {
			m.unused("task definition %s, which no imported service runs", id)
		}
	}
}

// quote writes a string as TOML takes it; JSON's escapes are TOML's.
func quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(fmt.Sprintf("awsimport: a string that JSON cannot hold: %v", err))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func list(items []string) string {
	out := make([]string, len(items))
	for i, s := range items {
		out[i] = quote(s)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// wrap folds a comment at 100 columns.
func wrap(mark, text string) string {
	const width = 100
	var b strings.Builder
	line := mark
	for _, w := range strings.Fields(text) {
		if len(line)+len(w) > width && strings.TrimRight(line, " ") != strings.TrimRight(mark, " ") {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line = "#   "
		}
		line += w + " "
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
	return b.String()
}
