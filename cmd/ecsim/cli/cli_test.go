package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"ecsim/models/result"
	"ecsim/scenarios/simulate"
)

// session is an Env that keeps what is printed.
func session(t *testing.T) (e *Env, out, err *bytes.Buffer) {
	t.Helper()
	out, err = new(bytes.Buffer), new(bytes.Buffer)
	return &Env{Out: out, Err: err, Context: t.Context()}, out, err
}

// Every verb can be asked for help, shows an example of itself, and fits its
// group.
func TestVerbsExplainThemselves(t *testing.T) {
	for _, v := range Verbs() {
		e, _, _ := session(t)
		c := v.New(e)
		var leaves func(c *cobra.Command)
		leaves = func(c *cobra.Command) {
			if c.HasSubCommands() {
				for _, sub := range c.Commands() {
					leaves(sub)
				}
				return
			}
			if !strings.Contains(c.Example, "ecsim "+strings.TrimPrefix(c.CommandPath(), "ecsim ")) {
				t.Errorf("%s: no example of itself in %q", c.CommandPath(), c.Example)
			}
			if c.Short == "" || c.Long == "" || strings.HasSuffix(c.Short, ".") {
				t.Errorf("%s: wants a short line without a full stop and a long text", c.CommandPath())
			}
			for _, line := range strings.Split(c.Long, "\n") {
				if len(line) > 80 {
					t.Errorf("%s: help is wider than 80 columns: %q", c.CommandPath(), line)
				}
			}
		}
		leaves(c)
	}
}

// A run function does its work without a process around it: data on Out,
// nothing else there.
func TestRunFunctions(t *testing.T) {
	t.Chdir(t.TempDir())
	e, out, said := session(t)
	o := simulateOptions{scenario: "launch-types", platforms: []string{"fargate"}, workers: 2, format: "csv",
		replications: "1", sets: []string{"duration=1h"}}
	err := runSimulate(e, o)
	if code := codeOf(err); code != ExitOK && code != ExitMissed {
		t.Fatalf("run: exit code %d, %v; said %s", code, err, said)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 1+1+3 || !strings.HasPrefix(lines[0], "platform,") || !strings.HasPrefix(lines[1], "fargate,,") || !strings.HasPrefix(lines[3], "fargate,jobs,") {
		t.Errorf("run --format csv printed %d lines, %.200q; want the platform and its 3 workloads", len(lines), out)
	}
	first := out.String()
	out.Reset()
	again := runSimulate(e, o)
	if out.String() != first || codeOf(again) != codeOf(err) || !strings.Contains(said.String(), "unchanged") {
		t.Errorf("the stored answer differs: code %d, want %d; said %s", codeOf(again), codeOf(err), said)
	}
	out.Reset()
	if err := runCatalogList(e, catalogListOptions{region: "us-east-1", vcpu: "4", arch: "ARM64", network: "bridge", format: "csv"}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "\n"); n < 10 || strings.Contains(out.String(), "x86_64") {
		t.Errorf("catalog list of 4-vCPU arm types has %d lines", n)
	}
}

// A stored folder whose answer was changed is not believed.
func TestStoredAnswerIsChecked(t *testing.T) {
	t.Chdir(t.TempDir())
	e, out, said := session(t)
	o := simulateOptions{scenario: "launch-types", platforms: []string{"fargate"}, workers: 2, format: "table",
		replications: "1", sets: []string{"duration=30m"}, out: "here"}
	runSimulate(e, o)
	first := out.String()
	answer := filepath.Join("here", "answer.txt")
	if err := os.WriteFile(answer, []byte("forged\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	said.Reset()
	runSimulate(e, o)
	if out.String() != first || strings.Contains(said.String(), "unchanged") {
		t.Errorf("a changed answer.txt was taken for the stored answer: %s%s", out, said)
	}
}

// The context's end interrupts, with exit code 130 and nothing written.
func TestInterruptBeforeAnything(t *testing.T) {
	t.Chdir(t.TempDir())
	e, out, said := session(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e.Context = ctx
	if code := e.Main([]string{"run", "launch-types"}); code != ExitInterrupted {
		t.Errorf("exit code %d, want %d; said %s", code, ExitInterrupted, said)
	}
	if out.Len() > 0 {
		t.Errorf("printed %q", out)
	}
	if left, _ := filepath.Glob("out/launch-types/*"); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// No panic reaches a user: one line with the version, exit code 1.
func TestPanicIsOneLine(t *testing.T) {
	was := verbs
	defer func() { verbs = was }()
	Register(Verb{Name: "break", Group: About, New: func(*Env) *cobra.Command {
		return &cobra.Command{Use: "break", RunE: func(*cobra.Command, []string) error { panic("queue\nlost an event") }}
	}})
	e, out, said := session(t)
	if code := e.Main([]string{"break"}); code != ExitFailed {
		t.Errorf("exit code %d, want %d", code, ExitFailed)
	}
	if s := said.String(); strings.Count(s, "\n") != 1 || !strings.Contains(s, Version) || !strings.Contains(s, "queue lost an event") || out.Len() > 0 {
		t.Errorf("said %q, printed %q", s, out)
	}
}

// Exit codes rank: interrupted, then what can never run, then gates.
func TestExitCodes(t *testing.T) {
	gate := result.Gate{Path: "cost"}
	row := func(runs int, ok bool) *result.Row {
		return &result.Row{Outcome: &result.Outcome{Runs: runs}, Gates: []result.GateResult{{Gate: gate, OK: ok}}}
	}
	verdict := func(rows ...*result.Row) *result.Verdict { return &result.Verdict{Others: rows} }
	for _, c := range []struct {
		what string
		c    simulate.Comparison
		want int
	}{
		{"no gate", simulate.Comparison{Runs: 1, Verdict: verdict(row(1, true))}, ExitOK},
		{"one of two keeps the gate", simulate.Comparison{Runs: 1, Gates: []result.Gate{gate}, Verdict: verdict(row(1, false), row(1, true))}, ExitOK},
		{"none keeps the gate", simulate.Comparison{Runs: 1, Gates: []result.Gate{gate}, Verdict: verdict(row(1, false), row(1, false))}, ExitMissed},
		{"only what did not run keeps it", simulate.Comparison{Runs: 1, Gates: []result.Gate{gate}, Verdict: verdict(row(1, false), row(0, true))}, ExitMissed},
		{"nothing can run", simulate.Comparison{Verdict: verdict(row(0, false))}, ExitInfeasible},
		{"interrupted", simulate.Comparison{Partial: true, Runs: 1, Gates: []result.Gate{gate}, Verdict: verdict(row(1, false))}, ExitInterrupted},
	} {
		if got := exitCode(&c.c); got != c.want {
			t.Errorf("%s: exit code %d, want %d", c.what, got, c.want)
		}
	}
	if got := codeOf(errors.New("disk full")); got != ExitFailed {
		t.Errorf("an error of the system: exit code %d, want %d", got, ExitFailed)
	}
}

// The progress line fits its terminal, however narrow, and drops the least
// important first.
func TestProgressFits(t *testing.T) {
	parts := progressParts(simulate.Status{Stage: 1, What: "runs", Passed: 5 * time.Second, Cells: 6000, Done: 15, Share: .02, Simulated: 16 * 86400e9, Events: 9e9, Placements: 3e9})
	for _, width := range []int{0, 5, 20, 60, 200} {
		if line := fitting(parts, width); len(line) > width || !strings.HasPrefix(strings.Join(parts, ", "), line) {
			t.Errorf("%d columns: %q", width, line)
		}
	}
	if line := fitting(parts, 200); !strings.HasPrefix(line, "15/6000 runs, 4m5s left, 3 runs/s, 16 days, ") || !strings.HasSuffix(line, " placed/s") {
		t.Errorf("got %q", line)
	}
}

// With a precision the half-width stands beside the wanted one, and time left
// is promised only once a look has told how many runs it takes.
func TestProgressOfPrecision(t *testing.T) {
	s := simulate.Status{Stage: 1, What: "runs", Passed: time.Minute, Cells: 10, Done: 4, Share: .4, Precision: .01}
	for _, c := range []struct {
		looks  int
		widest float64
		want   string
	}{
		{0, 0, "4/10 runs, ±? of 1 % wanted, 1m30s to the first look, "},
		{1, math.Inf(1), "4/10 runs, ±? of 1 % wanted, about 1m30s left, "},
		{2, .0234, "4/10 runs, ±2.3 % of 1 % wanted, about 1m30s left, "},
	} {
		s.Looks, s.Widest = c.looks, c.widest
		if got := strings.Join(progressParts(s), ", "); !strings.HasPrefix(got, c.want) {
			t.Errorf("got %q, want %q and more", got, c.want)
		}
	}
}

// Without a terminal each tenth is told once, and again after the goal moved:
// at a look that wants more runs, and in another stage.
func TestProgressLines(t *testing.T) {
	var l tenths
	var told []string
	tell := func(stage, looks int, shares ...float64) {
		for _, share := range shares {
			if l.next(simulate.Status{Stage: stage, Looks: looks, Share: share}) {
				told = append(told, fmt.Sprintf("%d/%d %d", stage, looks, tenth(share)))
			}
		}
	}
	tell(1, 0, .01, .05, .11, .12, .35, .36, 1, 1)
	tell(2, 0, 0, .3)
	tell(2, 1, .1, .15, .2, 1, 1)
	if got, want := strings.Join(told, ", "), "1/0 0, 1/0 1, 1/0 3, 1/0 10, 2/0 0, 2/0 3, 2/1 1, 2/1 2, 2/1 10"; got != want {
		t.Errorf("told %s, want %s", got, want)
	}
}

// On a terminal the last column of text wraps; a pipe gets a row a line.
func TestTableWraps(t *testing.T) {
	l := listing{columns: []column{{head: "name"}, {head: "what"}}}
	l.add(text("one"), text(strings.Repeat("word ", 30)))
	for _, columns := range []int{0, 20, 40, 80} {
		var b strings.Builder
		l.table(&b, columns)
		rows := strings.Split(strings.TrimSpace(b.String()), "\n")
		if wraps := columns > 0; wraps != (len(rows) > 2) {
			t.Errorf("%d columns: %d rows", columns, len(rows))
		} else if wraps {
			for _, r := range rows {
				if len(r) > columns {
					t.Errorf("%d columns: %q", columns, r)
				}
			}
		}
		if strings.Count(b.String(), "word") != 30 {
			t.Errorf("%d columns: words are lost", columns)
		}
	}
}

// A bar stays on standard error and is gone at the end.
func TestBarLeavesNothing(t *testing.T) {
	e, out, said := session(t)
	e.ErrTerminal, e.ErrWidth = true, 80
	show, finish := bar(e)
	show(.5, progressParts(simulate.Status{Stage: 1, What: "runs", Passed: time.Second, Cells: 10, Done: 5, Share: .5, Precision: .01, Events: 100}))
	finish()
	if out.Len() > 0 {
		t.Errorf("printed %q", out)
	}
	frames := strings.Split(said.String(), "\r")
	for _, f := range frames {
		if len([]rune(f)) >= 80 {
			t.Errorf("a frame fills the line: %q", f)
		}
	}
	if last := frames[len(frames)-1]; last != "" || strings.Contains(said.String(), "\n") {
		t.Errorf("left %q on the line", last)
	}
}

func TestRanges(t *testing.T) {
	for _, c := range []struct {
		in     string
		lo, hi float64 // NaN: an error
	}{
		{"", 0, 0}, {"4", 4, 4}, {"2..8", 2, 8}, {" 2 .. 8 ", 2, 8}, {"8..", 8, 0}, {"..16", 0, 16},
		{"..", math.NaN(), 0}, {"8..2", math.NaN(), 0}, {"-1", math.NaN(), 0}, {"2..8..9", math.NaN(), 0}, {"..0", math.NaN(), 0},
	} {
		f, err := (&catalogListOptions{region: "us-east-1", vcpu: c.in}).filter()
		if math.IsNaN(c.lo) != (err != nil) {
			t.Errorf("%q: error %v", c.in, err)
		} else if err == nil && (float64(f.MinVCPU) != c.lo || float64(f.MaxVCPU) != c.hi) {
			t.Errorf("%q: got %d to %d, want %v to %v", c.in, f.MinVCPU, f.MaxVCPU, c.lo, c.hi)
		}
	}
}

// Colour marks words; without it the text is untouched.
func TestColour(t *testing.T) {
	const text = "Which?\nfacts\nec2  1  MISS\nfargate 2  ok\nMISS ec2: late.\n=> fargate saves\n   money.\nWarning: x\n"
	e, out, _ := session(t)
	e.answer("table", stored{text: text})
	if out.String() != text {
		t.Errorf("without a terminal: %q", out)
	}
	out.Reset()
	e.OutTerminal, e.Colour = true, true
	e.answer("table", stored{text: text})
	if got := out.String(); !strings.Contains(got, "\x1b[31mMISS\x1b[0m ec2") || !strings.Contains(got, "\x1b[1m=> fargate saves\n   money.\x1b[0m\n") {
		t.Errorf("on a terminal: %q", got)
	}
	plain := out.String()
	for _, code := range []string{"\x1b[0m", "\x1b[1m", "\x1b[31m", "\x1b[33m"} {
		plain = strings.ReplaceAll(plain, code, "")
	}
	if plain != text {
		t.Errorf("colour changed the text: %q", plain)
	}
}
