package cli

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// sweepScenario has one platform that cannot run at two of its points.
const sweepScenario = `question = "Small cells"
duration = "20m"
runs.replications = 4
[workload.jobs]
kind = "batch"
arrivals = { pattern = "poisson", rate = "40/min" }
run_time = { dist = "exponential", mean = "60s" }
cpu = 1024
memory = "2 GB"
[platform.ec2.capacity_provider.asg]
instance_types = ["m6a.2xlarge"]
auto_scaling_group = { min = 3, max = 12 }
[platform.fargate]
default_capacity_provider_strategy = ["FARGATE"]
[slo]
workload.jobs.time_to_running.p95 = "< 90s"
[sweep]
"workload.jobs.run_time.mean" = { from = "30s", to = "100s", step = "10s" }
"workload.jobs.memory" = ["2 GB", "4 GB", "300 GB"]
`

// child is the test binary run as ecsim.
func child(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "ecsim")
	if err := os.Symlink(self, link); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	cmd := exec.Command(link, args...)
	cmd.Dir = dir
	return cmd
}

// sweepIn runs a sweep to its end and returns its exit code and what it said.
func sweepIn(t *testing.T, dir string, args ...string) (code int, said string) {
	t.Helper()
	cmd := child(t, dir, append([]string{"sweep"}, args...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

func sweepFiles(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "manifest.json" {
			return err
		}
		b, err := os.ReadFile(path)
		found[strings.TrimPrefix(path, dir)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func sameSweep(t *testing.T, what string, a, b map[string]string) {
	t.Helper()
	if len(a) < 7 || len(a) != len(b) {
		t.Fatalf("%s: %d and %d files", what, len(a), len(b))
	}
	for name, content := range a {
		if b[name] != content {
			t.Errorf("%s: %s differs", what, name)
		}
	}
}

func sweepHome(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "s.toml"), []byte(sweepScenario), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestSweepSameBytes: killed at random moments and resumed, on one worker or
// two, by one process or four shards merged: the same files to the byte.
func TestSweepSameBytes(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a score of processes")
	}
	dir := sweepHome(t)
	start := time.Now()
	code, said := sweepIn(t, dir, "s.toml", "-j", "1", "-o", "one")
	if code != ExitInfeasible { // at 300 GB no instance and no Fargate size holds a task
		t.Fatalf("exit code %d, want %d:\n%s", code, ExitInfeasible, said)
	}
	took := time.Since(start)
	one := sweepFiles(t, filepath.Join(dir, "one"))

	if code, said = sweepIn(t, dir, "s.toml", "-j", "2", "-o", "two"); code != ExitInfeasible {
		t.Fatalf("exit code %d:\n%s", code, said)
	}
	sameSweep(t, "-j 2", one, sweepFiles(t, filepath.Join(dir, "two")))

	merge := []string{"merge", "-o", "merged"}
	for _, i := range []string{"1", "2", "3", "4"} {
		if code, said = sweepIn(t, dir, "s.toml", "--shard", i+"/4", "-o", "shard"+i); code != ExitOK {
			t.Fatalf("shard %s: exit code %d:\n%s", i, code, said)
		}
		merge = append(merge, "shard"+i)
	}
	if code, said = sweepIn(t, dir, merge...); code != ExitInfeasible {
		t.Fatalf("merge: exit code %d:\n%s", code, said)
	}
	sameSweep(t, "four shards", one, sweepFiles(t, filepath.Join(dir, "merged")))

	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	killed := 0
	for round := 0; killed < 10; round++ {
		if round == 40 {
			t.Fatalf("only %d of 40 processes were killed before they ended", killed)
		}
		if _, err := os.Stat(filepath.Join(dir, "killed")); err == nil {
			os.RemoveAll(filepath.Join(dir, "killed")) // it ended: begin again
		}
		cmd := child(t, dir, "sweep", "s.toml", "-j", "2", "-o", "killed")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rng.Int64N(int64(took)/2 + 1)))
		cmd.Process.Kill()
		cmd.Wait()
		if cmd.ProcessState.Sys().(syscall.WaitStatus).Signaled() {
			killed++
		}
	}
	if code, said = sweepIn(t, dir, "s.toml", "-o", "killed"); code != ExitInfeasible {
		t.Fatalf("resumed: exit code %d:\n%s", code, said)
	}
	sameSweep(t, "killed and resumed", one, sweepFiles(t, filepath.Join(dir, "killed")))
}

// TestSweepFolderGone: the output folder removed while a sweep runs is told,
// and no half result stands in its place.
func TestSweepFolderGone(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for a process")
	}
	dir := sweepHome(t)
	cmd := child(t, dir, "sweep", "s.toml", "-j", "1", "-r", "40", "-o", "gone")
	var out bytes.Buffer
	cmd.Stderr = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	journal := filepath.Join(dir, "gone.partial", "sweep.journal")
	for range 400 {
		if _, err := os.Stat(journal); err == nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if err := os.RemoveAll(filepath.Join(dir, "gone.partial")); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != ExitFailed || !strings.Contains(out.String(), "was removed") {
		t.Errorf("exit code %d, want %d and words of a folder that was removed:\n%s", code, ExitFailed, &out)
	}
	if _, err := os.Stat(filepath.Join(dir, "gone")); err == nil {
		t.Error("a result stands where nothing was finished")
	}
}

// TestSweepDiskFull: a full disk ends a sweep with a clear error; with room
// again the same command goes on from what was finished.
func TestSweepDiskFull(t *testing.T) {
	if testing.Short() {
		t.Skip("mounts a disk")
	}
	dir := sweepHome(t)
	small := filepath.Join(dir, "small")
	if err := os.Mkdir(small, 0o755); err != nil {
		t.Fatal(err)
	}
	mount := func(options string) error {
		return exec.Command("mount", "-t", "tmpfs", "-o", options, "tmpfs", small).Run()
	}
	if err := mount("size=64k"); err != nil {
		t.Skipf("cannot mount a small disk here: %v", err)
	}
	t.Cleanup(func() { exec.Command("umount", small).Run() })
	code, said := sweepIn(t, dir, "s.toml", "-o", "small/out")
	if code != ExitFailed || !strings.Contains(said, "no space left on device") || !strings.Contains(said, "the same command goes on") {
		t.Fatalf("exit code %d, want %d and a full disk named:\n%s", code, ExitFailed, said)
	}
	if err := mount("remount,size=64m"); err != nil {
		t.Skipf("cannot make the disk larger: %v", err)
	}
	code, said = sweepIn(t, dir, "s.toml", "-o", "small/out")
	if code != ExitInfeasible || !strings.Contains(said, "going on: ") {
		t.Fatalf("exit code %d, want %d from where it stopped:\n%s", code, ExitInfeasible, said)
	}
	if code, said = sweepIn(t, dir, "s.toml", "-o", "whole"); code != ExitInfeasible {
		t.Fatalf("exit code %d:\n%s", code, said)
	}
	sameSweep(t, "disk full", sweepFiles(t, filepath.Join(dir, "whole")), sweepFiles(t, filepath.Join(small, "out")))
}
