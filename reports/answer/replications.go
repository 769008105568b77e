package answer

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"

	"ecsim/models/result"
)

// Replications writes one row a platform and replication, or batch of one run:
// every metric of the table, in the columns of CSV. A figure that does not
// exist is empty.
func (a *Answer) Replications(w io.Writer) error {
	out := csv.NewWriter(w)
	columns := a.columns()
	header := []string{"platform", "standing", "replication"}
	for _, c := range columns {
		header = append(header, c.name)
	}
	if err := out.Write(header); err != nil {
		return err
	}
	for _, row := range a.Verdict.Rows() {
		n := row.Runs
		if row.Batches > 0 {
			n = row.Batches
		}
		for r := range n {
			record := []string{row.Platform, string(row.Standing()), strconv.Itoa(r)}
			for _, c := range columns {
				e, _ := row.Estimate(c.path)
				cell := ""
				if r < len(e.Each) && !math.IsNaN(e.Each[r]) {
					cell = exact(e.Each[r])
				}
				record = append(record, cell)
			}
			if err := out.Write(record); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

// exact has fifteen significant digits: differences of like figures keep more
// than decimal's twelve.
func exact(v float64) string { return strconv.FormatFloat(v, 'g', 15, 64) }

// ReadReplications reads what Replications wrote; workloads are the scenario's.
// Columns of no known metric are passed over.
func ReadReplications(r io.Reader, workloads []string) ([]*result.Measured, error) {
	in := csv.NewReader(r)
	header, err := in.Read()
	if err != nil {
		return nil, err
	}
	if len(header) < 3 || header[0] != "platform" || header[1] != "standing" || header[2] != "replication" {
		return nil, fmt.Errorf("line 1: got columns %q, want platform, standing, replication and metrics", header[:min(3, len(header))])
	}
	paths := make([]string, len(header))
	known := map[string]string{}
	for _, c := range metricColumns(workloads) {
		known[c.name] = c.path
	}
	for i, name := range header {
		paths[i] = known[name]
	}
	var list []*result.Measured
	for {
		record, err := in.Read()
		if err == io.EOF {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		if len(list) == 0 || list[len(list)-1].Platform != record[0] {
			list = append(list, &result.Measured{Platform: record[0], Standing: result.Standing(record[1]), Each: map[string][]float64{}})
		}
		m := list[len(list)-1]
		m.Runs++
		for i := 3; i < len(record); i++ {
			if paths[i] == "" {
				continue
			}
			v := math.NaN()
			if record[i] != "" {
				if v, err = strconv.ParseFloat(record[i], 64); err != nil {
					line, _ := in.FieldPos(i)
					return nil, fmt.Errorf("line %d: %s: got %q, want a number", line, header[i], record[i])
				}
			}
			m.Each[paths[i]] = append(m.Each[paths[i]], v)
		}
	}
}
