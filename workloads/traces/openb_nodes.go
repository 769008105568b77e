package traces

import "ecsim/workloads/units"

var _ = RegisterFormat(Format{
	Name:   "alibaba-openb-nodes",
	Doc:    "Machine list of Alibaba's GPU cluster trace of 2023: CPU, memory and GPUs of each node.",
	Source: "https://github.com/alibaba/clusterdata/tree/master/cluster-trace-gpu-v2023",
	Kind:   KindFleet,
	Sniff: func(head []byte, _ string) int {
		if sniffHeader(head, "sn", "cpu_milli", "memory_mib") {
			return 95
		}
		return 0
	},
	OpenFleet: func(l *Lines, o Options) ([]Machine, error) {
		rows, err := openCSV(l, "alibaba-openb-nodes", "cpu_milli", "memory_mib")
		if err != nil {
			return nil, err
		}
		cpu, memory := rows.header.find("cpu_milli"), rows.header.find("memory_mib")
		gpu, model := rows.header.find("gpu", "num_gpu"), rows.header.find("model", "gpu_model")
		return readFleet(l, o, func() (Machine, bool, error) {
			ok, err := rows.next()
			if !ok || err != nil {
				return Machine{}, false, err
			}
			m := Machine{Count: 1}
			if model >= 0 {
				m.Model = string(rows.fields[model])
			}
			for _, f := range []struct {
				column int
				to     func(int64)
			}{
				// What a machine has rounds down, what a pod asks rounds up.
				{cpu, func(n int64) { m.CPU = units.CPU(n * int64(units.VCPU) / 1000) }},
				{memory, func(n int64) { m.Memory = units.MiB(n) }},
				{gpu, func(n int64) { m.GPU = int(n) }},
			} {
				if f.column < 0 {
					continue
				}
				n, ok := parseInt(rows.fields[f.column])
				if !ok || n < 0 || n > 1<<40 {
					return Machine{}, false, rows.bad(f.column, "a whole number of 0 or more")
				}
				f.to(n)
			}
			return m, true, nil
		})
	},
})
