package chart

import (
	"github.com/d2l-go/book/d2l/internal/page"
	"gonum.org/v1/plot/vg"
)

// A legend names series, each after a piece of its line.
type legend []entry

type entry struct {
	name string
	series
}

// Lengths in a legend, in points.
const (
	lineLength  = vg.Length(18) // Of the piece of a line.
	nameGap     = vg.Length(4)  // From there to the name.
	columnGap   = vg.Length(12)
	entryHeight = vg.Length(10) // From one row to the next.
)

func (l legend) columnWidth() (width vg.Length) {
	for _, e := range l {
		width = max(width, lineLength+nameGap+page.TextWidth(e.name))
	}
	return width
}

// rows returns the number of rows that the legend needs in a width.
func (l legend) rows(width vg.Length) int {
	return l.rowsOf(max(1, int((width+columnGap)/(l.columnWidth()+columnGap))))
}

// rowsOf returns the number of rows of so many columns.
func (l legend) rowsOf(columns int) int { return (len(l) + columns - 1) / columns }

// size returns the size of the legend in so many columns, down to the baseline of the last names.
func (l legend) size(columns int) vg.Point {
	if len(l) == 0 {
		return vg.Point{}
	}
	return vg.Point{
		X: vg.Length(columns)*(l.columnWidth()+columnGap) - columnGap,
		Y: vg.Length(l.rowsOf(columns)-1)*entryHeight + page.CapHeight,
	}
}

// draw draws the legend with its upper left corner at the given point.
func (l legend) draw(p page.Pen, corner vg.Point, columns int) {
	for i, e := range l {
		at := corner.Add(vg.Point{
			X: vg.Length(i%columns) * (l.columnWidth() + columnGap),
			Y: -vg.Length(i/columns) * entryHeight,
		})
		from := at.Sub(vg.Point{Y: page.CapHeight / 2})
		to := from.Add(vg.Point{X: lineLength})
		if e.line.Width > 0 {
			p.Line(e.line, from, to)
		}
		if e.dot.Radius > 0 {
			p.DrawGlyph(e.dot, from.Add(to).Scale(0.5))
		}
		p.Write(at.Add(vg.Point{X: lineLength + nameGap}), page.Left, e.name)
	}
}
