package scenarios

import (
	"slices"
	"strings"
	"time"

	"ecsim/workloads/units"
)

// Failure is one entry of failure: something that goes wrong, all the time or
// from At on for For.
type Failure struct {
	Kind   string
	At     string         // as of a deployment; "" is always
	For    units.Duration // with At
	Params any            // the kind's own keys
}

// FailureKind is a kind of failure as the format needs it.
type FailureKind struct {
	Name string
	Doc  string
	// Params returns a pointer to a new parameter struct: the keys besides
	// kind, at and for.
	Params func() any
	// Lasts kinds have no end of their own: with at they need for.
	Lasts bool
	// Validate checks decoded parameters; nil checks nothing.
	Validate func(params any) []KeyError
}

// failureHead is what every entry of failure has.
type failureHead struct {
	Kind string         `toml:"kind" required:"true"`
	At   string         `toml:"at" doc:"\"Tue 14:00\" weekly, \"14:00\" daily, \"2026-11-24T14:00\", \"+1d14h\" after the start, cron(...), rate(...) or at(...); default always"`
	For  units.Duration `toml:"for" min:"1s" doc:"how long, from each at"`
}

// laterFailures are kinds of failure that planners ask for and no model has.
var laterFailures = []string{"az-outage", "instance", "launch", "spot-drought", "throttle"}

// failures decodes failure, a list of tables or one table.
func (l *loader) failures(d *decoder, root *node, s *Scenario) {
	n := root.get("failure")
	if n == nil {
		return
	}
	entries := n.entries()
	var kinds []FailureKind
	if l.opts.Checks.Failures != nil {
		kinds = l.opts.Checks.Failures()
	}
	var parts []string
	for _, e := range entries {
		if e.table() == nil {
			l.errs.add(e, "got %s, want a table such as { kind = \"image-pull\", share = \"2%%\" }", e.describe())
			continue
		}
		sub := &decoder{l: l}
		if f, ok := l.failure(sub, e, kinds, s); ok {
			s.Failures = append(s.Failures, f)
		}
		keys := make([]string, len(sub.settings))
		for i, x := range sub.settings {
			keys[i] = x.Path + " = " + x.Value
		}
		parts = append(parts, inline(keys))
	}
	d.record(n, field{doc: "injected failures"}, []string{"failure"}, "["+strings.Join(parts, ", ")+"]")
}

func (l *loader) failure(d *decoder, e *node, kinds []FailureKind, s *Scenario) (f Failure, ok bool) {
	before := len(l.errs)
	var names []string
	for _, k := range kinds {
		names = append(names, k.Name)
	}
	kind := e.get("kind")
	var k *FailureKind
	if kind != nil {
		i := slices.Index(names, kind.str())
		switch {
		case slices.Contains(laterFailures, kind.str()):
			l.errs.add(kind, "not modelled yet: failures of kind %s; remove this entry. Known kinds: %s", quote(kind.str()), list(names, "and"))
			return f, false
		case i < 0:
			l.errs.add(kind, "got %s; %s", kind.describe(), didYouMean(kind.str(), names))
			return f, false
		}
		k = &kinds[i]
	}
	var head failureHead
	targets := []target{into(&head)}
	if k != nil && k.Params != nil {
		f.Params = k.Params()
		targets = append(targets, into(f.Params))
	}
	d.table(e, nil, nil, targets...)
	f.Kind, f.At, f.For = head.Kind, head.At, head.For
	if at := e.get("at"); at != nil && f.At != "" {
		l.checkMoment(e, f.At, s)
		if k != nil && k.Lasts && e.get("for") == nil {
			l.errs.addKey(e, "for", "missing; with at, want how long it lasts, such as \"30m\"")
		}
	} else if at == nil && e.get("for") != nil {
		l.errs.addKey(e, "at", "missing; with for, want when it begins, such as \"+1d\"")
	}
	if k != nil && k.Validate != nil && len(l.errs) == before {
		for _, x := range k.Validate(f.Params) {
			l.errs.at(e, x)
		}
	}
	return f, len(l.errs) == before
}

// checkMoment refuses a key at that names no time within the duration.
func (l *loader) checkMoment(e *node, text string, s *Scenario) {
	if _, err := moments(text, s.Start, s.TimeZone, 0); err != nil {
		l.errs.addKey(e, "at", "got %s: %v", quote(text), err)
	} else if end := time.Duration(s.Duration); end > 0 {
		if at, _ := moments(text, s.Start, s.TimeZone, end); len(at) == 0 {
			l.errs.addKey(e, "at", "got %s, which does not come within the %v from %s; want a time in it", quote(text), s.Duration, s.Start.Format(time.RFC3339))
		}
	}
}

// Begins are the times in [0, end) at which a failure begins; none for one that
// holds always.
func (s *Scenario) Begins(f *Failure, end time.Duration) []time.Duration {
	if f.At == "" {
		return nil
	}
	at, err := moments(f.At, s.Start, s.TimeZone, end)
	if err != nil {
		panic("scenarios: " + f.At + " was checked: " + err.Error())
	}
	return at
}

// Registry is how image registries treat a platform's pulls.
type Registry struct {
	DockerHubLogin string         `toml:"docker_hub_login" default:"anonymous" allowed:"anonymous|personal|paid" source:"Assumed: no repositoryCredentials" doc:"who pulls from Docker Hub; a paid account has no limit"`
	AnonymousPulls int64          `toml:"docker_hub_anonymous_pulls" default:"100" min:"1" max:"1000000" source:"https://docs.docker.com/docker-hub/usage/ (2026-09)" doc:"in each window, for an IPv4 address"`
	PersonalPulls  int64          `toml:"docker_hub_personal_pulls" default:"200" min:"1" max:"1000000" source:"https://docs.docker.com/docker-hub/usage/ (2026-09)" doc:"in each window, for an account; also what the pull-through cache has at Docker Hub"`
	Window         units.Duration `toml:"docker_hub_window" default:"6h" min:"1s" source:"https://docs.docker.com/docker-hub/usage/ (2026-09)"`
	Address        string         `toml:"docker_hub_address" default:"nat" allowed:"nat|public" source:"Assumed: a NAT gateway in each zone" doc:"nat: all of a zone pull from one address; public: each instance and Fargate task has its own"`
}
