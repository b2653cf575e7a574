package d2l

import "gonum.org/v1/plot/vg"

// drawWay draws what leads from block a to b, the next: the window that a
// convolution or pooling moves over its input, lines between the ends of vectors,
// or the box of a layer that has no such picture.
func (b flowBlock) drawWay(p pen, a flowBlock) {
	switch {
	case b.op.custom:
		b.drawCustom(p, a)
	case b.op.window > 0:
		b.drawWindow(p, a)
	default:
		b.drawFan(p, a)
	}
}

// drawCustom draws an arrow into a box and one out of it.
func (b flowBlock) drawCustom(p pen, a flowBlock) {
	left, right := a.front.Max.X, b.front.Min.X-b.depth()
	middle, width, height := (left+right)/2, b.operationWidth(), 2*dataFlow.pad+capHeight
	box := vg.Rectangle{Min: vg.Point{X: middle - width/2, Y: -height / 2}, Max: vg.Point{X: middle + width/2, Y: height / 2}}
	p.shape(roundPath(box, vg.Points(3)), b.op.fill)
	p.write(vg.Point{X: middle, Y: capHeight / 2}, b.op.label)
	p.arrow(vg.Point{X: left}, vg.Point{X: box.Min.X})
	p.arrow(vg.Point{X: box.Max.X}, vg.Point{X: b.left()})
}

// drawFan draws lines from the ends of block a to those of b.
func (b flowBlock) drawFan(p pen, a flowBlock) {
	top, bottom := a.front.Max, vg.Point{X: a.front.Max.X, Y: a.front.Min.Y}
	toTop, toBottom := vg.Point{X: b.front.Min.X, Y: b.front.Max.Y}, b.front.Min
	p.line(hairline, top, toTop)
	p.line(hairline, bottom, toBottom)
	if b.op.dense { // Every number leads to every one.
		p.line(hairline, top, toBottom)
		p.line(hairline, bottom, toTop)
	}
}

// drawWindow draws one window of a's map, the point of b's that it becomes, and
// lines from the one to the other.
func (b flowBlock) drawWindow(p pen, a flowBlock) {
	_, rows, cols := b.maps()
	down, right := 0.26, 0.66
	if b.odd {
		down, right = 1-down, 1-right
	}
	row, col := int(down*float64(rows)), int(right*float64(cols))
	from := a.cells(row*b.op.stride-b.op.padding, col*b.op.stride-b.op.padding, b.op.window)
	to := b.cells(row, col, 1)
	p.line(hairline, from.Max, vg.Point{X: to.Min.X, Y: to.Max.Y})
	p.line(hairline, vg.Point{X: from.Max.X, Y: from.Min.Y}, to.Min)
	p.frame(from)
	p.frame(to)
}

// cells returns where the cells from a row and column on, size by size, are on
// the sheet in front; what is padding is left out.
func (b flowBlock) cells(row, col, size int) vg.Rectangle {
	_, rows, cols := b.maps()
	left, right := span(col, size, cols, b.front.Size().X)
	top, bottom := span(row, size, rows, b.front.Size().Y)
	corner := vg.Point{X: b.front.Min.X, Y: b.front.Max.Y}
	return vg.Rectangle{Min: corner.Add(vg.Point{X: left, Y: -bottom}), Max: corner.Add(vg.Point{X: right, Y: -top})}
}

// span returns where size cells from the first on begin and end, of count in a
// length.
func span(first, size, count int, length vg.Length) (begin, end vg.Length) {
	last := min(max(first+size, 1), count)
	first = min(max(first, 0), last-1)
	cell := length / vg.Length(count)
	begin, end = vg.Length(first)*cell, vg.Length(last)*cell
	if small := dataFlow.leastWindow - (end - begin); small > 0 {
		begin, end = begin-small/2, end+small/2
	}
	return begin, end
}
