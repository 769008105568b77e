package files

import (
	"fmt"
	"os"
	"path/filepath"
)

// JournalName is the journal of a sweep under way, in the folder's partial
// place; a shard keeps it as its result.
const JournalName = "sweep.journal"

// BeginSweep claims dir like Begin, but goes on with what a sweep that was
// killed or interrupted left: its journal stays. fresh throws it away.
func BeginSweep(dir string, fresh bool) (*Folder, error) {
	f, err := place(dir)
	if err != nil {
		return nil, err
	}
	held, err := os.OpenFile(filepath.Join(f.partial, marker), os.O_RDWR, 0o644)
	if err == nil {
		if !lock(held) {
			held.Close()
			return nil, f.busy()
		}
		if !fresh && exists(f.Journal()) {
			f.held = held
			return f, nil
		}
		defer held.Close() // after what was left is gone
		if err := os.RemoveAll(f.partial); err != nil {
			return nil, fmt.Errorf("cannot remove what an earlier sweep left: %w", err)
		}
	}
	if err := f.claim(); err != nil {
		return nil, err
	}
	return f, nil
}

// Journal is the path of the sweep's journal.
func (f *Folder) Journal() string { return filepath.Join(f.partial, JournalName) }

// Keep gives the folder up and leaves what was written for the next BeginSweep.
// It does nothing after Finish or Abort.
func (f *Folder) Keep() { f.release() }
