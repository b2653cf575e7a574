package d2l

import "gonum.org/v1/plot/vg"

// A flowRow is blocks side by side, with what leads from each to the next. Its
// origin is at the left, at half the height of the sheets in front.
type flowRow struct {
	blocks                     []flowBlock
	width                      vg.Length
	captions, operations       vg.Length // Where the last text of each kind ends.
	up, down                   vg.Length // How far drawings reach up and down.
	captionsUp, operationsDown vg.Length // Heights of the texts.
}

// flowRows deals the blocks to rows. Each begins with the last block of the one
// before.
func flowRows(blocks []flowBlock) []flowRow {
	rows := []flowRow{{}}
	for i, b := range blocks {
		if !rows[len(rows)-1].add(b) {
			next := flowRow{}
			next.add(blocks[i-1])
			next.add(b)
			rows = append(rows, next)
		}
	}
	return rows
}

// add places a block at the end of the row and reports whether there was room,
// which there is for two at least.
func (r *flowRow) add(b flowBlock) bool {
	caption := textWidth(b.caption())
	x := max(0, (caption-b.width())/2)
	operations := -dataFlow.space
	if n := len(r.blocks); n > 0 {
		a := r.blocks[n-1]
		before := a.front.Max.X
		operation := b.operationWidth()
		x = max(before+b.gap(a),
			r.captions+dataFlow.space+(caption-b.width())/2,
			2*(r.operations+dataFlow.space)+operation-before) // The text is centred in the gap.
		operations = (before + x + operation) / 2
	}
	b = b.at(x)
	captions := b.centre() + caption/2
	width := max(b.front.Max.X, captions, operations)
	if len(r.blocks) >= 2 && width > dataFlow.width {
		return false
	}
	r.width, r.captions, r.operations = width, captions, operations
	r.up, r.down = max(r.up, b.front.Max.Y+b.depth()), max(r.down, -b.front.Min.Y)
	r.captionsUp = max(r.captionsUp, textHeight(b.caption()))
	if len(r.blocks) > 0 && !b.op.custom {
		r.operationsDown = max(r.operationsDown, textHeight(b.operation()))
	}
	r.blocks = append(r.blocks, b)
	return true
}

// above returns how far the row reaches up from its origin.
func (r *flowRow) above() vg.Length { return r.up + dataFlow.lead + r.captionsUp }

// below returns how far the row reaches down from its origin.
func (r *flowRow) below() vg.Length {
	if r.operationsDown == 0 {
		return r.down
	}
	return r.down + dataFlow.lead + r.operationsDown
}

// draw draws the row around the canvas' origin.
func (r *flowRow) draw(p pen) {
	for _, b := range r.blocks {
		b.draw(p)
	}
	for i, b := range r.blocks {
		p.write(vg.Point{X: b.centre(), Y: r.above()}, b.caption()...)
		if i == 0 {
			continue
		}
		a := r.blocks[i-1]
		b.drawWay(p, a)
		if !b.op.custom {
			p.write(vg.Point{X: (a.front.Max.X + b.front.Min.X - b.depth()) / 2, Y: -r.down - dataFlow.lead}, b.operation()...)
		}
	}
}
