// Package plots draws results as PNG pictures: one file a kind of plot, which
// registers itself. The same input gives the same bytes: fonts are embedded,
// and nothing but the input decides.
package plots

import (
	"errors"
	"fmt"
	"image/color"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"ecsim/models/result"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Input is what plots are drawn from: the outcomes of runs, what a sweep
// found, or both.
type Input struct {
	Outcomes []*result.Outcome // in the order to show; none: no plots of runs
	Gates    []result.Gate
	Surface  *result.Surface // nil: no plots of sweeps
	Location *time.Location  // of the time axis; nil is UTC
	// OneByOne draws one picture at a time and gives its memory back before the
	// next: slower, and the peak is that of one.
	OneByOne bool
}

// Plot is a kind of picture.
type Plot struct {
	Name  string // of the file, and its first part where there are several
	Title string
	Doc   string // what it shows and how to read it
	// OfSweep says that it is drawn from Input.Surface. Render leaves it out of
	// an input without one, and all other kinds out of an input without Outcomes.
	OfSweep bool
	// Draw makes the pictures. An input without data for one still gets it,
	// saying why it is empty.
	Draw func(Input) ([]Figure, error)
}

// Figure is one picture: a headline, a legend above the data, panels one
// below the other.
type Figure struct {
	Name     string // file name without suffix
	Headline string // what it shows, with totals and units
	Note     string // second line, smaller; "" for none
	Legend   []Key
	Panels   []*plot.Plot
	Empty    string // drawn instead of panels: why there is no data
}

// Key is one entry of a legend: a filled box, a line, or a glyph.
type Key struct {
	Label string
	Fill  color.Color
	Hatch hatching // on Fill
	Line  draw.LineStyle
	Glyph draw.GlyphStyle
}

// File is a finished picture.
type File struct {
	Name string // "demand-ec2.png"
	PNG  []byte
	Alt  string // its headline, for readers who cannot see it
	Plot string // Name of the kind
}

var registered []Plot

// RegisterPlot adds a kind of plot. It is called from an init or a package
// variable; a name that is taken, or no Draw, panics.
func RegisterPlot(p Plot) bool {
	if p.Name == "" || p.Draw == nil {
		panic(fmt.Sprintf("plots: plot %q has no name or no Draw", p.Name))
	}
	if slices.ContainsFunc(registered, func(o Plot) bool { return o.Name == p.Name }) {
		panic(fmt.Sprintf("plots: plot %q is registered twice", p.Name))
	}
	registered = append(registered, p)
	slices.SortFunc(registered, func(a, b Plot) int { return strings.Compare(a.Name, b.Name) })
	return true
}

// Plots lists the kinds by name.
func Plots() []Plot { return slices.Clone(registered) }

// Size of a picture, in points; it has two pixels a point.
const (
	Width  = vg.Length(1200)
	Height = vg.Length(700)
	dpi    = 144
)

// drawnFrom tells whether the input has what the kind is drawn from.
func (p Plot) drawnFrom(in Input) bool {
	if p.OfSweep {
		return in.Surface != nil
	}
	return len(in.Outcomes) > 0
}

// Render draws all pictures of the registered kinds that the input has a
// source for, by name of the kind.
func Render(in Input) ([]File, error) {
	if in.Location == nil {
		in.Location = time.UTC
	}
	var files []File
	var figures []Figure
	taken := map[string]bool{}
	for _, p := range registered {
		if !p.drawnFrom(in) {
			continue
		}
		drawn, err := p.Draw(in)
		if err != nil {
			return nil, fmt.Errorf("plot %s: %w", p.Name, err)
		}
		for _, f := range drawn {
			name := f.Name
			for n := 2; taken[name]; n++ { // platforms whose names differ in case or signs only
				name = fmt.Sprintf("%s-%d", f.Name, n)
			}
			taken[name] = true
			files = append(files, File{Name: name + ".png", Alt: f.Headline, Plot: p.Name})
			figures = append(figures, f)
		}
	}
	errs := make([]error, len(figures))
	var group sync.WaitGroup
	places := make(chan int)
	workers := min(runtime.GOMAXPROCS(0), len(figures))
	if in.OneByOne {
		workers = min(1, len(figures))
	}
	for range workers {
		group.Go(func() {
			for i := range places {
				files[i].PNG, errs[i] = figures[i].png()
				if in.OneByOne {
					figures[i] = Figure{}
					debug.FreeOSMemory()
				}
			}
		})
	}
	for i := range figures {
		places <- i
	}
	close(places)
	group.Wait()
	return files, errors.Join(errs...)
}

var unsafeName = regexp.MustCompile(`[^a-z0-9]+`)

// fileName joins parts into a name that is safe in any file system and URL.
func fileName(parts ...string) string {
	return strings.Trim(unsafeName.ReplaceAllString(strings.ToLower(strings.Join(parts, "-")), "-"), "-")
}

// eachRun draws one figure a platform. Platforms without data for it are left
// out, unless none has any: then the first says why.
func eachRun(in Input, name string, drawRun func(o *result.Outcome) Figure) []Figure {
	var figures []Figure
	for _, o := range in.Outcomes {
		f := Figure{Headline: o.Platform, Empty: "no data: the platform cannot run this work"}
		if o.First != nil {
			f = drawRun(o)
		}
		f.Name = fileName(name, o.Platform)
		figures = append(figures, f)
	}
	return withData(figures)
}

// withData leaves out figures without data, or all but the first, which says
// why, when none has any.
func withData(figures []Figure) []Figure {
	full := slices.DeleteFunc(slices.Clone(figures), func(f Figure) bool { return f.Empty != "" })
	if len(full) == 0 && len(figures) > 0 {
		return figures[:1]
	}
	return full
}
