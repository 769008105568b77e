package result

import (
	"ecsim/sim"
	"ecsim/workloads/units"
)

// Integral is the series' sum of value x seconds over [from, until). A bucket
// cut by an edge counts in proportion.
func (s *Series) Integral(from, until sim.Time) float64 {
	var sum float64
	if s.Width <= 0 {
		return 0
	}
	for i := max(0, int(from/s.Width)); i < len(s.Mean); i++ {
		mean, start := s.Mean[i], sim.Time(i)*s.Width
		if start >= until {
			break
		}
		if held := min(start+s.Width, until) - max(start, from); held > 0 {
			sum += mean * held.Seconds()
		}
	}
	return sum
}

// peak is the highest value in the buckets that touch [from, until).
func (s *Series) peak(from, until sim.Time) int64 {
	var most int64
	for i, v := range s.Max {
		start := sim.Time(i) * s.Width
		if start < until && start+s.Width > from {
			most = max(most, v)
		}
	}
	return most
}

func (r *Run) share(part, whole *Series) Value {
	return ratio(part.Integral(r.WarmUp, r.Duration), whole.Integral(r.WarmUp, r.Duration))
}

// HasInstances reports whether the provider is made of instances, unlike
// FARGATE and FARGATE_SPOT.
func (p *Provider) HasInstances() bool { return p.Kind != "FARGATE" && p.Kind != "FARGATE_SPOT" }

// overInstances folds a figure of the providers that are made of instances;
// none has no value.
func (r *Run) overInstances(f func(p *Provider) float64) Value {
	var v Value
	for i := range r.Providers {
		if p := &r.Providers[i]; p.HasInstances() {
			v.V += f(p)
			v.OK = true
		}
	}
	return v
}

// maxInstances is exact for one provider. For several, whose peaks need not
// coincide, it is the highest sum of their peaks in a bucket of time, which
// the true figure cannot exceed.
func (r *Run) maxInstances() Value {
	var sums []float64
	v, n := Value{}, 0
	for i := range r.Providers {
		p := &r.Providers[i]
		if !p.HasInstances() {
			continue
		}
		n++
		v.OK = true
		v.V += float64(p.MaxInstances)
		for j, most := range p.Instances.Max {
			start := sim.Time(j) * p.Instances.Width
			if start >= r.Duration || start+p.Instances.Width <= r.WarmUp {
				continue
			}
			for len(sums) <= j {
				sums = append(sums, 0)
			}
			sums[j] += float64(most)
		}
	}
	if n > 1 && len(sums) > 0 {
		v.V = 0
		for _, s := range sums {
			v.V = max(v.V, s)
		}
	}
	return v
}

func count(n int64) Value { return Value{V: float64(n), OK: true} }

var capacityMetrics = []Metric{
	{Path: "done", Unit: UnitShare, Better: Higher, Kind: KindShare,
		Doc: "work done of the work asked for, that of the workload worst off; platforms compare only at equal work",
		Read: func(r *Run, _ *Workload) Value {
			worst := Value{}
			for i := range r.Workloads {
				if v := r.done(&r.Workloads[i]); v.OK && (!worst.OK || v.V < worst.V) {
					worst = v
				}
			}
			return worst
		}},
	{Path: "instances.mean", Unit: UnitInstances, Better: Lower, Kind: KindLevel,
		Doc: "container instances, booting ones included; none on Fargate alone",
		Read: func(r *Run, _ *Workload) Value {
			return r.overInstances(func(p *Provider) float64 { return p.MeanInstances })
		}},
	{Path: "instances.max", Unit: UnitInstances, Better: Lower, Kind: KindPeak,
		Doc:  "most at once in any replication; with several groups the most their peaks can add up to",
		Read: func(r *Run, _ *Workload) Value { return r.maxInstances() }},
	{Path: "instances.min", Unit: UnitInstances, Better: Neither, Kind: KindLow,
		Doc: "fewest in any replication, groups added up",
		Read: func(r *Run, _ *Workload) Value {
			return r.overInstances(func(p *Provider) float64 { return float64(p.MinInstances) })
		}},
	{Path: "launches", Unit: UnitInstances, Better: Neither, Kind: KindCount,
		Doc: "instances launched, those there at the start included",
		Read: func(r *Run, _ *Workload) Value {
			return r.overInstances(func(p *Provider) float64 { return float64(p.Launched) })
		}},
	{Path: "terminations", Unit: UnitInstances, Better: Neither, Kind: KindCount,
		Doc: "instances terminated",
		Read: func(r *Run, _ *Workload) Value {
			return r.overInstances(func(p *Provider) float64 { return float64(p.Terminated) })
		}},
	{Path: "agent_disconnects", Unit: UnitCount, Better: Lower, Kind: KindCount,
		Doc: "times an ECS agent lost its connection: its instance takes no tasks meanwhile",
		Read: func(r *Run, _ *Workload) Value {
			return r.overInstances(func(p *Provider) float64 { return float64(p.Disconnects) })
		}},
	{Path: "peak_vcpu", Unit: UnitVCPU, Better: Neither, Kind: KindPeak,
		Doc: "most vCPUs held at once, instances and Fargate together; compare with the account's quotas",
		Read: func(r *Run, _ *Workload) Value {
			v := r.Cluster.CapacityCPU.peak(r.WarmUp, r.Duration)
			return Value{V: units.CPU(v).VCPUs(), OK: len(r.Cluster.CapacityCPU.Max) > 0}
		}},
	{Path: "fargate_peak_vcpu", Unit: UnitVCPU, Better: Neither, Kind: KindPeak,
		Doc: "most vCPUs held at once on Fargate; new accounts have a low quota",
		Read: func(r *Run, _ *Workload) Value {
			var v Value
			for i := range r.Providers {
				if p := &r.Providers[i]; !p.HasInstances() {
					v.V += p.PeakVCPU
					v.OK = true
				}
			}
			return v
		}},
	{Path: "cpu_reservation", Unit: UnitShare, Better: Higher, Kind: KindLevel,
		Doc:  "CPU reserved by tasks over CPU registered and held on Fargate, over the window",
		Read: func(r *Run, _ *Workload) Value { return r.share(&r.Cluster.ReservedCPU, &r.Cluster.CapacityCPU) }},
	{Path: "memory_reservation", Unit: UnitShare, Better: Higher, Kind: KindLevel,
		Doc:  "the same for memory",
		Read: func(r *Run, _ *Workload) Value { return r.share(&r.Cluster.ReservedMemory, &r.Cluster.CapacityMemory) }},
	{Path: "cpu_utilization", Unit: UnitShare, Better: Higher, Kind: KindLevel,
		Doc:  "CPU used by tasks over CPU registered and held on Fargate, over the window",
		Read: func(r *Run, _ *Workload) Value { return r.share(&r.Cluster.UsedCPU, &r.Cluster.CapacityCPU) }},
	{Path: "pulled_gb", Unit: UnitGB, Better: Lower, Kind: KindCount,
		Doc: "compressed image bytes fetched, in 10^9 bytes",
		Read: func(r *Run, _ *Workload) Value {
			var bytes units.Bytes
			for i := range r.Workloads {
				bytes += r.Workloads[i].PulledBytes
			}
			return Value{V: float64(bytes) / float64(units.GB), OK: true}
		}},
	{Path: "placements", Unit: UnitTasks, Better: Neither, Kind: KindCount,
		Doc:  "tasks placed by the scheduler, daemons included",
		Read: func(r *Run, _ *Workload) Value { return Value{V: float64(r.Placements), OK: true} }},
	{Path: "refusals", Unit: UnitCount, Better: Lower, Kind: KindCount,
		Doc: "placements tried and refused, each try counted",
		Read: func(r *Run, _ *Workload) Value {
			var n int64
			for _, refusal := range r.Refusals {
				n += refusal.Count
			}
			return count(n)
		}},
	{Path: "events", Unit: UnitCount, Better: Neither, Kind: KindCount,
		Doc:  "events the engine processed",
		Read: func(r *Run, _ *Workload) Value { return Value{V: float64(r.Events), OK: true} }},
}
