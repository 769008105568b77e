package ecs

import "ecsim/models/elb"

// BalancerRow is one way in which tasks on a capacity kind may stand behind a
// load balancer; what no row of the kind allows, AWS refuses.
type BalancerRow struct {
	Type        elb.Type
	NetworkMode string
	// TargetType of its target groups; "" on a Classic Load Balancer.
	TargetType string
	// FixedPort wants a host port given in the task definition: a Classic Load
	// Balancer sends to one port of every instance.
	FixedPort bool
}

// Rows of the capacity kinds.
// Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-load-balancing.html,
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/load-balancer-types.html
var (
	// instanceBalancers are those of EC2 instances that a user manages.
	instanceBalancers = []BalancerRow{
		{elb.Application, "bridge", elb.Instance, false},
		{elb.Application, "host", elb.Instance, false},
		{elb.Application, "awsvpc", elb.IP, false},
		{elb.Network, "bridge", elb.Instance, false},
		{elb.Network, "host", elb.Instance, false},
		{elb.Network, "awsvpc", elb.IP, false},
		{elb.Classic, "bridge", "", true},
		{elb.Classic, "host", "", true},
	}
	// fargateBalancers: each task has a network interface of its own.
	fargateBalancers = []BalancerRow{
		{elb.Application, "awsvpc", elb.IP, false},
		{elb.Network, "awsvpc", elb.IP, false},
	}
	// managedBalancers. Assumed for host: as on EC2; AWS documents awsvpc.
	managedBalancers = []BalancerRow{
		{elb.Application, "awsvpc", elb.IP, false},
		{elb.Network, "awsvpc", elb.IP, false},
		{elb.Application, "host", elb.Instance, false},
		{elb.Network, "host", elb.Instance, false},
	}
)
