package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

// Of 2 × 2 pixels with two sizes and three ratios.
func ExampleMultiboxPrior() {
	anchors := d2l.MultiboxPrior(2, 2, []float64{0.5, 0.25}, []float64{1, 4, 0.25})
	fmt.Println(d2l.ShapeOf(anchors))
	for _, anchor := range anchors.Value().([][]float32)[:4] { // Those of the upper left pixel.
		fmt.Println(anchor)
	}
	// Output:
	// (16, 4)
	// [0 0 0.5 0.5]
	// [0.125 0.125 0.375 0.375]
	// [-0.25 0.125 0.75 0.375]
	// [0.125 -0.25 0.375 0.75]
}

func ExampleBoxIoU() {
	boxes1 := d2l.NewTensor([][]float32{{0, 0, 2, 2}, {5, 5, 6, 6}})
	boxes2 := d2l.NewTensor([][]float32{{0, 0, 2, 2}, {1, 0, 3, 1}, {0, 0, 2, 1}})
	fmt.Println(d2l.Must(d2l.BoxIoU(boxes1, boxes2)).Value())
	// Output: [[1 0.2 0.5] [0 0 0]]
}

// The first object has the first anchor; so the second one gets the third, with which its IoU is as large. The last
// anchor belongs to the first object too, as their IoU is above 0.5.
func ExampleAssignAnchorToBBox() {
	groundTruth := d2l.NewTensor([][]float32{{0, 0, 4, 4}, {0, 0, 4, 3}})
	anchors := d2l.NewTensor([][]float32{{0, 0, 4, 4}, {3, 2, 5, 4}, {0, 0, 3, 3}, {9, 9, 10, 10}, {0, 1, 4, 4}})
	fmt.Println(d2l.Must(d2l.AssignAnchorToBBox(groundTruth, anchors, 0.5)))
	// Output: [0 -1 1 -1 0]
}

func ExampleOffsetBoxes() {
	anchors := d2l.NewTensor([][]float32{{0, 0, 2, 2}, {4, 4, 8, 8}})
	assigned := d2l.NewTensor([][]float32{{0, 0, 2, 2}, {5, 4, 9, 12}})
	fmt.Printf("%.3f\n", d2l.Must(d2l.OffsetBoxes(anchors, assigned)).Value())
	// Output: [[0.000 0.000 0.000 0.000] [2.500 5.000 0.000 3.466]]
}

func ExampleOffsetInverse() {
	anchors := d2l.NewTensor([][]float32{{0, 0, 2, 2}, {4, 4, 8, 8}})
	offsetPreds := d2l.NewTensor([][]float32{{0, 0, 0, 0}, {2.5, 0, 0, 0}})
	fmt.Println(d2l.Must(d2l.OffsetInverse(anchors, offsetPreds)).Value())
	// Output: [[0 0 2 2] [5 4 9 8]]
}

// The first picture has two objects, and the second one: a row of class -1 is none.
func ExampleMultiboxTarget() {
	anchors := d2l.MultiboxPrior(1, 2, []float64{0.5, 1}, []float64{1})
	labels := d2l.NewTensor([][][]float32{
		{{0, 0.1, 0.2, 0.4, 0.8}, {1, 0.5, 0, 1, 1}},
		{{2, 0, 0, 0.5, 1}, {-1, 0, 0, 0, 0}},
	})
	offsets, mask, classes, err := d2l.MultiboxTarget(anchors, labels)
	d2l.Check(err)
	fmt.Println(d2l.ShapeOf(anchors), d2l.ShapeOf(offsets), d2l.ShapeOf(mask))
	fmt.Println(classes.Value())
	// Output:
	// (4, 4) (2, 4, 4) (2, 4, 4)
	// [[1 0 0 2] [0 3 0 0]]
}
