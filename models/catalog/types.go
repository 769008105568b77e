package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"ecsim/workloads/units"
)

// Arch is a CPU architecture as EC2 names it: "x86_64", "arm64", and
// "x86_64_mac", "arm64_mac" for Mac hosts.
type Arch string

// The architectures ECS tasks run on.
const (
	X86 Arch = "x86_64"
	ARM Arch = "arm64"
)

// InstanceType is one EC2 instance type. A zero figure means not known unless
// its field says otherwise.
type InstanceType struct {
	Name   string // "m6i.large"
	Family string // "m6i"
	Size   string // "large"

	VCPU      int       // 1 or more
	CPU       units.CPU // VCPU x 1024, what an ECS container instance registers
	MemoryMiB units.MiB // nominal; see RegisteredMemory for what ECS places in
	Arch      Arch

	// GPUs are devices ECS schedules as the GPU resource; 0: none. A share of a
	// device (G6f) counts as one. AMD GPUs are listed too, though ECS's
	// GPU-optimized AMI drives NVIDIA's only.
	// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-gpu.html
	GPUs         int
	GPUModel     string
	GPUMemoryMiB int // all devices together
	// Accelerators are Inferentia, Trainium and other chips that are not GPUs.
	Accelerators     int
	AcceleratorModel string

	MaxENIs    int // network interfaces over all network cards
	IPv4PerENI int
	BranchENIs int // branch interfaces the hardware allows, before ECS's own list

	// TasksAwsvpc and TasksAwsvpcTrunk are how many awsvpc tasks ECS places on
	// an instance without and with the awsvpcTrunking account setting.
	// TasksAwsvpcTrunk is 0 when TrunkingOnECS is false.
	// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-eni.html
	TasksAwsvpc, TasksAwsvpcTrunk int
	TrunkingOnECS                 bool

	NetworkMbps      int // baseline, Mbit/s
	NetworkBurstMbps int // at best, Mbit/s; equal to the baseline when it does not burst
	EBSMbps          int // EBS bandwidth baseline, Mbit/s

	Hypervisor        string // "nitro", "xen", "" on bare metal
	BareMetal         bool
	CurrentGeneration bool
	Flex              bool // baseline of 40 % a vCPU, full speed most of the time

	// Burstable types (T2 and later) earn CPU credits; the fields below are zero for others.
	Burstable              bool
	CreditsPerHour         float64 // whole instance; a credit is one vCPU for one minute
	BaselinePerVCPUPercent float64 // 5 to 40
	CreditMode             string  // default: "standard" (T2) or "unlimited"

	Source    string // where the figures are from, one entry a group
	Estimated bool   // some figure is derived from the name, entered by hand or a predecessor's
}

// typeIndex is every type in catalog order and by name.
type typeIndex struct {
	list   []*InstanceType
	byName map[string]*InstanceType
}

var loadTypes = sync.OnceValue(func() *typeIndex {
	t := typeTable.load()
	x := &typeIndex{list: make([]*InstanceType, 0, len(t.order)), byName: make(map[string]*InstanceType, len(t.order))}
	sources := map[string]string{}
	for _, name := range t.order {
		it := readType(t, strings.Split(t.rows[name], ","), sources)
		x.list = append(x.list, it)
		x.byName[name] = it
	}
	return x
})

// originGroups are the groups of figures the origin column has a letter for.
var originGroups = []string{"vCPU and memory", "ENIs", "network baseline", "network burst", "EBS", "GPU"}

func readType(t *table, cells []string, sources map[string]string) *InstanceType {
	if len(cells) != len(t.header) {
		panic(fmt.Sprintf("catalog: embedded table types: row %q has %d cells, want %d", cells[0], len(cells), len(t.header)))
	}
	text := func(column string) string { return cells[t.columns[column]] }
	decimal := func(column string) float64 {
		s := text(column)
		if s == "" {
			return 0
		}
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			panic(fmt.Sprintf("catalog: embedded table types: %s: %s: %v", cells[0], column, err))
		}
		return v
	}
	integer := func(column string) int { return int(decimal(column)) }
	it := &InstanceType{
		Name: cells[0], VCPU: integer("vcpu"), MemoryMiB: units.MiB(integer("memory_mib")), Arch: Arch(text("arch")),
		GPUs: integer("gpus"), GPUModel: text("gpu_model"), GPUMemoryMiB: integer("gpu_memory_mib"),
		Accelerators: integer("accelerators"), AcceleratorModel: text("accelerator_model"),
		MaxENIs: integer("enis"), IPv4PerENI: integer("ipv4_per_eni"), BranchENIs: integer("branch_enis"),
		TasksAwsvpc: integer("tasks_awsvpc"), TasksAwsvpcTrunk: integer("tasks_awsvpc_trunk"),
		NetworkMbps: integer("network_mbps"), NetworkBurstMbps: integer("network_burst_mbps"), EBSMbps: integer("ebs_mbps"),
		Hypervisor: text("hypervisor"), BareMetal: text("metal") != "", CurrentGeneration: text("previous") == "",
		CreditsPerHour: decimal("credits_per_hour"), BaselinePerVCPUPercent: decimal("baseline_percent"), CreditMode: text("credit_mode"),
	}
	it.Family, it.Size, _ = strings.Cut(it.Name, ".")
	it.CPU = units.CPU(it.VCPU) * units.VCPU
	it.TrunkingOnECS = it.TasksAwsvpcTrunk > 0
	it.Burstable = it.CreditsPerHour > 0
	it.Flex = strings.HasSuffix(it.Family, "-flex")
	codes := text("origin")
	it.Estimated = strings.ContainsAny(codes, "nhp")
	if sources[codes] == "" {
		sources[codes] = t.describe(codes)
	}
	it.Source = sources[codes]
	return it
}

// describe spells out an origin column, groups of equal origin together.
func (t *table) describe(codes string) string {
	var parts []string
	for i := range len(codes) {
		if codes[i] == '-' || strings.IndexByte(codes, codes[i]) < i {
			continue
		}
		var groups []string
		for j := i; j < len(codes); j++ {
			if codes[j] == codes[i] {
				groups = append(groups, originGroups[j])
			}
		}
		o, ok := t.origins[codes[i]]
		if !ok {
			panic(fmt.Sprintf("catalog: embedded table %s: origin %q is not in its legend", t.name, codes[i]))
		}
		parts = append(parts, strings.Join(groups, ", ")+": "+o.text+" ("+o.date+")")
	}
	return strings.Join(parts, "; ")
}

// Types returns every instance type, by family and size in natural order
// (m5.large, m5.xlarge, m5.2xlarge ... m5.metal, m5a.large). The slice and
// what it points to are shared: do not modify them.
func Types() []*InstanceType { return loadTypes().list }

// Type returns the type of that name; an error names the nearest known ones.
func Type(name string) (*InstanceType, error) {
	x := loadTypes()
	if t := x.byName[name]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("instance type: got %q, which is not in the catalog of %s; %s", name, Date(), didYouMean(name, nearCandidates(x, name), "see `ecsim catalog list`"))
}

// CheckFamily refuses a family, such as "m6i", that the catalog has no type of.
func CheckFamily(name string) error {
	var known []string
	for _, t := range loadTypes().list {
		if t.Family == name {
			return nil
		}
		if !slices.Contains(known, t.Family) {
			known = append(known, t.Family)
		}
	}
	return fmt.Errorf("got %q, which the catalog of %s has no type of; %s", name, Date(), didYouMean(name, known, "see `ecsim catalog list`"))
}

// nearCandidates lists the sizes of the family got names first, then all types.
func nearCandidates(x *typeIndex, got string) []string {
	family, _, _ := strings.Cut(strings.ToLower(got), ".")
	var same, other []string
	for _, t := range x.list {
		if t.Family == family {
			same = append(same, t.Name)
		} else {
			other = append(other, t.Name)
		}
	}
	return append(same, other...)
}
