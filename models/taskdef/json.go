package taskdef

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// kind is what a JSON value is.
type kind uint8

const (
	nullKind kind = iota
	boolKind
	numberKind
	stringKind
	arrayKind
	objectKind
)

// value is one value of a JSON text and where it stands. Encoding/json keeps
// neither places nor duplicate keys, and both are what a reader of errors
// needs.
type value struct {
	kind      kind
	line, col int    // of the value, from 1
	text      string // of a string its content, of any other scalar the text
	keys      []string
	kids      []*value // of an object in order of keys, of an array in order
	parent    *value
	key       string // in an object
	index     int    // in an array
	repeated  []dup  // keys given twice, the earlier ones dropped
}

type dup struct {
	key  string
	line int
}

// SyntaxError is a text that is not JSON.
type SyntaxError struct {
	Line, Col int // from 1; the column counts characters
	Msg       string
}

// Error prints "line 16, column 10: what".
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Col, e.Msg)
}

// maxDepth bounds nesting; a task definition is about eight deep.
const maxDepth = 100

type parser struct {
	s     string
	pos   int
	line  int
	start int // of the line
}

// parseJSON reads one JSON value (RFC 8259) with nothing behind it.
func parseJSON(text string) (v *value, err error) {
	p := &parser{s: text, line: 1}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*SyntaxError)
			if !ok {
				panic(r)
			}
			v, err = nil, e
		}
	}()
	if strings.HasPrefix(text, "\ufeff") {
		p.fail("the file starts with a byte order mark; save it as UTF-8 without one")
	}
	p.space()
	if p.pos == len(p.s) {
		p.fail("the file is empty")
	}
	v = p.value(0)
	p.space()
	if p.pos < len(p.s) {
		p.fail("got %s behind the end of the JSON value; a file holds one value", p.near())
	}
	return v, nil
}

func (p *parser) fail(format string, args ...any) {
	panic(&SyntaxError{p.line, utf8.RuneCountInString(p.s[p.start:p.pos]) + 1, fmt.Sprintf(format, args...)})
}

// near is the character at the position, with a hint at what it may mean.
func (p *parser) near() string {
	if p.pos >= len(p.s) {
		return "the end of the file"
	}
	rest := p.s[p.pos:]
	switch {
	case strings.HasPrefix(rest, "//") || strings.HasPrefix(rest, "/*") || rest[0] == '#':
		return "a comment, which JSON does not have"
	case strings.HasPrefix(rest, "{{") || strings.HasPrefix(rest, "${"):
		return "a placeholder outside a string; fill it in first"
	case rest[0] == '\'':
		return "a single quote; JSON strings stand in double quotes"
	}
	r, n := utf8.DecodeRuneInString(rest)
	if r == utf8.RuneError && n == 1 {
		return "a byte that is not UTF-8"
	}
	return strconv.Quote(string(r))
}

func (p *parser) space() {
	for p.pos < len(p.s) {
		switch p.s[p.pos] {
		case '\n':
			p.line++
			p.pos++
			p.start = p.pos
			continue
		case ' ', '\t', '\r':
			p.pos++
			continue
		}
		return
	}
}

func (p *parser) value(depth int) *value {
	if depth > maxDepth {
		p.fail("values are nested deeper than %d", maxDepth)
	}
	v := &value{line: p.line, col: p.pos - p.start + 1}
	if p.pos >= len(p.s) {
		p.fail("got the end of the file, want a value")
	}
	switch c := p.s[p.pos]; {
	case c == '{':
		p.object(v, depth)
	case c == '[':
		p.array(v, depth)
	case c == '"':
		v.kind, v.text = stringKind, p.str()
	case c == '-' || c >= '0' && c <= '9':
		v.kind, v.text = numberKind, p.number()
	case p.word("true"), p.word("false"):
		v.kind, v.text = boolKind, map[byte]string{'t': "true", 'f': "false"}[c]
	case p.word("null"):
		v.text = "null"
	default:
		p.fail("got %s, want a value", p.near())
	}
	return v
}

func (p *parser) word(w string) bool {
	if !strings.HasPrefix(p.s[p.pos:], w) {
		return false
	}
	p.pos += len(w)
	return true
}

func (p *parser) object(v *value, depth int) {
	v.kind = objectKind
	p.pos++
	p.space()
	if p.word("}") {
		return
	}
	at := map[string]int{}
	for {
		if p.pos >= len(p.s) || p.s[p.pos] != '"' {
			if len(v.keys) > 0 && p.pos < len(p.s) && p.s[p.pos] == '}' {
				p.fail("got a comma before }, want none after the last member")
			}
			if p.pos < len(p.s) && p.s[p.pos] == '{' {
				p.fail("got {{, a placeholder outside a string; fill it in first")
			}
			p.fail("got %s, want a key in double quotes", p.near())
		}
		line := p.line
		key := p.str()
		p.space()
		if !p.word(":") {
			p.fail("got %s, want : after the key %s", p.near(), strconv.Quote(key))
		}
		p.space()
		kid := p.value(depth + 1)
		kid.parent, kid.key = v, key
		if i, ok := at[key]; ok {
			v.kids[i] = kid
			v.repeated = append(v.repeated, dup{key, line})
		} else {
			at[key] = len(v.keys)
			v.keys = append(v.keys, key)
			v.kids = append(v.kids, kid)
		}
		p.space()
		if p.word("}") {
			return
		}
		if !p.word(",") {
			p.fail("got %s, want , or } after the value of %s", p.near(), strconv.Quote(key))
		}
		p.space()
	}
}

func (p *parser) array(v *value, depth int) {
	v.kind = arrayKind
	p.pos++
	p.space()
	if p.word("]") {
		return
	}
	for {
		if len(v.kids) > 0 && p.pos < len(p.s) && p.s[p.pos] == ']' {
			p.fail("got a comma before ], want none after the last element")
		}
		kid := p.value(depth + 1)
		kid.parent, kid.index = v, len(v.kids)
		v.kids = append(v.kids, kid)
		p.space()
		if p.word("]") {
			return
		}
		if !p.word(",") {
			p.fail("got %s, want , or ] after the element", p.near())
		}
		p.space()
	}
}

func (p *parser) str() string {
	p.pos++
	begin := p.pos
	var b []byte // nil while the text needs no decoding
	for {
		if p.pos >= len(p.s) {
			p.fail("the string does not end")
		}
		switch c := p.s[p.pos]; {
		case c == '"':
			out := p.s[begin:p.pos]
			p.pos++
			if b != nil {
				return string(b)
			}
			return out
		case c < 0x20:
			p.fail("got a control character in a string; write \\n or \\t")
		case c == '\\':
			if b == nil {
				b = append(make([]byte, 0, p.pos-begin+16), p.s[begin:p.pos]...)
			}
			b = utf8.AppendRune(b, p.escape())
		case c < utf8.RuneSelf:
			if b != nil {
				b = append(b, c)
			}
			p.pos++
		default:
			r, n := utf8.DecodeRuneInString(p.s[p.pos:])
			if r == utf8.RuneError && n == 1 {
				p.fail("got a byte that is not UTF-8 in a string")
			}
			if b != nil {
				b = utf8.AppendRune(b, r)
			}
			p.pos += n
		}
	}
}

func (p *parser) escape() rune {
	if p.pos+1 >= len(p.s) {
		p.fail("the string does not end")
	}
	c := p.s[p.pos+1]
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		p.pos += 2
		return rune("\"\\/\b\f\n\r\t"[i])
	}
	if c != 'u' {
		p.fail(`got \%s in a string, want one of \" \\ \/ \b \f \n \r \t, or \u and four hex digits`, string(rune(c)))
	}
	r := p.hex()
	if utf16.IsSurrogate(r) {
		if strings.HasPrefix(p.s[p.pos:], `\u`) {
			return utf16.DecodeRune(r, p.hex())
		}
		return utf8.RuneError
	}
	return r
}

func (p *parser) hex() rune {
	if p.pos+6 > len(p.s) {
		p.fail(`got an unfinished \u, want four hexadecimal digits`)
	}
	n, err := strconv.ParseUint(p.s[p.pos+2:p.pos+6], 16, 16)
	if err != nil {
		p.fail(`got \u%s, want four hexadecimal digits`, strings.ToValidUTF8(p.s[p.pos+2:p.pos+6], "?"))
	}
	p.pos += 6
	return rune(n)
}

// number reads a number by the grammar of JSON.
func (p *parser) number() string {
	begin := p.pos
	digits := func() {
		n := p.pos
		for p.pos < len(p.s) && p.s[p.pos] >= '0' && p.s[p.pos] <= '9' {
			p.pos++
		}
		if p.pos == n {
			p.fail("got %s, want a digit", p.near())
		}
	}
	p.word("-")
	if !p.word("0") {
		digits()
	} else if p.pos < len(p.s) && p.s[p.pos] >= '0' && p.s[p.pos] <= '9' {
		p.fail("got a number with a leading zero, which JSON does not have")
	}
	if p.word(".") {
		digits()
	}
	if p.word("e") || p.word("E") {
		if !p.word("+") {
			p.word("-")
		}
		digits()
	}
	return p.s[begin:p.pos]
}
