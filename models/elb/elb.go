// Package elb models Elastic Load Balancing as far as it decides what capacity
// is held and for how long: load balancers with listeners and rules, target
// groups with their settings, and the life of a target from registration over
// its health checks to the end of its draining.
//
// It knows no ECS: whoever owns a target is told when its health changes. It
// schedules only what somebody sees: a target costs one event until it is
// healthy, and none while nothing happens to it, though it is checked every
// few seconds.
package elb

import (
	"fmt"
	"slices"
	"strings"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// Type is a kind of load balancer, in the words of its API.
type Type string

// The types. Gateway Load Balancers forward packets to appliances and are not
// modelled.
const (
	Application Type = "application"
	Network     Type = "network"
	Classic     Type = "classic"
)

// traits is what a type is known by and allows.
type traits struct {
	short     string   // of the price list and in speech
	protocols []string // of target groups and listeners, the default first
	rules     bool     // listeners have rules
	timeouts  [2]sim.Time
	healthy   int // HealthyThresholdCount by default
}

// Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html,
// https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_HealthCheck.html
// (Classic; its console's default for the healthy threshold).
var types = map[Type]traits{
	Application: {"alb", []string{"HTTP", "HTTPS"}, true, [2]sim.Time{2 * sim.Second, 120 * sim.Second}, 5},
	Network:     {"nlb", []string{"TCP", "TLS", "UDP", "TCP_UDP"}, false, [2]sim.Time{2 * sim.Second, 120 * sim.Second}, 5},
	Classic:     {"clb", []string{"HTTP", "HTTPS", "TCP", "SSL"}, false, [2]sim.Time{2 * sim.Second, 60 * sim.Second}, 10},
}

// Short is the type's name in the price list: "alb", "nlb", "clb".
func (t Type) Short() string { return types[t].short }

// Protocols are those of the type's target groups and listeners, the default
// first.
func (t Type) Protocols() []string { return types[t].protocols }

// Fault is one setting that AWS would refuse.
type Fault struct {
	Key    string // the setting, in snake_case of AWS's name: "slow_start"
	Text   string // what was got, what is allowed, what to do
	Source string
}

func (f Fault) Error() string {
	if f.Source == "" {
		return f.Text
	}
	return f.Text + " (" + f.Source + ")"
}

// Target types of a group.
// Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html
const (
	Instance = "instance" // an instance and a host port
	IP       = "ip"       // the address of a network interface of its own
)

// MaxTargetGroups is how many target groups one service registers in.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/register-multiple-targetgroups.html
const MaxTargetGroups = 5

// TargetGroup is how a group of targets is checked and drained. The zero
// values of Protocol, the health check and Algorithm are AWS's defaults, which
// Filled puts in; those of the rest are zero. On a Classic Load Balancer, which
// has no target groups, they are its own settings.
type TargetGroup struct {
	Balancer            Type
	TargetType          string // Instance, IP; "" on a Classic Load Balancer
	Protocol            string
	HealthCheck         HealthCheck
	DeregistrationDelay sim.Time // 0 to 3,600 s; a Classic's connection draining
	SlowStart           sim.Time // 0 (off), or 30 to 900 s
	Algorithm           string   // "round_robin", "least_outstanding_requests", "weighted_random"
	Stickiness          Stickiness
	// Registration is how long a target takes from its registration until it is
	// checked. Assumed: AWS publishes no figure.
	Registration sim.Time
}

// HealthCheck is how targets are checked.
// Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
type HealthCheck struct {
	Interval           sim.Time // 5 to 300 s; 0 is 30 s
	Timeout            sim.Time // 2 to 120 s (Classic 60); 0 is 6 s of HTTP, 10 s of other protocols, 5 s of a Classic
	HealthyThreshold   int      // 2 to 10; 0 is 5, 10 of a Classic
	UnhealthyThreshold int      // 2 to 10; 0 is 2
	// InitialPasses is how many checks a new target must pass: 0 is one,
	// whatever the threshold, which counts for a target that comes back; on a
	// Classic Load Balancer it is the threshold.
	InitialPasses int
}

// Stickiness binds clients to targets.
// Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
type Stickiness struct {
	Enabled  bool
	Duration sim.Time // of a binding: 1 s to 7 d
	// Kept is the share of the load that clients bring who are bound to a
	// target already: a new target gets its part of it only as bindings end,
	// evenly over Duration. Assumed: AWS publishes no figure.
	Kept units.PPM
}

// Filled returns g with AWS's defaults where nothing is said.
func (g TargetGroup) Filled() TargetGroup {
	t := types[g.Balancer]
	if g.Protocol == "" && len(t.protocols) > 0 {
		g.Protocol = t.protocols[0]
	}
	if g.Algorithm == "" {
		g.Algorithm = "round_robin"
	}
	h := &g.HealthCheck
	if h.Interval == 0 {
		h.Interval = 30 * sim.Second
	}
	if h.Timeout == 0 {
		switch {
		case g.Balancer == Classic:
			h.Timeout = 5 * sim.Second
		case g.Protocol == "HTTP":
			h.Timeout = 6 * sim.Second
		default:
			h.Timeout = 10 * sim.Second
		}
		if h.Timeout >= h.Interval {
			h.Timeout = max(2*sim.Second, h.Interval-sim.Second)
		}
	}
	if h.HealthyThreshold == 0 {
		h.HealthyThreshold = t.healthy
	}
	if h.UnhealthyThreshold == 0 {
		h.UnhealthyThreshold = 2
	}
	if h.InitialPasses == 0 {
		h.InitialPasses = 1
		if g.Balancer == Classic {
			h.InitialPasses = h.HealthyThreshold
		}
	}
	if g.Stickiness.Duration == 0 {
		g.Stickiness.Duration = sim.Day
	}
	return g
}

const (
	targetGroupsDoc = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html"
	attributesDoc   = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html"
)

// Check returns what AWS would refuse of g, which must be Filled.
func (g *TargetGroup) Check() (faults []Fault) {
	t, ok := types[g.Balancer]
	if !ok {
		return []Fault{{"type", fmt.Sprintf("got %q, want application, network or classic", g.Balancer), ""}}
	}
	add := func(key, source, format string, args ...any) {
		faults = append(faults, Fault{key, fmt.Sprintf(format, args...), source})
	}
	span := func(key, source string, v, least, most sim.Time) {
		if v < least || v > most {
			add(key, source, "got %v, want %v to %v", units.Duration(v), units.Duration(least), units.Duration(most))
		}
	}
	count := func(key string, v, least int) {
		if v < least || v > 10 {
			add(key, targetGroupsDoc, "got %d, want %d to 10", v, least)
		}
	}
	if !slices.Contains(t.protocols, g.Protocol) {
		add("protocol", targetGroupsDoc, "got %q, want %s with a load balancer of type %s", g.Protocol, strings.Join(t.protocols, ", "), g.Balancer)
	}
	h := g.HealthCheck
	span("health_check_interval", targetGroupsDoc, h.Interval, 5*sim.Second, 300*sim.Second)
	span("health_check_timeout", targetGroupsDoc, h.Timeout, t.timeouts[0], t.timeouts[1])
	if h.Timeout >= h.Interval {
		add("health_check_timeout", targetGroupsDoc, "got %v, want less than the interval of %v", units.Duration(h.Timeout), units.Duration(h.Interval))
	}
	count("healthy_threshold", h.HealthyThreshold, 2)
	count("unhealthy_threshold", h.UnhealthyThreshold, 2)
	count("initial_passes", h.InitialPasses, 1)
	span("deregistration_delay", attributesDoc, g.DeregistrationDelay, 0, 3600*sim.Second)
	g.checkRouting(add, span)
	return faults
}

// checkRouting checks what shares out requests: an Application Load Balancer's
// matters alone, but for stickiness.
func (g *TargetGroup) checkRouting(add func(key, source, format string, args ...any), span func(key, source string, v, least, most sim.Time)) {
	if g.SlowStart != 0 {
		if g.Balancer != Application {
			add("slow_start", attributesDoc, "got %v with a load balancer of type %s; only an application load balancer has slow start: remove it", units.Duration(g.SlowStart), g.Balancer)
		}
		span("slow_start", attributesDoc, g.SlowStart, 30*sim.Second, 900*sim.Second)
		if g.Algorithm != "round_robin" {
			add("slow_start", attributesDoc, "got %v with load_balancing_algorithm = %q; slow start goes with round_robin only: remove one", units.Duration(g.SlowStart), g.Algorithm)
		}
	}
	switch g.Algorithm {
	case "round_robin":
	case "least_outstanding_requests", "weighted_random":
		if g.Balancer != Application {
			add("load_balancing_algorithm", attributesDoc, "got %q with a load balancer of type %s; only an application load balancer has a choice: remove it", g.Algorithm, g.Balancer)
		}
	default:
		add("load_balancing_algorithm", attributesDoc, "got %q, want round_robin, least_outstanding_requests or weighted_random", g.Algorithm)
	}
	if g.Stickiness.Enabled {
		span("stickiness.duration", attributesDoc, g.Stickiness.Duration, sim.Second, 7*sim.Day)
		if g.Protocol == "TLS" {
			// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html
			add("stickiness.enabled", attributesDoc, "got true with protocol TLS, which has no stickiness; remove it")
		}
	}
}
