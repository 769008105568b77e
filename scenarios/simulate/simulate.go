// Package simulate runs a scenario: it turns one platform and one replication
// into sources, a platform model, a ledger and a simulation, and their result.
// It is the only place that wires them.
package simulate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ecsim/models/billing"
	"ecsim/models/ecs"
	"ecsim/models/ecs/placement"
	"ecsim/models/platform"
	"ecsim/models/result"
	"ecsim/scenarios"
	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// Options are what a run needs besides the scenario.
type Options struct {
	Progress *sim.Progress   // follows the run; nil for none
	Observe  result.Observer // sees every event; nil for none
	// Engine gathers the wall time inside the engine's own loop, all handlers
	// included; nil for none.
	Engine *time.Duration
	// From and Until make the window a part of the scenario's own: the same way
	// is taken and only [From, Until) is measured. Until 0 is the scenario's.
	From, Until sim.Time
	// Brief leaves out what only pictures and texts need: the course of levels,
	// and most notes. The metrics are the same, but for rounding.
	Brief bool
	Book  billing.PriceBook // nil for the catalogue
	// Memory is what an earlier run, whose result nobody reads any more, left for
	// this one; nil for fresh memory.
	Memory *Memory
	// Replays shares the parsed traces of the scenario with other runs; nil to
	// read them alone.
	Replays *Replays
}

// Memory is what one worker's runs use one after the other, so that a short one
// costs its events and little else. The zero value is ready. A run's result is
// void when the next run begins.
type Memory struct {
	sim     *sim.Simulation
	cluster *ecs.Cluster
	scratch billing.Scratch
	run     result.Run
}

// take hands out a simulation and a result, and makes the ledger price here.
func (m *Memory) take(seed, replication uint64, l *billing.Ledger) (*sim.Simulation, *result.Run, *ecs.Cluster) {
	if m == nil {
		return sim.New(seed, replication), new(result.Run), nil
	}
	if m.sim == nil {
		m.sim = sim.New(seed, replication)
	} else {
		m.sim.Reset(seed, replication)
	}
	l.Use(&m.scratch)
	m.run = result.Run{Workloads: m.run.Workloads[:0]}
	return m.sim, &m.run, m.cluster
}

// drainStep is how often a draining run looks whether its work is done, and
// drainLimit how many windows it may take.
const (
	drainStep  = sim.Minute
	drainLimit = 4
)

// Run simulates one replication of platform p of sc. The error is an
// *ecs.InfeasibleError when a task can never run, an *ecs.StartError when
// tasks find no room at the start, a *traces.Error when a trace
// is malformed, or the context's.
func Run(ctx context.Context, sc *scenarios.Scenario, p int, replication uint64, o Options) (*result.Run, error) {
	pl := &sc.Platforms[p]
	seed := uint64(sc.Runs.Seed)
	names := make([]string, len(pl.Workloads))
	for i := range pl.Workloads {
		names[i] = pl.Workloads[i].Name
	}
	warm, end := sim.Time(sc.Runs.WarmUp), sim.Time(sc.Duration)
	if o.Until > 0 {
		warm, end = o.From, o.Until
	}
	ledger := billing.NewLedger(sc.Start, warm, end, names)
	s, run, reuse := o.Memory.take(seed, replication, ledger)
	if o.Progress != nil {
		s.Watch(o.Progress)
	}
	run.Scenario, run.Platform, run.Label, run.Seed, run.Replication = sc.Name, pl.Name, pl.Label, seed, replication
	run.Start, run.WarmUp, run.Duration, run.End = sc.Start, warm, end, end

	feed := &feeder{s: s, end: end}
	defer feed.close()
	sources := make([]*source, len(pl.Workloads))
	for i := range pl.Workloads {
		w := &pl.Workloads[i]
		if w.Kind != ecs.Batch {
			continue
		}
		src, err := openSource(sc, w, replication, o.Replays)
		if err != nil {
			return nil, fmt.Errorf("workload %s: %w", w.Name, err)
		}
		sources[i] = src
		feed.arrivals = append(feed.arrivals, arrival{w: i, src: src})
	}
	cfg, err := clusterConfig(sc, pl, sources)
	if err != nil {
		return nil, err
	}
	cfg.Observe, cfg.Brief, cfg.Reuse = o.Observe, o.Brief, reuse
	cfg.WarmUp, cfg.Duration = warm, end
	if o.Book == nil {
		o.Book = billing.Catalog{}
	}
	cluster, err := ecs.New(s, ledger, cfg)
	if err != nil {
		return nil, fmt.Errorf("platform %s: %w", pl.Name, err)
	}
	if o.Memory != nil {
		o.Memory.cluster = cluster
	}
	var model platform.Platform = cluster
	feed.model = model
	if err := model.Start(); err != nil {
		return nil, fmt.Errorf("platform %s: %w", pl.Name, err)
	}
	if err := feed.start(); err != nil {
		return nil, err
	}
	if err := o.runUntil(ctx, s, end); err != nil {
		return nil, err
	}
	if err := errors.Join(feed.err, model.Err()); err != nil {
		return nil, err
	}
	model.Close(end, run)
	if drains(sc) {
		if err := o.drain(ctx, s, model, end, run); err != nil {
			return nil, err
		}
	}
	model.Finish(s.Now(), run)
	ledger.Advance(s.Now())
	run.Events = s.Processed()
	if o.Progress != nil {
		o.Progress.AddPlacements(model.Placements())
	}
	for i, src := range sources {
		if src != nil && src.trace != nil {
			acc := src.trace.Accounting()
			run.Workloads[i].Records, run.Workloads[i].LeftOut = acc.Records, acc.LeftOut
			for _, od := range src.trace.Oddities() {
				run.Notes = append(run.Notes, result.Note{Kind: result.Rule, About: names[i], Text: fmt.Sprintf("%s: %s", od.Rule, units.Thousands(od.Count))})
			}
		}
	}
	months(sc, sources, run)
	if err := price(sc, pl, ledger, o.Book, run); err != nil {
		return nil, err
	}
	if !o.Brief {
		notes(sc, pl, run)
	}
	return run, nil
}

// drains tells whether the scenario runs on after its duration until the work
// is done: by default when all of it is batch.
func drains(sc *scenarios.Scenario) bool {
	if sc.Drain != nil {
		return *sc.Drain
	}
	for i := range sc.Workloads {
		if sc.Workloads[i].Kind == ecs.Service {
			return false
		}
	}
	return true
}

// runUntil runs the engine and adds up its time.
func (o *Options) runUntil(ctx context.Context, s *sim.Simulation, end sim.Time) error {
	if o.Engine == nil {
		return s.RunUntil(ctx, end)
	}
	start := time.Now()
	err := s.RunUntil(ctx, end)
	*o.Engine += time.Since(start)
	return err
}

func (o *Options) drain(ctx context.Context, s *sim.Simulation, model platform.Platform, end sim.Time, run *result.Run) error {
	for model.Unfinished() > 0 && s.Now()/drainLimit < end {
		if err := o.runUntil(ctx, s, s.Now()+drainStep); err != nil {
			return err
		}
		if err := model.Err(); err != nil {
			return err
		}
	}
	run.Drained = model.Unfinished() == 0
	run.End = s.Now()
	return nil
}

// months says whether the window's cost stands for a month: whole cycles of
// every schedule and pattern after the warm-up, none of them a replay or a
// burst that comes once.
func months(sc *scenarios.Scenario, sources []*source, run *result.Run) {
	window := run.Duration - run.WarmUp
	cycle := sim.Hour // bills are by the hour
	for _, src := range sources {
		if src == nil {
			continue
		}
		if src.once {
			run.MonthlyOK, run.NeedDuration = false, 0
			return
		}
		if src.cycle > 0 {
			cycle = leastCommonMultiple(cycle, src.cycle)
		}
	}
	run.Cycle = cycle
	run.MonthlyOK = window%cycle == 0
	if !run.MonthlyOK && cycle < 10*365*sim.Day {
		run.NeedDuration = run.WarmUp + max(1, (window+cycle/2)/cycle)*cycle
	}
}

func leastCommonMultiple(a, b sim.Time) sim.Time {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	if a/x > sim.MaxTime/b {
		return sim.MaxTime
	}
	return a / x * b
}

// feeder pulls each source one task ahead of the clock.
type feeder struct {
	s        *sim.Simulation
	model    platform.Platform
	end      sim.Time
	arrivals []arrival
	err      error
}

type arrival struct {
	w    int
	src  *source
	next workloads.Task
}

func (f *feeder) start() error {
	for i := range f.arrivals {
		f.pull(i)
	}
	return f.err
}

// pull fetches source i's next task; one at or after the end of the window is
// not submitted.
func (f *feeder) pull(i int) {
	a := &f.arrivals[i]
	ok, err := a.src.tasks.Next(&a.next)
	if err != nil {
		f.err = errors.Join(f.err, err)
	}
	if !ok || err != nil || a.next.At >= f.end {
		return
	}
	f.s.At(a.next.At, sim.ClassArrival, f, uint64(i))
}

// Handle submits a task that arrives and fetches the one after it.
func (f *feeder) Handle(_ sim.Time, i uint64) {
	a := &f.arrivals[i]
	f.model.Submit(a.w, &a.next)
	if f.err == nil && f.model.Err() == nil {
		f.pull(int(i))
	}
}

func (f *feeder) close() {
	for i := range f.arrivals {
		f.arrivals[i].src.Close()
	}
}

// clusterConfig translates one platform of a scenario.
func clusterConfig(sc *scenarios.Scenario, pl *scenarios.Platform, sources []*source) (ecs.Config, error) {
	cfg := ecs.Config{
		Region: sc.Region, Zones: int(sc.AvailabilityZones), Start: sc.Start,
		WarmUp: sim.Time(sc.Runs.WarmUp), Duration: sim.Time(sc.Duration),
		Steady: sc.StartState == "steady", SharedCPU: sc.CPUModel == "shared",
		Trunking: pl.Account.AwsvpcTrunking, TieIndex: pl.Tie == "index", Scheduler: pl.Scheduler,
		Fargate: ecs.FargateConfig{RefuseOffGrid: pl.Fargate.Size == "refuse", Speed: pl.Fargate.Speed,
			AssignPublicIP: pl.Fargate.AssignPublicIP, LaunchBurst: pl.Fargate.LaunchBurst, LaunchRate: pl.Fargate.LaunchRate},
		Stages: ecs.StageConfig{
			FargateProvisioning: pl.Stages.FargateProvisioning.Dist, EC2Start: pl.Stages.EC2Start.Dist, EC2Awsvpc: pl.Stages.EC2Awsvpc.Dist,
			FargatePull: sim.Time(pl.Stages.FargatePull), FargatePullPerMB: sim.Time(pl.Stages.FargatePullPerMB), FargateSOCI: pl.Stages.FargateSOCI,
			EC2Pull: sim.Time(pl.Stages.EC2Pull), EC2PullPerMB: sim.Time(pl.Stages.EC2PullPerMB),
			PullFailure: sim.Time(pl.Stages.PullFailure), Deprovisioning: sim.Time(pl.Stages.Deprovisioning),
		},
		Services: ecs.SchedulerConfig{Reaction: sim.Time(pl.ServiceScheduler.Reaction), HealthyAfter: sim.Time(pl.ServiceScheduler.HealthyAfter), RetryBase: sim.Time(pl.ServiceScheduler.RetryBase),
			RetryCap: sim.Time(pl.ServiceScheduler.RetryCap), RebalanceAfter: sim.Time(pl.ServiceScheduler.RebalanceAfter), StalledAfter: sim.Time(pl.ServiceScheduler.StalledAfter)},
	}
	cfg.Balancers = balancerConfigs(sc, pl)
	cfg.Registry, cfg.Failures = registryConfig(&pl.Registry), failuresOf(sc)
	used := map[string]bool{}
	for i := range pl.Workloads {
		w := &pl.Workloads[i]
		c := workloadConfig(pl, w)
		c.Service = serviceConfig(sc, pl, w, &c)
		c.TargetGroups = groupsOf(sc, pl, w)
		c.Zones = w.Subnets
		if sources[i] != nil {
			c.Shapes = sources[i].shapes
		}
		for _, s := range c.Strategy {
			used[s.Provider] = true
		}
		cfg.Workloads = append(cfg.Workloads, c)
	}
	for _, p := range pl.Providers {
		params, err := providerParams(sc, &p)
		if err != nil {
			return cfg, err
		}
		cfg.Providers = append(cfg.Providers, ecs.ProviderConfig{Name: p.Name, Kind: p.Kind, Params: params})
	}
	for _, name := range []string{ecs.FargateName, ecs.FargateSpotName} {
		if used[name] {
			cfg.Providers = append(cfg.Providers, ecs.ProviderConfig{Name: name, Kind: name})
		}
	}
	return cfg, nil
}

// imageConfigs translates images; none are nil.
func imageConfigs(images []scenarios.Image) (list []ecs.ImageConfig) {
	for _, m := range images {
		list = append(list, ecs.ImageConfig{Name: m.Name, Repository: m.Repository, Size: m.Size, Shared: m.Shared, SOCI: m.SOCI, Registry: m.Registry})
	}
	return list
}

func workloadConfig(pl *scenarios.Platform, w *scenarios.Workload) ecs.WorkloadConfig {
	cpu, memory := w.Size()
	c := ecs.WorkloadConfig{
		Name: w.Name, Kind: w.Kind, Shape: workloads.Shape{CPU: cpu, Memory: memory, GPU: int(w.GPU)},
		HardLimit: w.CPULimit == "task", Use: w.CPUUse.Dist, ARM64: w.CPUArchitecture == "ARM64",
		NetworkMode: w.NetworkMode, EphemeralGiB: w.Ephemeral,
		StopTimeout: sim.Time(w.StopTimeout), DesiredCount: w.DesiredCount, RejectOversize: w.Oversize == "reject",
		Placement: w.PlacementStrategy, Constraints: w.PlacementConstraints,
	}
	c.Images = imageConfigs(w.Image)
	if c.Use == nil {
		c.Use = workloads.Constant(units.One)
	}
	for _, pm := range w.PortMappings {
		host := pm.HostPort
		if w.NetworkMode == "host" {
			host = pm.ContainerPort
		}
		if host == 0 || w.NetworkMode == "awsvpc" {
			continue // dynamic, or on the task's own interface
		}
		proto := placement.TCP
		if pm.Protocol == "udp" {
			proto = placement.UDP
		}
		c.Ports = append(c.Ports, placement.Port{Number: uint16(host), Protocol: proto})
	}
	switch w.NoCapacity.Mode {
	case scenarios.RetryFIFO:
		c.Retry.Mode = ecs.RetryFIFO
	case scenarios.RetryEvery:
		c.Retry = ecs.Retry{Mode: ecs.RetryEvery, Every: sim.Time(w.NoCapacity.Every), Times: w.NoCapacity.Times}
	case scenarios.Fail:
		c.Retry.Mode = ecs.RetryNever
	}
	strategy := strategyOf(pl, w)
	if w.Kind != ecs.Daemon {
		for _, s := range strategy {
			c.Strategy = append(c.Strategy, ecs.StrategyItem{Provider: s.CapacityProvider, Base: s.Base, Weight: s.Weight})
		}
	} else if w.OnFargate == nil || w.OnFargate.Sidecar {
		c.Sidecar = c.Shape
		if f := w.OnFargate; f != nil {
			if f.CPU > 0 {
				c.Sidecar.CPU = f.CPU
			}
			if f.Memory > 0 {
				c.Sidecar.Memory = f.Memory
			}
		}
	}
	return c
}
