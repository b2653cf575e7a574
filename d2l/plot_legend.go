package d2l

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"
)

// placeLegend puts the legend into the corner where the fewest points are.
func placeLegend(p *plot.Plot, all []plotter.XYs, panel, panels int) {
	least := math.MaxInt
	for _, corner := range []struct{ top, left bool }{{true, false}, {true, true}, {false, false}, {false, true}} {
		points := 0
		for i := panel; i < len(all); i += panels {
			for _, xy := range all[i] {
				x, y := p.X.Norm(xy.X), p.Y.Norm(xy.Y)
				if (x < 0.45) == corner.left && (y > 0.55) == corner.top && (x < 0.45 || x > 0.55) {
					points++
				}
			}
		}
		if points < least {
			least, p.Legend.Top, p.Legend.Left = points, corner.top, corner.left
		}
	}
	if p.Legend.Left {
		p.Legend.XOffs = -p.Legend.XOffs
	}
	if !p.Legend.Top {
		p.Legend.YOffs = -p.Legend.YOffs
	}
}

// legendGround keeps the grid from crossing the legend's text.
type legendGround struct{}

// Plot implements plot.Plotter.
func (legendGround) Plot(c draw.Canvas, p *plot.Plot) {
	size := p.Legend.Rectangle(c).Size()
	box := c.Rectangle
	if p.Legend.Left {
		box.Max.X = box.Min.X + size.X + p.Legend.XOffs
	} else {
		box.Min.X = box.Max.X - size.X + p.Legend.XOffs
	}
	if p.Legend.Top {
		box.Min.Y = box.Max.Y - size.Y + p.Legend.YOffs
	} else {
		box.Max.Y = box.Min.Y + size.Y + p.Legend.YOffs
	}
	if size.Y > 0 {
		c.SetColor(color.White)
		c.Fill(box.Path())
	}
}
