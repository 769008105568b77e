package workloads

import (
	"fmt"
	"math/bits"

	"ecsim/workloads/units"
)

// Split turns a task of more than most CPU units into the fewest tasks of at
// most that: all of size most but the last, which takes the rest. They arrive
// together and are not a gang: each is placed, run and finished on its own.
// Memory is shared in proportion to CPU, rounded up; GPUs, work and the cap on
// parallel use in proportion, adding up to the original. Run times stay. Tasks
// are numbered anew. Oddities says how many tasks were split.
func Split(src Tasks, most units.CPU) Tasks {
	if most <= 0 {
		panic(fmt.Sprintf("workloads: Split at %v: want over 0", most))
	}
	return &split{under: under{src}, most: most}
}

type split struct {
	under
	most   units.CPU
	shapes Shapes
	index  uint64
	count  int64 // tasks split so far

	whole Task // being split, while given < size.CPU
	size  Shape
	given units.CPU // CPU of the pieces so far
}

func (s *split) Shapes() *Shapes { return &s.shapes }

// Oddities adds the number of tasks split to the source's.
func (s *split) Oddities() []Oddity {
	all := s.under.Oddities()
	if s.count > 0 {
		rule := fmt.Sprintf("wider than %v: split into tasks of at most that, not a gang", s.most)
		all = addOddities(all, []Oddity{{rule, s.count}})
	}
	return all
}

func (s *split) Next(t *Task) (bool, error) {
	if s.given >= s.size.CPU {
		ok, err := s.src.Next(&s.whole)
		if !ok || err != nil {
			return ok, err
		}
		s.size, s.given = s.src.Shapes().At(s.whole.Shape), 0
		if s.size.CPU <= s.most {
			*t = s.whole
			t.Shape = s.shapes.Intern(s.size)
			s.size = Shape{}
			t.Index = s.index
			s.index++
			return true, nil
		}
		s.count++
	}
	from := s.given
	s.given = min(from+s.most, s.size.CPU)
	*t = s.whole
	memory, rest := muldiv(int64(s.size.Memory), s.given-from, s.size.CPU)
	if rest > 0 {
		memory++
	}
	t.Shape = s.shapes.Intern(Shape{
		CPU:    s.given - from,
		Memory: units.MiB(memory),
		GPU:    int(s.part(int64(s.size.GPU), from)),
	})
	if s.whole.Work > 0 {
		t.Work = max(units.Work(s.part(int64(s.whole.Work), from)), 1)
	}
	if s.whole.Parallel > 0 {
		t.Parallel = max(units.CPU(s.part(int64(s.whole.Parallel), from)), 1)
	}
	t.Index = s.index
	s.index++
	return true, nil
}

// part returns the share of n that goes to the CPU units from from to given:
// the parts of all pieces add up to n.
func (s *split) part(n int64, from units.CPU) int64 {
	upTo, _ := muldiv(n, s.given, s.size.CPU)
	before, _ := muldiv(n, from, s.size.CPU)
	return upTo - before
}

// muldiv returns n x num / den rounded down, and the remainder; n is 0 or more
// and 0 <= num <= den. The product is formed in 128 bits.
func muldiv(n int64, num, den units.CPU) (quotient int64, remainder uint64) {
	hi, lo := bits.Mul64(uint64(n), uint64(num))
	q, r := bits.Div64(hi, lo, uint64(den))
	return int64(q), r
}
