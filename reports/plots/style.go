package plots

import (
	"image/color"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The palette of Okabe and Ito, told apart with every common form of colour
// blindness. Source: https://jfly.uni-koeln.de/color/
var (
	black      = color.NRGBA{0x00, 0x00, 0x00, 0xff}
	blue       = color.NRGBA{0x00, 0x72, 0xb2, 0xff}
	vermillion = color.NRGBA{0xd5, 0x5e, 0x00, 0xff}
	green      = color.NRGBA{0x00, 0x9e, 0x73, 0xff}
	orange     = color.NRGBA{0xe6, 0x9f, 0x00, 0xff}
	sky        = color.NRGBA{0x56, 0xb4, 0xe9, 0xff}
	purple     = color.NRGBA{0xcc, 0x79, 0xa7, 0xff}
	yellow     = color.NRGBA{0xf0, 0xe4, 0x42, 0xff}

	ink     = color.NRGBA{0x22, 0x22, 0x22, 0xff}
	muted   = color.NRGBA{0x66, 0x66, 0x66, 0xff}
	grid    = color.NRGBA{0xe4, 0xe4, 0xe4, 0xff}
	spare   = color.NRGBA{0xd4, 0xd4, 0xd4, 0xff} // capacity, idle
	blush   = color.NRGBA{0xf5, 0xd7, 0xbf, 0xff} // under a vermillion line
	faded   = color.NRGBA{0xae, 0xae, 0xae, 0xff} // markers that others beat
	outline = color.NRGBA{0x8a, 0x8a, 0x8a, 0xff}
)

// lineColors and dashes go together, so that lines differ in grey too.
var (
	lineColors = []color.Color{blue, vermillion, green, black, orange, purple, sky, muted}
	dashes     = [][]vg.Length{nil, {9, 4}, {2, 3}, {10, 3, 2, 3}, {5, 3}, {14, 5}, {1, 2}, {6, 2, 2, 2, 2, 2}}
	// fills alternate dark and light.
	fills = []color.Color{blue, orange, green, yellow, vermillion, sky, purple, muted}
)

// lineStyle is the style of the i-th of several lines.
func lineStyle(i int) draw.LineStyle {
	n := len(lineColors)
	return draw.LineStyle{Color: lineColors[i%n], Width: 2.2, Dashes: dashes[(i+i/n)%n]}
}

func thin(c color.Color, width vg.Length, dash ...vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: c, Width: width, Dashes: dash}
}

// Sizes of text in points.
const (
	headlineSize = 21
	noteSize     = 15
	labelSize    = 16
	tickSize     = 14
)

func sans(size vg.Length, bold bool) font.Font {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	if bold {
		f.Weight = stdfont.WeightBold
	}
	return f
}

func textStyle(size vg.Length, c color.Color) text.Style {
	return text.Style{Color: c, Font: sans(size, false), Handler: plot.DefaultTextHandler}
}

// newPlot is an empty panel in the house's style, its y axis from zero.
func newPlot(yLabel string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil // the picture is white already; painting it again took a quarter of the time
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font, axis.Label.TextStyle.Color = sans(labelSize, false), ink
		axis.Tick.Label.Font, axis.Tick.Label.Color = sans(tickSize, false), ink
		axis.LineStyle = thin(outline, 1)
		axis.Tick.LineStyle = thin(outline, 1)
		axis.Tick.Length = 5
		axis.Padding = 0
		axis.Label.Padding = 6
	}
	p.Y.Label.Text = yLabel
	p.Y.Tick.Marker = niceTicks{}
	p.Y.Min, p.Y.Max = 0, 1
	return p
}

// paler is a colour half way to white, for what lies behind.
func paler(c color.Color) color.Color {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return color.NRGBA{n.R/2 + 0x80, n.G/2 + 0x80, n.B/2 + 0x80, n.A}
}
