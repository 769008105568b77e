package scenarios

import (
	"strings"

	"ecsim/workloads/units"
)

// SharedLoadBalancer is one [load_balancer.NAME]: each service behind it names
// it and says at which listener, and for which requests, it stands.
type SharedLoadBalancer struct {
	Type      string     `toml:"type" required:"true" allowed:"application|network|classic"`
	Scheme    string     `toml:"scheme" default:"internet-facing" allowed:"internet-facing|internal" source:"https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html" doc:"internet-facing has a public IPv4 address in each zone, which is charged"`
	Listeners []Listener `toml:"listeners" required:"true" doc:"ports and protocols, such as { port = 443, protocol = \"HTTPS\" }"`
}

// Listener is a port at which a load balancer takes requests.
type Listener struct {
	Port     int64  `toml:"port" required:"true" min:"1" max:"65535"`
	Protocol string `toml:"protocol" allowed:"HTTP|HTTPS|TCP|TLS|UDP|TCP_UDP|SSL" doc:"default HTTP of an application load balancer, TCP of another"`
}

// LoadBalancer is how a service stands behind a load balancer: a target group
// in ELB's words, and where its requests come from. Ranges that hang on others
// are checked by models/elb.
type LoadBalancer struct {
	Name             string   `toml:"name" short:"true" doc:"a [load_balancer.NAME] shared with others; without it the service has one of its own"`
	Type             string   `toml:"type" allowed:"application|network|classic" doc:"required without a name"`
	Scheme           string   `toml:"scheme" allowed:"internet-facing|internal" doc:"of its own one; default internet-facing"`
	ListenerPort     int64    `toml:"listener_port" min:"1" max:"65535" doc:"default the only listener; of its own one 443 for HTTPS and TLS, else 80"`
	ListenerProtocol string   `toml:"listener_protocol" allowed:"HTTP|HTTPS|TCP|TLS|UDP|TCP_UDP|SSL" doc:"of its own one; default the target group's protocol"`
	Priority         int64    `toml:"priority" min:"1" max:"50000" doc:"of its rule; required with a condition"`
	PathPattern      []string `toml:"path_pattern" doc:"condition: paths with * and ?; without conditions the service is the listener's default"`
	HostHeader       []string `toml:"host_header" doc:"condition: host names with * and ?"`

	ContainerPort int64  `toml:"container_port" min:"1" max:"65535" doc:"default that of the first port mapping"`
	TargetType    string `toml:"target_type" allowed:"instance|ip" doc:"default ip in awsvpc mode, else instance"`
	Protocol      string `toml:"protocol" allowed:"HTTP|HTTPS|TCP|TLS|UDP|TCP_UDP|SSL" doc:"of the target group; default HTTP, of a network load balancer TCP"`

	Interval       units.Duration `toml:"health_check_interval" default:"30s" source:"https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html" doc:"5 to 300 s"`
	Timeout        units.Duration `toml:"health_check_timeout" doc:"2 to 120 s; default 6 s of HTTP, 10 s of other protocols, 5 s of a classic load balancer"`
	Healthy        int64          `toml:"healthy_threshold" min:"2" max:"10" doc:"passes after which a target is back; default 5, of a classic load balancer 10"`
	Unhealthy      int64          `toml:"unhealthy_threshold" default:"2" min:"2" max:"10" source:"https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html"`
	InitialPasses  int64          `toml:"initial_passes" min:"1" max:"10" doc:"passes after which a new target is healthy; default 1, of a classic load balancer its healthy_threshold"`
	Registration   units.Duration `toml:"registration" default:"5s" max:"10m" source:"Assumed: AWS publishes no figure" doc:"RUNNING to the first health check due"`
	Deregistration units.Duration `toml:"deregistration_delay" default:"300s" source:"https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html" doc:"a stopped task holds its room so long; 0 to 3,600 s"`
	SlowStart      units.Duration `toml:"slow_start" doc:"30 to 900 s; 0 is off"`
	Algorithm      string         `toml:"load_balancing_algorithm" default:"round_robin" allowed:"round_robin|least_outstanding_requests|weighted_random" source:"https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html"`
	Stickiness     Stickiness     `toml:"stickiness"`
}

// Stickiness binds clients to targets.
type Stickiness struct {
	Enabled  bool           `toml:"enabled" default:"false"`
	Duration units.Duration `toml:"duration" default:"1d" source:"https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html" doc:"1 s to 7 d"`
	Kept     units.PPM      `toml:"kept" default:"50%" max:"100%" source:"Assumed: AWS publishes no figure" doc:"share of the load from clients that are bound to a target already"`
}

// balancing checks how the services of a platform stand behind load balancers,
// once each of the tables can be read.
func (l *loader) balancing(root *node, s *Scenario, p *Platform, tables map[string]*node) {
	if l.opts.Checks.Balancing == nil {
		return
	}
	for _, e := range l.errs {
		if strings.Contains(e.Key, "load_balancer") || strings.Contains(e.Key, "port_mappings") || strings.Contains(e.Key, "network_mode") {
			return
		}
	}
	for _, e := range l.opts.Checks.Balancing(s, p) {
		n := tables[e.Workload]
		if e.Workload == "" {
			n = root
		}
		l.late.at(n, e.KeyError)
	}
}
