package chart

import (
	"github.com/d2l-go/book/d2l/internal/page"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A head is what stands above a panel: its title and, if it is not inside, the legend. The panels of a
// row have heads of one height.
type head struct {
	title                     []string // Lines.
	legend                    legend
	width                     vg.Length // Of the whole panel, with the labels of its axis.
	columns                   int       // Of the legend.
	titleHeight, legendHeight vg.Length // With the gap below; 0 where no panel of the row has any.
}

// headGap is the distance from the title to the legend, and from these to the panel.
const headGap = vg.Length(5)

// setHead fits the head to the width of the whole panel, and puts the legend into it or into the panel.
func (p *panel) setHead(width vg.Length, legendAbove bool) {
	p.head.width, p.head.title = width, page.Wrap(p.title, 0.85*width)
	p.head.legend, p.inset.legend = nil, p.legend
	if legendAbove {
		p.head.legend, p.inset.legend = p.legend, nil
	}
}

// alignHeads gives the heads of a row one height, and their legends as many rows.
func alignHeads(row []*panel) {
	var title, legend vg.Length
	rows := 1
	for _, p := range row {
		if len(p.head.title) > 0 {
			title = max(title, page.TextHeight(p.head.title)+headGap)
		}
		rows = max(rows, p.head.legend.rows(p.head.width))
	}
	for _, p := range row {
		p.head.columns = (len(p.head.legend) + rows - 1) / rows
		if len(p.head.legend) > 0 {
			legend = max(legend, p.head.legend.size(p.head.columns).Y+headGap)
		}
	}
	for _, p := range row {
		p.head.titleHeight, p.head.legendHeight = title, legend
	}
}

// GlyphBoxes implements plot.GlyphBoxer: it makes room above the panel.
func (h *head) GlyphBoxes(*plot.Plot) []plot.GlyphBox {
	return []plot.GlyphBox{{Y: 1, Rectangle: vg.Rectangle{Max: vg.Point{Y: h.titleHeight + h.legendHeight}}}}
}

// Plot implements plot.Plotter.
func (h *head) Plot(c draw.Canvas, _ *plot.Plot) {
	pen := page.Pen{Canvas: c}
	pen.Write(vg.Point{X: c.Center().X, Y: c.Max.Y + h.titleHeight + h.legendHeight}, page.Center, h.title...)
	// From the panel's left edge if there is room, else further left.
	left := min(c.Min.X, c.Max.X-h.legend.size(h.columns).X)
	h.legend.draw(pen, vg.Point{X: left, Y: c.Max.Y + h.legendHeight}, h.columns)
}
