package simtest

// Churn is W-CHURN: tasks that come at random, take 1, 2, 4 or 8 vCPU and 2 to
// 32 GiB, and stay for an exponential time, on equal hosts of ChurnVCPU and
// ChurnMiB. Placement at arrival is best fit by remaining vCPU, ties to the
// lowest host; what does not fit waits, and each release tries the waiting in
// order of arrival. The sequence of hosts chosen hashes to a known value, so a
// speed counts only if the work was right.
type Churn struct {
	PerSecond float64 // arrivals
	Stay      float64 // mean stay in seconds
	Left      int64   // tasks to come
	rng       SplitMix
	at        float64
}

// Hosts of W-CHURN.
const (
	ChurnVCPU = 64
	ChurnMiB  = 262_144
)

// ChurnTask is one task of the law; times are nanoseconds.
type ChurnTask struct {
	At, Run   int64
	VCPU, MiB int64
}

// NewChurn is the law of so many tasks, seed 42.
func NewChurn(tasks int64, perSecond, stay float64) *Churn {
	return &Churn{PerSecond: perSecond, Stay: stay, Left: tasks, rng: 42}
}

// Next draws the next task, in the order gap, vCPU, memory, stay; false at the
// end.
func (c *Churn) Next(t *ChurnTask) bool {
	if c.Left == 0 {
		return false
	}
	c.Left--
	c.at += c.rng.Exp() / c.PerSecond
	t.At = int64(c.at * 1e9)
	t.VCPU = 1 << (c.rng.Next() >> 62)
	t.MiB = 2048 << (c.rng.Next() % 5)
	t.Run = int64(c.rng.Exp() * c.Stay * 1e9)
	return true
}

// Decisions hashes the hosts chosen, in order.
type Decisions uint64

// NewDecisions is the hash of none.
const NewDecisions Decisions = 1469598103934665603

// Add takes up the host of the next placement.
func (d *Decisions) Add(host uint64) { *d = (*d ^ Decisions(host)) * 1099511628211 }

// Decision hashes of best fit on 1,000 hosts.
const (
	ChurnSmall Decisions = 0x056c50828238d8e7 // 2,000 tasks, 10 a second, 1,450 s
	ChurnFull  Decisions = 0x52256085f9373ef0 // 100,000 tasks, the same
	ChurnMonth Decisions = 0x2995f5519eddf16c // 2,592,000 tasks, 1 a second, 14,500 s
)
