package netfig

import (
	"strings"

	"github.com/d2l-go/book/d2l/internal/page"
	"gonum.org/v1/plot/vg"
)

// Vertical draws the stages as a column of boxes with their notations, from bottom to top.
func Vertical(stages []Stage) page.Drawing {
	const minWidth, height, arrow, pad = 150, 19, 13, 10 // Of a box, and beside its text.
	const step = vg.Length(height + arrow)
	width := vg.Length(minWidth)
	for _, s := range stages {
		width = max(width, page.TextWidth(s.Notation)+2*pad)
	}
	size := vg.Point{X: width + 2*margin, Y: vg.Length(len(stages))*step - arrow + 2*margin}
	return page.Drawing{Width: size.X, Height: size.Y, Alt: alt("Layers from bottom to top", stages), Paint: func(p page.Pen) {
		for i, s := range stages {
			low := vg.Point{X: margin, Y: margin + vg.Length(i)*step}
			center := low.X + width/2
			p.Box(vg.Rectangle{Min: low, Max: low.Add(vg.Point{X: width, Y: height})}, s.Fill)
			p.Write(vg.Point{X: center, Y: low.Y + (height+page.CapHeight)/2}, page.Center, s.Notation)
			if i > 0 {
				p.Arrow(vg.Point{X: center, Y: low.Y - arrow}, vg.Point{X: center, Y: low.Y})
			}
		}
	}}
}

// alt says what the layers are.
func alt(of string, stages []Stage) string {
	var notations []string
	for _, s := range stages {
		notations = append(notations, s.Notation)
	}
	return of + ": " + strings.Join(notations, ", ")
}
