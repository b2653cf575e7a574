package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

func ExampleShape() {
	fmt.Println(d2l.Shape{256, 1, 28, 28}, d2l.Shape{256})
	// Output: (256, 1, 28, 28) (256,)
}

func ExampleShapeOf() {
	fmt.Println(d2l.ShapeOf(d2l.NewTensor([][]float32{{1, 2, 3}, {4, 5, 6}})))
	// Output: (2, 3)
}
