package plots

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// hatching is a pattern of lines on a fill, so that fills are told apart
// without colour.
type hatching int

// The patterns. hatchings is how many there are.
const (
	plain hatching = iota
	rising
	falling
	crossed
	upright
	flat
	hatchings
)

// on draws the pattern within a rectangle, pale on dark fills and dark on pale
// ones.
func (h hatching) on(c draw.Canvas, from, to vg.Point, fill color.Color) {
	style := thin(withAlpha(black, 0x70), 1)
	if luminance(fill) < 0x90 {
		style = thin(withAlpha(color.NRGBA{0xff, 0xff, 0xff, 0xff}, 0xc0), 1)
	}
	const apart = 9
	switch h {
	case rising:
		hatch(c, from, to, style)
	case falling:
		hatchDown(c, from, to, style)
	case crossed:
		hatch(c, from, to, style)
		hatchDown(c, from, to, style)
	case upright:
		for x := math.Ceil(float64(from.X)/apart) * apart; x < float64(to.X); x += apart {
			c.StrokeLine2(style, vg.Length(x), from.Y, vg.Length(x), to.Y)
		}
	case flat:
		for y := float64(from.Y) + apart/2; y < float64(to.Y); y += apart * 2 / 3 {
			c.StrokeLine2(style, from.X, vg.Length(y), to.X, vg.Length(y))
		}
	}
}

// luminance is how light a colour is in grey, 0 to 255.
func luminance(c color.Color) uint8 { return color.GrayModel.Convert(c).(color.Gray).Y }

// hatch fills a rectangle with rising lines, which go on in its neighbours.
func hatch(c draw.Canvas, from, to vg.Point, style draw.LineStyle) {
	const apart = 9
	for k := math.Floor(float64(from.X-to.Y)/apart) * apart; k < float64(to.X-from.Y); k += apart {
		// The line x = y + k, within the rectangle.
		low, high := max(from.Y, from.X-vg.Length(k)), min(to.Y, to.X-vg.Length(k))
		if low < high {
			c.StrokeLine2(style, low+vg.Length(k), low, high+vg.Length(k), high)
		}
	}
}

// hatchDown fills it with falling ones.
func hatchDown(c draw.Canvas, from, to vg.Point, style draw.LineStyle) {
	const apart = 9
	for k := math.Floor(float64(from.X+from.Y)/apart) * apart; k < float64(to.X+to.Y); k += apart {
		// The line x = k - y, within the rectangle.
		low, high := max(from.Y, vg.Length(k)-to.X), min(to.Y, vg.Length(k)-from.X)
		if low < high {
			c.StrokeLine2(style, vg.Length(k)-low, low, vg.Length(k)-high, high)
		}
	}
}
