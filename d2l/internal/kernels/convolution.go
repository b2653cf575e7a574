package kernels

// #include "convolution.h"
// #include "handlers.h"
import "C"

import (
	"slices"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
)

// Pooling is what follows a convolution: of 2 × 2 pixels with strides of 2 and without padding, or none.
type Pooling int32

const (
	NoPooling Pooling = C.NO_POOLING
	Average   Pooling = C.AVERAGE
	Maximum   Pooling = C.MAXIMUM
)

// A Convolution is one with its activation and the pooling after it. Pairs are of height and width.
type Convolution struct {
	Window, Strides, Padding [2]int
	Activation               activation.Type
	Pooling                  Pooling
}

// Suits reports whether Forward can compute the convolution of x, (batch, channel, height, width), with so many output
// channels, and is faster than XLA: if x is float32, the program is for one device, the activation is none, sigmoid, tanh
// or ReLU, the output has at least 2 × 2 pixels, and there are few enough numbers. 16 images, before and after, have to
// stay in a second-level cache of some 2 MB, and so have the weights.
func (c Convolution) Suits(x *graph.Node, out int) bool {
	if !Usable(x) || !Knows(c.Activation) || x.Rank() != 4 || x.Shape().Size() == 0 {
		return false
	}
	in, image := x.Shape().Dim(1), x.Shape().Dim(2)*x.Shape().Dim(3)
	rows, cols := c.convolved(x)
	padded := (x.Shape().Dim(2) + 2*c.Padding[0]) * (x.Shape().Dim(3) + 2*c.Padding[1])
	const limit = 1 << 20 / 4 / C.EXAMPLES // Of an image's numbers: 1 MB for a group.
	weights := c.Window[0] * c.Window[1] * in * out
	return rows > 1 && cols > 1 && in*image <= limit && in*padded <= 2*limit && out*rows*cols <= limit &&
		weights <= 1<<18 && weights*numGroups(x) <= 1<<26
}

// Forward returns the output, (batch, out, height, width), for x, (batch, in, height, width), with weights (height,
// width, in, out) and biases (out). Building a second derivative panics.
func (c Convolution) Forward(x, weights, biases *graph.Node, training bool) *graph.Node {
	inX, inWeights, inBiases := graph.StopGradient(x), graph.StopGradient(weights), graph.StopGradient(biases)
	settings := []int32{
		int32(weights.Shape().Dim(3)), int32(c.Window[0]), int32(c.Window[1]), int32(c.Strides[0]), int32(c.Strides[1]),
		int32(c.Padding[0]), int32(c.Padding[1]), kinds[c.Activation], int32(c.Pooling), 0, min(threads, int32(numGroups(x))),
	}
	functions := [...]string{C.FORWARD: "convolution_forward", C.DWEIGHTS: "convolution_dweights", C.DX: "convolution_dx"}
	run := func(pass C.int, keep bool, inputs []*graph.Node, results ...shapes.Shape) []*graph.Node {
		settings[9] = 0
		if keep {
			settings[9] = 1
		}
		var dims [4]C.int64_t
		for i := range dims {
			dims[i] = C.int64_t(x.Shape().Dim(i))
		}
		memory := C.convolution_memory(pass, (*C.int32_t)(&settings[0]), &dims[0])
		inputs = append([]*graph.Node{graph.Const(x.Graph(), slices.Clone(settings)), inX, inWeights}, inputs...)
		return call(functions[pass], inputs, append(results, float32s(max(1, int(memory))))...)
	}
	needed := c.Pooling == Maximum || c.Activation != activation.TypeNone // By the gradients: the values.
	forwardPass := func(keep bool) (y, values *graph.Node) {
		results := run(C.FORWARD, keep, []*graph.Node{inBiases}, c.result(x, weights), c.values(x, weights, keep))
		return results[0], results[1]
	}
	y, values := forwardPass(training && needed)

	var dY *graph.Node
	var dParameters []*graph.Node
	backward := func(d *graph.Node) {
		dY, dParameters = d, nil
		if needed && !training {
			_, values = forwardPass(true)
		}
	}
	gradient := func(i int) func() *graph.Node {
		return func() *graph.Node {
			if dParameters == nil {
				dParameters = run(C.DWEIGHTS, false, []*graph.Node{values, dY}, weights.Shape(), biases.Shape())
			}
			return once("a convolution", dParameters[i])
		}
	}
	dInput := func() *graph.Node {
		return once("a convolution", run(C.DX, false, []*graph.Node{values, dY}, x.Shape())[0])
	}
	return withCustomGradient(y, backward, input{x, dInput}, input{weights, gradient(0)}, input{biases, gradient(1)})
}

// convolved returns the height and width after the convolution.
func (c Convolution) convolved(x *graph.Node) (rows, cols int) {
	size := func(axis int) int {
		return (x.Shape().Dim(2+axis)+2*c.Padding[axis]-c.Window[axis])/c.Strides[axis] + 1
	}
	return size(0), size(1)
}

func (c Convolution) result(x, weights *graph.Node) shapes.Shape {
	rows, cols := c.convolved(x)
	if c.Pooling != NoPooling {
		rows, cols = rows/2, cols/2
	}
	return float32s(x.Shape().Dim(0), weights.Shape().Dim(3), rows, cols)
}

// values is the shape of what the gradients need of the forward pass: see convolution.h.
func (c Convolution) values(x, weights *graph.Node, keep bool) shapes.Shape {
	if !keep {
		return float32s(1)
	}
	rows, cols := c.convolved(x)
	if c.Pooling == NoPooling {
		rows, cols = rows+1, cols+1
	}
	return float32s(numGroups(x), weights.Shape().Dim(3), rows/2, cols/2, 4, C.EXAMPLES)
}

// numGroups is the number of groups of images that are computed together, each by one thread.
func numGroups(x *graph.Node) int {
	return (x.Shape().Dim(0) + C.EXAMPLES - 1) / C.EXAMPLES
}
