package d2l

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
)

// Activation is the nonlinearity a layer ends with: any of GoMLX's. The zero
// value is none.
//
// Book: none; an activation is a word there, as in activation='sigmoid'.
type Activation = activation.Type

// The activations that the book uses.
//
// Book: npx.sigmoid, npx.relu, np.tanh, section "Multilayer Perceptrons".
const (
	NoActivation = activation.TypeNone
	Sigmoid      = activation.TypeSigmoid
	ReLU         = activation.TypeRelu
	Tanh         = activation.TypeTanh
)

// activate is GoMLX's activation, but for the sigmoid.
func activate(a Activation, x *graph.Node) *graph.Node {
	if a == Sigmoid {
		return sigmoid(x)
	}
	return activation.Apply(a, x)
}

// slope returns the derivative of an activation at the point where its value is
// y; hasSlope reports whether y alone tells it.
func slope(a Activation, y *graph.Node) *graph.Node {
	switch a {
	case Sigmoid:
		return graph.Mul(y, graph.OneMinus(y))
	case Tanh:
		return graph.OneMinus(graph.Square(y))
	case ReLU:
		return graph.PositiveIndicator(y)
	default:
		return graph.OnesLike(y)
	}
}

func hasSlope(a Activation) bool {
	return a == NoActivation || a == Sigmoid || a == Tanh || a == ReLU
}
