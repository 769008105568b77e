package catalog

import (
	"bytes"
	"compress/gzip"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestDateAndVersion(t *testing.T) {
	if _, err := time.Parse(time.DateOnly, Date()); err != nil || Date() < "2026-09" {
		t.Errorf("date %q: %v", Date(), err)
	}
	if v := Version(); len(v) != 8 || strings.Trim(v, "0123456789abcdef") != "" {
		t.Errorf("version %q, want 8 hexadecimal digits", v)
	}
}

// TestEmbeddedSize keeps the binary small.
func TestEmbeddedSize(t *testing.T) {
	total := 0
	entries, err := files.ReadDir("data")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		total += int(info.Size())
	}
	if total > 400_000 {
		t.Errorf("embedded tables take %d bytes, want at most 400,000", total)
	}
}

// TestLazy: importing the package decodes nothing. It runs in a process of its
// own, where no other test has.
func TestLazy(t *testing.T) {
	if os.Getenv("CATALOG_TEST_LAZY") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestLazy$")
		cmd.Env = append(os.Environ(), "CATALOG_TEST_LAZY=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	for _, table := range allTables {
		if table.rows != nil {
			t.Errorf("table %s is decoded at start", table.name)
		}
	}
	if _, err := OnDemand("m5.large", "us-east-1"); err != nil {
		t.Fatal(err)
	}
	if demandTable.rows == nil || spotTable.rows != nil || reservedTable.rows != nil || discountTable.rows != nil {
		t.Error("an on-demand lookup must decode the type and on-demand tables only")
	}
}

// TestRegenerate runs the generator and compares what it writes with data/.
// It needs the pinned modules (network or module cache), so it runs on request
// only: CATALOG_REGENERATE=1 go test -run Regenerate ./models/catalog
func TestRegenerate(t *testing.T) {
	if os.Getenv("CATALOG_REGENERATE") == "" {
		t.Skip("set CATALOG_REGENERATE=1 to regenerate the tables and compare; needs the pinned modules")
	}
	out := t.TempDir()
	cmd := exec.Command("go", "run", ".", "-o", out)
	cmd.Dir = "generate"
	if b, err := cmd.CombinedOutput(); err != nil {
		if strings.Contains(string(b), "go mod download") {
			t.Skipf("the pinned modules are not to be had here: %s", b)
		}
		t.Fatalf("generate: %v\n%s", err, b)
	}
	for _, table := range allTables {
		name := table.name + ".csv.gz"
		want, err := files.ReadFile("data/" + name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(got, want) {
			continue
		}
		if bytes.Equal(gunzip(t, got), gunzip(t, want)) {
			t.Errorf("%s: same content, other bytes: this Go release compresses differently from the one that wrote data/ (1.26)", name)
			continue
		}
		t.Errorf("%s: the generator writes another table than the committed one", name)
	}
}

func gunzip(t *testing.T, b []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestImports: the catalog stands on the standard library and units only, so
// that everything may import it.
func TestImports(t *testing.T) {
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			host, _, _ := strings.Cut(path, "/")
			if path != "ecsim/workloads/units" && (host == "ecsim" || strings.Contains(host, ".")) {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}

// BenchmarkDecode is what the first lookup of each kind costs.
func BenchmarkDecode(b *testing.B) {
	for _, t := range allTables {
		b.Run(t.name, func(b *testing.B) {
			for b.Loop() {
				(&table{name: t.name}).load()
			}
		})
	}
}

func BenchmarkOnDemand(b *testing.B) {
	for b.Loop() {
		if _, err := OnDemand("m5.large", "us-west-2"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReserved(b *testing.B) {
	for b.Loop() {
		if _, err := Reserved("m5.large", "us-west-2", Plan{ComputeSP, 3, AllUpfront}); err != nil {
			b.Fatal(err)
		}
	}
}
