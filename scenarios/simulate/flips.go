package simulate

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"ecsim/models/billing"
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/sim/experiment"
)

// What bounds the search for flips. The bound is work, not time: the same
// comparison finds the same flips on any machine.
const (
	// flipWork is how much the search may simulate, as a multiple of the
	// comparison's own events, and flipLeast the events it may in any case, a
	// second or two: a small comparison is searched to the end.
	flipWork  = 1.5
	flipLeast = 1_500_000
	// flipPoints is the most points, for comparisons of few events, whose cost
	// is that of their bills.
	flipPoints = 60
	// flipRuns is the most replications of a point.
	flipRuns = 3
	// flipWidth is the relative distance to which a flip is located.
	flipWidth = 0.03
)

// side is one direction of a factor.
type side struct {
	f          *factor
	end        float64 // the furthest multiple
	held, flip float64 // flip is 0 until one is found
	far        float64 // the furthest multiple simulated, 1 before
	winner     string
	why        string
	failed     string // why it cannot be simulated
}

// wide tells whether the flip is located too loosely.
func (s *side) wide() bool { return s.flip > 0 && math.Abs(math.Log(s.flip/s.held)) > flipWidth }

// flipper is a search under way.
type flipper struct {
	c          *Comparison
	candidates []int // indexes of outcomes that could win
	winner     int   // index into outcomes
	gates      []result.Gate
	workers    int
	tracker    *Tracker
	budget     uint64
	found      result.FlipSearch
	// base is each candidate's cost above the winner's: its mean over all
	// replications less that over the first found.Runs, and chance the half-width
	// of its paired interval.
	base, chance []float64
}

// Flips searches for the smallest change of each factor that makes another
// platform the winner: one that is cheaper by more than 1 % and by more than
// the paired interval of the comparison, or the cheapest that is left when the
// winner misses a gate. Points are simulated on the comparison's own first
// replications; their difference in cost is the comparison's plus what these
// replications change, so that chance common to both cancels. When ctx ends the
// comparison is marked partial: its figures are whole, the search is not.
func (c *Comparison) Flips(ctx context.Context, platforms []int, workers int, t *Tracker) error {
	x := &flipper{c: c, workers: workers, tracker: t}
	c.Search = &x.found
	if x.found.None = x.prepare(); x.found.None != "" {
		return nil
	}
	var sides []*side
	for i := range factors {
		if f := &factors[i]; f.applies(c.Scenario) {
			sides = append(sides, &side{f: f, end: f.most, held: 1, far: 1}, &side{f: f, end: f.least, held: 1, far: 1})
		}
	}
	x.plan(len(sides))
	if x.found.None = x.steady(); x.found.None != "" {
		return nil
	}
	err := x.search(ctx, sides, platforms)
	if ctx.Err() != nil {
		c.Partial, err = true, nil
		c.Notes = append(c.Notes, result.Note{Kind: result.Warning, Text: "partial: interrupted while flip points were searched; the other figures are whole"})
	}
	x.report(sides)
	return err
}

// prepare finds who could win; the text says why there is no search.
func (x *flipper) prepare() string {
	v := x.c.Verdict
	if v.Winner == nil {
		return "no platform is ranked"
	}
	var all uint64
	for i, o := range x.c.Outcomes {
		all += o.Pooled.Events
		if o == v.Winner.Outcome {
			x.winner = i
		}
		if o.Runs > 0 && !o.Partial && !o.Bill.PriceOnly { // a Spot price alone never ranks
			x.candidates = append(x.candidates, i)
		}
	}
	if len(x.candidates) < 2 {
		return "no other platform could win"
	}
	x.budget = max(uint64(flipWork*float64(all)), flipLeast)
	// One replication has no interval; the figure itself must do.
	x.gates = slices.Clone(x.c.Gates)
	for i := range x.gates {
		x.gates[i].Bound = result.BoundFigure
	}
	return ""
}

// plan chooses how many replications a point has: as many as leave room for
// locating a flip on every side.
func (x *flipper) plan(sides int) {
	var set uint64
	for _, i := range x.candidates {
		set += x.c.runs[i][0].Events
	}
	points := uint64(max(1, sides)) * 3
	x.found.Runs = int(max(1, min(flipRuns, uint64(x.c.Runs), x.budget/max(1, set*points))))
	x.tracker.begin("runs for flips", int(min(flipPoints, points))*len(x.candidates)*x.found.Runs, sim.Time(x.c.Scenario.Duration), 0)
}

// steady leaves out platforms that the few replications judge otherwise than all
// do, and notes how the costs of the others lie.
func (x *flipper) steady() string {
	c := x.c
	outcomes := make([]*result.Outcome, len(x.candidates))
	for k, i := range x.candidates {
		o, err := result.Fold(c.runs[i][:x.found.Runs])
		if err != nil {
			return err.Error()
		}
		outcomes[k] = o
	}
	few := standings(result.Rank(outcomes, x.gates))
	all := standings(c.Verdict)
	var kept []int
	win := c.Outcomes[x.winner]
	for k, i := range x.candidates {
		name := c.Outcomes[i].Platform
		switch {
		case few[name] == all[name]:
			kept = append(kept, i)
		case i == x.winner:
			return fmt.Sprintf("on the first %d of %d runs %s is not ranked, so that few runs do not tell", x.found.Runs, c.Runs, name)
		default:
			x.found.Left = append(x.found.Left, name)
		}
		diff, half := result.Paired(c.Outcomes[i], win, c.Verdict.CostPath)
		if math.IsNaN(half) {
			half = 0
		}
		first, _ := result.Paired(outcomes[k], outcomes[slices.Index(x.candidates, x.winner)], c.Verdict.CostPath)
		if few[name] == all[name] {
			x.base, x.chance = append(x.base, diff-first), append(x.chance, half)
		}
	}
	if x.candidates = kept; len(kept) < 2 {
		return "the few runs of a point judge every other platform otherwise than all runs do"
	}
	return ""
}

func standings(v *result.Verdict) map[string]result.Standing {
	m := map[string]result.Standing{}
	for _, r := range v.Rows() {
		m[r.Platform] = r.Standing()
	}
	return m
}

// room tells whether another point may be simulated.
func (x *flipper) room() bool { return x.found.Events < x.budget && x.found.Points < flipPoints }

// search tries the ends of all sides, then halves, by ratio, what lies between
// the last point that held and the first that flipped, side by side; last the
// middle of sides whose end did not flip, for a winner may come back.
func (x *flipper) search(ctx context.Context, sides []*side, platforms []int) error {
	try := func(s *side, at float64) error {
		if !x.room() {
			return nil
		}
		return x.try(ctx, s, at, platforms)
	}
	narrow := func() error {
		for again := true; again && x.room(); {
			again = false
			for _, s := range sides {
				if s.wide() && s.failed == "" {
					again = true
					if err := try(s, math.Sqrt(s.held*s.flip)); err != nil {
						return err
					}
				}
			}
		}
		return nil
	}
	for _, s := range sides {
		if err := try(s, s.end); err != nil {
			return err
		}
	}
	if err := narrow(); err != nil {
		return err
	}
	for _, s := range sides {
		if s.flip == 0 && s.far != 1 && s.failed == "" {
			if err := try(s, math.Sqrt(s.end)); err != nil {
				return err
			}
		}
	}
	return narrow()
}

// try simulates a point of a side and notes what it says.
func (x *flipper) try(ctx context.Context, s *side, at float64, platforms []int) error {
	sc := s.f.multiplied(x.c.Scenario, at)
	n := len(x.candidates)
	runs, err := experiment.Run(ctx, n*x.found.Runs, x.workers, func(ctx context.Context, k uint64) (cell, error) {
		progress := x.tracker.start()
		defer x.tracker.end(progress)
		run, err := Run(ctx, sc, platforms[x.candidates[int(k)%n]], k/uint64(n), Options{Progress: progress, Brief: true, Book: &billing.Memo{Book: billing.Catalog{}}, Replays: x.c.replays})
		if reason, is := cannot(err); is {
			return cell{failure: err, reason: reason}, nil
		}
		return cell{runs: []*result.Run{run}}, err
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	x.found.Points++
	if err != nil {
		s.failed = plain(err).Error()
		return nil
	}
	outcomes := make([]*result.Outcome, n)
	for k, i := range x.candidates {
		var list []*result.Run
		for r := range x.found.Runs {
			if one := &runs[r*n+k]; one.failure != nil {
				outcomes[k] = result.Refuse(x.c.Outcomes[i].Platform, []result.Reason{one.reason})
			} else {
				list = append(list, one.runs[0])
				x.found.Events += one.runs[0].Events
			}
		}
		if outcomes[k] == nil {
			if outcomes[k], err = result.Fold(list); err != nil {
				return err
			}
		}
	}
	winner, why, flipped := x.judge(outcomes)
	if at > 1 {
		s.far = max(s.far, at)
	} else {
		s.far = min(s.far, at)
	}
	if flipped {
		s.flip, s.winner, s.why = at, winner, why
	} else if s.flip > 0 { // between held and flip
		s.held = at
	}
	return nil
}

// judge tells who wins at a point, and whether that is a flip.
func (x *flipper) judge(outcomes []*result.Outcome) (winner, why string, flipped bool) {
	v := result.Rank(outcomes, x.gates)
	path := x.c.Verdict.CostPath
	w := slices.Index(x.candidates, x.winner)
	var held *result.Row
	for _, r := range v.Rows() {
		if r.Outcome == outcomes[w] {
			held = r
		}
	}
	if held.Standing() != result.Ranked {
		if v.Winner != nil {
			winner = v.Winner.Platform
		}
		return winner, held.Faults[0].Text, true
	}
	cost, _ := held.Estimate(path)
	best := 0.0
	for _, r := range v.Ranked {
		k := slices.Index(outcomes, r.Outcome)
		if k == w {
			continue
		}
		diff, _ := result.Paired(r.Outcome, held.Outcome, path)
		diff += x.base[k]
		if least := max(result.EqualShare*math.Abs(cost.V), x.chance[k]); diff < -least && diff < best {
			best, winner = diff, r.Platform
		}
	}
	return winner, "", winner != ""
}

// report sorts what was found.
func (x *flipper) report(sides []*side) {
	for _, s := range sides {
		direction := "up"
		if s.end < 1 {
			direction = "down"
		}
		switch {
		case s.flip > 0:
			x.found.Flips = append(x.found.Flips, result.FactorFlip{Factor: s.f.name, Held: s.held, Flip: s.flip, Winner: s.winner, Why: s.why, Open: s.wide()})
		case s.failed != "":
			x.found.Open = append(x.found.Open, s.f.name+" "+direction+" ("+s.failed+")")
		case s.far == 1:
			x.found.Open = append(x.found.Open, s.f.name+" "+direction)
		}
	}
	slices.SortStableFunc(x.found.Flips, func(a, b result.FactorFlip) int {
		return cmp.Compare(math.Abs(math.Log(a.Flip)), math.Abs(math.Log(b.Flip)))
	})
	for i := 0; i+1 < len(sides); i += 2 { // up, down
		kept := result.FactorRange{Factor: sides[i].f.name, From: 1, To: 1}
		if sides[i].flip == 0 {
			kept.To = sides[i].far
		}
		if sides[i+1].flip == 0 {
			kept.From = sides[i+1].far
		}
		if kept.From != kept.To {
			x.found.Kept = append(x.found.Kept, kept)
		}
	}
}
