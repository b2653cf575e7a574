package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

func ExampleNMS() {
	boxes := d2l.NewTensor([][]float32{{0, 0, 2, 2}, {0, 0, 2, 1.8}, {3, 3, 4, 4}})
	scores := d2l.NewTensor([]float32{0.7, 0.8, 0.9})
	fmt.Println(d2l.Must(d2l.NMS(boxes, scores, 0.5)))
	// Output: [2 1]
}

// What a detector of two classes finds: the second box is dropped, as it overlaps the first one, and the third is
// background.
func ExampleMultiboxDetection() {
	anchors := d2l.NewTensor([][]float32{{0, 0, 0.5, 0.5}, {0, 0, 0.5, 0.375}, {0.5, 0.5, 1, 1}})
	// Of the background, class 0 and class 1.
	clsProbs := d2l.NewTensor([][][]float32{{{0.25, 0.25, 1}, {0, 0.25, 0}, {0.75, 0.5, 0}}})
	output := d2l.Must(d2l.MultiboxDetection(clsProbs, d2l.Zeros(1, 3, 4), anchors, 0.5, 0.01))
	for _, row := range output.Value().([][][]float32)[0] {
		fmt.Println(row)
	}
	// Output:
	// [1 0.75 0 0 0.5 0.5]
	// [-1 1 0.5 0.5 1 1]
	// [-1 0.5 0 0 0.5 0.375]
}
