package answer

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ecsim/models/result"
)

// crowd is how many workloads an answer names one by one. Of more it shows what
// stands out; the tables of the folder have all.
const crowd = 12

// crowded reports whether the scenario has more workloads than an answer names.
func (a *Answer) crowded() bool { return len(a.workloads()) > crowd }

func (a *Answer) workloads() []string {
	o := a.ran()
	if o == nil {
		return nil
	}
	names := make([]string, len(o.Pooled.Workloads))
	for i := range o.Pooled.Workloads {
		names[i] = o.Pooled.Workloads[i].Name
	}
	return names
}

var word = regexp.MustCompile(`[A-Za-z0-9_-]+`)

// counted matches forms like "32 NAME on m5.large".
var counted = regexp.MustCompile(`[0-9] \x00`)

// fold makes one text of those that differ by the workload's name alone, where
// there is a crowd of workloads.
func (a *Answer) fold(texts []string) []string {
	names := a.workloads()
	if len(names) <= crowd {
		return texts
	}
	known := make(map[string]bool, len(names))
	for _, n := range names {
		known[n] = true
	}
	type group struct {
		form  string
		texts []string
		names []string
	}
	var groups []*group
	byForm := map[string]*group{}
	for _, text := range texts {
		form, name := text, ""
		for _, at := range word.FindAllStringIndex(text, -1) {
			if w := text[at[0]:at[1]]; known[w] {
				form, name = text[:at[0]]+"\x00"+text[at[1]:], w
				break
			}
		}
		g := byForm[form]
		if g == nil {
			g = &group{form: form}
			byForm[form] = g
			groups = append(groups, g)
		}
		g.texts, g.names = append(g.texts, text), append(g.names, name)
	}
	var list []string
	for _, g := range groups {
		switch n := len(g.names); {
		case n <= 3:
			list = append(list, g.texts...)
		default:
			who := "each workload"
			if n < len(names) {
				who = fmt.Sprintf("each of %d workloads (%s, ...)", n, g.names[0])
			}
			if counted.MatchString(g.form) {
				who = "of " + who
			}
			list = append(list, strings.Replace(g.form, "\x00", who, 1))
		}
	}
	return list
}

// few keeps the first of a long list and counts the others.
func few(texts []string) []string {
	const most = crowd / 2
	if len(texts) <= crowd {
		return texts
	}
	return append(slices.Clone(texts[:most]), fmt.Sprintf("%d more", len(texts)-most))
}

// inFullShare is the share of the time in full from which a service of a crowd
// needs no column.
const inFullShare = 0.999

// leastInFull is the least share of the time that all tasks of a service ran.
func leastInFull(rows []*result.Row, workload string) float64 {
	least := 1.0
	for _, r := range rows {
		if e, ok := r.Estimate("workload." + workload + ".running_share"); ok && e.OK {
			least = min(least, e.V)
		}
	}
	return least
}

// thin leaves out, of a crowd, the columns of services that ran in full and
// bind no gate; of what then is too many it keeps those with a gate and those
// that ran in full the least.
func (a *Answer) thin(list []block) []block {
	if !a.crowded() {
		return list
	}
	kept := slices.DeleteFunc(slices.Clone(list), func(b block) bool { return !b.gated && b.least >= inFullShare })
	a.inFull = len(list) - len(kept)
	if len(kept) > crowd {
		slices.SortStableFunc(kept, func(x, y block) int {
			return cmp.Or(cmp.Compare(priority(x), priority(y)), cmp.Compare(x.least, y.least))
		})
		a.left = len(kept) - crowd
		kept = kept[:crowd]
	}
	return kept
}

// unseen says what thin left out.
func (a *Answer) unseen() []string {
	var list []string
	if a.inFull > 0 {
		list = append(list, fmt.Sprintf("%s that ran in full 99.9 %% of the time or more on every platform", count(int64(a.inFull), "service")))
	}
	if a.left > 0 {
		list = append(list, fmt.Sprintf("%s of other workloads", count(int64(a.left), "column")))
	}
	if list != nil {
		list = []string{strings.Join(list, ", ") + "; summary.csv has all"}
	}
	return list
}
