// Package platform is what a way of running work looks like to a simulation:
// an ECS cluster today, Lambda and Elastic Beanstalk beside it later. It knows
// no model.
package platform

import (
	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads"
)

// Platform runs the work of one scenario in one simulation.
type Platform interface {
	// Start brings the platform up at time 0.
	Start() error
	// Submit takes a batch task of workload w, by its index in name order, that
	// arrives now.
	Submit(w int, t *workloads.Task)
	// Err is what stopped the platform, nil while all is well.
	Err() error
	// Placements counts the tasks placed so far.
	Placements() uint64
	// Unfinished counts the batch tasks that still wait or run.
	Unfinished() int64
	// Close ends the window: everything but the bill goes into the result.
	Close(now sim.Time, into *result.Run)
	// Finish ends the run, which may be later than Close if work drained, and
	// hands the last usage to the ledger.
	Finish(now sim.Time, into *result.Run)
}
