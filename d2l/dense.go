package d2l

import (
	"fmt"
	"slices"

	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/d2l-go/book/d2l/internal/netfig"
	"github.com/d2l-go/book/d2l/internal/weights"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/layers/regularizer"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/nn"
)

// Dense is a fully connected layer.
//
// All axes but the batch are flattened first: the output for (batch, c, h, w) or
// (batch, features) is (batch, Units). With LastAxis only the last axis changes: for
// (batch, steps, features) it is (batch, steps, Units). Its parameters are weights
// (features, Units) and biases (Units).
//
// Book: nn.Dense, section "Concise Implementation of Linear Regression".
type Dense struct {
	Units      int // Outputs.
	Activation Activation
	LastAxis   bool // As PyTorch's nn.Linear, and Gluon's Dense with flatten=False.
	NoBias     bool // Without biases: use_bias=False.
}

// Kind returns "dense".
func (d Dense) Kind() string { return "dense" }

// Notation returns the layer in the book's notation, such as Dense (120).
func (d Dense) Notation() string { return fmt.Sprintf("Dense (%d)", d.Units) }

func (d Dense) look() netfig.Look { return netfig.Dense }

// Settings returns d: see Layer.
func (d Dense) Settings() any { return d }

// denseState is what PyTorch's nn.Linear has, with weights of (out, in). Every layer that
// makes its parameters with weightsAndBiases has such biases.
var denseState = []weights.Rule{
	{Variable: "weights", Axes: 2, Name: "weight", Order: []int{1, 0}},
	{Variable: "biases", Axes: 1, Name: "bias"},
}

// Forward adds the layer to the graph of x.
func (d Dense) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	if d.Units <= 0 {
		panic(fmt.Sprintf("d2l: Dense needs positive Units, got %d", d.Units))
	}
	if !d.LastAxis {
		x = flatten(x)
	}
	weights, biases := weightsAndBiases(scope, x, !d.NoBias, x.Shape().Dim(-1), d.Units)
	return d.product(x, weights, biases)
}

// product returns the output, (…, out) for (…, in), for weights (in, out) and biases (out), which may be nil.
func (d Dense) product(x, weights, biases *graph.Node) *graph.Node {
	kernel := kernels.Dense{Activation: activation.Type(d.Activation)}
	in, out := weights.Shape().Dim(0), weights.Shape().Dim(1)
	rows := graph.Reshape(x, x.Shape().Size()/in, in)
	if xla.IsCPU(x.Graph().Backend()) && kernel.Suits(rows, out) {
		if biases == nil {
			biases = graph.Zeros(x.Graph(), shapes.Make(x.DType(), out))
		}
		dims := append(slices.Clone(x.Shape().Dimensions[:x.Rank()-1]), out)
		return graph.Reshape(kernel.Forward(rows, weights, biases), dims...)
	}
	y := nn.Dense(x, weights, biases, compute.DenseLayoutInputOutputs)
	return d.Activation.apply(y)
}

// Flatten turns each example into a vector: the output for (batch, c, h, w) is
// (batch, c·h·w). Before Dense it is not needed.
//
// Book: nn.Flatten, section "Network in Network (NiN)".
type Flatten struct{}

// Kind returns "flatten".
func (Flatten) Kind() string { return "flatten" }

// Notation returns "Flatten".
func (Flatten) Notation() string { return "Flatten" }

func (Flatten) look() netfig.Look { return netfig.Flatten }

// Forward adds the reshaping to the graph of x.
func (Flatten) Forward(_ *model.Scope, x *graph.Node) *graph.Node { return flatten(x) }

func flatten(x *graph.Node) *graph.Node {
	if x.Rank() == 2 {
		return x
	}
	batch := x.Shape().Dim(0)
	return graph.Reshape(x, batch, x.Shape().Size()/batch)
}

// weightsAndBiases returns the parameters of a layer of x's type: weights of the given
// sizes, with the outputs last, and a bias for each output, or nil if the layer is not
// biased. A regularizer among the net's hyperparameters applies to the weights, as it
// does in GoMLX's own layers.
func weightsAndBiases(scope *model.Scope, x *graph.Node, biased bool, sizes ...int) (weights, biases *graph.Node) {
	g, dtype := x.Graph(), x.DType()
	if !dtype.IsFloat() {
		panic(fmt.Sprintf("d2l: layers with weights take floating-point numbers, got %v: convert X to Float32", dtype))
	}
	if slices.Contains(sizes, 0) {
		panic(fmt.Sprintf("d2l: a layer with weights gets no features, X of shape %v", Shape(x.Shape().Dimensions)))
	}
	w := newVariable(scope, "weights", shapes.Make(dtype, sizes...))
	if penalty := regularizer.FromScope(scope); penalty != nil {
		penalty(g, w)
	}
	if !biased {
		return w.NodeValue(g), nil
	}
	return w.NodeValue(g), newBiases(scope, x, sizes[len(sizes)-1])
}

// newBiases returns the biases of a layer, of x's type.
func newBiases(scope *model.Scope, x *graph.Node, outputs int) *graph.Node {
	return newVariable(scope, "biases", shapes.Make(x.DType(), outputs)).NodeValue(x.Graph())
}
