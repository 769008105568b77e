package files

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"os"
	"strings"
	"time"

	"ecsim/reports/answer"
	"ecsim/reports/plots"
)

// Report is what a folder is written from.
type Report struct {
	Answer    *answer.Answer
	Resolved  []byte // resolved.toml: the scenario with every default
	Hash      string // see Hash
	Seed      uint64
	Version   string
	Catalogue string
	Location  *time.Location // of the plots' time axes; nil is UTC
	Inputs    []Input        // the files that the scenario names
	Partial   bool
	SkipPlots bool // leaves out pictures, which take most of the time

	// For the manifest alone:
	Took time.Duration
	Jobs int
	Now  time.Time // when the folder is written; zero is the present
}

// Written says what a folder holds.
type Written struct {
	Dir         string
	Plots, CSVs int
	Bytes       int64
}

// Write makes the whole folder at once.
func Write(dir string, r Report) (Written, error) {
	f, err := Begin(dir)
	if err != nil {
		return Written{}, err
	}
	return f.Finish(r)
}

// Finish writes the report beside what recorders wrote, and puts the folder in
// its place. On an error nothing is left, and what was there before stays.
func (f *Folder) Finish(r Report) (w Written, err error) {
	defer func() {
		if err != nil {
			f.Abort()
			err = fmt.Errorf("cannot write results to %s: %w", f.dir, err)
		}
	}()
	var pictures []plots.File
	if !r.SkipPlots {
		pictures, err = plots.Render(plots.Input{Outcomes: r.Answer.Outcomes, Gates: r.Answer.Gates, Location: r.Location})
		if err != nil {
			return w, err
		}
	}
	text := func(s string) func(io.Writer) error {
		return func(out io.Writer) error { _, err := io.WriteString(out, s); return err }
	}
	contents := []struct {
		name    string
		content func(io.Writer) error
	}{
		{AnswerName, text(r.Answer.Text())},
		{"resolved.toml", text(string(r.Resolved))},
		{"summary.csv", r.Answer.CSV},
		{"summary.json", r.Answer.JSON},
		{ReplicationsName, r.Answer.Replications},
		{"timeseries.csv", func(out io.Writer) error { return timeSeries(out, r.Answer.Outcomes) }},
		{"costs.csv", func(out io.Writer) error { return costs(out, r.Answer.Outcomes) }},
		{"deployments.csv", func(out io.Writer) error { return deployments(out, r.Answer.Outcomes) }},
		{"report.html", func(out io.Writer) error { return page(out, r.Answer, pictures) }},
	}
	for _, c := range contents {
		if c.name == "deployments.csv" && !hasDeployments(r.Answer.Outcomes) {
			continue
		}
		if err := f.write(c.name, c.content); err != nil {
			return w, err
		}
	}
	if err := f.writePictures(pictures); err != nil {
		return w, err
	}
	if err := f.joinRecords(); err != nil {
		return w, err
	}
	w, err = f.manifest(r)
	if err != nil {
		return w, err
	}
	return w, f.publish()
}

func (f *Folder) writePictures(pictures []plots.File) error {
	for _, p := range pictures {
		if err := f.write("plots/"+p.Name, func(out io.Writer) error { _, err := out.Write(p.PNG); return err }); err != nil {
			return err
		}
	}
	return nil
}

// manifest writes manifest.json, the last file, and counts the others.
func (f *Folder) manifest(r Report) (Written, error) {
	m := Manifest{Version: r.Version, Scenario: r.Answer.Scenario, Hash: r.Hash, Seed: r.Seed, Catalogue: r.Catalogue,
		Partial: r.Partial, Seconds: r.Took.Seconds(), Jobs: r.Jobs, Inputs: r.Inputs}
	if !r.Now.IsZero() {
		m.Written = r.Now.UTC().Format(time.RFC3339)
	}
	return f.writeManifest(m)
}

// writeManifest completes m and writes it.
func (f *Folder) writeManifest(m Manifest) (Written, error) {
	w := Written{Dir: f.dir}
	entries, err := f.entries()
	if err != nil {
		return w, err
	}
	for _, e := range entries {
		w.Bytes += e.Bytes
		switch {
		case strings.HasPrefix(e.Name, "plots/"):
			w.Plots++
		case strings.HasSuffix(e.Name, ".csv"):
			w.CSVs++
		}
	}
	if m.Written == "" {
		m.Written = time.Now().UTC().Format(time.RFC3339)
	}
	if m.Host, err = os.Hostname(); err != nil {
		m.Host = "unknown"
	}
	m.Tool, m.Files = tool, entries
	return w, f.write(ManifestName, func(out io.Writer) error {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(m)
	})
}

// page is report.html: one file that needs neither network nor scripts, and
// forbids itself both.
func page(out io.Writer, a *answer.Answer, pictures []plots.File) error {
	b := &errorWriter{out: out}
	b.print(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>`, html.EscapeString(a.Scenario), ` - ecsim</title>
<style>`, style, `</style>
</head>
<body>
<main>
`, a.HTML())
	docs := map[string]plots.Plot{}
	for _, p := range plots.Plots() {
		docs[p.Name] = p
	}
	kind := ""
	for _, p := range pictures {
		if p.Plot != kind {
			kind = p.Plot
			b.print("<h2>", html.EscapeString(docs[kind].Title), "</h2>\n<p class=\"note\">", html.EscapeString(docs[kind].Doc), "</p>\n")
		}
		b.print("<img alt=\"", html.EscapeString(p.Alt), "\" width=\"1200\" height=\"700\" src=\"data:image/png;base64,",
			base64.StdEncoding.EncodeToString(p.PNG), "\">\n")
	}
	b.print("</main>\n</body>\n</html>\n")
	return b.err
}

// errorWriter keeps the first error.
type errorWriter struct {
	out io.Writer
	err error
}

func (w *errorWriter) print(parts ...string) {
	for _, p := range parts {
		if w.err == nil {
			_, w.err = io.WriteString(w.out, p)
		}
	}
}

const style = `
body { font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff; margin: 0 }
main { max-width: 1240px; margin: 0 auto; padding: 1.5rem }
h1 { font-size: 1.5rem; margin: 0 0 .5rem } h2 { font-size: 1.2rem; margin: 2.5rem 0 .25rem }
p { margin: .35rem 0; max-width: 60rem } .facts, .note { color: #555 }
.advice { font-size: 1.1rem; font-weight: 600; border-left: 4px solid #0072b2; padding-left: .75rem; margin: 1rem 0 }
.fault, .warning { border-left: 4px solid #d55e00; padding-left: .75rem }
table { border-collapse: collapse; margin: 1.25rem 0; font-variant-numeric: tabular-nums }
caption { text-align: left; font-weight: 600; padding-bottom: .25rem }
th, td { text-align: right; padding: .3rem .8rem; border-bottom: 1px solid #ddd; white-space: pre }
th.left, td.left { text-align: left } .line td { text-align: left; color: #555; font-style: italic; border-bottom: 2px solid #888 }
img { width: 100%; height: auto; border: 1px solid #e4e4e4; margin: .5rem 0 }
@media print { img { break-inside: avoid } }
`
