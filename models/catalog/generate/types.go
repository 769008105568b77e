package main

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// typeRow is one instance type as the catalog will know it. origin says where
// each group of figures is from; see the comment line of the table.
type typeRow struct {
	name               string
	vcpu, memoryMiB    int
	arch               string
	gpus               int
	gpuModel           string
	gpuMemoryMiB       int
	accelerators       int
	acceleratorModel   string
	enis, ipv4, branch int
	tasks, tasksTrunk  int
	network, burst     int
	ebs                int
	credits            string // per hour, whole instance
	baseline           string // percent of each vCPU
	creditMode         string
	hypervisor         string
	metal, previous    bool
	origin             [6]byte // specification, ENI, network, burst, EBS, GPU
	stand              string  // family whose figures stand in, when not in ec2instances.info
}

// instanceTypes lists every type that any source names, in catalog order,
// leaving out those no rule can describe.
func instanceTypes(s *sources) []string {
	seen := map[string]bool{}
	for n := range s.info {
		seen[n] = true
	}
	for n := range s.demand["us-east-1"] {
		seen[n] = true
	}
	for n := range s.limits {
		seen[n] = true
	}
	names := make([]string, 0, len(seen))
	for n := range seen {
		names = append(names, n)
	}
	slices.SortFunc(names, compareNames)
	return names
}

func buildTypes(s *sources) []*typeRow {
	known := map[string]bool{}
	for n := range s.info {
		f, _ := splitName(n)
		known[f] = true
	}
	var rows []*typeRow
	for _, name := range instanceTypes(s) {
		t := &typeRow{name: name, origin: [6]byte{'-', '-', '-', '-', '-', '-'}}
		family, size := splitName(name)
		if i := s.info[name]; i != nil {
			t.fromInfo(i)
		} else {
			vcpu, mib, arch, origin, ok := specFromName(name)
			if !ok {
				continue
			}
			t.vcpu, t.memoryMiB, t.arch, t.origin[0] = vcpu, mib, arch, origin
			t.stand = predecessor(family, known)
			if p := s.info[t.stand+"."+size]; p != nil {
				if n := mbit(p.EBS); n > 0 {
					t.ebs, t.origin[4] = n, 'p'
				}
				if _, burst := networkText(p.Network); burst > 0 {
					t.burst, t.origin[3] = burst, 'p'
				}
			}
		}
		t.metal = strings.HasPrefix(size, "metal")
		t.setNetwork(s)
		t.setENI(s)
		t.setGPU(s)
		rows = append(rows, t)
	}
	return rows
}

func (t *typeRow) fromInfo(i *infoType) {
	t.origin[0] = 'c'
	t.vcpu = i.VCPU
	gib, err := i.Memory.Float64()
	if err != nil {
		panic(fmt.Sprintf("%s: memory %q: %v", t.name, i.Memory, err))
	}
	t.memoryMiB = int(math.Round(gib * 1024))
	t.arch = i.Arch[len(i.Arch)-1] // 64-bit stands last: [i386 x86_64]
	t.previous = i.Generation == "previous"
	if n := mbit(i.EBS); n > 0 {
		t.ebs, t.origin[4] = n, 'c'
	}
	if i.BaseVCPU != nil {
		base := *i.BaseVCPU
		t.credits = strconv.FormatFloat(math.Round(base*600)/10, 'f', -1, 64)
		t.baseline = strconv.FormatFloat(math.Round(base/float64(i.VCPU)*10_000)/100, 'f', -1, 64)
		// Default credit mode: T2 standard, later families unlimited.
		// Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-unlimited-mode-concepts.html
		t.creditMode = "unlimited"
		if strings.HasPrefix(t.name, "t2.") {
			t.creditMode = "standard"
		}
	}
}

// mbit reads a bandwidth in Mbit/s; 0 when absent.
func mbit(n interface{ Float64() (float64, error) }) int {
	v, err := n.Float64()
	if err != nil {
		return 0
	}
	return int(math.Round(v))
}

var gigabit = regexp.MustCompile(`^(Up to )?(?:(\d+)x )?([\d.]+) Gigabit$`)

// networkText reads "Up to 12.5 Gigabit" or "4x 100 Gigabit" as baseline and
// burst in Mbit/s, 0 for what the text does not say ("Moderate": neither).
func networkText(text string) (baseline, burst int) {
	m := gigabit.FindStringSubmatch(text)
	if m == nil {
		return 0, 0
	}
	v, err := strconv.ParseFloat(m[3], 64)
	if err != nil {
		return 0, 0
	}
	n := int(math.Round(v * 1000))
	if m[2] != "" {
		k, _ := strconv.Atoi(m[2])
		n *= k
	}
	if m[1] != "" {
		return 0, n
	}
	return n, n
}

func (t *typeRow) setNetwork(s *sources) {
	if i := s.info[t.name]; i != nil {
		if t.network, t.burst = networkText(i.Network); t.burst > 0 {
			t.origin[3] = 'c'
		}
		if t.network > 0 {
			t.origin[2] = 'c'
		}
	}
	if b := s.bandwidth[t.name]; b > 0 {
		t.network, t.origin[2] = b, 'k'
	}
	if t.network >= t.burst {
		t.burst, t.origin[3] = t.network, t.origin[2] // no burst above the baseline
	}
}

// handDate is when the hand-made tables of this program were last reviewed.
const handDate = "2026-11-22"

// handENIs are ENI limits of types that the limits table leaves out: the
// previous-generation and high-memory rows of the EC2 guide's table, and the
// trunk densities of ECS's own table for four of them. Zero: not known.
// Not re-verified; the place to check them is
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/AvailableIpPerENI.html and
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/eni-trunking-supported-instance-types.html
var handENIs = map[string]struct{ enis, ipv4, trunk int }{
	"cc2.8xlarge": {8, 30, 0}, "cr1.8xlarge": {8, 30, 0}, "hs1.8xlarge": {8, 30, 0},
	"g2.2xlarge": {4, 15, 0}, "g2.8xlarge": {8, 30, 0},
	"g3s.xlarge": {4, 15, 0}, "g3.4xlarge": {8, 30, 0}, "g3.8xlarge": {8, 30, 0}, "g3.16xlarge": {15, 50, 0},
	"p2.xlarge": {4, 15, 0}, "p2.8xlarge": {8, 30, 0}, "p2.16xlarge": {8, 30, 0},
	"hpc6a.48xlarge": {2, 50, 120}, "hpc6id.32xlarge": {2, 50, 120},
	"hpc7a.12xlarge": {4, 50, 0}, "hpc7a.24xlarge": {4, 50, 0}, "hpc7a.48xlarge": {4, 50, 0}, "hpc7a.96xlarge": {4, 50, 0},
	"u-6tb1.metal": {5, 30, 0}, "u-9tb1.metal": {5, 30, 0}, "u-12tb1.metal": {5, 30, 0},
	"u-18tb1.metal": {15, 50, 12}, "u-24tb1.metal": {15, 50, 12},
}

// noTrunkFamilies and noTrunkTypes have branch interfaces in hardware but are
// on ECS's list of what awsvpcTrunking does not support. The guide names the
// M5n and M5zn families too, yet its table gives all but their largest sizes a
// trunk density: the table is followed.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/eni-trunking-supported-instance-types.html
var (
	noTrunkFamilies = []string{"c5n", "d3", "d3en", "g3", "g3s", "g4dn", "i3", "i3en", "inf1", "m5dn", "mac1",
		"r5b", "r5dn", "r5n", "u-6tb1", "u-9tb1", "u-12tb1", "z1d"}
	noTrunkTypes = []string{"a1.metal", "c5.metal", "c5ad.8xlarge", "c5d.metal", "m5.metal", "m5n.24xlarge", "m5n.metal",
		"m5zn.12xlarge", "m5zn.metal", "p3dn.24xlarge", "r5.8xlarge", "r5.metal", "r5d.metal"}
)

// trunkTable holds densities where ECS's own table differs from the rules
// below: i4i in large sizes, P3, which the limits table calls incapable, and
// one size each of R5b and R5dn, whose families the guide's list excludes.
var trunkTable = map[string]int{
	"i4i.16xlarge": 248, "i4i.32xlarge": 498, "i4i.metal": 498,
	"p3.2xlarge": 40, "p3.8xlarge": 60, "p3.16xlarge": 120,
	"r5b.16xlarge": 120, "r5dn.16xlarge": 120,
}

// setENI sets interface limits and the number of awsvpc tasks an instance
// holds: max ENIs - 1 without trunking (the primary interface is taken), and
// branch interfaces + ENIs - 2 with it (one slot is the trunk). The second is
// inferred; it gives ECS's published figure for 412 of 431 types.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-eni.html
func (t *typeRow) setENI(s *sources) {
	family, _ := splitName(t.name)
	if l, ok := s.limits[t.name]; ok {
		t.enis, t.ipv4, t.branch, t.hypervisor, t.origin[1] = l.enis, l.ipv4, l.branch, l.hypervisor, 'v'
		if l.trunking && !slices.Contains(noTrunkFamilies, family) && !slices.Contains(noTrunkTypes, t.name) {
			t.tasksTrunk = t.branch + t.enis - 2
		}
	} else if i := s.info[t.name]; i != nil && i.VPC != nil {
		t.enis, t.ipv4, t.origin[1] = i.VPC.MaxENIs, i.VPC.IPsPerENI, 'c'
	} else if h, ok := handENIs[t.name]; ok {
		t.enis, t.ipv4, t.tasksTrunk, t.origin[1] = h.enis, h.ipv4, h.trunk, 'h'
	}
	if n, ok := trunkTable[t.name]; ok {
		t.tasksTrunk = n
	}
	t.tasks = max(t.enis-1, 0)
	if t.hypervisor == "" && !t.metal {
		t.hypervisor = oldHypervisor(family)
	}
}

// oldHypervisor is for types the limits table leaves out: everything before
// Nitro, by family.
// Source: https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-nitro-instances.html
func oldHypervisor(family string) string {
	switch family {
	case "cc2", "cr1", "g2", "g3", "g3s", "hs1", "i2", "p2":
		return "xen"
	}
	return "nitro"
}

// handGPUs are devices the sources leave out or count wrongly: K80 boards
// hold two devices each; G7 counts follow from its prices, which are linear
// in vCPUs and GPUs over all six sizes with these counts (a public list has 2
// and 4 for 8xlarge and 12xlarge, which no linear price explains).
// Not re-verified; the place to check them is https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html
var handGPUs = map[string]struct {
	count  int
	model  string
	eachGB int
}{
	"p2.8xlarge": {8, "NVIDIA Tesla K80", 12}, "p2.16xlarge": {16, "NVIDIA Tesla K80", 12},
	"g7.2xlarge": {1, "NVIDIA RTX PRO 4500", 32}, "g7.4xlarge": {1, "NVIDIA RTX PRO 4500", 32}, "g7.8xlarge": {1, "NVIDIA RTX PRO 4500", 32},
	"g7.12xlarge": {2, "NVIDIA RTX PRO 4500", 32}, "g7.24xlarge": {4, "NVIDIA RTX PRO 4500", 32}, "g7.48xlarge": {8, "NVIDIA RTX PRO 4500", 32},
	"g7e.2xlarge": {1, "NVIDIA RTX PRO 6000", 96}, "g7e.4xlarge": {1, "NVIDIA RTX PRO 6000", 96}, "g7e.8xlarge": {1, "NVIDIA RTX PRO 6000", 96},
	"g7e.12xlarge": {2, "NVIDIA RTX PRO 6000", 96}, "g7e.24xlarge": {4, "NVIDIA RTX PRO 6000", 96}, "g7e.48xlarge": {8, "NVIDIA RTX PRO 6000", 96},
}

// handAccelerators are chips that are not GPUs and that the sources leave out
// or misname. Not re-verified.
var handAccelerators = map[string]struct {
	count int
	model string
}{
	"trn2.48xlarge": {16, "AWS Trainium2"}, "dl2q.24xlarge": {8, "Qualcomm AI 100"},
	"dl1.24xlarge": {8, "Gaudi HL-205"},
}

// setGPU tells GPUs, which ECS schedules as a resource, from Inferentia and
// Trainium chips, which ec2instances.info counts among them.
func (t *typeRow) setGPU(s *sources) {
	if h, ok := handGPUs[t.name]; ok {
		t.gpus, t.gpuModel, t.gpuMemoryMiB, t.origin[5] = h.count, h.model, h.count*h.eachGB*1024, 'h'
		return
	}
	if h, ok := handAccelerators[t.name]; ok {
		t.accelerators, t.acceleratorModel, t.origin[5] = h.count, h.model, 'h'
		return
	}
	if i := s.info[t.name]; i != nil && i.GPU > 0 {
		t.origin[5] = 'c'
		if strings.HasPrefix(t.name, "trn") {
			t.accelerators, t.acceleratorModel = i.GPU, "AWS Trainium"
			return
		}
		if strings.HasPrefix(i.GPUModel, "AWS ") {
			t.accelerators, t.acceleratorModel = i.GPU, i.GPUModel
			return
		}
		t.gpus, t.gpuModel, t.gpuMemoryMiB = i.GPU, i.GPUModel, 1024*mbit(i.GPUMemory)
		return
	}
	if g, ok := s.gpus[t.name]; ok {
		t.gpus, t.gpuModel, t.gpuMemoryMiB, t.origin[5] = g.count, g.model, g.count*g.memoryMiB, 'k'
	}
}

func typesTable(s *sources, types []*typeRow) table {
	rows := [][]string{{"type", "vcpu", "memory_mib", "arch", "gpus", "gpu_model", "gpu_memory_mib", "accelerators", "accelerator_model",
		"enis", "ipv4_per_eni", "branch_enis", "tasks_awsvpc", "tasks_awsvpc_trunk", "network_mbps", "network_burst_mbps", "ebs_mbps",
		"credits_per_hour", "baseline_percent", "credit_mode", "hypervisor", "metal", "previous", "origin"}}
	for _, t := range types {
		rows = append(rows, []string{t.name, strconv.Itoa(t.vcpu), strconv.Itoa(t.memoryMiB), t.arch,
			count(t.gpus), t.gpuModel, count(t.gpuMemoryMiB), count(t.accelerators), t.acceleratorModel,
			count(t.enis), count(t.ipv4), count(t.branch), count(t.tasks), count(t.tasksTrunk),
			count(t.network), count(t.burst), count(t.ebs), t.credits, t.baseline, t.creditMode, t.hypervisor,
			flag01(t.metal), flag01(t.previous), string(t.origin[:])})
	}
	return table{"types", legend("EC2 instance types; origin: one letter each for vCPU and memory, ENIs, network baseline, network burst, EBS, GPU",
		"c="+s.dates.info+" "+instanceInfo.String(),
		"k="+s.dates.demand+" "+karpenter.String(),
		"v="+s.dates.limits+" "+vpcLimits.String(),
		"n="+s.dates.limits+" estimated: derived from the type's name",
		"h="+handDate+" estimated: entered by hand, not re-verified against the EC2 guide",
		"p="+s.dates.info+" estimated: the previous family's figure for this size"), rows}
}

// count prints a number, nothing for zero.
func count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func flag01(b bool) string {
	if b {
		return "1"
	}
	return ""
}
