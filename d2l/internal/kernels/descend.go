package kernels

import (
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// Descend returns weights − rate·gradients, for several arrays at once, in which all are float32 and rate is a scalar: the
// update of stochastic gradient descent. It has no gradient.
func Descend(rate *graph.Node, weights, gradients []*graph.Node) []*graph.Node {
	args := append([]*graph.Node{graph.Const(rate.Graph(), []int32{threads}), rate}, weights...)
	var results []shapes.Shape
	for _, w := range weights {
		results = append(results, w.Shape())
	}
	return call("descend", append(args, gradients...), results...)
}
