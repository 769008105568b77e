package catalog

import (
	"slices"
	"strings"
)

// nearest returns up to n names most like got, best first: by edit distance,
// then in the order given. Names that share nothing with got are left out.
func nearest(got string, names []string, n int) []string {
	type scored struct {
		name     string
		distance int
	}
	got = strings.ToLower(got)
	limit := max(3, len(got)/2)
	var near []scored
	for _, name := range names {
		if d := editDistance(got, name); d <= limit {
			near = append(near, scored{name, d})
		}
	}
	slices.SortStableFunc(near, func(a, b scored) int { return a.distance - b.distance })
	out := make([]string, 0, n)
	for _, c := range near[:min(n, len(near))] {
		out = append(out, c.name)
	}
	return out
}

// editDistance is Levenshtein's distance in bytes.
// Source: V. I. Levenshtein, Soviet Physics Doklady 10 (8), 1966.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// didYouMean renders nearest names as the end of an error message.
func didYouMean(got string, names []string, otherwise string) string {
	if near := nearest(got, names, 3); len(near) > 0 {
		return "nearest are " + strings.Join(near, ", ")
	}
	return otherwise
}
