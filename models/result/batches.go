package result

import (
	"fmt"
	"math"
	"slices"

	"ecsim/sim/experiment"
)

// FoldBatches is the outcome of one long run whose window was cut into equal
// parts: its figures are the run's, and their intervals come from the parts, as
// if each were a replication. Counts, shares of them, peaks and lows have no
// interval. Where the parts hang together a note says that intervals are too
// narrow; experiment.BatchMeans tells by which test.
func FoldBatches(run *Run, parts []*Run) (*Outcome, error) {
	o, err := Fold([]*Run{run})
	if err != nil {
		return nil, err
	}
	for i, p := range parts {
		if p.Scenario != run.Scenario || p.Platform != run.Platform || p.Seed != run.Seed || p.Replication != run.Replication || len(p.Workloads) != len(run.Workloads) {
			return nil, fmt.Errorf("batch %d of platform %q is not of the same run", i, run.Platform)
		}
	}
	o.Batches = len(parts)
	var together []string
	for _, c := range Columns(workloadNames(run)) {
		m := &metrics[c.metric]
		scale, ok := byParts(m, len(parts))
		if !ok {
			continue
		}
		e := o.estimates[c.Path]
		e.Each = make([]float64, 0, len(parts))
		for _, p := range parts {
			v := math.NaN()
			if read := p.read(m, c.workload); read.OK {
				v = read.V * scale
			}
			e.Each = append(e.Each, v)
		}
		have := slices.DeleteFunc(slices.Clone(e.Each), math.IsNaN)
		b := experiment.BatchMeans(have)
		e.Half = b.Half
		if !b.Long && len(have) >= 8 {
			together = append(together, c.Path)
		}
		o.estimates[c.Path] = e
	}
	if together != nil {
		const most = 3
		text := fmt.Sprintf("%d batches hang together in %s", len(parts), together[0])
		for _, path := range together[1:min(len(together), most)] {
			text += ", " + path
		}
		if n := len(together) - most; n > 0 {
			text += fmt.Sprintf(" and %d more", n)
		}
		o.Notes = append(o.Notes, Note{Kind: Warning, About: run.Platform,
			Text: text + ": their intervals are too narrow; use a longer duration or fewer batches"})
	}
	return o, nil
}

// byParts tells whether a part of the window tells what the whole comes to, and
// by what its figure is to be multiplied. Levels, tallies and money do; counts
// and shares of them run from time 0, and extremes are of the whole.
func byParts(m *Metric, parts int) (scale float64, ok bool) {
	switch m.Kind {
	case KindLevel, KindTally:
		return 1, true
	case KindMoney:
		switch m.Path {
		case "cost", "cost_list", "cost_best_plan", "workload.NAME.cost": // sums over the window
			return float64(parts), true
		case "cost_drain", "cost_with_drain", "cost_per_1000_tasks", "workload.NAME.cost_per_1000_tasks": // of counts, or past the window
			return 0, false
		}
		return 1, true
	}
	return 0, false
}

func workloadNames(r *Run) (names []string) {
	for i := range r.Workloads {
		names = append(names, r.Workloads[i].Name)
	}
	return names
}
