package chart

import (
	"image/color"
	"math"
	"slices"

	"github.com/d2l-go/book/d2l/internal/page"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// An inset is the legend inside a panel, in one of its corners.
type inset struct {
	legend legend
	corner corner
}

// A corner of a panel.
type corner struct{ top, left bool }

// box returns the part of a panel that the inset takes, and the upper left corner of the legend in it.
func (in *inset) box(panel vg.Rectangle) (box vg.Rectangle, legendAt vg.Point) {
	const gap, left, above, below = 3, 6, 5, 6 // Towards the lines, and to the panel's edges.
	size := in.legend.size(1)
	box = panel
	if in.corner.left {
		legendAt.X = box.Min.X + left
		box.Max.X = legendAt.X + size.X + gap
	} else {
		legendAt.X = box.Max.X - left - size.X
		box.Min.X = legendAt.X - gap
	}
	if in.corner.top {
		legendAt.Y = box.Max.Y - above
		box.Min.Y = legendAt.Y - size.Y - gap
	} else {
		legendAt.Y = box.Min.Y + below + size.Y
		box.Max.Y = legendAt.Y + gap
	}
	return box, legendAt
}

// Plot implements plot.Plotter. The white box keeps the grid from crossing the text.
func (in *inset) Plot(c draw.Canvas, _ *plot.Plot) {
	if len(in.legend) > 0 {
		box, at := in.box(c.Rectangle)
		c.SetColor(color.White)
		c.Fill(box.Path())
		in.legend.draw(page.Pen{Canvas: c}, at, 1)
	}
}

// placeInset moves the legend to the corner with the fewest points among those that no line crosses. It
// returns whether there is one; if not, the corner with the fewest points is taken.
func (p *panel) placeInset(c draw.Canvas) bool {
	corners, data := p.corners(), p.DataCanvas(c)
	for _, p.inset.corner = range corners {
		box, _ := p.inset.box(data.Rectangle)
		if size := data.Size(); box.Size().X < size.X && box.Size().Y < size.Y && p.isFree(box, data) {
			return true
		}
	}
	p.inset.corner = corners[0]
	return false
}

// corners returns the corners, those with the fewest points first.
func (p *panel) corners() []corner {
	all := []corner{{true, false}, {true, true}, {false, false}, {false, true}}
	points := map[corner]int{}
	for _, s := range p.series {
		for _, xy := range slices.Concat(s.runs...) {
			x, y := p.X.Norm(xy.X), p.Y.Norm(xy.Y)
			if x < 0.45 || x > 0.55 {
				points[corner{y > 0.55, x < 0.45}]++
			}
		}
	}
	slices.SortStableFunc(all, func(a, b corner) int { return points[a] - points[b] })
	return all
}

// isFree returns whether nothing drawn on the canvas crosses the box.
func (p *panel) isFree(box vg.Rectangle, c draw.Canvas) bool {
	x, y := p.Transforms(&c)
	for _, s := range p.series {
		for _, xys := range s.runs {
			var last vg.Point
			for i, xy := range xys {
				at := vg.Point{X: x(xy.X), Y: y(xy.Y)}
				if i == 0 || s.line.Width == 0 {
					last = at
				}
				if crosses(box, last, at) {
					return false
				}
				last = at
			}
		}
	}
	return true
}

// crosses returns whether the line from a to b has a point in the box, by Liang and Barsky's clipping.
func crosses(box vg.Rectangle, a, b vg.Point) bool {
	first, last := 0.0, 1.0 // The rest of the line, as parts of its length.
	for _, side := range [][2]vg.Length{
		{a.X - b.X, a.X - box.Min.X}, {b.X - a.X, box.Max.X - a.X},
		{a.Y - b.Y, a.Y - box.Min.Y}, {b.Y - a.Y, box.Max.Y - a.Y},
	} {
		outwards, distance := float64(side[0]), float64(side[1])
		switch {
		case outwards == 0 && distance < 0:
			return false
		case outwards < 0:
			first = math.Max(first, distance/outwards)
		case outwards > 0:
			last = math.Min(last, distance/outwards)
		}
	}
	return first <= last
}
