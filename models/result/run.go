// Package result holds every type a reader of results needs: what one run of
// one platform produced (Run), what several runs fold into (Outcome), the
// table of metrics that columns, gates and intervals range over, and the
// events an observer sees. It is a leaf: it imports the engine's statistics
// and the units, no model and no report.
package result

import (
	"time"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// Run is the outcome of one replication of one platform.
type Run struct {
	Scenario    string
	Platform    string
	Seed        uint64
	Replication uint64
	Start       time.Time // clock time of simulated time 0
	// Tallies, levels, series and the bill cover [WarmUp, Duration); counts
	// cover [0, Duration). End is when the last work was done if the run
	// drained, else Duration.
	WarmUp, Duration, End sim.Time
	Drained               bool
	Partial               bool // interrupted before Duration
	// MonthlyOK is true when the window holds whole cycles of every schedule
	// and pattern, so that its cost stands for a month; if not, NeedDuration is
	// the shortest Duration that would do, 0 if none would.
	MonthlyOK    bool
	NeedDuration sim.Time
	Cycle        sim.Time // of all schedules and patterns together, an hour at least; 0 when the work comes once
	Label        string   // the kind of variant, such as FixedAtPeak; "" for most

	Events      uint64 // engine events processed
	Placements  uint64 // tasks placed by the scheduler, daemons included
	Fingerprint uint64 // hash of the trajectory: equal for equal behaviour

	Workloads  []Workload // in name order
	Providers  []Provider // in name order; only those that ran something or hold instances
	Cluster    Cluster
	Bill       Bill
	Activities []Activity
	// Deployments began in [0, Duration), in order of their start.
	Deployments []Deployment
	Refusals    []Refusal // cluster-wide, by reason
	Notes       []Note

	kept map[string]Value // metrics by path, once Slim has dropped what they were read from
}

// Workload is what happened to one workload's tasks.
type Workload struct {
	Name string
	Kind string // "batch", "service", "daemon"

	CPU          units.CPU // reservation of a task where all are alike, else 0
	Memory       units.MiB // likewise
	DesiredCount int64     // services only

	// Counts over [0, Duration): Submitted + LeftOut records came; Submitted =
	// Finished + Running + Waiting + Rejected.
	Submitted int64 // tasks that asked for room (for a trace: after splitting)
	Finished  int64
	Running   int64 // at Duration: placed and not yet finished
	Waiting   int64 // at Duration: not placed
	Rejected  int64 // refused for good: too large for any capacity, retries used up, RunTask failure
	LeftOut   int64 // trace records that made no task (unknown run time, ...)
	Records   int64 // trace records read; 0 for generated work
	Drained   int64 // finished after Duration
	OnTime    int64 // finished by their deadline
	Late      int64 // finished after it, or still unfinished at the end with the deadline passed
	Stops     int64 // service tasks replaced (scale-in drains)

	// Times in ns, of tasks whose stage ended in the window; what still waits
	// at the end enters as a lower bound.
	TimeToRunning sim.Tally // submitted to RUNNING
	Stages        [NumStages]sim.Tally
	Completion    sim.Tally // submitted to exit of the last container
	RunTime       sim.Tally // RUNNING to exit

	// Little's law: the integral of tasks in the system over the window and
	// the sum over tasks of their time in it. Equal, always.
	InSystem sim.Uint128 // task-ns
	Sojourn  sim.Uint128 // task-ns

	ReservedCPU    sim.Uint128 // CPU unit-ns reserved over the window
	ReservedMemory sim.Uint128 // MiB-ns
	UsedCPU        sim.Uint128 // CPU unit-ns really used
	OfferedWork    sim.Uint128 // CPU unit-ns the tasks submitted in the window ask for (run x reservation, or work)
	DoneWork       sim.Uint128 // CPU unit-ns of the work finished in [0, Duration)
	TotalWork      sim.Uint128 // CPU unit-ns submitted in [0, Duration)

	RunningTime []sim.Time // services: time in the window with exactly i tasks RUNNING
	Desired     Series     // tasks wanted (batch: in the system)
	RunningS    Series     // tasks RUNNING
	Pending     Series     // services: tasks of it on their way to RUNNING
	Zones       []Series   // services: tasks RUNNING on instances, by zone
	Refusals    []Refusal
	Pulls       int64       // image pulls paid in time
	PullFaults  []Refusal   // image pulls that failed, each task that waited for one, in ECS's words
	PulledBytes units.Bytes // compressed bytes fetched
	CacheHits   int64       // tasks that found all their images on the instance
	Cost        units.USD   // its share of the bill, window only
	Fits        []Fit
}

// Stages of a task's way to RUNNING, in order. Time-to-running is their sum.
const (
	StageQueued   = iota // quota or throttle
	StageCapacity        // waiting for room
	StageENI             // network interface and, on Fargate, its machine
	StageAgent           // in the agent's queue, until tasks that stop have left the host
	StagePull            // image pull and extraction
	StageStart           // container create and start
	NumStages
)

// StageNames are the stages' column names.
var StageNames = [NumStages]string{"queued", "capacity", "provisioning", "agent", "pull", "start"}

// Fit says how many tasks of a workload one instance type holds.
type Fit struct {
	InstanceType string
	Tasks        int64
	Binding      string    // resource that runs out first: "cpu", "memory", "eni", "gpu"
	Unusable     units.PPM // share of the instance (9 vCPU : 1 GB weights) that no further task can use
}

// Refusal counts placements refused for one reason, in ECS's words.
type Refusal struct {
	Reason string
	Count  int64
}

// Provider is one capacity provider's part of a run.
type Provider struct {
	Name          string
	Kind          string // "asg", "FARGATE", "FARGATE_SPOT", "managed-instances", "external"
	InstanceTypes []string
	Spot          bool

	Launched, Terminated int64
	Disconnects          int64   // times an agent lost its connection
	MeanInstances        float64 // over the window
	MinInstances         int64
	MaxInstances         int64
	PeakVCPU             float64 // Fargate: most vCPUs held at once
	Tasks                int64   // placed

	Instances Series // registered or booting
	Wanted    Series // group's desired capacity
}

// Cluster holds cluster-wide levels over time. CPU in units, memory in MiB.
type Cluster struct {
	DemandCPU      Series // reservations of all tasks in the system
	CapacityCPU    Series // registered by instances plus held on Fargate
	ReservedCPU    Series // reservations placed
	UsedCPU        Series
	DemandMemory   Series
	CapacityMemory Series
	ReservedMemory Series
	Waiting        Series // tasks not placed
	Worst          Snapshot
}

// Series is a level over time in equal buckets from time 0. Buckets past the
// end of the run are absent.
type Series struct {
	Width sim.Time
	Mean  []float64
	Max   []int64
}

// Snapshot is the free room of every instance at one moment.
type Snapshot struct {
	At     sim.Time
	Why    string // how the moment was chosen
	Points []FreeRoom
}

// FreeRoom is one instance's free and registered room.
type FreeRoom struct {
	Instance           string
	InstanceType       string
	FreeCPU, CPU       units.CPU
	FreeMemory, Memory units.MiB
	Tasks              int64
}

// Activity is one scaling activity of a group.
type Activity struct {
	At       sim.Time
	Provider string
	From, To int64  // desired capacity
	Cause    string // "CapacityProviderReservation 150 > 100", ...
}

// NoteKind sorts notes for the answer.
type NoteKind string

// The kinds of note an answer prints.
const (
	Assumed     NoteKind = "assumed"      // a figure nobody publishes
	NotIncluded NoteKind = "not included" // a charge class left out, with its quantity
	Warning     NoteKind = "warning"      // sizes that do not tile, ENIs that bind, ...
	Rule        NoteKind = "rule"         // a rule applied to irregular input
)

// Note is one thing a reader must know to trust the figures.
type Note struct {
	Kind   NoteKind
	About  string // workload, provider or "" for the platform
	Text   string
	Source string
}

// Event is what an observer sees: one flat value per state change.
type Event struct {
	At       sim.Time
	Kind     EventKind
	Workload int32  // index into Run.Workloads, -1 none
	Entity   uint64 // task number or launch ordinal
	Place    int32  // instance or provider index, -1 none
	Reason   int32  // refusal or cause index, 0 none
	Value    int64
	// What a task holds, on TaskPlaced and TaskStopped: its reservation on an
	// instance, its size on Fargate. On TaskStopped Value is for how many
	// seconds: as billed on Fargate, else from placement to STOPPING.
	CPU    units.CPU
	Memory units.MiB
}

// EventKind says what happened.
type EventKind uint8

// Observer receives events in time order. It must not keep pointers into the
// simulation.
type Observer func(Event)

// The kinds of event.
const (
	TaskSubmitted EventKind = iota
	TaskPlaced
	TaskRefused
	TaskRunning
	TaskStopping
	TaskStopped
	TaskRejected
	InstanceLaunched
	InstanceRegistered
	InstanceDraining
	InstanceTerminated
	ScalingActivity
	TaskDraining // DEACTIVATING
	ServiceSteady
	ServiceTasksStarted // Value: how many
	ServiceTasksStopped // Value: how many
	ServiceUnableToPlace
	ServiceThrottled
	ServiceTaskUnhealthy // Value: the task
	ServiceStuck
	ServiceRebalancing
	DeploymentStarted // Value: its revision
	DeploymentFailedEvent
	DeploymentRolledBackEvent
	DeploymentCompletedEvent
	AgentDisconnected
	AgentConnected
	ImagePullFailed // Value: why, as in PullFaults
	NumEventKinds
)

// EventNames are the kinds' names in events.csv.
var EventNames = [NumEventKinds]string{"task_submitted", "task_placed", "task_refused", "task_running", "task_stopping",
	"task_stopped", "task_rejected", "instance_launched", "instance_registered", "instance_draining", "instance_terminated", "scaling_activity",
	"task_draining", "service_steady_state", "service_tasks_started", "service_tasks_stopped", "service_unable_to_place", "service_throttled",
	"service_task_unhealthy", "service_stuck", "service_rebalancing", "deployment_started", "deployment_failed", "deployment_rolled_back", "deployment_completed",
	"agent_disconnected", "agent_connected", "image_pull_failed"}
