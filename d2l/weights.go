package d2l

import (
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/regularizer"
	"github.com/gomlx/gomlx/ml/model"
)

// weightsAndBiases returns the parameters of a layer that takes x: weights of
// the given sizes, the last of which is the number of outputs, and a bias for
// each output. Weights take part in a penalty that the net's hyperparameters ask
// for, as those of GoMLX's own layers do.
func weightsAndBiases(scope *model.Scope, x *graph.Node, sizes ...int) (weights, biases *graph.Node) {
	g, dtype := x.Graph(), x.DType()
	w := scope.VariableWithShape("weights", shapes.Make(dtype, sizes...))
	if penalty := regularizer.FromScope(scope); penalty != nil {
		penalty(g, w)
	}
	b := scope.VariableWithShape("biases", shapes.Make(dtype, sizes[len(sizes)-1]))
	return w.NodeValue(g), b.NodeValue(g)
}
