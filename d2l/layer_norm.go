package d2l

import (
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
)

// LayerNorm normalizes each example over its last axis: (batch, features), or each step of (batch, steps, features),
// alone. It subtracts the mean, divides by the standard deviation, with 1e-5 added to the biased variance, and applies
// a learned scale and offset. The shape stays, and training computes as inference does. Its parameters are weight and
// bias (features), initially ones and zeros, whatever the Initializer.
//
// Book: nn.LayerNorm, section "Transformer".
type LayerNorm struct{}

// Kind returns "layernorm".
func (LayerNorm) Kind() string { return "layernorm" }

// Notation returns "LayerNorm".
func (LayerNorm) Notation() string { return "LayerNorm" }

// Forward adds the normalization to the graph of x.
func (LayerNorm) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	if x.Rank() < 2 || !x.DType().IsFloat() {
		panic("d2l: LayerNorm takes a batch of floating-point numbers with features in its last axis, got " +
			Shape(x.Shape().Dimensions).String() + " of " + x.DType().String())
	}
	parameter := func(name string, init model.VariableInitializer) *graph.Node {
		shape := shapes.Make(x.DType(), x.Shape().Dim(-1))
		v := newVariable(scope.WithInitializer(init), name, shape).NodeValue(x.Graph())
		return graph.ExpandLeftToRank(v, x.Rank())
	}
	weight, bias := parameter("weight", initializer.One), parameter("bias", initializer.Zero)
	x = graph.Sub(x, graph.ReduceAndKeep(x, graph.ReduceMean, -1))
	variance := graph.ReduceAndKeep(graph.Square(x), graph.ReduceMean, -1)
	x = graph.Div(x, graph.Sqrt(graph.AddScalar(variance, 1e-5)))
	return graph.Add(graph.Mul(x, weight), bias)
}
