package experiment

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func openIndex(t *testing.T, path string) (*JournalIndex, *os.File) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	x, err := IndexJournal(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	return x, f
}

func payload(chunk uint64) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "chunk %d;", chunk), int(chunk)+1)
}

// TestJournalTornAnywhere cuts a journal at every byte: what was whole before
// the cut is read, nothing else is, and the next writer goes on from there.
func TestJournalTornAnywhere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "whole")
	header := []byte("what decides it")
	j, err := CreateJournal(path, Plan{1, 2, 3}, header)
	if err != nil {
		t.Fatal(err)
	}
	var ends []int64
	for _, c := range []uint64{4, 0, 2} {
		if err := j.Append(c, payload(c)); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, j.size)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first := int64(len(journalMagic) + frameHead + len(header) + frameTail)
	for cut := int64(0); cut <= int64(len(whole)); cut++ {
		torn := whole[:cut]
		x, err := IndexJournal(bytes.NewReader(torn), cut)
		if cut < first {
			if !errors.Is(err, ErrNoJournal) {
				t.Fatalf("cut at %d: got %v, want ErrNoJournal", cut, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		want := 0
		for _, e := range ends {
			if cut >= e {
				want++
			}
		}
		if x.Chunks() != want || x.Size+x.Torn != cut {
			t.Fatalf("cut at %d: %d chunks in %d + %d bytes, want %d chunks", cut, x.Chunks(), x.Size, x.Torn, want)
		}
	}
	// A writer that takes up a torn journal ends with the same chunks.
	half := filepath.Join(dir, "half")
	if err := os.WriteFile(half, whole[:ends[2]-1], 0o644); err != nil {
		t.Fatal(err)
	}
	x, _ := openIndex(t, half)
	j, err = ResumeJournal(half, x)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.Append(2, payload(2)), j.Close()); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(half); !bytes.Equal(got, whole) {
		t.Errorf("a resumed journal differs from one written at once: %d and %d bytes", len(got), len(whole))
	}
	x, f := openIndex(t, half)
	var buffer []byte
	for _, c := range []uint64{0, 2, 4} {
		if got, err := x.Read(f, c, &buffer); err != nil || !bytes.Equal(got, payload(c)) {
			t.Errorf("chunk %d: got %q, %v", c, got, err)
		}
	}
	if x.Has(1) || x.Has(HeaderChunk) {
		t.Error("it claims chunks it has not")
	}
}

// TestJournalDamage flips each bit of a frame: it is never taken for whole.
func TestJournalDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	j, err := CreateJournal(path, Plan{}, []byte("h"))
	if err != nil {
		t.Fatal(err)
	}
	from := j.size
	if err := errors.Join(j.Append(7, payload(7)), j.Close()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for bit := from * 8; bit < int64(len(whole))*8; bit++ {
		bad := bytes.Clone(whole)
		bad[bit/8] ^= 1 << (bit % 8)
		if x, err := IndexJournal(bytes.NewReader(bad), int64(len(bad))); err != nil || x.Has(7) {
			t.Fatalf("bit %d flipped: %v, and the chunk is taken for whole", bit, err)
		}
	}
}

// TestJournalClock: the disk is asked at most once a second by a clock that may
// stand still, and what a closed journal holds is whole whatever it said.
func TestJournalClock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	j, err := CreateJournal(path, Plan{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var now time.Duration
	j.Now = func() time.Duration { return now }
	j.synced = 0
	for i, step := range []struct {
		at    time.Duration
		dirty bool
	}{{0, true}, {999 * time.Millisecond, true}, {time.Second, false}, {time.Second, true}, {0, true}, {-time.Hour, true}, {90 * time.Hour, false}} {
		now = step.at
		if err := j.Append(uint64(i), nil); err != nil {
			t.Fatal(err)
		}
		if j.dirty != step.dirty {
			t.Errorf("step %d at %v: dirty is %v, want %v", i, step.at, j.dirty, step.dirty)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if x, _ := openIndex(t, path); x.Chunks() != 7 || x.Torn != 0 {
		t.Errorf("%d chunks and %d torn bytes, want 7 and 0", x.Chunks(), x.Torn)
	}
}

// TestJournalPieces: chunks in pieces, mixed with others and begun again after a
// kill, read back whole; without its last piece a chunk is not there.
func TestJournalPieces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	var plan Plan
	j, err := CreateJournal(path, plan, []byte("head"))
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(j.AppendPiece(3, []byte("a")))
	must(j.AppendPiece(7, []byte("x")))
	must(j.AppendPiece(3, []byte("b")))
	must(j.Append(5, []byte("five")))
	must(j.Append(3, []byte("c")))
	must(j.AppendPiece(7, []byte("y")))
	must(j.AppendPiece(9, []byte("never ended")))
	must(j.Close()) // killed: 7 and 9 have no last piece

	index := func() (*JournalIndex, *os.File) {
		t.Helper()
		f, err := os.Open(path)
		must(err)
		t.Cleanup(func() { f.Close() })
		info, err := f.Stat()
		must(err)
		x, err := IndexJournal(f, info.Size())
		must(err)
		return x, f
	}
	x, _ := index()
	if !x.Has(3) || !x.Has(5) || x.Has(7) || x.Has(9) || x.Chunks() != 2 || x.Torn != 0 {
		t.Fatalf("3 %v, 5 %v, 7 %v, 9 %v, %d chunks, %d torn", x.Has(3), x.Has(5), x.Has(7), x.Has(9), x.Chunks(), x.Torn)
	}
	j, err = ResumeJournal(path, x)
	must(err)
	must(j.AppendPiece(7, []byte("x")))
	must(j.AppendPiece(7, []byte("y")))
	must(j.Append(7, []byte("z")))
	must(j.Append(9, []byte("at once")))
	must(j.Close())
	x, f := index()
	var buffer []byte
	for chunk, want := range map[uint64]string{3: "abc", 5: "five", 7: "xyz", 9: "at once"} {
		got, err := x.Read(f, chunk, &buffer)
		if err != nil || string(got) != want {
			t.Errorf("chunk %d: %q, %v, want %q", chunk, got, err, want)
		}
	}
	if len(x.Twice()) != 0 {
		t.Errorf("twice: %v", x.Twice())
	}
}
