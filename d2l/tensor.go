package d2l

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
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
	return shapedAs(t, shaped)
}

// Values returns a copy of all numbers of a tensor in row-major order, the last axis first to
// vary. T is their type, such as float32; it panics if it is another one.
//
// Book: tolist, section "Data Manipulation".
func Values[T gotype.Supported](t *Tensor) []T {
	if t == nil {
		panic("d2l: Values got a nil tensor")
	}
	if !t.Ok() {
		panic("d2l: Values got " + gone)
	}
	values, err := tensors.CopyFlatData[T](t)
	if err != nil {
		panic(fmt.Sprintf("d2l: Values of a tensor of %v: %v", t.DType(), err))
	}
	return values
}

// gone is said of a tensor that GoMLX has finalized.
const gone = "a tensor whose value is gone: a step has replaced it, or its memory was freed; copy it before that"

// Zeros returns a float32 tensor of the given shape, filled with 0; without sizes, a scalar. It panics unless the sizes
// are positive.
//
// Book: zeros, section "Data Manipulation".
func Zeros(sizes ...int) *Tensor { return filled("Zeros", sizes, func() float32 { return 0 }) }

// Ones is Zeros, but filled with 1.
//
// Book: ones, section "Data Manipulation".
func Ones(sizes ...int) *Tensor { return filled("Ones", sizes, func() float32 { return 1 }) }

// Randn returns a float32 tensor of the given shape, of numbers drawn from the normal distribution with mean 0 and
// standard deviation 1. After Seed they are the same in every run. It panics unless the sizes are positive.
//
// Book: random.normal, section "Data Manipulation".
func Randn(sizes ...int) *Tensor {
	random := newRand()
	return filled("Randn", sizes, func() float32 { return float32(random.NormFloat64()) })
}

func filled(function string, sizes []int, number func() float32) *Tensor {
	if len(sizes) > 0 && slices.Min(sizes) <= 0 {
		panic(fmt.Sprintf("d2l: %s takes positive sizes, got %v", function, Shape(sizes)))
	}
	t := tensors.FromShape(shapes.Make(dtypes.Float32, sizes...))
	err := tensors.MutableFlatData(t, func(values []float32) {
		for i := range values {
			values[i] = number()
		}
	})
	if err != nil {
		panic(err) // Not in the memory of the host.
	}
	return t
}

// Reshape returns a copy of t with another shape and the same elements, in row-major order. One of the sizes may be -1:
// it follows from the others. It panics if the shape does not have as many elements as t.
//
// Book: reshape, section "Data Manipulation".
func Reshape(t *Tensor, sizes ...int) *Tensor {
	if t == nil {
		panic("d2l: Reshape got a nil tensor")
	}
	if !t.Ok() {
		panic("d2l: Reshape got " + gone)
	}
	shape, known, left := slices.Clone(sizes), 1.0, -1 // As a float it cannot overflow.
	for axis, size := range sizes {
		switch {
		case size > 0:
			known *= float64(size)
		case size == -1 && left < 0:
			left = axis
		default:
			panic(fmt.Sprintf("d2l: Reshape takes positive sizes, of which one may be -1, got %v", Shape(sizes)))
		}
	}
	if left >= 0 {
		shape[left] = int(float64(t.Size()) / known)
		known *= float64(shape[left])
	}
	if known != float64(t.Size()) {
		panic(fmt.Sprintf("d2l: Reshape cannot make %v of a tensor of shape %v", Shape(sizes), ShapeOf(t)))
	}
	shaped := shapes.Shape{DType: t.DType(), Dimensions: shape}
	return shapedAs(t, shaped)
}

// shapedAs returns a copy of t of another shape of the same size.
func shapedAs(t *Tensor, shape shapes.Shape) *Tensor {
	result := tensors.FromShape(shape)
	var copied error
	err := t.ConstBytes(func(from []byte) { copied = result.MutableBytes(func(to []byte) { copy(to, from) }) })
	if err := errors.Join(err, copied); err != nil {
		panic(fmt.Sprintf("d2l: reshaping a tensor of %v: %v", t.DType(), err)) // Its value is gone.
	}
	return result
}
