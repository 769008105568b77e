package plots

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ecsim/models/result"
	"ecsim/models/result/resulttest"
	"ecsim/sim"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
)

func input(specs []resulttest.Spec, runs int) Input {
	in := Input{Outcomes: resulttest.Outcomes(specs, runs), Gates: resulttest.Gates(), Location: time.UTC}
	for _, o := range in.Outcomes {
		if o.First != nil {
			deploy(o.First)
		}
	}
	return in
}

// deploy gives a run's first service two deployments, of which the second is
// rolled back, and zones that part between them.
func deploy(r *result.Run) {
	const width = 5 * sim.Minute
	w := &r.Workloads[0]
	n := int(r.Duration / width)
	series := func(f func(i int) int64) result.Series {
		s := result.Series{Width: width}
		for i := range n {
			s.Mean, s.Max = append(s.Mean, float64(f(i))), append(s.Max, f(i))
		}
		return s
	}
	in := func(i, from, until int) int64 {
		if i >= from && i < until {
			return 1
		}
		return 0
	}
	w.RunningS = series(func(i int) int64 { return w.DesiredCount + 6*in(i, n/4, n/4+8) + 3*in(i, n/2, n/2+40) })
	w.Pending = series(func(i int) int64 { return 6*in(i, n/4-2, n/4+2) + 3*in(i, n/2-1, n/2+40) })
	for z := range 3 {
		w.Zones = append(w.Zones, series(func(i int) int64 { return w.DesiredCount/3 + int64(2-z)*in(i, n/4, n/2) }))
	}
	at := func(i int) sim.Time { return sim.Time(i) * width }
	r.Deployments = []result.Deployment{
		{Service: w.Name, Revision: 2, Started: at(n/4 - 2), Steady: at(n/4 + 8), Finished: at(n/4 + 8), Outcome: result.DeploymentCompleted},
		{Service: w.Name, Revision: 3, Started: at(n/2 - 1), Steady: -1, Finished: at(n/2 + 40), Outcome: result.DeploymentRolledBack},
	}
}

// The same input draws the same bytes, each a picture of the promised size.
// With ECSIM_PLOTS set to a folder the pictures are kept there to look at.
func TestRenderIsDeterministic(t *testing.T) {
	in := input(resulttest.Specs()[2:3], 2)
	first, err := Render(in)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Render(in)
	if err != nil || len(first) != len(again) {
		t.Fatalf("%d files, then %d, %v", len(first), len(again), err)
	}
	for i, f := range first {
		if !bytes.Equal(f.PNG, again[i].PNG) || f.Name != again[i].Name {
			t.Errorf("%s differs between two renderings", f.Name)
		}
		config, err := png.DecodeConfig(bytes.NewReader(f.PNG))
		if err != nil || config.Width != 2400 || config.Height != 1400 {
			t.Errorf("%s: %d x %d, %v, want 2400 x 1400", f.Name, config.Width, config.Height, err)
		}
		if dir := os.Getenv("ECSIM_PLOTS"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, f.Name), f.PNG, 0o644); err != nil {
				t.Error(err)
			}
		}
	}
}

// Every kind says what it shows, and has something to draw for every platform
// that has the data, a reason where none has.
func TestEveryKindDrawsOrSaysWhy(t *testing.T) {
	full := input(resulttest.Specs(), 2)
	refused := Input{Outcomes: []*result.Outcome{result.Refuse("lambda", nil)}, Location: time.UTC}
	empty, err := result.Fold([]*result.Run{{Platform: "empty", Duration: sim.Hour, End: sim.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range Plots() {
		if kind.Title == "" || kind.Doc == "" {
			t.Errorf("%s has no title or doc", kind.Name)
		}
		if kind.OfSweep {
			drawsSweeps(t, kind)
			continue
		}
		figures, err := kind.Draw(full)
		if err != nil || len(figures) == 0 {
			t.Errorf("%s: %d figures, %v", kind.Name, len(figures), err)
		}
		for _, f := range figures {
			if f.Empty != "" || len(f.Panels) == 0 || f.Headline == "" || !strings.HasPrefix(f.Name, kind.Name) {
				t.Errorf("%s: figure %q is empty: %q", kind.Name, f.Name, f.Empty)
			}
			for i, p := range f.Panels {
				if p.Y.Label.Text == "" && kind.Name != "cost" && kind.Name != "stages" { // bars of platforms
					t.Errorf("%s: panel %d has no label and unit on its y axis", f.Name, i)
				}
			}
			if last := f.Panels[len(f.Panels)-1]; last.X.Label.Text == "" {
				t.Errorf("%s: no label on its x axis", f.Name)
			}
		}
		for name, in := range map[string]Input{"refused": refused, "empty": {Outcomes: []*result.Outcome{empty}, Location: time.UTC}, "none": {Location: time.UTC}} {
			figures, err := kind.Draw(in)
			if err != nil {
				t.Errorf("%s, %s: %v", kind.Name, name, err)
			}
			for _, f := range figures {
				if f.Empty != "" && !strings.HasPrefix(f.Empty, "no data: ") {
					t.Errorf("%s, %s: %q gives no reason", kind.Name, name, f.Empty)
				}
			}
		}
	}
	if _, err := Render(refused); err != nil {
		t.Error(err)
	}
}

// A sweep has no run to draw, a run no sweep: neither gives pictures that say
// only that they are empty.
func TestRenderDrawsWhatTheInputHas(t *testing.T) {
	registeredBefore := registered
	defer func() { registered = registeredBefore }()
	kind := func(name string, ofSweep bool) Plot {
		return Plot{Name: name, OfSweep: ofSweep, Draw: func(Input) ([]Figure, error) {
			return []Figure{{Name: name, Headline: name, Empty: "no data: a test"}}, nil
		}}
	}
	registered = []Plot{kind("run", false), kind("sweep", true)}
	runs, surface := input(resulttest.Specs()[:1], 1).Outcomes, &result.Surface{}
	for _, c := range []struct {
		in   Input
		want string
	}{
		{Input{}, ""},
		{Input{Outcomes: runs}, "run.png"},
		{Input{Surface: surface}, "sweep.png"},
		{Input{Outcomes: runs, Surface: surface}, "run.png sweep.png"},
	} {
		files, err := Render(c.in)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range files {
			names = append(names, f.Name)
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%d outcomes, surface %v: drew %q, want %q", len(c.in.Outcomes), c.in.Surface != nil, got, c.want)
		}
	}
}

func TestTicks(t *testing.T) {
	monday := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Skip("no time zone database: ", err)
	}
	labels := func(ticks []plot.Tick) string {
		var list []string
		for _, tick := range ticks {
			list = append(list, tick.Label)
		}
		return strings.Join(list, "|")
	}
	for _, c := range []struct {
		ticker    plot.Ticker
		low, high float64
		want      string
	}{
		{timeTicks{monday, time.UTC}, 0, 3 * 86400, "Mon 00:00|Mon 12:00|Tue 00:00|Tue 12:00|Wed 00:00|Wed 12:00|Thu 00:00"},
		{timeTicks{monday, newYork}, 0, 2 * 86400, "Mon 00:00|Mon 06:00|Mon 12:00|Mon 18:00|Tue 00:00|Tue 06:00|Tue 12:00|Tue 18:00"},
		{timeTicks{monday, time.UTC}, 0, 28 * 86400, "Mon 23 Nov|Mon 30 Nov|Mon 7 Dec|Mon 14 Dec|Mon 21 Dec"},
		{timeTicks{monday, time.UTC}, 0, 90 * 86400, "Dec 2026|Jan 2027|Feb 2027"},
		{niceTicks{Prefix: "$"}, 0, 2500, "$0|$500|$1,000|$1,500|$2,000|$2,500"},
		{niceTicks{}, 0, 0.7, "0.0|0.2|0.4|0.6"},
		{niceTicks{Whole: true}, 0, 1.06, "0|1"},
		{niceTicks{}, -3, 3, "-3|-2|-1|0|1|2|3"},
		{logTicks{}, 0.05, 700, "100 ms|1 s|10 s|1 min|10 min"},
		{spanTicks{}, 0, 95, "0|20 s|40 s|60 s|80 s"},
	} {
		if got := labels(c.ticker.Ticks(c.low, c.high)); got != c.want && c.want != "" {
			t.Errorf("%+v from %v to %v: %s, want %s", c.ticker, c.low, c.high, got, c.want)
		}
	}
}

// Names of files hold no sign that a file system or a URL minds, and two
// platforms never share one.
func TestFileNames(t *testing.T) {
	a, b := resulttest.Specs()[0], resulttest.Specs()[0]
	a.Platform, b.Platform = "../EC2 (prod)", "ec2/prod"
	in := input([]resulttest.Spec{a, b}, 1)
	files := map[string]bool{}
	registeredBefore := registered
	registered = registered[:2]
	defer func() { registered = registeredBefore }()
	list, err := Render(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if files[f.Name] || strings.ContainsAny(f.Name, "/\\ ()") || strings.HasPrefix(f.Name, ".") {
			t.Errorf("file name %q", f.Name)
		}
		files[f.Name] = true
	}
}

// The legend lies above the panels whatever its length.
func TestLegendNeverCoversData(t *testing.T) {
	var keys []Key
	for i := range 12 {
		keys = append(keys, Key{Label: strings.Repeat("platform ", 4), Line: lineStyle(i)})
	}
	canvas := draw.NewCanvas(new(recorder.Canvas), Width, Height)
	if one, many := legend(canvas, 600, keys[:1]), legend(canvas, 600, keys); many >= one || one >= 600 {
		t.Errorf("one key ends at %v, twelve at %v; want each row to take its room", one, many)
	}
}

// Activities at about the same time add up; drawn over one another, forty
// launches would look like one.
func TestActivitiesAtOnceAddUp(t *testing.T) {
	in := input(resulttest.Specs()[:1], 1)
	r := in.Outcomes[0].First
	r.Activities = nil
	for i := range int64(40) {
		r.Activities = append(r.Activities, result.Activity{At: sim.Hour + sim.Time(i)*sim.Second, Provider: "asg", From: i, To: i + 1})
	}
	for i := range int64(25) {
		r.Activities = append(r.Activities, result.Activity{At: 3 * sim.Day, Provider: "asg", From: 40 - i, To: 39 - i})
	}
	f := instances(in, in.Outcomes[0])
	if y := f.Panels[1].Y; y.Max < 40 || y.Min > -25 {
		t.Errorf("change of desired is drawn from %v to %v, want -25 to 40", y.Min, y.Max)
	}
}
