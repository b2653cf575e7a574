package d2l

import (
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A pen draws the parts of which pictures of nets are made.
type pen struct{ draw.Canvas }

// Lines of a picture of a net.
var (
	outline  = draw.LineStyle{Color: style.axis, Width: vg.Points(0.5)}
	hairline = draw.LineStyle{Color: color.Gray{0x80}, Width: vg.Points(0.4)}
	accent   = draw.LineStyle{Color: style.colors['r'], Width: vg.Points(0.7)}
)

// netText is the text in pictures of nets, centred.
var netText = text.Style{
	Color: style.axis, Font: font.From(style.font, style.text),
	XAlign: text.XCenter, Handler: &text.Plain{Fonts: font.DefaultCache},
}

// Heights of netText.
var (
	lineHeight = vg.Points(9.5)
	capHeight  = vg.Points(5.8) // Of capitals and digits.
)

// textHeight returns the height of lines of text, without what hangs from the
// last one.
func textHeight(lines []string) vg.Length {
	return vg.Length(len(lines)-1)*lineHeight + capHeight
}

// textWidth returns the width of the widest line.
func textWidth(lines []string) (width vg.Length) {
	for _, line := range lines {
		width = max(width, netText.Width(line))
	}
	return width
}

// wrapped breaks text at its line breaks and, where a line is wider than width,
// between words; a word that is too wide stays whole.
func wrapped(text string, width vg.Length) (lines []string) {
	if text == "" {
		return nil
	}
	for _, given := range strings.Split(text, "\n") {
		line := ""
		for _, word := range strings.Fields(given) {
			switch {
			case line == "":
				line = word
			case netText.Width(line+" "+word) <= width:
				line += " " + word
			default:
				lines, line = append(lines, line), word
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// write writes lines of text, the first with its top at the given point.
func (p pen) write(top vg.Point, lines ...string) {
	// gonum puts the baseline above its point by what the size exceeds the ascent.
	top.Y += netText.FontExtents().Ascent - netText.Font.Size - capHeight
	for i, line := range lines {
		p.FillText(netText, top.Sub(vg.Point{Y: vg.Length(i) * lineHeight}), line)
	}
}

// shape fills and outlines what a path goes around.
func (p pen) shape(path vg.Path, fill color.Color) {
	p.SetColor(fill)
	p.Fill(path)
	p.SetLineStyle(outline)
	p.Stroke(path)
}

// roundPath returns the path around a rectangle with round corners.
func roundPath(r vg.Rectangle, radius vg.Length) (path vg.Path) {
	inner := vg.Rectangle{Min: r.Min.Add(vg.Point{X: radius, Y: radius}), Max: r.Max.Sub(vg.Point{X: radius, Y: radius})}
	path.Move(vg.Point{X: inner.Min.X, Y: r.Min.Y})
	path.Line(vg.Point{X: inner.Max.X, Y: r.Min.Y})
	path.QuadTo(vg.Point{X: r.Max.X, Y: r.Min.Y}, vg.Point{X: r.Max.X, Y: inner.Min.Y})
	path.Line(vg.Point{X: r.Max.X, Y: inner.Max.Y})
	path.QuadTo(r.Max, vg.Point{X: inner.Max.X, Y: r.Max.Y})
	path.Line(vg.Point{X: inner.Min.X, Y: r.Max.Y})
	path.QuadTo(vg.Point{X: r.Min.X, Y: r.Max.Y}, vg.Point{X: r.Min.X, Y: inner.Max.Y})
	path.Line(vg.Point{X: r.Min.X, Y: inner.Min.Y})
	path.QuadTo(r.Min, vg.Point{X: inner.Min.X, Y: r.Min.Y})
	path.Close()
	return path
}

// frame outlines a window.
func (p pen) frame(r vg.Rectangle) {
	p.SetLineStyle(accent)
	p.Stroke(r.Path())
}

// line draws a straight line.
func (p pen) line(s draw.LineStyle, from, to vg.Point) {
	p.StrokeLine2(s, from.X, from.Y, to.X, to.Y)
}

// arrow draws a line with a head at its end.
func (p pen) arrow(from, to vg.Point) {
	const length, width = 4, 1.7 // Of the head, and half its width.
	way := to.Sub(from)
	way = way.Scale(1 / vg.Length(math.Hypot(float64(way.X), float64(way.Y))))
	back := to.Sub(way.Scale(length))
	side := vg.Point{X: -way.Y, Y: way.X}.Scale(width)
	p.line(outline, from, back)
	p.FillPolygon(outline.Color, []vg.Point{to, back.Add(side), back.Sub(side)})
}
