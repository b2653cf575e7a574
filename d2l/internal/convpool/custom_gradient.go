package convpool

import (
	"errors"

	"github.com/gomlx/gomlx/core/graph"
)

// An input of a function, and the function that builds the gradient with respect to it.
type input struct {
	x        *graph.Node
	gradient func() *graph.Node
}

// withCustomGradient returns y, a function of the inputs, with gradients given by hand.
// It needs y to be computed from graph.StopGradient of the inputs. On the way back,
// backward is called first, with the gradient with respect to y, and then the gradients
// of those inputs alone that need one.
//
// GoMLX derives gradients operation by operation. This is for where that costs time:
// the gradient of 25 overlapping slices, say, is 25 images to add up, where one product
// of matrices would do. A gradient of these gradients panics: without their own it would
// be wrong.
func withCustomGradient(y *graph.Node, backward func(dY *graph.Node), inputs ...input) *graph.Node {
	// In GoMLX v0.28.8 only the identity of one node takes a custom gradient. So y gets
	// a zero from each input, and the gradient of that zero is the input's. The compiler
	// removes the zeros.
	y = graph.StopGradient(y)
	for _, in := range inputs {
		x := graph.IdentityWithCustomGradient(in.x, func(_, _ *graph.Node) *graph.Node {
			return graph.IdentityWithCustomGradient(in.gradient(), noSecondDerivative)
		})
		y = graph.Add(y, zeroOf(x))
	}
	return graph.IdentityWithCustomGradient(y, func(_, dY *graph.Node) *graph.Node {
		backward(dY)
		return dY
	})
}

func noSecondDerivative(_, _ *graph.Node) *graph.Node {
	panic(errors.New("d2l: a convolution has no second derivatives here: " +
		"what is differentiated twice must do without its gradient"))
}

// zeroOf returns the scalar zero as something that depends on x.
func zeroOf(x *graph.Node) *graph.Node {
	g := x.Graph()
	first := make([]graph.SliceAxisSpec, x.Rank())
	for axis := range first {
		first[axis] = graph.AxisElem(0)
	}
	return graph.Where(graph.Const(g, false), graph.Reshape(graph.Slice(x, first...)), graph.ScalarZero(g, x.DType()))
}
