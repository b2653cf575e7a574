// Package picture says of a picture in a notebook how big it is and whether
// anything is drawn in it.
package picture

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"
	"strings"
)

// Picture is what can be said of a picture without looking at what it shows.
type Picture struct {
	// Size is the width and height in pixels, or of an SVG these two and the
	// viewBox as they are written in it.
	Size string

	// Drawn is false for a picture of one colour, and for an SVG that holds
	// nothing but white paper.
	Drawn bool
}

// Is tells whether a kind of data in a notebook, such as "image/png", is a
// picture.
func Is(kind string) bool { return strings.HasPrefix(kind, "image/") }

// Look reads a picture of a kind from the text by which a notebook keeps it. It
// fails for what is not a picture of that kind, and for kinds other than SVG, PNG,
// JPEG and GIF.
func Look(kind, text string) (Picture, error) {
	if kind == "image/svg+xml" {
		return lookSVG(text)
	}
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return Picture{}, err
	}
	img, format, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return Picture{}, err
	}
	if kind != "image/"+format {
		return Picture{}, fmt.Errorf("it is of kind image/%s", format)
	}
	size := img.Bounds().Size()
	return Picture{fmt.Sprintf("%d × %d pixels", size.X, size.Y), !oneColour(img)}, nil
}

func oneColour(img image.Image) bool {
	b := img.Bounds()
	r0, g0, b0, a0 := img.At(b.Min.X, b.Min.Y).RGBA()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if r1, g1, b1, a1 := img.At(x, y).RGBA(); r1 != r0 || g1 != g0 || b1 != b0 || a1 != a0 {
				return false
			}
		}
	}
	return true
}
