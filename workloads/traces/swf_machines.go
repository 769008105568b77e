package traces

import (
	"bytes"
	"strings"

	"ecsim/workloads/units"
)

var _ = RegisterFormat(Format{
	Name:   "swf-machines",
	Doc:    "Machine list of the Alea job scheduler simulator beside an SWF log: id, name, nodes, cores a node, speed, memory a node in KB, by tabs.",
	Source: "https://github.com/aleasimulator/alea",
	Kind:   KindFleet,
	Sniff: func(head []byte, name string) int {
		line, _, _ := bytes.Cut(head, []byte("\n"))
		f := bytes.Split(bytes.TrimSpace(line), []byte("\t"))
		if len(f) != 6 {
			return 0
		}
		for _, i := range []int{0, 2, 3, 5} {
			if _, ok := parseInt(f[i]); !ok {
				return 0
			}
		}
		if strings.HasSuffix(name, ".machines") {
			return 95
		}
		return 60
	},
	OpenFleet: func(l *Lines, o Options) ([]Machine, error) {
		return readFleet(l, o, func() (Machine, bool, error) {
			line, ok, err := l.text()
			if !ok || err != nil {
				return Machine{}, false, err
			}
			f := bytes.Split(bytes.TrimSpace(line), []byte("\t"))
			if len(f) != 6 {
				return Machine{}, false, l.Errorf("columns", "got %d, want 6 between tabs; mend the line", len(f))
			}
			var n [6]int64
			for _, i := range []int{2, 3, 5} {
				v, ok := parseInt(bytes.TrimSpace(f[i]))
				if !ok || v <= 0 || v > 1<<40 {
					return Machine{}, false, l.Errorf([...]string{2: "nodes", 3: "cores", 5: "memory"}[i], "got %q, want a whole number over 0; mend the line", clip(f[i]))
				}
				n[i] = v
			}
			const mostCores = 1 << 20
			if n[3] > mostCores {
				return Machine{}, false, l.Errorf("cores", "got %d, want at most %d a node; mend the line", n[3], mostCores)
			}
			return Machine{Model: string(bytes.TrimSpace(f[1])), Count: n[2], CPU: units.CPU(n[3]) * units.VCPU, Memory: units.MiB(n[5] >> 10)}, true, nil
		})
	},
})
