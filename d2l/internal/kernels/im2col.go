package kernels

// #include "im2col.h"
// #include "handlers.h"
import "C"

import (
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
)

// An Im2col is a convolution with its activation, or a transposed one, of more numbers than a Convolution is for, as a
// product of matrices. Pairs are of height and width.
type Im2col struct {
	Window, Strides, Padding [2]int
	Activation               activation.Type
}

// Suits reports whether Forward and Transposed can compute the convolution of x, (batch, channel, height, width): if it is
// float32, the program is for one device, the activation is none, sigmoid, tanh or ReLU, and neither strides nor images are huge.
func (c Im2col) Suits(x *graph.Node) bool {
	if !Usable(x) || !Knows(c.Activation) || x.Rank() != 4 || x.Shape().Size() == 0 {
		return false
	}
	const most = 1 << 30 // Positions, which are counted in int.
	positions := float64(x.Shape().Dim(0))
	for axis := range 2 { // The larger one of the images before and after, transposed or not.
		size := x.Shape().Dim(2 + axis)
		positions *= float64(max(size+2*c.Padding[axis], size*c.Strides[axis]+c.Window[axis]))
	}
	return c.Strides[0]*c.Strides[1] <= 1<<14 && positions <= most
}

func (c Im2col) settings(a activation.Type) []int32 {
	return []int32{
		int32(c.Window[0]), int32(c.Window[1]), int32(c.Strides[0]), int32(c.Strides[1]),
		int32(c.Padding[0]), int32(c.Padding[1]), kinds[a], threads,
	}
}

// memory is what a pass needs for images of the shape x, (batch, in, height, width), and so many channels of the result.
func (c Im2col) memory(pass C.int, x shapes.Shape, out int) shapes.Shape {
	var dims [4]C.int64_t
	for i := range dims {
		dims[i] = C.int64_t(x.Dim(i))
	}
	settings := c.settings(activation.TypeNone)
	return float32s(max(1, int(C.im2col_memory(pass, (*C.int32_t)(&settings[0]), &dims[0], C.int(out)))))
}

// Forward returns the output, (batch, out, height, width), for x, (batch, in, height, width), with weights (height,
// width, in, out) and biases (out). Building a second derivative panics.
func (c Im2col) Forward(x, weights, biases *graph.Node) *graph.Node {
	y := c.convolve(graph.StopGradient(x), graph.StopGradient(weights), graph.StopGradient(biases), c.Activation)
	var dZ *graph.Node
	var dParameters []*graph.Node
	gradient := func(i int) func() *graph.Node {
		return func() *graph.Node {
			if dParameters == nil {
				dParameters = c.dWeights(graph.StopGradient(x), dZ, weights.Shape())
			}
			return once("a convolution", dParameters[i])
		}
	}
	dInput := func() *graph.Node {
		zeros := graph.Zeros(x.Graph(), float32s(x.Shape().Dim(1)))
		return once("a convolution", c.turnedBack(dZ, graph.StopGradient(weights), zeros, x.Shape(), activation.TypeNone))
	}
	backward := func(dY *graph.Node) { dZ, dParameters = slopes(c.Activation, y, dY), nil }
	return withCustomGradient(y, backward, input{x, dInput}, input{weights, gradient(0)}, input{biases, gradient(1)})
}

// Transposed returns the output of the transposed convolution, (batch, out, height, width), for x, (batch, in, height,
// width), with weights (height, width, out, in) and biases (out). Building a second derivative panics.
func (c Im2col) Transposed(x, weights, biases *graph.Node) *graph.Node {
	size := func(axis int) int {
		return (x.Shape().Dim(2+axis)-1)*c.Strides[axis] + c.Window[axis] - 2*c.Padding[axis]
	}
	result := float32s(x.Shape().Dim(0), weights.Shape().Dim(2), size(0), size(1))
	y := c.turnedBack(graph.StopGradient(x), graph.StopGradient(weights), graph.StopGradient(biases), result, c.Activation)
	var dZ *graph.Node
	dInput := func() *graph.Node {
		zeros := graph.Zeros(x.Graph(), float32s(x.Shape().Dim(1)))
		return once("a transposed convolution", c.convolve(dZ, graph.StopGradient(weights), zeros, activation.TypeNone))
	}
	dWeights := func() *graph.Node {
		return once("a transposed convolution", c.dWeights(dZ, graph.StopGradient(x), weights.Shape())[0])
	}
	dBiases := func() *graph.Node { return once("a transposed convolution", graph.ReduceSum(dZ, 0, 2, 3)) }
	backward := func(dY *graph.Node) { dZ = slopes(c.Activation, y, dY) }
	return withCustomGradient(y, backward, input{x, dInput}, input{weights, dWeights}, input{biases, dBiases})
}

func (c Im2col) convolve(x, weights, biases *graph.Node, a activation.Type) *graph.Node {
	out := weights.Shape().Dim(3)
	size := func(axis int) int {
		return (x.Shape().Dim(2+axis)+2*c.Padding[axis]-c.Window[axis])/c.Strides[axis] + 1
	}
	return call("im2col_forward", []*graph.Node{graph.Const(x.Graph(), c.settings(a)), x, weights, biases},
		float32s(x.Shape().Dim(0), out, size(0), size(1)), c.memory(C.SEEN_FORWARD, x.Shape(), out))[0]
}

// turnedBack returns what a convolution's gradient is with respect to its images, of the shape x, and adds biases.
func (c Im2col) turnedBack(dZ, weights, biases *graph.Node, x shapes.Shape, a activation.Type) *graph.Node {
	return call("im2col_dx", []*graph.Node{graph.Const(dZ.Graph(), c.settings(a)), dZ, weights, biases}, x,
		c.memory(C.SEEN_DX, x, dZ.Shape().Dim(1)))[0]
}

// dWeights returns the gradients with respect to weights and biases.
func (c Im2col) dWeights(x, dZ *graph.Node, weights shapes.Shape) []*graph.Node {
	out := dZ.Shape().Dim(1)
	settings := graph.Const(x.Graph(), c.settings(activation.TypeNone))
	return call("im2col_dweights", []*graph.Node{settings, x, graph.StopGradient(dZ)}, weights, float32s(out),
		c.memory(C.SEEN_DWEIGHTS, x.Shape(), out))
}

// slopes returns dY times the derivative of an activation, whose values are y.
func slopes(a activation.Type, y, dY *graph.Node) *graph.Node {
	switch a {
	case activation.TypeRelu:
		return graph.Where(graph.GreaterThan(y, graph.ZerosLike(y)), dY, graph.ZerosLike(dY))
	case activation.TypeSigmoid:
		return graph.Mul(dY, graph.Mul(y, graph.OneMinus(y)))
	case activation.TypeTanh:
		return graph.Mul(dY, graph.OneMinus(graph.Square(y)))
	default:
		return dY
	}
}
