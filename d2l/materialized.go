package d2l

import "github.com/gomlx/gomlx/core/graph"

// materialized returns x as something that is written to memory. XLA would rather
// compute it anew inside of each operation that uses it; where there are many of
// these, or what they do to x is more than to run over it, that is slower.
func materialized(x *graph.Node) *graph.Node {
	// go-xla v0.4.5 ignores a barrier for a single value.
	return graph.OptimizationBarriers(x, graph.ScalarZero(x.Graph(), x.DType()))[0]
}
