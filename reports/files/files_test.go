package files_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ecsim/models/result"
	"ecsim/models/result/resulttest"
	"ecsim/reports/answer"
	"ecsim/reports/files"
	"ecsim/sim"
)

func report(n int) files.Report {
	in := answer.Input{Scenario: "launch-types", Question: "EC2 or Fargate?", Region: "us-east-1", Zones: 3, Architecture: "x86",
		PriceDate: "2026-09-29", Baseline: "ec2", Outcomes: resulttest.Outcomes(resulttest.Specs()[:n], 2), Gates: resulttest.Gates()}
	return files.Report{Answer: answer.Build(in), Resolved: []byte("region = \"us-east-1\"\n"), Hash: "3f9c21ab", Seed: 1,
		Version: "v1", Catalogue: "2026-09-29", Took: time.Second, Jobs: 2, SkipPlots: true}
}

func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		found[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestFolder(t *testing.T) {
	root := t.TempDir()
	dir := files.Dir(root, "launch-types", "3f9c21ab")
	r := report(3)
	r.SkipPlots = false
	r.Answer.Outcomes = r.Answer.Outcomes[2:] // pictures of one platform are enough
	w, err := files.Write(dir, r)
	if err != nil {
		t.Fatal(err)
	}
	if err := files.Latest(dir); err != nil {
		t.Fatal(err)
	}
	got := tree(t, dir)
	for _, name := range []string{"answer.txt", "resolved.toml", "summary.csv", "summary.json", "timeseries.csv", "costs.csv", "report.html", "manifest.json", "plots/cost.png"} {
		if got[name] == "" {
			t.Errorf("no %s", name)
		}
	}
	m, err := files.ReadManifest(dir)
	if err != nil || len(m.Files) != len(got)-1 || m.Hash != "3f9c21ab" {
		t.Fatalf("manifest lists %d of %d files, %v", len(m.Files), len(got)-1, err)
	}
	for _, f := range m.Files {
		sum := sha256.Sum256([]byte(got[f.Name]))
		if f.SHA256 != hex.EncodeToString(sum[:]) || f.Bytes != int64(len(got[f.Name])) {
			t.Errorf("%s is not as the manifest says", f.Name)
		}
	}
	if w.CSVs != 4 || w.Plots < 5 {
		t.Errorf("%d CSV files and %d plots counted", w.CSVs, w.Plots)
	}
	if text, ok := files.Stored(dir, "3f9c21ab"); !ok || text != r.Answer.Text() {
		t.Error("the stored answer is not the answer")
	}
	if _, ok := files.Stored(dir, "00000000"); ok {
		t.Error("another hash finds the stored answer")
	}
	if linked, err := os.ReadFile(filepath.Join(root, "launch-types", "latest", "answer.txt")); err != nil || string(linked) != got["answer.txt"] {
		t.Errorf("latest: %v", err)
	}
	page := got["report.html"]
	for _, want := range []string{"default-src 'none'", "data:image/png;base64,", "<table>", "EC2 or Fargate?"} {
		if !strings.Contains(page, want) {
			t.Errorf("report.html has no %q", want)
		}
	}
	for _, bad := range []string{"<script", "http://", "https://", "src=\"plots"} {
		if strings.Contains(page, bad) {
			t.Errorf("report.html is not a single offline file: it has %q", bad)
		}
	}
	if entries, _ := os.ReadDir(filepath.Dir(dir)); len(entries) != 2 { // the folder and latest
		t.Errorf("left beside the folder: %v", entries)
	}
}

// Written twice, at other times and with other -j, all files but the manifest
// are the same.
func TestFilesAreDeterministic(t *testing.T) {
	a, b := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	if _, err := files.Write(a, report(5)); err != nil {
		t.Fatal(err)
	}
	again := report(5)
	again.Took, again.Jobs, again.Now = time.Hour, 8, time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, err := files.Write(b, again); err != nil {
		t.Fatal(err)
	}
	x, y := tree(t, a), tree(t, b)
	for name := range x {
		if name != files.ManifestName && x[name] != y[name] {
			t.Errorf("%s differs", name)
		}
	}
	if x[files.ManifestName] == y[files.ManifestName] {
		t.Error("the manifests do not differ")
	}
}

func TestReplacesOnlyItsOwn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	first, err := files.Begin(dir)
	if err != nil {
		t.Fatalf("an empty folder is refused: %v", err)
	}
	if _, err := first.Recorder("tasks", "ec2", 0, time.Time{}, files.Names{}); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Finish(report(1)); err != nil {
		t.Fatal(err)
	}
	stale := filepath.Join(dir, "tasks.csv")
	if _, err := os.Stat(stale); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Write(dir, report(1)); err != nil {
		t.Fatalf("our own folder is refused: %v", err)
	}
	if _, err := os.Stat(stale); err == nil {
		t.Error("a file of the old result is in the new one")
	}
	other := t.TempDir()
	thesis := filepath.Join(other, "thesis.tex")
	if err := os.WriteFile(thesis, []byte("years of work"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Write(other, report(1)); err == nil || !strings.Contains(err.Error(), "not replaced") {
		t.Errorf("a folder that is not ours: %v", err)
	}
	if err := os.WriteFile(filepath.Join(other, "manifest.json"), []byte(`{"tool":"webpack"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Write(other, report(1)); err == nil {
		t.Error("a folder with another tool's manifest is replaced")
	}
	if data, err := os.ReadFile(thesis); err != nil || string(data) != "years of work" {
		t.Error("a file that is not ours is gone")
	}
	if _, err := files.Write(thesis, report(1)); err == nil {
		t.Error("a file is taken for a folder")
	}
}

func TestNothingHalfWritten(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "results")
	if _, err := files.Write(dir, report(1)); err != nil {
		t.Fatal(err)
	}
	before := tree(t, dir)
	f, err := files.Begin(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Recorder("tasks", "ec2", 0, time.Time{}, files.Names{}); err != nil {
		t.Fatal(err)
	}
	f.Abort()
	if entries, _ := os.ReadDir(root); len(entries) != 1 || len(tree(t, dir)) != len(before) {
		t.Errorf("an aborted run leaves %v", entries)
	}
	// A crash leaves the partial folder; the next run takes it over.
	if err := os.Mkdir(dir+".partial", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir+".partial", ".ecsim-partial"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Write(dir, report(1)); err != nil {
		t.Errorf("after a crash: %v", err)
	}
	// One that is not ours stays.
	if err := os.MkdirAll(dir+".partial/mine", 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Begin(dir); err == nil || !strings.Contains(err.Error(), "in the way") {
		t.Errorf("a foreign .partial: %v", err)
	}
}

// Of two runs into one folder the first is not disturbed, and the second is
// told at once.
func TestTwoRunsIntoOneFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results")
	first, err := files.Begin(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := files.Begin(dir); err == nil || !strings.Contains(err.Error(), "another run is writing "+dir) {
		t.Errorf("a second run: %v", err)
	}
	if _, err := first.Finish(report(1)); err != nil {
		t.Errorf("the first run: %v", err)
	}
	third, err := files.Begin(dir)
	if err != nil {
		t.Fatalf("when the first is done: %v", err)
	}
	third.Abort()
}

// What the user laid into a result folder is not deleted with it.
func TestFilesOfTheUserStay(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results")
	if _, err := files.Write(dir, report(1)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".DS_Store", "plots/notes.txt"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := files.Begin(dir)
		if mine := name == "plots/notes.txt"; mine != (err != nil && strings.Contains(err.Error(), path+" is not of ecsim")) {
			t.Errorf("with %s: %v", name, err)
		}
		if err == nil {
			os.RemoveAll(dir + ".partial")
		}
	}
}

// A link as the folder stays a link: what it leads to is replaced.
func TestFolderByLink(t *testing.T) {
	root := t.TempDir()
	real, link := filepath.Join(root, "real"), filepath.Join(root, "link")
	if err := os.Symlink("real", link); err != nil {
		t.Skip("no links here: ", err)
	}
	if _, err := files.Begin(link); err == nil || !strings.Contains(err.Error(), "leads nowhere") {
		t.Errorf("a link to nothing: %v", err)
	}
	if err := os.Mkdir(real, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Write(link, report(1)); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 || len(tree(t, real)) == 0 {
		t.Errorf("the link is %v, %v, and its folder holds %d files", info, err, len(tree(t, real)))
	}
}

func TestUnwritableFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Begin(filepath.Join(file, "results")); err == nil || !strings.Contains(err.Error(), "-o") {
		t.Errorf("below a file: %v, want what to do", err)
	}
}

func TestHashTellsInputsApart(t *testing.T) {
	base := files.Hash([]byte("a"), 1, "v1", "c")
	for name, other := range map[string]string{
		"scenario":  files.Hash([]byte("b"), 1, "v1", "c"),
		"seed":      files.Hash([]byte("a"), 2, "v1", "c"),
		"version":   files.Hash([]byte("a"), 1, "v2", "c"),
		"catalogue": files.Hash([]byte("a"), 1, "v1", "d"),
		"a shift":   files.Hash([]byte("a"), 1, "v", "1c"),
	} {
		if other == base || len(other) != 8 {
			t.Errorf("another %s has the hash %q", name, other)
		}
	}
	if files.Hash([]byte("a"), 1, "v1", "c") != base {
		t.Error("the same input has two hashes")
	}
}

// The lines of costs.csv add up to the total, and so do splits and idle.
func TestCostsAddUp(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results")
	if _, err := files.Write(dir, report(5)); err != nil {
		t.Fatal(err)
	}
	rows := table(t, filepath.Join(dir, "costs.csv"))
	sums := map[string]map[string]*big.Rat{}
	for _, r := range rows {
		kind := r["record"]
		if kind == "idle" {
			kind = "split"
		}
		if sums[r["platform"]] == nil {
			sums[r["platform"]] = map[string]*big.Rat{}
		}
		if sums[r["platform"]][kind] == nil {
			sums[r["platform"]][kind] = new(big.Rat)
		}
		paid, ok := new(big.Rat).SetString(r["paid_usd"])
		if !ok {
			t.Fatalf("paid_usd %q", r["paid_usd"])
		}
		sums[r["platform"]][kind].Add(sums[r["platform"]][kind], paid)
	}
	for platform, s := range sums {
		if s["line"].Cmp(s["total"]) != 0 || s["split"].Cmp(s["total"]) != 0 {
			t.Errorf("%s: lines %v, splits %v, total %v", platform, s["line"], s["split"], s["total"])
		}
	}
	series := table(t, filepath.Join(dir, "timeseries.csv"))
	if series[0]["time_utc"] != "2026-11-23T00:00:00Z" || series[0]["capacity_vcpu"] == "" || len(series) != 5*2016 {
		t.Errorf("%d rows, the first %v", len(series), series[0])
	}
}

func table(t *testing.T, path string) []map[string]string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, r := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			row[name] = r[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// Recorders of several runs, begun and fed in any order, give one file in the
// order of platform and replication.
func TestRecords(t *testing.T) {
	start := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	write := func(order []uint64) map[string]string {
		dir := filepath.Join(t.TempDir(), "results")
		f, err := files.Begin(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range order {
			for _, record := range files.Records {
				r, err := f.Recorder(record, "ec2", n, start, files.Names{Workloads: []string{"jobs"}, Reason: func(int32) string { return "RESOURCE:CPU" }})
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range []result.Event{
					{At: 0, Kind: result.InstanceLaunched, Workload: -1, Entity: 7, Place: 0},
					{At: sim.Second, Kind: result.TaskSubmitted, Entity: 1, Place: -1},
					{At: sim.Second, Kind: result.TaskRefused, Entity: 1, Place: -1, Reason: 2},
					{At: 2 * sim.Second, Kind: result.TaskSubmitted, Entity: 2, Place: -1},
					{At: 75*sim.Second + sim.Time(n), Kind: result.InstanceRegistered, Workload: -1, Entity: 7, Place: 0},
					{At: 76 * sim.Second, Kind: result.TaskPlaced, Entity: 1, Place: 0},
					{At: 80 * sim.Second, Kind: result.TaskRunning, Entity: 1, Place: 0},
					{At: 100 * sim.Second, Kind: result.TaskStopped, Entity: 1, Place: 0},
					{At: 101 * sim.Second, Kind: result.TaskSubmitted, Entity: 3, Place: -1},
					{At: 101 * sim.Second, Kind: result.TaskPlaced, Entity: 3, Place: 0},
				} {
					r.Observe(e)
				}
			}
		}
		if _, err := f.Finish(report(1)); err != nil {
			t.Fatal(err)
		}
		got := tree(t, dir)
		if slices.ContainsFunc(mapKeys(got), func(name string) bool { return strings.HasSuffix(name, ".part") }) {
			t.Error("a part is left")
		}
		tasks := table(t, filepath.Join(dir, "tasks.csv"))
		if len(tasks) != 3*len(order) || tasks[0]["time_to_running_s"] != "79" || tasks[0]["completion_s"] != "99" ||
			tasks[0]["workload"] != "jobs" || tasks[0]["outcome"] != "stopped" || tasks[1]["outcome"] != "waiting" || tasks[1]["running_utc"] != "" || tasks[2]["outcome"] != "starting" {
			t.Errorf("tasks %v", tasks)
		}
		instances := table(t, filepath.Join(dir, "instances.csv"))
		if len(instances) != len(order) || instances[0]["instance"] != "7" || instances[0]["terminated_utc"] != "" || instances[0]["launched_utc"] != "2026-11-23T00:00:00Z" {
			t.Errorf("instances %v", instances)
		}
		if events := table(t, filepath.Join(dir, "events.csv")); len(events) != 10*len(order) || events[2]["reason"] != "RESOURCE:CPU" {
			t.Errorf("%d events, the third %v", len(events), events[2])
		}
		return got
	}
	a, b := write([]uint64{0, 1, 2}), write([]uint64{2, 0, 1})
	for _, name := range []string{"tasks.csv", "instances.csv", "events.csv"} {
		if a[name] != b[name] {
			t.Errorf("%s depends on the order of runs", name)
		}
	}
}

func mapKeys(m map[string]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}
