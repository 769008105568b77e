package ecs

import (
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// ServiceConfig is how a service or daemon is kept and deployed.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
type ServiceConfig struct {
	Controller string // "ECS", "CODE_DEPLOY", "EXTERNAL"; "" is ECS
	Strategy   string // "ROLLING", "BLUE_GREEN", "CANARY", "LINEAR"; "" is ROLLING

	MinimumHealthyPercent int64 // default 100, of a daemon 0
	MaximumPercent        int64 // default 200, of a daemon 100

	Breaker     Breaker
	Bake        sim.Time  // both sets, or the new one alone, are watched this long
	StepPercent units.PPM // CANARY: the first share of traffic; LINEAR: each
	StepBake    sim.Time

	HealthCheckGrace sim.Time
	Rebalancing      bool // across Availability Zones
	Protected        units.PPM
	ProtectedFor     sim.Time
	PerMinute        int64 // launches a minute, default 500

	Deployments []DeploymentConfig // in order of time
}

// Breaker is the deployment circuit breaker.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
type Breaker struct {
	Enable, Rollback bool
	Type             string // "BOUNDED_PERCENT", "COUNT", "UNBOUNDED_PERCENT"; "" is the first
	Value            int64  // percent or count, default 50
	Cumulative       bool   // resetOnHealthyTask is false
}

// Threshold is how many failures fail a deployment of a service that wants
// desired tasks: half of them and 3 to 200 by default.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
func (b Breaker) Threshold(desired int64) int64 {
	value := b.Value
	if value == 0 {
		value = 50
	}
	switch b.Type {
	case "COUNT":
		return value
	case "UNBOUNDED_PERCENT":
		return max(1, ceilDiv(desired*value, 100))
	}
	return min(max(ceilDiv(desired*value, 100), 3), 200)
}

// DeploymentConfig is one deployment that happens at a set time.
type DeploymentConfig struct {
	At          sim.Time
	Shape       workloads.Shape // of its task definition
	Images      []ImageConfig   // of its task definition; nil is those of the deployment it follows
	TaskFailure units.PPM       // share of its tasks that fail
	FailureMode string          // "start": they never reach RUNNING; "health_check": they run and fail their checks
	// TaskSet and Scale are of controller EXTERNAL: the set made or changed, and
	// its share of the desired count.
	TaskSet string
	Scale   units.PPM
}

// deployments are those of a service or daemon.
func (w *WorkloadConfig) deployments() []DeploymentConfig {
	if w.Service == nil {
		return nil
	}
	return w.Service.Deployments
}

// SchedulerConfig holds what AWS does not publish of its service scheduler.
type SchedulerConfig struct {
	Reaction       sim.Time // UpdateService to the first task of its deployment; 0 is at once
	HealthyAfter   sim.Time // RUNNING to healthy without health check and load balancer
	RetryBase      sim.Time // first pause after a task that failed to start
	RetryCap       sim.Time
	RebalanceAfter sim.Time // steady state to the first task moved between zones
	StalledAfter   sim.Time // a deployment without progress this long is called stalled
}

// Defaults of the service scheduler.
// Sources: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html (40 s),
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html (27 min);
// Assumed: base, reaction of rebalancing, when a deployment is called stalled.
const (
	defaultHealthyAfter   = 40 * sim.Second
	defaultRetryBase      = 10 * sim.Second
	defaultRetryCap       = 27 * sim.Minute
	defaultRebalanceAfter = sim.Minute
	defaultStalledAfter   = sim.Hour
	defaultPerMinute      = 500
)

func (s SchedulerConfig) filled() SchedulerConfig {
	set := func(v *sim.Time, to sim.Time) {
		if *v == 0 {
			*v = to
		}
	}
	set(&s.HealthyAfter, defaultHealthyAfter)
	set(&s.RetryBase, defaultRetryBase)
	set(&s.RetryCap, defaultRetryCap)
	set(&s.RebalanceAfter, defaultRebalanceAfter)
	set(&s.StalledAfter, defaultStalledAfter)
	return s
}

// DefaultService is a service's configuration where nothing is said.
func DefaultService(kind string) *ServiceConfig {
	if kind == Daemon {
		return &ServiceConfig{MinimumHealthyPercent: 0, MaximumPercent: 100}
	}
	return &ServiceConfig{MinimumHealthyPercent: 100, MaximumPercent: 200}
}

// Bounds are the fewest healthy and the most RUNNING and PENDING tasks while a
// service that wants desired tasks is deployed: rounded up, rounded down.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
func (s *ServiceConfig) Bounds(desired int64) (least, most int64) {
	return ceilDiv(desired*s.MinimumHealthyPercent, 100), desired * s.MaximumPercent / 100
}

// Targets is what a load balancer is to the tasks behind it.
type Targets interface {
	// Register is called when a task is RUNNING. From then on the load balancer
	// decides when it is healthy: it calls Cluster.becameHealthy and
	// becameUnhealthy.
	Register(id TaskID, now sim.Time)
	// Deregister is called when a RUNNING task must stop: until doneAt it is
	// DEACTIVATING, holds its room and is paid for; SIGTERM comes after.
	// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
	Deregister(id TaskID, now sim.Time) (doneAt sim.Time)
	// Gone is called when the task's targets are unused, and when it has ended
	// in any other way: it is registered nowhere any more.
	Gone(id TaskID)
}

// Outcomes of deployments.
const (
	deployRunning    = result.DeploymentInProgress
	deployCompleted  = result.DeploymentCompleted
	deployFailed     = result.DeploymentFailed
	deployRolledBack = result.DeploymentRolledBack
	deploySuperseded = result.DeploymentSuperseded
	deployStalled    = result.DeploymentStalled
)
