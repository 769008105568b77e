package query

import (
	"fmt"
	"regexp"
	"strings"
)

// compileJava translates a Java regular expression (java.util.regex) to RE2,
// which Go has. The whole value must match, as Java's matches() asks: AWS says
// "matches" and its examples ("g2.*") would need no ".*" otherwise. What RE2
// lacks (look-around, back references, possessive quantifiers, atomic groups)
// and what it reads otherwise (unions and intersections of classes) is refused.
// Source: https://docs.oracle.com/javase/8/docs/api/java/util/regex/Pattern.html
func compileJava(pattern string) (*regexp.Regexp, error) {
	out, err := translateJava(pattern)
	if err != nil {
		return nil, err
	}
	if _, err := regexp.Compile(out); err != nil { // unwrapped: an unbalanced ")" must not pair with ours
		return nil, fmt.Errorf("regular expression %q: %s", clip(pattern), strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	return regexp.Compile(`\A(?:` + out + `)\z`)
}

// posix are Java's names of ASCII classes that RE2 writes otherwise.
var posix = map[string]string{
	"Lower": "a-z", "Upper": "A-Z", "ASCII": `\x00-\x7F`, "Alpha": "a-zA-Z", "Digit": "0-9",
	"Alnum": "a-zA-Z0-9", "Punct": "!-/:-@\\[-`{-~", "Graph": "!-~", "Print": " -~",
	"Blank": ` \t`, "Cntrl": `\x00-\x1F\x7F`, "XDigit": "0-9a-fA-F", "Space": `\t\n\x0B\f\r `,
}

// escapes are the ones RE2 lacks or reads otherwise; usable inside a class too.
var escapes = map[byte]string{
	's': `\t\n\x0B\f\r `, 'h': `\t \x{A0}\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}`, 'e': `\x1B`,
}

func translateJava(p string) (string, error) {
	refuse := func(at int, what string) (string, error) {
		return "", fmt.Errorf("regular expression %q: at its offset %d: %s", clip(p), at, what)
	}
	var b strings.Builder
	class, first := false, 0 // inside [...], offset of its first member
	quantified := false      // the piece before is a quantifier
	for i := 0; i < len(p); i++ {
		rest := p[i:]
		was := quantified
		quantified = false
		switch c := p[i]; {
		case strings.HasPrefix(rest, `\Q`):
			end := strings.Index(rest, `\E`)
			if end < 0 {
				end = len(rest)
			}
			b.WriteString(regexp.QuoteMeta(rest[2:end]))
			i += min(end+2, len(rest)) - 1
		case c == '\\':
			n, text, what := escape(rest, class)
			if what != "" {
				return refuse(i, what)
			}
			b.WriteString(text)
			i += n - 1
		case class && c == '[':
			return refuse(i, `a class inside a class is not supported; write \[ for the character`)
		case class && strings.HasPrefix(rest, "&&"):
			return refuse(i, "intersections of classes are not supported")
		case class && c == ']' && i == first:
			return refuse(i, `an empty class; write \] for the character`)
		case class:
			class = c != ']'
			b.WriteByte(c)
		case c == '[':
			class = true
			b.WriteByte(c)
			if strings.HasPrefix(rest, "[^") {
				b.WriteByte('^')
				i++
			}
			first = i + 1
		case c == '+' && was:
			return refuse(i, "possessive quantifiers are not supported")
		case strings.IndexByte("*+?", c) >= 0:
			quantified = true
			b.WriteByte(c)
		case c == '{' && strings.IndexByte(rest, '}') > 0:
			n := strings.IndexByte(rest, '}') + 1
			quantified = true
			b.WriteString(rest[:n])
			i += n - 1
		case strings.HasPrefix(rest, "(?=") || strings.HasPrefix(rest, "(?!") ||
			strings.HasPrefix(rest, "(?<=") || strings.HasPrefix(rest, "(?<!"):
			return refuse(i, "look-ahead and look-behind are not supported; use not(...) around the test")
		case strings.HasPrefix(rest, "(?>"):
			return refuse(i, "atomic groups are not supported")
		case strings.HasPrefix(rest, "(?P"):
			return refuse(i, "a named group is written (?<name>...)")
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

// escape translates the escape at the start of s: its length and its text, or
// what is wrong.
func escape(s string, class bool) (int, string, string) {
	if len(s) == 1 {
		return 0, "", "a lone backslash"
	}
	set := func(negated bool, members string) string {
		switch {
		case class:
			return members
		case negated:
			return "[^" + members + "]"
		}
		return "[" + members + "]"
	}
	switch c := s[1]; c {
	case '1', '2', '3', '4', '5', '6', '7', '8', '9', 'k':
		return 0, "", "back references are not supported"
	case 'G', 'R', 'X', 'N', 'c':
		return 0, "", fmt.Sprintf(`\%c is not supported`, c)
	case 'Z':
		return 2, `\z`, ""
	case 's', 'h', 'e':
		return 2, set(false, escapes[c]), ""
	case 'S', 'H':
		if class {
			return 0, "", fmt.Sprintf(`\%c inside a class is not supported`, c)
		}
		return 2, set(true, escapes[c+'a'-'A']), ""
	case 'u':
		if len(s) < 6 {
			return 0, "", `\u needs four hexadecimal digits`
		}
		return 6, `\x{` + s[2:6] + `}`, ""
	case '0':
		n := 2
		for n < len(s) && n < 5 && s[n] >= '0' && s[n] <= '7' {
			n++
		}
		if n == 2 {
			return 0, "", `\0 needs octal digits`
		}
		return n, `\x{` + octalHex(s[2:n]) + `}`, ""
	case 'p', 'P':
		end := strings.IndexByte(s, '}')
		if len(s) < 3 || s[2] != '{' || end < 0 {
			break
		}
		name := s[3:end]
		if members, ok := posix[name]; ok {
			if class && c == 'P' {
				return 0, "", `\P{` + name + `} inside a class is not supported`
			}
			return end + 1, set(c == 'P', members), ""
		}
		return end + 1, `\` + string(c) + `{` + strings.TrimPrefix(name, "Is") + `}`, ""
	}
	return 2, s[:2], ""
}

func octalHex(octal string) string {
	n := 0
	for _, d := range []byte(octal) {
		n = n*8 + int(d-'0')
	}
	return fmt.Sprintf("%x", n)
}
