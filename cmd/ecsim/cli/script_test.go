package cli

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"ecsim": func() { os.Exit(Main()) },
	})
}

// TestScripts runs testdata/script: each is a session at a prompt. Beside
// testscript's own commands there are
//
//	exits CODE ecsim ARG...     runs it and wants that exit code
//	interrupts CODE ecsim ARG...  the same, interrupted a second after the
//	                            folder of -o is claimed; what it prints is in
//	                            interrupted.stdout and interrupted.stderr
//	damage                      writes cut.csv.gz, a trace cut off, and binary.csv
//	same DIR DIR                wants the same files with the same bytes,
//	                            but for manifest.json
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":      exits,
			"interrupts": interrupts,
			"same":       same,
			"damage":     damage,
		},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARG...")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

func interrupts(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: interrupts CODE COMMAND ARG...")
	}
	var path string
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if p := filepath.Join(dir, args[1]); path == "" {
			if _, err := os.Stat(p); err == nil {
				path = p
			}
		}
	}
	cmd := exec.Command(path, args[2:]...)
	cmd.Dir = ts.Getenv("WORK")
	cmd.Env = append(os.Environ(), "PATH="+ts.Getenv("PATH"), "HOME="+ts.Getenv("HOME"))
	stdout, err := os.Create(ts.MkAbs("interrupted.stdout"))
	ts.Check(err)
	defer stdout.Close()
	stderr, err := os.Create(ts.MkAbs("interrupted.stderr"))
	ts.Check(err)
	defer stderr.Close()
	cmd.Stdout, cmd.Stderr = stdout, stderr
	ts.Check(cmd.Start())
	// Once it has claimed its folder it simulates.
	if i := slices.Index(args, "-o"); i > 0 {
		for wait := 0; wait < 200; wait++ {
			if _, err := os.Stat(ts.MkAbs(args[i+1] + ".partial")); err == nil {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	time.Sleep(time.Second)
	ts.Check(cmd.Process.Signal(syscall.SIGINT))
	cmd.Wait()
	if code := strconv.Itoa(cmd.ProcessState.ExitCode()); code != args[0] {
		ts.Fatalf("exit code %s, want %s", code, args[0])
	}
}

func same(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: same DIR DIR")
	}
	a, b := tree(ts, args[0]), tree(ts, args[1])
	if len(a) < 2 {
		ts.Fatalf("%s holds %d files", args[0], len(a))
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			ts.Fatalf("only %s has %s", args[1], name)
		}
	}
	for name, content := range a {
		if other, ok := b[name]; !ok || other != content {
			ts.Fatalf("%s differs (%v, %d and %d bytes)", name, ok, len(content), len(other))
		}
	}
}

// tree reads all files below dir but the manifest.
func tree(ts *testscript.TestScript, dir string) map[string]string {
	files := map[string]string{}
	root := ts.MkAbs(dir)
	ts.Check(filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "manifest.json" {
			return err
		}
		b, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, root)] = string(b)
		return err
	}))
	return files
}

func damage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: damage")
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	rng := rand.New(rand.NewPCG(1, 1))
	fmt.Fprintln(z, "at,run_time")
	for at := range 2000 {
		fmt.Fprintf(z, "%d,%d\n", at, rng.IntN(10000))
	}
	ts.Check(z.Close())
	ts.Check(os.WriteFile(ts.MkAbs("cut.csv.gz"), b.Bytes()[:b.Len()/2], 0o666))
	ts.Check(os.WriteFile(ts.MkAbs("binary.csv"), []byte("\x7fELF\x02\x01\x01\x00\x00\x00\x03\n"), 0o666))
}
