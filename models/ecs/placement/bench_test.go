package placement

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"ecsim/sim"
)

// The benchmarks run a piece of work on the fleet and on a yardstick in turn,
// round by round, and report the median of the per-round ratios: a figure that
// survives a noisy machine.

const (
	hostCPU    = 64 * 1024
	hostMemory = 262_144
)

var (
	taskCPU    = [4]int64{1024, 2048, 4096, 8192}
	taskMemory = [5]int64{2048, 4096, 8192, 16384, 32768}
)

// ratios runs a and b in turn and reports b's time over a's per operation.
func ratios(b *testing.B, a, yard func(n int), n, yardN int, name string) {
	const rounds = 15
	a(n / 4)
	yard(yardN / 4)
	var list []float64
	var nsA, nsB float64
	for range rounds {
		t := time.Now()
		a(n)
		nsA = float64(time.Since(t)) / float64(n)
		t = time.Now()
		yard(yardN)
		nsB = float64(time.Since(t)) / float64(yardN)
		list = append(list, nsB/nsA)
	}
	slices.Sort(list)
	b.ReportMetric(list[rounds/2], "x-"+name)
	b.ReportMetric(list[0], "x-least")
	b.ReportMetric(list[rounds-1], "x-most")
	b.ReportMetric(nsA, "ns/op")
	b.ReportMetric(nsB, "ns/yardstick-op")
}

// placer is one way to do the work of W-PLACE.
type placer interface {
	place(cpu, memory int) int // host or -1; indexes into taskCPU, taskMemory
	release(host, cpu, memory int)
}

type fleetPlacer struct {
	f     *Fleet
	plans [4][5]*Plan
	e     sim.Entity
	k     uint64
}

func newFleetPlacer(b testing.TB, hosts int, tie Tie, rules ...string) *fleetPlacer {
	f := NewFleet(Config{Bits: sim.New(1, 0).Bits, Tie: tie})
	e := sim.NewEntity("asg")
	for i := range hosts {
		f.Add(HostSpec{Ordinal: uint64(i), Entity: e.With(uint64(i)), Total: Resources{CPU: hostCPU, Memory: hostMemory},
			Attributes: []Attribute{{AttributeZone, fmt.Sprintf("us-east-1%c", 'a'+i%3)}}})
	}
	p := &fleetPlacer{f: f, e: e}
	parsed, err := ParseRules(rules)
	if err != nil {
		b.Fatal(err)
	}
	for c, cpu := range taskCPU {
		for m, memory := range taskMemory {
			p.plans[c][m], err = f.Compile(Requirement{Resources: Resources{CPU: cpu, Memory: memory}, Group: "family:job", Rules: parsed})
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	return p
}

func (p *fleetPlacer) place(c, m int) int {
	p.k++
	h, _ := p.f.Place(p.plans[c][m], p.k, p.e)
	return int(h)
}

func (p *fleetPlacer) release(h, c, m int) { p.f.Release(p.plans[c][m], Host(h), PartAll) }

// scanPlacer is the yardstick: a linear scan over arrays.
type scanPlacer struct {
	cpu, memory []int64
	byMemory    bool
	first       bool
	zone        []uint8 // nil: no spread
	inZone      [3]int
}

func newScanPlacer(hosts int) *scanPlacer {
	p := &scanPlacer{cpu: make([]int64, hosts), memory: make([]int64, hosts)}
	for i := range hosts {
		p.cpu[i], p.memory[i] = hostCPU, hostMemory
	}
	return p
}

func (p *scanPlacer) place(c, m int) int {
	cpu, memory := taskCPU[c], taskMemory[m]
	h := -1
	switch {
	case p.zone != nil:
		h = p.scanZones(cpu, memory)
	case p.first:
		for i := range p.cpu {
			if p.cpu[i] >= cpu && p.memory[i] >= memory {
				h = i
				break
			}
		}
	case p.byMemory:
		h = scan(p.memory, p.cpu, memory, cpu)
	default:
		h = scan(p.cpu, p.memory, cpu, memory)
	}
	if h >= 0 {
		p.cpu[h] -= cpu
		p.memory[h] -= memory
		if p.zone != nil {
			p.inZone[p.zone[h]]++
		}
	}
	return h
}

// scan is best fit by the first resource, ties to the lowest index. Apart from
// its caller, its loop's place in the program depends less on other code, which
// alone can make it a third slower.
//
//go:noinline
func scan(key, other []int64, need, needOther int64) int {
	best, left := -1, int64(math.MaxInt64)
	other = other[:len(key)]
	for i, k := range key {
		if k >= need && k < left && other[i] >= needOther {
			best, left = i, k
		}
	}
	return best
}

// scanZones is the least-loaded zone with room, then best fit by CPU.
//
//go:noinline
func (p *scanPlacer) scanZones(cpu, memory int64) int {
	best, left, load := -1, int64(math.MaxInt64), math.MaxInt
	for i, k := range p.cpu {
		if k < cpu || p.memory[i] < memory {
			continue
		}
		n := p.inZone[p.zone[i]]
		if n < load || n == load && k < left {
			best, left, load = i, k, n
		}
	}
	return best
}

func (p *scanPlacer) release(h, c, m int) {
	p.cpu[h] += taskCPU[c]
	p.memory[h] += taskMemory[m]
	if p.zone != nil {
		p.inZone[p.zone[h]]--
	}
}

// churner holds a fleet at 85 % of its vCPU: one operation is one placement
// with about one release (W-PLACE).
type churner struct {
	p     placer
	rng   *rand.Rand
	tasks []running
	used  int64
	limit int64
}

// running is a task, small because the harness's own cache misses count too:
// host, index of CPU, index of memory.
type running uint32

func newRunning(host, c, m int) running { return running(host<<5 | c<<3 | m) }

func (r running) fields() (host, c, m int) { return int(r >> 5), int(r >> 3 & 3), int(r & 7) }

func newChurner(p placer, hosts int) *churner {
	c := &churner{p: p, rng: rand.New(rand.NewPCG(42, 42)), limit: int64(hosts) * hostCPU * 85 / 100}
	c.run(1)
	return c
}

func (c *churner) run(n int) {
	for n > 0 {
		if c.used >= c.limit {
			i := c.rng.IntN(len(c.tasks))
			host, cpu, memory := c.tasks[i].fields()
			c.tasks[i] = c.tasks[len(c.tasks)-1]
			c.tasks = c.tasks[:len(c.tasks)-1]
			c.p.release(host, cpu, memory)
			c.used -= taskCPU[cpu]
		}
		for c.used < c.limit {
			cpu, memory := c.rng.IntN(4), c.rng.IntN(5)
			h := c.p.place(cpu, memory)
			if h < 0 {
				continue
			}
			c.tasks = append(c.tasks, newRunning(h, cpu, memory))
			c.used += taskCPU[cpu]
			n--
		}
	}
}

// BenchmarkPlace is W-PLACE; fleet and scan choose alike, ties included.
func BenchmarkPlace(b *testing.B) {
	for _, hosts := range []int{1000, 10_000, 100_000} {
		for _, w := range []struct {
			name  string
			rules []string
			set   func(*scanPlacer)
		}{
			{"binpack-cpu", []string{"binpack(cpu)"}, func(*scanPlacer) {}},
			{"binpack-memory", []string{"binpack(memory)"}, func(p *scanPlacer) { p.byMemory = true }},
			{"spread-binpack", []string{"spread(attribute:ecs.availability-zone)", "binpack(cpu)"}, func(p *scanPlacer) {
				p.zone = make([]uint8, len(p.cpu))
				for i := range p.zone {
					p.zone[i] = uint8(i % 3)
				}
			}},
		} {
			b.Run(fmt.Sprintf("%s/%d", w.name, hosts), func(b *testing.B) {
				for range b.N {
					yard := newScanPlacer(hosts)
					w.set(yard)
					fast := newChurner(newFleetPlacer(b, hosts, TieIndex, w.rules...), hosts)
					slow := &churner{p: yard, rng: rand.New(rand.NewPCG(42, 42)), limit: fast.limit}
					// The yardstick starts from the fleet's own state; filling it
					// by scanning would take minutes at 100,000 hosts.
					for _, t := range fast.tasks {
						host, c, m := t.fields()
						yard.cpu[host] -= taskCPU[c]
						yard.memory[host] -= taskMemory[m]
						if yard.zone != nil {
							yard.inZone[yard.zone[host]]++
						}
					}
					slow.tasks, slow.used = slices.Clone(fast.tasks), fast.used
					ratios(b, fast.run, slow.run, 100_000, max(200, 30_000_000/hosts), "scan")
				}
			})
		}
	}
}
