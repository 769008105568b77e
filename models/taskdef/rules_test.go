package taskdef

import (
	"fmt"
	"strings"
	"testing"
)

// definition is a small definition that every launch type takes, with
// changes: "-key" drops, "key=JSON" sets a member of the task, "c.key=JSON" of
// its container "app", and "+JSON" adds a container.
func definition(changes ...string) string {
	task := map[string]string{"family": `"f"`, "cpu": `"256"`, "memory": `"512"`, "networkMode": `"awsvpc"`}
	app := map[string]string{"name": `"app"`, "image": `"nginx"`}
	order := []string{"family", "cpu", "memory", "networkMode"}
	inner := []string{"name", "image"}
	var more []string
	for _, ch := range changes {
		if add, ok := strings.CutPrefix(ch, "+"); ok {
			more = append(more, add)
			continue
		}
		m, keys := task, &order
		if rest, ok := strings.CutPrefix(ch, "c."); ok {
			m, keys, ch = app, &inner, rest
		} else if rest, ok := strings.CutPrefix(ch, "-c."); ok {
			delete(app, rest)
			continue
		}
		if drop, ok := strings.CutPrefix(ch, "-"); ok {
			delete(m, drop)
			continue
		}
		k, v, _ := strings.Cut(ch, "=")
		if _, ok := m[k]; !ok {
			*keys = append(*keys, k)
		}
		m[k] = v
	}
	members := func(m map[string]string, keys []string) (out []string) {
		for _, k := range keys {
			if v, ok := m[k]; ok {
				out = append(out, fmt.Sprintf("%q: %s", k, v))
			}
		}
		return out
	}
	list := append([]string{"{" + strings.Join(members(app, inner), ", ") + "}"}, more...)
	all := append(members(task, order), `"containerDefinitions": [`+strings.Join(list, ",\n")+"]")
	return "{" + strings.Join(all, ",\n") + "}"
}

// judged is one definition and what must be said of it: "" that ECS registers
// it, else "path: part of the reason".
type judged struct {
	lt     LaunchType
	change []string
	want   string
}

func at(lt LaunchType, want string, change ...string) judged { return judged{lt, change, want} }

const (
	bridge = `networkMode="bridge"`
	noMode = "-networkMode"
)

var judgements = map[string][]judged{
	"size-fargate": {
		at(Fargate, "cpu is missing", "-cpu"), at(Fargate, "memory is missing", "-memory", "c.memory=128"), at(EC2, "", "-cpu"),
		at(Fargate, "cpu: got 300", `cpu="300"`), at(EC2, "", `cpu="300"`),
		at(Fargate, "memory: got 4096 MiB with cpu 256", `memory="4096"`), at(Fargate, "", `memory="2 GB"`), at(Fargate, "", `cpu=".25 vcpu"`, `memory=".5gb"`),
		at(Fargate, "", `cpu="8192"`, `memory="20480"`), at(Fargate, "memory: got 17408", `cpu="8192"`, `memory="17408"`),
		at(Fargate, "", `cpu="32 vCPU"`, `memory="244 GB"`), at(Fargate, "memory: got", `cpu="32 vCPU"`, `memory="128 GB"`),
		at(Fargate, "cpu: got 256", `runtimePlatform={"operatingSystemFamily":"WINDOWS_SERVER_2022_CORE"}`),
		at(Fargate, "", `cpu="1024"`, `memory="2048"`, `runtimePlatform={"operatingSystemFamily":"WINDOWS_SERVER_2022_CORE"}`),
	},
	"size-bounds": {at(EC2, "cpu: got 64", `cpu="64"`), at(EC2, "", `cpu="128"`), at(External, "cpu: got 196609", `cpu="196609"`), at(EC2, "", `cpu="192 vCPU"`)},
	"size-container-memory": {
		at(EC2, "containerDefinitions[0]: container app: at least one of memory", "-memory"), at(EC2, "", "-memory", "c.memoryReservation=64"), at(EC2, "", "-memory", "c.memory=6"),
		at(EC2, "containerDefinitions[0].memory: got 5", "c.memory=5"), at(EC2, "containerDefinitions[0].cpu: got -1", "c.cpu=-1"),
	},
	"size-reservation": {at(EC2, "memoryReservation: got 129", "c.memory=128", "c.memoryReservation=129"), at(EC2, "", "c.memory=128", "c.memoryReservation=128")},
	"size-sums": {
		at(EC2, "memory: got 513", "c.memory=513", "c.memoryReservation=10"), at(EC2, "", "c.memory=512"),
		at(EC2, "cpu: the containers' cpu adds up to 257", "c.cpu=200", `+{"name":"b","image":"b","cpu":57}`), at(EC2, "", "c.cpu=200", `+{"name":"b","image":"b","cpu":56}`),
		at(EC2, "memory: the containers' memory", "c.memoryReservation=500", `+{"name":"b","image":"b","memory":13}`), at(EC2, "", "c.memory=500", `+{"name":"b","image":"b","memory":500,"memoryReservation":12}`, "c.memoryReservation=500"),
	},
	"family":     {at(EC2, "family: got", `family="a b"`), at(EC2, "", `family="A-b_9"`), at(EC2, "family: got", `family="`+strings.Repeat("x", 256)+`"`)},
	"containers": {at(EC2, "no container is essential", "c.essential=false"), at(EC2, "", "c.essential=false", `+{"name":"b","image":"b"}`), at(EC2, "got \"app\" twice", `+{"name":"app","image":"b"}`), at(EC2, "has no image", "-c.image"), at(EC2, "has no name", "-c.name"), at(EC2, "got 11 containers", strings.Split(strings.Repeat(`+{"name":"b","image":"b"}|`, 10), "|")[:10]...)},
	"depends-on": {
		at(Fargate, "", `c.dependsOn=[{"containerName":"b","condition":"START"}]`, `+{"name":"b","image":"b"}`),
		at(EC2, "names the container \"bb\", which", `c.dependsOn=[{"containerName":"bb","condition":"START"}]`, `+{"name":"b","image":"b"}`),
		at(EC2, "depends on itself", `c.dependsOn=[{"containerName":"app","condition":"START"}]`),
		at(EC2, "HEALTHY needs a healthCheck", `c.dependsOn=[{"containerName":"b","condition":"HEALTHY"}]`, `+{"name":"b","image":"b"}`),
		at(EC2, "", `c.dependsOn=[{"containerName":"b","condition":"HEALTHY"}]`, `+{"name":"b","image":"b","healthCheck":{"command":["CMD","x"]}}`),
		at(EC2, "SUCCESS cannot wait for container b", `c.dependsOn=[{"containerName":"b","condition":"SUCCESS"}]`, `+{"name":"b","image":"b"}`),
		at(EC2, "", `c.dependsOn=[{"containerName":"b","condition":"COMPLETE"}]`, `+{"name":"b","image":"b","essential":false}`),
		at(EC2, "in a circle: app -> b -> c -> app", `c.dependsOn=[{"containerName":"b","condition":"START"}]`, `+{"name":"b","image":"b","dependsOn":[{"containerName":"c","condition":"START"}]}`, `+{"name":"c","image":"c","dependsOn":[{"containerName":"app","condition":"START"}]}`),
	},
	"links": {
		at(EC2, "", bridge, `c.links=["b:alias"]`, `+{"name":"b","image":"b"}`), at(EC2, "", noMode, `c.links=["b"]`, `+{"name":"b","image":"b"}`),
		at(EC2, "a link names the container \"x\"", bridge, `c.links=["x"]`), at(EC2, "links are for networkMode bridge", `c.links=["b"]`, `+{"name":"b","image":"b"}`),
	},
	"health-check":     {at(EC2, "interval: got 4", `c.healthCheck={"command":["CMD","x"],"interval":4}`), at(EC2, "startPeriod: got 301", `c.healthCheck={"command":["CMD","x"],"startPeriod":301}`), at(EC2, "", `c.healthCheck={"command":["CMD","x"],"interval":5,"timeout":60,"retries":10,"startPeriod":0}`), at(EC2, "healthCheck.command: the command is empty", `c.healthCheck={"command":[]}`)},
	"timeouts":         {at(EC2, "stopTimeout: got -1", "c.stopTimeout=-1"), at(EC2, "", "c.stopTimeout=600")},
	"timeouts-fargate": {at(Fargate, "stopTimeout: got 121", "c.stopTimeout=121"), at(Fargate, "", "c.stopTimeout=120")},
	"restart-policy":   {at(EC2, "restartAttemptPeriod: got 59", `c.restartPolicy={"enabled":true,"restartAttemptPeriod":59}`), at(EC2, "", `c.restartPolicy={"enabled":true,"restartAttemptPeriod":60}`)},
	"environment": {
		at(EC2, "names a secret and an environment variable", `executionRoleArn="r"`, `c.environment=[{"name":"A","value":"1"}]`, `c.secrets=[{"name":"A","valueFrom":"x"}]`),
		at(EC2, "", `executionRoleArn="r"`, `c.environment=[{"name":"A","value":"1"}]`, `c.secrets=[{"name":"B","valueFrom":"x"}]`),
		at(EC2, "ends in .env", `executionRoleArn="r"`, `c.environmentFiles=[{"type":"s3","value":"arn:aws:s3:::b/x.txt"}]`),
	},
	"size-limit":       {at(EC2, "at most 65536", `c.command=["`+strings.Repeat("x", 66000)+`"]`), at(EC2, "", `c.command=["`+strings.Repeat("x", 60000)+`"]`)},
	"tags":             {at(EC2, "begin with aws:", `tags=[{"key":"aws:x","value":""}]`), at(EC2, "tags[1].key: the tag \"a\" is given twice", `tags=[{"key":"a"},{"key":"a"}]`), at(EC2, "", `tags=[{"key":"a","value":"b"}]`)},
	"network-fargate":  {at(Fargate, "networkMode: got bridge, want awsvpc", bridge), at(Fargate, "networkMode is missing", noMode), at(Fargate, "")},
	"network-external": {at(External, "networkMode: got awsvpc"), at(External, "", bridge), at(External, "", `networkMode="none"`)},
	"network-managed":  {at(ManagedInstances, "networkMode: got bridge", bridge), at(ManagedInstances, ""), at(ManagedInstances, "", noMode), at(ManagedInstances, "", `networkMode="host"`)},
	"network-awsvpc":   {at(EC2, "hostname: not supported", `c.hostname="h"`), at(EC2, "", bridge, `c.hostname="h"`), at(EC2, "", "c.disableNetworking=false"), at(EC2, "net.core.somaxconn would", `networkMode="host"`, `c.systemControls=[{"namespace":"net.core.somaxconn","value":"1"}]`)},
	"ports": {
		at(EC2, "hostPort: got 81, want the containerPort, 80", `c.portMappings=[{"containerPort":80,"hostPort":81}]`), at(EC2, "", bridge, `c.portMappings=[{"containerPort":80,"hostPort":81}]`),
		at(EC2, "hostPort: got 0", `c.portMappings=[{"containerPort":80,"hostPort":0}]`), at(EC2, "", bridge, `c.portMappings=[{"containerPort":80,"hostPort":0}]`), at(Fargate, "", `c.portMappings=[{"containerPort":80}]`), at(EC2, "hostPort: got 81", `networkMode="host"`, `c.portMappings=[{"containerPort":80,"hostPort":81}]`),
		at(EC2, "networkMode none has no ports", `networkMode="none"`, `c.portMappings=[{"containerPort":80}]`), at(EC2, "containerPort: got 65536", `c.portMappings=[{"containerPort":65536}]`),
		at(EC2, "80/tcp is mapped twice", bridge, `c.portMappings=[{"containerPort":80,"hostPort":80},{"containerPort":81,"hostPort":80}]`),
		at(EC2, "", bridge, `c.portMappings=[{"containerPort":80,"hostPort":80},{"containerPort":80,"hostPort":80,"protocol":"udp"}]`),
		at(EC2, "no containerPort", `c.portMappings=[{"protocol":"tcp"}]`),
	},
	"ports-range": {at(EC2, "", `c.portMappings=[{"containerPortRange":"8000-8010"}]`), at(EC2, `want FIRST-LAST`, `c.portMappings=[{"containerPortRange":"8010-8000"}]`), at(EC2, "has no containerPort", `c.portMappings=[{"containerPortRange":"8000-8010","containerPort":1}]`), at(EC2, "is for networkMode bridge and awsvpc", `networkMode="host"`, `c.portMappings=[{"containerPortRange":"8000-8010"}]`),
		at(EC2, "8010-8020 overlaps 8000-8010", `c.portMappings=[{"containerPortRange":"8000-8010"},{"containerPortRange":"8010-8020"}]`), at(EC2, "", `c.portMappings=[{"containerPortRange":"8000-8010"},{"containerPortRange":"8010-8020","protocol":"udp"},{"containerPortRange":"8011-8020"}]`)},
	"ports-name":     {at(EC2, "want up to 64", `c.portMappings=[{"containerPort":80,"name":"Web"}]`), at(EC2, "", `c.portMappings=[{"containerPort":80,"name":"web","appProtocol":"http"}]`)},
	"ports-instance": {at(EC2, "", bridge, `c.portMappings=[{"containerPort":80,"hostPort":40000}]`)}, // a warning, below
	"proxy":          {at(EC2, "a proxy needs networkMode awsvpc", bridge, `proxyConfiguration={"containerName":"app"}`), at(Fargate, "", `proxyConfiguration={"containerName":"elsewhere"}`)},
	"volumes":        {at(EC2, "volumes[0]: got host and efsVolumeConfiguration", `volumes=[{"name":"v","host":{"sourcePath":"/x"},"efsVolumeConfiguration":{"fileSystemId":"fs-1"}}]`), at(EC2, `got "v" twice`, `volumes=[{"name":"v"},{"name":"v"}]`), at(Fargate, "a task takes one volume", `volumes=[{"name":"v","configuredAtLaunch":true},{"name":"w","configuredAtLaunch":true}]`), at(Fargate, "", `volumes=[{"name":"v","configuredAtLaunch":true}]`)},
	"volumes-launch-type": {
		at(Fargate, "sourcePath: FARGATE has no host paths", `volumes=[{"name":"v","host":{"sourcePath":"/x"}}]`), at(Fargate, "", `volumes=[{"name":"v","host":{}}]`), at(EC2, "", `volumes=[{"name":"v","host":{"sourcePath":"/x"}}]`),
		at(Fargate, "Docker volumes", `volumes=[{"name":"v","dockerVolumeConfiguration":{"scope":"task"}}]`), at(EC2, "", `volumes=[{"name":"v","dockerVolumeConfiguration":{"scope":"task"}}]`),
		at(External, "EFS volumes are not supported", bridge, `volumes=[{"name":"v","efsVolumeConfiguration":{"fileSystemId":"fs-1"}}]`), at(Fargate, "", `volumes=[{"name":"v","efsVolumeConfiguration":{"fileSystemId":"fs-1"}}]`),
		at(Fargate, "FSx", `volumes=[{"name":"v","fsxWindowsFileServerVolumeConfiguration":{"fileSystemId":"fs-1","rootDirectory":"x","authorizationConfig":{"credentialsParameter":"c","domain":"d"}}}]`),
		at(External, "EBS volumes", bridge, `volumes=[{"name":"v","configuredAtLaunch":true}]`),
	},
	"volumes-efs":               {at(EC2, "needs transitEncryption ENABLED", `volumes=[{"name":"v","efsVolumeConfiguration":{"fileSystemId":"fs-1","authorizationConfig":{"iam":"ENABLED"}}}]`), at(EC2, "", `volumes=[{"name":"v","efsVolumeConfiguration":{"fileSystemId":"fs-1","transitEncryption":"ENABLED","authorizationConfig":{"iam":"ENABLED"}}}]`)},
	"mount-points":              {at(EC2, `no volume is named "w"`, `volumes=[{"name":"v"}]`, `c.mountPoints=[{"sourceVolume":"w","containerPath":"/x"}]`), at(EC2, "", `volumes=[{"name":"v"}]`, `c.mountPoints=[{"sourceVolume":"v","containerPath":"/x"}]`)},
	"volumes-from":              {at(EC2, `names the container "x"`, `c.volumesFrom=[{"sourceContainer":"x"}]`), at(EC2, "", `c.volumesFrom=[{"sourceContainer":"b"}]`, `+{"name":"b","image":"b"}`)},
	"ephemeral-storage":         {at(Fargate, "sizeInGiB: got 20", `ephemeralStorage={"sizeInGiB":20}`), at(Fargate, "", `ephemeralStorage={"sizeInGiB":200}`), at(Fargate, "sizeInGiB: got 201", `ephemeralStorage={"sizeInGiB":201}`)},
	"ephemeral-storage-fargate": {at(EC2, "", `ephemeralStorage={"sizeInGiB":30}`)},
	"fargate-parameters": {
		at(Fargate, "privileged: not supported on FARGATE", "c.privileged=true"), at(Fargate, "", "c.privileged=false"), at(EC2, "", "c.privileged=true"),
		at(Fargate, "placementConstraints: not supported", `placementConstraints=[{"type":"memberOf","expression":"a"}]`), at(Fargate, "", "placementConstraints=[]"),
		at(Fargate, "GPU resources are not supported", `c.resourceRequirements=[{"type":"GPU","value":"1"}]`), at(Fargate, "pidMode: got host", `pidMode="host"`), at(Fargate, "", `pidMode="task"`), at(Fargate, "ipcMode: not supported", `ipcMode="task"`),
		at(Fargate, "want SYS_PTRACE", `c.linuxParameters={"capabilities":{"add":["NET_ADMIN"]}}`), at(Fargate, "", `c.linuxParameters={"initProcessEnabled":true,"capabilities":{"add":["SYS_PTRACE"],"drop":["ALL"]}}`), at(Fargate, "tmpfs: not supported", `c.linuxParameters={"tmpfs":[{"containerPath":"/t","size":1}]}`),
		at(Fargate, "got core, want nofile", `c.ulimits=[{"name":"core","softLimit":1,"hardLimit":1}]`), at(Fargate, "dnsServers: not supported", `c.dnsServers=["1.1.1.1"]`), at(Fargate, "", "c.dnsServers=[]"),
	},
	"managed-parameters":   {at(ManagedInstances, "ipcMode: not supported", `ipcMode="host"`), at(ManagedInstances, "ephemeralStorage: not supported", `ephemeralStorage={"sizeInGiB":30}`), at(ManagedInstances, "", "c.privileged=true")},
	"external-parameters":  {at(External, "", bridge, `c.resourceRequirements=[{"type":"GPU","value":"1"}]`), at(External, "inferenceAccelerators: not supported", bridge, `inferenceAccelerators=[{"deviceName":"d","deviceType":"eia1.medium"}]`)},
	"platform-launch-type": {at(Fargate, "want LINUX or Windows Server 2019", `cpu="1024"`, `memory="2048"`, `runtimePlatform={"operatingSystemFamily":"WINDOWS_SERVER_2016_FULL"}`), at(EC2, "", `runtimePlatform={"operatingSystemFamily":"WINDOWS_SERVER_2016_FULL"}`), at(Fargate, "", `runtimePlatform={"cpuArchitecture":"ARM64","operatingSystemFamily":"LINUX"}`), at(ManagedInstances, "want LINUX", `runtimePlatform={"operatingSystemFamily":"WINDOWS_SERVER_2022_CORE"}`)},
	"platform-windows":     {at(EC2, "linuxParameters: not supported for Windows", `runtimePlatform={"operatingSystemFamily":"WINDOWS_SERVER_2022_CORE"}`, `c.linuxParameters={"initProcessEnabled":true}`), at(EC2, "", `c.linuxParameters={"initProcessEnabled":true}`)},
	"placement-constraints": {
		at(EC2, "has no expression", `placementConstraints=[{"type":"memberOf"}]`), at(EC2, "want one of memberOf", `placementConstraints=[{"type":"distinctInstance"}]`), at(EC2, "", `placementConstraints=[{"type":"memberOf","expression":"attribute:ecs.os-type == linux"}]`),
	},
	"gpu":              {at(EC2, "want a whole number of devices", `c.resourceRequirements=[{"type":"GPU","value":"0"}]`), at(EC2, "", `c.resourceRequirements=[{"type":"GPU","value":"2"}]`), at(EC2, "got the number 2, want a string", `c.resourceRequirements=[{"type":"GPU","value":2}]`)},
	"linux-parameters": {at(EC2, "swappiness: got 101", `c.linuxParameters={"maxSwap":1,"swappiness":101}`), at(EC2, "did you mean NET_ADMIN", `c.linuxParameters={"capabilities":{"add":["CAP_NET_ADMIN"]}}`), at(EC2, "", `c.linuxParameters={"maxSwap":0,"swappiness":100,"capabilities":{"add":["NET_ADMIN"]}}`)},
	"ulimits":          {at(EC2, "softLimit: got 2, want at most the hardLimit, 1", `c.ulimits=[{"name":"nofile","softLimit":2,"hardLimit":1}]`), at(Fargate, "", `c.ulimits=[{"name":"nofile","softLimit":1,"hardLimit":2}]`)},
	"role-fargate":     {at(Fargate, "needs executionRoleArn to pull from ECR", `c.image="111122223333.dkr.ecr.us-east-1.amazonaws.com/a"`), at(EC2, "", `c.image="111122223333.dkr.ecr.us-east-1.amazonaws.com/a"`), at(Fargate, "", `c.image="public.ecr.aws/nginx/nginx"`), at(Fargate, "for the log driver awslogs", `c.logConfiguration={"logDriver":"awslogs","options":{"awslogs-group":"g","awslogs-region":"r"}}`)},
	"role-secrets":     {at(EC2, "secrets need executionRoleArn", `c.secrets=[{"name":"A","valueFrom":"x"}]`), at(EC2, "", `executionRoleArn="r"`, `c.secrets=[{"name":"A","valueFrom":"x"}]`), at(EC2, "repositoryCredentials need", `c.repositoryCredentials={"credentialsParameter":"x"}`)},
	"role-agent":       {at(ManagedInstances, "", `c.image="111122223333.dkr.ecr.us-east-1.amazonaws.com/a"`)},
	"log-fargate": {at(Fargate, "got syslog, want awslogs", `c.logConfiguration={"logDriver":"syslog"}`), at(EC2, "", `c.logConfiguration={"logDriver":"syslog"}`), at(Fargate, "", `c.logConfiguration={"logDriver":"splunk"}`), at(Fargate, "requires the option awslogs-stream-prefix", `executionRoleArn="r"`, `c.logConfiguration={"logDriver":"awslogs","options":{"awslogs-group":"g","awslogs-region":"r"}}`),
		at(Fargate, "", `executionRoleArn="r"`, `c.logConfiguration={"logDriver":"awslogs","options":{"awslogs-group":"g","awslogs-region":"r","awslogs-stream-prefix":"p"}}`)},
	"log-options":  {at(EC2, "requires options: awslogs-region", `c.logConfiguration={"logDriver":"awslogs","options":{"awslogs-group":"g"}}`), at(EC2, "", `c.logConfiguration={"logDriver":"awslogs","options":{"awslogs-group":"g","awslogs-region":"r"}}`)},
	"log-firelens": {at(EC2, "awsfirelens needs a container", `c.logConfiguration={"logDriver":"awsfirelens"}`), at(EC2, "", `c.logConfiguration={"logDriver":"awsfirelens"}`, `+{"name":"r","image":"r","firelensConfiguration":{"type":"fluentbit"}}`)},
}

// TestRules holds every rule to definitions on both sides of it.
func TestRules(t *testing.T) {
	for _, r := range Rules() {
		list := judgements[r.Name]
		if len(list) == 0 {
			t.Errorf("rule %s has no definitions to judge", r.Name)
		}
		if r.Doc == "" || !strings.HasPrefix(r.Source, "https://docs.aws.amazon.com/") {
			t.Errorf("rule %s lacks its doc or its page of AWS", r.Name)
		}
		for _, j := range list {
			text := definition(j.change...)
			got := Validate([]byte(text), Options{LaunchTypes: []LaunchType{j.lt}})
			var lines []string
			for _, x := range got.Refusals() {
				lines = append(lines, x.String())
			}
			all := strings.Join(lines, "\n")
			if j.want == "" && !got.Verdict.Registers() {
				t.Errorf("%s: %s refuses what ECS registers:\n%s\n%s", r.Name, j.lt, text, all)
			}
			if j.want != "" && (got.Verdict.Registers() || !strings.Contains(all, j.want)) {
				t.Errorf("%s: want the reason %q on %s, got %s:\n%s\n%.2000s", r.Name, j.want, j.lt, got.Verdict, all, text)
			}
		}
	}
	for name := range judgements {
		if ruleFor(name) == nil {
			t.Errorf("no rule is named %s", name)
		}
	}
}
