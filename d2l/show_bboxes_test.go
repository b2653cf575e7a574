package d2l

import (
	"bytes"
	"image"
	"image/color"
	"math"
	"slices"
	"testing"

	"github.com/d2l-go/book/d2l/internal/imagegrid"
	"github.com/d2l-go/book/d2l/internal/page/pagetest"
)

// The picture is looked at when it changes: the book's colours in turn, labels upon the corners and within the
// pictures, a box that ends beyond its picture, and white boxes with black text.
func TestShowBBoxesGolden(t *testing.T) {
	boxes := [][]float32{{0, 0, 0.4, 0.5}, {0.5, 0.4, 0.9, 0.9}, {0.7, 0.1, 1.2, 0.6}}
	first := must(WithBBoxes(ramp(8), boxes, BBoxOptions{Labels: []string{"dog=0.9", "cat"}}))(t)
	white := BBoxOptions{Labels: []string{"1.00"}, Colors: []color.Color{color.White}, Pixels: true}
	second := must(WithBBoxes(ramp(16), [][]float32{{8, 8, 16, 16}}, white))(t)
	figure := must(ShowImages([]image.Image{first, ramp(8), second}, 1, 3, []string{"a", "b", "c"}, 1))(t)
	svg := must(figure.SVG())(t)
	golden(t, "show_bboxes.svg", svg)
	pagetest.WantSVG(t, svg, ">dog=0.9<", ">cat<", ">1.00<", ">b<")
	pagetest.WantReadable(t, figure.drawing)
	for _, label := range []string{"dog=0.9", "cat", "1.00"} {
		if !bytes.Contains([]byte(figure.drawing.Alt), []byte(label)) {
			t.Errorf("the picture's description %q lacks the label %s", figure.drawing.Alt, label)
		}
	}
}

// ShowBBoxes draws as large as fits into the size of figures.
func TestShowBBoxesSize(t *testing.T) {
	defer SetFigsize(figsize[0], figsize[1])
	SetFigsize(2, 4)
	boxes := [][]float32{{0, 0, 1, 1}}
	for _, c := range []struct{ width, height, pngWidth, pngHeight int }{
		{100, 100, 384, 384}, {100, 400, 192, 768}, {100, 200, 384, 768}, {300, 100, 384, 128},
	} {
		figure := must(ShowBBoxes(image.NewGray(image.Rect(5, 5, 5+c.width, 5+c.height)), boxes, BBoxOptions{}))(t)
		const margins = 27 // Twice 5 points, rounded up.
		pagetest.WantPNG(t, must(figure.PNG())(t), c.pngWidth+margins, c.pngHeight+margins)
	}
}

// Boxes come on top of others, and the first picture stays as it was.
func TestWithBBoxesTwice(t *testing.T) {
	box := [][]float32{{0, 0, 1, 1}}
	three := slices.Repeat(box, 3) // A slice that grows to three has room for a fourth.
	first := must(WithBBoxes(ramp(8), three, BBoxOptions{Labels: []string{"a"}}))(t)
	second := must(WithBBoxes(first, box, BBoxOptions{Labels: []string{"b"}}))(t)
	third := must(WithBBoxes(first, box, BBoxOptions{Labels: []string{"c"}}))(t)
	for want, picture := range map[string]image.Image{"a": first, "ab": second, "ac": third} {
		got := ""
		for _, b := range picture.(imagegrid.Boxed).Boxes {
			got += b.Label
		}
		if got != want {
			t.Errorf("the labels are %s, expected %s", got, want)
		}
	}
}

// A picture with boxes has the pixels of the picture for all but showing it, and a grey one stays grey.
func TestBoxesAreNoPixels(t *testing.T) {
	boxed := must(WithBBoxes(ramp(8), [][]float32{{0, 0, 1, 1}}, BBoxOptions{}))(t)
	if got, want := ToTensor(boxed), ToTensor(ramp(8)); !got.Equal(want) {
		t.Errorf("ToTensor makes %v, expected %v", ShapeOf(got), ShapeOf(want))
	}
	if got, want := ToTensor(Resize(4, 4)(boxed)), ToTensor(Resize(4, 4)(ramp(8))); !got.Equal(want) {
		t.Errorf("Resize makes %v, expected %v", ShapeOf(got), ShapeOf(want))
	}
}

func TestWithBBoxesFaults(t *testing.T) {
	good := []float32{0, 0, 1, 1}
	for fault, row := range map[string][]float32{
		"row 1 of the boxes, [0 0 NaN 1], is not finite":                              {0, 0, nan, 1},
		"row 1 of the boxes, [1 0 0 1], has its lower right corner left":              {1, 0, 0, 1},
		"row 1 of the boxes, [60 45 378 516], is far from the picture or much larger": {60, 45, 378, 516},
		"row 1 of the boxes, [0 0 378 1], is far from":                                {0, 0, 378, 1},
		"row 1 of the boxes, [0 0 1 516], is far from":                                {0, 0, 1, 516},
		"row 1 of the boxes, [-3 0 -2 1], is far from the picture":                    {-3, 0, -2, 1},
		"row 1 of the boxes, [3 0 4 1], is far from the picture":                      {3, 0, 4, 1},
		"row 1 of the boxes, [0 3 1 4], is far from the picture":                      {0, 3, 1, 4},
		"row 1 of the boxes, [0 -3 1 -2], is far from the picture":                    {0, -3, 1, -2},
	} {
		_, err := WithBBoxes(ramp(8), [][]float32{good, row}, BBoxOptions{})
		wantError(t, err, fault)
		_, err = ShowBBoxes(ramp(8), [][]float32{good, row}, BBoxOptions{})
		wantError(t, err, fault)
	}
	_, err := WithBBoxes(ramp(8), [][]float32{{60, 45, 378, 516}}, BBoxOptions{Pixels: true})
	wantError(t, err, "from 0 to 8 wide and from 0 to 8 high: boxes are in fractions", "Pixels")
	_, err = WithBBoxes(ramp(8), slices.Repeat([][]float32{good}, 5000), BBoxOptions{})
	wantError(t, err, "5000 boxes of a picture are too many to show: 4096 at most")
	all := must(WithBBoxes(ramp(8), slices.Repeat([][]float32{good}, 4096), BBoxOptions{}))(t)
	_, err = WithBBoxes(all, [][]float32{good}, BBoxOptions{})
	wantError(t, err, "4097 boxes")
	must(ShowBBoxes(ramp(8), nil, BBoxOptions{}))(t)
	all = endless{image.White, image.Rectangle{image.Pt(math.MinInt, math.MinInt), image.Pt(math.MaxInt, math.MaxInt)}}
	_, err = ShowBBoxes(all, [][]float32{good}, BBoxOptions{})
	wantError(t, err, "too many to show")
	wantPanic(t, func() { WithBBoxes(nil, nil, BBoxOptions{}) }, "WithBBoxes needs a picture with pixels")
	empty, one := image.NewGray(image.Rect(0, 0, 3, 0)), [][]float32{good}
	wantPanic(t, func() { WithBBoxes(empty, nil, BBoxOptions{}) }, "needs a picture with pixels")
	wantPanic(t, func() { WithBBoxes(ramp(8), one, BBoxOptions{Labels: []string{"a", "b"}}) }, "got 2 labels for 1 boxes")
	wantPanic(t, func() { WithBBoxes(ramp(8), [][]float32{good, {1, 2, 3}}, BBoxOptions{}) }, "row 1 has 3")
	wantPanic(t, func() { WithBBoxes(ramp(8), one, BBoxOptions{Colors: []color.Color{nil}}) }, "color 0 given to")
}
