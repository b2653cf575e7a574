package d2l_test

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"github.com/d2l-go/book/d2l"
)

// catDog is a picture of two discs, where the book's has a dog and a cat: 728 × 561 pixels, as large.
func catDog() image.Image {
	return paint(728, 561, func(x, y int) color.Color {
		switch {
		case math.Hypot(float64(x-219)/159, float64(y-280)/235) < 1:
			return color.RGBA{180, 150, 110, 255}
		case math.Hypot(float64(x-527)/127, float64(y-302)/190) < 1:
			return color.RGBA{120, 120, 130, 255}
		}
		return color.RGBA{220, 230, 220, 255}
	})
}

// The book's section "Object Detection and Bounding Boxes".
func Example_boundingBoxes() {
	boxes := d2l.NewTensor([][]float32{{60, 45, 378, 516}, {400, 112, 655, 493}}) // Of the dog and of the cat.
	centers := d2l.Must(d2l.BoxCornerToCenter(boxes))
	corners := d2l.Must(d2l.BoxCenterToCorner(centers))
	fmt.Println(centers.Value(), corners.Equal(boxes))
	d2l.Must(d2l.ShowBBoxes(catDog(), boxes.Value().([][]float32), d2l.BBoxOptions{Pixels: true}))
	// Output: [[219 280.5 318 471] [527.5 302.5 255 381]] true
}

// The book's section "Anchor Boxes", with its boxes.
func Example_anchorBoxes() {
	const h, w = 561, 728
	Y := d2l.MultiboxPrior(h, w, []float64{0.75, 0.5, 0.25}, []float64{1, 2, 0.5})
	fmt.Println(d2l.ShapeOf(Y))
	at := (250*w + 250) * 5
	boxes := Y.Value().([][]float32)[at : at+5]
	fmt.Printf("%.2f\n", boxes[0])
	shapes := []string{"s=0.75, r=1", "s=0.5, r=1", "s=0.25, r=1", "s=0.75, r=2", "s=0.75, r=0.5"}
	d2l.Must(d2l.ShowBBoxes(catDog(), boxes, d2l.BBoxOptions{Labels: shapes}))

	groundTruth := [][]float32{{0, 0.1, 0.08, 0.52, 0.92}, {1, 0.55, 0.2, 0.9, 0.88}}
	anchors := [][]float32{
		{0, 0.1, 0.2, 0.3}, {0.15, 0.2, 0.4, 0.4}, {0.63, 0.05, 0.88, 0.98}, {0.66, 0.45, 0.8, 0.8}, {0.57, 0.3, 0.92, 0.9},
	}
	black := d2l.BBoxOptions{Labels: []string{"dog", "cat"}, Colors: []color.Color{color.Black}}
	picture := d2l.Must(d2l.WithBBoxes(catDog(), [][]float32{groundTruth[0][1:], groundTruth[1][1:]}, black))
	d2l.Must(d2l.ShowBBoxes(picture, anchors, d2l.BBoxOptions{Labels: []string{"0", "1", "2", "3", "4"}}))
	offset, mask, classes, err := d2l.MultiboxTarget(d2l.NewTensor(anchors), d2l.NewTensor([][][]float32{groundTruth}))
	d2l.Check(err)
	fmt.Println(classes.Value(), d2l.Values[float32](mask))
	fmt.Printf("%.2f\n", offset.Value().([][][]float32)[0][1:3])

	anchors = [][]float32{
		{0.1, 0.08, 0.52, 0.92}, {0.08, 0.2, 0.56, 0.95}, {0.15, 0.3, 0.62, 0.91}, {0.55, 0.2, 0.9, 0.88},
	}
	clsProbs := d2l.NewTensor([][][]float32{{{0, 0, 0, 0}, {0.9, 0.8, 0.7, 0.1}, {0.1, 0.2, 0.3, 0.9}}})
	predicted := []string{"dog=0.9", "dog=0.8", "dog=0.7", "cat=0.9"}
	d2l.Must(d2l.ShowBBoxes(catDog(), anchors, d2l.BBoxOptions{Labels: predicted}))
	output := d2l.Must(d2l.MultiboxDetection(clsProbs, d2l.Zeros(1, 4, 4), d2l.NewTensor(anchors), 0.5, 0.01))
	var found [][]float32
	var names []string
	for _, row := range output.Value().([][][]float32)[0] {
		fmt.Printf("%.2f\n", row)
		if row[0] >= 0 {
			found, names = append(found, row[2:]), append(names, fmt.Sprint([]string{"dog=", "cat="}[int(row[0])], row[1]))
		}
	}
	d2l.Must(d2l.ShowBBoxes(catDog(), found, d2l.BBoxOptions{Labels: names}))
	// Output:
	// (2042040, 4)
	// [0.06 0.07 0.63 0.82]
	// [[0 1 2 0 2]] [0 0 0 0 1 1 1 1 1 1 1 1 0 0 0 0 1 1 1 1]
	// [[1.40 10.00 2.59 7.18] [-1.20 0.27 1.68 -1.57]]
	// [0.00 0.90 0.10 0.08 0.52 0.92]
	// [1.00 0.90 0.55 0.20 0.90 0.88]
	// [-1.00 0.80 0.08 0.20 0.56 0.95]
	// [-1.00 0.70 0.15 0.30 0.62 0.91]
}

// The book's section "Multiscale Object Detection".
func Example_multiscaleAnchors() {
	var pictures []image.Image
	sizes := []float64{0.15, 0.4, 0.8}
	for i, n := range []int{4, 2, 1} {
		anchors := d2l.MultiboxPrior(n, n, sizes[i:i+1], []float64{1, 2, 0.5})
		fmt.Println(n, d2l.ShapeOf(anchors))
		boxes := anchors.Value().([][]float32)
		pictures = append(pictures, d2l.Must(d2l.WithBBoxes(catDog(), boxes, d2l.BBoxOptions{})))
	}
	d2l.Must(d2l.ShowImages(pictures, 1, 3, nil, 0))
	// Output:
	// 4 (48, 4)
	// 2 (12, 4)
	// 1 (3, 4)
}
