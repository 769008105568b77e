package result

// Surface is what a sweep found, as pictures and tables read it: the axes and,
// for each point of them, every platform's estimates of a few metrics. It holds
// what is drawn, not every cell: a sweep of very many points gives a Surface of
// the first SurfacePoints of them and says so in Left.
type Surface struct {
	Scenario string
	Question string
	// Design is how the points were chosen: "grid" for every combination of the
	// values, "latin-hypercube" or "halton" for samples of them.
	Design string
	Axes   []Axis
	// Metrics are the paths whose estimates each PlatformPoint holds, in that
	// order; the first is what platforms are ranked by.
	Metrics   []string
	Platforms []string // in the scenario's order
	Points    []SurfacePoint
	Left      int // points of the sweep that are not in Points
}

// SurfacePoints is the most points a Surface holds.
const SurfacePoints = 4096

// Axis is one thing a sweep varies.
type Axis struct {
	Path   string   // as --set takes it; zipped paths are one axis, joined by " + "
	Values []string // as written, in order of the sweep
	// Numbers are the values on a scale, in the unit named: seconds, CPU units,
	// MiB, a share, a rate a second, dollars. Nil when some value is no number.
	Numbers []float64
	Unit    string // "s", "MiB", "CPU units", "%", "/s", "$", "" for a bare number
}

// SurfacePoint is one assignment of the axes.
type SurfacePoint struct {
	At        []int           // index into the values of each axis
	Platforms []PlatformPoint // as Surface.Platforms
	Winner    int             // index into Platforms, -1 when none is advised
	Equal     bool            // the runner-up differs by less than 1 % or than chance
}

// PlatformPoint is one platform at one point.
type PlatformPoint struct {
	Standing  Standing
	Reason    string // why it is not ranked, "" if it is
	Runs      int    // replications folded
	Estimates []Band // as Surface.Metrics
}

// Band is an estimate with its 95 % interval; NaN where there is none.
type Band struct{ Mean, Half float64 }
