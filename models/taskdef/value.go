package taskdef

import (
	"strconv"
	"strings"
)

// get returns an object's member; nil if v is nil or no object, or if the
// member is absent or null, which ECS treats alike.
func (v *value) get(key string) *value {
	if v == nil {
		return nil
	}
	for i, k := range v.keys {
		if k == key {
			if v.kids[i].kind == nullKind {
				return nil
			}
			return v.kids[i]
		}
	}
	return nil
}

// list returns the elements of an array member that are not null.
func (v *value) list(key string) (out []*value) {
	m := v.get(key)
	if m == nil || m.kind != arrayKind {
		return nil
	}
	for _, e := range m.kids {
		if e.kind != nullKind {
			out = append(out, e)
		}
	}
	return out
}

// str returns a string member, "" if there is none.
func (v *value) str(key string) string {
	if m := v.get(key); m != nil && m.kind == stringKind {
		return m.text
	}
	return ""
}

// number returns a member that is a whole number.
func (v *value) number(key string) (int64, bool) { return v.get(key).integer() }

func (v *value) integer() (int64, bool) {
	if v == nil || v.kind != numberKind {
		return 0, false
	}
	n, err := strconv.ParseInt(v.text, 10, 64)
	return n, err == nil
}

// yes reports a member that is true.
func (v *value) yes(key string) bool {
	m := v.get(key)
	return m != nil && m.kind == boolKind && m.text == "true"
}

// used reports a member that asks for something: not false, empty or null.
func (v *value) used(key string) bool {
	m := v.get(key)
	switch {
	case m == nil:
		return false
	case m.kind == boolKind:
		return m.text == "true"
	case m.kind == stringKind:
		return m.text != ""
	case m.kind == arrayKind, m.kind == objectKind:
		return len(m.kids) > 0
	}
	return true
}

// at is the member if it is there, else v: where to point for a missing key.
func (v *value) at(key string) *value {
	if m := v.get(key); m != nil {
		return m
	}
	return v
}

// path names a value as AWS's messages do: containerDefinitions[1].cpu. The
// describe wrapper is left out.
func (v *value) path() string {
	if v == nil || v.parent == nil {
		return ""
	}
	at := v.parent.path()
	if v.parent.kind == arrayKind {
		return at + "[" + strconv.Itoa(v.index) + "]"
	}
	return joinPath(at, v.key)
}

func joinPath(at, key string) string {
	plain := key != ""
	for _, c := range []byte(key) {
		plain = plain && (c == '_' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z')
	}
	if !plain {
		return at + "[" + strconv.Quote(cut(key)) + "]"
	}
	if at == "" {
		return key
	}
	return at + "." + key
}

// describe says what was got, on one short line.
func (v *value) describe() string {
	switch v.kind {
	case stringKind:
		return "the string " + strconv.Quote(cut(v.text))
	case numberKind:
		return "the number " + cut(v.text)
	case boolKind, nullKind:
		return v.text
	case arrayKind:
		return "a list"
	}
	return "an object"
}

// cut shortens what is quoted in a message.
func cut(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:57], "") + "..."
	}
	return s
}

// size is the length of v as JSON without blanks and nulls.
func (v *value) size() int {
	switch v.kind {
	case stringKind:
		return len(v.text) + 2
	case numberKind, boolKind, nullKind:
		return len(v.text)
	}
	n := 1
	for i, k := range v.kids {
		if k.kind == nullKind {
			continue
		}
		n += k.size() + 1
		if v.kind == objectKind {
			n += len(v.keys[i]) + 3
		}
	}
	return n + 1
}
