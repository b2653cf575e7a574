package d2l

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// panelHead is what stands above a panel: its title and, where no corner of the
// panel is free, its legend, in as many columns as the width has room for.
type panelHead struct {
	title   string
	entries []series // Of the legend.

	lines []string  // Of the title, wrapped.
	width vg.Length // Of the whole panel, with the labels of its axis.
}

// Distances within the head.
const (
	headGap    = vg.Length(5)  // Above the axis, and between title and legend.
	entryGap   = vg.Length(12) // Between columns of the legend.
	entryLead  = vg.Length(11) // From one row of the legend to the next.
	thumbWidth = vg.Length(18)
	thumbGap   = vg.Length(4)
)

// wrap breaks the title into lines for a panel on the canvas.
func (h *panelHead) wrap(c draw.Canvas) {
	h.width = c.Size().X
	h.lines = wrapped(h.title, 0.85*h.width)
}

// columns returns how many entries of the legend a row has, and their width. The
// rows are about equally long.
func (h *panelHead) columns() (count int, width vg.Length) {
	for _, e := range h.entries {
		width = max(width, thumbWidth+thumbGap+netText.Width(e.name))
	}
	most := max(1, int((h.width+entryGap)/(width+entryGap)))
	rows := (len(h.entries) + most - 1) / most
	return (len(h.entries) + rows - 1) / max(rows, 1), width
}

func (h *panelHead) legendHeight() vg.Length {
	if len(h.entries) == 0 {
		return 0
	}
	count, _ := h.columns()
	rows := (len(h.entries) + count - 1) / count
	return vg.Length(rows-1)*entryLead + capHeight + headGap
}

// height returns the height of the head.
func (h *panelHead) height() vg.Length {
	height := h.legendHeight()
	if len(h.lines) > 0 {
		height += textHeight(h.lines) + headGap
	}
	return height
}

// GlyphBoxes implements plot.GlyphBoxer: it makes room above the panel.
func (h *panelHead) GlyphBoxes(*plot.Plot) []plot.GlyphBox {
	if h.height() == 0 {
		return nil
	}
	return []plot.GlyphBox{{Y: 1, Rectangle: vg.Rectangle{Max: vg.Point{Y: h.height()}}}}
}

// Plot implements plot.Plotter.
func (h *panelHead) Plot(c draw.Canvas, _ *plot.Plot) {
	pen := pen{c}
	top := c.Max.Y + h.height()
	if len(h.lines) > 0 {
		pen.write(vg.Point{X: c.Center().X, Y: top}, h.lines...)
	}
	if len(h.entries) == 0 {
		return
	}
	count, width := h.columns()
	used := vg.Length(min(count, len(h.entries)))*(width+entryGap) - entryGap
	left := c.Min.X // If there is room, else further left.
	if left+used > c.Max.X {
		left = c.Max.X - used
	}
	for i, e := range h.entries {
		x := left + vg.Length(i%count)*(width+entryGap)
		y := c.Max.Y + h.legendHeight() - vg.Length(i/count)*entryLead
		e.Thumbnail(&draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
			Min: vg.Point{X: x, Y: y - capHeight}, Max: vg.Point{X: x + thumbWidth, Y: y},
		}})
		pen.write(vg.Point{X: x + thumbWidth + thumbGap + netText.Width(e.name)/2, Y: y}, e.name)
	}
}
