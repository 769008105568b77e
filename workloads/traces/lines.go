package traces

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Opener opens the bytes of a trace, gzip or not, anew each time: every
// simulation reads its own copy.
type Opener struct {
	Name string // for messages
	Open func() (io.ReadCloser, error)
}

// File opens the file at path.
func File(path string) Opener {
	return Opener{Name: path, Open: func() (io.ReadCloser, error) { return os.Open(path) }}
}

// Bytes opens text held in memory.
func Bytes(name string, text []byte) Opener {
	return Opener{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }}
}

// Error is a fault in a trace, printed as "file:line: field: text".
type Error struct {
	File  string
	Line  int64  // 1 is the first; 0 is the file as a whole
	Field string // column, or empty
	Text  string // got, want; what to do
	// Row says that only this row is bad: on_error = "skip" may go on.
	Row bool
	Err error // cause, or nil
}

// Error prints file:line: field: text.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	if e.Field != "" {
		b.WriteString(": " + e.Field)
	}
	b.WriteString(": " + e.Text)
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

const (
	lineBuffer  = 1 << 16
	sniffBytes  = 1 << 14
	longestLine = 1 << 28
)

// Lines reads a trace line by line: gzip is recognised by content, a byte
// order mark and carriage returns are dropped, and lines may be megabytes
// long (up to 256 MiB). Memory use is that of the longest line.
type Lines struct {
	name   string
	file   io.Closer
	r      *bufio.Reader
	gzip   bool
	long   []byte
	number int64
}

// openLines opens in and refuses what cannot be text.
func openLines(in Opener) (*Lines, error) {
	file, err := in.Open()
	if err != nil {
		var p *os.PathError
		if errors.As(err, &p) {
			return nil, &Error{File: in.Name, Text: "cannot open: " + p.Err.Error() + "; check the path (it is relative to the scenario)", Err: err}
		}
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	l := &Lines{name: in.Name, file: file, r: bufio.NewReaderSize(file, lineBuffer)}
	if err := l.start(); err != nil {
		file.Close()
		return nil, err
	}
	return l, nil
}

// packed are the first bytes of containers that we do not unpack.
var packed = []struct{ magic, what, remedy string }{
	{"PK\x03\x04", "a zip archive", "unzip it"},
	{"BZh", "bzip2", "run bunzip2 on it, or pack it as gzip"},
	{"\xfd7zXZ\x00", "xz", "run unxz on it, or pack it as gzip"},
	{"\x28\xb5\x2f\xfd", "zstd", "run unzstd on it, or pack it as gzip"},
	{"PAR1", "Parquet", "export it as task-csv"},
	{"\xff\xfe", "UTF-16", "save it as UTF-8"},
	{"\xfe\xff", "UTF-16", "save it as UTF-8"},
}

func (l *Lines) start() error {
	magic, err := l.r.Peek(2)
	if len(magic) == 0 {
		return l.empty(err)
	}
	if len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(l.r)
		if err != nil {
			return l.readError(err)
		}
		l.gzip = true
		l.r = bufio.NewReaderSize(z, lineBuffer)
	}
	head, err := l.peek()
	if err != nil {
		return err
	}
	for _, p := range packed {
		if bytes.HasPrefix(head, []byte(p.magic)) {
			return &Error{File: l.name, Text: fmt.Sprintf("got %s, want text or gzip of text; %s", p.what, p.remedy)}
		}
	}
	if i := bytes.IndexByte(head, 0); i >= 0 {
		return &Error{File: l.name, Text: fmt.Sprintf("got binary data (a zero byte at offset %d), want text or gzip of text; check that it is the right file", i)}
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		l.r.Discard(3)
		head = head[3:]
	}
	if len(bytes.TrimSpace(head)) == 0 && len(head) < sniffBytes-3 {
		return l.empty(nil)
	}
	return nil
}

func (l *Lines) empty(err error) error {
	if err != nil && err != io.EOF {
		return l.readError(err)
	}
	return &Error{File: l.name, Text: "the file is empty, want a trace; fetch or export it again"}
}

// peek returns the unread start of the trace, at most sniffBytes. A fault
// after the first bytes is left for the reader to find at its line.
func (l *Lines) peek() ([]byte, error) {
	head, err := l.r.Peek(sniffBytes)
	if len(head) == 0 {
		return nil, l.empty(err)
	}
	return head, nil
}

func (l *Lines) readError(err error) error {
	e := &Error{File: l.name, Line: l.number + 1, Err: err}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		e.Text = "the gzip data ends early (the file is cut off); fetch it again"
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum):
		e.Text = "the gzip data is damaged (" + err.Error() + "); fetch it again"
	default:
		e.Text = "cannot read: " + err.Error()
		if l.gzip {
			e.Text += "; the gzip data is damaged, fetch it again"
		}
	}
	return e
}

// Name returns the name for messages.
func (l *Lines) Name() string { return l.name }

// Number returns the number of the line that Next returned last; 0 before.
func (l *Lines) Number() int64 { return l.number }

// Close closes the file.
func (l *Lines) Close() error { return l.file.Close() }

// Errorf makes an error at the current line that concerns this row only.
func (l *Lines) Errorf(field, format string, args ...any) error {
	return &Error{File: l.name, Line: l.number, Field: field, Text: fmt.Sprintf(format, args...), Row: true}
}

// Next returns the next line without its end, valid until the next call, and
// false after the last one. A last line without an end counts.
func (l *Lines) Next() ([]byte, bool, error) {
	line, err := l.r.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		l.long = l.long[:0]
		for err == bufio.ErrBufferFull {
			if len(l.long) > longestLine {
				return nil, false, &Error{File: l.name, Line: l.number + 1, Text: fmt.Sprintf("the line is longer than %d MiB; check that it is the right file", longestLine>>20)}
			}
			l.long = append(l.long, line...)
			line, err = l.r.ReadSlice('\n')
		}
		l.long = append(l.long, line...)
		line = l.long
	}
	if err != nil && err != io.EOF {
		return nil, false, l.readError(err)
	}
	if len(line) == 0 {
		return nil, false, nil
	}
	l.number++
	if n := len(line) - 1; line[n] == '\n' {
		line = line[:n]
	}
	if n := len(line) - 1; n >= 0 && line[n] == '\r' {
		line = line[:n]
	}
	return line, true, nil
}

// text returns the next line that is not blank, as Next.
func (l *Lines) text() ([]byte, bool, error) {
	for {
		line, ok, err := l.Next()
		if !ok || err != nil {
			return nil, false, err
		}
		if len(bytes.TrimSpace(line)) > 0 {
			return line, true, nil
		}
	}
}

// readByte returns the next byte, and false at the end. It is for formats
// whose lines are too long to hold.
func (l *Lines) readByte() (byte, bool, error) {
	b, err := l.r.ReadByte()
	if err == io.EOF {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, l.readError(err)
	}
	return b, true, nil
}
