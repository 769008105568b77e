package ecs

import (
	"strings"
	"testing"

	"ecsim/models/ecs/placement"
	"ecsim/sim"
	"ecsim/workloads"
)

// A service that no instance can ever give its fixed ports is found at once.
func TestPortsNobodyCanGive(t *testing.T) {
	many := func(n int) (list []placement.Port) {
		for i := range n {
			list = append(list, placement.Port{Number: uint16(1000 + i)})
		}
		return
	}
	daemon := batch("agentd", "hosts")
	daemon.Kind, daemon.Strategy, daemon.Shape = Daemon, nil, workloads.Shape{CPU: 64, Memory: 64}
	daemon.Ports = []placement.Port{{Number: 8125, Protocol: placement.UDP}}
	for _, c := range []struct {
		what  string
		ports []placement.Port
		want  string
	}{
		{"the agent's", []placement.Port{{Number: 2376}}, "2376/tcp is reserved on the instances of hosts"},
		{"its UDP twin", []placement.Port{{Number: 51678, Protocol: placement.UDP}}, "51678/udp lies in the dynamic range"},
		{"Docker's, as UDP", []placement.Port{{Number: 2375, Protocol: placement.UDP}}, ""},
		{"a daemon's", []placement.Port{{Number: 8125, Protocol: placement.UDP}}, "8125/udp is daemon agentd's"},
		{"its TCP twin", []placement.Port{{Number: 8125}}, ""},
		{"the most there are", many(94), ""},
		{"one more", many(95), "101 fixed host ports with those of agent and daemons, and an instance reserves at most 100"},
	} {
		w := batch("api", "hosts")
		w.Kind, w.DesiredCount, w.Shape, w.Ports = Service, 1, workloads.Shape{CPU: 64, Memory: 64}, c.ports
		r := newRig(t, Config{Workloads: []WorkloadConfig{daemon, w}, Duration: sim.Hour, Providers: []ProviderConfig{machines(1, 2048, 4096)}}.quiet())
		got := r.c.needs[len(r.c.needs)-1].never[0]
		if c.want == "" && got != "" || c.want != "" && !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
	}
}

// quiet keeps a cluster that cannot run its services from stopping the test:
// tasks that never fit are counted, not an error.
func (c Config) quiet() Config {
	for i := range c.Workloads {
		c.Workloads[i].RejectOversize = true
	}
	return c
}

// What a capacity kind says of load balancers must agree with what it says of
// networks: a row of a mode it does not run is a mistake.
func TestBalancerRowsAgreeWithNetworkModes(t *testing.T) {
	for _, k := range Kinds() {
		seen := map[BalancerRow]bool{}
		for _, r := range k.LoadBalancers {
			if !k.allows(r.NetworkMode) {
				t.Errorf("%s: a %s load balancer in network mode %s, which it does not run", k.Name, r.Type, r.NetworkMode)
			}
			want := "instance"
			switch {
			case r.Type == "classic":
				want = ""
			case r.NetworkMode == "awsvpc":
				want = "ip"
			}
			if r.TargetType != want {
				t.Errorf("%s: %s in mode %s has target type %q, want %q", k.Name, r.Type, r.NetworkMode, r.TargetType, want)
			}
			if r.FixedPort != (r.Type == "classic") {
				t.Errorf("%s: %s in mode %s wants a fixed port: %v; only a classic load balancer does", k.Name, r.Type, r.NetworkMode, r.FixedPort)
			}
			if seen[r] {
				t.Errorf("%s: the row %v is there twice", k.Name, r)
			}
			seen[r] = true
		}
		if has := len(k.LoadBalancers) > 0; has != (k.Name != "external") {
			t.Errorf("%s has load balancers: %v; all but ECS Anywhere do", k.Name, has)
		}
	}
}
