// Package pagetest has what tests of pictures share.
package pagetest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image"
	"image/png"
	"io"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/page"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
)

// Actions returns what is done to draw a picture.
func Actions(drawing page.Drawing) []recorder.Action {
	var recorded recorder.Canvas
	drawing.Draw(draw.NewCanvas(&recorded, drawing.Width, drawing.Height))
	return recorded.Actions
}

// A Line is one line of text in a picture.
type Line struct {
	Text string
	At   vg.Rectangle
}

// Lines returns the lines of text of a picture, in the order in which they were written.
func Lines(drawing page.Drawing) (lines []Line) {
	origin, saved := vg.Point{}, []vg.Point{}
	for _, action := range Actions(drawing) {
		switch a := action.(type) {
		case *recorder.Push:
			saved = append(saved, origin)
		case *recorder.Pop:
			origin, saved = saved[len(saved)-1], saved[:len(saved)-1]
		case *recorder.Translate:
			origin = origin.Add(a.Point)
		case *recorder.FillString:
			low, size := origin.Add(a.Point), vg.Point{X: page.TextWidth(a.String), Y: page.CapHeight}
			lines = append(lines, Line{a.String, vg.Rectangle{Min: low, Max: low.Add(size)}})
		}
	}
	return lines
}

// Texts returns the texts of Lines.
func Texts(drawing page.Drawing) (texts []string) {
	for _, line := range Lines(drawing) {
		texts = append(texts, line.Text)
	}
	return texts
}

// WantReadable checks that all text is on the page and that no two lines overlap.
func WantReadable(t testing.TB, drawing page.Drawing) {
	t.Helper()
	const edge = 4 - 1e-6 // Lengths are rounded.
	const space = 2
	lines := Lines(drawing)
	for i, a := range lines {
		if a.At.Min.X < edge || a.At.Min.Y < edge || a.At.Max.X > drawing.Width-edge || a.At.Max.Y > drawing.Height-edge {
			t.Errorf("%q is at %v, too near the edge of a page of %v × %v", a.Text, a.At, drawing.Width, drawing.Height)
		}
		grown := vg.Rectangle{
			Min: a.At.Min.Sub(vg.Point{X: space, Y: space}),
			Max: a.At.Max.Add(vg.Point{X: space, Y: space}),
		}
		for _, b := range lines[:i] {
			if Overlap(grown, b.At) {
				t.Errorf("%q at %v and %q at %v overlap", b.Text, b.At, a.Text, a.At)
			}
		}
	}
}

// Overlap returns whether two rectangles have more than an edge in common.
func Overlap(a, b vg.Rectangle) bool {
	return a.Min.X < b.Max.X && b.Min.X < a.Max.X && a.Min.Y < b.Max.Y && b.Min.Y < a.Max.Y
}

// WantSVG checks that svg is well-formed, names the type of its pictures, PNG, and contains all texts.
func WantSVG(t testing.TB, svg []byte, texts ...string) {
	t.Helper()
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		d2ltest.NoError(t, err)
	}
	d2ltest.WantParts(t, string(svg), texts...)
	const pictures = `<image`
	if n := bytes.Count(svg, []byte(pictures)); n != bytes.Count(svg, []byte(` xlink:href="data:image/png;base64,iVBOR`)) {
		t.Errorf("of %d pictures not all are PNG", n)
	}
}

// WantPNG checks the size of a PNG in pixels.
func WantPNG(t testing.TB, content []byte, width, height int) {
	t.Helper()
	picture := d2ltest.Must(png.Decode(bytes.NewReader(content)))(t)
	if size := picture.Bounds().Size(); size != image.Pt(width, height) {
		t.Errorf("the PNG is %v, expected %d × %d", size, width, height)
	}
}
