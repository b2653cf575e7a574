package d2l

import (
	"strings"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
)

// Activation is a nonlinearity: any of GoMLX's, such as Activation(activation.TypeGelu).
// The zero value is none. Conv2D and Dense end with one; where something comes in
// between, such as BatchNorm, it is a Layer of its own, of any shape:
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

// String returns the activation's name in small letters, such as relu.
func (a Activation) String() string { return strings.ToLower(activation.Type(a).String()) }

// Kind returns the activation's name in small letters, such as relu.
func (a Activation) Kind() string { return a.String() }

// Forward adds the activation to the graph of x.
func (a Activation) Forward(_ *model.Scope, x *graph.Node) *graph.Node {
	if x.Rank() == 4 { // The layout of the layers around it.
		return channelsFirst(a.apply(channelsLast(x)))
	}
	return a.apply(x)
}

// apply is GoMLX's activation, but for ReLU's gradient at 0: there it is 0, as in
// the book and in PyTorch, and 1 in GoMLX v0.28.8. Zeros are common where images are
// black and biases are new.
func (a Activation) apply(x *graph.Node) *graph.Node {
	if a == ReLU {
		zeros := graph.ZerosLike(x)
		return graph.Where(graph.LessOrEqual(x, zeros), zeros, x) // NaN stays.
	}
	return activation.Apply(activation.Type(a), x)
}

// activate is GoMLX's activation, but for the sigmoid.
func activate(a Activation, x *graph.Node) *graph.Node {
	if a == Sigmoid {
		return sigmoid(x)
	}
	return a.apply(x)
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

// sigmoid is the logistic function in fewer operations than XLA's own, which half
// of LeNet's first layer would be spent on: (1 + tanh(x/2))/2, the tangent as the
// quotient of two polynomials that XLA and Eigen use. It differs from the exact
// value by less than 3e-7.
func sigmoid(x *graph.Node) *graph.Node {
	const limit = 7.90531110763549805 // From here on tanh is ±1 in float32.
	x = graph.ClipScalar(graph.MulScalar(x, 0.5), -limit, limit)
	square := graph.Square(x)
	numerator := polynomial(square, -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11,
		5.12229709037114e-08, 1.48572235717979e-05, 6.37261928875436e-04, 4.89352455891786e-03)
	denominator := polynomial(square, 1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03)
	return graph.AddScalar(graph.MulScalar(graph.Div(graph.Mul(x, numerator), denominator), 0.5), 0.5)
}

// polynomial returns the polynomial of x with coefficients from the highest power
// down.
func polynomial(x *graph.Node, coefficients ...float64) *graph.Node {
	sum := graph.Scalar(x.Graph(), x.DType(), coefficients[0])
	for _, c := range coefficients[1:] {
		sum = graph.AddScalar(graph.Mul(sum, x), c)
	}
	return sum
}
