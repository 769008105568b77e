package main

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// An instance type's name is family "." size; a family is letters, a
// generation and attribute letters ("m8gd", "c7i-flex").
// Source: https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
var familyPattern = regexp.MustCompile(`^([a-z]+)(\d+)([a-z0-9-]*)$`)

func splitName(name string) (family, size string) {
	family, size, _ = strings.Cut(name, ".")
	return family, size
}

// sizeVCPUs returns the vCPUs a size has in families of generation 5 and
// later, T excepted; 0 when the size alone does not say (plain "metal").
func sizeVCPUs(size string) int {
	size = strings.TrimPrefix(size, "metal-")
	switch size {
	case "medium":
		return 1
	case "large":
		return 2
	case "xlarge":
		return 4
	}
	n, unit, _ := strings.Cut(size, "xl")
	if unit != "" && unit != "arge" {
		return 0
	}
	k, err := strconv.Atoi(n)
	if err != nil {
		return 0
	}
	return 4 * k
}

// gibPerVCPU gives the memory of a vCPU by family letter. TestRulesOnKnownTypes
// holds it against the c, m, r and x types of generation 5 and later.
var gibPerVCPU = map[string]int{"c": 2, "m": 4, "r": 8, "i": 8, "x": 16}

// handSpecs are types whose vCPUs or memory do not follow from the name.
// Memory is in GiB. The dl2q and Mac rows are not re-verified; the place to
// check them is https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html and
// https://docs.aws.amazon.com/ec2/latest/instancetypes/gp.html
var handSpecs = map[string]struct {
	vcpu, gib int
	arch      string
}{
	"g7e.12xlarge": {48, 512, "x86_64"}, "g7e.24xlarge": {96, 1024, "x86_64"}, "g7e.48xlarge": {192, 2048, "x86_64"},
	"p5.4xlarge":       {16, 256, "x86_64"},
	"p6-b200.48xlarge": {192, 2048, "x86_64"}, "p6-b300.48xlarge": {192, 4096, "x86_64"},
	"dl2q.24xlarge": {96, 768, "x86_64"},
	"mac-m4.metal":  {10, 24, "arm64_mac"}, "mac-m4pro.metal": {14, 48, "arm64_mac"},
	"mac-m4max.metal": {16, 128, "arm64_mac"}, "mac-m3ultra.metal": {28, 96, "arm64_mac"},
}

// handGiBPerVCPU are the families that leave the rule of their first letter.
var handGiBPerVCPU = map[string]int{"g6f": 4, "gr6f": 8, "g7": 4, "g7e": 8, "x8aedz": 32}

// specFromName derives vCPUs, memory (MiB) and architecture of a type that no
// source describes. origin is 'n' (by name) or 'h' (by hand).
func specFromName(name string) (vcpu, mib int, arch string, origin byte, ok bool) {
	if h, known := handSpecs[name]; known {
		return h.vcpu, h.gib * 1024, h.arch, 'h', true
	}
	family, size := splitName(name)
	vcpu = sizeVCPUs(size)
	m := familyPattern.FindStringSubmatch(family)
	if m == nil || vcpu == 0 {
		return 0, 0, "", 0, false
	}
	origin = 'n'
	per := gibPerVCPU[m[1]]
	if p, known := handGiBPerVCPU[family]; known {
		per, origin = p, 'h'
	}
	if per == 0 {
		return 0, 0, "", 0, false
	}
	arch = "x86_64"
	if strings.Contains(strings.TrimSuffix(m[3], "-flex"), "g") {
		arch = "arm64"
	}
	return vcpu, vcpu * per * 1024, arch, origin, true
}

// predecessors are the families whose figures stand in for a newer family
// where the plain rule (same letters, one generation back) does not lead to a
// family that ec2instances.info knows.
var predecessors = map[string]string{
	"c8gn": "c7gn", "c8gb": "c8g", "m8gn": "m8g", "m8gb": "m8g", "r8gn": "r8g", "r8gb": "r8g",
	"c8id": "c6id", "m8id": "m6id", "r8id": "r6id", "c8in": "c6in", "m8in": "m6in", "r8in": "r6in",
	"c8ine": "c6in", "m8ine": "m6in", "m8idn": "m6idn", "r8idn": "r6idn", "m8idb": "m6id", "r8idb": "r6id",
	"c8ib": "c7i", "m8ib": "m7i", "r8ib": "r7i", "r8i-flex": "r7i", "m8azn": "m5zn",
	"x8i": "x2idn", "x8aedz": "x2iezn", "i7i": "i4i", "i8ge": "i8g",
	"g6f": "g6", "gr6f": "gr6", "g7": "g6", "g7e": "g6e", "p6-b200": "p5en", "p6-b300": "p5en",
}

// predecessor names the family that stands in for family: by hand, else the
// same letters one generation back. A family of ec2instances.info that the
// other sources extend (i8g, p5) is its own predecessor. Empty when none is known.
func predecessor(family string, known map[string]bool) string {
	for range 3 {
		if known[family] {
			return family
		}
		if p, ok := predecessors[family]; ok {
			family = p
			continue
		}
		m := familyPattern.FindStringSubmatch(family)
		if m == nil {
			return ""
		}
		generation, err := strconv.Atoi(m[2])
		if err != nil || generation < 2 {
			return ""
		}
		family = m[1] + strconv.Itoa(generation-1) + m[3]
	}
	return ""
}

// sizeRank orders sizes from nano to metal.
func sizeRank(size string) int {
	for i, s := range []string{"nano", "micro", "small", "medium", "large", "xlarge"} {
		if s == size {
			return i
		}
	}
	if rest, ok := strings.CutPrefix(size, "metal"); ok {
		return 100_000 + sizeVCPUs(strings.TrimPrefix(rest, "-"))
	}
	return 100 + sizeVCPUs(size)
}

// compareNames orders types by family (letters, generation, attributes), then
// by size, as a person would.
func compareNames(a, b string) int {
	fa, sa := splitName(a)
	fb, sb := splitName(b)
	return cmp.Or(compareFamilies(fa, fb), cmp.Compare(sizeRank(sa), sizeRank(sb)), cmp.Compare(sa, sb))
}

func compareFamilies(a, b string) int {
	ma, mb := familyPattern.FindStringSubmatch(a), familyPattern.FindStringSubmatch(b)
	if ma == nil || mb == nil {
		return cmp.Compare(a, b)
	}
	ga, _ := strconv.Atoi(ma[2])
	gb, _ := strconv.Atoi(mb[2])
	return cmp.Or(cmp.Compare(ma[1], mb[1]), cmp.Compare(ga, gb), cmp.Compare(ma[3], mb[3]))
}

func sortNames(names []string) { slices.SortFunc(names, compareNames) }
