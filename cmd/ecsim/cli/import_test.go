package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ecsim/models/result"
	"ecsim/scenarios/simulate"
)

// described is what the AWS CLI prints of a cluster of 30 services, 3 capacity
// providers beside Fargate's, and a daemon: each document member for member as
// the API models have it. Invented; its instances hold its tasks.
type described struct {
	files    map[string]any
	desired  map[string]int64 // by service
	hosts    map[string]int64 // by capacity provider
	services int
}

const (
	arnECS = "arn:aws:ecs:eu-west-1:123456789012:"
	arnASG = "arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:6d7a1b7e-0c3c-4e2b-9d0c-2f1f6f6f0001:autoScalingGroupName/"
	arnELB = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:"
	when   = "2026-10-03T09:12:44.512000+02:00"
)

type m = map[string]any

func describe() *described {
	d := &described{files: m{}, desired: map[string]int64{}, hosts: map[string]int64{"general": 8, "memory": 4, "spot": 3}}
	var providers, groups, targets, services []any
	types := map[string]string{"general": "m6i.2xlarge", "memory": "r6i.xlarge", "spot": "m5.2xlarge"}
	for i, name := range []string{"general", "memory", "spot"} {
		asg := "ecs-" + name + "-asg"
		providers = append(providers, m{
			"capacityProviderArn": arnECS + "capacity-provider/" + name, "name": name, "status": "ACTIVE", "type": "EC2_AUTOSCALING",
			"autoScalingGroupProvider": m{"autoScalingGroupArn": arnASG + asg,
				"managedScaling":               m{"status": "ENABLED", "targetCapacity": 100, "minimumScalingStepSize": 1, "maximumScalingStepSize": 10, "instanceWarmupPeriod": 300},
				"managedTerminationProtection": "ENABLED", "managedDraining": "ENABLED"},
			"updateStatus": "UPDATE_COMPLETE", "tags": []any{},
		})
		g := m{
			"AutoScalingGroupName": asg, "AutoScalingGroupARN": arnASG + asg, "MinSize": 1, "MaxSize": 20, "DesiredCapacity": d.hosts[name],
			"DefaultCooldown": 300, "AvailabilityZones": []string{"eu-west-1a", "eu-west-1b", "eu-west-1c"}, "LoadBalancerNames": []any{},
			"TargetGroupARNs": []any{}, "HealthCheckType": "EC2", "HealthCheckGracePeriod": 0, "CreatedTime": when, "SuspendedProcesses": []any{},
			"VPCZoneIdentifier": "subnet-0a,subnet-0b,subnet-0c", "EnabledMetrics": []any{}, "Tags": []any{m{"ResourceId": asg,
				"ResourceType": "auto-scaling-group", "Key": "AmazonECSManaged", "Value": "", "PropagateAtLaunch": true}},
			"TerminationPolicies": []string{"Default"}, "NewInstancesProtectedFromScaleIn": true, "ServiceLinkedRoleARN": "arn:aws:iam::123456789012:role/x",
			"TrafficSources": []any{},
		}
		template := m{"LaunchTemplateId": "lt-0abc", "LaunchTemplateName": asg, "Version": "3"}
		if name == "spot" {
			g["MixedInstancesPolicy"] = m{"LaunchTemplate": m{"LaunchTemplateSpecification": template,
				"Overrides": []any{m{"InstanceType": types[name]}, m{"InstanceType": "m5a.2xlarge"}}},
				"InstancesDistribution": m{"OnDemandAllocationStrategy": "prioritized", "OnDemandBaseCapacity": 1,
					"OnDemandPercentageAboveBaseCapacity": 0, "SpotAllocationStrategy": "price-capacity-optimized"}}
		} else {
			g["LaunchTemplate"] = template
		}
		var hosts []any
		for k := range d.hosts[name] {
			hosts = append(hosts, m{"InstanceId": fmt.Sprintf("i-%d%02d", i, k), "InstanceType": types[name],
				"AvailabilityZone": "eu-west-1" + string(rune('a'+k%3)), "LifecycleState": "InService", "HealthStatus": "Healthy",
				"LaunchTemplate": template, "ProtectedFromScaleIn": true})
		}
		g["Instances"] = hosts
		groups = append(groups, g)
	}
	for i := range 30 {
		name := fmt.Sprintf("svc-%02d", i)
		s := d.service(i, name)
		services = append(services, s)
		if i%5 == 1 {
			arn := arnELB + "targetgroup/" + name + "/1234567890abcdef"
			s["loadBalancers"] = []any{m{"targetGroupArn": arn, "containerName": "app", "containerPort": 8080}}
			kind := "ip"
			if i%3 != 2 {
				kind = "instance"
			}
			targets = append(targets, m{"TargetGroupArn": arn, "TargetGroupName": name, "Protocol": "HTTP", "Port": 80, "VpcId": "vpc-0abc",
				"HealthCheckProtocol": "HTTP", "HealthCheckPort": "traffic-port", "HealthCheckEnabled": true, "HealthCheckIntervalSeconds": 15,
				"HealthCheckTimeoutSeconds": 5, "HealthyThresholdCount": 3, "UnhealthyThresholdCount": 2, "HealthCheckPath": "/health",
				"Matcher": m{"HttpCode": "200"}, "LoadBalancerArns": []string{arnELB + "loadbalancer/app/front/50dc6c495c0c9188"},
				"TargetType": kind, "ProtocolVersion": "HTTP1", "IpAddressType": "ipv4"})
		}
	}
	daemon := d.service(30, "agent")
	daemon["schedulingStrategy"] = "DAEMON"
	daemon["desiredCount"], daemon["runningCount"] = 15, 15
	daemon["launchType"] = "EC2"
	delete(daemon, "capacityProviderStrategy")
	delete(daemon, "placementStrategy")
	daemon["deploymentConfiguration"] = m{"maximumPercent": 100, "minimumHealthyPercent": 0}
	delete(d.desired, "agent")
	services = append(services, daemon)

	var running int64
	for _, n := range d.desired {
		running += n
	}
	d.services = 30
	d.files["cluster.json"] = m{"clusters": []any{m{"clusterArn": arnECS + "cluster/prod", "clusterName": "prod", "status": "ACTIVE",
		"registeredContainerInstancesCount": 15, "runningTasksCount": running + 15 + 2, "pendingTasksCount": 0, "activeServicesCount": 31,
		"statistics": []any{}, "tags": []any{}, "settings": []any{m{"name": "containerInsights", "value": "disabled"}},
		"capacityProviders":               []string{"general", "memory", "spot", "FARGATE", "FARGATE_SPOT"},
		"defaultCapacityProviderStrategy": []any{m{"capacityProvider": "general", "weight": 1, "base": 0}}}}, "failures": []any{}}
	d.files["providers.json"] = m{"capacityProviders": append(providers,
		m{"capacityProviderArn": arnECS + "capacity-provider/FARGATE", "name": "FARGATE", "status": "ACTIVE"}), "failures": []any{}}
	d.files["groups.json"] = m{"AutoScalingGroups": groups}
	d.files["targets.json"] = m{"TargetGroups": targets}
	for i := 0; i < len(services); i += 10 { // ten at a time, as the API has it
		d.files[fmt.Sprintf("services-%d.json", i)] = m{"services": services[i:min(i+10, len(services))], "failures": []any{}}
	}
	return d
}

// service is one of describe-services, with its task definition.
func (d *described) service(i int, name string) m {
	desired := int64(1 + i%4)
	d.desired[name] = desired
	revision := 3 + i
	td := m{
		"taskDefinitionArn": fmt.Sprintf("%stask-definition/%s:%d", arnECS, name, revision), "family": name, "revision": revision,
		"status": "ACTIVE", "volumes": []any{}, "placementConstraints": []any{}, "registeredAt": when, "registeredBy": "arn:aws:iam::123456789012:root",
		"requiresAttributes": []any{m{"name": "com.amazonaws.ecs.capability.docker-remote-api.1.18"}}, "executionRoleArn": "arn:aws:iam::123456789012:role/exec",
		"tags": nil,
	}
	container := m{"name": "app", "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/" + name + ":1.4", "cpu": 256, "memory": 512,
		"portMappings": []any{m{"containerPort": 8080, "hostPort": 0, "protocol": "tcp"}}, "essential": true, "environment": []any{},
		"mountPoints": []any{}, "volumesFrom": []any{}, "systemControls": []any{}}
	s := m{
		"serviceArn": arnECS + "service/prod/" + name, "serviceName": name, "clusterArn": arnECS + "cluster/prod", "loadBalancers": []any{},
		"serviceRegistries": []any{}, "status": "ACTIVE", "desiredCount": desired, "runningCount": desired, "pendingCount": 0,
		"taskDefinition": td["taskDefinitionArn"], "deploymentConfiguration": m{"deploymentCircuitBreaker": m{"enable": true, "rollback": i%2 == 0},
			"maximumPercent": 200, "minimumHealthyPercent": 100, "strategy": "ROLLING"},
		"deployments": []any{m{"id": "ecs-svc/1", "status": "PRIMARY", "taskDefinition": td["taskDefinitionArn"], "desiredCount": desired,
			"pendingCount": 0, "runningCount": desired, "failedTasks": 0, "createdAt": when, "updatedAt": when, "rolloutState": "COMPLETED",
			"rolloutStateReason": "ECS deployment ecs-svc/1 completed."}},
		"roleArn": "arn:aws:iam::123456789012:role/ecs", "events": []any{m{"id": "e", "createdAt": when, "message": "(service " + name + ") has reached a steady state."}},
		"createdAt": when, "placementConstraints": []any{}, "placementStrategy": []any{}, "schedulingStrategy": "REPLICA",
		"deploymentController": m{"type": "ECS"}, "createdBy": "arn:aws:iam::123456789012:root", "enableECSManagedTags": true,
		"propagateTags": "NONE", "enableExecuteCommand": false, "availabilityZoneRebalancing": "DISABLED",
	}
	switch i % 3 {
	case 2: // on Fargate
		td["networkMode"], td["requiresCompatibilities"], td["compatibilities"] = "awsvpc", []string{"FARGATE"}, []string{"EC2", "FARGATE"}
		td["cpu"], td["memory"] = "512", "1024"
		container["portMappings"] = []any{m{"containerPort": 8080, "hostPort": 8080, "protocol": "tcp"}}
		s["platformVersion"], s["platformFamily"] = "1.4.0", "Linux"
		s["networkConfiguration"] = m{"awsvpcConfiguration": m{"subnets": []string{"subnet-0a", "subnet-0b"}, "securityGroups": []string{"sg-0"}, "assignPublicIp": "DISABLED"}}
		if i%2 == 0 {
			s["launchType"] = "FARGATE"
		} else {
			s["capacityProviderStrategy"] = []any{m{"capacityProvider": "FARGATE", "weight": 1, "base": 1}, m{"capacityProvider": "FARGATE_SPOT", "weight": 3, "base": 0}}
		}
	default:
		td["networkMode"], td["requiresCompatibilities"], td["compatibilities"] = "bridge", []string{"EC2"}, []string{"EXTERNAL", "EC2"}
		provider := []string{"general", "memory", "spot"}[i/3%3]
		s["capacityProviderStrategy"] = []any{m{"capacityProvider": provider, "weight": 1, "base": 0}}
		s["placementStrategy"] = []any{m{"type": "spread", "field": "attribute:ecs.availability-zone"}, m{"type": "spread", "field": "instanceId"}}
	}
	td["containerDefinitions"] = []any{container}
	d.files["td-"+name+".json"] = m{"taskDefinition": td, "tags": []any{}}
	return s
}

// write puts the files into a folder and returns their names.
func (d *described) write(t *testing.T) (names []string) {
	t.Helper()
	dir := t.TempDir()
	for name, doc := range d.files {
		text, err := json.MarshalIndent(doc, "", "    ")
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		names = append(names, path)
	}
	return names
}

// A cluster of 30 services, 3 providers and a daemon becomes a scenario that
// validates, runs, and at time zero has the counts that were imported.
func TestImportECS(t *testing.T) {
	d := describe()
	out := filepath.Join(t.TempDir(), "today")
	code, stdout, stderr := command(t, append([]string{"import", "ecs", "-o", out, "--duration", "1h"}, d.write(t)...)...)
	if code != ExitOK {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	if !strings.Contains(stdout, "cluster prod: 30 services, 1 daemon, ") || !strings.Contains(stdout, "3 capacity providers") {
		t.Errorf("said %q", stdout)
	}
	if !strings.Contains(stderr, "2 of 90 running tasks, which belong to no imported service") {
		t.Errorf("tasks outside services are not told:\n%s", stderr)
	}
	sc, err := simulate.Load(filepath.Join(out, "scenario.toml"), []string{"runs.replications=1"})
	if err != nil {
		t.Fatal(err)
	}
	run, err := simulate.Run(context.Background(), sc, 0, 0, simulate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range d.desired {
		w := run.Workload(name)
		if w == nil || w.DesiredCount != want || first(w.RunningS) != want {
			t.Errorf("%s: %+v, want %d tasks at time zero", name, w, want)
		}
	}
	if got := first(run.Workload("agent").RunningS); got != 15 {
		t.Errorf("%d agents at time zero, want one on each of 15 instances", got)
	}
	for _, p := range run.Providers {
		if want, ok := d.hosts[p.Name]; ok && first(p.Instances) != want {
			t.Errorf("%s: %d instances at time zero, want %d", p.Name, first(p.Instances), want)
		}
	}
	toml, err := os.ReadFile(filepath.Join(out, "scenario.toml"))
	if err != nil || !strings.Contains(string(toml), "# Assumed:") || !strings.Contains(string(toml), "# Not used of what was given:") {
		t.Errorf("scenario.toml does not tell what is assumed and what is not used: %v\n%s", err, toml)
	}
}

// first is a series' least in its first bucket, where nothing has ended yet.
func first(s result.Series) int64 {
	if len(s.Max) == 0 {
		return -1
	}
	return s.Max[0]
}

// What is missing is told all at once, with the command that prints it, and
// nothing is written.
func TestImportECSFaults(t *testing.T) {
	d := describe()
	delete(d.files, "td-svc-03.json")
	delete(d.files, "groups.json")
	out := filepath.Join(t.TempDir(), "today")
	code, _, stderr := command(t, append([]string{"import", "ecs", "-o", out}, d.write(t)...)...)
	if code != ExitUsage {
		t.Errorf("exit %d, want %d", code, ExitUsage)
	}
	for _, want := range []string{"aws ecs describe-task-definition --task-definition svc-03:6", "--auto-scaling-group-names ecs-general-asg", "--auto-scaling-group-names ecs-spot-asg"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("no %q in\n%s", want, stderr)
		}
	}
	if _, err := os.Stat(out); !os.IsNotExist(err) {
		t.Errorf("something was written: %v", err)
	}
	bad := filepath.Join(t.TempDir(), "bad.json")
	for text, want := range map[string]string{
		"":                                   "the file is empty",
		"{\n \"clusters\": [\n  {\"x\": }]}": "bad.json:3: not valid JSON",
		"{\"clusters\": 5}":                  "bad.json:1: clusters: ",
		"{\"tasks\": []}":                    "want the output of one of",
		"{\n\"services\":[{\"desiredCount\":\n\"two\"}]}": "bad.json:3: services: ",
	} {
		if err := os.WriteFile(bad, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if code, _, stderr := command(t, "import", "ecs", "-o", out, bad); code != ExitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%q: exit %d, %q; want %q", text, code, stderr, want)
		}
	}
}

// command runs a command line as a process would.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	e, out, err := session(t)
	code = e.Main(args)
	return code, out.String(), err.String()
}

// The launch type EC2 ties no service to a group: the only one stands for its
// instances, whatever its name, and CodeDeploy's services deploy blue/green.
func TestImportECSPlainGroup(t *testing.T) {
	for group, provider := range map[string]string{"ecs-asg": "asg-ecs-asg", "Prod web.v2": "Prod-web-v2", "web": "web"} {
		d := &described{files: m{}, desired: map[string]int64{}}
		s := d.service(0, "api")
		s["launchType"], s["deploymentController"] = "EC2", m{"type": "CODE_DEPLOY"}
		delete(s, "capacityProviderStrategy")
		s["deploymentConfiguration"] = m{"maximumPercent": 200, "minimumHealthyPercent": 100}
		d.files["cluster.json"] = m{"clusters": []any{m{"clusterArn": arnECS + "cluster/prod", "clusterName": "prod", "status": "ACTIVE"}}}
		d.files["services.json"] = m{"services": []any{s}}
		d.files["groups.json"] = m{"AutoScalingGroups": []any{m{"AutoScalingGroupName": group, "MinSize": 1, "MaxSize": 2, "DesiredCapacity": 1,
			"Instances": []any{m{"InstanceId": "i-1", "InstanceType": "m5.large", "AvailabilityZone": "eu-west-1a"}}}}}
		out := filepath.Join(t.TempDir(), "today")
		if code, _, stderr := command(t, append([]string{"import", "ecs", "-o", out}, d.write(t)...)...); code != ExitOK {
			t.Errorf("%s: exit %d\n%s", group, code, stderr)
			continue
		}
		sc, err := simulate.Load(filepath.Join(out, "scenario.toml"), nil)
		if err != nil {
			t.Fatal(err)
		}
		p := &sc.Platforms[0]
		if got := p.Workloads[0]; p.Providers[0].Name != provider || got.DeploymentConfiguration.Strategy != "BLUE_GREEN" {
			t.Errorf("%s: provider %s, strategy %s; want %s, BLUE_GREEN", group, p.Providers[0].Name, got.DeploymentConfiguration.Strategy, provider)
		}
	}
}
