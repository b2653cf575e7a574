package page

import (
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// Text is the style of all text in pictures. What the font lacks is drawn in others: see piece.
var Text = text.Style{Color: Ink, Font: textFont, Handler: handler{plot.DefaultTextHandler}}

var textFont = font.Font{Typeface: "Liberation", Variant: "Sans", Size: 8}

// Align says where a point is on a line of text: at its left end, in its middle or at its right end.
type Align = text.XAlignment

const (
	Left   Align = text.XLeft
	Center Align = text.XCenter
	Right  Align = text.XRight
)

// Heights of text.
const (
	LineHeight = vg.Length(9.5)
	CapHeight  = vg.Length(5.8) // Of capitals and digits.
)

// TextHeight returns the height of lines of text from the top of the first to the baseline of the last.
func TextHeight(lines []string) vg.Length {
	return vg.Length(len(lines)-1)*LineHeight + CapHeight
}

// TextWidth returns the width of the widest line.
func TextWidth(lines ...string) (width vg.Length) {
	for _, line := range lines {
		width = max(width, Text.Width(line))
	}
	return width
}

// Wrap breaks text at its line breaks and, where a line is wider than width, between words. A word
// that is too wide stays whole.
func Wrap(text string, width vg.Length) (lines []string) {
	if text == "" {
		return nil
	}
	for paragraph := range strings.SplitSeq(text, "\n") {
		line := ""
		for _, word := range strings.Fields(paragraph) {
			switch {
			case line == "":
				line = word
			case TextWidth(line+" "+word) <= width:
				line += " " + word
			default:
				lines, line = append(lines, line), word
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// Write writes lines of text with the top of the first at the given point.
func (p Pen) Write(top vg.Point, align Align, lines ...string) { p.WriteIn(Ink, top, align, lines...) }

// WriteIn is Write in a colour.
func (p Pen) WriteIn(ink color.Color, top vg.Point, align Align, lines ...string) {
	style := Text
	style.Color, style.XAlign = ink, align
	// FillText puts the baseline above its point by the size less the ascent.
	top.Y += style.FontExtents().Ascent - style.Font.Size - CapHeight
	for i, line := range lines {
		p.FillText(style, top.Sub(vg.Point{Y: vg.Length(i) * LineHeight}), line)
	}
}
