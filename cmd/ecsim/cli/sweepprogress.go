package cli

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"ecsim/scenarios/simulate"
	"ecsim/workloads/units"
)

// followSweep shows how far a sweep is until the returned function is called:
// a bar where a person watches standard error, a line for every tenth with
// --verbose elsewhere. done cells were there before, of all.
func followSweep(e *Env, w *simulate.Sweep, done, all int) (stop func()) {
	last := -1
	start := time.Now()
	precision := w.Precision()
	return watch(e, func(show func(share float64, parts []string)) {
		passed := time.Since(start)
		now := int(w.Done.Cells.Load())
		all, about := all, ""
		if precision > 0 {
			if cells, ok := w.Done.Expect((all - done) / w.Replications()); ok {
				all, about = done+max(cells, now), "about "
			}
		}
		share := min(float64(done+now)/float64(max(all, 1)), 1)
		reached := tenth(share)
		if !e.ErrTerminal && reached <= last {
			return
		}
		last = reached
		parts := []string{fmt.Sprintf("%s/%s%s cells", units.Thousands(int64(done+now)), about, units.Thousands(int64(all)))}
		if precision > 0 {
			parts = append(parts, halfWidth(&w.Done, precision))
		}
		if now > 0 {
			rate := float64(now) / passed.Seconds()
			left := time.Duration(float64(max(all-done-now, 0)) / rate * float64(time.Second))
			parts = append(parts, about+left.Round(time.Second).String()+" left", short(rate)+" cells/s",
				short(float64(w.Done.Placements.Load())/passed.Seconds())+" placed/s")
		}
		show(share, parts)
	})
}

// halfWidth words the half-width at the last look against the wanted one.
func halfWidth(done *simulate.Counts, wanted float64) string {
	now := "?"
	if widest, ok := done.Widest(); ok && !math.IsInf(widest, 0) {
		now = fmt.Sprintf("%.2g %%", 100*widest)
	}
	return fmt.Sprintf("±%s of %.2g %% wanted", now, 100*wanted)
}

// pilot is how long a dry run measures.
const pilot = time.Second

// dry prints the plan, and how long it takes by the first cells of points
// spread over it.
func (o *sweepOptions) dry(e *Env, w *simulate.Sweep) error {
	var b strings.Builder
	fmt.Fprintf(&b, "sweep of %s on %s: %s\n", w.Scenario.Name, count(len(w.Platforms), "platform"), strings.Join(w.Table.Platforms, ", "))
	for _, a := range w.Table.Axes {
		fmt.Fprintf(&b, "  %s: %s\n", a.Path, valuesOf(a.Values))
	}
	reps := w.Replications()
	fmt.Fprintf(&b, "  %s: %s points x %s = %s cells, in %s of %s\n", w.Scenario.Sweep.Design, units.Thousands(int64(w.Points())),
		count(reps, "replication"), units.Thousands(int64(w.Cells())), count(w.Chunks(), "chunk"), count(w.ChunkPoints, "point"))
	start := time.Now()
	var bench simulate.Bench
	tried, slowest := 0, 0.0
	for k := 1; time.Since(start) < pilot && tried < w.Points(); k++ {
		// Points of a low-discrepancy sequence, so that few of them stand for all.
		at := int(vanDerCorput(k)*float64(w.Points())) % w.Points()
		ctx, cancel := context.WithTimeout(e.Context, 30*time.Second)
		from := time.Now()
		_, err := w.Point(ctx, &bench, at)
		cancel()
		if err != nil {
			if e.Context.Err() != nil || ctx.Err() == nil {
				return err
			}
			break
		}
		slowest = max(slowest, time.Since(from).Seconds())
		tried++
	}
	if tried > 0 {
		mean := time.Since(start).Seconds() / float64(tried)
		total := time.Duration(mean * float64(w.Points()) / float64(o.workers) * float64(time.Second))
		fmt.Fprintf(&b, "  about %s at -j %d, if its CPUs are free: %s tried took %.2g s each, at most %.2g s\n", about(total), o.workers, count(tried, "point"), mean, slowest)
	} else {
		fmt.Fprintf(&b, "  time unknown: a point takes more than 30 s\n")
	}
	_, err := io.WriteString(e.Out, b.String())
	return err
}

func about(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", max(d.Seconds(), 1))
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.0f h", d.Hours())
}

func valuesOf(values []string) string {
	if len(values) <= 8 {
		return fmt.Sprintf("%s (%d)", strings.Join(values, ", "), len(values))
	}
	return fmt.Sprintf("%s, ... %s (%s)", strings.Join(values[:4], ", "), values[len(values)-1], units.Thousands(int64(len(values))))
}

// vanDerCorput is the k-th number of the base-2 sequence, in [0, 1).
func vanDerCorput(k int) (v float64) {
	for f := 0.5; k > 0; k, f = k/2, f/2 {
		if k%2 == 1 {
			v += f
		}
	}
	return v
}
