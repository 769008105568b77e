package ecs

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ecsim/models/ecs/placement"
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/sim/simtest"
	"ecsim/workloads"
	"ecsim/workloads/units"
)

// TestAgentScripts plays each testdata/agent/*.txt: one host and its agent, a
// command a line, what a reader should see after ----.
//
//	host cpu=2048 memory=4096 gpu=0 version=1.105.1 reserved=0 behavior=default cached=NAME pulls="100 MB"
//	define NAME cpu=1024 memory=1024 gpu=0 port=80 stop=30s image=app:1,900MB,60%
//	                       and, of an image, its registry after a last comma
//	registry pulls=2 window=6h upstream=200   limits of Docker Hub
//	fail share=100% from=0s until=10m registry=docker-hub   pulls that fail
//	retry NAME fail, retry NAME 30s x 2       what the caller of its tasks does
//	run NAME [for=10m]     submit a task now; runs 1000 h without for
//	stop NAME-1            ECS tells a task to stop
//	disconnect, reconnect  the agent's connection
//	step 30s               let time pass
//	status                 what ECS counts as free, what the host really has, the agent's queue, the disk
func TestAgentScripts(t *testing.T) {
	simtest.Stories(t, "testdata/agent/*.txt", *update, func(t *testing.T) func([]string) string {
		s := &hostStory{t: t, count: map[int]int{}, names: map[uint64]string{}, spans: map[string]workloads.Shape{}}
		return func(words []string) string {
			s.do(words)
			defer s.out.Reset()
			return s.out.String()
		}
	})
}

// hostStory is one host under a script.
type hostStory struct {
	t     *testing.T
	cfg   Config
	r     *rig // nil until the first command that needs it
	out   strings.Builder
	count map[int]int
	names map[uint64]string
	spans map[string]workloads.Shape
	disk  units.Bytes
}

func (s *hostStory) do(words []string) {
	switch words[0] {
	case "host":
		s.host(words[1:])
	case "define":
		s.define(words[1], words[2:])
	case "registry":
		s.registry(words[1:])
	case "fail":
		s.fail(words[1:])
	case "retry":
		w := &s.cfg.Workloads[slices.IndexFunc(s.cfg.Workloads, func(w WorkloadConfig) bool { return w.Name == words[1] })]
		w.Retry = Retry{Mode: RetryNever}
		if words[2] != "fail" {
			every, _ := units.ParseDuration(words[2])
			times, _ := strconv.ParseInt(words[4], 10, 64)
			w.Retry = Retry{Mode: RetryEvery, Every: sim.Time(every), Times: times}
		}
	default:
		if s.r == nil {
			s.cfg.Observe = s.observe
			s.r = newRig(s.t, s.cfg)
			s.r.c.pools[0].machines[0].disk = s.disk
		}
		s.play(words)
	}
}

func (s *hostStory) host(args []string) {
	node := ExternalNode{Name: "host", CPU: 2048, Memory: 4096, Count: 1}
	p := &ExternalParams{Speed: 1e6}
	for _, a := range args {
		k, v, _ := strings.Cut(a, "=")
		n, _ := strconv.ParseInt(v, 10, 64)
		switch k {
		case "cpu":
			node.CPU = units.CPU(n)
		case "memory":
			node.Memory = units.MiB(n)
		case "gpu":
			node.GPU = n
		case "version":
			p.Agent.Version = v
		case "reserved":
			p.Agent.ReservedMemory = units.MiB(n)
		case "behavior":
			p.Agent.PullBehavior = v
		case "cached":
			p.Agent.CachedImages = []string{v}
		case "pulls":
			p.Agent.PullThroughput, _ = units.ParseBytes(v)
		case "disk":
			s.disk, _ = units.ParseBytes(v)
		default:
			s.t.Fatalf("host has no %q", k)
		}
	}
	p.Nodes = []ExternalNode{node}
	s.cfg.Providers = []ProviderConfig{{Name: "hosts", Kind: "external", Params: p}}
	s.cfg.TieIndex = true
	s.cfg.Stages = StageConfig{FargateProvisioning: workloads.Constant(sim.Time(0)), EC2Start: workloads.Constant(sim.Second), EC2Awsvpc: workloads.Constant(sim.Time(0)),
		EC2Pull: sim.Second, EC2PullPerMB: 30 * sim.Millisecond, PullFailure: 12700 * sim.Millisecond}
}

func (s *hostStory) define(name string, args []string) {
	w := batch(name, "hosts")
	w.StopTimeout = 30 * sim.Second
	var shape workloads.Shape
	for _, a := range args {
		k, v, _ := strings.Cut(a, "=")
		n, _ := strconv.ParseInt(v, 10, 64)
		switch k {
		case "cpu":
			shape.CPU = units.CPU(n)
		case "memory":
			shape.Memory = units.MiB(n)
		case "gpu":
			shape.GPU = int(n)
		case "port":
			w.Ports = append(w.Ports, placement.Port{Number: uint16(n)})
		case "stop":
			d, _ := units.ParseDuration(v)
			w.StopTimeout = sim.Time(d)
		case "image":
			w.Images = append(w.Images, imageOf(v))
		default:
			s.t.Fatalf("a task has no %q", k)
		}
	}
	s.spans[name] = shape
	s.cfg.Workloads = append(s.cfg.Workloads, w)
}

// imageOf reads an image written "app:2,900MB,60%,docker-hub"; the last two may
// be left out.
func imageOf(text string) ImageConfig {
	parts := strings.Split(text, ",")
	repository, _, _ := strings.Cut(parts[0], ":")
	m := ImageConfig{Name: parts[0], Repository: repository}
	m.Size, _ = units.ParseBytes(parts[1])
	for _, p := range parts[2:] {
		if _, ok := registryNamed(p); ok {
			m.Registry = p
			continue
		}
		m.Shared, _ = units.ParsePPM(p)
	}
	return m
}

func (s *hostStory) registry(args []string) {
	for _, a := range args {
		k, v, _ := strings.Cut(a, "=")
		n, _ := strconv.ParseInt(v, 10, 64)
		switch k {
		case "pulls":
			s.cfg.Registry.DockerHubPulls = n
		case "upstream":
			s.cfg.Registry.UpstreamPulls = n
		case "window":
			d, _ := units.ParseDuration(v)
			s.cfg.Registry.DockerHubWindow = sim.Time(d)
		default:
			s.t.Fatalf("a registry has no %q", k)
		}
	}
}

func (s *hostStory) fail(args []string) {
	p := &ImagePullParams{Share: units.One}
	w := Window{Until: sim.MaxTime}
	for _, a := range args {
		k, v, _ := strings.Cut(a, "=")
		d, _ := units.ParseDuration(v)
		switch k {
		case "share":
			p.Share, _ = units.ParsePPM(v)
		case "from":
			w.From = sim.Time(d)
		case "until":
			w.Until = sim.Time(d)
		case "registry":
			p.Registry = v
		default:
			s.t.Fatalf("a failure has no %q", k)
		}
	}
	s.cfg.Failures = append(s.cfg.Failures, Failure{Kind: "image-pull", Params: p, Windows: []Window{w}})
}

func (s *hostStory) observe(e result.Event) {
	verbs := map[result.EventKind]string{result.TaskPlaced: "is PENDING", result.TaskRunning: "is RUNNING", result.TaskStopping: "is STOPPING",
		result.TaskStopped: "is STOPPED", result.AgentDisconnected: "the agent is disconnected", result.AgentConnected: "the agent is connected"}
	verb := verbs[e.Kind]
	if e.Kind == result.TaskRefused {
		verb = "finds no room: " + placement.Reason(e.Reason).String()
	}
	if e.Kind == result.ImagePullFailed {
		verb = pullFault(e.Value).String()
	}
	if e.Kind == result.TaskRejected {
		verb = "is given up"
	}
	who := s.names[e.Entity] + " "
	if e.Workload < 0 {
		who = ""
	}
	if verb != "" {
		// A step ends one nanosecond late, so that what happens then belongs to it.
		fmt.Fprintf(&s.out, "%v %s%s\n", e.At/sim.Millisecond*sim.Millisecond, who, verb)
	}
}

func (s *hostStory) play(words []string) {
	r := s.r
	switch words[0] {
	case "run":
		for w := range s.cfg.Workloads {
			if s.cfg.Workloads[w].Name != words[1] {
				continue
			}
			span := 1000 * sim.Hour
			if len(words) > 2 {
				d, _ := units.ParseDuration(strings.TrimPrefix(words[2], "for="))
				span = sim.Time(d)
			}
			s.count[w]++
			s.names[r.index] = fmt.Sprintf("%s-%d", words[1], s.count[w])
			r.submit(w, workloads.Task{Shape: r.shapes.Intern(s.spans[words[1]]), Run: span, UsePPM: units.One})
			return
		}
		s.t.Fatalf("no task %q is defined", words[1])
	case "stop":
		for index, name := range s.names {
			if name == words[1] {
				r.c.stop(r.task(index), r.s.Now())
			}
		}
	case "disconnect", "reconnect":
		in := &r.c.instances[0]
		in.offline = words[0] == "reconnect" // what the event turns over
		r.c.pools[0].agent.outOf = workloads.Constant(1000 * sim.Hour)
		r.s.Cancel(in.link)
		(*linkEvents)(r.c).Handle(r.s.Now(), 0)
	case "step":
		d, err := units.ParseDuration(words[1])
		if err != nil {
			s.t.Fatal(err)
		}
		if err := r.s.RunUntil(context.Background(), r.s.Now()+sim.Time(d)+1); err != nil {
			s.t.Fatal(err)
		}
	case "status":
		s.status()
	default:
		s.t.Fatalf("unknown command %q", words[0])
	}
	for _, f := range r.c.auditAgents() {
		s.t.Error(f)
	}
}

func (s *hostStory) status() {
	c := s.r.c
	in := &c.instances[0]
	cpu, memory := int64(in.machine.cpu), int64(in.machine.memory)
	var queue, images []string
	for id := in.first; id != none; id = c.tasks[id].next {
		if t := &c.tasks[id]; t.holdsHost() {
			cpu -= int64(c.needs[t.need].shape.CPU)
			memory -= int64(c.needs[t.need].shape.Memory)
		}
	}
	for _, id := range in.queue {
		queue = append(queue, s.names[c.tasks[id].index])
	}
	if s.r.s.Now() >= in.disk.cleanup {
		c.cleanUp(in, s.r.s.Now())
	}
	for i := range c.images {
		if state := in.disk.images[i].state; state != imageAbsent {
			images = append(images, c.images[i].name+map[imageState]string{imageFetching: " (coming)", imagePresent: ""}[state])
		}
	}
	fmt.Fprintf(&s.out, "ECS counts %d CPU units and %d MiB free; the host has %d and %d; queue %v", in.freeCPU, in.freeMemory, cpu, memory, queue)
	if len(c.images) > 0 {
		var pulls int64
		var bytes units.Bytes
		for i := range c.workloads {
			pulls += c.workloads[i].pulls
			bytes += c.workloads[i].pulled
		}
		fmt.Fprintf(&s.out, "; on disk %v after %d pulls of %v", images, pulls, bytes)
	}
	s.out.WriteString("\n")
}
