package kernels

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// CanSearch reports whether Finite can look for NaN and infinity in x: if it is float32 and the program is for one device.
func CanSearch(x *graph.Node) bool { return usable(x) }

// Finite returns, for each of some float32 arrays, whether none of its numbers is NaN or infinite: (len(arrays)),
// boolean. It has no gradient.
func Finite(arrays []*graph.Node) *graph.Node {
	g := arrays[0].Graph()
	inputs := append([]*graph.Node{graph.Const(g, []int32{threads})}, arrays...)
	finite := call("all_finite", inputs, float32s(len(arrays)), shapes.Make(dtypes.Int32, len(arrays)))[0]
	return graph.GreaterThan(finite, graph.ScalarZero(g, dtypes.Float32))
}
