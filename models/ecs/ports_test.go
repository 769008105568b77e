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
