package simulate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"ecsim/models/catalog"
	"ecsim/sim/experiment"
)

// Plan is everything that decides the sweep's results, by name: each setting,
// defaults included, what the files hold that it names, the price catalogue,
// the program.
func (w *Sweep) Plan(version string) (*experiment.PlanHeader, error) {
	sc := w.Scenario
	h := &experiment.PlanHeader{Chunks: w.Chunks(), Points: w.Points(), Runs: w.Replications()}
	add := func(name, value string) { h.Parts = append(h.Parts, experiment.PlanPart{Name: name, Value: value}) }
	add("scenario", sc.Name)
	add("platforms", strings.Join(w.Table.Platforms, ", "))
	for _, s := range sc.Settings() {
		add(s.Path, s.Value)
	}
	files, err := sc.Files()
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		add("file "+f.Path, "sha256 "+f.SHA256)
	}
	add("price catalogue", catalog.Version())
	add("version", version)
	sum, err := executable()
	if err != nil {
		return nil, fmt.Errorf("cannot read the program itself: %w", err)
	}
	add("program", "sha256 "+sum)
	return h, nil
}

// executable is the SHA-256 of the running program.
var executable = sync.OnceValues(func() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
})
