// Package query is the cluster query language of Amazon ECS: the expressions
// of memberOf placement constraints and of list filters, as in
//
//	attribute:ecs.instance-type =~ g2.* and attribute:ecs.availability-zone != us-east-1d
//
// Parse checks an expression whole, so that Match cannot fail. An expression
// that reads nothing an instance changes while it runs is static (see
// Dynamic): one evaluation per instance is enough.
//
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-query-language.html
package query

import (
	"fmt"
	"strings"
	"time"
)

// MaxLength is the most characters an expression may have.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PlacementConstraint.html
const MaxLength = 2000

// maxDepth bounds nested parentheses and negations, which a 2,000-character
// text could otherwise drive to 2,000 stack frames per evaluation.
const maxDepth = 200

// Instance is what an expression asks of a container instance.
type Instance interface {
	// Attribute returns the value of an attribute; name is without the
	// "attribute:" prefix. An attribute may exist with an empty value.
	Attribute(name string) (value string, ok bool)
	AgentConnected() bool
	AgentVersion() string // such as "1.89.2"; empty when unknown
	EC2InstanceID() string
	RegisteredAt() time.Time
	RunningTasksCount() int
	// RunsGroup tells whether the instance runs a task of that task group.
	RunsGroup(group string) bool
	// EachGroup yields the task groups the instance runs until yield returns
	// false. The order must not matter to the caller.
	EachGroup(yield func(group string) bool)
}

// Expr is a parsed expression. It is immutable and safe for concurrent use.
type Expr struct {
	root    node
	dynamic bool
}

// Match tells whether the instance satisfies the expression.
func (e *Expr) Match(i Instance) bool { return e.root.match(i) }

// Dynamic tells whether the expression reads runningTasksCount, task:group or
// agentConnected, which change while an instance runs.
func (e *Expr) Dynamic() bool { return e.dynamic }

// String returns the expression in one canonical form: symbols for operators,
// and, or, not for connectives, every literal quoted where it has to be.
// Parsing it gives an expression that matches the same instances.
func (e *Expr) String() string {
	var b strings.Builder
	e.root.print(&b, 0)
	return b.String()
}

// Error is a mistake in an expression.
type Error struct {
	Text   string // the whole expression
	Offset int    // byte offset of the mistake, 0 to len(Text)
	What   string // what was got, what is allowed
}

func (e *Error) Error() string {
	return fmt.Sprintf("cluster query: at offset %d of %q: %s", e.Offset, clip(e.Text), e.What)
}

// clip keeps a message readable when the expression is long.
func clip(s string) string {
	const most = 160
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}

// Precedence of the connectives, loosest first. Assumed: AWS shows no
// expression without parentheses that mixes them; not binds before and, and
// before or, as in every language that has these words.
const (
	precOr = iota + 1
	precAnd
	precNot
)

type node interface {
	match(Instance) bool
	print(b *strings.Builder, outer int)
}

type orNode struct{ l, r node }
type andNode struct{ l, r node }
type notNode struct{ x node }

func (n *orNode) match(i Instance) bool  { return n.l.match(i) || n.r.match(i) }
func (n *andNode) match(i Instance) bool { return n.l.match(i) && n.r.match(i) }
func (n *notNode) match(i Instance) bool { return !n.x.match(i) }

func (n *orNode) print(b *strings.Builder, outer int) { infix(b, n.l, " or ", n.r, precOr, outer) }
func (n *andNode) print(b *strings.Builder, outer int) {
	infix(b, n.l, " and ", n.r, precAnd, outer)
}

func (n *notNode) print(b *strings.Builder, _ int) {
	b.WriteString("not(")
	n.x.print(b, 0)
	b.WriteByte(')')
}

// infix prints the right side one level tighter, so that "a or (b or c)" keeps
// its tree.
func infix(b *strings.Builder, l node, word string, r node, prec, outer int) {
	if outer > prec {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	l.print(b, prec)
	b.WriteString(word)
	r.print(b, prec+1)
}
