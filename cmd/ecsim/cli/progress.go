package cli

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"ecsim/scenarios/simulate"
)

const (
	pollEvery = 200 * time.Millisecond
	// patience is how long a run takes before it shows its progress: what is
	// over at once needs none.
	patience = 400 * time.Millisecond
)

// follow shows how far a comparison is until the returned function is called:
// a bar where a person watches standard error, a line for every tenth with
// --verbose elsewhere, nothing otherwise.
func follow(e *Env, t *simulate.Tracker) (stop func()) {
	var show func(simulate.Status, time.Duration)
	finish := func() {}
	switch {
	case e.ErrTerminal:
		show, finish = bar(e)
	case e.Verbose:
		show = lines(e.Err)
	default:
		return finish
	}
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		start := time.Now()
		tick := time.NewTicker(pollEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				if passed := time.Since(start); passed >= patience {
					show(t.Status(), passed)
				}
			}
		}
	})
	return func() {
		close(done)
		watching.Wait()
		finish()
	}
}

// bar shows the share as a bar with the rates behind it, on one line that it
// takes away at the end.
func bar(e *Env) (show func(simulate.Status, time.Duration), finish func()) {
	const full = 1000 // steps of the bar
	width := e.ErrWidth
	if width <= 0 {
		width = 80
	}
	size := min(20, max(width/10, 4))
	b := progressbar.NewOptions(full,
		progressbar.OptionSetWriter(e.Err),
		progressbar.OptionSetWidth(size),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetRenderBlankState(false),
		progressbar.OptionShowDescriptionAtLineEnd(),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]"}),
	)
	shown := false
	show = func(s simulate.Status, passed time.Duration) {
		shown = true
		b.Describe(fitting(progressParts(s, passed), width-size-11)) // 11: share, brackets, blanks
		b.Set(min(int(s.Share*full), full-1))                        // at full it would end its line
	}
	return show, func() {
		if shown {
			e.clearLine(width)
		}
	}
}

// clearLine empties the terminal's current line.
func (e *Env) clearLine(width int) {
	io.WriteString(e.Err, "\r"+strings.Repeat(" ", max(width-1, 0))+"\r")
}

// saying shows a line on a terminal until the returned function is called.
func (e *Env) saying(text string) (done func()) {
	if !e.ErrTerminal {
		return func() {}
	}
	io.WriteString(e.Err, text)
	return func() { e.clearLine(len(text) + 1) }
}

// progressParts say how far a comparison is, the most important first: runs
// done, time left, simulated time, rates.
func progressParts(s simulate.Status, passed time.Duration) []string {
	parts := []string{fmt.Sprintf("%d/%d runs", s.Done, s.Cells)}
	if s.Share > 0 && s.Share < 1 {
		left := time.Duration(float64(passed) * (1 - s.Share) / s.Share)
		parts = append(parts, left.Round(time.Second).String()+" left")
	}
	parts = append(parts, simulated(s.Simulated.Seconds()))
	for _, rate := range []struct {
		n    uint64
		what string
	}{{s.Events, "ev/s"}, {s.Placements, "placed/s"}} {
		if rate.n > 0 && passed > 0 {
			parts = append(parts, short(float64(rate.n)/passed.Seconds())+" "+rate.what)
		}
	}
	return parts
}

// fitting joins as many parts as fit into a number of columns.
func fitting(parts []string, columns int) string {
	line := ""
	for i, p := range parts {
		if i > 0 {
			p = ", " + p
		}
		if len(line)+len(p) > columns {
			break
		}
		line += p
	}
	return line
}

// simulated prints a simulated span.
func simulated(seconds float64) string {
	switch {
	case seconds < 2*3600:
		return fmt.Sprintf("%.0f min", seconds/60)
	case seconds < 2*86400:
		return fmt.Sprintf("%.0f h", seconds/3600)
	}
	return short(seconds/86400) + " days"
}

// short prints a rate in at most five characters: "950", "12k", "3.4M".
func short(v float64) string {
	switch {
	case v < 1e3:
		return fmt.Sprintf("%.0f", v)
	case v < 1e6:
		return fmt.Sprintf("%.0fk", v/1e3)
	case v < 1e8:
		return fmt.Sprintf("%.1fM", v/1e6)
	}
	return fmt.Sprintf("%.0fM", v/1e6)
}

// lines writes a line whenever another tenth is reached.
func lines(w io.Writer) func(simulate.Status, time.Duration) {
	last := -1
	return func(s simulate.Status, passed time.Duration) {
		if tenth := int(s.Share * 10); tenth > last {
			last = tenth
			fmt.Fprintf(w, "%3d %%: %s\n", tenth*10, strings.Join(progressParts(s, passed), ", "))
		}
	}
}
