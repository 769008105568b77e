package placement

import (
	"fmt"
	"sort"
	"strings"
)

// MaxRules is the most placement strategies a service or a RunTask may have.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
const MaxRules = 5

// Strategy is a type of placement strategy. Its file registers it.
type Strategy struct {
	Type   string // "binpack"
	Doc    string // one sentence for help texts
	Source string // URL; empty when the strategy is not ECS's
	Fields string // what Field may be, for messages; empty when it takes none
	// Order turns a field into data; it returns an error that says what is
	// wrong with the field, not what is allowed.
	Order func(field string) (Order, error)
}

// Measure is a figure of an instance by which it can be ordered, least first.
type Measure uint8

// The measures. MeasureKey is the Order's own Key.
const (
	MeasureNone       Measure = iota
	MeasureCPU                // CPU units left
	MeasureMemory             // MiB left
	MeasureGPU                // devices left
	MeasureENI                // interfaces left
	MeasureGroupTasks         // tasks of the plan's group on the instance
	MeasureOrdinal            // launch ordinal
	MeasureKey
)

// Order is what one rule does to the instances left by the rule before it:
// exactly one of Attribute, Measure and Random is set.
type Order struct {
	Field string // in its canonical form
	// Attribute groups instances by an attribute's value and keeps the groups
	// with the fewest tasks of the plan's group. Assumed: instances without the
	// attribute are the last resort.
	Attribute string
	// Measure keeps the instances with the least of it.
	Measure Measure
	// Key is the figure for MeasureKey: a pure function of its arguments.
	Key func(left, total Resources, groupTasks int) uint32
	// Random ends the narrowing: any instance left, uniformly.
	Random bool
}

var strategies = map[string]Strategy{}

// RegisterStrategy adds a type of strategy; it panics if the type is known or
// incomplete. Call it while the program starts.
func RegisterStrategy(s Strategy) struct{} {
	if s.Type == "" || s.Doc == "" || s.Order == nil {
		panic(fmt.Sprintf("placement: strategy %q needs Type, Doc and Order", s.Type))
	}
	if _, ok := strategies[s.Type]; ok {
		panic(fmt.Sprintf("placement: strategy %q registered twice", s.Type))
	}
	strategies[s.Type] = s
	return struct{}{}
}

// Strategies returns the registered types by name.
func Strategies() []Strategy {
	list := make([]Strategy, 0, len(strategies))
	for _, s := range strategies {
		list = append(list, s)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Type < list[j].Type })
	return list
}

// form is how a rule of this type is written.
func (s Strategy) form() string {
	if s.Fields == "" {
		return s.Type
	}
	return s.Type + "(" + s.Fields + ")"
}

// Rule is one placement strategy of a service or batch. Make it with ParseRule.
type Rule struct {
	typ   string
	order Order
}

// Type is the registered type, "binpack".
func (r Rule) Type() string { return r.typ }

// Field is the canonical field, "" for types that take none.
func (r Rule) Field() string { return r.order.Field }

// String is the form ParseRule reads.
func (r Rule) String() string {
	if r.order.Field == "" {
		return r.typ
	}
	return r.typ + "(" + r.order.Field + ")"
}

// ParseRule reads "type" or "type(field)", such as
// "spread(attribute:ecs.availability-zone)", "binpack(memory)" or "random".
func ParseRule(text string) (Rule, error) {
	typ, field, err := splitCall(text)
	if err != nil {
		return Rule{}, fmt.Errorf("placement strategy %w", err)
	}
	s, ok := strategies[typ]
	if !ok {
		var forms []string
		for _, s := range Strategies() {
			forms = append(forms, s.form())
		}
		return Rule{}, fmt.Errorf("placement strategy %q: unknown type %q, want one of %s", text, typ, strings.Join(forms, ", "))
	}
	o, err := s.Order(field)
	if err != nil {
		return Rule{}, fmt.Errorf("placement strategy %q: %w; want %s", text, err, s.form())
	}
	set := 0
	for _, on := range []bool{o.Attribute != "", o.Measure != MeasureNone, o.Random} {
		if on {
			set++
		}
	}
	if set != 1 || (o.Measure == MeasureKey) != (o.Key != nil) {
		panic(fmt.Sprintf("placement: strategy %q gave for %q an Order that sets %d of Attribute, Measure, Random", typ, field, set))
	}
	return Rule{typ, o}, nil
}

// ParseRules reads a list of rules, at most MaxRules.
func ParseRules(texts []string) ([]Rule, error) {
	if len(texts) > MaxRules {
		return nil, fmt.Errorf("%d placement strategies, at most %d are allowed", len(texts), MaxRules)
	}
	rules := make([]Rule, 0, len(texts))
	for _, t := range texts {
		r, err := ParseRule(t)
		if err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	return rules, nil
}

// splitCall splits "name(argument)" or "name".
func splitCall(text string) (name, argument string, err error) {
	t := strings.TrimSpace(text)
	open := strings.IndexByte(t, '(')
	if open < 0 {
		return t, "", nil
	}
	if !strings.HasSuffix(t, ")") {
		return "", "", fmt.Errorf("%q: the parenthesis is not closed at the end", text)
	}
	argument = strings.TrimSpace(t[open+1 : len(t)-1])
	if argument == "" {
		return "", "", fmt.Errorf("%q: the parentheses are empty; leave them out or fill them", text)
	}
	return strings.TrimSpace(t[:open]), argument, nil
}
