package netfig

import (
	"github.com/d2l-go/book/d2l/internal/page"
	"gonum.org/v1/plot/vg"
)

// Lengths in a data flow, in points.
const (
	maxWidth          = vg.Length(524) // Of a row.
	rowGap            = vg.Length(22)  // Between rows.
	margin            = vg.Length(8)   // Around all, in both kinds of pictures.
	minGap            = vg.Length(22)  // Between blocks.
	space             = vg.Length(8)   // Between texts side by side.
	lead              = vg.Length(9)   // Between texts and drawings.
	arrow             = vg.Length(11)
	pad               = vg.Length(5)                 // Around the text of a box.
	minMap, maxMap    = vg.Length(15), vg.Length(62) // Side of a feature map.
	maxStep, maxDepth = vg.Length(3), vg.Length(22)  // From one sheet to the next, and of all.
	minBar, maxBar    = vg.Length(28), vg.Length(92) // Height of a vector.
	maxPart           = vg.Length(150)               // Of a line about a part of a block.
	barWidth          = vg.Length(8)
	minWindow         = vg.Length(2)
	maxSheets         = 16 // Feature maps drawn.
	maxCells          = 12 // Numbers of a vector drawn one by one.
)

// DataFlow draws how an example flows through the stages, in as many rows as these need.
func DataFlow(stages []Stage) page.Drawing {
	rows := deal(blocks(stages))
	width, height := vg.Length(0), -rowGap
	for _, r := range rows {
		width = max(width, r.width)
		height += r.above() + r.below() + rowGap
	}
	return page.Drawing{Width: width + 2*margin, Height: height + 2*margin, Alt: alt("Data flow", stages), Paint: func(p page.Pen) {
		y := p.Max.Y - margin
		for _, r := range rows {
			y -= r.above()
			p.Push()
			p.Translate(vg.Point{X: margin, Y: y})
			r.draw(p)
			p.Pop()
			y -= r.below() + rowGap
		}
	}}
}

// A row is blocks side by side, with what leads from each to the next. Its origin is at the left, at
// half the height of the sheets in front.
type row struct {
	blocks              []block
	width               vg.Length
	captions, notations vg.Length // Where the last text of each kind ends.
	up, down            vg.Length // How far drawings reach up and down.
	notationHeight      vg.Length
}

// deal distributes the blocks to rows. Each begins with the last block of the one before.
func deal(blocks []block) []row {
	rows := []row{{}}
	for i, b := range blocks {
		if !rows[len(rows)-1].add(b) {
			next := row{}
			next.add(blocks[i-1])
			next.add(b)
			rows = append(rows, next)
		}
	}
	return rows
}

// add places a block at the end of the row. It reports whether there was room; for two there is always.
func (r *row) add(b block) bool {
	caption := page.TextWidth(b.caption...)
	x := max(0, (caption-b.width())/2)
	notations := -space
	if n := len(r.blocks); n > 0 && b.isInput() {
		x = max(r.blocks[n-1].front.Max.X+minGap, r.captions+space+(caption-b.width())/2)
	} else if n > 0 {
		a := r.blocks[n-1]
		before, notation := a.front.Max.X, b.notationWidth()
		x = max(before+b.gapAfter(a),
			r.captions+space+(caption-b.width())/2,
			2*(r.notations+space)+notation-before) // The text is centred in the gap.
		notations = (before + x + notation) / 2
	}
	b = b.at(x)
	captions := b.center() + caption/2
	width := max(b.front.Max.X, captions, notations)
	if len(r.blocks) >= 2 && width > maxWidth {
		return false
	}
	notation := page.TextHeight(b.notation)
	r.up, r.down = max(r.up, b.front.Max.Y+b.depth()), max(r.down, -b.front.Min.Y)
	switch {
	case b.Box:
		r.up, r.down = max(r.up, notation/2), max(r.down, notation/2)
	case len(r.blocks) > 0 && !b.isInput():
		r.notationHeight = max(r.notationHeight, notation)
	}
	r.blocks = append(r.blocks, b)
	r.width, r.captions, r.notations = width, captions, notations
	return true
}

// above returns how far the row reaches up from its origin.
func (r row) above() vg.Length { return r.up + lead + page.TextHeight(r.blocks[0].caption) }

// below returns how far the row reaches down from its origin.
func (r row) below() vg.Length {
	if r.notationHeight == 0 {
		return r.down
	}
	return r.down + lead + r.notationHeight
}

// draw draws the row around the canvas' origin.
func (r row) draw(p page.Pen) {
	for _, b := range r.blocks {
		b.draw(p)
	}
	for i, b := range r.blocks {
		p.Write(vg.Point{X: b.center(), Y: r.above()}, page.Center, b.caption...)
		if i == 0 || b.isInput() {
			continue
		}
		a := r.blocks[i-1]
		b.drawWay(p, a)
		if !b.Box {
			p.Write(vg.Point{X: (a.front.Max.X + b.left()) / 2, Y: -r.down - lead}, page.Center, b.notation...)
		}
	}
}
