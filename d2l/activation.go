package d2l

import (
	"fmt"
	"math"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
)

// Activation is a nonlinearity: any of GoMLX's, such as Activation(activation.TypeGelu).
// The zero value is none. Conv2D and Dense end with one. Where another layer comes in
// between, such as BatchNorm, an activation is a Layer of its own, for any shape:
//
//	Sequential{Conv2D{Channels: 6, KernelSize: 5}, BatchNorm{}, ReLU}
//
// Book: nn.Activation, section "Batch Normalization".
type Activation activation.Type

// The activations that the book uses.
//
// Book: npx.sigmoid, npx.relu, np.tanh, section "Multilayer Perceptrons".
const (
	NoActivation = Activation(activation.TypeNone)
	Sigmoid      = Activation(activation.TypeSigmoid)
	ReLU         = Activation(activation.TypeRelu)
	Tanh         = Activation(activation.TypeTanh)
)

// String returns the activation's name in lower case, such as relu.
func (a Activation) String() string { return strings.ToLower(activation.Type(a).String()) }

// Kind returns the activation's name in lower case, such as relu.
func (a Activation) Kind() string { return a.String() }

// Settings returns the activation's name: see Layer.
func (a Activation) Settings() any { return struct{ Function Activation }{a} }

// Forward adds the activation to the graph of x.
func (a Activation) Forward(_ *model.Scope, x *graph.Node) *graph.Node {
	if x.Rank() == 4 { // The layout of the layers around it.
		return channelsFirst(a.apply(channelsLast(x)))
	}
	return a.apply(x)
}

// apply is GoMLX's activation, except for ReLU's gradient at 0: it is 0, as in the book
// and in PyTorch, but 1 in GoMLX v0.28.8. Zeros are common where images are black and
// biases are new. (Kernels have activations of their own: see internal/kernels.)
func (a Activation) apply(x *graph.Node) *graph.Node {
	if a == ReLU {
		zeros := graph.ZerosLike(x)
		return graph.Where(graph.LessOrEqual(x, zeros), zeros, x) // NaN stays.
	}
	return activation.Apply(activation.Type(a), x)
}

// LeakyReLU is a Layer that multiplies negative numbers by Alpha and passes the others on, in any shape; at 0 its slope
// is Alpha, as in PyTorch. It has no parameters. Without an Alpha it is an error, since with 0 it would be ReLU. (GoMLX's
// activation of this name has the slope 0.3.)
//
// Book: nn.LeakyReLU, section "Deep Convolutional Generative Adversarial Networks".
type LeakyReLU struct {
	Alpha float64 // Slope for negative numbers; in PyTorch it is 0.01 unless given.
}

// Kind returns "leakyrelu".
func (l LeakyReLU) Kind() string { return "leakyrelu" }

// Notation returns the layer's name and slope, such as LeakyReLU (0.2).
func (l LeakyReLU) Notation() string { return fmt.Sprintf("LeakyReLU (%v)", l.Alpha) }

// Settings returns l: see Layer.
func (l LeakyReLU) Settings() any { return l }

// Forward adds the activation to the graph of x.
func (l LeakyReLU) Forward(_ *model.Scope, x *graph.Node) *graph.Node {
	if l.Alpha == 0 || math.IsNaN(l.Alpha) {
		panic("d2l: LeakyReLU needs an Alpha, the slope for negative numbers, such as 0.01: with 0 it would be ReLU")
	}
	return graph.Where(graph.GreaterThan(x, graph.ZerosLike(x)), x, graph.MulScalar(x, l.Alpha))
}
