package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

func ExampleAccuracy() {
	yHat := d2l.NewTensor([][]float32{{0.1, 0.3, 0.6}, {0.3, 0.2, 0.5}})
	y := d2l.NewTensor([]int32{0, 2})
	correct := d2l.Must(d2l.Accuracy(yHat, y))
	fmt.Println(correct / float64(y.Size()))
	// Output: 0.5
}

func ExamplePredict() {
	yHat := d2l.NewTensor([][]float32{{0.1, 0.3, 0.6}, {0.7, 0.2, 0.1}})
	predictions := d2l.Must(d2l.Predict(yHat))
	fmt.Println(d2l.GetFashionMnistLabels(predictions...))
	// Output: [pullover t-shirt]
}
