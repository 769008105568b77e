package query

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// machine is an instance for tests.
type machine struct {
	attributes map[string]string
	connected  bool
	version    string
	id         string
	registered time.Time
	tasks      int
	groups     []string
}

func (m *machine) Attribute(name string) (string, bool) {
	v, ok := m.attributes[name]
	return v, ok
}
func (m *machine) AgentConnected() bool    { return m.connected }
func (m *machine) AgentVersion() string    { return m.version }
func (m *machine) EC2InstanceID() string   { return m.id }
func (m *machine) RegisteredAt() time.Time { return m.registered }
func (m *machine) RunningTasksCount() int  { return m.tasks }
func (m *machine) RunsGroup(g string) bool {
	for _, x := range m.groups {
		if x == g {
			return true
		}
	}
	return false
}
func (m *machine) EachGroup(yield func(string) bool) {
	for _, g := range m.groups {
		if !yield(g) {
			return
		}
	}
}

func sample() *machine {
	return &machine{
		attributes: map[string]string{
			"ecs.instance-type": "g2.xlarge", "ecs.availability-zone": "us-east-1a", "empty": "", "stack": "web tier",
		},
		connected: true, version: "1.89.2", id: "i-0abc", tasks: 3,
		registered: time.Date(2018, 6, 18, 22, 28, 28, 0, time.UTC),
		groups:     []string{"service:production", "family:batch"},
	}
}

func Example() {
	e, err := Parse("attribute:ecs.instance-type =~ g2.* and attribute:ecs.availability-zone != us-east-1d")
	fmt.Println(e.Match(sample()), e.Dynamic(), err)
	_, err = Parse("attribute:ecs.instance-type > t2")
	fmt.Println(err)
	// Output:
	// true false <nil>
	// cluster query: at offset 28 of "attribute:ecs.instance-type > t2": got ">", want an operator of attribute:NAME: == != exists !exists in !in =~ !~
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		text    string
		want    bool
		dynamic bool
	}{
		// The examples of AWS's page.
		{"attribute:ecs.instance-type == t2.small", false, false},
		{"attribute:ecs.availability-zone in [us-east-1a, us-east-1b]", true, false},
		{"attribute:ecs.instance-type =~ g2.* and attribute:ecs.availability-zone != us-east-1d", true, false},
		{"task:group == service:production", true, true},
		{"not(task:group == database)", true, true},
		{"runningTasksCount == 1", false, true},
		{"registeredAt >= 2018-06-18T00:00:00Z", true, false},

		{"attribute:ecs.instance-type equals g2.xlarge", true, false},
		{"attribute:ecs.instance-type not_equals g2.xlarge", false, false},
		{"attribute:ecs.instance-type==g2.xlarge", true, false},
		{"attribute:stack == \"web tier\"", true, false},
		{"attribute:stack == 'web tier'", true, false},
		{"attribute:stack exists", true, false},
		{"attribute:empty exists", true, false},
		{"attribute:none exists", false, false},
		{"attribute:none !exists", true, false},
		{"attribute:none not_exists", true, false},
		{"attribute:none == x", false, false},
		{"attribute:none != x", true, false},
		{"attribute:none !in [x]", true, false},
		{"attribute:ecs.instance-type not_in [a, 'g2.xlarge']", false, false},
		{"attribute:ecs.instance-type in [a]", false, false},
		{"attribute:ecs.instance-type =~ g2", false, false}, // the whole value must match
		{"attribute:ecs.instance-type =~ 2", false, false},
		{"attribute:ecs.instance-type matches g2\\.(x?large|medium)", true, false},
		{"(attribute:a exists or attribute:ecs.instance-type =~ (g2|g3)\\.x.*) and agentConnected == true", true, true},
		{"attribute:ecs.instance-type =~ [c-g]2\\.\\w+", true, false},
		{"attribute:ecs.instance-type !~ t2.*", true, false},
		{"attribute:ecs.instance-type not_matches 'g2.*'", false, false},
		{"agentConnected == true", true, true},
		{"agentConnected != true", false, true},
		{"agentVersion >= 1.9", true, false},
		{"agentVersion < 1.100.0", true, false},
		{"agentVersion greater_than 1.89.2", false, false},
		{"agentVersion less_than_equal 1.89.2.0", true, false},
		{"agentVersion == 1.89.2", true, false},
		{"ec2InstanceId in ['i-0abc', i-1]", true, false},
		{"ec2InstanceId =~ i-0.*", true, false},
		{"registeredAt == 2018-06-18T22:28:28+00:00", true, false},
		{"registeredAt == 2018-06-19T00:28:28+02:00", true, false},
		{"registeredAt == 2018-06-18T22:28:28Z", true, false},
		{"registeredAt == 2018-06-18T22:28:28", true, false},
		{"registeredAt > 2018-06-18", true, false},
		{"registeredAt < 2018-06-18", false, false},
		{"runningTasksCount >= 3 && runningTasksCount less_than 4", true, true},
		{"runningTasksCount > 3 || !(runningTasksCount greater_than_equal 3)", false, true},
		{"!runningTasksCount == 3", false, true},
		{"task:group in [a, family:batch]", true, true},
		{"task:group =~ family:.*", true, true},
		{"task:group !~ family:.*", false, true},
		// and binds before or, not before both.
		{"attribute:stack exists or attribute:none exists and attribute:none exists", true, false},
		{"not attribute:none exists and attribute:none exists", false, false},
	} {
		e, err := Parse(c.text)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if got := e.Match(sample()); got != c.want || e.Dynamic() != c.dynamic {
			t.Errorf("%s: match %v, dynamic %v; want %v, %v", c.text, got, e.Dynamic(), c.want, c.dynamic)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		text   string
		offset int
		what   string
	}{
		{"", 0, "empty"},
		{"instance-type == x", 0, `unknown subject "instance-type", known are attribute:NAME, agentConnected`},
		{"attribute: == x", 0, "needs a name"},
		{"attribute:a", 11, "want an operator"},
		{"attribute:a ==", 14, "got the end, want a value"},
		{"attribute:a == x y", 17, "want and, or, or the end"},
		{"attribute:a == x and", 20, "want a subject"},
		{"(attribute:a == x", 17, "closes the one at offset 0"},
		{"(attribute:a == x)", 0, "parentheses are for compound expressions"},
		{"attribute:a in x", 15, "want a list"},
		{"attribute:a in [x y]", 18, `want "," or "]"`},
		{"attribute:a in []", 16, "want a value"},
		{"attribute:a == 'x", 15, "never closed"},
		{"attribute:a < 3", 12, "want an operator of attribute:NAME"},
		{"agentConnected == yes", 18, "want true or false"},
		{"agentConnected exists", 15, "want an operator of agentConnected"},
		{"agentVersion > latest", 15, "want an agent version"},
		{"registeredAt > yesterday", 15, "want a date"},
		{"runningTasksCount > -1", 20, "0 or more"},
		{"runningTasksCount =~ 1", 18, "want an operator of runningTasksCount: == != > >= < <="},
		{"attribute:a =~ (x", 15, "missing closing )"},
		{"attribute:a =~ a++", 15, "possessive"},
		{"attribute:a =~ (?!x).*", 15, "look-ahead"},
		{"attribute:a =~ (?<=x)y", 15, "look-ahead and look-behind"},
		{"attribute:a =~ (?>x)", 15, "atomic"},
		{"attribute:a =~ '(x)\\1'", 15, "back references"},
		{"attribute:a =~ [a-z&&[^b]]", 15, "intersections"},
		{"attribute:a =~", 14, "want a regular expression"},
		{"attribute:" + strings.Repeat("a", 129) + " exists", 0, "at most 128"},
		{"attribute:a == " + strings.Repeat("x", 2000), 0, "at most 2000"},
		{strings.Repeat("!", 300) + "attribute:a exists", 200, "nested"},
	} {
		_, err := Parse(c.text)
		e, ok := err.(*Error)
		if !ok {
			t.Errorf("%s: got error %v", c.text, err)
			continue
		}
		if e.Offset != c.offset || !strings.Contains(e.What, c.what) {
			t.Errorf("%s: got offset %d, %q; want offset %d and %q", clip(c.text), e.Offset, e.What, c.offset, c.what)
		}
	}
}

// TestJava checks what Java and RE2 read differently.
func TestJava(t *testing.T) {
	for _, c := range []struct {
		pattern, value string
		want           bool
	}{
		{`\Qa.b\E`, "a.b", true}, {`\Qa.b\E`, "axb", false}, {`\Q(\E.*`, "(x", true},
		{`a\sb`, "a\vb", true}, {`a[\s-]b`, "a b", true}, {`\S+`, "ab", true}, {`\S+`, "a b", false},
		{`\p{Lower}+`, "abc", true}, {`\p{Lower}+`, "aBc", false}, {`\P{Digit}+`, "a1", false}, {`[\p{Upper}_]+`, "A_B", true},
		{`\p{IsLatin}+`, "ab", true}, {`\u0041`, "A", true}, {`\0101`, "A", true},
		{`(?<n>a)b`, "ab", true}, {`(?i)T2\..*`, "t2.micro", true}, {`a\Z`, "a", true}, {`a\++`, "a++", true},
		{`a|b`, "ab", false}, {`a|ab`, "ab", true}, {`\h`, " ", true}, {`\H`, " ", false},
	} {
		re, err := compileJava(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
		} else if got := re.MatchString(c.value); got != c.want {
			t.Errorf("%s on %q: %v, want %v", c.pattern, c.value, got, c.want)
		}
	}
	for _, p := range []string{`a)(b`, `(`, `[]`, `[a[b]]`, `\`, `\k<n>`, `a*+`, `a{2}+`, `\u12`, `\p{No}x}[`, `(?P<n>a)`, `a{1001}`} {
		if re, err := compileJava(p); err == nil {
			t.Errorf("%s: taken as %v, want an error", p, re)
		}
	}
}

// single draws an expression without connectives.
func single(t *rapid.T) string {
	return rapid.SampledFrom([]string{
		"attribute:a == x", "attribute:a exists", "attribute:b =~ [xy]z*", "attribute:b !in [x, 'y z']", "runningTasksCount > 2",
		"agentVersion >= 1.2", "task:group == g", "agentConnected == true", "registeredAt < 2020-01-01", "ec2InstanceId != i-1",
	}).Draw(t, "single")
}

func expression(t *rapid.T, depth int) string {
	if depth == 0 {
		return single(t)
	}
	switch rapid.IntRange(0, 4).Draw(t, "form") {
	case 0:
		return "not(" + expression(t, depth-1) + ")"
	case 1:
		return "(" + expression(t, depth-1) + ") and " + expression(t, depth-1)
	case 2:
		return expression(t, depth-1) + " || (" + expression(t, depth-1) + ")"
	case 3:
		return "!" + single(t) + " && " + expression(t, depth-1)
	}
	return single(t)
}

func anyMachine(t *rapid.T) *machine {
	m := &machine{attributes: map[string]string{}, connected: rapid.Bool().Draw(t, "connected"),
		version: rapid.SampledFrom([]string{"", "1.1.9", "1.10", "2"}).Draw(t, "version"), id: rapid.SampledFrom([]string{"i-1", "i-2"}).Draw(t, "id"),
		tasks: rapid.IntRange(0, 5).Draw(t, "tasks"), registered: time.Date(rapid.IntRange(2018, 2022).Draw(t, "year"), 1, 1, 0, 0, 0, 0, time.UTC)}
	for _, n := range []string{"a", "b"} {
		if rapid.Bool().Draw(t, n) {
			m.attributes[n] = rapid.SampledFrom([]string{"", "x", "y z", "xzz"}).Draw(t, n+" value")
		}
	}
	if rapid.Bool().Draw(t, "g") {
		m.groups = []string{"g"}
	}
	return m
}

func mustParse(t *rapid.T, text string) *Expr {
	e, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestLogic holds the laws of logic on random expressions: double negation,
// De Morgan, and the canonical form that means the same.
func TestLogic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, m := expression(t, 3), expression(t, 2), anyMachine(t)
		x, y := mustParse(t, a).Match(m), mustParse(t, b).Match(m)
		for _, c := range []struct {
			text string
			want bool
		}{
			{"not(not(" + a + "))", x},
			{"not((" + a + ") and (" + b + "))", !x || !y},
			{"not(" + a + ") or not(" + b + ")", !x || !y},
			{"!((" + a + ") || (" + b + "))", !x && !y},
			{"not(" + a + ") && not(" + b + ")", !x && !y},
		} {
			if got := mustParse(t, c.text).Match(m); got != c.want {
				t.Fatalf("%s: %v, want %v", c.text, got, c.want)
			}
		}
		e := mustParse(t, a)
		again := mustParse(t, e.String())
		if again.String() != e.String() || again.Match(m) != x || again.Dynamic() != e.Dynamic() {
			t.Fatalf("%s prints as %s, which prints as %s", a, e, again)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"attribute:a =~ g2.* and not(task:group == db)", "(a", "attribute:a in [x, 'y']", "registeredAt > 2018-06-18",
		`attribute:a =~ \Q[\E[a-z]{2,}+`, "!agentConnected == true", `attribute:a =~ "'"`, `attribute:a =~ (a|b)\p{Alpha}`} {
		f.Add(s)
	}
	m := sample()
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Parse(text)
		if err != nil {
			if x := err.(*Error); x.Offset < 0 || x.Offset > len(text) || x.What == "" {
				t.Fatalf("%q: offset %d of %d, %q", text, x.Offset, len(text), x.What)
			}
			return
		}
		again, err := Parse(e.String())
		if err != nil {
			if len(e.String()) > MaxLength {
				return
			}
			t.Fatalf("%q prints as %q: %v", text, e, err)
		}
		if again.Match(m) != e.Match(m) || again.String() != e.String() {
			t.Fatalf("%q prints as %q, which means otherwise", text, e)
		}
	})
}
