package catalog

import (
	"ecsim/workloads/units"
)

// Packing says how tasks are put on an instance by [InstanceType.TasksPerInstance].
// The zero value is bridge networking with nothing reserved.
type Packing struct {
	Awsvpc   bool      // each task takes an ENI
	Trunking bool      // the account has awsvpcTrunking on
	Reserved units.MiB // ECS_RESERVED_MEMORY
	GPUs     int       // a task's GPUs
	// DaemonCPU and DaemonMemory are taken by daemon tasks on every instance.
	DaemonCPU    units.CPU
	DaemonMemory units.MiB
	// DaemonENIs is how many of these daemons use awsvpc.
	DaemonENIs int
}

// The resources that can bind in [InstanceType.TasksPerInstance].
const (
	BindsCPU    = "cpu"
	BindsMemory = "memory"
	BindsGPU    = "gpu"
	BindsENI    = "eni"
)

// TasksPerInstance returns how many tasks of a size ECS places on an empty
// instance of this type, and the resource that binds; the first of cpu,
// memory, gpu, eni when several do. A size of 0 takes none of that resource;
// when no resource binds (0 CPU, 0 memory), n is -1 and binding is empty.
// Memory is [InstanceType.RegisteredMemory]'s.
func (t *InstanceType) TasksPerInstance(cpu units.CPU, mem units.MiB, p Packing) (n int, binding string) {
	n = -1
	limit := func(name string, have, need int64) {
		if need <= 0 {
			return
		}
		if fits := int(max(have, 0) / need); n < 0 || fits < n {
			n, binding = fits, name
		}
	}
	registered, _ := t.RegisteredMemory()
	limit(BindsCPU, int64(t.CPU-p.DaemonCPU), int64(cpu))
	limit(BindsMemory, int64(registered-p.Reserved-p.DaemonMemory), int64(mem))
	limit(BindsGPU, int64(t.GPUs), int64(p.GPUs))
	if p.Awsvpc {
		limit(BindsENI, int64(t.AwsvpcTasks(p.Trunking)-p.DaemonENIs), 1)
	}
	return n, binding
}

// AwsvpcTasks is how many awsvpc tasks an instance holds. Trunking counts only
// on types ECS supports it for. A type whose ENI limit is not known (MaxENIs 0)
// holds none.
func (t *InstanceType) AwsvpcTasks(trunking bool) int {
	if trunking && t.TrunkingOnECS {
		return t.TasksAwsvpcTrunk
	}
	return t.TasksAwsvpc
}
