package ecs

import (
	"fmt"
	"math"
	"sort"
	"strings"

	"ecsim/models/billing"
	"ecsim/models/catalog"
	"ecsim/models/ecs/placement"
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// ASGParams are the keys of a capacity provider of kind "asg".
type ASGParams struct {
	InstanceTypes    []string               `toml:"instance_types" required:"true" doc:"EC2 instance types, the preferred one first"`
	Speed            units.Speed            `toml:"speed" default:"1.0" source:"Assumed: equal to Fargate x86" doc:"work per vCPU-second"`
	Group            GroupParams            `toml:"auto_scaling_group"`
	Distribution     DistributionParams     `toml:"instances_distribution"`
	Scaling          ManagedScalingParams   `toml:"managed_scaling"`
	Draining         *bool                  `toml:"managed_draining" later:"instances that go without being drained (managed draining is on)"`
	Boot             workloads.DurationDist `toml:"boot" default:"{dist=\"lognormal\", p50=\"75s\", p95=\"150s\"}" source:"Assumed 2026-11: first container 150 s after a scale-out from zero, a 60 s alarm included (2022-04)" doc:"launch call to registered"`
	Pending          units.Duration         `toml:"pending" default:"16s" source:"Assumed: pending to running measured at 16-18 s for any type" doc:"launch call to running, when the meter starts"`
	RootVolume       string                 `toml:"root_volume" default:"30 GiB gp3" source:"ECS-optimized AMI" doc:"size and kind, or none"`
	RegisteredMemory units.MiB              `toml:"registered_memory" min:"1" doc:"what an instance registers instead of the catalogue's figure"`
	PublicIPv4       bool                   `toml:"public_ipv4" default:"false" doc:"instances have a public IPv4 address"`
	Attributes       map[string]string      `toml:"attributes" doc:"custom attributes of the instances"`
	Agent            AgentParams            `toml:"agent" doc:"the ECS container agent's settings"`
}

// GroupParams are the Auto Scaling group's bounds.
type GroupParams struct {
	Min      int64 `toml:"min" default:"0" min:"0" max:"100000"`
	Max      int64 `toml:"max" required:"true" min:"1" max:"100000" doc:"min = max is a fixed fleet"`
	Desired  int64 `toml:"desired_capacity" min:"0" max:"100000" doc:"instances at time 0, if more than min; scaling changes it from then on"`
	WarmPool int64 `toml:"warm_pool" default:"0" max:"0" later:"warm pools (only 0 is accepted)"`
}

// DistributionParams say which instances are On-Demand.
// Source: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_InstancesDistribution.html
type DistributionParams struct {
	OnDemandBase    int64 `toml:"on_demand_base_capacity" default:"0" min:"0" max:"100000"`
	OnDemandPercent int64 `toml:"on_demand_percentage_above_base_capacity" default:"100" min:"0" max:"100"`
}

// ManagedScalingParams are the capacity provider's managed scaling.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ManagedScaling.html
type ManagedScalingParams struct {
	Status                string         `toml:"status" default:"ENABLED" allowed:"ENABLED|DISABLED"`
	TargetCapacity        int64          `toml:"target_capacity" default:"100" min:"1" max:"100"`
	MinimumStep           int64          `toml:"minimum_scaling_step_size" default:"1" min:"1" max:"10000"`
	MaximumStep           int64          `toml:"maximum_scaling_step_size" default:"10000" min:"1" max:"10000"`
	WarmUp                units.Duration `toml:"instance_warmup_period" default:"300s" max:"10000s" source:"https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ManagedScaling.html"`
	TerminationProtection bool           `toml:"termination_protection" default:"true" source:"Assumed: a well-run fleet; AWS's own default is off" doc:"scale-in takes only instances without tasks"`
	AlarmDelay            units.Duration `toml:"alarm_delay" default:"60s" source:"Assumed: a point is evaluated one period after it is published" doc:"data point to action"`
}

var _ = RegisterKind(Kind{
	Name:          "asg",
	Doc:           "EC2 instances of an Auto Scaling group, with ECS managed scaling; min = max is a fixed fleet",
	Source:        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/asg-capacity-providers.html",
	Family:        "Auto Scaling group",
	Params:        func() any { return new(ASGParams) },
	Validate:      validateASG,
	NetworkModes:  []string{"bridge", "host", "awsvpc", "none"},
	LoadBalancers: instanceBalancers,
	Instances:     true,
	Example:       "instance_types = [\"m6a.2xlarge\"]\nauto_scaling_group = { min = 1, max = 20 }",
	Queues:        func(params any) bool { return params.(*ASGParams).Scaling.Status != "DISABLED" },
	Assumed: func(params any) []string {
		return []string{"host boot " + median(params.(*ASGParams).Boot)}
	},
	New: newASG,
})

// median words the median of a span, in whole seconds.
func median(d workloads.DurationDist) string {
	const second = units.Duration(sim.Second)
	return (units.Duration(d.Quantile(0.5)) / second * second).String()
}

func validateASG(params any, region string) []FieldError {
	p := params.(*ASGParams)
	var errs []FieldError
	if p.Group.Min > p.Group.Max {
		errs = append(errs, FieldError{"auto_scaling_group.min", fmt.Sprintf("got %d, want at most max = %d", p.Group.Min, p.Group.Max)})
	}
	if p.Group.Desired > p.Group.Max {
		errs = append(errs, FieldError{"auto_scaling_group.desired_capacity", fmt.Sprintf("got %d, want at most max = %d", p.Group.Desired, p.Group.Max)})
	}
	if p.Scaling.MinimumStep > p.Scaling.MaximumStep {
		errs = append(errs, FieldError{"managed_scaling.minimum_scaling_step_size", fmt.Sprintf("got %d, want at most maximum_scaling_step_size = %d", p.Scaling.MinimumStep, p.Scaling.MaximumStep)})
	}
	if _, _, err := parseVolume(p.RootVolume); err != nil {
		errs = append(errs, FieldError{"root_volume", err.Error()})
	}
	errs = append(errs, p.Agent.check(p.InstanceTypes, p.RegisteredMemory)...)
	arch := ""
	for _, name := range p.InstanceTypes {
		if t, err := catalog.Type(name); err == nil {
			if arch != "" && arch != string(t.Arch) {
				errs = append(errs, FieldError{"instance_types", fmt.Sprintf("got types of %s and %s; an ECS-optimized AMI runs on one architecture: make a provider for each", arch, t.Arch)})
				break
			}
			arch = string(t.Arch)
		}
	}
	return errs
}

// checkTypes checks that types exist and are sold in the region.
func checkTypes(key string, types []string, region string) (errs []FieldError) {
	for i, name := range types {
		if _, err := catalog.Type(name); err != nil {
			errs = append(errs, FieldError{fmt.Sprintf("%s[%d]", key, i), err.Error()})
		} else if catalog.CheckRegion(region) != nil {
			continue // said once, of the region
		} else if _, err := catalog.OnDemand(name, region); err != nil {
			errs = append(errs, FieldError{fmt.Sprintf("%s[%d]", key, i), err.Error()})
		}
	}
	return errs
}

// parseVolume reads "30 GiB gp3" or "none".
func parseVolume(s string) (gib int64, kind string, err error) {
	if s == "none" || s == "" {
		return 0, "", nil
	}
	want := fmt.Errorf("got %q, want a size and a kind such as \"30 GiB gp3\", or \"none\"", s)
	f := strings.Fields(s)
	if len(f) != 3 {
		return 0, "", want
	}
	m, err := units.ParseMiB(f[0] + f[1])
	if err != nil || m%units.GiB != 0 || m > 16384*units.GiB || m <= 0 {
		return 0, "", want
	}
	switch f[2] {
	case "gp3", "gp2", "io1", "io2", "st1", "sc1":
		return int64(m / units.GiB), f[2], nil
	}
	return 0, "", fmt.Errorf("got volume kind %q, want gp3, gp2, io1, io2, st1 or sc1", f[2])
}

// asg is an Auto Scaling group capacity provider.
type asg struct {
	pool
	params   *ASGParams
	scaler   scaler
	desired  int64
	readings []reading // published, not yet acted on
	youngest sim.Time  // last launch, for the warm-up gate
	everUp   bool
	wanted   *sim.Series
	largest  machine // component-wise over the types
	smallest machine
}

func newASG(c *Cluster, idx int32, cfg ProviderConfig) (Provider, error) {
	p := cfg.Params.(*ASGParams)
	a := &asg{pool: newPool(c, idx, cfg.Name, p.Speed, &p.Agent), params: p, wanted: c.newSeries()}
	a.scaler = scaler{target: p.Scaling.TargetCapacity, warmUp: sim.Time(p.Scaling.WarmUp), min: p.Group.Min, max: p.Group.Max}
	for _, name := range p.InstanceTypes {
		m, err := c.newMachine(name, p.RegisteredMemory, p.Attributes, a.agent)
		if err != nil {
			return nil, err
		}
		a.machines = append(a.machines, m)
	}
	a.largest, a.smallest = *a.machines[0], *a.machines[0]
	for _, m := range a.machines[1:] {
		a.largest.cpu, a.smallest.cpu = max(a.largest.cpu, m.cpu), min(a.smallest.cpu, m.cpu)
		a.largest.memory, a.smallest.memory = max(a.largest.memory, m.memory), min(a.smallest.memory, m.memory)
		a.largest.gpu, a.smallest.gpu = max(a.largest.gpu, m.gpu), min(a.smallest.gpu, m.gpu)
		a.largest.eni, a.smallest.eni = max(a.largest.eni, m.eni), min(a.smallest.eni, m.eni)
	}
	// Every meter exists from the start, so that their order never depends on
	// which zone scales out first.
	gib, kind, err := parseVolume(p.RootVolume)
	if err != nil {
		return nil, err
	}
	for _, m := range a.machines {
		m.disk = volumeBytes(p.RootVolume)
		for _, o := range a.options() {
			for z := int32(0); z < int32(c.cfg.Zones); z++ {
				im := a.meter(m, o, z)
				im.instance = c.ledger.Meter(billing.Instance(m.name, c.cfg.Region, c.cfg.zone(int(z)), o, m.weight))
				im.surplus = c.surplusMeter(m, im.instance)
				if gib > 0 {
					im.extra = append(im.extra, extraMeter{c.ledger.Meter(billing.Volume(kind, c.cfg.Region, im.instance)), gib})
				}
				if p.PublicIPv4 {
					im.extra = append(im.extra, extraMeter{c.ledger.Meter(billing.PublicIPv4(c.cfg.Region, im.instance)), 1})
				}
			}
		}
	}
	return a, nil
}

// options are the purchase options the group can use.
func (a *asg) options() []billing.Option {
	d := a.params.Distribution
	switch {
	case d.OnDemandPercent == 100:
		return []billing.Option{billing.OnDemand}
	case d.OnDemandPercent == 0 && d.OnDemandBase == 0:
		return []billing.Option{billing.Spot}
	}
	return []billing.Option{billing.OnDemand, billing.Spot}
}

// newMachine reads a type from the catalogue.
func (c *Cluster) newMachine(name string, memory units.MiB, attributes map[string]string, agent *agentSettings) (*machine, error) {
	t, err := catalog.Type(name)
	if err != nil {
		return nil, err
	}
	m := &machine{name: name, family: t.Family, burst: newBurst(t), cpu: t.CPU, gpu: int32(t.GPUs), arch: string(t.Arch), os: "linux"}
	if memory > 0 {
		m.memory, m.memorySrc = memory, "registered_memory"
	} else {
		m.memory, m.memorySrc = t.RegisteredMemory()
	}
	if m.memory -= agent.reservedMemory; agent.reservedMemory > 0 {
		m.memorySrc += " less ecs_reserved_memory"
	}
	m.pull = pullLimit(agent, t.NetworkBurstMbps)
	m.eni = int32(t.TasksAwsvpc)
	if c.cfg.Trunking && t.TasksAwsvpcTrunk > 0 {
		m.eni = int32(t.TasksAwsvpcTrunk)
	}
	m.weight = billing.SplitWeight(m.cpu, m.memory)
	for k, v := range attributes {
		m.attributes = append(m.attributes, placement.Attribute{Name: k, Value: v})
	}
	sort.Slice(m.attributes, func(i, j int) bool { return m.attributes[i].Name < m.attributes[j].Name })
	return m, nil
}

// next says how the next instance is bought and of which type: On-Demand up to
// the base and, rounded up, the percentage above it; the first type listed.
// Spot takes the cheapest type at the catalogue's price.
// Assumed: AWS's price-capacity-optimized also weighs spare capacity, which it
// does not publish.
// Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/allocation-strategies.html
func (a *asg) next() (*machine, billing.Option) {
	d := a.params.Distribution
	n := int64(len(a.live)) + 1
	want := min(n, d.OnDemandBase)
	want += ceilDiv(max(0, n-d.OnDemandBase)*d.OnDemandPercent, 100)
	if a.onDemand < want {
		return a.typeFor(billing.OnDemand), billing.OnDemand
	}
	return a.typeFor(billing.Spot), billing.Spot
}

func (a *asg) typeFor(o billing.Option) *machine {
	best, price := a.machines[0], units.Price(math.MaxInt64)
	if o == billing.OnDemand {
		return best
	}
	for _, m := range a.machines {
		if f, err := catalog.Spot(m.name, a.c.cfg.Region); err == nil && f.Rate < price {
			best, price = m, f.Rate
		}
	}
	return best
}

// Resolve also asks that a type which the group launches, not only one that it
// lists, could hold the task.
func (a *asg) Resolve(n *need, w *workload) string {
	why := a.pool.Resolve(n, w)
	if why != "" {
		return why
	}
	for _, o := range a.options() {
		if why = a.holds(a.typeFor(o), n, w); why == "" {
			return ""
		}
	}
	return why + ", and the group launches no other type"
}

// Start brings up the group's desired capacity, its minimum at least: at once
// in a steady start, else by booting it.
func (a *asg) Start(now sim.Time) {
	a.setDesired(now, max(a.params.Group.Min, a.params.Group.Desired), "")
	for int64(len(a.live)) < a.desired {
		a.add(now, a.c.cfg.Steady)
	}
}

// add launches one instance; ready ones are up at once.
func (a *asg) add(now sim.Time, ready bool) {
	m, option := a.next()
	zone := a.zoneFor()
	if ready {
		inst := a.newInstance(m, option, zone, now)
		in := &a.c.instances[inst]
		in.state = instanceBooting
		a.c.steadyImages(in, now)
		a.c.register(inst, now)
		return
	}
	boot := sim.Time(a.params.Boot.Quantile(a.c.sim.Uniform(purposeBoot, a.entity(a.launches), 0)))
	a.launch(m, option, zone, now, sim.Time(a.params.Pending), boot)
	a.youngest, a.everUp = now, true
}

// Grow adds an instance that is up at once, at time 0 of a steady start.
func (a *asg) Grow(n *need, now sim.Time) string {
	if int64(len(a.live)) >= a.params.Group.Max {
		return fmt.Sprintf("is at its maximum, %d instances; raise auto_scaling_group.max", a.params.Group.Max)
	}
	if m, _ := a.next(); a.holds(m, n, &a.c.workloads[n.w]) != "" {
		return "would launch what is too small: " + a.holds(m, n, &a.c.workloads[n.w])
	}
	a.setDesired(now, a.desired+1, "")
	a.add(now, true)
	return ""
}

// Opened gives a steady group its headroom and starts managed scaling.
func (a *asg) Opened(now sim.Time) {
	if a.params.Scaling.Status == "DISABLED" {
		return
	}
	if a.c.cfg.Steady && a.params.Group.Desired == 0 { // who states the size has its headroom in it
		for want := min(a.params.Group.Max, ceilDiv(100*a.busy(), a.scaler.target)); int64(len(a.live)) < want; {
			a.setDesired(now, a.desired+1, "")
			a.add(now, true)
		}
	}
	a.c.sim.At(now+scalingPeriod, sim.ClassPublish, (*asgPublish)(a), 0)
}

// busy counts instances with at least one task of a service or batch.
func (a *asg) busy() (n int64) {
	for _, inst := range a.live {
		if in := &a.c.instances[inst]; in.nonDaemon > 0 && in.state != instanceDraining {
			n++
		}
	}
	return n
}

// staying counts the instances that are not on their way out.
func (a *asg) staying() (n int64) {
	for _, inst := range a.live {
		if a.c.instances[inst].state != instanceDraining {
			n++
		}
	}
	return n
}

// measure is this minute's CapacityProviderReservation.
//
// While tasks wait in PROVISIONING, needed = running + the instances to add: the
// most over groups of identical tasks of how many instances as large as the
// largest type's every dimension they fill, clamped to the step sizes. A group
// that would not fit the smallest dimensions is left out. Daemons' room is
// taken off. Assumed: AWS does not say that last.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-scaling-behavior.html
func (a *asg) measure() reading {
	r := reading{running: a.staying()}
	var add int64
	waiting, blocked := false, true
	for _, ci := range a.c.active {
		k := &a.c.classes[ci]
		if k.provider != a.idx || !k.counted {
			continue
		}
		n := &a.c.needs[k.need]
		w := &a.c.workloads[n.w]
		waiting = true
		if fit, _ := a.capacity(&a.smallest, n, w); fit < 1 {
			a.c.note(result.Warning, w.cfg.Name, fmt.Sprintf("tasks of %v, %v do not fit the smallest instance type of %s, and managed scaling leaves such tasks out: they wait for room that others leave",
				n.shape.CPU, n.shape.Memory, a.name), "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-scaling-behavior.html")
			continue
		}
		blocked = false
		per, _ := a.capacity(&a.largest, n, w)
		add = max(add, ceilDiv(k.count, per))
	}
	switch {
	case !waiting:
		r.needed = a.busy()
	case blocked:
		r.blocked = true
	default:
		s := &a.params.Scaling
		r.needed = r.running + min(max(add, s.MinimumStep), s.MaximumStep)
	}
	return r
}

// asgPublish publishes the metric each minute; asgPolicy acts on it when the
// alarm has seen it.
type (
	asgPublish asg
	asgPolicy  asg
)

// Handle takes the minute's reading.
func (p *asgPublish) Handle(now sim.Time, _ uint64) {
	a := (*asg)(p)
	a.readings = append(a.readings, a.measure())
	a.c.sim.At(now+sim.Time(a.params.Scaling.AlarmDelay), sim.ClassPolicy, (*asgPolicy)(a), 0)
	a.c.sim.At(now+scalingPeriod, sim.ClassPublish, p, 0)
}

// Handle acts on the oldest reading.
func (p *asgPolicy) Handle(now sim.Time, _ uint64) {
	a := (*asg)(p)
	r := a.readings[0]
	a.readings = append(a.readings[:0], a.readings[1:]...)
	warming := a.everUp && now < a.youngest+a.scaler.warmUp
	want, cause := a.scaler.decide(now, r, a.desired, warming)
	switch {
	case want > a.desired:
		a.setDesired(now, want, cause)
		for missing := a.desired - a.staying(); missing > 0; missing-- {
			a.add(now, false)
		}
	case want < a.desired:
		a.scaleIn(now, a.desired-want, cause)
	}
}

// scaleIn gives up to n instances back. With termination protection only those
// without tasks of services and batches go; without it, managed draining moves
// service tasks first and waits for batch tasks.
// Order: the zone with the most instances, then the oldest.
// Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html
func (a *asg) scaleIn(now sim.Time, n int64, cause string) {
	protect := a.params.Scaling.TerminationProtection
	var going []int32
	// Per zone: the ACTIVE instances, and those that may go, oldest first.
	counts := make([]int64, a.c.cfg.Zones)
	may := make([][]int32, a.c.cfg.Zones)
	for _, inst := range a.live {
		in := &a.c.instances[inst]
		if in.state != instanceActive {
			continue
		}
		counts[in.zone]++
		if !protect || in.nonDaemon == 0 {
			may[in.zone] = append(may[in.zone], inst)
		}
	}
	for int64(len(going)) < n {
		best := -1
		for z := range may {
			if len(may[z]) == 0 || best >= 0 && counts[z] < counts[best] {
				continue
			}
			if best < 0 || counts[z] > counts[best] || a.c.instances[may[z][0]].ordinal < a.c.instances[may[best][0]].ordinal {
				best = z
			}
		}
		if best < 0 {
			break
		}
		going = append(going, may[best][0])
		may[best] = may[best][1:]
		counts[best]--
	}
	if len(going) == 0 {
		return
	}
	a.setDesired(now, a.desired-int64(len(going)), cause)
	for _, inst := range going {
		a.drain(inst, now)
	}
}

// setDesired changes the group's desired capacity and notes the activity.
func (a *asg) setDesired(now sim.Time, n int64, cause string) {
	if cause != "" {
		a.c.activity(result.Activity{At: now, Provider: a.name, From: a.desired, To: n, Cause: cause})
	}
	a.desired = n
	a.wanted.Set(now, n)
}

// Report adds the group's wanted size.
func (a *asg) Report(now sim.Time, into *result.Provider) {
	a.pool.Report(now, into)
	into.Wanted = c2series(a.wanted, now)
}
