package scenarios

import (
	"fmt"
	"slices"
	"strings"
)

// maxStrategyItems is ECS's limit of a capacity provider strategy.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
const maxStrategyItems = 20

// strategyRules is where ECS states what a strategy may hold.
const strategyRules = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html"

// badProviderName says why a capacity provider cannot have this name, or "".
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCapacityProvider.html
func badProviderName(name string, kinds []CapacityKind) string {
	if k := kindNamed(kinds, name); k != nil && k.Reserved {
		return name + " always exists; remove this table and name it in a strategy"
	}
	if !goodName(name) {
		return fmt.Sprintf("got the name %s, want letters, digits, - and _, at most 255", quote(name))
	}
	for _, p := range []string{"aws", "ecs", "fargate"} {
		if strings.HasPrefix(strings.ToLower(name), p) {
			return fmt.Sprintf("got the name %s, want one that does not begin with aws, ecs or fargate, which ECS reserves", quote(name))
		}
	}
	return ""
}

// family returns what provider name of platform table n is one of, and whether
// there is such a provider.
func (l *loader) family(n *node, name string) (string, bool) {
	kinds := l.opts.Checks.kinds()
	if k := kindNamed(kinds, name); k != nil && k.Reserved {
		return k.Family, true
	}
	c := n.get("capacity_provider").get(name)
	if c == nil {
		return "", false
	}
	kind := DefaultCapacityKind
	if k := c.get("kind"); k != nil {
		kind = k.str()
	}
	if k := kindNamed(kinds, kind); k != nil && k.Family != "" {
		return k.Family, true
	}
	return kind, true
}

// checkItems checks one strategy, written at node at, on platform p of table n.
func (l *loader) checkItems(items []StrategyItem, at *node, p string, n *node) {
	if len(items) == 0 {
		if list, ok := at.list(); ok && len(list) == 0 {
			l.errs.add(at, `got no capacity provider, want at least one, such as ["FARGATE"]`)
		}
		return // anything else was said to be no list
	}
	if len(items) > maxStrategyItems {
		l.errs.add(at, "got %d capacity providers, want at most %d", len(items), maxStrategyItems)
	}
	where := func(i int) *node {
		if list, ok := at.list(); ok && i < len(list) {
			return list[i]
		}
		return at
	}
	names := append(slices.Clone(n.get("capacity_provider").keys()), "FARGATE", "FARGATE_SPOT")
	seen := map[string]bool{}
	first, firstFamily, based := "", "", ""
	weights := int64(0)
	for i, it := range items {
		if it.CapacityProvider == "" {
			return // said to be missing
		}
		weights += it.Weight
		family, ok := l.family(n, it.CapacityProvider)
		if !ok {
			hint := "it has " + list(names, "and")
			if near, ok := nearest(it.CapacityProvider, names); ok {
				hint = "did you mean " + near + "?"
			}
			l.errs.add(where(i), "platform %s has no capacity provider %s; %s", p, quote(it.CapacityProvider), hint)
			continue
		}
		if seen[it.CapacityProvider] {
			l.errs.add(where(i), "capacity provider %s is named twice; add up its weights", it.CapacityProvider)
		}
		seen[it.CapacityProvider] = true
		switch {
		case first == "":
			first, firstFamily = it.CapacityProvider, family
		case family != firstFamily:
			l.errs.add(where(i), "got %s (%s) beside %s (%s); ECS allows one kind in a strategy (%s): mix by workload, each with its own capacity_provider_strategy",
				it.CapacityProvider, family, first, firstFamily, strategyRules)
		}
		if it.Base > 0 {
			if based != "" {
				l.errs.add(where(i), "got a base on %s and on %s; ECS allows a base on one capacity provider of a strategy (%s)", based, it.CapacityProvider, strategyRules)
			}
			based = it.CapacityProvider
		}
	}
	if weights == 0 {
		l.errs.add(at, "got weight 0 everywhere; ECS places no task then: at least one weight must be over 0 (%s)", strategyRules)
	}
}

// checkStrategy checks the strategy that workload w, written in wn, has of its
// own on platform p, or that the platform has one for it.
func (l *loader) checkStrategy(p *Platform, n *node, w *Workload, wn *node) {
	if w.Kind == "daemon" {
		return
	}
	if own := wn.get("capacity_provider_strategy"); own != nil {
		l.checkItems(w.CapacityProviderStrategy, own, p.Name, n)
		return
	}
	providers := n.get("capacity_provider").keys()
	if n.get("default_capacity_provider_strategy") != nil || len(providers) == 1 {
		return
	}
	if e := n.get("extends"); e != nil && e.str() == "" {
		return // refused: what is missing may be in the platform it meant
	}
	what := `the platform has no capacity provider of its own; write default_capacity_provider_strategy = ["FARGATE"], or add a [platform.` + p.Name + `.capacity_provider.NAME]`
	if len(providers) > 1 {
		what = "the platform has the capacity providers " + list(providers, "and") + "; say which its tasks use"
	}
	l.errs.addKey(n, "default_capacity_provider_strategy", "missing; %s", what)
}

// defaultStrategy checks the platform's default strategy; the only provider is
// the default if none is given.
func (l *loader) defaultStrategy(d *decoder, p *Platform, n *node, path []string) {
	if own := n.get("default_capacity_provider_strategy"); own != nil {
		l.checkItems(p.DefaultStrategy, own, p.Name, n)
		return
	}
	if len(n.get("capacity_provider").keys()) != 1 || len(p.Providers) != 1 {
		return
	}
	name := p.Providers[0].Name
	p.DefaultStrategy = []StrategyItem{{CapacityProvider: name, Weight: 1}}
	f := field{doc: "capacity provider strategy of workloads that have none", source: "the only capacity provider"}
	text := fmt.Sprintf("[{ capacity_provider = %s, base = 0, weight = 1 }]", quote(name))
	d.record(&node{}, f, append(slices.Clone(path), "default_capacity_provider_strategy"), text)
}
