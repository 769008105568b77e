package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ecsim/models/catalog"
	"ecsim/reports/files"
	"ecsim/scenarios/simulate"
	"ecsim/sim/experiment"
)

func newSweepMerge(e *Env) *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "merge FOLDER...",
		Short: "Make one result of the folders of all shards",
		Long: `Make one result of the folders that 'ecsim sweep --shard' wrote, the same to
the byte as if one process had done it all. Chunks that are missing, or that
stand in two folders, are named and refused, as are folders of another plan.`,
		Example: "  ecsim sweep merge shard-1 shard-2 shard-3 shard-4 -o merged",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("got no folder, want those of all shards")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return mergeSweep(e, args, out) },
	}
	c.Flags().StringVarP(&out, "output", "o", "", "write to this `folder` (default out/SCENARIO/sweep-HASH)")
	return c
}

func mergeSweep(e *Env, dirs []string, out string) error {
	start := time.Now()
	var parts []*sweepPart
	defer func() {
		for _, p := range parts {
			p.file.Close()
		}
	}()
	for _, dir := range dirs {
		p, err := openPart(filepath.Join(dir, files.JournalName))
		if errors.Is(err, os.ErrNotExist) {
			return badInput(fmt.Errorf("ecsim: %s holds no %s; want a folder that 'ecsim sweep --shard' wrote", dir, files.JournalName))
		}
		if err != nil {
			return badInput(err)
		}
		p.dir = dir
		parts = append(parts, p)
	}
	plan, err := onePlan(parts)
	if err != nil {
		return badInput(err)
	}
	if err := wholeOnce(plan, parts); err != nil {
		return badInput(err)
	}
	// The scenario as resolved stands in every shard; it names its files.
	o := sweepOptions{}
	o.workers, o.out = 1, out
	sc, err := simulate.LoadResolved(filepath.Join(dirs[0], "resolved.toml"), valueOf(plan, "scenario"))
	if err != nil {
		return badInput(err)
	}
	if names := valueOf(plan, "platforms"); names != "" {
		o.simulateOptions.platforms = strings.Split(names, ", ")
	}
	platforms, err := o.choose(sc)
	if err != nil {
		return err
	}
	w, err := simulate.NewSweep(sc, platforms)
	if err != nil {
		return badInput(err)
	}
	if again, err := w.Plan(Version); err != nil || w.Chunks() != plan.Chunks || w.Points() != plan.Points || !slices.Equal(axesOf(again), axesOf(plan)) {
		return badInput(fmt.Errorf("ecsim: %s was written by another version of ecsim; merge with the one that wrote it", dirs[0]))
	}
	header, sum := plan.Encode()
	dir, hash := o.folder(sc, &w.Table)
	hash = fmt.Sprintf("%s-%x", hash, sum[:8])
	for _, d := range dirs {
		if sameFolder(d, dir) {
			return badInput(fmt.Errorf("ecsim: --output: %s is one of the shards, which the result would replace; choose another folder", dir))
		}
	}
	folder, err := files.BeginSweep(dir, true)
	if err != nil {
		return badInput(err)
	}
	defer folder.Abort()
	resolved, err := os.ReadFile(filepath.Join(dirs[0], "resolved.toml"))
	if err != nil {
		return badInput(err)
	}
	code, err := writeSweep(e, folder, files.SweepReport{Table: w.Table, Total: plan.Points, Resolved: resolved, Plan: header,
		Hash: hash, Version: Version, Catalogue: catalog.Version(), Took: time.Since(start), Jobs: 1}, w, parts, dir)
	if err != nil {
		return err
	}
	return silently(code)
}

// sameFolder tells whether two paths name one folder that exists.
func sameFolder(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// axesOf are the parts of a plan that number its points.
func axesOf(plan *experiment.PlanHeader) (axes []experiment.PlanPart) {
	for _, p := range plan.Parts {
		if strings.HasPrefix(p.Name, "sweep.") {
			axes = append(axes, p)
		}
	}
	return axes
}

func valueOf(plan *experiment.PlanHeader, name string) string {
	for _, p := range plan.Parts {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// onePlan is the plan that all parts share.
func onePlan(parts []*sweepPart) (*experiment.PlanHeader, error) {
	first, err := experiment.DecodePlan(parts[0].index.Header)
	if err != nil {
		return nil, err
	}
	for _, p := range parts[1:] {
		if p.index.Plan == parts[0].index.Plan {
			continue
		}
		other, err := experiment.DecodePlan(p.index.Header)
		if err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("ecsim: %s and %s are not of one sweep:\n  %s", parts[0].dir, p.dir, strings.Join(clipLines(other.Changes(first), 20), "\n  "))
	}
	return first, nil
}

// wholeOnce checks that every chunk is there, in one part only.
func wholeOnce(plan *experiment.PlanHeader, parts []*sweepPart) error {
	var missing, double []string
	for c := range uint64(plan.Chunks) {
		var in []string
		for _, p := range parts {
			if p.index.Has(c) {
				in = append(in, p.dir)
			}
		}
		switch {
		case len(in) == 0:
			missing = append(missing, fmt.Sprint(c))
		case len(in) > 1:
			double = append(double, fmt.Sprintf("chunk %d in %s", c, strings.Join(in, " and ")))
		}
	}
	var errs []error
	if missing != nil {
		errs = append(errs, fmt.Errorf("ecsim: %d of %d chunks are missing: %s; finish their shards with the same command", len(missing), plan.Chunks, strings.Join(clipLines(missing, 20), ", ")))
	}
	if double != nil {
		errs = append(errs, fmt.Errorf("ecsim: %d chunks stand twice: %s; name each shard's folder once", len(double), strings.Join(clipLines(double, 10), ", ")))
	}
	return errors.Join(errs...)
}
