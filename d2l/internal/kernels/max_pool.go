package kernels

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// A MaxPool replaces each window by its maximum. Pairs are of height and width.
type MaxPool struct{ Window, Strides, Padding [2]int }

// Suits reports whether Forward can pool x, (batch, channel, height, width): if it is float32, the program is for one
// device, and each window sees a part of the image.
func (p MaxPool) Suits(x *graph.Node) bool {
	if !Usable(x) || x.Rank() != 4 || x.Shape().Size() == 0 {
		return false
	}
	for axis := range 2 {
		if p.size(x, axis) < 1 || p.Padding[axis] >= p.Window[axis] {
			return false
		}
	}
	return true
}

// Forward returns the output, (batch, channel, height, width), for x. NaN counts as a maximum. Building a second
// derivative panics.
func (p MaxPool) Forward(x *graph.Node) *graph.Node {
	first := func() *graph.Node {
		return graph.Const(x.Graph(), []int32{int32(p.Window[0]), int32(p.Window[1]), int32(p.Strides[0]),
			int32(p.Strides[1]), int32(p.Padding[0]), int32(p.Padding[1]), threads})
	}
	in := graph.StopGradient(x)
	result := float32s(x.Shape().Dim(0), x.Shape().Dim(1), p.size(x, 0), p.size(x, 1))
	places := shapes.Make(dtypes.Int32, result.Dimensions...)
	y := call("max_pool_forward", []*graph.Node{first(), in}, result, places)
	var dY *graph.Node
	return withCustomGradient(y[0], func(d *graph.Node) { dY = d }, input{x, func() *graph.Node {
		return once("a maximum pooling", call("max_pool_dx", []*graph.Node{first(), in, y[1], dY}, x.Shape())[0])
	}})
}

// size returns the height or width of the output.
func (p MaxPool) size(x *graph.Node, axis int) int {
	return (x.Shape().Dim(2+axis)+2*p.Padding[axis]-p.Window[axis])/p.Strides[axis] + 1
}
