package placement

var _ = RegisterScheduler(SchedulerKind{
	Name: "least-loaded",
	Doc:  "Worst fit: the instance with the most CPU units left that can hold the task, the lowest ordinal among equals.",
	New:  func() Scheduler { return leastLoaded{} },
})

// leastLoaded is an example of a custom scheduler: it scans.
type leastLoaded struct{}

func (leastLoaded) Pick(v View, p *Plan, _ uint64) (Host, bool) {
	best := NoHost
	for h := range v.Hosts {
		if v.Fits(p, h) && (best == NoHost || looser(v, h, best)) {
			best = h
		}
	}
	return best, best != NoHost
}

// looser tells whether a has more CPU left than b, or as much and a lower
// ordinal, then a lower provider.
func looser(v View, a, b Host) bool {
	if x, y := v.Left(a).CPU, v.Left(b).CPU; x != y {
		return x > y
	}
	x, y := v.Spec(a), v.Spec(b)
	if x.Ordinal != y.Ordinal {
		return x.Ordinal < y.Ordinal
	}
	return x.Provider < y.Provider
}
