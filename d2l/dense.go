package d2l

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/nn"
)

// Dense is a fully connected layer.
//
// Everything but the batch axis is flattened first, so from (batch, c, h, w) or
// (batch, features) it makes (batch, Units). Its parameters are weights
// (features, Units) and biases (Units).
//
// Book: nn.Dense, section "Concise Implementation of Linear Regression".
type Dense struct {
	Units      int // Outputs.
	Activation Activation
}

// Kind returns "dense".
func (d Dense) Kind() string { return "dense" }

// Forward adds the layer to the graph of x.
func (d Dense) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	if d.Units <= 0 {
		panic(fmt.Sprintf("d2l: Dense needs positive Units, got %d", d.Units))
	}
	x = flatten(x)
	weights, biases := weightsAndBiases(scope, x, x.Shape().Dim(-1), d.Units)
	y := nn.Dense(x, weights, biases, compute.DenseLayoutInputOutputs)
	return d.Activation.apply(y)
}
