package page

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Colours and lines of all pictures.
var (
	Ink  color.Color = color.Gray{0x40} // Text, outlines and axes.
	Grid color.Color = color.Gray{0xd8}
	Red  color.Color = color.RGBA{0xd6, 0x27, 0x28, 0xff}

	Outline = draw.LineStyle{Color: Ink, Width: 0.5}
)

// A Pen draws the parts of a picture.
type Pen struct{ draw.Canvas }

// Line draws a straight line.
func (p Pen) Line(style draw.LineStyle, from, to vg.Point) {
	p.StrokeLine2(style, from.X, from.Y, to.X, to.Y)
}

// Frame draws a rectangle without filling it.
func (p Pen) Frame(style draw.LineStyle, r vg.Rectangle) { p.stroke(style, r.Path()) }

// Shape fills and outlines a closed path.
func (p Pen) Shape(path vg.Path, fill color.Color) {
	p.SetColor(fill)
	p.Fill(path)
	p.stroke(Outline, path)
}

func (p Pen) stroke(style draw.LineStyle, path vg.Path) {
	p.SetLineStyle(style)
	p.Stroke(path)
}

// Box fills and outlines a rectangle with round corners.
func (p Pen) Box(r vg.Rectangle, fill color.Color) {
	const radius = 3
	var path vg.Path
	path.Move(r.Min.Add(vg.Point{X: radius}))
	in := vg.Point{X: radius} // Along the edge to a corner; out leads away from it.
	for _, corner := range []vg.Point{{X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}, r.Min} {
		out := vg.Point{X: -in.Y, Y: in.X}
		path.Line(corner.Sub(in))
		path.QuadTo(corner, corner.Add(out))
		in = out
	}
	path.Close()
	p.Shape(path, fill)
}

// Arrow draws a line with a head at its end.
func (p Pen) Arrow(from, to vg.Point) {
	const length, halfWidth = 4, 1.7 // Of the head.
	way := to.Sub(from)
	way = way.Scale(1 / vg.Length(math.Hypot(float64(way.X), float64(way.Y))))
	back, side := to.Sub(way.Scale(length)), vg.Point{X: -way.Y, Y: way.X}.Scale(halfWidth)
	p.Line(Outline, from, back)
	p.FillPolygon(Outline.Color, []vg.Point{to, back.Add(side), back.Sub(side)})
}
