package netfig

import (
	"math"
	"strings"

	"github.com/d2l-go/book/d2l/internal/page"
	"gonum.org/v1/plot/vg"
)

// A block is a stage in the data flow: a stack of sheets, each a step further up and left than the
// one before it, or a bar, which is a single sheet.
type block struct {
	Stage
	caption, notation []string // Lines above the block, and below what leads to it.
	sheets            int
	step              vg.Length
	front             vg.Rectangle // The sheet in front; its middle is at height 0.
	odd               bool         // Where windows are drawn alternates from stage to stage.
}

// blocks returns the drawings of stages, all at x = 0.
func blocks(stages []Stage) []block {
	var sides, lengths []int
	for _, s := range stages {
		if count, rows, cols := s.maps(); count > 0 {
			sides = append(sides, rows, cols)
		} else {
			lengths = append(lengths, rows)
		}
	}
	side, length := scale(sides, minMap, maxMap), scale(lengths, minBar, maxBar)
	all := make([]block, len(stages))
	for i, s := range stages {
		notation := strings.Split(strings.ReplaceAll(s.Notation, ", ", ",\n"), "\n")
		if parts := strings.Split(s.Notation, "\n"); len(parts) > 1 { // A block, whose parts have a line each.
			notation = nil
			for _, part := range parts {
				notation = append(notation, page.Wrap(part, maxPart)...)
			}
		}
		b := block{Stage: s, caption: []string{s.Name, s.size()}, notation: notation, sheets: 1, odd: i%2 == 1}
		width, height := barWidth, vg.Length(0)
		if count, rows, cols := s.maps(); count > 0 {
			b.sheets = min(count, maxSheets)
			b.step = min(maxStep, maxDepth/vg.Length(max(b.sheets-1, 1)))
			width, height = side(cols), side(rows)
		} else {
			height = length(rows)
		}
		b.front = vg.Rectangle{Min: vg.Point{Y: -height / 2}, Max: vg.Point{X: width, Y: height / 2}}
		all[i] = b.at(0)
	}
	return all
}

// scale returns the length at which each of some sizes is drawn: the largest at maxLength, the
// others in proportion to the size, or to its power where the smallest would get less than minLength.
func scale(sizes []int, minLength, maxLength vg.Length) func(int) vg.Length {
	minSize, maxSize := math.Inf(1), 0.0
	for _, size := range sizes {
		minSize, maxSize = min(minSize, float64(size)), max(maxSize, float64(size))
	}
	power := 1.0
	if minSize < maxSize {
		power = min(1, math.Log(float64(maxLength/minLength))/math.Log(maxSize/minSize))
	}
	return func(size int) vg.Length { return maxLength * vg.Length(math.Pow(float64(size)/maxSize, power)) }
}

// at returns the block with its left side at x.
func (b block) at(x vg.Length) block {
	b.front = b.front.Add(vg.Point{X: x + b.depth() - b.front.Min.X})
	return b
}

// depth returns how far the last sheet is behind the first, to the left and up.
func (b block) depth() vg.Length { return vg.Length(b.sheets-1) * b.step }

func (b block) width() vg.Length  { return b.front.Size().X + b.depth() }
func (b block) left() vg.Length   { return b.front.Min.X - b.depth() }
func (b block) center() vg.Length { return b.front.Max.X - b.width()/2 }

// leftInside returns where the block begins at height 0.
func (b block) leftInside() vg.Length {
	if b.sheets == 1 {
		return b.front.Min.X
	}
	behind := min(float64(b.sheets-1), math.Floor(float64(b.front.Max.Y/b.step)))
	return b.front.Min.X - vg.Length(behind)*b.step
}

// notationWidth returns the width of the notation, with the box around it if it has one.
func (b block) notationWidth() vg.Length {
	width := page.TextWidth(b.notation...)
	if b.Box {
		width += 2 * pad
	}
	return width
}

// gapAfter returns the room that the way from block a to b needs.
func (b block) gapAfter(a block) vg.Length {
	if b.Box {
		return b.notationWidth() + 2*arrow
	}
	// Between narrow blocks it is the text that needs the room.
	return max(minGap, b.notationWidth()+space-(a.width()+b.width())/2)
}

// draw draws the block without its texts.
func (b block) draw(p page.Pen) {
	for i := b.sheets - 1; i >= 0; i-- {
		behind := vg.Length(i) * b.step
		p.Shape(b.front.Add(vg.Point{X: -behind, Y: behind}).Path(), b.Fill)
	}
	if count, units, _ := b.maps(); count == 0 && units <= maxCells {
		cell := b.front.Size().Y / vg.Length(units)
		for i := 1; i < units; i++ {
			y := b.front.Min.Y + vg.Length(i)*cell
			p.Line(page.Outline, vg.Point{X: b.front.Min.X, Y: y}, vg.Point{X: b.front.Max.X, Y: y})
		}
	}
}
