package result

import (
	"math"

	"ecsim/sim"
)

// done is the share of a workload's work that was done by the end; a run that
// drained and stands for no month is judged with what it finished after it.
func (r *Run) done(w *Workload) Value {
	if r.drainCounts() && w.Kind == "batch" {
		return ratio(float64(w.Finished+w.Drained), float64(w.Submitted))
	}
	return w.done()
}

// drainCounts reports whether the run is one piece of work, done to its end,
// rather than a sample of a month.
func (r *Run) drainCounts() bool { return r.Drained && !r.MonthlyOK }

// done is the share of the work asked for that was done: of a batch, the
// CPU-time finished over that submitted; of a service, the task-time that ran
// over that desired. A daemon has none, for it asks for nothing by itself.
func (w *Workload) done() Value {
	switch w.Kind {
	case "batch":
		if !w.TotalWork.IsZero() {
			return ratio(w.DoneWork.Float64(), w.TotalWork.Float64())
		}
		return ratio(float64(w.Finished), float64(w.Submitted))
	case "service":
		var have, want float64
		for n, held := range w.RunningTime {
			have += float64(min(int64(n), w.DesiredCount)) * held.Seconds()
			want += float64(w.DesiredCount) * held.Seconds()
		}
		return ratio(have, want)
	}
	return Value{}
}

// runningAtLeast is the share of the window with at least n tasks RUNNING; of
// a service, for of others nobody kept how long each number ran.
func (w *Workload) runningAtLeast(n int64) Value {
	var with, all float64
	if w.Kind != "service" {
		return Value{}
	}
	for i, held := range w.RunningTime {
		all += held.Seconds()
		if int64(i) >= n {
			with += held.Seconds()
		}
	}
	return ratio(with, all)
}

// meanRunning is the time-weighted number of tasks RUNNING.
func meanRunning(r *Run, w *Workload) Value {
	if w.Kind != "service" {
		if len(w.RunningS.Mean) == 0 {
			return Value{}
		}
		return ratio(w.RunningS.Integral(r.WarmUp, r.Duration), (r.Duration - r.WarmUp).Seconds())
	}
	var sum, all float64
	for i, held := range w.RunningTime {
		sum += float64(i) * held.Seconds()
		all += held.Seconds()
	}
	return ratio(sum, all)
}

// vcpuHours converts CPU unit-ns.
func vcpuHours(u sim.Uint128) Value {
	return Value{V: u.Float64() / 1024 / float64(sim.Hour), OK: true}
}

// countMetric is a row for one of a workload's counts.
func countMetric(name string, better Better, doc string, read func(*Workload) int64) Metric {
	return Metric{Path: "workload.NAME." + name, Unit: UnitTasks, Better: better, Kind: KindCount, Doc: doc,
		Read: func(_ *Run, w *Workload) Value { return count(read(w)) }}
}

var taskMetrics = []Metric{
	countMetric("submitted", Neither, "tasks that asked for room", func(w *Workload) int64 { return w.Submitted }),
	countMetric("finished", Neither, "tasks finished by the end", func(w *Workload) int64 { return w.Finished }),
	countMetric("running_at_end", Neither, "tasks placed and not finished at the end", func(w *Workload) int64 { return w.Running }),
	countMetric("waiting_at_end", Lower, "tasks not placed at the end", func(w *Workload) int64 { return w.Waiting }),
	countMetric("rejected", Lower, "tasks refused for good", func(w *Workload) int64 { return w.Rejected }),
	countMetric("left_out", Neither, "trace records that made no task", func(w *Workload) int64 { return w.LeftOut }),
	countMetric("drained", Neither, "tasks finished after the end, while the run drained", func(w *Workload) int64 { return w.Drained }),
	countMetric("stops", Lower, "service tasks stopped and replaced", func(w *Workload) int64 { return w.Stops }),
	countMetric("image_pulls", Lower, "image pulls that took time", func(w *Workload) int64 { return w.Pulls }),
	countMetric("image_pull_failures", Lower, "image pulls that failed, for each task that waited for one", func(w *Workload) (n int64) {
		for _, f := range w.PullFaults {
			n += f.Count
		}
		return n
	}),
	countMetric("image_cache_hits", Higher, "tasks that found all their images on the instance", func(w *Workload) int64 { return w.CacheHits }),
	{Path: "workload.NAME.done", Unit: UnitShare, Better: Higher, Kind: KindShare,
		Doc:  "batch: CPU-time finished of that submitted (tasks, the drained included, where a run without a month drained); service: task-time run of that desired",
		Read: func(r *Run, w *Workload) Value { return r.done(w) }},
	{Path: "workload.NAME.on_time", Unit: UnitShare, Better: Higher, Kind: KindShare,
		Doc:  "tasks finished by their deadline, of those finished or overdue",
		Read: func(_ *Run, w *Workload) Value { return ratio(float64(w.OnTime), float64(w.OnTime+w.Late)) }},
	{Path: "workload.NAME.running", Unit: UnitTasks, Better: Higher, Kind: KindLevel,
		Doc:     "tasks RUNNING, mean over the window; \">= 12 for 99.9%\" binds a service's number for a share of it",
		Read:    meanRunning,
		AtLeast: func(w *Workload, n int64) Value { return w.runningAtLeast(n) }},
	{Path: "workload.NAME.running_share", Unit: UnitShare, Better: Higher, Kind: KindShare,
		Doc:  "services: share of the window with all desired tasks RUNNING",
		Read: func(_ *Run, w *Workload) Value { return w.runningAtLeast(w.DesiredCount) }},
	{Path: "workload.NAME.in_system", Unit: UnitTasks, Better: Neither, Kind: KindLevel,
		Doc: "tasks waiting or on the platform, mean over the window",
		Read: func(r *Run, w *Workload) Value {
			return ratio(w.InSystem.Float64(), r.Window())
		}},
	{Path: "workload.NAME.reserved_vcpu_hours", Unit: UnitVCPUHours, Better: Neither, Kind: KindCount,
		Doc:  "CPU reserved over the window",
		Read: func(_ *Run, w *Workload) Value { return vcpuHours(w.ReservedCPU) }},
	{Path: "workload.NAME.used_vcpu_hours", Unit: UnitVCPUHours, Better: Neither, Kind: KindCount,
		Doc:  "CPU really used over the window",
		Read: func(_ *Run, w *Workload) Value { return vcpuHours(w.UsedCPU) }},
	{Path: "workload.NAME.offered_vcpu_hours", Unit: UnitVCPUHours, Better: Neither, Kind: KindCount,
		Doc:  "CPU-time that the tasks submitted in the window ask for; the same on every platform",
		Read: func(_ *Run, w *Workload) Value { return vcpuHours(w.OfferedWork) }},
	{Path: "workload.NAME.pulled_gb", Unit: UnitGB, Better: Lower, Kind: KindCount,
		Doc:  "compressed image bytes fetched, in 10^9 bytes",
		Read: func(_ *Run, w *Workload) Value { return Value{V: float64(w.PulledBytes) / 1e9, OK: true} }},
}

var timeMetrics = func() []Metric {
	list := tallyMetrics("time_to_running", "from submission to RUNNING", func(w *Workload) *sim.Tally { return &w.TimeToRunning })
	for i, stage := range StageNames {
		list = append(list, tallyMetrics("stage."+stage, "of it, "+stageDocs[i],
			func(w *Workload) *sim.Tally { return &w.Stages[i] })...)
	}
	list = append(list, tallyMetrics("completion", "from submission to the exit of the last container",
		func(w *Workload) *sim.Tally { return &w.Completion })...)
	return append(list, tallyMetrics("run_time", "from RUNNING to exit", func(w *Workload) *sim.Tally { return &w.RunTime })...)
}()

var stageDocs = [NumStages]string{"held by quota or throttle", "waiting for room",
	"network interface and, on Fargate, its machine", "in the agent's queue, until tasks that stop have left the host", "image pull and extraction", "container create and start"}

// boundAccuracy is how near the bounds of a quantile must be to count as one
// figure: the sketch itself is no finer.
const boundAccuracy = 0.01

// quantileOf is a quantile of a tally some values of which may be known by a
// lower bound only. Taking those as they stand gives the least it can be;
// taking them as endless gives the most. Where both agree, as they do when few
// of many tasks were under way at the end, it is known.
func quantileOf(t *sim.Tally, q float64) Value {
	least, open := t.Quantile(q)
	if !open {
		return Value{V: least}
	}
	rank := max(uint64(math.Ceil(q*float64(t.Count()))), 1)
	if rank > t.Count()-t.Censored() {
		return Value{V: least, LowerBound: true, Upper: math.Inf(1)}
	}
	most := float64(t.LeastAtMost(rank)) // rank values are known not to exceed it
	if most <= least*(1+boundAccuracy) {
		return Value{V: least}
	}
	return Value{V: least, LowerBound: true, Upper: most}
}

// tallyMetrics are the rows of one tally of times: mean, quantiles, maximum.
func tallyMetrics(name, doc string, tally func(*Workload) *sim.Tally) []Metric {
	row := func(statistic, what string, kind Kind, read func(t *sim.Tally) Value) Metric {
		return Metric{Path: "workload.NAME." + name + "." + statistic, Unit: UnitSeconds, Better: Lower, Kind: kind,
			Doc: what + " " + doc,
			Read: func(_ *Run, w *Workload) Value {
				t := tally(w)
				if t.Count() == 0 {
					return Value{}
				}
				v := read(t)
				return Value{V: v.V / 1e9, LowerBound: v.LowerBound, Upper: v.Upper / 1e9, OK: true}
			}}
	}
	quantile := func(q float64) func(*sim.Tally) Value {
		return func(t *sim.Tally) Value { return quantileOf(t, q) }
	}
	// Nothing bounds what a single wait still under way adds to these two.
	bounded := func(v float64, t *sim.Tally) Value {
		if t.Censored() == 0 {
			return Value{V: v}
		}
		return Value{V: v, LowerBound: true, Upper: math.Inf(1)}
	}
	return []Metric{
		row("mean", "mean time", KindTally, func(t *sim.Tally) Value { return bounded(t.Mean(), t) }),
		row("p50", "median time", KindTally, quantile(0.50)),
		row("p95", "95th percentile of the time", KindTally, quantile(0.95)),
		row("p99", "99th percentile of the time", KindTally, quantile(0.99)),
		row("max", "longest time", KindPeak, func(t *sim.Tally) Value { return bounded(float64(t.Max()), t) }),
	}
}
