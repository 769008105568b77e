package placement

import (
	"compress/gzip"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"ecsim/sim"
)

// openb reads a table of the openb trace, or skips. Its gpu_spec column is left
// alone: the default list's placements are by amounts only.
func openb(tb testing.TB, name string) [][]int64 {
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if filepath.Dir(dir) == dir {
			tb.Skip("not inside a module")
		}
		dir = filepath.Dir(dir)
	}
	file, err := os.Open(filepath.Join(dir, "..", "shared", "data", "traces", "alibaba-openb", name))
	if err != nil {
		tb.Skipf("the openb trace is not here: %v", err)
	}
	defer file.Close()
	var r io.Reader = file
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(file); err != nil {
			tb.Fatal(err)
		}
	}
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		tb.Fatal(err)
	}
	var list [][]int64
	for _, row := range rows[1:] {
		var v []int64
		for _, s := range row[1:min(5, len(row))] {
			n, err := strconv.ParseInt(s, 10, 64)
			if err != nil && len(v) < 3 {
				tb.Fatalf("%s: %v", name, err)
			}
			v = append(v, n)
		}
		list = append(list, v)
	}
	return list
}

// devices is what is left of each GPU of a node, in thousandths.
type devices []int64

// fits tells whether n whole GPUs, or a share of one, are free.
func (d devices) fits(n, share int64) bool {
	free := int64(0)
	for _, left := range d {
		if n == 1 && left >= share || left == 1000 {
			free++
		}
	}
	return free >= n
}

// take uses n whole GPUs, or for a share the fitting one with least left.
func (d devices) take(n, share int64) {
	if n == 1 {
		best := -1
		for i, left := range d {
			if left >= share && (best < 0 || left < d[best]) {
				best = i
			}
		}
		d[best] -= share
		return
	}
	for i := range d {
		if n > 0 && d[i] == 1000 {
			d[i], n = 0, n-1
		}
	}
}

func openbDevices(nodes [][]int64) []devices {
	all := make([]devices, len(nodes))
	for i, n := range nodes {
		for range n[2] {
			all[i] = append(all[i], 1000)
		}
	}
	return all
}

// openbFleet places the list with the fleet; GPU shares, which ECS does not
// know, are a Check of the plan.
func openbFleet(tb testing.TB, nodes, pods [][]int64) (placed int, hash uint64) {
	f := NewFleet(byIndex())
	gpus := openbDevices(nodes)
	for i, n := range nodes {
		f.Add(instance(i, "a", n[0], n[1]))
	}
	best := rules(tb, "binpack(cpu)")
	plans := map[[4]int64]*Plan{}
	var sum sim.Fingerprint
	for i, q := range pods {
		n, share := q[2], q[3]
		id := [4]int64{q[0], q[1], n, share}
		p := plans[id]
		if p == nil {
			r := Requirement{Resources: Resources{CPU: q[0], Memory: q[1]}, Rules: best}
			if n > 0 {
				r.Check = func(h Host) bool { return gpus[h].fits(n, share) }
			}
			p = compile(tb, f, r)
			plans[id] = p
		}
		if h, _ := f.Place(p, uint64(i), 1); h != NoHost {
			gpus[h].take(n, share)
			sum.Add(uint64(h))
			placed++
		}
	}
	return placed, sum.Sum()
}

// openbScan does the same by looking at every node.
func openbScan(nodes, pods [][]int64) (placed int, hash uint64) {
	gpus := openbDevices(nodes)
	cpu, memory := make([]int64, len(nodes)), make([]int64, len(nodes))
	for i, n := range nodes {
		cpu[i], memory[i] = n[0], n[1]
	}
	var sum sim.Fingerprint
	for _, q := range pods {
		best := -1
		for i := range nodes {
			if cpu[i] >= q[0] && memory[i] >= q[1] && (best < 0 || cpu[i] < cpu[best]) && gpus[i].fits(q[2], q[3]) {
				best = i
			}
		}
		if best >= 0 {
			cpu[best] -= q[0]
			memory[best] -= q[1]
			gpus[best].take(q[2], q[3])
			sum.Add(uint64(best))
			placed++
		}
	}
	return placed, sum.Sum()
}

// TestOpenB: W-OPENB, by the fleet and by a scan.
func TestOpenB(t *testing.T) {
	nodes, pods := openb(t, "openb_node_list_all_node.csv"), openb(t, "openb_pod_list_default.csv.gz")
	n, hash := openbFleet(t, nodes, pods)
	wantN, want := openbScan(nodes, pods)
	if n != wantN || hash != want {
		t.Errorf("%d placed, hash %016x; the scan has %d, %016x", n, hash, wantN, want)
	}
	t.Logf("%d of %d placed on %d nodes, hash %016x", n, len(pods), len(nodes), hash)
}

func BenchmarkOpenB(b *testing.B) {
	nodes, pods := openb(b, "openb_node_list_all_node.csv"), openb(b, "openb_pod_list_default.csv.gz")
	for range b.N {
		ratios(b, func(int) { openbFleet(b, nodes, pods) }, func(int) { openbScan(nodes, pods) }, len(pods), len(pods), "scan")
	}
}
