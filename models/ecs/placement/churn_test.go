package placement

import (
	"context"
	"fmt"
	"math/bits"
	"testing"

	"ecsim/sim"
	"ecsim/sim/simtest"
)

// churn is the synthetic load W-CHURN: tasks arrive, run and leave on equal
// hosts; what does not fit waits, and each release tries all that wait in
// order of arrival.
type churn struct {
	s        *sim.Simulation
	p        placer
	law      *simtest.Churn
	c, m     int // of the next arrival, as indexes of sizes
	duration sim.Time
	waiting  []waiting

	hash          sim.Fingerprint
	running, peak int
	placed        int
}

type waiting struct {
	c, m     int8
	duration sim.Time
}

func runChurn(tb testing.TB, p placer, tasks int, lambda, mean float64) *churn {
	c := &churn{s: sim.New(1, 0), p: p, law: simtest.NewChurn(int64(tasks), lambda, mean)}
	c.schedule()
	if err := c.s.RunToEnd(context.Background()); err != nil {
		tb.Fatal(err)
	}
	return c
}

const arrival = 1 << 63

// schedule draws the next task.
func (c *churn) schedule() {
	var t simtest.ChurnTask
	if !c.law.Next(&t) {
		return
	}
	c.c, c.m = bits.TrailingZeros64(uint64(t.VCPU)), bits.TrailingZeros64(uint64(t.MiB/2048))
	c.duration = sim.Time(t.Run)
	c.s.At(sim.Time(t.At), sim.ClassArrival, c, arrival)
}

func (c *churn) Handle(_ sim.Time, arg uint64) {
	if arg == arrival {
		if !c.start(int8(c.c), int8(c.m), c.duration) {
			c.waiting = append(c.waiting, waiting{int8(c.c), int8(c.m), c.duration})
		}
		c.schedule()
		return
	}
	c.running--
	c.p.release(int(arg>>8), int(arg>>4&15), int(arg&15))
	kept := c.waiting[:0]
	for _, w := range c.waiting {
		if !c.start(w.c, w.m, w.duration) {
			kept = append(kept, w)
		}
	}
	c.waiting = kept
}

func (c *churn) start(cpu, memory int8, d sim.Time) bool {
	h := c.p.place(int(cpu), int(memory))
	if h < 0 {
		return false
	}
	c.hash.Add(uint64(h))
	c.placed++
	c.running++
	c.peak = max(c.peak, c.running)
	c.s.After(d, sim.ClassRelease, c, uint64(h)<<8|uint64(cpu)<<4|uint64(memory))
	return true
}

// TestChurnHash: the decisions of best fit and first fit over the whole load
// are those of independent programs in other languages.
func TestChurnHash(t *testing.T) {
	for _, w := range []struct {
		hosts, tasks int
		lambda       float64
		rule         string
		hash         string
		peak         int
	}{
		{1000, 2000, 10, "binpack(cpu)", "056c50828238d8e7", 1868},
		{1000, 2000, 10, "first-fit", "4850aba9849ef491", 1868},
		{1000, 100_000, 10, "binpack(cpu)", "52256085f9373ef0", 14_631},
		{1000, 100_000, 10, "first-fit", "162b6e5babdb917d", 0},
		{10_000, 1_000_000, 100, "binpack(cpu)", "36c922d4d28f6f5a", 144_571},
	} {
		if w.tasks > 2000 && testing.Short() {
			continue
		}
		c := runChurn(t, newFleetPlacer(t, w.hosts, TieIndex, w.rule), w.tasks, w.lambda, 1450)
		if got := fmt.Sprintf("%016x", c.hash.Sum()); got != w.hash || c.placed != w.tasks || w.peak > 0 && c.peak != w.peak {
			t.Errorf("%s, %d tasks: hash %s, %d placed, peak %d; want %s, %d, %d", w.rule, w.tasks, got, c.placed, c.peak, w.hash, w.tasks, w.peak)
		}
	}
}

// TestChurnScarce: with too little room, much waits, and the fleet still
// decides as the scan does.
func TestChurnScarce(t *testing.T) {
	for _, rule := range []string{"binpack(cpu)", "binpack(memory)", "first-fit"} {
		yard := newScanPlacer(40)
		yard.byMemory, yard.first = rule == "binpack(memory)", rule == "first-fit"
		slow := runChurn(t, yard, 4000, 1, 1450)
		fast := runChurn(t, newFleetPlacer(t, 40, TieIndex, rule), 4000, 1, 1450)
		if fast.hash != slow.hash || fast.placed != 4000 {
			t.Errorf("%s: hash %x, %d placed; the scan has %x", rule, fast.hash.Sum(), fast.placed, slow.hash.Sum())
		}
	}
}

// BenchmarkChurn runs W-CHURN against the yardstick HOLD(100) of
// container/heap: tasks a second over events a second.
func BenchmarkChurn(b *testing.B) {
	for _, w := range []struct {
		rule string
		hash string
	}{{"binpack(cpu)", "52256085f9373ef0"}, {"first-fit", "162b6e5babdb917d"}} {
		b.Run(w.rule, func(b *testing.B) {
			hold := simtest.NewYardstick(100, "exp")
			for range b.N {
				ratios(b, func(n int) {
					for range max(1, n/100_000) {
						c := runChurn(b, newFleetPlacer(b, 1000, TieIndex, w.rule), 100_000, 10, 1450)
						if got := fmt.Sprintf("%016x", c.hash.Sum()); got != w.hash {
							b.Fatalf("hash %s, want %s: the speed does not count", got, w.hash)
						}
					}
				}, func(n int) { hold.Run(n) }, 100_000, 500_000, "hold100")
			}
		})
	}
}
