package d2l

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The book's formats: a solid, a dashed, a dash-dotted and a dotted line.
var defaultFmts = []string{"-", "m--", "g-.", "r:"}

// style is the look of all plots, made for a page of text.
var style = struct {
	font       font.Font
	text       vg.Length
	line       vg.Length
	axis, grid color.Color
	colors     map[byte]color.Color
}{
	font: font.Font{Typeface: "Liberation", Variant: "Sans"},
	text: vg.Points(8),
	line: vg.Points(1.25),
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

// lineStyle reads a format as the book writes it, a colour letter and a line:
// - solid, -- dashed, -. dash-dotted, : dotted.
func lineStyle(format string) (draw.LineStyle, error) {
	line := draw.LineStyle{Color: style.colors['b'], Width: style.line}
	rest := format
	if rest != "" {
		if c, ok := style.colors[rest[0]]; ok {
			line.Color, rest = c, rest[1:]
		}
	}
	switch rest {
	case "", "-":
	case "--":
		line.Dashes = []vg.Length{vg.Points(4), vg.Points(2)}
	case "-.":
		line.Dashes = []vg.Length{vg.Points(5), vg.Points(2), vg.Points(1.2), vg.Points(2)}
	case ":":
		line.Dashes = []vg.Length{vg.Points(1.2), vg.Points(1.6)}
	default:
		return line, fmt.Errorf("the format %q is none of a colour (%s) and a line (-, --, -., :)", format, "b m g r c y k")
	}
	return line, nil
}
