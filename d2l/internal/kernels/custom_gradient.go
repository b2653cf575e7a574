package kernels

import (
	"fmt"
	"slices"

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
func withCustomGradient(y *graph.Node, backward func(dY *graph.Node), inputs ...input) *graph.Node {
	// In GoMLX v0.28.8 only the identity of one node takes a custom gradient. So y gets
	// a zero from each input, and the gradient of that zero is the input's. The compiler
	// removes the zeros.
	y = graph.StopGradient(y)
	for _, in := range inputs {
		x := graph.IdentityWithCustomGradient(in.x, func(_, _ *graph.Node) *graph.Node { return in.gradient() })
		y = graph.Add(y, zeroOf(x))
	}
	return graph.IdentityWithCustomGradient(y, func(_, dY *graph.Node) *graph.Node {
		backward(dY)
		return dY
	})
}

// once returns a gradient of a layer that has none itself: asking for it panics. Without that it would be wrong.
func once(layer string, gradient *graph.Node) *graph.Node {
	return graph.IdentityWithCustomGradient(gradient, func(_, _ *graph.Node) *graph.Node {
		panic(fmt.Errorf("d2l: %s has no second derivatives on the CPU: what is differentiated twice must do without its gradient",
			layer))
	})
}

// gradientOf returns a gradient of layer that was computed elsewhere, with respect to its input number of, with the
// derivatives that GoMLX finds for it.
func gradientOf(
	layer func(inputs []*graph.Node) *graph.Node, of int, gradient *graph.Node, inputs []*graph.Node, dY *graph.Node,
) *graph.Node {
	var d *graph.Node // With respect to gradient.
	all := append(slices.Clone(inputs), dY)
	var second []input
	for i, x := range all {
		second = append(second, input{x, func() *graph.Node {
			alone := make([]*graph.Node, len(all)) // As if none was computed from another.
			for j, x := range all {
				alone[j] = graph.Identity(x)
			}
			y := layer(alone[:len(inputs)])
			first := graph.Gradient(graph.ReduceAllSum(graph.Mul(y, alone[len(inputs)])), alone[of])[0]
			return graph.Gradient(graph.ReduceAllSum(graph.Mul(first, d)), alone[i])[0]
		}})
	}
	return withCustomGradient(gradient, func(dGradient *graph.Node) { d = dGradient }, second...)
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
