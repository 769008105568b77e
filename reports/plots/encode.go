package plots

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"

	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// png draws the figure and encodes it with a palette of its 256 commonest
// colours: a third of the bytes and of the time of true colour, and only
// shades within the edges of lines and letters move, by a step nobody sees.
func (f *Figure) png() ([]byte, error) {
	canvas := vgimg.NewWith(vgimg.UseWH(Width, Height), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.White))
	f.draw(draw.New(canvas))
	rgba, ok := canvas.Image().(*image.RGBA)
	if !ok {
		panic(fmt.Sprintf("plots: vgimg draws on %T, want *image.RGBA", canvas.Image()))
	}
	var b bytes.Buffer
	err := png.Encode(&b, paletted(rgba))
	return b.Bytes(), err
}

// pixels calls f for each pixel's colour; runs of one colour, most of a plot,
// are one call.
func pixels(img *image.RGBA, f func(from, until int, c uint32)) {
	n := len(img.Pix) / 4
	at := func(i int) uint32 { return binary.BigEndian.Uint32(img.Pix[4*i:]) }
	for i := 0; i < n; {
		c, j := at(i), i+1
		for j < n && at(j) == c {
			j++
		}
		f(i, j, c)
		i = j
	}
}

// paletted reduces an opaque image without padding to its commonest colours.
func paletted(img *image.RGBA) *image.Paletted {
	counts := map[uint32]int{}
	pixels(img, func(from, until int, c uint32) { counts[c] += until - from })
	colors := make([]uint32, 0, len(counts))
	for c := range counts {
		colors = append(colors, c)
	}
	slices.SortFunc(colors, func(a, b uint32) int { return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b)) })
	palette := make(color.Palette, 0, 256)
	index := make(map[uint32]uint8, len(colors))
	for i, c := range colors {
		if i < 256 {
			palette = append(palette, color.RGBA{uint8(c >> 24), uint8(c >> 16), uint8(c >> 8), uint8(c)})
			index[c] = uint8(i)
		} else {
			index[c] = nearest(colors[:256], c)
		}
	}
	out := image.NewPaletted(img.Rect, palette)
	pixels(img, func(from, until int, c uint32) {
		row := out.Pix[from:until]
		for i, x := 0, index[c]; i < len(row); i++ {
			row[i] = x
		}
	})
	return out
}

// nearest is the index of the colour at the least Euclidean distance.
func nearest(palette []uint32, c uint32) uint8 {
	best, least := 0, 1<<30
	for i, p := range palette {
		d := 0
		for shift := 8; shift <= 24; shift += 8 {
			x := int(p>>shift&0xff) - int(c>>shift&0xff)
			d += x * x
		}
		if d < least {
			best, least = i, d
		}
	}
	return uint8(best)
}
