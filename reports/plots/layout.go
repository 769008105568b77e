package plots

import (
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	margin     = 22
	swatch     = 30
	keyGap     = 26
	lineHeight = 23
)

// draw lays out headline, note, legend and panels from the top down. Nothing
// overlaps: what the upper parts take, the panels do not get.
func (f *Figure) draw(c draw.Canvas) {
	c = draw.Crop(c, margin, -margin, margin, -margin)
	top := c.Max.Y
	style := textStyle(headlineSize, ink)
	style.Font = sans(headlineSize, true)
	top = paragraph(c, style, top, f.Headline)
	if f.Note != "" {
		top = paragraph(c, textStyle(noteSize, muted), top-3, f.Note)
	}
	if f.Empty != "" || len(f.Panels) == 0 {
		style := textStyle(labelSize, muted)
		style.XAlign, style.YAlign = text.XCenter, text.YCenter
		empty := f.Empty
		if empty == "" {
			empty = "no data"
		}
		c.FillText(style, vg.Point{X: (c.Min.X + c.Max.X) / 2, Y: (c.Min.Y + top) / 2}, empty)
		return
	}
	top = legend(c, top-6, f.Legend)
	body := c
	body.Max.Y = top - 8
	tiles := draw.Tiles{Cols: 1, Rows: len(f.Panels), PadY: 14, PadRight: 6}
	rows := make([][]*plot.Plot, len(f.Panels))
	for i, p := range f.Panels {
		rows[i] = []*plot.Plot{p}
	}
	canvases := plot.Align(rows, tiles, body)
	for i, p := range f.Panels {
		p.Draw(canvases[i][0])
	}
}

// paragraph writes text wrapped to the canvas's width and returns the height
// below it.
func paragraph(c draw.Canvas, style text.Style, top vg.Length, s string) vg.Length {
	style.YAlign = text.YTop
	width := c.Max.X - c.Min.X
	line := ""
	flush := func() {
		if line != "" {
			c.FillText(style, vg.Point{X: c.Min.X, Y: top}, line)
			top -= style.Font.Size * 1.3
		}
	}
	for word := range strings.FieldsSeq(s) {
		longer := strings.TrimSpace(line + " " + word)
		if line != "" && style.Width(longer) > width {
			flush()
			longer = word
		}
		line = longer
	}
	flush()
	return top
}

// legend draws keys in rows and returns the height below them.
func legend(c draw.Canvas, top vg.Length, keys []Key) vg.Length {
	if len(keys) == 0 {
		return top
	}
	style := textStyle(noteSize, ink)
	style.YAlign = text.YCenter
	x := c.Min.X
	y := top - lineHeight/2
	for _, k := range keys {
		k.Label = shorten(k.Label, noteSize, c.Max.X-c.Min.X-swatch-7)
		width := swatch + 7 + style.Width(k.Label)
		if x > c.Min.X && x+width > c.Max.X {
			x = c.Min.X
			y -= lineHeight
		}
		k.draw(c, x, y)
		c.FillText(style, vg.Point{X: x + swatch + 7, Y: y}, k.Label)
		x += width + keyGap
	}
	return y - lineHeight/2
}

func (k Key) draw(c draw.Canvas, x, y vg.Length) {
	if k.Fill != nil {
		box := []vg.Point{{X: x, Y: y - 7}, {X: x + swatch, Y: y - 7}, {X: x + swatch, Y: y + 7}, {X: x, Y: y + 7}}
		c.FillPolygon(k.Fill, box)
		k.Hatch.on(c, box[0], box[2], k.Fill)
	}
	if k.Line.Width > 0 {
		c.StrokeLine2(k.Line, x, y, x+swatch, y)
	}
	if k.Glyph.Shape != nil {
		c.DrawGlyph(k.Glyph, vg.Point{X: x + swatch/2, Y: y})
	}
}
