package ecs

import (
	"fmt"

	"ecsim/models/taskdef"
	"ecsim/workloads/units"
)

// FargateSize returns the smallest Fargate task size that holds a task of cpu
// and memory: the least CPU size of at least cpu that has a memory size of at
// least memory, then the least such memory. It returns an error if the task is
// larger than the largest size, 32 vCPU and 244 GB.
func FargateSize(cpu units.CPU, memory units.MiB) (units.CPU, units.MiB, error) {
	for i := range taskdef.FargateRows {
		r := &taskdef.FargateRows[i]
		if m, ok := r.Least(memory); ok && r.CPU >= cpu {
			return r.CPU, m, nil
		}
	}
	last := &taskdef.FargateRows[len(taskdef.FargateRows)-1]
	return 0, 0, fmt.Errorf("%v and %v is over Fargate's largest task size, %v and %v", cpu, memory, last.CPU, last.Memory[len(last.Memory)-1])
}

// OnFargateGrid reports whether cpu and memory are a Fargate task size.
func OnFargateGrid(cpu units.CPU, memory units.MiB) bool {
	c, m, err := FargateSize(cpu, memory)
	return err == nil && c == cpu && m == memory
}

// FargateMemoryFor describes the memory sizes of one CPU size for an error,
// or the CPU sizes if cpu is none of them.
func FargateMemoryFor(cpu units.CPU) string {
	for i := range taskdef.FargateRows {
		if r := &taskdef.FargateRows[i]; r.CPU == cpu {
			if n := len(r.Memory); n > 3 {
				return fmt.Sprintf("%v takes %v to %v in steps of %v", cpu, r.Memory[0], r.Memory[n-1], r.Memory[1]-r.Memory[0])
			}
			return fmt.Sprintf("%v takes %v", cpu, r.Memory)
		}
	}
	return "CPU sizes are 256, 512, 1024, 2048, 4096, 8192, 16384 and 32768 units"
}
