package d2l

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A legend names series, each after a piece of its line.
type legend []series

// Distances in a legend.
const (
	thumbWidth = vg.Length(18) // Of the piece of a line.
	thumbGap   = vg.Length(4)  // From there to the name.
	entryGap   = vg.Length(12) // From one column to the next.
	entryLead  = vg.Length(10) // From one row to the next.
)

func (l legend) columnWidth() (width vg.Length) {
	for _, s := range l {
		width = max(width, thumbWidth+thumbGap+netText.Width(s.name))
	}
	return width
}

// rows returns in how few rows the legend fits a width.
func (l legend) rows(width vg.Length) int {
	columns := max(1, int((width+entryGap)/(l.columnWidth()+entryGap)))
	return (len(l) + columns - 1) / columns
}

// size returns the size of the legend in so many columns, without what hangs from
// the last names.
func (l legend) size(columns int) vg.Point {
	if len(l) == 0 {
		return vg.Point{}
	}
	rows := (len(l) + columns - 1) / columns
	return vg.Point{
		X: vg.Length(columns)*(l.columnWidth()+entryGap) - entryGap,
		Y: vg.Length(rows-1)*entryLead + capHeight,
	}
}

// draw draws the legend with its upper left corner at the given point.
func (l legend) draw(c draw.Canvas, at vg.Point, columns int) {
	for i, s := range l {
		x := at.X + vg.Length(i%columns)*(l.columnWidth()+entryGap)
		y := at.Y - vg.Length(i/columns)*entryLead
		s.thumbnail(c, vg.Point{X: x, Y: y - capHeight/2})
		pen{c}.write(vg.Point{X: x + thumbWidth + thumbGap + netText.Width(s.name)/2, Y: y}, s.name)
	}
}

// thumbnail draws a piece of the line from the given point to the right.
func (s series) thumbnail(c draw.Canvas, from vg.Point) {
	to := from.Add(vg.Point{X: thumbWidth})
	if s.line.Width > 0 {
		pen{c}.line(s.line, from, to)
	}
	if s.dot.Radius > 0 {
		c.DrawGlyph(s.dot, from.Add(to).Scale(0.5))
	}
}
