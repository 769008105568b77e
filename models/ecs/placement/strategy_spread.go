package placement

import (
	"errors"
	"fmt"
	"strings"
)

var _ = RegisterStrategy(Strategy{
	Type: "spread",
	Doc: "Uses an instance of the value that has the fewest tasks of the same group (a service, or the task group " +
		"of standalone tasks), counted over the whole cluster.",
	Source: "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PlacementStrategy.html",
	Fields: "instanceId|host|attribute:NAME",
	Order: func(field string) (Order, error) {
		switch name, ok := strings.CutPrefix(field, "attribute:"); {
		case ok && name != "":
			return Order{Field: field, Attribute: name}, nil
		case ok:
			return Order{}, errors.New("the attribute's name is missing")
		case field == "instanceId", field == "host":
			return Order{Field: "instanceId", Measure: MeasureGroupTasks}, nil
		case field == "":
			return Order{}, errors.New("the field is missing")
		}
		return Order{}, fmt.Errorf("unknown field %q", field)
	},
})
