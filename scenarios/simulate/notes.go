package simulate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ecsim/models/billing"
	"ecsim/models/catalog"
	"ecsim/models/ecs"
	"ecsim/models/result"
	"ecsim/scenarios"
	"ecsim/workloads/units"
)

// noter collects the notes of one run.
type noter struct {
	sc  *scenarios.Scenario
	pl  *scenarios.Platform
	run *result.Run
}

func (n *noter) add(kind result.NoteKind, about, format string, args ...any) {
	n.run.Notes = append(n.run.Notes, result.Note{Kind: kind, About: about, Text: fmt.Sprintf(format, args...)})
}

// notes adds what a reader must know to trust a run's figures: what is assumed
// because nobody publishes it, what is left out of the money and how much of
// it there was, and what is odd about the sizes.
func notes(sc *scenarios.Scenario, pl *scenarios.Platform, run *result.Run) {
	n := &noter{sc, pl, run}
	n.assumed()
	n.notIncluded()
	n.warnings()
}

func (n *noter) assumed() {
	for i := range n.pl.Workloads {
		w := &n.pl.Workloads[i]
		if len(w.Image) == 1 && w.Image[0].Size > 0 && !n.sc.IsSet("workload."+w.Name+".image") && !n.sc.IsSet("workload."+w.Name+".image.size") {
			n.add(result.Assumed, "", "image of %s %v", w.Name, w.Image[0].Size)
		}
		if w.Work.Dist != nil && w.Parallel == 0 && n.sc.CPUModel == "shared" && w.CPULimit == "container" {
			n.add(result.Assumed, "", "work of %s spreads over all CPU it is given", w.Name)
		}
	}
	for i := range n.pl.Workloads {
		if w := &n.pl.Workloads[i]; len(w.LoadBalancer) > 0 {
			n.add(result.Assumed, "", "targets of %s are checked from %v after RUNNING on", w.Name, w.LoadBalancer[0].Registration)
		}
	}
	st := &n.pl.Stages
	arm, fargate := false, false
	for i := range n.run.Providers {
		p := &n.run.Providers[i]
		if strings.HasPrefix(p.Kind, ecs.FargateName) {
			fargate = true
		}
	}
	for i := range n.pl.Workloads {
		arm = arm || n.pl.Workloads[i].CPUArchitecture == "ARM64"
	}
	for _, p := range n.pl.Providers {
		if k := ecs.KindOf(p.Kind); k != nil && k.Assumed != nil {
			for _, text := range k.Assumed(p.Params) {
				n.add(result.Assumed, "", "%s", text)
			}
		}
	}
	if fargate {
		start := units.Duration(st.FargateProvisioning.Quantile(0.5)) / 1e9 * 1e9
		n.add(result.Assumed, "", "Fargate start %v, pull %v + %v/MB", start, st.FargatePull, st.FargatePullPerMB)
	}
	n.assumedOfImages(fargate)
	if len(n.run.Deployments) > 0 {
		ss := &n.pl.ServiceScheduler
		n.add(result.Assumed, "", "a deployment starts %v after it is asked for; a service starts and stops all that its bounds allow at once; it pauses %v, then twice as long, up to %v, after tasks that fail to start; a deployment %v without progress at the end has stalled",
			ss.Reaction, ss.RetryBase, ss.RetryCap, ss.StalledAfter)
		n.newImages()
		for i := range n.pl.Workloads {
			if w := &n.pl.Workloads[i]; n.sc.Rebalanced(w) && n.ownsInstances() {
				n.add(result.Assumed, "", "zones are balanced %v after a steady state", ss.RebalanceAfter)
				break
			}
		}
	}
	if n.sc.CPUModel == "shared" && n.ownsInstances() {
		var soft []string
		for i := range n.pl.Workloads {
			if w := &n.pl.Workloads[i]; w.CPULimit == "container" {
				soft = append(soft, w.Name)
			}
		}
		if len(soft) > 12 { // a crowd is not named one by one
			soft = append(soft[:2], fmt.Sprintf("%d more", len(soft)-2))
		}
		if soft != nil {
			n.add(result.Rule, "", "cpu_limit container: %s may take idle CPU on instances; Fargate always caps a task at its size", strings.Join(soft, ", "))
		}
	}
	n.fixedModes()
	if arm {
		n.add(result.Assumed, "", "an ARM vCPU does the work of an x86 vCPU (speed 1.0)")
	}
	for i := range n.pl.Workloads {
		if len(n.pl.Workloads[i].PlacementStrategy) == 0 && n.pl.Workloads[i].Kind == ecs.Batch && n.ownsInstances() {
			n.add(result.Assumed, "", "RunTask without a placement strategy places at random")
			break
		}
	}
}

// fixedModes says where a network mode that the scenario gives does not hold:
// Fargate has its own.
func (n *noter) fixedModes() {
	for i := range n.pl.Workloads {
		w := &n.pl.Workloads[i]
		if path := "workload." + w.Name + ".network_mode"; !n.sc.IsSet(path) && !n.sc.IsSet("platform."+n.pl.Name+"."+path) {
			continue
		}
		for _, s := range placesOf(n.pl, w) {
			if k := kindOf(n.pl, s.CapacityProvider); k != nil && modeOn(k, w) != w.NetworkMode {
				n.add(result.Rule, "", "%s runs in network_mode %s on %s, which has no %s", w.Name, modeOn(k, w), s.CapacityProvider, w.NetworkMode)
			}
		}
	}
}

// newImages says which images deployments bring that nobody described.
func (n *noter) newImages() {
	if !n.ownsInstances() {
		return // Fargate pulls every image anyway
	}
	for i := range n.pl.Workloads {
		w := &n.pl.Workloads[i]
		if !slices.ContainsFunc(n.sc.Deployment, func(d scenarios.ScheduledDeployment) bool {
			return d.Service == w.Name && len(d.Image) == 0 && d.NewImages(w, 0) != nil
		}) {
			continue
		}
		var size, shared units.Bytes
		for _, m := range w.Image {
			size += m.Size
			shared += units.Bytes(m.Shared.Of(int64(m.Size)))
		}
		what := "none of whose layers instances have"
		if shared > 0 {
			what = fmt.Sprintf("%v of which lie in layers shared with the old one", shared)
		}
		if size > 0 {
			n.add(result.Assumed, "", "a deployment of %s brings a new image of %v, %s", w.Name, size, what)
		}
	}
}

// assumedOfImages says what is assumed of pulls that took place.
func (n *noter) assumedOfImages(fargate bool) {
	st := &n.pl.Stages
	var pulls int64
	shared, soci := false, false
	for i := range n.run.Workloads {
		pulls += n.run.Workloads[i].Pulls
	}
	for i := range n.pl.Workloads {
		for _, m := range n.pl.Workloads[i].Image {
			shared, soci = shared || m.Shared > 0, soci || m.SOCI
		}
	}
	if pulls > 0 && n.ownsInstances() {
		n.add(result.Assumed, "", "pull on an instance %v + %v/MB", st.EC2Pull, st.EC2PullPerMB)
		if shared {
			n.add(result.Assumed, "", "of two images of a repository the smaller shared part lies within the larger")
		}
	}
	if fargate && soci {
		n.add(result.Assumed, "", "a SOCI index leaves %v of a Fargate pull's time per MB", st.FargateSOCI)
	}
	n.failedPulls()
	for i := range n.run.Providers {
		if p := &n.run.Providers[i]; p.Disconnects > 0 {
			n.add(result.Rule, p.Name, "agents of %s lost their connection %s times (injected)", p.Name, units.Thousands(p.Disconnects))
		}
	}
}

// failedPulls says which pulls failed, and what their tasks' callers did.
func (n *noter) failedPulls() {
	again := false
	for i := range n.run.Workloads {
		w := &n.run.Workloads[i]
		for _, f := range w.PullFaults {
			n.add(result.Warning, w.Name, "%s image pulls for tasks of %s failed: %s", units.Thousands(f.Count), w.Name, f.Reason)
		}
		again = again || len(w.PullFaults) > 0 && w.Kind == ecs.Batch
	}
	if again {
		n.add(result.Assumed, "", "a batch task whose image cannot be pulled is run again as on_no_capacity says; a caller who waits in line does so after 10 s, then 20 s and so on up to 27 min")
	}
	r := &n.pl.Registry
	for i := range n.pl.Workloads {
		for _, m := range n.pl.Workloads[i].Image {
			if m.Registry == "docker-hub" && r.DockerHubLogin == "anonymous" {
				by := "each zone's NAT gateway"
				if r.Address == "public" {
					by = "each instance's address"
				}
				n.run.Notes = append(n.run.Notes, result.Note{Kind: result.Rule, Source: "https://docs.docker.com/docker-hub/usage/",
					Text: fmt.Sprintf("Docker Hub serves %s %d pulls in %v (2026-09)", by, r.AnonymousPulls, r.Window)})
				return
			}
		}
	}
}

func (n *noter) ownsInstances() bool {
	return slices.ContainsFunc(n.run.Providers, func(p result.Provider) bool { return p.Launched > 0 })
}

// notIncluded names the charge classes that are not priced.
func (n *noter) notIncluded() {
	balancers := "load balancers"
	for i := range n.pl.Workloads {
		if len(n.pl.Workloads[i].LoadBalancer) > 0 {
			// The hours are on the bill; capacity units hang on requests.
			balancers = "load balancers' capacity units (LCU)"
		}
	}
	n.add(result.NotIncluded, "", "%s, NAT gateways, logs, cross-zone and internet traffic, support, your time", balancers)
	for i := range n.run.Providers {
		if n.run.Providers[i].Kind == "external" {
			n.add(result.NotIncluded, "", "your own machines (hardware, power)")
			break
		}
	}
	if n.pl.Prices.Discount == 0 {
		n.add(result.NotIncluded, "", "EDP discount")
	}
	n.storedImages()
}

// storedImages says what ECR charges for keeping the images, of all revisions
// at the end and in full, shared layers too; pulls within the
// Region are free.
func (n *noter) storedImages() {
	var bytes units.Bytes
	seen := map[string]bool{}
	store := func(images []scenarios.Image) {
		for _, m := range images {
			if (m.Registry == "ecr" || m.Registry == "ecr-pull-through") && !seen[m.Name] {
				seen[m.Name] = true
				bytes += m.Size
			}
		}
	}
	for i := range n.pl.Workloads {
		w := &n.pl.Workloads[i]
		store(w.Image)
		for k := range n.sc.Deployment {
			d := &n.sc.Deployment[k]
			if d.Service != w.Name {
				continue
			}
			for _, at := range n.sc.Moments(d, time.Duration(n.sc.Duration)) {
				store(d.NewImages(w, at))
			}
		}
	}
	rate, err := catalog.Rate("ecr.gb_month", n.sc.Region)
	if err != nil || bytes == 0 {
		return
	}
	cost := rate.Rate.Times(uint64(bytes), uint64(units.GB))
	n.run.Notes = append(n.run.Notes, result.Note{Kind: result.NotIncluded, Source: rate.Source,
		Text: fmt.Sprintf("%v of images in ECR ($%.2f a month)", bytes, cost.Float())})
}

func (n *noter) warnings() {
	for i := range n.pl.Workloads {
		w := &n.pl.Workloads[i]
		if w.Kind != ecs.Batch || w.NoCapacity.Mode == scenarios.Queue {
			continue
		}
		for _, s := range strategyOf(n.pl, w) {
			for k := range n.pl.Providers {
				if p := &n.pl.Providers[k]; p.Name == s.CapacityProvider && queues(p) {
					n.add(result.Warning, w.Name, "with on_no_capacity = %q the tasks of %s do not wait in PROVISIONING, so managed scaling of %s does not grow for them; ECS queues them there, as \"queue\" does", w.OnNoCapacity, w.Name, p.Name)
				}
			}
		}
	}
	for i := range n.run.Workloads {
		w := &n.run.Workloads[i]
		for _, f := range w.Fits {
			t, err := catalog.Type(f.InstanceType)
			if err != nil || f.Binding != "eni" || n.pl.Account.AwsvpcTrunking && t.TrunkingOnECS {
				continue
			}
			remedy := fmt.Sprintf("account.awsvpc_trunking = true allows %d", t.TasksAwsvpcTrunk)
			if !t.TrunkingOnECS {
				remedy = "ECS offers no trunking on it"
			}
			n.add(result.Warning, w.Name, "network interfaces bind: %d tasks on a %s; %s", f.Tasks, f.InstanceType, remedy)
		}
	}
	for i := range n.run.Providers {
		p := &n.run.Providers[i]
		for _, name := range p.InstanceTypes {
			t, err := catalog.Type(name)
			if err != nil {
				continue
			}
			switch {
			case t.Burstable && t.CreditMode == "standard":
				n.add(result.Warning, p.Name, "%s is in standard mode by default and slows down without CPU credits; here it is in unlimited mode, and surplus credits are charged", name)
			case t.Burstable:
				n.add(result.Assumed, "", "%s is in unlimited mode and begins without CPU credits", name)
			case t.Flex:
				n.add(result.Warning, p.Name, "%s guarantees 40 %% of each vCPU; here it always runs at full speed", name)
			}
		}
	}
}

// remarks are notes on all platforms together, from what their runs add up to.
func (c *Comparison) remarks() (notes []result.Note) {
	sc := c.Scenario
	// Image bytes that cost nothing on the path chosen, and what the other
	// path would make of the most of them.
	var most float64
	var who string
	for _, o := range c.Outcomes {
		if e, ok := o.Estimate("pulled_gb"); ok && e.OK && e.V > most {
			most, who = e.V, o.Platform
		}
	}
	if nat, err := catalog.Rate("nat.gb", sc.Region); err == nil && most > 0 && billing.PullPath(sc.Prices.ImagePullPath) == billing.PullS3Gateway {
		span, bytes := "", most*1e9
		if r := ran(c.Outcomes); r != nil && r.MonthlyOK {
			span = " a month"
			bytes *= 730 * 3600 / (r.Duration - r.WarmUp).Seconds()
		}
		cost := nat.Rate.Times(uint64(bytes), uint64(units.GB))
		notes = append(notes, result.Note{Kind: result.NotIncluded, Source: nat.Source,
			Text: fmt.Sprintf("images: free by S3 gateway endpoint, through NAT %s's would cost $%s%s", who, units.Thousands((cost.Cents()+50)/100), span)})
	}
	// New accounts start with 6 vCPUs each on FARGATE and FARGATE_SPOT.
	// https://docs.aws.amazon.com/general/latest/gr/ecs-service.html
	for _, name := range []string{ecs.FargateName, ecs.FargateSpotName} {
		peak := 0.0
		for _, o := range c.Outcomes {
			if o.First == nil {
				continue
			}
			for i := range o.First.Providers {
				if p := &o.First.Providers[i]; p.Name == name {
					peak = max(peak, p.PeakVCPU)
				}
			}
		}
		if peak > newAccountVCPU {
			notes = append(notes, result.Note{Kind: result.Warning,
				Text: fmt.Sprintf("%s holds up to %.0f vCPU at once; the quota of a new account is %d", name, peak, newAccountVCPU)})
		}
	}
	return notes
}

const newAccountVCPU = 6

// ran is the first run there is.
func ran(outcomes []*result.Outcome) *result.Run {
	for _, o := range outcomes {
		if o.First != nil {
			return o.First
		}
	}
	return nil
}
