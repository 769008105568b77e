package main

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// terms are the 12 columns of a discount row: Savings Plans share them
// (EC2 Instance = standard, Compute = convertible).
var terms = []string{
	"yrTerm1Standard.noUpfront", "yrTerm1Standard.partialUpfront", "yrTerm1Standard.allUpfront",
	"yrTerm3Standard.noUpfront", "yrTerm3Standard.partialUpfront", "yrTerm3Standard.allUpfront",
	"yrTerm1Convertible.noUpfront", "yrTerm1Convertible.partialUpfront", "yrTerm1Convertible.allUpfront",
	"yrTerm3Convertible.noUpfront", "yrTerm3Convertible.partialUpfront", "yrTerm3Convertible.allUpfront",
}

// tupleTable numbers the distinct discount rows: about 4,000 serve 24,000
// type-regions.
type tupleTable struct {
	number map[string]int
	rows   [][]string
}

func (t *tupleTable) intern(values []string) string {
	key := strings.Join(values, ",")
	if n, ok := t.number[key]; ok {
		return strconv.Itoa(n)
	}
	n := len(t.rows)
	t.number[key] = n
	t.rows = append(t.rows, values)
	return strconv.Itoa(n)
}

func (t *tupleTable) table(s *sources) table {
	header := []string{"id"}
	for _, c := range terms {
		header = append(header, strings.TrimPrefix(c, "yrTerm"))
	}
	rows := [][]string{header}
	for i, r := range t.rows {
		rows = append(rows, append([]string{strconv.Itoa(i)}, r...))
	}
	return table{"discounts", legend("Reserved Instance discounts off on-demand, permille, rounded half up",
		"c="+s.dates.info+" "+instanceInfo.String()), rows}
}

// textMatrix is a type x region matrix of finished cells.
type textMatrix struct {
	name, comment string
	regions       []string
	cells         map[string]map[string]string
}

func (m *textMatrix) table(_ *sources, types []*typeRow) table {
	rows := [][]string{append([]string{"type"}, m.regions...)}
	for _, t := range types {
		if len(m.cells[t.name]) == 0 {
			continue
		}
		row := []string{t.name}
		for _, r := range m.regions {
			row = append(row, m.cells[t.name][r])
		}
		rows = append(rows, row)
	}
	return table{m.name, m.comment, rows}
}

// fill asks value for every priced type-region: first of the type itself, then
// of its predecessor family (same size first), whose cells get suffix "e".
// strip removes from a predecessor's cell what holds for that type alone.
// A type whose on-demand price has moved since keeps its cells under suffix "x".
func (m *textMatrix) fill(s *sources, types []*typeRow, demand *prices, value func(name, region string) string, strip func(string) string) {
	family := map[string][]string{}
	for n := range s.info {
		f, _ := splitName(n)
		family[f] = append(family[f], n)
	}
	for _, names := range family {
		sortNames(names)
	}
	for _, t := range types {
		row := map[string]string{}
		for _, r := range m.regions {
			if _, priced := demand.cells[t.name][r]; !priced {
				continue
			}
			if v := value(t.name, r); v != "" {
				if demand.cut[t.name] {
					v += "x"
				}
				row[r] = v
				continue
			}
			if t.stand == "" {
				continue
			}
			_, size := splitName(t.name)
			candidates := append([]string{t.stand + "." + size}, family[t.stand]...)
			for _, c := range candidates {
				if v := value(c, r); v != "" {
					row[r] = strip(v) + "e"
					break
				}
			}
		}
		m.cells[t.name] = row
	}
}

// buildReserved fills the discount of each type-region as the number of its
// row of 12 discounts.
func buildReserved(s *sources, types []*typeRow, demand *prices) (*textMatrix, *tupleTable) {
	tuples := &tupleTable{number: map[string]int{}}
	m := &textMatrix{
		name: "reserved", regions: demand.regions, cells: map[string]map[string]string{},
		comment: legend("Row of the discounts table per type and region; a letter after the number is its origin",
			"c="+s.dates.info+" "+instanceInfo.String(),
			"e="+s.dates.info+" estimated: the previous family's discounts",
			"x="+s.dates.info+" estimated: discounts from before the on-demand price changed"),
	}
	m.fill(s, types, demand, func(name, region string) string {
		p := s.linux(name, region)
		if p == nil || len(p.Reserved) == 0 {
			return ""
		}
		values := make([]string, len(terms))
		for i, term := range terms {
			if v := p.Reserved[term]; v != "" {
				values[i] = permille(usd(v), usd(p.OnDemand))
			}
		}
		return tuples.intern(values)
	}, func(number string) string { return number })
	return m, tuples
}

// permille is the discount 1 - price/list in thousandths, rounded half up.
func permille(price, list *big.Rat) string {
	d := new(big.Rat).Sub(big.NewRat(1, 1), new(big.Rat).Quo(price, list))
	return d.Mul(d, big.NewRat(1000, 1)).FloatString(0)
}

// interruption maps Spot Advisor's labels to its bucket numbers.
var interruption = map[string]int{"<5%": 0, "5-10%": 1, "10-15%": 2, "15-20%": 3, ">20%": 4}

// buildSpot fills "price/savings/bucket": the mean over zones of the Spot
// price (empty where the source has none, or where on-demand has moved), the
// Spot Advisor's trailing-month savings in percent, and its interruption
// bucket.
func buildSpot(s *sources, types []*typeRow, demand *prices) *textMatrix {
	m := &textMatrix{
		name: "spot", regions: demand.regions, cells: map[string]map[string]string{},
		comment: legend("Spot, Linux: mean price over zones in USD per hour / savings percent / interruption bucket; a letter after it is its origin",
			"c="+s.dates.info+" "+instanceInfo.String(),
			"e="+s.dates.info+" estimated: the previous family's savings and bucket",
			"x="+s.dates.info+" estimated: savings from before the on-demand price changed"),
	}
	m.fill(s, types, demand, func(name, region string) string {
		p := s.linux(name, region)
		if p == nil || p.Savings == nil {
			return ""
		}
		bucket, ok := interruption[p.Interrupt]
		if !ok {
			panic(fmt.Sprintf("%s in %s: interruption %q is none of Spot Advisor's labels", name, region, p.Interrupt))
		}
		price := ""
		if c := demand.cells[name][region]; len(p.Spot) > 0 && c.usd != nil && c.usd.Cmp(usd(p.OnDemand)) == 0 {
			price = significant(mean(p.Spot), 5)
		}
		return fmt.Sprintf("%s/%d/%d", price, *p.Savings, bucket)
	}, func(v string) string { return v[strings.Index(v, "/"):] })
	return m
}

func mean(list []string) *big.Rat {
	sum := new(big.Rat)
	for _, s := range list {
		sum.Add(sum, usd(s))
	}
	return sum.Quo(sum, big.NewRat(int64(len(list)), 1))
}

// significant rounds r to n significant digits.
func significant(r *big.Rat, n int) string {
	decimals := n
	for limit := big.NewRat(1, 1); decimals > 0 && r.Cmp(limit) >= 0; decimals-- {
		limit.Mul(limit, big.NewRat(10, 1))
	}
	for limit := big.NewRat(1, 10); r.Cmp(limit) < 0; decimals++ {
		limit.Quo(limit, big.NewRat(10, 1))
	}
	return round(r, decimals)
}
