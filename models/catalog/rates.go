package catalog

import (
	"encoding/csv"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"ecsim/workloads/units"
)

// rateRow is a row of rates.csv.
type rateRow struct {
	SKU, Region string
	From        int64 // tier start, in units of the SKU
	Figure
}

type rateTable struct {
	list  []rateRow
	skus  []string
	bySKU map[string]map[string][]rateRow // SKU -> region or "*" -> tiers, ascending
}

var loadRates = sync.OnceValue(func() *rateTable {
	b, err := files.ReadFile("rates.csv")
	if err != nil {
		panic(fmt.Sprintf("catalog: embedded file rates.csv: %v", err))
	}
	t, err := parseRates(string(b))
	if err != nil {
		panic("catalog: embedded file " + err.Error())
	}
	return t
})

// ratesHeader are the columns of rates.csv. region "*" stands for every
// region without a row of its own; from is where a volume tier starts, in
// units of the SKU a month (empty: 0). date is when the figure was read, or
// entered when confidence is R; where only the month is known, its first or
// last day stands. Dollars are decimal, exact.
const ratesHeader = "sku,region,from,usd,unit,source,date,confidence,note"

var skuPattern = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)+$`)

// parseRates reads rates.csv and checks every row.
func parseRates(text string) (*rateTable, error) {
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("rates.csv: %w", err)
	}
	if len(records) == 0 || strings.Join(records[0], ",") != ratesHeader {
		return nil, fmt.Errorf("rates.csv:1: got another header, want %s", ratesHeader)
	}
	t := &rateTable{bySKU: map[string]map[string][]rateRow{}}
	for i, rec := range records[1:] {
		r, err := parseRate(rec)
		if err != nil {
			return nil, fmt.Errorf("rates.csv:%d: %w", i+2, err)
		}
		if t.bySKU[r.SKU] == nil {
			t.bySKU[r.SKU] = map[string][]rateRow{}
			t.skus = append(t.skus, r.SKU)
		}
		tiers := t.bySKU[r.SKU][r.Region]
		if n := len(tiers); n == 0 && r.From != 0 || n > 0 && tiers[n-1].From >= r.From {
			return nil, fmt.Errorf("rates.csv:%d: from: got %d for %s in %s, want tiers that start at 0 and ascend", i+2, r.From, r.SKU, r.Region)
		}
		t.bySKU[r.SKU][r.Region] = append(tiers, r)
		t.list = append(t.list, r)
	}
	slices.Sort(t.skus)
	return t, nil
}

func parseRate(rec []string) (rateRow, error) {
	r := rateRow{SKU: rec[0], Region: rec[1], Figure: Figure{Unit: rec[4], Source: rec[5], Date: rec[6], Confidence: rec[7], Note: rec[8]}}
	var err error
	if rec[2] != "" {
		if r.From, err = strconv.ParseInt(rec[2], 10, 64); err != nil || r.From < 0 {
			return r, fmt.Errorf("from: got %q, want a whole number of units", rec[2])
		}
	}
	if r.Rate, err = units.ParsePrice(rec[3]); err != nil {
		return r, fmt.Errorf("usd: got %q, want dollars per unit: %w", rec[3], err)
	}
	switch {
	case !skuPattern.MatchString(r.SKU):
		return r, fmt.Errorf("sku: got %q, want dotted lower-case words", r.SKU)
	case r.Region == "" || r.Unit == "" || r.Source == "":
		return r, fmt.Errorf("%s: region, unit and source must not be empty", r.SKU)
	case !strings.Contains("VDRU", r.Confidence) || len(r.Confidence) != 1:
		return r, fmt.Errorf("confidence: got %q, want V, D, R or U", r.Confidence)
	}
	if _, err := time.Parse(time.DateOnly, r.Date); err != nil {
		return r, fmt.Errorf("date: got %q, want YYYY-MM-DD", r.Date)
	}
	r.Estimated = strings.HasPrefix(r.Note, "derived:") || strings.HasPrefix(r.Note, "assumed:")
	return r, nil
}

// tiers finds a SKU's rows for a region, falling back to "*".
func (t *rateTable) tiers(sku, region string) ([]rateRow, error) {
	regions, ok := t.bySKU[sku]
	if !ok {
		return nil, fmt.Errorf("sku: got %q, which the catalog of %s has no rate for; %s", sku, Date(), didYouMean(sku, t.skus, "see `ecsim catalog list`"))
	}
	if rows, ok := regions[region]; ok {
		return rows, nil
	}
	if rows, ok := regions["*"]; ok {
		return rows, nil
	}
	have := make([]string, 0, len(regions))
	for r := range regions {
		have = append(have, r)
	}
	slices.Sort(have)
	return nil, fmt.Errorf("%s: no rate in %q in the catalog of %s; it has one in %s; give the rate in the scenario", sku, region, Date(), strings.Join(have, ", "))
}

// Rate returns what one unit of a SKU that is not an EC2 instance costs in a
// region: the first tier of a tiered one. SKUs are dotted names such as
// "fargate.x86.vcpu_hour"; see [SKUs]. A SKU whose unit is "USD per USD
// on-demand" is a fraction of another price: 0.12 dollars a dollar. The error
// names the nearest SKU, or the regions that have a rate.
func Rate(sku, region string) (Figure, error) {
	rows, err := loadRates().tiers(sku, region)
	if err != nil {
		return Figure{}, err
	}
	return rows[0].Figure, nil
}

// Tier is a rate that holds from a monthly volume on.
type Tier struct {
	From int64 // in units of the SKU; the first tier starts at 0
	Figure
}

// Tiers returns all volume tiers of a SKU in a region, ascending; one for a
// SKU without tiers. Errors as [Rate].
func Tiers(sku, region string) ([]Tier, error) {
	rows, err := loadRates().tiers(sku, region)
	if err != nil {
		return nil, err
	}
	out := make([]Tier, len(rows))
	for i, r := range rows {
		out[i] = Tier{r.From, r.Figure}
	}
	return out, nil
}

// SKUs returns the names of all rates, sorted.
func SKUs() []string { return slices.Clone(loadRates().skus) }

// RateRegions returns the regions a SKU has a rate of its own for, sorted; "*"
// among them stands for all others. Nil for an unknown SKU.
func RateRegions(sku string) []string {
	var out []string
	for r := range loadRates().bySKU[sku] {
		out = append(out, r)
	}
	slices.Sort(out)
	return out
}

// SavingsPlanRate returns the rate of a Fargate or Lambda SKU under a Compute
// Savings Plan: the plan's own rate where it is known (".sp." rows), else the
// on-demand rate less the plan's discount, rounded half up to a microdollar
// for Fargate's hourly rates and exact to a picodollar for Lambda's. The
// Windows licence, ephemeral storage and requests are not discounted: the
// error says that the plan does not cover them.
// Source: https://docs.aws.amazon.com/savingsplans/latest/userguide/sp-services.html
func SavingsPlanRate(sku, region string, plan Plan) (Figure, error) {
	if err := plan.check(); err != nil {
		return Figure{}, err
	}
	list, err := Rate(sku, region)
	if err != nil {
		return Figure{}, err
	}
	product, covered := savingsPlanProduct(sku)
	if !covered || plan.Kind != ComputeSP {
		return Figure{}, fmt.Errorf("%s: not covered by a %v; a Compute Savings Plan covers EC2, Fargate vCPU and memory, and Lambda duration", sku, plan.Kind)
	}
	t := loadRates()
	if rows := t.bySKU[sku+".sp."+plan.term()][region]; rows != nil {
		return rows[0].Figure, nil
	}
	discount, err := Rate(product+".sp."+plan.term()+".discount", region)
	if err != nil {
		return Figure{}, err
	}
	f := discount
	f.Unit, f.Estimated = list.Unit, true
	permille := int64(discount.Rate) / (int64(units.DollarPrice) / 1000)
	if product == "lambda" {
		f.Rate = list.Rate - units.Price((int64(list.Rate)*permille+500)/1000)
	} else {
		f.Rate = off(list.Rate, permille, 1000)
	}
	return f, nil
}

// savingsPlanProduct maps a SKU to the product its plan discounts are kept under.
func savingsPlanProduct(sku string) (string, bool) {
	switch sku {
	case "fargate.x86.vcpu_hour", "fargate.x86.gb_hour":
		return "fargate.x86", true
	case "fargate.arm.vcpu_hour", "fargate.arm.gb_hour":
		return "fargate.arm", true
	case "fargate.windows.vcpu_hour", "fargate.windows.gb_hour":
		return "fargate.windows", true
	case "lambda.x86.gb_second", "lambda.arm.gb_second", "lambda.provisioned.x86.gb_second", "lambda.provisioned.x86.duration_gb_second",
		"lambda.provisioned.arm.gb_second", "lambda.provisioned.arm.duration_gb_second":
		return "lambda", true
	}
	return "", false
}

// Allowance is a free quantity.
type Allowance struct {
	SKU      string // what it is an allowance of
	Quantity int64
	Unit     string
	Scope    string // what it is counted over
	Source   string
}

// Allowances are the free quantities every account keeps getting; those of
// new accounts (12 months) are not listed.
var Allowances = []Allowance{
	{"fargate.ephemeral.gb_hour", 20, "GB", "task", "https://aws.amazon.com/fargate/pricing/"},
	{"ebs.gp3.iops_month", 3000, "IOPS", "volume", "https://aws.amazon.com/ebs/pricing/"},
	{"ebs.gp3.throughput_month", 125, "MiB/s", "volume", "https://aws.amazon.com/ebs/pricing/"},
	{"data.internet_out.gb", 100, "GB", "account and month", "https://aws.amazon.com/ec2/pricing/on-demand/#Data_Transfer"},
	{"lambda.request", 1_000_000, "requests", "account and month", "https://aws.amazon.com/lambda/pricing/"},
	{"lambda.x86.gb_second", 400_000, "GB-seconds, both architectures together, provisioned concurrency excepted", "account and month", "https://aws.amazon.com/lambda/pricing/"},
	{"cloudwatch.logs.ingest_gb", 5, "GB", "account and month", "https://aws.amazon.com/cloudwatch/pricing/"},
	{"cloudwatch.metric_month", 10, "metrics", "account and month", "https://aws.amazon.com/cloudwatch/pricing/"},
	{"ecs_anywhere.instance_hour", 2200, "instance-hours, introductory tier", "account and month", "https://aws.amazon.com/ecs/anywhere/pricing/"},
}
