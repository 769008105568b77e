package plots

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ecsim/models/result"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
	"pgregory.net/rapid"
)

const (
	costPath = "cost_per_month"
	waitPath = "workload.jobs.time_to_running.p95"
)

// numbers is an axis over a scale.
func numbers(path, unit string, values ...float64) result.Axis {
	a := result.Axis{Path: path, Numbers: values, Unit: unit}
	for _, v := range values {
		a.Values = append(a.Values, fmt.Sprint(v, unit))
	}
	return a
}

// types are 20 instance types.
func types() result.Axis {
	a := result.Axis{Path: "capacity_provider.asg.instance_types"}
	for _, family := range []string{"c6i", "c7g", "m6a", "m7g", "r6g"} {
		for _, size := range []string{"large", "xlarge", "2xlarge", "4xlarge"} {
			a.Values = append(a.Values, family+"."+size)
		}
	}
	return a
}

// surface makes up a sweep: platforms whose cost and wait follow the axes as
// launch types do. Fargate is proportional to the load, EC2 has a floor.
func surface(platforms []string, axes ...result.Axis) *result.Surface {
	s := &result.Surface{Scenario: "made-up", Question: "What is cheapest?", Design: "grid", Axes: axes,
		Metrics: []string{costPath, waitPath}, Platforms: platforms}
	n := 1
	for _, a := range axes {
		n *= len(a.Values)
	}
	for i := range n {
		at := make([]int, len(axes))
		for rest, a := i, len(axes)-1; a >= 0; a-- {
			at[a] = rest % len(axes[a].Values)
			rest /= len(axes[a].Values)
		}
		s.Points = append(s.Points, pointAt(s, at))
	}
	return s
}

func pointAt(s *result.Surface, at []int) result.SurfacePoint {
	load := 0.2
	for a, axis := range s.Axes {
		v := float64(at[a]) + 1
		if axis.Numbers != nil {
			v = axis.Numbers[at[a]] / slices.Max(axis.Numbers)
		} else {
			v = 0.3 + 0.5*math.Abs(math.Sin(v*1.7))
		}
		if a%2 == 0 {
			load += v
		} else {
			load += 0.35 * v * v
		}
	}
	p := result.SurfacePoint{At: at, Winner: -1}
	least := math.Inf(1)
	for i := range s.Platforms {
		cost := 250 + 1900*load
		wait := 50.0
		if i%2 == 0 {
			cost, wait = 1100+500*load+150*math.Sin(float64(i)), 4+30*load*load
		}
		cost *= 1 + 0.07*float64(i/2)
		wait *= 1 + 0.1*float64(i/2)
		x := result.PlatformPoint{Standing: result.Ranked, Runs: 10,
			Estimates: []result.Band{{Mean: cost, Half: 0.04 * cost}, {Mean: wait, Half: 0.1 * wait}}}
		if cost < least {
			least, p.Winner = cost, i
		}
		p.Platforms = append(p.Platforms, x)
	}
	return p
}

// refuse makes a platform infeasible where the test says so.
func refuse(s *result.Surface, platform int, where func(at []int) bool) {
	for i := range s.Points {
		p := &s.Points[i]
		if !where(p.At) {
			continue
		}
		p.Platforms[platform] = result.PlatformPoint{Standing: result.Cannot, Reason: "no room",
			Estimates: []result.Band{{Mean: math.NaN(), Half: math.NaN()}, {Mean: math.NaN(), Half: math.NaN()}}}
		p.Winner = -1
		least := math.Inf(1)
		for k, x := range p.Platforms {
			if v := x.Estimates[0].Mean; v < least && x.Standing == result.Ranked {
				least, p.Winner = v, k
			}
		}
	}
}

func longNames(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("production-cluster-eu-central-1-with-capacity-provider-%02d", i+1))
	}
	return names
}

func load() result.Axis {
	return numbers("workload.jobs.arrivals.rate", "/s", 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)
}

// samples makes up a Latin hypercube of n points.
func samples(platforms []string, n int, axes ...result.Axis) *result.Surface {
	s := surface(platforms, axes...)
	s.Design, s.Points = "latin-hypercube", nil
	for i := range n {
		at := make([]int, len(axes))
		for a := range axes {
			k := len(axes[a].Values)
			at[a] = (i*(7+4*a) + i*i*a) % n * k / n
		}
		s.Points = append(s.Points, pointAt(s, at))
	}
	return s
}

func two() []string { return []string{"ec2", "fargate"} }

// surfaces are the sweeps that pictures must cope with.
func surfaces() map[string]*result.Surface {
	ram := numbers("workload.jobs.memory", "MiB", 512, 1024, 2048, 4096, 8192, 16384, 30720)
	spot := numbers("pricing.spot_discount", "%", 10, 20, 30, 40, 50, 60, 70, 80)
	var rates []float64
	for i := range 60 {
		rates = append(rates, float64(i+1)/60)
	}
	fine := numbers("workload.jobs.arrivals.rate", "/s", rates...)
	never := surface([]string{"fargate", "ec2"}, load())
	for i := range never.Points {
		never.Points[i].Platforms[1].Estimates[0].Mean = 200
	}
	holes := surface([]string{"ec2", "fargate", "mixed"}, load())
	refuse(holes, 1, func(at []int) bool { return at[0] < 2 || at[0] == 4 })
	refuse(holes, 2, func([]int) bool { return true })
	holes.Points[3].Platforms[0].Standing = result.Miss
	none := surface(two(), load(), ram)
	for k := range two() {
		refuse(none, k, func(at []int) bool { return at[0] > 6 && at[1] > 3 })
	}
	left := surface(two(), load(), ram)
	left.Points, left.Left = left.Points[:31], 39
	nothing := surface(two(), load())
	for k := range two() {
		refuse(nothing, k, func([]int) bool { return true })
	}
	costOnly := surface(two(), load())
	costOnly.Metrics = costOnly.Metrics[:1]
	return map[string]*result.Surface{
		"one-axis":      surface(two(), load()),
		"never":         never,
		"holes":         holes,
		"logarithmic":   surface(two(), ram),
		"types":         surface([]string{"ec2"}, types()),
		"types-two":     surface([]string{"ec2", "fargate", "mixed"}, types()),
		"two-axes":      surface([]string{"ec2", "fargate", "mixed"}, load(), ram),
		"none":          none,
		"left":          left,
		"three-axes":    surface(two(), load(), ram, spot),
		"with-types":    surface(two(), load(), types()),
		"types-types":   surface(longNames(3), types(), types()),
		"samples":       samples(two(), 120, load(), ram, spot),
		"samples-types": samples(two(), 60, fine, types()),
		"one-point":     surface(two(), numbers("workload.jobs.cpu", "CPU units", 256)),
		"one-platform":  surface([]string{"ec2"}, load()),
		"long-names":    surface(longNames(20), load()),
		"long-names-2d": surface(longNames(20), load(), ram),
		"nothing":       nothing,
		"cost-only":     costOnly,
		"empty":         {},
	}
}

// drawsSweeps has a kind draw every sweep, or give its reason. With ECSIM_PLOTS
// set to a folder it keeps the pictures there, in colour and as a printer
// without colour gives them.
func drawsSweeps(t *testing.T, kind Plot) {
	drawn, sweeps := false, surfaces()
	for _, name := range slices.Sorted(maps.Keys(sweeps)) {
		figures, err := kind.Draw(Input{Surface: sweeps[name]})
		if err != nil {
			t.Errorf("%s, %s: %v", kind.Name, name, err)
		}
		for _, f := range figures {
			if f.Headline == "" || !strings.HasPrefix(f.Name, kind.Name) {
				t.Errorf("%s, %s: figure %q, headline %q", kind.Name, name, f.Name, f.Headline)
			}
			if f.Empty != "" {
				if !strings.HasPrefix(f.Empty, "no data: ") {
					t.Errorf("%s, %s: %q gives no reason", kind.Name, name, f.Empty)
				}
				continue
			}
			drawn = true
			for i, p := range f.Panels {
				if p.Y.Label.Text == "" || p.X.Label.Text == "" {
					t.Errorf("%s, %s: panel %d lacks the label of an axis", f.Name, name, i)
				}
			}
			keep(t, name, &f)
		}
	}
	if !drawn {
		t.Errorf("%s drew no sweep at all", kind.Name)
	}
}

func keep(t *testing.T, name string, f *Figure) {
	dir := os.Getenv("ECSIM_PLOTS")
	if dir == "" {
		return
	}
	data, err := f.png()
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	grey := image.NewGray(img.Bounds())
	for y := range grey.Rect.Dy() {
		for x := range grey.Rect.Dx() {
			grey.Set(x, y, color.GrayModel.Convert(img.At(x, y)))
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, grey); err != nil {
		t.Fatal(err)
	}
	for file, content := range map[string][]byte{name + "--" + f.Name + ".png": data, name + "--" + f.Name + "-grey.png": b.Bytes()} {
		if err := os.WriteFile(filepath.Join(dir, file), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Crossings lie where two straight lines meet; lines that only touch, or are
// equal for good, never cross, and across a gap they cross somewhere.
func TestCross(t *testing.T) {
	nan := math.NaN()
	line := func(means ...float64) responseLine {
		l := responseLine{}
		for i, v := range means {
			l.add(float64(i), v, 0, false)
		}
		return l
	}
	for _, c := range []struct {
		a, b responseLine
		want string
	}{
		{line(0, 1, 2), line(1, 1.5, 1), "[1.3333333333333333]"},
		{line(0, 1, 2), line(2, 1, 0), "[1]"},
		{line(0, 1, 0), line(1, 1, 1), "[]"},
		{line(0, 1, 2), line(0, 1, 2), "[]"},
		{line(0, nan, 2), line(1, 1, 1), "[1]"},
		{line(0, 2, 0, 2), line(1, 1, 1, 1), "[0.5 1.5 2.5]"},
		{line(nan, nan), line(1, 1), "[]"},
	} {
		found, _ := cross(c.a, c.b)
		var xs []float64
		for _, k := range found {
			xs = append(xs, k.x)
		}
		if got := fmt.Sprint(xs); got != c.want {
			t.Errorf("%v and %v cross at %s, want %s", c.a.means, c.b.means, got, c.want)
		}
	}
}

func TestNeverIsSaid(t *testing.T) {
	s := surfaces()
	if f := response(s["never"], 0, 0); !strings.Contains(f.Note, "fargate and ec2 never cross") {
		t.Errorf("note %q does not say that they never cross", f.Note)
	}
	if f := response(s["one-axis"], 0, 0); !strings.Contains(f.Note, "ec2 and fargate cross at 0.407 /s") {
		t.Errorf("note %q does not say where they cross", f.Note)
	}
	if f := response(s["holes"], 0, 0); !strings.Contains(f.Note, "cross between 0.4 /s and 0.6 /s") {
		t.Errorf("note %q places a crossing where nothing ran", f.Note)
	}
	if f := response(s["types"], 0, 0); !strings.Contains(f.Note, "$1,377 with m7g.large") {
		t.Errorf("note %q does not name the cheapest type", f.Note)
	}
}

// None on the front is beaten, whoever is not on it is beaten or equalled by
// one that is, and less work is no way to the front.
func TestFront(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "n")
		points := make([]paretoPoint, n)
		for i := range points {
			points[i] = paretoPoint{wait: float64(rapid.IntRange(0, 9).Draw(t, "wait")), cost: float64(rapid.IntRange(0, 9).Draw(t, "cost")), out: rapid.Bool().Draw(t, "out")}
		}
		front := frontOf(points)
		for i, k := range points {
			covered := false
			for _, j := range front {
				o := points[j]
				covered = covered || o.wait <= k.wait && o.cost <= k.cost
				if slices.Contains(front, i) && o.wait <= k.wait && o.cost <= k.cost && (o.wait < k.wait || o.cost < k.cost) {
					t.Fatalf("%+v is on the front and beaten by %+v", k, o)
				}
			}
			if slices.Contains(front, i) && k.out {
				t.Fatalf("%+v is on the front", k)
			}
			if !covered && !k.out {
				t.Fatalf("%+v is missing from the front %v", k, front)
			}
		}
	})
}

// Steps of cost are 6 to 12, round, and hold every value.
func TestCostSteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.Float64Range(0, 1e6).Draw(t, "low")
		high := low + rapid.Float64Range(1e-2, 1e6).Draw(t, "range")
		edges, width := costSteps(low, high)
		if n := len(edges); n < 6 || n > len(heat) || edges[0] > low || edges[n-1]+width < high*(1-1e-12) {
			t.Fatalf("%v to %v: %d steps of %v from %v to %v", low, high, n, width, edges[0], edges[n-1])
		}
	})
}

// A label covers no other and stays within the canvas, however crowded it is.
func TestPlaceNeverOverlaps(t *testing.T) {
	c := draw.Crop(draw.NewCanvas(new(recorder.Canvas), Width, Height), 100, -30, 60, -80)
	rapid.Check(t, func(t *rapid.T) {
		var taken []vg.Rectangle
		for range rapid.IntRange(1, 60).Draw(t, "n") {
			at := vg.Point{X: vg.Length(rapid.Float64Range(100, 1170).Draw(t, "x")), Y: vg.Length(rapid.Float64Range(60, 620).Draw(t, "y"))}
			box, ok := place(c, at, vg.Length(rapid.Float64Range(10, 430).Draw(t, "width")), taken)
			if !ok {
				continue
			}
			if box.Min.X < c.Min.X || box.Max.X > c.Max.X || box.Min.Y < c.Min.Y || box.Max.Y > c.Max.Y {
				t.Fatalf("%v is cut", box)
			}
			for _, o := range taken {
				if box.Min.X < o.Max.X && o.Min.X < box.Max.X && box.Min.Y < o.Max.Y && o.Min.Y < box.Max.Y {
					t.Fatalf("%v lies on %v", box, o)
				}
			}
			taken = append(taken, box)
		}
	})
}

// A sweep without a cost or without a p95 wait says which is missing.
func TestParetoSaysWhatIsMissing(t *testing.T) {
	for _, c := range []struct {
		metrics []string
		want    string
	}{{[]string{costPath}, "no time_to_running.p95"}, {[]string{waitPath}, "no cost"}} {
		s := surface(two(), load())
		s.Metrics = c.metrics
		for _, kind := range Plots() {
			if kind.Name != "pareto" {
				continue
			}
			if f, err := kind.Draw(Input{Surface: s}); err != nil || len(f) != 1 || !strings.Contains(f[0].Empty, c.want) {
				t.Errorf("%v: %+v, %v, want %q", c.metrics, f, err, c.want)
			}
		}
	}
}

// The same sweep draws the same bytes.
func TestSweepRenderIsDeterministic(t *testing.T) {
	s := surface(two(), load())
	first, err := Render(Input{Surface: s})
	if err != nil || len(first) != 3 {
		t.Fatalf("%d files, %v, want cost, wait and the front", len(first), err)
	}
	again, err := Render(Input{Surface: s})
	if err != nil {
		t.Fatal(err)
	}
	for i := range first {
		if !bytes.Equal(first[i].PNG, again[i].PNG) || first[i].Alt == "" {
			t.Errorf("%s differs between two renderings, or has no words (%q)", first[i].Name, first[i].Alt)
		}
	}
}
