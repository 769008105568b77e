package workloads

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// ParamKind says how a parameter of a distribution is written.
type ParamKind int

// Kinds of parameters.
const (
	QuantityParam   ParamKind = iota // in the unit of the key the distribution stands under
	NumberParam                      // a bare number: 2, 1.5, "1.5"
	ShareParam                       // "20%", kept as 0.2
	QuantitiesParam                  // a list of quantities
	NumbersParam                     // a list of bare numbers
)

// DistParam is one parameter of a family of distributions.
type DistParam struct {
	Name string
	Kind ParamKind
	Doc  string
}

// DistFamily is a family of distributions that scenarios can name.
type DistFamily struct {
	Name   string
	Doc    string
	Source string // paper or text the formulas come from
	Params []DistParam
	// Percentiles lets the family take any percentile ("p50", "p99.9") as a
	// quantity, besides Params.
	Percentiles bool
	// New checks the parameters and returns the law. Its error says what was
	// got and what is allowed, without the family's name.
	New func(DistArgs) (Law, error)
}

// DistArgs are the parameters given for one distribution; those not given are
// absent.
type DistArgs struct {
	numbers map[string]float64
	lists   map[string][]float64
	texts   map[string]string
}

// Has reports whether the parameter was given.
func (a DistArgs) Has(name string) bool {
	if _, ok := a.numbers[name]; ok {
		return true
	}
	_, ok := a.lists[name]
	return ok
}

// Float returns a parameter of one value, 0 when it was not given.
func (a DistArgs) Float(name string) float64 { return a.numbers[name] }

// List returns a parameter of many values, nil when it was not given.
func (a DistArgs) List(name string) []float64 { return a.lists[name] }

// Text returns a parameter as the user wrote it, for errors.
func (a DistArgs) Text(name string) string {
	if t, ok := a.texts[name]; ok {
		return t
	}
	return strconv.FormatFloat(a.numbers[name], 'g', -1, 64)
}

// Percentile is one point of a distribution function: P percent of the values
// are at or below Value.
type Percentile struct {
	P     float64 // 0 to 100
	Name  string  // "p95"
	Value float64
}

// Percentiles returns the percentiles given, in order of P.
func (a DistArgs) Percentiles() []Percentile {
	var ps []Percentile
	for name, v := range a.numbers {
		if p, ok := percentileName(name); ok {
			ps = append(ps, Percentile{p, name, v})
		}
	}
	sort.Slice(ps, func(i, j int) bool { return ps[i].P < ps[j].P || ps[i].P == ps[j].P && ps[i].Name < ps[j].Name })
	return ps
}

// percentileName reads "p50", "p99.9"; p0 is the least value, p100 the most.
func percentileName(s string) (float64, bool) {
	if len(s) < 2 || s[0] != 'p' || s[1] < '0' || s[1] > '9' || strings.ContainsAny(s, "xXeE_") {
		return 0, false
	}
	p, err := strconv.ParseFloat(s[1:], 64)
	return p, err == nil && p >= 0 && p <= 100
}

var distFamilies []DistFamily // in order of name

// RegisterDist makes a family known to scenarios. It is called while packages
// initialise and panics on an incomplete family or a name taken twice.
func RegisterDist(f DistFamily) DistFamily {
	if f.Name == "" || f.Doc == "" || f.New == nil {
		panic(fmt.Sprintf("workloads: distribution %q needs a name, a doc and New", f.Name))
	}
	i, found := slices.BinarySearchFunc(distFamilies, f.Name, func(g DistFamily, n string) int { return strings.Compare(g.Name, n) })
	if found {
		panic(fmt.Sprintf("workloads: distribution %q registered twice", f.Name))
	}
	distFamilies = slices.Insert(distFamilies, i, f)
	return f
}

// Dists returns the registered families in order of name.
func Dists() []DistFamily { return slices.Clone(distFamilies) }

func distNames() []string {
	names := make([]string, len(distFamilies))
	for i, f := range distFamilies {
		names[i] = f.Name
	}
	return names
}

func lookUpDist(name string) *DistFamily {
	for i := range distFamilies {
		if distFamilies[i].Name == name {
			return &distFamilies[i]
		}
	}
	return nil
}

// ParseDist reads a distribution as BurntSushi/toml decodes it: a plain value
// (string, int64) is a constant, a table (map[string]any) names a family in
// "dist" and gives its parameters. Quantities are read by parse, which gets a
// string or an int64 and returns 0 or more in whole units.
func ParseDist(v any, parse func(any) (int64, error)) (*Dist, error) {
	table, ok := v.(map[string]any)
	if !ok {
		n, err := parseQuantity(v, parse)
		if err != nil {
			return nil, fmt.Errorf(`%w; or a distribution such as { dist = "exponential", mean = ... }`, err)
		}
		d := Constant(n)
		d.text = textOf(v)
		return d, nil
	}
	given, ok := table["dist"]
	if !ok {
		return nil, fmt.Errorf("got a table without dist, want dist = one of %s", quoted(distNames()))
	}
	name, ok := given.(string)
	if !ok {
		return nil, fmt.Errorf("dist: got %s, want one of %s", describe(given), quoted(distNames()))
	}
	f := lookUpDist(name)
	if f == nil {
		return nil, fmt.Errorf("dist: got %q%s; want one of %s", name, didYouMean(name, distNames()), quoted(distNames()))
	}
	args, err := f.read(table, parse)
	if err != nil {
		return nil, err
	}
	law, err := f.New(args)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	return FromLaw(law, f.words(args)), nil
}

// read checks the table's keys and reads their values, all errors at once in
// order of key.
func (f *DistFamily) read(table map[string]any, parse func(any) (int64, error)) (DistArgs, error) {
	args := DistArgs{numbers: map[string]float64{}, lists: map[string][]float64{}, texts: map[string]string{}}
	keys := make([]string, 0, len(table))
	for k := range table {
		if k != "dist" {
			keys = append(keys, k)
		}
	}
	sort.Strings(keys)
	var wrong []string
	for _, k := range keys {
		kind, known := f.kind(k)
		if !known {
			wrong = append(wrong, fmt.Sprintf("%s: no parameter of %s%s; it takes %s", k, f.Name, didYouMean(k, f.names()), strings.Join(f.names(), ", ")))
			continue
		}
		if err := args.read(k, kind, table[k], parse); err != nil {
			wrong = append(wrong, fmt.Sprintf("%s: %v", k, err))
		}
	}
	if len(wrong) > 0 {
		return args, errors.New(strings.Join(wrong, "; "))
	}
	return args, nil
}

func (a *DistArgs) read(k string, kind ParamKind, v any, parse func(any) (int64, error)) error {
	a.texts[k] = textOf(v)
	switch kind {
	case QuantityParam:
		n, err := parseQuantity(v, parse)
		a.numbers[k] = float64(n)
		return err
	case NumberParam:
		x, err := parseNumber(v)
		a.numbers[k] = x
		return err
	case ShareParam:
		x, err := parseShare(v)
		a.numbers[k] = x
		return err
	}
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return fmt.Errorf("got %s, want a list of at least one value", describe(v))
	}
	for i, e := range list {
		var x float64
		var err error
		if kind == QuantitiesParam {
			var n int64
			n, err = parseQuantity(e, parse)
			x = float64(n)
		} else {
			x, err = parseNumber(e)
		}
		if err != nil {
			return fmt.Errorf("value %d: %w", i+1, err)
		}
		a.lists[k] = append(a.lists[k], x)
	}
	return nil
}

func (f *DistFamily) kind(name string) (ParamKind, bool) {
	for _, p := range f.Params {
		if p.Name == name {
			return p.Kind, true
		}
	}
	_, ok := percentileName(name)
	return QuantityParam, ok && f.Percentiles
}

// names lists what the family takes, for errors.
func (f *DistFamily) names() []string {
	var names []string
	for _, p := range f.Params {
		names = append(names, p.Name)
	}
	if f.Percentiles {
		names = append(names, "p0", "p50", "p90", "p95", "p99", "p100")
	}
	return names
}

// words prints the parameters in the family's order: "lognormal (mean 180s,
// p50 150s)".
func (f *DistFamily) words(a DistArgs) string {
	var parts []string
	add := func(name string) {
		if a.Has(name) {
			parts = append(parts, name+" "+a.Text(name))
		}
	}
	for _, p := range f.Params {
		add(p.Name)
	}
	if f.Percentiles {
		for _, p := range a.Percentiles() {
			add(p.Name)
		}
	}
	return fmt.Sprintf("%s (%s)", f.Name, strings.Join(parts, ", "))
}

func parseQuantity(v any, parse func(any) (int64, error)) (int64, error) {
	switch x := v.(type) {
	case int:
		v = int64(x)
	case string, int64:
	case float64:
		// The parser knows best what would have been right.
		if text := strconv.FormatFloat(x, 'f', -1, 64); !math.IsNaN(x) && !math.IsInf(x, 0) {
			if _, err := parse(text); err != nil {
				return 0, errors.New(strings.Replace(err.Error(), strconv.Quote(text), text, 1))
			}
		}
		return 0, fmt.Errorf("got %v, want a whole number or a string with a unit", x)
	default:
		return 0, fmt.Errorf("got %s, want a value", describe(v))
	}
	n, err := parse(v)
	if err == nil && (n < 0 || n > maxDraw) {
		err = fmt.Errorf("got %s, want 0 or more and not over 2^62 units", textOf(v))
	}
	return n, err
}

func parseNumber(v any) (float64, error) {
	x, err := math.NaN(), error(nil)
	switch n := v.(type) {
	case int:
		x = float64(n)
	case int64:
		x = float64(n)
	case float64:
		x = n
	case string:
		x, err = strconv.ParseFloat(n, 64)
	}
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, fmt.Errorf("got %s, want a number such as 1.5", describe(v))
	}
	return x, nil
}

func parseShare(v any) (float64, error) {
	if s, ok := v.(string); ok {
		if num, isPercent := strings.CutSuffix(strings.TrimSpace(s), "%"); isPercent {
			if x, err := strconv.ParseFloat(num, 64); err == nil && x >= 0 && x <= 100 {
				return x / 100, nil
			}
		}
	}
	return 0, fmt.Errorf("got %s, want a share from \"0%%\" to \"100%%\"", describe(v))
}

// textOf prints a value as the user wrote it, without quotes.
func textOf(v any) string {
	if list, ok := v.([]any); ok {
		const most = 5
		var parts []string
		for i, e := range list {
			if i == most {
				parts = append(parts, fmt.Sprintf("... %d in all", len(list)))
				break
			}
			parts = append(parts, textOf(e))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return fmt.Sprint(v)
}

// describe prints a value for "got ...".
func describe(v any) string {
	switch x := v.(type) {
	case nil:
		return "nothing"
	case string:
		return strconv.Quote(x)
	case map[string]any:
		return "a table"
	case []any:
		return fmt.Sprintf("a list of %d", len(x))
	}
	return fmt.Sprint(v)
}

func quoted(names []string) string {
	q := make([]string, len(names))
	for i, n := range names {
		q[i] = strconv.Quote(n)
	}
	return strings.Join(q, ", ")
}

// didYouMean returns `, did you mean "x"?` when a name is near enough, else "".
func didYouMean(got string, names []string) string {
	best, at := 1+len(got)/3, ""
	for _, n := range names {
		if d := editDistance(got, n); d <= best && (d < best || at == "") {
			best, at = d, n
		}
	}
	if at == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", at)
}

// editDistance counts insertions, deletions and substitutions of bytes
// (Levenshtein 1966).
func editDistance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return max(len(a), len(b))
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diag
			if a[i] != b[j] {
				cost++
			}
			diag = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
