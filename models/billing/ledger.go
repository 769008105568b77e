package billing

import (
	"fmt"
	"math"
	"time"

	"ecsim/sim"
)

// Ledger holds what a run used. Recording does not allocate once each (meter,
// workload) pair has been seen, and no result depends on the order of calls
// with equal times. A Ledger belongs to one simulation; it is not safe for
// concurrent use.
type Ledger struct {
	start     time.Time // UTC, instant of sim.Time 0
	offset    sim.Time  // of start within its clock hour
	workloads []string
	window    period
	drain     period
	meters    []meterCells // [MeterID-1]
	ids       map[Meter]MeterID
	scratch   *Scratch
}

// period is a stretch of time with cells of its own: the bill's window, or the
// drain after it. Cells are indexed by clock hour since first.
type period struct {
	from, until sim.Time
	first       int64 // clock hour that holds from
	hours       int   // clock hours that [from, until) touches
}

// meterCells are one meter's cells; usage[w+1] and reserved[w] are nil until
// first used.
type meterCells struct {
	meter    Meter
	usage    [2][][]int64 // [windowPart|drainPart][w+1][hour]: counts, or counts x seconds
	reserved []reservation
}

const (
	windowPart = 0
	drainPart  = 1
)

// reservation is one workload's reserved split weight on one meter.
type reservation struct {
	level    int64
	last     sim.Time
	integral [2][]sim.Uint128 // [windowPart|drainPart][hour]: weight x ns
}

// NewLedger returns an empty ledger. start is the instant of simulated time 0;
// cells are clock hours in UTC, as AWS bills. The bill covers [from, until):
// usage before from is left out, usage from until on is kept apart as drain.
// workloads are the names that index w stands for. It panics unless
// 0 <= from < until.
func NewLedger(start time.Time, from, until sim.Time, workloads []string) *Ledger {
	if from < 0 || until <= from {
		panic(fmt.Sprintf("billing: window [%d, %d) ns: want 0 <= from < until", int64(from), int64(until)))
	}
	start = start.UTC()
	l := &Ledger{
		start:     start,
		offset:    sim.Time(start.Sub(start.Truncate(time.Hour))),
		workloads: append([]string(nil), workloads...),
		ids:       make(map[Meter]MeterID),
		scratch:   new(Scratch),
	}
	l.window = period{from: from, until: until, first: l.clockHour(from)}
	l.window.hours = int(l.clockHour(until-1)-l.window.first) + 1
	l.drain = period{from: until, until: until, first: l.clockHour(until)}
	return l
}

// clockHour numbers clock hours from the one that holds start.
func (l *Ledger) clockHour(t sim.Time) int64 { return int64(t+l.offset) / int64(sim.Hour) }

// hourStart is when clock hour h begins; negative for the hour that holds
// start, unless start is on the hour.
func (l *Ledger) hourStart(h int64) sim.Time { return sim.Time(h)*sim.Hour - l.offset }

// hourTime is the instant at which clock hour h begins.
func (l *Ledger) hourTime(h int64) time.Time { return l.start.Add(l.hourStart(h).Std()) }

// Meter returns the ID of m, adding it if new. It panics when m's Unit is not
// one of the package's, or SplitWith names no meter that can be split.
func (l *Ledger) Meter(m Meter) MeterID {
	if id, ok := l.ids[m]; ok {
		return id
	}
	if _, ok := unitScale[m.Unit]; !ok {
		panic(fmt.Sprintf("billing: meter %s has unit %q, which is none of the package's units", m.SKU, m.Unit))
	}
	if m.Class >= numClasses || m.SplitWeight < 0 {
		panic(fmt.Sprintf("billing: meter %s: class %d, split weight %d: out of range", m.SKU, m.Class, m.SplitWeight))
	}
	if m.SplitWith != 0 {
		if m.SplitWith < 0 || int(m.SplitWith) > len(l.meters) || l.meters[m.SplitWith-1].meter.SplitWeight == 0 {
			panic(fmt.Sprintf("billing: meter %s is split with meter %d, which is not an instance meter of this ledger", m.SKU, m.SplitWith))
		}
	}
	n := len(l.workloads)
	c := meterCells{meter: m, reserved: make([]reservation, n)}
	c.usage[windowPart] = make([][]int64, n+1)
	c.usage[drainPart] = make([][]int64, n+1)
	l.meters = append(l.meters, c)
	id := MeterID(len(l.meters))
	l.ids[m] = id
	return id
}

// cells returns the meter's cells after checking w.
func (l *Ledger) cells(m MeterID, w int, lowest int) *meterCells {
	if m <= 0 || int(m) > len(l.meters) || w < lowest || w >= len(l.workloads) {
		panic(fmt.Sprintf("billing: meter %d of %d, workload %d of %d: no such cell", m, len(l.meters), w, len(l.workloads)))
	}
	return &l.meters[m-1]
}

// Span records that quantity of m (in the count that the meter's Unit names)
// was held for whole seconds from the instant from on, by workload w; -1 is
// usage shared by all, to be split. A second belongs to the clock hour, and to
// the side of a window edge, in which it begins, so that parts of a span add
// up to the whole. Round run times with BilledSeconds first. It panics on a
// negative quantity or length and on overflow of a cell.
func (l *Ledger) Span(m MeterID, w int, from sim.Time, seconds int64, quantity int64) {
	c := l.cells(m, w, -1)
	if seconds < 0 || quantity < 0 || quantity > math.MaxInt64/3600 || from < 0 || seconds > int64(sim.MaxTime-from)/int64(sim.Second) {
		panic(fmt.Sprintf("billing: span of %d x %d s from %d ns on %s: out of range", quantity, seconds, int64(from), c.meter.SKU))
	}
	if from < l.window.from {
		// Seconds that begin before the window are not billed.
		skip := min(seconds, startsBefore(from, l.window.from))
		from += sim.Time(skip) * sim.Second
		seconds -= skip
	}
	for seconds > 0 {
		part, first, edge := windowPart, l.window.first, l.window.until
		if from >= l.window.until {
			part, first, edge = drainPart, l.drain.first, sim.MaxTime
		}
		h := l.clockHour(from)
		n := min(seconds, startsBefore(from, min(edge, l.hourStart(h+1))))
		l.add(c, part, w, h-first, n*quantity)
		from += sim.Time(n) * sim.Second
		seconds -= n
		if part == drainPart {
			l.drain.until = max(l.drain.until, from)
		}
	}
}

// startsBefore counts the seconds of a span beginning at from that begin
// before edge; from must be before edge.
func startsBefore(from, edge sim.Time) int64 {
	return (int64(edge-from) + int64(sim.Second) - 1) / int64(sim.Second)
}

// Point records quantity of m used at an instant, for example bytes or
// requests, by workload w; -1 is shared. It panics on a negative quantity and
// on overflow of a cell.
func (l *Ledger) Point(m MeterID, w int, at sim.Time, quantity int64) {
	c := l.cells(m, w, -1)
	if quantity < 0 || at < 0 {
		panic(fmt.Sprintf("billing: %d of %s at %d ns: must be 0 or more", quantity, c.meter.SKU, int64(at)))
	}
	switch {
	case at < l.window.from:
	case at < l.window.until:
		l.add(c, windowPart, w, l.clockHour(at)-l.window.first, quantity)
	default:
		l.add(c, drainPart, w, l.clockHour(at)-l.drain.first, quantity)
		l.drain.until = max(l.drain.until, at+1)
	}
}

// add adds n to the cell of hour h (counted from the part's first).
func (l *Ledger) add(c *meterCells, part, w int, h int64, n int64) {
	col := c.usage[part][w+1]
	if int(h) >= len(col) {
		col = l.grow(col, part, h)
		c.usage[part][w+1] = col
	}
	sum := col[h] + n
	if sum < 0 {
		panic(fmt.Sprintf("billing: %s in hour %d: %d + %d overflows", c.meter.SKU, h, col[h], n))
	}
	col[h] = sum
}

func (l *Ledger) grow(col []int64, part int, h int64) []int64 {
	if part == windowPart {
		return make([]int64, l.window.hours)
	}
	for int(h) >= len(col) {
		col = append(col, 0)
	}
	return col
}

// Reserve changes by delta the split weight (SplitWeight of reservations)
// that tasks of workload w hold on instances of meter m from now on. Time must
// not go back for a (meter, workload) pair. Changes at the same instant may
// come in any order; a level that stays negative for any time panics.
func (l *Ledger) Reserve(m MeterID, w int, now sim.Time, delta int64) {
	c := l.cells(m, w, 0)
	if c.meter.SplitWeight == 0 {
		panic(fmt.Sprintf("billing: reservation on %s, which has no split weight", c.meter.SKU))
	}
	r := &c.reserved[w]
	if now != r.last {
		l.integrate(c, r, now)
	}
	r.level += delta
}

// Advance brings reservations forward to now, the end of what has been
// recorded. Call it before Rate; between, it is not needed.
func (l *Ledger) Advance(now sim.Time) {
	for i := range l.meters {
		c := &l.meters[i]
		for w := range c.reserved {
			l.integrate(c, &c.reserved[w], now)
		}
	}
	l.drain.until = max(l.drain.until, now)
}

func (l *Ledger) integrate(c *meterCells, r *reservation, now sim.Time) {
	if now < r.last {
		panic(fmt.Sprintf("billing: reservation on %s at %d ns after one at %d ns: time goes back", c.meter.SKU, int64(now), int64(r.last)))
	}
	if r.level < 0 && now > r.last {
		panic(fmt.Sprintf("billing: reservation on %s is %d from %d ns on", c.meter.SKU, r.level, int64(r.last)))
	}
	if r.level == 0 {
		r.last = now
		return
	}
	for t := max(r.last, l.window.from); t < now; {
		part, first, edge := windowPart, l.window.first, l.window.until
		if t >= l.window.until {
			part, first, edge = drainPart, l.drain.first, sim.MaxTime
		}
		h := l.clockHour(t)
		end := min(now, edge, l.hourStart(h+1))
		col := r.integral[part]
		for int(h-first) >= len(col) {
			if part == windowPart {
				col = make([]sim.Uint128, l.window.hours)
			} else {
				col = append(col, sim.Uint128{})
			}
			r.integral[part] = col
		}
		col[h-first] = col[h-first].AddMul(uint64(r.level), uint64(end-t))
		t = end
	}
	r.last = now
}

// BilledSeconds is the time charged for a run: whole seconds, rounded up, and
// at least minimum. EC2 and Fargate on Linux charge 60 s at least for each
// start, Fargate on Windows 300 s. run must not be negative.
// Sources: https://aws.amazon.com/ec2/pricing/on-demand/, https://aws.amazon.com/fargate/pricing/
func BilledSeconds(run sim.Time, minimum int64) int64 {
	if run < 0 {
		panic(fmt.Sprintf("billing: run of %d ns", int64(run)))
	}
	s := int64(run / sim.Second)
	if run%sim.Second != 0 {
		s++
	}
	return max(s, minimum)
}

// SpotBilledSeconds is the time charged for a Spot instance: nothing if EC2
// itself took it back within its first hour, else as BilledSeconds.
// Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/billing-for-interrupted-spot-instances.html
func SpotBilledSeconds(run sim.Time, interruptedByEC2 bool) int64 {
	if interruptedByEC2 && run < sim.Hour {
		return 0
	}
	return BilledSeconds(run, 60)
}
