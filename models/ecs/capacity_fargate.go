package ecs

import (
	"fmt"
	"slices"

	"ecsim/models/billing"
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads/units"
)

// FargateName and FargateSpotName are the reserved capacity providers.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
const (
	FargateName     = "FARGATE"
	FargateSpotName = "FARGATE_SPOT"
)

var _ = RegisterKind(Kind{
	Name:          FargateName,
	Doc:           "AWS Fargate: each task on a machine of its own, sizes from a grid, no image cache",
	Source:        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html",
	Family:        "Fargate",
	Reserved:      true,
	NetworkModes:  []string{"awsvpc"},
	LoadBalancers: fargateBalancers,
	New:           newFargate(billing.OnDemand),
})

var _ = RegisterKind(Kind{
	Name:          FargateSpotName,
	Doc:           "Fargate Spot: spare capacity at a moving price; interruptions are not modelled yet, so its price is a price only",
	Source:        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html",
	Family:        "Fargate",
	Reserved:      true,
	NetworkModes:  []string{"awsvpc"},
	LoadBalancers: fargateBalancers,
	New:           newFargate(billing.Spot),
})

// fargateSize is a need rounded up to the grid.
type fargateSize struct {
	cpu     units.CPU
	memory  units.MiB
	storage units.MiB // beyond the free 20 GB
	image   units.Bytes
	lazy    bool // every image has a SOCI index
}

// fargate is FARGATE or FARGATE_SPOT in one cluster.
type fargate struct {
	c        *Cluster
	idx      int32
	option   billing.Option
	cpuMeter [2]billing.MeterID // by architecture: x86, arm
	memMeter [2]billing.MeterID
	storage  billing.MeterID
	ipv4     billing.MeterID
	tokens   bucket
	placed   int64
	held     sim.Level // CPU units held
}

func newFargate(option billing.Option) func(*Cluster, int32, ProviderConfig) (Provider, error) {
	return func(c *Cluster, idx int32, cfg ProviderConfig) (Provider, error) {
		f := &fargate{c: c, idx: idx, option: option,
			tokens: newBucket(c.cfg.Fargate.LaunchBurst, c.cfg.Fargate.LaunchRate)}
		return f, nil
	}
}

func archIndex(arm bool) (int, string) {
	if arm {
		return 1, "arm"
	}
	return 0, "x86"
}

// Resolve adds the daemons' sidecars and rounds up to the grid.
func (f *fargate) Resolve(n *need, w *workload) string {
	if w.cfg.Kind == Daemon {
		return "daemons do not run on Fargate; they are sidecars there"
	}
	if n.shape.GPU > 0 {
		return fmt.Sprintf("Fargate has no GPUs; the task asks for %d", n.shape.GPU)
	}
	for _, p := range w.cfg.Constraints {
		return fmt.Sprintf("Fargate allows no placement constraints; the workload has %q", p)
	}
	if len(w.cfg.Placement) > 0 {
		// Strategies are a wish, constraints are a must: the former are not
		// used on Fargate, which spreads tasks over zones by itself.
		f.c.note(result.Rule, "", "placement strategies do not apply on Fargate, which spreads tasks over the subnets' zones",
			"https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-strategies.html")
	}
	s := &n.size[f.idx]
	cpu, memory := n.shape.CPU, n.shape.Memory
	s.image, s.lazy = n.images.bytes, n.images.lazy
	for i := range f.c.workloads {
		if d := &f.c.workloads[i].cfg; d.Kind == Daemon && d.Sidecar.Memory > 0 {
			cpu += d.Sidecar.CPU
			memory += d.Sidecar.Memory
			s.image += f.c.workloads[i].images.bytes
			s.lazy = s.lazy && f.c.workloads[i].images.lazy
		}
	}
	var err error
	if s.cpu, s.memory, err = FargateSize(cpu, memory); err != nil {
		return err.Error()
	}
	if f.c.cfg.Fargate.RefuseOffGrid && !OnFargateGrid(cpu, memory) {
		return fmt.Sprintf("%v and %v is not a Fargate task size (%s); use fargate.size = \"round-up\", which would make it %v and %v",
			cpu, memory, FargateMemoryFor(cpu), s.cpu, s.memory)
	}
	if plain, plainMemory, err := FargateSize(n.shape.CPU, n.shape.Memory); err == nil && (plain < s.cpu || plainMemory < s.memory) && w.cfg.Kind != Batch {
		f.c.note(result.Warning, w.cfg.Name, fmt.Sprintf("daemons as sidecars lift its Fargate size from %v, %v to %v, %v", plain, plainMemory, s.cpu, s.memory), "")
	}
	s.storage = max(0, units.MiB(w.cfg.EphemeralGiB)*units.GiB-billing.FargateFreeStorage)
	// Meters are made here, not at the first task, so that their order does
	// not depend on the order of events.
	i, arch := archIndex(w.cfg.ARM64)
	if f.cpuMeter[i] == 0 {
		f.cpuMeter[i] = f.c.ledger.Meter(billing.FargateCPU(arch, f.c.cfg.Region, f.option))
		f.memMeter[i] = f.c.ledger.Meter(billing.FargateMemory(arch, f.c.cfg.Region, f.option))
	}
	if s.storage > 0 && f.storage == 0 {
		f.storage = f.c.ledger.Meter(billing.FargateStorage(f.c.cfg.Region))
	}
	if f.c.cfg.Fargate.AssignPublicIP && f.ipv4 == 0 {
		f.ipv4 = f.c.ledger.Meter(billing.PublicIPv4(f.c.cfg.Region, 0))
	}
	return ""
}

// Place always finds room; a launch beyond the account's rate waits its turn.
// What runs since before a steady start was launched at another time.
func (f *fargate) Place(id TaskID, now sim.Time) {
	t := &f.c.tasks[id]
	if f.c.opening {
		f.launch(id, now)
		return
	}
	if at := f.tokens.take(now); at > now {
		f.c.hold(t, now)
		t.state = stateOutside
		f.c.schedule(id, at, sim.ClassArrival, evLaunch)
		return
	}
	f.launch(id, now)
}

func (f *fargate) launch(id TaskID, now sim.Time) {
	c := f.c
	t := &c.tasks[id]
	t.inst = -1
	t.queued = now
	n := &c.needs[t.need]
	w := &c.workloads[n.w]
	s := &n.size[f.idx]
	f.placed++
	f.hold(now, s, 1)
	if c.opening {
		c.begin(id, now, offsets{})
		return
	}
	o := offsets{
		provision: sim.Time(c.cfg.Stages.FargateProvisioning.Quantile(c.sim.Uniform(purposeProvision, t.entity, uint64(t.attempts)))),
		pull:      f.pullTime(s),
	}
	if f.mayRefuse(n) {
		c.take(id, now)
		t.pull = now + o.provision
		c.schedule(id, t.pull, sim.ClassState, evPull)
		return
	}
	w.pull(c, now+o.provision, s.image)
	c.begin(id, now, o)
}

// pullTime is how long a task of size s pulls its images. There is no image
// cache: every task pulls all of them.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-pull-behavior.html
func (f *fargate) pullTime(s *fargateSize) sim.Time {
	st := &f.c.cfg.Stages
	pull := perMB(st.FargatePullPerMB, s.image)
	// With a SOCI index of every image containers start before all is there;
	// without one of any, all are pulled in full.
	// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-considerations.html
	if s.lazy {
		pull = sim.Time(st.FargateSOCI.Of(int64(pull)))
	}
	return pull + st.FargatePull
}

// mayRefuse tells whether a pull of the need's tasks can fail, those of the
// daemons beside them included.
func (f *fargate) mayRefuse(n *need) bool {
	for _, i := range f.imagesOf(n) {
		if f.c.mayRefuse(&f.c.images[i]) {
			return true
		}
	}
	return false
}

// imagesOf lists the images of a task of n and of its sidecars.
func (f *fargate) imagesOf(n *need) []int32 {
	all := slices.Clip(n.images.list) // never written to: an append copies
	for i := range f.c.workloads {
		if d := &f.c.workloads[i]; d.cfg.Kind == Daemon && d.cfg.Sidecar.Memory > 0 {
			all = append(all, d.images.list...)
		}
	}
	return all
}

// pull begins the pulls of a task, all of which must do. Assumed: one that
// fails takes as long to give up as an agent of one's own does.
func (f *fargate) pull(id TaskID, now sim.Time) {
	c := f.c
	t := &c.tasks[id]
	n := &c.needs[t.need]
	w := &c.workloads[n.w]
	s := &n.size[f.idx]
	for k, i := range f.imagesOf(n) {
		if why := c.ask(t, k, i, now); why != pullFine {
			t.fault = why
			c.schedule(id, now+c.cfg.Stages.PullFailure, sim.ClassState, evCannotPull)
			return
		}
	}
	pull := f.pullTime(s)
	w.pull(c, now, s.image)
	w.stages[result.StageENI].note(c, now, now-t.placed)
	w.stages[result.StagePull].note(c, now, pull)
	w.stages[result.StageStart].note(c, now, 0)
	c.schedule(id, now+pull, sim.ClassState, evRunning)
}

func (f *fargate) hold(now sim.Time, s *fargateSize, sign int64) {
	f.held.Add(now, sign*int64(s.cpu))
	f.c.capacityCPU.Add(now, sign*int64(s.cpu))
	f.c.capacityMemory.Add(now, sign*int64(s.memory))
}

// running gives the task its CPU: the rounded size is a hard cap.
func (f *fargate) running(id TaskID, now sim.Time) {
	c := f.c
	t := &c.tasks[id]
	n := &c.needs[t.need]
	size := int64(n.size[f.idx].cpu) * rateScale
	if t.elastic {
		if t.cap == 0 || t.cap > size {
			t.cap = size
		}
	}
	t.cap = min(t.cap, size)
	t.since = now
	c.setRate(id, t.cap, now)
}

// Release does nothing: a Fargate task's machine is its own until STOPPED.
func (f *fargate) Release(TaskID, sim.Time) {}

// Deprovisioning detaches the task's network interface.
func (f *fargate) Deprovisioning(*need) sim.Time { return f.c.cfg.Stages.Deprovisioning }

// Stopped bills the task from the start of its image pull to STOPPED, in whole
// seconds, a minute at least.
// Source: https://aws.amazon.com/fargate/pricing/
func (f *fargate) Stopped(id TaskID, now sim.Time) {
	t := &f.c.tasks[id]
	n := &f.c.needs[t.need]
	s := &n.size[f.idx]
	f.hold(now, s, -1)
	f.bill(t, n, now)
}

func (f *fargate) bill(t *task, n *need, now sim.Time) {
	if now <= t.pull {
		return // stopped before its image pull began: nothing to pay
	}
	c := f.c
	s := &n.size[f.idx]
	w := int(n.w)
	secs := billing.BilledSeconds(now-t.pull, 60)
	arch, _ := archIndex(c.workloads[w].cfg.ARM64)
	c.ledger.Span(f.cpuMeter[arch], w, t.pull, secs, int64(s.cpu))
	c.ledger.Span(f.memMeter[arch], w, t.pull, secs, int64(s.memory))
	if s.storage > 0 {
		c.ledger.Span(f.storage, w, t.pull, secs, int64(s.storage))
	}
	if f.ipv4 != 0 {
		c.ledger.Span(f.ipv4, w, t.pull, secs, 1)
	}
}

// Start does nothing.
func (f *fargate) Start(sim.Time) {}

// Grow is never asked: Fargate has no size of its own.
func (f *fargate) Grow(*need, sim.Time) string { return "has no size of its own" }

// Opened does nothing.
func (f *fargate) Opened(sim.Time) {}

// Finish bills the tasks that still run.
func (f *fargate) Finish(now sim.Time) {
	for i := range f.c.tasks {
		t := &f.c.tasks[i]
		if t.state >= stateStarting && t.provider == f.idx {
			f.bill(t, &f.c.needs[t.need], now)
		}
	}
}

// Report says how much was held.
func (f *fargate) Report(now sim.Time, into *result.Provider) {
	into.Spot = f.option == billing.Spot
	into.Tasks = f.placed
	into.PeakVCPU = units.CPU(f.held.Max()).VCPUs()
}

// bucket is a token bucket in virtual time (the generic cell rate algorithm):
// burst launches at once, then one every interval.
type bucket struct {
	interval, tolerance, theoretical sim.Time
}

func newBucket(burst, perSecond int64) bucket {
	interval := sim.Second / sim.Time(perSecond)
	return bucket{interval: interval, tolerance: interval * sim.Time(burst-1)}
}

// take returns when a launch asked for now may happen.
func (b *bucket) take(now sim.Time) sim.Time {
	at := max(now, b.theoretical-b.tolerance)
	b.theoretical = max(b.theoretical, at) + b.interval
	return at
}

// perMB scales a span per megabyte to a size.
func perMB(span sim.Time, size units.Bytes) sim.Time {
	return sim.Time(int64(span) / 1000 * int64(size) / int64(units.KB))
}
