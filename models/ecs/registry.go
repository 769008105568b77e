package ecs

import "ecsim/sim"

// registry is where an image is pulled from.
type registry uint8

// The registries, by the names of registryNames.
const (
	registryECR registry = iota
	registryDockerHub
	registryPullThrough // ECR in front of Docker Hub
	registryOther       // without limits: public.ecr.aws, a registry of one's own
)

var registryNames = [...]string{"ecr", "docker-hub", "ecr-pull-through", "other"}

func registryNamed(name string) (registry, bool) {
	for i, n := range registryNames {
		if n == name {
			return registry(i), true
		}
	}
	return registryECR, false
}

// RegistryConfig is how the registries treat a cluster. The zero value has no
// limits.
type RegistryConfig struct {
	// DockerHubPulls is how many pulls Docker Hub serves to one puller in any
	// DockerHubWindow, 0 for no limit. A puller is an address, or an account.
	DockerHubPulls  int64
	DockerHubWindow sim.Time
	// DockerHubAccount: pulls are counted on one account, not by address.
	DockerHubAccount bool
	// PublicAddresses: each instance and Fargate task has an address of its own.
	// Otherwise all of a zone share that of its NAT gateway.
	PublicAddresses bool
	// UpstreamPulls is the limit of the account that the pull-through cache of
	// ECR has at Docker Hub, which wants one.
	UpstreamPulls int64
}

// pullWindow counts the pulls of one puller: at most so many in any window.
// Assumed: Docker Hub's window slides; it publishes the number and the span.
type pullWindow struct {
	times []sim.Time // of the latest, a ring
	next  int
}

// take tells whether a pull at now is served, and counts it. One refused does
// not count.
func (p *pullWindow) take(now sim.Time, limit int64, span sim.Time) bool {
	if int64(len(p.times)) < limit {
		p.times = append(p.times, now)
		return true
	}
	if now-p.times[p.next] < span {
		return false
	}
	p.times[p.next] = now
	p.next = (p.next + 1) % len(p.times)
	return true
}

// ask tells what becomes of the pull of a task's k-th image, which is not on
// its machine, at at.
func (c *Cluster) ask(t *task, k int, i int32, at sim.Time) pullFault {
	m := &c.images[i]
	r := m.registry
	upstream := r == registryPullThrough && !m.through
	if len(c.pullFailures) > 0 && (c.injected(t, k, r, at) || upstream && c.injectedOn(t, k, registryDockerHub, at)) {
		return pullInjected
	}
	switch {
	case r == registryDockerHub && !c.hub(t, at):
		return pullTooMany
	case upstream:
		// The first pull goes to the upstream registry. Later ones are served by
		// ECR, which asks upstream for a newer image once in 24 hours at most;
		// such a check counts for no limit, and where it fails the cached image
		// is served.
		// Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html
		g := &c.cfg.Registry
		if g.UpstreamPulls > 0 && !c.upstream.take(at, g.UpstreamPulls, g.DockerHubWindow) {
			return pullTooMany
		}
		m.through = true
	}
	return pullFine
}

// injectedOn is injected for failures of that registry alone: those of all have
// been asked.
func (c *Cluster) injectedOn(t *task, k int, r registry, at sim.Time) bool {
	for i := range c.pullFailures {
		if f := &c.pullFailures[i]; f.only && f.registry == r {
			return c.injected(t, k, r, at)
		}
	}
	return false
}

// hub tells whether Docker Hub serves a pull. Checks of an image that is there
// do not count.
// Source: https://docs.docker.com/docker-hub/usage/pulls/
func (c *Cluster) hub(t *task, at sim.Time) bool {
	g := &c.cfg.Registry
	if g.DockerHubPulls == 0 {
		return true
	}
	var p *pullWindow
	switch {
	case g.DockerHubAccount:
		p = &c.upstream // an account is one, whoever uses it
	case !g.PublicAddresses && t.inst >= 0:
		p = &c.hubZones[c.instances[t.inst].zone]
	case !g.PublicAddresses:
		// Assumed: Fargate spreads a workload's tasks over the zones in turn.
		p = &c.hubZones[t.index%uint64(len(c.hubZones))]
	case t.inst >= 0:
		d := &c.instances[t.inst].disk
		if d.hub == nil {
			d.hub = new(pullWindow)
		}
		p = d.hub
	default:
		return true // a task's own address, for the first time
	}
	return p.take(at, g.DockerHubPulls, g.DockerHubWindow)
}

// mayRefuse tells whether a pull of the image can fail at its registry.
func (c *Cluster) mayRefuse(m *image) bool {
	g := &c.cfg.Registry
	return len(c.pullFailures) > 0 || m.registry == registryDockerHub && g.DockerHubPulls > 0 || m.registry == registryPullThrough && g.UpstreamPulls > 0
}
