package result

// FactorFlip is the smallest change of one factor of a scenario, such as its
// load, found to make another platform the winner. Factors multiply what the
// scenario says: 1.3 is 30 % more.
type FactorFlip struct {
	Factor string // "load", "run time", ...
	// Held is the largest factor, on the way from 1, at which the winner was
	// simulated and still won or cost the same; Flip the nearest beyond it at
	// which it did not.
	Held, Flip float64
	Winner     string // platform that wins at Flip, "" when none is ranked
	Why        string // why the old winner is not ranked at Flip; "" when it is dearer
	Open       bool   // Held and Flip are further apart than wanted: the work ran out
}

// FactorRange is a factor over which no flip was found.
type FactorRange struct {
	Factor   string
	From, To float64 // the ends that were simulated; 1 where that side flips or was not reached
}

// FlipSearch is what a search for flips found.
type FlipSearch struct {
	Flips []FactorFlip // the smallest changes first
	Kept  []FactorRange
	// Open lists "load up", "run time down": sides that the work did not suffice
	// to simulate at all.
	Open []string
	// Left are platforms that could not be judged on so few replications.
	Left []string
	// None says why nothing was searched, "" when something was.
	None string
	// Runs is how many replications each point has; Points how many points were
	// simulated, and Events what that cost.
	Runs, Points int
	Events       uint64
}
