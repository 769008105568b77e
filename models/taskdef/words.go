package taskdef

import (
	"regexp"
	"strings"
	"time"
)

// placeholder matches what templating leaves behind: ${X}, {{x}}, <x>, __X__,
// %X%, @X@, [[x]], $X.
var placeholder = regexp.MustCompile(`\$\{[^}]*\}|\{\{.*?\}\}|<%.*?%>|<[A-Za-z][^<>]*>|__[A-Za-z0-9][A-Za-z0-9_]*__|%[A-Z][A-Z0-9_]*%|@[A-Z][A-Z0-9_]*@|\[\[.*?\]\]|\$[A-Z][A-Z0-9_]+`)

func isPlaceholder(s string) bool {
	return strings.ContainsAny(s, "$<_%@[{") && placeholder.MatchString(s)
}

// isDate accepts a number of seconds since 1970 or ISO 8601 text.
func isDate(v *value) bool {
	if v.kind == numberKind {
		return true
	}
	if v.kind != stringKind {
		return false
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999-07:00", "2006-01-02 15:04:05", time.DateOnly} {
		if _, err := time.Parse(layout, v.text); err == nil {
			return true
		}
	}
	return false
}

// nearest returns the name most like got, "" when none is near.
func nearest(got string, names []string) string {
	best, distance := "", 1<<30
	for _, n := range names {
		if d := distanceOf(strings.ToLower(got), strings.ToLower(n)); d < distance {
			best, distance = n, d
		}
	}
	if best == "" || distance > max(1, min(len(got), len(best))/3) {
		return ""
	}
	return best
}

// distanceOf counts the insertions, deletions and replacements that turn a
// into b (Levenshtein). Long names are not compared: nobody mistypes one.
func distanceOf(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return max(len(a), len(b))
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
