package placement

import (
	"fmt"
	"sort"
)

// Scheduler picks instances in place of ECS's strategies, as a program that
// reads the cluster's state and calls StartTask does. ECS still checks
// resources and attributes: an instance that does not fit refuses the task.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StartTask.html
type Scheduler interface {
	// Pick returns an instance for one task of the plan, or false for none now.
	// k is the draw counter given to Place. It may look at every instance.
	Pick(v View, p *Plan, k uint64) (Host, bool)
}

// View is what a Scheduler may read of a fleet.
type View struct{ f *Fleet }

// View returns a read-only view of the fleet.
func (f *Fleet) View() View { return View{f} }

// Hosts yields the instances by slot until yield returns false.
func (v View) Hosts(yield func(Host) bool) {
	for h := range v.f.hot {
		if v.f.hot[h].state&alive != 0 && !yield(Host(h)) {
			return
		}
	}
}

// Spec is Fleet.Spec.
func (v View) Spec(h Host) HostSpec { return v.f.Spec(h) }

// Left is Fleet.Left.
func (v View) Left(h Host) Resources { return v.f.Left(h) }

// Total is Fleet.Total.
func (v View) Total(h Host) Resources { return v.f.Total(h) }

// Attribute is Fleet.Attribute.
func (v View) Attribute(h Host, name string) (string, bool) { return v.f.Attribute(h, name) }

// Tasks is Fleet.Tasks.
func (v View) Tasks(h Host) int { return v.f.Tasks(h) }

// GroupTasks is Fleet.GroupTasks.
func (v View) GroupTasks(group string, h Host) int { return v.f.GroupTasks(group, h) }

// Fits is Fleet.Fits.
func (v View) Fits(p *Plan, h Host) bool { return v.f.Fits(p, h) }

// ask lets the plan's scheduler pick and checks its pick.
func (f *Fleet) ask(p *Plan, k uint64) (Host, Reason) {
	h, ok := p.req.Scheduler.Pick(View{f}, p, k)
	if !ok {
		if why := f.Explain(p).Reason; why != ReasonNone {
			return NoHost, why
		}
		return NoHost, ReasonCheck // it waits for something of its own
	}
	if why := f.Why(p, h); why != ReasonNone {
		return NoHost, why
	}
	return h, ReasonNone
}

// SchedulerKind is a registered custom scheduler.
type SchedulerKind struct {
	Name string
	Doc  string // one sentence
	New  func() Scheduler
}

var schedulers = map[string]SchedulerKind{}

// RegisterScheduler adds a custom scheduler; it panics if the name is known or
// the kind incomplete. Call it while the program starts.
func RegisterScheduler(k SchedulerKind) struct{} {
	if k.Name == "" || k.Doc == "" || k.New == nil {
		panic(fmt.Sprintf("placement: scheduler %q needs Name, Doc and New", k.Name))
	}
	if _, ok := schedulers[k.Name]; ok {
		panic(fmt.Sprintf("placement: scheduler %q registered twice", k.Name))
	}
	schedulers[k.Name] = k
	return struct{}{}
}

// Schedulers returns the registered kinds by name.
func Schedulers() []SchedulerKind {
	list := make([]SchedulerKind, 0, len(schedulers))
	for _, k := range schedulers {
		list = append(list, k)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}
