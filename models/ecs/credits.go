package ecs

import (
	"ecsim/models/billing"
	"ecsim/models/catalog"
	"ecsim/sim"
	"ecsim/workloads/units"
)

// burst is how a burstable instance type earns CPU credits. A credit is one
// vCPU at full speed for a minute; amounts are vCPU-ns.
// Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-credits-baseline-concepts.html
type burst struct {
	earn int64 // 1/1024 CPU units earned all the time: the baseline of the whole instance
	bank int64 // vCPU-ns: the most credits kept, and the most owed without charge: a day's earnings
}

// newBurst is nil for types that are not burstable.
func newBurst(t *catalog.InstanceType) *burst {
	if !t.Burstable {
		return nil
	}
	perHour := int64(t.CreditsPerHour*60+0.5) * int64(sim.Second) // vCPU-ns
	return &burst{earn: perHour * int64(units.VCPU) * rateScale / int64(sim.Hour), bank: 24 * perHour}
}

// accrue brings a burstable instance's credits up to now. The instance is in
// unlimited mode, the default of T3, T3a and T4g: it always runs at full speed;
// beyond its bank it owes credits, up to a day's earnings without charge, which
// later earnings repay; what it owes beyond that is charged.
// Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-unlimited-mode-concepts.html
func (c *Cluster) accrue(in *instance, now sim.Time) {
	b := in.machine.burst
	if b == nil || now == in.creditsAt {
		return
	}
	span := int64(now - in.creditsAt)
	in.creditsAt = now
	// Rates are 2^20 to a vCPU; a whole instance's for a year stays in 64 bits.
	const perVCPU = int64(units.VCPU) * rateScale
	net := b.earn - in.used
	in.credits += net/perVCPU*span + net%perVCPU*(span/perVCPU) + net%perVCPU*(span%perVCPU)/perVCPU
	in.credits = min(in.credits, b.bank)
	if owed := -b.bank - in.credits; owed > 0 {
		c.chargeSurplus(in, now, owed)
		in.credits = -b.bank
	}
}

// settleCredits charges what an instance owes when it ends. The end of the
// window counts as an end, or a window would cost less than the work in it.
func (c *Cluster) settleCredits(in *instance, now sim.Time) {
	if in.machine.burst == nil {
		return
	}
	c.accrue(in, now)
	if in.credits < 0 {
		c.chargeSurplus(in, now, -in.credits)
		in.credits = 0
	}
}

func (c *Cluster) chargeSurplus(in *instance, now sim.Time, owed int64) {
	in.surplus += owed
	// The meter counts CPU unit-seconds; what is less waits.
	const perCount = int64(sim.Second) / int64(units.VCPU)
	if n := in.surplus / perCount; n > 0 {
		in.surplus -= n * perCount
		m := c.poolOf(in.provider).meter(in.machine, in.option, in.zone)
		c.ledger.Point(m.surplus, -1, now-1, n) // used up to now, not from now on
	}
}

// surplusMeter is the meter of t's surplus credits, 0 if it has none.
func (c *Cluster) surplusMeter(m *machine, instance billing.MeterID) billing.MeterID {
	if m.burst == nil {
		return 0
	}
	return c.ledger.Meter(billing.SurplusCredits(m.family, c.cfg.Region, instance))
}
