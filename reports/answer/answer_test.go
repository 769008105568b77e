package answer_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"ecsim/models/result"
	"ecsim/models/result/resulttest"
	"ecsim/reports/answer"
	"ecsim/sim"
	"ecsim/workloads/units"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func input(specs []resulttest.Spec, runs int) answer.Input {
	return answer.Input{Scenario: "launch-types", Question: "Bursty jobs, a nightly batch, steady encoding: EC2, Spot, Fargate or a mix?",
		Region: "us-east-1", Zones: 3, Architecture: "x86", PriceDate: "2026-09-29", Baseline: "ec2", BaselineChosen: true,
		Outcomes: resulttest.Outcomes(specs, runs), Gates: resulttest.Gates(), Next: "ecsim survive launch-types --platform mixed",
		Apply: map[string][]string{"mixed": {"asg min 3, max 60, target_capacity 100", "jobs on FARGATE"}}}
}

func specs(names ...string) []resulttest.Spec {
	var list []resulttest.Spec
	for _, name := range names {
		for _, s := range resulttest.Specs() {
			if s.Platform == name {
				list = append(list, s)
			}
		}
	}
	return list
}

// changed is input with every run of a platform changed before folding.
func changed(t *testing.T, in answer.Input, platform string, f func(r *result.Run)) answer.Input {
	t.Helper()
	for i, o := range in.Outcomes {
		if o.Platform != platform && platform != "*" {
			continue
		}
		runs := resulttest.Runs(specs(o.Platform)[0], o.Runs)
		for _, r := range runs {
			f(r)
		}
		folded, err := result.Fold(runs)
		if err != nil {
			t.Fatal(err)
		}
		in.Outcomes[i] = folded
	}
	return in
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (-update rewrites it); got:\n%s", path, got)
	}
}

func TestText(t *testing.T) {
	many := specs("ec2", "fargate", "mixed", "ec2", "fargate", "mixed", "ec2", "fargate")
	for i := range many {
		many[i].Platform += strings.Repeat("-x", i)
	}
	short := changed(t, input(specs("ec2", "fargate"), 3), "*", func(r *result.Run) { r.MonthlyOK, r.NeedDuration = false, 14*sim.Day })
	refused := input(specs("ec2"), 2)
	refused.Outcomes = append(refused.Outcomes, result.Refuse("lambda", []result.Reason{{About: "nightly", Text: "a task runs longer than 15 minutes"}}))
	nothing := input(nil, 1)
	for name, in := range map[string]answer.Input{
		"launch-types.txt": input(resulttest.Specs(), 10),
		"eight.txt":        input(many, 3),
		"one.txt":          input(specs("fargate"), 1),
		"short.txt":        short,
		"refused.txt":      refused,
		"nothing.txt":      nothing,
	} {
		text := answer.Build(in).Text()
		golden(t, name, text)
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
				t.Errorf("%s: a line of %d columns: %s", name, n, line)
			}
			if strings.HasSuffix(line, " \n") {
				t.Errorf("%s: space at the end of %q", name, line)
			}
		}
	}
}

func TestWrote(t *testing.T) {
	got := answer.Wrote("out/launch-types/3f9c21ab", 7, 4, 3100*time.Millisecond)
	if want := "Wrote out/launch-types/3f9c21ab/ (report.html, 7 plots, 4 CSV) in 3.1 s\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The CSV has a row a platform with every metric and its half-width, and a row
// for each of its workloads with the same figures; the JSON agrees with it.
func TestDataAgree(t *testing.T) {
	a := answer.Build(input(resulttest.Specs(), 3))
	var buf bytes.Buffer
	if err := a.CSV(&buf); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&buf).ReadAll()
	if err != nil || len(rows) != 1+5*(1+3) {
		t.Fatalf("%d rows, %v, want a header and 5 platforms with 3 workloads each", len(rows), err)
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		if _, taken := at[name]; taken || strings.ToLower(name) != name || strings.ContainsAny(name, ". -") {
			t.Errorf("column %q is taken or not snake_case", name)
		}
		at[name] = i
	}
	for _, m := range result.Metrics() {
		column := m.Column("jobs")
		if _, ok := at[column]; !ok {
			t.Errorf("no column %s", column)
		}
		if _, ok := at[column+"_half95"]; !ok {
			t.Errorf("no half-width of %s", column)
		}
	}
	for i, row := range rows[1:] {
		name := row[at["workload"]]
		if want := []string{"", "encode", "jobs", "nightly"}[i%4]; name != want {
			t.Errorf("row %d is of workload %q, want %q", i+1, name, want)
		}
		if name == "jobs" && row[at["workload_time_to_running_p95_s"]] != row[at["workload_jobs_time_to_running_p95_s"]] {
			t.Errorf("row %d: %q in the workload's column, %q in the platform's", i+1, row[at["workload_time_to_running_p95_s"]], row[at["workload_jobs_time_to_running_p95_s"]])
		}
	}
	buf.Reset()
	if err := a.JSON(&buf); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Winner    string
		Platforms []struct {
			Name    string
			Metrics map[string]struct{ Value json.Number }
		}
	}
	decoder := json.NewDecoder(&buf)
	decoder.UseNumber()
	if err := decoder.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	if doc.Winner != "mixed" || len(doc.Platforms) != 5 || doc.Platforms[0].Name != rows[1][0] {
		t.Errorf("winner %q, first of %d %q", doc.Winner, len(doc.Platforms), doc.Platforms[0].Name)
	}
	if got, want := doc.Platforms[0].Metrics["cost_per_month"].Value.String(), rows[1][at["cost_per_month_usd"]]; got != want {
		t.Errorf("cost a month %s in JSON, %s in CSV", got, want)
	}
}

func TestHTMLEscapes(t *testing.T) {
	in := input(specs("ec2"), 2)
	in.Question = `<script>alert("x")</script>`
	in.Outcomes[0].Platform = `<img src=x>`
	page := answer.Build(in).HTML()
	if strings.Contains(page, "<script") || strings.Contains(page, "<img") {
		t.Error("text of the scenario reaches the page as markup")
	}
	if !strings.Contains(page, "<table>") {
		t.Error("no table")
	}
}

func TestDiscountShowsListBesideIt(t *testing.T) {
	in := changed(t, input(specs("ec2", "fargate"), 2), "ec2", func(r *result.Run) { r.Bill.List = r.Bill.Total * 2 })
	in.Prices = "10 % discount"
	text := answer.Build(in).Text()
	if !strings.Contains(text, "list\n") && !strings.Contains(text, " list ") || !strings.Contains(text, "10 % discount of 2026-09-29") {
		t.Errorf("no list price beside what is paid:\n%s", text)
	}
}

func TestCheapRunsShowCents(t *testing.T) {
	in := changed(t, input(specs("ec2", "fargate"), 2), "*", func(r *result.Run) {
		r.Bill.Total = units.Dollar / 7
		r.Bill.List = r.Bill.Total
	})
	if text := answer.Build(in).Text(); !strings.Contains(text, "0.62") { // $0.142857 a week x 730/168
		t.Errorf("a bill of $0.62 a month does not show its cents:\n%s", text)
	}
}

// A crowd of services makes no crowd of lines: what they have in common is said
// once, and the one that did not run in full is shown.
func TestCrowd(t *testing.T) {
	notes := []result.Note{}
	in := changed(t, input(specs("ec2", "fargate"), 3), "*", func(r *result.Run) {
		encode := *r.Workload("encode")
		for i := range 40 {
			w := encode
			w.Name = fmt.Sprintf("svc-%02d", i)
			if i == 7 {
				w.DesiredCount++ // never reached
			}
			r.Workloads = append(r.Workloads, w)
		}
	})
	for i := range 40 {
		notes = append(notes, result.Note{Kind: result.Assumed, Text: fmt.Sprintf("image of svc-%02d 350 MB", i)})
	}
	in.Notes = append(notes, result.Note{Kind: result.Assumed, Text: "host boot 75 s"})
	small := answer.Build(input(specs("ec2", "fargate"), 3)).Text()
	text := answer.Build(in).Text()
	if a, b := strings.Count(small, "\n"), strings.Count(text, "\n"); b > a+12 {
		t.Errorf("%d lines with 43 workloads, %d with 3:\n%s", b, a, text)
	}
	for _, want := range []string{"svc-07", "image of each of 40 workloads (svc-00, ...)", "host boot 75 s", "Not shown: "} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "svc-08") {
		t.Errorf("a service like the others is named:\n%s", text)
	}
}

func TestDifference(t *testing.T) {
	for _, c := range []struct {
		v, half float64
		want    string
	}{{0, 1, "none"}, {-4.8e-8, 0.67, "-0 s"}, {-0.02, 0.67, "-0.02 s"}, {36, 5.1, "+36 s"}, {4.8e-8, 0, "+4.8e-08 s"}} {
		if got := answer.Difference(result.UnitSeconds, c.v, c.half); got != c.want {
			t.Errorf("%v beside %v: got %q, want %q", c.v, c.half, got, c.want)
		}
	}
}
