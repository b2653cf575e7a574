// Package page has what all pictures share: text in one font and size, a pen for boxes, lines and
// arrows, and the finished drawing as SVG or PNG.
package page

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// DPI is the number of a page's pixels per inch. A PNG has twice as many.
const DPI = 96

// Limits of a picture's PNG, in pixels: a side is shorter than MaxSide, as in matplotlib, and all pixels are at
// most MaxPixels, which take 256 MiB.
const (
	MaxSide   = 1 << 16
	MaxPixels = 1 << 26
)

// A Drawing is a picture on white paper.
type Drawing struct {
	Width, Height vg.Length
	Paint         func(Pen) // Paints on a white canvas of that size.
	Alt           string    // What it shows, in words, for those who do not see it.
}

// CheckSize returns an error for a picture, in points, whose PNG would have too many pixels.
func CheckSize(width, height vg.Length) error {
	const perPoint = 2 * DPI / vg.Inch
	if w, h := width*perPoint, height*perPoint; !(w < MaxSide && h < MaxSide && w*h <= MaxPixels) {
		const message = "a figure of %.6g × %.6g inches would have %.0f × %.0f pixels, %d an inch: at most %.0f × %.0f " +
			"inches, or another size of as many pixels with sides below %d, can be drawn"
		square := math.Floor(math.Sqrt(MaxPixels) / (2 * DPI))
		return fmt.Errorf(message, width/vg.Inch, height/vg.Inch, w, h, 2*DPI, square, square, MaxSide)
	}
	return nil
}

// WithText returns the picture with lines of text below it.
func (d Drawing) WithText(lines ...string) Drawing {
	below := TextHeight(lines) + LineHeight
	return Drawing{Width: d.Width, Height: d.Height + below, Alt: d.Alt, Paint: func(pen Pen) {
		top := vg.Point{X: pen.Center().X, Y: pen.Min.Y + below - LineHeight/2}
		pen.Write(top, Center, lines...)
		d.Paint(Pen{draw.Crop(pen.Canvas, 0, 0, below, 0)})
	}}
}

// Draw draws the picture on a canvas of its size.
func (d Drawing) Draw(canvas draw.Canvas) {
	canvas.SetColor(color.White)
	canvas.Fill(canvas.Rectangle.Path())
	d.Paint(Pen{canvas})
}

// SVG returns the picture as an SVG document.
func (d Drawing) SVG() ([]byte, error) {
	canvas := vgsvg.New(d.Width, d.Height)
	svg, err := d.encode(canvas, canvas)
	// A browser without the first family would fall back to a serif font.
	const family, families = "font-family:Liberation Sans;", "font-family:'Liberation Sans',Arial,Helvetica,sans-serif;"
	svg = bytes.ReplaceAll(svg, []byte(family), []byte(families))
	// gonum calls its PNG pictures JPEG. Browsers look at the content, but other programs leave such pictures out.
	const wrong, right = ` xlink:href="data:image/jpg;base64,`, ` xlink:href="data:image/png;base64,`
	return bytes.ReplaceAll(svg, []byte(wrong), []byte(right)), err
}

// PNG returns the picture as a PNG image of 2·DPI pixels per inch. Of characters that no font has it says so on
// standard error.
func (d Drawing) PNG() ([]byte, error) {
	image := vgimg.NewWith(vgimg.UseWH(d.Width, d.Height), vgimg.UseDPI(2*DPI))
	canvas := pngCanvas{vgimg.PngCanvas{Canvas: image}, map[rune]bool{}}
	defer canvas.warn()
	return d.encode(canvas, canvas)
}

func (d Drawing) encode(canvas vg.CanvasSizer, file io.WriterTo) ([]byte, error) {
	d.Draw(draw.New(canvas))
	var content bytes.Buffer
	if _, err := file.WriteTo(&content); err != nil {
		return nil, fmt.Errorf("drawing the figure: %w", err)
	}
	return content.Bytes(), nil
}
