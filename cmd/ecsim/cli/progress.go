package cli

import (
	"fmt"
	"io"
	"math"
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
// a bar where a person watches standard error, a line for every tenth and for
// every look at the intervals with --verbose elsewhere, nothing otherwise.
func follow(e *Env, t *simulate.Tracker) (stop func()) {
	var l tenths
	return watch(e, func(show func(share float64, parts []string)) {
		s := t.Status()
		if s.Stage == 0 {
			return
		}
		if e.ErrTerminal || l.next(s) {
			show(s.Share, progressParts(s))
		}
	})
}

// watch calls tell every now and then, and at the end where lines are written,
// until the returned function is called. tell may show a share and what is
// behind it.
func watch(e *Env, tell func(show func(share float64, parts []string))) (stop func()) {
	var show func(share float64, parts []string)
	finish := func() {}
	switch {
	case e.ErrTerminal:
		show, finish = bar(e)
	case e.Verbose:
		show = func(share float64, parts []string) {
			fmt.Fprintf(e.Err, "%3d %%: %s\n", tenth(share)*10, strings.Join(parts, ", "))
		}
		finish = func() { tell(show) }
	default:
		return finish
	}
	ended := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		start := time.Now()
		tick := time.NewTicker(pollEvery)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
				if time.Since(start) >= patience {
					tell(show)
				}
			}
		}
	})
	return func() {
		close(ended)
		watching.Wait()
		finish()
	}
}

// bar shows the share as a bar with what is behind it, on one line that it
// takes away at the end.
func bar(e *Env) (show func(share float64, parts []string), finish func()) {
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
	show = func(share float64, parts []string) {
		shown = true
		b.Describe(fitting(parts, width-size-11)) // 11: share, brackets, blanks
		b.Set(min(int(share*full), full-1))       // at full it would end its line
	}
	return show, func() {
		if shown {
			e.clearLine(width)
		}
	}
}

// tenth is the last tenth that a share has reached, 10 at most.
func tenth(share float64) int { return min(int(share*10+1e-9), 10) }

// tenths tells when there is a line to write: another tenth reached, another
// stage begun, or a look at the intervals, after which the goal is another.
type tenths struct{ stage, looks, last int }

func (l *tenths) next(s simulate.Status) bool {
	now := tenth(s.Share)
	if s.Done < s.Cells { // the last tenth is told when all is done
		now = min(now, 9)
	}
	if s.Stage == l.stage && s.Looks == l.looks && now <= l.last {
		return false
	}
	*l = tenths{s.Stage, s.Looks, now}
	return true
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
// done, the half-width against the wanted one, time left, rates, simulated
// time.
func progressParts(s simulate.Status) []string {
	parts := []string{fmt.Sprintf("%d/%d %s", s.Done, s.Cells, s.What)}
	if s.Precision > 0 {
		now := "?" // before the first look
		if s.Looks > 0 && !math.IsInf(s.Widest, 0) {
			now = fmt.Sprintf("%.2g %%", 100*s.Widest)
		}
		parts = append(parts, fmt.Sprintf("±%s of %.2g %% wanted", now, 100*s.Precision))
	}
	if s.Share > 0 && s.Share < 1 {
		left := time.Duration(float64(s.Passed) * (1 - s.Share) / s.Share).Round(time.Second).String()
		switch {
		case s.Precision > 0 && s.Looks == 0:
			parts = append(parts, left+" to the first look") // who knows how many come after it
		case s.Precision > 0:
			parts = append(parts, "about "+left+" left")
		default:
			parts = append(parts, left+" left")
		}
	}
	per := func(n float64, what string) {
		if n > 0 && s.Passed > 0 {
			parts = append(parts, short(n/s.Passed.Seconds())+" "+what)
		}
	}
	per(float64(s.Done), "runs/s")
	parts = append(parts, simulated(s.Simulated.Seconds()))
	per(float64(s.Events), "ev/s")
	per(float64(s.Placements), "placed/s")
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

// short prints a rate in at most five characters: "0.12", "9.5", "950", "12k",
// "3.4M".
func short(v float64) string {
	switch {
	case v < 9.95:
		return fmt.Sprintf("%.2g", v)
	case v < 1e3:
		return fmt.Sprintf("%.0f", v)
	case v < 1e6:
		return fmt.Sprintf("%.0fk", v/1e3)
	case v < 1e8:
		return fmt.Sprintf("%.1fM", v/1e6)
	}
	return fmt.Sprintf("%.0fM", v/1e6)
}
