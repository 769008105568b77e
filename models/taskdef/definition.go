package taskdef

import (
	"slices"
	"strconv"
	"strings"

	"ecsim/workloads/units"
)

// Definition is what a scheduler sees of a task definition. Lines are of the
// file; 0 where nothing was written.
type Definition struct {
	Family           string
	Line             int          // of the object itself
	CPU              units.CPU    // task cpu, else the sum of the containers'
	Memory           units.MiB    // task memory, else the sum of memoryReservation, else memory
	CPULine, MemLine int          // of the task's figure, else of the first container's
	TaskCPU          bool         // cpu is the task's: a hard cap
	TaskMemory       bool         // memory is the task's
	GPU              int64        // whole devices
	GPULine          int          //
	NetworkMode      string       // bridge where the definition has none
	NetworkModeLine  int          //
	Architecture     string       // X86_64 where the definition has none
	ArchitectureLine int          //
	OS               string       // LINUX where the definition has none
	Ports            []Port       // of all containers
	PortRanges       []string     // containerPortRange: dynamic host ports
	Images           []string     // in order of the containers
	ImageLine        int          //
	ExecutionRole    string       //
	TaskRole         string       //
	Constraints      []Constraint // memberOf expressions
	EphemeralGiB     int64        // 0 where the definition has none
	EphemeralLine    int          //
	StopTimeout      int64        // s, the longest of the containers'; 0 where none has one
	StopTimeoutLine  int          //
	Requires         []string     // attributes an instance must have, as ECS's requiresAttributes
	Containers       []Container
}

// Container is the share of one container.
type Container struct {
	Name                      string
	Image                     string
	Essential                 bool
	CPU                       units.CPU
	Memory, MemoryReservation units.MiB // 0 for none
}

// Port is one mapping; Host is 0 where ECS picks the port.
type Port struct {
	Container, Host int64
	Protocol        string
	Line            int
}

// Constraint is one memberOf expression.
type Constraint struct {
	Expression string
	Line       int
}

// FargateSize returns the smallest size of Fargate that holds the definition,
// false if none does: the task is too large or needs a GPU.
func (d *Definition) FargateSize() (units.CPU, units.MiB, bool) {
	if d.GPU > 0 {
		return 0, 0, false
	}
	for i := range FargateRows {
		r := &FargateRows[i]
		if m, ok := r.Least(d.Memory); ok && r.CPU >= d.CPU && (r.Windows || !strings.HasPrefix(d.OS, "WINDOWS")) {
			return r.CPU, m, true
		}
	}
	return 0, 0, false
}

func lineOf(v *value) int {
	if v == nil {
		return 0
	}
	return v.line
}

// definition gathers what the scheduler sees, as far as it could be read.
// Source: Task.ToHostResources of https://github.com/aws/amazon-ecs-agent/blob/master/agent/api/task/task.go
func (c *checker) definition() *Definition {
	r := c.root
	p := r.get("runtimePlatform")
	d := &Definition{
		Family: r.str("family"), Line: r.line,
		CPU: c.report.CPU, CPULine: lineOf(r.get("cpu")), TaskCPU: c.report.CPU > 0,
		Memory: c.report.Memory, MemLine: lineOf(r.get("memory")), TaskMemory: c.report.Memory > 0,
		NetworkMode: c.mode, NetworkModeLine: lineOf(r.get("networkMode")),
		Architecture: "X86_64", ArchitectureLine: lineOf(p.get("cpuArchitecture")), OS: c.os(),
		ExecutionRole: r.str("executionRoleArn"), TaskRole: r.str("taskRoleArn"),
	}
	if a := p.str("cpuArchitecture"); a != "" {
		d.Architecture = a
	}
	if e := r.get("ephemeralStorage").get("sizeInGiB"); e != nil {
		d.EphemeralGiB, _ = e.integer()
		d.EphemeralLine = e.line
	}
	for _, x := range objects(r.list("placementConstraints")) {
		if e := x.str("expression"); e != "" {
			d.Constraints = append(d.Constraints, Constraint{e, x.line})
		}
	}
	for _, x := range c.containers {
		c.addContainer(d, x)
	}
	d.Requires = c.requires()
	return d
}

func (c *checker) addContainer(d *Definition, x *value) {
	cpu, _ := x.number("cpu")
	hard, _ := x.number("memory")
	soft, _ := x.number("memoryReservation")
	e := x.get("essential")
	d.Containers = append(d.Containers, Container{Name: x.str("name"), Image: x.str("image"), Essential: e == nil || e.text != "false",
		CPU: units.CPU(cpu), Memory: units.MiB(hard), MemoryReservation: units.MiB(soft)})
	if !d.TaskCPU {
		d.CPU += units.CPU(max(cpu, 0))
		if d.CPULine == 0 {
			d.CPULine = x.at("cpu").line
		}
	}
	if !d.TaskMemory {
		key, m := "memoryReservation", soft
		if m <= 0 {
			key, m = "memory", hard
		}
		d.Memory += units.MiB(max(m, 0))
		if d.MemLine == 0 {
			d.MemLine = x.at(key).line
		}
	}
	for _, q := range objects(x.list("resourceRequirements")) {
		if n, err := strconv.ParseInt(q.str("value"), 10, 32); err == nil && n > 0 && q.str("type") == "GPU" {
			d.GPU += n
			d.GPULine = q.line
		}
	}
	for _, m := range objects(x.list("portMappings")) {
		if s := m.str("containerPortRange"); s != "" {
			d.PortRanges = append(d.PortRanges, s)
			continue
		}
		port, _ := m.number("containerPort")
		host, _ := m.number("hostPort")
		protocol := m.str("protocol")
		if protocol == "" {
			protocol = "tcp"
		}
		if c.mode == "awsvpc" || c.mode == "host" {
			host = port
		}
		d.Ports = append(d.Ports, Port{port, host, protocol, m.line})
	}
	if i := x.get("image"); i != nil && i.kind == stringKind && i.text != "" {
		if !slices.Contains(d.Images, i.text) {
			d.Images = append(d.Images, i.text)
		}
		if d.ImageLine == 0 {
			d.ImageLine = i.line
		}
	}
	if n, ok := x.number("stopTimeout"); ok && (d.StopTimeoutLine == 0 || n > d.StopTimeout) {
		d.StopTimeout, d.StopTimeoutLine = n, x.get("stopTimeout").line
	}
}

// requires lists the attributes that ECS derives from a definition, sorted.
// Its list is longer where it depends on Docker API versions, which every
// supported agent has; those are left out.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-constraints.html; names as describe-task-definition prints them
func (c *checker) requires() []string {
	const capability = "com.amazonaws.ecs.capability."
	set := map[string]bool{}
	add := func(on bool, name string) {
		if on {
			set[name] = true
		}
	}
	role, task := c.execution(), c.root.str("taskRoleArn") != ""
	add(task && c.mode != "host", capability+"task-iam-role")
	add(task && c.mode == "host", capability+"task-iam-role-network-host")
	add(c.mode == "awsvpc", "ecs.capability.task-eni")
	add(c.report.CPU > 0 || c.report.Memory > 0, "ecs.capability.task-cpu-mem-limit")
	add(c.root.get("pidMode") != nil || c.root.get("ipcMode") != nil, "ecs.capability.pid-ipc-namespace-sharing")
	add(c.root.get("proxyConfiguration") != nil, "ecs.capability.aws-appmesh")
	for _, x := range c.containers {
		l := x.get("logConfiguration")
		driver := l.str("logDriver")
		add(driver != "", capability+"logging-driver."+driver)
		add(driver == "awslogs" && role, "ecs.capability.execution-role-awslogs")
		ecr := ecrImage.MatchString(x.str("image"))
		add(ecr, capability+"ecr-auth")
		add(ecr && role, "ecs.capability.execution-role-ecr-pull")
		add(x.get("repositoryCredentials") != nil, "ecs.capability.private-registry-authentication.secretsmanager")
		add(x.yes("privileged"), capability+"privileged-container")
		add(x.get("healthCheck") != nil, "ecs.capability.container-health-check")
		add(x.used("dependsOn") || x.get("startTimeout") != nil || x.get("stopTimeout") != nil, "ecs.capability.container-ordering")
		add(x.used("environmentFiles"), "ecs.capability.env-files.s3")
		for _, s := range objects(x.list("secrets")) {
			kind := "ssm"
			if strings.Contains(s.str("valueFrom"), ":secretsmanager:") {
				kind = "asm"
			}
			add(true, "ecs.capability.secrets."+kind+".environment-variables")
		}
		if f := x.get("firelensConfiguration").str("type"); f != "" {
			set["ecs.capability.firelens."+f] = true
		}
	}
	for _, v := range c.volumes {
		e := v.get("efsVolumeConfiguration")
		add(e != nil, "ecs.capability.efs")
		add(e.get("authorizationConfig") != nil, "ecs.capability.efsAuth")
		if d := v.get("dockerVolumeConfiguration"); d != nil {
			driver := d.str("driver")
			if driver == "" {
				driver = "local"
			}
			add(true, "ecs.capability.docker-plugin."+driver)
		}
		add(v.get("fsxWindowsFileServerVolumeConfiguration") != nil, "ecs.capability.fsxWindowsFileServer")
	}
	out := make([]string, 0, len(set))
	for name := range set {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
