// Package files writes a result folder: what a program or a person needs to
// read an answer again, check it and go on from it.
//
// A folder appears whole or not at all: it is written beside its place and
// renamed. All its files but manifest.json, which alone holds wall time and
// host, are the same for the same scenario, seed, version and catalogue.
package files

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// The names of files that other code looks for.
const (
	ManifestName = "manifest.json"
	AnswerName   = "answer.txt"
	LatestName   = "latest"
)

// tool marks a manifest, and with it a folder, as ours.
const tool = "ecsim"

// marker lies in a folder under way, so that one left by a crash is known as
// ours. It is locked as long as its run lives.
const marker = ".ecsim-partial"

// Hash names a result by what decides it: the resolved scenario, the seed, the
// program's version and the catalogue's. It is the first 8 hexadecimal digits
// of a SHA-256.
func Hash(resolved []byte, seed uint64, version, catalogue string) string {
	h := sha256.New()
	// Lengths keep one part from running into the next.
	fmt.Fprintf(h, "%d\n%s\n%d\n%d\n%s\n%s\n", len(resolved), resolved, seed, len(version), version, catalogue)
	return hex.EncodeToString(h.Sum(nil))[:8]
}

// Dir is where a scenario's result belongs: root/scenario/hash.
func Dir(root, scenario, hash string) string {
	return filepath.Join(root, safe(scenario), hash)
}

// safe makes one path element of a scenario's name.
func safe(name string) string {
	out := []rune(name)
	for i, r := range out {
		if r == '/' || r == '\\' || r == ':' || r < ' ' {
			out[i] = '-'
		}
	}
	if s := string(out); s != "" && s != "." && s != ".." {
		return s
	}
	return "scenario"
}

// Stored returns the answer of a finished folder with that hash, false when
// there is none.
func Stored(dir, hash string) (answer string, ok bool) {
	m, err := ReadManifest(dir)
	if err != nil || m.Hash != hash || m.Partial {
		return "", false
	}
	text, err := os.ReadFile(filepath.Join(dir, AnswerName))
	if err != nil || !m.holds(AnswerName, text) {
		return "", false
	}
	return string(text), true
}

// Manifest describes a folder.
type Manifest struct {
	Tool      string      `json:"tool"`
	Version   string      `json:"version"`
	Scenario  string      `json:"scenario"`
	Hash      string      `json:"hash"`
	Seed      uint64      `json:"seed"`
	Catalogue string      `json:"catalogue"`
	Partial   bool        `json:"partial,omitempty"` // interrupted: some replications are missing
	Written   string      `json:"written"`           // RFC 3339, UTC
	Seconds   float64     `json:"seconds"`           // wall time of the simulation
	Host      string      `json:"host"`
	Jobs      int         `json:"jobs"`
	Inputs    []Input     `json:"inputs,omitempty"`
	Files     []FileEntry `json:"files"` // by name, this file left out
}

// Input is a file that the scenario named, as it was when it was read.
type Input struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// FileEntry is one file of a folder.
type FileEntry struct {
	Name   string `json:"name"` // with slashes
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

func (m *Manifest) holds(name string, data []byte) bool {
	sum := sha256.Sum256(data)
	return slices.ContainsFunc(m.Files, func(f FileEntry) bool { return f.Name == name && f.SHA256 == hex.EncodeToString(sum[:]) })
}

func (m *Manifest) lists(name string) bool {
	return slices.ContainsFunc(m.Files, func(f FileEntry) bool { return f.Name == name })
}

// ReadManifest reads a folder's manifest; the error says when the folder is
// not one of ours.
func ReadManifest(dir string) (*Manifest, error) {
	data, err := os.ReadFile(filepath.Join(dir, ManifestName))
	if err != nil {
		return nil, err
	}
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil || m.Tool != tool {
		return nil, fmt.Errorf("%s is no result folder of ecsim: its %s is not ours", dir, ManifestName)
	}
	return &m, nil
}

// Folder is a result folder under way.
type Folder struct {
	dir, partial string
	held         *os.File // the marker, locked; nil after Finish or Abort

	mu    sync.Mutex // guards parts: runs start on several goroutines
	parts []*Recorder
}

// Begin claims dir and makes the folder beside it in which everything is
// written first. It fails, before any work is lost, when dir holds something
// that is not ours, cannot be written, or is being written by another run. Of a
// link it replaces what the link leads to.
func Begin(dir string) (*Folder, error) {
	f, err := place(dir)
	if err != nil {
		return nil, err
	}
	if exists(filepath.Join(f.partial, JournalName)) {
		return nil, fmt.Errorf("%s holds a sweep that is not finished; finish it with the same 'ecsim sweep', remove it, or choose another folder with -o", f.partial)
	}
	if err := f.claim(); err != nil {
		return nil, err
	}
	return f, nil
}

// place checks that dir is free or ours.
func place(dir string) (*Folder, error) {
	dir = filepath.Clean(dir)
	if info, err := os.Lstat(dir); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		real, err := filepath.EvalSymlinks(dir)
		if err != nil {
			return nil, fmt.Errorf("%s is a link that leads nowhere; remove it or choose another folder with -o", dir)
		}
		dir = real
	}
	if err := replaceable(dir); err != nil {
		return nil, err
	}
	return &Folder{dir: dir, partial: dir + ".partial"}, nil
}

// claim makes the folder in which everything is written first.
func (f *Folder) claim() error {
	if err := os.MkdirAll(filepath.Dir(f.dir), 0o755); err != nil {
		return fmt.Errorf("cannot make the folder for results: %w; choose another with -o", err)
	}
	if err := f.sweep(); err != nil {
		return err
	}
	if err := os.Mkdir(f.partial, 0o755); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return f.busy()
		}
		return fmt.Errorf("cannot write results: %w; choose another folder with -o", err)
	}
	var err error
	if f.held, err = os.Create(filepath.Join(f.partial, marker)); err != nil {
		f.Abort()
		return fmt.Errorf("cannot write results: %w; choose another folder with -o", err)
	}
	if !lock(f.held) {
		f.held.Close()
		return f.busy()
	}
	return nil
}

// sweep removes what a run that was killed left in the place of f.partial.
func (f *Folder) sweep() error {
	entries, err := os.ReadDir(f.partial)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("%s is in the way: %w; move it or choose another folder with -o", f.partial, err)
	case len(entries) > 0:
		left, err := os.Open(filepath.Join(f.partial, marker))
		if err != nil {
			return fmt.Errorf("%s is in the way and is not ours; move it or choose another folder with -o", f.partial)
		}
		defer left.Close() // after the folder is gone
		if !lock(left) {
			return f.busy()
		}
	}
	if err := os.RemoveAll(f.partial); err != nil {
		return fmt.Errorf("cannot remove what an earlier run left: %w", err)
	}
	return nil
}

func (f *Folder) busy() error {
	return fmt.Errorf("another run is writing %s; wait for it or choose another folder with -o", f.dir)
}

// replaceable reports whether dir is free, empty, or a result folder.
func replaceable(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("%s is no folder that can be read (%w); choose another with -o", dir, err)
	case len(entries) == 0:
		return nil
	}
	m, err := ReadManifest(dir)
	if err != nil {
		return fmt.Errorf("%s holds files but no %s of ecsim, so it is not replaced; choose an empty or new folder with -o", dir, ManifestName)
	}
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || name == ManifestName || name == JournalName || m.lists(filepath.ToSlash(name)) || slices.Contains(droppings, d.Name()) {
			return err
		}
		return fmt.Errorf("%s is not of ecsim, so its folder is not replaced; move it or choose another folder with -o", path)
	})
}

// droppings are files that file managers leave in a folder they show.
var droppings = []string{".DS_Store", "Thumbs.db", "desktop.ini"}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// Abort removes what was written. It does nothing after Finish.
func (f *Folder) Abort() {
	for _, r := range f.parts {
		r.abort()
	}
	if f.partial != "" {
		os.RemoveAll(f.partial) // the marker makes a later run try again
	}
	f.release()
}

// release gives the place up to other runs.
func (f *Folder) release() {
	if f.held != nil {
		f.held.Close()
	}
	f.partial, f.held = "", nil
}

// write makes one file, buffered; name has slashes.
func (f *Folder) write(name string, content func(io.Writer) error) error {
	path := filepath.Join(f.partial, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	buffer := bufio.NewWriterSize(file, 1<<16)
	return errors.Join(content(buffer), buffer.Flush(), file.Close())
}

// entries lists the files written so far with their sums.
func (f *Folder) entries() ([]FileEntry, error) {
	var list []FileEntry
	err := filepath.WalkDir(f.partial, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == marker || d.Name() == JournalName {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		h := sha256.New()
		n, err := io.Copy(h, file)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(f.partial, path)
		list = append(list, FileEntry{filepath.ToSlash(name), n, hex.EncodeToString(h.Sum(nil))})
		return err
	})
	slices.SortFunc(list, func(a, b FileEntry) int { return cmp.Compare(a.Name, b.Name) })
	return list, err
}

// publish puts the finished folder in its place; what was there comes back if
// that fails.
func (f *Folder) publish() error {
	if err := os.Remove(filepath.Join(f.partial, marker)); err != nil {
		return err
	}
	// Whoever put something there since Begin keeps it.
	if err := replaceable(f.dir); err != nil {
		return err
	}
	old := f.dir + ".old"
	if exists(f.dir) {
		if err := os.RemoveAll(old); err != nil {
			return err
		}
		if err := os.Rename(f.dir, old); err != nil {
			return err
		}
	}
	if err := os.Rename(f.partial, f.dir); err != nil {
		if exists(old) {
			return errors.Join(err, os.Rename(old, f.dir))
		}
		return err
	}
	f.release()
	return os.RemoveAll(old)
}

// Latest points root/scenario/latest at a folder beside it. Where links are
// not to be had, as on some file systems, it leaves none: the folder stands by
// its own name.
func Latest(dir string) error {
	link := filepath.Join(filepath.Dir(dir), LatestName)
	if info, err := os.Lstat(link); err == nil && info.Mode()&fs.ModeSymlink == 0 {
		return fmt.Errorf("%s is not a link and is left alone", link)
	}
	fresh := link + ".new"
	os.Remove(fresh) // of an earlier run that was cut off
	if err := os.Symlink(filepath.Base(dir), fresh); err != nil {
		return nil
	}
	return os.Rename(fresh, link)
}
