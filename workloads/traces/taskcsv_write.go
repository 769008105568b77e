package traces

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"ecsim/workloads"
)

// WriteTasks writes tasks to w as task-csv and returns how many. Times are
// decimal seconds to the nanosecond, so that reading gives equal tasks. A task
// with neither run time nor work is an error.
func WriteTasks(w io.Writer, tasks workloads.Tasks) (int64, error) {
	out := bufio.NewWriterSize(w, lineBuffer)
	out.WriteString(strings.Join(taskNames[:], ","))
	out.WriteByte('\n')
	var row []byte
	var t workloads.Task
	for n := int64(0); ; n++ {
		ok, err := tasks.Next(&t)
		if err != nil {
			return n, err
		}
		if !ok {
			return n, out.Flush()
		}
		if t.Run <= 0 && t.Work <= 0 {
			return n, fmt.Errorf("task %d: got neither run time nor work, want one of them", t.Index)
		}
		s := tasks.Shapes().At(t.Shape)
		row = appendSeconds(row[:0], int64(t.At))
		row = append(row, ',')
		if t.Work <= 0 {
			row = appendSeconds(row, int64(t.Run))
		}
		row = strconv.AppendInt(append(row, ','), int64(s.CPU), 10)
		row = strconv.AppendInt(append(row, ','), int64(s.Memory), 10)
		row = strconv.AppendInt(append(row, ','), int64(s.GPU), 10)
		row = append(row, ',')
		if t.Work > 0 {
			row = appendSeconds(row, int64(t.Work))
		}
		row = append(row, ',')
		if t.Parallel > 0 {
			row = strconv.AppendInt(row, int64(t.Parallel), 10)
		}
		row = append(row, ',')
		if t.Deadline != 0 {
			row = appendSeconds(row, int64(t.Deadline-t.At))
		}
		row = strconv.AppendInt(append(row, ','), int64(t.Priority), 10)
		row = append(row, ',')
		row = append(row, t.UsePPM.String()...)
		row = append(row, '\n')
		if _, err := out.Write(row); err != nil {
			return n, err
		}
	}
}

// appendSeconds appends ns as decimal seconds without needless zeros.
func appendSeconds(b []byte, ns int64) []byte {
	if ns < 0 {
		b, ns = append(b, '-'), -ns
	}
	b = strconv.AppendInt(b, ns/second, 10)
	frac := ns % second
	if frac == 0 {
		return b
	}
	b = append(b, '.')
	for scale := second / 10; frac > 0; scale /= 10 {
		b = append(b, byte('0'+frac/scale))
		frac %= scale
	}
	return b
}
