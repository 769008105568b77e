package ecs

import (
	"fmt"

	"ecsim/sim"
)

// Constants of ECS cluster auto scaling.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-scaling-behavior.html
const (
	scalingPeriod   = sim.Minute      // one data point of CapacityProviderReservation
	scaleInPoints   = 15              // points below target before scale-in begins
	scaleInAfterOut = 15 * sim.Minute // and this long after a scale-out
	firstScaleOut   = 2               // instances launched from none
)

// reading is one data point of CapacityProviderReservation: instances needed
// over instances there.
type reading struct {
	needed, running int64
	blocked         bool // every waiting task is larger than the smallest type: published as the target
}

// percent is the metric's value: 100 x needed / running; 200 when something is
// needed and nothing is there; the target when nothing is needed and nothing
// is there. (AWS's formula has 100 there, which flaps for targets below 100.)
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-scaling-behavior.html,
// https://github.com/aws/containers-roadmap/issues/653
func (r reading) percent(target int64) float64 {
	switch {
	case r.blocked || r.running == 0 && r.needed == 0:
		return float64(target)
	case r.running == 0:
		return 200
	}
	return 100 * float64(r.needed) / float64(r.running)
}

// compare is the sign of the metric less the target, in integers.
func (r reading) compare(target int64) int {
	switch {
	case r.blocked || r.running == 0 && r.needed == 0:
		return 0
	case r.running == 0:
		return 1
	}
	switch d := 100*r.needed - target*r.running; {
	case d > 0:
		return 1
	case d < 0:
		return -1
	}
	return 0
}

// scaler is managed scaling's two alarms and what they do. It knows nothing of
// instances: it is handed readings and answers with changes of the group's
// desired capacity.
type scaler struct {
	target   int64    // target capacity, 1 to 100 %
	warmUp   sim.Time // instances younger than this hold back scale-out
	low      int64    // consecutive points below target
	lastOut  sim.Time // last scale-out
	everOut  bool
	min, max int64
}

// decide acts on a data point. size is the group's desired capacity, warming
// tells that an instance is still within its warm-up, and the result is the
// capacity wanted, equal to size for no change. A scale-in is a wish: the group
// gives up only instances it may.
func (s *scaler) decide(now sim.Time, r reading, size int64, warming bool) (want int64, cause string) {
	cmp := r.compare(s.target)
	if cmp < 0 {
		s.low++
	} else {
		s.low = 0
	}
	switch {
	case cmp > 0 && !warming:
		// CPR > target for one point. N x CPR / target = 100 M / target.
		want = ceilDiv(100*r.needed, s.target)
		if r.running == 0 {
			want = firstScaleOut
		}
		want = min(want, s.max)
		if want <= size {
			return size, ""
		}
		s.lastOut, s.everOut = now, true
		return want, fmt.Sprintf("CapacityProviderReservation %.1f > %d", r.percent(s.target), s.target)
	case s.low >= scaleInPoints && (!s.everOut || now-s.lastOut >= scaleInAfterOut):
		// Each minute removes at least one and less than half.
		floor := max(s.min, ceilDiv(100*r.needed, s.target))
		step := min(size-floor, max(1, (size-1)/2))
		if step <= 0 {
			return size, ""
		}
		return size - step, fmt.Sprintf("CapacityProviderReservation %.1f < %d for %d min", r.percent(s.target), s.target, scaleInPoints)
	}
	return size, ""
}

func ceilDiv(a, b int64) int64 { return (a + b - 1) / b }
