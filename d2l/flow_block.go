package d2l

import (
	"math"

	"gonum.org/v1/plot/vg"
)

// A flowBlock is a stage as DrawDataFlow shows it: a stack of sheets, each a
// step further up and left than the one it is behind, or a bar, a single sheet.
type flowBlock struct {
	stage
	sheets int
	step   vg.Length
	front  vg.Rectangle // The sheet in front; its middle is at height 0.
	odd    bool         // Of every other stage: where windows are drawn alternates.
}

// flowBlocks returns the drawings of stages, all at x = 0.
func flowBlocks(stages []stage) []flowBlock {
	var sides, lengths []int
	for _, s := range stages {
		if count, rows, cols := s.maps(); count > 0 {
			sides = append(sides, rows, cols)
		} else {
			lengths = append(lengths, s.units())
		}
	}
	side := flowScale(sides, dataFlow.leastMap, dataFlow.greatestMap)
	length := flowScale(lengths, dataFlow.leastBar, dataFlow.greatestBar)
	blocks := make([]flowBlock, len(stages))
	for i, s := range stages {
		b := flowBlock{stage: s, sheets: 1, odd: i%2 == 1}
		width, height := dataFlow.bar, vg.Length(0)
		if count, rows, cols := s.maps(); count > 0 {
			b.sheets = min(count, dataFlow.sheets)
			b.step = min(dataFlow.step, dataFlow.depth/vg.Length(max(b.sheets-1, 1)))
			width, height = side(cols), side(rows)
		} else {
			height = length(s.units())
		}
		b.front = vg.Rectangle{Min: vg.Point{Y: -height / 2}, Max: vg.Point{X: width, Y: height / 2}}
		blocks[i] = b.at(0)
	}
	return blocks
}

// flowScale returns how long each of some sizes is drawn: the greatest as long
// as may be, the others in proportion, or, where that would make the least too
// short, in proportion to the power of the size that does not.
func flowScale(sizes []int, shortest, longest vg.Length) func(int) vg.Length {
	least, greatest := math.Inf(1), 0.0
	for _, size := range sizes {
		least, greatest = min(least, float64(size)), max(greatest, float64(size))
	}
	power := 1.0
	if least < greatest {
		power = min(1, math.Log(float64(longest/shortest))/math.Log(greatest/least))
	}
	return func(size int) vg.Length { return longest * vg.Length(math.Pow(float64(size)/greatest, power)) }
}

// at returns the block with its left side at x.
func (b flowBlock) at(x vg.Length) flowBlock {
	b.front = b.front.Add(vg.Point{X: x + b.depth() - b.front.Min.X})
	return b
}

// depth returns how far the last sheet is behind the first, to the left and up.
func (b flowBlock) depth() vg.Length { return vg.Length(b.sheets-1) * b.step }

// width returns the width of the whole block.
func (b flowBlock) width() vg.Length { return b.front.Size().X + b.depth() }

// centre returns the middle of the whole block.
func (b flowBlock) centre() vg.Length { return b.front.Max.X - b.width()/2 }

// left returns where the block begins at height 0.
func (b flowBlock) left() vg.Length {
	if b.sheets == 1 {
		return b.front.Min.X
	}
	behind := min(float64(b.sheets-1), math.Floor(float64(b.front.Max.Y/b.step)))
	return b.front.Min.X - vg.Length(behind)*b.step
}

// caption returns the text above the block.
func (b flowBlock) caption() []string { return []string{b.name, b.size()} }

// operation returns the text below what leads to the block.
func (b flowBlock) operation() []string {
	lines := append([]string{b.op.label}, b.op.details...)
	for i := range lines[1:] {
		lines[i] += ","
	}
	return lines
}

// gap returns how much room the way from block a to b, the next, takes at least.
func (b flowBlock) gap(a flowBlock) vg.Length {
	if b.op.custom {
		return b.operationWidth() + 2*dataFlow.arrow
	}
	// Between narrow blocks it is the text that needs the room.
	return max(dataFlow.gap, b.operationWidth()+dataFlow.space-(a.width()+b.width())/2)
}

// operationWidth returns the width of the operation's text, with the box around
// it if it has one.
func (b flowBlock) operationWidth() vg.Length {
	width := textWidth(b.operation())
	if b.op.custom {
		width += 2 * dataFlow.pad
	}
	return width
}

// draw draws the block, without its caption.
func (b flowBlock) draw(p pen) {
	for i := b.sheets - 1; i >= 0; i-- {
		behind := vg.Length(i) * b.step
		p.shape(b.front.Add(vg.Point{X: -behind, Y: behind}).Path(), b.op.fill)
	}
	if units := b.units(); len(b.shape) < 2 && units <= dataFlow.cells {
		cell := b.front.Size().Y / vg.Length(units)
		for i := 1; i < units; i++ {
			y := b.front.Min.Y + vg.Length(i)*cell
			p.line(outline, vg.Point{X: b.front.Min.X, Y: y}, vg.Point{X: b.front.Max.X, Y: y})
		}
	}
}
