package page

import (
	"image"

	"golang.org/x/image/draw"
	"gonum.org/v1/plot/vg"
)

// Enlarge repeats the pixels of a small picture: a viewer that enlarges it would blur it.
func Enlarge(picture image.Image, side vg.Length) image.Image {
	size := picture.Bounds().Size()
	factor := int(side/vg.Inch*2*DPI) / max(size.X, size.Y)
	if factor <= 1 {
		return picture
	}
	large := image.NewRGBA(image.Rect(0, 0, size.X*factor, size.Y*factor))
	draw.NearestNeighbor.Scale(large, large.Rect, picture, picture.Bounds(), draw.Src, nil)
	return large
}
