package traces

import (
	"errors"

	"ecsim/workloads/units"
)

// Machine is one shape of machine in a fleet.
type Machine struct {
	Model  string // as the list names it, empty if it does not
	CPU    units.CPU
	Memory units.MiB
	GPU    int
	Count  int64 // machines of this shape, 1 or more
}

// OpenFleet reads the machine list at path: shapes in order of first
// appearance, equal ones counted together.
func OpenFleet(path string, o Options) ([]Machine, error) { return OpenFleetFrom(File(path), o) }

// OpenFleetFrom is OpenFleet for any source of bytes.
func OpenFleetFrom(in Opener, o Options) ([]Machine, error) {
	o, _, err := o.resolve()
	if err != nil {
		return nil, err
	}
	l, err := openLines(in)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	f, err := pick(l, o.Format, KindFleet)
	if err != nil {
		return nil, err
	}
	return f.OpenFleet(l, o)
}

// readFleet collects machines from next until it returns false.
func readFleet(l *Lines, o Options, next func() (Machine, bool, error)) ([]Machine, error) {
	var list []Machine
	index := make(map[Machine]int)
	for {
		m, ok, err := next()
		if err != nil {
			var e *Error
			if o.OnError == "skip" && errors.As(err, &e) && e.Row {
				continue
			}
			return nil, err
		}
		if !ok {
			break
		}
		n := m.Count
		m.Count = 0
		i, known := index[m]
		if !known {
			i = len(list)
			index[m] = i
			list = append(list, m)
		}
		list[i].Count += n
	}
	if len(list) == 0 {
		return nil, &Error{File: l.name, Line: l.number, Text: "got no machine, want at least one row; check that the list is complete"}
	}
	return list, nil
}
