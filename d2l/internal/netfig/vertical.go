package netfig

import (
	"strings"

	"github.com/d2l-go/book/d2l/internal/page"
	"gonum.org/v1/plot/vg"
)

// Vertical draws the stages as a column of boxes with their notations, from bottom to top.
func Vertical(stages []Stage) page.Drawing {
	const minWidth, minHeight, arrow, pad = 150, 19, 13, 10 // Of a box, and beside its text.
	width, height := vg.Length(minWidth), vg.Length(-arrow)
	lines, heights := make([][]string, len(stages)), make([]vg.Length, len(stages))
	for i, s := range stages {
		lines[i] = strings.Split(s.Notation, "\n")
		heights[i] = minHeight + page.TextHeight(lines[i]) - page.TextHeight(lines[i][:1])
		width = max(width, page.TextWidth(lines[i]...)+2*pad)
		height += heights[i] + arrow
	}
	drawing := page.Drawing{Width: width + 2*margin, Height: height + 2*margin}
	drawing.Alt = alt("Layers from bottom to top", stages)
	drawing.Paint = func(p page.Pen) {
		low := vg.Point{X: margin, Y: margin}
		center := low.X + width/2
		for i, s := range stages {
			p.Box(vg.Rectangle{Min: low, Max: low.Add(vg.Point{X: width, Y: heights[i]})}, s.Fill)
			p.Write(vg.Point{X: center, Y: low.Y + heights[i] - (minHeight-page.CapHeight)/2}, page.Center, lines[i]...)
			if i > 0 {
				p.Arrow(vg.Point{X: center, Y: low.Y - arrow}, vg.Point{X: center, Y: low.Y})
			}
			low.Y += heights[i] + arrow
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
