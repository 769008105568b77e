package placement

import (
	"fmt"
	"os"
	"syscall"
	"testing"
)

func cpuNow() float64 {
	var r syscall.Rusage
	syscall.Getrusage(1, &r) // RUSAGE_THREAD
	syscall.Getrusage(0, &r)
	return float64(r.Utime.Nano() + r.Stime.Nano())
}

func TestZZ(t *testing.T) {
	c := newChurner(newFleetPlacer(t, 10000, TieIndex, "binpack(cpu)"), 10000)
	yard := newScanPlacer(10000)
	slow := newChurnerFrom(c, yard)
	bestA, bestB := 1e18, 1e18
	for range 40 {
		t0 := cpuNow()
		c.run(20000)
		a := (cpuNow() - t0) / 20000
		t0 = cpuNow()
		slow.run(1500)
		b := (cpuNow() - t0) / 1500
		bestA, bestB = min(bestA, a), min(bestB, b)
	}
	fmt.Fprintf(os.Stderr, "min cpu ns: fleet %.0f scan %.0f ratio %.1f\n", bestA, bestB, bestB/bestA)
}

func newChurnerFrom(c *churner, yard *scanPlacer) *churner {
	slow := &churner{p: yard, rng: c.rng, limit: c.limit}
	for _, t := range c.tasks {
		yard.cpu[t.host] -= taskCPU[t.c]
		yard.memory[t.host] -= taskMemory[t.m]
	}
	slow.tasks, slow.used = append([]running(nil), c.tasks...), c.used
	return slow
}
