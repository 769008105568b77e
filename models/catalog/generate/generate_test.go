package main

import (
	"math"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	for size, want := range map[string]int{"medium": 1, "large": 2, "xlarge": 4, "12xlarge": 48, "metal-24xl": 96, "metal": 0, "nano": 0} {
		if got := sizeVCPUs(size); got != want {
			t.Errorf("%s: got %d vCPUs, want %d", size, got, want)
		}
	}
	for _, c := range []struct {
		name   string
		vcpu   int
		gib    int
		arch   string
		origin byte
	}{
		{"m8i.large", 2, 8, "x86_64", 'n'}, {"c8gn.4xlarge", 16, 32, "arm64", 'n'}, {"i8ge.metal-24xl", 96, 768, "arm64", 'n'},
		{"c7g-flex.large", 2, 4, "arm64", 'n'}, {"m8i-flex.large", 2, 8, "x86_64", 'n'}, {"x8i.xlarge", 4, 64, "x86_64", 'n'},
		{"g7e.8xlarge", 32, 256, "x86_64", 'h'}, {"g7e.12xlarge", 48, 512, "x86_64", 'h'}, {"x8aedz.large", 2, 64, "x86_64", 'h'},
	} {
		vcpu, mib, arch, origin, ok := specFromName(c.name)
		if !ok || vcpu != c.vcpu || mib != c.gib*1024 || arch != c.arch || origin != c.origin {
			t.Errorf("%s: got %d vCPUs, %d MiB, %s, %c, %v", c.name, vcpu, mib, arch, origin, ok)
		}
	}
	for _, name := range []string{"m8i.metal", "q1.large", "nonsense", "m8i.huge"} {
		if vcpu, _, _, _, ok := specFromName(name); ok {
			t.Errorf("%s: derived %d vCPUs from a name that says nothing", name, vcpu)
		}
	}
}

func TestPredecessor(t *testing.T) {
	known := map[string]bool{}
	for _, f := range strings.Fields("m7i m7i-flex c7gn c8g m6id i4i g6 p5 m8g") {
		known[f] = true
	}
	for family, want := range map[string]string{"m8i": "m7i", "m8i-flex": "m7i-flex", "c8gn": "c7gn", "c9g": "c8g", "m8id": "m6id", "i7i": "i4i", "g7": "g6", "p5": "p5", "m9g": "m8g", "zz1": ""} {
		if got := predecessor(family, known); got != want {
			t.Errorf("%s: got predecessor %q, want %q", family, got, want)
		}
	}
}

func TestCompareNames(t *testing.T) {
	want := strings.Fields("c5.large c5.2xlarge c5.12xlarge c5.metal c5a.large c10.large m5.large m7i.metal-24xl m7i.metal-48xl m7i-flex.large t3.nano t3.micro u-6tb1.metal")
	got := slices.Clone(want)
	slices.Reverse(got)
	sortNames(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestNetworkText(t *testing.T) {
	for text, want := range map[string][2]int{
		"25 Gigabit": {25000, 25000}, "Up to 12.5 Gigabit": {0, 12500}, "4x 100 Gigabit": {400000, 400000},
		"Moderate": {0, 0}, "": {0, 0}, "3.12 Gigabit": {3120, 3120},
	} {
		if b, u := networkText(text); b != want[0] || u != want[1] {
			t.Errorf("%q: got %d, %d, want %v", text, b, u, want)
		}
	}
}

func TestRounding(t *testing.T) {
	for value, want := range map[string]string{"0.034149": "0.034149", "0.0341494": "0.034149", "12.33649": "12.336", "123456.7": "123457", "0.00012345678": "0.00012346", "1": "1", "0.1": "0.1"} {
		if got := significant(usd(value), 5); got != want {
			t.Errorf("%s to 5 digits: got %s, want %s", value, got, want)
		}
	}
	if got := permille(usd("0.0605"), usd("0.096")); got != "370" {
		t.Errorf("discount: got %s permille, want 370", got)
	}
	if got := round(big.NewRat(100, 1), 6); got != "100" {
		t.Errorf("got %s, want 100", got)
	}
}

func TestEncode(t *testing.T) {
	a := table{"x", "title | c=2026-01-01 source", [][]string{{"type", "a"}, {"m5.large", "1"}}}
	one, err1 := a.encode()
	two, err2 := a.encode()
	if err1 != nil || err2 != nil || !slices.Equal(one, two) {
		t.Errorf("the same table gave different bytes: %v %v", err1, err2)
	}
	a.rows[1][1] = "1,2"
	if _, err := a.encode(); err == nil {
		t.Error("a comma in a cell was accepted; the loader would misread the row")
	}
}

// TestRulesOnKnownTypes grades the rules for newer types on types whose
// figures are known. Needs the pinned modules: CATALOG_REGENERATE=1 go test .
func TestRulesOnKnownTypes(t *testing.T) {
	if os.Getenv("CATALOG_REGENERATE") == "" {
		t.Skip("set CATALOG_REGENERATE=1 to read the pinned modules")
	}
	s, err := readSources()
	if err != nil {
		t.Fatal(err)
	}

	t.Run("specification by name", func(t *testing.T) {
		checked := 0
		for name, i := range s.info {
			family, size := splitName(name)
			m := familyPattern.FindStringSubmatch(family)
			if m == nil || !strings.Contains("cmrx", m[1]) || len(m[1]) != 1 || m[2] < "5" || size == "metal" {
				continue
			}
			if slices.Contains([]string{"c5n", "x2iedn", "x2iezn"}, family) {
				continue // more memory a vCPU than their letter says; no newer family stands on them unaided
			}
			vcpu, mib, arch, _, ok := specFromName(name)
			if gib, err := i.Memory.Float64(); err != nil || !ok || vcpu != i.VCPU || mib != int(math.Round(gib*1024)) || arch != i.Arch[len(i.Arch)-1] {
				t.Errorf("%s: derived %d vCPUs, %d MiB, %s; is %d, %v GiB, %v", name, vcpu, mib, arch, i.VCPU, i.Memory, i.Arch)
			}
			checked++
		}
		t.Logf("%d types", checked)
		if checked < 400 {
			t.Errorf("only %d types checked", checked)
		}
	})

	t.Run("regional price by predecessor", func(t *testing.T) {
		types := buildTypes(s)
		family := map[string][]*typeRow{}
		for _, r := range types {
			f, _ := splitName(r.name)
			family[f] = append(family[f], r)
		}
		// As if m7i were new: its regional prices from m6i, and so on.
		for f, pre := range map[string]string{"m7i": "m6i", "c7i": "c6i", "r7i": "r6i", "m8g": "m7g", "c8g": "c7g"} {
			worst, cells := 0.0, 0
			p := &prices{regions: regions(s), cells: map[string]map[string]cell{}}
			for _, r := range family[f] {
				old := s.linux(r.name, "us-east-1")
				if r.metal || old == nil {
					continue
				}
				p.set(r.name, "us-east-1", cell{usd(old.OnDemand), 'c'})
				p.estimate(s, r, family[pre])
				for region, c := range p.cells[r.name] {
					real := s.linux(r.name, region)
					if c.origin != 'e' || real == nil {
						continue
					}
					got, _ := c.usd.Float64()
					want, _ := usd(real.OnDemand).Float64()
					worst = max(worst, math.Abs(got/want-1))
					cells++
				}
			}
			t.Logf("%s from %s: %d cells, worst error %.2f %%", f, pre, cells, 100*worst)
			if cells < 20 || worst > 0.005 {
				t.Errorf("%s from %s: %d cells, worst error %.2f %%, want at most 0.5 %%", f, pre, cells, 100*worst)
			}
		}
	})

	t.Run("bare metal costs its virtual twin", func(t *testing.T) {
		checked := 0
		for name, i := range s.info {
			family, size := splitName(name)
			metal := s.linux(name, "us-east-1")
			if !strings.HasPrefix(size, "metal") || metal == nil {
				continue
			}
			for twin, j := range s.info {
				f, twinSize := splitName(twin)
				virtual := s.linux(twin, "us-east-1")
				if f != family || strings.HasPrefix(twinSize, "metal") || j.VCPU != i.VCPU || virtual == nil {
					continue
				}
				got, _ := usd(virtual.OnDemand).Float64()
				want, _ := usd(metal.OnDemand).Float64()
				if math.Abs(got/want-1) > 0.0001 {
					t.Errorf("%s costs %v, %s %v", name, want, twin, got)
				}
				checked++
			}
		}
		if checked < 50 {
			t.Errorf("only %d pairs checked", checked)
		}
	})
}
