package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

func ExampleNewTensor() {
	X := d2l.NewTensor([][]float32{{1, 2, 3}, {4, 5, 6}})
	fmt.Println(d2l.ShapeOf(X), X.Value())
	image := d2l.NewTensor(make([]float32, 28*28), 1, 1, 28, 28)
	fmt.Println(d2l.ShapeOf(image))
	// Output:
	// (2, 3) [[1 2 3] [4 5 6]]
	// (1, 1, 28, 28)
}

func ExampleValues() {
	var X *d2l.Tensor = d2l.NewTensor([][]int32{{1, 2, 3}, {4, 5, 6}})
	sum := int32(0)
	for _, x := range d2l.Values[int32](X) {
		sum += x
	}
	fmt.Println(sum)
	// Output: 21
}
