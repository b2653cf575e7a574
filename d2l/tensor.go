package d2l

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes/gotype"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
)

// Tensor is an array of numbers of one type, in the memory of the host or of a device. It is
// GoMLX's own tensor, so all its methods are here too, such as Shape, and Value for nested
// slices of all its numbers.
//
// Book: ndarray, section "Data Manipulation".
type Tensor = tensors.Tensor

// NewTensor returns a tensor of value: a number such as float32(2), or nested slices such as
// [][]float32, whose rows have the same length. With sizes, value is a slice of all numbers in
// row-major order, the last axis first to vary, of which a tensor of this shape is made:
//
//	X := d2l.NewTensor([][]float32{{1, 2, 3}, {4, 5, 6}})
//	X = d2l.NewTensor([]float32{1, 2, 3, 4, 5, 6}, 2, 3)
//
// The numbers are copied. An int becomes an int64. NewTensor panics if value is nothing of
// the kind, or has another number of numbers than the shape.
//
// Book: array, section "Data Manipulation".
func NewTensor(value any, sizes ...int) *Tensor {
	if _, ok := value.(*Tensor); ok || value == nil {
		panic(fmt.Sprintf("d2l: NewTensor takes a number or slices of numbers, got %T", value))
	}
	t, err := tensors.FromAnyValue(value)
	if err != nil {
		panic(fmt.Sprintf("d2l: NewTensor takes a number, or slices of numbers whose rows have the same length, and got "+
			"%T: %v", value, err))
	}
	if len(sizes) == 0 {
		return t
	}
	shaped := shapes.Shape{DType: t.DType(), Dimensions: slices.Clone(sizes)}
	if t.Rank() != 1 || slices.Min(sizes) <= 0 || shaped.Size() != t.Size() {
		panic(fmt.Sprintf("d2l: NewTensor cannot make a tensor of shape %v of values of shape %v", Shape(sizes), ShapeOf(t)))
	}
	result := tensors.FromShape(shaped)
	var copied error
	err = t.ConstBytes(func(from []byte) { copied = result.MutableBytes(func(to []byte) { copy(to, from) }) })
	if err := errors.Join(err, copied); err != nil {
		panic(err) // Not with both in the memory of the host.
	}
	return result
}

// Values returns a copy of all numbers of a tensor in row-major order, the last axis first to
// vary. T is their type, such as float32; it panics if it is another one.
//
// Book: tolist, section "Data Manipulation".
func Values[T gotype.Supported](t *Tensor) []T {
	if t == nil {
		panic("d2l: Values got a nil tensor")
	}
	values, err := tensors.CopyFlatData[T](t)
	if err != nil {
		panic(fmt.Sprintf("d2l: Values of a tensor of %v: %v", t.DType(), err))
	}
	return values
}
