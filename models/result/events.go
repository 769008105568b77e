package result

import "fmt"

// Message is what ECS would say of an event in the service's event list, ""
// for events it says nothing of. workload, place and reason are the words for
// the event's indices.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
func (e Event) Message(workload, place, reason string) string {
	name := "service " + workload + " "
	switch e.Kind {
	case ServiceSteady:
		return name + "has reached a steady state."
	case ServiceTasksStarted:
		return name + "has started " + tasks(e.Value) + "."
	case ServiceTasksStopped:
		return name + "has stopped " + running(e.Value) + "."
	case ServiceUnableToPlace:
		return name + "was unable to place a task because no container instance met all of its requirements. The closest matching container instance " + place + " " + lacks(reason) + "."
	case ServiceThrottled:
		return name + "is unable to consistently start tasks successfully."
	case ServiceTaskUnhealthy:
		return fmt.Sprintf("%stask %d failed its health checks.", name, e.Value)
	case ServiceStuck:
		return name + "was unable to stop or start tasks during a deployment because of the service deployment configuration."
	case ServiceRebalancing:
		return name + "is not AZ balanced; AZ Rebalancing started " + tasks(e.Value) + "."
	case TaskDraining:
		return name + "has begun draining connections on 1 tasks."
	case DeploymentStarted:
		return fmt.Sprintf("%sdeployment %d in progress.", name, e.Value)
	case DeploymentFailedEvent:
		return name + "deployment failed: tasks failed to start."
	case DeploymentRolledBackEvent:
		return name + "deployment rolled back to the last completed one."
	case DeploymentCompletedEvent:
		return name + "deployment completed."
	}
	return ""
}

// ECS counts "1 tasks" itself.
func tasks(n int64) string   { return fmt.Sprintf("%d tasks", n) }
func running(n int64) string { return fmt.Sprintf("%d running tasks", n) }

// lacks words a reason as ECS's service events do.
func lacks(reason string) string {
	switch reason {
	case "RESOURCE:CPU":
		return "has insufficient CPU units available"
	case "RESOURCE:MEMORY":
		return "has insufficient memory available"
	case "RESOURCE:PORTS":
		return "is already using a port required by your task"
	case "RESOURCE:GPU":
		return "has insufficient GPUs available"
	case "RESOURCE:ENI":
		return "has no network interface left (RESOURCE:ENI)"
	case "ATTRIBUTE":
		return "is missing an attribute required by your task"
	case "AGENT":
		return "encountered error \"AGENT\""
	case "NO ACTIVE INSTANCES", "EMPTY CAPACITY PROVIDER":
		return "does not exist: no container instances were found in the capacity provider"
	}
	return "encountered error \"" + reason + "\""
}
