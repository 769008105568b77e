package placement

import (
	"errors"
	"fmt"

	"ecsim/models/ecs/query"
)

// MaxConstraints is the most placement constraints of a task, counting those
// of its definition and those given at run time.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
const MaxConstraints = 10

// Constraint is one placement constraint. Make it with ParseConstraint. It is
// checked when a task starts, not afterwards.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-constraints.html
type Constraint struct {
	expr *query.Expr // of memberOf; nil is distinctInstance
}

// Expr is the expression of a memberOf constraint, nil for distinctInstance.
func (c Constraint) Expr() *query.Expr { return c.expr }

// String is the form ParseConstraint reads.
func (c Constraint) String() string {
	if c.expr == nil {
		return "distinctInstance"
	}
	return "memberOf(" + c.expr.String() + ")"
}

// ParseConstraint reads "distinctInstance" or "memberOf(expression)".
func ParseConstraint(text string) (Constraint, error) {
	name, argument, err := splitCall(text)
	if err != nil {
		return Constraint{}, fmt.Errorf("placement constraint %w", err)
	}
	switch name {
	case "distinctInstance":
		if argument != "" {
			return Constraint{}, fmt.Errorf("placement constraint %q: distinctInstance takes no expression", text)
		}
		return Constraint{}, nil
	case "memberOf":
		if argument == "" {
			return Constraint{}, fmt.Errorf("placement constraint %q: memberOf needs an expression, as in memberOf(attribute:ecs.instance-type =~ m6a.*)", text)
		}
		e, err := query.Parse(argument)
		if err != nil {
			return Constraint{}, fmt.Errorf("placement constraint memberOf: %w", err)
		}
		return Constraint{e}, nil
	}
	return Constraint{}, fmt.Errorf("placement constraint %q: unknown type %q, want distinctInstance or memberOf(expression)", text, name)
}

// ParseConstraints reads a list of constraints, at most MaxConstraints.
func ParseConstraints(texts []string) ([]Constraint, error) {
	if err := checkConstraintCount(len(texts)); err != nil {
		return nil, err
	}
	list := make([]Constraint, 0, len(texts))
	for _, t := range texts {
		c, err := ParseConstraint(t)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

func checkConstraintCount(n int) error {
	if n > MaxConstraints {
		return fmt.Errorf("%d placement constraints, at most %d are allowed, those of the task definition included", n, MaxConstraints)
	}
	return nil
}

// errDistinctGroup is Compile's answer to distinctInstance without a group.
var errDistinctGroup = errors.New("distinctInstance needs a task group to be distinct in; set Group")
