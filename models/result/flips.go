package result

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Flip is a change of prices that makes another ranked platform the cheapest,
// all use unchanged. Costs are linear in prices, so it is exact for the mean
// bills; what commitments cover does not move with the price, but for a
// discount, which lowers all that the scenario's own does.
type Flip struct {
	Prices string  // "Fargate prices", "EC2 on-demand prices", ...
	Change float64 // -0.23: they fall by 23 %
	Winner string  // platform that is cheapest from there on
}

// priceGroup is a set of lines whose prices move together.
type priceGroup struct {
	name string
	in   func(Line) bool
	// down: only falls count, as for a discount.
	down bool
}

var priceGroups = []priceGroup{
	{name: "Fargate prices", in: func(l Line) bool { return onSKU(l, "fargate.") && !isSpot(l) && !committed(l) }},
	{name: "Fargate Spot prices", in: func(l Line) bool { return onSKU(l, "fargate.") && isSpot(l) }},
	// The fee of Managed Instances is a share of the on-demand price.
	{name: "EC2 on-demand prices", in: func(l Line) bool {
		return onSKU(l, "ec2.") && strings.HasSuffix(strings.ToLower(l.SKU), ".on_demand") && !committed(l) || onSKU(l, "managed_instances.fee.")
	}},
	{name: "EC2 Spot prices", in: func(l Line) bool { return onSKU(l, "ec2.") && isSpot(l) }},
	{name: "EBS prices", in: func(l Line) bool { return onSKU(l, "ebs.") }},
	{name: "a discount", in: func(l Line) bool { return l.Class != "other" }, down: true}, // the scenario's own lines have none
}

func onSKU(l Line, prefix string) bool { return strings.HasPrefix(strings.ToLower(l.SKU), prefix) }

// committed reports whether a Savings Plan or a Reserved Instance pays: its
// price was fixed when it was bought. Option then names the plan.
func committed(l Line) bool {
	return l.Option != "" && l.Option != "on-demand" && !isSpot(l) || l.Class == "unused-commitment"
}

// The largest changes worth telling: prices double, or fall by half.
const (
	flipRise = 1.0
	flipFall = 0.5
)

// priceFlips finds for each group of prices the smallest change, up and down,
// after which a platform other than rows[0] is cheapest. rows are ranked and
// their windows alike. Smallest changes come first.
func priceFlips(rows []*Row) []Flip {
	var flips []Flip
	win := &rows[0].Bill
	for _, g := range priceGroups {
		part, rest := win.parts(g.in)
		up, down := Flip{Prices: g.name, Change: math.Inf(1)}, Flip{Prices: g.name, Change: math.Inf(-1)}
		for _, r := range rows[1:] {
			p, q := r.Bill.parts(g.in)
			if p == part {
				continue
			}
			// part·(1+x) + rest = p·(1+x) + q
			x := (q-rest)/(part-p) - 1
			switch {
			case x < -flipFall || x > flipRise:
			case x < 0 && p > part && x > down.Change: // it gains more when prices fall
				down.Change, down.Winner = x, r.Platform
			case x >= 0 && p < part && x < up.Change:
				up.Change, up.Winner = x, r.Platform
			}
		}
		if down.Winner != "" {
			flips = append(flips, down)
		}
		if up.Winner != "" && !g.down {
			flips = append(flips, up)
		}
	}
	slices.SortStableFunc(flips, func(a, b Flip) int { return cmp.Compare(math.Abs(a.Change), math.Abs(b.Change)) })
	return flips
}

// parts splits the bill in dollars into the lines of a group and the others.
func (b *Bill) parts(in func(Line) bool) (part, rest float64) {
	for _, l := range b.Lines {
		if in(l) {
			part += l.Paid.Float()
		} else {
			rest += l.Paid.Float()
		}
	}
	return part, rest
}
