package billing

import (
	"strings"

	"ecsim/workloads/units"
)

// SplitWeight returns what a task's reservation, or an instance's registered
// capacity, weighs when an instance's cost is split: 9 x CPU units + MiB.
func SplitWeight(cpu units.CPU, memory units.MiB) int64 { return 9*int64(cpu) + int64(memory) }

// Instance is the meter of EC2 instances of one type in one zone. weight is
// SplitWeight of the registered capacity. Count: instances.
func Instance(instanceType, region, zone string, option Option, weight int64) Meter {
	sku := "ec2." + instanceType + ".on_demand"
	if option == Spot {
		sku = "ec2." + instanceType + ".spot"
	}
	return Meter{SKU: sku, Class: EC2Instance, Option: option, Region: region, Zone: zone,
		InstanceType: instanceType, Unit: InstanceHour, SplitWeight: weight}
}

// ManagementFee is the meter of the ECS Managed Instances fee on one instance
// type: a share of the on-demand price per instance-hour, whatever option the
// instance is bought in and whatever commitment covers it. Count: instances.
// Source: https://aws.amazon.com/ecs/managed-instances/pricing/
func ManagementFee(instanceType, region string, gpu bool, instance MeterID) Meter {
	sku := "managed_instances.fee.default"
	if gpu {
		sku = "managed_instances.fee.gpu"
	}
	return Meter{SKU: sku, Class: Fee, Region: region, InstanceType: instanceType, Unit: InstanceHour, SplitWith: instance}
}

// isShareOfOnDemand tells meters whose rate is a share of their instance
// type's on-demand price.
func (m *Meter) isShareOfOnDemand() bool {
	return strings.HasPrefix(m.SKU, "managed_instances.fee.")
}

// FargateCPU is the meter of Fargate vCPU-hours. arch is "x86", "arm" or
// "windows". Count: CPU units of the task size.
// Source: https://aws.amazon.com/fargate/pricing/
func FargateCPU(arch, region string, option Option) Meter {
	return Meter{SKU: fargateSKU(arch, option) + ".vcpu_hour", Class: Fargate, Option: option, Region: region, Unit: VCPUHour}
}

// FargateMemory is the meter of Fargate GB-hours. Count: MiB of the task size.
func FargateMemory(arch, region string, option Option) Meter {
	return Meter{SKU: fargateSKU(arch, option) + ".gb_hour", Class: Fargate, Option: option, Region: region, Unit: GBHour}
}

// FargateWindowsLicense is the meter of the Windows licence per vCPU-hour on
// Fargate, beside FargateCPU. Count: CPU units of the task size.
func FargateWindowsLicense(region string) Meter {
	return Meter{SKU: "fargate.windows.os_vcpu_hour", Class: Fee, Region: region, Unit: VCPUHour}
}

// FargateFreeStorage is the ephemeral storage, in MiB, that a Fargate task has
// without charge: 20 GB.
// Source: https://aws.amazon.com/fargate/pricing/
const FargateFreeStorage = 20 * units.GiB

// FargateStorage is the meter of Fargate ephemeral storage beyond
// FargateFreeStorage. Count: the MiB beyond.
func FargateStorage(region string) Meter {
	return Meter{SKU: "fargate.ephemeral.gb_hour", Class: Storage, Region: region, Unit: GBHour}
}

func fargateSKU(arch string, option Option) string {
	if option == Spot {
		return "fargate.spot." + arch
	}
	return "fargate." + arch
}

// Volume is the meter of EBS storage of one kind ("gp3"). instance is the
// instance meter whose tenants share the cost, 0 for none. Count: GiB.
// Source: https://aws.amazon.com/ebs/pricing/
func Volume(kind, region string, instance MeterID) Meter {
	return Meter{SKU: "ebs." + kind + ".gb_month", Class: Storage, Region: region, Unit: GBMonth, SplitWith: instance}
}

// PublicIPv4 is the meter of public IPv4 addresses. instance is the instance
// meter whose tenants share the cost, 0 for none. Count: addresses.
// Source: https://aws.amazon.com/vpc/pricing/
func PublicIPv4(region string, instance MeterID) Meter {
	return Meter{SKU: "vpc.public_ipv4.hour", Class: Network, Region: region, Unit: Hour, SplitWith: instance}
}

const imagePullSKU = "image_pull.gb"

// ImagePull is the meter of image bytes pulled; Terms.ImagePullPath decides
// the price. Count: bytes.
func ImagePull(region string) Meter {
	return Meter{SKU: imagePullSKU, Class: Transfer, Region: region, Unit: GB}
}

// VolumeIOPS is the meter of IOPS provisioned on EBS volumes of one kind,
// beyond what is free (3,000 of a gp3 volume). Count: IOPS.
func VolumeIOPS(kind, region string, instance MeterID) Meter {
	return Meter{SKU: "ebs." + kind + ".iops_month", Class: Storage, Region: region, Unit: IOPSMonth, SplitWith: instance}
}

// VolumeThroughput is the meter of throughput provisioned on EBS volumes of
// one kind, beyond what is free (125 MiB/s of a gp3 volume). Count: MiB/s.
func VolumeThroughput(kind, region string, instance MeterID) Meter {
	return Meter{SKU: "ebs." + kind + ".throughput_month", Class: Storage, Region: region, Unit: MiBpsMonth, SplitWith: instance}
}

// SurplusCredits is the meter of CPU credits that burstable instances of one
// family ("t3") on Linux spent beyond what they earn; 60 credits are a
// vCPU-hour. No plan lowers it. Record it with Point, in CPU units x seconds:
// SurplusCreditCount for each credit.
// Source: https://aws.amazon.com/ec2/pricing/on-demand/
func SurplusCredits(family, region string, instance MeterID) Meter {
	return Meter{SKU: "ec2.surplus_credits." + family + ".linux.vcpu_hour", Class: Fee, Region: region, Unit: VCPUHour, SplitWith: instance}
}

// SurplusCreditCount is what one CPU credit, a vCPU at full speed for a
// minute, counts on a SurplusCredits meter.
const SurplusCreditCount = 60 * int64(units.VCPU)

// ExternalInstance is the meter of instances registered through ECS Anywhere,
// at least an hour each. Count: instances.
// Source: https://aws.amazon.com/ecs/anywhere/pricing/
func ExternalInstance(region string) Meter {
	return Meter{SKU: "ecs_anywhere.instance_hour", Class: Fee, Region: region, Unit: InstanceHour}
}

// LoadBalancerHours is the meter of load balancers of a kind ("alb", "nlb");
// a started hour is a whole one, which the caller rounds. Count: load
// balancers.
// Source: https://aws.amazon.com/elasticloadbalancing/pricing/
func LoadBalancerHours(kind, region string) Meter {
	return Meter{SKU: "elb." + kind + ".hour", Class: LoadBalancer, Region: region, Unit: Hour}
}

// LoadBalancerUnits is the meter of an ALB's LCUs or an NLB's NLCUs. Count:
// millionths of a unit, the highest of the unit's dimensions over the hour.
func LoadBalancerUnits(kind, region string) Meter {
	unit := "lcu"
	if kind == "nlb" {
		unit = "nlcu"
	}
	return Meter{SKU: "elb." + kind + "." + unit + "_hour", Class: LoadBalancer, Region: region, Unit: LCUHour}
}

// CrossZone is the meter of bytes sent from one zone to another; both the
// sender and the receiver pay, so record the bytes twice.
// Source: https://aws.amazon.com/ec2/pricing/on-demand/#Data_Transfer
func CrossZone(region string) Meter {
	return Meter{SKU: "data.cross_az.gb", Class: Transfer, Region: region, Unit: GB}
}

// LambdaDuration is the meter of Lambda functions on demand. arch is "x86" or
// "arm". Count: MiB of memory x milliseconds.
// Source: https://aws.amazon.com/lambda/pricing/
func LambdaDuration(arch, region string) Meter {
	return Meter{SKU: "lambda." + arch + ".gb_second", Class: Lambda, Option: OnDemand, Region: region, Unit: GBSecond}
}

// LambdaRequests is the meter of Lambda requests. Count: requests.
func LambdaRequests(region string) Meter {
	return Meter{SKU: "lambda.request", Class: Lambda, Option: OnDemand, Region: region, Unit: Request}
}
