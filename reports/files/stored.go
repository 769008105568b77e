package files

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// The files that a comparison of two folders reads.
const (
	ReplicationsName = "replications.csv"
	ResolvedName     = "resolved.toml"
	SummaryName      = "summary.json"
)

// Result is what a folder holds for a comparison with another.
type Result struct {
	Manifest               *Manifest
	Resolved, Replications []byte
	Platforms              []ResultPlatform
}

// ResultPlatform is one platform of summary.json.
type ResultPlatform struct {
	Name         string `json:"name"`
	Standing     string `json:"standing"`
	Replications int    `json:"replications"`
	SLO          []struct {
		OK bool `json:"ok"`
	} `json:"slo"`
}

// ReadResult reads a result folder. It refuses files that are not as they were
// written, for their figures would be nobody's.
func ReadResult(dir string) (*Result, error) {
	m, err := ReadManifest(dir)
	if err != nil {
		return nil, fmt.Errorf("%s is no result folder of ecsim: %w", dir, err)
	}
	r := &Result{Manifest: m}
	read := func(name string) []byte {
		if err != nil {
			return nil
		}
		var data []byte
		switch data, err = os.ReadFile(filepath.Join(dir, name)); {
		case err == nil && !m.holds(name, data):
			err = fmt.Errorf("%s has changed since it was written", filepath.Join(dir, name))
		case err != nil && !m.lists(name):
			err = fmt.Errorf("%s has no %s: it is of a sweep, or of an earlier version; run its scenario again", dir, name)
		}
		return data
	}
	r.Replications, r.Resolved = read(ReplicationsName), read(ResolvedName)
	summary := read(SummaryName)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Platforms []ResultPlatform `json:"platforms"`
	}
	if err := json.Unmarshal(summary, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, SummaryName), err)
	}
	r.Platforms = doc.Platforms
	return r, nil
}
