package billing

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strings"
	"time"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// mulDiv is a x b / c rounded half up, through 128 bits; it panics when the
// result does not fit in an int64.
func mulDiv(a, b, c uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	if hi >= c {
		panic(fmt.Sprintf("billing: %d x %d / %d overflows", a, b, c))
	}
	q, r := bits.Div64(hi, lo, c)
	if r >= c-r {
		q++
	}
	if q > math.MaxInt64 {
		panic(fmt.Sprintf("billing: %d x %d / %d overflows", a, b, c))
	}
	return q
}

// mulDivFloor is a x b / c rounded down.
func mulDivFloor(a, b, c uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	if hi >= c {
		panic(fmt.Sprintf("billing: %d x %d / %d overflows", a, b, c))
	}
	q, _ := bits.Div64(hi, lo, c)
	return q
}

// scaleUSD is u x num / den rounded half up; all must be 0 or more.
func scaleUSD(u, num, den units.USD) units.USD {
	return units.USD(mulDiv(uint64(u), uint64(num), uint64(den)))
}

// PerMonth is what a month of 730 hours costs at the mean hourly cost of a
// window: total x 730 h / window, rounded half away from zero to a nanodollar.
// The window should be whole cycles of whatever repeats in the workload. It
// panics when the window is not positive or the result is beyond USD's range.
func PerMonth(total units.USD, window sim.Time) units.USD {
	if window <= 0 {
		panic(fmt.Sprintf("billing: window of %d ns", int64(window)))
	}
	const month = uint64(730 * sim.Hour)
	if total < 0 {
		return -units.USD(mulDiv(uint64(-total), month, uint64(window)))
	}
	return units.USD(mulDiv(uint64(total), month, uint64(window)))
}

// Amount is what count of a unit (in the counts that the Unit constants name,
// times seconds for what is held over time) costs at rate, in the month of at.
func Amount(rate units.Price, unit Unit, count int64, month Month, at time.Time) units.USD {
	return rate.Times(uint64(count), unit.per(month, at))
}

// per is how many counts make one unit in the month of at.
func (u Unit) per(month Month, at time.Time) uint64 {
	s := unitScale[u]
	if s.monthly {
		return s.per * month.hours(at)
	}
	return s.per
}

// Quantity is an exact quantity of a unit, Num / Den.
type Quantity struct {
	Num sim.Uint128
	Den uint64 // positive, except in the zero Quantity
}

// quantity is none of a unit under a month convention, ready for add.
func (u Unit) quantity(month Month) Quantity {
	s := unitScale[u]
	if s.monthly {
		return Quantity{Den: s.per * month.common()}
	}
	return Quantity{Den: s.per}
}

// add adds count, of which per make one unit; Den is a multiple of per.
func (q *Quantity) add(count int64, per uint64) {
	q.Num = q.Num.AddMul(uint64(count), q.Den/per)
}

// Float64 is q as a floating point number, for plots.
func (q Quantity) Float64() float64 {
	if q.Den == 0 {
		return 0
	}
	return q.Num.Float64() / float64(q.Den)
}

// String prints q with up to nine decimals, rounded half up, without trailing
// zeros: "964.093".
func (q Quantity) String() string {
	if q.Den == 0 {
		return "0"
	}
	n := bigInt(q.Num)
	n.Mul(n, big.NewInt(2e9))
	den := new(big.Int).SetUint64(q.Den)
	n.Add(n, den).Quo(n, den.Lsh(den, 1))
	s := n.String()
	s = strings.Repeat("0", max(0, 10-len(s))) + s
	s = s[:len(s)-9] + "." + s[len(s)-9:]
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// mean is the price per unit at which q costs total, rounded down; 0 of none.
func (q Quantity) mean(total units.USD) units.Price {
	if q.Num.IsZero() {
		return 0
	}
	const pico = int64(units.DollarPrice) / int64(units.Dollar)
	n := new(big.Int).SetUint64(q.Den)
	n.Mul(n, big.NewInt(int64(total))).Mul(n, big.NewInt(pico)).Quo(n, bigInt(q.Num))
	return units.Price(n.Int64())
}

func bigInt(u sim.Uint128) *big.Int {
	n := new(big.Int).SetUint64(u.Hi)
	return n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(u.Lo))
}
