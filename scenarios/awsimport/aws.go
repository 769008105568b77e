package awsimport

import (
	"encoding/json"
	"strings"
)

// The members that a scenario can use, by the names of the API models.
// Sources: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Types.html
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AutoScalingGroup.html
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroup.html

type cluster struct {
	ClusterArn                      string         `json:"clusterArn"`
	ClusterName                     string         `json:"clusterName"`
	Status                          string         `json:"status"`
	RegisteredContainerInstances    int64          `json:"registeredContainerInstancesCount"`
	RunningTasks                    int64          `json:"runningTasksCount"`
	PendingTasks                    int64          `json:"pendingTasksCount"`
	ActiveServices                  int64          `json:"activeServicesCount"`
	CapacityProviders               []string       `json:"capacityProviders"`
	DefaultCapacityProviderStrategy []strategyItem `json:"defaultCapacityProviderStrategy"`
}

type strategyItem struct {
	CapacityProvider string `json:"capacityProvider"`
	Weight           int64  `json:"weight"`
	Base             int64  `json:"base"`
}

type service struct {
	ServiceArn               string           `json:"serviceArn"`
	ServiceName              string           `json:"serviceName"`
	ClusterArn               string           `json:"clusterArn"`
	Status                   string           `json:"status"`
	DesiredCount             int64            `json:"desiredCount"`
	RunningCount             int64            `json:"runningCount"`
	PendingCount             int64            `json:"pendingCount"`
	LaunchType               string           `json:"launchType"`
	CapacityProviderStrategy []strategyItem   `json:"capacityProviderStrategy"`
	TaskDefinition           string           `json:"taskDefinition"`
	SchedulingStrategy       string           `json:"schedulingStrategy"`
	PlatformVersion          string           `json:"platformVersion"`
	LoadBalancers            []loadBalancer   `json:"loadBalancers"`
	DeploymentConfiguration  deploymentConfig `json:"deploymentConfiguration"`
	Deployments              []deployment     `json:"deployments"`
	TaskSets                 []any            `json:"taskSets"`
	PlacementConstraints     []typed          `json:"placementConstraints"`
	PlacementStrategy        []typed          `json:"placementStrategy"`
	HealthCheckGracePeriod   *int64           `json:"healthCheckGracePeriodSeconds"`
	DeploymentController     struct {
		Type string `json:"type"`
	} `json:"deploymentController"`
	NetworkConfiguration struct {
		Awsvpc struct {
			Subnets        []string `json:"subnets"`
			AssignPublicIP string   `json:"assignPublicIp"`
		} `json:"awsvpcConfiguration"`
	} `json:"networkConfiguration"`
	AvailabilityZoneRebalancing string `json:"availabilityZoneRebalancing"`
	ServiceRegistries           []any  `json:"serviceRegistries"`
}

type typed struct {
	Type       string `json:"type"`
	Field      string `json:"field"`
	Expression string `json:"expression"`
}

type loadBalancer struct {
	TargetGroupArn   string `json:"targetGroupArn"`
	LoadBalancerName string `json:"loadBalancerName"` // of a Classic one
	ContainerName    string `json:"containerName"`
	ContainerPort    int64  `json:"containerPort"`
}

type deploymentConfig struct {
	MinimumHealthyPercent *int64 `json:"minimumHealthyPercent"`
	MaximumPercent        *int64 `json:"maximumPercent"`
	Strategy              string `json:"strategy"`
	BakeTimeInMinutes     *int64 `json:"bakeTimeInMinutes"`
	CircuitBreaker        *struct {
		Enable   bool `json:"enable"`
		Rollback bool `json:"rollback"`
	} `json:"deploymentCircuitBreaker"`
	Linear *struct {
		StepPercent           float64 `json:"stepPercent"`
		StepBakeTimeInMinutes int64   `json:"stepBakeTimeInMinutes"`
	} `json:"linearConfiguration"`
	Canary *struct {
		CanaryPercent           float64 `json:"canaryPercent"`
		CanaryBakeTimeInMinutes int64   `json:"canaryBakeTimeInMinutes"`
	} `json:"canaryConfiguration"`
}

type deployment struct {
	Status         string `json:"status"`
	TaskDefinition string `json:"taskDefinition"`
	DesiredCount   int64  `json:"desiredCount"`
	RunningCount   int64  `json:"runningCount"`
	RolloutState   string `json:"rolloutState"`
}

type taskDefinition struct {
	TaskDefinitionArn string `json:"taskDefinitionArn"`
	Family            string `json:"family"`
	Revision          int64  `json:"revision"`
	raw               json.RawMessage
}

// id is "family:revision", as services name it behind the last slash.
func (t *taskDefinition) id() string { return last(t.TaskDefinitionArn) }

type capacityProvider struct {
	CapacityProviderArn      string `json:"capacityProviderArn"`
	Name                     string `json:"name"`
	Status                   string `json:"status"`
	AutoScalingGroupProvider *struct {
		AutoScalingGroupArn          string          `json:"autoScalingGroupArn"`
		ManagedScaling               *managedScaling `json:"managedScaling"`
		ManagedTerminationProtection string          `json:"managedTerminationProtection"`
		ManagedDraining              string          `json:"managedDraining"`
	} `json:"autoScalingGroupProvider"`
	ManagedInstancesProvider *struct {
		InstanceLaunchTemplate struct {
			InstanceRequirements *struct {
				VCPUCount            span     `json:"vCpuCount"`
				MemoryMiB            span     `json:"memoryMiB"`
				AllowedInstanceTypes []string `json:"allowedInstanceTypes"`
			} `json:"instanceRequirements"`
		} `json:"instanceLaunchTemplate"`
	} `json:"managedInstancesProvider"`
}

type span struct {
	Min int64 `json:"min"`
	Max int64 `json:"max"`
}

type managedScaling struct {
	Status                 string `json:"status"`
	TargetCapacity         *int64 `json:"targetCapacity"`
	MinimumScalingStepSize *int64 `json:"minimumScalingStepSize"`
	MaximumScalingStepSize *int64 `json:"maximumScalingStepSize"`
	InstanceWarmupPeriod   *int64 `json:"instanceWarmupPeriod"`
}

type group struct {
	Name                 string   `json:"AutoScalingGroupName"`
	ARN                  string   `json:"AutoScalingGroupARN"`
	MinSize              int64    `json:"MinSize"`
	MaxSize              int64    `json:"MaxSize"`
	DesiredCapacity      int64    `json:"DesiredCapacity"`
	AvailabilityZones    []string `json:"AvailabilityZones"`
	MixedInstancesPolicy *struct {
		LaunchTemplate struct {
			Overrides []struct {
				InstanceType         string `json:"InstanceType"`
				WeightedCapacity     string `json:"WeightedCapacity"`
				InstanceRequirements any    `json:"InstanceRequirements"`
			} `json:"Overrides"`
		} `json:"LaunchTemplate"`
		InstancesDistribution *struct {
			OnDemandBaseCapacity                *int64 `json:"OnDemandBaseCapacity"`
			OnDemandPercentageAboveBaseCapacity *int64 `json:"OnDemandPercentageAboveBaseCapacity"`
		} `json:"InstancesDistribution"`
	} `json:"MixedInstancesPolicy"`
	Instances []struct {
		InstanceType     string `json:"InstanceType"`
		AvailabilityZone string `json:"AvailabilityZone"`
		LifecycleState   string `json:"LifecycleState"`
	} `json:"Instances"`
	WarmPoolSize int64 `json:"WarmPoolSize"`
}

type targetGroup struct {
	ARN                string   `json:"TargetGroupArn"`
	Name               string   `json:"TargetGroupName"`
	Protocol           string   `json:"Protocol"`
	Port               int64    `json:"Port"`
	TargetType         string   `json:"TargetType"`
	LoadBalancerArns   []string `json:"LoadBalancerArns"`
	HealthCheckEnabled *bool    `json:"HealthCheckEnabled"`
	Interval           int64    `json:"HealthCheckIntervalSeconds"`
	Timeout            int64    `json:"HealthCheckTimeoutSeconds"`
	HealthyThreshold   int64    `json:"HealthyThresholdCount"`
	UnhealthyThreshold int64    `json:"UnhealthyThresholdCount"`
}

// kind is the load balancer's, by its ARN: .../loadbalancer/app/NAME/ID.
// Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/load-balancer-authentication-access-control.html
func (t *targetGroup) kind() string {
	for _, arn := range t.LoadBalancerArns {
		switch {
		case strings.Contains(arn, ":loadbalancer/app/"):
			return "application"
		case strings.Contains(arn, ":loadbalancer/net/"):
			return "network"
		case strings.Contains(arn, ":loadbalancer/gwy/"):
			return "gateway"
		}
	}
	switch t.Protocol { // of a group without a load balancer yet
	case "HTTP", "HTTPS":
		return "application"
	case "GENEVE":
		return "gateway"
	}
	return "network"
}

// group is the name of the target group, from its ARN: .../targetgroup/NAME/ID.
func (l *loadBalancer) group() string {
	if f := strings.Split(l.TargetGroupArn, "/"); len(f) == 3 {
		return f[1]
	}
	return l.TargetGroupArn
}

// last is what follows the last slash of an ARN, or all of a bare name.
func last(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// regionOf is the fourth field of an ARN, "" of a bare name.
func regionOf(arn string) string {
	if f := strings.SplitN(arn, ":", 6); len(f) == 6 && f[0] == "arn" {
		return f[3]
	}
	return ""
}
