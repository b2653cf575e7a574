package page

import (
	"image"
	"math"

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

// Stretch repeats the pixels of a picture that fills a place of another shape: a viewer of SVG would keep the picture's.
func Stretch(picture image.Image, place vg.Point) image.Image {
	size := picture.Bounds().Size()
	width, height := float64(place.X/vg.Inch)*2*DPI, float64(place.Y/vg.Inch)*2*DPI
	larger := math.Ceil(max(1, float64(size.X)/width, float64(size.Y)/height)) // So that no pixel is lost.
	large := image.NewRGBA(image.Rect(0, 0, int(larger*width+0.5), int(larger*height+0.5)))
	draw.NearestNeighbor.Scale(large, large.Rect, picture, picture.Bounds(), draw.Src, nil)
	return large
}
