package ecs

import (
	"fmt"
	"sort"

	"ecsim/models/ecs/placement"
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads/units"
)

// Close ends the window at now: what still waits or runs is counted, tallies
// and levels are frozen into the result. The simulation may go on until the
// work is done; only the ledger still listens.
func (c *Cluster) Close(now sim.Time, into *result.Run) {
	c.eachLive((*Cluster).settleCredits, now)
	for i := range c.tasks {
		t := &c.tasks[i]
		if t.state == stateFree {
			continue
		}
		n := &c.needs[t.need]
		w := &c.workloads[n.w]
		w.stay(t.submitted, now, c.cfg.WarmUp)
		switch t.state {
		case stateOutside, stateWaiting, stateStarting:
			if t.state == stateStarting {
				w.runningAtClose++
			} else {
				w.waitingAtClose++
			}
			w.toRunning.censor(c, now, now-t.submitted)
		case stateRunning, stateDeactivating:
			w.runningAtClose++
		default:
			if c.comesAgain(t) {
				w.waitingAtClose++
			}
		}
		if w.cfg.Kind == Batch && (t.ended == 0 || c.comesAgain(t)) {
			w.completion.censor(c, now, now-t.submitted)
			if t.deadline > 0 && t.deadline <= now {
				w.late++
			}
		}
	}
	for i := range c.workloads {
		into.Workloads = append(into.Workloads, c.closeWorkload(&c.workloads[i], now))
	}
	refusals := [placement.NumReasons]int64{}
	for i := range c.workloads {
		for r, n := range c.workloads[i].refusals {
			refusals[r] += n
		}
	}
	into.Refusals = listRefusals(refusals)
	for i, p := range c.providers {
		r := result.Provider{Name: c.cfg.Providers[i].Name, Kind: c.cfg.Providers[i].Kind}
		p.Report(now, &r)
		if r.Tasks > 0 || r.Launched > 0 {
			into.Providers = append(into.Providers, r)
		}
	}
	into.Cluster = result.Cluster{
		DemandCPU: c2series(c.demandCPU, now), CapacityCPU: c2series(c.capacityCPU, now),
		ReservedCPU: c2series(c.reservedCPU, now), UsedCPU: scaled(c2series(c.usedCPU, now), rateScale),
		DemandMemory: c2series(c.demandMemory, now), CapacityMemory: c2series(c.capacityMemory, now),
		ReservedMemory: c2series(c.reservedMemory, now), Waiting: c2series(c.waitingSeries, now),
		Worst: c.worst,
	}
	into.Activities = c.activities
	into.Deployments = c.closeDeployments(now)
	into.Placements = c.placements
	into.Fingerprint = c.fingerprint.Sum()
	c.closingNotes()
	into.Notes = append(into.Notes, c.notes...)
	c.closed = true
}

// Finish ends the run: control loops stop and what is still held is billed up
// to now.
func (c *Cluster) Finish(now sim.Time, into *result.Run) {
	c.billBalancers(now)
	for _, p := range c.providers {
		p.Finish(now)
	}
	for i := range into.Workloads {
		into.Workloads[i].Drained = c.workloads[i].drained
	}
}

func (t *tally) censor(c *Cluster, now, v sim.Time) {
	if now >= c.cfg.WarmUp && !c.closed {
		t.AddAtLeast(int64(v))
	}
}

func (c *Cluster) closeWorkload(w *workload, now sim.Time) result.Workload {
	w.occupy(now)
	if w.cfg.Kind == Service {
		// What a service asks for is its desired count all the time.
		w.offered = w.offered.AddMul(uint64(w.cfg.DesiredCount)*uint64(w.cfg.Shape.CPU), uint64(now-c.cfg.WarmUp))
	}
	r := result.Workload{
		Name: w.cfg.Name, Kind: w.cfg.Kind, CPU: w.cfg.Shape.CPU, Memory: w.cfg.Shape.Memory, DesiredCount: w.cfg.DesiredCount,
		Submitted: w.submitted, Finished: w.finished, Rejected: w.rejected, OnTime: w.onTime, Late: w.late, Stops: w.stops,
		Running: w.runningAtClose, Waiting: w.waitingAtClose,
		TimeToRunning: w.toRunning.Tally, Completion: w.completion.Tally, RunTime: w.runTime.Tally,
		InSystem: w.inSystem.Integral(now), Sojourn: w.sojourn,
		ReservedCPU: w.reservedCPU.Integral(now), ReservedMemory: w.reservedMemory.Integral(now),
		UsedCPU:     w.used.Integral(now).DivRound(rateScale),
		OfferedWork: w.offered, TotalWork: w.total, DoneWork: w.done,
		RunningTime: append([]sim.Time(nil), w.occupancy...),
		Desired:     c2series(w.desiredSeries, now), RunningS: c2series(w.runningSeries, now),
		Refusals: listRefusals(w.refusals), PullFaults: listPullFaults(w.pullFaults), Pulls: w.pulls, PulledBytes: w.pulled, CacheHits: w.cacheHits,
	}
	for _, z := range w.zoneSeries {
		r.Zones = append(r.Zones, c2series(z, now))
	}
	if w.pendingSeries != nil {
		r.Pending = c2series(w.pendingSeries, now)
	}
	for i := range w.stages {
		r.Stages[i] = w.stages[i].Tally
	}
	// Nearly no task waits at its agent, so only those that do are noted there.
	agent := &r.Stages[result.StageAgent]
	agent.AddN(0, r.Stages[result.StageENI].Count()-agent.Count())
	r.Fits = c.fits(w)
	return r
}

// fits says how many tasks of a workload with one size each machine it may use
// holds, and what is left over.
func (c *Cluster) fits(w *workload) (list []result.Fit) {
	var first *need
	for i := range c.needs {
		n := &c.needs[i]
		switch {
		case n.w != w.index || w.cfg.Kind == Daemon:
			continue
		case first == nil:
			first = n
		case n.shape == first.shape:
			continue // other images alone
		case len(list) > 0:
			return nil // several sizes: no one answer
		}
		for p, pl := range c.pools {
			if pl == nil || n.plans[p] == nil {
				continue
			}
			for _, m := range pl.machines {
				if m.launched == 0 {
					continue
				}
				k, binding := pl.capacity(m, n, w)
				if pl.holds(m, n, w) != "" {
					k = 0
				}
				left := units.PPM(0)
				if m.weight > 0 {
					left = units.PPM(max(0, (m.weight-k*n.weight)*int64(units.One)/m.weight))
				}
				list = append(list, result.Fit{InstanceType: m.name, Tasks: k, Binding: binding, Unusable: left})
			}
		}
	}
	return list
}

func listPullFaults(by [numPullFaults]int64) (list []result.Refusal) {
	for why, n := range by {
		if n > 0 {
			list = append(list, result.Refusal{Reason: pullFault(why).String(), Count: n})
		}
	}
	return list
}

func listRefusals(by [placement.NumReasons]int64) (list []result.Refusal) {
	for r, n := range by {
		if n > 0 {
			list = append(list, result.Refusal{Reason: placement.Reason(r).String(), Count: n})
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].Count > list[j].Count })
	return list
}

// closingNotes says what a reader of the figures must know.
func (c *Cluster) closingNotes() {
	if c.daemonGaps > 0 {
		c.note(result.Warning, "", fmt.Sprintf("%d times a daemon found no room on a new instance", c.daemonGaps), "")
	}
}

// free is the instance's room now.
func (in *instance) free(provider string) result.FreeRoom {
	return result.FreeRoom{
		Instance: fmt.Sprintf("%s-%d", provider, in.ordinal), InstanceType: in.machine.name,
		FreeCPU: units.CPU(in.freeCPU), CPU: in.machine.cpu,
		FreeMemory: units.MiB(in.freeMemory), Memory: in.machine.memory, Tasks: in.tasks,
	}
}

func c2series(s *sim.Series, now sim.Time) result.Series {
	s.Finish(now)
	r := result.Series{Width: s.Width(), Mean: make([]float64, s.Len()), Max: make([]int64, s.Len())}
	for i := range r.Mean {
		r.Mean[i], r.Max[i] = s.Mean(i), s.Max(i)
	}
	return r
}

func scaled(s result.Series, by int64) result.Series {
	for i := range s.Mean {
		s.Mean[i] /= float64(by)
		s.Max[i] = (s.Max[i] + by - 1) / by
	}
	return s
}
