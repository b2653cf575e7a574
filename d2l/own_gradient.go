package d2l

import "github.com/gomlx/gomlx/core/graph"

// withOwnGradient returns what compute makes of inputs, with gradients given by
// hand. compute returns the output y and a function that gets v, the
// gradient with respect to y, and returns one function for each input: it builds
// the gradient with respect to that input, and is called only if that is needed.
//
// GoMLX finds gradients by itself, operation by operation; this is for where that
// costs time: the gradient of 25 overlapping slices, say, is 25 images to be added
// up, where one product of matrices would do. These gradients have none of their own:
// a gradient of a gradient would be zero.
func withOwnGradient(inputs []*graph.Node, compute func(inputs []*graph.Node) (y *graph.Node, gradient func(v *graph.Node) []func() *graph.Node)) *graph.Node {
	constant := make([]*graph.Node, len(inputs))
	for i, x := range inputs {
		constant[i] = graph.StopGradient(x)
	}
	y, gradient := compute(constant)
	// In GoMLX v0.28.8 only the identity of one node takes a gradient of one's own,
	// so y gets a zero from each input, on whose way back its gradient is put in.
	// The compiler removes the zeros.
	y = graph.StopGradient(y)
	var ofInputs []func() *graph.Node
	for i, x := range inputs {
		x = graph.IdentityWithCustomGradient(x, func(_, _ *graph.Node) *graph.Node { return ofInputs[i]() })
		y = graph.Add(y, zeroOf(x))
	}
	return graph.IdentityWithCustomGradient(y, func(_, v *graph.Node) *graph.Node {
		ofInputs = gradient(v)
		return v
	})
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
