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

// bar shows the share as a bar with the rate of events, on one line that it
// takes away at the end.
func bar(e *Env) (show func(simulate.Status, time.Duration), finish func()) {
	const full = 1000
	width := e.ErrWidth
	if width <= 0 {
		width = 80
	}
	b := progressbar.NewOptions(full,
		progressbar.OptionSetWriter(e.Err),
		progressbar.OptionSetWidth(min(24, max(width/4, 4))),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetRenderBlankState(false),
		progressbar.OptionShowDescriptionAtLineEnd(),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]"}),
	)
	shown := false
	show = func(s simulate.Status, passed time.Duration) {
		shown = true
		text := progressText(s, passed)
		// What follows the bar must leave the line room: bar, share, blanks.
		if room := width - min(24, max(width/4, 4)) - 10; len(text) > room {
			text = text[:max(room, 0)]
		}
		b.Describe(text)
		b.Set(min(int(s.Share*full), full-1))
	}
	return show, func() {
		if shown {
			b.Clear()
		}
	}
}

// progressText says how far a comparison is: runs done, simulated time, rates,
// time left.
func progressText(s simulate.Status, passed time.Duration) string {
	parts := []string{fmt.Sprintf("%d/%d runs", s.Done, s.Cells)}
	if secs := passed.Seconds(); secs > 0 {
		parts = append(parts, fmt.Sprintf("%s events/s", short(float64(s.Events)/secs)),
			fmt.Sprintf("%s placed/s", short(float64(s.Placements)/secs)))
	}
	if s.Share > 0 && s.Share < 1 {
		left := time.Duration(float64(passed) * (1 - s.Share) / s.Share)
		parts = append(parts, left.Round(time.Second).String()+" left")
	}
	return strings.Join(parts, ", ")
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
			days := s.Simulated.Seconds() / 86400
			fmt.Fprintf(w, "%3d %%, %.1f days simulated, %s\n", tenth*10, days, progressText(s, passed))
		}
	}
}
