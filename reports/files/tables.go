package files

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads/units"
)

// utc prints a moment of a run, with fractions of a second where it has any.
func utc(start time.Time, at sim.Time) string {
	return start.Add(at.Std()).UTC().Format("2006-01-02T15:04:05.999999999Z")
}

// decimal has twelve significant digits: see answer.CSV.
func decimal(v float64) string { return strconv.FormatFloat(v, 'g', 12, 64) }

// column is one series of a run: name with unit, and how to find it.
type column struct {
	name  string
	scale float64
	find  func(r *result.Run) *result.Series
}

// seriesColumns are those of the clusters, then of every workload and every
// provider that any platform has.
func seriesColumns(outcomes []*result.Outcome) []column {
	const vcpu, gib = float64(units.VCPU), float64(units.GiB)
	list := []column{
		{"demand_vcpu", vcpu, func(r *result.Run) *result.Series { return &r.Cluster.DemandCPU }},
		{"capacity_vcpu", vcpu, func(r *result.Run) *result.Series { return &r.Cluster.CapacityCPU }},
		{"reserved_vcpu", vcpu, func(r *result.Run) *result.Series { return &r.Cluster.ReservedCPU }},
		{"used_vcpu", vcpu, func(r *result.Run) *result.Series { return &r.Cluster.UsedCPU }},
		{"demand_memory_gib", gib, func(r *result.Run) *result.Series { return &r.Cluster.DemandMemory }},
		{"capacity_memory_gib", gib, func(r *result.Run) *result.Series { return &r.Cluster.CapacityMemory }},
		{"reserved_memory_gib", gib, func(r *result.Run) *result.Series { return &r.Cluster.ReservedMemory }},
		{"waiting_tasks", 1, func(r *result.Run) *result.Series { return &r.Cluster.Waiting }},
	}
	var workloads, providers []string
	for _, o := range outcomes {
		if o.First == nil {
			continue
		}
		for i := range o.First.Workloads {
			if name := o.First.Workloads[i].Name; !slices.Contains(workloads, name) {
				workloads = append(workloads, name)
			}
		}
		for i := range o.First.Providers {
			if p := &o.First.Providers[i]; p.HasInstances() && !slices.Contains(providers, p.Name) {
				providers = append(providers, p.Name)
			}
		}
	}
	slices.Sort(workloads)
	slices.Sort(providers)
	for _, name := range workloads {
		series := func(pick func(*result.Workload) *result.Series) func(*result.Run) *result.Series {
			return func(r *result.Run) *result.Series {
				if w := r.Workload(name); w != nil {
					return pick(w)
				}
				return nil
			}
		}
		list = append(list,
			column{"workload_" + snake(name) + "_desired_tasks", 1, series(func(w *result.Workload) *result.Series { return &w.Desired })},
			column{"workload_" + snake(name) + "_running_tasks", 1, series(func(w *result.Workload) *result.Series { return &w.RunningS })})
		if slices.ContainsFunc(outcomes, func(o *result.Outcome) bool { return o.First != nil && hasPending(o.First, name) }) {
			list = append(list, column{"workload_" + snake(name) + "_pending_tasks", 1, series(func(w *result.Workload) *result.Series { return &w.Pending })})
		}
	}
	for _, name := range providers {
		series := func(pick func(*result.Provider) *result.Series) func(*result.Run) *result.Series {
			return func(r *result.Run) *result.Series {
				for i := range r.Providers {
					if r.Providers[i].Name == name {
						return pick(&r.Providers[i])
					}
				}
				return nil
			}
		}
		list = append(list,
			column{"provider_" + snake(name) + "_instances", 1, series(func(p *result.Provider) *result.Series { return &p.Instances })},
			column{"provider_" + snake(name) + "_desired_instances", 1, series(func(p *result.Provider) *result.Series { return &p.Wanted })})
	}
	return list
}

// hasPending tells services, of which tasks on their way are counted.
func hasPending(r *result.Run, name string) bool {
	w := r.Workload(name)
	return w != nil && w.Kind == "service" && len(w.Pending.Mean) > 0
}

func snake(name string) string {
	return strings.NewReplacer(".", "_", "-", "_", " ", "_").Replace(strings.ToLower(name))
}

// timeSeries writes replication 0 of each platform: the mean of each series
// over buckets as wide as the widest of the run's.
func timeSeries(w io.Writer, outcomes []*result.Outcome) error {
	out := csv.NewWriter(w)
	columns := seriesColumns(outcomes)
	header := []string{"time_utc", "seconds", "platform", "replication"}
	for _, c := range columns {
		header = append(header, c.name)
	}
	if err := out.Write(header); err != nil {
		return err
	}
	for _, o := range outcomes {
		r := o.First
		if r == nil {
			continue
		}
		series := make([]*result.Series, len(columns))
		var width, end sim.Time // end is where the series stop, which may be before the drain does
		for i, c := range columns {
			if s := c.find(r); s != nil && len(s.Mean) > 0 {
				series[i] = s
				width = max(width, s.Width)
				end = max(end, min(sim.Time(len(s.Mean))*s.Width, max(r.Duration, r.End)))
			}
		}
		for from := sim.Time(0); width > 0 && from < end; from += width {
			until := min(from+width, end)
			record := []string{utc(r.Start, from), decimal(from.Seconds()), o.Platform, strconv.FormatUint(r.Replication, 10)}
			for i, s := range series {
				cell := ""
				if s != nil {
					cell = decimal(s.Integral(from, until) / (until - from).Seconds() / columns[i].scale)
				}
				record = append(record, cell)
			}
			if err := out.Write(record); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

// costs writes the mean bills: lines, which add up to the total, then what
// each workload is charged and what lies idle, which add up to it again.
func costs(w io.Writer, outcomes []*result.Outcome) error {
	out := csv.NewWriter(w)
	records := [][]string{{"platform", "record", "sku", "class", "option", "workload", "quantity", "unit", "rate_usd", "list_usd", "paid_usd", "source", "price_date", "estimated"}}
	for _, o := range outcomes {
		if o.Runs == 0 {
			continue
		}
		for _, l := range o.Bill.Lines {
			records = append(records, []string{o.Platform, "line", l.SKU, l.Class, l.Option, l.Workload, decimal(l.Quantity), l.Unit,
				l.Rate.String(), l.List.Decimal(), l.Paid.Decimal(), l.Source, l.Date, strconv.FormatBool(l.Estimated)})
		}
		summary := func(record, workload, list, paid string) {
			records = append(records, []string{o.Platform, record, "", "", "", workload, "", "", "", list, paid, "", "", ""})
		}
		for _, s := range o.Bill.Splits {
			record := "split"
			if s.Workload == "" {
				record = "idle"
			}
			summary(record, s.Workload, "", s.Paid.Decimal())
		}
		summary("total", "", o.Bill.List.Decimal(), o.Bill.Total.Decimal())
		if o.Bill.Drain != 0 {
			summary("drain", "", "", o.Bill.Drain.Decimal())
		}
	}
	return out.WriteAll(records)
}
