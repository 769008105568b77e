package taskdef

import (
	"fmt"
	"slices"
	"strings"

	"ecsim/workloads/units"
)

var _ = register(
	Rule{"size-fargate", "Fargate takes pairs of task cpu and memory from a table.", fargateSource, onFargate, fargateSize},
	Rule{"size-bounds", "Task cpu is 128 to 196,608 units off Fargate.", "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html", []LaunchType{EC2, External, ManagedInstances}, sizeBounds},
	Rule{"size-container-memory", "Each container has a memory figure unless the task has one.", containerSource, nil, containerMemory},
	Rule{"size-reservation", "The hard limit is not below the soft one.", containerSource, nil, memoryReservation},
	Rule{"size-sums", "Containers fit into their task.", containerSource, nil, containerSums},
)

// sizes reads task cpu and memory, once and without reasons: shape gives them.
func (c *checker) sizes() {
	if n, err := readCPU(c.root.get("cpu")); err == nil {
		c.report.CPU = n
	}
	if n, err := readMemory(c.root.get("memory")); err == nil {
		c.report.Memory = n
	}
}

// size checks the text of a task cpu or memory: units and MiB as integers, or
// "0.5 vCPU" and "1 GB". A JSON number is what some tools write; the AWS CLI
// wants a string.
func (c *checker) size(v *value) {
	if v.kind != numberKind && !c.want(v, stringKind, "a string such as \"512\"") {
		return
	}
	var err error
	if v.key == "cpu" {
		_, err = readCPU(v)
	} else {
		_, err = readMemory(v)
	}
	switch {
	case err == nil:
	case v.kind == stringKind && isPlaceholder(v.text):
		c.template(v, "got the placeholder %q, want a number; fill it in first", cut(v.text))
	default:
		c.refuse(v, apiSource, "%v", err)
	}
}

const maxSize = 1 << 40 // far over any task, far under an overflow

func readCPU(v *value) (units.CPU, error) {
	if v == nil {
		return 0, nil
	}
	text, unit := sizeText(v)
	n, err := units.ParseCPU(text)
	if err != nil || unit != "" && unit != "vcpu" || n > maxSize || n <= 0 {
		return 0, fmt.Errorf("got %s, want CPU units such as \"512\", or vCPUs such as \"0.5 vCPU\"", v.describe())
	}
	return n, nil
}

func readMemory(v *value) (units.MiB, error) {
	if v == nil {
		return 0, nil
	}
	text, unit := sizeText(v)
	n, err := units.ParseMiB(text)
	if err != nil || unit != "" && unit != "gb" || n > maxSize || n <= 0 {
		return 0, fmt.Errorf("got %s, want MiB such as \"512\", or GB such as \"2 GB\"", v.describe())
	}
	return n, nil
}

// sizeText is a size and its unit in lower case.
func sizeText(v *value) (text, unit string) {
	if v.kind != stringKind && v.kind != numberKind {
		return "", ""
	}
	text = strings.TrimSpace(v.text)
	return text, strings.ToLower(strings.TrimSpace(strings.TrimLeft(text, "0123456789.")))
}

// FargateRow is one cpu size of Fargate and the memory it takes.
type FargateRow struct {
	CPU     units.CPU
	Memory  []units.MiB // ascending
	Windows bool        // offered for Windows containers
}

// FargateRows is the table of sizes.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html (2026; the 32 vCPU row is new in 2026)
var FargateRows = []FargateRow{
	{256, []units.MiB{512, 1024, 2048}, false},
	{512, steps(1024, 4096, 1024), false},
	{1024, steps(2048, 8192, 1024), true},
	{2048, steps(4096, 16384, 1024), true},
	{4096, steps(8192, 30720, 1024), true},
	{8192, steps(16384, 61440, 4096), false},
	{16384, steps(32768, 122880, 8192), false},
	{32768, []units.MiB{61440, 122880, 249856}, false},
}

func steps(from, to, by units.MiB) (out []units.MiB) {
	for m := from; m <= to; m += by {
		out = append(out, m)
	}
	return out
}

// Least returns the row's least memory size of at least m, false if m is over
// its largest.
func (r *FargateRow) Least(m units.MiB) (units.MiB, bool) {
	i, _ := slices.BinarySearch(r.Memory, m)
	if i == len(r.Memory) {
		return 0, false
	}
	return r.Memory[i], true
}

func (r *FargateRow) allowed() string {
	n := len(r.Memory)
	if n <= 3 {
		return strings.Trim(strings.ReplaceAll(fmt.Sprintf("%d", r.Memory), " ", ", "), "[]")
	}
	return fmt.Sprintf("%d to %d in steps of %d", r.Memory[0], r.Memory[n-1], r.Memory[1]-r.Memory[0])
}

func fargateSize(c *checker) {
	for _, key := range []string{"cpu", "memory"} {
		if c.root.get(key) == nil {
			c.no(c.root, "%s is missing: FARGATE requires that '%s' be defined at the task level", key, key)
		}
	}
	cpu, memory := c.report.CPU, c.report.Memory
	if cpu == 0 {
		return
	}
	i := slices.IndexFunc(FargateRows, func(r FargateRow) bool { return r.CPU == cpu })
	if i < 0 {
		c.no(c.root.get("cpu"), "got %d units, want one of 256, 512, 1024, 2048, 4096, 8192, 16384, 32768 on FARGATE", cpu)
		return
	}
	row := &FargateRows[i]
	if c.windows() && !row.Windows {
		c.no(c.root.get("cpu"), "got %d units, want 1024, 2048 or 4096 for Windows on FARGATE", cpu)
	}
	if memory > 0 && !slices.Contains(row.Memory, memory) {
		c.no(c.root.get("memory"), "got %d MiB with cpu %d, want %s MiB: no FARGATE configuration exists for the given values", memory, cpu, row.allowed())
	}
}

func sizeBounds(c *checker) {
	if n := c.report.CPU; n > 0 && (n < 128 || n > 192*units.VCPU) {
		c.no(c.root.get("cpu"), "got %d units, want 128 (0.125 vCPU) to 196608 (192 vCPU)", n)
	}
}

// minMemory is the least Docker gives a container.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
const minMemory = 6

func containerMemory(c *checker) {
	for _, x := range c.containers {
		hard, _ := x.number("memory")
		soft, _ := x.number("memoryReservation")
		for _, key := range []string{"memory", "memoryReservation"} {
			n, ok := x.number(key)
			switch {
			case ok && n == 0:
				c.warn(x.get(key), "got 0 MiB, which counts as not given; leave it out")
			case ok && n < minMemory:
				c.no(x.get(key), "got %d MiB, want at least %d, the least Docker gives a container", n, minMemory)
			}
		}
		given := hard != 0 || soft != 0 || c.malformed(x, "memory") || c.malformed(x, "memoryReservation")
		if !given && c.root.get("memory") == nil {
			c.no(x, "container %s: at least one of memory and memoryReservation must be specified, as the task has no memory", label(x))
		}
		if n, ok := x.number("cpu"); ok && n < 0 {
			c.no(x.get("cpu"), "got %d, want 0 CPU units or more", n)
		}
	}
}

// malformed reports a member that is there but no whole number, of which the
// shape has spoken.
func (c *checker) malformed(x *value, key string) bool {
	_, ok := x.number(key)
	return !ok && x.get(key) != nil
}

func memoryReservation(c *checker) {
	for _, x := range c.containers {
		hard, _ := x.number("memory")
		soft, _ := x.number("memoryReservation")
		switch {
		case hard <= 0 || soft < hard:
		case soft == hard:
			// The page wants memory greater; the service takes them equal.
			c.warn(x.get("memoryReservation"), "got %d MiB, the same as memory; the documentation wants memory greater", soft)
		default:
			c.no(x.get("memoryReservation"), "got %d MiB, want less than memory, %d MiB", soft, hard)
		}
	}
}

func containerSums(c *checker) {
	task := struct {
		cpu    int64
		memory int64
	}{int64(c.report.CPU), int64(c.report.Memory)}
	var cpu, memory int64
	for _, x := range c.containers {
		n, _ := x.number("cpu")
		hard, _ := x.number("memory")
		soft, _ := x.number("memoryReservation")
		cpu += max(n, 0)
		if hard > task.memory && task.memory > 0 {
			c.no(x.get("memory"), "got %d MiB, want at most the task's memory, %d MiB", hard, task.memory)
		}
		if soft <= 0 {
			soft = hard
		}
		memory += max(soft, 0)
	}
	if task.cpu > 0 && cpu > task.cpu {
		c.no(c.root.get("cpu"), "the containers' cpu adds up to %d units, want at most the task's %d", cpu, task.cpu)
	}
	if task.memory > 0 && memory > task.memory {
		c.no(c.root.get("memory"), "the containers' memory (memoryReservation, else memory) adds up to %d MiB, want at most the task's %d", memory, task.memory)
	}
}

// label names a container in a message.
func label(x *value) string {
	if n := x.str("name"); n != "" {
		return cut(n)
	}
	return fmt.Sprintf("%d", x.index)
}
