package d2l

import (
	"fmt"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
)

// Shape is the sizes of an array's axes; it prints as in the book, (1, 6, 28, 28).
//
// Book: none; a shape is a tuple there.
type Shape []int

// ShapeOf returns the shape of t.
//
// Book: shape, section "Data Manipulation".
func ShapeOf(t *tensors.Tensor) Shape {
	requireMade(t, "ShapeOf", "NewTensor")
	return Shape(t.Shape().Dimensions)
}

// String returns the sizes in parentheses.
func (s Shape) String() string {
	if len(s) == 1 {
		return fmt.Sprintf("(%d,)", s[0])
	}
	return "(" + strings.Trim(strings.ReplaceAll(fmt.Sprint([]int(s)), " ", ", "), "[]") + ")"
}

// valueAt describes the i-th of x's values.
func valueAt(x *tensors.Tensor, values []float32, i int) string {
	if x.Rank() == 0 {
		return fmt.Sprint(values[i])
	}
	return fmt.Sprintf("%v at %v", values[i], indexOf(i, ShapeOf(x)))
}

// indexOf returns the index along each axis of the i-th value of an array.
func indexOf(i int, shape Shape) Shape {
	index := make(Shape, len(shape))
	for axis := len(shape) - 1; axis >= 0; axis-- {
		index[axis] = i % shape[axis]
		i /= shape[axis]
	}
	return index
}
