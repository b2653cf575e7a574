package d2l

import (
	"fmt"
	"image"
	"image/color"

	"github.com/d2l-go/book/d2l/internal/imagegrid"
)

// BBoxOptions are those of [WithBBoxes] and [ShowBBoxes]; each may be left out.
//
// Book: none; they are arguments of show_bboxes.
type BBoxOptions struct {
	Labels []string      // Of the boxes, from the first; there may be fewer, and "" is none.
	Colors []color.Color // Taken in turn; without any, blue, green, red, magenta and cyan.
	Pixels bool          // Boxes are in pixels, as the book's, and not in fractions of width and height.
}

// maxBoxesShown limits the boxes of a picture.
const maxBoxesShown = 1 << 12

// WithBBoxes returns a picture upon which [ShowImages] and [ShowImageGrid] draw boxes: rows of left, top, right and
// bottom, in fractions of the picture's width and height, as anchors are. A box has lines where it is within the
// picture, and its label, white or black on the box's colour, at the upper left corner. Lines and text are sharp at any
// size, as they are not pixels: ToTensor and transforms see the picture without boxes. Boxes of other colours can be
// added to the result.
//
//	labelled, err := d2l.WithBBoxes(picture, anchors.Value().([][]float32)[:5], d2l.BBoxOptions{})
//
// A row of [MultiboxDetection] has the box in row[2:], and one of [MultiboxTarget]'s labels in row[1:].
//
// It panics on rows of other than four numbers, on more labels than boxes, and on a picture that is nil or has no
// pixels. An error names the row of numbers that are no box, and of a box that is further from the picture than the
// picture is long, or has a hundred times its size, as boxes in pixels without the option Pixels. More than 4096 boxes
// of a picture are an error, too.
//
// Book: show_bboxes, section "Anchor Boxes".
func WithBBoxes(picture image.Image, boxes [][]float32, options BBoxOptions) (image.Image, error) {
	if picture == nil || picture.Bounds().Empty() {
		panic("d2l: WithBBoxes needs a picture with pixels")
	}
	if len(options.Labels) > len(boxes) {
		panic(fmt.Sprintf("d2l: WithBBoxes got %d labels for %d boxes", len(options.Labels), len(boxes)))
	}
	colors := options.Colors
	if len(colors) == 0 {
		colors = []color.Color{ // Matplotlib's b, g, r, m and c.
			color.RGBA{0, 0, 0xff, 0xff}, color.RGBA{0, 0x80, 0, 0xff}, color.RGBA{0xff, 0, 0, 0xff},
			color.RGBA{0xbf, 0, 0xbf, 0xff}, color.RGBA{0, 0xbf, 0xbf, 0xff},
		}
	}
	boxed, ok := picture.(imagegrid.Boxed)
	if !ok {
		boxed.Image = picture
	}
	all := append([]imagegrid.Box(nil), boxed.Boxes...)
	if n := len(all) + len(boxes); n > maxBoxesShown {
		const message = "%d boxes of a picture are too many to show: %d at most, show some of them"
		return nil, fmt.Errorf(message, n, maxBoxesShown)
	}
	width, height := 1.0, 1.0
	if options.Pixels {
		width, height = float64(picture.Bounds().Dx()), float64(picture.Bounds().Dy())
	}
	for i, row := range boxes {
		if len(row) != 4 {
			const message = "d2l: WithBBoxes takes boxes of four numbers, left, top, right, bottom; row %d has %d"
			panic(fmt.Sprintf(message, i, len(row)))
		}
		if fault := box(row).fault(); fault != "" {
			return nil, fmt.Errorf("row %d of the boxes, %v, %s", i, row, fault)
		}
		b := imagegrid.Box{
			Left: float64(row[0]) / width, Top: float64(row[1]) / height,
			Right: float64(row[2]) / width, Bottom: float64(row[3]) / height,
			Color: colors[i%len(colors)],
		}
		if b.Color == nil {
			panic(fmt.Sprintf("d2l: color %d given to WithBBoxes is nil", i%len(colors)))
		}
		const most = 100 // Sides of the picture, which no anchor has; a box in pixels may begin at 0.
		if b.Left > 2 || b.Top > 2 || b.Right < -1 || b.Bottom < -1 || b.Right-b.Left > most || b.Bottom-b.Top > most {
			const message = "row %d of the boxes, %v, is far from the picture or much larger than it, which is from 0 to %v " +
				"wide and from 0 to %v high: boxes are in fractions of the picture's width and height or, with the option Pixels, in pixels"
			return nil, fmt.Errorf(message, i, row, width, height)
		}
		if i < len(options.Labels) {
			b.Label = options.Labels[i]
		}
		all = append(all, b)
	}
	boxed.Boxes = all
	return boxed, nil
}

// ShowBBoxes draws a picture with boxes, as [WithBBoxes] describes them, as large as fits into the size that
// [SetFigsize] sets. A notebook shows the figure. For several pictures in rows, give ShowImages what WithBBoxes
// returns. Panics and errors are those of the two.
//
// Book: show_bboxes, section "Anchor Boxes".
func ShowBBoxes(picture image.Image, boxes [][]float32, options BBoxOptions) (*Figure, error) {
	boxed, err := WithBBoxes(picture, boxes, options)
	if err != nil {
		return nil, err
	}
	// As floats they cannot overflow: a picture may have no end.
	b := picture.Bounds()
	width, height := float64(b.Max.X)-float64(b.Min.X), float64(b.Max.Y)-float64(b.Min.Y)
	return ShowImages([]image.Image{boxed}, 1, 1, nil, max(width, height)*min(figsize[0]/width, figsize[1]/height))
}
