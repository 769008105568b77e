package cli

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"runtime/trace"

	"github.com/spf13/cobra"
)

// profiling holds the hidden flags for whoever works on ecsim's speed.
type profiling struct{ cpu, memory, trace string }

func (p *profiling) flags(root *cobra.Command) {
	f := root.PersistentFlags()
	f.StringVar(&p.cpu, "cpuprofile", "", "write a CPU profile to this `file`")
	f.StringVar(&p.memory, "memprofile", "", "write a heap profile to this `file`")
	f.StringVar(&p.trace, "exectrace", "", "write an execution trace to this `file`")
	for _, name := range []string{"cpuprofile", "memprofile", "exectrace"} {
		f.Lookup(name).Hidden = true
	}
}

// start begins what was asked for; stop ends it and is never nil.
func (p *profiling) start() (stop func() error, err error) {
	var ends []func() error
	stop = func() error {
		var errs []error
		for _, end := range ends {
			errs = append(errs, end())
		}
		return errors.Join(errs...)
	}
	begin := func(path, what string, start func(*os.File) error, end func(*os.File) error) error {
		if path == "" {
			return nil
		}
		f, err := os.Create(path)
		if err == nil {
			err = start(f)
		}
		if err != nil {
			return fmt.Errorf("cannot write the %s: %w", what, err)
		}
		ends = append(ends, func() error { return errors.Join(end(f), f.Close()) })
		return nil
	}
	return stop, errors.Join(
		begin(p.cpu, "CPU profile", func(f *os.File) error { return pprof.StartCPUProfile(f) }, func(*os.File) error { pprof.StopCPUProfile(); return nil }),
		begin(p.trace, "execution trace", func(f *os.File) error { return trace.Start(f) }, func(*os.File) error { trace.Stop(); return nil }),
		begin(p.memory, "heap profile", func(*os.File) error { return nil }, func(f *os.File) error { runtime.GC(); return pprof.WriteHeapProfile(f) }))
}
