package scenarios

import (
	"strings"
	"testing"
	"time"

	"ecsim/workloads/units"
)

func TestParseGate(t *testing.T) {
	for text, want := range map[string]Comparison{
		"< 300ms":          {Op: "<", Value: 0.3, Unit: "s"},
		"<=1h30m":          {Op: "<=", Value: 5400, Unit: "s"},
		">= 99%":           {Op: ">=", Value: 99, Unit: "%"},
		">= 12 for 99.9%":  {Op: ">=", Value: 12, For: 999_000},
		"< 5500":           {Op: "<", Value: 5500},
		"< $5,500.50":      {Op: "<", Value: 5500.5, Unit: "USD"},
		"> -3":             {Op: ">", Value: -3},
		"  <= 0  ":         {Op: "<="},
		"< 0.1 % for 100%": {Op: "<", Value: 0.1, Unit: "%", For: units.One},
	} {
		if got, err := ParseGate(text); err != nil || got != want {
			t.Errorf("ParseGate(%q) = %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "<", "90s", "== 3", "< 3 furlongs", "< 3 for 0%", "< 3 for ever", "< 3 for 101%", "< NaN", "< 1e9", "< $", "!= 3", "= 3", "< -", "< inf%"} {
		if got, err := ParseGate(text); err == nil {
			t.Errorf("ParseGate(%q) = %+v, want an error", text, got)
		}
	}
}

func TestParseOnNoCapacity(t *testing.T) {
	for text, want := range map[string]NoCapacity{
		"queue":             {Mode: Queue},
		"retry fifo":        {Mode: RetryFIFO},
		"fail":              {Mode: Fail},
		" retry 1m30s  x 7": {RetryEvery, units.Duration(90 * time.Second), 7},
	} {
		if got, err := ParseOnNoCapacity(text); err != nil || got != want {
			t.Errorf("ParseOnNoCapacity(%q) = %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "retry", "retry 30s", "retry 30s x", "retry 0s x 3", "retry 30s x 0", "retry 30s x -1", "retry 30 x 3", "Queue", "retry 30s * 3", "retry 30s x 99999999999"} {
		if got, err := ParseOnNoCapacity(text); err == nil {
			t.Errorf("ParseOnNoCapacity(%q) = %+v, want an error", text, got)
		}
	}
}

func TestParseCommitment(t *testing.T) {
	if p, optimal, err := ParseCommitment("$3.20/h"); p != 3_200_000_000_000 || optimal || err != nil {
		t.Errorf("got %v, %v, %v", p, optimal, err)
	}
	if p, optimal, err := ParseCommitment("optimal"); p != 0 || !optimal || err != nil {
		t.Errorf("got %v, %v, %v", p, optimal, err)
	}
	for _, text := range []string{"", "3.20", "$3.20", "$-1/h", "$x/h", "some"} {
		if _, _, err := ParseCommitment(text); err == nil {
			t.Errorf("ParseCommitment(%q): want an error", text)
		}
	}
	if off, ok, err := ParseSpotDiscount("64%"); off != 640_000 || !ok || err != nil {
		t.Errorf("got %v, %v, %v", off, ok, err)
	}
	if _, _, err := ParseSpotDiscount("101%"); err == nil {
		t.Error("a discount over 100 % is accepted")
	}
}

func TestSplitPath(t *testing.T) {
	for text, want := range map[string]string{
		"a":            "a",
		"a.b-c.d_1":    "a|b-c|d_1",
		`a."b.c".d`:    "a|b.c|d",
		"a.'*'":        "a|*",
		`"a=b"`:        "a=b",
		"a . b":        "a|b",
		"platform.*.x": "platform|*|x",
	} {
		if got, err := splitPath(text); err != nil || strings.Join(got, "|") != want {
			t.Errorf("splitPath(%q) = %q, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", ".", "a.", ".a", "a..b", `"a`, `"a"b`, "a[0]", strings.Repeat("a.", 40) + "a"} {
		if got, err := splitPath(text); err == nil {
			t.Errorf("splitPath(%q) = %q, want an error", text, got)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"memory", "cpu", "cpu_use", "desired_count", "image"}
	for got, want := range map[string]string{"memroy": "memory", "cpus": "cpu", "CPU": "cpu", "desired": "desired_count", "count": "desired_count", "imgae": "image"} {
		if n, ok := nearest(got, names); !ok || n != want {
			t.Errorf("nearest(%q) = %q, %v; want %q", got, n, ok, want)
		}
	}
	for _, got := range []string{"zone", "x", "", strings.Repeat("cpu", 50)} {
		if n, ok := nearest(got, names); ok {
			t.Errorf("nearest(%q) = %q, want none near", got, n)
		}
	}
}
