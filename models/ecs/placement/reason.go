package placement

import "fmt"

// Reason is why a task cannot start on an instance, or on any. Reasons are
// ordered by stage: an instance that fails later is closer to matching.
//
// Assumed: an instance that meets the constraints but lacks room is closer
// than one with room that no constraint allows; ECS names "the closest
// matching container instance" without saying how it measures.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
type Reason uint8

// The reasons in stage order. ReasonNone is no refusal.
const (
	ReasonNone          Reason = iota
	ReasonEmptyProvider        // the capacity provider asked for has no instance
	ReasonNoActive             // no instance, or none ACTIVE (all DRAINING)
	ReasonAgent                // the agent is disconnected
	ReasonAttribute            // a required attribute is missing or has another value
	ReasonLocation             // the instance's zone has none of the task's subnets
	ReasonMemberOf             // a memberOf constraint is not met
	ReasonDistinct             // distinctInstance: it runs a task of the group already
	ReasonPorts
	ReasonCPU
	ReasonMemory
	ReasonGPU
	ReasonENI
	ReasonCheck // the Requirement's own Check
	NumReasons  = iota
)

// All are ECS's but two: it publishes no string for distinctInstance, where ours
// follows the form of memberOf's, and CHECK is our own.
var reasonNames = [NumReasons]string{
	"", "EMPTY CAPACITY PROVIDER", "NO ACTIVE INSTANCES", "AGENT", "ATTRIBUTE", "LOCATION",
	"MemberOf placement constraint unsatisfied", "DistinctInstance placement constraint unsatisfied",
	"RESOURCE:PORTS", "RESOURCE:CPU", "RESOURCE:MEMORY", "RESOURCE:GPU", "RESOURCE:ENI", "CHECK",
}

// String is ECS's text for the reason, empty for ReasonNone.
func (r Reason) String() string {
	if int(r) >= len(reasonNames) {
		return fmt.Sprintf("Reason(%d)", uint8(r))
	}
	return reasonNames[r]
}

// Refusal tells why nothing fits, in full.
type Refusal struct {
	Reason  Reason // of the closest instance; ReasonNone when something fits
	Closest Host   // the closest instance, NoHost when the fleet is empty
	// Need and Left are the first missing resource on Closest, when Reason is
	// one of CPU, MEMORY, GPU and ENI.
	Need, Left int64
	// Counts is the number of instances by their first failing reason;
	// Counts[ReasonNone] is how many fit.
	Counts [NumReasons]int
}

// String words the refusal as ECS's service events do.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
func (r Refusal) String() string {
	var missing string
	switch r.Reason {
	case ReasonNone:
		return "an instance fits"
	case ReasonEmptyProvider, ReasonNoActive:
		return r.Reason.String()
	case ReasonCPU:
		missing = "has insufficient CPU units available"
	case ReasonMemory:
		missing = "has insufficient memory available"
	case ReasonGPU:
		missing = "has insufficient GPUs available"
	case ReasonENI:
		missing = "has no network interface available"
	case ReasonPorts:
		return "no container instance met all of its requirements: the closest matching container instance is already using a port required by your task"
	case ReasonAgent:
		return "no container instance met all of its requirements: the agent of the closest matching container instance is disconnected"
	default:
		return "no container instance met all of its requirements: the closest matching container instance fails " + r.Reason.String()
	}
	return fmt.Sprintf("no container instance met all of its requirements: the closest matching container instance %s (%d needed, %d left)", missing, r.Need, r.Left)
}
