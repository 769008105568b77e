package sim

import (
	"fmt"
	"math/bits"
)

// Uint128 is an unsigned integer of 128 bits, for sums that overflow 64: a
// terabyte held for three hours is already 10^25 byte-nanoseconds. Methods
// return the result and leave the receiver; overflow, which no simulation
// reaches, panics.
type Uint128 struct{ Hi, Lo uint64 }

// Add is u + v.
func (u Uint128) Add(v Uint128) Uint128 {
	lo, carry := bits.Add64(u.Lo, v.Lo, 0)
	hi, carry := bits.Add64(u.Hi, v.Hi, carry)
	if carry != 0 {
		panic(fmt.Sprintf("sim: %v + %v overflows 128 bits", u, v))
	}
	return Uint128{hi, lo}
}

// AddMul is u + a*b.
func (u Uint128) AddMul(a, b uint64) Uint128 {
	hi, lo := bits.Mul64(a, b)
	return u.Add(Uint128{hi, lo})
}

// Sub is u - v. It panics if v exceeds u.
func (u Uint128) Sub(v Uint128) Uint128 {
	lo, borrow := bits.Sub64(u.Lo, v.Lo, 0)
	hi, borrow := bits.Sub64(u.Hi, v.Hi, borrow)
	if borrow != 0 {
		panic(fmt.Sprintf("sim: %v - %v is negative", u, v))
	}
	return Uint128{hi, lo}
}

// Cmp is -1, 0 or +1 as u is less than, equal to or greater than v.
func (u Uint128) Cmp(v Uint128) int {
	switch {
	case u == v:
		return 0
	case u.Hi < v.Hi || u.Hi == v.Hi && u.Lo < v.Lo:
		return -1
	}
	return 1
}

// IsZero reports whether u is 0.
func (u Uint128) IsZero() bool { return u == Uint128{} }

// divMod is u/d and u mod d. It panics if d is 0.
func (u Uint128) divMod(d uint64) (Uint128, uint64) {
	hi, rest := u.Hi/d, u.Hi%d
	lo, rest := bits.Div64(rest, u.Lo, d)
	return Uint128{hi, lo}, rest
}

// DivRound is u/d rounded to the nearest integer, half up. It panics if d is 0.
func (u Uint128) DivRound(d uint64) Uint128 {
	q, rest := u.divMod(d)
	if rest >= d-d/2 {
		return q.Add(Uint128{Lo: 1})
	}
	return q
}

// Uint64 is u and true if it fits in 64 bits, else the low 64 bits and false.
func (u Uint128) Uint64() (uint64, bool) { return u.Lo, u.Hi == 0 }

// Float64 is u rounded to a float64.
func (u Uint128) Float64() float64 { return float64(u.Hi)*(1<<64) + float64(u.Lo) }

// String prints u in decimal.
func (u Uint128) String() string {
	const chunk = 1e19 // the largest power of ten in a uint64
	if u.Hi == 0 {
		return fmt.Sprintf("%d", u.Lo)
	}
	q, low := u.divMod(chunk)
	if q.Hi == 0 {
		return fmt.Sprintf("%d%019d", q.Lo, low)
	}
	q, mid := q.divMod(chunk)
	return fmt.Sprintf("%d%019d%019d", q.Lo, mid, low)
}
