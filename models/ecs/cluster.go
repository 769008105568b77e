package ecs

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"ecsim/models/billing"
	"ecsim/models/ecs/placement"
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads/units"
)

// Purposes of the keyed draws about the world.
var (
	purposeProvision = sim.NewPurpose("ecs/fargate-provisioning")
	purposeENI       = sim.NewPurpose("ecs/eni")
	purposeStart     = sim.NewPurpose("ecs/start")
	purposeBoot      = sim.NewPurpose("ecs/boot")
	purposeUse       = sim.NewPurpose("ecs/use")

	entityProvider = sim.NewEntity("ecs/provider")
)

// Cluster is one ECS cluster in one simulation. Make it with New, Start it,
// Submit work as it arrives, Close it at the end of the window, Finish it.
type Cluster struct {
	cfg    Config
	sim    *sim.Simulation
	ledger *billing.Ledger
	fleet  *placement.Fleet

	workloads []workload
	providers []Provider
	pools     []*pool // per provider, nil where it owns no instances
	queues    []bool  // per provider: tasks without room wait in PROVISIONING
	scheduler placement.Scheduler
	needs     []need
	needIndex [][]int32
	images    []image
	sets      []*deployment // of services, by index
	gaps      []gap         // instances that lack a daemon
	balancing []*service    // that balance zones
	victims   []TaskID      // scratch
	hosts     []placement.Host
	dynamic   bool // some constraint reads what runs where, or a custom scheduler picks

	tasks         []task
	targets       []taskTargets // by task slot, as far as any was registered
	balancers     []balancer
	free          []TaskID
	instances     []instance
	freeInstances []int32
	byHost        []int32
	share         []sharer

	classes      []class
	active       []int32
	lines        []line // per provider
	waiting      int64  // in a class's line
	provisioning int64
	outside      []TaskID
	outsideHead  int
	admitting    bool
	retrying     bool    // retryDynamic is at work
	retries      []int32 // and the classes it tries
	seq          uint64

	placements    uint64
	fingerprint   sim.Fingerprint
	daemonGaps    int64
	activities    []result.Activity
	deployments   []result.Deployment
	notes         []result.Note
	noted         map[string]bool
	pullMeter     billing.MeterID
	imagesDeleted int64
	pullFailures  []pullFailure
	hubZones      []pullWindow // at Docker Hub, by the address of a zone's NAT gateway
	upstream      pullWindow   // at Docker Hub, of the account

	demandCPU, capacityCPU, reservedCPU, usedCPU *sim.Series // usedCPU in 1/1024 units
	demandMemory, capacityMemory, reservedMemory *sim.Series
	waitingSeries                                *sim.Series
	worst                                        result.Snapshot
	worstIdle                                    int64

	opening bool // time 0 of a steady start: tasks run at once
	closed  bool // the window is over: nothing counts any more
	err     error
}

// New makes a cluster in s. It returns every problem that can be told before
// anything runs.
func New(s *sim.Simulation, ledger *billing.Ledger, cfg Config) (*Cluster, error) {
	cfg.Services = cfg.Services.filled()
	c := &Cluster{cfg: cfg, sim: s, ledger: ledger, noted: map[string]bool{}}
	if cfg.Reuse != nil {
		c.inherit(cfg.Reuse)
		c.cfg.Reuse = nil
	}
	// Dynamic ports are checked by provider: no range here.
	fc := placement.Config{Bits: s.Bits, DynamicPorts: [2]uint16{65535, 1}}
	if cfg.TieIndex {
		fc.Tie = placement.TieIndex
	}
	c.fleet = placement.NewFleet(fc)
	for _, sr := range []**sim.Series{&c.demandCPU, &c.capacityCPU, &c.reservedCPU, &c.usedCPU,
		&c.demandMemory, &c.capacityMemory, &c.reservedMemory, &c.waitingSeries} {
		*sr = c.newSeries()
	}
	if cfg.Scheduler != "" {
		for _, k := range placement.Schedulers() {
			if k.Name == cfg.Scheduler {
				c.scheduler = k.New()
			}
		}
		if c.scheduler == nil {
			return nil, fmt.Errorf("scheduler %q is not registered", cfg.Scheduler)
		}
	}
	for _, f := range cfg.Failures {
		failureKinds[f.Kind].Inject(c, f)
	}
	c.hubZones = make([]pullWindow, cfg.Zones)
	c.pullMeter = ledger.Meter(billing.ImagePull(cfg.Region))
	var errs []error
	for i := range cfg.Workloads {
		if err := c.addWorkload(i); err != nil {
			errs = append(errs, fmt.Errorf("workload %s: %w", cfg.Workloads[i].Name, err))
		}
	}
	for i := range cfg.Providers {
		p := &cfg.Providers[i]
		k := KindOf(p.Kind)
		if k == nil {
			return nil, fmt.Errorf("capacity provider %s: no capacity kind is called %q", p.Name, p.Kind)
		}
		v, err := k.New(c, int32(i), *p)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		c.providers = append(c.providers, v)
		var pl *pool
		if h, ok := v.(interface{ instances() *pool }); ok {
			pl = h.instances()
		}
		c.pools = append(c.pools, pl)
		if pl != nil {
			for _, name := range pl.agent.cached {
				if !slices.ContainsFunc(c.images, func(m image) bool { return m.name == name }) {
					errs = append(errs, fmt.Errorf("capacity provider %s: agent.cached_images: no workload has an image %q; name it as the workload's image.name does", p.Name, name))
				}
			}
		}
		c.lines = append(c.lines, line{})
		c.queues = append(c.queues, k.Queues == nil || k.Queues(p.Params))
	}
	c.addBalancers()
	return c, errors.Join(errs...)
}

// inherit takes the memory of a cluster that is done: tables are empty, and grow
// into what they had. Nothing else is taken over.
func (c *Cluster) inherit(old *Cluster) {
	c.tasks, c.free = old.tasks[:0], old.free[:0]
	c.instances, c.freeInstances, c.byHost = old.instances[:0], old.freeInstances[:0], old.byHost[:0]
	c.workloads, c.share, c.outside = old.workloads[:0], old.share[:0], old.outside[:0]
	c.victims, c.hosts = old.victims[:0], old.hosts[:0]
}

// instances gives the cluster the pool that a provider embeds.
func (p *pool) instances() *pool { return p }

func (c *Cluster) poolOf(provider int32) *pool { return c.pools[provider] }

// addWorkload resolves workload i's strategy, image and placement.
func (c *Cluster) addWorkload(i int) error {
	cfg := c.cfg.Workloads[i]
	w := workload{cfg: cfg, index: int32(i), entity: sim.NewEntity("workload", cfg.Name),
		desiredSeries: c.newSeries(), runningSeries: c.newSeries()}
	if cfg.Kind != Batch {
		w.pendingSeries = c.newSeries()
		for range c.cfg.Zones {
			if !c.cfg.Brief {
				w.zoneSeries = append(w.zoneSeries, c.newSeries())
			}
		}
		if w.cfg.Service == nil {
			w.cfg.Service = DefaultService(cfg.Kind)
		}
	}
	w.images = c.imageSet(cfg.Images, false)
	for _, d := range cfg.deployments() {
		c.imageSet(d.Images, true)
	}
	for _, s := range cfg.Strategy {
		found := false
		for p := range c.cfg.Providers {
			if c.cfg.Providers[p].Name == s.Provider {
				w.strategy = append(w.strategy, strategyItem{int32(p), s.Base, s.Weight})
				found = true
			}
		}
		if !found {
			return fmt.Errorf("capacity provider %q does not exist on this platform", s.Provider)
		}
	}
	w.assigned = make([]int64, len(w.strategy))
	var err1, err2, err3 error
	w.rules, err1 = placement.ParseRules(cfg.Placement)
	w.constraints, err2 = placement.ParseConstraints(cfg.Constraints)
	for _, k := range w.constraints {
		if e := k.Expr(); e == nil {
			w.distinct = true
		} else if e.Dynamic() {
			w.dynamic = true
		}
	}
	w.dynamic = w.dynamic || c.scheduler != nil
	c.dynamic = c.dynamic || w.dynamic
	if len(cfg.TargetGroups) > 0 {
		var g *targets
		if g, err3 = c.newTargets(int32(i), cfg.TargetGroups); err3 == nil {
			w.targets = g
		}
	}
	if n := len(c.workloads); n < cap(c.workloads) {
		w.inherit(&c.workloads[:n+1][n])
	}
	c.workloads = append(c.workloads, w)
	c.needIndex = append(c.needIndex, nil)
	return errors.Join(err1, err2, err3)
}

// newSeries makes a series whose buckets cover the window without merging.
func (c *Cluster) newSeries() *sim.Series {
	width := sim.Second
	for _, w := range []sim.Time{5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400} {
		if c.cfg.Duration/width <= sim.SeriesBuckets/2 {
			break
		}
		width = w * sim.Second
	}
	if c.cfg.Brief {
		// Buckets that begin and end with the window give its mean and peak as
		// well as many, and cost nothing to fill.
		a, b := c.cfg.Duration, c.cfg.WarmUp
		for b > 0 {
			a, b = b, a%b
		}
		width = max(width, a)
	}
	return sim.NewSeries(width)
}

// Start brings the cluster up at time 0.
func (c *Cluster) Start() error {
	now := c.sim.Now()
	c.opening = c.cfg.Steady
	for i := range c.workloads {
		if c.workloads[i].cfg.Kind == Daemon {
			c.addService(i)
		}
	}
	for _, p := range c.providers {
		p.Start(now)
	}
	c.startServices(now)
	for c.opening && c.waiting > 0 {
		k := c.classes[c.active[0]]
		if why := c.providers[k.provider].Grow(&c.needs[k.need], now); why != "" {
			w := &c.workloads[c.needs[k.need].w]
			return &StartError{w.cfg.Name, fmt.Sprintf("%d of %d tasks find no room at the start: capacity provider %s %s; or set start_state = \"empty\"",
				w.cfg.DesiredCount-w.running, w.cfg.DesiredCount, c.cfg.Providers[k.provider].Name, why)}
		}
	}
	c.opening = false
	for _, p := range c.providers {
		p.Opened(now)
	}
	if c.cfg.WarmUp > 0 {
		c.sim.At(c.cfg.WarmUp, sim.ClassRelease, (*windowStart)(c), 0)
	}
	c.sim.At(now+sim.Hour, sim.ClassFlush, (*hourly)(c), 0)
	return c.err
}

type windowStart Cluster

// Handle begins the window.
func (h *windowStart) Handle(now sim.Time, _ uint64) {
	c := (*Cluster)(h)
	for i := range c.workloads {
		c.workloads[i].resetWindow(now)
	}
	for i, p := range c.pools {
		if p != nil {
			p.countLvl.Reset(now)
			p.least, p.countAt = -1, now
		} else if f, ok := c.providers[i].(*fargate); ok {
			f.held.Reset(now)
		}
	}
}

// hourly brings the CPU credits of burstable instances up to date, so that
// what they cost falls in the hour it was used, and keeps the free room of
// every instance at the hour when most that is paid for lies idle.
type hourly Cluster

// Handle looks at one hour.
func (h *hourly) Handle(now sim.Time, _ uint64) {
	c := (*Cluster)(h)
	if c.closed {
		return
	}
	c.sim.At(now+sim.Hour, sim.ClassFlush, h, 0)
	c.eachLive((*Cluster).accrue, now)
	if now < c.cfg.WarmUp || c.cfg.Brief {
		return
	}
	var idle int64
	for i := range c.instances {
		if in := &c.instances[i]; in.state == instanceActive {
			idle += 9*in.freeCPU + in.freeMemory
		}
	}
	if idle <= c.worstIdle && len(c.worst.Points) > 0 {
		return
	}
	c.worstIdle = idle
	c.worst.At, c.worst.Why = now, "the hour at which most registered room lay free"
	c.worst.Points = c.worst.Points[:0]
	for p, pl := range c.pools {
		if pl == nil {
			continue
		}
		for _, inst := range pl.live {
			in := &c.instances[inst]
			if in.state != instanceActive {
				continue
			}
			c.worst.Points = append(c.worst.Points, in.free(c.cfg.Providers[p].Name))
		}
	}
}

// eachLive calls f for every instance that is there.
func (c *Cluster) eachLive(f func(*Cluster, *instance, sim.Time), now sim.Time) {
	for _, p := range c.pools {
		if p == nil {
			continue
		}
		for _, inst := range p.live {
			f(c, &c.instances[inst], now)
		}
	}
}

// Err returns what stopped the simulation, if anything did.
func (c *Cluster) Err() error { return c.err }

// Unfinished is how many batch tasks still wait or run.
func (c *Cluster) Unfinished() (n int64) {
	for i := range c.workloads {
		if w := &c.workloads[i]; w.cfg.Kind == Batch {
			n += w.inSystem.Value()
		}
	}
	return n
}

// Placements counts the tasks placed so far.
func (c *Cluster) Placements() uint64 { return c.placements }

func (c *Cluster) demand(now sim.Time, n *need, sign int64) {
	c.demandCPU.Add(now, sign*int64(n.shape.CPU))
	c.demandMemory.Add(now, sign*int64(n.shape.Memory))
}

func (c *Cluster) observe(now sim.Time, kind result.EventKind, id TaskID, value int64) {
	if c.cfg.Observe == nil {
		return
	}
	t := &c.tasks[id]
	e := result.Event{At: now, Kind: kind, Workload: c.needs[t.need].w, Entity: t.index, Place: -1, Value: value}
	switch kind {
	case result.TaskRefused, result.TaskRejected:
		e.Reason, e.Value = int32(value), 0
	case result.TaskPlaced, result.TaskStopped:
		e.CPU, e.Memory = c.holds(t)
	}
	if t.provider >= 0 && t.state >= stateStarting {
		e.Place = t.provider<<placeBits | noInstance
		if t.inst >= 0 {
			e.Place = c.instances[t.inst].place()
		}
	}
	c.cfg.Observe(e)
}

// holds is what a task holds: its reservation, or its size on Fargate.
func (c *Cluster) holds(t *task) (units.CPU, units.MiB) {
	n := &c.needs[t.need]
	if t.inst < 0 {
		return n.size[t.provider].cpu, n.size[t.provider].memory
	}
	return n.shape.CPU, n.shape.Memory
}

// metered is for how many seconds a task that stops now is told to have held
// it.
func (c *Cluster) metered(t *task, now sim.Time) int64 {
	switch {
	case t.inst >= 0:
		return int64((t.ended - t.placed + sim.Second/2) / sim.Second)
	case now > t.pull:
		return billing.BilledSeconds(now-t.pull, 60)
	}
	return 0
}

func (c *Cluster) observeInstance(now sim.Time, kind result.EventKind, inst int32) {
	if c.cfg.Observe == nil {
		return
	}
	in := &c.instances[inst]
	c.cfg.Observe(result.Event{At: now, Kind: kind, Workload: -1, Entity: uint64(uint32(in.place())), Place: in.place(), Value: int64(in.tasks)})
}

// An event's place is a capacity provider's index and the launch ordinal of
// one of its instances, or none on Fargate.
const (
	placeBits  = 25
	noInstance = 1<<placeBits - 1
)

func (in *instance) place() int32 {
	return in.provider<<placeBits | int32(in.ordinal%noInstance)
}

func (c *Cluster) placeOf(provider string) int32 {
	for i := range c.cfg.Providers {
		if c.cfg.Providers[i].Name == provider {
			return int32(i)<<placeBits | noInstance
		}
	}
	return -1
}

// PlaceName words an event's place: "asg-12", "FARGATE". providers are the
// cluster's, in order.
func PlaceName(providers []ProviderConfig, place int32) string {
	p, ordinal := int(place>>placeBits), place&noInstance
	switch {
	case place < 0 || p >= len(providers):
		return ""
	case ordinal == noInstance:
		return providers[p].Name
	}
	return fmt.Sprintf("%s-%d", providers[p].Name, ordinal)
}

// ReasonName words an event's reason, "" for none.
func ReasonName(reason int32) string { return placement.Reason(reason).String() }

func (c *Cluster) activity(a result.Activity) {
	if !c.closed {
		c.activities = append(c.activities, a)
	}
	if c.cfg.Observe != nil {
		c.cfg.Observe(result.Event{At: a.At, Kind: result.ScalingActivity, Workload: -1, Place: c.placeOf(a.Provider), Value: a.To})
	}
}

// note adds a note once.
func (c *Cluster) note(kind result.NoteKind, about, text, source string) {
	key := strings.Join([]string{string(kind), about, text}, "\x00")
	if !c.noted[key] {
		c.noted[key] = true
		c.notes = append(c.notes, result.Note{Kind: kind, About: about, Text: text, Source: source})
	}
}
