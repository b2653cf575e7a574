package d2l

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Where a legend is.
type legendPlace bool

const (
	inside legendPlace = true
	above  legendPlace = false
)

// setLegend puts the names of the series into a legend inside the panel or
// above it.
func (p *panel) setLegend(place legendPlace) {
	p.Legend, p.head.entries = plot.NewLegend(), nil
	setFont(&p.Legend.TextStyle)
	p.Legend.ThumbnailWidth = thumbWidth
	p.Legend.Padding = vg.Points(2.5)
	for _, s := range p.series {
		switch {
		case s.name == "":
		case place == inside:
			p.Legend.Add(s.name, s)
		default:
			p.head.entries = append(p.head.entries, s)
		}
	}
}

// A corner of a panel.
type corner struct{ top, left bool }

// placeLegend puts a legend inside the panel into the corner where the fewest
// points are among those that no line crosses. It returns whether that is a good
// place; it is not if lines cross the legend in all corners and there is room
// above the panel.
func (p *panel) placeLegend(c draw.Canvas) bool {
	if p.Legend.Rectangle(c).Size().Y == 0 {
		return true
	}
	corners := p.corners()
	size, data := p.Legend.Rectangle(c).Size(), p.DataCanvas(c).Size()
	if size.X < data.X && size.Y < data.Y {
		for _, corner := range corners {
			p.moveLegend(corner)
			if p.isFree(p.legendBox(c)) {
				return true
			}
		}
	}
	p.moveLegend(corners[0])
	other := panel{Plot: plot.New(), series: p.series, head: &panelHead{}}
	other.setLegend(above)
	other.head.wrap(c)
	return other.head.height() > 0.6*p.DataCanvas(c).Size().Y
}

// corners returns the corners, those with the fewest points first.
func (p *panel) corners() []corner {
	all := []corner{{true, false}, {true, true}, {false, false}, {false, true}}
	points := map[corner]int{}
	for _, s := range p.series {
		for _, xy := range s.xys {
			x, y := p.X.Norm(xy.X), p.Y.Norm(xy.Y)
			if x < 0.45 || x > 0.55 {
				points[corner{y > 0.55, x < 0.45}]++
			}
		}
	}
	slices.SortStableFunc(all, func(a, b corner) int { return points[a] - points[b] })
	return all
}

func (p *panel) moveLegend(to corner) {
	p.Legend.Top, p.Legend.Left = to.top, to.left
	p.Legend.XOffs, p.Legend.YOffs = vg.Points(-6), vg.Points(-3)-p.head.height()
	if to.left {
		p.Legend.XOffs = vg.Points(6)
	}
	if !to.top {
		p.Legend.YOffs = vg.Points(3)
	}
}

// legendBox returns where the legend is if the panel is drawn on the canvas.
// Gonum measures from the canvas without the labels of the axes; below and at the
// left, where their sizes are not to be had, this is by a few points too large.
func (p *panel) legendBox(c draw.Canvas) vg.Rectangle {
	size := p.Legend.Rectangle(c).Size()
	data := p.DataCanvas(c).Rectangle
	box := vg.Rectangle{Min: data.Min, Max: c.Max}
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
	const space = 2 // Between the legend and a line.
	box.Min, box.Max = box.Min.Sub(vg.Point{X: space, Y: space}), box.Max.Add(vg.Point{X: space, Y: space})
	// As places in the data, from 0 to 1 on both axes.
	norm := func(at vg.Point) vg.Point {
		return vg.Point{X: (at.X - data.Min.X) / data.Size().X, Y: (at.Y - data.Min.Y) / data.Size().Y}
	}
	return vg.Rectangle{Min: norm(box.Min), Max: norm(box.Max)}
}

// isFree returns whether nothing drawn crosses the box.
func (p *panel) isFree(box vg.Rectangle) bool {
	for _, s := range p.series {
		var last vg.Point
		for i, xy := range s.xys {
			at := vg.Point{X: vg.Length(p.X.Norm(xy.X)), Y: vg.Length(p.Y.Norm(xy.Y))}
			if i == 0 || s.line.Width == 0 {
				last = at
			}
			if crosses(box, last, at) {
				return false
			}
			last = at
		}
	}
	return true
}

// crosses returns whether the line from a to b has a point in the box: Liang and
// Barsky's way of clipping it.
func crosses(box vg.Rectangle, a, b vg.Point) bool {
	first, last := 0.0, 1.0 // What is left of the line, as parts of its length.
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

// legendGround keeps the grid from crossing the legend's text, below the head.
type legendGround struct{ head *panelHead }

// Plot implements plot.Plotter.
func (g legendGround) Plot(c draw.Canvas, p *plot.Plot) {
	size := p.Legend.Rectangle(c).Size()
	if size.Y == 0 {
		return
	}
	box := c.Rectangle
	if p.Legend.Left {
		box.Max.X = box.Min.X + size.X + p.Legend.XOffs
	} else {
		box.Min.X = box.Max.X - size.X + p.Legend.XOffs
	}
	if p.Legend.Top {
		box.Min.Y = box.Max.Y - size.Y + p.Legend.YOffs + g.head.height()
	} else {
		box.Max.Y = box.Min.Y + size.Y + p.Legend.YOffs
	}
	c.SetColor(color.White)
	c.Fill(box.Path())
}
