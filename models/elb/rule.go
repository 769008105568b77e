package elb

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// LoadBalancer is what a platform pays for by the hour.
type LoadBalancer struct {
	Name      string
	Type      Type
	Internal  bool // no public addresses
	Listeners []Listener
}

// Listener takes requests at a port and sends each to one target.
type Listener struct {
	Port     int
	Protocol string
	Rules    []Rule // of an Application Load Balancer
	// Default is where a request goes that no rule takes; "" answers it with an
	// error of the load balancer's own.
	Default string
}

// Rule sends requests that meet its conditions to a target. Of each condition
// one value must match; a condition without values always holds.
// Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
type Rule struct {
	Priority int // 1 to 50,000, the lowest first
	Paths    []string
	Hosts    []string
	Target   string // who owns the target group: a service
}

// Limits of an Application or Network Load Balancer, the account's defaults.
// Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
const (
	MaxListeners = 50
	MaxRules     = 100 // default rules not counted
	MaxValues    = 5   // condition values of a rule
	MaxWildcards = 5   // wildcards of a rule
	MaxPriority  = 50000
	maxPattern   = 128 // characters
)

// Route returns which target gets a request for host and path that comes in at
// port, and whether any does. The query after "?" plays no part in the path,
// nor a port in the host.
func (b *LoadBalancer) Route(port int, host, path string) (target string, ok bool) {
	for i := range b.Listeners {
		if l := &b.Listeners[i]; l.Port == port {
			target = l.Route(host, path)
			return target, target != ""
		}
	}
	return "", false
}

// Route returns which target gets a request; "" is none. Rules must be in
// order of priority, as Sort puts them.
func (l *Listener) Route(host, path string) string {
	path, _, _ = strings.Cut(path, "?")
	host, _, _ = strings.Cut(strings.ToLower(host), ":")
	for i := range l.Rules {
		if r := &l.Rules[i]; matchesAny(r.Paths, path, false) && matchesAny(r.Hosts, host, true) {
			return r.Target
		}
	}
	return l.Default
}

// Sort puts the rules of every listener in the order in which they are tried.
func (b *LoadBalancer) Sort() {
	for i := range b.Listeners {
		slices.SortStableFunc(b.Listeners[i].Rules, func(x, y Rule) int { return cmp.Compare(x.Priority, y.Priority) })
	}
}

func matchesAny(patterns []string, s string, fold bool) bool {
	for _, p := range patterns {
		if fold {
			p = strings.ToLower(p)
		}
		if matches(p, s) {
			return true
		}
	}
	return len(patterns) == 0
}

// matches tells whether pattern takes all of s: * stands for any number of
// characters, none included, ? for exactly one. Both go across slashes.
func matches(pattern, s string) bool {
	p, at := 0, 0
	star, from := -1, 0 // the last *, and where what follows it is tried
	for at < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, at
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[at]):
			p++
			at++
		case star >= 0:
			from++
			p, at = star+1, from
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

const (
	conditionsDoc = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html"
	limitsDoc     = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html"
	listenersDoc  = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html"
	rulesDoc      = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html"
)

// Check returns what AWS would refuse of a rule by itself.
func (r *Rule) Check() (faults []Fault) {
	add := func(key, source, format string, args ...any) {
		faults = append(faults, Fault{key, fmt.Sprintf(format, args...), source})
	}
	if r.Priority < 1 || r.Priority > MaxPriority {
		add("priority", rulesDoc, "got %d, want 1 to 50,000", r.Priority)
	}
	if n := len(r.Paths) + len(r.Hosts); n == 0 {
		add("path_pattern", rulesDoc, "missing; a rule needs a path_pattern or a host_header, only a listener's default has none")
	} else if n > MaxValues {
		add("path_pattern", limitsDoc, "got %d values in its conditions, want at most %d", n, MaxValues)
	}
	wild := 0
	for _, p := range r.Paths {
		wild += strings.Count(p, "*") + strings.Count(p, "?")
		if why := badPath(p); why != "" {
			add("path_pattern", conditionsDoc, "got %q, %s", p, why)
		}
	}
	for _, p := range r.Hosts {
		wild += strings.Count(p, "*") + strings.Count(p, "?")
		if why := badHost(p); why != "" {
			add("host_header", conditionsDoc, "got %q, %s", p, why)
		}
	}
	if wild > MaxWildcards {
		add("path_pattern", limitsDoc, "got %d wildcards in its conditions, want at most %d", wild, MaxWildcards)
	}
	return faults
}

func letterOrDigit(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// badPath says why a path pattern is refused, "" if it is not.
func badPath(p string) string {
	switch {
	case p == "" || len(p) > maxPattern:
		return "want 1 to 128 characters"
	case strings.ContainsFunc(p, func(c rune) bool { return !letterOrDigit(c) && !strings.ContainsRune(`_-.$/~"'@:+&*?`, c) }):
		return `want letters, digits, _ - . $ / ~ " ' @ : + & and the wildcards * and ?`
	}
	return ""
}

// badHost says why a host name pattern is refused, "" if it is not.
func badHost(p string) string {
	dot := strings.LastIndexByte(p, '.')
	switch {
	case p == "" || len(p) > maxPattern:
		return "want 1 to 128 characters"
	case strings.ContainsFunc(p, func(c rune) bool { return !letterOrDigit(c) && !strings.ContainsRune("-.*?", c) }):
		return "want letters, digits, - . and the wildcards * and ?"
	case dot < 0:
		return "want at least one dot, as in *.example.com"
	case dot == len(p)-1 || strings.ContainsFunc(p[dot+1:], func(c rune) bool { return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') }):
		return "want letters only after the last dot"
	}
	return ""
}

// Check returns what AWS would refuse of a load balancer as a whole.
func (b *LoadBalancer) Check() (faults []Fault) {
	add := func(key, source, format string, args ...any) {
		faults = append(faults, Fault{key, fmt.Sprintf(format, args...), source})
	}
	t, ok := types[b.Type]
	if !ok {
		return []Fault{{"type", fmt.Sprintf("got %q, want application, network or classic", b.Type), ""}}
	}
	if why := badName(b.Name); why != "" {
		add("name", "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html", "got the name %q, %s", b.Name, why)
	}
	if len(b.Listeners) > MaxListeners {
		add("listeners", limitsDoc, "got %d listeners, want at most %d", len(b.Listeners), MaxListeners)
	}
	ports, rules := map[int]bool{}, 0
	for i := range b.Listeners {
		l := &b.Listeners[i]
		if l.Port < 1 || l.Port > 65535 {
			add("listeners", listenersDoc, "got port %d, want 1 to 65535", l.Port)
		}
		if ports[l.Port] {
			add("listeners", listenersDoc, "got two listeners at port %d, want one a port", l.Port)
		}
		ports[l.Port] = true
		if !slices.Contains(t.protocols, l.Protocol) {
			add("listeners", listenersDoc, "got protocol %q, want %s on a load balancer of type %s", l.Protocol, strings.Join(t.protocols, ", "), b.Type)
		}
		rules += len(l.Rules)
	}
	if rules > MaxRules {
		add("listeners", limitsDoc, "got %d rules on %s, want at most %d; use a second load balancer", rules, b.Name, MaxRules)
	}
	return faults
}

// badName says why a load balancer cannot have this name, "" if it can.
func badName(s string) string {
	switch {
	case s == "" || len(s) > 32:
		return "want 1 to 32 characters"
	case strings.ContainsFunc(s, func(c rune) bool { return !letterOrDigit(c) && c != '-' }):
		return "want letters, digits and hyphens"
	case s[0] == '-' || s[len(s)-1] == '-':
		return "want no hyphen at its beginning or end"
	case strings.HasPrefix(s, "internal-"):
		return `want one that does not begin with "internal-"`
	}
	return ""
}

// forwards are the target group protocols that a Network Load Balancer's
// listener forwards to.
// Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-target-groups.html
var forwards = map[string][]string{
	"TCP": {"TCP", "TCP_UDP"}, "TLS": {"TCP", "TLS"}, "UDP": {"UDP", "TCP_UDP"}, "TCP_UDP": {"TCP_UDP"},
}

// Forwards returns why a listener of type t with one protocol cannot forward
// to a target group of another, "" if it can.
func (t Type) Forwards(listener, group string) string {
	if t == Network && !slices.Contains(forwards[listener], group) {
		return fmt.Sprintf("got %q behind a listener of protocol %s, want %s", group, listener, strings.Join(forwards[listener], " or "))
	}
	return ""
}
