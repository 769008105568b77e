package answer

import (
	"fmt"
	"slices"
	"strings"

	"ecsim/models/result"
)

// untiledShare is the part of an instance in millionths beyond which room that
// no task can use deserves a warning: a quarter.
const untiledShare = 250_000

// fit is how many tasks of a workload instances of some types hold.
type fit struct {
	workload string
	tasks    int64
	binding  string
	untiled  bool
	types    []string
	worst    result.Fit // of the types, that with the most unusable room
}

// fits group the instance types of all platforms by what they hold of each
// workload. Types too small for one task are left out: nothing is placed there.
func (a *Answer) fits() []fit {
	var list []fit
	for _, o := range a.Outcomes {
		for i := range o.Pooled.Workloads {
			w := &o.Pooled.Workloads[i]
			for _, f := range w.Fits {
				if f.Tasks > 0 {
					list = addFit(list, w.Name, f)
				}
			}
		}
	}
	slices.SortStableFunc(list, func(x, y fit) int { return strings.Compare(x.workload, y.workload) })
	return list
}

func addFit(list []fit, workload string, f result.Fit) []fit {
	untiled := f.Unusable > untiledShare
	i := slices.IndexFunc(list, func(g fit) bool {
		return g.workload == workload && g.tasks == f.Tasks && g.binding == f.Binding && g.untiled == untiled
	})
	if i < 0 {
		return append(list, fit{workload, f.Tasks, f.Binding, untiled, []string{f.InstanceType}, f})
	}
	if !slices.Contains(list[i].types, f.InstanceType) {
		list[i].types = append(list[i].types, f.InstanceType)
	}
	if f.Unusable > list[i].worst.Unusable {
		list[i].worst = f
	}
	return list
}

// some names at most n things and counts the others.
func some(things []string, n int) string {
	if len(things) <= n {
		return strings.Join(things, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(things[:n], ", "), len(things)-n)
}

// holds words the fits, the first few of each workload.
func (a *Answer) holds() []string {
	const most = 3
	var list []string
	seen := map[string]int{}
	for _, f := range a.fits() {
		if seen[f.workload]++; seen[f.workload] <= most {
			list = append(list, fmt.Sprintf("%d %s on %s (%s)", f.tasks, f.workload, some(f.types, 2), binds(f.binding)))
		}
	}
	return list
}

// binds is "cpu binds", "ports bind".
func binds(resource string) string {
	if strings.HasSuffix(resource, "s") {
		return resource + " bind"
	}
	return resource + " binds"
}

// untiled words, a workload at a time, the types of which tasks leave too much
// unusable.
func (a *Answer) untiled() []string {
	var list []string
	var types []string
	var worst fit
	flush := func() {
		if types != nil {
			list = append(list, fmt.Sprintf("%s leaves over a quarter unusable of %s: up to %s once %s at %s; choose sizes that tile.",
				worst.workload, some(types, 3), result.FormatShare(worst.worst.Unusable.Float()), binds(worst.binding), count(worst.tasks, "task")))
		}
		types, worst = nil, fit{}
	}
	for _, f := range a.fits() {
		if f.workload != worst.workload {
			flush()
		}
		if !f.untiled {
			continue
		}
		types = append(types, f.types...)
		if f.worst.Unusable > worst.worst.Unusable {
			worst = f
		}
	}
	flush()
	return list
}
