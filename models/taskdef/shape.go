package taskdef

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"
)

// The shapes of RegisterTaskDefinition: a structure is a line of members, "*"
// marks those ECS wants, "[]" a list and "{}" a map of strings. A type that is
// no word of its own is a structure or an enumeration of the tables below.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
var shapeText = map[string]string{
	"TaskDefinition": `family:family* taskRoleArn:string executionRoleArn:string networkMode:NetworkMode
		containerDefinitions:[]ContainerDefinition* volumes:[]Volume placementConstraints:[]PlacementConstraint
		requiresCompatibilities:[]Compatibility cpu:size memory:size tags:[]Tag pidMode:PidMode ipcMode:IpcMode
		proxyConfiguration:ProxyConfiguration inferenceAccelerators:[]InferenceAccelerator
		ephemeralStorage:EphemeralStorage runtimePlatform:RuntimePlatform enableFaultInjection:bool`,
	"ContainerDefinition": `name:string image:string repositoryCredentials:RepositoryCredentials cpu:int memory:int
		memoryReservation:int links:[]string portMappings:[]PortMapping essential:bool restartPolicy:RestartPolicy
		entryPoint:[]string command:[]string environment:[]KeyValue environmentFiles:[]EnvironmentFile
		mountPoints:[]MountPoint volumesFrom:[]VolumeFrom linuxParameters:LinuxParameters secrets:[]Secret
		dependsOn:[]ContainerDependency startTimeout:int stopTimeout:int versionConsistency:VersionConsistency
		hostname:string user:string workingDirectory:string disableNetworking:bool privileged:bool
		readonlyRootFilesystem:bool dnsServers:[]string dnsSearchDomains:[]string extraHosts:[]HostEntry
		dockerSecurityOptions:[]string interactive:bool pseudoTerminal:bool dockerLabels:{} ulimits:[]Ulimit
		logConfiguration:LogConfiguration healthCheck:HealthCheck systemControls:[]SystemControl
		resourceRequirements:[]ResourceRequirement firelensConfiguration:FirelensConfiguration credentialSpecs:[]string`,
	"RepositoryCredentials": "credentialsParameter:string*",
	"PortMapping":           "containerPort:int hostPort:int protocol:Protocol name:string appProtocol:AppProtocol containerPortRange:string",
	"RestartPolicy":         "enabled:bool* ignoredExitCodes:[]int restartAttemptPeriod:int",
	"KeyValue":              "name:string value:string",
	"EnvironmentFile":       "value:string* type:EnvironmentFileType*",
	"MountPoint":            "sourceVolume:string containerPath:string readOnly:bool",
	"VolumeFrom":            "sourceContainer:string readOnly:bool",
	"LinuxParameters":       "capabilities:Capabilities devices:[]Device initProcessEnabled:bool sharedMemorySize:int tmpfs:[]Tmpfs maxSwap:int swappiness:int",
	"Capabilities":          "add:[]string drop:[]string",
	"Device":                "hostPath:string* containerPath:string permissions:[]DevicePermission",
	"Tmpfs":                 "containerPath:string* size:int* mountOptions:[]string",
	"Secret":                "name:string* valueFrom:string*",
	"ContainerDependency":   "containerName:string* condition:Condition*",
	"HostEntry":             "hostname:string* ipAddress:string*",
	"Ulimit":                "name:UlimitName* softLimit:int* hardLimit:int*",
	"LogConfiguration":      "logDriver:LogDriver* options:{} secretOptions:[]Secret",
	"HealthCheck":           "command:[]string* interval:int timeout:int retries:int startPeriod:int",
	"SystemControl":         "namespace:string value:string",
	"ResourceRequirement":   "value:string* type:ResourceType*",
	"FirelensConfiguration": "type:FirelensType* options:{}",
	"Volume": `name:string host:HostVolume dockerVolumeConfiguration:DockerVolume efsVolumeConfiguration:EFSVolume
		fsxWindowsFileServerVolumeConfiguration:FSxVolume s3filesVolumeConfiguration:S3FilesVolume configuredAtLaunch:bool`,
	"HostVolume":   "sourcePath:string",
	"DockerVolume": "scope:Scope autoprovision:bool driver:string driverOpts:{} labels:{}",
	"EFSVolume": `fileSystemId:string* rootDirectory:string transitEncryption:OnOff transitEncryptionPort:int
		authorizationConfig:EFSAuthorization`,
	"EFSAuthorization":     "accessPointId:string iam:OnOff",
	"FSxVolume":            "fileSystemId:string* rootDirectory:string* authorizationConfig:FSxAuthorization*",
	"FSxAuthorization":     "credentialsParameter:string* domain:string*",
	"S3FilesVolume":        "fileSystemArn:string* rootDirectory:string transitEncryptionPort:int accessPointArn:string",
	"PlacementConstraint":  "type:PlacementConstraintType expression:string",
	"Tag":                  "key:string value:string",
	"ProxyConfiguration":   "type:ProxyType containerName:string* properties:[]KeyValue",
	"InferenceAccelerator": "deviceName:string* deviceType:string*",
	"EphemeralStorage":     "sizeInGiB:int*",
	"RuntimePlatform":      "cpuArchitecture:CPUArchitecture operatingSystemFamily:OSFamily",
}

var enums = map[string][]string{
	"NetworkMode":             {"bridge", "host", "awsvpc", "none"},
	"Compatibility":           {"EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"},
	"PidMode":                 {"host", "task"},
	"IpcMode":                 {"host", "task", "none"},
	"Protocol":                {"tcp", "udp"},
	"AppProtocol":             {"http", "http2", "grpc"},
	"VersionConsistency":      {"enabled", "disabled"},
	"EnvironmentFileType":     {"s3"},
	"DevicePermission":        {"read", "write", "mknod"},
	"Condition":               {"START", "COMPLETE", "SUCCESS", "HEALTHY"},
	"UlimitName":              {"core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack"},
	"LogDriver":               {"json-file", "syslog", "journald", "gelf", "fluentd", "awslogs", "splunk", "awsfirelens"},
	"ResourceType":            {"GPU", "InferenceAccelerator", "NeuronDevice"},
	"FirelensType":            {"fluentd", "fluentbit"},
	"Scope":                   {"task", "shared"},
	"OnOff":                   {"ENABLED", "DISABLED"},
	"PlacementConstraintType": {"memberOf"},
	"ProxyType":               {"APPMESH"},
	"CPUArchitecture":         {"X86_64", "ARM64"},
	"OSFamily": {"LINUX", "WINDOWS_SERVER_2016_FULL", "WINDOWS_SERVER_2019_CORE", "WINDOWS_SERVER_2019_FULL",
		"WINDOWS_SERVER_2004_CORE", "WINDOWS_SERVER_20H2_CORE", "WINDOWS_SERVER_2022_CORE", "WINDOWS_SERVER_2022_FULL",
		"WINDOWS_SERVER_2025_CORE", "WINDOWS_SERVER_2025_FULL", "WINDOWS_SERVER_2016_CORE"},
}

// readOnly are the members that describe-task-definition adds and
// RegisterTaskDefinition refuses.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html
var readOnly = map[string]kind{
	"taskDefinitionArn": stringKind, "revision": numberKind, "status": stringKind,
	"requiresAttributes": arrayKind, "compatibilities": arrayKind, "registeredBy": stringKind,
	"registeredAt": nullKind, "deregisteredAt": nullKind, "deleteRequestedAt": nullKind, // dates
}

type member struct {
	name, typ string
	required  bool
}

var shapes = sync.OnceValue(func() map[string][]member {
	out := make(map[string][]member, len(shapeText))
	for name, text := range shapeText {
		for _, f := range strings.Fields(text) {
			key, typ, _ := strings.Cut(f, ":")
			t, required := strings.CutSuffix(typ, "*")
			out[name] = append(out[name], member{key, t, required})
		}
	}
	return out
})

func memberOf(list []member, name string) *member {
	for i := range list {
		if list[i].name == name {
			return &list[i]
		}
	}
	return nil
}

const apiSource = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html"

// shape checks v against a type of the API: types, members, enumerations.
func (c *checker) shape(v *value, typ string) {
	if v.kind == nullKind {
		c.nulls++
		return
	}
	if elem, ok := strings.CutPrefix(typ, "[]"); ok {
		if c.want(v, arrayKind, "a list") {
			for _, e := range v.kids {
				// A null member can be left out; a null element leaves a hole.
				if e.kind == nullKind {
					c.refuse(e, apiSource, "got null in a list; remove it, or give what belongs there")
					continue
				}
				c.shape(e, elem)
			}
		}
		return
	}
	switch typ {
	case "{}":
		if c.want(v, objectKind, "an object of strings") {
			c.repeats(v)
			for _, e := range v.kids {
				c.shape(e, "string")
			}
		}
	case "string", "family":
		if c.want(v, stringKind, "a string") {
			c.placeholders(v)
		}
	case "bool":
		c.want(v, boolKind, "true or false")
	case "int":
		if c.want(v, numberKind, "a whole number without quotes") {
			if n, ok := v.integer(); !ok || n > 1<<31-1 || n < -1<<31 {
				c.refuse(v, apiSource, "got %s, want a whole number of 32 bits", cut(v.text))
			}
		}
	case "size":
		c.size(v)
	default:
		if list, ok := enums[typ]; ok {
			c.enum(v, list)
			return
		}
		c.structure(v, typ)
	}
}

// want reports a value of another kind, a placeholder in its place as such.
func (c *checker) want(v *value, k kind, what string) bool {
	if v.kind == k {
		return true
	}
	if v.kind == stringKind && isPlaceholder(v.text) {
		c.template(v, "got the placeholder %q, want %s; fill it in first", cut(v.text), what)
		return false
	}
	c.refuse(v, apiSource, "got %s, want %s", v.describe(), what)
	return false
}

func (c *checker) enum(v *value, list []string) {
	if !c.want(v, stringKind, "one of "+strings.Join(list, ", ")) || slices.Contains(list, v.text) {
		return
	}
	if isPlaceholder(v.text) {
		c.template(v, "got the placeholder %q, want one of %s; fill it in first", cut(v.text), strings.Join(list, ", "))
		return
	}
	hint := "want one of " + strings.Join(list, ", ")
	if near := nearest(v.text, list); near != "" {
		hint = "did you mean " + near + "?"
	}
	c.refuse(v, apiSource, "got %q; %s", cut(v.text), hint)
}

func (c *checker) structure(v *value, typ string) {
	if !c.want(v, objectKind, "an object") {
		return
	}
	c.repeats(v)
	list := shapes()[typ]
	top := typ == "TaskDefinition"
	for i, key := range v.keys {
		kid := v.kids[i]
		if m := memberOf(list, key); m != nil {
			c.shape(kid, m.typ)
			continue
		}
		if k, ok := readOnly[key]; ok && top {
			c.readOnlyMember(kid, k)
			continue
		}
		c.unknown(kid, list)
	}
	for _, m := range list {
		if m.required && v.get(m.name) == nil && m.typ != "family" {
			c.refuse(v, apiSource, "%s is missing; ECS requires it here", m.name)
		}
	}
}

// repeats warns of keys given twice: the AWS CLI takes the last, silently.
func (c *checker) repeats(v *value) {
	for _, d := range v.repeated {
		c.note(Reason{Severity: Warning, Path: joinPath(v.path(), d.key), Line: d.line, Rule: "json",
			Text: "the key is given twice in this object; the AWS CLI takes the last and drops what stands before it"})
	}
}

func (c *checker) readOnlyMember(v *value, k kind) {
	c.stripped = append(c.stripped, v.key)
	switch {
	case v.kind == nullKind || v.kind == k:
	case k == nullKind && isDate(v): // as the API and CLI v1 print it, or ISO 8601 as CLI v2 does
	case k == nullKind:
		c.refuse(v, apiSource, "got %s, want seconds since 1970 or a date such as 2026-11-23T00:00:00Z", v.describe())
	default:
		c.want(v, k, map[kind]string{stringKind: "a string", numberKind: "a number", arrayKind: "a list"}[k])
	}
}

// unknown reports a member the API does not have: the AWS CLI refuses it
// ("Unknown parameter in input").
func (c *checker) unknown(v *value, list []member) {
	names := make([]string, len(list))
	for i, m := range list {
		names[i] = m.name
	}
	sort.Strings(names)
	hint := "members here are " + strings.Join(names, ", ")
	if near := nearest(v.key, names); near != "" {
		hint = "did you mean " + near + "?"
		if strings.EqualFold(near, v.key) {
			hint = fmt.Sprintf("did you mean %s? keys mind upper and lower case", near)
		}
	}
	if len(hint) > 300 {
		hint = hint[:297] + "..."
	}
	c.refuse(v, apiSource, "unknown parameter %q, which ECS refuses; %s", cut(v.key), hint)
}
