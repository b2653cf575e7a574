package kernels

// #include "handlers.h"
import "C"

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
)

// A BatchNorm normalizes each channel of images by the mean and the variance of the batch, and applies a scale, an offset
// and an activation.
type BatchNorm struct {
	Epsilon    float32 // What is added to the variance.
	Activation activation.Type
}

// Suits reports whether Forward can compute the normalization of x, (batch, channel, height, width), and is faster than
// XLA: if x is float32, the program is for one device, the activation is none, sigmoid, tanh or ReLU, and x comes from
// another kernel, or is an input. What XLA's convolutions return lies in memory with the channels last.
func (b BatchNorm) Suits(x *graph.Node) bool {
	_, known := kinds[b.Activation]
	return Usable(x) && known && x.Rank() == 4 && x.Shape().Size() > 0 && !channelsLast(x)
}

// channelsLast reports whether XLA's convolutions or pooling are what images have been computed by.
func channelsLast(x *graph.Node) bool {
	for x != nil {
		switch x.Type() {
		case graph.NodeTypeConvGeneral, graph.NodeTypeReduceWindow:
			return true
		case graph.NodeTypeCall:
			return false
		}
		var images *graph.Node
		for _, from := range x.Inputs() {
			if from.Rank() == 4 && from.Shape().Dim(0) == x.Shape().Dim(0) {
				images = from
				break
			}
		}
		x = images
	}
	return false
}

// Forward returns the output, of x's shape, (batch, channel, height, width), for scales and offsets (channel), and the
// mean and the biased variance of each channel, through which no gradient flows. Building a second derivative panics.
func (b BatchNorm) Forward(x, scale, offset *graph.Node) (y, mean, variance *graph.Node) {
	settings := func() *graph.Node {
		return graph.Const(x.Graph(), []int32{kinds[b.Activation], int32(math.Float32bits(b.Epsilon)), threads})
	}
	inX, inScale, inOffset := graph.StopGradient(x), graph.StopGradient(scale), graph.StopGradient(offset)
	var dims [4]C.int64_t
	for i := range dims {
		dims[i] = C.int64_t(x.Shape().Dim(i))
	}
	memory := float32s(int(C.batch_norm_memory(&dims[0])))
	results := call("batch_norm_forward", []*graph.Node{settings(), inX, inScale, inOffset},
		x.Shape(), scale.Shape(), scale.Shape(), memory)
	mean, variance = graph.StopGradient(results[1]), graph.StopGradient(results[2])

	var gradients []*graph.Node
	backward := func(dY *graph.Node) {
		gradients = call("batch_norm_gradients", []*graph.Node{settings(), inX, inScale, inOffset, mean, variance, dY},
			x.Shape(), scale.Shape(), scale.Shape(), memory)
	}
	gradient := func(i int) func() *graph.Node { return func() *graph.Node { return once(gradients[i]) } }
	y = withCustomGradient(results[0], backward, input{x, gradient(0)}, input{scale, gradient(1)}, input{offset, gradient(2)})
	return y, mean, variance
}
