package units

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// USD is an amount of money in nanodollars: 1,000,000,000 is one dollar. Sums
// of it are exact; int64 holds 9.2 billion dollars.
type USD int64

// Dollar is one US dollar.
const Dollar USD = 1_000_000_000

// Float returns u in dollars, for printing and plots only.
func (u USD) Float() float64 { return float64(u) / float64(Dollar) }

// Cents returns u rounded half away from zero to whole cents.
func (u USD) Cents() int64 {
	const cent = int64(Dollar / 100)
	n := int64(u)
	if n < 0 {
		return -((-n + cent/2) / cent)
	}
	return (n + cent/2) / cent
}

// String prints dollars and cents: "$1,308.25", "-$0.42".
func (u USD) String() string {
	c := u.Cents()
	sign := ""
	if c < 0 {
		sign, c = "-", -c
	}
	return fmt.Sprintf("%s$%s.%02d", sign, Thousands(c/100), c%100)
}

// Decimal prints all nine decimals without a currency sign, for CSV files.
func (u USD) Decimal() string { return decimal(int64(u), 9) }

// Thousands prints n with a comma between groups of three digits.
func Thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Price is picodollars per unit of what is priced (an instance-hour, a
// GB-hour, a request): 1,000,000,000,000 is one dollar. Unit rates go down to
// 3.08e-8 dollars, so nine decimals would not do.
type Price int64

// DollarPrice is one dollar per unit.
const DollarPrice Price = 1_000_000_000_000

// Float returns p in dollars per unit, for printing only.
func (p Price) Float() float64 { return float64(p) / float64(DollarPrice) }

// String prints dollars with as many decimals as needed: "0.04048".
func (p Price) String() string {
	s := decimal(int64(p), 12)
	s = strings.TrimRight(s, "0")
	return strings.TrimSuffix(s, ".")
}

// Times returns p x num / den as an amount, rounded half up to a nanodollar.
// num is a quantity of 0 or more in units of 1/den; den must be positive.
// The product is formed in 128 bits; an amount beyond USD's range panics.
func (p Price) Times(num, den uint64) USD {
	if den == 0 || p < 0 {
		panic(fmt.Sprintf("units: price %d x %d / %d: price must be 0 or more, denominator positive", int64(p), num, den))
	}
	// nanodollars = p * num / (den * 1000)
	dhi, d := bits.Mul64(den, 1000)
	hi, lo := bits.Mul64(uint64(p), num)
	if dhi != 0 || hi >= d {
		panic(fmt.Sprintf("units: price %d x %d / %d overflows an amount", int64(p), num, den))
	}
	q, r := bits.Div64(hi, lo, d)
	if r >= d-r {
		q++
	}
	if q > math.MaxInt64 {
		panic(fmt.Sprintf("units: price %d x %d / %d overflows an amount", int64(p), num, den))
	}
	return USD(q)
}

// Scale returns p x ppm, rounded half up.
func (p Price) Scale(ppm PPM) Price { return Price(ppm.Of(int64(p))) }

// Scale returns u x ppm, rounded half up away from zero.
func (u USD) Scale(ppm PPM) USD {
	if u < 0 {
		return -USD(ppm.Of(int64(-u)))
	}
	return USD(ppm.Of(int64(u)))
}

func decimal(n int64, places int) string {
	sign := ""
	m := uint64(n)
	if n < 0 {
		sign, m = "-", uint64(-n)
	}
	s := fmt.Sprintf("%0*d", places+1, m)
	return sign + s[:len(s)-places] + "." + s[len(s)-places:]
}

var errNumber = errors.New(`not a decimal number, e.g. "0.04048"`)

// parseDecimal reads a non-negative decimal exactly, scaled by 10^places;
// digits beyond that are rounded half up.
func parseDecimal(s string, places int) (int64, error) {
	if s == "" || len(s) > 40 {
		return 0, errNumber
	}
	whole, frac, _ := strings.Cut(s, ".")
	if whole == "" && frac == "" {
		return 0, errNumber
	}
	digits := whole + frac
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, errNumber
		}
	}
	round := false
	if len(frac) > places {
		round = frac[places] >= '5'
		frac = frac[:places]
	}
	frac += strings.Repeat("0", places-len(frac))
	n, err := strconv.ParseInt(whole+frac, 10, 64)
	if err != nil {
		return 0, errors.New("number is too large")
	}
	if round {
		if n == math.MaxInt64 {
			return 0, errors.New("number is too large")
		}
		n++
	}
	return n, nil
}

// ParsePrice reads dollars per unit, "0.04048" or "$0.04048", exactly.
func ParsePrice(s string) (Price, error) {
	n, err := parseDecimal(strings.TrimPrefix(strings.TrimSpace(s), "$"), 12)
	return Price(n), err
}

// ParseUSD reads an amount, "1308.25" or "$1,308.25"; negative amounts are
// refused.
func ParseUSD(s string) (USD, error) {
	s = strings.ReplaceAll(strings.TrimPrefix(strings.TrimSpace(s), "$"), ",", "")
	n, err := parseDecimal(s, 9)
	return USD(n), err
}
