package scenarios

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"ecsim/workloads/units"
)

// rangeValues are the values of an axis: a list as it stands, or the values of
// { from, to, step }. In a sample a range needs no step: it is cut fine enough.
func rangeValues(n *node, sampled bool) ([]*node, error) {
	if l, ok := n.list(); ok {
		if len(l) == 0 {
			return nil, errors.New("got an empty list, want at least one value")
		}
		return l, nil
	}
	if n.table() == nil {
		return nil, fmt.Errorf("got %s, want a list of values or { from, to, step }", n.describe())
	}
	for _, k := range n.keys() {
		if k != "from" && k != "to" && k != "step" {
			return nil, fmt.Errorf("unknown key %s; a range has from, to and step", k)
		}
	}
	var r [3]quantity
	for i, k := range []string{"from", "to", "step"} {
		c := n.get(k)
		if c == nil {
			if k == "step" && sampled {
				continue
			}
			return nil, fmt.Errorf("has no %s, want { from, to, step }", k)
		}
		q, ok := quantityOf(c)
		if !ok {
			return nil, fmt.Errorf("%s: got %s, want a number, with its unit if it has one", k, c.describe())
		}
		r[i] = q
	}
	from, to, step := r[0], r[1], r[2]
	if n.get("step") == nil {
		step = fine(from, to)
	}
	if from.unit != to.unit || from.unit != step.unit || from.text != to.text {
		q, err := commonUnit(from, to, step)
		if err != nil {
			return nil, err
		}
		from, to, step = q[0], q[1], q[2]
	}
	if step.n <= 0 {
		return nil, fmt.Errorf("step: got %s, want more than 0", n.get("step").describe())
	}
	if to.n < from.n {
		return nil, errors.New("to lies before from")
	}
	// One scale for the three, so that 0.1 + 0.2 is 0.3.
	places := max(from.places, to.places, step.places)
	a, b, s := from.scaled(places), to.scaled(places), step.scaled(places)
	if s == 0 || (b-a)/s >= 1_000_000 {
		return nil, errors.New("got more than 1,000,000 values, want a larger step")
	}
	var out []*node
	for v := a; v <= b; v += s {
		out = append(out, from.at(n, v, places))
	}
	return out, nil
}

// quantity is a number with the unit written behind it.
type quantity struct {
	n      float64
	digits string // as written
	places int    // decimals written
	unit   string // " GB", "%", "/s"; "" for a bare number
	text   bool   // written as a string
	whole  bool   // a TOML integer
}

func quantityOf(n *node) (quantity, bool) {
	var q quantity
	switch x := n.value.(type) {
	case int64:
		return quantity{n: float64(x), digits: strconv.FormatInt(x, 10), whole: true}, true
	case decimal:
		q.digits = x.text
	case string:
		q.text = true
		i := 0
		for i < len(x) && (x[i] >= '0' && x[i] <= '9' || x[i] == '.' || i == 0 && x[i] == '$') {
			i++
		}
		q.digits, q.unit = strings.TrimPrefix(x[:i], "$"), x[i:]
		if strings.ContainsAny(q.unit, "0123456789") {
			d, err := units.ParseDuration(x) // "1m30s"
			if err != nil {
				return q, false
			}
			q.digits, q.unit = strconv.FormatFloat(d.Seconds(), 'f', -1, 64), "s"
		}
	default:
		return q, false
	}
	v, err := strconv.ParseFloat(q.digits, 64)
	if err != nil || math.IsInf(v, 0) || strings.ContainsAny(q.digits, "eE") {
		return q, false
	}
	q.n = v
	if _, after, ok := strings.Cut(q.digits, "."); ok {
		q.places = min(len(after), 9)
	}
	return q, true
}

// scaled is the number times 10^places.
func (q quantity) scaled(places int) int64 { return int64(math.Round(q.n * math.Pow10(places))) }

// at is the value v / 10^places, written as q is, where n stands.
func (q quantity) at(n *node, v int64, places int) *node {
	c := &node{where: n.where, path: n.path, src: n.src}
	digits := strconv.FormatFloat(float64(v)/math.Pow10(places), 'f', places, 64)
	if strings.Contains(digits, ".") {
		digits = strings.TrimRight(strings.TrimRight(digits, "0"), ".")
	}
	switch {
	case q.text:
		c.value = digits + q.unit
	case places == 0:
		c.value = v
	default:
		c.value = decimal{digits, float64(v) / math.Pow10(places)}
	}
	return c
}

// commonUnit brings durations of different units ("30s" to "5m") to seconds;
// other quantities must be written in one unit.
func commonUnit(qs ...quantity) ([]quantity, error) {
	out := make([]quantity, len(qs))
	for i, q := range qs {
		d, err := units.ParseDuration(q.digits + q.unit)
		if !q.text || err != nil {
			return nil, errors.New("write from, to and step in one unit")
		}
		digits := strconv.FormatFloat(d.Seconds(), 'f', -1, 64)
		out[i], _ = quantityOf(&node{value: digits + "s"})
	}
	return out, nil
}

// fine is a step that cuts a range into at least a thousand values, where its
// numbers are whole no finer than 1.
func fine(from, to quantity) quantity {
	step := quantity{n: 1, unit: from.unit, text: from.text}
	if from.whole && to.whole {
		return step
	}
	for step.places < 4 && (to.n-from.n)/step.n < 1000 {
		step.places++
		step.n = math.Pow10(-step.places)
	}
	return step
}
