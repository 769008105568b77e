// Package taskdef reads Amazon ECS task definitions as people keep them and
// tells whether ECS would register them, for which launch types, and why not.
//
// A definition is JSON in the form that register-task-definition takes or that
// describe-task-definition prints. Validate reads one and applies every rule
// of the tables in the rules_*.go files; Definition is what a scheduler sees.
package taskdef

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ecsim/workloads/units"
)

// LaunchType is what a definition can be checked against.
type LaunchType string

// The launch types, in AWS's words.
const (
	EC2              LaunchType = "EC2"
	Fargate          LaunchType = "FARGATE"
	External         LaunchType = "EXTERNAL"
	ManagedInstances LaunchType = "MANAGED_INSTANCES"
)

// LaunchTypes are all of them, in the order reports list them.
var LaunchTypes = []LaunchType{EC2, Fargate, External, ManagedInstances}

// ParseLaunchType reads a launch type in any case.
func ParseLaunchType(s string) (LaunchType, error) {
	t := LaunchType(strings.ReplaceAll(strings.ToUpper(s), "-", "_"))
	if slices.Contains(LaunchTypes, t) {
		return t, nil
	}
	return "", fmt.Errorf("got %q, want one of EC2, FARGATE, EXTERNAL, MANAGED_INSTANCES", s)
}

// Verdict is what would become of a definition.
type Verdict string

// The verdicts.
const (
	Valid         Verdict = "valid"                // ECS registers the file as it is
	AfterCleaning Verdict = "valid-after-cleaning" // and once what Report.Cleaning lists is done
	Template      Verdict = "template"             // placeholders stand where numbers, names or words of the API belong
	Invalid       Verdict = "invalid"              // ECS refuses it
	NotJSON       Verdict = "not-json"             // nobody can read it
)

// Registers reports whether ECS would take the definition.
func (v Verdict) Registers() bool { return v == Valid || v == AfterCleaning }

// Severity tells what ECS refuses from what only deserves a look.
type Severity string

// The severities.
const (
	Refused Severity = "refused"
	Warning Severity = "warning"
)

// Reason is one finding.
type Reason struct {
	Severity Severity
	Path     string // containerDefinitions[1].portMappings[0].hostPort; empty for the whole
	Line     int    // of the file, from 1
	Col      int    // of a text that is no JSON, else 0
	Text     string // one line: what was got, what is allowed
	Rule     string // the rule's name, "api" for the shape, "json" for the text
	Source   string // page of AWS

	template bool
}

// String prints "12: cpu: what" as it stands behind a file's name.
func (r *Reason) String() string {
	s := fmt.Sprintf("%d: ", r.Line)
	if r.Col > 0 {
		s = fmt.Sprintf("%d:%d: ", r.Line, r.Col)
	}
	if r.Severity == Warning {
		s += "warning: "
	}
	if r.Path != "" {
		s += r.Path + ": "
	}
	return s + r.Text
}

// Report is what Validate found.
type Report struct {
	Verdict     Verdict
	LaunchTypes []LaunchType // checked against
	Compatible  []LaunchType // those the definition validates for, as ECS's compatibilities lists them
	Reasons     []Reason     // refusals and warnings in order of line
	Cleaning    []string     // what to take away before ECS registers the file
	Notes       []string     // placeholders in ordinary strings and the like
	CPU         units.CPU    // task level, 0 for none
	Memory      units.MiB    // task level, 0 for none
	Definition  *Definition  // what could be read; nil if nothing could
}

// Refusals are the reasons for which ECS refuses.
func (r *Report) Refusals() (out []Reason) {
	for _, x := range r.Reasons {
		if x.Severity == Refused {
			out = append(out, x)
		}
	}
	return out
}

// Options steer Validate.
type Options struct {
	// LaunchTypes to check against; none means the definition's own
	// requiresCompatibilities, or EC2, as ECS does.
	LaunchTypes []LaunchType
	// Expression checks a memberOf expression; nil checks nothing.
	Expression func(string) error
}

// maxText bounds a file; a definition is at most 64 KB, its description less
// than twice that.
const maxText = 8 << 20

// Validate reads a definition and checks it. It never fails: what cannot be
// read is a verdict too.
func Validate(text []byte, o Options) *Report {
	c := &checker{options: o, report: &Report{}}
	c.run(text)
	return c.finish()
}

// checker carries one Validate.
type checker struct {
	options    Options
	report     *Report
	root       *value // the definition, without its wrapper
	array      bool   // a bare list of containers
	containers []*value
	volumes    []*value
	nulls      int
	stripped   []string
	holes      int    // placeholders in ordinary strings
	hole       string // the first
	mode       string // networkMode as it works: bridge where none is given
	rule       *Rule
	lt         LaunchType // of the rule being run; "" for all
	seen       map[string]bool
}

func (c *checker) run(text []byte) {
	if len(text) > maxText {
		c.note(Reason{Severity: Refused, Line: 1, Rule: "json", Text: fmt.Sprintf("the file has %d bytes, want a task definition of at most 64 KB", len(text))})
		return
	}
	v, err := parseJSON(string(text))
	if err != nil {
		e := err.(*SyntaxError)
		c.report.Verdict = NotJSON
		c.note(Reason{Severity: Refused, Line: e.Line, Col: e.Col, Rule: "json", Text: "not JSON: " + e.Msg})
		return
	}
	if what := otherThing(v); what != "" {
		c.note(Reason{Severity: Refused, Line: v.line, Rule: "api", Source: apiSource, Text: what})
		return
	}
	v = c.unwrap(v)
	c.root = v
	c.shape(v, "TaskDefinition")
	c.containers = objects(v.list("containerDefinitions"))
	c.volumes = objects(v.list("volumes"))
	c.mode = v.str("networkMode")
	if c.mode == "" {
		c.mode = "bridge"
	}
	types := c.options.LaunchTypes
	if len(types) == 0 {
		types = c.required()
	}
	c.report.LaunchTypes = types
	c.sizes()
	for i := range rules {
		c.apply(&rules[i], types)
	}
	c.compatible()
	c.report.Definition = c.definition()
}

// required are the launch types the definition asks to be checked against.
func (c *checker) required() (out []LaunchType) {
	for _, e := range c.root.list("requiresCompatibilities") {
		if t := LaunchType(e.text); slices.Contains(LaunchTypes, t) && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	if out == nil {
		out = []LaunchType{EC2}
	}
	return out
}

// unwrap finds the definition in what describe-task-definition prints and in
// a bare list of containers, which is what Terraform's container_definitions
// holds.
func (c *checker) unwrap(v *value) *value {
	if v.kind == arrayKind {
		c.array = true
		c.note(Reason{Severity: Refused, Line: v.line, Rule: "api", Source: apiSource,
			Text: "got a list of containers, want a task definition: an object with family and containerDefinitions"})
		root := &value{kind: objectKind, line: v.line, col: v.col, keys: []string{"containerDefinitions"}, kids: []*value{v}}
		v.parent, v.key = root, "containerDefinitions"
		return root
	}
	inner := v.get("taskDefinition")
	if inner == nil || inner.kind != objectKind || v.get("containerDefinitions") != nil {
		return v
	}
	c.report.Cleaning = append(c.report.Cleaning, "unwrap taskDefinition")
	c.repeats(v)
	for i, key := range v.keys {
		switch kid := v.kids[i]; key {
		case "taskDefinition", "ResponseMetadata":
		case "tags": // describe-task-definition --include TAGS
			c.shape(kid, "[]Tag")
		default:
			c.unknown(kid, []member{{name: "taskDefinition"}, {name: "tags"}})
		}
	}
	inner.parent, inner.key = nil, ""
	return inner
}

// otherThing recognises JSON that is near to a task definition and none, of
// which a list of unknown parameters would say little.
func otherThing(v *value) string {
	switch {
	case v.kind == nullKind:
		return "got null, want a task definition: an object with family and containerDefinitions"
	case v.get("containerDefinitions") != nil || v.get("taskDefinition").get("containerDefinitions") != nil:
	case v.get("serviceName") != nil || v.get("desiredCount") != nil || v.get("services") != nil:
		return "got the definition of a service, want a task definition: an object with family and containerDefinitions"
	case v.get("Resources") != nil || v.get("ContainerDefinitions") != nil || v.get("AWSTemplateFormatVersion") != nil:
		return "got a CloudFormation template, want a task definition as the ECS API has it: family, containerDefinitions and so on in lower case; 'aws ecs describe-task-definition' prints the registered one"
	case v.get("taskDefinitionArns") != nil:
		return "got a list of task definition names; 'aws ecs describe-task-definition' prints one of them"
	}
	return ""
}

func objects(list []*value) (out []*value) {
	for _, v := range list {
		if v.kind == objectKind {
			out = append(out, v)
		}
	}
	return out
}

// apply runs a rule once, or once for each launch type it is about.
func (c *checker) apply(r *Rule, types []LaunchType) {
	c.rule, c.lt = r, ""
	defer func() { c.rule = nil }()
	if r.Only == nil {
		r.Check(c)
		return
	}
	for _, t := range types {
		if slices.Contains(r.Only, t) {
			c.lt = t
			r.Check(c)
		}
	}
	c.lt = ""
}

// compatible finds the launch types the definition validates for, by running
// the rules of each with the reasons thrown away.
func (c *checker) compatible() {
	base := len(c.report.Reasons)
	general := slices.ContainsFunc(c.report.Reasons, func(r Reason) bool { return r.Severity == Refused && ruleFor(r.Rule) == nil })
	if general {
		return
	}
	for _, t := range LaunchTypes {
		trial := &checker{options: c.options, report: &Report{}, root: c.root, containers: c.containers, volumes: c.volumes, mode: c.mode}
		trial.sizes()
		for i := range rules {
			trial.apply(&rules[i], []LaunchType{t})
		}
		if len(trial.report.Refusals()) == 0 {
			c.report.Compatible = append(c.report.Compatible, t)
		}
	}
	c.report.Reasons = c.report.Reasons[:base]
}

func (c *checker) note(r Reason) {
	if c.rule != nil {
		r.Rule = c.rule.Name
		if r.Source == "" {
			r.Source = c.rule.Source
		}
	}
	key := string(r.Severity) + r.Path + "\x00" + r.Text
	if c.seen == nil {
		c.seen = map[string]bool{}
	}
	if !c.seen[key] {
		c.seen[key] = true
		c.report.Reasons = append(c.report.Reasons, r)
	}
}

func (c *checker) refuse(v *value, source, format string, args ...any) {
	c.note(Reason{Severity: Refused, Path: v.path(), Line: v.line, Rule: "api", Source: source, Text: fmt.Sprintf(format, args...)})
}

// no notes what ECS refuses, by the rule that runs.
func (c *checker) no(v *value, format string, args ...any) {
	c.refuse(v, "", format, args...)
}

// warn notes what ECS registers and a user would want to know.
func (c *checker) warn(v *value, format string, args ...any) {
	c.note(Reason{Severity: Warning, Path: v.path(), Line: v.line, Rule: "api", Text: fmt.Sprintf(format, args...)})
}

func (c *checker) template(v *value, format string, args ...any) {
	c.note(Reason{Severity: Refused, Path: v.path(), Line: v.line, Rule: "api", Text: fmt.Sprintf(format, args...), template: true})
}

// placeholders counts what templating left in an ordinary string: ECS takes
// any text there.
func (c *checker) placeholders(v *value) {
	if isPlaceholder(v.text) {
		c.holes++
		if c.hole == "" {
			c.hole = placeholder.FindString(v.text)
		}
	}
}

func (c *checker) finish() *Report {
	r := c.report
	slices.SortStableFunc(r.Reasons, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	if len(c.stripped) > 0 {
		r.Cleaning = append(r.Cleaning, "strip read-only: "+strings.Join(c.stripped, ", "))
	}
	if c.nulls > 0 {
		r.Cleaning = append(r.Cleaning, plural(c.nulls, "null field")+": leave out")
	}
	if c.root != nil && !c.array && c.root.str("family") == "" && (c.root.get("family") == nil || c.root.get("family").kind == stringKind) {
		r.Cleaning = append(r.Cleaning, "no family: give it with --family")
	}
	if m := c.root; m != nil {
		for _, k := range []string{"cpu", "memory"} {
			if x := m.get(k); x != nil && x.kind == numberKind {
				r.Cleaning = append(r.Cleaning, k+" is a number: write it as a string")
			}
		}
	}
	if c.holes > 0 {
		r.Notes = append(r.Notes, plural(c.holes, "placeholder")+" in strings, e.g. "+cut(c.hole))
	}
	if r.Verdict != "" {
		return r
	}
	refusals := r.Refusals()
	switch {
	case len(refusals) == 0 && len(r.Cleaning) == 0:
		r.Verdict = Valid
	case len(refusals) == 0:
		r.Verdict = AfterCleaning
	case !slices.ContainsFunc(refusals, func(x Reason) bool { return !x.template }):
		r.Verdict = Template
	default:
		r.Verdict = Invalid
	}
	return r
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
