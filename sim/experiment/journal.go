package experiment

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"
	"time"
)

// A journal is what a long experiment writes while it runs: a file of frames,
// each one chunk of results, in the order in which chunks end. A process that
// is killed at any moment loses the chunks under way and no other: the next one
// cuts a torn tail off and does the rest.
//
// The file is journalMagic and frames of
//
//	length of payload   4 bytes, little endian
//	plan                32 bytes: SHA-256 of what decides the results
//	chunk               8 bytes, little endian; HeaderChunk for the header, else
//	                    chunk number (40 bits), piece (23 bits), more (1 bit)
//	payload
//	CRC-32C             4 bytes, of all before it in the frame
//
// A large chunk comes in pieces, 0 and up, all but the last with the bit more;
// pieces of several chunks may be mixed. A chunk is there when its last piece
// is: pieces without a last were cut off, and are written again from 0.
//
// The first frame is the header: what the plan's hash is made of, in the
// caller's words, so that a reader can name what differs.
const journalMagic = "ecsim journal 2\n"

// HeaderChunk is the chunk number of a journal's header.
const HeaderChunk = ^uint64(0)

const (
	frameHead = 4 + 32 + 8
	frameTail = 4
	pieceBit  = 40
	moreBit   = 63
	maxPiece  = 1<<(moreBit-pieceBit) - 1
	maxChunk  = 1<<pieceBit - 1
	// maxPayload bounds a frame, so that a torn length is not believed.
	maxPayload = 1 << 30
	// syncEvery is how often the journal asks the disk to keep what it has: a
	// power cut costs a second's work, and a slow disk no more than that.
	syncEvery = time.Second
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Plan is the hash of what decides an experiment's results.
type Plan [32]byte

// Journal is a journal being written. Append may be called from several
// goroutines.
type Journal struct {
	// Now is the time since some fixed moment by a clock that never goes back;
	// set before the first Append, for tests. Wall clocks may jump: none is read.
	Now func() time.Duration

	plan Plan

	mu     sync.Mutex
	pieces map[uint64]uint64 // of chunks under way
	file   *os.File
	frame  []byte
	size   int64
	synced time.Duration
	dirty  bool
	err    error // the first that failed: the journal takes nothing more
}

var processStart = time.Now()

// monotonic reads Go's monotonic clock.
func monotonic() time.Duration { return time.Since(processStart) }

// CreateJournal begins a journal; the file must not exist.
func CreateJournal(path string, plan Plan, header []byte) (*Journal, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	j := &Journal{Now: monotonic, plan: plan, file: file}
	if _, err := file.WriteString(journalMagic); err != nil {
		return nil, errors.Join(err, file.Close(), os.Remove(path))
	}
	j.size = int64(len(journalMagic))
	if err := errors.Join(j.Append(HeaderChunk, header), j.Sync()); err != nil {
		return nil, errors.Join(err, file.Close(), os.Remove(path))
	}
	return j, nil
}

// ResumeJournal opens a journal to go on with. What index holds is kept; what
// follows it, a frame that was cut off, is removed.
func ResumeJournal(path string, index *JournalIndex) (*Journal, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	j := &Journal{Now: monotonic, plan: index.Plan, file: file, size: index.Size}
	if err := file.Truncate(index.Size); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if _, err := file.Seek(index.Size, io.SeekStart); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return j, nil
}

// Append adds a chunk, or the last piece of one. After an error the journal
// takes nothing more: what it held before is safe.
func (j *Journal) Append(chunk uint64, payload []byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if chunk == HeaderChunk {
		return j.append(chunk, payload)
	}
	piece := j.pieces[chunk]
	delete(j.pieces, chunk)
	return j.append(chunk|piece<<pieceBit, payload)
}

// AppendPiece adds the next piece of a chunk that Append will end.
func (j *Journal) AppendPiece(chunk uint64, payload []byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.pieces == nil {
		j.pieces = map[uint64]uint64{}
	}
	piece := j.pieces[chunk]
	if piece == maxPiece || chunk > maxChunk {
		panic(fmt.Sprintf("experiment: chunk %d, piece %d: out of range", chunk, piece))
	}
	j.pieces[chunk]++
	return j.append(chunk|piece<<pieceBit|1<<moreBit, payload)
}

func (j *Journal) append(chunk uint64, payload []byte) error {
	if j.err != nil {
		return j.err
	}
	if len(payload) > maxPayload {
		panic(fmt.Sprintf("experiment: chunk %d has %d bytes, want at most %d", chunk, len(payload), maxPayload))
	}
	f := binary.LittleEndian.AppendUint32(j.frame[:0], uint32(len(payload)))
	f = append(f, j.plan[:]...)
	f = binary.LittleEndian.AppendUint64(f, chunk)
	f = append(f, payload...)
	f = binary.LittleEndian.AppendUint32(f, crc32.Checksum(f, castagnoli))
	j.frame = f
	if _, err := j.file.Write(f); err != nil {
		// A frame half written is cut, so that the file ends as it stood.
		j.err = errors.Join(err, j.file.Truncate(j.size))
		return j.err
	}
	j.size += int64(len(f))
	j.dirty = true
	if now := j.Now(); now-j.synced >= syncEvery {
		j.synced = now
		return j.sync()
	}
	return nil
}

// Sync asks the disk to keep everything appended.
func (j *Journal) Sync() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.sync()
}

func (j *Journal) sync() error {
	if j.err != nil || !j.dirty {
		return j.err
	}
	j.err = errors.Join(j.file.Sync(), j.there())
	j.dirty = j.err != nil
	return j.err
}

// ErrJournalGone says that a journal was removed, or replaced, while it was
// written: the system keeps such a file without a name until it is closed.
var ErrJournalGone = errors.New("was removed while it was written")

// there tells whether the file still has its name.
func (j *Journal) there() error {
	own, err := j.file.Stat()
	if err != nil {
		return err
	}
	if named, err := os.Stat(j.file.Name()); err != nil || !os.SameFile(own, named) {
		return fmt.Errorf("%s %w", j.file.Name(), ErrJournalGone)
	}
	return nil
}

// Close syncs and closes.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	err := errors.Join(j.sync(), j.file.Close())
	j.file = nil
	return err
}

// JournalIndex says where the chunks of a journal lie.
type JournalIndex struct {
	Plan   Plan
	Header []byte
	Size   int64 // of the whole frames; what follows was cut off
	Torn   int64 // bytes behind them

	frames map[uint64]span
	pieces map[uint64][]span // of chunks in pieces, all but the last
	twice  []uint64
}

type span struct {
	offset int64
	length uint32
}

// ErrNoJournal says that a file is no journal, or one whose header was never
// written whole.
var ErrNoJournal = errors.New("is no journal of a sweep")

// IndexJournal reads a journal and checks every frame. It stops at the first
// that is not whole: all after it was never promised.
func IndexJournal(r io.ReaderAt, size int64) (*JournalIndex, error) {
	magic := make([]byte, len(journalMagic))
	if _, err := r.ReadAt(magic, 0); err != nil || string(magic) != journalMagic {
		return nil, ErrNoJournal
	}
	x := &JournalIndex{frames: map[uint64]span{}, pieces: map[uint64][]span{}, Size: int64(len(magic))}
	open := map[uint64][]span{}
	var buffer []byte
	for first := true; ; first = false {
		plan, chunk, payload, err := readFrame(r, x.Size, size, &buffer)
		switch {
		case err != nil && !errors.Is(err, errTorn):
			return nil, err
		case err != nil && first:
			return nil, ErrNoJournal
		case err != nil || !first && plan != x.Plan:
			x.Torn = size - x.Size
			return x, nil
		case first && chunk != HeaderChunk:
			return nil, ErrNoJournal
		case first:
			x.Plan, x.Header = plan, append([]byte(nil), payload...)
		default:
			x.note(chunk, span{x.Size, uint32(len(payload))}, open)
		}
		x.Size += frameHead + int64(len(payload)) + frameTail
	}
}

// note takes a frame; open are the pieces of chunks that have no last one yet.
func (x *JournalIndex) note(key uint64, at span, open map[uint64][]span) {
	chunk, piece := key&maxChunk, int(key>>pieceBit&maxPiece)
	if piece == 0 {
		delete(open, chunk) // begun once more
	}
	if piece != len(open[chunk]) {
		return // of a chunk whose first pieces are not there
	}
	if key>>moreBit == 1 {
		open[chunk] = append(open[chunk], at)
		return
	}
	if _, ok := x.frames[chunk]; ok {
		x.twice = append(x.twice, chunk)
	}
	x.frames[chunk] = at
	delete(x.pieces, chunk)
	if piece > 0 {
		x.pieces[chunk] = open[chunk]
		delete(open, chunk)
	}
}

// Has tells whether the chunk is there.
func (x *JournalIndex) Has(chunk uint64) bool { _, ok := x.frames[chunk]; return ok }

// Chunks counts the chunks.
func (x *JournalIndex) Chunks() int { return len(x.frames) }

// Twice are chunks that stand in the journal more than once.
func (x *JournalIndex) Twice() []uint64 { return x.twice }

// Read returns a chunk's payload, in buffer if it is large enough.
func (x *JournalIndex) Read(r io.ReaderAt, chunk uint64, buffer *[]byte) ([]byte, error) {
	at, ok := x.frames[chunk]
	if !ok {
		return nil, fmt.Errorf("chunk %d is not in the journal", chunk)
	}
	pieces := x.pieces[chunk]
	if len(pieces) == 0 {
		_, got, payload, err := readFrame(r, at.offset, x.Size, buffer)
		if err == nil && got != chunk {
			err = errTorn
		}
		return payload, err
	}
	size := int(at.length)
	for _, p := range pieces {
		size += int(p.length)
	}
	if cap(*buffer) < size {
		*buffer = make([]byte, 0, size+size/4)
	}
	whole := (*buffer)[:0]
	var frame []byte
	for _, p := range append(pieces[:len(pieces):len(pieces)], at) {
		_, got, payload, err := readFrame(r, p.offset, x.Size, &frame)
		if err == nil && got&maxChunk != chunk {
			err = errTorn
		}
		if err != nil {
			return nil, err
		}
		whole = append(whole, payload...)
	}
	return whole, nil
}

var errTorn = errors.New("the journal is damaged")

func readFrame(r io.ReaderAt, offset, size int64, buffer *[]byte) (plan Plan, chunk uint64, payload []byte, err error) {
	if size-offset < frameHead+frameTail {
		return plan, 0, nil, errTorn
	}
	var head [frameHead]byte
	if _, err := r.ReadAt(head[:], offset); err != nil {
		return plan, 0, nil, err
	}
	n := int64(binary.LittleEndian.Uint32(head[:]))
	if n > maxPayload || size-offset < frameHead+n+frameTail {
		return plan, 0, nil, errTorn
	}
	whole := frameHead + n + frameTail
	if int64(cap(*buffer)) < whole {
		*buffer = make([]byte, whole+whole/4)
	}
	b := (*buffer)[:whole]
	if _, err := r.ReadAt(b, offset); err != nil {
		return plan, 0, nil, err
	}
	if crc32.Checksum(b[:whole-frameTail], castagnoli) != binary.LittleEndian.Uint32(b[whole-frameTail:]) {
		return plan, 0, nil, errTorn
	}
	copy(plan[:], b[4:])
	return plan, binary.LittleEndian.Uint64(b[36:]), b[frameHead : whole-frameTail], nil
}
