package billing

import (
	"fmt"
	"strings"

	"ecsim/models/catalog"
)

// Catalog is the price book of the built-in catalogue.
type Catalog struct{}

// Price returns the catalogue's figure: of an instance type for
// "ec2.TYPE.on_demand" and "ec2.TYPE.spot" (the mean over the zones), else of
// rates.csv. A tiered rate is its first tier.
func (Catalog) Price(sku, region string) (Quote, error) {
	if typ, ok := instanceSKU(sku, ".on_demand"); ok {
		return quote(catalog.OnDemand(typ, region))
	}
	if typ, ok := instanceSKU(sku, ".spot"); ok {
		f, err := catalog.Spot(typ, region)
		return quote(f.Figure, err)
	}
	return quote(catalog.Rate(sku, region))
}

// Committed returns the catalogue's effective rate of m under plan.
func (Catalog) Committed(m Meter, plan Plan) (Quote, bool, error) {
	p, err := catalogPlan(plan)
	if err != nil {
		return Quote{}, false, err
	}
	switch {
	case m.Option != OnDemand:
		return Quote{}, false, nil
	case m.Class == EC2Instance:
		q, err := quote(catalog.Reserved(m.InstanceType, m.Region, p))
		return q, err == nil, err
	case plan.Kind == ComputeSP && (m.Class == Fargate || m.Class == Lambda && strings.HasSuffix(m.SKU, ".gb_second")):
		q, err := quote(catalog.SavingsPlanRate(m.SKU, m.Region, p))
		return q, err == nil, err
	}
	return Quote{}, false, nil
}

// instanceSKU cuts the instance type out of "ec2.m6a.2xlarge.on_demand".
func instanceSKU(sku, suffix string) (string, bool) {
	typ, ok := strings.CutPrefix(sku, "ec2.")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(typ, suffix)
}

func quote(f catalog.Figure, err error) (Quote, error) {
	return Quote{Rate: f.Rate, Source: f.Source, Date: f.Date, Confidence: f.Confidence, Estimated: f.Estimated, Note: f.Note}, err
}

// catalogPlan says plan in the catalogue's terms.
func catalogPlan(plan Plan) (catalog.Plan, error) {
	kind := map[PlanKind]catalog.PlanKind{StandardRI: catalog.StandardRI, ConvertibleRI: catalog.ConvertibleRI,
		EC2InstanceSP: catalog.EC2InstanceSP, ComputeSP: catalog.ComputeSP}[plan.Kind]
	payment := map[Payment]catalog.Payment{NoUpfront: catalog.NoUpfront, PartialUpfront: catalog.PartialUpfront, AllUpfront: catalog.AllUpfront}[plan.Payment]
	if kind == 0 || payment == 0 {
		return catalog.Plan{}, fmt.Errorf("plan %s is not one the catalogue knows", plan)
	}
	return catalog.Plan{Kind: kind, Years: plan.Years, Payment: payment}, nil
}
