package placement

import "errors"

var _ = RegisterStrategy(Strategy{
	Type: "first-fit",
	Doc:  "Uses the instance with the lowest launch ordinal that can hold the task. Not ECS's: a yardstick for the others.",
	Order: func(field string) (Order, error) {
		if field != "" {
			return Order{}, errors.New("it takes no field")
		}
		return Order{Measure: MeasureOrdinal}, nil
	},
})
