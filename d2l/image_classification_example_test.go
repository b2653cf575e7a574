package d2l_test

import (
	"fmt"
	"os"

	"github.com/d2l-go/book/d2l"
)

// The book's section "The Image Classification Dataset": some images with their labels, how long it takes to read all,
// and images of 64 × 64 pixels.
func Example_imageClassification() {
	trainIter, testIter := d2l.LoadDataFashionMnist(256)
	for batch, err := range testIter.Iter() {
		d2l.Check(err)
		images := d2l.Must(d2l.Images(batch.Inputs[0]))[:18]
		labels := d2l.GetFashionMnistLabels(d2l.Values[int32](batch.Labels[0])[:18]...)
		d2l.Must(d2l.ShowImages(images, 2, 9, labels, 0))
		fmt.Println(labels[:5])
		break
	}

	timer, examples := d2l.NewTimer(), 0
	for batch, err := range trainIter.Iter() {
		d2l.Check(err)
		examples += batch.Labels[0].Size()
	}
	fmt.Fprintf(os.Stderr, "%.2f sec\n", timer.Stop())
	fmt.Println(examples, "examples")

	trainIter, _ = d2l.LoadDataFashionMnist(32, 64)
	for batch, err := range trainIter.Iter() {
		d2l.Check(err)
		X, y := batch.Inputs[0], batch.Labels[0]
		fmt.Println(d2l.ShapeOf(X), X.DType(), d2l.ShapeOf(y), y.DType())
		break
	}
	// Output:
	// [ankle boot pullover trouser trouser shirt]
	// 60000 examples
	// (32, 1, 64, 64) Float32 (32,) Int32
}
