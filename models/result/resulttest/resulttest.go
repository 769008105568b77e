// Package resulttest makes up runs that look like real ones, for the tests of
// whatever reads results. No simulation stands behind them: only the shapes
// and the sums are right.
package resulttest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads/units"
)

// Spec is what a made-up platform is like.
type Spec struct {
	Platform string
	Label    string
	Hosts    int64   // of 8 vCPU at least, 0 on Fargate
	Peak     int64   // hosts at most
	Weekly   float64 // dollars a week, about
	Spot     bool
	Wait     float64 // median wait of jobs in seconds
	Tail     float64 // sigma of its logarithm
	OnTime   float64 // share of nightly
}

// Specs are the platforms of the launch-types question.
func Specs() []Spec {
	return []Spec{
		{Platform: "ec2", Hosts: 4, Peak: 28, Weekly: 435, Wait: 6, Tail: 1.9, OnTime: 1},
		{Platform: "ec2-spot", Hosts: 4, Peak: 28, Weekly: 159, Spot: true, Wait: 6, Tail: 1.95, OnTime: 0.971},
		{Platform: "fargate", Weekly: 390, Wait: 50, Tail: 0.14, OnTime: 1},
		{Platform: "fargate-spot", Weekly: 124, Spot: true, Wait: 50, Tail: 0.14, OnTime: 0.995},
		{Platform: "mixed", Hosts: 3, Peak: 3, Weekly: 301, Wait: 50, Tail: 0.14, OnTime: 0.995},
	}
}

// Week is the length of a made-up run.
const Week = 7 * sim.Day

// Runs are n replications of a made-up platform.
func Runs(s Spec, n int) []*result.Run {
	runs := make([]*result.Run, n)
	for i := range runs {
		runs[i] = Run(s, uint64(i))
	}
	return runs
}

// Run is one replication: steady encoding, bursty jobs, a nightly batch.
func Run(s Spec, replication uint64) *result.Run {
	rng := rand.New(rand.NewPCG(replication, 7))
	r := &result.Run{Scenario: "launch-types", Platform: s.Platform, Label: s.Label, Seed: 1, Replication: replication,
		Start: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), Duration: Week, End: Week, MonthlyOK: true,
		Events: 1_200_000 + replication, Placements: 64_500 + replication, Fingerprint: 42 + replication}
	r.Workloads = []result.Workload{encode(s), jobs(s, rng), nightly(s, rng)}
	levels(r, s, rng)
	bill(r, s, rng)
	r.Notes = []result.Note{
		{Kind: result.Assumed, Text: "image 300 MB"},
		{Kind: result.Assumed, Text: "host boot 75 s"},
		{Kind: result.NotIncluded, Text: "load balancers"},
		{Kind: result.NotIncluded, Text: "NAT gateways"},
	}
	if s.Hosts == 0 {
		r.Notes = append(r.Notes, result.Note{Kind: result.Assumed, Text: "Fargate start 15 s"})
	}
	return r
}

func vcpuNs(vcpuHours float64) sim.Uint128 {
	return sim.Uint128{}.AddMul(uint64(vcpuHours*1024), uint64(sim.Hour))
}

func encode(s Spec) result.Workload {
	w := result.Workload{Name: "encode", Kind: "service", CPU: 2048, Memory: 4096, DesiredCount: 12, Submitted: 12, Running: 12}
	w.RunningTime = make([]sim.Time, 13)
	w.RunningTime[12] = Week - 20*sim.Second
	w.RunningTime[11] = 20 * sim.Second
	w.ReservedCPU, w.UsedCPU = vcpuNs(24*168), vcpuNs(24*168*0.9)
	w.OfferedWork, w.DoneWork, w.TotalWork = w.ReservedCPU, w.ReservedCPU, w.ReservedCPU
	for range 12 {
		w.TimeToRunning.Add(int64(40 * sim.Second))
	}
	if s.Hosts > 0 {
		w.Fits = []result.Fit{{InstanceType: "m6a.2xlarge", Tasks: 4, Binding: "cpu", Unusable: 20_000}}
	}
	return w
}

func jobs(s Spec, rng *rand.Rand) result.Workload {
	const n = 6400
	w := result.Workload{Name: "jobs", Kind: "batch", CPU: 512, Memory: 1024, Submitted: n, Finished: n - 3, Running: 3}
	for range n {
		wait := s.Wait * math.Exp(s.Tail*rng.NormFloat64())
		total := sim.Seconds(min(wait, 600))
		parts := [result.NumStages]sim.Time{result.StageENI: 0, result.StagePull: total / 10, result.StageStart: total / 20}
		if s.Hosts == 0 || s.Platform == "mixed" {
			parts[result.StageENI], parts[result.StagePull] = total/3, total/2
		}
		rest := total
		for i, p := range parts {
			if i != result.StageCapacity {
				rest -= p
			}
		}
		parts[result.StageCapacity] = rest
		for i := range parts {
			w.Stages[i].Add(int64(parts[i]))
		}
		run := sim.Seconds(150 * math.Exp(0.6*rng.NormFloat64()))
		w.TimeToRunning.Add(int64(total))
		w.RunTime.Add(int64(run))
		w.Completion.Add(int64(total + run))
	}
	w.Pulls = n
	w.PulledBytes = n * 300 * units.MB
	w.ReservedCPU, w.UsedCPU = vcpuNs(n*180./3600/2), vcpuNs(n*180./3600/2.2)
	w.OfferedWork, w.DoneWork, w.TotalWork = w.ReservedCPU, w.ReservedCPU, w.ReservedCPU
	if s.Hosts > 0 && s.Platform != "mixed" {
		w.Fits = []result.Fit{{InstanceType: "m6a.2xlarge", Tasks: 16, Binding: "cpu", Unusable: 10_000}}
	}
	return w
}

func nightly(s Spec, rng *rand.Rand) result.Workload {
	const n = 140
	w := result.Workload{Name: "nightly", Kind: "batch", CPU: 4096, Memory: 15 * 1024, Submitted: n, Finished: n}
	for range n {
		wait := sim.Seconds(60 + 200*rng.Float64())
		run := sim.Seconds(3*3600 + 600*rng.Float64())
		w.TimeToRunning.Add(int64(wait))
		w.Stages[result.StageCapacity].Add(int64(wait))
		w.RunTime.Add(int64(run))
		w.Completion.Add(int64(wait + run))
		if rng.Float64() < s.OnTime {
			w.OnTime++
		} else {
			w.Late++
		}
	}
	w.Pulls, w.PulledBytes = n, n*350*units.MB
	w.ReservedCPU, w.UsedCPU = vcpuNs(n*12.), vcpuNs(n*12.)
	w.OfferedWork, w.DoneWork, w.TotalWork = w.ReservedCPU, w.ReservedCPU, w.ReservedCPU
	if s.Hosts > 0 && s.Platform != "mixed" {
		w.Fits = []result.Fit{{InstanceType: "m6a.2xlarge", Tasks: 1, Binding: "memory", Unusable: 270_000}}
	}
	return w
}

// levels fills the series: a nightly block from 02:00 and bursts of jobs.
func levels(r *result.Run, s Spec, rng *rand.Rand) {
	const width = 5 * sim.Minute
	n := int(Week / width)
	var demand, capacity, used, memory, capacityMemory, reserved, waiting, hosts, jobsS []float64
	level, burst := float64(max(s.Hosts, 1)), 0
	for i := range n {
		hour := float64(i%288) / 12
		night := 0.0
		if hour >= 2 && hour < 5.1 {
			night = 20 * 4
		}
		if burst == 0 && rng.Float64() < 1./16 {
			burst = 2
		}
		inBurst := 0.0
		if burst > 0 {
			burst--
			inBurst = 1
		}
		running := 6 + 110*inBurst*(0.7+0.3*rng.Float64())
		if s.Platform == "mixed" && s.Hosts > 0 {
			night, running = 0.9*night, 0.98*running
		}
		want := 24 + night + running/2
		need := math.Ceil(want / 8)
		if s.Hosts > 0 && s.Peak > s.Hosts {
			if need > level {
				level += min(need-level, 8)
			} else {
				level -= min(level-max(need, float64(s.Hosts)), 1)
			}
			level = min(level, float64(s.Peak))
		}
		have := want
		if s.Hosts > 0 && s.Peak > s.Hosts {
			have = level * 8
		}
		placed := min(want, have)
		demand, capacity = append(demand, want*1024), append(capacity, have*1024)
		reserved, used = append(reserved, placed*1024), append(used, placed*1024*0.88)
		memory, capacityMemory = append(memory, placed*2.6*1024), append(capacityMemory, have*3.8*1024)
		waiting = append(waiting, 2*(want-placed))
		hosts = append(hosts, level)
		jobsS = append(jobsS, running)
	}
	series := func(mean []float64) result.Series {
		t := result.Series{Width: width, Mean: mean, Max: make([]int64, len(mean))}
		for i, m := range mean {
			t.Max[i] = int64(math.Ceil(m))
		}
		return t
	}
	c := &r.Cluster
	c.DemandCPU, c.CapacityCPU, c.ReservedCPU, c.UsedCPU = series(demand), series(capacity), series(reserved), series(used)
	c.DemandMemory, c.CapacityMemory, c.ReservedMemory = series(memory), series(capacityMemory), series(memory)
	c.Waiting = series(waiting)
	r.Workloads[1].RunningS = series(jobsS)
	providers(r, s, series(hosts), rng)
}

func providers(r *result.Run, s Spec, hosts result.Series, rng *rand.Rand) {
	if s.Hosts == 0 || s.Platform == "mixed" {
		kind := "FARGATE"
		if s.Spot {
			kind = "FARGATE_SPOT"
		}
		r.Providers = append(r.Providers, result.Provider{Name: kind, Kind: kind, Spot: s.Spot, PeakVCPU: 162.5, Tasks: 6500})
	}
	if s.Hosts == 0 {
		return
	}
	p := result.Provider{Name: "asg", Kind: "asg", InstanceTypes: []string{"m6a.2xlarge"}, Spot: s.Spot,
		MinInstances: s.Hosts, Instances: hosts, Wanted: hosts, Tasks: 6500}
	var sum float64
	last := int64(s.Hosts)
	for i, m := range hosts.Mean {
		sum += m
		p.MaxInstances = max(p.MaxInstances, int64(m))
		if now := int64(m); now != last {
			cause := "CapacityProviderReservation 150 > 100"
			if now > last {
				p.Launched += now - last
			} else {
				p.Terminated += last - now
				cause = "CapacityProviderReservation 62 < 100"
			}
			r.Activities = append(r.Activities, result.Activity{At: sim.Time(i) * hosts.Width, Provider: "asg", From: last, To: now, Cause: cause})
			last = now
		}
	}
	p.MeanInstances = sum / float64(len(hosts.Mean))
	r.Providers = append(r.Providers, p)
	r.Cluster.Worst = result.Snapshot{At: 2*sim.Day + 3*sim.Hour, Why: "hour with the most tasks waiting"}
	for i := range p.MaxInstances {
		f := result.FreeRoom{Instance: fmt.Sprintf("i-%04d", i), InstanceType: "m6a.2xlarge", CPU: 8192, Memory: 31300}
		f.Tasks = 1 + rng.Int64N(12)
		f.FreeCPU = units.CPU(512 * rng.Int64N(9))
		f.FreeMemory = min(units.MiB(1024*rng.Int64N(16)), f.Memory)
		r.Cluster.Worst.Points = append(r.Cluster.Worst.Points, f)
	}
}

// bill splits about s.Weekly over hours, lines and workloads, exactly.
func bill(r *result.Run, s Spec, rng *rand.Rand) {
	b := &r.Bill
	b.Hours, b.PriceOnly = Week, s.Spot
	scale := s.Weekly * (0.98 + 0.04*rng.Float64()) / 168
	classes := []string{"ec2", "storage"}
	line := func(sku, class, option, workload string, paid units.USD) {
		b.Lines = append(b.Lines, result.Line{SKU: sku, Class: class, Option: option, Workload: workload, Quantity: paid.Float() / 0.3456, Unit: "instance-hour",
			Rate: units.DollarPrice / 10000 * 3456, List: paid, Paid: paid, Source: "https://aws.amazon.com/ec2/pricing/on-demand/", Date: "2026-09-29"})
		b.Total += paid
		b.List += paid
	}
	option := "on-demand"
	if s.Spot {
		option = "spot"
	}
	if s.Hosts == 0 {
		classes = []string{"fargate"}
	} else if s.Platform == "mixed" {
		classes = []string{"ec2", "fargate", "storage"}
	}
	shares := map[string]float64{"ec2": 0.95, "storage": 0.05, "fargate": 1}
	if len(classes) == 3 {
		shares = map[string]float64{"ec2": 0.57, "storage": 0.02, "fargate": 0.41}
	}
	sums := map[string]units.USD{}
	for h := range 168 {
		hour := result.HourlyCost{From: sim.Time(h) * sim.Hour, Class: map[string]units.USD{}}
		busy := 0.85 + 0.1*rng.Float64()
		if h%24 >= 2 && h%24 < 6 {
			busy = 1.6
		}
		for _, c := range classes {
			usd := units.USD(scale * busy * shares[c] * float64(units.Dollar))
			hour.Class[c] = usd
			sums[c] += usd
		}
		b.Hourly = append(b.Hourly, hour)
	}
	b.Splits = []result.Split{{Workload: "encode"}, {Workload: "jobs"}, {Workload: "nightly"}, {Workload: ""}}
	if ec2 := sums["ec2"] + sums["storage"]; ec2 > 0 {
		line("ec2.m6a.2xlarge."+map[bool]string{true: "spot", false: "on_demand"}[s.Spot], "ec2", option, "", sums["ec2"])
		line("ebs.gp3.gb_month", "storage", "", "", sums["storage"])
		parts := []units.USD{ec2 * 5 / 10, ec2 * 2 / 10, ec2 * 2 / 10}
		if s.Platform == "mixed" {
			parts = []units.USD{ec2 * 98 / 100, 0, 0}
		}
		left := ec2
		for i, p := range parts {
			b.Splits[i].Paid += p
			left -= p
		}
		b.Splits[3].Paid += left
	}
	if f := sums["fargate"]; f > 0 {
		sku := "fargate.x86.vcpu_hour"
		if s.Spot {
			sku = "fargate.spot.x86.vcpu_hour"
		}
		first := f * 6 / 10
		if s.Platform == "mixed" {
			first = 0
		} else {
			line(sku, "fargate", option, "encode", first)
		}
		second := (f - first) * 3 / 4
		line(sku, "fargate", option, "jobs", second)
		line(sku, "fargate", option, "nightly", f-first-second)
		b.Splits[0].Paid += first
		b.Splits[1].Paid += second
		b.Splits[2].Paid += f - first - second
	}
	for i := range r.Workloads {
		r.Workloads[i].Cost = b.Splits[i].Paid
	}
	if !s.Spot {
		b.BestPlan = result.PlanOffer{Name: "Compute Savings Plan, 1 year, no upfront", Commitment: units.DollarPrice,
			Total: b.Total * 84 / 100, Coverage: 800_000, Utilised: 960_000}
	}
}

// Outcomes folds n replications of each spec. It panics when they do not fold,
// which their making rules out.
func Outcomes(specs []Spec, n int) []*result.Outcome {
	var list []*result.Outcome
	for _, s := range specs {
		o, err := result.Fold(Runs(s, n))
		if err != nil {
			panic(err)
		}
		list = append(list, o)
	}
	return list
}

// Gates are those of the launch-types question.
func Gates() []result.Gate {
	var gates []result.Gate
	for _, g := range [][2]string{
		{"workload.encode.running", ">= 12 for 99.9%"},
		{"workload.jobs.time_to_running.p95", "< 90s"},
		{"workload.nightly.on_time", ">= 99%"},
	} {
		gate, err := result.ParseGate(g[0], g[1])
		if err != nil {
			panic(err)
		}
		gates = append(gates, gate)
	}
	return gates
}
