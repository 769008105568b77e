package scenarios

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// loadWith loads a scenario beside a services.csv.
func loadWith(t *testing.T, scenario, rows string) (*Scenario, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"web.toml": scenario, "services.csv": rows} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Load(filepath.Join(dir, "web.toml"), nil, Options{})
}

const csvPlatform = "[platform.p]\ndefault_capacity_provider_strategy = [\"FARGATE\"]\n"

// A row a workload is the same scenario as a table a workload; a table patches
// the row of its name.
func TestServicesCSVIsTheTables(t *testing.T) {
	rows := "# three services\n" +
		"name,desired_count,cpu,memory,image.size,placement_strategy\n" +
		"api,6,512,1 GB,400 MB,['spread(instanceId)']\n" +
		"web,3,0.5 vCPU,1024,,\n" +
		"old,1,256,512,,\n"
	got, err := loadWith(t, "services = \"services.csv\"\n"+csvPlatform+"[workload.old]\ndesired_count = 0\n", rows)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Parse("web", []byte(csvPlatform+`
[workload.api]
kind = "service"
desired_count = 6
cpu = 512
memory = "1 GB"
image.size = "400 MB"
placement_strategy = ["spread(instanceId)"]
[workload.web]
kind = "service"
desired_count = 3
cpu = "0.5 vCPU"
memory = 1024
[workload.old]
kind = "service"
desired_count = 0
cpu = 256
memory = 512
`), nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Resolved()) != string(want.Resolved()) {
		t.Error(cmp.Diff(string(want.Resolved()), string(got.Resolved())))
	}
	for _, s := range got.Settings() {
		if s.Path == "workload.web.cpu" && !strings.HasSuffix(s.Where, "services.csv:4") {
			t.Errorf("workload.web.cpu is said to stand at %s, want services.csv:4", s.Where)
		}
	}
}

// Every fault is told at once, each with the line of its row.
func TestServicesCSVFaults(t *testing.T) {
	_, err := loadWith(t, "services = [\"services.csv\", \"none.csv\"]\n"+csvPlatform,
		"name,desired_count,cpu,memory,kind\n"+
			"api,-2,512,1 GB,\n"+
			"api,1,512,1 GB,\n"+
			"bad name,1,512,1 GB,\n"+
			"web,1,lots,1 GB,servcie\n"+
			"short,1\n")
	if err == nil {
		t.Fatal("loaded")
	}
	for _, want := range []string{
		`services.csv:2: workload.api.desired_count: got -2`,
		`services.csv:3: name: got "api" twice, first on line 2`,
		`services.csv:4: name: got the name "bad name"`,
		`services.csv:5: workload.web.cpu: got "lots"`,
		`services.csv:5: workload.web.kind: got "servcie"`,
		`services.csv:6: got 2 cells, want 5`,
		`none.csv: no such file`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no fault %q in\n%v", want, err)
		}
	}
	for rows, want := range map[string]string{
		"":                               "the file is empty",
		"task,cpu\na,1\n":                "name: missing; want a column",
		"name,cpu,cpu\na,1,2\n":          "cpu: got the column twice",
		"name,cpu.*\na,1\n":              "got this column, want a key",
		"name,image,image.size\na,x,1\n": "another column of this row",
		"name,cpu\na,\"5\n":              "services.csv:",
		"name,cpu\na,[1\n":               "which is not valid TOML",
	} {
		if _, err := loadWith(t, "services = \"services.csv\"\n"+csvPlatform, rows); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", rows, err, want)
		}
	}
}
