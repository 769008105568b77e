package ecs

import (
	"fmt"
	"slices"

	"ecsim/models/ecs/placement"
)

// portTaken returns why no instance of the pool can ever give a task of w its
// fixed host ports, "" if one can: a daemon, which runs on every instance, has
// them, or an instance may not reserve so many. The agent's own are looked at
// before.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
func (p *pool) portTaken(m *machine, w *workload) string {
	if len(w.cfg.Ports) == 0 || w.cfg.NetworkMode == "awsvpc" {
		return ""
	}
	taken := len(p.agent.reserved) + len(w.cfg.Ports)
	if w.cfg.Kind == Daemon {
		return tooManyPorts(taken)
	}
	for i := range p.c.workloads {
		d := &p.c.workloads[i].cfg
		if d.Kind != Daemon || d.NetworkMode == "awsvpc" || archName(d.ARM64) != m.arch {
			continue
		}
		taken += len(d.Ports)
		for _, port := range w.cfg.Ports {
			if slices.Contains(d.Ports, port) {
				return fmt.Sprintf("host port %v is daemon %s's on every instance; map another, or 0 for one that ECS picks", port, d.Name)
			}
		}
	}
	return tooManyPorts(taken)
}

func tooManyPorts(n int) string {
	if n <= placement.MaxReservedPorts {
		return ""
	}
	return fmt.Sprintf("%d fixed host ports with those of agent and daemons, and an instance reserves at most %d", n, placement.MaxReservedPorts)
}
