package chart

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/d2l-go/book/d2l/internal/page"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	lineWidth = vg.Length(1.25)
	dotRadius = vg.Length(1.5)
)

// colors are matplotlib's letters for colours.
var colors = map[byte]color.Color{
	'b': color.RGBA{0x1f, 0x77, 0xb4, 0xff},
	'm': color.RGBA{0xbf, 0x00, 0xbf, 0xff},
	'g': color.RGBA{0x00, 0x80, 0x00, 0xff},
	'r': page.Red,
	'c': color.RGBA{0x17, 0xa2, 0xb8, 0xff},
	'y': color.RGBA{0xbc, 0x9a, 0x00, 0xff},
	'k': color.Black,
}

// dashes are matplotlib's kinds of lines, in points drawn and left out.
var dashes = map[string][]vg.Length{"": nil, "-": nil, "--": {4, 2}, "-.": {5, 2, 1.2, 2}, ":": {1.2, 1.6}}

// defaultFmt returns the format of series i of a panel: the book's four (solid, dashed, dash-dotted,
// dotted), then other colours. The kind of line tells neighbours apart in print and for the
// colour-blind. The first 28 differ, since 7 colours and 4 lines have no common factor.
func defaultFmt(i int) string {
	const colors = "bmgrkcy"
	lines := []string{"-", "--", "-.", ":"}
	return colors[i%len(colors):][:1] + lines[i%len(lines)]
}

// lineStyle reads a format as matplotlib and the book write it: a colour letter, a line (- solid, --
// dashed, -. dash-dotted, : dotted) and o for dots. Dots alone have no line.
func lineStyle(format string) (draw.LineStyle, draw.GlyphStyle, error) {
	line := draw.LineStyle{Color: colors['b'], Width: lineWidth}
	kind := format
	if c, ok := colors[(kind + " ")[0]]; ok {
		line.Color, kind = c, kind[1:]
	}
	dot := draw.GlyphStyle{Color: line.Color, Shape: draw.CircleGlyph{}}
	rest, dots := strings.CutPrefix(kind, "o")
	if !dots {
		rest, dots = strings.CutSuffix(kind, "o")
	}
	if dots {
		dot.Radius = dotRadius * 1.2 // To be seen on the line.
		if rest == "" {
			line.Width = 0
		}
	}
	dashes, ok := dashes[rest]
	if !ok {
		const message = "the format %q is not a colour (b m g r c y k), a line (-, --, -., :) and o for dots"
		return line, dot, fmt.Errorf(message, format)
	}
	line.Dashes = dashes
	return line, dot, nil
}
