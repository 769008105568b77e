package ecs

import (
	"fmt"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// ImagePullParams say which image pulls fail.
type ImagePullParams struct {
	Share    units.PPM `toml:"share" default:"100%" max:"100%" doc:"of the pulls begun then that fail, each drawn by itself; the agent's own attempts have failed"`
	Registry string    `toml:"registry" allowed:"ecr|docker-hub|ecr-pull-through|other" doc:"only pulls from it; default all. docker-hub also fails what the pull-through cache has not fetched yet"`
}

var _ = RegisterFailure(FailureKind{
	Name:   "image-pull",
	Doc:    "image pulls fail: CannotPullContainerError",
	Lasts:  true,
	Params: func() any { return new(ImagePullParams) },
	Validate: func(params any) []FieldError {
		if params.(*ImagePullParams).Share == 0 {
			return []FieldError{{"share", "got 0%, with which no pull fails; want more, or remove the entry"}}
		}
		return nil
	},
	Inject: func(c *Cluster, f Failure) {
		p := f.Params.(*ImagePullParams)
		r, ok := registryNamed(p.Registry)
		c.pullFailures = append(c.pullFailures, pullFailure{f, p.Share, r, ok})
	},
})

// pullFailure is one injected failure of pulls.
type pullFailure struct {
	Failure
	share    units.PPM
	registry registry
	only     bool // from registry
}

var purposePull = sim.NewPurpose("ecs/image-pull-failure")

// pullFault says why a pull failed.
type pullFault uint8

// Why a pull failed.
const (
	pullFine pullFault = iota
	pullInjected
	pullTooMany // the registry's limit
	pullNoSpace // the instance's disk
	numPullFaults
)

// The words in which ECS says so.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resolve-ecs-error-pulling-image.html
var pullFaultNames = [numPullFaults]string{"", "CannotPullContainerError: injected",
	"CannotPullContainerError: toomanyrequests", "CannotPullContainerError: no space left on device"}

func (f pullFault) String() string {
	if f < numPullFaults {
		return pullFaultNames[f]
	}
	return fmt.Sprintf("pullFault(%d)", uint8(f))
}

// injected tells whether an injected failure hits the pull of a task's k-th
// image from registry r, that begins at at.
func (c *Cluster) injected(t *task, k int, r registry, at sim.Time) bool {
	for i := range c.pullFailures {
		f := &c.pullFailures[i]
		if f.only && f.registry != r || !f.holds(at) {
			continue
		}
		draw := (uint64(i)<<8|uint64(k))<<32 | uint64(uint32(t.attempts))
		if c.sim.Uniform(purposePull, t.entity, draw) < f.share.Float() {
			return true
		}
	}
	return false
}
