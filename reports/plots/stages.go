package plots

import (
	"fmt"
	"image/color"

	"ecsim/models/result"
	"ecsim/sim"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

var _ = RegisterPlot(Plot{
	Name:  "stages",
	Title: "Time to running, by stage",
	Doc:   "The mean time of a workload's tasks from submission to RUNNING on each platform, split by what they waited for. The widest part is what to shorten: capacity by headroom, provisioning by network mode, the image pull by a smaller or cached image.",
	Draw: func(in Input) ([]Figure, error) {
		var figures []Figure
		for _, name := range workloadNames(in) {
			figures = append(figures, stages(in, name))
		}
		if figures == nil {
			figures = []Figure{{Name: "stages", Headline: "Time to running by stage", Empty: "no data: no platform was run"}}
		}
		return withData(figures), nil
	},
})

// stageWords are what the legend calls the stages, stageFills their colours.
var (
	stageWords = [result.NumStages]string{"quota or throttle", "waiting for room", "interface, machine", "agent's queue", "image pull", "container start"}
	stageFills = [result.NumStages]color.Color{purple, blue, orange, vermillion, yellow, green}
)

// stageRow is one platform's means, in seconds.
type stageRow struct {
	platform string
	means    [result.NumStages]float64
	total    float64
}

func stages(in Input, workload string) Figure {
	f := Figure{Name: fileName("stages", workload), Headline: workload + ": mean time to running, by stage",
		Note: "mean of all replications' tasks whose stage ended in the window"}
	var rows []stageRow
	most, used := 0.0, [result.NumStages]bool{}
	for _, o := range in.Outcomes {
		w := o.Pooled.Workload(workload)
		if w == nil || w.TimeToRunning.Count() == w.TimeToRunning.Censored() {
			continue
		}
		row := stageRow{platform: o.Platform}
		for i := range w.Stages {
			if t := &w.Stages[i]; t.Count() > 0 && t.Max() > 0 {
				row.means[i] = t.Mean() / float64(sim.Second)
				row.total += row.means[i]
				used[i] = true
			}
		}
		most = max(most, row.total)
		rows = append(rows, row)
	}
	if most == 0 {
		f.Empty = "no data: none of its tasks was started in the window"
		return f
	}
	for i, name := range stageWords {
		if used[i] {
			f.Legend = append(f.Legend, Key{Label: name, Fill: stageFills[i]})
		}
	}
	p := newPlot("")
	p.X.Label.Text = "mean time to running"
	p.X.Tick.Marker = spanTicks{}
	p.X.Min, p.X.Max = 0, most*1.16 // room for the totals behind the bars
	names := make([]plot.Tick, len(rows))
	for i := range rows {
		names[i] = plot.Tick{Value: float64(len(rows) - 1 - i), Label: rows[i].platform}
	}
	p.Y.Min, p.Y.Max = -0.6, float64(len(rows))-0.4
	p.Y.Tick.Marker = plot.ConstantTicks(names)
	p.Y.Tick.Length = 0
	p.Y.Tick.Label.Font = sans(labelSize, false)
	p.Add(gridLines{x: true}, stageBars(rows))
	f.Panels = []*plot.Plot{p}
	return f
}

// stageBars draws one bar a platform, from the top down.
type stageBars []stageRow

func (s stageBars) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	height := min(0.62, 60/float64(ty(1)-ty(0)))
	for i, row := range s {
		y := float64(len(s) - 1 - i)
		x := 0.0
		for k, mean := range row.means {
			if mean == 0 {
				continue
			}
			left, right := tx(x), tx(x+mean)
			c.FillPolygon(stageFills[k], []vg.Point{{X: left, Y: ty(y - height/2)}, {X: right, Y: ty(y - height/2)},
				{X: right, Y: ty(y + height/2)}, {X: left, Y: ty(y + height/2)}})
			c.StrokeLine2(thin(color.White, 1), right, ty(y-height/2), right, ty(y+height/2))
			if label := result.FormatSeconds(mean); right-left > vg.Length(11*len(label)) {
				style := textStyle(tickSize, ink)
				if stageFills[k] == color.Color(blue) {
					style.Color = color.White
				}
				style.XAlign, style.YAlign = text.XCenter, text.YCenter
				c.FillText(style, vg.Point{X: (left + right) / 2, Y: ty(y)}, label)
			}
			x += mean
		}
		style := textStyle(tickSize, ink)
		style.YAlign = text.YCenter
		c.FillText(style, vg.Point{X: tx(x) + 10, Y: ty(y)}, fmt.Sprintf("%s in all", result.FormatSeconds(row.total)))
	}
}
