package traces

import (
	"math"
	"time"

	"ecsim/workloads"
)

// RatesSummary describes the rows of a rates trace inside the window, as they
// stand in the file, before gaps are filled.
type RatesSummary struct {
	StepS         float64   `json:"step_s"`
	Points        int64     `json:"points"`
	Total         float64   `json:"total"` // sum of the values
	Values        Quantiles `json:"values"`
	PeakToMean    float64   `json:"peak_to_mean"`
	IDC           float64   `json:"idc"` // variance / mean; comparable between counts only
	Lag1          float64   `json:"lag1_autocorrelation"`
	Zeros         int64     `json:"zeros"`
	NoValue       int64     `json:"no_value"`
	Gaps          int64     `json:"gaps"`           // distances over one and a half steps
	MissingPoints int64     `json:"missing_points"` // whole steps inside the gaps
	Repeated      int64     `json:"repeated"`       // time stamps not after the one before
	// Minutes are the sums over whole minutes, for steps under a minute.
	Minutes *MinuteSummary `json:"minutes,omitempty"`
}

// MinuteSummary describes a series summed up to whole minutes.
type MinuteSummary struct {
	Values     Quantiles `json:"values"`
	PeakToMean float64   `json:"peak_to_mean"`
	IDC        float64   `json:"idc"`
	Lag1       float64   `json:"lag1_autocorrelation"`
}

// series collects the values of a rates trace in file order.
type series struct {
	values *sample
	zeros  int64
	// Sums of the first-order autocorrelation: consecutive products, the
	// first and the last value.
	products    float64
	first, last float64
}

func newSeries() *series { return &series{values: newSample()} }

func (s *series) add(v float64) error {
	if s.values.n == 0 {
		s.first = v
	} else {
		s.products += s.last * v
	}
	s.last = v
	if v == 0 {
		s.zeros++
	}
	return s.values.add(v)
}

func (s *series) idc() float64 {
	if s.values.mean == 0 {
		return 0
	}
	return s.values.variance() / s.values.mean
}

func (s *series) peakToMean() float64 {
	if s.values.mean == 0 {
		return 0
	}
	return s.values.most / s.values.mean
}

// lag1 is the autocorrelation at distance one: the sum over neighbours of
// (x - m)(y - m), divided by the sum of squares about the mean m.
func (s *series) lag1() float64 {
	if s.values.m2 == 0 || s.values.n < 2 {
		return 0
	}
	m, n := s.values.mean, float64(s.values.n)
	total := m * n
	return (s.products - m*(total-s.last) - m*(total-s.first) + (n-1)*m*m) / s.values.m2
}

// rates describes the rates trace that l has open.
func (d *Description) rates(in Opener, l *Lines, f Format, o Options, loc *time.Location) error {
	replay, err := d.replayRates(in, o)
	if err != nil {
		return err
	}
	src, err := f.OpenRates(l, o)
	if err != nil {
		return err
	}
	s, minutes := newSeries(), newSeries()
	perMinute := int64(0)
	if step := int64(d.Rates.StepS * 1e9); step > 0 && step < 60*second && 60*second%step == 0 {
		perMinute = 60 * second / step
	}
	t := d.Rates
	step := int64(math.Round(t.StepS * 1e9))
	var first, last, inMinute int64
	direction := int64(1)
	if replay.rules[rateNewestFirst] > 0 {
		direction = -1
	}
	minute := 0.0
	for {
		var p Point
		ok, err := src.Next(&p)
		if err != nil {
			if skips(err, o) {
				continue
			}
			return err
		}
		if !ok {
			break
		}
		switch {
		case replay.started && (p.At < replay.from || p.At >= replay.until):
			continue
		case p.Missing:
			t.NoValue++
			continue
		}
		if t.Points == 0 {
			first = p.At
		} else if gap := direction * (p.At - last); gap <= 0 {
			t.Repeated++
		} else if step > 0 && gap > step+step/2 {
			t.Gaps++
			t.MissingPoints += gap/step - 1
		}
		last = p.At
		t.Points++
		t.Total += p.Value
		if err := s.add(p.Value); err != nil {
			return err
		}
		if perMinute > 0 {
			minute += p.Value
			if inMinute++; inMinute == perMinute {
				if err := minutes.add(minute); err != nil {
					return err
				}
				minute, inMinute = 0, 0
			}
		}
	}
	if direction < 0 {
		first, last = last, first
	}
	epoch, dated := src.Epoch()
	d.Header = src.Facts()
	if t.Points > 0 {
		d.First, d.Last = clock(first, epoch, dated, loc), clock(last, epoch, dated, loc)
		d.SpanS = float64(last-first) / 1e9
	}
	return t.finish(s, minutes)
}

func (t *RatesSummary) finish(s, minutes *series) (err error) {
	t.Zeros, t.IDC, t.PeakToMean, t.Lag1 = s.zeros, s.idc(), s.peakToMean(), s.lag1()
	if t.Values, err = s.values.quantiles(); err != nil {
		return err
	}
	if minutes.values.n > 0 {
		m := &MinuteSummary{IDC: minutes.idc(), PeakToMean: minutes.peakToMean(), Lag1: minutes.lag1()}
		if m.Values, err = minutes.values.quantiles(); err != nil {
			return err
		}
		t.Minutes = m
	}
	return nil
}

// replayRates runs a replay to the end for its step and accounting.
func (d *Description) replayRates(in Opener, o Options) (*RateReader, error) {
	r, err := OpenRatesFrom(in, o)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var s workloads.Step
	for {
		ok, err := r.Next(&s)
		if err != nil {
			d.ReplayError = err.Error()
		}
		if !ok {
			break
		}
	}
	d.Accounting, d.Oddities = r.Accounting(), r.Oddities()
	d.Rates = &RatesSummary{StepS: float64(r.step) / 1e9}
	return r, nil
}
