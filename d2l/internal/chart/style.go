package chart

import (
	"fmt"
	"image/color"
	"strconv"
	"strings"

	"github.com/d2l-go/book/d2l/internal/page"
	"golang.org/x/image/colornames"
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

// cutColor returns the colour that a format begins with, blue if it has none, and the rest. A colour is one of
// matplotlib's letters, #rrggbb, or a name of CSS, such as orange; of several names that fit, the longest.
func cutColor(format string) (color.Color, string) {
	if value, err := strconv.ParseUint(strings.TrimPrefix(format[:min(7, len(format))], "#"), 16, 32); err == nil &&
		len(format) >= 7 && format[0] == '#' {
		return color.RGBA{uint8(value >> 16), uint8(value >> 8), uint8(value), 0xff}, format[7:]
	}
	for n := len(format); n > 1; n-- {
		if named, ok := colornames.Map[format[:n]]; ok {
			return named, format[n:]
		}
	}
	if c, ok := colors[(format + " ")[0]]; ok {
		return c, format[1:]
	}
	return colors['b'], format
}

// lineStyle reads a format as matplotlib and the book write it: a colour, a line (- solid, --
// dashed, -. dash-dotted, : dotted) and o for dots. Dots alone have no line.
func lineStyle(format string) (draw.LineStyle, draw.GlyphStyle, error) {
	stroke, kind := cutColor(format)
	line := draw.LineStyle{Color: stroke, Width: lineWidth}
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
		const message = "the format %q is not a colour (b m g r c y k, #rrggbb or a name), a line (-, --, -., :) and o for dots"
		return line, dot, fmt.Errorf(message, format)
	}
	line.Dashes = dashes
	return line, dot, nil
}
