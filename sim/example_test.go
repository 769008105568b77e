package sim_test

import (
	"context"
	"fmt"

	"ecsim/sim"
)

// server is a queue with one server: customers come at random, wait their
// turn, and are served for half a second on average.
type server struct {
	s       *sim.Simulation
	present sim.Level
	waits   sim.Tally
	line    []sim.Time // when those waiting came
	gap     func() sim.Time
	service func() sim.Time
}

const (
	arrives = iota
	leaves
)

func (q *server) Handle(now sim.Time, what uint64) {
	switch what {
	case arrives:
		q.s.After(q.gap(), sim.ClassArrival, q, arrives)
		q.line = append(q.line, now)
		q.present.Add(now, 1)
		if q.present.Value() > 1 {
			return // somebody is being served
		}
	case leaves:
		q.present.Add(now, -1)
	}
	if len(q.line) > 0 {
		q.waits.Add(int64(now - q.line[0]))
		q.line = q.line[1:]
		q.s.After(q.service(), sim.ClassRelease, q, leaves)
	}
}

// A single-server queue, half loaded, for a day.
func Example() {
	s := sim.New(42, 0)
	gaps, services := s.Stream("gaps"), s.Stream("services")
	q := &server{
		s:       s,
		gap:     func() sim.Time { return sim.Seconds(gaps.ExpFloat64()) },
		service: func() sim.Time { return sim.Seconds(0.5 * services.ExpFloat64()) },
	}
	s.At(0, sim.ClassArrival, q, arrives)
	if err := s.RunUntil(context.Background(), sim.Day); err != nil {
		fmt.Println(err)
	}
	p95, _ := q.waits.Quantile(0.95)
	fmt.Printf("%v: %d customers\n", s.Now(), q.waits.Count())
	fmt.Printf("present %.1f on average, at most %d\n", q.present.Mean(s.Now()), q.present.Max())
	fmt.Printf("wait %.1f s on average, 95%% under %.1f s\n", q.waits.Mean()/1e9, p95/1e9)
	// Theory for the last line: 0.5 s, and ln 10 = 2.3 s.

	// Output:
	// 1d00h00m00s: 86213 customers
	// present 1.0 on average, at most 19
	// wait 0.5 s on average, 95% under 2.3 s
}

// Keyed draws depend on whom they concern, not on what was drawn before.
func ExampleSimulation_Uniform() {
	boot := sim.NewPurpose("boot time")
	s := sim.New(42, 0)
	instances := sim.NewEntity("provider", "web")
	for _, i := range []uint64{0, 1, 0} {
		fmt.Printf("instance %d boots in %.1f s\n", i, 20+20*s.Uniform(boot, instances.With(i), 0))
	}
	// Output:
	// instance 0 boots in 32.8 s
	// instance 1 boots in 25.8 s
	// instance 0 boots in 32.8 s
}
