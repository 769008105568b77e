package traces

import (
	"bytes"
	"fmt"
)

var _ = RegisterFormat(Format{
	Name:   "rate-line",
	Doc:    "Counts without time stamps, one a second (or a step), between blanks or lines: the twitter and wiki request traces.",
	Source: "https://github.com/reconfigurable-ml-pipeline/web-service-datasets",
	Kind:   KindRates,
	Step:   second,
	Sniff: func(head []byte, _ string) int {
		if i := bytes.LastIndexAny(head, " \n\t"); i >= 0 && len(head) == sniffBytes {
			head = head[:i] // the last number may be cut
		}
		fields := bytes.Fields(head)
		for _, f := range fields {
			if _, ok := parseFloat(f); !ok {
				return 0
			}
		}
		if len(fields) < 2 {
			return 0
		}
		return 60
	},
	OpenRates: func(l *Lines, o Options) (PointSource, error) {
		step := int64(o.Step)
		if step == 0 {
			step = second
		}
		l.number = 1
		return &rateLine{lines: l, step: step}, nil
	},
})

// rateLine reads values byte by byte: a line may be the whole file.
type rateLine struct {
	lines *Lines
	step  int64
	n     int64
	word  []byte
	ended bool
}

func (s *rateLine) Facts() []Fact        { return nil }
func (s *rateLine) Epoch() (int64, bool) { return 0, false }

func (s *rateLine) Next(p *Point) (bool, error) {
	// A number has fewer characters; more of a word is dropped unread.
	const longestWord = 64
	s.word = s.word[:0]
	line := s.lines.number
	for !s.ended {
		b, ok, err := s.lines.readByte()
		if err != nil {
			return false, err
		}
		if !ok {
			s.ended = true
			break
		}
		if b == '\n' {
			s.lines.number++
		}
		if b == ' ' || b == '\t' || b == '\r' || b == '\n' {
			if len(s.word) > 0 {
				break
			}
			line = s.lines.number
			continue
		}
		if len(s.word) < longestWord {
			s.word = append(s.word, b)
		}
	}
	if len(s.word) == 0 {
		return false, nil
	}
	if s.n >= longest/s.step {
		return false, &Error{File: s.lines.name, Line: line, Field: "value", Text: fmt.Sprintf("got more than %d values, which is over 140 years; set a shorter step", s.n)}
	}
	*p = Point{Line: line, At: s.n * s.step}
	s.n++
	v, ok := parseFloat(s.word)
	if !ok || v < 0 {
		return false, &Error{File: s.lines.name, Line: line, Field: fmt.Sprintf("value %d", s.n),
			Text: fmt.Sprintf("got %q, want a number of 0 or more; mend it or set on_error = \"skip\"", clip(s.word)), Row: true}
	}
	p.Value = v
	return true, nil
}
