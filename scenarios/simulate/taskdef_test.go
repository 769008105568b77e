package simulate

import (
	"os"
	"path/filepath"
	"testing"

	"ecsim/scenarios"
	"ecsim/workloads/units"
)

// TestDefinitionPerPlatform: a platform's own task definition replaces the
// workload's with all it gives, and the resolved scenario is the same one.
func TestDefinitionPerPlatform(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"ec2.json": `{"family": "f", "containerDefinitions": [{"name": "a", "image": "i", "cpu": 100, "memory": 200,
			"resourceRequirements": [{"type": "GPU", "value": "1"}], "portMappings": [{"containerPort": 80, "hostPort": 8080}]}],
			"placementConstraints": [{"type": "memberOf", "expression": "attribute:ecs.instance-type =~ g4dn.*"}]}`,
		"fargate.json": `{"family": "f", "cpu": "0.5 vCPU", "memory": "1 GB", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
			"runtimePlatform": {"cpuArchitecture": "ARM64"}, "containerDefinitions": [{"name": "a", "image": "i"}]}`,
		"s.toml": `
[workload.w]
kind = "service"
file = "ec2.json"
desired_count = 1
[platform.e.capacity_provider.asg]
instance_types = ["g4dn.xlarge"]
auto_scaling_group = { min = 1, max = 2 }
[platform.f]
default_capacity_provider_strategy = ["FARGATE"]
workload.w.task_definition = "fargate.json"
`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	first, err := Load(filepath.Join(dir, "s.toml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	resolved := filepath.Join(t.TempDir(), "s.toml")
	if err := os.WriteFile(resolved, first.Resolved(), 0o644); err != nil {
		t.Fatal(err)
	}
	second, err := Load(resolved, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, sc := range []*scenarios.Scenario{first, second} {
		on := map[string]*scenarios.Workload{}
		for i := range sc.Platforms {
			on[sc.Platforms[i].Name] = &sc.Platforms[i].Workloads[0]
		}
		e, f := on["e"], on["f"]
		cpu, memory := e.Size()
		if cpu != 100 || memory != 200 || e.GPU != 1 || e.CPULimit != "container" || e.NetworkMode != "bridge" || len(e.PortMappings) != 1 || len(e.PlacementConstraints) != 1 {
			t.Errorf("on EC2: got %+v", e)
		}
		cpu, memory = f.Size()
		if cpu != units.VCPU/2 || memory != units.GiB || f.GPU != 0 || f.CPULimit != "task" || f.NetworkMode != "awsvpc" || len(f.PortMappings) != 0 || len(f.PlacementConstraints) != 0 || f.CPUArchitecture != "ARM64" {
			t.Errorf("on Fargate: got %+v", f)
		}
	}
	a, err := first.Hash()
	if err != nil {
		t.Fatal(err)
	}
	if b, err := second.Hash(); err != nil || a != b {
		t.Errorf("the hash moved from %s to %s, %v", a, b, err)
	}
}
