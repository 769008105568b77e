package result

import (
	"cmp"
	"math"
	"math/big"
	"slices"

	"ecsim/workloads/units"
)

// meanBill is the mean of the replications' bills, line by line. The total is
// the mean rounded half away from zero to a nanodollar; each line and each
// split is rounded down, and the nanodollars left over go one each to the
// largest remainders, earlier lines first. So the bill is still the sum of its
// lines and of its splits.
func meanBill(runs []*Run) Bill {
	n := int64(len(runs))
	first := &runs[0].Bill
	b := Bill{Hours: first.Hours, Hourly: first.Hourly}
	total := sumOver(runs, func(b *Bill) units.USD { return b.Total })
	list := sumOver(runs, func(b *Bill) units.USD { return b.List })
	b.Total, b.List = mean(total, n), mean(list, n)
	b.Drain = mean(sumOver(runs, func(b *Bill) units.USD { return b.Drain }), n)
	for _, r := range runs {
		b.PriceOnly = b.PriceOnly || r.Bill.PriceOnly
	}
	b.Lines = meanLines(runs, b.Total, b.List)
	b.Splits = meanSplits(runs, b.Total)
	b.BestPlan = meanPlan(runs)
	return b
}

func sumOver(runs []*Run, read func(*Bill) units.USD) *big.Int {
	sum := new(big.Int)
	for _, r := range runs {
		sum.Add(sum, big.NewInt(int64(read(&r.Bill))))
	}
	return sum
}

func mean(sum *big.Int, n int64) units.USD { return units.USD(divRound(sum, n).Int64()) }

// apportion divides sums by n so that the parts add up to total.
func apportion(sums []*big.Int, n int64, total units.USD) []units.USD {
	parts := make([]units.USD, len(sums))
	rests := make([]int64, len(sums))
	left := total
	for i, sum := range sums {
		q, r := new(big.Int).DivMod(sum, big.NewInt(n), new(big.Int)) // Euclidean: 0 <= r < n
		parts[i], rests[i] = units.USD(q.Int64()), r.Int64()
		left -= parts[i]
	}
	order := make([]int, len(sums))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(rests[j], rests[i]) })
	// left is at most the number of parts with a remainder when the sums add up
	// to total; a bill whose lines do not keeps the difference visible.
	for _, i := range order {
		if left <= 0 || rests[i] == 0 {
			break
		}
		parts[i]++
		left--
	}
	return parts
}

// lineKey is what makes two lines of different replications the same line.
type lineKey struct {
	sku, class, option, workload, unit, source, date string
	estimated                                        bool
}

func meanLines(runs []*Run, total, list units.USD) []Line {
	n := int64(len(runs))
	var lines []Line
	var paid, listed []*big.Int
	at, varies := map[lineKey]int{}, map[int]bool{}
	var spent []float64 // quantity x rate
	for _, r := range runs {
		for _, l := range r.Bill.Lines {
			key := lineKey{l.SKU, l.Class, l.Option, l.Workload, l.Unit, l.Source, l.Date, l.Estimated}
			i, ok := at[key]
			if !ok {
				i = len(lines)
				at[key] = i
				fresh := l
				fresh.Quantity = 0
				lines = append(lines, fresh)
				paid, listed, spent = append(paid, new(big.Int)), append(listed, new(big.Int)), append(spent, 0)
			}
			varies[i] = varies[i] || l.Rate != lines[i].Rate
			lines[i].Quantity += l.Quantity
			spent[i] += l.Quantity * float64(l.Rate)
			paid[i].Add(paid[i], big.NewInt(int64(l.Paid)))
			listed[i].Add(listed[i], big.NewInt(int64(l.List)))
		}
	}
	paidParts, listParts := apportion(paid, n, total), apportion(listed, n, list)
	for i := range lines {
		if varies[i] && lines[i].Quantity > 0 { // a price that moved: its mean; a plan's is not the list price
			lines[i].Rate = units.Price(math.Round(spent[i] / lines[i].Quantity))
		}
		lines[i].Quantity /= float64(n)
		lines[i].Paid, lines[i].List = paidParts[i], listParts[i]
	}
	return lines
}

// meanSplits keeps the idle part last.
func meanSplits(runs []*Run, total units.USD) []Split {
	var splits []Split
	var sums []*big.Int
	for _, r := range runs {
		for _, s := range r.Bill.Splits {
			i := slices.IndexFunc(splits, func(o Split) bool { return o.Workload == s.Workload })
			if i < 0 {
				i = len(splits)
				splits, sums = append(splits, Split{Workload: s.Workload}), append(sums, new(big.Int))
			}
			sums[i].Add(sums[i], big.NewInt(int64(s.Paid)))
		}
	}
	for i, part := range apportion(sums, int64(len(runs)), total) {
		splits[i].Paid = part
	}
	slices.SortStableFunc(splits, func(a, b Split) int { return boolOrder(a.Workload == "", b.Workload == "") })
	return splits
}

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// meanPlan is the mean of each replication's best plan; there is none unless
// every replication has one.
func meanPlan(runs []*Run) PlanOffer {
	n := int64(len(runs))
	commitment, total := new(big.Int), new(big.Int)
	var coverage, utilised units.PPM
	for _, r := range runs {
		p := &r.Bill.BestPlan
		if p.Name == "" {
			return PlanOffer{}
		}
		commitment.Add(commitment, big.NewInt(int64(p.Commitment)))
		total.Add(total, big.NewInt(int64(p.Total)))
		coverage += p.Coverage
		utilised += p.Utilised
	}
	return PlanOffer{Name: runs[0].Bill.BestPlan.Name,
		Commitment: units.Price(divRound(commitment, n).Int64()), Total: mean(total, n),
		Coverage: coverage / units.PPM(n), Utilised: utilised / units.PPM(n)}
}
