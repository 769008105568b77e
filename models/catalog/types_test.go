package catalog

import (
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"ecsim/workloads/units"
)

func mustType(t testing.TB, name string) *InstanceType {
	t.Helper()
	it, err := Type(name)
	if err != nil {
		t.Fatal(err)
	}
	return it
}

// TestKnownTypes spot-checks figures against the EC2 guide.
// Source: https://docs.aws.amazon.com/ec2/latest/instancetypes/gp.html
func TestKnownTypes(t *testing.T) {
	for _, c := range []struct {
		name string
		vcpu int
		mib  units.MiB
		arch Arch
		hv   string
	}{
		{"t3.micro", 2, 1024, X86, "nitro"}, {"m5.large", 2, 8192, X86, "nitro"}, {"c7g.xlarge", 4, 8192, ARM, "nitro"},
		{"r6i.32xlarge", 128, 1048576, X86, "nitro"}, {"m4.large", 2, 8192, X86, "xen"}, {"m8g.metal-48xl", 192, 786432, ARM, ""},
		{"m8i.2xlarge", 8, 32768, X86, "nitro"}, {"c8gn.4xlarge", 16, 32768, ARM, "nitro"}, {"x8i.large", 2, 32768, X86, "nitro"},
		{"g7e.12xlarge", 48, 524288, X86, "nitro"}, {"p5.4xlarge", 16, 262144, X86, "nitro"}, {"g3s.xlarge", 4, 31232, X86, "xen"},
	} {
		it := mustType(t, c.name)
		if it.VCPU != c.vcpu || it.MemoryMiB != c.mib || it.Arch != c.arch || it.Hypervisor != c.hv || it.CPU != units.CPU(c.vcpu)*1024 {
			t.Errorf("%s: got %d vCPU, %d MiB, %s, %q", c.name, it.VCPU, it.MemoryMiB, it.Arch, it.Hypervisor)
		}
	}
	if it := mustType(t, "g4dn.12xlarge"); it.GPUs != 4 || it.GPUMemoryMiB != 65536 || it.Accelerators != 0 {
		t.Errorf("g4dn.12xlarge: %+v", it)
	}
	if it := mustType(t, "inf2.xlarge"); it.GPUs != 0 || it.Accelerators != 1 {
		t.Errorf("inf2.xlarge: %d GPUs, %d accelerators, want Inferentia not to count as a GPU", it.GPUs, it.Accelerators)
	}
	if it := mustType(t, "m7i-flex.large"); !it.Flex || it.Burstable {
		t.Errorf("m7i-flex.large: flex %v, burstable %v", it.Flex, it.Burstable)
	}
}

// TestBurstable holds the published credit table.
// Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-credits-baseline-concepts.html
func TestBurstable(t *testing.T) {
	for _, row := range fields(`
		nano 6 5 3 5
		micro 12 10 6 10
		small 24 20 12 20
		medium 24 20 24 20
		large 36 30 36 30
		xlarge 96 40 54 22.5
		2xlarge 192 40 81.6 17`) {
		for _, family := range []string{"t2", "t3", "t3a", "t4g"} {
			credits, baseline, mode := row[1], row[2], "unlimited"
			if family == "t2" {
				credits, baseline, mode = row[3], row[4], "standard"
			}
			it := mustType(t, family+"."+row[0])
			if f := strconv.FormatFloat(it.CreditsPerHour, 'f', -1, 64); f != credits || strconv.FormatFloat(it.BaselinePerVCPUPercent, 'f', -1, 64) != baseline || it.CreditMode != mode || !it.Burstable {
				t.Errorf("%s: got %s credits/h, %g %%, %s; want %s, %s, %s", it.Name, f, it.BaselinePerVCPUPercent, it.CreditMode, credits, baseline, mode)
			}
		}
	}
	for _, it := range Types() {
		if it.Burstable != regexp.MustCompile(`^t[2-9]`).MatchString(it.Family) {
			t.Errorf("%s: burstable %v", it.Name, it.Burstable)
		}
	}
}

// TestAwsvpcTasks holds rows of ECS's own table.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/eni-trunking-supported-instance-types.html
func TestAwsvpcTasks(t *testing.T) {
	for _, c := range []struct {
		name         string
		plain, trunk int
	}{
		{"c5.large", 2, 10}, {"m5.large", 2, 10}, {"m5.8xlarge", 7, 60}, {"m6i.8xlarge", 7, 90}, {"a1.medium", 1, 10},
		{"m6g.medium", 1, 4}, {"m7i-flex.large", 2, 4}, {"m8a.8xlarge", 9, 90}, {"i4i.16xlarge", 14, 248},
		{"t3.medium", 2, 0}, {"c5n.large", 2, 0}, {"g4dn.xlarge", 2, 0}, {"c5.metal", 14, 0}, {"m4.large", 1, 0},
	} {
		it := mustType(t, c.name)
		if it.TasksAwsvpc != c.plain || it.TasksAwsvpcTrunk != c.trunk || it.TrunkingOnECS != (c.trunk > 0) {
			t.Errorf("%s: got %d and %d awsvpc tasks, want %d and %d", c.name, it.TasksAwsvpc, it.TasksAwsvpcTrunk, c.plain, c.trunk)
		}
	}
}

// TestENIFacts compares every type with the facts file beside the repository.
func TestENIFacts(t *testing.T) {
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "facts", "ecs_eni_limits.csv"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("no shared/facts/ecs_eni_limits.csv beside the repository")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	number := func(s string) int {
		if s == "" {
			return 0
		}
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, r := range rows[1:] {
		it, err := Type(r[0])
		if err != nil {
			t.Error(err)
			continue
		}
		got := [4]int{it.MaxENIs, it.TasksAwsvpc, it.TasksAwsvpcTrunk, it.IPv4PerENI}
		want := [4]int{number(r[1]), number(r[3]), number(r[5]), number(r[2])}
		if r[2] == "" {
			want[3] = got[3]
		}
		if got != want {
			t.Errorf("%s (%s): got ENIs, tasks, trunk tasks, IPv4 %v, want %v", r[0], r[6], got, want)
		}
	}
}

// TestTypeLaws holds for every type.
func TestTypeLaws(t *testing.T) {
	if n := len(Types()); n < 1388 {
		t.Errorf("%d types, want at least 1,388", n)
	}
	seen := map[string]bool{}
	for _, it := range Types() {
		if seen[it.Name] || it.Name != it.Family+"."+it.Size {
			t.Errorf("%s: twice, or not %s.%s", it.Name, it.Family, it.Size)
		}
		seen[it.Name] = true
		if it.VCPU < 1 || it.MemoryMiB < 512 || it.Arch == "" || it.Source == "" {
			t.Errorf("%s: %+v", it.Name, it)
		}
		if it.MaxENIs > 0 && it.TasksAwsvpc != it.MaxENIs-1 {
			t.Errorf("%s: %d ENIs, %d awsvpc tasks", it.Name, it.MaxENIs, it.TasksAwsvpc)
		}
		if it.NetworkBurstMbps < it.NetworkMbps {
			t.Errorf("%s: burst %d below baseline %d Mbit/s", it.Name, it.NetworkBurstMbps, it.NetworkMbps)
		}
		if it.BareMetal != (it.Hypervisor == "") {
			t.Errorf("%s: bare metal %v, hypervisor %q", it.Name, it.BareMetal, it.Hypervisor)
		}
		if mem, source := it.RegisteredMemory(); mem <= 0 || mem >= it.MemoryMiB || source == "" {
			t.Errorf("%s: registers %d of %d MiB, %q", it.Name, mem, it.MemoryMiB, source)
		}
	}
	for name := range registeredMemory {
		if !seen[name] {
			t.Errorf("registered memory of %q, which is no type", name)
		}
	}
}

// TestNaturalOrder: sizes ascend, families stay together.
func TestNaturalOrder(t *testing.T) {
	at := map[string]int{}
	for i, it := range Types() {
		at[it.Name] = i
	}
	order := strings.Fields("c5.large c5.xlarge c5.2xlarge c5.12xlarge c5.metal c5a.large m5.large m5.metal m7i.48xlarge m7i.metal-24xl m7i.metal-48xl m7i-flex.large m8g.medium t2.nano t2.micro t3.nano")
	for i := range order[1:] {
		if at[order[i]] >= at[order[i+1]] {
			t.Errorf("%s stands after %s", order[i], order[i+1])
		}
	}
	last := map[string]int{}
	for i, it := range Types() {
		if j, ok := last[it.Family]; ok && j != i-1 {
			t.Errorf("family %s is split at %s", it.Family, it.Name)
		}
		last[it.Family] = i
	}
}

func TestRegisteredMemory(t *testing.T) {
	for _, c := range []struct {
		name, source string
		low, high    units.MiB
	}{
		{"t3.medium", "describe", 3828, 3828}, {"m5.2xlarge", "measured", 31368, 31368},
		{"m6a.2xlarge", "assumed", 31250, 31330}, {"c5.large", "measured", 3704, 3704}, {"m4.large", "ECS guide", 7985, 7985},
	} {
		got, source := mustType(t, c.name).RegisteredMemory()
		if got < c.low || got > c.high || !strings.Contains(source, c.source) {
			t.Errorf("%s: got %d MiB, %q; want %d to %d, %q", c.name, got, source, c.low, c.high, c.source)
		}
	}
}

// TestMemoryFractionFitsMeasured: the fraction predicts every measured type
// within 3.5 % of nominal, so that a type nobody measured is not far off.
func TestMemoryFractionFitsMeasured(t *testing.T) {
	for name, m := range registeredMemory {
		it := mustType(t, name)
		predicted := it.MemoryMiB * it.memoryFraction() / 1000
		if diff := float64(predicted-m.mib) / float64(it.MemoryMiB); diff > 0.035 || diff < -0.035 {
			t.Errorf("%s: fraction gives %d, measured %d of %d MiB (%.1f %%)", name, predicted, m.mib, it.MemoryMiB, 100*diff)
		}
	}
}

func TestTasksPerInstance(t *testing.T) {
	for _, c := range []struct {
		name    string
		cpu     units.CPU
		mem     units.MiB
		p       Packing
		n       int
		binding string
	}{
		{"m5.large", 256, 512, Packing{}, 8, "cpu"},
		{"m5.large", 256, 2048, Packing{}, 3, "memory"}, // 7,680 MiB registered
		{"m5.large", 256, 512, Packing{Awsvpc: true}, 2, "eni"},
		{"m5.large", 128, 512, Packing{Awsvpc: true, Trunking: true}, 10, "eni"},
		{"t3.medium", 128, 256, Packing{Awsvpc: true, Trunking: true}, 2, "eni"}, // trunking does nothing here
		{"g4dn.12xlarge", 1024, 1024, Packing{GPUs: 1}, 4, "gpu"},
		{"m5.large", 256, 512, Packing{GPUs: 1}, 0, "gpu"},
		{"m5.large", 256, 512, Packing{DaemonCPU: 256}, 7, "cpu"},
		{"m5.large", 256, 512, Packing{Awsvpc: true, DaemonENIs: 1}, 1, "eni"},
		{"m5.large", 4096, 512, Packing{}, 0, "cpu"},
		{"m5.large", 0, 2560, Packing{}, 3, "memory"},
		{"m5.large", 0, 2560, Packing{Reserved: 1}, 2, "memory"},
		{"m5.large", 0, 0, Packing{}, -1, ""},
	} {
		n, binding := mustType(t, c.name).TasksPerInstance(c.cpu, c.mem, c.p)
		if n != c.n || binding != c.binding {
			t.Errorf("%s, %d units, %d MiB, %+v: got %d by %q, want %d by %q", c.name, c.cpu, c.mem, c.p, n, binding, c.n, c.binding)
		}
	}
}

func TestFind(t *testing.T) {
	got := Find(Filter{MinVCPU: 2, MaxVCPU: 2, MinMemory: 8192, MaxMemory: 8192, Arch: X86, Family: regexp.MustCompile(`m[5-7].*`), Sort: ByPrice, CurrentGeneration: Only, Estimated: Exclude}, "us-east-1")
	if len(got) < 5 {
		t.Fatalf("found %d types", len(got))
	}
	last := units.Price(0)
	for _, it := range got {
		p, err := OnDemand(it.Name, "us-east-1")
		if err != nil || p.Rate < last || it.VCPU != 2 || it.MemoryMiB != 8192 || it.Arch != X86 || it.Estimated || it.Family[0] != 'm' {
			t.Errorf("%s at %v after %v: %v", it.Name, p.Rate, last, err)
		}
		last = p.Rate
	}
	if all := Find(Filter{}, ""); len(all) != len(Types()) {
		t.Errorf("zero filter finds %d of %d", len(all), len(Types()))
	}
	cheap := Find(Filter{MaxPrice: parsePrice("0.01"), Limit: 3, Sort: ByPrice, Descending: true}, "us-east-1")
	if len(cheap) != 3 {
		t.Errorf("found %d types, want 3", len(cheap))
	}
	for _, it := range cheap {
		if p, err := OnDemand(it.Name, "us-east-1"); err != nil || p.Rate > parsePrice("0.01") {
			t.Errorf("%s costs %v, above the limit (%v)", it.Name, p.Rate, err)
		}
	}
	for _, descending := range []bool{false, true} {
		list := Find(Filter{Sort: BySpotPrice, Descending: descending}, "us-east-1")
		spotted := true
		for _, it := range list {
			_, err := Spot(it.Name, "us-east-1")
			if err == nil && !spotted {
				t.Errorf("%s has a Spot price but stands after one without (descending %v)", it.Name, descending)
			}
			spotted = err == nil
		}
		if spotted {
			t.Errorf("no type without a Spot price in us-east-1: the order was not tested")
		}
	}
	if partial := Find(Filter{Family: regexp.MustCompile(`m5`)}, ""); len(partial) == 0 || partial[len(partial)-1].Family != "m5" {
		t.Errorf("family m5 also matched other families")
	}
	if none := Find(Filter{GPU: Only, MaxVCPU: 1}, ""); len(none) != 0 {
		t.Errorf("found %d GPU types of one vCPU", len(none))
	}
	if _, err := ParseSortKey("prize"); err == nil || !strings.Contains(err.Error(), "price") {
		t.Errorf("unknown order: %v", err)
	}
}

func TestTypeErrorsNameNearest(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{"m5.lrge", "m5.large"}, {"M5.LARGE", "m5.large"}, {"m5large", "m5.large"}, {"c7g.3xlarge", "c7g.2xlarge"}, {"t3.mediun", "t3.medium"},
	} {
		_, err := Type(c.got)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), Date()) {
			t.Errorf("%s: got error %v, want it to name %s and the catalog's date", c.got, err, c.want)
		}
	}
}
