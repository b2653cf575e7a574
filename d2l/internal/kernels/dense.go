package kernels

import (
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
)

// A Dense is a fully connected layer with its activation.
type Dense struct{ Activation activation.Type }

// Suits reports whether Forward can compute the layer with so many outputs on x, (batch, in), and is faster than XLA: if
// x is float32, the program is for one device, the activation is none, sigmoid, tanh or ReLU, and there are 512 to a
// million weights.
func (d Dense) Suits(x *graph.Node, out int) bool {
	if !Usable(x) || !Knows(d.Activation) || x.Rank() != 2 || x.Shape().Size() == 0 {
		return false
	}
	size := x.Shape().Dim(1) * out
	return size >= 512 && size <= 1<<20
}

// Forward returns the output, (batch, out), for x, (batch, in), with weights (in, out) and biases (out).
func (d Dense) Forward(x, weights, biases *graph.Node) *graph.Node {
	inX, inWeights := graph.StopGradient(x), graph.StopGradient(weights)
	batch, out := x.Shape().Dim(0), weights.Shape().Dim(1)
	settings := []int32{kinds[d.Activation], threads}
	y := call("dense_forward", []*graph.Node{graph.Const(x.Graph(), settings), inX, inWeights, graph.StopGradient(biases)},
		float32s(batch, out))[0]
	dZ, values := float32s(1), graph.Zeros(x.Graph(), float32s(1)) // Without an activation dZ is dY, and y is not kept.
	if d.Activation != activation.TypeNone {
		dZ, values = y.Shape(), y
	}

	layer := func(in []*graph.Node) *graph.Node {
		y := graph.Add(graph.Dot(in[0], in[1]).Product(), graph.ExpandLeftToRank(in[2], 2))
		if d.Activation == activation.TypeRelu { // GoMLX's has another slope at 0.
			return graph.Where(graph.LessOrEqual(y, graph.ZerosLike(y)), graph.ZerosLike(y), y)
		}
		return activation.Apply(d.Activation, y)
	}
	inputs := []*graph.Node{x, weights, biases}
	var dY *graph.Node
	var dParameters []*graph.Node
	gradients := func(function string, results ...shapes.Shape) []*graph.Node {
		return call(function,
			[]*graph.Node{graph.Const(x.Graph(), settings), inX, inWeights, values, graph.StopGradient(dY)}, append(results, dZ)...)
	}
	gradient := func(i int) func() *graph.Node {
		return func() *graph.Node {
			if dParameters == nil {
				dParameters = gradients("dense_dweights", weights.Shape(), biases.Shape())
			}
			return gradientOf(layer, 1+i, dParameters[i], inputs, dY)
		}
	}
	dInput := func() *graph.Node { return gradientOf(layer, 0, gradients("dense_dx", x.Shape())[0], inputs, dY) }
	return withCustomGradient(y, func(d *graph.Node) { dY, dParameters = d, nil },
		input{x, dInput}, input{weights, gradient(0)}, input{biases, gradient(1)})
}
