package kernels

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// Guard returns the values after a step if ok, a boolean scalar, is true and all inputs and all values after the step are
// finite, and the values before it otherwise. Finite, boolean (len(inputs) + len(after)), says which of these are. All
// arrays are float32, after[i] has the shape of before[i], and nothing has a gradient. Where values stay, nothing is
// copied.
func Guard(ok *graph.Node, inputs, after, before []*graph.Node) (values []*graph.Node, finite *graph.Node) {
	g := ok.Graph()
	args := []*graph.Node{graph.Const(g, []int32{threads, int32(len(inputs))}), graph.ConvertDType(ok, dtypes.Float32)}
	args = append(append(append(args, inputs...), after...), before...)
	var results []shapes.Shape
	for _, v := range after {
		results = append(results, v.Shape())
	}
	count := len(inputs) + len(after)
	all := call(guard, args, append(results, float32s(count), shapes.Make(dtypes.Int32, count))...)
	return all[:len(after)], graph.GreaterThan(all[len(after)], graph.ScalarZero(g, dtypes.Float32))
}
