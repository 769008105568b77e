package simtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Stories plays each file of a glob: a story of commands, a line each, what a
// reader should see after a line ---- and up to a blank line. Lines that begin
// with # are told, not done. begin starts a story and returns what does one
// command, split at blanks, and says what came of it; no text needs no ----.
// With update the files are rewritten with what is seen.
func Stories(t *testing.T, glob string, update bool, begin func(t *testing.T) func(words []string) string) {
	t.Helper()
	files, err := filepath.Glob(glob)
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories %s: %v", glob, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(string(text), begin(t))
			if update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(text) {
				t.Errorf("%s: got\n%s\nwant\n%s", file, got, text)
			}
		})
	}
}

// play does the commands of a story and writes it with what is seen.
func play(text string, do func(words []string) string) string {
	var out strings.Builder
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if i == len(lines)-1 && line == "" {
			break
		}
		out.WriteString(line + "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		seen := do(strings.Fields(line))
		expected := i+1 < len(lines) && lines[i+1] == "----"
		if expected {
			for i++; i+1 < len(lines) && lines[i+1] != ""; i++ {
			}
		}
		if seen != "" || expected {
			out.WriteString("----\n" + seen)
		}
		if seen != "" && !expected && i+1 < len(lines) && lines[i+1] != "" {
			out.WriteString("\n")
		}
	}
	return out.String()
}
