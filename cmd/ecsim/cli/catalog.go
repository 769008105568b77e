package cli

import (
	"fmt"
	"path"
	"strings"

	"github.com/spf13/cobra"

	"ecsim/models/catalog"
)

var _ = Register(Verb{Name: "catalog", Group: Inspect, New: newCatalog})

func newCatalog(e *Env) *cobra.Command {
	return parent(&cobra.Command{
		Use:   "catalog",
		Short: "Look up instance types, their limits, and prices with source and date",
		Long: `Look up EC2 instance types, their ECS limits and all prices that enter a bill.
Every figure has a source, a date and a confidence: V verified in a public copy,
D derived, R well known but not re-verified, U unsure. ~ marks an estimate.`,
	}, newCatalogList(e), newCatalogShow(e), newCatalogRates(e))
}

// regionFlag adds --region.
func regionFlag(c *cobra.Command, into *string) {
	c.Flags().StringVar(into, "region", "us-east-1", "AWS Region of the prices")
	complete(c, "region", catalog.Regions()...)
}

type catalogRatesOptions struct {
	pattern string
	region  string
	format  string
}

func newCatalogRates(e *Env) *cobra.Command {
	var o catalogRatesOptions
	c := &cobra.Command{
		Use:   "rates [PATTERN]",
		Short: "List the rates of everything but instances: Fargate, EBS, load balancers, data",
		Long: `List rates by name, those that [prices] rates may override. PATTERN is a part
of the name, or a glob such as 'fargate.*.vcpu_hour'.`,
		Example: "  ecsim catalog rates fargate\n  ecsim catalog rates 'ebs.gp3*' --region eu-west-1 --format csv",
		Args:    cobra.MaximumNArgs(1), ValidArgsFunction: rateNames,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.pattern = args[0]
			}
			return runCatalogRates(e, o)
		},
	}
	regionFlag(c, &o.region)
	formatFlag(c, &o.format, formats...)
	return c
}

func runCatalogRates(e *Env, o catalogRatesOptions) error {
	if err := catalog.CheckRegion(o.region); err != nil {
		return badInput(fmt.Errorf("--region: %w", err))
	}
	glob := strings.ContainsAny(o.pattern, "*?[")
	if _, err := path.Match(o.pattern, ""); glob && err != nil {
		return badInput(fmt.Errorf("got pattern %q, want a part of a name, or a glob with * and ?", o.pattern))
	}
	l := listing{columns: []column{{head: "rate", name: "sku"}, {head: "from", name: "tier_from", right: true}, {head: "$", name: "usd", right: true},
		{head: "per", name: "unit"}, {head: "date", name: "date"}, {head: "c", name: "confidence"}, {name: "source"}, {name: "note"}}}
	elsewhere := 0
	for _, sku := range catalog.SKUs() {
		if ok, _ := path.Match(o.pattern, sku); !ok && (glob || !strings.Contains(sku, o.pattern)) {
			continue
		}
		tiers, err := catalog.Tiers(sku, o.region)
		if err != nil {
			elsewhere++ // not sold, or not known, there
			continue
		}
		for _, t := range tiers {
			from := cell{text: "", value: int64(0)}
			if t.From > 0 {
				from = number(t.From)
			}
			l.add(text(sku), from, cell{estimated(t.Figure) + t.Rate.String(), t.Rate.Float()}, text(t.Unit), text(t.Date),
				text(t.Confidence), text(t.Source), text(t.Note))
		}
	}
	switch {
	case len(l.rows) == 0 && elsewhere > 0:
		return badInput(fmt.Errorf("no rate like %q is known for %s; %s of other Regions have that in their name", o.pattern, o.region, count(elsewhere, "rate")))
	case len(l.rows) == 0:
		_, err := catalog.Rate(o.pattern, o.region)
		return badInput(err)
	}
	return e.print(&l, o.format)
}

// estimated marks an estimate.
func estimated(f catalog.Figure) string {
	if f.Estimated {
		return "~"
	}
	return ""
}
