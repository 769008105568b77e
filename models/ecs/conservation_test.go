package ecs

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"ecsim/models/billing"
	"ecsim/models/ecs/placement"
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// audit recounts a whole cluster from its tasks and compares every running
// total with the recount. It returns what disagrees.
func (c *Cluster) audit() (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	same := func(what string, got, want int64) {
		if got != want {
			fault("%s: %d, recounted %d", what, got, want)
		}
	}
	type sums struct{ inSystem, running, cpu, memory, used int64 }
	type load struct{ tasks, nonDaemon, cpu, memory, gpu, eni, used, demand int64 }
	byWorkload := make([]sums, len(c.workloads))
	onInstance := make([]load, len(c.instances))
	fargateCPU, fargateMemory := make([]int64, len(c.providers)), int64(0)
	var total sums
	var slots, waiting, unplaced, placed, provisioning int64
	outside := map[TaskID]int{}
	for _, id := range c.outside[c.outsideHead:] {
		outside[id]++
	}
	for i := range c.tasks {
		t := &c.tasks[i]
		if t.state == stateFree {
			continue
		}
		slots++
		n := &c.needs[t.need]
		w := &c.workloads[n.w]
		s := &byWorkload[n.w]
		s.inSystem++
		switch t.state {
		case stateOutside:
			unplaced++
			if k := outside[TaskID(i)]; k > 1 || k == 1 && c.sim.Scheduled(t.timer) || k == 0 && !c.sim.Scheduled(t.timer) {
				fault("task %d of %s outside: %d times in the line, timer %v", t.index, w.cfg.Name, k, c.sim.Scheduled(t.timer))
			}
			delete(outside, TaskID(i))
			continue
		case stateWaiting:
			waiting++
			unplaced++
			if c.classes[n.class[t.provider]].counted {
				provisioning++
			}
			continue
		}
		placed++
		if t.inst < 0 {
			fargateCPU[t.provider] += int64(n.size[t.provider].cpu)
			fargateMemory += int64(n.size[t.provider].memory)
		}
		holds := t.state >= stateStarting && t.state <= stateDeactivating || t.unseen == unseenExit
		if holds {
			s.cpu += int64(n.shape.CPU)
			s.memory += int64(n.shape.Memory)
		}
		if t.usesCPU() {
			s.running++
			s.used += t.rate
		} else if t.rate != 0 {
			fault("task %d of %s uses CPU in state %d", t.index, w.cfg.Name, t.state)
		}
		// On its way to its agent's room or its images, or of news unheard, a task
		// has no event of its own.
		parked := t.blocked || t.fetching > 0 || t.unseen >= unseenExit || t.leaving && t.state == stateDeactivating
		if waits := w.cfg.Kind == Batch || t.set != noSet && !t.healthy; parked && c.sim.Scheduled(t.timer) ||
			!parked && t.state != stateRunning && !c.sim.Scheduled(t.timer) || t.state == stateRunning && !t.unwanted && t.unseen == seen && c.sim.Scheduled(t.timer) != waits {
			fault("task %d of %s in state %d: timer %v", t.index, w.cfg.Name, t.state, c.sim.Scheduled(t.timer))
		}
		if t.inst < 0 {
			continue
		}
		l := &onInstance[t.inst]
		l.tasks++
		if w.cfg.Kind != Daemon {
			l.nonDaemon++
		}
		if holds {
			l.cpu += int64(n.shape.CPU)
			l.memory += int64(n.shape.Memory)
			l.gpu += int64(n.shape.GPU)
		}
		if w.cfg.NetworkMode == "awsvpc" {
			l.eni++
		}
		if t.usesCPU() {
			l.used += t.rate
			l.demand += t.cap
		}
	}
	for id, k := range outside {
		fault("slot %d stands %d times in the line outside and is in state %d", id, k, c.tasks[id].state)
	}
	for i := range c.workloads {
		w, s := &c.workloads[i], &byWorkload[i]
		name := w.cfg.Name
		same(name+" in system", w.inSystem.Value(), s.inSystem)
		same(name+" running", w.running, s.running)
		same(name+" running series", w.runningSeries.Value(), s.running)
		same(name+" reserved CPU", w.reservedCPU.Value(), s.cpu)
		same(name+" reserved memory", w.reservedMemory.Value(), s.memory)
		same(name+" used CPU", w.used.Value(), s.used)
		total.inSystem += s.inSystem
		total.cpu, total.memory, total.used = total.cpu+s.cpu, total.memory+s.memory, total.used+s.used
		if w.cfg.Kind == Batch && !c.closed {
			same(name+" submitted", w.submitted, w.finished+w.rejected+s.inSystem-stopping(c, int32(i)))
		}
		if v := w.service; v != nil {
			faults = append(faults, v.audit(name)...)
		}
	}
	same("slots in use", int64(len(c.tasks)-len(c.free)), slots)
	same("slots in use by workload", total.inSystem, slots)
	same("waiting", c.waiting, waiting)
	same("PROVISIONING", c.provisioning, provisioning)
	same("waiting series", c.waitingSeries.Value(), unplaced)
	same("reserved CPU", c.reservedCPU.Value(), total.cpu)
	same("reserved memory", c.reservedMemory.Value(), total.memory)
	same("used CPU", c.usedCPU.Value(), total.used)
	var inLine int64
	for ci := range c.classes {
		inLine += c.classes[ci].count
	}
	same("in classes", inLine, waiting)
	for _, ci := range c.active {
		inLine -= c.classes[ci].count
	}
	same("in classes that are not active", inLine, 0)

	var capacityCPU, capacityMemory, lives int64
	for p, pl := range c.pools {
		if pl == nil {
			same(c.cfg.Providers[p].Name+" held", c.providers[p].(*fargate).held.Value(), fargateCPU[p])
			capacityCPU += fargateCPU[p]
			continue
		}
		lives += int64(len(pl.live))
		same(pl.name+" instance series", pl.count.Value(), int64(len(pl.live)))
		same(pl.name+" launched", int64(pl.launches), pl.gone+int64(len(pl.live)))
		active := int64(0)
		for _, inst := range pl.live {
			in, l := &c.instances[inst], onInstance[inst]
			name := fmt.Sprintf("%s-%d", pl.name, in.ordinal)
			if in.provider != pl.idx || in.state == instanceGone {
				fault("%s: provider %d, state %d", name, in.provider, in.state)
			}
			same(name+" tasks", in.tasks, l.tasks)
			same(name+" tasks but daemons", in.nonDaemon, l.nonDaemon)
			same(name+" free CPU", in.freeCPU, int64(in.machine.cpu)-l.cpu)
			same(name+" free memory", in.freeMemory, int64(in.machine.memory)-l.memory)
			same(name+" used CPU", in.used, l.used)
			same(name+" demand", in.demand, l.demand)
			same(name+" shares", in.used, min(in.demand, in.cpu))
			if in.state == instanceBooting {
				continue
			}
			active++
			capacityCPU += int64(in.machine.cpu)
			capacityMemory += int64(in.machine.memory)
			if in.state == instanceDraining && l.nonDaemon == 0 {
				fault("%s drains and holds nothing", name)
			}
			left := c.fleet.Left(in.host)
			want := placement.Resources{CPU: in.freeCPU, Memory: in.freeMemory, GPU: in.machine.gpu - int32(l.gpu), ENI: in.machine.eni - int32(l.eni)}
			if left != want {
				fault("%s: the fleet has %+v left, recounted %+v", name, left, want)
			}
			same(name+" fleet tasks", int64(c.fleet.Tasks(in.host)), l.tasks)
			if c.byHost[in.host] != inst {
				fault("%s: host %d is of instance %d", name, in.host, c.byHost[in.host])
			}
		}
		same(pl.name+" registered", pl.active, active)
	}
	same("instance slots in use", int64(len(c.instances)-len(c.freeInstances)), lives)
	same("capacity CPU", c.capacityCPU.Value(), capacityCPU)
	same("capacity memory", c.capacityMemory.Value(), capacityMemory+fargateMemory)
	return append(append(faults, c.auditAgents()...), c.idleRoom()...)
}

// audit recounts a service from its tasks.
func (s *service) audit(name string) (faults []string) {
	c := s.c
	members, down := map[int32]int{}, int64(0)
	for i := range c.tasks {
		t := &c.tasks[i]
		if t.state == stateFree || c.needs[t.need].w != s.w.index {
			continue
		}
		if t.set != noSet {
			members[t.set]++
		} else {
			down++
		}
	}
	if down != s.down {
		faults = append(faults, fmt.Sprintf("%s: %d tasks go down, recounted %d", name, s.down, down))
	}
	var all, pending int64
	for _, d := range s.sets {
		var running, healthy, unwanted int64
		for _, id := range d.tasks {
			t := &c.tasks[id]
			if t.set != d.index || t.state > stateRunning || t.state == stateFree {
				faults = append(faults, fmt.Sprintf("%s: a task of set %d is in state %d, set %d", name, d.index, t.state, t.set))
			}
			if t.state == stateRunning {
				running++
			} else {
				pending++
			}
			if t.healthy {
				healthy++
			}
			if t.unwanted {
				unwanted++
			}
		}
		all += int64(len(d.tasks))
		if running != d.running || healthy != d.healthy || unwanted != d.unwanted || members[d.index] != len(d.tasks) {
			faults = append(faults, fmt.Sprintf("%s: set %d counts %d running, %d healthy, %d unwanted, recounted %d, %d, %d of %d", name, d.index, d.running, d.healthy, d.unwanted, running, healthy, unwanted, members[d.index]))
		}
		delete(members, d.index)
	}
	for set, n := range members {
		faults = append(faults, fmt.Sprintf("%s: %d tasks are of set %d, which is gone", name, n, set))
	}
	if s.w.cfg.Kind == Daemon {
		return append(faults, s.auditDaemon(name)...)
	}
	if s.w.cfg.Kind != Service || s.woken {
		return faults
	}
	if s.w.pendingSeries.Value() != pending {
		faults = append(faults, fmt.Sprintf("%s: pending series %d, recounted %d", name, s.w.pendingSeries.Value(), pending))
	}
	least, most := s.cfg.Bounds(s.desired)
	healthy := int64(0)
	for _, d := range s.sets {
		healthy += d.healthy
		if d.failure > 0 || d.state == setFailed {
			least = 0 // a failure was injected
		}
	}
	if s.everSteady && s.cfg.Controller == "" && healthy < min(least, s.desired-s.w.rejected) {
		faults = append(faults, fmt.Sprintf("%s: %d tasks healthy, minimumHealthyPercent asks for %d", name, healthy, least))
	}
	for _, d := range s.sets {
		// Of a green set that was given up, protected tasks stay beside the blue.
		for _, id := range d.tasks {
			if s.cfg.Strategy != "" && d != s.primary && s.protectedUntil(&c.tasks[id]) > c.sim.Now() {
				all--
			}
		}
	}
	if (s.cfg.Strategy == "" || s.primary.record < 0) && s.rolling() && all > max(most, s.desired) {
		faults = append(faults, fmt.Sprintf("%s: %d tasks RUNNING and PENDING, maximumPercent allows %d", name, all, most))
	}
	return faults
}

// auditDaemon checks that each ACTIVE instance runs one task of the daemon, or
// is known to lack it for want of room.
func (s *service) auditDaemon(name string) (faults []string) {
	c := s.c
	on := map[int32]int{}
	for _, d := range s.sets {
		for _, id := range d.tasks {
			on[c.tasks[id].inst]++
		}
	}
	for i := range c.gaps {
		if g := &c.gaps[i]; g.s == s && g.there(c) {
			on[g.inst]++
			if p := c.needs[s.primary.need].plans[c.instances[g.inst].provider]; c.sim.Now() >= s.notBefore && s.primary.state != setFailed && c.fleet.Fits(p, c.instances[g.inst].host) && !s.woken {
				faults = append(faults, fmt.Sprintf("%s: instance %d lacks it and has room", name, g.inst))
			}
		}
	}
	n := &c.needs[s.primary.need]
	for _, pl := range c.pools {
		if pl == nil || n.plans[pl.idx] == nil || n.never[pl.idx] != "" {
			continue
		}
		for _, inst := range pl.live {
			if k := on[inst]; c.instances[inst].state == instanceActive && k != 1 {
				faults = append(faults, fmt.Sprintf("%s: %d tasks or gaps on an eligible instance", name, k))
			}
		}
	}
	return faults
}

// free tells whether nothing in a service's own configuration keeps it from
// its desired count.
func (s *service) free() bool {
	least, most := s.cfg.Bounds(s.desired)
	return s.steady && s.down == 0 && s.cfg.Controller == "" && s.primary.failure == 0 && (least < s.desired || most > s.desired)
}

// busyServices tells whether a service still tries to reach its count.
func (c *Cluster) busyServices() bool {
	for i := range c.workloads {
		if s := c.workloads[i].service; s != nil && s.w.cfg.Kind == Service && !s.steady {
			return true
		}
	}
	return false
}

// heldByServices tells whether all that waits does so for groups at their
// maximum, while a service wants more of them than it can ever have: a blue/green
// deployment needs twice the room.
func (c *Cluster) heldByServices() bool {
	for _, ci := range c.active {
		k := c.classes[ci].provider
		if p, ok := c.cfg.Providers[k].Params.(*ASGParams); !ok || int64(len(c.pools[k].live)) < p.Group.Max {
			return false
		}
	}
	return len(c.active) > 0 && c.busyServices()
}

// randomService is some way to keep and deploy a service.
func randomService(rng *rand.Rand, shape workloads.Shape) *ServiceConfig {
	pick := func(n int) int { return rng.IntN(n) }
	s := &ServiceConfig{MinimumHealthyPercent: []int64{0, 50, 100, 75}[pick(4)], MaximumPercent: []int64{100, 150, 200, 125}[pick(4)],
		Strategy: []string{"", "", "", "BLUE_GREEN", "CANARY", "LINEAR"}[pick(6)], Bake: sim.Time(pick(3)) * sim.Minute, StepPercent: 250_000, StepBake: sim.Minute,
		HealthCheckGrace: sim.Time(pick(3)) * sim.Minute, Rebalancing: pick(2) == 0, Breaker: Breaker{Enable: pick(2) == 0, Rollback: pick(2) == 0, Cumulative: pick(3) == 0}}
	if pick(4) == 0 {
		s.Protected, s.ProtectedFor = 300_000, sim.Time(1+pick(40))*sim.Minute
	}
	if pick(8) == 0 {
		s.Controller, s.Strategy = "EXTERNAL", ""
	}
	at := sim.Time(0)
	for range pick(5) {
		at += sim.Time(rng.Int64N(int64(90 * sim.Minute)))
		d := DeploymentConfig{At: at, Shape: shape, Scale: units.PPM(pick(5)) * 250_000, TaskSet: []string{primarySet, "green", "blue"}[pick(3)]}
		if pick(2) == 0 {
			d.Shape.CPU += 256
		}
		if pick(3) == 0 {
			d.TaskFailure, d.FailureMode = units.PPM(pick(5)*250_000), []string{"start", "health_check"}[pick(2)]
		}
		s.Deployments = append(s.Deployments, d)
	}
	return s
}

// stopping counts a workload's tasks between STOPPING and STOPPED.
func stopping(c *Cluster, w int32) (n int64) {
	for i := range c.tasks {
		if t := &c.tasks[i]; t.state >= stateStopping && c.needs[t.need].w == w && !c.comesAgain(t) {
			n++
		}
	}
	return n
}

// idleRoom finds tasks that wait though an instance could take them.
func (c *Cluster) idleRoom() (faults []string) {
	for _, ci := range c.active {
		k := &c.classes[ci]
		n := &c.needs[k.need]
		pl := c.pools[k.provider]
		for _, inst := range pl.live {
			if in := &c.instances[inst]; in.state == instanceActive && c.fleet.Fits(n.plans[k.provider], in.host) {
				faults = append(faults, fmt.Sprintf("%d tasks of %s wait while %s-%d could take one", k.count, c.workloads[n.w].cfg.Name, pl.name, in.ordinal))
			}
		}
	}
	return faults
}

// Nothing is lost or made up in a whole cluster of any make: every total is
// what its tasks add up to at any time (in one of a hundred clusters after every
// instant with an event), and when all batch work is done, only
// services and daemons hold anything.
func TestClustersConserve(t *testing.T) {
	trials := uint64(2000)
	if testing.Short() {
		trials = 40
	}
	for seed := range trials {
		if faults := randomCluster(t, seed); len(faults) > 0 {
			for i, f := range faults {
				if i < 4 {
					t.Errorf("seed %d: %s", seed, f)
				}
			}
		}
	}
}

func randomCluster(t *testing.T, seed uint64) (faults []string) {
	rng := rand.New(rand.NewPCG(seed, 77))
	pick := func(n int) int { return rng.IntN(n) }
	chance := func(p float64) bool { return rng.Float64() < p }
	boot := func() workloads.DurationDist {
		return workloads.DurationDist{Dist: workloads.Uniform(20*sim.Second, 200*sim.Second)}
	}
	families := [][]ProviderConfig{{}, {}, {}, {}}
	types := [][]string{{"m5.large"}, {"t3.large"}, {"c5.xlarge", "m5.xlarge"}, {"g4dn.xlarge"}, {"m5.2xlarge"}}
	for i := range 1 + pick(2) {
		p := &ASGParams{InstanceTypes: types[pick(len(types))], Speed: units.Speed(500_000 + pick(1_000_000)), RootVolume: "30 GiB gp3", Boot: boot(),
			Pending: units.Duration(16 * time.Second),
			Group:   GroupParams{Min: int64(pick(3)), Max: int64(20 + pick(20))}, Distribution: DistributionParams{OnDemandBase: int64(pick(3)), OnDemandPercent: int64(50 * pick(3))},
			Scaling: ManagedScalingParams{Status: "ENABLED", TargetCapacity: int64(50 + 10*pick(6)), MinimumStep: 1, MaximumStep: int64(1 + pick(10)),
				WarmUp: units.Duration(time.Duration(pick(300)) * time.Second), TerminationProtection: chance(0.5), AlarmDelay: units.Duration(time.Minute)}}
		families[0] = append(families[0], ProviderConfig{Name: fmt.Sprintf("asg%d", i), Kind: "asg", Params: p})
	}
	families[1] = []ProviderConfig{{Name: "mi", Kind: "managed-instances", Params: &ManagedInstancesParams{
		AllowedInstanceTypes: []string{"m5.large", "m5.xlarge", "g4dn.xlarge"}, Speed: 1e6, Max: int64(20 + pick(30)), Boot: boot(), Pending: units.Duration(16 * time.Second),
		Reaction: units.Duration(5 * time.Second), ScaleInAfter: units.Duration(time.Duration(pick(600)) * time.Second), FirstSpread: int64(1 + pick(3)), DataVolume: "80 GiB gp3"}}}
	families[2] = []ProviderConfig{{Name: "own", Kind: "external", Params: &ExternalParams{Speed: 1e6,
		Nodes: []ExternalNode{{Name: "a", CPU: 4096, Memory: 16384, GPU: 1, Count: int64(3 + pick(6))}, {Name: "b", CPU: 2048, Memory: 7680, Count: 3}}}}}
	families[3] = []ProviderConfig{{Name: FargateName, Kind: FargateName}, {Name: FargateSpotName, Kind: FargateSpotName}}
	cfg := Config{Steady: chance(0.5), SharedCPU: chance(0.5), Trunking: chance(0.3), Stages: StageConfig{
		FargateProvisioning: workloads.Uniform(sim.Time(0), 30*sim.Second), EC2Start: workloads.Uniform(sim.Time(0), 5*sim.Second), EC2Awsvpc: workloads.Uniform(sim.Time(0), 9*sim.Second),
		FargatePull: 5 * sim.Second, FargatePullPerMB: sim.Second / 10, EC2Pull: sim.Second, EC2PullPerMB: 30 * sim.Millisecond, Deprovisioning: sim.Time(pick(2)) * 5 * sim.Second},
		Fargate: FargateConfig{Speed: 1e6, LaunchBurst: 10, LaunchRate: 1}}
	if chance(0.3) {
		cfg.Stages = noStages()
	}
	modes := [][]string{{"bridge", "awsvpc", "host"}, {"awsvpc", "host"}, {"bridge", "host"}, {"awsvpc"}}
	for _, f := range families {
		cfg.Providers = append(cfg.Providers, f...)
	}
	for i := range 3 + pick(5) {
		f := pick(4)
		w := WorkloadConfig{Name: fmt.Sprintf("w%d", i), Kind: Batch, Use: workloads.Uniform(int64(200_000), int64(1_500_000)), HardLimit: chance(0.4), RejectOversize: true, EphemeralGiB: 20,
			NetworkMode: modes[f][pick(len(modes[f]))], Images: someImages(pick), StopTimeout: sim.Time(pick(30)) * sim.Second}
		for k, p := range families[f] {
			w.Strategy = append(w.Strategy, StrategyItem{Provider: p.Name, Base: int64((1 - k) * pick(3)), Weight: int64(1 + pick(3))})
		}
		if f != 3 {
			w.Placement = [][]string{nil, {"binpack(cpu)"}, {"spread(instanceId)"}, {"spread(attribute:ecs.availability-zone)", "binpack(memory)"}, {"random"}}[pick(5)]
			w.Constraints = [][]string{nil, nil, nil, {"distinctInstance"}, {"memberOf(runningTasksCount < 9)"}}[pick(5)]
			if w.NetworkMode != "awsvpc" && chance(0.3) {
				w.Ports = []placement.Port{{Number: uint16(8000 + pick(2))}}
			}
		}
		switch pick(6) {
		case 0:
			w.Kind, w.DesiredCount, w.Shape = Service, int64(pick(6)), workloads.Shape{CPU: 256, Memory: 512}
			w.Ports, w.Constraints = nil, nil
			w.Service = randomService(rng, w.Shape)
			w.Service.Rebalancing = w.Service.Rebalancing && (len(w.Placement) == 0 || strings.Contains(w.Placement[0], "zone"))
		case 1:
			if f != 3 {
				w.Kind, w.Shape, w.Ports, w.Constraints = Daemon, workloads.Shape{CPU: 64, Memory: 100}, nil, nil
				w.Strategy = nil
				if chance(0.5) {
					w.Service = &ServiceConfig{MinimumHealthyPercent: int64(pick(3)) * 50, MaximumPercent: 100,
						Deployments: []DeploymentConfig{{At: sim.Time(rng.Int64N(int64(6 * sim.Hour))), Shape: workloads.Shape{CPU: units.CPU(64 + 64*pick(2)), Memory: 100}, TaskFailure: units.PPM(pick(3) * 200_000)}}}
				}
				break
			}
			fallthrough
		default:
			w.Retry = []Retry{{Mode: RetryQueue}, {Mode: RetryQueue}, {Mode: RetryFIFO}, {Mode: RetryEvery, Every: 30 * sim.Second, Times: 20}, {Mode: RetryNever}}[pick(5)]
			switch {
			case f == 2 && w.Retry.Mode == RetryQueue:
				w.Retry.Mode = RetryFIFO // no managed scaling there
			case f == 0 && w.Retry.Mode == RetryFIFO:
				w.Retry.Mode = RetryQueue // managed scaling sees PROVISIONING only
			}
		}
		cfg.Workloads = append(cfg.Workloads, w)
	}
	for i := range cfg.Workloads {
		if w := &cfg.Workloads[i]; w.Kind == Service && cfg.Steady && chance(0.5) {
			w.DesiredCount += 12
		}
	}
	// The window closes in the middle of the work, or opens after it.
	late := chance(0.5)
	cfg.Duration = 5*sim.Hour + 30*sim.Minute
	if late {
		cfg.WarmUp, cfg.Duration = 20*sim.Day, 20*sim.Day+5*sim.Hour
	} else if chance(0.5) {
		cfg.WarmUp = 40 * sim.Minute
	}
	// Pulls fail in some, by a draw of their own.
	if own := rand.New(rand.NewPCG(seed, 78)); own.Float64() < 0.5 {
		cfg.Stages.PullFailure = 12700 * sim.Millisecond
		from := sim.Time(own.IntN(60)) * sim.Minute
		cfg.Failures = []Failure{{Kind: "image-pull", Params: &ImagePullParams{Share: 300_000}, Windows: []Window{{0, 6 * sim.Hour}}},
			{Kind: "image-pull", Params: &ImagePullParams{Share: units.One, Registry: registryNames[own.IntN(3)]}, Windows: []Window{{from, from + 10*sim.Minute}}}}
		cfg.Registry = RegistryConfig{DockerHubPulls: 5, DockerHubWindow: 20 * sim.Minute, UpstreamPulls: 1, PublicAddresses: own.IntN(2) == 0, DockerHubAccount: own.IntN(4) == 0}
		for i := range cfg.Workloads {
			for k := range cfg.Workloads[i].Images {
				cfg.Workloads[i].Images[k].Registry = registryNames[own.IntN(3)]
			}
		}
	}
	r := &clusterRig{rig: newRigSeed(t, cfg, seed)}
	c := r.c
	gpus := chance(0.3)
	for i := range c.workloads {
		if w := &c.workloads[i]; w.cfg.Kind == Service && chance(0.3) {
			w.targets = &delayed{c, sim.Time(pick(300)) * sim.Second}
		}
	}
	for hour := range 14 {
		if hour < 6 {
			for range pick(60) {
				w := pick(len(cfg.Workloads))
				if cfg.Workloads[w].Kind != Batch {
					continue
				}
				at := sim.Time(hour)*sim.Hour + sim.Time(rng.Int64N(int64(sim.Hour/2)))
				if chance(0.5) {
					at = sim.Time(hour) * sim.Hour
				}
				k := workloads.Task{Shape: r.shapes.Intern(workloads.Shape{CPU: units.CPU(64 * (1 + pick(16))), Memory: units.MiB(128 * (1 + pick(20)))}), UsePPM: units.PPM(rng.IntN(1_500_000))}
				if gpus && chance(0.1) {
					k.Shape = r.shapes.Intern(workloads.Shape{CPU: 512, Memory: 1024, GPU: 1})
				}
				if chance(0.3) {
					k.Work, k.Parallel = units.Work(rng.Int64N(int64(10*sim.Minute))+1), units.CPU(512*pick(5))
				} else {
					k.Run = sim.Time(rng.Int64N(int64(40 * sim.Minute)))
				}
				count := 1
				if chance(0.02) {
					count = 700 // more than PROVISIONING holds
					k.Run, k.Work = min(k.Run, 20*sim.Second), min(k.Work, units.Work(10*sim.Second))
				}
				for range count {
					r.later(at, w, k)
				}
			}
			for range pick(3) {
				r.drainLater(sim.Time(hour)*sim.Hour+sim.Time(rng.Int64N(int64(sim.Hour))), rng.Uint64())
			}
		}
		for next := sim.Time(hour) * sim.Hour; next < sim.Time(hour+1)*sim.Hour; {
			next += sim.Time(1 + rng.Int64N(int64(10*sim.Minute)))
			next = min(next, sim.Time(hour+1)*sim.Hour)
			if !late && !c.closed && next >= cfg.Duration {
				r.until(cfg.Duration)
				faults = append(faults, r.closes()...)
			}
			for r.s.Now() < next {
				at := next
				if first, ok := r.s.Next(); ok && seed%100 == 0 {
					at = min(next, first+1) // after each instant
				}
				r.until(at)
				if f := c.audit(); len(f) > 0 {
					return append([]string{fmt.Sprintf("at %v", r.s.Now())}, f...)
				}
			}
		}
	}
	for c.Unfinished() > 0 && r.s.Now() < 19*sim.Day {
		r.until(r.s.Now() + 12*sim.Hour)
	}
	faults = append(faults, c.audit()...)
	if n := c.Unfinished(); n > 0 && !c.heldByServices() {
		faults = append(faults, fmt.Sprintf("%d tasks never finished", n))
		for _, ci := range c.active {
			k := &c.classes[ci]
			faults = append(faults, fmt.Sprintf("%d of %s (%+v) wait for %s", k.count, c.workloads[c.needs[k.need].w].cfg.Name, c.needs[k.need].shape, c.cfg.Providers[k.provider].Name))
		}
	}
	for i := range c.workloads {
		if w := &c.workloads[i]; w.service != nil && w.cfg.Kind == Service && w.service.free() && (w.running != w.cfg.DesiredCount-w.rejected || w.service.primary.unwanted > 0) {
			faults = append(faults, fmt.Sprintf("%s runs %d of %d, %d unwanted", w.cfg.Name, w.running, w.cfg.DesiredCount, w.service.primary.unwanted))
		}
	}
	if late {
		r.until(cfg.Duration)
		for _, inst := range c.pools[len(families[0])].live {
			if c.instances[inst].nonDaemon == 0 && !c.busyServices() {
				faults = append(faults, "an idle Managed Instance never ends")
			}
		}
		faults = append(faults, r.closes()...)
	}
	r.c.Finish(r.s.Now(), &result.Run{})
	r.ledger.Advance(r.s.Now())
	bill, err := r.ledger.Rate(billing.Catalog{}, billing.Terms{})
	if err != nil {
		t.Fatal(err)
	}
	for i, split := range bill.Splits {
		if cost := split.Total(); late && c.Unfinished() == 0 && cfg.Workloads[i].Kind == Batch && cost != 0 {
			faults = append(faults, fmt.Sprintf("%s costs %v in a window without its work", cfg.Workloads[i].Name, cost))
		}
	}
	return faults
}

// closes ends the window now and checks L = lambda W: the integral of tasks in
// the system is the sum of their times in it.
func (r *clusterRig) closes() (faults []string) {
	run := &result.Run{}
	r.c.Close(r.s.Now(), run)
	for i := range run.Workloads {
		if w := &run.Workloads[i]; w.InSystem != w.Sojourn {
			faults = append(faults, fmt.Sprintf("%s: integral of N %v, sum of sojourns %v", w.Name, w.InSystem, w.Sojourn))
		}
	}
	return faults
}

// clusterRig submits and drains at set times.
type clusterRig struct {
	*rig
	plan []func(now sim.Time)
}

func (r *clusterRig) later(at sim.Time, w int, k workloads.Task) {
	r.at(at, func(sim.Time) { r.submit(w, k) })
}

// drainLater drains an instance of an Auto Scaling group or of Managed
// Instances, as a user would.
func (r *clusterRig) drainLater(at sim.Time, which uint64) {
	r.at(at, func(now sim.Time) {
		for _, pl := range r.c.pools {
			if pl == nil || len(pl.live) == 0 || pl.name == "own" {
				continue
			}
			inst := pl.live[which%uint64(len(pl.live))]
			if a, ok := r.c.providers[pl.idx].(*asg); ok && r.c.instances[inst].state == instanceActive {
				a.setDesired(now, max(0, a.desired-1), "")
			}
			pl.drain(inst, now)
		}
	})
}

func (r *clusterRig) at(at sim.Time, do func(now sim.Time)) {
	r.plan = append(r.plan, do)
	r.s.At(at, sim.ClassArrival, r, uint64(len(r.plan)-1))
}

func (r *clusterRig) Handle(now sim.Time, i uint64) { r.plan[i](now) }
