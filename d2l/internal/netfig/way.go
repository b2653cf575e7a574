package netfig

import (
	"image/color"

	"github.com/d2l-go/book/d2l/internal/page"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

var (
	hairline = draw.LineStyle{Color: color.Gray{0x80}, Width: 0.4}
	accent   = draw.LineStyle{Color: page.Red, Width: 0.7} // Of windows.
)

// drawWay draws what leads from block a to b, the next: a layer's box, the window that it moves over
// its input, or lines between the ends of the blocks.
func (b block) drawWay(p page.Pen, a block) {
	from, _, _ := a.maps()
	to, _, _ := b.maps()
	switch {
	case b.Box:
		b.drawBox(p, a)
	case b.Window[0] > 0 && from > 0 && to > 0:
		b.drawWindow(p, a)
	default:
		b.drawFan(p, a)
	}
}

// drawBox draws an arrow into a box and one out of it.
func (b block) drawBox(p page.Pen, a block) {
	left, right := a.front.Max.X, b.left()
	center, text := (left+right)/2, page.TextHeight(b.notation)
	half := vg.Point{X: b.notationWidth() / 2, Y: pad + text/2}
	box := vg.Rectangle{Min: vg.Point{X: center}.Sub(half), Max: vg.Point{X: center}.Add(half)}
	p.Box(box, b.Fill)
	p.Write(vg.Point{X: center, Y: text / 2}, page.Center, b.notation...)
	p.Arrow(vg.Point{X: left}, vg.Point{X: box.Min.X})
	p.Arrow(vg.Point{X: box.Max.X}, vg.Point{X: b.leftInside()})
}

// drawFan draws lines from the ends of block a to those of b.
func (b block) drawFan(p page.Pen, a block) {
	top, bottom := a.front.Max, vg.Point{X: a.front.Max.X, Y: a.front.Min.Y}
	toTop, toBottom := vg.Point{X: b.front.Min.X, Y: b.front.Max.Y}, b.front.Min
	p.Line(hairline, top, toTop)
	p.Line(hairline, bottom, toBottom)
	if b.Dense {
		p.Line(hairline, top, toBottom)
		p.Line(hairline, bottom, toTop)
	}
}

// drawWindow draws one window of a's map, the point of b's that it becomes, and lines between them.
func (b block) drawWindow(p page.Pen, a block) {
	_, rows, cols := b.maps()
	down, right := 0.26, 0.66
	if b.odd {
		down, right = 1-down, 1-right
	}
	row, col := int(down*float64(rows)), int(right*float64(cols))
	from := a.cells(row*b.Stride[0]-b.Padding[0], col*b.Stride[1]-b.Padding[1], b.Window)
	to := b.cells(row, col, [2]int{1, 1})
	p.Line(hairline, from.Max, vg.Point{X: to.Min.X, Y: to.Max.Y})
	p.Line(hairline, vg.Point{X: from.Max.X, Y: from.Min.Y}, to.Min)
	p.Frame(accent, from)
	p.Frame(accent, to)
}

// cells returns the place of some cells, size of them down and to the right, from a row and column on, on the sheet in front.
// Cells of the padding are left out.
func (b block) cells(row, col int, size [2]int) vg.Rectangle {
	_, rows, cols := b.maps()
	left, right := span(col, size[1], cols, b.front.Size().X)
	top, bottom := span(row, size[0], rows, b.front.Size().Y)
	corner := vg.Point{X: b.front.Min.X, Y: b.front.Max.Y}
	return vg.Rectangle{Min: corner.Add(vg.Point{X: left, Y: -bottom}), Max: corner.Add(vg.Point{X: right, Y: -top})}
}

// span returns where size cells from the first on begin and end, if count cells fill the length.
func span(first, size, count int, length vg.Length) (begin, end vg.Length) {
	last := min(max(first+size, 1), count)
	first = min(max(first, 0), last-1)
	cell := length / vg.Length(count)
	begin, end = vg.Length(first)*cell, vg.Length(last)*cell
	if missing := minWindow - (end - begin); missing > 0 {
		begin, end = begin-missing/2, end+missing/2
	}
	return begin, end
}
