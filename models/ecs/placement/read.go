package placement

import "time"

// Len is the number of instances in the fleet, DRAINING ones included.
func (f *Fleet) Len() int { return f.live }

// Slots is one more than the highest Host ever used; see Alive.
func (f *Fleet) Slots() int { return len(f.hot) }

// Alive tells whether h is an instance now.
func (f *Fleet) Alive(h Host) bool { return h >= 0 && int(h) < len(f.hot) && f.hot[h].state&alive != 0 }

// Active tells whether the instance is ACTIVE rather than DRAINING.
func (f *Fleet) Active(h Host) bool { return f.at(h).state&active != 0 }

// AgentConnected tells whether the instance's agent is connected.
func (f *Fleet) AgentConnected(h Host) bool { return f.at(h).state&connected != 0 }

// Spec is the instance as it was added, with attributes set since, sorted by
// name. The caller must not write to its slices.
func (f *Fleet) Spec(h Host) HostSpec {
	f.at(h)
	return f.cold[h].spec
}

// Left is what remains of the instance's resources.
func (f *Fleet) Left(h Host) Resources {
	return f.at(h).left.resources()
}

// Total is what the instance registered.
func (f *Fleet) Total(h Host) Resources { return f.at(h).total.resources() }

// Tasks is the number of tasks counted on the instance.
func (f *Fleet) Tasks(h Host) int { return int(f.at(h).tasks) }

// GroupTasks is the number of the task group's tasks counted on the instance.
func (f *Fleet) GroupTasks(group string, h Host) int {
	f.at(h)
	if g, ok := f.groups[group]; ok {
		return int(f.groupList[g].on(h))
	}
	return 0
}

// GroupTotal is the number of the task group's tasks counted in the fleet.
func (f *Fleet) GroupTotal(group string) int {
	if g, ok := f.groups[group]; ok {
		return f.groupList[g].total
	}
	return 0
}

// Attribute is the value of an attribute of the instance.
func (f *Fleet) Attribute(h Host, name string) (string, bool) {
	f.at(h)
	return f.cold[h].attribute(name)
}

// view shows one instance to a cluster query. It is kept by pointer, so that
// asking costs no allocation.
type view struct {
	f *Fleet
	h Host
}

func (v *view) Attribute(name string) (string, bool) { return v.f.cold[v.h].attribute(name) }
func (v *view) AgentConnected() bool                 { return v.f.hot[v.h].state&connected != 0 }
func (v *view) AgentVersion() string                 { return v.f.cold[v.h].spec.AgentVersion }
func (v *view) EC2InstanceID() string                { return v.f.cold[v.h].spec.EC2InstanceID }
func (v *view) RegisteredAt() time.Time              { return v.f.cold[v.h].spec.RegisteredAt }

// RunningTasksCount is the number of tasks counted on the instance: those
// placed there that have not given back PartTask. Assumed: a task that is
// still starting counts, so that a burst of placements sees itself.
func (v *view) RunningTasksCount() int      { return int(v.f.hot[v.h].tasks) }
func (v *view) RunsGroup(group string) bool { return v.f.GroupTasks(group, v.h) > 0 }
func (v *view) EachGroup(yield func(string) bool) {
	for _, g := range v.f.groupList {
		if g.on(v.h) > 0 && !yield(g.name) {
			return
		}
	}
}
