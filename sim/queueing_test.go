package sim

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// station is a queue with servers, in order of arrival.
type station struct {
	s             *Simulation
	free          int
	rate          float64 // arrivals per second
	gaps, demands *rand.Rand
	demand        func(*rand.Rand) float64 // seconds of service
	line          []Time                   // a ring: when those waiting came
	first, queued int
	done          uint64
	sojourns      Uint128 // of those done
	came          Uint128 // sum of the times at which those present came
	present       Level
}

const (
	stationArrival = 1 << 63 // else the argument is when the one leaving came
)

func newStation(s *Simulation, servers int, rate float64, demand func(*rand.Rand) float64) *station {
	q := &station{
		s: s, free: servers, rate: rate, demand: demand,
		gaps: s.Stream("gaps"), demands: s.Stream("demands"),
		line: make([]Time, 16),
	}
	s.After(q.gap(), ClassArrival, q, stationArrival)
	return q
}

func (q *station) gap() Time { return Seconds(q.gaps.ExpFloat64() / q.rate) }

func (q *station) Handle(now Time, arg uint64) {
	if arg == stationArrival {
		q.s.After(q.gap(), ClassArrival, q, stationArrival)
		q.present.Add(now, 1)
		q.came = q.came.Add(Uint128{Lo: uint64(now)})
		if q.free == 0 {
			q.wait(now)
			return
		}
		q.free--
		q.serve(now)
		return
	}
	q.present.Add(now, -1)
	q.came = q.came.Sub(Uint128{Lo: arg})
	q.sojourns = q.sojourns.Add(Uint128{Lo: uint64(now) - arg})
	q.done++
	if q.queued == 0 {
		q.free++
		return
	}
	next := q.line[q.first]
	q.first = (q.first + 1) & (len(q.line) - 1)
	q.queued--
	q.serve(next)
}

func (q *station) serve(came Time) {
	q.s.After(Seconds(q.demand(q.demands)), ClassRelease, q, uint64(came))
}

func (q *station) wait(now Time) {
	if q.queued == len(q.line) {
		grown := make([]Time, 2*len(q.line))
		n := copy(grown, q.line[q.first:])
		copy(grown[n:], q.line[:q.first])
		q.line, q.first = grown, 0
	}
	q.line[(q.first+q.queued)&(len(q.line)-1)] = now
	q.queued++
}

// meanSojourn is the mean time in system of those done, in seconds.
func (q *station) meanSojourn() float64 {
	return q.sojourns.Float64() / float64(q.done) / 1e9
}

// checkLittle asserts that the integral of those present is the sum of all
// sojourns, the unfinished ones up to now: L = lambda W without a remainder.
func (q *station) checkLittle(t *testing.T) {
	t.Helper()
	now := q.s.Now()
	unfinished := Uint128{}.AddMul(uint64(q.present.Value()), uint64(now)).Sub(q.came)
	if got, want := q.present.Integral(now), q.sojourns.Add(unfinished); got != want {
		t.Errorf("integral of those present is %v, sum of sojourns %v", got, want)
	}
}

// sharer serves all present at once, each at an equal part of its speed
// (processor sharing): virtual time grows at one over the number present, and
// a customer leaves when it has grown by the demand.
type sharer struct {
	station
	virtual float64
	asOf    Time
	inside  []insider // ordered by virtual end, last first
	next    Timer
}

type insider struct {
	end  float64
	came Time
}

const sharerLeaves = 0

func (q *sharer) Handle(now Time, arg uint64) {
	if n := len(q.inside); n > 0 {
		q.virtual += float64(now-q.asOf) / 1e9 / float64(n)
	}
	q.asOf = now
	if arg == stationArrival {
		q.s.After(q.gap(), ClassArrival, q, stationArrival)
		q.present.Add(now, 1)
		q.came = q.came.Add(Uint128{Lo: uint64(now)})
		e := insider{q.virtual + q.demand(q.demands), now}
		q.inside = append(q.inside, e)
		i := len(q.inside) - 1
		for i > 0 && q.inside[i-1].end < e.end {
			q.inside[i] = q.inside[i-1]
			i--
		}
		q.inside[i] = e
		q.s.Cancel(q.next)
	} else {
		last := len(q.inside) - 1
		e := q.inside[last]
		q.inside = q.inside[:last]
		q.present.Add(now, -1)
		q.came = q.came.Sub(Uint128{Lo: uint64(e.came)})
		q.sojourns = q.sojourns.Add(Uint128{Lo: uint64(now - e.came)})
		q.done++
	}
	if n := len(q.inside); n > 0 {
		left := max(q.inside[n-1].end-q.virtual, 0) * float64(n)
		q.next = q.s.After(Seconds(left), ClassRelease, q, sharerLeaves)
	}
}

// erlangC is the probability that an arrival waits in M/M/c with offered load
// a: Erlang's second formula (A. K. Erlang, 1917), by the recursion of B.
func erlangC(c int, a float64) float64 {
	b := 1.0
	for k := 1; k <= c; k++ {
		b = a * b / (float64(k) + a*b)
	}
	rho := a / float64(c)
	return b / (1 - rho*(1-b))
}

func exponential(r *rand.Rand) float64 { return r.ExpFloat64() }
func constant(*rand.Rand) float64      { return 1 }

// hyperexponential has mean 1 and second moment 2 (0.1 x 5.5^2 + 0.9 x 0.5^2) = 6.5.
func hyperexponential(r *rand.Rand) float64 {
	if r.Float64() < 0.1 {
		return 5.5 * r.ExpFloat64()
	}
	return 0.5 * r.ExpFloat64()
}

// TestQueueingTheory compares mean times in system with the formulas of
// Kleinrock, Queueing Systems, volumes 1 (1975) and 2 (1976): inside the 95 %
// interval over replications, and within 2 %; and Little's law exactly.
func TestQueueingTheory(t *testing.T) {
	replications := 20
	if testing.Short() {
		replications = 6
	}
	for _, test := range []struct {
		name    string
		servers int // 0: one, shared
		load    float64
		demand  func(*rand.Rand) float64
		want    float64 // s; the mean demand is 1 s
	}{
		{"M/M/1", 1, 0.8, exponential, 1 / (1 - 0.8)},
		{"M/M/10", 10, 0.9, exponential, 1 + erlangC(10, 9)/(10-9)},
		{"M/M/100", 100, 0.9, exponential, 1 + erlangC(100, 90)/(100-90)},
		{"M/D/1", 1, 0.8, constant, 1 + 0.8/(2*(1-0.8))},
		{"M/G/1", 1, 0.6, hyperexponential, 1 + 0.6*6.5/(2*(1-0.6))}, // Pollaczek-Khinchine
		{"M/M/1-PS", 0, 0.7, exponential, 1 / (1 - 0.7)},
		{"M/G/1-PS", 0, 0.7, hyperexponential, 1 / (1 - 0.7)}, // insensitive to the law
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			rate := test.load * float64(max(test.servers, 1))
			customers := max(60_000, 1500*rate)
			var means []float64
			for i := range replications {
				s := New(7, uint64(i))
				var q *station
				if test.servers > 0 {
					q = newStation(s, test.servers, rate, test.demand)
				} else {
					p := &sharer{}
					p.s, p.rate, p.demand = s, rate, test.demand
					p.gaps, p.demands = s.Stream("gaps"), s.Stream("demands")
					s.After(p.gap(), ClassArrival, p, stationArrival)
					q = &p.station
				}
				if err := s.RunUntil(context.Background(), Seconds(customers/rate)); err != nil {
					t.Fatal(err)
				}
				q.checkLittle(t)
				means = append(means, q.meanSojourn())
			}
			mean, deviation := stat.MeanStdDev(means, nil)
			students := distuv.StudentsT{Sigma: 1, Nu: float64(replications - 1)}
			half := students.Quantile(0.975) * deviation / math.Sqrt(float64(replications))
			got := fmt.Sprintf("%.4f s +- %.4f in system, want %.4f", mean, half, test.want)
			if math.Abs(mean-test.want) > half {
				t.Errorf("outside the 95 %% interval: %s", got)
			}
			if !testing.Short() && math.Abs(mean-test.want) > 0.02*test.want {
				t.Errorf("off by more than 2 %%: %s", got)
			}
			t.Log(got)
		})
	}
}
