package main

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
)

// region matches AWS regions, not local or wavelength zones, which the price
// data lists beside them ("us-east-1-bos-1").
var region = regexp.MustCompile(`^[a-z]{2}(-gov)?-[a-z]+-\d$`)

// cell is a price in USD per hour and the letter of where it is from.
type cell struct {
	usd    *big.Rat
	origin byte
}

// prices is a type x region matrix.
type prices struct {
	regions []string
	cells   map[string]map[string]cell // type -> region
	cut     map[string]bool            // types whose us-east-1 price moved between the sources
}

func (p *prices) set(name, region string, c cell) {
	if p.cells[name] == nil {
		p.cells[name] = map[string]cell{}
	}
	p.cells[name][region] = c
}

// usd parses a decimal price of a source; the sources hold nothing else.
func usd(s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok || r.Sign() <= 0 {
		panic(fmt.Sprintf("price %q in a source is not a positive decimal", s))
	}
	return r
}

// round returns r to the given decimals, half up, without trailing zeros.
func round(r *big.Rat, decimals int) string {
	s := r.FloatString(decimals)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// buildOnDemand fills Linux on-demand prices, the best source first:
//
//   - us-east-1 and GovCloud: Karpenter, newest, but not for bare metal, which
//     it queries with dedicated tenancy (6 to 10 % too dear);
//   - elsewhere ec2instances.info;
//   - a type whose us-east-1 price moved between the two dates (P4, P5 cuts)
//     has its older regional prices moved by the same factor, estimated. The
//     GovCloud prices of both dates show the same factors;
//   - a newer type elsewhere: its us-east-1 price x the regional ratio of its
//     predecessor, estimated; whether AWS sells it there is not known;
//   - bare metal of a newer family: the virtual size with as many vCPUs.
func buildOnDemand(s *sources, types []*typeRow) *prices {
	p := &prices{regions: regions(s), cells: map[string]map[string]cell{}, cut: map[string]bool{}}
	for _, t := range types {
		for _, r := range p.regions {
			old := s.linux(t.name, r)
			switch recent := s.demand[r][t.name]; {
			case recent != "" && !t.metal:
				origin := byte('k')
				if strings.HasPrefix(r, "us-gov-") {
					origin = 'g'
				}
				p.set(t.name, r, cell{usd(recent), origin})
			case old != nil:
				p.set(t.name, r, cell{usd(old.OnDemand), 'c'})
			}
		}
		p.spreadCut(s, t)
	}
	byFamily := map[string][]*typeRow{}
	for _, t := range types {
		f, _ := splitName(t.name)
		byFamily[f] = append(byFamily[f], t)
	}
	for _, t := range types {
		if t.stand != "" && !t.metal {
			p.estimate(s, t, byFamily[t.stand])
		}
	}
	for _, t := range types {
		if t.metal && s.info[t.name] == nil || t.metal && s.demand["us-gov-west-1"][t.name] != "" {
			f, _ := splitName(t.name)
			p.fromTwin(t, byFamily[f])
		}
	}
	return p
}

func regions(s *sources) []string {
	seen := map[string]bool{}
	for _, t := range s.info {
		for r := range t.Pricing {
			if region.MatchString(r) {
				seen[r] = true
			}
		}
	}
	out := make([]string, 0, len(seen))
	for r := range seen {
		out = append(out, r)
	}
	slices.Sort(out)
	return out
}

// spreadCut moves the older prices of t in other regions by the factor its
// us-east-1 price moved by.
func (p *prices) spreadCut(s *sources, t *typeRow) {
	home, old := p.cells[t.name]["us-east-1"], s.linux(t.name, "us-east-1")
	if home.origin != 'k' || old == nil || home.usd.Cmp(usd(old.OnDemand)) == 0 {
		return
	}
	p.cut[t.name] = true
	factor := new(big.Rat).Quo(home.usd, usd(old.OnDemand))
	for r, c := range p.cells[t.name] {
		if c.origin == 'c' {
			p.set(t.name, r, cell{new(big.Rat).Mul(c.usd, factor), 'x'})
		}
	}
}

// estimate prices t where its predecessor is sold: the ratio of the same size,
// else the middle ratio of the predecessor's sizes (within a family the price
// of a vCPU hardly varies). GovCloud is left alone: its list is complete.
func (p *prices) estimate(s *sources, t *typeRow, predecessors []*typeRow) {
	home, ok := p.cells[t.name]["us-east-1"]
	if !ok {
		return
	}
	_, size := splitName(t.name)
	for _, r := range p.regions {
		if _, have := p.cells[t.name][r]; have || s.demand[r] != nil {
			continue
		}
		var ratios []*big.Rat
		for _, pre := range predecessors {
			here, east := s.linux(pre.name, r), s.linux(pre.name, "us-east-1")
			if here == nil || east == nil || pre.metal {
				continue
			}
			ratio := new(big.Rat).Quo(usd(here.OnDemand), usd(east.OnDemand))
			if _, preSize := splitName(pre.name); preSize == size {
				ratios = []*big.Rat{ratio}
				break
			}
			ratios = append(ratios, ratio)
		}
		if len(ratios) == 0 {
			continue
		}
		slices.SortStableFunc(ratios, (*big.Rat).Cmp)
		p.set(t.name, r, cell{new(big.Rat).Mul(home.usd, ratios[len(ratios)/2]), 'e'})
	}
}

// fromTwin prices bare metal as the virtual size of its family with as many
// vCPUs: every metal type that ec2instances.info prices beside such a size
// obeys it.
func (p *prices) fromTwin(t *typeRow, family []*typeRow) {
	for _, twin := range family {
		if twin.metal || twin.vcpu != t.vcpu {
			continue
		}
		for _, r := range p.regions {
			c, ok := p.cells[twin.name][r]
			if _, have := p.cells[t.name][r]; have || !ok {
				continue
			}
			if c.origin != 'e' && c.origin != 'x' {
				c.origin = 'm'
			}
			p.set(t.name, r, c)
		}
		return
	}
}

func (p *prices) table(s *sources, types []*typeRow) table {
	rows := [][]string{append([]string{"type"}, p.regions...)}
	for _, t := range types {
		if len(p.cells[t.name]) == 0 {
			continue
		}
		row := []string{t.name}
		for _, r := range p.regions {
			if c, ok := p.cells[t.name][r]; ok {
				decimals := 6
				if c.origin == 'e' || c.origin == 'x' {
					decimals = 5
				}
				row = append(row, round(c.usd, decimals)+string(c.origin))
			} else {
				row = append(row, "")
			}
		}
		rows = append(rows, row)
	}
	return table{"ondemand", legend("EC2 on-demand, Linux, shared tenancy, USD per hour; the letter after a price is its origin",
		"c="+s.dates.info+" "+instanceInfo.String(),
		"k="+s.dates.demand+" "+karpenter.String(),
		"g="+s.dates.gov+" "+karpenter.String(),
		"m="+s.dates.demand+" derived: the price of the virtual size with as many vCPUs",
		"e="+s.dates.demand+" estimated: us-east-1 price x the previous family's regional ratio; whether the type is sold there is not known",
		"x="+s.dates.demand+" estimated: price of "+s.dates.info+" x the us-east-1 price change since"), rows}
}
