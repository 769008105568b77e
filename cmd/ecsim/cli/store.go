package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ecsim/reports/files"
	"ecsim/scenarios"
	"ecsim/scenarios/simulate"
)

// outputRoot is where results go unless -o says otherwise, below the current
// folder.
const outputRoot = "out"

// destination is the folder a result goes to.
type destination struct {
	dir  string
	hash string
	own  bool // named by -o: it has no "latest" beside it
}

// destination of a result: the hash is of everything the files depend on.
func (o *simulateOptions) destination(sc *scenarios.Scenario, platforms []int, version, catalogue string) (destination, error) {
	hash, err := sc.Hash()
	if err != nil {
		return destination{}, badInput(err)
	}
	what := fmt.Appendf(nil, "%s %+v %t", hash, o.records, o.pairs)
	if o.flips {
		what = append(what, " flips"...)
	}
	for _, p := range platforms {
		what = fmt.Appendf(what, " %q", sc.Platforms[p].Name)
	}
	d := destination{hash: files.Hash(what, uint64(sc.Runs.Seed), version, catalogue)}
	if d.dir = files.Dir(outputRoot, sc.Name, d.hash); o.out != "" {
		d.dir, d.own = filepath.Clean(o.out), true
	}
	return d, nil
}

// stored is the answer of an earlier run of the same.
type stored struct {
	text, json, csv string
	code            int
}

// stored returns the finished answer in the folder, nil if there is none of
// this hash, or none that is whole.
func (d destination) stored(sc *scenarios.Scenario) *stored {
	answer, ok := files.Stored(d.dir, d.hash)
	if !ok || strings.HasSuffix(Version, "-dev") && older(filepath.Join(d.dir, files.ManifestName)) {
		return nil
	}
	summary, err := os.ReadFile(filepath.Join(d.dir, "summary.json"))
	table, err2 := os.ReadFile(filepath.Join(d.dir, "summary.csv"))
	if errors.Join(err, err2) != nil {
		return nil
	}
	s := &stored{text: answer, json: string(summary), csv: string(table)}
	if s.code, err = storedCode(sc, summary); err != nil {
		return nil
	}
	return s
}

// older tells whether a file was written before this program was built: a
// version under development is not one version.
func older(name string) bool {
	program, err := os.Executable()
	if err != nil {
		return true
	}
	built, err := os.Stat(program)
	written, err2 := os.Stat(name)
	return errors.Join(err, err2) != nil || written.ModTime().Before(built.ModTime())
}

// storedCode is exitCode of what a summary.json tells. A platform without a
// run that Admit lets run met a task that can never run.
func storedCode(sc *scenarios.Scenario, summary []byte) (int, error) {
	var s struct {
		Platforms []struct {
			Name         string `json:"name"`
			Replications int    `json:"replications"`
			SLO          []struct {
				OK bool `json:"ok"`
			} `json:"slo"`
			Deployments []struct {
				Stalled int `json:"stalled"`
			} `json:"deployments"`
		} `json:"platforms"`
	}
	if err := json.Unmarshal(summary, &s); err != nil {
		return 0, err
	}
	ran, infeasible, met := false, false, false
	for _, p := range s.Platforms {
		i := slices.IndexFunc(sc.Platforms, func(x scenarios.Platform) bool { return x.Name == p.Name })
		if i < 0 {
			return 0, fmt.Errorf("no platform %q", p.Name)
		}
		if p.Replications == 0 {
			infeasible = infeasible || simulate.Admit(sc, i) == nil
			continue
		}
		ran = true
		for _, d := range p.Deployments {
			infeasible = infeasible || d.Stalled > 0
		}
		missed := false
		for _, g := range p.SLO {
			missed = missed || !g.OK
		}
		met = met || !missed
	}
	switch {
	case infeasible || !ran:
		return ExitInfeasible, nil
	case !met:
		return ExitMissed, nil
	}
	return ExitOK, nil
}
