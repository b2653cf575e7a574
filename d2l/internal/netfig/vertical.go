package netfig

import (
	"strings"

	"github.com/d2l-go/book/d2l/internal/page"
	"gonum.org/v1/plot/vg"
)

// Vertical draws the stages as a column of boxes with their notations, from bottom to top; several inputs side by side.
func Vertical(stages []Stage) page.Drawing {
	const minWidth, minHeight, arrow, pad = 150, 19, 13, 10 // Of a box, and beside its text.
	width, height := vg.Length(minWidth), vg.Length(-arrow)
	lines, heights := make([][]string, len(stages)), make([]vg.Length, len(stages))
	inputs, inputWidth := vg.Length(0), vg.Length(0)
	for i, s := range stages {
		lines[i] = strings.Split(s.Notation, "\n")
		heights[i] = minHeight + page.TextHeight(lines[i]) - page.TextHeight(lines[i][:1])
		textWidth := page.TextWidth(lines[i]...) + 2*pad
		if s.isInput() {
			inputs, inputWidth = inputs+1, max(inputWidth, textWidth)
			textWidth = inputs*(inputWidth+pad) - pad
		}
		if width = max(width, textWidth); inputs < 2 || !s.isInput() {
			height += heights[i] + arrow
		}
	}
	inputWidth = (width+pad)/max(inputs, 1) - pad // Of each, with gaps between them.
	drawing := page.Drawing{Width: width + 2*margin, Height: height + 2*margin}
	drawing.Alt = alt("Layers from bottom to top", stages)
	drawing.Paint = func(p page.Pen) {
		low := vg.Point{X: margin, Y: margin}
		from := []vg.Length{} // Where arrows to the next box begin.
		for i, s := range stages {
			wide := width
			if s.isInput() {
				low.X, wide = margin+vg.Length(i)*(inputWidth+pad), inputWidth
			} else {
				for _, x := range from {
					p.Arrow(vg.Point{X: x, Y: low.Y - arrow}, vg.Point{X: x, Y: low.Y})
				}
				from, low.X = nil, margin
			}
			center := low.X + wide/2
			from = append(from, center)
			p.Box(vg.Rectangle{Min: low, Max: low.Add(vg.Point{X: wide, Y: heights[i]})}, s.Fill)
			p.Write(vg.Point{X: center, Y: low.Y + heights[i] - (minHeight-page.CapHeight)/2}, page.Center, lines[i]...)
			if i+1 < len(stages) && !stages[i+1].isInput() {
				low.Y += heights[i] + arrow
			}
		}
	}
	return drawing
}

// alt says what the layers are.
func alt(of string, stages []Stage) string {
	var notations []string
	for _, s := range stages {
		notations = append(notations, strings.ReplaceAll(s.Notation, "\n", "; "))
	}
	return of + ": " + strings.Join(notations, ", ")
}
