package cli

import (
	"fmt"
	"io"
	"time"

	"ecsim/reports/answer"
	"ecsim/scenarios"
	"ecsim/scenarios/simulate"
)

type folder struct {
	dir string
	own bool // named by -o
}

type stored struct{ code int }

func (f folder) stored(key string) *stored              { return nil }
func (f folder) writable() error                        { return nil }
func (s *stored) print(e *Env, o simulateOptions) error { return nil }

type report struct {
	options    simulateOptions
	scenario   *scenarios.Scenario
	comparison *simulate.Comparison
	key        string
	workers    int
	answer     *answer.Answer
	code       int
}

func (r *report) write(e *Env, to folder, platforms []int, start time.Time) error {
	switch r.options.format {
	case "json":
		return r.answer.JSON(e.Out)
	case "csv":
		return r.answer.CSV(e.Out)
	}
	io.WriteString(e.Out, r.answer.Text())
	if r.options.pairs {
		if t := pairedTable(r.answer.Verdict, r.answer.Gates); t != "" {
			fmt.Fprintf(e.Out, "\n%s", t)
		}
	}
	return nil
}
