package kernels

// #include "handlers.h"
import "C"

import (
	"math"
	"slices"

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
// XLA: if x is float32, the program is for one device, the activation is none, sigmoid, tanh or ReLU, and x was not
// computed by a convolution, pooling or normalization of XLA's, which leave images in memory with the channels last.
func (b BatchNorm) Suits(x *graph.Node) bool {
	return Usable(x) && Knows(b.Activation) && x.Rank() == 4 && x.Shape().Size() > 0 && !fromXLA(x)
}

// fromXLA reports whether a convolution, pooling or normalization of XLA's is what images have been computed by, and no
// kernel since then.
func fromXLA(x *graph.Node) bool {
	for {
		switch x.Type() {
		case graph.NodeTypeConvGeneral, graph.NodeTypeReduceWindow, graph.NodeTypeBatchNormForTraining,
			graph.NodeTypeBatchNormForInference:
			return true
		case graph.NodeTypeCall:
			return false
		case graph.NodeTypeSplitNode: // One of several outputs.
			x = x.Inputs()[0]
			continue
		}
		from := slices.IndexFunc(x.Inputs(), func(y *graph.Node) bool {
			return y.Rank() == 4 && y.Shape().Dim(0) == x.Shape().Dim(0)
		})
		if from < 0 {
			return false
		}
		x = x.Inputs()[from]
	}
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
	gradient := func(i int) func() *graph.Node {
		return func() *graph.Node { return once("a batch normalization", gradients[i]) }
	}
	y = withCustomGradient(results[0], backward, input{x, gradient(0)}, input{scale, gradient(1)}, input{offset, gradient(2)})
	return y, mean, variance
}
