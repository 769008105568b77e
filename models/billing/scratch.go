package billing

// Scratch is the memory that pricing needs and no bill keeps, for someone who
// prices many ledgers one after the other. The zero value is ready; it serves
// one goroutine.
type Scratch struct {
	meters []ratedMeter
	hour   []hourUse
	lines  map[lineKey]*Line
	spare  []*Line   // handed out from the front
	keys   []lineKey // of a bill being sorted
}

// Use makes the ledger price in s's memory.
func (l *Ledger) Use(s *Scratch) { l.scratch = s }

// borrow gives a rater the scratch's memory; a rater made before it is given
// back has its own.
func (s *Scratch) borrow(r *rater) {
	r.meters, r.hour, r.lines = s.meters[:0], s.hour[:0], s.lines
	s.meters, s.hour, s.lines = nil, nil, nil
	if r.lines == nil {
		r.lines = make(map[lineKey]*Line)
	}
}

// giveBack ends a rater's work.
func (s *Scratch) giveBack(r *rater) {
	for _, line := range r.lines {
		s.spare = append(s.spare, line)
	}
	clear(r.lines)
	s.meters, s.hour, s.lines = r.meters, r.hour, r.lines
	r.meters, r.hour, r.lines = nil, nil, nil
}

// line is memory for a line.
func (s *Scratch) line() *Line {
	if n := len(s.spare); n > 0 {
		line := s.spare[n-1]
		s.spare = s.spare[:n-1]
		return line
	}
	return new(Line)
}

// grow is list with one element more, which holds what was there before.
func grow[T any](list []T) []T {
	if n := len(list); n < cap(list) {
		return list[:n+1]
	}
	var zero T
	return append(list, zero)
}
