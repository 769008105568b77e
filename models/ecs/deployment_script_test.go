package ecs

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"ecsim/models/billing"
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/sim/simtest"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// TestDeploymentScripts plays each testdata/deployments/*.txt: commands, each
// followed by ---- and what the service says and how many of its tasks run.
//
//	service desired=3 min=100 max=200 hosts=10 ...   a service in steady state
//	        image=api:1,900MB next=api:2,900MB,60%   its image and one that a deployment may bring
//	daemon hosts=4 min=0                             or a daemon
//	deploy failure=100% mode=health_check            a new deployment now, of the images it follows
//	deploy image=api:2                               one of another image
//	drain 2                                          host 2 drains
//	host zone=1                                      another instance registers
//	scale 5                                          desired count
//	unhealthy                                        the oldest healthy task fails its checks
//	step 5m                                          let time pass
//	threshold 1 25                                   the circuit breaker's, for so many tasks
//	end                                              the run ends here
//	status                                           tasks by deployment and zone
func TestDeploymentScripts(t *testing.T) {
	simtest.Stories(t, "testdata/deployments/*.txt", *update, func(t *testing.T) func([]string) string {
		var p *play
		return func(words []string) string {
			if words[0] == "service" || words[0] == "daemon" {
				p = newPlay(t, words)
			} else {
				p.do(words)
			}
			return p.take()
		}
	})
}

// play is one service on a few hosts under a script.
type play struct {
	*rig
	svc  *service
	out  strings.Builder
	last string
	free bool // a failure was injected: the bounds need not hold
}

func newPlay(t *testing.T, words []string) *play {
	p := &play{}
	w := WorkloadConfig{Name: "api", Kind: Service, Shape: workloads.Shape{CPU: 512, Memory: 1024}, DesiredCount: 1, NetworkMode: "bridge",
		Use: workloads.Constant(units.One), Strategy: []StrategyItem{{Provider: "hosts", Weight: 1}}, StopTimeout: 2 * sim.Second}
	if words[0] == "daemon" {
		w.Kind, w.Strategy = Daemon, nil
	}
	w.Service = DefaultService(w.Kind)
	hosts, cpu := int64(10), units.CPU(8192)
	cfg := Config{Steady: true, TieIndex: true, Observe: p.observe, Stages: noStages()}
	cfg.Stages.EC2Start = workloads.Constant(5 * sim.Second)
	fargate := false
	drain := sim.Time(0)
	for _, a := range words[1:] {
		k, v, _ := strings.Cut(a, "=")
		n, _ := strconv.ParseInt(strings.TrimSuffix(v, "%"), 10, 64)
		d, _ := units.ParseDuration(v)
		pct, _ := units.ParsePPM(v)
		switch k {
		case "desired":
			w.DesiredCount = n
		case "min":
			w.Service.MinimumHealthyPercent = n
		case "max":
			w.Service.MaximumPercent = n
		case "hosts":
			hosts = n
		case "host_cpu":
			cpu = units.CPU(n)
		case "zones":
			cfg.Zones = int(n)
		case "empty":
			cfg.Steady = v != "true"
		case "breaker":
			w.Service.Breaker.Enable, w.Service.Breaker.Rollback = true, v == "rollback"
		case "threshold":
			w.Service.Breaker.Type, w.Service.Breaker.Value = "COUNT", n
		case "cumulative":
			w.Service.Breaker.Cumulative = v == "true"
		case "bake":
			w.Service.Bake = sim.Time(d)
		case "grace":
			w.Service.HealthCheckGrace = sim.Time(d)
		case "strategy":
			w.Service.Strategy = v
		case "controller":
			w.Service.Controller = v
		case "step":
			w.Service.StepPercent = pct
		case "step_bake":
			w.Service.StepBake = sim.Time(d)
		case "protected":
			w.Service.Protected = pct
		case "protected_for":
			w.Service.ProtectedFor = sim.Time(d)
		case "rebalancing":
			w.Service.Rebalancing = v == "true"
		case "placement":
			w.Placement = append(w.Placement, v)
		case "fargate":
			fargate = v == "true"
		case "drain":
			drain = sim.Time(d)
		case "image":
			w.Images = append(w.Images, imageOf(v))
			cfg.Stages.EC2Pull, cfg.Stages.EC2PullPerMB = sim.Second, 30*sim.Millisecond
		case "next":
			// Images are known beforehand, of deployments that the script never sees.
			w.Service.Deployments = append(w.Service.Deployments, DeploymentConfig{At: 1000 * sim.Day, Shape: w.Shape, Images: []ImageConfig{imageOf(v)}})
		default:
			t.Fatalf("unknown setting %q", a)
		}
	}
	cfg.Providers = []ProviderConfig{machines(hosts, cpu, 65536)}
	if fargate {
		w.Strategy[0].Provider, w.NetworkMode = FargateName, "awsvpc"
		cfg.Providers = []ProviderConfig{{Name: FargateName, Kind: FargateName}}
	}
	cfg.Workloads = []WorkloadConfig{w}
	p.rig = newRig(t, cfg)
	p.svc = p.c.workloads[0].service
	if drain > 0 {
		p.c.workloads[0].targets = &delayed{p.c, drain}
	}
	return p
}

// delayed is a load balancer of which all that shows is its deregistration
// delay; a target is healthy 10 s after it is registered.
type delayed struct {
	c     *Cluster
	delay sim.Time
}

func (d *delayed) Register(id TaskID, now sim.Time) {
	d.c.schedule(id, now+10*sim.Second, sim.ClassState, evHealthy)
}
func (d *delayed) Deregister(id TaskID, now sim.Time) sim.Time { return now + d.delay }

func (p *play) observe(e result.Event) {
	if e.At == 0 {
		return // what ran before
	}
	text := e.Message("api", PlaceName(p.configs(), e.Place), ReasonName(e.Reason))
	if e.Kind == result.InstanceDraining {
		text = PlaceName(p.configs(), e.Place) + " drains."
	}
	if text == "" {
		return
	}
	line := fmt.Sprintf("%v %s\n", e.At, text)
	if line != p.last { // ECS says it of each task
		p.out.WriteString(line)
	}
	p.last = line
}

func (p *play) configs() []ProviderConfig {
	if p.rig == nil {
		return nil
	}
	return p.c.cfg.Providers
}

func (p *play) do(words []string) {
	c, s, now := p.c, p.svc, p.s.Now()
	n := int64(0)
	if len(words) > 1 {
		n, _ = strconv.ParseInt(words[1], 10, 64)
	}
	switch words[0] {
	case "deploy":
		d := DeploymentConfig{Shape: s.w.cfg.Shape, Scale: units.One}
		for _, a := range words[1:] {
			k, v, _ := strings.Cut(a, "=")
			switch k {
			case "failure":
				d.TaskFailure, _ = units.ParsePPM(v)
				p.free = true
			case "mode":
				d.FailureMode = v
			case "cpu":
				d.Shape.CPU, _ = units.ParseCPU(v)
			case "image":
				for _, o := range s.cfg.Deployments {
					if o.Images[0].Name == v {
						d.Images = o.Images
					}
				}
				if d.Images == nil {
					p.tb.Fatal("no next=" + v)
				}
			case "set":
				d.TaskSet = v
			case "scale":
				d.Scale, _ = units.ParsePPM(v)
			default:
				p.tb.Fatal("unknown " + a)
			}
		}
		s.deploy(&d, now)
		p.story(now)
	case "drain":
		pl := c.pools[0]
		for _, inst := range pl.live {
			if c.instances[inst].ordinal == uint64(n) {
				pl.drain(inst, now)
			}
		}
		p.story(now)
	case "host":
		zone, _ := strconv.Atoi(strings.TrimPrefix(words[1], "zone="))
		pl := c.pools[0]
		m := pl.machines[0]
		*pl.meter(m, billing.None, int32(zone)) = *pl.meter(m, billing.None, 0)
		c.register(pl.newInstance(m, billing.None, int32(zone), now), now)
	case "scale":
		c.SetDesired(0, n, now)
		p.story(now)
	case "unhealthy":
		for _, id := range s.primary.tasks {
			if c.tasks[id].healthy {
				p.free = true
				c.becameUnhealthy(id, now)
				break
			}
		}
		p.story(now)
	case "step":
		d, err := units.ParseDuration(words[1])
		if err != nil {
			p.tb.Fatal(err)
		}
		p.story(now + sim.Time(d))
	case "threshold":
		for _, a := range words[1:] {
			n, _ := strconv.ParseInt(a, 10, 64)
			fmt.Fprintf(&p.out, "desired %d: %d failures fail a deployment\n", n, s.cfg.Breaker.Threshold(n))
		}
	case "end":
		c.closeDeployments(now)
		p.status()
	case "status":
		p.status()
	default:
		p.tb.Fatal("unknown command " + words[0])
	}
}

func (p *play) status() {
	c, s := p.c, p.svc
	zones := make([]int, c.cfg.Zones)
	for _, d := range s.sets {
		for _, id := range d.tasks {
			if t := &c.tasks[id]; t.inst >= 0 {
				zones[c.instances[t.inst].zone]++
			}
		}
	}
	fmt.Fprintf(&p.out, "desired %d; %s; by zone %v\n", s.desired, p.counts(), zones)
	if len(c.images) > 0 {
		fmt.Fprintf(&p.out, "%d pulls of %v, %d tasks started from images on disk\n", s.w.pulls, s.w.pulled, s.w.cacheHits)
	}
	for _, r := range c.deployments {
		fmt.Fprintf(&p.out, "deployment %d: %s%s; %d tasks and %d instances extra; %d started, %d failed\n", r.Revision, r.Outcome, because(r.Why), r.ExtraTasks, r.ExtraInstances, r.TasksStarted, r.TasksFailed)
	}
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return " (" + why + ")"
}

// story lets time pass event by event; whenever the counts have changed, it
// prints them, and the bounds of E5.2 hold.
func (p *play) story(until sim.Time) {
	before := p.counts()
	for {
		next, ok := p.s.Next()
		if !ok || next > until {
			break
		}
		p.until(next + 1)
		if now := p.counts(); now != before {
			fmt.Fprintf(&p.out, "%v   %s\n", next, now)
			before = now
		}
		for _, f := range p.c.audit() {
			p.tb.Fatal(f)
		}
		p.bounds()
	}
	if p.s.Now() < until {
		p.until(until)
	}
}

func (p *play) bounds() {
	s := p.svc
	if p.free || !s.rolling() || s.w.cfg.Kind != Service || s.primary.record < 0 {
		return
	}
	least := (s.desired*s.cfg.MinimumHealthyPercent + 99) / 100
	tasks, healthy := s.total()
	if healthy < min(least, s.desired) && !p.c.tasks[0].failing && s.steadyAt > 0 {
		p.tb.Fatal(fmt.Sprintf("at %v %d healthy, minimumHealthyPercent asks for %d", p.s.Now(), healthy, least))
	}
	if most := s.desired * s.cfg.MaximumPercent / 100; tasks > most {
		p.tb.Fatal(fmt.Sprintf("at %v %d RUNNING and PENDING, maximumPercent allows %d", p.s.Now(), tasks, most))
	}
}

// counts are the tasks by deployment: "old 2 healthy; new 1 pending".
func (p *play) counts() string {
	s := p.svc
	var parts []string
	for _, d := range s.sets {
		name := "new"
		switch {
		case d.name != "":
			name = d.name
		case d != s.primary:
			name = "old"
		case d.record < 0 || d.state == setCompleted:
			name = "all"
		}
		text := ""
		if n := int64(len(d.tasks)) - d.running; n > 0 {
			text += fmt.Sprintf(" %d pending", n)
		}
		if n := d.running - d.healthy; n > 0 {
			text += fmt.Sprintf(" %d running", n)
		}
		if d.healthy > 0 || text == "" {
			text += fmt.Sprintf(" %d healthy", d.healthy)
		}
		parts = append(parts, name+text)
	}
	if s.down > 0 {
		parts = append(parts, fmt.Sprintf("%d stopping", s.down))
	}
	return strings.Join(parts, "; ")
}

func (p *play) take() string {
	s := p.out.String()
	p.out.Reset()
	p.last = ""
	return s
}

func (d *delayed) Gone(TaskID) {}
