// Package billing turns what a simulation uses into a bill.
//
// A run records usage in a Ledger: integer cells of (clock hour, meter,
// workload), so that a bill needs the same memory for ten tasks and for ten
// million. Afterwards Ledger.Rate prices every hour: Spot by the price in
// force, then Reserved Instances, EC2 Instance Savings Plans and Compute
// Savings Plans in AWS's order, the rest on demand. A Bill is the exact sum of
// its lines, and of what its workloads are charged plus what lies idle.
//
// Amounts are integer nanodollars. Each meter's clock hour is priced once,
// rounded half up to a nanodollar; every later division of that amount (among
// workloads, plans, instances' tenants) hands out exactly what there is.
package billing

import (
	"fmt"

	"ecsim/workloads/units"
)

// Option is how capacity is bought.
type Option uint8

// The purchase options. None is for what has no such choice: storage,
// network, fees.
const (
	None Option = iota
	OnDemand
	Spot
)

// String is the name used in files: "on-demand", "spot", "" for None.
func (o Option) String() string {
	switch o {
	case OnDemand:
		return "on-demand"
	case Spot:
		return "spot"
	}
	return ""
}

// Class groups meters in reports, and tells what a commitment can cover: EC2
// instances, Fargate and Lambda compute bought on demand.
// Source: https://docs.aws.amazon.com/savingsplans/latest/userguide/what-is-savings-plans.html
type Class uint8

// The classes, in the order in which reports stack them.
const (
	EC2Instance  Class = iota // instance-hours of every purchase option
	Fargate                   // vCPU-hours and GB-hours of tasks
	Lambda                    // duration and requests
	Fee                       // management fees, surplus CPU credits
	Storage                   // EBS volumes, ephemeral storage beyond what is free
	LoadBalancer              // hours and capacity units
	Network                   // addresses, gateways, endpoints by the hour
	Transfer                  // bytes moved
	Commitment                // what a Savings Plan or Reserved Instance cost unused
	Other                     // the scenario's own lines
	numClasses
)

var classNames = [numClasses]string{"ec2", "fargate", "lambda", "fee", "storage",
	"load-balancer", "network", "transfer", "unused-commitment", "other"}

// String is the name used in files and legends.
func (c Class) String() string {
	if c >= numClasses {
		return fmt.Sprintf("class(%d)", uint8(c))
	}
	return classNames[c]
}

// Classes lists all classes in report order.
func Classes() []Class {
	all := make([]Class, numClasses)
	for i := range all {
		all[i] = Class(i)
	}
	return all
}

// Unit is what a price is quoted for. It also fixes what the ledger counts:
// see the constants.
type Unit string

// The units, with what Span or Point records for them.
const (
	InstanceHour Unit = "instance-hour" // Span of instances
	Hour         Unit = "hour"          // Span of addresses, gateways, load balancers
	VCPUHour     Unit = "vCPU-hour"     // Span of CPU units (1/1024 vCPU)
	GBHour       Unit = "GB-hour"       // Span of MiB; a GB is 1024 MiB on Fargate's price page
	GBMonth      Unit = "GB-month"      // Span of GiB; a month is Terms.Month
	IOPSMonth    Unit = "IOPS-month"    // Span of provisioned IOPS
	MiBpsMonth   Unit = "MiBps-month"   // Span of provisioned MiB/s
	LCUHour      Unit = "LCU-hour"      // Span of millionths of a capacity unit
	GB           Unit = "GB"            // Point of bytes; 10^9 bytes, as units.Bytes counts
	Request      Unit = "request"       // Point of requests
	GBSecond     Unit = "GB-second"     // Point of MiB x ms (Lambda bills by the millisecond)
)

// unitScale says how many recorded counts make one unit: per x (hours of the
// month when monthly).
var unitScale = map[Unit]struct {
	per     uint64
	monthly bool
}{
	InstanceHour: {per: 3600},
	Hour:         {per: 3600},
	VCPUHour:     {per: 3600 * uint64(units.VCPU)},
	GBHour:       {per: 3600 * uint64(units.GiB)},
	GBMonth:      {per: 3600, monthly: true},
	IOPSMonth:    {per: 3600, monthly: true},
	MiBpsMonth:   {per: 3600, monthly: true},
	LCUHour:      {per: 3600 * uint64(units.One)},
	GB:           {per: uint64(units.GB)},
	Request:      {per: 1},
	GBSecond:     {per: 1000 * uint64(units.GiB)},
}

// Meter is one thing that AWS charges for: an SKU bought in one way in one
// zone. Two equal meters are the same meter. The constructors (Instance,
// FargateCPU, ...) fill in names and units that agree with the catalogue.
type Meter struct {
	// SKU names the price, and the key by which a scenario overrides it:
	// "ec2.m6a.2xlarge.on_demand", "fargate.x86.vcpu_hour".
	SKU    string
	Class  Class
	Option Option
	Region string // "us-east-1"
	Zone   string // "" where the price and the use do not depend on the zone
	// InstanceType is set on instance meters and on fees that follow an
	// instance's price.
	InstanceType string
	Unit         Unit
	// SplitWeight is what one instance offers to the tasks on it, in 9 x CPU
	// units + MiB registered with ECS; 0 on what is not an instance. AWS's
	// split cost allocation counts a vCPU as nine GB.
	// Source: https://docs.aws.amazon.com/cur/latest/userguide/split-cost-allocation-data.html
	SplitWeight int64
	// SplitWith names the instance meter whose tenants share this meter's
	// cost, for example of a root volume; 0 leaves it idle.
	SplitWith MeterID
}

// MeterID names a meter within its ledger. The zero MeterID names none.
type MeterID int32
