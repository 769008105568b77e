package plots

import (
	"image/color"

	"ecsim/models/result"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
)

// windowEdges marks where the measured window begins and ends inside the
// picture: after the warm-up, and before the drain.
type windowEdges struct{ r *result.Run }

func (w windowEdges) Plot(c draw.Canvas, p *plot.Plot) {
	tx, _ := p.Transforms(&c)
	for _, at := range []float64{w.r.WarmUp.Seconds(), w.r.Duration.Seconds()} {
		if at > p.X.Min && at < p.X.Max {
			c.StrokeLine2(thin(ink, 1, 4, 4), tx(at), c.Min.Y, tx(at), c.Max.Y)
		}
	}
}

func withAlpha(c color.NRGBA, alpha uint8) color.NRGBA {
	c.A = alpha
	return c
}
