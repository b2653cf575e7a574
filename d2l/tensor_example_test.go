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

func ExampleZeros() {
	fmt.Println(d2l.ShapeOf(d2l.Zeros(256, 1, 28, 28)), d2l.Zeros(2, 3).Value())
	// Output: (256, 1, 28, 28) [[0 0 0] [0 0 0]]
}

func ExampleOnes() {
	fmt.Println(d2l.Ones(2, 3).Value())
	// Output: [[1 1 1] [1 1 1]]
}

// The noise that a generator turns into pictures, the same in every run after Seed.
func ExampleRandn() {
	d2l.Seed(1)
	first := d2l.Randn(64, 100, 1, 1)
	second := d2l.Randn(64, 100, 1, 1)
	d2l.Seed(1)
	fmt.Println(d2l.ShapeOf(first), first.Equal(second), first.Equal(d2l.Randn(64, 100, 1, 1)))
	// Output: (64, 100, 1, 1) false true
}

func ExampleReshape() {
	X := d2l.NewTensor([]float32{0, 1, 2, 3, 4, 5})
	fmt.Println(d2l.Reshape(X, 2, 3).Value(), d2l.ShapeOf(d2l.Reshape(X, 3, -1)))
	// Output: [[0 1 2] [3 4 5]] (3, 2)
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
