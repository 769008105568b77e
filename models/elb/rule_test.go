package elb

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestRoute is what AWS documents: the lowest priority first, the default
// last, * and ? across slashes, paths by case, hosts not, no query.
func TestRoute(t *testing.T) {
	b := LoadBalancer{Name: "public", Type: Application, Listeners: []Listener{{Port: 443, Protocol: "HTTPS", Default: "web", Rules: []Rule{
		{Priority: 50, Paths: []string{"/*/img?.png"}, Target: "images"},
		{Priority: 20, Paths: []string{"/api/*", "/v2"}, Target: "api"},
		{Priority: 10, Hosts: []string{"*.Example.com"}, Paths: []string{"/api/admin/*"}, Target: "admin"},
		{Priority: 30, Hosts: []string{"shop.example.org"}, Target: "shop"},
	}}}}
	b.Sort()
	for _, c := range []struct{ host, path, want string }{
		{"www.example.com", "/api/admin/users", "admin"},
		{"WWW.EXAMPLE.COM:443", "/api/admin/", "admin"},
		{"example.com", "/api/admin/users", "api"}, // *. wants a dot before
		{"x", "/api/", "api"},
		{"x", "/api", "web"},
		{"x", "/API/a", "web"}, // paths go by case
		{"x", "/v2", "api"},
		{"x", "/v2?x=1", "api"},
		{"x", "/v2/", "web"},
		{"Shop.Example.Org", "/anything", "shop"},
		{"x", "/a/b/c/img7.png", "images"},
		{"x", "/a/img.png", "web"},
		{"x", "/web?next=/api/x", "web"},
	} {
		if got, ok := b.Route(443, c.host, c.path); got != c.want || !ok {
			t.Errorf("%s%s: got %q, want %q", c.host, c.path, got, c.want)
		}
	}
	if got, ok := b.Route(80, "x", "/"); ok {
		t.Errorf("port 80 has no listener and goes to %q", got)
	}
	b.Listeners[0].Default = ""
	if _, ok := b.Route(443, "x", "/"); ok {
		t.Error("a listener without a default sends a request that no rule takes somewhere")
	}
}

// TestWildcards compares with a matcher that tries every way.
func TestWildcards(t *testing.T) {
	var slow func(p, s string) bool
	slow = func(p, s string) bool {
		switch {
		case p == "":
			return s == ""
		case p[0] == '*':
			return slow(p[1:], s) || s != "" && slow(p, s[1:])
		}
		return s != "" && (p[0] == '?' || p[0] == s[0]) && slow(p[1:], s[1:])
	}
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.StringMatching(`[ab/*?]{0,8}`).Draw(t, "pattern")
		s := rapid.StringMatching(`[ab/]{0,8}`).Draw(t, "text")
		if matches(p, s) != slow(p, s) {
			t.Fatalf("%q on %q: got %v", p, s, matches(p, s))
		}
	})
}

func TestRefused(t *testing.T) {
	texts := func(faults []Fault) string {
		var all []string
		for _, f := range faults {
			all = append(all, f.Key+": "+f.Text)
		}
		return strings.Join(all, "\n")
	}
	for _, c := range []struct {
		rule Rule
		want string
	}{
		{Rule{Priority: 1, Paths: []string{"/a*"}}, ""},
		{Rule{Priority: 50000, Hosts: []string{"*.example.com"}}, ""},
		{Rule{Priority: 0, Paths: []string{"/"}}, "priority: got 0, want 1 to 50,000"},
		{Rule{Priority: 50001, Paths: []string{"/"}}, "priority: got 50001, want 1 to 50,000"},
		{Rule{Priority: 1}, "path_pattern: missing; a rule needs a path_pattern or a host_header, only a listener's default has none"},
		{Rule{Priority: 1, Paths: []string{"/ä"}}, "path_pattern: got \"/ä\", want letters, digits, _ - . $ / ~ \" ' @ : + & and the wildcards * and ?"},
		{Rule{Priority: 1, Paths: []string{"a", "b", "c", "d", "e", "f"}}, "path_pattern: got 6 values in its conditions, want at most 5"},
		{Rule{Priority: 1, Paths: []string{"/******"}}, "path_pattern: got 6 wildcards in its conditions, want at most 5"},
		{Rule{Priority: 1, Hosts: []string{"localhost"}}, "host_header: got \"localhost\", want at least one dot, as in *.example.com"},
		{Rule{Priority: 1, Hosts: []string{"10.0.0.1"}}, "host_header: got \"10.0.0.1\", want letters only after the last dot"},
		{Rule{Priority: 1, Paths: []string{strings.Repeat("a", 129)}}, "path_pattern: got \"" + strings.Repeat("a", 129) + "\", want 1 to 128 characters"},
	} {
		if got := texts(c.rule.Check()); got != c.want {
			t.Errorf("%+v: got\n%s\nwant\n%s", c.rule, got, c.want)
		}
	}
	g := TargetGroup{Balancer: Application, SlowStart: 60e9, Algorithm: "least_outstanding_requests"}.Filled()
	if got, want := texts(g.Check()), "slow_start: got 1m with load_balancing_algorithm = \"least_outstanding_requests\"; slow start goes with round_robin only: remove one"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	g = TargetGroup{Balancer: Network, DeregistrationDelay: 3601e9}.Filled()
	if got := texts(g.Check()); !strings.HasPrefix(got, "deregistration_delay: got ") {
		t.Errorf("a delay of 3,601 s is let through: %q", got)
	}
}
