package query

import (
	"strings"
	"unicode/utf8"
)

type kind uint8

const (
	tokEnd kind = iota
	tokWord
	tokQuoted
	tokPunct // ( ) [ ] , and every operator written with symbols
)

// token is a piece of the expression; text is unquoted for tokQuoted.
type token struct {
	kind   kind
	text   string
	offset int
}

// is tells whether the token is that piece of punctuation or that bare word.
func (t token) is(text string) bool {
	return (t.kind == tokPunct || t.kind == tokWord) && t.text == text
}

func (t token) String() string {
	if t.kind == tokEnd {
		return "the end"
	}
	return `"` + clip(t.text) + `"`
}

// symbols are matched longest first.
var symbols = []string{"!exists", "!in", "==", "!=", ">=", "<=", "=~", "!~", "&&", "||", ">", "<", "!", "(", ")", "[", "]", ","}

// next returns the token at or after offset at and the offset behind it.
func next(text string, at int) (token, int, *Error) {
	at = skipBlank(text, at)
	if at == len(text) {
		return token{offset: at}, at, nil
	}
	if c := text[at]; c == '"' || c == '\'' {
		return quoted(text, at)
	}
	for _, s := range symbols {
		if !strings.HasPrefix(text[at:], s) {
			continue
		}
		end := at + len(s)
		if (s == "!in" || s == "!exists") && end < len(text) && wordByte(text[end]) {
			continue // "!inner == 1" is a negation
		}
		return token{tokPunct, s, at}, end, nil
	}
	end := at
	for end < len(text) && wordByte(text[end]) {
		end++
	}
	if end == at {
		r, _ := utf8.DecodeRuneInString(text[at:])
		return token{}, at, &Error{text, at, "unexpected character " + quoteRune(r) + "; put a literal that holds it in quotes"}
	}
	return token{tokWord, text[at:end], at}, end, nil
}

// wordByte tells whether a byte may stand in a bare word. Names and values of
// attributes use letters, digits and - _ . / \ @ : (and inner blanks, which
// need quotes); a few more are let through for bare regular expressions.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Attribute.html
func wordByte(c byte) bool {
	switch c {
	case ' ', '\t', '\n', '\r', '(', ')', '[', ']', ',', '"', '\'', '=', '!', '<', '>', '~', '&', '|':
		return false
	}
	return c > ' ' && c != 0x7f
}

func skipBlank(text string, at int) int {
	for at < len(text) && strings.IndexByte(" \t\n\r", text[at]) >= 0 {
		at++
	}
	return at
}

func quoted(text string, at int) (token, int, *Error) {
	q := text[at]
	end := strings.IndexByte(text[at+1:], q)
	if end < 0 {
		return token{}, at, &Error{text, at, "this quote is never closed"}
	}
	return token{tokQuoted, text[at+1 : at+1+end], at}, at + end + 2, nil
}

// pattern reads the argument of =~ and !~: quoted, or bare up to a blank or to
// a parenthesis that closes an outer one. Round and square brackets inside
// must balance; a backslash takes the next character with it.
func pattern(text string, at int) (token, int, *Error) {
	at = skipBlank(text, at)
	if at < len(text) && (text[at] == '"' || text[at] == '\'') {
		return quoted(text, at)
	}
	round, square, end := 0, false, at
scan:
	for ; end < len(text); end++ {
		switch c := text[end]; {
		case c == '\\' && end+1 < len(text):
			end++
		case strings.IndexByte(" \t\n\r", c) >= 0:
			break scan
		case square:
			square = c != ']'
		case c == '[':
			square = true
		case c == '(':
			round++
		case c == ')':
			if round == 0 {
				break scan
			}
			round--
		case round == 0 && (strings.HasPrefix(text[end:], "&&") || strings.HasPrefix(text[end:], "||")):
			break scan
		}
	}
	if end > len(text) {
		end = len(text)
	}
	if end == at {
		return token{offset: at}, at, nil
	}
	return token{tokWord, text[at:end], at}, end, nil
}

func quoteRune(r rune) string {
	if r == utf8.RuneError {
		return "(invalid UTF-8)"
	}
	return `"` + string(r) + `"`
}
