package placement

import (
	"errors"
	"fmt"
	"strings"
)

var _ = RegisterStrategy(Strategy{
	Type:   "binpack",
	Doc:    "Uses the instance with the least of the field left that can still hold the task.",
	Source: "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PlacementStrategy.html",
	Fields: "cpu|memory",
	Order: func(field string) (Order, error) {
		// Assumed: case does not matter; the API writes CPU and MEMORY, the
		// guide cpu and memory.
		switch f := strings.ToLower(field); f {
		case "cpu":
			return Order{Field: f, Measure: MeasureCPU}, nil
		case "memory":
			return Order{Field: f, Measure: MeasureMemory}, nil
		case "":
			return Order{}, errors.New("the field is missing")
		}
		return Order{}, fmt.Errorf("unknown field %q", field)
	},
})
