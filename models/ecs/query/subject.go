package query

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

type operator uint8

const (
	opEqual operator = iota
	opNotEqual
	opGreater
	opGreaterEqual
	opLess
	opLessEqual
	opExists
	opNotExists
	opIn
	opNotIn
	opMatch
	opNotMatch
)

// operators holds, in the order of the constants, the symbol and the long form.
var operators = [...]struct{ symbol, long string }{
	{"==", "equals"}, {"!=", "not_equals"},
	{">", "greater_than"}, {">=", "greater_than_equal"},
	{"<", "less_than"}, {"<=", "less_than_equal"},
	{"exists", "exists"}, {"!exists", "not_exists"},
	{"in", "in"}, {"!in", "not_in"},
	{"=~", "matches"}, {"!~", "not_matches"},
}

func operatorOf(t token) (operator, bool) {
	for i, o := range operators {
		if t.is(o.symbol) || t.is(o.long) {
			return operator(i), true
		}
	}
	return 0, false
}

const (
	setStrings = 1<<opEqual | 1<<opNotEqual | 1<<opIn | 1<<opNotIn | 1<<opMatch | 1<<opNotMatch
	setOrder   = 1<<opEqual | 1<<opNotEqual | 1<<opGreater | 1<<opGreaterEqual | 1<<opLess | 1<<opLessEqual
	setAll     = setStrings | 1<<opExists | 1<<opNotExists
)

// subject is a thing an expression can ask about.
type subject struct {
	name    string
	allowed uint16 // bit set of operators
	dynamic bool
	check   func(t *test, arg string) string // what is wrong with an argument, or ""
	holds   func(t *test, i Instance) bool   // for the positive form of the operator
}

func (s *subject) operators() string {
	var list []string
	for i, o := range operators {
		if s.allowed&(1<<i) != 0 {
			list = append(list, o.symbol)
		}
	}
	return strings.Join(list, " ")
}

// AWS lists no operators for attribute:NAME and task:group; those its examples
// use and their negations are taken, and for task:group the other string
// operators. Assumed: order comparisons and, on task:group, exists are refused.
var (
	subjectAttribute = subject{name: "attribute:NAME", allowed: setAll, holds: func(t *test, i Instance) bool {
		v, ok := i.Attribute(t.name)
		return ok && (t.op == opExists || t.op == opNotExists || t.text(v))
	}}
	subjects = []*subject{
		{name: "agentConnected", allowed: setStrings, dynamic: true,
			check: checkBool,
			holds: func(t *test, i Instance) bool { return t.text(strconv.FormatBool(i.AgentConnected())) }},
		{name: "agentVersion", allowed: setOrder, check: checkVersion,
			holds: func(t *test, i Instance) bool {
				v := i.AgentVersion()
				if t.op == opEqual || t.op == opNotEqual {
					return v == t.args[0]
				}
				have, ok := parseVersion(v)
				return ok && t.ordered(compareVersions(have, t.version))
			}},
		{name: "ec2InstanceId", allowed: setStrings,
			holds: func(t *test, i Instance) bool { return t.text(i.EC2InstanceID()) }},
		{name: "registeredAt", allowed: setOrder, check: checkDate,
			// The page says == compares as strings, which four ways to write
			// one instant cannot mean; instants are compared.
			holds: func(t *test, i Instance) bool { return t.ordered(i.RegisteredAt().Compare(t.date)) }},
		{name: "runningTasksCount", allowed: setOrder, dynamic: true, check: checkCount,
			holds: func(t *test, i Instance) bool {
				n := int64(i.RunningTasksCount())
				switch {
				case n < t.count:
					return t.ordered(-1)
				case n > t.count:
					return t.ordered(1)
				}
				return t.ordered(0)
			}},
		{name: "task:group", allowed: setStrings, dynamic: true,
			holds: func(t *test, i Instance) bool {
				if t.re == nil {
					for _, a := range t.args {
						if i.RunsGroup(a) {
							return true
						}
					}
					return false
				}
				found := false
				i.EachGroup(func(g string) bool {
					found = t.re.MatchString(g)
					return !found
				})
				return found
			}},
	}
	subjectList = func() string {
		s := "attribute:NAME"
		for _, x := range subjects {
			s += ", " + x.name
		}
		return s
	}()
)

// test is one "subject operator [argument]".
type test struct {
	subject *subject
	name    string // of the attribute
	op      operator
	args    []string
	re      *regexp.Regexp // of =~ and !~
	version []uint64
	date    time.Time
	count   int64
}

// match takes each negative operator as the complement of its positive one.
// Assumed for attributes an instance lacks, where AWS says nothing: == is
// false, so != is true.
func (t *test) match(i Instance) bool {
	switch t.op {
	case opNotEqual, opNotExists, opNotIn, opNotMatch:
		return !t.subject.holds(t, i)
	}
	return t.subject.holds(t, i)
}

// add checks an argument and keeps it, or says what is wrong with it.
func (t *test) add(arg string) string {
	if t.subject.check != nil {
		if what := t.subject.check(t, arg); what != "" {
			return what
		}
	}
	t.args = append(t.args, arg)
	return ""
}

func (t *test) text(v string) bool {
	if t.re != nil {
		return t.re.MatchString(v)
	}
	for _, a := range t.args {
		if a == v {
			return true
		}
	}
	return false
}

// ordered applies the operator to the sign of (value - argument).
func (t *test) ordered(sign int) bool {
	switch t.op {
	case opGreater:
		return sign > 0
	case opGreaterEqual:
		return sign >= 0
	case opLess:
		return sign < 0
	case opLessEqual:
		return sign <= 0
	}
	return sign == 0
}

func (t *test) print(b *strings.Builder, _ int) {
	if t.subject == &subjectAttribute {
		b.WriteString("attribute:" + t.name)
	} else {
		b.WriteString(t.subject.name)
	}
	b.WriteString(" " + operators[t.op].symbol)
	switch t.op {
	case opExists, opNotExists:
		return
	case opIn, opNotIn:
		b.WriteString(" [")
		for i, a := range t.args {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(quote(a))
		}
		b.WriteByte(']')
		return
	}
	b.WriteString(" " + quote(t.args[0]))
}

// quote leaves plain words bare. A literal never holds both kinds of quotes: a
// bare one holds none, a quoted one not its own kind, but a bare pattern may.
func quote(s string) string {
	plain := s != ""
	for i := 0; i < len(s); i++ {
		plain = plain && wordByte(s[i])
	}
	switch {
	case plain:
		return s
	case !strings.Contains(s, `"`):
		return `"` + s + `"`
	case !strings.Contains(s, "'"):
		return "'" + s + "'"
	}
	return s
}

func checkBool(_ *test, arg string) string {
	if arg != "true" && arg != "false" {
		return `got "` + clip(arg) + `", want true or false`
	}
	return ""
}

func checkCount(t *test, arg string) string {
	n, err := strconv.ParseInt(arg, 10, 64)
	if err != nil || n < 0 || arg[0] == '+' {
		return `got "` + clip(arg) + `", want a number of tasks, 0 or more`
	}
	t.count = n
	return ""
}

func checkVersion(t *test, arg string) string {
	v, ok := parseVersion(arg)
	if !ok {
		return `got "` + clip(arg) + `", want an agent version such as 1.89.2`
	}
	t.version = v
	return ""
}

// parseVersion reads dot-separated numbers, with or without a leading v.
func parseVersion(s string) ([]uint64, bool) {
	s = strings.TrimPrefix(s, "v")
	var v []uint64
	for part := range strings.SplitSeq(s, ".") {
		n, err := strconv.ParseUint(part, 10, 64)
		if err != nil {
			return nil, false
		}
		v = append(v, n)
	}
	return v, true
}

// compareVersions compares part by part; a missing part is 0.
func compareVersions(a, b []uint64) int {
	for i := range max(len(a), len(b)) {
		var x, y uint64
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			if x < y {
				return -1
			}
			return 1
		}
	}
	return 0
}

// dateForms are the four AWS documents; without a zone it is UTC.
var dateForms = []string{"2006-01-02T15:04:05-07:00", "2006-01-02T15:04:05Z", "2006-01-02T15:04:05", "2006-01-02"}

func checkDate(t *test, arg string) string {
	for _, f := range dateForms {
		if d, err := time.Parse(f, arg); err == nil {
			t.date = d
			return ""
		}
	}
	return `got "` + clip(arg) + `", want a date as 2018-06-18T22:28:28+00:00, 2018-06-18T22:28:28Z, 2018-06-18T22:28:28 or 2018-06-18`
}
