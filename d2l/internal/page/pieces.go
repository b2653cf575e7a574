package page

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l/internal/report"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
)

// ownFont is the font of all text as far as it has the characters.
var ownFont = plot.DefaultTextHandler.Cache().Lookup(textFont, textFont.Size).Face

// A piece is a part of a line of text: as much as the pictures' own font has, or one other character.
type piece struct {
	text  string
	face  font.Face // Without a Face if no font has the character: it is a box.
	width vg.Length
}

// pieces splits a line of text in the pictures' own font.
func pieces(line string, own font.Font) (all []piece) {
	face := font.Face{Font: own, Face: ownFont}
	begin := 0
	add := func(end int) {
		if begin < end {
			all = append(all, piece{line[begin:end], face, face.Width(line[begin:end])})
		}
	}
	line = strings.ToValidUTF8(line, "\ufffd")
	for i, r := range line {
		if has(ownFont, r) && !ignorable(r) {
			continue
		}
		add(i)
		begin = i + len(string(r))
		if ignorable(r) {
			continue
		}
		p := piece{text: string(r), face: font.Face{Font: own, Face: system.with(r, line)}}
		switch {
		case p.face.Face != nil:
			p.width = p.face.Width(p.text)
		case wide(r):
			p.width = own.Size
		default:
			p.width = 0.6 * own.Size
		}
		all = append(all, p)
	}
	add(len(line))
	return all
}

// handler measures and aligns text of several fonts; the rest is gonum's.
type handler struct{ text.Handler }

// Box returns the size of a line.
func (h handler) Box(line string, own font.Font) (width, height, depth vg.Length) {
	_, height, depth = h.Handler.Box(line, own)
	for _, p := range pieces(line, own) {
		width += p.width
	}
	return width, height, depth
}

// Draw draws text, which gonum aligns as if it were all in one font.
func (h handler) Draw(c vg.Canvas, text string, style text.Style, at vg.Point) {
	inOne := style
	inOne.Handler = h.Handler
	shift := vg.Length(style.XAlign) * (style.Width(text) - inOne.Width(text))
	sin, cos := math.Sincos(style.Rotation)
	at.X += shift * vg.Length(cos)
	at.Y += shift * vg.Length(sin)
	h.Handler.Draw(c, text, style, at)
}

// A pngCanvas draws text piece by piece. (In an SVG the viewer finds the fonts.)
type pngCanvas struct {
	vgimg.PngCanvas
	missing map[rune]bool // Characters that no font has.
}

// FillString draws a line of text.
func (c pngCanvas) FillString(own font.Face, at vg.Point, line string) {
	for _, p := range pieces(line, own.Font) {
		if p.face.Face != nil {
			c.PngCanvas.FillString(p.face, at, p.text)
		} else {
			c.missing[[]rune(p.text)[0]] = true
			c.fillFrame(vg.Rectangle{Min: at, Max: at.Add(vg.Point{X: p.width, Y: 0.9 * own.Font.Size})})
		}
		at.X += p.width
	}
}

// fillFrame draws the box of a missing character into its place, by filling, which leaves the style of lines alone.
func (c pngCanvas) fillFrame(place vg.Rectangle) {
	const gap, edge = 0.5, 0.5
	place.Min.X += gap
	place.Max.X -= gap
	size := place.Size()
	for _, side := range []vg.Rectangle{
		{Max: vg.Point{X: size.X, Y: edge}}, {Min: vg.Point{Y: size.Y - edge}, Max: size},
		{Max: vg.Point{X: edge, Y: size.Y}}, {Min: vg.Point{X: size.X - edge}, Max: size},
	} {
		c.Fill(side.Add(place.Min).Path())
	}
}

// warn says which characters are missing, and what to install.
func (c pngCanvas) warn() {
	if len(c.missing) == 0 {
		return
	}
	characters := slices.Sorted(maps.Keys(c.missing))
	pack := "fonts-noto-core"
	if slices.ContainsFunc(characters, func(r rune) bool { return wide(r) && r < 0x1f000 }) {
		pack = "fonts-noto-cjk"
	}
	more := ""
	if len(characters) > 20 {
		characters, more = characters[:20], " …"
	}
	const message = "d2l: no font here that Go can read has these characters, so each is a box in the PNG of a figure: " +
		"%c%s; install one that has (on Debian: apt install %s)"
	report.WarnOnce(fmt.Sprintf(message, characters, more, pack))
}
