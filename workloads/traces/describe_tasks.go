package traces

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// tasks describes the tasks trace that l has open.
func (d *Description) tasks(in Opener, l *Lines, f Format, o Options, loc *time.Location) error {
	from, until := int64(math.MinInt64), int64(math.MaxInt64)
	if o.From != "" || o.Until != "" {
		first, epoch, dated, err := firstArrival(in, f, o)
		if err != nil {
			return err
		}
		w := o
		if w.Origin == "" && f.OwnZero && !dated {
			w.Origin = "zero"
		}
		if _, from, until, err = window(w, loc, first, epoch, dated); err != nil {
			return &Error{File: in.Name, Text: err.Error(), Err: err}
		}
	}
	src, err := f.OpenTasks(l, o)
	if err != nil {
		return err
	}
	c := newCensus(f)
	var r Record
	previous := int64(math.MinInt64)
	for {
		ok, err := src.Next(&r)
		if err != nil {
			if skips(err, o) {
				continue
			}
			return err
		}
		if !ok {
			break
		}
		if r.At < from || r.At >= until {
			continue
		}
		if r.At < previous {
			c.outOfOrder++
		}
		previous = r.At
		if err := c.add(&r, src.Values(), src.Labels()); err != nil {
			return err
		}
	}
	d.Header = src.Facts()
	if d.Tasks, err = c.summary(); err != nil {
		return err
	}
	if n := len(c.arrivals); n > 0 {
		epoch, dated := src.Epoch()
		first, last := c.arrivals[0], c.arrivals[n-1]
		d.First, d.Last = clock(first, epoch, dated, loc), clock(last, epoch, dated, loc)
		d.SpanS = float64(last-first) / 1e9
	}
	return d.replayTasks(in, o)
}

// replayTasks runs a replay to the end for its accounting.
func (d *Description) replayTasks(in Opener, o Options) error {
	r, err := OpenFrom(in, o)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := r.drain(); err != nil {
		d.ReplayError = err.Error()
	}
	d.Accounting, d.Oddities = r.Accounting(), r.Oddities()
	return nil
}

// firstArrival finds the earliest record of the whole file.
func firstArrival(in Opener, f Format, o Options) (first, epoch int64, dated bool, err error) {
	l, err := openLines(in)
	if err != nil {
		return 0, 0, false, err
	}
	defer l.Close()
	src, err := f.OpenTasks(l, o)
	if err != nil {
		return 0, 0, false, err
	}
	var r Record
	first = math.MaxInt64
	for {
		ok, err := src.Next(&r)
		if err != nil && !skips(err, o) {
			return 0, 0, false, err
		}
		if err == nil && !ok {
			break
		}
		if err == nil {
			first = min(first, r.At)
		}
	}
	epoch, dated = src.Epoch()
	if first == math.MaxInt64 {
		first = 0
	}
	return first, epoch, dated, nil
}

// census collects the statistics of records.
type census struct {
	format     Format
	arrivals   []int64
	outOfOrder int64
	columns    []columnCensus
	usage      []usageCensus
}

type columnCensus struct {
	missing, zeros int64
	numbers        *sample
	values         counter
}

// usageCensus collects when a resource is taken and given back.
type usageCensus struct {
	changes     []change
	area        float64 // units x seconds
	first, last int64
}

type change struct{ at, milli int64 }

func newCensus(f Format) *census {
	c := &census{format: f, columns: make([]columnCensus, len(f.Columns)), usage: make([]usageCensus, len(f.Usages))}
	for i, col := range f.Columns {
		if col.Kind == Number {
			c.columns[i].numbers = newSample()
		}
	}
	for i := range c.usage {
		c.usage[i].first, c.usage[i].last = math.MaxInt64, math.MinInt64
	}
	return c
}

func (c *census) add(r *Record, values []float64, labels []string) error {
	c.arrivals = append(c.arrivals, r.At)
	label := 0
	for i, col := range c.format.Columns {
		k := &c.columns[i]
		if col.Kind == Label {
			s := labels[label]
			if label++; s == "" {
				k.missing++
			} else {
				k.values.label(s)
			}
			continue
		}
		v := values[i]
		if v == 0 {
			k.zeros++
		}
		if col.Kind == Code && !math.IsNaN(v) {
			// -1 is a category of its own: "unknown".
			k.values.code(v)
			if v < 0 {
				k.missing++
			}
			continue
		}
		if math.IsNaN(v) || v < 0 && !signed(col) || v == 0 && col.ZeroMissing {
			k.missing++
			continue
		}
		if err := k.numbers.add(v); err != nil {
			return err
		}
	}
	if r.Run > 0 {
		start := addSat(r.At, max(r.Wait, 0))
		end := addSat(start, r.Run)
		for i, u := range c.format.Usages {
			milli := u.Weight(values)
			if milli <= 0 {
				continue
			}
			k := &c.usage[i]
			k.changes = append(k.changes, change{start, milli}, change{end, -milli})
			k.area += float64(milli) / 1000 * (float64(r.Run) / 1e9)
			k.first, k.last = min(k.first, start), max(k.last, end)
		}
	}
	return nil
}

// signed columns hold negative values that are values: derived spans, and
// arrivals before the zero of the trace's clock.
func signed(c Column) bool { return c.Derived || c.Arrival }

func (c *census) summary() (*TasksSummary, error) {
	slices.Sort(c.arrivals)
	t := &TasksSummary{Records: int64(len(c.arrivals)), OutOfOrder: c.outOfOrder, Arrivals: arrivalStats(c.arrivals)}
	if n := len(c.arrivals); n > 0 {
		t.FirstS, t.LastS = float64(c.arrivals[0])/1e9, float64(c.arrivals[n-1])/1e9
	}
	for i, col := range c.format.Columns {
		k := &c.columns[i]
		s := ColumnSummary{Name: col.Name, Doc: col.Doc, Missing: k.missing, Zeros: k.zeros}
		if col.Kind == Number {
			q, err := k.numbers.quantiles()
			if err != nil {
				return nil, err
			}
			if q.Count > 0 {
				s.Numbers = &q
			}
		} else {
			s.Distinct, s.Top = k.values.top()
		}
		t.Columns = append(t.Columns, s)
	}
	for i, u := range c.format.Usages {
		t.Busy = append(t.Busy, c.usage[i].summary(u.Name))
	}
	return t, nil
}

func (u *usageCensus) summary(name string) Busy {
	b := Busy{Name: name}
	if len(u.changes) == 0 {
		return b
	}
	// What ends at a time is given back before what starts then.
	slices.SortFunc(u.changes, func(a, b change) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.milli, b.milli)) })
	var now, peak int64
	for _, x := range u.changes {
		now += x.milli
		peak = max(peak, now)
	}
	b.Peak = float64(peak) / 1000
	if u.last > u.first {
		b.Mean = u.area / (float64(u.last-u.first) / 1e9)
	}
	return b
}

// arrivalStats describes sorted arrival times.
func arrivalStats(at []int64) Arrivals {
	var a Arrivals
	n := len(at)
	if n == 0 {
		return a
	}
	span := at[n-1] - at[0]
	if n > 1 && span > 0 {
		zero := 0
		mean, m2 := 0.0, 0.0
		for i := 1; i < n; i++ {
			g := float64(at[i]-at[i-1]) / 1e9
			if g == 0 {
				zero++
			}
			delta := g - mean
			mean += delta / float64(i)
			m2 += delta * (g - mean)
		}
		a.PerHour = float64(n) / (float64(span) / 1e9 / 3600)
		a.InterarrivalMeanS = float64(span) / 1e9 / float64(n-1)
		a.InterarrivalCV = math.Sqrt(m2/float64(n-1)) / a.InterarrivalMeanS
		a.ZeroGapShare = float64(zero) / float64(n-1)
	}
	for _, length := range []int64{60, 300, 3600} {
		a.Windows = append(a.Windows, windowStats(at, length))
	}
	return a
}

// windowStats counts sorted arrivals in windows of length seconds. Empty
// windows are not visited, so a long trace costs no more than its arrivals.
func windowStats(at []int64, length int64) Window {
	w := Window{LengthS: length, Windows: (at[len(at)-1]-at[0])/(length*second) + 1}
	w.Mean = float64(len(at)) / float64(w.Windows)
	var filled int64
	deviation := 0.0 // sum of squared distances from the mean
	for i := 0; i < len(at); {
		end := ((at[i]-at[0])/(length*second) + 1) * length * second
		j := i
		for j < len(at) && at[j]-at[0] < end {
			j++
		}
		count := int64(j - i)
		w.Max = max(w.Max, count)
		deviation += (float64(count) - w.Mean) * (float64(count) - w.Mean)
		filled++
		i = j
	}
	empty := w.Windows - filled
	deviation += float64(empty) * w.Mean * w.Mean
	w.IDC = deviation / float64(w.Windows) / w.Mean
	w.PeakToMean = float64(w.Max) / w.Mean
	w.EmptyShare = float64(empty) / float64(w.Windows)
	return w
}
