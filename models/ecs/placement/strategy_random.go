package placement

import "errors"

var _ = RegisterStrategy(Strategy{
	Type: "random",
	// Assumed: uniformly; AWS says "randomly" without a distribution.
	Doc:    "Uses any of the instances left, uniformly.",
	Source: "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PlacementStrategy.html",
	Order: func(field string) (Order, error) {
		if field != "" {
			return Order{}, errors.New("it takes no field")
		}
		return Order{Random: true}, nil
	},
})
