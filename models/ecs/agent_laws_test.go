package ecs

import (
	"fmt"

	"ecsim/models/ecs/placement"
	"ecsim/workloads/units"
)

// someImages gives a workload none, one or two images of two repositories.
func someImages(pick func(int) int) (list []ImageConfig) {
	for range pick(3) {
		k := pick(4)
		list = append(list, ImageConfig{Name: fmt.Sprintf("image%d", k), Repository: fmt.Sprintf("r%d", k%2),
			Size: units.Bytes(200*k) * units.MB, Shared: units.PPM(k) * 200_000})
	}
	return list
}

// auditAgents recounts what agents know of their hosts: containers that run,
// those of stopping tasks included, never have more than the host has, and the
// queue holds the blocked tasks in the order they were placed.
func (c *Cluster) auditAgents() (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	for p, pl := range c.pools {
		if pl == nil {
			continue
		}
		for _, inst := range pl.live {
			in := &c.instances[inst]
			name := fmt.Sprintf("%s-%d", c.cfg.Providers[p].Name, in.ordinal)
			var cpu, memory, gpu, lingering int64
			var queue []TaskID
			ports := map[placement.Port]int{}
			users := make([]int32, len(c.images))
			for id := in.first; id != none; id = c.tasks[id].next {
				t := &c.tasks[id]
				n := &c.needs[t.need]
				w := &c.workloads[n.w]
				if t.blocked {
					queue = append(queue, id)
					if t.state != stateStarting {
						fault("%s: a queued task is in state %d", name, t.state)
					}
				}
				if t.lingering != (t.state == stateStopping && t.usesCPU()) {
					fault("%s: a task in state %d, lingering %v", name, t.state, t.lingering)
				}
				if t.lingering {
					lingering++
				}
				if !t.holdsHost() {
					continue
				}
				cpu += int64(n.shape.CPU)
				memory += int64(n.shape.Memory)
				gpu += int64(n.shape.GPU)
				for _, i := range n.images.list {
					users[i]++
				}
				if w.cfg.NetworkMode != "awsvpc" {
					for _, port := range w.cfg.Ports {
						if ports[port]++; ports[port] > 1 {
							fault("%s: port %v is held twice", name, port)
						}
					}
				}
			}
			if cpu > int64(in.machine.cpu) || memory > int64(in.machine.memory) || gpu > int64(in.machine.gpu) {
				fault("%s: its containers hold %d CPU units, %d MiB, %d GPUs of %d, %d, %d", name, cpu, memory, gpu, in.machine.cpu, in.machine.memory, in.machine.gpu)
			}
			if int64(in.lingering) != lingering {
				fault("%s: %d tasks linger, recounted %d", name, in.lingering, lingering)
			}
			if fmt.Sprint(in.queue) != fmt.Sprint(queue) {
				fault("%s: queue %v, placed %v", name, in.queue, queue)
			}
			if len(queue) > 0 && c.hostHas(in, queue[0]) {
				fault("%s: the head of its queue waits though the host has room", name)
			}
			for i := range users {
				d := &in.disk.images[i]
				if d.users != users[i] {
					fault("%s: image %s has %d users, recounted %d", name, c.images[i].name, d.users, users[i])
				}
				if d.users > 0 && d.state == imageAbsent && c.waitsForNone(in, int32(i)) {
					fault("%s: image %s is in use and not on disk", name, c.images[i].name)
				}
			}
		}
	}
	return faults
}

// waitsForNone tells whether no task on the instance is still on its way to
// its agent, to fetch the image then.
func (c *Cluster) waitsForNone(in *instance, image int32) bool {
	for id := in.first; id != none; id = c.tasks[id].next {
		if t := &c.tasks[id]; t.state == stateStarting && !t.blocked {
			return false
		}
	}
	return true
}
