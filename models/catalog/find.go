package catalog

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ecsim/workloads/units"
)

// Choice says whether a trait is wanted.
type Choice int

// The choices; the zero value does not care.
const (
	Any Choice = iota
	Only
	Exclude
)

func (c Choice) admits(has bool) bool { return c == Any || (c == Only) == has }

// SortKey is an order of [Find]'s result.
type SortKey string

// The orders; ties keep catalog order. Types without a Spot price stand last in
// BySpotPrice, whichever the direction.
const (
	ByName       SortKey = "name" // catalog order; the default
	ByPrice      SortKey = "price"
	ByVCPU       SortKey = "vcpu"
	ByMemory     SortKey = "memory"
	ByVCPUPrice  SortKey = "price_per_vcpu"
	ByGiBPrice   SortKey = "price_per_gib"
	BySpotPrice  SortKey = "spot_price"
	ByNetwork    SortKey = "network"
	ByENIDensity SortKey = "awsvpc_tasks"
)

// SortKeys lists the orders.
var SortKeys = []SortKey{ByName, ByPrice, ByVCPU, ByMemory, ByVCPUPrice, ByGiBPrice, BySpotPrice, ByNetwork, ByENIDensity}

// ParseSortKey reads an order by name; empty is ByName.
func ParseSortKey(s string) (SortKey, error) {
	if s == "" {
		return ByName, nil
	}
	if slices.Contains(SortKeys, SortKey(s)) {
		return SortKey(s), nil
	}
	names := make([]string, len(SortKeys))
	for i, k := range SortKeys {
		names[i] = string(k)
	}
	return "", fmt.Errorf("sort: got %q, want one of %s", s, strings.Join(names, ", "))
}

// Filter selects instance types. The zero value selects all.
type Filter struct {
	MinVCPU, MaxVCPU     int       // 0: no bound
	MinMemory, MaxMemory units.MiB // nominal; 0: no bound
	MinGPUs              int
	Arch                 Arch           // "": any
	MaxPrice             units.Price    // on-demand per hour; 0: no bound; needs a region
	Family               *regexp.Regexp // matched against the whole family name; nil: any
	GPU                  Choice         // types with GPUs
	Burstable            Choice
	BareMetal            Choice
	Flex                 Choice
	CurrentGeneration    Choice
	Trunking             Choice // awsvpcTrunking on ECS
	Estimated            Choice // types with estimated figures
	Spot                 Choice // types with a Spot price in the region
	Sort                 SortKey
	Descending           bool
	Limit                int // 0: all
}

// Find returns the types that pass f, sorted by f.Sort. With a region, only
// types with an on-demand price there; with "", no price is looked at, and
// MaxPrice, Spot and the price orders have no effect. The slice is the
// caller's, the types are shared.
func Find(f Filter, region string) []*InstanceType {
	var family *regexp.Regexp
	if f.Family != nil {
		family = regexp.MustCompile("^(?:" + f.Family.String() + ")$")
	}
	var found []*InstanceType
	price := map[*InstanceType]units.Price{}
	for _, t := range Types() {
		if !f.admits(t) || family != nil && !family.MatchString(t.Family) {
			continue
		}
		if region != "" {
			p, sold := f.price(t, region)
			if !sold {
				continue
			}
			price[t] = p
		}
		found = append(found, t)
	}
	slices.SortStableFunc(found, func(a, b *InstanceType) int {
		if c := f.Sort.unpriced(a, b, price); c != 0 {
			return c
		}
		c := f.Sort.compare(a, b, price)
		if f.Descending {
			return -c
		}
		return c
	})
	if f.Limit > 0 && len(found) > f.Limit {
		found = found[:f.Limit]
	}
	return found
}

// price returns the price f sorts by, 0 for none, and whether the type passes
// what f asks of prices in region.
func (f *Filter) price(t *InstanceType, region string) (p units.Price, ok bool) {
	if demandTable.load().cell(t.Name, region) == "" {
		return 0, false
	}
	spotted := spotTable.load().cell(t.Name, region) != ""
	list, err := OnDemand(t.Name, region)
	if err != nil || f.MaxPrice > 0 && list.Rate > f.MaxPrice || !f.Spot.admits(spotted) {
		return 0, false
	}
	if f.Sort != BySpotPrice {
		return list.Rate, true
	}
	if !spotted {
		return 0, true
	}
	spot, err := Spot(t.Name, region)
	return spot.Rate, err == nil
}

func (f *Filter) admits(t *InstanceType) bool {
	return t.VCPU >= f.MinVCPU && (f.MaxVCPU == 0 || t.VCPU <= f.MaxVCPU) &&
		t.MemoryMiB >= f.MinMemory && (f.MaxMemory == 0 || t.MemoryMiB <= f.MaxMemory) &&
		t.GPUs >= f.MinGPUs && (f.Arch == "" || t.Arch == f.Arch) &&
		f.GPU.admits(t.GPUs > 0) && f.Burstable.admits(t.Burstable) && f.BareMetal.admits(t.BareMetal) && f.Flex.admits(t.Flex) &&
		f.CurrentGeneration.admits(t.CurrentGeneration) && f.Trunking.admits(t.TrunkingOnECS) && f.Estimated.admits(t.Estimated)
}

// unpriced puts types without a price after those with one, in either
// direction; 0 when k needs no price or both are alike.
func (k SortKey) unpriced(a, b *InstanceType, price map[*InstanceType]units.Price) int {
	if k != BySpotPrice || (price[a] == 0) == (price[b] == 0) {
		return 0
	}
	if price[a] == 0 {
		return 1
	}
	return -1
}

// compare orders two types ascending by k.
func (k SortKey) compare(a, b *InstanceType, price map[*InstanceType]units.Price) int {
	// ratio compares price[a]/x with price[b]/y: an order, not a sum, so floats do.
	ratio := func(x, y float64) int { return cmp.Compare(float64(price[a])/x, float64(price[b])/y) }
	switch k {
	case ByPrice, BySpotPrice:
		return cmp.Compare(price[a], price[b])
	case ByVCPUPrice:
		return ratio(float64(a.VCPU), float64(b.VCPU))
	case ByGiBPrice:
		return ratio(float64(a.MemoryMiB), float64(b.MemoryMiB))
	case ByVCPU:
		return cmp.Or(cmp.Compare(a.VCPU, b.VCPU), cmp.Compare(a.MemoryMiB, b.MemoryMiB))
	case ByMemory:
		return cmp.Or(cmp.Compare(a.MemoryMiB, b.MemoryMiB), cmp.Compare(a.VCPU, b.VCPU))
	case ByNetwork:
		return cmp.Compare(a.NetworkMbps, b.NetworkMbps)
	case ByENIDensity:
		return cmp.Compare(max(a.TasksAwsvpc, a.TasksAwsvpcTrunk), max(b.TasksAwsvpc, b.TasksAwsvpcTrunk))
	}
	return 0 // catalog order
}
