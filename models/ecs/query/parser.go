package query

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Parse reads an expression. The error is an *Error with the offset of the
// mistake, what was got and what is allowed there.
func Parse(text string) (*Expr, error) {
	if n := utf8.RuneCountInString(text); n > MaxLength {
		return nil, &Error{text, 0, fmt.Sprintf("%d characters, at most %d are allowed", n, MaxLength)}
	}
	p := &parser{text: text}
	n, err := p.parse()
	if err != nil {
		return nil, err
	}
	return &Expr{root: n, dynamic: p.dynamic}, nil
}

type parser struct {
	text    string
	tok     token
	at      int // behind tok
	depth   int
	dynamic bool
}

func (p *parser) parse() (node, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.tok.kind == tokEnd {
		return nil, p.fail(p.tok, "the expression is empty; want a subject, one of %s", subjectList)
	}
	wrapped := p.tok.is("(")
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokEnd {
		return nil, p.fail(p.tok, "got %s, want and, or, or the end", p.tok)
	}
	if _, single := n.(*test); single && wrapped {
		return nil, &Error{p.text, 0, "parentheses are for compound expressions; leave them out around a single one"}
	}
	return n, nil
}

func (p *parser) fail(t token, format string, args ...any) error {
	return &Error{p.text, t.offset, fmt.Sprintf(format, args...)}
}

func (p *parser) advance() error {
	t, at, err := next(p.text, p.at)
	if err != nil {
		return err
	}
	p.tok, p.at = t, at
	return nil
}

func (p *parser) or() (node, error) {
	l, err := p.and()
	for err == nil && (p.tok.is("or") || p.tok.is("||")) {
		if err = p.advance(); err != nil {
			break
		}
		var r node
		if r, err = p.and(); err == nil {
			l = &orNode{l, r}
		}
	}
	return l, err
}

func (p *parser) and() (node, error) {
	l, err := p.unary()
	for err == nil && (p.tok.is("and") || p.tok.is("&&")) {
		if err = p.advance(); err != nil {
			break
		}
		var r node
		if r, err = p.unary(); err == nil {
			l = &andNode{l, r}
		}
	}
	return l, err
}

func (p *parser) unary() (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail(p.tok, "nested more than %d deep", maxDepth)
	}
	defer func() { p.depth-- }()
	switch {
	case p.tok.is("not"), p.tok.is("!"):
		if err := p.advance(); err != nil {
			return nil, err
		}
		x, err := p.unary()
		if err != nil {
			return nil, err
		}
		return &notNode{x}, nil
	case p.tok.is("("):
		open := p.tok
		if err := p.advance(); err != nil {
			return nil, err
		}
		n, err := p.or()
		if err != nil {
			return nil, err
		}
		if !p.tok.is(")") {
			return nil, p.fail(p.tok, "got %s, want and, or, or the parenthesis that closes the one at offset %d", p.tok, open.offset)
		}
		return n, p.advance()
	}
	return p.single()
}

// single parses "subject operator [argument]".
func (p *parser) single() (node, error) {
	if p.tok.kind != tokWord {
		return nil, p.fail(p.tok, "got %s, want a subject, one of %s", p.tok, subjectList)
	}
	t := &test{}
	switch name, isAttribute := strings.CutPrefix(p.tok.text, "attribute:"); {
	case isAttribute:
		if name == "" {
			return nil, p.fail(p.tok, `"attribute:" needs a name, as in attribute:ecs.instance-type`)
		}
		if utf8.RuneCountInString(name) > 128 {
			return nil, p.fail(p.tok, "the attribute name has %d characters, at most 128 are allowed", utf8.RuneCountInString(name))
		}
		t.subject, t.name = &subjectAttribute, name
	default:
		for _, s := range subjects {
			if s.name == p.tok.text {
				t.subject = s
			}
		}
		if t.subject == nil {
			return nil, p.fail(p.tok, "unknown subject %s, known are %s", p.tok, subjectList)
		}
	}
	p.dynamic = p.dynamic || t.subject.dynamic
	if err := p.advance(); err != nil {
		return nil, err
	}
	op, ok := operatorOf(p.tok)
	if !ok || t.subject.allowed&(1<<op) == 0 {
		return nil, p.fail(p.tok, "got %s, want an operator of %s: %s", p.tok, t.subject.name, t.subject.operators())
	}
	t.op = op
	switch op {
	case opExists, opNotExists:
		return t, p.advance()
	case opIn, opNotIn:
		return t, p.list(t)
	case opMatch, opNotMatch:
		return t, p.regexp(t)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.literal(t); err != nil {
		return nil, err
	}
	return t, p.advance()
}

// literal checks the current token as an argument and adds it to t.
func (p *parser) literal(t *test) error {
	if p.tok.kind != tokWord && p.tok.kind != tokQuoted {
		return p.fail(p.tok, "got %s, want a value to compare %s with, bare or quoted", p.tok, t.subject.name)
	}
	if what := t.add(p.tok.text); what != "" {
		return p.fail(p.tok, "%s", what)
	}
	return nil
}

func (p *parser) list(t *test) error {
	if err := p.advance(); err != nil {
		return err
	}
	if !p.tok.is("[") {
		return p.fail(p.tok, "got %s, want a list such as [a, b]", p.tok)
	}
	for {
		if err := p.advance(); err != nil {
			return err
		}
		if err := p.literal(t); err != nil {
			return err
		}
		if err := p.advance(); err != nil {
			return err
		}
		if p.tok.is("]") {
			return p.advance()
		}
		if !p.tok.is(",") {
			return p.fail(p.tok, `got %s, want "," or "]"`, p.tok)
		}
	}
}

func (p *parser) regexp(t *test) error {
	arg, at, lexErr := pattern(p.text, p.at)
	if lexErr != nil {
		return lexErr
	}
	if arg.kind == tokEnd {
		return p.fail(arg, "want a regular expression, such as t2.*")
	}
	re, err := compileJava(arg.text)
	if err != nil {
		return p.fail(arg, "%v", err)
	}
	t.args, t.re = []string{arg.text}, re
	p.at = at
	return p.advance()
}
