package traces

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// dataFolder finds the real traces beside the repository, or skips.
func dataFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Skip("no go.mod above the test's folder")
		}
		dir = filepath.Dir(dir)
	}
	data := filepath.Join(filepath.Dir(dir), "shared", "data", "traces")
	if _, err := os.Stat(filepath.Join(data, "stats.json")); err != nil {
		t.Skip("no recorded traces beside the repository: shared/data/traces/stats.json is absent")
	}
	return data
}

// node is a value of stats.json.
type node map[string]any

func (n node) at(key string) node {
	m, _ := n[key].(map[string]any)
	return m
}

// checker compares figures with those of stats.json, which are rounded.
type checker struct {
	t        *testing.T
	compared int
}

// near fails unless got rounds to n[key], given with that many decimals. Keys
// that stats.json lacks are not compared.
func (c *checker) near(what string, n node, key string, decimals int, got float64) {
	c.t.Helper()
	want, ok := n[key].(float64)
	if !ok {
		return
	}
	c.compared++
	if slack := 0.5000001*math.Pow10(-decimals) + 1e-12*math.Abs(want); math.Abs(got-want) > slack {
		c.t.Errorf("%s %s: got %v, stats.json has %v", what, key, got, want)
	}
}

func (c *checker) text(what string, n node, key, got string) {
	c.t.Helper()
	want, ok := n[key].(string)
	if !ok {
		return
	}
	c.compared++
	if got != want {
		c.t.Errorf("%s %s: got %q, stats.json has %q", what, key, got, want)
	}
}

func (c *checker) quantiles(what string, n node, q *Quantiles) {
	c.t.Helper()
	if q == nil {
		if len(n) > 0 {
			c.t.Errorf("%s: no values, stats.json has %v", what, n)
		}
		return
	}
	for key, got := range map[string]float64{"p5": q.P5, "p25": q.P25, "p50": q.P50, "p75": q.P75, "p90": q.P90, "p95": q.P95, "p99": q.P99, "max": q.Max, "mean": q.Mean} {
		c.near(what, n, key, 4, got)
	}
	c.near(what, n, "cv", 3, q.CV)
}

func (c *checker) arrivals(what string, n node, t *TasksSummary) {
	c.t.Helper()
	a := t.Arrivals
	c.near(what, n, "arrivals", 0, float64(t.Records))
	c.near(what, n, "interarrival_cv", 3, a.InterarrivalCV)
	c.near(what, n, "interarrival_mean_s", 4, a.InterarrivalMeanS)
	c.near(what, n, "rate_per_hour", 3, a.PerHour)
	c.near(what, n, "span_s", 0, t.LastS-t.FirstS)
	c.near(what, n, "span_days", 3, (t.LastS-t.FirstS)/86400)
	c.near(what, n, "zero_gap_share", 4, a.ZeroGapShare)
	for i, key := range []string{"w60s", "w300s", "w3600s"} {
		w, m := a.Windows[i], n.at(key)
		if m == nil {
			c.t.Errorf("%s: stats.json has no %s", what, key)
		}
		c.near(what+" "+key, m, "IDC", 2, w.IDC)
		c.near(what+" "+key, m, "empty_share", 3, w.EmptyShare)
		c.near(what+" "+key, m, "max", 0, float64(w.Max))
		c.near(what+" "+key, m, "mean", 3, w.Mean)
		c.near(what+" "+key, m, "peak_to_mean", 2, w.PeakToMean)
		c.near(what+" "+key, m, "windows", 0, float64(w.Windows))
	}
}

func (c *checker) counts(what string, n node, s ColumnSummary) {
	c.t.Helper()
	got := map[string]int64{}
	for _, v := range s.Top {
		got[v.Value] = v.Count
	}
	for key := range n {
		if key == "" { // empty labels are missing, not a value
			c.near(what, n, key, 0, float64(s.Missing))
			continue
		}
		c.near(what+" value", n, key, 0, float64(got[key]))
	}
}

func (c *checker) column(d *Description, name string) ColumnSummary {
	c.t.Helper()
	for _, s := range d.Tasks.Columns {
		if s.Name == name {
			return s
		}
	}
	c.t.Fatalf("no column %s", name)
	return ColumnSummary{}
}

func (c *checker) swf(n node, d *Description) {
	t := d.Tasks
	c.arrivals("arrival", n.at("arrival"), t)
	c.near("", n, "first_submit", 0, t.FirstS)
	c.near("", n, "jobs", 0, float64(t.Records))
	c.near("", n, "submit_out_of_order", 0, float64(t.OutOfOrder))
	for key, column := range map[string]string{"allocated_procs": "allocated_procs", "requested_mem_per_proc": "requested_mem_per_proc",
		"requested_procs": "requested_procs", "requested_time_s": "requested_time_s", "run_time_s": "run_time_s", "used_mem_per_proc": "used_mem_per_proc", "wait_s": "wait_s"} {
		c.quantiles(key, n.at(key), c.column(d, column).Numbers)
	}
	missing := n.at("missing")
	for key, column := range map[string]string{"alloc_procs": "allocated_procs", "req_mem": "requested_mem_per_proc", "req_procs": "requested_procs",
		"req_time": "requested_time_s", "run_time": "run_time_s", "used_mem": "used_mem_per_proc", "wait": "wait_s"} {
		c.near("missing", missing, key, 0, float64(c.column(d, column).Missing))
	}
	c.near("missing", missing, "zero_run_time", 0, float64(c.column(d, "run_time_s").Zeros))
	c.counts("status", n.at("status"), c.column(d, "status"))
	c.near("busy", n.at("busy_procs_at_recorded_start"), "mean", 3, t.Busy[0].Mean)
	c.near("busy", n.at("busy_procs_at_recorded_start"), "peak", 3, t.Busy[0].Peak)
	header := node{}
	for _, f := range d.Header {
		if _, twice := header[f.Key]; !twice {
			header[f.Key] = f.Value
		}
	}
	for key := range n.at("header") {
		got, _ := header[key].(string)
		c.text("header", n.at("header"), key, got)
	}
	if a := d.Accounting; a.Records != t.Records || a.LeftOut != int64(c.column(d, "run_time_s").Missing) {
		c.t.Errorf("a replay accounts for %+v, want %d records, those of unknown run time left out", a, t.Records)
	}
}

func (c *checker) openb(n node, d *Description, path string) {
	t := d.Tasks
	c.arrivals("arrival", n.at("arrival"), t)
	c.near("", n, "first_creation", 0, t.FirstS)
	c.near("", n, "last_creation", 0, t.LastS)
	c.near("", n, "pods", 0, float64(t.Records))
	c.near("", n, "unsorted", 0, float64(t.OutOfOrder))
	for _, name := range []string{"cpu_milli", "memory_mib", "lifetime_s", "sched_delay_s", "gpu_milli_sharing"} {
		c.quantiles(name, n.at(name), c.column(d, name).Numbers)
	}
	c.counts("gpu_spec", n.at("gpu_spec"), c.column(d, "gpu_spec"))
	c.counts("num_gpu", n.at("num_gpu"), c.column(d, "num_gpu"))
	c.counts("phase", n.at("phase"), c.column(d, "pod_phase"))
	c.counts("qos", n.at("qos"), c.column(d, "qos"))
	for _, name := range []string{"creation_time", "deletion_time", "gpu_spec", "scheduled_time"} {
		c.near("missing", n.at("missing"), name, 0, float64(c.column(d, name).Missing))
	}
	for i, key := range []string{"cpu_concurrency_cores", "gpu_count_concurrency"} {
		c.near(key, n.at(key), "mean", 3, t.Busy[i].Mean)
		c.near(key, n.at(key), "peak", 3, t.Busy[i].Peak)
	}
	if got, want := d.Accounting.LeftOut, c.column(d, "scheduled_time").Missing; got != want {
		c.t.Errorf("a replay leaves out %d pods, want the %d never scheduled", got, want)
	}
	late, err := Describe(path, Options{From: "105d"})
	if err != nil {
		c.t.Fatal(err)
	}
	c.arrivals("from day 105", n.at("arrival_from_day_105"), late.Tasks)
	c.near("from day 105", n.at("cpu_concurrency_from_day_105"), "mean", 3, late.Tasks.Busy[0].Mean)
	c.near("from day 105", n.at("cpu_concurrency_from_day_105"), "peak", 3, late.Tasks.Busy[0].Peak)
	c.near("outside the window", n, "pods_before_day_105", 0, float64(late.Accounting.Outside))
}

func (c *checker) rates(n node, d *Description) {
	t := d.Rates
	c.quantiles("values", n, &t.Values)
	c.near("", n, "IDC", 2, t.IDC)
	c.near("", n, "lag1_autocorr", 3, t.Lag1)
	c.near("", n, "peak_to_mean", 2, t.PeakToMean)
	c.near("", n, "points", 0, float64(t.Points))
	c.near("", n, "duplicate_or_backward_steps", 0, float64(t.Repeated))
	c.near("", n, "gaps", 0, float64(t.Gaps))
	c.near("", n, "missing_points", 0, float64(t.MissingPoints))
	c.near("", n, "zeros", 0, float64(t.Zeros))
	c.near("", n, "step_s", 0, t.StepS)
	c.near("", n, "span_days", 3, d.SpanS/86400)
	c.near("", n, "total_requests", 0, t.Total)
	c.text("", n, "first", d.First)
	c.text("", n, "last", d.Last)
}

func (c *checker) line(n node, d *Description) {
	t := d.Rates
	s := n.at("per_second")
	c.rates(s, d)
	c.near("", n, "total", 0, t.Total)
	c.near("", n, "values", 0, float64(t.Points))
	c.near("", n, "zero_seconds", 0, float64(t.Zeros))
	m := n.at("per_minute")
	c.quantiles("per minute", m, &t.Minutes.Values)
	c.near("per minute", m, "IDC", 2, t.Minutes.IDC)
	c.near("per minute", m, "lag1_autocorr", 3, t.Minutes.Lag1)
	c.near("per minute", m, "peak_to_mean", 2, t.Minutes.PeakToMean)
	c.near("per minute", m, "points", 0, float64(t.Minutes.Values.Count))
}

// TestDescribeAgreesWithStats compares every figure that stats.json, computed
// by other programs, has of the formats we read.
func TestDescribeAgreesWithStats(t *testing.T) {
	data := dataFolder(t)
	text, err := os.ReadFile(filepath.Join(data, "stats.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for name, m := range all {
		folder, _, _ := strings.Cut(name, "/")
		least := map[string]int{"swf": 60, "alibaba-openb": 110, "nab": 20, "worldcup98": 20, "http-rates-per-second": 25}[folder]
		if least == 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(data, filepath.FromSlash(name))
			if info, err := os.Stat(path); err != nil || testing.Short() && info.Size() > 1<<20 {
				t.Skipf("left out: %v (or large, in short mode)", err)
			}
			d, err := Describe(path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if d.ReplayError != "" {
				t.Errorf("replay: %s", d.ReplayError)
			}
			c := &checker{t: t}
			switch folder {
			case "swf":
				c.swf(m, d)
			case "alibaba-openb":
				c.openb(m, d, path)
			case "http-rates-per-second":
				c.line(m, d)
			default:
				c.rates(m, d)
			}
			if c.compared < least {
				t.Errorf("compared %d figures, want at least %d: stats.json changed its keys?", c.compared, least)
			}
		})
	}
}
