// Package scenarios reads what a planner writes: TOML in ECS's own words,
// checked strictly, every default known with its source.
//
// The text becomes a tree whose values remember where they came from; include,
// extends, per-platform overrides and --set are patches on that tree; one
// strict decode turns it into the structs below and collects every error with
// its file and line.
package scenarios

import (
	"io/fs"
	"time"

	"ecsim/workloads"
	"ecsim/workloads/units"
)

// Struct tags steer the decoder and `ecsim show`:
//
//	toml:"name"       key in the table
//	default:"90s"     text decoded when the key is absent
//	source:"..."      where the default comes from ("Assumed" where nobody publishes it)
//	doc:"..."         one line of help
//	allowed:"a|b"     the only strings allowed
//	min:"0" max:"9"   bounds, in the field's own text form
//	required:"true"   the key must be there
//	later:"..."       the key is understood but its model is not built yet;
//	                  with a default, that value alone is accepted
//	short:"true"      a bare string in place of the table is this key
//	file:"true"       names a file, relative to the one it stands in

// Scenario is one planner's question, resolved.
type Scenario struct {
	Name string `toml:"-"` // file name without folder and suffix, or library name

	Question          string         `toml:"question" doc:"printed first"`
	Region            string         `toml:"region" default:"us-east-1" doc:"AWS Region; fixes prices"`
	AvailabilityZones int64          `toml:"availability_zones" default:"3" min:"1" max:"6" doc:"zones the subnets lie in"`
	Start             time.Time      `toml:"start" default:"2026-11-23T00:00:00Z" doc:"clock time of simulated time 0; a Monday; fixes cron, weekdays and hours"`
	TimeZone          string         `toml:"time_zone" default:"UTC" doc:"IANA zone of cron expressions and daily patterns"`
	Duration          units.Duration `toml:"duration" default:"7d" min:"1s" doc:"simulated span; default the trace's span when the work is a replay"` // 0: the trace's span
	StartState        string         `toml:"start_state" default:"steady" allowed:"steady|empty" doc:"steady: at time zero services and daemons run, images are cached, groups have the size they need"`
	CPUModel          string         `toml:"cpu_model" default:"shared" allowed:"shared|reserved" doc:"shared: EC2 tasks may take idle CPU; reserved: every task runs at its reservation"`
	Baseline          string         `toml:"baseline" doc:"the platform the others are compared with; default the first by name"`
	Drain             *bool          `toml:"drain" doc:"run on after duration until the work is done; default true when all work is batch"`
	Seed              uint64         `toml:"-"` // runs.seed
	Runs              Runs           `toml:"runs"`
	Prices            Prices         `toml:"prices"`
	SLO               []Gate         `toml:"-"` // [slo], in path order
	Budget            []Gate         `toml:"-"` // [budget]
	Workloads         []Workload     `toml:"-"` // [workload.NAME] in name order, before platform overrides
	Platforms         []Platform     `toml:"-"` // [platform.NAME] in order of the file, extends resolved

	LoadBalancers map[string]SharedLoadBalancer `toml:"load_balancer" doc:"load balancers that several services share, by name"`

	Growth     any                   `toml:"growth" later:"growth of the load over months"`
	Deployment []ScheduledDeployment `toml:"deployment" doc:"deployments of services at set times"`

	Failures []Failure `toml:"-"` // failure

	Sweep *Sweep `toml:"-"` // [sweep], nil without

	settings []Setting // every value, in the order of Settings
	lib      fs.FS     // the library, for Open
}

// Runs is how often and with which chance the scenario is run.
type Runs struct {
	Replications int64  `toml:"replications" default:"10" min:"1" max:"100000" doc:"independent repetitions; the same in every platform"`
	Seed         uint64 `toml:"seed" default:"1" doc:"seed of all chance"`
	WarmUp       WarmUp `toml:"warm_up" default:"0s" doc:"left out of statistics and bill: a span, or auto to find it by MSER-5 on pilot replications"`
	// With a precision, replications go on to the first of 5, 8, 12, 18, ... at
	// which the half-width of every figure of PrecisionOf, on every platform, is
	// at most this share of its mean.
	Precision       units.PPM `toml:"precision" default:"0%" max:"99%" doc:"wanted half-width of the 95 % interval as a share of the mean; 0% does replications and no more"`
	MaxReplications int64     `toml:"max_replications" default:"1000" min:"2" max:"100000" doc:"with a precision: the most replications"`
	PrecisionOf     []string  `toml:"precision_of" doc:"with a precision: paths of the metrics that it holds for; default the cost by which platforms are ranked"`
	Batches         int64     `toml:"batches" default:"0" min:"0" max:"1000" doc:"with one replication: intervals from this many equal parts of its window (batch means); 0 for none"`
}

// WarmUp is a span at the start that does not count; AutoWarmUp until it is
// found.
type WarmUp units.Duration

// AutoWarmUp asks for a warm-up found on pilot replications.
const AutoWarmUp WarmUp = -1

// Prices is what the user really pays.
type Prices struct {
	Discount      units.PPM           `toml:"discount" default:"0%" max:"100%" doc:"private rate card on every list price but Spot"`
	SavingsPlan   SavingsPlan         `toml:"savings_plan"`
	Owned         []Owned             `toml:"owned" doc:"commitments already bought: charged on every platform, used or not"`
	EC2Spot       EC2Spot             `toml:"ec2_spot"`
	ImagePullPath string              `toml:"image_pull_path" default:"s3-gateway" allowed:"s3-gateway|nat|public" source:"Assumed: layers come from S3 through a gateway endpoint, which is free" doc:"how image layers reach tasks"`
	Rates         map[string]RateText `toml:"rates" doc:"own rates by name: ec2.TYPE.on_demand, ec2.TYPE.spot, or a name of the rate table"`
	Lines         []ExtraLine         `toml:"lines" doc:"fixed amounts a month added to a platform's bill"`
}

// RateText is a price as written: a string, or a TOML number read back as its
// decimal text, so that no float reaches a sum.
type RateText = units.Price

// SavingsPlan is a commitment to simulate.
type SavingsPlan struct {
	Type       string `toml:"type" default:"compute" allowed:"compute|ec2-instance"`
	Family     string `toml:"family" doc:"instance family of an ec2-instance plan"`
	Term       string `toml:"term" default:"1y" allowed:"1y|3y"`
	Payment    string `toml:"payment" default:"no-upfront" allowed:"no-upfront|partial-upfront|all-upfront"`
	Commitment string `toml:"commitment" default:"none" doc:"none, optimal, or dollars an hour such as $3.20/h"`
}

// Owned is a commitment already bought.
type Owned struct {
	Type       string    `toml:"type" required:"true" allowed:"compute-sp|ec2-instance-sp|standard-ri|convertible-ri"`
	Family     string    `toml:"family"`
	Instance   string    `toml:"instance_type" doc:"for reserved instances"`
	Count      int64     `toml:"count" default:"1" min:"1"`
	USDPerHour RateText  `toml:"usd_per_hour"`
	Term       string    `toml:"term" default:"1y" allowed:"1y|3y"`
	Payment    string    `toml:"payment" default:"no-upfront" allowed:"no-upfront|partial-upfront|all-upfront"`
	Ends       time.Time `toml:"ends" doc:"last day of the term"`
}

// EC2Spot says what Spot costs.
type EC2Spot struct {
	Discount     string `toml:"discount" default:"catalogue" doc:"catalogue, or a share off on-demand such as 64%"`
	Interruption string `toml:"interruption" default:"catalogue" later:"Spot interruptions (only catalogue is accepted; none happen yet)"`
}

// ExtraLine is a fixed monthly amount.
type ExtraLine struct {
	Name        string   `toml:"name" required:"true"`
	Platform    string   `toml:"platform"`
	USDPerMonth RateText `toml:"usd_per_month" required:"true"`
}

// Gate is one line of [slo] or [budget]: a metric's path, a comparison, a
// limit.
type Gate struct {
	Path  string // "workload.jobs.time_to_running.p95", "cost_per_month"
	Text  string // as written: "< 90s", ">= 12 for 99.9%"
	Where string // file:line
}

// Workload is one [workload.NAME], as it stands on one platform.
type Workload struct {
	Name string `toml:"-"`

	Kind            string         `toml:"kind" required:"true" allowed:"batch|service|daemon"`
	CPU             CPUDist        `toml:"cpu" doc:"reservation: CPU units, or \"0.5 vCPU\"; a batch's may be a distribution"`
	Memory          MemoryDist     `toml:"memory" doc:"reservation: MiB, or \"1 GB\"; a batch's may be a distribution"`
	GPU             int64          `toml:"gpu" min:"0" max:"64"`
	CPULimit        string         `toml:"cpu_limit" default:"container" allowed:"container|task" doc:"container: may take idle CPU on EC2; task: hard cap, as always on Fargate"`
	CPUUse          ShareDist      `toml:"cpu_use" default:"100%" source:"Assumed" doc:"CPU used while running, as a share of the reservation"`
	CPUArchitecture string         `toml:"cpu_architecture" default:"X86_64" allowed:"X86_64|ARM64"`
	Image           Images         `toml:"image" doc:"container image; a list where the task's containers have several"`
	NetworkMode     string         `toml:"network_mode" default:"bridge" allowed:"bridge|host|awsvpc|none" source:"https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html" doc:"on EC2; Fargate is always awsvpc"`
	PortMappings    []PortMapping  `toml:"port_mappings"`
	Subnets         []string       `toml:"subnets" doc:"awsvpc: the Availability Zones of its subnets, such as [\"us-east-1a\"]; default all"`
	Ephemeral       int64          `toml:"ephemeral_storage_gib" default:"20" min:"20" max:"200" doc:"Fargate ephemeral storage; 20 GB are free"`
	StopTimeout     units.Duration `toml:"stop_timeout" default:"2s" max:"120s" source:"Assumed: the container exits 2 s after SIGTERM; ECS kills it after 30 s" doc:"SIGTERM to exit"`

	DesiredCount int64          `toml:"desired_count" min:"0" max:"5000" doc:"services"`
	LoadBalancer []LoadBalancer `toml:"load_balancer" doc:"services: a load balancer and its target group, or a list of them"`

	DeploymentConfiguration     *DeploymentConfiguration `toml:"deployment_configuration" doc:"services and daemons: how they are deployed"`
	DeploymentController        string                   `toml:"deployment_controller" allowed:"ECS|CODE_DEPLOY|EXTERNAL" doc:"default ECS"`
	HealthCheckGrace            int64                    `toml:"health_check_grace_period_seconds" min:"0" max:"2147483647" doc:"failed health checks do not count so long after RUNNING"`
	AvailabilityZoneRebalancing string                   `toml:"availability_zone_rebalancing" allowed:"ENABLED|DISABLED" doc:"services; default ENABLED where ECS can (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html)"`
	ScaleInProtection           *ScaleInProtection       `toml:"scale_in_protection" doc:"services: tasks that neither deployments nor scale-in stop"`

	Arrivals        *Arrivals      `toml:"arrivals" doc:"batch: schedule, pattern or trace"`
	RunTime         DurationDist   `toml:"run_time" doc:"batch: from start to exit at any CPU rate"`
	Work            WorkDist       `toml:"work" doc:"batch: vCPU-hours, done sooner with more CPU"`
	Parallel        units.CPU      `toml:"parallel" min:"0" doc:"most CPU one work task can use; 0 is no cap" source:"Assumed: work spreads over all CPU it is given"`
	Deadline        units.Duration `toml:"deadline" doc:"batch: latest finish after arrival"`
	OnNoCapacity    string         `toml:"on_no_capacity" default:"queue" doc:"queue | retry fifo | retry 30s x 10 | fail"`
	NoCapacity      NoCapacity     `toml:"-"` // on_no_capacity, read
	Oversize        string         `toml:"oversize" allowed:"reject|error" doc:"a task no capacity can hold: reject counts it, error stops with exit 4; default reject for replays, else error"`
	CheckpointEvery string         `toml:"checkpoint_every" default:"never" later:"checkpoints (only never is accepted)"`

	CapacityProviderStrategy []StrategyItem `toml:"capacity_provider_strategy" doc:"default the platform's"`
	PlacementStrategy        []string       `toml:"placement_strategy" doc:"spread(FIELD), binpack(cpu|memory), random, in order"`
	PlacementConstraints     []string       `toml:"placement_constraints" doc:"distinctInstance, memberOf(EXPRESSION)"`

	OnFargate *OnFargate `toml:"on_fargate" doc:"daemons: a sidecar in every Fargate task"`

	// TaskDefinition is the JSON of an ECS task definition: it gives the keys
	// that the table does not have. Absolute once loaded, or "library:NAME".
	TaskDefinition string `toml:"task_definition" file:"true" doc:"JSON of an ECS task definition, which gives size, ports, image and the like; file is short for it"`
	DefinitionName string `toml:"-"` // the same as errors show it

	Load    any `toml:"load" later:"request load"`
	Request any `toml:"request" later:"request load"`
	Scaling any `toml:"scaling" later:"service auto scaling"`
}

// Size is the reservation of each of w's tasks; a size that is drawn per task
// is 0.
func (w *Workload) Size() (units.CPU, units.MiB) {
	var cpu, memory int64
	if w.CPU.Dist != nil {
		cpu, _ = w.CPU.IsConstant()
	}
	if w.Memory.Dist != nil {
		memory, _ = w.Memory.IsConstant()
	}
	return units.CPU(cpu), units.MiB(memory)
}

// Images are the container images of a workload: one, or one for each of its
// containers.
type Images []Image

// Image is one container image.
type Image struct {
	Name       string      `toml:"name" doc:"with tag or digest: the cache key on an instance; default the workload's name"`
	Size       units.Bytes `toml:"size" max:"100 GB" source:"Assumed: 350 MB compressed, 150 MB for a daemon"`
	Repository string      `toml:"repository" doc:"images of one repository share layers; default the name up to : or @"`
	Registry   string      `toml:"registry" default:"ecr" allowed:"ecr|docker-hub|ecr-pull-through|other" source:"Assumed, but for names in a task definition that are Docker Hub's" doc:"where it is pulled from; ecr-pull-through is ECR in front of Docker Hub, other has no limits"`
	Shared     units.PPM   `toml:"shared" default:"0%" max:"100%" source:"Assumed: none" doc:"part of size in layers that other images of the repository have too"`
	SOCI       bool        `toml:"soci_index" default:"false" doc:"ECR holds a SOCI index: Fargate starts containers before the image is there, if all images of the task have one"`
}

// PortMapping is one port of a task in ECS's words; host_port 0 is dynamic.
type PortMapping struct {
	ContainerPort int64  `toml:"container_port" required:"true" min:"1" max:"65535"`
	HostPort      int64  `toml:"host_port" default:"0" min:"0" max:"65535"`
	Protocol      string `toml:"protocol" default:"tcp" allowed:"tcp|udp"`
}

// OnFargate is what a daemon becomes where there are no instances.
type OnFargate struct {
	Sidecar bool      `toml:"sidecar" default:"true" doc:"false: the daemon does not run on Fargate"`
	CPU     units.CPU `toml:"cpu" doc:"default the daemon's"`
	Memory  units.MiB `toml:"memory" doc:"default the daemon's"`
}

// StrategyItem is one entry of a capacity provider strategy; a bare string is
// the provider with weight 1.
type StrategyItem struct {
	CapacityProvider string `toml:"capacity_provider" required:"true" short:"true"`
	Base             int64  `toml:"base" default:"0" min:"0" max:"100000"`
	Weight           int64  `toml:"weight" default:"1" min:"0" max:"1000"`
}

// Arrivals is when a batch's tasks come: exactly one of Schedule, Pattern and
// Trace.
type Arrivals struct {
	Schedule string `toml:"schedule" doc:"cron(...), rate(...) or at(...) as EventBridge has them"`
	Count    int64  `toml:"count" default:"1" min:"1" max:"10000000" doc:"tasks per firing of the schedule"`

	Pattern string `toml:"pattern" doc:"a registered generator; its own keys stand beside"`
	Params  any    `toml:"-"` // the pattern's parameter struct, decoded; of a schedule *workloads.ScheduleParams

	Trace   string `toml:"trace" file:"true" doc:"file in a known format, relative to the scenario"` // absolute once loaded, or "library:NAME": see Scenario.Open
	Options any    `toml:"-"`                                                                        // traces.Options, decoded

	Transforms Transforms `toml:"-"` // decoded from the same table
}

// Transforms bend a source of work; each key stands in the arrivals table.
// The window of a replay (from, until) belongs to the trace's own options.
type Transforms struct {
	Scale   units.PPM `toml:"scale" default:"100%" min:"0.01%" max:"10000%" doc:"more or fewer tasks, thinned or repeated at random"`
	Stretch units.PPM `toml:"stretch" default:"100%" min:"0.01%" max:"10000%" doc:"times between arrivals"`
	RunTime units.PPM `toml:"scale_run_time" default:"100%" min:"0.01%" max:"10000%" doc:"run times and work"`
	Repeat  int64     `toml:"repeat" default:"1" min:"1" max:"1000000" doc:"the trace end to end this often; 1 for schedules and patterns, which do not have the key"`
}

// Platform is one [platform.NAME]: a way to run the same work.
type Platform struct {
	Name string `toml:"-"`

	Kind             string             `toml:"kind" default:"ecs" allowed:"ecs" doc:"lambda and beanstalk are not modelled yet"`
	Extends          string             `toml:"extends" doc:"another platform, copied before this table's own keys"`
	Label            string             `toml:"label" doc:"what the answer calls a fleet bought for the peak: fixed-at-peak"`
	DefaultStrategy  []StrategyItem     `toml:"default_capacity_provider_strategy"`
	Providers        []CapacityProvider `toml:"-"` // [platform.P.capacity_provider.NAME] in name order
	Workloads        []Workload         `toml:"-"` // every workload as it stands on this platform
	Prices           Prices             `toml:"-"` // the scenario's, with [platform.P.prices] on top
	Fargate          Fargate            `toml:"fargate"`
	Account          Account            `toml:"account"`
	Tie              string             `toml:"tie" default:"keyed" allowed:"keyed|index" source:"Assumed: AWS does not publish how ties are broken" doc:"keyed: at random, repeatably; index: the oldest instance"`
	Stages           Stages             `toml:"stages"`
	Registry         Registry           `toml:"registry"`
	ServiceScheduler ServiceScheduler   `toml:"service_scheduler"`
	Scheduler        string             `toml:"scheduler" doc:"a registered custom scheduler instead of ECS's placement"`
}

// Fargate says how sizes off the grid are treated and how fast a vCPU is.
type Fargate struct {
	Size           string `toml:"size" default:"round-up" allowed:"round-up|refuse"`
	Speed          Speed  `toml:"speed" default:"1.0" source:"Assumed: work per vCPU-second"`
	AssignPublicIP bool   `toml:"assign_public_ip" default:"false"`
	LaunchBurst    int64  `toml:"launch_burst" default:"100" min:"1" source:"https://docs.aws.amazon.com/AmazonECS/latest/developerguide/throttling.html"`
	LaunchRate     int64  `toml:"launch_per_second" default:"20" min:"1" source:"https://docs.aws.amazon.com/AmazonECS/latest/developerguide/throttling.html"`
}

// Account holds account settings and quotas.
type Account struct {
	AwsvpcTrunking bool   `toml:"awsvpc_trunking" default:"false"`
	FargateVCPU    string `toml:"fargate_vcpu" default:"unlimited" later:"quotas (only unlimited is accepted)"`
	EC2VCPU        string `toml:"ec2_vcpu" default:"unlimited" later:"quotas (only unlimited is accepted)"`
}

// Stages are the lengths of a task's way to RUNNING.
type Stages struct {
	FargateProvisioning DurationDist   `toml:"fargate_provisioning" default:"{dist=\"lognormal\", p50=\"15s\", p95=\"30s\"}" source:"Assumed 2026-11: 20-60 s totals less pull" doc:"capacity and network interface"`
	FargatePull         units.Duration `toml:"fargate_pull" default:"5s" source:"Assumed 2026-11: fitted to 57 s for a 413 MB image (2024-04)"`
	FargatePullPerMB    units.Duration `toml:"fargate_pull_per_mb" default:"100ms" source:"Assumed 2026-11: fitted to 57 s for a 413 MB image (2024-04)"`
	FargateSOCI         units.PPM      `toml:"fargate_soci_pull" default:"17%" max:"100%" source:"Assumed 2026-11: fitted to starts 50-60 % faster, for 413 MB" doc:"part of the time per MB that is left with SOCI indexes"`
	EC2Start            DurationDist   `toml:"ec2_start" default:"{dist=\"lognormal\", p50=\"1.5s\", p95=\"5s\"}" source:"Assumed 2026-11: 1-5 s reported with a cached image" doc:"container create and start; Fargate's is in provisioning"`
	EC2Awsvpc           DurationDist   `toml:"ec2_awsvpc" default:"{dist=\"lognormal\", p50=\"5s\", p95=\"10s\"}" source:"Assumed 2026-11: AWS says several seconds" doc:"network interface of an awsvpc task on an instance"`
	EC2Pull             units.Duration `toml:"ec2_pull" default:"1s" source:"Assumed 2026-11: no good source"`
	EC2PullPerMB        units.Duration `toml:"ec2_pull_per_mb" default:"30ms" source:"Assumed 2026-11: no good source"`
	PullFailure         units.Duration `toml:"pull_failure" default:"12.7s" min:"1s" source:"https://github.com/aws/amazon-ecs-agent/blob/master/agent/dockerclient/dockerapi/docker_client.go (5 attempts, 1.1 s doubling to 5 s between them)" doc:"a pull that fails, from its begin until the agent gives up; Assumed: Fargate's the same"`
	Deprovisioning      units.Duration `toml:"deprovisioning" default:"5s" source:"Assumed: ENI detach takes seconds" doc:"awsvpc: STOPPED after the ENI is gone"`
}

// CapacityProvider is one [platform.P.capacity_provider.NAME]: the kind's own
// parameter struct, decoded through the registry of models/ecs.
type CapacityProvider struct {
	Name   string
	Kind   string
	Params any // *ecs.ASGParams, *ecs.ManagedInstancesParams, ...
	Where  string
}

// The distributions a key may hold are workloads' own.
type (
	DurationDist = workloads.DurationDist
	WorkDist     = workloads.WorkDist
	ShareDist    = workloads.ShareDist
	CPUDist      = workloads.CPUDist
	MemoryDist   = workloads.MemoryDist
	Speed        = units.Speed
)
