package ecs

import (
	"fmt"

	"ecsim/workloads/units"
)

// fargateRow is one CPU size of Fargate with its memory sizes.
type fargateRow struct {
	cpu            units.CPU
	min, max, step units.MiB
	list           []units.MiB // instead of min, max, step where the sizes are not evenly spaced
}

// fargateGrid is the table of task sizes.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html (2026; the 32 vCPU row is new in 2026)
var fargateGrid = []fargateRow{
	{cpu: 256, list: []units.MiB{512, 1024, 2048}},
	{cpu: 512, min: 1024, max: 4096, step: 1024},
	{cpu: 1024, min: 2048, max: 8192, step: 1024},
	{cpu: 2048, min: 4096, max: 16384, step: 1024},
	{cpu: 4096, min: 8192, max: 30720, step: 1024},
	{cpu: 8192, min: 16384, max: 61440, step: 4096},
	{cpu: 16384, min: 32768, max: 122880, step: 8192},
	{cpu: 32768, list: []units.MiB{61440, 122880, 249856}},
}

// memory returns the row's least memory size of at least m, false if m is over
// its largest.
func (r *fargateRow) memory(m units.MiB) (units.MiB, bool) {
	if r.list != nil {
		for _, v := range r.list {
			if m <= v {
				return v, true
			}
		}
		return 0, false
	}
	if m <= r.min {
		return r.min, true
	}
	if m > r.max {
		return 0, false
	}
	return r.min + (m-r.min+r.step-1)/r.step*r.step, true
}

// FargateSize returns the smallest Fargate task size that holds a task of cpu
// and memory: the least CPU size of at least cpu that has a memory size of at
// least memory, then the least such memory. It returns an error if the task is
// larger than the largest size, 32 vCPU and 244 GB.
func FargateSize(cpu units.CPU, memory units.MiB) (units.CPU, units.MiB, error) {
	for i := range fargateGrid {
		r := &fargateGrid[i]
		if r.cpu < cpu {
			continue
		}
		if m, ok := r.memory(memory); ok {
			return r.cpu, m, nil
		}
	}
	last := &fargateGrid[len(fargateGrid)-1]
	return 0, 0, fmt.Errorf("%v and %v is over Fargate's largest task size, %v and %v", cpu, memory, last.cpu, last.list[len(last.list)-1])
}

// OnFargateGrid reports whether cpu and memory are a Fargate task size.
func OnFargateGrid(cpu units.CPU, memory units.MiB) bool {
	c, m, err := FargateSize(cpu, memory)
	return err == nil && c == cpu && m == memory
}

// FargateMemoryFor describes the memory sizes of one CPU size for an error,
// or the CPU sizes if cpu is none of them.
func FargateMemoryFor(cpu units.CPU) string {
	for i := range fargateGrid {
		r := &fargateGrid[i]
		if r.cpu == cpu {
			if r.list != nil {
				return fmt.Sprintf("%v takes %v", cpu, r.list)
			}
			return fmt.Sprintf("%v takes %v to %v in steps of %v", cpu, r.min, r.max, r.step)
		}
	}
	return "CPU sizes are 256, 512, 1024, 2048, 4096, 8192, 16384 and 32768 units"
}
