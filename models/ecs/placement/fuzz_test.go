package placement

import "testing"

// FuzzTexts: no text panics, and what parses prints a form that parses to the
// same.
func FuzzTexts(f *testing.F) {
	for _, s := range []string{"spread(attribute:ecs.availability-zone)", "binpack(MEMORY)", "random", "distinctInstance",
		"memberOf(attribute:ecs.instance-type =~ m6a.*)", "memberOf(not(task:group == db))", "spread(host)", "x(", "()"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := ParseRule(text); err == nil {
			if again, err := ParseRule(r.String()); err != nil || again.String() != r.String() {
				t.Errorf("%q prints as %q, which gives %v, %v", text, r, again, err)
			}
		}
		if c, err := ParseConstraint(text); err == nil && len(c.String()) < 1900 {
			if again, err := ParseConstraint(c.String()); err != nil || again.String() != c.String() {
				t.Errorf("%q prints as %q, which gives %v, %v", text, c, again, err)
			}
		}
	})
}
