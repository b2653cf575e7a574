package d2l

import (
	"fmt"
	"image/color"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// defaultFmt returns the format of series i of a panel: the book's four, which are a solid,
// a dashed, a dash-dotted and a dotted line, and then other colours of these. The
// kind of line tells neighbours apart in print and for the colour-blind. No two
// of the first 28 are the same, since 7 colours and 4 lines have no common
// factor.
func defaultFmt(i int) string {
	const colors = "bmgrkcy"
	lines := []string{"-", "--", "-.", ":"}
	return colors[i%len(colors):][:1] + lines[i%len(lines)]
}

// style is the look of all plots, made for a page of text.
var style = struct {
	font       font.Font
	text       vg.Length
	line, dot  vg.Length // Width of a line, radius of a dot.
	axis, grid color.Color
	colors     map[byte]color.Color
}{
	font: font.Font{Typeface: "Liberation", Variant: "Sans"},
	text: vg.Points(8),
	line: vg.Points(1.25),
	dot:  vg.Points(1.5),
	axis: color.Gray{0x40},
	grid: color.Gray{0xd8},
	colors: map[byte]color.Color{
		'b': color.RGBA{0x1f, 0x77, 0xb4, 0xff},
		'm': color.RGBA{0xbf, 0x00, 0xbf, 0xff},
		'g': color.RGBA{0x00, 0x80, 0x00, 0xff},
		'r': color.RGBA{0xd6, 0x27, 0x28, 0xff},
		'c': color.RGBA{0x17, 0xa2, 0xb8, 0xff},
		'y': color.RGBA{0xbc, 0x9a, 0x00, 0xff},
		'k': color.Black,
	},
}

// lineStyle reads a format as matplotlib and the book write it: a colour letter, a
// line (- solid, -- dashed, -. dash-dotted, : dotted) and o for dots. Dots alone
// have no line.
func lineStyle(format string) (draw.LineStyle, draw.GlyphStyle, error) {
	line := draw.LineStyle{Color: style.colors['b'], Width: style.line}
	rest := format
	if rest != "" {
		if c, ok := style.colors[rest[0]]; ok {
			line.Color, rest = c, rest[1:]
		}
	}
	dot := draw.GlyphStyle{Color: line.Color, Shape: draw.CircleGlyph{}}
	kind := strings.TrimPrefix(rest, "o")
	if kind == rest {
		kind = strings.TrimSuffix(rest, "o")
	}
	dots := kind != rest
	if dots {
		dot.Radius = style.dot * 1.2 // To be seen on the line.
	}
	switch kind {
	case "":
		if dots {
			line.Width = 0
		}
	case "-":
	case "--":
		line.Dashes = []vg.Length{vg.Points(4), vg.Points(2)}
	case "-.":
		line.Dashes = []vg.Length{vg.Points(5), vg.Points(2), vg.Points(1.2), vg.Points(2)}
	case ":":
		line.Dashes = []vg.Length{vg.Points(1.2), vg.Points(1.6)}
	default:
		return line, dot, fmt.Errorf("the format %q is none of a colour (%s), a line (-, --, -., :) and o for dots", format, "b m g r c y k")
	}
	return line, dot, nil
}
